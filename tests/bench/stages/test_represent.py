"""An encoder is called once for a block of waveforms, however many systems and layers use it."""

import numpy as np
import pytest

import models.asr.catalog
import models.speech.catalog
import models.text.catalog
from bench.stages import represent as module
from bench.stages.represent import loaded_models, look_at_models, represent
from bench.suite.representations import Confidence, Model, Speech, Words
from bench.suite.systems import SYSTEMS, Catalog
from models.types import Pretrained, Transcript
from models.weights.embedded import WeightsError
from models.weights.hub import locate

VERSION = 1  # of the models below
CALLS: list[tuple] = []


class Encoder:
    fingerprint = "encoder"
    dim = 2
    n_layers = 3
    licence_notice = "only on Sundays"

    def __call__(self, waveforms, layers):
        CALLS.append(("encoder", len(waveforms), tuple(layers)))
        return [[np.full((4, 2), layer, np.float32) for layer in layers] for _ in waveforms]


class Recogniser:
    fingerprint = "recogniser"

    def __call__(self, waveforms):
        CALLS.append(("recogniser", len(waveforms)))
        return [Transcript("a word", float(np.log(0.25)), 0.0) for _ in waveforms]


class Reader:
    fingerprint = "reader"
    dim = 5

    def __call__(self, texts):
        CALLS.append(("reader", tuple(texts)))
        return [np.full((len(text.split()) + 2, 5), 1, np.float32) for text in texts]


@pytest.fixture(autouse=True)
def counted(monkeypatch):
    CALLS.clear()
    for load in (module._load_speech_encoder, module._load_transcriber, module._load_text_encoder):
        load.cache_clear()
    monkeypatch.setitem(models.speech.catalog.SPEECH_ENCODERS, "counted", lambda *_: Encoder())
    monkeypatch.setitem(models.asr.catalog.TRANSCRIBERS, "counted", lambda *_: Recogniser())
    monkeypatch.setitem(models.text.catalog.TEXT_ENCODERS, "counted", lambda *_: Reader())
    yield
    for load in (module._load_speech_encoder, module._load_transcriber, module._load_text_encoder):
        load.cache_clear()


COUNTED = Model(kind="counted", weights="some")
CATALOG = Catalog(
    {"one": COUNTED, "same": Model(kind="counted", weights="some", layer=2), "other": Model(kind="counted")},
    {
        "last": Speech(speech="one"),
        "second": Speech(speech="same"),
        "first": Speech(speech="same", layer=1),
        "all": Speech(speech="one", layer="all"),
        "last by name": Speech(speech="same", layer="last"),
        "elsewhere": Speech(speech="other"),
        "words": Words(text="one", transcriber="one"),
        "clean words": Words(text="one", transcriber="one", hears="clean"),
        "reference": Words(text="one"),
        "sure": Confidence(confidence="one"),
        "sure too": Confidence(confidence="same"),
    },
    SYSTEMS,
)
WAVEFORMS = [np.zeros(400, np.float32)] * 3


def made_of(*names, **options):
    known = look_at_models(names, CATALOG, "cpu").fingerprints
    return represent(names, CATALOG, WAVEFORMS, ["the reference", None, "x"], "cpu", fingerprints=known, **options)


def test_all_that_share_weights_share_one_pass_whatever_layer_they_use():
    features = made_of("last", "last by name", "second", "first", "all").features
    assert CALLS == [("encoder", 3, (0, 1, 2, 3))]
    assert [features[name][0].mean() for name in ("last", "last by name", "second", "first")] == [3, 3, 2, 1]
    assert features["all"][0].shape == (4, 4, 2)
    np.testing.assert_array_equal(features["all"][0][0, :, 0], [0, 1, 2, 3])


def test_other_weights_have_a_pass_of_their_own():
    made_of("last", "elsewhere")
    assert CALLS == [("encoder", 3, (3,)), ("encoder", 3, (3,))]


def test_a_waveform_is_transcribed_once_for_words_and_confidence():
    features = made_of("words", "sure").features
    assert CALLS == [("recogniser", 3), ("reader", ("a word",) * 3)]
    np.testing.assert_allclose(features["sure"], [[[0.25]]] * 3)


