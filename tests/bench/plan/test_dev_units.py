"""What is predicted of clean development speech: by whom, and when again."""

from bench.plan.plan import Plan

from .test_plan import CORPUS, KNOWN, SUITE, differing, plan, recipe, relabelled, rerecorded


def developed(made: Plan) -> dict[str, list[str]]:
    return {one.system: [unit.shard(one.key) for unit in made.dev_units] for one in made.predictors}


def test_every_system_that_is_tested_hears_clean_development_speech():
    made = plan(recipe(), fingerprints=KNOWN)
    dev = {one.id for one in CORPUS.split("dev")}
    assert {one.id for unit in made.dev_units for one in unit.utterances} == dev
    assert {(name, one) for name, one in made.dev_features} == {
        (name, one) for name in ("mfb", "text", "text-clean-asr", "ready") for one in dev
    }
    alone = plan(recipe(systems=["constant"]), fingerprints=KNOWN)
    assert (alone.features, alone.dev_features) == ((), {})
    assert [unit.utterances for unit in alone.dev_units] == [unit.utterances for unit in made.dev_units]


def test_development_speech_is_predicted_again_just_when_it_or_what_predicts_it_changed():
    before, after = (developed(plan(corpus=corpus)) for corpus in (CORPUS, rerecorded("u0001")))
    assert differing(before, after) == set(before)
    for changed in (plan(corpus=rerecorded("u0002")), plan(SUITE.model_copy(update={"seed": 1}))):
        assert differing(before, developed(changed)) == set()
    fewer = plan(SUITE.model_copy(update={"systems": ("mfb",)}))
    assert developed(fewer)["mfb"] == before["mfb"]


def test_labels_of_development_speech_change_the_run_and_not_what_a_control_predicts():
    before, after = (plan(recipe(systems=["constant"]), corpus=one) for one in (CORPUS, relabelled("dev")))
    assert (developed(before), before.key == after.key) == (developed(after), False)
