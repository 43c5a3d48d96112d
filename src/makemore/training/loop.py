"""The training loop, for any network: a generator that can be looked at, stopped and restarted.

Step i depends on the seed, on i and on the state before it, and on nothing else.
"""

import copy
import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from makemore import likelihood
from makemore.corpus.contexts import Contexts
from makemore.errors import DivergedError
from makemore.layers.loss import negative_log_likelihood
from makemore.layers.network import Network, Noise
from makemore.training.schedule import rate_at

_MOST_LOOKS, _FEWEST_BETWEEN_LOOKS = 50, 10
_BLOCK_CELLS = 2**22  # logits held at once while training: 16 MiB, and as much again for gradients


@dataclass(frozen=True)
class TrainOptions:
    """How a network is trained, everything settled.

    Attributes:
        steps: steps of the optimizer.
        rate: the highest learning rate.
        weight_decay: AdamW's decoupled weight decay.
        batch: lines in each step, or None for the whole list.
        every: steps from one look at the dev part to the next; None for a fiftieth of all, but
            at least 10, so that looking stays cheap.
        seed: fixes the batches.
    """

    steps: int
    rate: float
    weight_decay: float = 0.0
    batch: int | None = None
    every: int | None = None
    seed: int = 0

    @property
    def pace(self) -> int:
        """Steps from one look at the dev part to the next: settled by the steps, never by time."""
        return self.every or max(_FEWEST_BETWEEN_LOOKS, self.steps // _MOST_LOOKS)


@dataclass(frozen=True)
class Step:
    """What one step did.

    Attributes:
        number: steps done so far, from 1.
        steps: how many there will be.
        loss: mean loss of the step's lines before the step, nats per character.
        dev_loss: loss on the dev part after the step, where it was measured.
        rate: the learning rate.
    """

    number: int
    steps: int
    loss: float
    dev_loss: float | None
    rate: float


@dataclass
class TrainState:
    """All that a restart needs beside the data and the options.

    Attributes:
        done: steps done so far.
        network: the weights.
        optimizer: the optimizer's own memory.
        best_loss: lowest dev loss so far.
        best: the weights that had it, or None before the first measurement.
    """

    done: int
    network: dict[str, Any]
    optimizer: dict[str, Any]
    best_loss: float = math.inf
    best: dict[str, Any] | None = field(default=None)


class Training:
    """A network being trained on contexts.

    Example:
        >>> from makemore.corpus.lines import Lines
        >>> from makemore.corpus.vocabulary import Vocabulary
        >>> from makemore.models.linear import Linear
        >>> from makemore.options.families import LinearOptions
        >>> lines = Lines.from_strings(["anna", "hannah"])
        >>> c = Contexts.of(lines, Vocabulary.of(lines), window=1)
        >>> training = Training(Linear(LinearOptions(), 4, 0), TrainOptions(steps=3, rate=0.1))
        >>> [step.number for step in training.run(c, dev=None)]
        [1, 2, 3]
    """

    def __init__(self, network: Network, options: TrainOptions) -> None:
        """Takes a network whose weights have been drawn."""
        self.network, self.options = network, options
        self.optimizer = torch.optim.AdamW(
            _groups(network, options.weight_decay), lr=options.rate, betas=(0.9, 0.95), fused=True
        )
        self.done, self.best_loss = 0, math.inf
        self.best: dict[str, Any] | None = None

    def run(self, train: Contexts, dev: Contexts | None) -> Iterator[Step]:
        """Trains to the last step, yielding after each; the network ends with its best weights.

        Args:
            train: contexts to learn from.
            dev: contexts that choose the best weights, or None to keep the last.

        Raises:
            DivergedError: the loss is not a finite number.
        """
        batches = _Batches(train, self.options)
        every = self.options.pace
        while self.done < self.options.steps:
            rate = rate_at(self.done, self.options.steps, self.options.rate)
            loss = self._step(batches.at(self.done), batches.characters, rate)
            self.done += 1
            is_due = self.done % every == 0 or self.done == self.options.steps
            dev_loss = self.measure(dev) if dev is not None and is_due else None
            yield Step(self.done, self.options.steps, loss, dev_loss, rate)
        if self.best is not None:
            self.network.load_state_dict(self.best)
        self.network.eval()

    def _step(self, blocks: list[Contexts], characters: float, rate: float) -> float:
        """One step of the optimizer on one batch, block by block."""
        self.network.train()
        self.network.noise = Noise(self.options.seed, self.done)
        self.optimizer.zero_grad(set_to_none=True)
        loss = 0.0
        for block in blocks:
            part = negative_log_likelihood(self.network(block), block) / characters
            part.backward()  # type: ignore[no-untyped-call]
            loss += part.item()
        penalty = self.network.penalty()
        if penalty is not None:
            penalty.backward()  # type: ignore[no-untyped-call]
        if not math.isfinite(loss + (0.0 if penalty is None else penalty.item())):
            raise DivergedError(
                f"the loss at step {self.done + 1} is {loss}, not a finite number, at a learning "
                f"rate of {rate:.2g}: try a lower --rate, such as {self.options.rate / 10:.2g}"
            )
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        self.network.noise = None
        return loss

    def measure(self, dev: Contexts) -> float:
        """Gives the loss on the dev part, and keeps the best weights so far."""
        self.network.eval()
        loss = likelihood.loss(self.network, dev)  # type: ignore[arg-type]
        if loss < self.best_loss:
            self.best_loss, self.best = loss, copy.deepcopy(self.network.state_dict())
        return loss

    def state(self) -> TrainState:
        """Everything a restart needs, copied."""
        return TrainState(
            self.done,
            copy.deepcopy(self.network.state_dict()),
            copy.deepcopy(self.optimizer.state_dict()),
            self.best_loss,
            copy.deepcopy(self.best),
        )

    def restore(self, state: TrainState) -> None:
        """Goes back to a state, which stays as it is."""
        self.done, self.best_loss = state.done, state.best_loss
        self.network.load_state_dict(state.network)
        self.optimizer.load_state_dict(copy.deepcopy(state.optimizer))
        self.best = copy.deepcopy(state.best)


def _groups(network: Network, weight_decay: float) -> list[dict[str, Any]]:
    """Parameters for the optimizer: matrices decay, shifts and scales do not."""
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": vectors, "weight_decay": 0.0},
    ]


