"""What belongs in a key: a change of anything that can change a result, and of nothing else."""

from dataclasses import replace
from pathlib import Path

import pytest

from bench.corpora.corpus import Corpus, Utterance
from bench.corpora.inventory import Recording
from bench.plan.corpus import CorpusError, check_categories, check_corpus_for
from bench.plan.plan import Plan
from bench.plan.planning import MOST_BLOCKS, make_plan
from bench.plan.sample import spread
from bench.suite.suite import Suite
from corruptions import Clip, Material

FINGERPRINTS = {"mfb": "m1", "whisper": "w1", "text": "t1", "text-oracle": "o1", "whisper-tiny.en": "a1"}
RECIPES = {"tc-gru": "r1", "fusion": "r2", "student": "r3", "ridge": "r4"}


def utterance(number: int) -> Utterance:
    split = ("train", "dev", "test")[number % 3]
    return Utterance(
        f"u{number:04}",
        "tiny",
        split,
        f"s{number}",
        Path(f"{number}.wav"),
        1 + number / 99,
        2 + number / 99,
        3 + number / 99,
        "words",
        sha256=f"sha of u{number:04}",
    )


CORPUS = Corpus("tiny", (1, 7), tuple(utterance(number) for number in range(90)))
RECORDINGS = {one.id: Recording(f"sha of {one.id}", 2.0, -30.0, -33.0) for one in CORPUS.utterances}
SUITE = Suite.model_validate(
    {
        "name": "tiny",
        "corpus": "probe",
        "systems": ["mfb", "text", "text-oracle", "fusion", "student", "constant"],
        "conditions": ["clean", {"noise": ["white", "pink"], "snr_db": [10, 0]}],
    }
)


def plan(
    suite: Suite = SUITE,
    corpus: Corpus = CORPUS,
    recordings: dict[str, Recording] = RECORDINGS,
    fingerprints: dict[str, str] = FINGERPRINTS,
    recipes: dict[str, str] = RECIPES,
    material: Material = Material(),  # noqa: B008 - frozen
) -> Plan:
    return make_plan(suite, corpus, recordings, fingerprints, recipes, material)


def relabelled(split: str) -> Corpus:
    changed = [replace(one, activation=6.5) if one.split == split else one for one in CORPUS.utterances]
    return replace(CORPUS, utterances=tuple(changed))


def rerecorded(name: str) -> Corpus:
    changed = [replace(one, sha256="other") if one.id == name else one for one in CORPUS.utterances]
    return replace(CORPUS, utterances=tuple(changed))


def predictors(made: Plan) -> dict[str, str]:
    return {one.system: one.key for one in made.predictors}


def units(made: Plan) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for unit in made.units:
        found.setdefault(str(unit.condition), []).append(unit.key)
    return found


def differing(left: dict, right: dict) -> set[str]:
    assert left.keys() == right.keys()
    return {name for name in left if left[name] != right[name]}


def cut(split: str, **times: float) -> Corpus:
    changed = [replace(one, **times) if one.split == split else one for one in CORPUS.utterances]
    return replace(CORPUS, utterances=tuple(changed))


def test_which_part_of_its_file_an_utterance_is_counts_to_the_sample():
    half = plan(corpus=cut("test", start_s=0.5, end_s=1.5))
    assert differing(units(plan()), units(half)) == {*units(half)}
    assert differing(predictors(plan()), predictors(half)) == set()
    assert units(half) == units(plan(corpus=cut("test", start_s=0.50001, end_s=1.49999)))
    for other in (cut("test", start_s=0.5001, end_s=1.5), cut("test", start_s=0.5, end_s=1.4999)):
        assert differing(units(half), units(plan(corpus=other))) == {*units(half)}
    learned = predictors(plan(corpus=cut("train", start_s=0.5, end_s=1.5)))
    assert differing(predictors(plan()), learned) == set(SUITE.systems) - {"constant"}


def test_who_talks_from_when_to_when_counts():
    file, part = Clip(Path("0.wav"), sha256="ab"), Clip(Path("0.wav"), 800, 16_000, "ab")
    suite = SUITE.model_copy(update={"conditions": ("clean", "talker@5dB")})
    suite = Suite.model_validate(suite.model_dump())
    whole, some = (plan(suite, material=Material(talkers={"Al": (clip,)})) for clip in (file, part))
    assert differing(units(whole), units(some)) == {"talker@5dB"}


def test_the_same_inputs_have_the_same_plan():
    assert plan().key == plan().key


