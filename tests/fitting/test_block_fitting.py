from itertools import chain

import numpy as np
import pytest

from makemore import DataError, Lines, MakeMore, MixtureOptions, MLPOptions, NgramOptions
from makemore.corpus.reading.lists import read_blocks
from makemore.fitting.fit import counted_window
from makemore.options.verbs import FitOptions

COUNTED = MixtureOptions(members="kneser_ney(window=2), ngram(window=3), kneser_ney(window=4)")


def in_blocks(strings, labels=None, weights=None, size=97):
    for at in range(0, len(strings), size):
        part = slice(at, at + size)
        yield Lines.from_strings(
            strings[part], labels and labels[part], None if weights is None else weights[part]
        )


@pytest.fixture(scope="module")
def few(us_names):
    return us_names.select(np.arange(0, len(us_names), 20))


def files(tmp_path, maker, at_once, blocks):
    """Return the bytes of the models fitted on the list at once and in blocks."""
    maker.fit(at_once).save(tmp_path / "at once")
    maker.fit(blocks).save(tmp_path / "in blocks")
    return [(tmp_path / name).read_bytes() for name in ("at once", "in blocks")]


@pytest.mark.parametrize(
    "maker",
    [
        MakeMore("kneser_ney"),
        MakeMore(NgramOptions(window=2)),
        MakeMore(COUNTED),
        MakeMore("kneser_ney", test=0.3, keep_digests=False),
        MakeMore("auto", budget="1s"),
    ],
    ids=["kneser_ney", "ngram", "mixture", "test", "auto"],
)
def test_fitting_in_blocks_gives_the_same_model(tmp_path, few, maker):
    one, other = files(tmp_path, maker, few, in_blocks(few.to_list()))
    assert maker.counts_blocks() is False  # since it is fitted now
    assert one == other


def test_labels_and_weights_may_come_in_blocks(tmp_path, few):
    strings = few.to_list()
    labels = ["F" if name.endswith("a") else "M" for name in strings]
    weights = [1 + len(name) % 3 for name in strings]
    at_once = Lines.from_strings(strings, labels, weights)
    blocks = in_blocks(strings, labels, weights)
    one, other = files(tmp_path, MakeMore("kneser_ney"), at_once, blocks)
    assert one == other


@pytest.mark.parametrize("strings", [["a"], ["ab", "ab"], ["marie"]])
def test_tiny_lists_in_blocks_are_fitted_completely(tmp_path, strings):
    for test in (0.0, 0.8):
        maker = MakeMore("kneser_ney", test=test)
        at_once = Lines.from_strings(strings)
        one, other = files(tmp_path, maker, at_once, in_blocks(strings, size=1))
        assert one == other


@pytest.mark.parametrize(
    "maker",
    [
        MakeMore(MLPOptions(hidden=8), steps=3),
        MakeMore("kneser_ney", split="clean"),
        MakeMore("kneser_ney", min_count=2),
        MakeMore("kneser_ney", canaries=3),
        MakeMore("auto", steps=2),
        MakeMore(MixtureOptions(members="kneser_ney, mlp(hidden=8)"), steps=3),
    ],
    ids=["network", "split", "min_count", "canaries", "auto", "mixture"],
)
def test_fits_that_need_the_whole_list_concatenate_the_blocks(tmp_path, maker):
    strings = ["anna", "hannah", "otto", "anna", "bob", "ada"] * 9
    one, other = files(tmp_path, maker, Lines.from_strings(strings), in_blocks(strings, size=7))
    assert one == other


def test_fractional_weights_sum_to_nearly_the_same(few):
    strings = few.to_list()
    weights = [(0.1, 0.2, 0.3, 0.7, 1.1)[i % 5] for i in range(len(strings))]
    at_once = MakeMore("kneser_ney").fit(strings, weights=weights)
    in_pieces = MakeMore("kneser_ney").fit(in_blocks(strings, weights=weights))
    for name, value in at_once.learned_.model.tensors().items():
        np.testing.assert_allclose(in_pieces.learned_.model.tensors()[name], value, rtol=1e-12)


def test_inconsistent_blocks_are_rejected():
    bare, labelled = Lines.from_strings(["anna"]), Lines.from_strings(["otto"], ["M"])
    heavy = Lines.from_strings(["bob"], weights=[2])
    for pair in ([bare, labelled], [labelled, bare], [bare, heavy], [heavy, bare]):
        for model in ("ngram", MLPOptions(hidden=8)):
            with pytest.raises(DataError, match=r"some lines of the list have (labels|weights)"):
                MakeMore(model, steps=1).fit(iter(pair))


def test_many_labels_do_not_slow_down_counting():
    labels = [f"label {i}" for i in range(20_000)]
    lines = Lines.from_strings([f"line {i}" for i in range(20_000)], labels)
    maker = MakeMore(NgramOptions(window=1)).fit(iter([lines]))
    assert maker.learned_.label_weights.sum() == 20_000


def test_counted_window_is_none_if_the_whole_list_is_needed():
    assert counted_window("kneser_ney", FitOptions()) == 5
    assert counted_window(COUNTED, FitOptions()) == 4
    assert counted_window("auto", FitOptions(budget="2s")) == 5
    assert counted_window("auto", FitOptions()) is None
    assert counted_window("mlp", FitOptions()) is None
    assert counted_window("linear", FitOptions()) is None
    for more in ({"split": "lecture"}, {"canaries": 3}):
        assert counted_window("kneser_ney", FitOptions(**more)) is None


def test_only_one_block_is_in_memory_at_a_time(few):
    alive = []

    def blocks():
        for block in in_blocks(few.to_list()):
            alive.append(block)
            yield block
            alive.remove(block)  # the next block is requested after this one is counted
            assert alive == []

    MakeMore("ngram").fit(blocks())


def test_partial_fit_accepts_blocks(few):
    strings = few.to_list()
    maker = MakeMore("kneser_ney").fit(in_blocks(strings[:700]))
    maker.partial_fit(in_blocks(strings[700:]))
    whole = MakeMore("kneser_ney").fit(strings)
    assert maker.score_samples(strings[:50]).tolist() == pytest.approx(
        whole.score_samples(strings[:50]).tolist()
    )


def test_an_iterator_of_strings_is_accepted_as_a_list():
    maker = MakeMore("ngram").fit(iter(["anna", "otto"]))
    assert maker.learned_.cleaning.kept == 2


def test_blocks_without_lines_are_rejected():
    for blocks in (iter([]), iter([Lines.from_strings([])]), in_blocks(["", " "])):
        with pytest.raises(DataError, match=r"there is no line to learn"):
            MakeMore("kneser_ney").fit(blocks)


def test_labels_given_separately_from_blocks_are_rejected():
    with pytest.raises(DataError, match=r"Lines carry their own labels"):
        MakeMore("ngram").fit(in_blocks(["anna", "otto"]), labels=["a", "b"])


def test_a_file_is_counted_while_it_is_read(tmp_path, few):
    path = tmp_path / "names.txt"
    path.write_text("\n".join(few.to_list()))
    small = read_blocks(path, characters=4096)
    first = next(small)
    assert len(first) < len(few) / 2
    one, other = files(tmp_path, MakeMore("kneser_ney"), few, chain([first], small))
    assert one == other
