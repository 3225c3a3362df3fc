"""Gradients of a loss over a whole batch, be it larger than what fits in memory.

A CCC is made of the moments of all utterances of a batch, so that gradients of parts do not add up to that of the
whole. Here they do: the loss is taken of the outputs of all chunks, and its gradient by each output is sent back
through that chunk alone (as in Gao et al. 2021, arXiv 2101.06983, for contrastive losses).
"""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from models.heads.networks import Output, Padded, pad, side_by_side

Loss = Callable[[Output, Tensor, Tensor], Tensor]
"""What a batch costs, given what the network says, the labels, and the indices of these training utterances."""


def add_gradients(
    network: nn.Module,
    loss: Loss,
    heard: Sequence[Sequence[Tensor]],
    labels: Tensor,
    indices: Tensor,
    chunk: int | None = None,
) -> float:
    """Add the gradients of the loss of one batch to those of the network's parameters, and return the loss.

    Args:
        network: in training mode.
        loss: what the batch costs.
        heard: for each input the prepared steps of the batch's utterances.
        labels: ``(n, 3)``.
        indices: ``(n,)``, passed on to ``loss``.
        chunk: utterances whose activations are in memory at once; None for all. Without dropout the gradients are the
            same but for rounding; with it, chunks draw it in another order.
    """
    if chunk is None:
        cost = loss(network([pad(steps) for steps in heard]), labels, indices)
        cost.backward()  # type: ignore[no-untyped-call]
        return cost.item()
    chunks = [[pad(steps[start : start + chunk]) for steps in heard] for start in range(0, len(labels), chunk)]
    states, said = _hear(network, chunks)
    after = torch.get_rng_state()
    whole = Output(*(part.requires_grad_() for part in side_by_side(said)))
    cost = loss(whole, labels, indices)
    cost.backward()  # type: ignore[no-untyped-call]
    by_output = [torch.split(torch.zeros_like(part) if part.grad is None else part.grad, chunk) for part in whole]
    for state, padded, *gradients in zip(states, chunks, *by_output, strict=True):
        torch.set_rng_state(state)  # the same dropout as when the outputs were found
        torch.autograd.backward(tuple(network(padded)), gradients)
    torch.set_rng_state(after)
    return cost.item()


def _hear(network: nn.Module, chunks: Sequence[Sequence[Padded]]) -> tuple[list[Tensor], list[Output]]:
    states, said = [], []
    with torch.no_grad():
        for chunk in chunks:
            states.append(torch.get_rng_state())
            said.append(network(chunk))
    return states, said
