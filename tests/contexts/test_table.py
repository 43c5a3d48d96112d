"""`Contexts` compared with a slow oracle that counts tuples in dictionaries, one by one."""

from dataclasses import fields
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts.paths import Paths
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.split import split_lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError, Location
from makemore.inference.likelihood import iter_blocks

Key = tuple[int, ...]


class Given(NamedTuple):
    """Strings, labels and weights of an input list."""

    strings: list[str]
    labels: list[str] | None = None
    weights: list[float] | None = None

    @property
    def lines(self) -> Lines:
        return Lines.from_strings(self.strings, self.labels, self.weights)

    def counted(self, window: int | None) -> Contexts:
        return Contexts.of(self.lines, Vocabulary.of(self.lines), window)


class Counted(NamedTuple):
    """Result of the oracle: the count of each edge, and the path of each line along the edges."""

    counts: dict[tuple[Key, int], float]
    walks: list[list[tuple[Key, int]]]


def count_slowly(case: Given, window: int | None) -> Counted:
    """Walk along every line, character by character."""
    characters = sorted(set("".join(case.strings)))
    names = sorted(set(case.labels or []))
    counts, walks = {}, []
    for i, string in enumerate(case.strings):
        ids = [characters.index(c) + 1 for c in string]
        origin = len(characters) + 1 + names.index(case.labels[i]) if case.labels else 0
        label = (origin,) if case.labels else ()
        walk = []
        for t in range(len(ids) + 1):
            if window is None:
                context = (origin, *ids[:t])
            else:
                context = (*label, *([0] * window + ids[:t])[-window:])
            edge = (context, [*ids, 0][t])
            walk.append(edge)
            counts[edge] = counts.get(edge, 0) + (case.weights[i] if case.weights else 1)
        walks.append(walk)
    return Counted(counts, walks)


def keys(c: Contexts) -> list[Key]:
    """Each context as a tuple: its window, or the whole prefix after its root."""
    if c.back is not None:
        return [tuple(row) for row in c.back.tolist()]
    found: list[Key] = []
    for i, (parent, last) in enumerate(zip(c.parent.tolist(), c.last.tolist(), strict=True)):
        assert parent <= i
        found.append((last,) if parent == i else (*found[parent], last))
    return found


def edges(c: Contexts) -> list[tuple[Key, int]]:
    """Each edge as a pair of its context and the next id."""
    names = keys(c)
    return [(names[row], x) for row, x in zip(c.row.tolist(), c.next.tolist(), strict=True)]


def walks(c: Contexts) -> list[list[tuple[Key, int]]]:
    """The edges of each line."""
    names = edges(c)
    along = [names[e] for e in c.edge.tolist()]
    return [along[low:high] for low, high in zip(c.start[:-1], c.start[1:], strict=True)]


def assert_same(a: Contexts, b: Contexts) -> None:
    """Check that two tables agree in every field, in values, shapes and dtypes."""
    for field in fields(Contexts):
        mine, other = getattr(a, field.name), getattr(b, field.name)
        if isinstance(mine, np.ndarray):
            assert mine.dtype == other.dtype, field.name
            assert mine.shape == other.shape, field.name
            assert mine.tolist() == other.tolist(), field.name
        else:
            assert mine == other, field.name


@st.composite
def some_lists(draw, most: int = 10) -> Given:
    """Small lists over a small alphabet, with repeats, with and without labels and weights."""
    strings = draw(st.lists(st.text("ab\u00e7", min_size=1, max_size=6), min_size=1, max_size=most))

    def one_each(values):
        return draw(st.none() | st.lists(values, min_size=len(strings), max_size=len(strings)))

    labels = one_each(st.sampled_from("FMX"))
    weights = one_each(st.integers(1, 12).map(lambda i: i / 4))  # their sums are exact
    return Given(strings, labels, weights)


WINDOWS = st.sampled_from([1, 2, 3, 4, 5, 9])
LOOKBACK = st.none() | WINDOWS


