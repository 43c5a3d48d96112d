import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore.contexts import summed_table
from makemore.contexts.block_counter import BlockCounter
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.split import split_by_digest
from makemore.corpus.vocabulary import Vocabulary

WORDS = st.lists(st.text("abcé中\U0001f600", min_size=1, max_size=6), min_size=1, max_size=60)


def tallied(blocks, window=2, test=0.2):
    counter = BlockCounter(window, test=test)
    for block in blocks:
        counter.add(block)
    return counter


def assert_equal(found, expected):
    """Check that two tables have the same counts, ignoring the lines."""
    assert (found.vocabulary_size, found.label_count) == (
        expected.vocabulary_size,
        expected.label_count,
    )
    for name in ("last", "back", "row", "next", "count", "repeats", "weight"):
        mine, its = getattr(found, name), getattr(expected, name)
        assert mine.dtype.kind == its.dtype.kind or name == "repeats", name
        assert mine.tolist() == its.tolist(), name


def assert_counts_the_same(counter, lines):
    vocabulary = Vocabulary.of(lines)
    assert counter.vocabulary().characters == vocabulary.characters
    assert counter.vocabulary().labels == vocabulary.labels
    taken = counter.take(vocabulary)
    for part, which in split_by_digest(lines, 0.1, 0.2)._asdict().items():
        assert counter.sizes[part] == len(which)
        if not len(which):
            assert part not in taken
        else:
            size, labels = len(vocabulary), len(vocabulary.labels)
            found = Contexts.of_sums(taken[part], size, labels)
            assert_equal(found, Contexts.of(lines.select(which), vocabulary, counter.window))
    assert counter.digests().tolist() == sorted(set(lines.digests.tolist()))
    assert str(counter.summary()) == str(lines.summary())
    assert counter.weight == lines.counts().sum()
    assert counter.max_length == lines.lengths().max()
    assert len(counter) == len(lines)


@given(WORDS, st.integers(1, 4), st.integers(1, 7))
@settings(deadline=None, max_examples=60)
def test_counting_block_by_block_equals_counting_at_once(words, window, size):
    blocks = [Lines.from_strings(words[at : at + size]) for at in range(0, len(words), size)]
    assert_counts_the_same(tallied(blocks, window), Lines.from_strings(words))


@given(WORDS, st.integers(1, 7), st.randoms(use_true_random=False))
@settings(deadline=None, max_examples=60)
def test_labels_and_weights_counted_block_by_block_equal_those_counted_at_once(words, size, rng):
    labels = [rng.choice(["F", "M", "é", "b"]) for _ in words]
    weights = [rng.choice([0, 1, 2.5, 7]) for _ in words]
    weights[0] = 1
    blocks = []
    for at in range(0, len(words), size):
        part = slice(at, at + size)
        blocks.append(Lines.from_strings(words[part], labels[part], weights[part]))
    lines = Lines.from_strings(words, labels, weights)
    counter = tallied(blocks)
    assert_counts_the_same(counter, lines)
    expected = [
        sum(w for w, name in zip(weights, labels, strict=True) if name == label)
        for label in lines.label_names
        if any(w and name == label for w, name in zip(weights, labels, strict=True))
    ]
    assert counter.label_weights().tolist() == pytest.approx(expected)


def test_blank_lines_and_empty_blocks_are_counted(us_names):
    blocks = [Lines.from_strings(["", "anna"]), Lines.from_strings([" "]), Lines.from_strings([])]
    counter = tallied(blocks)
    assert str(counter.summary()) == "3 lines read, 2 blank, 0 repeated, 1 kept, 4 characters"


def test_a_counter_without_blocks_is_empty():
    counter = tallied([])
    assert len(counter) == 0
    assert counter.take(counter.vocabulary()) == {}
    assert counter.digests().tolist() == []


def test_a_real_list_in_many_blocks_is_counted_as_at_once(us_names, monkeypatch):
    monkeypatch.setattr(summed_table, "_BUFFER", 10_000)
    strings = us_names.to_list()
    random.Random(3).shuffle(strings)
    blocks = [Lines.from_strings(strings[at : at + 500]) for at in range(0, len(strings), 500)]
    assert_counts_the_same(tallied(blocks, window=4), Lines.from_strings(strings))


def test_new_characters_widen_the_ids():
    texts = [chr(0x100 + i) * 3 for i in range(700)]
    blocks = [Lines.from_strings(texts[at : at + 50]) for at in range(0, 700, 50)]
    assert_counts_the_same(tallied(blocks, window=6), Lines.from_strings(texts))


def test_many_labels_are_counted():
    texts, labels = ["ab"] * 300, [f"label {i}" for i in range(300)]
    blocks = [
        Lines.from_strings(texts[at : at + 50], labels[at : at + 50]) for at in range(0, 300, 50)
    ]
    assert_counts_the_same(tallied(blocks), Lines.from_strings(texts, labels))
