import pytest
import torch
from random_models import randomised
from torch.nn.functional import batch_norm

from makemore.models.resnet import ResNet
from makemore.options.families import ResNetOptions


@pytest.mark.parametrize("is_training", [True, False])
def test_it_equals_the_equations_of_the_paper(plain, is_training):
    c, row = plain(3)
    model = randomised(ResNet(ResNetOptions(embedding=4, hidden=8, blocks=2), c.vocabulary_size, 0))
    model(c)  # updates the running averages
    model.train(is_training)

    def normal(x, norm):
        kept = (norm.mean.clone(), norm.variance.clone())
        return batch_norm(x, *kept, norm.gamma, norm.beta, training=is_training)

    with torch.no_grad():
        h = model.C[torch.from_numpy(c.back).long()].flatten(1)[row]
        h = normal(h @ model.W, model.norm).relu()
        for block in model.blocks:
            inside = normal(h @ block.A, block.first).relu()
            h = (h + normal(inside @ block.B, block.second)).relu()
        expected = h @ model.V + model.d
        torch.testing.assert_close(model(c)[row], expected, atol=1e-4, rtol=1e-3)


def test_gradients_reach_the_first_block_of_a_deep_stack(plain):
    from makemore.layers.loss import negative_log_likelihood

    c, _ = plain(3)
    model = ResNet(ResNetOptions(hidden=32, blocks=20), c.vocabulary_size, 0)
    model.initialise(torch.Generator().manual_seed(0))
    (negative_log_likelihood(model(c), c) / c.total).backward()
    norms = [block.A.grad.norm().item() for block in model.blocks]
    assert norms[0] > 0.1 * norms[-1]
