"""Which versions of code and libraries a model is made with, as keys name them."""

import sys
from collections.abc import Callable, Mapping

from bench.store.keys import Versions
from bench.store.machine import versions


def model_versions(role: str, kind: str) -> Versions:
    """Return the ``VERSION`` of the module that a kind of model comes from, and the versions of its ``LIBRARIES``.

    A module may have no ``LIBRARIES``: those that most models use are in all keys.

    Args:
        role: what the model is used as: ``speech``, ``text`` or ``transcriber``.
        kind: a name in the catalogue of that.
    """
    module = sys.modules[_catalogs()[role][kind].__module__]
    return {f"{role} {kind}": module.VERSION, **versions(getattr(module, "LIBRARIES", ()))}


def versions_of_all_models() -> Versions:
    """Return those of every kind there is."""
    return {
        name: version
        for role, catalog in _catalogs().items()
        for kind in catalog
        for name, version in model_versions(role, kind).items()
    }


def _catalogs() -> dict[str, Mapping[str, Callable[..., object]]]:
    from models.asr.catalog import TRANSCRIBERS
    from models.speech.catalog import SPEECH_ENCODERS
    from models.text.catalog import TEXT_ENCODERS

    return {"speech": SPEECH_ENCODERS, "text": TEXT_ENCODERS, "transcriber": TRANSCRIBERS}
