"""Print digests of the weights, samples and scores of every family, to check a refactoring.

A refactoring must not change behaviour: run this before and after it on the same machine, and
compare the two outputs. `python tests/house/behaviour.py > before.txt`

Each row has a family, a kind of list, and digests of the tensors of the fitted model, of lines
sampled with several options, of scores, and of the training curves.
"""

import hashlib
import os

os.environ["OMP_NUM_THREADS"] = "1"  # before torch is imported

import numpy as np

from makemore import MakeMore
from makemore.options.families import MixtureOptions
from makemore.probe.recording import Recording
from makemore.registry import FAMILIES

LINES = [
    "anna",
    "hannah",
    "johanna",
    "ben",
    "benno",
    "otto",
    "bob",
    "ann",
    "susanna",
    "ottilie",
    "eva",
    "evan",
    "ava",
    "lea",
    "leah",
]
LABELS = ["F", "F", "F", "M", "M", "M", "M", "F", "F", "F", "F", "M", "F", "F", "F"]
WEIGHTS = [3.0, 1.0, 2.5, 1.0, 4.0, 1.0, 2.0, 1.0, 1.0, 7.0, 1.0, 1.0, 0.5, 2.0, 1.0]
LISTS = {
    "plain": (LINES, None, None),
    "labelled": (LINES, LABELS, None),
    "weighted": (LINES, None, WEIGHTS),
    "labelled and weighted": (LINES, LABELS, WEIGHTS),
}
REQUESTS = (
    {},
    {"prefix": "an", "temperature": 0.8},
    {"suffix": "a", "min_length": 3},
    {"pattern": "[^o]+", "top_k": 5},
    {"new": True, "distinct": True, "contains": "n"},
)


def digest(*values: object) -> str:
    """Return the first 12 hexadecimal digits of a sha256 over arrays, numbers and strings."""
    found = hashlib.sha256()
    for value in values:
        content = value.tobytes() if isinstance(value, np.ndarray) else repr(value).encode()
        found.update(content)
    return found.hexdigest()[:12]


def row(name: str, kind: str) -> str:
    """Fit one family on one kind of list and return its row of digests."""
    model = MixtureOptions(members="kneser_ney, mlp, gru") if name == "mixture" else name
    is_counted = FAMILIES[name].fit_method == "counting"
    recording = Recording()
    maker = MakeMore(model, steps=None if is_counted else 12, random_state=3, device="cpu")
    maker.fit(*LISTS[kind], on_step=recording)
    tensors = sorted(maker.learned_.model.tensors().items())
    lines = [maker.sample(40, seed=5, **request) for request in REQUESTS]
    label = "F" if len(maker.classes_) else None
    top = maker.top(10, label=label, suffix="a")
    scores = maker.score_samples(LINES)
    ranks = maker.rank(LINES[:3], draws=2000).more
    curves = [(curve.loss, curve.dev) for curve in recording.curves]
    each = (
        digest(*(value for pair in tensors for value in pair)),
        digest(lines, top),
        digest(scores, ranks, *maker.score_characters(LINES)),
        digest(curves),
    )
    return f"{name:12} {kind:22} {' '.join(each)}"


if __name__ == "__main__":
    for name in FAMILIES:
        for kind in LISTS:
            print(row(name, kind), flush=True)
