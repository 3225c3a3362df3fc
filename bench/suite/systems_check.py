"""Whether everything that a suite names is there, and fits together: asked before any work begins."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import Literal

from bench.suite.references import NAMES
from bench.suite.representations import (
    REGRESSORS,
    Model,
    Recorded,
    Representation,
    Speech,
    Words,
    hears_clean,
    transcriber_of,
)
from bench.suite.systems import AS_IS, CONTROLS, SYSTEMS, Catalog, System, needed
from corruptions import CORRUPTIONS, Condition
from corruptions.catalog import SNR
from corruptions.ground.problems import counted, those_there_are

Role = Literal["teacher", "trained_as"]
_ROLES: tuple[Role, Role] = ("teacher", "trained_as")


def check_catalog(catalog: Catalog, names: Sequence[str], *, can_be_noisy: bool) -> None:
    """Refuse systems that name what is not there.

    Args:
        catalog: what can be named.
        names: the systems of a suite.
        can_be_noisy: whether the suite says what noisy training hears.

    Raises:
        ValueError: for an unknown system, representation, model, kind of model or head, or for what does not fit; the
            message names the place, the value and what is allowed.
    """
    for name in names:
        _known("systems", name, catalog.systems)
        for other in (catalog.systems[name].teacher, catalog.systems[name].trained_as):
            if other is not None:
                _known(f"systems.{name}", other, catalog.systems)
    _check_origins(names, catalog.systems)
    for name in needed(names, catalog.systems):
        _check_system(name, catalog, can_be_noisy=can_be_noisy)
    used = {source for one in needed(names, catalog.systems) for source in catalog.systems[one].inputs}
    recognisers = {transcriber_of(one) for one in catalog.representations.values()}
    for name in sorted(used):
        _check_representation(name, catalog.representations[name], catalog.models, recognisers)
        transcriber = transcriber_of(catalog.representations[name])
        if transcriber in used:  # what is known of either is kept under its name
            raise ValueError(f"representations.{name}.transcriber: {transcriber} is a representation too; rename one")


def check_comparisons(compare: Mapping[str, Sequence[tuple[str, str]]], tested: Sequence[str]) -> None:
    """Refuse pairs that are not two tested systems, or that a group has twice, and names that other groups have.

    Raises:
        ValueError: naming the group and the pair.
    """
    there = {*tested}
    for group, pairs in compare.items():
        if group in NAMES:
            raise ValueError(f"compare.{group}: every run has a group of that name; take another")
        times = Counter(pairs)
        for name in (name for pair in pairs for name in pair):
            if name not in there:
                raise ValueError(f"compare.{group}: {name!r} is not tested here; {those_there_are(name, tested)}")
        for one, other in pairs:
            if one == other:
                raise ValueError(f"compare.{group}: [{one}, {other}] is one system: a pair is two")
            if times[one, other] > 1:
                raise ValueError(f"compare.{group}: [{one}, {other}] is there more than once")


def check_levels_are_learnt(
    names: Sequence[str], catalog: Catalog, training: Sequence[Condition], noises: Collection[str]
) -> None:
    """Refuse training in conditions without noise for systems that are told the level of noise and nothing else.

    Args:
        names: the systems that are tested, and those they learn from.
        catalog: what they are.
        training: the conditions that the suite names for training; where there are none, others are taken.
        noises: what the suite calls its own noises.
    """
    kinds = {step.corruption for condition in training for step in condition.steps}
    generated = {one for one in kinds & {*CORRUPTIONS} if CORRUPTIONS[one].level_unit == SNR}
    if not training or generated or not kinds.isdisjoint(noises):
        return
    for name in names:
        system = catalog.systems[name]
        if system.trained_on == "noisy" and _knows_levels_only(system, catalog):
            raise ValueError(
                f"systems.{name} learns from the level of noise, and training.conditions have none: name noises there, "
                "or leave the system out"
            )


def check_reference(reference: str | None, tested: Sequence[str]) -> None:
    """Refuse a reference that is not one of the systems that are tested."""
    if reference is not None and reference not in tested:
        raise ValueError(f"reference: {reference!r} is not tested here; {those_there_are(reference, tested)}")


def _check_origins(names: Sequence[str], systems: Mapping[str, System]) -> None:
    """Refuse systems that learn from themselves by any way, or from one that has no heads trained here."""
    fine: set[str] = set()
    for name in names:
        for role in _ROLES:
            fine |= _origins(name, role, systems, fine)


def _origins(name: str, role: Role, systems: Mapping[str, System], fine: Collection[str]) -> set[str]:
    """Return a system and whom it learns from, one from the next, up to one that is known to be fine."""
    pupils = {name: None}
    while (other := getattr(systems[name], role)) is not None:
        if other in pupils:
            circle = [*pupils]
            raise ValueError(
                f"systems.{other} learns from itself: {' from '.join([*circle[circle.index(other) :], other])}"
            )
        if systems[other].trained_as is not None:
            raise ValueError(
                f"systems.{name}.{role}: {other} borrows its heads: name {systems[other].trained_as}, whose they are"
            )
        if systems[other].head in {*CONTROLS, AS_IS}:
            raise ValueError(f"systems.{name}.{role}: {other} is {systems[other].head}: it has no heads trained here")
        if other in fine:
            break
        pupils[other] = None
        name, role = other, "teacher"  # nobody who is learnt from borrows
    return {*pupils}


def _check_system(name: str, catalog: Catalog, *, can_be_noisy: bool) -> None:
    system = catalog.systems[name]
    for source in system.inputs:
        _known(f"systems.{name}.inputs", source, catalog.representations)
        if system.trained_as is None and hears_clean(catalog.representations[source]):
            raise ValueError(f"systems.{name}: {source} hears clean speech only: borrow heads with trained_as")
    # A level is that of any noise: without training.conditions, it is learnt in LEVEL_NOISES.
    if system.trained_on == "noisy" and not can_be_noisy and not _knows_levels_only(system, catalog):
        raise ValueError(f"systems.{name} is trained_on: noisy, but training.conditions are not given")
    if system.trained_as is not None:
        lender = catalog.systems[system.trained_as]
        if system.teacher is not None or system.trained_on != "clean":
            raise ValueError(f"systems.{name} borrows its heads: how they are trained is said of {system.trained_as}")
        if len(lender.inputs) != len(system.inputs):
            raise ValueError(
                f"systems.{name} has {counted(len(system.inputs), 'input')}, {system.trained_as}, whose heads it uses, "
                f"{len(lender.inputs)}"
            )
    elif system is not SYSTEMS.get(name):  # those are covered by a test, and looking at heads costs the import of torch
        _check_head(name, system, catalog)


def _knows_levels_only(system: System, catalog: Catalog) -> bool:
    return all(isinstance(catalog.representations[source], Recorded) for source in system.inputs)


def _check_head(name: str, system: System, catalog: Catalog) -> None:
    from models.heads.catalog import HEADS

    _known(f"systems.{name}.head", system.head, {**HEADS, AS_IS: None} if system.inputs else CONTROLS)
    if system.head in HEADS:
        if HEADS[system.head].taught != (system.teacher is not None):
            raise ValueError(
                f"systems.{name}: a {system.head} head {'needs a' if HEADS[system.head].taught else 'has no'} teacher"
            )
        fewest, most = HEADS[system.head].n_inputs
    else:
        fewest, most = (1, 1) if system.inputs else (0, 0)
        if system.teacher is not None or system.trained_on != "clean":
            raise ValueError(f"systems.{name}: {system.head} is not trained: it has no teacher and hears no noise")
    if not fewest <= len(system.inputs) <= (most or len(system.inputs)) or len({*system.inputs}) < len(system.inputs):
        wanted = f"{fewest} {'input' if fewest == most == 1 else 'or more different inputs'}"
        raise ValueError(f"systems.{name}: a head of the kind {system.head} takes {wanted}, not {[*system.inputs]}")
    if system.head == AS_IS:
        one = catalog.representations[system.inputs[0]]
        model = catalog.models.get(one.speech) if isinstance(one, Speech) else None
        if model is None or model.kind not in REGRESSORS:
            raise ValueError(
                f"systems.{name}: {system.inputs[0]} is no prediction that can be used {AS_IS}: it must be a speech "
                f"representation of a model of the kind {' or '.join(REGRESSORS)}"
            )


def _check_representation(
    name: str, one: Representation, models: Mapping[str, Model], recognisers: Collection[str | None]
) -> None:
    from models.asr.catalog import ENGLISH_ONLY, TRANSCRIBERS
    from models.asr.languages import ENGLISH
    from models.speech.catalog import SPEECH_ENCODERS
    from models.text.catalog import TEXT_ENCODERS

    used: list[tuple[str, str, Collection[str]]] = []
    if isinstance(one, Speech):
        used.append(("speech", one.speech, SPEECH_ENCODERS))
    elif isinstance(one, Words):
        used.append(("text", one.text, TEXT_ENCODERS))
    transcriber = transcriber_of(one)
    if transcriber is not None:
        used.append(("transcriber", transcriber, TRANSCRIBERS))
    for role, model, kinds in used:
        _known(f"representations.{name}.{role}", model, models)
        _known(f"models.{model}.kind", models[model].kind, kinds)
        if models[model].language is not None and model not in recognisers:
            raise ValueError(f"models.{model}.language: a {role} encoder takes none; a recogniser does")
    if (
        transcriber is not None
        and models[transcriber].kind in ENGLISH_ONLY
        and models[transcriber].spoken_language != ENGLISH
    ):
        raise ValueError(
            f"models.{transcriber}.language: {models[transcriber].kind} hears English only, so it is {ENGLISH}, not "
            f"{models[transcriber].language}"
        )


def _known(place: str, name: str, allowed: Collection[str]) -> None:
    if name not in allowed:
        raise ValueError(f"{place}: there is no {name!r}; {those_there_are(name, allowed)}")
