"""What training minimises: losses on concordance, and on likeness to a teacher.

Every loss is zero for a perfect match, a scalar tensor, and a mean over dimensions, so that weights between losses
mean the same for three labels and for an embedding of any width. Arguments are ``(n, dimensions)`` tensors; moments
are those of what is passed, a batch in training, population moments, as in the score that is reported.

A student should not learn a teacher's errors. How well a teacher does on one utterance is its share of the CCC
(``teacher_quality``), and how far it is followed there is a number in [0, 1] made of that (``soft_trust``,
``gated_trust``). This is our reading of the conditional teacher-student training of Srinivasan et al. (2022,
arXiv 2112.00158), whose estimate of a teacher's quality is not known to us; the gate is that of Meng et al. (2019,
arXiv 1904.12399), for numbers instead of classes.
"""

from collections.abc import Sequence

from torch import Tensor

EPSILON = 1e-8
"""Added to the denominator of the CCC: it matters only where both sides are constant, and makes that 0, not NaN."""

ROUNDING = 1e-5
"""A standard deviation below this share of the numbers' size is none: float32 rounds at 1e-7, and errors add up."""


def ccc(truth: Tensor, prediction: Tensor) -> Tensor:
    """Return the concordance correlation coefficient of each dimension, in [-1, 1].

    CCC = 2 cov(t, p) / (var(t) + var(p) + (mean(t) - mean(p))^2), population moments (Lin 1989). Where truth and
    prediction are both constant it is 0.

    Args:
        truth: shape ``(n, dimensions)``.
        prediction: same shape.

    Returns:
        Shape ``(dimensions,)``.

    Raises:
        ValueError: if the shapes differ or are not two-dimensional: broadcasting would give a wrong number, not an
            error.

    Examples:
        >>> import torch
        >>> ccc(torch.tensor([[0.0], [1.0], [2.0]]), torch.tensor([[0.0], [1.0], [1.0]]))
        tensor([0.6667])
    """
    _check_shapes(truth, prediction)
    truth_mean, prediction_mean = truth.mean(0), prediction.mean(0)
    covariance = ((truth - truth_mean) * (prediction - prediction_mean)).mean(0)
    spread = truth.var(0, correction=0) + prediction.var(0, correction=0) + (truth_mean - prediction_mean) ** 2
    return 2 * covariance / (spread + EPSILON)


def varies(truth: Tensor, prediction: Tensor) -> Tensor:
    """Return for each dimension whether ``prediction`` varies by more than rounding, ``(..., dimensions)``.

    What is rounding follows from the size of the numbers on either side: a prediction about 0 has none of its own.

    Args:
        truth: shape ``(n, dimensions)``.
        prediction: shape ``(..., n, dimensions)``.

    Examples:
        >>> import torch
        >>> varies(torch.tensor([[0.0], [1.0]]), torch.tensor([[0.3], [0.30000001]]))
        tensor([False])
    """
    size = (truth.abs() + prediction.abs()).mean(-2)
    return prediction.std(-2, correction=0) > ROUNDING * size


def matched_slope(truth: Tensor, prediction: Tensor) -> Tensor:
    """Return what to multiply each dimension of ``prediction`` by so that it spreads as ``truth`` does.

    Of all slopes this has the highest CCC wherever the correlation is positive; elsewhere nothing is gained by it,
    and it is 1, as it is where the prediction is constant but for rounding, which is not to be blown up. Least squares
    shrinks towards the mean, which the correlation does not notice and the CCC punishes.

    Examples:
        >>> import torch
        >>> matched_slope(torch.tensor([[0.0], [2.0]]), torch.tensor([[0.0], [1.0]]))
        tensor([2.])
    """
    covariance = ((truth - truth.mean(0)) * (prediction - prediction.mean(0))).mean(0)
    slope = truth.std(0, correction=0) / prediction.std(0, correction=0)
    return slope.where((covariance > 0) & varies(truth, prediction), slope.new_ones(()))


def ccc_loss(truth: Tensor, prediction: Tensor, weights: Sequence[float] | None = None) -> Tensor:
    """Return 1 minus the weighted mean CCC over dimensions, in [0, 2].

    Args:
        truth: shape ``(n, dimensions)``.
        prediction: same shape.
        weights: of the dimensions, 0 or more, of which only the ratios matter; all the same unless said.

    Examples:
        >>> import torch
        >>> truth, prediction = torch.tensor([[0.0, 0.0], [1.0, 1.0]]), torch.tensor([[1.0, 0.0], [0.0, 1.0]])
        >>> float(ccc_loss(truth, prediction)), float(ccc_loss(truth, prediction, weights=(1, 0)))
        (1.0, 2.0)
    """
    found = ccc(truth, prediction)
    if weights is None:
        return 1 - found.mean()
    relative = found.new_tensor(weights)
    return 1 - (relative / relative.mean() * found).mean()  # the bits of the plain mean where all are 1/3


