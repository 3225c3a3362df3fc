"""What the level of the added noise alone gives away of speech whose loudness tells of activation."""

import numpy as np
import pytest

from bench.scores.metrics import ccc
from bench.stages.outputs import described_systems
from bench.stages.represent import NO_NOISE_DBFS, look_at_models, represent
from bench.suite.suite import Suite
from corruptions import CLEAN, Material, corrupt
from models.heads.training import Examples, predict, train_head

SUITE = Suite.model_validate({"name": "s", "corpus": "probe", "systems": ["noise-level"], "conditions": ["white@5dB"]})
CATALOG = SUITE.catalog
NAME = "noise-level"


def heard(activation, condition, rng, material):
    """Return what the system is given of utterances that are the louder, the more activation they have."""
    records = []
    for one in activation:
        speech = (10 ** (one - 2) * rng.standard_normal(4000)).astype(np.float32)
        records.append(corrupt(speech, condition, rng, material).record)
    known = look_at_models([NAME], CATALOG, "cpu").fingerprints
    levels = [one.noise_dbfs for one in records]
    return represent([NAME], CATALOG, [], [], "cpu", fingerprints=known, noise_dbfs=levels).features[NAME]


def score_at_a_fixed_snr(material):
    rng = np.random.default_rng(3)
    labels = {split: rng.uniform(size=(n, 3)) for split, n in (("train", 12), ("dev", 6), ("test", 12))}
    examples = {
        split: Examples(
            {NAME: heard(labels[split][:, 0], CLEAN, rng, material)},
            labels[split],
            tuple({NAME: heard(labels[split][:, 0], one, rng, material)} for one in SUITE.trained_in()),
        )
        for split in ("train", "dev")
    }
    system = CATALOG.systems[NAME]
    assert (system.head, system.inputs, system.trained_on) == ("ridge", (NAME,), "noisy")
    head = train_head(system.head, examples["train"], examples["dev"], seed=0).head
    [condition] = SUITE.expanded()
    predicted = predict(head, {NAME: heard(labels["test"][:, 0], condition, rng, material)})
    return ccc(labels["test"][:, 0], predicted[:, 0])


def test_at_an_snr_of_each_utterance_the_level_of_the_noise_tells_of_activation():
    assert score_at_a_fixed_snr(Material()) > 0.7


def test_at_one_level_for_all_it_tells_nothing():
    assert abs(score_at_a_fixed_snr(Material(reference_dbfs=-30.0))) < 0.01


def test_no_noise_is_said_to_be_none_and_no_level():
    rng = np.random.default_rng(0)
    [clean] = heard([0.5], CLEAN, rng, Material())
    [noisy] = heard([0.5], *SUITE.expanded(), rng, Material(reference_dbfs=-30.0))
    assert clean.tolist() == [[NO_NOISE_DBFS, 0]]
    assert noisy.tolist() == [[pytest.approx(-35, abs=0.01), 1]]


def test_a_suite_without_training_noises_trains_it_on_those_that_its_description_names():
    assert [str(one) for one in SUITE.trained_in()] == [f"white@{snr}dB" for snr in (20, 10, 5, 0, -5)]
    assert "white noise at 20 to -5 dB where it has none" in CATALOG.systems[NAME].description
    own = SUITE.model_dump() | {"training": {"conditions": ["pink@3dB"]}}
    assert [str(one) for one in Suite.model_validate(own).trained_in()] == ["pink@3dB"]
    assert Suite.model_validate(SUITE.model_dump() | {"systems": ["mfb"]}).trained_in() == []


def test_it_is_not_said_to_have_heard_anything():
    assert described_systems(SUITE)[NAME]["heard"] is None