@given(some_lists(), LOOKBACK)
@settings(deadline=None, max_examples=200)
def test_contexts_are_distinct_and_edge_counts_match_the_oracle(case, window):
    c, expected = case.counted(window), count_slowly(case, window)
    names = keys(c)
    assert len(c) == len(names) == len(set(names))
    assert set(names) == {context for context, _ in expected.counts}
    assert len(c.row) == len(c.next) == len(c.count) == len(expected.counts)
    assert dict(zip(edges(c), c.count.tolist(), strict=True)) == expected.counts


@given(some_lists(), LOOKBACK)
@settings(deadline=None, max_examples=200)
def test_paths_spell_the_lines(case, window):
    assert walks(case.counted(window)) == count_slowly(case, window).walks


@given(some_lists(), LOOKBACK)
@settings(deadline=None, max_examples=100)
def test_edges_are_sorted_by_row_then_by_next_id(case, window):
    c = case.counted(window)
    pairs = list(zip(c.row.tolist(), c.next.tolist(), strict=True))
    assert pairs == sorted(set(pairs))


@given(some_lists(), LOOKBACK)
@settings(deadline=None, max_examples=100)
def test_weight_total_and_repeats_match_the_oracle(case, window):
    c, expected = case.counted(window), count_slowly(case, window)
    weight = dict.fromkeys(keys(c), 0.0)
    for (context, _), count in expected.counts.items():
        weight[context] += count
    assert dict(zip(keys(c), c.weight.tolist(), strict=True)) == weight
    assert c.total == sum(expected.counts.values())
    walked = [edge for walk in expected.walks for edge in walk]
    assert c.repeats.tolist() == [walked.count(edge) for edge in edges(c)]
    assert c.line_weight.tolist() == (case.weights or [1.0] * len(case.strings))


@given(some_lists(), LOOKBACK)
@settings(deadline=None, max_examples=50)
def test_the_arrays_have_the_documented_dtypes_and_shapes(case, window):
    c = case.counted(window)
    for name in ("last", "row", "next", "edge"):
        assert getattr(c, name).dtype == np.int32, name
    assert (c.count.dtype, c.start.dtype, c.line_weight.dtype) == (np.float64, np.int64, np.float64)
    assert (c.back is None) == (window is None) != (c.parent is None)
    assert c.window == window
    assert c.vocabulary_size == len(set("".join(case.strings))) + 1
    assert c.label_count == len(set(case.labels or []))
    if window is None:
        assert (c.parent.dtype, c.parent.shape) == (np.int32, (len(c),))
    else:
        columns = window + (1 if case.labels else 0)
        assert (c.back.dtype, c.back.shape) == (np.int32, (len(c), columns))
        assert c.last.tolist() == c.back[:, -1].tolist()


@given(some_lists())
@settings(deadline=None, max_examples=100)
def test_a_tree_is_sorted_by_depth_and_a_root_is_its_own_parent(case):
    c = case.counted(None)
    depth = [len(key) - 1 for key in keys(c)]
    assert depth == sorted(depth)
    roots = [i for i, d in enumerate(depth) if d == 0]
    assert [i for i in range(len(c)) if c.parent[i] == i] == roots
    first = c.vocabulary_size
    expected = range(first, first + c.label_count) if case.labels else [0]
    assert c.last[roots].tolist() == list(expected)
    assert all(depth[p] == d - 1 for p, d in zip(c.parent.tolist(), depth, strict=True) if d)


@given(some_lists())
@settings(deadline=None, max_examples=100)
def test_depth_starts_delimit_the_depths_of_a_tree(case):
    c = case.counted(None)
    depth = np.array([len(key) - 1 for key in keys(c)])
    expected = [int((depth < d).sum()) for d in range(depth.max() + 1)]
    assert c.depth_starts.tolist() == [*expected, len(c)]


@given(some_lists(), WINDOWS)
@settings(deadline=None, max_examples=100)
def test_the_lookback_of_a_tree_is_the_suffix_of_each_prefix(case, window):
    c = case.counted(None)
    expected = []
    for origin, *ids in keys(c):
        end = ([0] * window + ids)[-window:]
        expected.append([origin, *end] if case.labels else end)
    back = c.lookback(window)
    assert back.dtype == np.int32
    assert back.tolist() == expected


