"""What a condition needs besides the utterance, and its fingerprint."""

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from corruptions.audio import file_sha256
from corruptions.levels import LevelName
from corruptions.noise_corpora import NoiseFolder
from corruptions.noises import Spectrum

if TYPE_CHECKING:
    from corruptions.catalog import Condition

# Raise it whenever the same inputs could give other samples or another record than before.
VERSION = 1


@dataclass(frozen=True)
class Material:
    """Everything besides the utterance that decides how a condition sounds.

    Small and picklable: it holds paths, not audio.

    Attributes:
        snr: how the level of speech is measured: ``active`` (ITU-T P.56) or ``rms``.
        reference_dbfs: noise is scaled against this level instead of the utterance's own: one noise floor for a corpus.
        talkers: recordings by speaker, of the training split; babble is made of them.
        spectrum: long-term spectrum of the training split, for speech-shaped noise.
        recordings: own folders of noise by name.
    """

    snr: LevelName = "active"
    reference_dbfs: float | None = None
    talkers: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    spectrum: Spectrum | None = None
    recordings: Mapping[str, NoiseFolder] = field(default_factory=dict)

    def fingerprint(
        self, condition: "Condition", file_digest: Callable[[Path], str] = file_sha256
    ) -> dict[str, str | int | float | None]:
        """Return JSON values that change whenever this material may make ``condition`` sound different.

        What the condition does not use is left out, so that another noise folder does not touch results on white noise.

        Args:
            condition: the condition.
            file_digest: what names the content of a talker's recording; pass a cached one for a corpus of many files.
        """
        parts: dict[str, str | int | float | None] = {"corruptions": VERSION}
        if condition.steps:
            parts |= {"snr": self.snr, "reference_dbfs": self.reference_dbfs}
        if "talkers" in condition.needs:
            parts["talkers"] = _sha256(
                [[name, [file_digest(path) for path in paths]] for name, paths in sorted(self.talkers.items())]
            )
        if "spectrum" in condition.needs:
            parts["spectrum"] = _sha256(self.spectrum and self.spectrum.power)
        for name in sorted({step.corruption for step in condition.steps} & set(self.recordings)):
            listing = [[recording.name, recording.sha256] for recording in self.recordings[name].recordings]
            parts[f"recordings {name}"] = _sha256(listing)
        return parts


def _sha256(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()
