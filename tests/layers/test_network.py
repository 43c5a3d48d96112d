import pytest
import torch

from makemore.layers.network import Noise


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_dropout_drops_its_share_and_keeps_the_mean(share):
    x = torch.ones(400, 1000)
    dropped = Noise(0, 0).drop(x, share)
    assert (dropped == 0).float().mean().item() == pytest.approx(share, abs=0.004)
    assert dropped.mean().item() == pytest.approx(1.0, abs=0.01)


def test_zero_dropout_returns_the_input():
    x = torch.randn(3, 4)
    assert Noise(0, 0).drop(x, 0.0) is x


def test_dropout_masks_differ_by_call_step_and_seed_and_are_reproducible():
    x = torch.ones(1000)
    one = Noise(0, 5)
    masks = [one.drop(x, 0.5), one.drop(x, 0.5), Noise(0, 6).drop(x, 0.5), Noise(1, 5).drop(x, 0.5)]
    for i, mask in enumerate(masks):
        for other in masks[i + 1 :]:
            assert 300 < (mask == other).sum() < 700
    torch.testing.assert_close(masks[0], Noise(0, 5).drop(x, 0.5))


def test_gradients_pass_only_through_kept_values():
    x = torch.ones(100, requires_grad=True)
    dropped = Noise(0, 0).drop(x, 0.5)
    dropped.sum().backward()
    torch.testing.assert_close(x.grad, dropped.detach())