@given(some_lists(), WINDOWS, WINDOWS)
@settings(deadline=None, max_examples=100)
def test_the_lookback_of_a_window_is_its_suffix_after_the_label(case, window, other):
    wide, narrow = max(window, other), min(window, other)
    c = case.counted(wide)
    label = 1 if case.labels else 0
    expected = [[*key[:label], *key[len(key) - narrow :]] for key in keys(c)]
    assert c.lookback(narrow).tolist() == expected


@given(some_lists(), LOOKBACK, st.data())
@settings(deadline=None, max_examples=200)
def test_selecting_lines_equals_counting_only_those_lines(case, window, data):
    which = data.draw(st.lists(st.integers(0, len(case.strings) - 1), max_size=12))
    which = np.array(which, np.int64)
    vocabulary = Vocabulary.of(case.lines)
    alone = Contexts.of(case.lines.select(which), vocabulary, window)
    assert_same(case.counted(window).lines(which), alone)


@given(some_lists(), WINDOWS)
@settings(deadline=None, max_examples=200)
def test_windows_of_a_tree_equal_windows_of_the_lines(case, window):
    assert_same(case.counted(None).windows(window), case.counted(window))


@given(some_lists(), WINDOWS, WINDOWS)
@settings(deadline=None, max_examples=200)
def test_narrower_windows_of_windows_equal_windows_of_the_lines(case, window, other):
    wide, narrow = max(window, other), min(window, other)
    assert_same(case.counted(wide).windows(narrow), case.counted(narrow))


@given(some_lists(), some_lists(), WINDOWS)
@settings(deadline=None, max_examples=200)
def test_merging_equals_counting_both_lists_at_once(first, second, window):
    n, m = len(first.strings), len(second.strings)
    labels = weights = None
    if first.labels or second.labels:
        labels = (first.labels or ["X"] * n) + (second.labels or ["X"] * m)
    if first.weights or second.weights:
        weights = (first.weights or [1.0] * n) + (second.weights or [1.0] * m)
    both = Given(first.strings + second.strings, labels, weights)
    vocabulary = Vocabulary.of(both.lines)
    head = Contexts.of(both.lines.select(np.arange(n)), vocabulary, window)
    tail = Contexts.of(both.lines.select(np.arange(n, n + m)), vocabulary, window)
    assert_same(head.merge(tail), both.counted(window))


@given(some_lists(), LOOKBACK)
@settings(deadline=None, max_examples=100)
def test_lines_can_be_reconstructed_from_the_table(case, window):
    expected, c = Paths.of(case.lines, Vocabulary.of(case.lines)), case.counted(window)
    assert c.next[c.edge].tolist() == expected.target.tolist()
    assert c.start.tolist() == expected.start.tolist()
    assert c.line_weight.tolist() == expected.weight.tolist()


@given(some_lists(20), LOOKBACK, st.integers(1, 12))
@settings(deadline=None, max_examples=200)
def test_blocks_cover_every_edge_and_their_counts_add_up(case, window, rows):
    c = case.counted(window)
    names, counts, covered = edges(c), np.zeros(len(c.row)), []
    for part, where in iter_blocks(c, rows):
        assert edges(part) == [names[e] for e in where]
        assert part.window == window
        assert len(set(where.tolist())) == len(where)
        counts[where] += part.count
        covered += where.tolist()
    assert sorted(set(covered)) == list(range(len(c.row)))
    assert counts.tolist() == c.count.tolist()


@given(some_lists(20), WINDOWS, st.integers(1, 12))
@settings(deadline=None, max_examples=100)
def test_blocks_of_windows_have_the_given_size_and_each_edge_once_in_order(case, window, rows):
    c = case.counted(window)
    parts = list(iter_blocks(c, rows))
    assert np.concatenate([where for _, where in parts]).tolist() == list(range(len(c.row)))
    assert [key for part, _ in parts for key in keys(part)] == keys(c)
    assert all(len(part) == rows for part, _ in parts[:-1])
    assert 0 < len(parts[-1][0]) <= rows


