"""What it costs to use a system: numbers that were trained, and time to compute.

A student is worth having for what it saves, so size and speed stand beside accuracy. A row says what using this system
alone costs: a model that five systems share counts for each of them. Times are of one machine and never the same to the
last bit twice: they are no part of ``results.parquet``.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from bench.plan.plan import Plan
from bench.stages.represent import loaded_models, represent
from bench.stages.train import head_entry
from bench.store.store import Store
from corruptions.sound.audio import SAMPLE_RATE
from corruptions.sound.segments import read_clip
from models.heads.examples import Features
from models.types import Pretrained

if TYPE_CHECKING:
    from models.heads.training import Head

Given = TypeVar("Given")
Made = TypeVar("Made")
Seconds = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Parts:
    """What is at work when a system is used.

    Attributes:
        inputs: the representations it hears or reads; none for a control.
        models: names of the pretrained models that make these, each once.
        head: its trained head; None for a control, and for a model that predicts by itself.
    """

    inputs: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    head: "Head | None" = None


def costs(
    systems: Mapping[str, Parts],
    parameters: Mapping[str, int | None],
    hear: Callable[[Sequence[str], int], Features],
    durations_s: Sequence[float],
    *,
    clock: Callable[[], float] = time.process_time,
) -> pd.DataFrame:
    """Return the size and the speed of every system.

    Call it where libraries have one thread, as in a worker of ``bench.store.engine.worker_pool``. Utterances are heard
    one by one, each as by the first user; once before that nothing counts, for libraries then set themselves up.
    Systems that hear the same are timed together up to their heads.

    Args:
        systems: by name.
        parameters: of each pretrained model, from ``count_parameters``.
        hear: ``(representations, number of an utterance)`` -> features of this utterance alone, in their order.
        durations_s: of the utterances; a few will do.
        clock: seconds; processor time unless said, which other programs do not disturb. Wall time for a GPU.

    Returns:
        One row a system: ``system``; ``trained_parameters`` of its head; ``pretrained_parameters`` of the models it
        runs, null where one of them has a number nobody knows; ``real_time_factor``, seconds of computing for a second
        of speech, the median over utterances.

    Raises:
        ValueError: if there is no utterance, or one without length.
    """
    from models.heads.training import predict

    if not durations_s or min(durations_s) <= 0:
        raise ValueError(f"the time of utterances of {list(durations_s)} s cannot be told: one or more must be heard")
    numbers = range(len(durations_s))
    heard = {
        inputs: _timed(partial(hear, inputs), numbers, clock)
        for inputs in dict.fromkeys(parts.inputs for parts in systems.values())
        if inputs
    }
    rows = []
    for name, parts in systems.items():
        features, seconds = heard.get(parts.inputs, ([], np.zeros(len(durations_s))))
        if parts.head is not None:
            # A head that is borrowed knows its inputs by the names of another system's.
            names = [source.name for source in parts.head.inputs]
            given = [dict(zip(names, one.values(), strict=True)) for one in features]
            seconds = seconds + _timed(partial(predict, parts.head), given, clock)[1]
        counts = [parameters[model] for model in parts.models]
        rows.append(
            {
                "system": name,
                "trained_parameters": 0 if parts.head is None else count_parameters(parts.head),
                "pretrained_parameters": None if None in counts else sum(count or 0 for count in counts),
                "real_time_factor": float(np.median(seconds / np.array(durations_s))),
            }
        )
    types = {"system": "str", "trained_parameters": "Int64", "pretrained_parameters": "Int64"}
    return pd.DataFrame(rows).astype(types)


def measure(plan: Plan, store: Store, device: str, n_utterances: int = 5) -> pd.DataFrame:
    """Return what every system of a plan costs on a few of its clean test utterances, its first seed; see ``costs``.

    Utterances are spread evenly over those that are tested. On a GPU times are those of the clock on the wall.
    """
    from models.heads.training import load_head

    catalog = plan.suite.catalog
    tested = list(dict.fromkeys(one for unit in plan.units for one in unit.utterances))
    chosen = [tested[k * len(tested) // n_utterances] for k in range(min(n_utterances, len(tested)))]
    waveforms = [read_clip(one.clip) for one in chosen]
    systems: dict[str, Parts] = {}
    parameters: dict[str, int | None] = {}
    for predictor in plan.predictors:
        models = {
            f"{name} as {role}": count_parameters(model, catalog.models[name].pretrained)
            for source in predictor.inputs
            for (role, name), model in loaded_models(catalog.representations[source], catalog, device).items()
        }
        parameters |= models
        head = load_head(head_entry(store, predictor.fits[0]).checked()) if predictor.fits else None
        systems[predictor.system] = Parts(predictor.inputs, tuple(models), head)

    def represent_one(names: Sequence[str], number: int) -> Features:
        heard, known = [waveforms[number]], plan.fingerprints
        return represent(
            names, catalog, heard, [chosen[number].transcript], device, fingerprints=known, noise_dbfs=[None]
        ).features

    clock = time.perf_counter if device == "cuda" else time.process_time
    durations_s = [len(one) / SAMPLE_RATE for one in waveforms]
    return costs(systems, parameters, represent_one, durations_s, clock=clock).assign(device=device)


def count_parameters(model: object, pretrained: Pretrained | None = None) -> int | None:
    """Return of how many numbers a model consists, those of every network of torch that it holds.

    Args:
        model: a head, an encoder or a transcriber.
        pretrained: its weights, counted in the file where CTranslate2 runs them.

    Returns:
        The number; None where it cannot be known, as of a recogniser that is no network.

    Examples:
        >>> from models.speech.whisper_encoder import whisper_encoder
        >>> count_parameters(whisper_encoder())
        8208384
    """
    from torch import nn

    networks = [value for value in vars(model).values() if isinstance(value, nn.Module)]
    if networks:
        return sum(parameter.numel() for network in networks for parameter in network.parameters())
    return None if pretrained is None or pretrained.weights is None else _count_in_file(pretrained)


def _count_in_file(pretrained: Pretrained) -> int | None:
    from models.weights.ctranslate2 import read_variables
    from models.weights.hub import FILES, locate

    path = locate(pretrained, (*FILES, "model.bin")).folder / "model.bin"
    if not path.is_file():
        return None
    # What has no axis is a setting, such as the number of attention heads.
    return sum(values.size for values in read_variables(path).values() if values.ndim)


def _timed(
    work: Callable[[Given], Made], items: Sequence[Given], clock: Callable[[], float]
) -> tuple[list[Made], Seconds]:
    """Return what ``work`` makes of each item, and the seconds that each takes; the first is done twice."""
    work(items[0])
    made, seconds = [], []
    for item in items:
        start = clock()
        made.append(work(item))
        seconds.append(clock() - start)
    return made, np.array(seconds)
