"""From waveforms and reference texts to representations, each encoder called once however many systems use it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from math import exp
from typing import TYPE_CHECKING

import numpy as np

from bench.plan.versions import Role, model_versions, models_of, versions_of
from bench.store.keys import Key, digest
from bench.suite.representations import (
    Confidence,
    Model,
    Recorded,
    Representation,
    Speech,
    Words,
    hears_clean,
    transcriber_of,
)
from bench.suite.systems import Catalog
from models.text.words import words_of
from models.types import (
    Frames,
    Pretrained,
    SpeechEncoder,
    TextEncoder,
    Transcriber,
    Transcript,
    Waveform,
    check_layers,
)
from models.weights.embedded import WeightsError
from models.weights.hub import unchanged

if TYPE_CHECKING:
    from models.speech.top_layers import Top

NO_NOISE_DBFS = -100.0
"""Stands for the level of noise where there is none: less than the steps of 16 bit make."""


@dataclass(frozen=True)
class Represented:
    """What the encoders made of a block of utterances: by representation, and by transcriber."""

    features: Mapping[str, list[Frames]]
    transcripts: Mapping[str, list[Transcript]]


@dataclass(frozen=True)
class Known:
    """What is known of models before they are used.

    Attributes:
        fingerprints: for each representation, and each transcriber it uses, a name that changes when its output may.
        revisions: of each model that is one of a repository, its commit.
        notices: what a user must be told, such as a licence that forbids something.
    """

    fingerprints: Mapping[str, Key]
    revisions: Mapping[str, str]
    notices: tuple[str, ...]


def represent(
    names: Sequence[str],
    catalog: Catalog,
    waveforms: Sequence[Waveform],
    references: Sequence[str | None],
    device: str,
    *,
    fingerprints: Mapping[str, Key],
    noise_dbfs: Sequence[float | None] = (),
    transcribers: Sequence[str] = (),
    transcripts: Mapping[str, list[Transcript]] | None = None,
) -> Represented:
    """Return the representations ``names`` of a block of utterances.

    Args:
        names: names in the catalogue.
        catalog: what they stand for.
        waveforms: one for each utterance; none where no name is made of audio and ``transcripts`` has the rest.
        references: reference transcripts, for the names that read them.
        device: ``cpu`` or ``cuda``.
        fingerprints: of the names and their transcribers, as ``look_at_models`` found them.
        noise_dbfs: RMS level of the noise in each waveform, None without, for the names that are of the record.
        transcribers: whose transcripts are wanted even where no name reads them.
        transcripts: transcripts that were made before, by transcriber; these are not made again.

    Raises:
        WeightsError: if the models here are not those that were looked at.
    """
    asked = {name: catalog.representations[name] for name in names}
    heard = dict(transcripts or {})
    for transcriber in dict.fromkeys([*transcribers, *(transcriber_of(one) for one in asked.values())]):
        if transcriber is not None and transcriber not in heard:
            same = next((other for other in heard if _runs_the_same(other, transcriber, catalog.models)), None)
            model = _transcriber(catalog.models[transcriber], device)
            _check_same(transcriber, model.fingerprint, fingerprints)
            heard[transcriber] = heard[same] if same else model(waveforms)
    for name, one in asked.items():
        _check_same(name, _fingerprint(one, catalog, device, fingerprints), fingerprints)
    spoken = {name: one for name, one in asked.items() if isinstance(one, Speech)}
    features = _encode(spoken, catalog.models, waveforms, device)
    for name, one in asked.items():
        if isinstance(one, Confidence):
            features[name] = [_confidence(transcript) for transcript in heard[one.confidence]]
        elif isinstance(one, Recorded):
            features[name] = [_noise_level(level_dbfs) for level_dbfs in noise_dbfs]
        elif isinstance(one, Words):
            if one.transcriber is None:
                texts = [reference or "" for reference in references]
            else:
                texts = [transcript.text for transcript in heard[one.transcriber]]
            features[name] = _text_encoder(catalog.models[one.text], device)(texts)
    return Represented({name: features[name] for name in names}, heard)


def look_at_models(names: Sequence[str], catalog: Catalog, device: str, *, tuned: Sequence[str] = ()) -> Known:
    """Return what is known of the models behind ``names``, each of which is loaded.

    Args:
        names: names in the catalogue.
        catalog: what they stand for.
        device: ``cpu`` or ``cuda``.
        tuned: those of them whose model's top layers are to be trained further.

    Raises:
        WeightsError: if weights are absent or not the right ones.
        ValueError: for a layer that is not there, or a model whose layers cannot be tuned.
    """
    for name in tuned:
        top_above(name, catalog, device, {})
    found: dict[str, Key] = {}
    revisions: dict[str, str] = {}
    notices: list[str] = []
    for name in names:
        one = catalog.representations[name]
        if isinstance(one, Speech):
            n_layers = _speech_encoder(catalog.models[one.speech], device).n_layers
            check_layers(_layers(one, catalog.models, device), n_layers)
        for (role, of), model in loaded_models(one, catalog, device).items():
            if role == "transcriber":
                found[of] = Key(model.fingerprint, model_versions(role, catalog.models[of].kind))
            if (revision := getattr(model, "revision", None)) is not None:
                revisions[of] = revision
            notices += [notice for notice in [getattr(model, "licence_notice", None)] if notice]
        found[name] = _fingerprint(one, catalog, device, found)
    return Known(found, revisions, tuple(dict.fromkeys(notices)))


def _fingerprint(one: Representation, catalog: Catalog, device: str, transcribers: Mapping[str, str]) -> Key:
    """Return that of a representation; its transcriber, known by its own in ``transcribers``, is not loaded for it."""
    models = [
        transcribers[name] if role == "transcriber" else _load(role, catalog.models[name], device).fingerprint
        for role, name in models_of(one)
    ]
    layers = _layers(one, catalog.models, device) if isinstance(one, Speech) else ()
    made_by = versions_of(one, catalog)
    return Key(digest(type(one).__name__, hears_clean(one), *models, *layers, sorted(made_by.items())), made_by)


def _check_same(name: str, fingerprint: str, expected: Mapping[str, str]) -> None:
    if fingerprint != expected[name]:
        raise WeightsError(f"{name}: its weights changed since they were looked at: run again")


def top_above(name: str, catalog: Catalog, device: str, fingerprints: Mapping[str, Key]) -> "Top":
    """Return the layers of a speech encoder above the one whose frames the representation ``name`` is.

    ``fingerprints`` are those of representations on this device, if ``look_at_models`` looked there.

    Raises:
        ValueError: if it has none, or they cannot be tuned.
        WeightsError: if the model here is not the one that was looked at.
    """
    from models.speech.top_layers import top_of

    one = catalog.representations[name]
    if not isinstance(one, Speech) or one.layer == "all":
        raise ValueError(f"representation {name}: a head can tune layers above one layer of a speech encoder only")
    if name in fingerprints:
        _check_same(name, _fingerprint(one, catalog, device, fingerprints), fingerprints)
    [layer] = _layers(one, catalog.models, device)
    return top_of(_speech_encoder(catalog.models[one.speech], device), layer)


def loaded_models(
    one: Representation, catalog: Catalog, device: str
) -> dict[tuple[Role, str], SpeechEncoder | TextEncoder | Transcriber]:
    """Return the models that make a representation, by what each is used as and its name in the catalogue."""
    return {(role, name): _load(role, catalog.models[name], device) for role, name in models_of(one)}


def _load(role: Role, model: Model, device: str) -> SpeechEncoder | TextEncoder | Transcriber:
    load: dict[Role, Callable[[Model, str], SpeechEncoder | TextEncoder | Transcriber]] = {
        "speech": _speech_encoder,
        "text": _text_encoder,
        "transcriber": _transcriber,
    }
    return load[role](model, device)


def _runs_the_same(one: str, other: str, models: Mapping[str, Model]) -> bool:
    first, second = (
        (models[name].kind, models[name].pretrained, models[name].spoken_language) for name in (one, other)
    )
    return first == second


def _encode(
    asked: Mapping[str, Speech], models: Mapping[str, Model], waveforms: Sequence[Waveform], device: str
) -> dict[str, list[Frames]]:
    """Return the frames of each speech representation; one pass of each encoder gives every layer that is used."""
    features: dict[str, list[Frames]] = {}
    by_encoder: dict[tuple[str, Pretrained], list[str]] = {}
    for name, one in asked.items():
        by_encoder.setdefault((models[one.speech].kind, models[one.speech].pretrained), []).append(name)
    for names in by_encoder.values():
        encoder = _speech_encoder(models[asked[names[0]].speech], device)
        chosen = {name: _layers(asked[name], models, device) for name in names}
        layers = sorted({layer for several in chosen.values() for layer in several})
        encoded = encoder(waveforms, layers)
        for name, own in chosen.items():
            places = [layers.index(layer) for layer in own]
            features[name] = [
                one[places[0]] if asked[name].layer != "all" else np.stack([one[place] for place in places], axis=1)
                for one in encoded
            ]
    return features


def _layers(one: Speech, models: Mapping[str, Model], device: str) -> tuple[int, ...]:
    """Return the layers that a representation is made of: its own, its model's, or the last."""
    last = _speech_encoder(models[one.speech], device).n_layers
    if one.layer == "all":
        return tuple(range(last + 1))
    chosen = one.layer if one.layer is not None else models[one.speech].layer
    return (last if chosen is None or chosen == "last" else chosen,)


