"""The networks of a model, trained one after the other in the time there is."""

import time
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

from makemore.fitting.splits import Parts
from makemore.options.verbs import FitOptions
from makemore.registry import Family
from makemore.training.callbacks import Hooks, Progress

if TYPE_CHECKING:
    from makemore.training.loop import Training, TrainOptions

Networks = Sequence[tuple[Any, Family]]

_GENTLER = 0.3  # of its family's rate is what a network takes that knows something already


class Course:
    """Training all networks of a model, from the first step or from where it was stopped."""

    def __init__(self, networks: Networks, parts: Parts, hooks: Hooks, clock: float) -> None:
        """Takes what is trained.

        Args:
            networks: at least one, with the family of each.
            parts: the lines; networks learn the train part.
            hooks: who is told, and what keeps it.
            clock: when it started, in seconds.
        """
        self._networks, self._parts, self._hooks, self._clock = networks, parts, hooks, clock
        self._finished: list[Any] = []

    def run(self, options: FitOptions, goes_on: bool, kept: Progress | None) -> dict[str, Any]:
        """Trains, and tells what was settled before the first step.

        Args:
            options: how to learn.
            goes_on: whether the networks know something already, and go on from there.
            kept: how far it had come when it was stopped, or None for the first step.
        """
        settled = self._settle(options, goes_on, kept)
        report: dict[str, Any] = {"steps": settled[0].steps}
        if len(settled) == 1:
            how = settled[0]
            report |= {"rate": how.rate, "weight_decay": how.weight_decay, "batch": how.batch}
        for number in range(len(settled)):
            stopped = self._train(number, settled, kept)
            if stopped is not None:
                return {**report, "stopped": stopped, "of": len(settled) * settled[0].steps}
        return report

    def _settle(
        self, options: FitOptions, goes_on: bool, kept: Progress | None
    ) -> list["TrainOptions"]:
        """Draws every network's first weights unless it goes on, and settles how each is trained.

        All take the same number of steps, so that one number says how long all of it took.
        """
        import torch

        from makemore.training.device import device_named
        from makemore.training.loop import TrainOptions

        settled, device = [], device_named(options.device)
        for number, (network, family) in enumerate(self._networks):
            how = settled_options(family, options, options.seed + number, goes_on)
            if not goes_on:
                network.initialise(torch.Generator().manual_seed(how.seed))
            network.to(device)
            settled.append(how)
        if kept is not None:
            return [TrainOptions(**how) for how in kept.settled]
        return settled if options.steps else self._timed(settled, options)

    def _timed(self, settled: list["TrainOptions"], options: FitOptions) -> list["TrainOptions"]:
        """The steps that the rest of the budget has time for."""
        from makemore.training.budget import steps_within

        left = options.seconds(self._parts.lines) - (time.perf_counter() - self._clock)
        each = [
            steps_within(left / len(settled), network, how, *self._contexts(network))
            for (network, _), how in zip(self._networks, settled, strict=True)
        ]
        steps = len(each) / sum(1 / n for n in each)  # together they then take the time there is
        return [replace(how, steps=max(1, int(steps))) for how in settled]

    def _contexts(self, network: Any) -> tuple[Any, Any]:
        """What a network learns, and what chooses its weights."""
        window = network.window
        return self._parts.train(window), self._parts.contexts("dev", window)

    def _train(
        self, number: int, settled: list["TrainOptions"], kept: Progress | None
    ) -> int | None:
        """Trains one network, unless it was done before; gives the step at which it was stopped."""
        from makemore.training.loop import Training

        network, how = self._networks[number][0], settled[number]
        if kept is not None and number < len(kept.finished):
            self._finished.append(network.load(kept.finished[number]).tensors())
            return None
        training = Training(network, how)
        if kept is not None and number == len(kept.finished):
            training.restore(kept.state)
        elif self._hooks.keeper is not None:
            self._keep(training, settled)
        train, dev = self._contexts(network)
        for step in training.run(train, dev):
            overall = number * how.steps + step.number
            whole = replace(step, number=overall, steps=len(settled) * how.steps)
            try:
                self._tell(whole, training, settled)
            except StopIteration:
                self._keep(training, settled)
                if dev is not None:
                    training.measure(dev)
                training.finish()
                return overall
        self._finished.append(network.tensors())
        return None

    def _tell(self, step: Any, training: "Training", settled: list["TrainOptions"]) -> None:
        """Tells of a step, and keeps it where it is time to."""
        if self._hooks.keeper is not None:
            self._hooks.keeper.note(step)
        if self._hooks.on_step is not None:
            self._hooks.on_step(step)
        keeper, how = self._hooks.keeper, training.options
        if keeper is not None and (
            training.done == how.steps or keeper.is_due(training.done, how.pace)
        ):
            self._keep(training, settled)

    def _keep(self, training: "Training", settled: list["TrainOptions"]) -> None:
        """Keeps how far it has come."""
        if self._hooks.keeper is not None:
            seconds = time.perf_counter() - self._clock
            how = [asdict(each) for each in settled]
            self._hooks.keeper.keep(Progress(how, self._finished, training.state(), seconds))


def settled_options(
    family: Family, options: FitOptions, seed: int, goes_on: bool = False
) -> "TrainOptions":
    """The options that were given, and the family's own for the others."""
    from makemore.training.loop import TrainOptions

    rate = family.rate * _GENTLER if goes_on else family.rate
    decay, batch = options.weight_decay, options.batch
    return TrainOptions(
        steps=options.steps or 1,
        rate=rate if options.rate is None else options.rate,
        weight_decay=family.weight_decay if decay is None else decay,
        muon=family.muon,
        batch=family.batch if batch is None else batch,
        seed=seed,
    )
