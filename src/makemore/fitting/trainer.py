"""The networks of a model, trained one after the other in the time there is."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from makemore.contexts.table import Contexts
from makemore.fitting.splits import Splits
from makemore.inference.model import Tensors
from makemore.options.verbs import FitOptions
from makemore.registry import Family
from makemore.training.callbacks import Checkpointer, OnStep, Progress

if TYPE_CHECKING:
    from makemore.layers.network import AnyNetwork
    from makemore.training.loop import Step, Training, TrainOptions

_CONTINUED_RATE = 0.3  # of its family's rate, for a network that was trained before


@dataclass(frozen=True)
class TrainingSummary:
    """What is reported of a training; the attributes are those of `FitReport`."""

    steps: int
    rate: float | None = None
    weight_decay: float | None = None
    batch: int | None = None
    stopped: int | None = None
    of: int | None = None


class NetworkTrainer:
    """Trains all networks of a model, from the first step or from where training was stopped."""

    def __init__(
        self,
        networks: "Sequence[tuple[AnyNetwork, Family]]",
        splits: Splits,
        on_step: OnStep | None,
        checkpointer: Checkpointer | None,
        clock: float,
    ) -> None:
        """Store what is trained.

        Args:
            networks: at least one, with the family of each.
            splits: the list; networks learn the train part.
            on_step: called with each step, counted over all networks.
            checkpointer: saves the training, so that it can be resumed.
            clock: when the fit started, in seconds.
        """
        self._networks, self._splits = networks, splits
        self._on_step, self._checkpointer, self._clock = on_step, checkpointer, clock
        self._settled: list[TrainOptions] = []
        self._finished: list[Tensors] = []

    def run(self, options: FitOptions, continues: bool, saved: Progress | None) -> TrainingSummary:
        """Train every network.

        Args:
            options: how to learn.
            continues: whether the networks were trained before, and go on from there.
            saved: how far training had come when it was stopped, or None for the first step.
        """
        self._settled = self._settle(options, continues, saved)
        first, count = self._settled[0], len(self._settled)
        summary = TrainingSummary(first.steps)
        if count == 1:
            summary = TrainingSummary(first.steps, first.rate, first.weight_decay, first.batch)
        for number in range(count):
            stopped = self._train(number, saved)
            if stopped is not None:
                return replace(summary, stopped=stopped, of=count * first.steps)
        return summary

    def _settle(
        self, options: FitOptions, continues: bool, saved: Progress | None
    ) -> list["TrainOptions"]:
        """Draw every network's first weights unless it continues; settle how each is trained.

        All take the same number of steps, so that one number says how long all of it took.
        """
        import torch

        from makemore.training.device import device_named

        settled, device = [], device_named(options.device)
        for number, (network, family) in enumerate(self._networks):
            how = train_options(family, options, options.seed + number, continues)
            if not continues:
                network.initialise(torch.Generator().manual_seed(how.seed))
            network.to(device)
            settled.append(how)
        if saved is not None:
            return list(saved.settled)
        return settled if options.steps else self._timed(settled, options)

    def _timed(self, settled: list["TrainOptions"], options: FitOptions) -> list["TrainOptions"]:
        """The steps that the rest of the budget has time for."""
        from makemore.training.budget import steps_within

        left = options.seconds(self._splits.lines) - (time.perf_counter() - self._clock)
        each = [
            steps_within(left / len(settled), network, how, *self._contexts(network))
            for (network, _), how in zip(self._networks, settled, strict=True)
        ]
        steps = len(each) / sum(1 / n for n in each)  # together they then take the time there is
        return [replace(how, steps=max(1, int(steps))) for how in settled]

    def _contexts(self, network: "AnyNetwork") -> tuple[Contexts, Contexts | None]:
        """What a network learns, and what chooses its weights."""
        window = network.window
        return self._splits.train(window), self._splits.contexts("dev", window)

    def _train(self, number: int, saved: Progress | None) -> int | None:
        """Train one network, unless it was done before; return the step at which it was stopped."""
        from makemore.training.loop import Training

        network, how = self._networks[number][0], self._settled[number]
        if saved is not None and number < len(saved.finished):
            self._finished.append(network.load(saved.finished[number]).tensors())
            return None
        training = Training(network, how)
        if saved is not None and number == len(saved.finished):
            training.restore(saved.state)
        else:
            self._save(training)
        train, dev = self._contexts(network)
        for step in training.run(train, dev):
            overall = number * how.steps + step.number
            try:
                steps = len(self._settled) * how.steps
                self._report(replace(step, number=overall, steps=steps), training)
            except StopIteration:
                self._save(training)
                if dev is not None:
                    training.measure(dev)
                training.finish()
                return overall
        self._finished.append(network.tensors())
        return None

    def _report(self, step: "Step", training: "Training") -> None:
        """Report a step to the callbacks; save a checkpoint where one is due."""
        checkpointer = self._checkpointer
        if checkpointer is not None:
            checkpointer.note(step)
        if self._on_step is not None:
            self._on_step(step)
        is_last = training.done == training.options.steps
        if checkpointer is not None and (
            is_last or checkpointer.is_due(training.done, training.options.dev_interval)
        ):
            self._save(training)

    def _save(self, training: "Training") -> None:
        """Save how far training has come."""
        if self._checkpointer is not None:
            seconds = time.perf_counter() - self._clock
            self._checkpointer.keep(
                Progress(self._settled, self._finished, training.state(), seconds)
            )


def train_options(
    family: Family, options: FitOptions, seed: int, continues: bool = False
) -> "TrainOptions":
    """Return the options that were given, and the family's own for the others."""
    from makemore.training.loop import TrainOptions

    rate = family.rate * _CONTINUED_RATE if continues else family.rate
    decay, batch = options.weight_decay, options.batch
    return TrainOptions(
        steps=options.steps or 1,
        rate=rate if options.rate is None else options.rate,
        weight_decay=family.weight_decay if decay is None else decay,
        muon=family.muon,
        batch=family.batch if batch is None else batch,
        seed=seed,
    )
