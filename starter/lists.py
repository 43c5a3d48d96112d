"""Drawing the lists that the starter reads in training: some as gathered, others changed.

A user's list may be in capitals, joined by hyphens or followed by numbers, so a part of the lists
is changed in such a way, all lines of a list in the same way. Lists of codes are made up as well.
"""

import json
import random
import re
import string
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

FEWEST, MOST = 16, 200  # lines of a list that is drawn, by a log-uniform distribution
CHANGED = 0.3  # share of lists that are changed
MADE_UP = 0.3  # share of the lists of codes that are made up
COVERED = 0.998  # share of the letters of a script that the chosen characters make up
KNOWN = 0.8  # a list is used if at least this share of its lines has only known characters
# Scripts with too many letters for a small network are left out: Hangul, Ethiopic, Chinese.
SCRIPTS = (
    *("", "LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "GEORGIAN", "HEBREW", "ARABIC", "DEVANAGARI"),
    *("BENGALI", "TAMIL", "THAI", "HIRAGANA", "KATAKANA", "COMBINING"),
)


@dataclass(frozen=True)
class List:
    """A list: its kind, its name and its lines."""

    kind: str
    name: str
    lines: list[str]


def read_lists(path: Path, left_out: Collection[str] = ()) -> list[List]:
    """Read the lists that `gather.py` wrote, without those of some kinds."""
    rows = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    lists = [List(row["kind"], row["name"], row["lines"]) for row in rows]
    return [each for each in lists if each.kind not in left_out]


def choose_characters(lists: list[List]) -> str:
    """Return printable ASCII and the usual characters of `SCRIPTS` in ascending order.

    Of each script, and of the characters that are no letters, the most frequent ones are taken,
    until they make up `COVERED` of it. A list counts by the square root of its lines, so that a
    long one does not decide alone.
    """
    weights: dict[str, Counter[str]] = defaultdict(Counter)
    for each in lists:
        counts = Counter("".join(each.lines))
        for character, count in counts.items():
            share = count / counts.total() * len(each.lines) ** 0.5
            weights[_script(character)][character] += share
    chosen = {chr(code) for code in range(32, 127)}
    for script in SCRIPTS:
        ordered = sorted(weights[script].items(), key=lambda pair: (-pair[1], pair[0]))
        left = COVERED * weights[script].total()
        for character, weight in ordered:
            if left <= 0:
                break
            chosen.add(character)
            left -= weight
    return "".join(sorted(chosen))


def _script(character: str) -> str:
    """Return the script of a letter or mark, as the first word of its name; else an empty text."""
    if unicodedata.category(character)[0] not in "LM":
        return ""
    return re.split("[ -]", unicodedata.name(character, "?"))[0]


class Draws:
    """Random lists, of each kind as many as the square root of the kind's lines."""

    def __init__(self, lists: list[List], characters: str, seed: int) -> None:
        """Keep the lists that have mostly known characters; the same seed draws the same lists."""
        self._rng, known = random.Random(seed), set(characters)
        by_kind: dict[str, list[list[str]]] = defaultdict(list)
        for each in lists:
            lines = [line for line in each.lines if known.issuperset(line)]
            if len(lines) >= max(FEWEST, KNOWN * len(each.lines)):
                by_kind[each.kind].append(lines)
        self._lists, self._kinds = by_kind, list(by_kind)
        self._kind_weights = [sum(map(len, by_kind[kind])) ** 0.5 for kind in self._kinds]
        self._weights = {
            kind: [len(lines) ** 0.6 for lines in lists] for kind, lists in by_kind.items()
        }

    def draw(self) -> list[str]:
        """Return the lines of a list in random order."""
        rng = self._rng
        kind = rng.choices(self._kinds, self._kind_weights)[0]
        count = round(FEWEST * (MOST / FEWEST) ** rng.random())
        if kind == "codes" and rng.random() < MADE_UP:
            return make_up_codes(count, rng)
        lines = self._choose(kind)
        drawn = rng.sample(lines, min(count, len(lines)))
        if rng.random() < CHANGED:
            words = [line.split()[-1] for line in rng.choices(self._choose(kind), k=4)]
            return change(drawn, words, rng)
        return drawn

    def _choose(self, kind: str) -> list[str]:
        """Return all lines of a random list of a kind."""
        return self._rng.choices(self._lists[kind], self._weights[kind])[0]


def change(lines: list[str], words: list[str], rng: random.Random) -> list[str]:
    """Return the lines changed in one of eight ways: case, separators, numbers, added words.

    Args:
        lines: the lines of a list.
        words: some words, which may be added to all lines.
        rng: what draws.
    """
    way, separator = rng.randrange(8), rng.choice(["-", "_", ".", " ", "", "/"])
    if way == 0:
        return [line.lower() for line in lines]
    if way == 1:
        return [line.upper() for line in lines]
    if way == 2:
        return [line[:1].upper() + line[1:].lower() for line in lines]
    if way == 3:
        return [separator.join(line.replace("_", " ").split()) or line for line in lines]
    if way < 7:
        lines = [line.lower() for line in lines] if rng.random() < 0.5 else lines
        words = [word.lower() for word in words] if rng.random() < 0.5 else words
    if way == 4:
        digits = rng.randint(1, 4)
        return [line + separator + "".join(rng.choices(string.digits, k=digits)) for line in lines]
    if way == 5:
        return [line + separator + rng.choice(words) for line in lines]
    if way == 6:
        return [rng.choice(words) + separator + line for line in lines]
    others = rng.sample(lines, len(lines))
    return [a.split()[0] + separator + b.split()[0] for a, b in zip(lines, others, strict=True)]


def make_up_codes(count: int, rng: random.Random) -> list[str]:
    """Return codes of one format: fixed texts, digits, letters and choices, with separators."""
    separator = rng.choice(["-", "", "", "/", ".", "_", " "])
    letters = rng.choice([string.ascii_uppercase, string.ascii_uppercase, string.ascii_lowercase])
    places: list[Sequence[str]] = []  # the texts among which each place of a code chooses
    for part in range(rng.randint(1, 5)):
        way, length = rng.randrange(5), rng.randint(1, 4)
        if part:
            places.append([separator])
        if way < 2:
            choices = rng.randint(1, 6)
            places.append(["".join(rng.choices(letters, k=length)) for _ in range(choices)])
        elif way == 2:
            places.append([f"{i * 10 ** rng.randint(0, 2)}" for i in range(1, 13)])
        else:
            alphabets = [string.digits, string.digits, letters, letters + string.digits]
            places += [rng.choice(alphabets)] * length
    codes = {"".join(map(rng.choice, places)) for _ in range(3 * count)}
    return rng.sample(sorted(codes), min(count, len(codes)))
