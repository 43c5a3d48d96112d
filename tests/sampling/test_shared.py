"""Requests that share batches get the lines that they would get alone."""

import numpy as np
import pytest
from enumeration import assert_drawn_from, selected_probs

from makemore import GRUOptions, MakeMore
from makemore.options.verbs import SampleOptions
from makemore.sampling.line_filter import line_filter
from makemore.sampling.request import Source
from makemore.sampling.shared import Draws, SharedPlan, can_share, draw_together, plan_key

NAMES = ["anna", "hannah", "otto", "ben", "susanna", "johanna", "bob", "ada"]
LABELS = ["f", "f", "m", "m", "f", "f", "m", "f"]


@pytest.fixture(scope="module")
def counted():
    return MakeMore("kneser_ney").fit(NAMES, LABELS)


@pytest.fixture(scope="module")
def network():
    return MakeMore(GRUOptions(hidden=8), steps=5).fit(NAMES)


def draw(maker, wanted):
    """Draw several requests together, each a number of lines and its options."""
    source = Source.of(maker.learned_)
    shared = SharedPlan.of(source, wanted[0][1])
    requests = [
        Draws.of(shared, line_filter(source, each, frozenset()), each, each.seed, n)
        for n, each in wanted
    ]
    while waiting := [each for each in requests if not each.is_over]:
        draw_together(shared, waiting)
    return requests


@pytest.mark.parametrize("name", ["counted", "network"])
@pytest.mark.parametrize("common", [{}, {"prefix": "an", "temperature": 0.7}, {"max_length": 3}])
def test_requests_that_share_batches_get_the_lines_that_they_get_alone(name, common, request):
    maker = request.getfixturevalue(name)
    each = [
        (n, SampleOptions(seed=seed, **common, **own))
        for n, seed, own in [(20, 0, {}), (1, 5, {"new": True}), (700, 6, {}), (3, 0, {})]
    ]
    for found, (n, options) in zip(draw(maker, each), each, strict=True):
        assert found.is_complete
        assert found.lines == maker.sample(n, options=options)


def test_distinct_lines_are_those_of_the_request_alone_or_are_left_to_it(counted):
    options = SampleOptions(seed=3, distinct=True)
    few, many = draw(counted, [(5, options), (500, options.replace(seed=4))])
    assert few.is_complete
    assert few.lines == counted.sample(5, options=options)
    assert not many.is_complete
    assert len(many.lines) < 500


def test_a_request_that_finds_nothing_ends(counted):
    source, options = Source.of(counted.learned_), SampleOptions(prefix="anna", patience=300)
    shared = SharedPlan.of(source, options)
    select = line_filter(source, options, frozenset(["anna"]))
    nothing = Draws.of(shared, select, options, 0, 2)
    # A prefix of the list's longest line leaves few other lines than the excluded one.
    rounds = 0
    while not nothing.is_over and rounds < 50:
        draw_together(shared, [nothing])
        rounds += 1
    assert nothing.is_complete


def test_only_options_that_choose_among_lines_may_differ():
    same = [SampleOptions(), SampleOptions(seed=4, new=True), SampleOptions(distinct=True)]
    assert len({plan_key(options) for options in same}) == 1
    others = [SampleOptions(prefix="a"), SampleOptions(temperature=0.5), SampleOptions(label="f")]
    assert len({plan_key(options) for options in (*same, *others)}) == 4
    assert all(map(can_share, [*same, *others, SampleOptions(max_length=9)]))
    alone = [{"suffix": "a"}, {"new_by": 2}, {"temperature": 0}, {"length": 4}]
    assert not any(can_share(SampleOptions(**each)) for each in alone)


def test_a_count_model_with_labels_is_drawn_from_tables(counted):
    shared = SharedPlan.of(Source.of(counted.learned_), SampleOptions())
    assert shared.walk is not None
    assert shared.max_lines >= 256


def test_probabilities_in_a_shared_batch_agree(network):
    model = network.learned_.model
    _, state = model.start(64)
    ids = np.tile(np.arange(1, 9, dtype=np.int32), 8)
    together, _ = model.step(ids, state)
    alone = np.concatenate([model.step(ids[[i]], state[[i]])[0] for i in range(64)])
    np.testing.assert_allclose(np.exp(together), np.exp(alone), atol=1e-6)


@pytest.mark.parametrize("name", ["counted", "network"])
def test_lines_of_shared_batches_follow_the_distribution_of_the_model(name, request):
    maker = request.getfixturevalue(name)
    options = SampleOptions(max_length=2, temperature=1.3)
    probs, _ = selected_probs(Source.of(maker.learned_), options)
    wanted = [(30, options.replace(seed=seed)) for seed in range(100)]
    lines = [line for found in draw(maker, wanted) for line in found.lines]
    assert_drawn_from(probs, lines, 0.0)
