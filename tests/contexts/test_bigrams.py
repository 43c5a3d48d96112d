from collections import Counter

import numpy as np
import pytest

from makemore import KneserNeyOptions, Lines, MakeMore, NgramOptions
from makemore.contexts.bigrams import bigrams
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary

LINES = ["anna", "hannah", "ben", "otto", "anna"]
LABELS = ["F", "F", "M", "M", "F"]


def counted_by_hand(lines):
    found = Counter()
    for line in lines:
        found.update(zip(f".{line}", f"{line}.", strict=True))
    names = [".", *sorted(set("".join(lines)))]
    return [[found[a, b] for b in names] for a in names]


@pytest.mark.parametrize("window", [None, 1, 4])
@pytest.mark.parametrize("labels", [None, LABELS])
def test_contexts_of_any_window_have_the_same_bigram_counts(window, labels):
    lines = Lines.from_strings(LINES, labels)
    c = Contexts.of(lines, Vocabulary.of(lines), window)
    np.testing.assert_array_equal(bigrams(c), counted_by_hand(LINES))


@pytest.mark.parametrize("options", [NgramOptions(window=2), KneserNeyOptions(window=3)])
@pytest.mark.parametrize("labels", [None, LABELS])
def test_count_models_keep_the_bigram_counts(options, labels):
    model = MakeMore(options).fit(LINES, labels).learned_.model
    np.testing.assert_array_equal(bigrams(model.to_contexts()), counted_by_hand(LINES))


def test_bigram_counts_of_the_bundled_names_match_the_lectures(us_names):
    c = Contexts.of(us_names, Vocabulary.of(us_names), 1)
    table = bigrams(c)
    assert table.sum() == 228_146
    assert (table[17, 21], table[17].sum()) == (206, 272)  # q to u
