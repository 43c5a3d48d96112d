"""What benchmarks that stand beside the lectures' loops share."""

import random
from dataclasses import dataclass

import torch
from recording import stopwatch

from makemore import Lines, MakeMore
from makemore.corpus.named.corpora import dataset_named


class Reached(Exception):
    """Training got where it was to get, after so many seconds, at this step."""

    def __init__(self, seconds, step):
        super().__init__()
        self.seconds, self.step = seconds, step


def lecture_tables(words, stoi, window=3):
    """Inputs and targets as the lecture builds them, one character after the other."""
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
        lines: as makemore reads them.
        words: as the lecture does.
        train: the lecture's inputs and targets.
        dev: likewise.
        seconds: what the lecture's tables took.
    """

    lines: Lines
    words: list[str]
    train: tuple[torch.Tensor, torch.Tensor]
    dev: tuple[torch.Tensor, torch.Tensor]
    seconds: float


def lecture_data(window):
    """Shuffles and splits as the lecture does."""
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
    """Seconds from the list in memory, tables and measuring included, to a dev loss; and the step.

    Not a number where the loss is not reached.
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
