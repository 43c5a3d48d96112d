"""Training of a model's networks, one after the other, within the budget."""

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

_WARM_START_RATE = 0.3  # share of the family's learning rate for a network that was trained before


@dataclass(frozen=True)
class TrainingSummary:
    """Summary of a training run; the attributes are those of `FitReport`."""

    steps: int
    rate: float | None = None
    weight_decay: float | None = None
    batch: int | None = None
    stopped: int | None = None
    of: int | None = None


class NetworkTrainer:
    """Trainer of all networks of a model, from the first step or from a checkpoint."""

    def __init__(
        self,
        networks: "Sequence[tuple[AnyNetwork, Family]]",
        splits: Splits,
        on_step: OnStep | None,
        checkpointer: Checkpointer | None,
        clock: float,
    ) -> None:
        """Store the networks, the splits and the callbacks.

        Args:
            networks: at least one network, each with its family.
            splits: splits of the list; networks are trained on the train split.
            on_step: callback for each step; step numbers run over all networks.
            checkpointer: saves checkpoints of the training run, so that it can be resumed.
            clock: start time of the fit, in seconds.
        """
        self._networks, self._splits = networks, splits
        self._on_step, self._checkpointer, self._clock = on_step, checkpointer, clock
        self._train_options: list[TrainOptions] = []
        self._finished: list[Tensors] = []

    def run(self, options: FitOptions, warm_start: bool, saved: Progress | None) -> TrainingSummary:
        """Train every network and return the summary.

        Args:
            options: options of the fit.
            warm_start: whether the networks were trained before and keep their weights.
            saved: progress from a checkpoint, or None to start at the first step.
        """
        self._train_options = self._prepare(options, warm_start, saved)
        first, count = self._train_options[0], len(self._train_options)
        summary = TrainingSummary(first.steps)
        if count == 1:
            summary = TrainingSummary(first.steps, first.rate, first.weight_decay, first.batch)
        for number in range(count):
            stopped = self._train(number, saved)
            if stopped is not None:
                return replace(summary, stopped=stopped, of=count * first.steps)
        return summary

    def _prepare(
        self, options: FitOptions, warm_start: bool, saved: Progress | None
    ) -> list["TrainOptions"]:
        """Initialise the networks unless they continue; return the training options of each.

        All networks take the same number of steps, so that one number describes the training.
        """
        import torch

        from makemore.training.device import select_device

        all_options, device = [], select_device(options.device)
        for number, (network, family) in enumerate(self._networks):
            network_options = train_options(family, options, options.seed + number, warm_start)
            if not warm_start:
                network.initialise(torch.Generator().manual_seed(network_options.seed))
            network.to(device)
            all_options.append(network_options)
        if saved is not None:
            return list(saved.train_options)
        return all_options if options.steps else self._fit_to_budget(all_options, options)

    def _fit_to_budget(
        self, all_options: list["TrainOptions"], options: FitOptions
    ) -> list["TrainOptions"]:
        """Return the options with the number of steps that fit into the remaining budget."""
        from makemore.training.budget import steps_in_budget

        remaining = options.seconds(self._splits.lines) - (time.perf_counter() - self._clock)
        steps_each = [
            steps_in_budget(
                remaining / len(all_options), network, network_options, *self._contexts(network)
            )
            for (network, _), network_options in zip(self._networks, all_options, strict=True)
        ]
        # The harmonic mean: with this many steps each, all networks together use up the time.
        steps = len(steps_each) / sum(1 / n for n in steps_each)
        return [replace(each, steps=max(1, int(steps))) for each in all_options]

    def _contexts(self, network: "AnyNetwork") -> tuple[Contexts, Contexts | None]:
        """Return the contexts of the train and dev splits at the network's window."""
        window = network.window
        return self._splits.train(window), self._splits.contexts("dev", window)

    def _train(self, number: int, saved: Progress | None) -> int | None:
        """Train one network, unless it is finished; return the step of an early stop, or None."""
        from makemore.training.loop import Training

        network, options = self._networks[number][0], self._train_options[number]
        if saved is not None and number < len(saved.finished):
            self._finished.append(network.load(saved.finished[number]).tensors())
            return None
        training = Training(network, options)
        if saved is not None and number == len(saved.finished):
            training.restore(saved.state)
        else:
            self._save(training)
        train, dev = self._contexts(network)
        for step in training.run(train, dev):
            overall = number * options.steps + step.number
            try:
                steps = len(self._train_options) * options.steps
                self._report(replace(step, number=overall, steps=steps), training)
            except StopIteration:
                self._save(training)
                if dev is not None:
                    training.evaluate(dev)
                training.finish()
                return overall
        self._finished.append(network.tensors())
        return None

    def _report(self, step: "Step", training: "Training") -> None:
        """Report a step to the callbacks; save a checkpoint if one is due."""
        checkpointer = self._checkpointer
        if checkpointer is not None:
            checkpointer.record(step)
        if self._on_step is not None:
            self._on_step(step)
        is_last = training.done == training.options.steps
        if checkpointer is not None and (
            is_last or checkpointer.is_due(training.done, training.options.dev_interval)
        ):
            self._save(training)

    def _save(self, training: "Training") -> None:
        """Save a checkpoint, if there is a checkpointer."""
        if self._checkpointer is not None:
            seconds = time.perf_counter() - self._clock
            self._checkpointer.save(
                Progress(self._train_options, self._finished, training.state(), seconds)
            )


def train_options(
    family: Family, options: FitOptions, seed: int, warm_start: bool = False
) -> "TrainOptions":
    """Return the training options: those given, and the family's defaults for the others.

    Args:
        family: family of the network.
        options: options of the fit.
        seed: seed of the initial weights, the mini-batches and dropout.
        warm_start: whether the network was trained before; its default learning rate is then lower.
    """
    from makemore.training.loop import TrainOptions

    rate = family.rate * _WARM_START_RATE if warm_start else family.rate
    decay, batch = options.weight_decay, options.batch
    return TrainOptions(
        steps=options.steps or 1,
        rate=rate if options.rate is None else options.rate,
        weight_decay=family.weight_decay if decay is None else decay,
        muon=family.muon,
        batch=family.batch if batch is None else batch,
        seed=seed,
    )
