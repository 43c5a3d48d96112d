"""Plots of embeddings, attention, mixtures, normalisation and distributions."""

import numpy as np
import pytest

from makemore.plots.attention import attention_maps
from makemore.plots.distributions import characters, lengths
from makemore.plots.embedding import embedding
from makemore.plots.mixture import member_places, member_weights
from makemore.plots.norms import batch_mates, running_against_calibrated
from makemore.plots.style import SERIES
from makemore.probe.members import Member
from makemore.probe.norms import Norm
from makemore.probe.projection import Plane


def test_an_embedding_plot_has_each_name_at_its_position():
    points = np.array([[0.0, 1.0], [2.0, -1.0], [0.5, 0.5]])
    axes = embedding(Plane(points, (0.4, 0.25)), [".", "$", "e"], marked=[2]).axes[0]
    found = {text.get_text(): text for text in axes.texts}
    assert {name: text.get_position() for name, text in found.items()} == {
        ".": (0.0, 1.0),
        "$": (2.0, -1.0),
        "e": (0.5, 0.5),
    }
    assert found["e"].get_color() == SERIES[1] != found["."].get_color()
    assert axes.get_xlabel() == "first component, 40% of the variance"
    as_it_is = embedding(Plane(points, None), [".", "$", "e"]).axes[0]
    assert as_it_is.get_xlabel() == "first dimension"


def test_an_embedding_plot_of_many_characters_shows_the_first():
    axes = embedding(Plane(np.zeros((200, 2)), None), [str(i) for i in range(200)]).axes[0]
    assert [text.get_text() for text in axes.texts] == [str(i) for i in range(120)]


def test_attention_maps_have_one_map_for_each_head():
    attention = np.random.default_rng(0).dirichlet(np.ones(4), (2, 3, 4))
    figure = attention_maps(attention, [".", "a", "n", "n"])
    assert len(figure.axes) == 6
    np.testing.assert_array_equal(figure.axes[4].images[0].get_array(), attention[1, 1])
    assert figure.axes[4].get_title("left") == "layer 2, head 2"
    assert [t.get_text() for t in figure.axes[4].get_yticklabels()] == [".", "a", "n", "n"]


def test_attention_maps_of_a_long_line_show_the_first_positions():
    (axes,) = attention_maps(np.tril(np.ones((1, 1, 90, 90))), ["."] * 90).axes
    assert axes.images[0].get_array().shape == (40, 40)
    assert len(axes.get_xticklabels()) == 40


def test_member_plots_show_weights_best_shares_and_loss_increases():
    members = [
        Member("KneserNey", 0.7, 2.0, 0.6, 0.1, (0.9, 0.5)),
        Member("GRU", 0.3, 2.1, 0.4, float("inf"), (0.1, 0.5)),
    ]
    left, right = member_weights(members).axes
    assert [bar.get_width() for bar in left.patches] == pytest.approx([0.7, 0.3, 0.6, 0.4])
    assert [bar.get_width() for bar in right.patches] == [0.1, 0.0]
    assert [text.get_text() for text in right.texts] == [" infinite"]
    lines = member_places(members).axes[0].lines
    assert [list(line.get_ydata()) for line in lines] == [[0.9, 0.5], [0.1, 0.5]]
    assert list(lines[0].get_xdata()) == [1, 2]


def test_norm_plots_compare_running_and_calibrated_averages():
    one, two = np.array([0.1, 0.2]), np.array([1.0, 2.0])
    left, right = running_against_calibrated([Norm("norms.0", one, two, one + 1, two * 3)]).axes
    assert left.lines[0].get_xydata().tolist() == [[1.1, 0.1], [1.2, 0.2]]
    assert right.lines[0].get_xydata().tolist() == [[3.0, 1.0], [6.0, 2.0]]
    losses = np.array([2.0, 2.1, 2.3])
    assert batch_mates(losses).axes[0].lines[0].get_xdata().tolist() == losses.tolist()


def test_sampled_lines_are_drawn_beside_the_list():
    sampled, learned = np.array([0, 0.5, 0.5]), np.array([0, 0.25, 0.25, 0.5])
    axes = lengths(sampled, learned).axes[0]
    assert [bar.get_height() for bar in axes.patches] == sampled.tolist()
    assert axes.lines[0].get_ydata().tolist() == learned.tolist()
    assert not lengths(sampled, None).axes[0].lines
    sampled, learned = np.array([0, 0.6, 0.1, 0.3]), np.array([0, 0.2, 0.5, 0.3])
    axes = characters(sampled, learned, [".", "a", "b", "c"]).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["b", "c", "a"]
    assert [bar.get_height() for bar in axes.patches] == [0.1, 0.3, 0.6]
    assert axes.lines[0].get_ydata().tolist() == [0.5, 0.3, 0.2]


def test_a_plot_of_many_characters_shows_the_most_frequent():
    shares = np.concatenate([[0], np.arange(100) / 4950])
    axes = characters(shares, None, [chr(0x4E00 + i) for i in range(101)]).axes[0]
    assert len(axes.patches) == 40
    assert axes.patches[0].get_height() == shares[100]
    assert axes.get_xlabel() == "character (40 most frequent of 100)"


def test_many_lengths_are_grouped_into_bars():
    sampled, learned = np.zeros(131), np.zeros(602)
    sampled[[3, 4, 130]], learned[[599, 601]] = 0.25, 0.5
    axes = lengths(sampled, learned).axes[0]
    heights = [bar.get_height() for bar in axes.patches]
    assert (heights[0], sum(heights)) == (0.5, 0.75)
    assert axes.patches[0].get_width() > 8
    assert axes.lines[0].get_xydata()[-1].tolist() == [599.0, 1.0]
    assert axes.get_xlabel() == "characters in a line (11 lengths per bar)"


def test_equally_frequent_characters_are_ordered_by_sampled_frequency():
    axes = characters(np.array([0, 0.1, 0.2, 0.7]), np.array([0, 0, 0, 1.0]), list(".abc")).axes[0]
    assert [text.get_text() for text in axes.get_xticklabels()] == ["c", "b", "a"]


def test_long_names_are_rotated():
    axes = characters(np.array([0, 0.5, 0.5]), None, [".", "a", "200d"]).axes[0]
    assert [text.get_rotation() for text in axes.get_xticklabels()] == [0, 90]
