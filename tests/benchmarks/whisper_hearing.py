"""What Whisper tiny.en hears in either window, of soft speech, and where nobody speaks: `python FILE`, ten minutes.

The figures in ``models.weights.whisper_input`` and ``models.asr.hallucination`` are of this. Speech: 40 test utterances
of the probe corpus, turned down and in white noise. Nothing: 12 clips a kind, of 3 to 5 s.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from bench.corpora.probe.corpus import ProbeSpec
from bench.plan.corpus import load_probe
from bench.plan.sample import spread
from bench.store.keys import rng_for
from bench.store.progress import Stages
from corruptions import active_level_dbfs, corrupt_audio, parse_condition, read_audio
from models.asr.faster_whisper import faster_whisper
from models.asr.hallucination import hears_no_speech
from models.asr.wer import word_error_counts
from models.text.words import words_of
from models.types import SAMPLE_RATE, Transcript, Waveform
from models.weights import whisper_input

SPOKEN = ("clean", "gain@-20dB", "gain@-40dB", "gain@-50dB", "gain@-60dB", "white@10dB", "white@0dB", "white@-5dB")
NOISE_DBFS = (None, -80, -60, -40, -20)
"""RMS levels of white noise; None is digital silence."""


def nothing(level_dbfs: float | None) -> Iterator[Waveform]:
    """Yield twelve clips without speech."""
    for number in range(12):
        rng = rng_for("nothing", level_dbfs, number)
        noise = rng.standard_normal(round(rng.uniform(3, 5) * SAMPLE_RATE))
        gain = 0 if level_dbfs is None else 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(noise)))
        yield (gain * noise).astype(np.float32)


def signs(heard: Sequence[Transcript]) -> str:
    """Return how many show the sign no-speech, by openai-whisper's own rule and by ours."""
    theirs = sum(one.no_speech_probability > 0.6 and one.mean_log_probability <= -1 for one in heard)
    return f"no speech: {theirs} by their rule, {sum(map(hears_no_speech, heard))} by ours"


def main() -> None:
    """Print a line a window and kind of clip."""
    corpus = load_probe(ProbeSpec(), Stages())[1]
    tested = spread(corpus.split("test"), 40)
    speech = [read_audio(one.path) for one in tested]
    levels = np.array([active_level_dbfs(one) for one in speech])
    print(f"active levels of the speech: {levels.min():.0f} to {levels.max():.0f} dBFS, median {np.median(levels):.0f}")
    listen = faster_whisper()
    for window_s in (whisper_input.SHORT_WINDOW_S, whisper_input.LONG_WINDOW_S):
        whisper_input.window_s = lambda _, window_s=window_s: window_s
        for text in SPOKEN:
            condition = parse_condition(text)
            clips = [corrupt_audio(one, condition, rng_for(text, number)) for number, one in enumerate(speech)]
            heard = listen(clips)
            counts = [word_error_counts(one.transcript, it.text) for one, it in zip(tested, heard, strict=True)]
            rate = sum(one.errors for one in counts) / sum(one.reference_words for one in counts)
            print(f"{window_s} s, {text}: WER {rate:.3f}; {signs(heard)}, of {len(heard)}", flush=True)
        for level_dbfs in NOISE_DBFS:
            heard = listen(list(nothing(level_dbfs)))
            worded = sum(bool(words_of(one.text)) for one in heard)
            longest = max((one.text for one in heard), key=len)
            kind = "silence" if level_dbfs is None else f"white at {level_dbfs} dBFS"
            print(f"{window_s} s, {kind}: words in {worded}; {signs(heard)}, of {len(heard)}; {longest!r}", flush=True)


if __name__ == "__main__":
    main()
