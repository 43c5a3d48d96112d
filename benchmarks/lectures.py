"""Data and timing shared by the benchmarks against the loops of the lectures."""

import random
from dataclasses import dataclass

import torch
from recording import stopwatch

from makemore import Lines, MakeMore
from makemore.corpus.named.corpora import dataset_named


class Reached(Exception):
    """Raised when training reaches the target loss; has the seconds and the step."""

    def __init__(self, seconds, step):
        super().__init__()
        self.seconds, self.step = seconds, step


def lecture_tables(words, stoi, window=3):
    """Build inputs and targets as in the lecture, character by character."""
    X, Y = [], []
    for word in words:
        context = [0] * window
        for character in word + ".":
            X.append(context)
            Y.append(stoi[character])
            context = [*context[1:], stoi[character]]
    return torch.tensor(X), torch.tensor(Y)


@dataclass(frozen=True)
class LectureData:
    """The bundled names on the lecture split.

    Attributes:
        lines: lines as read by makemore.
        words: strings as in the lecture.
        train: the lecture's inputs and targets.
        dev: inputs and targets of the dev split.
        seconds: time to build the training tables.
    """

    lines: Lines
    words: list[str]
    train: tuple[torch.Tensor, torch.Tensor]
    dev: tuple[torch.Tensor, torch.Tensor]
    seconds: float


def lecture_data(window):
    """Shuffle and split as in the lecture."""
    lines = dataset_named("us-names").load()
    words = lines.to_list()
    stoi = {".": 0} | {c: i for i, c in enumerate(sorted(set("".join(words))), 1)}
    shuffled = list(words)
    random.seed(42)
    random.shuffle(shuffled)
    first, second = int(0.8 * len(words)), int(0.9 * len(words))
    with stopwatch() as clock:
        train = lecture_tables(shuffled[:first], stoi, window)
        seconds = clock()
    dev = lecture_tables(shuffled[first:second], stoi, window)
    return LectureData(lines, words, train, dev, seconds)


def seconds_to(target, lines, model, seed, steps):
    """Return the seconds to reach a dev loss, including tables and evaluations, and the step.

    The seconds are NaN if the loss is not reached.
    """
    maker = MakeMore(model, split="lecture", steps=steps, random_state=seed)
    with stopwatch() as clock:

        def on_step(step):
            if step.dev_loss is not None and step.dev_loss <= target:
                raise Reached(clock(), step.number)

        try:
            maker.fit(lines, on_step=on_step)
        except Reached as reached:
            return reached.seconds, reached.step
    return float("nan"), 0