@pytest.mark.parametrize(
    ("changed", "systems"),
    [
        (plan(fingerprints=FINGERPRINTS | {"mfb": "m2"}), {"mfb", "fusion", "student"}),
        (plan(fingerprints=FINGERPRINTS | {"text": "t2"}), {"text", "text-oracle", "fusion", "student"}),
        (plan(fingerprints=FINGERPRINTS | {"text-oracle": "o2"}), {"text-oracle"}),
        (plan(recipes=RECIPES | {"student": "other"}), {"student"}),
        (plan(recipes=RECIPES | {"fusion": "other"}), {"fusion", "student"}),
        (plan(corpus=relabelled("train")), set(SUITE.systems)),
        (plan(corpus=relabelled("dev")), set(SUITE.systems) - {"constant"}),
        (plan(corpus=relabelled("test")), set()),
        (plan(suite=SUITE.model_copy(update={"seeds": (0, 1)})), set(SUITE.systems)),
        (plan(suite=SUITE.model_copy(update={"limit": 3})), set()),
    ],
)
def test_a_system_is_trained_again_just_when_something_it_learns_from_changed(changed: Plan, systems: set[str]):
    assert differing(predictors(plan()), predictors(changed)) == systems
    assert changed.key != plan().key


@pytest.mark.parametrize(
    ("changed", "conditions"),
    [
        (plan(material=Material(snr="rms")), {"white@10dB", "white@0dB", "pink@10dB", "pink@0dB"}),
        (plan(material=Material(reference_dbfs=-30.0)), {"white@10dB", "white@0dB", "pink@10dB", "pink@0dB"}),
        (plan(material=Material(talkers={"a": ()})), set()),
        (plan(suite=SUITE.model_copy(update={"seed": 1})), {str(one) for one in SUITE.expanded()}),
        (
            plan(corpus=rerecorded("u0002")),
            {str(one) for one in SUITE.expanded()},
        ),
    ],
)
def test_speech_is_corrupted_again_just_when_it_would_sound_different(changed: Plan, conditions: set[str]):
    assert differing(units(plan()), units(changed)) == conditions


def test_teachers_are_trained_before_their_students():
    fits = plan().fits
    for fit in fits:
        assert fit.teacher is None or fits.index(fit.teacher) < fits.index(fit)


def test_a_borrowed_head_is_not_trained():
    assert "text-oracle" not in {fit.system for fit in plan().fits}


def test_a_large_corpus_has_larger_blocks_rather_than_more_files():
    many = tuple(replace(utterance(2), id=f"v{number:05}") for number in range(MOST_BLOCKS * 100))
    large = replace(CORPUS, utterances=(*CORPUS.utterances, *many))
    recordings = RECORDINGS | {one.id: Recording("same", 1.0, -30.0, -33.0) for one in many}
    clean = [unit for unit in plan(corpus=large, recordings=recordings).units if not unit.condition.steps]
    assert len(clean) <= MOST_BLOCKS
    assert sum(len(unit.utterances) for unit in clean) == len(large.split("test"))


def test_a_limit_takes_so_many_utterances_of_the_test_set_and_the_same_for_every_condition():
    limited = plan(suite=SUITE.model_copy(update={"limit": 3}))
    [chosen] = {tuple(one.id for one in unit.utterances) for unit in limited.units}
    assert chosen == tuple(one.id for one in spread(CORPUS.split("test"), 3))


@pytest.mark.parametrize(
    ("corpus", "message"),
    [
        (replace(CORPUS, utterances=CORPUS.split("train")), "has 0 dev utterances; the fewest that will do: 2"),
        (relabelled("train"), "activation is 6.5 for all train utterances"),
        (
            replace(CORPUS, utterances=tuple(replace(one, transcript=None) for one in CORPUS.utterances)),
            "90 of 90 utterances of tiny lack the reference transcript that is read by text-oracle",
        ),
    ],
)
def test_a_corpus_that_will_not_do_is_refused_before_the_work(corpus: Corpus, message: str):
    with pytest.raises(CorpusError, match=message):
        check_corpus_for(SUITE, corpus)


def test_what_leaves_nothing_to_chance_is_met_once():
    conditions = ["clean", "silence", "white@5dB", "silence+white@5dB"]
    several = plan(Suite.model_validate(SUITE.model_dump() | {"conditions": conditions, "draws": 3}))
    assert {name: len(keys) // len(units(plan())["clean"]) for name, keys in units(several).items()} == {
        "clean": 1,
        "silence": 1,
        "white@5dB": 3,
        "silence+white@5dB": 3,
    }


