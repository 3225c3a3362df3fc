import audmetric
import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from models.heads.losses import (
    ccc,
    ccc_loss,
    conditional_target,
    embedding_loss,
    gated_trust,
    matched_slope,
    soft_trust,
    teacher_quality,
    varies,
)

# Multiples of 1/64: sums are exact, so that a batch is constant exactly when its variance is 0.
numbers = st.integers(-128, 128).map(lambda number: number / 64)
tables = st.tuples(st.integers(2, 12), st.integers(1, 4)).flatmap(
    lambda shape: st.tuples(arrays(np.float64, shape, elements=numbers), arrays(np.float64, shape, elements=numbers))
)


def literal_ccc(truth: list[float], prediction: list[float]) -> float:
    n = len(truth)
    truth_mean, prediction_mean = sum(truth) / n, sum(prediction) / n
    covariance = sum((t - truth_mean) * (p - prediction_mean) for t, p in zip(truth, prediction, strict=True)) / n
    truth_variance = sum((t - truth_mean) ** 2 for t in truth) / n
    prediction_variance = sum((p - prediction_mean) ** 2 for p in prediction) / n
    below = truth_variance + prediction_variance + (truth_mean - prediction_mean) ** 2
    return 2 * covariance / below if below else 0.0


@given(tables)
def test_ccc_is_the_formula_for_each_dimension(pair):
    truth, prediction = pair
    expected = [literal_ccc(list(t), list(p)) for t, p in zip(truth.T, prediction.T, strict=True)]
    assert ccc(torch.from_numpy(truth), torch.from_numpy(prediction)).tolist() == pytest.approx(expected, abs=1e-4)


def test_ccc_agrees_with_another_library():
    rng = np.random.default_rng(0)
    truth, prediction = rng.uniform(size=(50, 1)), rng.uniform(size=(50, 1))
    ours = ccc(torch.from_numpy(truth), torch.from_numpy(prediction)).item()
    assert ours == pytest.approx(audmetric.concordance_cc(truth[:, 0], prediction[:, 0]), abs=1e-6)


@given(tables)
def test_losses_of_a_perfect_match_are_zero_where_anything_varies(pair):
    truth = torch.from_numpy(pair[0])
    if bool((truth.var(0) > 0).all()):
        assert ccc_loss(truth, truth).item() == pytest.approx(0, abs=1e-4)
    assert embedding_loss(truth, truth).item() == 0


@given(tables, st.floats(0.01, 100))
def test_only_the_ratios_of_the_weights_of_dimensions_matter(pair, weight):
    truth, prediction = (torch.from_numpy(one) for one in pair)
    ours = ccc_loss(truth, prediction, [weight] * truth.shape[1])
    assert ours.item() == pytest.approx(ccc_loss(truth, prediction).item(), abs=1e-12)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_weights_of_a_third_each_are_no_weights_to_the_bit(dtype):
    generator = torch.Generator().manual_seed(0)
    for _ in range(100):
        truth, prediction = torch.rand(2, 9, 3, generator=generator, dtype=dtype)
        assert torch.equal(ccc_loss(truth, prediction, (1 / 3, 1 / 3, 1 / 3)), ccc_loss(truth, prediction))


@given(tables)
def test_a_weight_of_one_and_zeros_leaves_one_dimension(pair):
    truth, prediction = (torch.from_numpy(one) for one in pair)
    alone = [1.0] + [0.0] * (truth.shape[1] - 1)
    assert ccc_loss(truth, prediction, alone).item() == pytest.approx(1 - ccc(truth, prediction)[0].item())


def test_a_constant_scores_zero_and_has_a_finite_gradient():
    truth = torch.rand(8, 3, generator=torch.Generator().manual_seed(0))
    constant = torch.full((8, 3), 0.5, requires_grad=True)
    loss = ccc_loss(truth, constant)
    loss.backward()
    assert loss.item() == pytest.approx(1)
    assert constant.grad is not None
    assert constant.grad.isfinite().all()


def test_two_constants_are_no_nan():
    assert ccc(torch.ones(4, 3), torch.ones(4, 3)).tolist() == [0, 0, 0]


def test_shapes_that_would_broadcast_are_refused():
    with pytest.raises(ValueError, match=r"truth \(4, 3\) and prediction \(4, 1\)"):
        ccc(torch.ones(4, 3), torch.ones(4, 1))


@given(scale=st.floats(0.1, 100), shift=st.floats(-10, 10))
def test_embedding_loss_does_not_depend_on_the_units_of_the_embedding(scale, shift):
    generator = torch.Generator().manual_seed(0)
    teacher = torch.rand(16, 5, generator=generator, dtype=torch.float64)
    student = torch.rand(16, 5, generator=generator, dtype=torch.float64)
    ours = embedding_loss(teacher * scale + shift, student * scale + shift)
    assert ours.item() == pytest.approx(embedding_loss(teacher, student).item(), rel=0.01)


def test_a_student_that_gives_the_mean_embedding_scores_one():
    teacher = torch.rand(16, 5, generator=torch.Generator().manual_seed(0))
    assert embedding_loss(teacher, teacher.mean(0).expand(16, 5)).item() == pytest.approx(1, abs=1e-5)


def test_a_teacher_who_is_trusted_everywhere_is_one_without_conditions_to_the_bit():
    teacher, student = torch.rand(2, 16, 5, generator=torch.Generator().manual_seed(0))
    assert torch.equal(embedding_loss(teacher, student, torch.ones(16)), embedding_loss(teacher, student))


