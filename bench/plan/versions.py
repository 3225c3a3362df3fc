"""Which versions of code and libraries a model, or what it makes, is made with, as keys name them."""

import sys
from collections.abc import Callable, Mapping
from typing import Literal

from bench.store.keys import Versions
from bench.store.machine import versions
from bench.suite.representations import Confidence, Recorded, Representation, Speech, Words, transcriber_of
from bench.suite.systems import Catalog

CONFIDENCE_VERSION = 2
"""To be raised with any change of what is taken for a transcriber's confidence."""

NOISE_LEVEL_VERSION = 1
"""To be raised with any change of what is made of the level of noise."""

Role = Literal["speech", "text", "transcriber"]
"""What a model is used as; one name may stand for a Whisper that is used as two of them."""


def model_versions(role: Role, kind: str) -> Versions:
    """Return the ``VERSION`` of the module that a kind of model comes from, and the versions of its ``LIBRARIES``.

    A module may have no ``LIBRARIES``: those that most models use are in all keys.

    Args:
        role: what the model is used as: ``speech``, ``text`` or ``transcriber``.
        kind: a name in the catalogue of that.
    """
    module = sys.modules[_catalogs()[role][kind].__module__]
    return {f"{role} {kind}": module.VERSION, **versions(getattr(module, "LIBRARIES", ()))}


def versions_of(one: Representation, catalog: Catalog) -> Versions:
    """Return the versions of the code that makes a representation, of its models and of what is done with them."""
    own: Versions = {}
    if isinstance(one, Confidence):
        own = {"confidence": CONFIDENCE_VERSION}
    elif isinstance(one, Recorded):
        own = {"noise level": NOISE_LEVEL_VERSION}
    made_by = [model_versions(role, catalog.models[name].kind) for role, name in models_of(one)]
    return {what: version for versions in (own, *made_by) for what, version in versions.items()}


def models_of(one: Representation) -> list[tuple[Role, str]]:
    """Return the models that make a representation: what each is used as, and its name."""
    found: list[tuple[Role, str]] = []
    if isinstance(one, Speech):
        found.append(("speech", one.speech))
    if isinstance(one, Words):
        found.append(("text", one.text))
    if (transcriber := transcriber_of(one)) is not None:
        found.append(("transcriber", transcriber))
    return found


def versions_of_all_models() -> Versions:
    """Return those of every kind there is."""
    return {
        name: version
        for role, catalog in _catalogs().items()
        for kind in catalog
        for name, version in model_versions(role, kind).items()
    }


def _catalogs() -> dict[Role, Mapping[str, Callable[..., object]]]:
    from models.asr.catalog import TRANSCRIBERS
    from models.speech.catalog import SPEECH_ENCODERS
    from models.text.catalog import TEXT_ENCODERS

    return {"speech": SPEECH_ENCODERS, "text": TEXT_ENCODERS, "transcriber": TRANSCRIBERS}
