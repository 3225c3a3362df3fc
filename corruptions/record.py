"""What comes out of a corruption: the audio, and a record of exactly what was done to it."""

from dataclasses import asdict, dataclass

from corruptions.audio import Waveform


@dataclass(frozen=True)
class Record:
    """What was done to one utterance: one row of ``corruptions.parquet``. None stands for what was not done.

    Attributes:
        speech_active_dbfs: active level (ITU-T P.56) of the speech that the noise was added to.
        speech_rms_dbfs: RMS level of the same.
        peak: largest absolute sample of the result; above 1.0 it would clip in a file.
        snr_requested_db: what the condition says.
        snr_active_db: achieved: active level of the speech over the RMS level of what was added to it.
        snr_rms_db: achieved: RMS level of the speech over the RMS level of what was added to it.
        noise_dbfs: RMS level of what was added.
        noise_gain_db: gain of the noise as it was read or generated.
        noise_source: file inside the noise folder, talkers of the babble, or the kind of generated noise.
        noise_sha256: of that file.
        noise_offset: first sample of the excerpt at 16 kHz, or of the loop where a recording is looped.
    """

    speech_active_dbfs: float
    speech_rms_dbfs: float
    peak: float
    snr_requested_db: float | None = None
    snr_active_db: float | None = None
    snr_rms_db: float | None = None
    noise_dbfs: float | None = None
    noise_gain_db: float | None = None
    noise_source: str | None = None
    noise_sha256: str | None = None
    noise_offset: int | None = None

    def as_row(self) -> dict[str, float | int | str | None]:
        """Return the record as columns and values."""
        return asdict(self)


@dataclass(frozen=True)
class Corrupted:
    """An utterance after one or more steps; ``audio`` is as long as the speech and may exceed +-1.0."""

    audio: Waveform
    record: Record
