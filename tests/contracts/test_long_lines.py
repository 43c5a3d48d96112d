"""Lines of a thousand characters and more can be fitted, scored and sampled."""

import resource

import numpy as np
import pytest

from makemore import GRUOptions, KneserNeyOptions, MakeMore, NgramOptions, TransformerOptions

LENGTHS = (1_000, 5_000, 20_000)
FAMILIES = {
    "ngram": NgramOptions(window=3),
    "kneser_ney": KneserNeyOptions(window=5),
    "gru": GRUOptions(embedding=4, hidden=8),
    "transformer": TransformerOptions(layers=1, embedding=4, heads=2),
}


def long_lines(longest: int) -> list[str]:
    """Return deterministic lines of up to the given length."""
    rng = np.random.default_rng(0)
    lengths = [length for length in LENGTHS if length <= longest]
    return ["".join(rng.choice(list("abc d"), length)).strip() + "e" for length in lengths]


@pytest.mark.parametrize("name", FAMILIES)
def test_long_lines_can_be_fitted_scored_and_sampled(name):
    lines = long_lines({"transformer": 1_000, "gru": 5_000}.get(name, 20_000))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    maker = MakeMore(FAMILIES[name], steps=2).fit(lines)
    assert np.isfinite(maker.score_samples(lines)).all()
    samples = maker.sample(3, max_length=20_000, seed=1)
    assert all(0 < len(line) <= 20_000 for line in samples)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 1_500_000  # kilobytes


def test_lines_of_ten_thousand_characters_can_be_sampled():
    maker = MakeMore(FAMILIES["ngram"]).fit(long_lines(1_000))
    (line,) = maker.sample(1, suffix="ae", min_length=9_000, max_length=10_000)
    assert line.endswith("ae")
    assert 9_000 <= len(line) <= 10_000
