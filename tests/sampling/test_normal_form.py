"""Lines that are not in NFC, which no cleaned list has, are passed over in every strategy."""

from unicodedata import is_normalized, normalize

import numpy as np
import pytest

from makemore import MakeMore

LISTS = {
    "Latin": ["e", "x\u0301", "\u00e9", "ex\u0301", "xe"],
    "Yoruba": ["o\u0323\u0300la", "\u1ecd\u0300ba", "a\u0300de", "ade\u0300", "ola"],
    "Arabic": ["\u0645\u062d\u0645\u064e\u0651\u062f", "\u0645\u064f", "\u062f\u0651", "\u062d"],
    "Thai": ["\u0e01\u0e33", "\u0e01\u0e49\u0e32", "\u0e33\u0e49", "\u0e32"],
    "Hangul": ["\u1100\u1161", "\u1161\u1100", "\uac00", "\u11a8\uac01"],
}
OPTIONS = [
    {},
    {"new": True, "distinct": True},
    {"length": 2},
    {"min_length": 2, "max_length": 3},
    {"distinct": True, "max_length": 3},
    {"temperature": 3.0},
    {"contains": "e"},
]
FAMILIES = ["ngram", "kneser_ney", "mlp", "gru"]


@pytest.fixture(scope="module", params=FAMILIES)
def family(request):
    return request.param


@pytest.mark.parametrize("name", LISTS)
def test_no_strategy_draws_a_line_that_is_not_in_nfc(family, name):
    maker = MakeMore(family, **({} if family in ("ngram", "kneser_ney") else {"steps": 1}))
    maker.fit(LISTS[name])
    known = {normalize("NFC", line) for line in LISTS[name]}
    for options in OPTIONS:
        if "contains" in options and name != "Latin":
            continue
        lines = maker.sample(200, **options)
        assert all(is_normalized("NFC", line) for line in lines)
        assert len(lines) == len(set(lines)) or not options.get("distinct")
        assert not (options.get("new") and set(lines) & known)
        assert np.isfinite(maker.score_samples(lines)).all()
        assert len(lines) == 200 or options.get("distinct")
    lines, log_probs = zip(*maker.top(50, max_length=3), strict=True)
    assert all(is_normalized("NFC", line) for line in lines)
    assert maker.score_samples(lines) == pytest.approx(np.array(log_probs), abs=1e-4)


def test_lines_in_nfc_keep_their_relative_shares():
    maker = MakeMore("ngram", random_state=0).fit(LISTS["Latin"])
    lines = maker.sample(40_000, max_length=2)
    shares = {line: lines.count(line) / len(lines) for line in set(lines)}
    expected = np.exp(maker.score_samples(list(shares)))
    assert "e\u0301" not in shares
    assert np.array(list(shares.values())) == pytest.approx(expected / expected.sum(), abs=0.01)


def test_a_forbidden_character_does_not_come_back_in_two_parts():
    maker = MakeMore("ngram").fit(LISTS["Latin"])
    assert not any("\u00e9" in normalize("NFC", x) for x in maker.sample(500, forbid=["\u00e9"]))