class _Batches:
    """The lines of each step, as blocks of contexts that fit in memory."""

    def __init__(self, train: Contexts, options: TrainOptions) -> None:
        """Cuts the whole list once, where every step sees it."""
        self._train, self._seed = train, options.seed
        lines = len(train.line_weight)
        self._size = lines if options.batch is None else min(options.batch, lines)
        self._whole = _blocks(train) if self._size == lines else None
        # The same for every batch, so that a line counts as much in each.
        self.characters = train.total * self._size / lines

    def at(self, step: int) -> list[Contexts]:
        """The blocks of a step, each line once an epoch, shuffled by (seed, epoch)."""
        if self._whole is not None:
            return self._whole
        lines = len(self._train.line_weight)
        first = step * self._size
        place = np.arange(first, first + self._size)
        which = np.empty(self._size, np.int64)
        for epoch in range(place[0] // lines, place[-1] // lines + 1):
            here = place // lines == epoch
            which[here] = _shuffled(self._seed, epoch, lines)[place[here] % lines]
        return _blocks(self._train.lines(which))


@lru_cache(maxsize=2)
def _shuffled(seed: int, epoch: int, lines: int) -> NDArray[np.int64]:
    """The order of the lines in an epoch."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, epoch))))
    return rng.permutation(lines)


def _blocks(c: Contexts) -> list[Contexts]:
    """Contexts cut so that a block's logits fit in memory."""
    return [part for part, _ in c.blocks(max(1, _BLOCK_CELLS // c.vocabulary_size))]


def steps_within(
    seconds: float, network: Network, options: TrainOptions, train: Contexts, dev: Contexts | None
) -> int:
    """Turns a budget into a number of steps, by timing a few that are thrown away.

    Args:
        seconds: the budget.
        network: a network to time; its weights are left as they were.
        options: how it will be trained.
        train: what it will be trained on.
        dev: what it will be measured on.

    Returns:
        at least 1.
    """
    before = copy.deepcopy(network.state_dict())
    trial = Training(network, replace(options, steps=_MOST_TRIALS))
    took: list[float] = []
    start = time.perf_counter()
    for _ in trial.run(train, None):
        took.append(time.perf_counter() - start - sum(took))
        if len(took) >= _FEWEST_TRIALS and sum(took) > seconds * _TRIAL_SHARE:
            break
    look = min(_seconds(trial.measure, dev) for _ in range(2)) if dev is not None else 0.0
    network.load_state_dict(before)
    left = seconds - (time.perf_counter() - start)
    usual = sorted(took[len(took) // 2 :])  # the first steps of a process are slow
    step = usual[len(usual) // 2]
    few = left / (step + look / _FEWEST_BETWEEN_LOOKS)
    many = (left - look * _MOST_LOOKS) / step
    return max(1, int(many if few > _MOST_LOOKS * _FEWEST_BETWEEN_LOOKS else few))


def _seconds(ask: Callable[[Contexts], float], about: Contexts) -> float:
    """How long an answer takes."""
    start = time.perf_counter()
    ask(about)
    return time.perf_counter() - start


# Steps timed and thrown away: at least and at most so many, and then this share of the budget.
_FEWEST_TRIALS, _MOST_TRIALS, _TRIAL_SHARE = 8, 200, 0.05
