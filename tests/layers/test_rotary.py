import torch

from makemore.layers.rotary import rotary, rotations


def test_pairs_are_rotated_as_in_the_paper():
    """Su et al. (2021), equation 15: an explicit rotation matrix for each pair."""
    D, position = 6, 5
    x = torch.randn(1, 2, D, generator=torch.Generator().manual_seed(0))
    found = rotary(x, rotations(torch.tensor([position]), D))
    expected = torch.empty_like(x)
    for i in range(D // 2):
        angle = torch.tensor(position * 10_000.0 ** (-2 * i / D))
        R = torch.stack(
            [torch.stack([angle.cos(), -angle.sin()]), torch.stack([angle.sin(), angle.cos()])]
        )
        expected[..., 2 * i : 2 * i + 2] = x[..., 2 * i : 2 * i + 2] @ R.T
    torch.testing.assert_close(found, expected, atol=1e-6, rtol=1e-5)


def test_dot_products_depend_only_on_the_distance():
    q, k = torch.randn(2, 1, 1, 8, generator=torch.Generator().manual_seed(1))

    def product(t, u):
        one, two = (rotary(x, rotations(torch.tensor([p]), 8)) for x, p in ((q, t), (k, u)))
        return float((one * two).sum())

    torch.testing.assert_close(product(3, 1), product(40, 38), atol=1e-4, rtol=1e-4)
    assert abs(product(3, 1) - product(3, 2)) > 0.01
