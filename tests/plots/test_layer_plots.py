import numpy as np

from makemore.plots.layers import (
    activation_histograms,
    gradient_histograms,
    gradient_to_data,
    saturation_maps,
    weight_gradient_histograms,
)
from makemore.probe.layers import Activations, Weights

RNG = np.random.default_rng(0)


def activations(name="h", kind="tanh", rows=200, units=10):
    values = RNG.uniform(-0.9, 0.9, (rows, units)).astype(np.float32)
    return Activations(name, kind, values, RNG.normal(0, 1e-4, values.shape).astype(np.float32))


def labels(figure):
    return [line.get_label() for line in figure.axes[0].lines]


def test_histograms_contain_every_value():
    for layers in ([activations()], [activations("h.0"), activations("h.1", rows=50)]):
        for draw in (activation_histograms, gradient_histograms):
            for line in draw(layers).axes[0].lines:
                assert abs(line.get_ydata().sum() - 1) < 1e-6


def test_histograms_show_the_values_and_their_mean_and_deviation():
    values = RNG.normal(0.2, 0.1, (500, 4)).astype(np.float32)
    layer = Activations("h", "tanh", values, values / 500 - 0.01)
    for draw, shown, said in (
        (activation_histograms, values, "h (tanh): mean {:+.2f}, sd {:.2f}"),
        (gradient_histograms, 500 * layer.gradients, "h: mean {:+.1e}, sd {:.1e}"),
    ):
        (line,) = draw([layer]).axes[0].lines
        assert line.get_label() == said.format(shown.mean(), shown.std())
        middle = (line.get_xdata() * line.get_ydata()).sum()
        assert abs(middle - shown.mean()) < 0.01


def test_equal_values_have_a_histogram():
    values = np.zeros((5, 3), np.float32)
    figure = activation_histograms([Activations("h", "relu", values, values)])
    assert figure.axes[0].lines[0].get_ydata().sum() == 1


def test_a_saturation_map_shows_saturated_values_and_marks_dead_units():
    layer = activations(rows=30)
    layer.values[:, 4] = 1.0
    layer.values[::2, 7] = -0.99
    figure = saturation_maps([layer, activations("x", "relu")])
    (shown,) = figure.axes[0].images
    np.testing.assert_array_equal(shown.get_array(), layer.saturation_mask)
    assert figure.axes[0].lines[0].get_xdata().tolist() == [4]
    assert figure.axes[0].get_title("left") == "h (tanh), 10 units: 15.0% saturated, 1 dead"
    assert figure.axes[1].get_title("left").endswith("zero or below")


def test_a_saturation_map_of_many_rows_is_subsampled_evenly():
    layer = activations(rows=640)
    layer.values[320:] = 1.0
    (shown,) = saturation_maps([layer]).axes[0].images
    np.testing.assert_array_equal(shown.get_array()[:, 0], np.arange(64) >= 32)


def test_gradient_plots_omit_vectors_and_unused_weights():
    weights = [
        Weights(name, RNG.normal(size=shape), size * RNG.normal(size=shape))
        for name, shape, size in (("W", (4, 5), 0.01), ("b", (5,), 0.1), ("unused", (2, 2), 0.0))
    ]
    (label,) = labels(weight_gradient_histograms(weights))
    assert label.startswith("W: sd ")
    figure = gradient_to_data(weights)
    assert [text.get_text() for text in figure.axes[0].get_yticklabels()] == ["W", "b"]
    ends = [line.get_xdata()[-1] for line in figure.axes[0].lines if len(line.get_xdata()) == 1]
    expected = [np.log10(each.gradient_to_data) for each in weights[:2]]
    np.testing.assert_allclose(ends, expected)
    assert figure.axes[0].lines[-1].get_xdata() == [-3, -3]