def embedding_loss(teacher: Tensor, student: Tensor, trust: Tensor | None = None) -> Tensor:
    """Return the squared distance between embeddings relative to the variance of the teacher's, 0 or more.

    A student that always gives the teacher's mean scores 1, whatever the width and the scale of the embedding: the
    weight of this loss against the CCC loss, which is 1 for a constant too, need not be found anew for each teacher.

    Args:
        teacher: embeddings of the batch, shape ``(n, width)``, not learnt from.
        student: same shape.
        trust: how far the teacher is followed on each utterance, ``(n,)`` in [0, 1]: its distance counts so much. Not
            relative to the trust of the others: a teacher who is not trusted at all costs nothing. All 1 unless said.

    Examples:
        >>> import torch
        >>> teacher = torch.tensor([[0.0], [2.0]])
        >>> float(embedding_loss(teacher, teacher)), float(embedding_loss(teacher, torch.ones(2, 1)))
        (0.0, 1.0)
        >>> float(embedding_loss(teacher, torch.ones(2, 1), trust=torch.tensor([1.0, 0.0])))
        0.5
    """
    squares = (student - teacher) ** 2
    distance = (squares if trust is None else trust[:, None] * squares).mean()
    return distance / (teacher.var(0, correction=0).mean() + EPSILON)


def teacher_quality(teacher: Tensor, labels: Tensor) -> Tensor:
    """Return each utterance's share of the teacher's CCC, 1 or less; their mean is the CCC.

    q_i = 1 - (t_i - y_i)^2 / (var(t) + var(y) + (mean(t) - mean(y))^2), moments over all utterances that are passed. A
    right answer has 1. The denominator is the mean squared error when answers and labels are paired at random, so that
    an answer with this error has 0, and a worse one less.

    Args:
        teacher: what the teacher says, ``(n, dimensions)``.
        labels: same shape.

    Returns:
        Shape ``(n, dimensions)``.

    Raises:
        ValueError: if the shapes differ or are not two-dimensional.

    Examples:
        >>> import torch
        >>> teacher, labels = torch.tensor([[0.0], [1.0], [1.0]]), torch.tensor([[0.0], [1.0], [2.0]])
        >>> quality = teacher_quality(teacher, labels)
        >>> quality.flatten(), quality.mean(0), ccc(teacher, labels)
        (tensor([1., 1., 0.]), tensor([0.6667]), tensor([0.6667]))
    """
    _check_shapes(labels, teacher)
    means = teacher.mean(0) - labels.mean(0)
    spread = teacher.var(0, correction=0) + labels.var(0, correction=0) + means**2
    # No epsilon, unlike in `ccc`: a right answer has 1 to the bit. Two constants have no CCC to share, and 0 there too.
    return (1 - (teacher - labels) ** 2 / spread).where(spread > 0, spread.new_zeros(()))


def soft_trust(quality: Tensor) -> Tensor:
    """Return ``quality`` within [0, 1]: a teacher is followed as far as it is right.

    Examples:
        >>> import torch
        >>> soft_trust(torch.tensor([-3.0, 0.25, 1.0]))
        tensor([0.0000, 0.2500, 1.0000])
    """
    return quality.clip(0, 1)


def gated_trust(quality: Tensor, gate: float) -> Tensor:
    """Return 1 where ``quality`` is above ``gate``, else 0: a teacher is followed where it is right enough.

    Examples:
        >>> import torch
        >>> gated_trust(torch.tensor([-3.0, 0.25, 1.0]), gate=0.5)
        tensor([0., 0., 1.])
    """
    return (quality > gate).to(quality)


def conditional_target(teacher: Tensor, labels: Tensor, trust: Tensor) -> Tensor:
    """Return what a student should say: the teacher's answer as far as it is trusted, the label for the rest.

    ``trust * teacher + (1 - trust) * labels``, all of shape ``(n, dimensions)``: bit for bit the teacher's answer where
    trust is 1, and the label where it is 0.

    Examples:
        >>> import torch
        >>> conditional_target(torch.tensor([[0.0, 0.0]]), torch.tensor([[1.0, 1.0]]), torch.tensor([[1.0, 0.25]]))
        tensor([[0.0000, 0.7500]])
    """
    return trust * teacher + (1 - trust) * labels


def _check_shapes(truth: Tensor, prediction: Tensor) -> None:
    if truth.shape != prediction.shape or truth.ndim != 2:  # noqa: PLR2004
        raise ValueError(
            f"truth {tuple(truth.shape)} and prediction {tuple(prediction.shape)} must both be (n, dimensions)"
        )