@pytest.mark.parametrize("text", ["", ".", "[laughs]"])
def test_without_words_there_is_no_confidence_in_them_however_sure_the_recogniser(text):
    features = made_of("sure", transcripts={"one": [Transcript(text, 0.0, 0.99)] * 3}).features
    np.testing.assert_array_equal(features["sure"], [[[0]]] * 3)


def test_two_names_of_one_recogniser_hear_once():
    features = made_of("words", "sure too").features
    assert CALLS == [("recogniser", 3), ("reader", ("a word",) * 3)]
    np.testing.assert_allclose(features["sure too"], [[[0.25]]] * 3)


def test_a_recogniser_hears_once_in_each_language(monkeypatch):
    heard = []
    monkeypatch.setitem(
        models.asr.catalog.TRANSCRIBERS,
        "counted",
        lambda *given: heard.append(given[-1]) or Recogniser(),
    )
    own = {"french": Model(kind="counted", weights="some", language="fr"), "english": COUNTED}
    asked = {"one": Confidence(confidence="french"), "other": Confidence(confidence="english")}
    catalog = Catalog(own, asked, SYSTEMS)
    known = look_at_models(tuple(asked), catalog, "cpu").fingerprints
    represent(tuple(asked), catalog, WAVEFORMS, [None] * 3, "cpu", fingerprints=known)
    assert heard == ["fr", "en"]
    assert CALLS == [("recogniser", 3)] * 2


def test_transcripts_that_are_there_are_not_made_again():
    made_of("words", transcripts={"one": [Transcript("b", -1, 0)] * 3})
    assert CALLS == [("reader", ("b",) * 3)]


def test_the_reference_is_read_as_it_stands_and_a_missing_one_as_empty():
    made_of("reference")
    assert CALLS == [("reader", ("the reference", "", "x"))]


def test_representations_that_differ_have_fingerprints_that_differ():
    known = look_at_models(tuple(CATALOG.representations), CATALOG, "cpu")
    names = [
        name for name in CATALOG.representations if name not in {"elsewhere", "sure too", "last by name"}
    ]  # of the same bits under another name
    assert len({known.fingerprints[name] for name in names}) == len(names)
    assert known.notices == ("only on Sundays",)
    assert CALLS == []


def test_a_name_may_stand_for_a_model_that_is_used_as_two():
    models = loaded_models(CATALOG.representations["words"], CATALOG, "cpu")
    assert {key: model.fingerprint for key, model in models.items()} == {
        ("text", "one"): "reader",
        ("transcriber", "one"): "recogniser",
    }


@pytest.mark.parametrize(
    ("name", "changed", "named"),
    [
        ("last", Encoder, "last"),
        ("all", Encoder, "all"),
        ("words", Recogniser, "one"),
        ("words", Reader, "words"),
        ("reference", Reader, "reference"),
        ("sure", Recogniser, "one"),
    ],
)
def test_a_model_that_is_not_the_one_that_was_looked_at_makes_nothing(name, changed, named, monkeypatch):
    known = look_at_models([name], CATALOG, "cpu").fingerprints
    monkeypatch.setattr(changed, "fingerprint", "of other weights")
    with pytest.raises(WeightsError, match=f"^{named}: its weights changed since"):
        represent([name], CATALOG, WAVEFORMS, [None] * 3, "cpu", fingerprints=known)
    assert not any(made_by in {"encoder", "reader"} for made_by, *_ in CALLS)


def test_a_recogniser_whose_transcripts_are_there_is_not_loaded(monkeypatch):
    known = look_at_models(["words"], CATALOG, "cpu").fingerprints
    monkeypatch.setattr(module, "_transcriber", None)
    transcripts = {"one": [Transcript("b", -1, 0)] * 3}
    represent(["words"], CATALOG, WAVEFORMS, [None] * 3, "cpu", fingerprints=known, transcripts=transcripts)
    assert CALLS == [("reader", ("b",) * 3)]


def test_weights_that_change_while_they_are_loaded_are_refused(tmp_path, monkeypatch):
    file = tmp_path / "config.json"
    file.write_text("{}")

    def load(*_):
        assert locate(Pretrained(str(tmp_path))).sha256
        file.write_text("[]")
        locate(Pretrained(str(tmp_path)))
        return Encoder()

    monkeypatch.setitem(models.speech.catalog.SPEECH_ENCODERS, "counted", load)
    with pytest.raises(WeightsError, match=r"config\.json: changed while it was loaded: run again"):
        look_at_models(["last"], CATALOG, "cpu")
