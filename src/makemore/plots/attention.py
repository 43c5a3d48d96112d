"""Attention maps of a Transformer along a line."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from makemore.arrays import Float32s
from makemore.plots.style import create_figure, draw_heat_map, label_axes, styled

MAX_POSITIONS = 40  # maximum positions of a line in a map; more would be unreadable


@styled
def attention_maps(attention: Float32s, inputs: Sequence[str]) -> Figure:
    """Plot a map for each layer and head: rows are query positions, columns are key positions.

    Args:
        attention: (L, heads, T, T) attention weights, rows sum to one.
        inputs: (T,) name of the input at each position, beginning with the start of the line; the
            first 40 are shown.
    """
    attention, inputs = attention[:, :, :MAX_POSITIONS, :MAX_POSITIONS], inputs[:MAX_POSITIONS]
    layers, heads, positions, _ = attention.shape
    side = max(1.2, 0.35 + 0.13 * positions)
    figure, each = create_figure(
        layers, heads, width=side * heads + 0.3, height=(side + 0.2) * layers
    )
    for number, axes in enumerate(each):
        layer, head = divmod(number, heads)
        draw_heat_map(axes, attention[layer, head], 1.0)
        label_axes(axes, inputs, inputs)
        axes.tick_params(labelsize=8, pad=1)
        axes.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=9)
    return figure
