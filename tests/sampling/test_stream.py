from functools import partial
from itertools import islice

import numpy as np
import pytest

from makemore import MakeMore
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines, line_digests
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import ConstraintError, OptionError
from makemore.models.kneser_ney import KneserNey
from makemore.options.families import KneserNeyOptions
from makemore.options.verbs import SampleOptions
from makemore.sampling import strategies, stream
from makemore.sampling.request import Source, build_request
from makemore.sampling.stream import Stream, _search_lines


def source_of(texts, labels=None, window=3):
    lines = Lines.from_strings(texts, labels)
    vocabulary = Vocabulary.of(lines)
    model = KneserNey(KneserNeyOptions(window=window), len(vocabulary), len(vocabulary.labels))
    model.count(Contexts.of(lines, vocabulary, window))
    shares = np.zeros(0)
    if lines.labels is not None:
        shares = np.bincount(lines.labels) / len(lines)
    known = np.unique(line_digests(lines.to_bytes()))
    return Source(model, vocabulary, int(lines.lengths().max()), shares, partial(np.asarray, known))


@pytest.fixture(scope="module")
def source():
    return source_of(["anna", "hannah", "johanna", "ben", "benno", "susanna", "otto", "new york"])


@pytest.fixture(scope="module")
def labelled():
    return source_of(["anna", "hannah", "bob", "ben", "otto"], ["F", "F", "M", "M", "M"])


def take(source, n, ahead=None, exclude=(), **options):
    found = Stream(source, SampleOptions(**options), frozenset(exclude), ahead or n)
    return list(islice(found, n))


def test_the_first_ten_lines_are_the_same_if_twenty_are_requested(source):
    assert take(source, 10) == take(source, 20)[:10]
    assert (
        take(source, 10, new=True, distinct=True) == take(source, 20, new=True, distinct=True)[:10]
    )


@pytest.mark.parametrize("patience", [1, 5, 40, 300])
def test_patience_runs_out_at_the_same_draw_for_any_number_requested(source, patience):
    constraints = {"pattern": "[ano]+", "new": True, "patience": patience}
    most = take(source, 2000, ahead=2000, **constraints)
    for n in (1, 3, 20, 500):
        assert take(source, n, ahead=n, **constraints) == most[:n]


@pytest.mark.parametrize("window", [2, None])
def test_a_network_draws_the_same_batches_for_any_number_requested(window, monkeypatch):
    from makemore import GRUOptions, MakeMore, MLPOptions

    options = GRUOptions(hidden=8) if window is None else MLPOptions(window=window, hidden=8)
    maker = MakeMore(options, steps=2).fit(["anna", "ben", "otto", "hannah"])
    monkeypatch.setattr(strategies, "_MIN_TABLE_LINES", 3000)
    bounds = []
    for ahead in (1, 100, 50_000):
        found = []
        plan = strategies.plan_unconstrained(
            build_request(Source.of(maker.learned_), SampleOptions()), ahead
        )
        recorded = plan._replace(draw=lambda uniforms, f=found, p=plan: noted(f, p, uniforms))
        monkeypatch.setattr(stream, "plan_unconstrained", lambda request, ahead, r=recorded: r)
        lines = take(Source.of(maker.learned_), 6000, ahead=ahead)
        bounds.append((sorted(found)[:4], lines))  # some more batches may be drawn ahead
    assert bounds[0] == bounds[1] == bounds[2]
    assert bounds[0][0][:3] == [(0, 256), (256, 1280), (1280, 5376)]


def noted(found, plan, uniforms):
    found.append((uniforms.low, uniforms.high))
    return plan.draw(uniforms)


def test_threads_draw_no_batch_that_is_not_needed(monkeypatch):
    monkeypatch.setattr("makemore.parallel.available_processors", lambda: 4)
    started = []

    def bounds():
        for each in stream._batch_bounds(100, 400):
            started.append(each)
            yield each

    batches = stream._draw_concurrently(lambda each: each, bounds(), needed=1000)
    needed = [(0, 100), (100, 500), (500, 900), (900, 1300)]
    assert list(islice(batches, 4)) == started == needed
    assert next(batches) == (1300, 1700)  # the caller asked for more


@pytest.mark.parametrize("ahead", [1, 100, 4096, 20_000, 100_000])
def test_lines_do_not_depend_on_the_number_drawn_at_once(source, ahead):
    assert take(source, 9000, ahead=ahead) == take(source, 9000)


def test_distinct_lines_do_not_depend_on_the_number_requested(source, monkeypatch):
    monkeypatch.setattr(strategies, "_MIN_TABLE_LINES", 3000)
    monkeypatch.setattr(stream, "_STEPWISE_LIMITS", (1, 2**14))
    few, many = (
        take(source, 2000, distinct=True, ahead=ahead, max_length=4) for ahead in (100, 9000)
    )
    assert few == many


def test_another_seed_gives_other_lines(source):
    assert take(source, 20, seed=1) != take(source, 20, seed=2)


def test_every_line_starts_with_the_prefix(source):
    lines = take(source, 200, prefix="ha")
    assert len(set(lines)) > 10
    assert all(line.startswith("ha") for line in lines)


def test_a_prefix_conditions_the_distribution(source):
    """Lines with a prefix follow the model's distribution conditioned on the prefix."""
    free = [line for line in take(source, 60_000, ahead=4096) if line.startswith("an")]
    given = take(source, len(free), prefix="an")
    for line in ("anna", "ann", "an"):
        share = free.count(line) / len(free)
        spread = 4 * np.sqrt(2 * share * (1 - share) / len(free)) + 1e-9
        assert abs(given.count(line) / len(given) - share) < spread


