import numpy as np
import pytest
from random_models import randomised

from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.models.array_lstm import ArrayLSTM
from makemore.models.lstm import LSTM
from makemore.options.families import LSTMOptions

LINES = Lines.from_strings(["anna", "hannah", "ann", "hb"], labels=["F", "F", "M", "M"])


@pytest.fixture(params=[(False, 0), (True, 0), (True, 2)])
def twins(request):
    """The same network in torch and in NumPy, and the contexts of the lines."""
    has_learned_state, labels = request.param
    lines = LINES if labels else LINES.without_labels()
    vocabulary = Vocabulary.of(lines)
    options = LSTMOptions(embedding=4, hidden=6, learned_state=has_learned_state)
    network = randomised(LSTM(options, len(vocabulary), labels))
    contexts = Contexts.of(lines, vocabulary, None)
    return network, ArrayLSTM(network.tensors(), labels), contexts


def test_it_predicts_what_the_network_of_torch_predicts(twins):
    network, in_arrays, c = twins
    np.testing.assert_allclose(in_arrays.log_probs(c), network.log_probs(c), atol=1e-5)


def test_its_steps_are_those_of_the_network_of_torch(twins):
    network, in_arrays, c = twins
    label = c.vocabulary_size + 1 if c.label_count else None
    (expected, state), (found, own_state) = (m.start(3, label) for m in (network, in_arrays))
    np.testing.assert_allclose(found, expected, atol=1e-5)
    ids = np.array([1, 2, 3], np.int32)
    for _ in range(3):
        (expected, state), (found, own_state) = (
            network.step(ids, state),
            in_arrays.step(ids, own_state),
        )
        np.testing.assert_allclose(found, expected, atol=1e-5)
        np.testing.assert_allclose(own_state, state, atol=1e-5)


def test_reading_ids_equals_single_steps(twins):
    _, in_arrays, _ = twins
    ids = np.array([[0, 0], [1, 3], [2, 1], [0, 0]])
    state = in_arrays.first_state(2)
    for row in ids:
        _, state = in_arrays.step(row.astype(np.int32), state)
    np.testing.assert_allclose(in_arrays.read(ids, in_arrays.first_state(2)), state, atol=1e-6)


def test_a_label_is_needed_exactly_if_there_are_labels(twins):
    _, in_arrays, c = twins
    with pytest.raises(AssertionError, match="a label"):
        in_arrays.start(1, None if c.label_count else 0)