@given(some_lists(20), st.integers(1, 12))
@settings(deadline=None, max_examples=100)
def test_blocks_of_a_tree_are_trees_of_whole_lines(case, rows):
    c = case.counted(None)
    parts = [part for part, _ in iter_blocks(c, rows)]
    assert sorted(walk for part in parts for walk in walks(part)) == sorted(walks(c))
    longest = max(map(len, case.strings)) + 1
    assert all(len(part) <= 1.5 * rows + longest for part in parts)  # groups are rounded
    assert all(part.depth_starts[-1] == len(part) for part in parts)


def test_two_short_lines_give_the_expected_table():
    c = Given(["ab", "b"]).counted(2)
    assert c.back.tolist() == [[0, 0], [0, 1], [0, 2], [1, 2]]
    assert list(zip(c.row.tolist(), c.next.tolist(), c.count.tolist(), strict=True)) == [
        (0, 1, 1.0),
        (0, 2, 1.0),
        (1, 2, 1.0),
        (2, 0, 1.0),
        (3, 0, 1.0),
    ]
    assert c.edge.tolist() == [0, 2, 4, 1, 3]
    assert c.start.tolist() == [0, 3, 5]


def test_two_short_lines_give_the_expected_tree():
    c = Given(["ab", "ac"]).counted(None)
    assert c.last.tolist() == [0, 1, 2, 3]
    assert c.parent.tolist() == [0, 0, 1, 1]
    assert c.count.tolist() == [2.0, 1.0, 1.0, 1.0, 1.0]
    assert c.depth_starts.tolist() == [0, 1, 2, 4]


def test_labels_are_in_the_first_column_of_windows():
    c = Given(["ab", "b"], labels=["M", "F"]).counted(2)
    assert c.back.tolist() == [[3, 0, 0], [3, 0, 2], [4, 0, 0], [4, 0, 1], [4, 1, 2]]
    assert c.last.tolist() == [0, 2, 0, 1, 2]
    assert c.window == 2


def test_labels_are_the_roots_of_a_tree():
    c = Given(["ab", "b", "a"], labels=["M", "F", "M"]).counted(None)
    assert c.last.tolist() == [3, 4, 2, 1, 2]
    assert c.parent.tolist() == [0, 1, 0, 1, 3]
    assert c.depth_starts.tolist() == [0, 2, 4, 5]


def test_a_label_is_never_predicted():
    c = Given(["ab", "b"], labels=["M", "F"]).counted(None)
    assert c.next.max() < c.vocabulary_size


def test_one_line_of_one_character_is_counted():
    for window in (1, 3):
        c = Given(["a"]).counted(window)
        assert c.back.tolist() == [[0] * window, [0] * (window - 1) + [1]]
        assert (c.row.tolist(), c.next.tolist()) == ([0, 1], [1, 0])
    tree = Given(["a"]).counted(None)
    assert (tree.last.tolist(), tree.parent.tolist()) == ([0, 1], [0, 0])
    assert (tree.total, tree.depth_starts.tolist()) == (2.0, [0, 1, 2])


@pytest.mark.parametrize("window", [None, 1, 3])
def test_an_empty_list_gives_an_empty_table(window):
    c = Contexts.of(Lines.from_strings([]), Vocabulary("ab"), window)
    assert (len(c), len(c.row), c.total, c.start.tolist()) == (0, 0, 0.0, [0])
    assert [part.window for part, _ in iter_blocks(c, 5)] == [window]


@pytest.mark.parametrize("window", [None, 1, 3])
def test_a_blank_line_has_only_its_end(window):
    lines = Lines.from_strings(["", "a", ""], keep_blank=True)
    c = Contexts.of(lines, Vocabulary("ab"), window)
    assert c.start.tolist() == [0, 1, 3, 4]
    assert [[x for _, x in walk] for walk in walks(c)] == [[0], [1, 0], [0]]
    assert c.repeats[c.edge].tolist() == [2, 1, 1, 2]


