import hashlib
import subprocess
import sys
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import soxr
from scipy.signal import correlate

from corruptions import SAMPLE_RATE, Waveform, read_audio
from corruptions.channels import codecs

from ..signals import like_speech

SPEECH = like_speech(0)
RNG = np.random.default_rng(0)
# Nobody draws from the generator, so all may share one.
CODECS = {
    "mp3@8kbit/s": partial(codecs.mp3, kbit_s=8, _rng=RNG),
    "mp3@32kbit/s": partial(codecs.mp3, kbit_s=32, _rng=RNG),
    "mp3@40kbit/s": partial(codecs.mp3, kbit_s=40, _rng=RNG),
    "mp3@160kbit/s": partial(codecs.mp3, kbit_s=160, _rng=RNG),
    "opus@6kbit/s": partial(codecs.opus, kbit_s=6, _rng=RNG),
    "opus@24kbit/s": partial(codecs.opus, kbit_s=24, _rng=RNG),
    "opus@256kbit/s": partial(codecs.opus, kbit_s=256, _rng=RNG),
    "gsm": partial(codecs.gsm, _level=0, _rng=RNG),
    "mu-law": partial(codecs.mu_law, _level=0, _rng=RNG),
}
every_codec = pytest.mark.parametrize("codec", CODECS.values(), ids=CODECS)


def lag_ms(before: Waveform, after: Waveform) -> float:
    """Return by how much ``after`` comes later, where the two are most alike."""
    likeness = correlate(after.astype(np.float64), before.astype(np.float64))
    return 1000 * (int(np.argmax(likeness)) - len(before) + 1) / SAMPLE_RATE


@every_codec
@pytest.mark.parametrize("n_samples", [1, 16, 17, 159, 320, 575, 577, 1105, 1729, 16_001])
def test_a_clip_of_any_length_keeps_it(codec, n_samples: int) -> None:
    speech = SPEECH[8000 : 8000 + n_samples].copy()
    speech.flags.writeable = False
    audio = codec(speech)
    assert audio.shape == speech.shape
    assert audio.dtype == np.float32
    assert np.isfinite(audio).all()


@every_codec
def test_speech_comes_out_where_it_was(codec) -> None:
    for n_samples in (4_000, 16_001, len(SPEECH)):
        assert abs(lag_ms(SPEECH[:n_samples], codec(SPEECH[:n_samples]))) < 1


@every_codec
@pytest.mark.real_data
def test_real_speech_comes_out_where_it_was(codec, real_data: Path) -> None:
    for path in sorted(real_data.glob("ravdess/Actor_*/*.flac"))[::12]:
        speech = read_audio(path)
        assert abs(lag_ms(speech, codec(speech))) < 1, path


@every_codec
def test_what_exceeds_full_scale_saturates_before_it_is_encoded(codec) -> None:
    loud = SPEECH * np.float32(2 / np.abs(SPEECH).max())
    assert codec(loud).tobytes() == codec(np.clip(loud, -1, 1)).tobytes()
    assert codec(loud).tobytes() != codec(loud / 2).tobytes()


@every_codec
def test_silence_stays_inaudible(codec) -> None:
    # GSM's own comfort: about 18 steps of 16 bits. The others: two at the most.
    assert np.abs(codec(np.zeros(5000, np.float32))).max() < 0.001


def test_the_same_speech_gives_the_same_samples_in_another_process() -> None:
    code = (
        "import sys, hashlib, numpy as np\n"
        "from corruptions.channels import codecs\n"
        "x = np.frombuffer(sys.stdin.buffer.read(), np.float32)\n"
        "r = np.random.default_rng(1)\n"
        "for y in codecs.mp3(x, 8, r), codecs.opus(x, 6, r), codecs.gsm(x, 0, r), codecs.mu_law(x, 0, r):\n"
        "    print(hashlib.sha256(y.tobytes()).hexdigest())"
    )
    done = subprocess.run([sys.executable, "-c", code], input=SPEECH.tobytes(), capture_output=True, check=True)
    here = [
        hashlib.sha256(CODECS[name](SPEECH).tobytes()).hexdigest()
        for name in ("mp3@8kbit/s", "opus@6kbit/s", "gsm", "mu-law")
    ]
    assert done.stdout.decode().split() == here


