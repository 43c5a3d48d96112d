"""Diagnostics of batch normalisation, compared with torch on repeated examples."""

import numpy as np
import pytest
import torch

from makemore import DeepMLPOptions, Lines, MakeMore, MLPOptions
from makemore.contexts.table import Contexts
from makemore.probe.norms import Norm, norms_of, random_batch_losses

LINES = ["anna", "hannah", "johanna", "ben", "benno", "otto", "bob", "ann"]
LABELS = ["F", "F", "F", "M", "M", "M", "M", "F"]
WEIGHTS = [3.0, 1.0, 2.0, 1.0, 5.0, 1.0, 2.0, 1.0]


def fitted(options, lines):
    learned = MakeMore(options, steps=20).fit(lines).learned_
    return learned.model, Contexts.of(lines, learned.vocabulary, learned.model.window)


def examples(c, network):
    """(C, 1 + K) window before each character, repeated by the weight of its line."""
    weights = np.repeat(c.line_weight, np.diff(c.start)).astype(int)
    return torch.from_numpy(np.repeat(c.lookback(network.window)[c.row[c.edge]], weights, axis=0))


def test_calibrated_averages_equal_torch_on_every_character():
    network, c = fitted(
        DeepMLPOptions(layers=3, hidden=8), Lines.from_strings(LINES, LABELS, WEIGHTS)
    )
    x = network.C.detach()[examples(c, network).long()].flatten(1)
    found = norms_of(network, c)
    for norm, own, W in zip(found, network.norms, network.W[:-1], strict=True):
        theirs = torch.nn.BatchNorm1d(8, momentum=1.0)
        theirs.load_state_dict({"weight": own.gamma, "bias": own.beta}, strict=False)
        with torch.no_grad():
            x = theirs(x @ W).tanh()
        np.testing.assert_array_equal(norm.mean, own.mean)
        np.testing.assert_array_equal(norm.variance, own.variance)
        np.testing.assert_allclose(norm.calibrated_mean, theirs.running_mean, atol=1e-4)
        np.testing.assert_allclose(norm.calibrated_variance, theirs.running_var, rtol=0.03)
    assert [norm.name for norm in found] == ["norms.0", "norms.1"]


def test_the_distance_is_in_standard_deviations():
    zero, four = np.zeros(2, np.float32), np.full(2, 4.0, np.float32)
    norm = Norm("norms.0", np.array([1.0, -3.0], np.float32), zero, zero, four)
    assert norm.distance == pytest.approx(1.0, abs=1e-4)


def test_without_batch_norm_the_loss_of_a_line_does_not_depend_on_the_batch():
    network, c = fitted(MLPOptions(hidden=8), Lines.from_strings(LINES))
    log_probs = network.log_probs(c)
    path = c.edge[: len(LINES[0]) + 1]
    own = -log_probs[c.row[path], c.next[path]].mean()
    np.testing.assert_allclose(random_batch_losses(network, c), np.full(20, own), atol=1e-5)


def test_batch_mates_require_three_lines():
    maker = MakeMore(DeepMLPOptions(layers=2, hidden=8), steps=3).fit(LINES)
    found = [maker.probe(LINES[:n]).networks[0].batch_losses for n in (1, 2, 3)]
    assert [mates is None for mates in found] == [True, True, False]


def test_a_line_is_evaluated_in_batches_with_each_other_line():
    network, c = fitted(DeepMLPOptions(layers=3, hidden=8), Lines.from_strings(LINES[:3]))
    expected = []
    network.train()
    for other in (1, 2):
        batch = c.lines(np.array([0, other]))
        path = batch.edge[: len(LINES[0]) + 1]
        with torch.no_grad():
            log_probs = network(batch).log_softmax(1).numpy()
        expected.append(-log_probs[batch.row[path], batch.next[path]].mean())
    found = random_batch_losses(network.eval(), c)
    np.testing.assert_allclose(np.unique(found.round(5)), sorted(expected), atol=2e-5)
