"""Small lists: auto with a starter that has not read lists of their kind, beside auto without it.

The environment variable SMALL_LISTS names a folder with the lists that starter/gather.py wrote. It
may also hold starters, and losses that were measured at the same commit before a run was
interrupted; what is missing is added there. Each starter has not read the kinds that are related to
the lists it is tested on. Two kinds of lists come from the packages stcgal and
disposable-email-domains, which are not dependencies of makemore.
"""

import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, stdev

from recording import UNIT, Recorder

from makemore import Lines
from makemore.contexts.table import Contexts
from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting.fit import fit_lines
from makemore.fitting.small_lists import fit_small_list
from makemore.fitting.splits import ListSplits
from makemore.inference import likelihood
from makemore.options.verbs import FitOptions
from makemore.starter.stored import Starter

sys.path.insert(0, str(Path(__file__).parents[1] / "starter"))

import packages
from lists import List, read_lists
from samples import mail_domains, microcontrollers

CLAIM = (
    "lists of 20 to 1,000 lines have a lower loss with the starter, which has not read lists of "
    "their kind, than with kneser_ney or with auto without the starter in the same time"
)
SIZES, DRAWS, SCORED, BUDGET = (20, 50, 200, 1000), (0, 1, 2, 3, 4), 200, "15s"
STEPS = 9_000  # of a starter that is tested; about a quarter of an hour on two cores
GOALS = {50: "0.20 or more", 200: "0.10 or more", 1000: "0.05 or more"}
_T = 2.776  # 97.5 per cent quantile of Student's t with 4 degrees of freedom
# Kinds of gathered lists that are left out together: three starters are trained instead of one for
# each kind, so that each has read less than a starter without one kind only.
NAMES = ("first names", "surnames", "chemicals")
PLACES = ("places", "identifiers")
WORDS = ("English words", "words", "codes")


@dataclass(frozen=True)
class Kind:
    """A kind of lists to test on.

    Attributes:
        name: its name.
        read: returns its lines, given the gathered lists.
        left_out: the kinds of gathered lists that the starter has not read.
    """

    name: str
    read: Callable[[list[List]], list[str]]
    left_out: tuple[str, ...]


def corpus(name: str) -> Callable[[list[List]], list[str]]:
    """Return a function that reads a named corpus."""
    return lambda _: packages.corpus(name)


def gathered(pattern: str) -> Callable[[list[List]], list[str]]:
    """Return a function that joins the gathered lists whose names match a pattern."""
    return lambda lists: [
        line for each in lists if re.search(pattern, each.name) for line in each.lines
    ]


KINDS = (
    Kind("first names", corpus("us-names"), NAMES),
    Kind("surnames", gathered("(faker/person|mimesis)/en.*(surnames|last_names)"), NAMES),
    Kind("Russian surnames", gathered("/ru.*(surnames|last_names)"), NAMES),
    Kind("places", gathered("cities of FR"), PLACES),
    Kind("English words", corpus("words"), WORDS),
    Kind("Finnish words", gathered("mimesis/fi/text/words"), WORDS),
    Kind("Polish words", gathered("mimesis/pl/text/words"), WORDS),
    Kind("identifiers", gathered("botocore/(ec2|glue|s3)/(operations|shapes)"), PLACES),
    Kind("product codes", lambda _: microcontrollers(), WORDS),
    Kind("domain names", lambda _: mail_domains(), WORDS),
    Kind("companies", corpus("companies"), WORDS),
    Kind("chemicals", gathered("chemicals/names"), NAMES),
)


def run(recorder: Recorder) -> bytes:
    """Fit five lists of each kind and size, and record the losses on other lines of the kind."""
    folder = Path(os.environ["SMALL_LISTS"])
    lists, results = read_lists(folder / "lists.jsonl"), folder / "losses.json"
    measured = json.loads(results.read_text(encoding="utf-8")) if results.exists() else {}
    gains: dict[int, list[list[float]]] = {size: [] for size in SIZES}
    for kind in KINDS:
        starter = starter_without(kind.left_out, folder, recorder)
        lines = sorted(set(kind.read(lists)))
        for size in SIZES:
            losses = []
            for draw in DRAWS:
                key = f"{recorder.commit} {kind.name} {size} {draw}"
                if key not in measured:
                    measured[key] = compare(starter, lines, size, draw)
                    results.write_text(json.dumps(measured), encoding="utf-8")
                losses.append(measured[key])
            title = f"{kind.name}, {size} lines"
            for side in losses[0]:
                recorder.record(f"{title}: {side}", UNIT, [each[side] for each in losses])
            gain = [min(each["kneser_ney"], each["auto"]) - each["starter"] for each in losses]
            worst = mean(gain) + _T * stdev(gain) / len(gain) ** 0.5
            recorder.record(f"{title}: gain", UNIT, gain)
            recorder.say(f"{title}: the 95 per cent interval of the gain ends at {worst:.3f}")
            gains[size].append(gain)
    for size, by_kind in gains.items():
        means = [mean(draws) for draws in zip(*by_kind, strict=True)]
        recorder.record(f"mean gain, {size} lines", UNIT, means, GOALS.get(size, ""))
    return (folder / "lists.jsonl").read_bytes()


def starter_without(kinds: tuple[str, ...], folder: Path, recorder: Recorder) -> Starter:
    """Return a starter that has not read some kinds; train it if the folder does not have it."""
    path = folder / f"without {', '.join(kinds)}.model"
    if not path.exists():
        recorder.say(f"training a starter without {', '.join(kinds)}")
        command = [sys.executable, str(Path(__file__).parents[1] / "starter" / "train.py")]
        command += [str(folder / "lists.jsonl"), str(path), "--steps", str(STEPS)]
        command += [argument for kind in kinds for argument in ("--leave-out", kind)]
        subprocess.run(command, check=True)
    return Starter.read(path)


def compare(starter: Starter, lines: list[str], size: int, draw: int) -> dict[str, float]:
    """Fit each side to some lines, and return its loss on others, over the same characters."""
    order = random.Random(draw).sample(lines, min(len(lines), size + SCORED))
    learned, scored = (Lines.from_strings(part) for part in (order[:size], order[size:]))
    vocabulary = Vocabulary.of(Lines.concatenate([learned, scored]))
    options = FitOptions(budget=BUDGET, starter=False)
    splits = ListSplits.of(learned, vocabulary, options)
    fitted = {
        "kneser_ney": fit_lines(learned, "kneser_ney", options, vocabulary=vocabulary),
        "auto": fit_lines(learned, "auto", options, vocabulary=vocabulary),
        "starter": fit_small_list(starter, splits, options),
        "starter, read": fit_small_list(starter, splits, options.replace(budget=1.0)),
    }
    return {
        side: likelihood.loss(each.model, Contexts.of(scored, vocabulary, each.model.window))
        for side, each in fitted.items()
    }
