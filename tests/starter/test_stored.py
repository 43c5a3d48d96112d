import numpy as np
import pytest

from makemore import Lines, MakeMore
from makemore.corpus.vocabulary import Vocabulary
from makemore.inference.likelihood import log_softmax
from makemore.models.array_lstm import ArrayLSTM
from makemore.starter.stored import Starter


@pytest.fixture(scope="module")
def starter():
    return Starter.load()


def test_it_is_an_ordinary_model_file_of_at_most_three_megabytes():
    from importlib.resources import as_file, files

    with as_file(files("makemore").joinpath("data/starter.model")) as path:
        assert path.stat().st_size <= 3_000_000
        maker = MakeMore.load(path)
    assert len(maker.sample(3, max_length=20)) == 3
    assert maker.learned_.digests is None


def test_it_knows_many_scripts_and_no_rare_ones(starter):
    for line in ("Zürich", "Ελένη", "Москва", "אברהם", "محمد"):
        assert starter.knows(Lines.from_strings([line])), line
    assert not starter.knows(Lines.from_strings(["𓂀𓃠", "𓅓𓆓"]))
    assert starter.knows(Lines.from_strings(["abcdefgh𓂀"]))
    assert not starter.knows(Lines.from_strings(["abc𓂀"]))


def test_over_fewer_characters_the_proportions_are_the_same(starter):
    vocabulary = Vocabulary("abcz")
    narrow, _ = ArrayLSTM(starter.tensors_for(vocabulary)).start(1)
    wide, _ = ArrayLSTM(starter.tensors).start(1)
    ids = [0, *(starter.vocabulary.encode(np.array([ord(c) for c in "abcz"], np.uint32)).tolist())]
    np.testing.assert_allclose(narrow, log_softmax(wide[:, ids]), atol=1e-5)


def test_an_unknown_character_starts_like_its_base_letter_but_less_likely(starter):
    unknown = "\u1e9d" if "\u1e9d" not in starter.vocabulary.characters else "\u1eb7"
    assert unknown not in starter.vocabulary.characters
    vocabulary = Vocabulary("aä\u1eb7")  # a with breve and dot below
    tensors = starter.tensors_for(vocabulary)
    np.testing.assert_array_equal(tensors["C"][3], tensors["C"][1])
    np.testing.assert_array_equal(tensors["V"][:, 3], tensors["V"][:, 1])
    assert tensors["d"][3] < tensors["d"][1]


def test_a_character_without_a_known_base_starts_as_the_mean(starter):
    tensors = starter.tensors_for(Vocabulary("ab𓂀"))
    np.testing.assert_allclose(tensors["C"][3], tensors["C"][:3].mean(axis=0), atol=1e-6)


def test_labels_start_like_the_boundary(starter):
    tensors = starter.tensors_for(Vocabulary("ab", ("F", "M")))
    assert tensors["C"].shape[0] == 5
    assert (tensors["C"][3:] == tensors["C"][0]).all()
    assert tensors["d"].shape == (3,)


def test_opening_a_vocabulary_adds_letters_of_the_same_script_and_case(starter):
    opened = starter.opened(Vocabulary(" abя", ("F",)))
    assert set("abxyzäя") | {" "} <= set(opened.characters)
    assert not set("ABXЯ0-.") & set(opened.characters)
    assert opened.labels == ("F",)
    assert set(starter.opened(Vocabulary("7A")).characters) >= set("0123456789AXZ")
    assert starter.opened(Vocabulary("- ")).characters == " -"
