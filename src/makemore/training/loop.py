"""The training loop for any network: a generator that can be observed, stopped and restarted.

Step i depends only on the seed, on the plan, on i and on the state before it. Each step is computed
in parts, one for each thread of the plan. Their gradients are added in the order of the parts, so
the weights are the same with any number of processors.
"""

import copy
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from makemore.contexts.table import Contexts
from makemore.errors import DivergedError
from makemore.inference import likelihood
from makemore.inference.model import Tensors
from makemore.layers.loss import negative_log_likelihood
from makemore.layers.network import Network, Noise, dropout_noise
from makemore.layers.threads import torch_threads
from makemore.parallel import Workers, open_workers
from makemore.training.batches import Batches, Part
from makemore.training.optimizer import Optimizer
from makemore.training.plan import Plan
from makemore.training.schedule import rate_at

MAX_EVALUATIONS, MIN_DEV_INTERVAL = 50, 10


@dataclass(frozen=True)
class TrainOptions:
    """Training options of a network, with all defaults resolved.

    Attributes:
        steps: optimizer steps.
        rate: peak learning rate.
        weight_decay: decoupled weight decay.
        muon: Muon's learning rate for hidden matrices, as a multiple of that of AdamW; 0 trains
            them with AdamW.
        batch: characters per step, rounded to a whole number of lines of mean length; None for the
            whole list.
        every: dev evaluation interval, in steps; None for a fiftieth of all steps, but at least 10,
            so that evaluation stays cheap.
        seed: random seed of the batches and of dropout.
        threads: number of parts of each step; see `Plan`.
        cuts: where the training was shortened; see `Plan`.
        cost: seconds of a step with its share of the evaluations, as timed before the training; 0
            if it was not timed. It divides a budget between networks.
    """

    steps: int
    rate: float
    weight_decay: float = 0.0
    muon: float = 0.0
    batch: int | None = None
    every: int | None = None
    seed: int = 0
    threads: int = 1
    cuts: tuple[tuple[int, int], ...] = ()
    cost: float = 0.0

    @property
    def plan(self) -> Plan:
        """The plan of the training."""
        return Plan(self.steps, self.threads, self.cuts)

    def with_plan(self, plan: Plan) -> "TrainOptions":
        """Return the options with another plan."""
        return replace(self, steps=plan.steps, threads=plan.threads, cuts=plan.cuts)

    @property
    def dev_interval(self) -> int:
        """Dev evaluation interval, in steps; it depends on the number of steps, never on time."""
        return self.every or max(MIN_DEV_INTERVAL, self.steps // MAX_EVALUATIONS)


@dataclass(frozen=True)
class Step:
    """Result of one training step.

    Attributes:
        number: steps done so far, from 1.
        steps: total number of steps; it may fall while a budget is kept.
        loss: mean loss of the step's lines before the update, nats per character. On devices other
            than the CPU it is updated only at the first step, at each dev evaluation interval and
            at the last step, because reading it forces a device synchronisation.
        dev_loss: dev loss after the step; None if it was not evaluated.
        rate: the learning rate.
        network: the network after the step.
    """

    number: int
    steps: int
    loss: float
    dev_loss: float | None
    rate: float
    network: Network = field(repr=False, compare=False)


@dataclass(frozen=True)
class TrainState:
    """Training state: all that a restart needs besides the data and the options.

    Attributes:
        done: steps done so far.
        tensors: arrays by name: the weights under `network.`, those with the lowest dev loss so far
            under `best.`, the optimizer state under `optimizer.`; and `losses`, (2,) float64, the
            last training loss read and the lowest dev loss, nats per character.
    """

    done: int
    tensors: Tensors


class Training:
    """Training of a network on contexts.

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
        """Prepare to train a network with initialised weights."""
        self.network, self.options = network, options
        self.optimizer = Optimizer(network, options.weight_decay, options.muon)
        self.done, self.loss, self.best_loss = 0, math.nan, math.inf
        self.best: dict[str, Tensor] | None = None

    def run(self, train: Contexts, dev: Contexts | None) -> Iterator[Step]:
        """Train to the last step and yield after each; then load the best weights.

        Args:
            train: training contexts.
            dev: contexts to select the best weights by, or None to keep the last weights.

        Yields:
            The result of each step.

        Raises:
            DivergedError: the loss is not a finite number.
        """
        options, is_coupled = self.options, self.network.has_coupled_rows
        batches = Batches(train, options.batch, options.seed, options.threads, is_coupled)
        every = options.dev_interval
        with open_workers(batches.threads) as workers:
            while self.done < self.end:
                rate = self.rate(self.done)
                loss = self._step(batches.at(self.done), batches.characters, rate, workers)
                self.done += 1
                is_due = self.done % every == 0 or self.done == self.end
                if is_due or math.isnan(self.loss) or not _is_asynchronous(self.network.device):
                    self.loss = self._read_loss(loss, rate)
                dev_loss = self.evaluate(dev) if dev is not None and is_due else None
                yield Step(self.done, self.end, self.loss, dev_loss, rate, self.network)
        self.finish()

    @property
    def end(self) -> int:
        """The last step."""
        return self.options.plan.end

    def cut(self, end: int) -> None:
        """Shorten the training, so that it ends at a step, at least the current one."""
        self.options = replace(self.options, cuts=(*self.options.cuts, (self.done, end)))

    def finish(self) -> None:
        """Load the best weights so far, if any, and switch the network to evaluation mode."""
        if self.best is not None:
            self.network.load_state_dict(self.best)
        self.network.eval()

    def rate(self, step: int) -> float:
        """Compute the learning rate of a step, counted from 0."""
        return rate_at(step, self.options.plan, self.options.rate)

    def _step(self, parts: list[Part], characters: float, rate: float, workers: Workers) -> Tensor:
        """Take one optimizer step on the parts of a batch; return the batch's mean loss."""
        self.network.train()
        self.optimizer.zero_grad()
        parameters = list(self.network.parameters())
        loss, total = torch.zeros((), device=self.network.device), 0.0
        compute = partial(self._part, parameters, characters)
        for part in workers.map(compute, enumerate(parts)):
            for parameter, gradient in zip(parameters, part.gradients, strict=True):
                if gradient is not None:
                    before = parameter.grad
                    parameter.grad = gradient if before is None else before.add_(gradient)
            loss += part.loss
            total += part.total
        with torch_threads(1):
            penalty = self.network.penalty()
            if penalty is not None:
                penalty.backward()  # type: ignore[no-untyped-call]
            self.optimizer.step(rate)
        return loss * (characters / total)

    def _part(
        self, parameters: Sequence[Tensor], characters: float, part: tuple[int, Part]
    ) -> "_PartResult":
        """Compute the loss and the gradients of one part of a batch."""
        number, build = part
        # Coupled rows are one part, so torch splits each operation.
        threads = self.options.threads if self.network.has_coupled_rows else 1
        noise = Noise(self.options.seed, self.done, number)
        with torch_threads(threads), dropout_noise(noise):
            c = build()
            loss = negative_log_likelihood(self.network(c), c) / characters
            gradients = torch.autograd.grad(loss, parameters, allow_unused=True)
        return _PartResult(loss.detach(), c.total, gradients)

    def _read_loss(self, loss: Tensor, rate: float) -> float:
        """Return the loss of the last step as a float, or raise if it is not finite."""
        value = loss.item()
        if not math.isfinite(value):
            raise DivergedError(
                f"the loss at step {self.done} is {value}, not a finite number, at a learning "
                f"rate of {rate:.2g}: try a lower --rate, such as {self.options.rate / 10:.2g}"
            )
        return value

    def evaluate(self, dev: Contexts) -> float:
        """Compute the dev loss; if it is the lowest so far, keep a copy of the weights."""
        self.network.eval()
        loss = likelihood.loss(self.network, dev)  # type: ignore[arg-type]
        if loss < self.best_loss:
            self.best_loss, self.best = loss, copy.deepcopy(self.network.state_dict())
        return loss

    def state(self) -> TrainState:
        """Return a copy of the training state."""
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
        """Restore a training state; the state itself does not change."""
        self.done = state.done
        self.loss, self.best_loss = state.tensors["losses"].tolist()
        self.network.load_state_dict(_tensors_of_kind("network.", state))
        self.optimizer.load(_tensors_of_kind("optimizer.", state))
        self.best = _tensors_of_kind("best.", state) or None


def _is_asynchronous(device: torch.device) -> bool:
    """Return whether `.item()` forces a device synchronisation: all devices but the CPU."""
    return device.type != "cpu"


def _tensors_of_kind(kind: str, state: TrainState) -> dict[str, Tensor]:
    """Return copies of the tensors of one kind, by name without the prefix."""
    return {
        name.removeprefix(kind): torch.tensor(value)
        for name, value in state.tensors.items()
        if name.startswith(kind)
    }


class _PartResult(NamedTuple):
    """The result of one part of a step: its loss, weighted characters, and gradients."""

    loss: Tensor
    total: float
    gradients: tuple[Tensor | None, ...]