@given(trust=arrays(np.float64, 16, elements=st.floats(0, 1)))
def test_where_the_teacher_is_not_trusted_its_embedding_does_not_matter(trust):
    generator = torch.Generator().manual_seed(0)
    teacher, student = torch.rand(2, 16, 5, generator=generator, dtype=torch.float64)
    followed = torch.from_numpy(trust)
    elsewhere = torch.where((followed == 0)[:, None], torch.rand(16, 5, generator=generator), student)
    ours = embedding_loss(teacher, student, followed)
    assert torch.equal(ours, embedding_loss(teacher, elsewhere, followed))
    assert 0 <= ours <= embedding_loss(teacher, student)


@given(tables)
def test_the_mean_quality_of_a_teacher_is_its_ccc(pair):
    labels, teacher = pair
    expected = [literal_ccc(list(y), list(t)) for y, t in zip(labels.T, teacher.T, strict=True)]
    ours = teacher_quality(torch.from_numpy(teacher), torch.from_numpy(labels)).mean(0)
    assert ours.tolist() == pytest.approx(expected, abs=1e-12)


@given(tables)
def test_a_perfect_teacher_has_quality_one_to_the_bit_wherever_labels_vary(pair):
    labels = torch.from_numpy(pair[0])
    assert torch.equal(teacher_quality(labels, labels).mean(0), (labels.var(0) > 0).double())


@given(tables)
def test_quality_is_the_squared_error_against_that_of_answers_paired_at_random(pair):
    labels, teacher = pair
    for column in range(labels.shape[1]):
        said, true = teacher[:, column].tolist(), labels[:, column].tolist()
        at_random = sum((t - y) ** 2 for t in said for y in true) / len(true) ** 2
        if at_random > 0:
            literal = [1 - (t - y) ** 2 / at_random for t, y in zip(said, true, strict=True)]
            ours = teacher_quality(torch.from_numpy(teacher), torch.from_numpy(labels))[:, column]
            assert ours.tolist() == pytest.approx(literal)


@given(tables)
def test_quality_is_at_most_one_and_trust_is_within_zero_and_one(pair):
    labels, teacher = (torch.from_numpy(one) for one in pair)
    quality = teacher_quality(teacher, labels)
    assert (quality <= 1).all()
    for trust in (soft_trust(quality), gated_trust(quality, 0.5)):
        assert ((trust >= 0) & (trust <= 1)).all()
        assert trust.dtype == quality.dtype


@given(tables)
def test_a_conditional_target_lies_between_teacher_and_label(pair):
    labels, teacher = (torch.from_numpy(one) for one in pair)
    quality = teacher_quality(teacher, labels)
    for trust in (soft_trust(quality), gated_trust(quality, 0.5)):
        target = conditional_target(teacher, labels, trust)
        assert (target >= torch.minimum(teacher, labels) - 1e-12).all()
        assert (target <= torch.maximum(teacher, labels) + 1e-12).all()
    assert torch.equal(conditional_target(teacher, labels, torch.ones_like(labels)), teacher)
    assert torch.equal(conditional_target(teacher, labels, torch.zeros_like(labels)), labels)


def test_a_teacher_of_other_shape_than_the_labels_is_refused():
    with pytest.raises(ValueError, match="must both be"):
        teacher_quality(torch.ones(4, 1), torch.ones(4, 3))


@given(seed=st.integers(0, 10_000), other=st.floats(0.1, 5))
def test_no_slope_has_a_higher_ccc_than_the_matched_one(seed, other):
    rng = np.random.default_rng(seed)
    truth = torch.from_numpy(rng.normal(size=(20, 1)))
    prediction = truth + torch.from_numpy(rng.normal(size=(20, 1)))
    truth, prediction = truth - truth.mean(), prediction - prediction.mean()
    slope = matched_slope(truth, prediction)
    assert ccc(truth, slope * prediction) >= ccc(truth, other * slope * prediction) - 1e-9


def test_a_constant_prediction_is_not_stretched():
    assert matched_slope(torch.tensor([[0.0], [1.0]]), torch.ones(2, 1)).tolist() == [1.0]


# Rounding in the last places of a constant, or of a sum that should have been 0.
constants = st.one_of(
    st.floats(0.01, 1).map(lambda level: lambda noise: np.float64(level * (1 + 1e-7 * noise))),
    st.floats(1e-18, 1e-8).map(lambda size: lambda noise: size * noise),
)


@given(seed=st.integers(0, 10_000), constant=constants)
def test_rounding_of_a_constant_is_not_stretched(seed, constant):
    noise = np.random.default_rng(seed).uniform(-1, 1, size=(20, 1))
    truth, prediction = torch.from_numpy(noise * 0.2 + 0.5), torch.from_numpy(constant(noise))
    assert not varies(truth, prediction).any()
    assert matched_slope(truth, prediction).tolist() == [1.0]


@given(seed=st.integers(0, 10_000), spread=st.floats(1e-3, 1e3))
def test_what_varies_is_stretched_however_little(seed, spread):
    noise = np.random.default_rng(seed).uniform(-1, 1, size=(20, 1))
    truth = torch.from_numpy(noise * 0.2 + 0.5)
    assert matched_slope(truth, truth * spread).tolist() == pytest.approx([1 / spread])