RECIPE = {
    "name": "tiny",
    "corpus": "probe",
    "conditions": ["clean", "white@0dB"],
    "systems": [
        "mfb",
        {"name": "noisy", "description": "", "family": "acoustic", "inputs": ["mfb"], "trained_on": "noisy"},
        "text",
        "text-clean-asr",
        {"name": "published", "description": "", "family": "acoustic", "inputs": ["ready"], "head": "as-is"},
    ],
    "models": {"ready": {"kind": "avd", "weights": "somewhere"}},
    "representations": {"ready": {"speech": "ready"}},
    "training": {"conditions": ["pink@5dB", "brown@5dB"], "copies": 2},
}
KNOWN = FINGERPRINTS | {"text-clean-asr": "c1", "ready": "p1"}


def recipe(**changes: object) -> Suite:
    return Suite.model_validate(RECIPE | changes)


def heard(made: Plan, system: str) -> int:
    (versions,) = {len(fit.versions["train"]) for fit in made.fits if fit.system == system}
    return versions


def test_a_head_that_is_trained_on_noise_hears_clean_speech_and_every_copy():
    made = plan(recipe(), fingerprints=KNOWN)
    assert (heard(made, "mfb"), heard(made, "noisy")) == (1, 3)
    assert {block.copy for block in made.features if "mfb" in block.keys} == {0, 1, 2}
    assert {block.copy for block in made.features if "text" in block.keys} == {0}


@pytest.mark.parametrize(
    "changes",
    [
        {"training": {"conditions": ["pink@5dB"], "copies": 2}},
        {"training": {"conditions": ["pink@5dB", "brown@5dB"], "copies": 1}},
        {"training": {"conditions": ["pink@5dB", "brown@0dB"], "copies": 2}},
        {"seed": 1},
    ],
)
def test_only_what_hears_noise_in_training_changes_with_it(changes: dict):
    before, after = (plan(recipe(**some), fingerprints=KNOWN) for some in ({}, changes))
    assert differing(predictors(before), predictors(after)) == {"noisy"}


def test_options_of_fitting_change_every_head():
    fitted = recipe(training=RECIPE["training"] | {"fit": {"epochs": 3}})
    changed = differing(predictors(plan(recipe(), fingerprints=KNOWN)), predictors(plan(fitted, fingerprints=KNOWN)))
    assert changed == {"mfb", "noisy", "text", "text-clean-asr"}


def test_what_hears_clean_speech_is_represented_before_the_test_and_nothing_transcribes_for_it():
    made = plan(recipe(systems=["text-clean-asr"]), fingerprints=KNOWN)
    test = {one.id for one in CORPUS.split("test")}
    assert {(name, one) for name, one in made.clean_features} == {("text-clean-asr", one) for one in test}
    assert made.transcribers == {}


def test_systems_that_differ_have_predictions_of_their_own():
    made = plan(recipe(), fingerprints=KNOWN)
    assert len(set(predictors(made).values())) == len(made.predictors)


def test_what_was_trained_elsewhere_has_no_seed_and_no_head():
    published = next(one for one in plan(recipe(), fingerprints=KNOWN).predictors if one.system == "published")
    assert (published.seeds, published.fits) == ((None,), ())


def test_categories_that_are_to_be_learnt_must_be_there():
    check_categories([], CORPUS)
    with pytest.raises(
        CorpusError, match="no training utterance of tiny has the emotion category that is learnt by both"
    ):
        check_categories(["both"], CORPUS)
    check_categories(
        ["both"], replace(CORPUS, utterances=tuple(replace(one, emotion="sad") for one in CORPUS.utterances))
    )


def test_with_one_noise_level_for_all_training_has_the_level_of_its_own_speech():
    louder = {
        one.id: replace(RECORDINGS[one.id], active_dbfs=-20.0 if one.split == "test" else -30.0)
        for one in CORPUS.utterances
    }
    suite = recipe(policy="floor")
    materials = [Material(reference_dbfs=level) for level in (-30.0, -20.0)]
    plans = [plan(suite, recordings=louder, fingerprints=KNOWN, material=one) for one in materials]
    assert differing(predictors(plans[0]), predictors(plans[1])) == set()
    assert differing(units(plans[0]), units(plans[1])) == {"white@0dB"}
