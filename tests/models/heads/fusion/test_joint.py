import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from models.heads.fusion.joint import EarlyFusion, GatedConfig, GatedFusion, JointConfig, heard
from models.heads.losses import ccc
from models.heads.networks import Input, Padded
from models.heads.training import predict, teach, train_head

KINDS = ("fusion-early", "fusion-gated", "fusion-gated-dropout")
INPUTS = (Input("sound", 6, 1), Input("words", 5, 1), Input("face", 4, 1))


def batch(n_utterances=7, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return [
        Padded(torch.rand(n_utterances, 9, source.dim, generator=generator), torch.full((n_utterances,), 9))
        for source in INPUTS
    ]


def network(build, config, seed=0):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return build(config, INPUTS)


def literal_gated(gated, said):
    """The gated multimodal unit as in the paper, one utterance and one number at a time."""
    joined = np.concatenate(said)
    width = gated.readout.linear.in_features
    gate_weights, gate_biases = (one.detach().double().numpy() for one in (gated.gate.weight, gated.gate.bias))
    embedding = np.zeros(width)
    for number, (layer, embedded) in enumerate(zip(gated.contribute, said, strict=True)):
        for row, weights in enumerate(layer.weight.detach().double().numpy()):
            logit = gate_weights[number * width + row] @ joined + gate_biases[number * width + row]
            embedding[row] += np.tanh(weights @ embedded) / (1 + np.exp(-logit))
    return embedding


def test_a_gated_fusion_is_the_formula_of_the_paper():
    gated, heard_now = network(GatedFusion, GatedConfig(embedding=5)).eval(), batch()
    with torch.no_grad():
        said = [branch(padded).double().numpy() for branch, padded in zip(gated.branches, heard_now, strict=True)]
        ours = gated(heard_now).embedding
    expected = [literal_gated(gated, [one[index] for one in said]) for index in range(len(ours))]
    np.testing.assert_allclose(ours, expected, atol=1e-6)


def test_an_input_that_is_silent_contributes_nothing():
    gated = network(GatedFusion, GatedConfig())
    silent = torch.zeros(2, GatedConfig().branch.embedding)
    assert all((layer(silent) == 0).all() for layer in gated.contribute)


def test_a_gated_fusion_that_hears_one_input_only_in_training_does_not_look_at_the_others():
    gated, one, other = network(GatedFusion, GatedConfig(silence=1.0)), batch(seed=0), batch(seed=1)
    heard_of = []
    for changed in range(len(INPUTS)):
        mixed = [other[index] if index == changed else one[index] for index in range(len(INPUTS))]
        outputs = []
        for inputs in (one, mixed):
            torch.manual_seed(5)
            outputs.append(gated.train()(inputs).embedding.detach())
        heard_of.append((outputs[0] != outputs[1]).any(1))
    assert torch.stack(heard_of).sum(0).tolist() == [1] * 7


def test_prediction_hears_all_inputs_whatever_was_silent_in_training():
    never, often = (network(GatedFusion, GatedConfig(silence=p)).eval() for p in (0.0, 0.9))
    assert torch.equal(never(batch()).prediction, often(batch()).prediction)
    mixed = [*batch()[:2], batch(seed=1)[2]]
    assert not torch.equal(often(batch()).prediction, often(mixed).prediction)


@given(n_utterances=st.integers(1, 40), n_inputs=st.integers(1, 5), silence=st.floats(0, 1), seed=st.integers(0, 1000))
def test_at_least_one_input_is_heard(n_utterances, n_inputs, silence, seed):
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        assert heard(n_utterances, n_inputs, silence).any(1).all()


def test_inputs_are_silent_as_often_as_they_should_be_and_each_is_as_likely_to_be_spared():
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        kept = heard(100_000, 3, silence=0.5)
    # Half of the time, but for the one of three that is spared when all would be silent: 1/2 - 1/8 / 3.
    assert (1 - kept.double().mean(0)).tolist() == pytest.approx([0.5 - 0.125 / 3] * 3, abs=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_a_joint_fusion_hears_every_input(kind, trained, planted):
    head, test, other = trained[kind].head, planted(20, 3), planted(20, 4)
    said = predict(head, test.features)
    for name in ("sound", "words"):
        assert not np.allclose(said, predict(head, {**test.features, name: other.features[name]}))


@pytest.mark.parametrize("kind", KINDS)
def test_the_embedding_that_is_taught_has_the_joint_width_and_is_what_predictions_are_made_of(kind, trained, planted):
    head = trained[kind].head
    said = teach(head, planted(20, 3).features)
    assert said.embeddings.shape == (20, head.config.embedding)
    with torch.no_grad():
        again = head.network.readout(torch.from_numpy(said.embeddings))
    np.testing.assert_allclose(said.predictions, again, atol=1e-6)


@pytest.mark.parametrize("kind", KINDS)
def test_a_student_can_be_taught_by_a_joint_fusion(kind, trained, planted):
    train, dev = planted(90, 1), planted(40, 2, ("sound",))
    teaching = teach(trained[kind].head, train.features)
    student = train_head("student-soft", train.only(["sound"]), dev, seed=0, teaching=teaching).head
    assert teach(student, dev.features).embeddings.shape == (40, teaching.embeddings.shape[1])


def test_a_gated_fusion_that_knew_silence_says_more_without_words(trained, planted):
    test = planted(200, 5)
    speechless = {**test.features, "words": [np.zeros((1, 5), np.float32)] * 200}

    def activation(kind):
        said = torch.from_numpy(predict(trained[kind].head, speechless))
        return ccc(torch.from_numpy(test.labels), said)[0].item()

    assert activation("fusion-gated-dropout") > 0.5


@pytest.mark.parametrize("build", [EarlyFusion, GatedFusion])
def test_inputs_whose_every_frame_is_a_step_have_the_dropout_of_tokens(build):
    config = GatedConfig()
    sounds, words = Input("any name", 6, stride=7), Input("another", 6, stride=1)
    branches = build(config, [sounds, words, sounds]).branches
    expected = [config.branch, config.tokens, config.branch]
    assert [branch.dropout.p for branch in branches] == [one.dropout for one in expected]


def test_an_early_fusion_is_a_dense_layer_on_all_embeddings():
    early = network(EarlyFusion, JointConfig(embedding=5)).eval()
    with torch.no_grad():
        said = torch.cat([branch(one) for branch, one in zip(early.branches, batch(), strict=True)], 1).numpy()
        ours = early(batch()).embedding.numpy()
        expected = np.tanh(said @ early.join.weight.numpy().T + early.join.bias.numpy())
    np.testing.assert_allclose(ours, expected, atol=1e-6)
