"""Where a Transformer looks while it reads a line."""

from collections.abc import Sequence

from matplotlib.figure import Figure

from makemore.arrays import Float32s
from makemore.plots.style import canvas, heat, name_axes, picture

MOST = 40  # places of a line: more could not be seen at once


@picture
def attention_maps(attention: Float32s, read: Sequence[str]) -> Figure:
    """A map for each layer and head: row, what has just been read; column, where it looks.

    Args:
        attention: (L, heads, T, T), rows sum to one.
        read: (T,) what was read at each place, the start first; the first 40 are shown.
    """
    attention, read = attention[:, :, :MOST, :MOST], read[:MOST]
    layers, heads, places, _ = attention.shape
    side = max(1.2, 0.35 + 0.13 * places)
    figure, each = canvas(layers, heads, width=side * heads + 0.3, height=(side + 0.2) * layers)
    for number, axes in enumerate(each):
        layer, head = divmod(number, heads)
        heat(axes, attention[layer, head], 1.0)
        name_axes(axes, read, read)
        axes.tick_params(labelsize=8, pad=1)
        axes.set_title(f"layer {layer + 1}, head {head + 1}", fontsize=9)
    return figure
