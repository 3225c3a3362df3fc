"""What the recognisers of a run write down where nobody speaks: measured once for each, and shown beside its errors.

What is invented there is read by every lexical system as if it had been said. Whisper says something of anything: "you"
of digital silence, and now and then whole sentences of noise, in a window of 15 s as in one of 30 s.
"""

from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.plan.plan import Plan, no_speech_key
from bench.stages.represent import represent
from bench.store.keys import Key, rng_for
from bench.store.store import Store
from corruptions.sound.audio import SAMPLE_RATE
from models.asr.hallucination import hears_no_speech
from models.text.words import words_of
from models.types import Transcript, Waveform

DURATIONS_S = (2.0, 3.5, 5.0)
NOISE_DBFS = (None, -60.0, -40.0, -20.0)
"""RMS levels of white noise; None is digital silence."""


def hear_no_speech(plan: Plan, store: Store, device: str) -> pd.DataFrame:
    """Return what every transcriber of a plan writes for clips without speech; what the store holds is not heard again.

    Returns:
        One row a transcriber and clip: ``transcriber``; ``noise_dbfs``, null for digital silence; ``duration_s``;
        ``text``; ``mean_log_probability`` and ``no_speech_probability``, see ``Transcript``; ``invented``, whether the
        text has words; ``flagged``, whether it shows the sign ``no-speech``, null for a recogniser without a belief
        that nobody spoke. No row where nobody transcribes.
    """
    tables = [_heard_by(name, key, plan, store, device) for name, key in plan.transcribers.items()]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame()


def clips() -> Iterator[tuple[float | None, float, Waveform]]:
    """Yield the level, the length in seconds and the samples of every clip: the same for everybody."""
    for level_dbfs in NOISE_DBFS:
        for duration_s in DURATIONS_S:
            noise = rng_for("no speech", level_dbfs, duration_s).standard_normal(round(duration_s * SAMPLE_RATE))
            gain = 0 if level_dbfs is None else 10 ** (level_dbfs / 20) / np.sqrt(np.mean(np.square(noise)))
            yield level_dbfs, duration_s, (gain * noise).astype(np.float32)


def _heard_by(name: str, key: Key, plan: Plan, store: Store, device: str) -> pd.DataFrame:
    entry = store.entry("no_speech", no_speech_key(key))
    if not entry.is_there:
        noise_dbfs, durations_s, waveforms = zip(*clips(), strict=True)
        heard = represent(
            [], plan.suite.catalog, waveforms, [], device, fingerprints=plan.transcribers, transcribers=[name]
        ).transcripts[name]
        table = pd.DataFrame(
            {
                "noise_dbfs": pd.array(noise_dbfs, "Float64"),
                "duration_s": durations_s,
                "text": [one.text for one in heard],
                "mean_log_probability": [one.mean_log_probability for one in heard],
                "no_speech_probability": [one.no_speech_probability for one in heard],
            }
        )
        entry.write(table)
    table = entry.read()
    written = [
        Transcript(*one)
        for one in table[["text", "mean_log_probability", "no_speech_probability"]].itertuples(index=False)
    ]
    return table.assign(
        transcriber=name,
        invented=[bool(words_of(one.text)) for one in written],
        flagged=pd.array([_flagged(one) for one in written], "boolean"),
    )


def _flagged(transcript: Transcript) -> bool | None:
    return None if np.isnan(transcript.no_speech_probability) else hears_no_speech(transcript)
