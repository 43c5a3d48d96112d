"""Sequences of any kind are read by position; an error names the position of a missing value."""

import math

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest

from makemore import MakeMore
from makemore.corpus.lines import Lines
from makemore.errors import DataError

NAMES, LABELS, WEIGHTS = ["anna", "otto", "ida"], ["F", "M", "F"], [1.0, 2.0, 3.0]

KINDS = {
    "list": list,
    "tuple": tuple,
    "generator": lambda values: (value for value in values),
    "numpy": np.array,
    "numpy of objects": lambda values: np.array(values, object),
    "pandas": pd.Series,
    "pandas with another index": lambda values: pd.Series(values, index=range(len(values))[::-1]),
    "pandas with far index": lambda values: pd.Series(values, index=range(5, 5 + len(values))),
    "pandas categorical": pd.Categorical,
    "pandas index": pd.Index,
    "polars": pl.Series,
    "arrow": pa.array,
    "arrow in chunks": lambda values: pa.chunked_array([values[:1], values[1:]]),
    "dictionary values": lambda values: dict(enumerate(values)).values(),
}


@pytest.fixture(scope="module")
def maker():
    return MakeMore("kneser_ney").fit(NAMES, LABELS)


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_lines_labels_and_weights_of_any_kind_are_read_by_position(kind):
    lines = Lines.from_strings(kind(NAMES), kind(LABELS), kind(WEIGHTS))
    assert lines.to_list() == NAMES
    assert lines.label_list() == LABELS
    assert lines.weights.tolist() == WEIGHTS


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_public_method_reads_any_kind_by_position(kind, maker):
    assert MakeMore("kneser_ney").fit(kind(NAMES), kind(LABELS), kind(WEIGHTS)).sample(
        5
    ) == MakeMore("kneser_ney").fit(NAMES, LABELS, WEIGHTS).sample(5)
    assert maker.score(kind(NAMES), kind(LABELS)) == maker.score(NAMES, LABELS)
    for method, labelled in (
        (maker.score_samples, True),
        (maker.score_characters, True),
        (maker.predict_proba, False),
        (maker.is_seen, False),
        (maker.rank, False),
    ):
        for lines, labels in ((NAMES, LABELS), (["  ", "otto", "ida"], LABELS)):
            got = method(kind(lines), *([kind(labels)] if labelled else []))
            expected = method(lines, *([labels] if labelled else []))
            assert str(got) == str(expected)
    blend = MakeMore.blend([maker, maker], kind([1.0, 3.0]))
    assert blend.learned_.model.weights.tolist() == pytest.approx([0.25, 0.75])
    assert "anna" not in maker.sample(20, exclude=kind(NAMES))


MISSING = {
    "None": (list, None),
    "NaN": (list, math.nan),
    "NaN of NumPy": (list, np.float32("nan")),
    "pandas.NA": (list, pd.NA),
    "NaT": (list, pd.NaT),
    "missing in a Series": (lambda v: pd.Series(v, dtype="string"), None),
    "missing in a categorical": (pd.Categorical, None),
    "missing in polars": (pl.Series, None),
    "missing in arrow": (pa.array, None),
    "masked": (lambda v: np.ma.array(["F", "M"], mask=[False, True]), "M"),
}


@pytest.mark.parametrize("kind, value", MISSING.values(), ids=MISSING)
def test_a_missing_label_is_refused_with_its_position(kind, value, maker):
    labels = kind(["F", value])
    for call in (
        lambda: MakeMore("kneser_ney").fit(["anna", "otto"], labels),
        lambda: maker.score_samples(["anna", "otto"], labels),
        lambda: maker.score(["anna", "otto"], labels),
        lambda: maker.evaluate(["anna", "otto"], labels),
    ):
        with pytest.raises(DataError, match=r"line 2: the label is missing"):
            call()


@pytest.mark.parametrize("value", [None, math.nan, pd.NA, pd.NaT], ids=str)
def test_a_missing_line_or_weight_is_refused_with_its_position(value):
    with pytest.raises(DataError, match=r"line 2: the line is missing"):
        Lines.from_strings(["anna", value])
    with pytest.raises(DataError, match=r"line 2: the weight is missing"):
        Lines.from_strings(["anna", "otto"], weights=[1, value])


@pytest.mark.parametrize("noun", ["labels", "weights"])
@pytest.mark.parametrize("count", [0, 1, 3])
def test_labels_and_weights_of_the_wrong_number_are_refused(noun, count):
    for kind in (list, iter, pd.Series):
        with pytest.raises(DataError, match=f"got {count} {noun} for 2 lines"):
            Lines.from_strings(["anna", "otto"], **{noun: kind([1] * count)})


@pytest.mark.parametrize(
    "values, problem",
    [
        ("FM", "got one string"),
        (b"FM", "got one bytes object"),
        ({"F": 1, "M": 2}, "got a dict"),
        (frozenset({"F"}), "a set, which has no order"),
        (np.array([["F", "M"]]), "2 dimensions"),
        (pd.DataFrame({"sex": ["F", "M"]}), "2 dimensions"),
        (np.array("F"), "0 dimensions"),
        (3, "got a int"),
        ([b"F", b"M"], "bytes"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_labels_that_are_no_sequence_of_one_dimension_are_refused(values, problem):
    with pytest.raises(DataError, match=problem):
        Lines.from_strings(["anna", "otto"], values)


@pytest.mark.parametrize(
    "values, problem",
    [
        ("anna", "got one string"),
        ({"anna": 3, "otto": 1}, "got a dict"),
        (pd.DataFrame({"name": ["anna"]}), "2 dimensions"),
        (pa.table({"name": ["anna"]}), "2 dimensions"),
        (pl.DataFrame({"name": ["anna"]}), "2 dimensions"),
    ],
    ids=lambda v: type(v).__name__,
)
def test_lines_in_a_string_mapping_or_table_are_refused(values, problem):
    with pytest.raises(DataError, match=problem):
        Lines.from_strings(values)


def test_lines_of_a_set_are_read_in_sorted_order():
    assert Lines.from_strings({"otto", "anna", "ida"}).to_list() == ["anna", "ida", "otto"]


@pytest.mark.parametrize("weight", ["1_000", "1e", "", "0x10", "\uff11_0"])
def test_a_weight_that_is_not_a_plain_number_is_refused(weight):
    with pytest.raises(DataError, match="is not a number of 0 or more"):
        Lines.from_strings(["anna", "otto"], weights=["1", weight])


@pytest.mark.parametrize("label", ["e\u0301", " \u00e9 ", "\u00e9"])
def test_a_label_is_found_in_any_normal_form_and_with_spaces(label):
    maker = MakeMore("kneser_ney").fit(["anna", "otto"], ["\u00e9", "M"])
    assert maker.sample(3, label=label) == maker.sample(3, label="\u00e9")
    assert maker.score_samples(["anna"], [label]) == maker.score_samples(["anna"], ["\u00e9"])