def test_contexts_of_given_windows_have_no_lines():
    back = np.array([[0, 0], [0, 2], [0, 2]], np.int32)
    c = Contexts.of_windows(back, size=3, labels=0)
    assert (len(c), len(c.row), len(c.edge), c.window) == (3, 0, 0, 2)
    assert c.last.tolist() == [0, 2, 2]
    assert c.lookback(1).tolist() == [[0], [2], [2]]
    labelled = Contexts.of_windows(np.array([[3, 0, 1]], np.int32), size=3, labels=1)
    assert labelled.window == 2
    assert labelled.lookback(1).tolist() == [[3, 1]]


def test_a_line_of_a_thousand_characters_is_counted():
    case = Given(["ab" * 500, "ba"])
    tree = case.counted(None)
    assert len(tree) == 1 + 1000 + 2
    assert tree.depth_starts.tolist() == [0, 1, 3, 5, *range(6, 1004)]
    assert_same(tree.windows(3), case.counted(3))
    assert case.counted(3).total == 1001 + 3
    assert walks(tree.lines(np.array([1]))) == [[((0,), 2), ((0, 2), 1), ((0, 2, 1), 0)]]


@pytest.mark.parametrize("window", [None, 1, 2, 12])
def test_two_thousand_different_characters_are_counted(window):
    # 2,001 to the power of 12 exceeds 64 bits, so keys cannot be packed into one integer.
    kanji = [chr(0x4E00 + i) for i in range(2000)]
    case = Given(["".join(kanji[i : i + 20]) for i in range(0, 2000, 20)] * 2)
    c, expected = case.counted(window), count_slowly(case, window)
    assert c.vocabulary_size == 2001
    assert dict(zip(edges(c), c.count.tolist(), strict=True)) == expected.counts
    assert c.total == 2 * (2000 + 100)


def test_the_bundled_names_give_tables_of_known_sizes(us_names):
    train = us_names.select(split_lines(us_names, "lecture").train)
    tree = Contexts.of(train, Vocabulary.of(us_names), None)
    assert len(tree.line_weight) == 25_626
    assert tree.total == len(tree.edge) == 182_625
    assert len(tree) == 50_705
    assert len(tree.windows(3)) == 5_438
    assert len(tree.windows(4)) == 20_243
    assert_same(tree.windows(4), Contexts.of(train, Vocabulary.of(us_names), 4))


def test_an_unknown_character_is_rejected_with_its_line():
    lines = Lines.from_strings(["ab", "a", "ba\u00e9"])
    sentence = r"line 3: '\u00e9' is not in this model's vocabulary \(2 "
    with pytest.raises(DataError, match=sentence) as caught:
        Contexts.of(lines, Vocabulary("ab"), 3)
    assert caught.value.location == Location(line=3)


def test_an_unknown_label_is_rejected_with_its_line():
    lines = Lines.from_strings(["ab", "a", "b"], ["F", "X", "X"])
    sentence = r"^line 2: 'X' is not one of this model's labels \(F, M\): fit on a list that has it"
    with pytest.raises(DataError, match=sentence) as caught:
        Contexts.of(lines, Vocabulary("ab", ("F", "M")), None)
    assert caught.value.location == Location(line=2, column="label")


def test_a_list_without_labels_is_rejected_by_a_labelled_vocabulary():
    with pytest.raises(DataError, match=r"fitted with labels: give one for each line"):
        Contexts.of(Lines.from_strings(["ab"]), Vocabulary("ab", ("F",)), None)


def test_tables_of_different_windows_or_vocabularies_cannot_be_merged():
    c = Given(["ab"]).counted(2)
    for other in (Given(["ab"]).counted(3), Given(["ab"]).counted(None), Given(["abc"]).counted(2)):
        with pytest.raises(DataError, match=r"only contexts of the same vocabulary and window"):
            c.merge(other)
    tree = Given(["ab"]).counted(None)
    with pytest.raises(DataError, match=r"whole prefixes cannot be merged"):
        tree.merge(tree)
