"""Plots of layers on some lines: activations, gradients, saturation and dead units."""

from collections.abc import Sequence

import numpy as np
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from makemore.arrays import Float32s
from makemore.plots.style import (
    DEFAULT_WIDTH,
    HEAT_COLOR,
    INK,
    SERIES,
    SOFT,
    add_legend,
    create_figure,
    line_styles,
    styled,
)
from makemore.probe.layers import SIGMOIDAL, Activations, Weights

_BINS = 60
_MAX_ROWS = 64  # maximum rows of a saturation map


@styled
def activation_histograms(layers: Sequence[Activations]) -> Figure:
    """Plot a histogram of the activations of each layer.

    Args:
        layers: activations of at least one layer.
    """
    named = [
        (f"{x.name} ({x.kind}): mean {x.values.mean():+.2f}, sd {x.values.std():.2f}", x.values)
        for x in layers
    ]
    return _histograms(named, "activation")


@styled
def gradient_histograms(layers: Sequence[Activations]) -> Figure:
    """Plot a histogram of the gradients of each layer's activations.

    Gradients of the mean loss shrink with the number of rows, that is, of calls to the layer, so
    they are multiplied by that number.
    """
    scaled = [(x, x.gradients * len(x.gradients)) for x in layers]
    named = [(f"{x.name}: mean {g.mean():+.1e}, sd {x.gradient:.1e}", g) for x, g in scaled]
    return _histograms(named, "gradient times number of rows")


@styled
def weight_gradient_histograms(weights: Sequence[Weights]) -> Figure:
    """Plot a histogram of the gradients of each weight matrix."""
    named = [
        (f"{x.name}: sd {x.gradients.std():.1e}", x.gradients)
        for x in weights
        if x.values.ndim > 1 and x.gradients.any()
    ]
    return _histograms(named, "gradient")


@styled
def saturation_maps(layers: Sequence[Activations]) -> Figure:
    """Plot where layers are saturated or inactive: one column per unit, one row per input.

    At most 64 evenly spaced rows are shown. A marker above a column marks a dead unit, which is
    saturated or inactive in every row.
    """
    figure, each = create_figure(len(layers), 1, height=0.3 + 1.3 * len(layers))
    filled = ListedColormap(["none", HEAT_COLOR])
    for axes, layer in zip(each, layers, strict=True):
        rows = np.linspace(0, len(layer.values) - 1, min(_MAX_ROWS, len(layer.values))).astype(int)
        axes.imshow(
            layer.saturation_mask[rows],
            cmap=filled,
            vmin=0,
            vmax=1,
            interpolation="none",
            aspect="auto",
        )
        dead = layer.dead
        markers = axes.plot(dead, [1.07] * len(dead), "v", color=SERIES[1], markersize=5,
                          clip_on=False, transform=axes.get_xaxis_transform())  # fmt: skip
        markers[0].set_in_layout(False)
        state = "saturated" if layer.kind in SIGMOIDAL else "zero or below"
        title = f"{layer.name} ({layer.kind}), {layer.values.shape[1]} units: "
        title += f"{layer.saturated:.1%} {state}" + f", {len(dead)} dead" * bool(len(dead))
        axes.set_title(title, pad=10 if len(dead) else 4)
        axes.set(xticks=[], yticks=[], xlim=(-0.5, layer.values.shape[1] - 0.5))
    each[-1].set_xlabel("units")
    return figure


@styled
def gradient_to_data(weights: Sequence[Weights]) -> Figure:
    """Plot the gradient-to-data ratio of each tensor, with a reference line at -3 (1/1000)."""
    shown = [(x.name, np.log10(x.gradient_to_data)) for x in weights if x.gradient_to_data > 0]
    figure, (axes,) = create_figure(height=0.9 + 0.22 * len(shown))
    for position, (_, size) in enumerate(shown):
        axes.plot([-3, size], [position, position], color=SOFT, linewidth=1)
        axes.plot(size, position, "o", color=SERIES[0])
    axes.axvline(-3, color=INK, linewidth=1)
    axes.set_yticks(range(len(shown)), [name for name, _ in shown])
    axes.text(-3, 1.01, "1/1000", ha="center", va="bottom", fontsize=9, color=SOFT,
              transform=axes.get_xaxis_transform())  # fmt: skip
    axes.set(xlabel="log10 of the gradient-to-data ratio")
    axes.xaxis.set_major_locator(MaxNLocator(6))
    axes.invert_yaxis()
    return figure


def _histograms(named: Sequence[tuple[str, Float32s]], label: str) -> Figure:
    """Draw one histogram line per name; the range covers the central 99.9 % of every array."""
    named = named or [("no gradient", np.zeros(1, np.float32))]
    ranges = [np.quantile(values, (0.0005, 0.9995)) for _, values in named]
    low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
    bins = np.linspace(low, high if high > low else low + 1, _BINS + 1)
    figure, (axes,) = create_figure(width=DEFAULT_WIDTH, height=2.6 + 0.2 * len(named))
    for (name, values), style in zip(named, line_styles(len(named)), strict=True):
        clipped = np.clip(values, bins[0], bins[-1])
        count, _ = np.histogram(clipped, bins)
        centres = (bins[1:] + bins[:-1]) / 2
        axes.plot(
            centres,
            count / values.size,
            linewidth=1.5,
            label=name,
            color=style.color,
            linestyle=style.dashes,
        )
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set(xlabel=label, ylabel="share of values", ylim=(0, None))
    add_legend(axes, columns=1)
    return figure
