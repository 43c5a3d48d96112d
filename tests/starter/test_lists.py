"""Drawing the lists that the starter is trained on."""

import json
import random
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "starter"))

import lists

SOME = [
    lists.List("places", "a", [f"Stadt {i}" for i in range(60)]),
    lists.List("codes", "b", [f"AB-{i:03}" for i in range(60)]),
    lists.List("words", "c", [f"слово{i}" for i in range(60)]),
]


def test_kinds_are_left_out(tmp_path):
    path = tmp_path / "lists.jsonl"
    path.write_text("\n".join(json.dumps({"source": "x", **vars(each)}) for each in SOME))
    assert lists.read_lists(path) == SOME
    assert lists.read_lists(path, ["codes", "words"]) == SOME[:1]


def test_the_vocabulary_has_ascii_and_the_usual_letters_of_scripts():
    rare = lists.List("words", "d", ["слово"] * 999 + ["ѫ", "한국", "ab\u0301"])
    characters = lists.choose_characters([*SOME, rare])
    assert characters == "".join(sorted(characters))
    assert set("слово~\u0301") <= set(characters)
    assert not set("ѫ한국") & set(characters)
    assert len(characters) == 95 + len(set("слово")) + 1


def test_draws_are_repeatable_and_have_known_characters_only():
    one, two = (lists.Draws(SOME, "StadAB-0123456789 ", seed=4) for _ in range(2))
    for _ in range(50):
        drawn = one.draw()
        assert drawn == two.draw()
        assert all(line for line in drawn)
        assert not set("слово") & set("".join(drawn))


def test_all_lines_of_a_list_are_changed_in_the_same_way():
    lines, seen = ["Bad Ems", "Ulm", "New_York"], set()
    for seed in range(1000):
        changed = lists.change(lines, ["Inc.", "Ltd"], random.Random(seed))
        assert len(changed) == 3
        assert all(changed)
        seen.add(tuple(changed))
    assert ("bad ems", "ulm", "new_york") in seen
    assert ("BAD EMS", "ULM", "NEW_YORK") in seen
    assert ("Bad-Ems", "Ulm", "New-York") in seen
    assert ("Bad Ems Ltd", "Ulm Ltd", "New_York Inc.") in seen


def test_made_up_codes_share_a_format():
    for seed in range(100):
        codes = lists.make_up_codes(30, random.Random(seed))
        assert 0 < len(codes) <= 30
        assert len(set(codes)) == len(codes)
    lengths = {len(code) for code in lists.make_up_codes(30, random.Random(5))}
    assert max(lengths) - min(lengths) <= 20
