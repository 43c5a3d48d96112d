import numpy as np
import pytest
from sklearn.decomposition import PCA

from makemore.probe.projection import project_to_plane


def test_principal_components_equal_scikit_learn():
    x = np.random.default_rng(0).normal(size=(27, 10)) * np.arange(1, 11)
    found, theirs = project_to_plane(x.astype(np.float32)), PCA(2).fit(x)
    assert found.shares == pytest.approx(theirs.explained_variance_ratio_.tolist(), abs=1e-5)
    np.testing.assert_allclose(np.abs(found.points), np.abs(theirs.transform(x)), atol=1e-3)


def test_the_signs_of_the_axes_are_deterministic():
    x = np.random.default_rng(1).normal(size=(9, 4)).astype(np.float32)
    np.testing.assert_allclose(
        project_to_plane(x).points, project_to_plane(x.copy(order="F")).points, atol=1e-5
    )
    mean = x.mean(axis=0)
    mirrored = project_to_plane(2 * mean - x).points
    np.testing.assert_allclose(mirrored, -project_to_plane(x).points, atol=1e-5)


@pytest.mark.parametrize("n", [1, 2, 5])
@pytest.mark.parametrize("width", [1, 2, 3, 7])
def test_few_or_short_vectors_are_projected(n, width):
    x = np.arange(n * width, dtype=np.float32).reshape(n, width)
    points, shares = project_to_plane(x)
    assert points.shape == (n, 2)
    assert np.isfinite(points).all()
    if width <= 2:
        assert shares is None
        np.testing.assert_array_equal(points[:, :width], x)
    else:
        assert shares == pytest.approx((float(n > 1), 0.0))


def test_rounding_errors_are_not_a_second_component():
    points, shares = project_to_plane(
        np.random.default_rng(0).normal(size=(2, 10)).astype(np.float32)
    )
    assert shares == pytest.approx((1.0, 0.0))
    assert not points[:, 1].any()
