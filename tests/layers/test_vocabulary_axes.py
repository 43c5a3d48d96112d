import numpy as np
import pytest

from makemore.layers.vocabulary_axes import Entries, VocabularyAxis, VocabularyChange, resize

# Characters 0, 1, 2 become 0, 2, 3 of five; labels 3, 4 become 6, 7 of four (5 to 8).
CHANGE = VocabularyChange(np.array([0, 2, 3, 6, 7]), characters=5, labels=4)


@pytest.mark.parametrize(
    "entries, places, count",
    [
        (Entries.CHARACTERS, [0, 2, 3], 5),
        (Entries.LABELS, [1, 2], 4),
        (Entries.IDS, [0, 2, 3, 6, 7], 9),
    ],
)
def test_a_change_maps_characters_and_labels_to_new_positions(entries, places, count):
    found, size = CHANGE.indices_of(entries)
    assert (found.tolist(), size) == (places, count)


def test_each_block_is_resized_separately():
    value = np.array([1.0, 2, 6, 10, 20, 60], np.float32)  # two blocks of three characters
    found = resize(value, (VocabularyAxis(0, Entries.CHARACTERS, blocks=2),), CHANGE)
    assert found.tolist() == [1, 3, 2, 6, 3, 10, 30, 20, 60, 30]
    assert found.dtype == np.float32


def test_only_the_given_axes_are_resized():
    value = np.arange(9.0).reshape(3, 3)
    along_rows = resize(value, (VocabularyAxis(0, Entries.CHARACTERS),), CHANGE)
    assert along_rows.shape == (5, 3)
    np.testing.assert_array_equal(along_rows[[0, 2, 3]], value)
    along_columns = resize(value, (VocabularyAxis(1, Entries.CHARACTERS),), CHANGE)
    assert along_columns.shape == (3, 5)
    np.testing.assert_array_equal(along_columns[:, [0, 2, 3]], value)
    np.testing.assert_array_equal(along_columns[:, 1], value.mean(axis=1))
    assert resize(value, (), CHANGE).tolist() == value.tolist()


def test_a_tensor_of_the_wrong_size_is_rejected():
    with pytest.raises(AssertionError, match="7 is not 2 times 3"):
        resize(np.zeros(7), (VocabularyAxis(0, Entries.CHARACTERS, blocks=2),), CHANGE)
