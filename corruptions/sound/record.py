"""What comes out of a corruption: the audio, and a record of exactly what was done to it."""

from dataclasses import asdict, dataclass, replace
from math import nan

import numpy as np
import numpy.typing as npt

from corruptions.sound.audio import Waveform
from corruptions.sound.levels import has_level, speech_levels_dbfs


@dataclass(frozen=True)
class Record:
    """What was done to one utterance: one row of ``corruptions.parquet``. None stands for what was not done.

    SNRs are those of the moment when the noise was added, whatever steps follow; the peak is that of the result.

    Attributes:
        speech_active_dbfs: active level (ITU-T P.56) of the speech that the noise was added to.
        speech_rms_dbfs: RMS level of the same.
        peak: largest absolute sample of the result; above 1.0 it would clip in a file.
        snr_requested_db: what the condition says.
        snr_active_db: achieved: active level of the speech over the RMS level of what was added to it.
        snr_rms_db: achieved: RMS level of the speech over the RMS level of what was added to it.
        snr_segmental_db: achieved: mean over frames with speech, see ``corruptions.sound.measures``.
        snr_intelligibility_db: achieved: mean over bands, weighted by what they mean to intelligibility, see there.
        noise_dbfs: RMS level of what was added.
        noise_activity: how much of what was added is active, from 0 to 1, see ``corruptions.noise.activity``; the rest
            is pauses, so that where it is active it is louder than its level.
        noise_gain_db: gain of the noise as it was read or generated.
        noise_source: file inside the noise folder, talkers of the babble, or the kind of generated noise.
        noise_sha256: of that file.
        noise_offset: first sample of the excerpt at 16 kHz, or of the loop where a recording is looped.
        room_source: file of the impulse response.
        room_sha256: of that file.
        room_rt60_s: reverberation time measured from it; None where its decay does not allow it.
        room_drr_db: its direct-to-reverberant energy ratio; None where nothing follows the direct sound.
        room_c50_db: its clarity: energy of the first 50 ms over that of the rest.
        room_gain_db: gain that gave the reverberant speech the active level of the dry.
        direct_active_dbfs: active level of the direct sound alone, as it arrives.
        direct_rms_dbfs: RMS level of the same.
    """

    speech_active_dbfs: float
    speech_rms_dbfs: float
    peak: float = nan
    snr_requested_db: float | None = None
    snr_active_db: float | None = None
    snr_rms_db: float | None = None
    snr_segmental_db: float | None = None
    snr_intelligibility_db: float | None = None
    noise_dbfs: float | None = None
    noise_activity: float | None = None
    noise_gain_db: float | None = None
    noise_source: str | None = None
    noise_sha256: str | None = None
    noise_offset: int | None = None
    room_source: str | None = None
    room_sha256: str | None = None
    room_rt60_s: float | None = None
    room_drr_db: float | None = None
    room_c50_db: float | None = None
    room_gain_db: float | None = None
    direct_active_dbfs: float | None = None
    direct_rms_dbfs: float | None = None

    def as_row(self) -> dict[str, float | int | str | None]:
        """Return the record as columns and values."""
        return asdict(self)


@dataclass(frozen=True)
class Mixture:
    """How a noise was added: ``noisy`` is ``speech`` and the noise at its gain. The rest is as in ``Record``."""

    speech: Waveform
    noisy: npt.NDArray[np.floating]
    snr_requested_db: float
    noise_gain_db: float
    noise_source: str
    noise_sha256: str | None
    noise_offset: int | None

    @property
    def noise(self) -> npt.NDArray[np.float64]:
        """The noise as it was added, without further rounding."""
        return self.noisy.astype(np.float64) - self.speech


@dataclass(frozen=True)
class Corrupted:
    """An utterance after one or more steps.

    Attributes:
        audio: as long as the speech; it may exceed +-1.0.
        record: what was done; while steps follow, without what is known of the noise.
        mixture: how the noise was added; None if there is none.
    """

    audio: Waveform
    record: Record
    mixture: Mixture | None = None


def changed_speech(before: Corrupted, audio: Waveform) -> Corrupted:
    """Return ``before`` with other audio, and the levels of the speech in it.

    Where noise is in it already, or silence is all that is left, the levels of the speech stay what they were.

    Raises:
        ValueError: if a constant is all that is left, as of speech far from zero that is clipped.
    """
    if audio.any() and has_level(before.audio) and not has_level(audio):
        raise ValueError(f"{audio[0]:g} throughout is all that is left, for what went in has a constant offset (DC)")
    record = replace(before.record, direct_active_dbfs=None, direct_rms_dbfs=None)
    if before.mixture is None and has_level(audio):
        active, rms = speech_levels_dbfs(audio)
        record = replace(record, speech_active_dbfs=active, speech_rms_dbfs=rms)
    return replace(before, audio=audio, record=record)
