import numpy as np
import pytest

from makemore.plots.style import PAGE_WIDTH
from makemore.plots.tables import MAX_CHARACTERS, bigram_table, counted_and_learned

COUNTS = np.array([[0, 4, 0], [1, 0, 9], [3, 2, 1]], float)


def names_across(axes):
    return [text.get_text() for text in axes.get_xticklabels()]


def test_a_bigram_table_shows_pairs_counts_and_colours():
    axes = bigram_table(COUNTS, [".", "a", "b"]).axes[0]
    cells = [text.get_text() for text in axes.texts]
    pairs, counts = cells[::2], cells[1::2]
    assert pairs == ["..", ".a", ".b", "a.", "aa", "ab", "b.", "ba", "bb"]
    assert counts == [f"{count:.0f}" for count in COUNTS.ravel()]
    np.testing.assert_allclose(axes.images[0].get_array(), np.sqrt(COUNTS / 9))
    assert names_across(axes) == [".", "a", "b"]
    assert axes.get_title("left") == "followed by"


def test_a_bigram_table_of_many_characters_shows_the_most_frequent_in_order():
    counts = np.zeros((60, 60))
    often = np.arange(20, 60)
    counts[often[:, None], often] = 1.0
    axes = bigram_table(counts, [chr(0x4E00 + i) for i in range(60)]).axes[0]
    assert names_across(axes) == [chr(0x4E00 + i) for i in often]
    assert len(axes.texts) == 2 * MAX_CHARACTERS**2
    assert axes.get_title("left") == "followed by (40 most frequent of 60 characters)"


def test_characters_that_do_not_occur_are_omitted_and_long_names_fit_their_cells():
    counts = np.pad(COUNTS, (0, 2))
    axes = bigram_table(counts, [".", "a", "200d", "x", "y"]).axes[0]
    assert names_across(axes) == [".", "a", "200d"]
    assert axes.get_title("left") == "followed by (3 most frequent of 5 characters)"
    sizes = {text.get_text(): text.get_fontsize() for text in axes.texts}
    assert sizes["aa"] == 6 > sizes["200d200d"]
    assert [text.get_rotation() for text in axes.get_xticklabels()] == [0, 0, 90]


def test_counted_and_learned_tables_are_shares_on_one_scale():
    learned = np.array([[0.1, 0.8, 0.1], [0.1, 0.1, 0.8], [0.6, 0.2, 0.2]])
    left, right = counted_and_learned(COUNTS, learned, [".", "a", "b"]).axes
    shares = COUNTS / COUNTS.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(left.images[0].get_array(), np.sqrt(shares))
    np.testing.assert_allclose(right.images[0].get_array(), np.sqrt(learned))
    assert left.images[0].get_clim() == right.images[0].get_clim() == (0, 1)
    (alone,) = counted_and_learned(None, learned, [".", "a", "b"]).axes
    assert alone.get_title("left") == "predicted probability"


def test_a_character_without_successors_is_accepted():
    counts = np.zeros((2, 2))
    left, _ = counted_and_learned(counts, np.full((2, 2), 0.5), [".", "a"]).axes
    assert not left.images[0].get_array().any()
    assert bigram_table(counts, [".", "a"]).axes[0].images[0].get_array().max() == 0


@pytest.mark.parametrize("size", [3, 27, MAX_CHARACTERS])
def test_tables_fit_the_page_width(size):
    counts, names = np.ones((size, size)), ["x"] * size
    for figure in (bigram_table(counts, names), counted_and_learned(counts, counts / size, names)):
        assert figure.get_figwidth() <= PAGE_WIDTH + 1e-9
