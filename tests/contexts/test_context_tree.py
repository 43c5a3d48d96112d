from collections.abc import Iterable

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts.context_tree import SparseRows, SuffixTree

SIZE = 4
IDS = st.integers(0, SIZE - 1)


@st.composite
def some_histories(draw) -> tuple[np.ndarray, np.ndarray]:
    """(N, J) histories, the newest id first, and the number of ids of each that are used."""
    width = draw(st.integers(1, 5))
    row = st.tuples(st.lists(IDS, min_size=width, max_size=width), st.integers(0, width))
    rows = draw(st.lists(row, min_size=1, max_size=15))
    history = np.array([ids for ids, _ in rows], np.int32)
    return history, np.array([depth for _, depth in rows], np.int64)


def stored(history: np.ndarray, depth: np.ndarray) -> set[tuple[int, ...]]:
    """Every suffix of every history, including the empty one."""
    rows = zip(history.tolist(), depth.tolist(), strict=True)
    return {()} | {tuple(ids[:j]) for ids, deep in rows for j in range(deep + 1)}


def names(tree: SuffixTree) -> list[tuple[int, ...]]:
    """The suffix of each node, newest id first."""
    found: list[tuple[int, ...]] = [()]
    for node in range(1, len(tree)):
        found.append((*found[tree.parent[node]], int(tree.oldest[node])))
    return found


def longest(ids: Iterable[int], ends: set[tuple[int, ...]]) -> tuple[int, ...]:
    """The longest stored suffix of a history, by trying all of them."""
    ids = tuple(ids)
    return max((ids[:j] for j in range(len(ids) + 1) if ids[:j] in ends), key=len)


@given(some_histories())
@settings(deadline=None, max_examples=200)
def test_nodes_are_the_distinct_suffixes_of_the_histories(case):
    tree, _ = SuffixTree.of(*case, SIZE)
    found = names(tree)
    assert len(found) == len(set(found)) == len(tree)
    assert set(found) == stored(*case)


@given(some_histories())
@settings(deadline=None, max_examples=100)
def test_nodes_are_sorted_by_depth_and_keys_ascend(case):
    tree, _ = SuffixTree.of(*case, SIZE)
    depth = list(map(len, names(tree)))
    assert depth == sorted(depth) == tree.depth.tolist()
    assert tree.key.tolist() == sorted(set(tree.key.tolist()))
    expected = [sum(d < j for d in depth) for j in range(max(depth) + 2)]
    assert tree.level_starts.tolist() == expected


@given(some_histories())
@settings(deadline=None, max_examples=100)
def test_each_row_gets_its_node_at_every_depth(case):
    history, depth = case
    tree, nodes = SuffixTree.of(history, depth, SIZE)
    found = names(tree)
    assert len(nodes) == history.shape[1] + 1
    for j, at in enumerate(nodes):
        ends = zip(history.tolist(), depth.tolist(), strict=True)
        assert [found[i] for i in at.tolist()] == [tuple(ids[: min(j, d)]) for ids, d in ends]


@given(some_histories(), st.integers(1, 7), st.data())
@settings(deadline=None, max_examples=200)
def test_find_returns_the_longest_stored_suffix(case, width, data):
    tree, _ = SuffixTree.of(*case, SIZE)
    queries = data.draw(st.lists(st.lists(IDS, min_size=width, max_size=width), max_size=10))
    found = tree.find(np.array(queries, np.int32).reshape(-1, width))
    ends, each = stored(*case), names(tree)
    assert [each[i] for i in found.tolist()] == [longest(ids, ends) for ids in queries]


@given(some_histories())
@settings(deadline=None, max_examples=100)
def test_child_returns_the_node_one_id_deeper_or_zero(case):
    tree, _ = SuffixTree.of(*case, SIZE)
    each = names(tree)
    for x in range(SIZE):
        child = tree.child(np.arange(len(tree)), np.full(len(tree), x))
        expected = [each.index((*name, x)) if (*name, x) in each else 0 for name in each]
        assert child.tolist() == expected


def test_a_tree_of_depth_zero_is_a_root_only():
    tree, nodes = SuffixTree.of(np.zeros((3, 2), np.int32), np.zeros(3, np.int64), SIZE)
    assert (len(tree), tree.depth.tolist(), tree.level_starts.tolist()) == (1, [0], [0, 1])
    assert [at.tolist() for at in nodes] == [[0, 0, 0]] * 3
    assert tree.child(np.array([0]), np.array([1])).tolist() == [0]
    assert tree.find(np.array([[1, 2]], np.int32)).tolist() == [0]


def test_the_last_node_is_not_returned_for_a_larger_key():
    tree, _ = SuffixTree.of(np.array([[1, 1]], np.int32), np.array([2]), SIZE)
    assert tree.find(np.array([[1, 1, 3], [3, 3, 3]], np.int32)).tolist() == [2, 0]


def test_a_tree_is_rebuilt_from_its_keys_alone():
    history = np.array([[1, 2, 0], [1, 3, 0], [2, 1, 1]], np.int32)
    tree, _ = SuffixTree.of(history, np.array([3, 2, 3]), SIZE)
    again = SuffixTree(SIZE, tree.key)
    assert names(again) == names(tree)
    assert again.level_starts.tolist() == tree.level_starts.tolist()
    assert again.find(history).tolist() == tree.find(history).tolist()


@given(
    st.dictionaries(st.tuples(st.integers(0, 5), st.integers(0, 6)), st.integers(1, 99)),
    st.lists(st.integers(0, 5), max_size=8),
)
@settings(deadline=None, max_examples=100)
def test_dense_rows_hold_the_packed_values_and_zeros_elsewhere(entries, queries):
    ordered = sorted(entries)
    node, ids = np.array(ordered, np.int64).reshape(-1, 2).T
    value = np.array([entries[pair] / 4 for pair in ordered], np.float64)
    leaving = SparseRows.of(node, ids, value, node_count=6)
    rows = leaving.dense(np.array(queries, np.int64), width=7)
    expected = [[entries.get((i, x), 0) / 4 for x in range(7)] for i in queries]
    assert (rows.dtype, rows.shape) == (np.float32, (len(queries), 7))
    assert rows.tolist() == expected
    assert (leaving.next.dtype, leaving.value.dtype) == (np.int32, np.float32)


@given(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4), min_size=1, max_size=8))
def test_transitions_lead_to_the_longest_suffix_of_node_and_id(lines):
    """The histories are those of every prefix of some lines, as in a count model."""
    longest, width = 3, 4
    histories = {tuple([0, *line][: i + 1][-longest:]) for line in lines for i in range(len(line))}
    rows = np.zeros((len(histories), longest), np.int32)
    depth = np.zeros(len(histories), np.int64)
    for i, history in enumerate(sorted(histories)):
        depth[i] = len(history)
        rows[i, : len(history)] = history[::-1]
    tree, _ = SuffixTree.of(rows, depth, width)
    ends = {h[i:] for h in histories for i in range(len(h) + 1)}
    of_node = {0: ()}
    for node in range(1, len(tree)):
        of_node[node] = (int(tree.oldest[node]), *of_node[int(tree.parent[node])])
    assert set(of_node.values()) == ends
    goto = tree.transitions(width, longest)
    for node, history in of_node.items():
        for i in range(1, width):
            longer = (*history, i)[-longest:]
            while longer not in ends:
                longer = longer[1:]
            assert of_node[int(goto[node, i])] == longer
