import numpy as np
import pytest

from makemore.inference.automaton import NOWHERE, product


@pytest.fixture
def tables():
    """Two transition tables over three ids, with missing transitions."""
    rng = np.random.default_rng(0)
    left, right = (rng.integers(-1, n, (n, 4)).astype(np.int32) for n in (7, 5))
    return left, right


def test_a_product_state_follows_both_of_its_states(tables):
    left, right = tables
    both = product(left, right, (2, 1), max_pairs=100)
    rng = np.random.default_rng(1)
    assert (both.left[0], both.right[0]) == (2, 1)
    for _ in range(200):
        pair, a, b = 0, 2, 1
        for i in rng.integers(1, 4, 6):
            pair, a, b = both.goto[pair, i], left[a, i], right[b, i]
            if a == NOWHERE or b == NOWHERE:
                assert pair == NOWHERE
                break
            assert (both.left[pair], both.right[pair]) == (a, b)


def test_product_states_are_the_reachable_pairs_up_to_a_limit(tables):
    left, right = tables
    both = product(left, right, (2, 1), max_pairs=100)
    pairs = set(zip(both.left.tolist(), both.right.tolist(), strict=True))
    assert len(pairs) == len(both.left) < 35
    reached = both.goto[both.goto != NOWHERE]
    assert set(reached.tolist()) | {0} == set(range(len(pairs)))
    assert product(left, right, (2, 1), max_pairs=len(pairs)) is not None
    assert product(left, right, (2, 1), max_pairs=len(pairs) - 1) is None


def test_the_boundary_has_no_transition(tables):
    both = product(*tables, (2, 1), max_pairs=100)
    assert (both.goto[:, 0] == NOWHERE).all()