@pytest.mark.parametrize("shape", [{}, {"temperature": 0.5}, {"top_k": 2}])
def test_a_prefix_conditions_on_labels_as_a_pattern_does(shape):
    source = source_of(["ann", "anna", "ana", "ben", "abe"], ["F", "F", "F", "M", "M"], window=2)
    by_prefix, by_pattern = (
        take(source, 4000, max_length=4, **constraints, **shape)
        for constraints in ({"prefix": "a"}, {"pattern": "a.*"})
    )
    for line in ("ann", "anna", "abe"):
        shares = [lines.count(line) / 4000 for lines in (by_prefix, by_pattern)]
        assert shares[0] == pytest.approx(shares[1], abs=0.05), line


def test_a_prefix_excluded_by_top_k_still_conditions_on_labels():
    source = source_of(
        ["ann"] * 4 + ["xann"] * 4 + ["abe", "xabe"], ["F"] * 8 + ["M"] * 2, window=2
    )
    lines = take(source, 2000, prefix="abe", max_length=6, top_k=1)
    assert lines.count("abe") > 1900  # under the label F, n is the most probable next character


def test_no_line_exceeds_max_length_and_none_is_truncated(source):
    short = take(source, 500, max_length=4)
    assert max(map(len, short)) == 4
    free = take(source, 20_000)
    share = np.mean([line == "anna" for line in free if len(line) <= 4])
    assert np.mean([line == "anna" for line in short]) == pytest.approx(share, abs=0.09)


def test_the_default_max_length_is_the_longest_line(source):
    assert max(map(len, take(source, 5000))) == 8


def test_a_prefix_as_long_as_the_longest_line_can_be_completed(source):
    lines = take(source, 50, prefix="susannahan")
    assert len(lines) == 50
    assert len(set(lines)) > 1


def test_new_lines_are_not_in_the_list(source):
    lines = take(source, 300, new=True)
    assert len(lines) == 300
    assert not set(lines) & {"anna", "hannah", "johanna", "ben", "benno", "susanna", "otto"}
    assert "anna" in take(source, 300)


def test_distinct_lines_end_when_exhausted():
    tiny = source_of(["a", "b"], window=1)
    lines = take(tiny, 50, distinct=True, patience=5000)
    assert sorted(lines) == ["a", "b"]  # no line is longer than the longest line of the list


def test_remaining_distinct_lines_are_searched_for_after_many_repeats(source):
    lines = take(source, 10_000, distinct=True, only="an", max_length=8, patience=600)
    assert (
        len(lines) == len(set(lines)) == 2**9 - 2
    )  # drawing on would find few of them within 600 draws


def test_searched_lines_weight_labels_by_the_mass_they_allow(labelled):
    constraints = {"only": "ben", "max_length": 3, "distinct": True}
    firsts = []
    for seed in range(500):
        options = SampleOptions(**constraints, seed=seed)
        firsts.append(next(_search_lines(build_request(labelled, options), options))[0])
    drawn = take(labelled, 20_000, only="ben", max_length=3)
    for line in set(drawn):
        share = drawn.count(line) / len(drawn)
        spread = np.sqrt(share * (1 - share) / len(firsts))
        assert abs(firsts.count(line) / len(firsts) - share) < 4.5 * spread + 0.005


def test_excluded_lines_are_never_drawn(source):
    assert "anna" not in take(source, 500, exclude=["anna", "ben"])
    assert "ben" not in take(source, 500, exclude=["anna", "ben"], distinct=True)


def test_no_line_is_blank_or_has_a_space_at_either_end():
    spaced = source_of(["a b", "b a", "a", "b"], window=1)
    lines = take(spaced, 3000)
    assert any(" " in line for line in lines)
    assert all(line and line == line.strip() for line in lines)


def test_lines_are_drawn_under_the_given_label(labelled):
    women, men = (take(labelled, 400, label=label) for label in ("F", "M"))
    assert sum(line.startswith("b") for line in men) > sum(line.startswith("b") for line in women)


def test_without_a_label_labels_are_drawn_with_the_shares_of_the_list(labelled):
    def share(lines):
        return sum(line.startswith("h") for line in lines) / len(lines)

    n = 8000
    women, men = (share(take(labelled, n, label=label)) for label in ("F", "M"))
    assert share(take(labelled, n)) == pytest.approx(0.4 * women + 0.6 * men, abs=0.03)
    assert take(labelled, 10) == take(labelled, 5000)[:10]


def test_unsatisfiable_requests_are_rejected(source, labelled):
    with pytest.raises(ConstraintError, match="the prefix contains 'é', which is not in"):
        take(source, 1, prefix="é")
    with pytest.raises(ConstraintError, match="no line of at most 2 characters starts with 'anna'"):
        take(source, 1, prefix="anna", max_length=2)
    with pytest.raises(ConstraintError, match="starts with a space"):
        take(source, 1, prefix=" a")
    with pytest.raises(OptionError, match=r"label 'X' is not one of this model's labels \(F, M\)"):
        take(labelled, 1, label="X")
    with pytest.raises(OptionError, match="fitted on a list without labels"):
        take(source, 1, label="F")


def test_a_stream_is_endless(source):
    lines = list(islice(Stream(source, SampleOptions()), 30_000))
    assert len(lines) == 30_000


def test_very_few_allowed_lines_are_scored_before_any_is_drawn(monkeypatch):
    maker = MakeMore("gru", steps=2).fit(["anna", "otto", "ida"])
    monkeypatch.setattr(strategies, "_plan_rejection", lambda *_: pytest.fail("lines were drawn"))
    found = maker.stream(pattern="anna|otto|adi")
    assert found.method == "exact, enumeration: all 3 allowed lines are scored"
    assert set(islice(found, 200)) <= {"anna", "otto", "adi"}
