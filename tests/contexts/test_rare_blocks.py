"""Rare lines dropped block by block, compared with dropping them in memory."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from makemore import MakeMore, read_blocks, read_lines
from makemore.contexts.rare_lines import drop_rare_blocks
from makemore.corpus.lines import Lines
from makemore.corpus.rare_lines import drop_rare

WORDS = st.lists(st.sampled_from(["a", "b", "ab", "é", "中"]), min_size=1, max_size=40)


@given(WORDS, st.integers(1, 9), st.integers(2, 5), st.booleans(), st.booleans(), st.randoms())
@settings(deadline=None, max_examples=100)
def test_blocks_without_rare_lines_equal_the_list_without_them(
    words, size, least, labelled, weighted, rng
):
    labels = [rng.choice("FM") for _ in words] if labelled else None
    weights = [rng.choice([0.5, 1, 2]) for _ in words] if weighted else None
    cut = [slice(at, at + size) for at in range(0, len(words), size)]
    blocks = [
        Lines.from_strings(words[part], labels and labels[part], weights and weights[part])
        for part in cut
    ]
    found = Lines.concatenate(drop_rare_blocks(blocks, blocks, least))
    expected = drop_rare(Lines.from_strings(words, labels, weights), least)
    assert found.to_list() == expected.to_list()
    assert str(found.summary()) == str(expected.summary())
    assert found.label_names == expected.label_names
    if labels:
        assert found.label_list() == expected.label_list()


@pytest.mark.parametrize("model", ["kneser_ney", "ngram"])
def test_a_file_with_rare_lines_is_counted_block_by_block(tmp_path, model, monkeypatch):
    path = tmp_path / "list.txt"
    path.write_text("".join(f"line{i % 700}\n" for i in range(1500)), encoding="utf-8")
    expected = MakeMore(model, min_count=3).fit(read_lines(path))
    with monkeypatch.context() as patch:
        patch.setattr("makemore.fitting.fit.fit_lines", None)  # it would hold the whole list
        found = MakeMore(model, min_count=3).fit(read_blocks(path, characters=4096))
    for name in ("a", "b"):
        (expected if name == "a" else found).save(tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert found.learned_.cleaning.rare == 1200


def test_an_iterator_of_blocks_with_rare_lines_is_held_in_memory():
    blocks = (Lines.from_strings(["anna", "ben"]) for _ in range(2))
    maker = MakeMore("kneser_ney", min_count=2).fit(blocks)
    assert maker.learned_.cleaning.kept == 4
