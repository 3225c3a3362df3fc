"""What a condition needs besides the utterance."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from corruptions.noise.folders import NoiseFolder
from corruptions.noise.generated import Spectrum
from corruptions.room.responses import Response
from corruptions.sound.levels import LevelName
from corruptions.sound.segments import Clip, clip_at


@dataclass(frozen=True)
class Material:
    """Everything besides the utterance that decides how a condition sounds.

    Small and picklable: it holds paths, not audio.

    Attributes:
        snr: how the level of speech is measured: ``active`` (ITU-T P.56) or ``rms``.
        reference_dbfs: noise is scaled against this level instead of the utterance's own: one noise floor for a corpus.
        talkers: recordings by speaker, of the training split: paths of files, or clips; babble is made of them.
        spectrum: long-term spectrum of the training split, for speech-shaped noise.
        recordings: own folders of noise by name.
        rooms: simulated impulse responses by target reverberation time in seconds; of every time the same rooms.
        responses: measured impulse responses by name.
    """

    snr: LevelName = "active"
    reference_dbfs: float | None = None
    talkers: Mapping[str, tuple[Clip, ...]] = field(default_factory=dict)
    spectrum: Spectrum | None = None
    recordings: Mapping[str, NoiseFolder] = field(default_factory=dict)
    rooms: Mapping[float, tuple[Response, ...]] = field(default_factory=dict)
    responses: Mapping[str, tuple[Response, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Take paths of talkers as the clips that they stand for."""
        talkers = {name: tuple(clip_at(one) for one in clips) for name, clips in self.talkers.items()}
        object.__setattr__(self, "talkers", talkers)
