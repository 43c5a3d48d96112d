import numpy as np
import pytest

from makemore import MakeMore
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference.vocabulary_adapter import TRANSLATION, VocabularyAdapter

# The model has the characters a, b and n; the wider vocabulary has a, b, c, n and é.
READS_AS = np.array([0, 1, 2, 2, 3, 1], np.int32)
IS_OWN = np.array([True, True, True, False, True, False])


@pytest.fixture(scope="module")
def model():
    return MakeMore("kneser_ney").fit(["anna", "ban", "nab", "abba"]).learned_.model


@pytest.fixture(scope="module")
def adapter(model):
    return VocabularyAdapter(model, READS_AS, IS_OWN, 6)


def contexts(lines):
    return Contexts.of(
        Lines.from_strings(lines), Vocabulary.of(Lines.from_strings(["abcné"])), window=5
    )


def test_an_unknown_character_is_impossible_and_read_as_its_substitute(model, adapter):
    own, _ = model.step(np.array([2], np.int32), model.start(1)[1])
    found, _ = adapter.step(np.array([3], np.int32), adapter.start(1)[1])
    np.testing.assert_array_equal(found[0, IS_OWN], own[0])
    assert np.isneginf(found[0, ~IS_OWN]).all()


def test_tensors_round_trip_in_the_format_of_the_file(model, adapter):
    tensors = adapter.tensors()
    assert tensors[TRANSLATION].dtype == np.int32
    assert tensors[TRANSLATION].tolist() == [0, 1, 2, -3, 3, -2]
    sizes = []

    def load(vocabulary_size, labels, rest):
        sizes.append((vocabulary_size, labels))
        assert TRANSLATION not in rest
        return model

    again = VocabularyAdapter.from_tensors(load, tensors, (6, 0))
    assert sizes == [(4, 0)]
    np.testing.assert_array_equal(again.id_map, READS_AS)
    np.testing.assert_array_equal(again.is_own, IS_OWN)


@pytest.mark.parametrize("ids", [[0, 1, 2], [0, 1, 2, -3, 9, -2], [0.0, 1, 2, -3, 3, -2]])
def test_mismatched_tensors_are_rejected(model, ids):
    translation = np.array(ids) if isinstance(ids[0], float) else np.array(ids, np.int32)
    with pytest.raises(ValueError, match="the id map of a member is invalid"):
        VocabularyAdapter.from_tensors(lambda *_: model, {TRANSLATION: translation}, (6, 0))


def test_extending_an_adapter_composes_the_maps(adapter):
    # z is read as c, which itself is read as b; the other ids shift by one.
    id_map = np.array([0, 3, 1, 2, 3, 4, 5], np.int32)
    is_own = np.array([True, False, True, True, True, True, True])
    further = adapter.extend(id_map, is_own, 7)
    assert further.id_map.tolist() == [0, 2, 1, 2, 2, 3, 1]
    assert further.is_own.tolist() == [True, False, True, True, False, True, False]


def test_own_keeps_the_lines_it_can_encode_in_its_own_ids(adapter):
    c = adapter.own_lines(contexts(["ban", "éna", "nac", "nab"]))
    assert len(c.line_weight) == 2
    assert set(c.next.tolist()) <= {0, 1, 2, 3}
    assert adapter.own_lines(contexts(["é", "cc"])) is None
    assert adapter.wide_ids.tolist() == [0, 1, 2, 4]


def test_the_automaton_has_the_log_probs_of_the_steps(adapter):
    automaton = adapter.automaton(2**20)
    log_probs, state = adapter.start(1)
    at = automaton.initial
    for i in (1, 3, 4, 5):
        np.testing.assert_array_equal(automaton.log_probs[at], log_probs[0])
        log_probs, state = adapter.step(np.array([i], np.int32), state)
        at = automaton.goto[at, i]
