import numpy as np
import pytest
import torch

from models.heads.gradients import add_gradients
from models.heads.losses import ccc_loss, embedding_loss
from models.heads.networks import Input, Output, TcGru, TcGruConfig, pad

N_UTTERANCES = 13
TEACHER = torch.from_numpy(np.random.default_rng(1).normal(size=(N_UTTERANCES, 32))).float()
LABELS = torch.from_numpy(np.random.default_rng(2).uniform(size=(N_UTTERANCES, 3))).float()


def loss(output: Output, labels: torch.Tensor, indices: torch.Tensor) -> torch.Tensor:
    return ccc_loss(labels, output.prediction) + embedding_loss(TEACHER[indices], output.embedding)


def ccc_alone(output: Output, labels: torch.Tensor, _: torch.Tensor) -> torch.Tensor:
    return ccc_loss(labels, output.prediction)


def small_network(config: TcGruConfig) -> TcGru:
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        return TcGru(config, [Input("sound", 4, 1)]).train()


def utterances() -> list[torch.Tensor]:
    rng = np.random.default_rng(0)
    return [torch.from_numpy(rng.normal(size=(rng.integers(1, 9), 4))).float() for _ in range(N_UTTERANCES)]


def gradients(config: TcGruConfig, chunk: int | None, cost=loss) -> tuple[float, dict[str, torch.Tensor], torch.Tensor]:
    network = small_network(config)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        found = add_gradients(network, cost, [utterances()], LABELS, torch.arange(N_UTTERANCES), chunk)
        after = torch.get_rng_state()
    return found, {name: one.grad for name, one in network.named_parameters() if one.grad is not None}, after


@pytest.mark.parametrize("cost", [loss, ccc_alone])
@pytest.mark.parametrize("chunk", [1, 4, 12, 13, 20])
def test_gradients_in_chunks_are_those_of_the_whole_batch(cost, chunk):
    config = TcGruConfig(input_dropout=0, dropout=0)
    whole, by_chunk = gradients(config, None, cost), gradients(config, chunk, cost)
    assert by_chunk[0] == pytest.approx(whole[0], abs=1e-6)
    torch.testing.assert_close(by_chunk[1], whole[1], atol=1e-6, rtol=1e-5)


def test_one_chunk_is_the_whole_batch_with_the_same_dropout():
    whole, by_chunk = gradients(TcGruConfig(), None), gradients(TcGruConfig(), N_UTTERANCES)
    assert by_chunk[0] == whole[0]
    torch.testing.assert_close(by_chunk[1], whole[1], atol=1e-6, rtol=1e-5)
    assert torch.equal(by_chunk[2], whole[2])


def test_the_dropout_of_a_gradient_is_that_of_its_loss():
    network, steps = small_network(TcGruConfig()), utterances()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(3)
        chunks = [network([pad(steps[start : start + 5])]) for start in range(0, N_UTTERANCES, 5)]
    whole = Output(*(torch.cat(parts) for parts in zip(*chunks, strict=True)))
    literal = loss(whole, LABELS, torch.arange(N_UTTERANCES))
    literal.backward()
    expected = {name: one.grad for name, one in network.named_parameters()}
    found = gradients(TcGruConfig(), 5)
    assert found[0] == pytest.approx(literal.item(), abs=1e-6)
    torch.testing.assert_close(found[1], expected, atol=1e-6, rtol=1e-5)
