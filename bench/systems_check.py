"""Whether everything that a suite names is there, and fits together: asked before any work begins."""

from collections.abc import Collection, Mapping, Sequence

from bench.representations import Confidence, Model, Representation, Speech, hears_clean, transcriber_of
from bench.systems import AS_IS, CONTROLS, SYSTEMS, Catalog, System, needed


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
    for name in needed(names, catalog.systems):
        _check_system(name, catalog, can_be_noisy=can_be_noisy)
    for name in {source for one in needed(names, catalog.systems) for source in catalog.systems[one].inputs}:
        _check_representation(name, catalog.representations[name], catalog.models)


def _check_system(name: str, catalog: Catalog, *, can_be_noisy: bool) -> None:
    system = catalog.systems[name]
    for source in system.inputs:
        _known(f"systems.{name}.inputs", source, catalog.representations)
        if system.trained_as is None and hears_clean(catalog.representations[source]):
            raise ValueError(f"systems.{name}: {source} hears clean speech only: borrow heads with trained_as")
    if system.trained_on == "noisy" and not can_be_noisy:
        raise ValueError(f"systems.{name} is trained_on: noisy, but training.conditions are not given")
    if system.trained_as is not None:
        lender = catalog.systems[system.trained_as]
        if len(lender.inputs) != len(system.inputs):
            raise ValueError(
                f"systems.{name} has {len(system.inputs)} inputs, {system.trained_as}, whose heads it uses, "
                f"{len(lender.inputs)}"
            )
    elif system is not SYSTEMS.get(name):  # those are covered by a test, and looking at heads costs the import of torch
        _check_head(name, system)


def _check_head(name: str, system: System) -> None:
    from models.training import HEADS

    _known(f"systems.{name}.head", system.head, {**HEADS, AS_IS: None} if system.inputs else CONTROLS)
    if system.head in HEADS:
        if HEADS[system.head].taught != (system.teacher is not None):
            raise ValueError(
                f"systems.{name}: a {system.head} head {'needs a' if HEADS[system.head].taught else 'has no'} teacher"
            )
        fewest, most = HEADS[system.head].n_inputs
    else:
        fewest, most = (1, 1) if system.inputs else (0, 0)
    if not fewest <= len(system.inputs) <= (most or len(system.inputs)):
        raise ValueError(f"systems.{name}: a {system.head} head takes {fewest} or more inputs, not {system.inputs}")


def _check_representation(name: str, one: Representation, models: Mapping[str, Model]) -> None:
    from models.asr import TRANSCRIBERS
    from models.speech import SPEECH_ENCODERS
    from models.text import TEXT_ENCODERS

    used: list[tuple[str, str, Collection[str]]] = []
    if isinstance(one, Speech):
        used.append(("speech", one.speech, SPEECH_ENCODERS))
    elif not isinstance(one, Confidence):
        used.append(("text", one.text, TEXT_ENCODERS))
    transcriber = transcriber_of(one)
    if transcriber is not None:
        used.append(("transcriber", transcriber, TRANSCRIBERS))
    for role, model, kinds in used:
        _known(f"representations.{name}.{role}", model, models)
        _known(f"models.{model}.kind", models[model].kind, kinds)


def _known(place: str, name: str, allowed: Collection[str]) -> None:
    if name not in allowed:
        raise ValueError(f"{place}: there is no {name!r}; there are {', '.join(allowed)}")
