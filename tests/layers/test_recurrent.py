import numpy as np
import pytest
import torch

from makemore import GRUOptions, LSTMOptions, MakeMore, RNNOptions
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference import likelihood
from makemore.registry import family_of

FAMILIES = [RNNOptions, GRUOptions, LSTMOptions]
LINES = ["anna", "hannah", "johanna", "susanna"]


def build(options, initial=None):
    vocabulary = Vocabulary("ahjnosu")
    network = family_of(options).build(options, len(vocabulary), 0)
    network.initialise(torch.Generator().manual_seed(0))
    if initial is not None:
        with torch.no_grad():
            network.initial.fill_(initial)
    return network, Contexts.of(Lines.from_strings(LINES), vocabulary, None)


@pytest.mark.parametrize("options", FAMILIES)
def test_a_learned_state_of_zeros_is_the_state_of_zeros(options):
    (fixed, c), (learned, _) = (build(options(hidden=8, learned_state=b)) for b in (False, True))
    np.testing.assert_array_equal(fixed.log_probs(c), learned.log_probs(c))
    assert learned.tensors().keys() - fixed.tensors().keys() == {"initial"}


@pytest.mark.parametrize("options", FAMILIES)
def test_whole_prefixes_and_single_steps_start_from_the_learned_state(options):
    network, c = build(options(hidden=8, learned_state=True), initial=0.9)
    zero, _ = build(options(hidden=8))
    first, _ = network.start(1)
    np.testing.assert_allclose(network.log_probs(c)[:1], first, atol=1e-6)
    assert np.abs(first - zero.start(1)[0]).max() > 1e-3


@pytest.mark.parametrize("options", FAMILIES)
def test_the_state_is_learned_and_saved(options, tmp_path):
    maker = MakeMore(options(hidden=8, learned_state=True), steps=5).fit(LINES)
    initial = maker.learned_.model.tensors()["initial"]
    assert np.abs(initial).max() > 0
    maker.save(tmp_path / "a.model")
    again = MakeMore.load(tmp_path / "a.model")
    np.testing.assert_array_equal(again.learned_.model.tensors()["initial"], initial)
    c = Contexts.of(Lines.from_strings(LINES), maker.learned_.vocabulary, None)
    losses = [likelihood.loss(each.learned_.model, c) for each in (maker, again)]
    assert losses[0] == pytest.approx(losses[1], abs=1e-6)
