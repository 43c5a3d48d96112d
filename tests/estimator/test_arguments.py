"""Arguments as callers have them: scalars of NumPy, and None for a random seed."""

import numpy as np
import pytest

from makemore import MakeMore
from makemore.errors import OptionError
from makemore.options.verbs import SampleOptions

LINES = ["anna", "hannah", "otto", "susanna", "ida", "johanna"]


@pytest.fixture(scope="module")
def maker():
    return MakeMore("kneser_ney").fit(LINES)


@pytest.mark.parametrize("number", [np.int64, np.int32, np.uint8, np.int16])
def test_integers_of_numpy_are_integers(maker, number):
    assert maker.sample(number(3), length=number(4)) == maker.sample(3, length=4)
    assert maker.top(number(3)) == maker.top(3)
    assert SampleOptions(top_k=number(3)).top_k == 3
    assert type(SampleOptions(top_k=number(3)).top_k) is int


def test_floats_and_booleans_of_numpy_are_accepted(maker):
    expected = maker.sample(5, temperature=0.5, new=True, distinct=True)
    given = {"temperature": np.float32(0.5), "new": np.bool_(True), "distinct": np.True_}
    assert maker.sample(5, **given) == expected
    fitted = MakeMore("ngram", test=np.float64(0.2), random_state=np.int64(3)).fit(LINES * 9)
    assert fitted.learned_.report.seed == 3


@pytest.mark.parametrize("n", [True, 2.0, -1, "3", None, np.float64(2), 2**63])
def test_a_number_of_lines_that_is_not_whole_is_refused(maker, n):
    with pytest.raises(OptionError, match=r"n is .*: give a whole number"):
        maker.sample(n)
    with pytest.raises(OptionError, match=r"n is .*: give a whole number"):
        maker.top(n)


def test_without_a_random_state_every_fit_has_a_seed_of_its_own(tmp_path):
    maker = MakeMore("mlp", steps=1, random_state=None)
    assert maker.get_params()["random_state"] is None
    seeds = {maker.fit(LINES).learned_.report.seed for _ in range(3)}
    assert len(seeds) == 3
    maker.save(tmp_path / "model")
    assert MakeMore.load(tmp_path / "model").sample(2) == maker.sample(2)


def test_without_a_seed_every_sample_differs(maker):
    assert len({tuple(maker.sample(20, seed=None)) for _ in range(3)}) == 3
    assert maker.sample(20) == maker.sample(20)