def _confidence(transcript: Transcript) -> Frames:
    """Return how sure the recogniser is of its words: not at all where it has none, be it sure that nobody spoke."""
    return np.array([[exp(transcript.mean_log_probability) if words_of(transcript.text) else 0]], np.float32)


def _noise_level(level_dbfs: float | None) -> Frames:
    """Return the level of the noise and 1, or where there is none ``NO_NOISE_DBFS`` and 0, as one frame."""
    return np.array([[NO_NOISE_DBFS, 0] if level_dbfs is None else [level_dbfs, 1]], np.float32)


def _speech_encoder(model: Model, device: str) -> SpeechEncoder:
    return _load_speech_encoder(model.kind, model.pretrained, device)


def _transcriber(model: Model, device: str) -> Transcriber:
    return _load_transcriber(model.kind, model.pretrained, model.spoken_language, device)


def _text_encoder(model: Model, device: str) -> TextEncoder:
    return _load_text_encoder(model.kind, model.pretrained, model.layer, device)


@cache
def _load_speech_encoder(kind: str, pretrained: Pretrained, device: str) -> SpeechEncoder:
    from models.speech.catalog import SPEECH_ENCODERS

    with unchanged():
        return SPEECH_ENCODERS[kind](device, pretrained)


@cache
def _load_transcriber(kind: str, pretrained: Pretrained, language: str, device: str) -> Transcriber:
    from models.asr.catalog import TRANSCRIBERS

    with unchanged():
        return TRANSCRIBERS[kind](device, pretrained, language)


@cache
def _load_text_encoder(kind: str, pretrained: Pretrained, layer: int | None, device: str) -> TextEncoder:
    from models.text.catalog import TEXT_ENCODERS

    with unchanged():
        return TEXT_ENCODERS[kind](device, pretrained, layer)
