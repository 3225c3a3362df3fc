"""What training minimises: losses on concordance, and on likeness to a teacher.

Every loss is zero for a perfect match, a scalar tensor, and a mean over dimensions, so that weights between losses
mean the same for three labels and for an embedding of any width. Arguments are ``(n, dimensions)`` tensors; moments
are those of the batch, population moments, as in the score that is reported.
"""

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
    if truth.shape != prediction.shape or truth.ndim != 2:  # noqa: PLR2004
        raise ValueError(
            f"truth {tuple(truth.shape)} and prediction {tuple(prediction.shape)} must both be (n, dimensions)"
        )
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


def ccc_loss(truth: Tensor, prediction: Tensor) -> Tensor:
    """Return 1 minus the mean CCC over dimensions, in [0, 2].

    Examples:
        >>> import torch
        >>> float(ccc_loss(torch.tensor([[0.0], [1.0]]), torch.tensor([[1.0], [0.0]])))
        2.0
    """
    return 1 - ccc(truth, prediction).mean()


def embedding_loss(teacher: Tensor, student: Tensor) -> Tensor:
    """Return the squared distance between embeddings relative to the variance of the teacher's, 0 or more.

    A student that always gives the teacher's mean scores 1, whatever the width and the scale of the embedding: the
    weight of this loss against the CCC loss, which is 1 for a constant too, need not be found anew for each teacher.

    Args:
        teacher: embeddings of the batch, shape ``(n, width)``, not learnt from.
        student: same shape.

    Examples:
        >>> import torch
        >>> teacher = torch.tensor([[0.0], [2.0]])
        >>> float(embedding_loss(teacher, teacher)), float(embedding_loss(teacher, torch.ones(2, 1)))
        (0.0, 1.0)
    """
    distance = ((student - teacher) ** 2).mean()
    return distance / (teacher.var(0, correction=0).mean() + EPSILON)
