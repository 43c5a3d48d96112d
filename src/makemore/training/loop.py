"""The training loop, for any network: a generator that can be looked at, stopped and restarted.

Step i depends on the seed, on i and on the state before it, and on nothing else.
"""

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from makemore.contexts.table import Contexts
from makemore.errors import DivergedError
from makemore.inference import likelihood
from makemore.inference.likelihood import blocks
from makemore.inference.model import Tensors
from makemore.layers.loss import negative_log_likelihood
from makemore.layers.network import Network, Noise
from makemore.training.optimizer import Optimizer
from makemore.training.schedule import rate_at

MOST_EVALUATIONS, FEWEST_STEPS_BETWEEN = 50, 10


@dataclass(frozen=True)
class TrainOptions:
    """How a network is trained, everything settled.

    Attributes:
        steps: steps of the optimizer.
        rate: the highest learning rate.
        weight_decay: decoupled weight decay.
        muon: how many times the rate Muon steps hidden matrices with; 0 leaves them to AdamW.
        batch: characters in each step, to the nearest whole number of usual lines; None for the
            whole list.
        every: dev evaluation interval, in steps; None for a fiftieth of all steps, but at least 10,
            so that evaluation stays cheap.
        seed: fixes the batches, and what dropout drops.
    """

    steps: int
    rate: float
    weight_decay: float = 0.0
    muon: float = 0.0
    batch: int | None = None
    every: int | None = None
    seed: int = 0

    @property
    def dev_interval(self) -> int:
        """Dev evaluation interval, in steps: fixed by the number of steps, never by time."""
        return self.every or max(FEWEST_STEPS_BETWEEN, self.steps // MOST_EVALUATIONS)


@dataclass(frozen=True)
class Step:
    """What one step did.

    Attributes:
        number: steps done so far, from 1.
        steps: how many there will be.
        loss: mean loss of the step's lines before the step, nats per character; off the CPU that
            of the first step, then of the last step with a look at the dev part, as reading it
            makes the device wait.
        dev_loss: loss on the dev part after the step, where it was measured.
        rate: the learning rate.
        network: the network, as the step left it.
    """

    number: int
    steps: int
    loss: float
    dev_loss: float | None
    rate: float
    network: Network = field(repr=False, compare=False)


@dataclass(frozen=True)
class TrainState:
    """All that a restart needs beside the data and the options.

    Attributes:
        done: steps done so far.
        tensors: arrays by name: the weights under `network.`, those of the lowest dev loss so far
            under `best.`, the optimizer's own memory under `optimizer.`; and `losses`, (2,)
            float64, the training loss last read and the lowest dev loss, nats per character.
    """

    done: int
    tensors: Tensors


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
        self.optimizer = Optimizer(network, options.weight_decay, options.muon)
        self.done, self.loss, self.best_loss = 0, math.nan, math.inf
        self.best: dict[str, Tensor] | None = None

    def run(self, train: Contexts, dev: Contexts | None) -> Iterator[Step]:
        """Trains to the last step, yielding after each; the network ends with its best weights.

        Args:
            train: contexts to learn from.
            dev: contexts that choose the best weights, or None to keep the last.

        Raises:
            DivergedError: the loss is not a finite number.
        """
        batches = _Batches(train, self.options, self.network.couples_rows)
        every = self.options.dev_interval
        while self.done < self.options.steps:
            rate = self.rate(self.done)
            loss = self._step(batches.at(self.done), batches.characters, rate)
            self.done += 1
            is_due = self.done % every == 0 or self.done == self.options.steps
            if is_due or math.isnan(self.loss) or not _is_asynchronous(self.network.device):
                self.loss = self._read(loss, rate)
            dev_loss = self.measure(dev) if dev is not None and is_due else None
            yield Step(self.done, self.options.steps, self.loss, dev_loss, rate, self.network)
        self.finish()

    def finish(self) -> None:
        """Gives the network its best weights so far."""
        if self.best is not None:
            self.network.load_state_dict(self.best)
        self.network.eval()

    def rate(self, step: int) -> float:
        """The learning rate of a step, the first being 0."""
        return rate_at(step, self.options.steps, self.options.rate)

    def _step(self, blocks: list[Contexts], characters: float, rate: float) -> Tensor:
        """One step of the optimizer on one batch, block by block: the batch's mean loss."""
        self.network.train()
        self.network.noise = Noise(self.options.seed, self.done)
        self.optimizer.zero_grad()
        loss = torch.zeros((), device=self.network.device)
        for block in blocks:
            part = negative_log_likelihood(self.network(block), block) / characters
            part.backward()  # type: ignore[no-untyped-call]
            loss += part.detach()
        penalty = self.network.penalty()
        if penalty is not None:
            penalty.backward()  # type: ignore[no-untyped-call]
        self.optimizer.step(rate)
        self.network.noise = None
        return loss * (characters / sum(block.total for block in blocks))

    def _read(self, loss: Tensor, rate: float) -> float:
        """The loss of the step just done, which must be a finite number."""
        found = loss.item()
        if not math.isfinite(found):
            raise DivergedError(
                f"the loss at step {self.done} is {found}, not a finite number, at a learning "
                f"rate of {rate:.2g}: try a lower --rate, such as {self.options.rate / 10:.2g}"
            )
        return found

    def measure(self, dev: Contexts) -> float:
        """Gives the loss on the dev part, and keeps the best weights so far."""
        self.network.eval()
        loss = likelihood.loss(self.network, dev)  # type: ignore[arg-type]
        if loss < self.best_loss:
            self.best_loss, self.best = loss, copy.deepcopy(self.network.state_dict())
        return loss

    def state(self) -> TrainState:
        """Everything a restart needs, copied."""
        kinds = {
            "network.": self.network.state_dict(),
            "best.": self.best or {},
            "optimizer.": self.optimizer.tensors(),
        }
        tensors = {
            f"{kind}{name}": value.detach().cpu().numpy().copy()
            for kind, values in kinds.items()
            for name, value in values.items()
        }
        losses = np.array([self.loss, self.best_loss])
        return TrainState(self.done, {**tensors, "losses": losses})

    def restore(self, state: TrainState) -> None:
        """Goes back to a state, which stays as it is."""
        self.done = state.done
        self.loss, self.best_loss = state.tensors["losses"].tolist()
        self.network.load_state_dict(_under("network.", state))
        self.optimizer.load(_under("optimizer.", state))
        self.best = _under("best.", state) or None


def _is_asynchronous(device: torch.device) -> bool:
    """Whether `.item()` forces a device synchronisation: a device of its own works ahead."""
    return device.type != "cpu"


def _under(kind: str, state: TrainState) -> dict[str, Tensor]:
    """The tensors of one kind, copied, by their names within it."""
    return {
        name.removeprefix(kind): torch.tensor(value)
        for name, value in state.tensors.items()
        if name.startswith(kind)
    }


class _Batches:
    """The lines of each step, as blocks of contexts that fit in memory."""

    def __init__(self, train: Contexts, options: TrainOptions, couples_rows: bool) -> None:
        """Cuts the whole list once, where every step sees it."""
        self._train, self._seed = train, options.seed
        self._couples_rows = couples_rows
        lines = len(train.line_weight)
        usual = len(train.edge) / lines  # characters of a line, its end included
        self._size = lines
        if options.batch is not None:
            self._size = min(lines, max(1, round(options.batch / usual)))
        self._whole = self._blocks(train) if self._size == lines else None
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
        return self._blocks(self._train.lines(which))

    def _blocks(self, c: Contexts) -> list[Contexts]:
        """Contexts cut so that a block's logits fit in memory, where they can be cut."""
        if self._couples_rows:
            return [c]
        return [part for part, _ in blocks(c)]


@lru_cache(maxsize=2)
def _shuffled(seed: int, epoch: int, lines: int) -> NDArray[np.int64]:
    """The order of the lines in an epoch."""
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence((seed, epoch))))
    return rng.permutation(lines)
