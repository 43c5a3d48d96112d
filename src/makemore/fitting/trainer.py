"""Training of a model's networks, one after the other, within the budget."""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from makemore.contexts.table import Contexts
from makemore.errors import OptionError
from makemore.fitting.splits import EVALUATED_TRAIN_LINES, Splits
from makemore.inference.model import Tensors
from makemore.options.verbs import FitOptions
from makemore.registry import Family
from makemore.training.callbacks import Checkpointer, OnStep, Progress
from makemore.training.plan import Plan, format_plans, parse_plans

if TYPE_CHECKING:
    from makemore.layers.network import AnyNetwork
    from makemore.training.budget import Deadline, Timing
    from makemore.training.loop import Step, Training, TrainOptions

_WARM_START_RATE = 0.3  # share of the family's learning rate for a network that was trained before


@dataclass(frozen=True)
class TrainingSummary:
    """Summary of a training run; the attributes are those of `FitReport`."""

    steps: int
    plan: str
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
        self._budget: float | None = None  # seconds for everything; None without a budget
        self._reserve = 0.0  # seconds for what follows the training
        # Before the training, count models learned the train split; after it, they learn all lines.
        self._counting = time.perf_counter() - clock

    def run(
        self, options: FitOptions, warm_start: bool, saved: Progress | None, fewest: int = 1
    ) -> TrainingSummary | None:
        """Train every network and return the summary.

        Args:
            options: options of the fit.
            warm_start: whether the networks were trained before and keep their weights.
            saved: progress from a checkpoint, or None to start at the first step.
            fewest: number of steps; if the budget allows fewer, no network is trained.

        Returns:
            the summary; None if no network was trained.
        """
        self._train_options = self._prepare(options, warm_start, saved)
        first, count = self._train_options[0], len(self._train_options)
        if first.steps < fewest:
            if fewest > 1:
                return None
            self._train_options = [replace(each, steps=1) for each in self._train_options]
            first = self._train_options[0]
        stopped = None
        for number in range(count):
            stopped = self._train(number, saved)
            if stopped is not None:
                break
        plans = [each.plan for each in self._train_options]
        of = None if stopped is None else sum(plan.end for plan in plans)
        summary = TrainingSummary(first.steps, format_plans(plans), stopped=stopped, of=of)
        if count > 1:
            return summary
        return replace(summary, rate=first.rate, weight_decay=first.weight_decay, batch=first.batch)

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
        if options.steps is None and options.plan is None:
            self._budget = options.seconds(self._splits.lines)
        if saved is not None:
            return list(saved.train_options)
        if options.plan is not None:
            return self._follow(parse_plans(options.plan), all_options)
        if options.steps is not None:
            return self._choose_threads(all_options, options.threads)
        return self._fit_to_budget(all_options, options.threads)

    def _follow(
        self, plans: "list[Plan]", all_options: list["TrainOptions"]
    ) -> list["TrainOptions"]:
        """Return the options with the plan of each network.

        Raises:
            OptionError: the number of plans is not that of the networks.
        """
        if len(plans) != len(all_options):
            raise OptionError(
                f"plan has {len(plans)} parts for {len(all_options)} networks: give it with the "
                "model that it was printed for"
            )
        return [each.with_plan(plan) for each, plan in zip(all_options, plans, strict=True)]

    def _choose_threads(
        self, all_options: list["TrainOptions"], threads: int | None
    ) -> list["TrainOptions"]:
        """Return the options with the given threads, or as many as torch uses by default."""
        import torch

        from makemore.training.budget import most_threads

        processors, chosen = torch.get_num_threads(), []
        for (network, _), each in zip(self._networks, all_options, strict=True):
            is_on_cpu = network.device.type == "cpu"
            train = self._contexts(network)[0]
            most = most_threads(network, each, train, processors) if is_on_cpu else 1
            chosen.append(replace(each, threads=threads or most))
        return chosen

    def _fit_to_budget(
        self, all_options: list["TrainOptions"], threads: int | None
    ) -> list["TrainOptions"]:
        """Return the options with the steps and threads that fit into the remaining budget."""
        from makemore.training.budget import time_training

        share = self._remaining() / len(all_options)
        timings = [
            time_training(network, each, self._contexts(network), share, threads)
            for (network, _), each in zip(self._networks, all_options, strict=True)
        ]
        self._reserve = self._counting + self._evaluation_time(timings)
        share = self._remaining() / len(all_options)
        possible = [
            timing.steps_in(share, self._contexts(network)[1])
            for (network, _), timing in zip(self._networks, timings, strict=True)
        ]
        # The harmonic mean: with this many steps each, all networks together use up the time.
        steps = int(len(possible) / sum(1 / n for n in possible)) if all(possible) else 0
        return [
            replace(each, steps=steps, threads=timing.threads, cost=share / max(1, number))
            for each, timing, number in zip(all_options, timings, possible, strict=True)
        ]

    def _evaluation_time(self, timings: "list[Timing]") -> float:
        """Return the seconds for the losses and the mixture weights after the training."""
        train, _ = self._contexts(self._networks[0][0])
        sizes = self._splits.sizes
        lines = 2 * sizes["dev"] + sizes["test"] + min(sizes["train"], EVALUATED_TRAIN_LINES)
        characters = lines * len(train.edge) / len(train.line_weight)
        return characters * sum(timing.character for timing in timings)

    def _remaining(self) -> float:
        """Return the seconds of the budget that are left for training."""
        assert self._budget is not None, "there is a budget"
        return self._budget - self._reserve - (time.perf_counter() - self._clock)

    def _deadline(self, number: int) -> "Deadline | None":
        """Return the deadline of a network, by the cost of its steps; None without a budget."""
        if self._budget is None:
            return None
        from makemore.training.budget import Deadline

        costs = [each.cost for each in self._train_options[number:]]
        share = costs[0] / sum(costs) if sum(costs) else 1 / len(costs)
        return Deadline(time.perf_counter() + share * self._remaining(), self._budget)

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
        deadline = self._deadline(number)
        before = sum(each.plan.end for each in self._train_options[:number])
        for step in training.run(train, dev):
            if deadline is not None:
                deadline.keep(training, step.dev_loss is not None)
                self._train_options[number] = training.options
            overall = before + step.number
            try:
                steps = sum(each.plan.end for each in self._train_options)
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
        is_last = training.done == training.end
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
