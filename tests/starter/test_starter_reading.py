import numpy as np

from makemore import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.array_lstm import ArrayLSTM
from makemore.starter.reading import Encoded, read_list
from makemore.starter.stored import Starter

LINES = Lines.from_strings(["ab", "b", "abba"], weights=[1, 1, 4])
VOCABULARY = Vocabulary("ab")


def test_a_batch_has_what_is_read_and_what_follows():
    ids, following, weight = Encoded.of(LINES, VOCABULARY).batch(np.array([2, 1]))
    assert ids.T.tolist() == [[0, 1, 2, 2, 1], [0, 2, 0, 0, 0]]
    assert following.T.tolist() == [[1, 2, 2, 1, 0], [2, 0, 0, 0, 0]]
    assert weight.T.tolist() == [[2.0] * 5, [0.5, 0.5, 0, 0, 0]]


def test_a_line_starts_with_its_label():
    lines = Lines.from_strings(["ab", "b"], labels=["M", "F"])
    vocabulary = Vocabulary.of(lines)
    ids, _, _ = Encoded.of(lines, vocabulary).batch(np.array([0, 1]))
    assert ids[0].tolist() == [vocabulary.label_id("M"), vocabulary.label_id("F")]


def test_chains_hold_whole_lines_between_boundaries():
    chains = Encoded.of(LINES, VOCABULARY).chains(seed=3)
    assert chains.shape == (10, 8)
    for chain in chains.T.tolist():
        parts = "".join(map(str, chain)).split("0")[1:]
        assert sorted(parts) == ["12", "1221", "2"]
    assert len({tuple(chain) for chain in chains.T.tolist()}) > 1


def test_a_long_list_is_read_in_part():
    lines = Lines.from_strings(["ab"] * 500)
    assert Encoded.of(lines, VOCABULARY).chains(seed=0).shape == (180, 8)


def test_reading_makes_lines_like_those_read_more_likely():
    starter = Starter.load()
    cities = Lines.from_strings(["Berlin", "Hamburg", "Dresden", "Bremen", "Essen", "Leipzig"])
    codes = Lines.from_strings(["AB-12", "XK-99", "QQ-07", "ZT-45", "LM-31", "RR-18"])
    vocabulary = Vocabulary.of(Lines.concatenate([cities, codes]))
    first = starter.vocabulary.characters
    assert set(vocabulary.characters) <= set(first)
    readers = [
        read_list(starter, vocabulary, Encoded.of(each, vocabulary), seed=0)
        for each in (cities, codes)
    ]

    def loss(reader: ArrayLSTM, text: str) -> float:
        ids = Encoded.of(Lines.from_strings([text]), vocabulary).ids
        log_probs, state = reader.start(1)
        total = 0.0
        for character in ids[1:].astype(np.int32):
            total -= log_probs[0, character]
            log_probs, state = reader.step(character[None], state)
        return total

    assert loss(readers[0], "Bergen") < loss(readers[1], "Bergen") - 1
    assert loss(readers[1], "AB-99") < loss(readers[0], "AB-99") - 1


def test_reading_is_repeatable():
    starter, lines = Starter.load(), Encoded.of(LINES, VOCABULARY)
    one, two, other = (read_list(starter, VOCABULARY, lines, seed).tensors() for seed in (1, 1, 2))
    np.testing.assert_array_equal(one["initial"], two["initial"])
    assert (one["initial"] != other["initial"]).any()
