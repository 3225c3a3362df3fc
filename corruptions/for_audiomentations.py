"""This package's conditions as a transform of audiomentations. The other way round, see ``corruptions.transforms``."""

import random
from collections.abc import Sequence

import numpy as np
from audiomentations.core.transforms_interface import BaseWaveformTransform

from corruptions.condition import parse_condition
from corruptions.engine import NOTHING, check_material, corrupt_audio
from corruptions.material import Material
from corruptions.sound.audio import SAMPLE_RATE, Waveform


class Corrupt(BaseWaveformTransform):  # type: ignore[misc]
    """A transform that puts mono speech at 16 kHz under one of several conditions, each as likely.

    As with audiomentations' own transforms, what is drawn comes from the global generator of Python. ``parameters``
    holds ``condition`` and ``seed``, from which the same noise and the same room come back. Who speaks in a clip is not
    known here, so that they may be heard in the babble behind themselves; ``corruptions.training`` keeps them out.

    Args:
        conditions: as they are written, such as ``reverb@0.6s+babble@5dB``.
        material: what they are made of: of the training split, when it is for training.
        p: probability that a clip is put under a condition at all.

    Raises:
        ValueError: if there are no conditions, one cannot be made from the material, or the sampling rate is not
            16 kHz. When called, also as ``corrupt`` does, for example on a silent clip.
        MultichannelAudioNotSupportedException: if it is called with audio that has channels.

    Examples:
        >>> speech = np.sin(np.arange(16_000, dtype=np.float32) / 5)
        >>> transform = Corrupt(["white@5dB", "white@10dB+mp3@16kbit/s"], p=1)
        >>> transform(speech, sample_rate=16_000).shape
        (16000,)
    """

    supports_multichannel = False

    def __init__(self, conditions: Sequence[str], material: Material = NOTHING, p: float = 0.5) -> None:
        super().__init__(p)
        if not conditions:
            raise ValueError("give one condition or more, as in ['babble@5dB']")
        check_material(material, map(parse_condition, conditions), speakers=[])
        self.conditions = list(conditions)
        self.material = material

    def __call__(self, samples: Waveform, sample_rate: int) -> Waveform:
        """Return the samples under a condition, or as they are."""
        if sample_rate != SAMPLE_RATE:
            raise ValueError(f"conditions are made at {SAMPLE_RATE} Hz, not {sample_rate}; resample the audio before")
        transformed: Waveform = super().__call__(samples, sample_rate)
        return transformed

    def randomize_parameters(self, samples: Waveform, sample_rate: int) -> None:
        """Draw whether to apply anything, and what."""
        super().randomize_parameters(samples, sample_rate)
        if self.parameters["should_apply"]:
            self.parameters["condition"] = random.choice(self.conditions)  # noqa: S311
            self.parameters["seed"] = random.randrange(2**32)  # noqa: S311

    def apply(self, samples: Waveform, sample_rate: int) -> Waveform:  # noqa: ARG002
        """Return the samples under the condition that was drawn."""
        rng = np.random.default_rng(self.parameters["seed"])
        return corrupt_audio(samples, parse_condition(self.parameters["condition"]), rng, self.material)
