"""What a suite says of the languages that its recognisers hear."""

import pytest

from bench.stages.outputs import described_systems
from bench.stages.provenance import languages_heard
from bench.suite.file import SuiteError
from bench.suite.representations import Model
from bench.suite.suite import load_suite

from .written import write

SMALL = {"kind": "faster-whisper", "weights": "Systran/faster-whisper-small"}
LEXICAL = {"name": "lexical", "description": "Words.", "family": "lexical", "inputs": ["words"]}
WORDS = {"words": {"text": "minilm", "transcriber": "heard"}}


def suite(folder, model, **changes):
    keys = {"models": {"heard": model}, "representations": WORDS, "systems": ["text", LEXICAL]} | changes
    return load_suite(write(folder, **keys))


def test_a_recogniser_hears_english_unless_said(tmp_path):
    assert suite(tmp_path, SMALL).catalog.models["heard"].spoken_language == "en"
    assert suite(tmp_path, SMALL | {"language": "fr"}).catalog.models["heard"].spoken_language == "fr"


def test_a_suite_without_a_language_is_written_as_before_there_were_any(tmp_path):
    keys = suite(tmp_path, SMALL).model_dump(mode="json")["models"]["heard"]
    assert keys == {**SMALL, "revision": None, "layer": None}
    french = suite(tmp_path, SMALL | {"language": "fr"})
    assert french.model_dump(mode="json")["models"]["heard"]["language"] == "fr"
    (tmp_path / "again.yaml").write_text(french.to_yaml())
    assert load_suite(tmp_path / "again.yaml") == french


def test_the_languages_of_a_run_are_on_record(tmp_path):
    french = suite(tmp_path, SMALL | {"language": "fr"})
    assert languages_heard(french) == {"heard": "fr", "whisper-tiny.en": "en"}
    assert {name: one["languages"] for name, one in described_systems(french).items()} == {
        "text": ["en"],
        "lexical": ["fr"],
    }


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("French", "models.heard.language: no language has the code 'French'; there are en, zh, .*; did you mean fr?"),
        ("de-CH", "no language has the code 'de-CH'; there are en, zh, .*; did you mean de?"),
        ("xx", "no language has the code 'xx'; there are en, zh, de, "),
        (1, "models.heard.language: Input should be a valid string"),
    ],
)
def test_a_code_that_nothing_has_is_refused_with_those_there_are(tmp_path, code, message):
    with pytest.raises(SuiteError, match=message):
        suite(tmp_path, SMALL | {"language": code})


def test_no_is_norwegian(tmp_path):
    path = write(tmp_path, models={"heard": SMALL}, representations=WORDS, systems=[LEXICAL])
    assert load_suite(path, changes={"models.heard.language": "no"}).catalog.models["heard"].spoken_language == "no"


def test_pocketsphinx_hears_english_only(tmp_path):
    assert suite(tmp_path, {"kind": "pocketsphinx", "language": "en"}).catalog.models["heard"].spoken_language == "en"
    with pytest.raises(SuiteError, match="models.heard.language: pocketsphinx hears English only, so it is en, not fr"):
        suite(tmp_path, {"kind": "pocketsphinx", "language": "fr"})


@pytest.mark.parametrize(
    ("representation", "kind"),
    [({"speech": "heard"}, "whisper"), ({"text": "heard", "transcriber": "whisper-tiny.en"}, "transformers")],
    ids=["speech", "text"],
)
def test_an_encoder_takes_no_language(tmp_path, representation, kind):
    model = {"kind": kind, "weights": "somewhere/else", "language": "fr"}
    role = next(iter(representation))
    with pytest.raises(SuiteError, match=f"models.heard.language: a {role} encoder takes none; a recogniser does"):
        suite(tmp_path, model, representations={"words": representation})


def test_a_whisper_that_is_recogniser_and_encoder_may_have_one(tmp_path):
    model = {"kind": "whisper", "weights": "openai/whisper-small", "language": "fr"}
    both = {**WORDS, "voice": {"speech": "heard"}}
    voice = {"name": "voice", "description": "Voice.", "family": "acoustic", "inputs": ["voice"]}
    assert suite(tmp_path, model, representations=both, systems=[voice]).catalog.models["heard"].spoken_language == "fr"


def test_what_says_no_language_has_none():
    assert Model(kind="filterbank").language is None
