import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from makemore.corpus.suffix_tree import SuffixTree


@given(st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=4), min_size=1, max_size=8))
def test_a_transition_is_the_longest_end_of_a_node_and_one_more_id(lines):
    """Histories of every prefix of some lines, as a count model has them."""
    longest, width = 3, 4
    histories = {
        tuple(([0] + line)[: i + 1][-longest:]) for line in lines for i in range(len(line))
    }
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
