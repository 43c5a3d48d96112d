import numpy as np

from makemore.sampling.guided import Proposals


def test_a_proposal_at_a_dead_end_gets_zero_weight():
    proposals = Proposals(3)
    proposals.record(np.array([2, 0, 1]), np.log([0.5, 0.25, 0.5]))  # the second ends
    proposals.select(np.array([True, False, True]))
    proposals.select(np.array([True, False]))  # the third can draw nothing more
    proposals.record(np.array([0]), np.log([0.125]))
    assert proposals.ids(5).tolist() == [[2, 0, 0], [0, 0, 0], [1, 0, 1]]
    np.testing.assert_array_equal(proposals.log_weights, [*np.log([0.125, 0.25]), -np.inf])


def test_proposals_are_no_longer_than_the_longest_line_and_its_end():
    proposals = Proposals(2)
    proposals.record(np.array([1, 2]), np.zeros(2))
    proposals.record(np.array([0, 0]), np.zeros(2))
    assert proposals.ids(2).tolist() == [[1, 0], [2, 0]]
    assert proposals.ids(4).shape == (2, 3)
