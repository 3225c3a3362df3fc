"""Whether the study's worlds are what they say, its rivals what their papers say, and its page whole."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from bench.uncertainty.intervals import Percentile
from tests.study import page
from tests.study.cases import CLEAN, equal_systems, one_ccc, trained
from tests.study.cells import CONTENDERS, PARTS, cells, inferred, rates
from tests.study.rivals import BCa, BootstrapT, Expanded, OnFishersZ, SignFlips
from tests.study.worlds import SIZES, balanced, by_speaker

BY_PLACE = {(cell.part, cell.n_speakers, cell.sizes, cell.varied, cell.what): cell for cell in cells()}


def mean_of(method, values):
    """Return what a method says of the mean of one number a speaker."""
    sums = np.stack([np.ones_like(values), values], axis=-1)[:, np.newaxis]
    again = method.replicates(sums)
    value = sums.sum(axis=0)
    return method.infer(value[..., 1] / value[..., 0], again[..., 1] / again[..., 0], sums[..., 0])


def test_every_cell_is_there_once_and_every_part_has_some():
    assert len(BY_PLACE) == len([*cells()])
    assert {part for part, *_ in BY_PLACE} == set(PARTS)


@pytest.mark.parametrize("part", PARTS)
def test_in_a_large_test_set_every_number_is_near_the_true_one(part):
    cell = [one for one in cells() if one.part == part][-1]
    case = cell.make(np.random.default_rng(0), 60)
    values = case.statistic(by_speaker(case.utterances, case.sizes).sum(axis=0))
    assert values.mean() == pytest.approx(case.truth, abs=0.05)


@pytest.mark.parametrize("name", SIZES)
def test_however_utterances_are_shared_there_are_some_40_a_speaker(name):
    sizes = SIZES[name](24)
    assert len(sizes) == 24
    assert sum(sizes) == pytest.approx(24 * 40, rel=0.03)


@pytest.mark.parametrize("name", CONTENDERS)
def test_everybody_has_an_answer_for_every_test_set(name):
    case = BY_PLACE["The same sentences", 12, "equal", "0.3", "12"].make(np.random.default_rng(1), 3)
    found = inferred(case, CONTENDERS[name], 0)
    assert (found.low < found.high).all()


def test_with_seeds_the_interval_is_wider():
    case = trained(0.05, 3, balanced(8), 0.5, np.random.default_rng(2), 20)
    ours, with_seeds = (inferred(case, CONTENDERS[name], 0) for name in ("ours", "ours with seeds"))
    assert case.truth == CLEAN
    assert (with_seeds.high - with_seeds.low > ours.high - ours.low).all()


def test_a_family_has_as_many_p_values_as_it_says():
    case = equal_systems(0.6, balanced(8), 0.0, np.random.default_rng(3), 5)
    assert inferred(case, CONTENDERS["sign flips"], 0).p.shape == (5, 4)


VALUES = np.random.default_rng(4).gamma(2, size=14)


def test_bca_is_that_of_scipy():
    low, high, _ = mean_of(BCa(100_000, 0), VALUES)
    expected = stats.bootstrap((VALUES,), np.mean, n_resamples=100_000, method="BCa", rng=np.random.default_rng(0))
    assert [low.item(), high.item()] == pytest.approx([*expected.confidence_interval], abs=0.02)


def test_expanded_percentiles_of_a_mean_are_about_students():
    low, high, _ = mean_of(Expanded(20_000, 0), VALUES)
    plain = mean_of(Percentile(20_000, 0), VALUES)
    student = stats.ttest_1samp(VALUES, 0).confidence_interval()
    assert (high - low).item() == pytest.approx(student.high - student.low, rel=0.05)
    assert (high - low).item() > (plain.high - plain.low).item() * 1.1


def test_bootstrap_t_of_a_mean_is_that_of_its_formula():
    method = BootstrapT(200, 0, symmetric=True)
    low, high, _ = mean_of(method, VALUES)
    t = []
    for times in method.multiplicities(len(VALUES)).astype(int):
        drawn = np.repeat(VALUES, times)
        t.append(abs(drawn.mean() - VALUES.mean()) / stats.sem(drawn))
    reach = np.quantile(t, 0.95) * stats.sem(VALUES)
    assert [low.item(), high.item()] == pytest.approx([VALUES.mean() - reach, VALUES.mean() + reach])


def test_sign_flips_of_a_mean_are_the_exact_test_of_scipy():
    values = VALUES[:9] - 1.2
    expected = stats.permutation_test((values,), np.mean, permutation_type="samples", n_resamples=np.inf)
    found = mean_of(SignFlips(), values)
    assert found.p.item() == pytest.approx(expected.pvalue)
    assert (found.low.item() > 0 or found.high.item() < 0) == (found.p.item() < 0.05)


def test_fishers_z_keeps_a_ccc_below_one():
    case = one_ccc(0.95, balanced(4), 0.5, np.random.default_rng(5), 50)
    assert (inferred(case, CONTENDERS["textbook t"], 0).high > 1).any()
    assert (mean_of(OnFishersZ(), np.array([0.8, 0.99, 0.9])).high < 1).all()
    assert (inferred(case, CONTENDERS["textbook t on z"], 0).high < 1).all()


def test_the_page_shows_every_rate_and_names_what_misses(tmp_path, monkeypatch):
    rows = [
        (cell.part, cell.n_speakers, cell.sizes, cell.varied, cell.what, measure, name, 0.95 if k else 0.5, 1000)
        for k, cell in enumerate(cells())
        for measure in PARTS[cell.part].measures
        for name in PARTS[cell.part].asked
    ]
    page.write_page(pd.DataFrame(rows, columns=page.COLUMNS), 14, 0.5, tmp_path / "page.md")
    text = (tmp_path / "page.md").read_text(encoding="utf-8")
    assert all(f"## {part}" in text for part in PARTS)
    assert "seed 14" in text
    assert "0.5 of the study: a first look" in text
    assert "| 4 | equal | 0 | 50.0 95.0 95.0 |" in text
    assert "**95.0**" in text  # of an error rate
    assert "- Two equal systems, 0.6, 8 speakers, equal, 0: type-I error 95.0 %" in text


def test_a_seed_gives_the_same_rates_again():
    cell = BY_PLACE["Other numbers", 4, "equal", "0", "word errors"]
    first, again, other = ([*rates(cell, seed, 0.01)] for seed in (1, 1, 2))
    assert first == again
    assert first != other