@pytest.mark.parametrize("kbit_s", codecs.MP3_KBIT_S)
def test_an_mp3_has_the_bit_rate_that_was_asked_for(kbit_s: int) -> None:
    speech = np.tile(SPEECH, 10)
    bits = 8 * len(codecs.encode_mp3(speech, kbit_s))
    assert bits / 1000 / (len(speech) / SAMPLE_RATE) == pytest.approx(kbit_s, rel=0.01)


@pytest.mark.parametrize("kbit_s", [6, 6.5, 8, 12, 16, 24, 32, 64, 128, 256])
def test_opus_has_the_bit_rate_that_was_asked_for_where_somebody_speaks(kbit_s: float) -> None:
    carrier = np.random.default_rng(1).standard_normal(10 * SAMPLE_RATE)
    vowels = np.convolve(carrier, 0.9 ** np.arange(100), "same").astype(np.float32) * np.float32(0.05)
    beginning = len(codecs.encode_opus(vowels[:320], kbit_s))  # headers, which a short file has as well
    bits = 8 * (len(codecs.encode_opus(vowels, kbit_s)) - beginning)
    assert bits / 1000 / 10 == pytest.approx(kbit_s, rel=0.3)


@pytest.mark.parametrize("kbit_s", [17, 16.5, 0, -8, 192, 320, float("nan")])
def test_a_bit_rate_that_mp3_does_not_have_is_an_error_that_names_those_it_has(kbit_s: float) -> None:
    with pytest.raises(ValueError, match=f"no {kbit_s:g} kbit/s; it has 8, 16, .*, 160"):
        codecs.mp3(SPEECH, kbit_s, RNG)


@pytest.mark.parametrize("kbit_s", [5.9, 0, -8, 257, float("nan")])
def test_a_bit_rate_that_opus_does_not_have_is_an_error_that_names_those_it_has(kbit_s: float) -> None:
    with pytest.raises(ValueError, match=f"6 to 256 kbit/s, not {kbit_s:g}"):
        codecs.opus(SPEECH, kbit_s, RNG)


@pytest.mark.parametrize("name", ["gsm", "mu-law"])
def test_the_codecs_of_telephony_pass_nothing_above_4_khz(name: str) -> None:
    noise = 0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE, dtype=np.float32)
    power = np.square(np.abs(np.fft.rfft(CODECS[name](noise))))
    assert power[4100:].sum() < 1e-4 * power.sum()


@pytest.mark.parametrize("peak", [0.0001, 0.003, 0.1, 1.0])
def test_mu_law_is_the_one_of_g_711(peak: float) -> None:
    speech = like_speech(5, 0.5, peak)
    narrow = soxr.resample(speech, SAMPLE_RATE, 8000, quality="VHQ").clip(-1, 1)
    expanded = np.array([g711_mu_law(float(sample)) for sample in narrow], np.float32)
    expected = soxr.resample(expanded, 8000, SAMPLE_RATE, quality="VHQ")
    np.testing.assert_allclose(codecs.mu_law(speech, 0, RNG), expected, rtol=0, atol=1e-6)


def g711_mu_law(sample: float) -> float:
    """Return a sample through the table of G.711: 8 segments of 16 steps, each twice as coarse as the one before."""
    biased = min(round(abs(sample) * 32_767 / 4), 8158) + 33
    segment = next(number for number in range(8) if biased < 2 ** (number + 6))
    step = (biased - 2 ** (segment + 5)) // 2 ** (segment + 1)
    magnitude = (2 * step + 33) * 2**segment - 33
    return float(np.sign(sample)) * magnitude * 4 / 32_768
