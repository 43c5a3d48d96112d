import numpy as np
import pytest
import torch
from random_models import randomised

from makemore.models.wavenet import WaveNet, fuse_windows
from makemore.options.families import WaveNetOptions


def twin_of(model):
    """Return the lectures' network: concatenated neighbours, linear, torch's BatchNorm, tanh."""
    stages = []
    for A, B, norm in zip(model.A, model.B, model.norms, strict=True):
        linear = torch.nn.Linear(2 * A.shape[0], A.shape[1], bias=False)
        normal = torch.nn.BatchNorm1d(A.shape[1])
        with torch.no_grad():
            linear.weight.copy_(torch.cat([A, B]).T)
            normal.weight.copy_(norm.gamma)
            normal.bias.copy_(norm.beta)
        stages.append((linear, normal))

    def forward(x, is_training):
        for linear, normal in stages:
            n, T, E = x.shape
            x = linear(x.reshape(n, T // 2, 2 * E))
            normal.train(is_training)
            x = torch.tanh(normal(x.transpose(1, 2)).transpose(1, 2))
        return x[:, 0] @ model.V + model.d

    return forward


@pytest.mark.parametrize("is_training", [True, False])
@pytest.mark.parametrize("window", [2, 4, 8])
def test_it_equals_torch_layers_on_every_character(plain, window, is_training):
    c, row = plain(window)
    options = WaveNetOptions(window=window, embedding=4, hidden=8)
    model = randomised(WaveNet(options, c.vocabulary_size, 0))
    twin = twin_of(model)
    x = model.C.detach()[torch.from_numpy(c.back).long()][row]
    model(c), twin(x, True)  # updates both running averages
    model.train(is_training)
    torch.testing.assert_close(model(c)[row], twin(x, is_training), atol=1e-4, rtol=1e-3)


def test_a_window_that_is_not_a_power_of_two_is_padded_with_boundaries(plain):
    c, _ = plain(5)
    narrow = randomised(
        WaveNet(WaveNetOptions(window=5, embedding=4, hidden=8), c.vocabulary_size, 0)
    )
    wide = WaveNet(WaveNetOptions(window=8, embedding=4, hidden=8), c.vocabulary_size, 0)
    wide.load(narrow.tensors())
    narrow.eval()
    back = np.pad(c.back, ((0, 0), (3, 0)))
    np.testing.assert_allclose(narrow.log_probs_at(c.back), wide.log_probs_at(back), atol=1e-5)


def test_far_fewer_pairs_are_fused_than_the_windows_contain(us_names):
    from makemore.contexts.table import Contexts
    from makemore.corpus.vocabulary import Vocabulary

    c = Contexts.of(us_names, Vocabulary.of(us_names), 8)
    pairs, fours, eights = fuse_windows(c.back, c.weight, 27)
    assert len(pairs.left) < 27 * 27
    assert len(fours.left) < len(c) / 2
    assert len(eights.left) == len(c)
    assert pairs.weight.sum() == pytest.approx(4 * c.total)
    assert fours.weight.sum() == pytest.approx(2 * c.total)
