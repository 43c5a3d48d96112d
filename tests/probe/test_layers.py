import numpy as np
import pytest
import torch

from makemore import GRUOptions, MakeMore, MLPOptions
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.options.families import ResNetOptions, TransformerOptions, WaveNetOptions
from makemore.probe.layers import Activations, layers_of

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"]


def fitted(options, lines=LINES):
    learned = MakeMore(options, steps=20).fit(lines).learned_
    contexts = Contexts.of(Lines.from_strings(lines), learned.vocabulary, learned.model.window)
    return learned.model, contexts


def test_activations_and_gradients_follow_the_equations():
    network, c = fitted(MLPOptions(window=3, embedding=4, hidden=16))
    found = layers_of(network, c)
    (h,) = found.activations
    assert (h.name, h.kind) == ("h", "tanh")
    back = torch.from_numpy(c.lookback(3)).long()
    C, W1, b1, W2, b2 = (p.detach() for p in network.parameters())
    x = C[back].flatten(1)
    values = torch.tanh(x @ W1 + b1)
    np.testing.assert_allclose(h.values, values, atol=1e-5)
    values.requires_grad_()
    log_probs = (values @ W2 + b2).log_softmax(1)
    counts = torch.from_numpy(c.count).float()
    loss = -(counts * log_probs[c.row, c.next]).sum() / c.total
    loss.backward()
    assert found.loss == pytest.approx(loss.item(), abs=1e-5)
    np.testing.assert_allclose(h.gradients, values.grad, atol=1e-6)
    by_name = {each.name: each for each in found.weights}
    assert list(by_name) == ["C", "W1", "b1", "W2", "b2"]
    wanted = values.detach().T @ _logit_gradient(log_probs, c)
    np.testing.assert_allclose(by_name["W2"].gradients, wanted, atol=1e-5)
    spread = by_name["W2"].gradients.std() / by_name["W2"].values.std()
    assert by_name["W2"].gradient_to_data == pytest.approx(spread)


def _logit_gradient(log_probs, c):
    """Return the gradient: softmax times context weight, minus the counts, per character."""
    counts = torch.zeros_like(log_probs)
    counts[c.row, c.next] = torch.from_numpy(c.count).float()
    return (log_probs.exp() * counts.sum(1, keepdim=True) - counts).detach() / c.total


def test_probing_does_not_change_the_network():
    network, c = fitted(ResNetOptions(window=3, embedding=4, hidden=16))
    before = {name: value.copy() for name, value in network.tensors().items()}
    asked = network.log_probs(c)
    layers_of(network, c)
    for name, value in network.tensors().items():
        np.testing.assert_array_equal(value, before[name])
    np.testing.assert_allclose(network.log_probs(c), asked, atol=1e-5)
    assert not network.training
    assert all(p.grad is None for p in network.parameters())
    assert not any(module._forward_hooks for module in network.modules())


@pytest.mark.parametrize(
    "options, names, kinds",
    [
        (GRUOptions(embedding=8, hidden=16), ["gates", "candidate"], ["sigmoid", "tanh"]),
        (
            TransformerOptions(layers=2, embedding=16, heads=2),
            ["layers.0.inside", "layers.1.inside"],
            ["gelu"] * 2,
        ),
        (WaveNetOptions(window=4, embedding=4, hidden=8), ["x.0", "x.1"], ["tanh"] * 2),
        (
            ResNetOptions(window=2, hidden=8, blocks=1),
            ["h", "blocks.0.inside", "blocks.0.out"],
            ["relu"] * 3,
        ),
    ],
)
def test_layers_are_in_order_with_a_row_for_each_context(options, names, kinds):
    network, c = fitted(options)
    found = layers_of(network, c).activations
    assert [each.name for each in found] == names
    assert [each.kind for each in found] == kinds
    assert len(found[-1].values) == len(c)
    assert all(each.values.shape == each.gradients.shape for each in found)
    assert all(np.abs(each.gradients).max() > 0 for each in found)


def test_saturation_and_dead_units_depend_on_the_kind_of_activation():
    network, c = fitted(ResNetOptions(window=2, hidden=8, blocks=1))
    with torch.no_grad():
        network.norm.beta[3] = -100.0
    h = layers_of(network, c).activations[0]
    assert h.dead.tolist() == [3]
    assert h.saturated == pytest.approx((h.values <= 0).mean())
    network, c = fitted(MLPOptions(hidden=8))
    with torch.no_grad():
        network.b1[5] = 50.0
    h = layers_of(network, c).activations[0]
    assert h.dead.tolist() == [5]
    assert h.saturated == pytest.approx((np.abs(h.values) > 0.97).mean())


def test_closed_and_open_gates_are_both_saturated():
    values = np.array([[0.01, 0.5, 0.99, 0.97]], np.float32)
    gates = Activations("gates", "sigmoid", values, np.zeros_like(values))
    assert gates.saturation_mask.tolist() == [[True, False, True, False]]
    assert gates.saturated == 0.5
