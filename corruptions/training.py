"""Noise for training: a torch ``Dataset`` that corrupts each item anew in every epoch.

This file imports torch; ``import corruptions`` does not import this file.
"""

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
import torch
from torch.utils.data import Dataset

from corruptions.condition import Condition
from corruptions.engine import NOTHING, check_for_training, check_material, corrupt_audio, find_corruption
from corruptions.ground.problems import counted
from corruptions.material import Material
from corruptions.sound.audio import Waveform


class Items(Protocol):
    """What is wrapped: a list, a ``TensorDataset``, or anything else with a length and items by number."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int, /) -> Any: ...


class NoisyDataset(Dataset[Any]):
    """Speech under a condition that is drawn for each item in each epoch.

    What becomes of item i in epoch e depends on the seed, e and i alone: not on workers, on the order in which items
    are asked for, or on what was asked before.

    An item is a waveform (float32, ``(n_samples,)``, 16 kHz, a numpy array or a CPU tensor) or a tuple that begins with
    one. It comes out as it was but for the waveform; an array stays an array, and a tensor a tensor. The item that is
    wrapped is left as it is.

    Args:
        items: the training set.
        conditions: each is as likely as any other; one that stands there twice is twice as likely. ``CLEAN`` may be
            among them.
        material: what the conditions are made of, all of it of the training split.
        seed: another seed is another augmentation; 0 or more.
        speakers: of the items; needed by conditions in which people talk, who must be others.

    Raises:
        ValueError: if there are no conditions or the seed is negative; if a condition is made of a noise folder that is
            not marked as a training split, or of people talking while ``speakers`` are missing; or if ``material``
            lacks something.

    Examples:
        >>> from corruptions import CLEAN, parse_condition
        >>> speech = np.sin(np.arange(16_000, dtype=np.float32) / 5)
        >>> noisy = NoisyDataset([(speech, "calm")], [CLEAN, parse_condition("pink@5dB")], seed=0)
        >>> noisy.set_epoch(1)
        >>> audio, label = noisy[0]
        >>> print(audio.shape, label)
        (16000,) calm
    """

    def __init__(
        self,
        items: Items,
        conditions: Sequence[Condition],
        material: Material = NOTHING,
        *,
        seed: int,
        speakers: Sequence[str] | None = None,
    ) -> None:
        if not conditions:
            raise ValueError("no conditions: give one or more, for example CLEAN")
        if seed < 0:
            raise ValueError(f"seed {seed}: a seed is 0 or more")
        if speakers is not None and len(speakers) != len(items):
            raise ValueError(
                f"{counted(len(speakers), 'speaker')} for {counted(len(items), 'item')}: there must be one for each"
            )
        check_material(material, conditions, speakers or [])
        for condition in conditions:
            check_for_training(condition, material)
            if speakers is None and any(
                "talkers" in find_corruption(one.corruption, material).needs for one in condition.steps
            ):
                raise ValueError(
                    f"{condition}: people talk in it; give speakers, so that no one talks behind themselves"
                )
        self._items = items
        self._conditions = tuple(conditions)
        self._material = material
        self._seed = seed
        self._speakers = speakers
        # In shared memory, so that workers that outlive an epoch (persistent_workers=True) see the next one.
        self._epoch = torch.zeros((), dtype=torch.int64).share_memory_()  # type: ignore[no-untyped-call]

    def set_epoch(self, epoch: int) -> None:
        """Go on to another epoch, counted from 0. Call it between epochs, not while a ``DataLoader`` is being read."""
        if epoch < 0:
            raise ValueError(f"epoch {epoch}: epochs are counted from 0")
        self._epoch.fill_(epoch)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: int) -> Any:
        index = range(len(self))[index]  # counts negative ones from the end, and refuses what is not there
        item = self._items[index]
        if isinstance(item, tuple):
            return (self._corrupted(item[0], index), *item[1:])
        return self._corrupted(item, index)

    def _corrupted(self, speech: Waveform | torch.Tensor, index: int) -> Waveform | torch.Tensor:
        if not isinstance(speech, np.ndarray | torch.Tensor):
            raise TypeError(f"item {index} is or begins with a {type(speech).__name__}, not with an array or a tensor")
        rng = np.random.default_rng(np.random.SeedSequence(self._seed, spawn_key=(int(self._epoch), index)))
        condition = self._conditions[int(rng.integers(len(self._conditions)))]
        speaker = None if self._speakers is None else self._speakers[index]
        try:
            audio = corrupt_audio(np.asarray(speech), condition, rng, self._material, speaker=speaker)
        except ValueError as error:
            raise ValueError(f"item {index}: {error}") from error
        return torch.from_numpy(audio) if isinstance(speech, torch.Tensor) else audio
