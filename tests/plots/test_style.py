"""Plots ignore global matplotlib settings, and their colours are distinguishable."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from makemore.plots.distributions import lengths
from makemore.plots.style import HEAT, SERIES, SOFT, create_figure, line_styles, set_log_scale

# Simulation of colour blindness: Machado, Oliveira and Fernandes (2009), "A physiologically-based
# model for simulation of color vision deficiency", severity 1, on linear RGB.
BLIND = {
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritan": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
    "full": np.eye(3).tolist(),
}


def lab(color, matrix):
    """Return a colour as perceived with a colour vision matrix, in CIE L*a*b*."""
    rgb = np.array(to_rgb(color))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    seen = np.clip(np.array(matrix) @ linear, 0, 1)
    xyz = (
        np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
        @ seen
        / np.array([0.9505, 1.0, 1.089])
    )
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def dark_series():
    from importlib.resources import files

    page = (files("makemore.report") / "page.html").read_text(encoding="utf-8")
    dark = page.split("prefers-color-scheme: dark", 1)[1]
    return [dark.split(f"--series-{i}: ")[1][:7] for i in range(len(SERIES))]


@pytest.mark.parametrize("colors", [list(SERIES), dark_series()], ids=["light", "dark"])
@pytest.mark.parametrize("eye", BLIND)
def test_series_colours_are_distinguishable_with_colour_blindness(colors, eye):
    for one, other in itertools.combinations(colors, 2):
        distance = np.linalg.norm(lab(one, BLIND[eye]) - lab(other, BLIND[eye]))
        assert distance > 15, (
            one,
            other,
            distance,
        )  # a distance of 2 is just noticeable side by side


def test_eighteen_line_styles_are_distinct_and_more_repeat():
    styles = [*line_styles(18)]
    assert len(set(styles)) == 18
    assert len(line_styles(40)) == 40


def test_global_matplotlib_settings_have_no_effect():
    plain = lengths(np.array([0.0, 0.5, 0.5]), None)
    with matplotlib.rc_context({"font.size": 30, "axes.spines.top": True, "text.color": "red"}):
        other = lengths(np.array([0.0, 0.5, 0.5]), None)
    for figure in (plain, other):
        assert figure.axes[0].xaxis.label.get_size() == 10
        assert not figure.axes[0].spines["top"].get_visible()


def test_figures_are_shown_in_notebooks_without_pyplot():
    figure = lengths(np.array([0.0, 0.5, 0.5]), None)
    assert figure._repr_png_().startswith(b"\x89PNG")


def test_the_heat_map_starts_transparent():
    assert HEAT(0.0)[3] == 0
    assert HEAT(1.0)[3] == 1


@pytest.mark.parametrize("high", [2.0, 30.0, 1e6])
def test_logarithmic_axes_have_plain_numbers_in_the_tick_colour(high):
    figure, (axes,) = create_figure()
    axes.plot([0.9, high], [1.0, 2.0])
    set_log_scale(axes, "x", "y")
    figure.draw_without_rendering()
    assert axes.get_xscale() == axes.get_yscale() == "log"
    for axis in (axes.xaxis, axes.yaxis):
        low, high = axis.get_view_interval()
        ticks = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
        said = [tick.label1.get_text() for tick in ticks]
        assert 2 <= len(said) <= 10
        assert said == [f"{tick.get_loc():g}" for tick in ticks]
        assert {tick.label1.get_color() for tick in ticks} == {SOFT}
        assert len(axis.get_minor_ticks()) == 0
