import numpy as np
import pytest

from makemore.plots.curves import (
    learning_curves,
    rate_curve,
    ratios,
    saturation_curves,
    smoothed,
)
from makemore.probe.recording import Curve
from makemore.training.rate_range import RateRange


def line(figure, label):
    (found,) = [each for each in figure.axes[0].lines if each.get_label().startswith(label)]
    return found.get_xydata().tolist()


def texts(figure):
    return [text.get_text() for text in figure.axes[0].texts]


def test_learning_curves_show_losses_the_best_step_and_the_expected_loss():
    curve = Curve(loss=[(1, 3.4), (2, 3.0), (3, 2.9), (4, 2.8)], dev=[(2, 2.7), (4, 2.9)])
    figure = learning_curves(curve, 27)
    assert line(figure, "train, each step") == [[1, 3.4], [2, 3.0], [3, 2.9], [4, 2.8]]
    assert line(figure, "dev") == [[2, 2.7], [4, 2.9]]
    assert line(figure, "best: 2.7000 at step 2") == [[2, 2.7]]
    assert texts(figure) == ["uniform: ln 27 = 3.30; first loss 3.40"]
    assert figure.axes[0].get_yscale() == "linear"
    expected = figure.axes[0].lines[-1].get_xydata()
    assert expected.tolist() == [[0, pytest.approx(np.log(27))], [1, pytest.approx(np.log(27))]]


def test_the_smoothed_curve_is_the_smoothed_loss():
    losses = np.where(np.arange(400) % 2, 3.0, 2.0)
    figure = learning_curves(Curve(loss=[(1 + i, x) for i, x in enumerate(losses)]), 27)
    drawn = np.array(line(figure, "train, smoothed"))
    np.testing.assert_array_equal(drawn[:, 1], smoothed(losses))
    assert np.abs(drawn[:, 1] - 2.5).max() < 0.2


def test_a_high_initial_loss_is_drawn_on_a_logarithmic_scale():
    figure = learning_curves(Curve(loss=[(1, 27.3), (2, 3.0)]), 27)
    assert figure.axes[0].get_yscale() == "log"


def test_a_loss_of_zero_is_clipped_on_a_logarithmic_scale():
    figure = learning_curves(Curve(loss=[(1, 3.0), (2, 0.0), (3, -1e-9)]), 27)
    assert line(figure, "train, each step") == [[1, 3.0], [2, 1e-4], [3, 1e-4]]
    assert texts(figure) == ["uniform: ln 27 = 3.30; first loss 3.00"]


@pytest.mark.parametrize("n", [1, 2, 49, 50, 1000])
def test_smoothing_preserves_straight_lines_and_their_length(n):
    np.testing.assert_allclose(smoothed(np.full(n, 2.5)), 2.5)
    rising = np.arange(n, dtype=float)
    half = round(n * 0.02 / 2)
    np.testing.assert_allclose(smoothed(rising)[half : n - half], rising[half : n - half])
    assert len(smoothed(rising)) == n


def test_ratios_have_a_line_for_each_name_and_a_reference_at_one_thousandth():
    figure = ratios({"C": [(2, -2.5), (4, -3.5)], "W1": [(2, -1.0)]}, "updates")
    assert line(figure, "C") == [[2, -2.5], [4, -3.5]]
    assert [0, -3] in [each.get_xydata()[0].tolist() for each in figure.axes[0].lines]
    assert texts(figure) == ["1/1000"]


def test_a_single_point_is_drawn_with_a_marker():
    axes = ratios({"C": [(2, -2.5)], "W1": [(2, -1.0), (4, -2.0)]}, "updates").axes[0]
    assert [each.get_marker() for each in axes.lines[:2]] == [".", "None"]
    axes = learning_curves(Curve(loss=[(1, 3.0)]), 27).axes[0]
    assert axes.lines[0].get_marker() == "."


def test_flat_over_time_labels_layers_with_their_kind():
    curve = Curve(flat={"h": [(2, 0.31)]}, kinds={"h": "tanh"})
    assert line(saturation_curves(curve), "h (tanh)") == [[2, 0.31]]


def test_the_suggested_rate_is_marked():
    found = RateRange(np.array([1e-3, 1e-2, 1e-1]), np.array([3.0, 2.5, 2.8]), 3e-3)
    figure = rate_curve(found)
    assert figure.axes[0].lines[0].get_xydata()[:, 1].tolist() == [3.0, 2.5, 2.8]
    assert figure.axes[0].lines[1].get_xdata()[0] == 3e-3
    assert figure.axes[0].get_xscale() == "log"
    assert texts(figure) == [" suggested: 0.003"]
