"""Keeping a time budget: steps and threads are chosen by timing, and a late training is shortened.

Before the first step, trial steps are timed with one thread and with more. They take at most a
twentieth of the budget: if a whole step would take longer, a part of one is timed. Twice as many
steps are planned as fit. During training, `Deadline` compares the time left with the time that the
remaining steps need, and shortens the training, as late as the learning rate needs to fall to zero.
"""

import copy
import math
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from itertools import pairwise

import numpy as np

from makemore.contexts.table import Contexts
from makemore.inference.likelihood import NETWORK_ROWS
from makemore.layers.network import Network
from makemore.parallel import available_processors
from makemore.training.batches import MIN_PART
from makemore.training.loop import (
    MAX_EVALUATIONS,
    MIN_DEV_INTERVAL,
    Training,
    TrainOptions,
)

TRIAL_SHARE = 0.05  # maximum share of the budget for the trial
# The steps that are planned, as a multiple of those that fit by the timing. Other processes disturb
# it, and a training that ends early wastes time, while one that is shortened loses nothing.
_OPTIMISM = 2.0
_MAX_ROUNDS = 25  # maximum number of trial steps with each number of threads
_TRIAL_SHARES = (1 / 64, 1 / 16, 1 / 4)  # of a batch, in the first trial steps
_TOLERANCE = 0.04  # share of the budget by which the training may seem to be late
_CUT_DECAY = 0.2  # share of a shortened training in which the learning rate falls
_FEWEST_RECENT, _MOST_RECENT = 3, 25  # steps whose median time is expected of the next ones


@dataclass(frozen=True)
class Timing:
    """Measured times of a network's training.

    Attributes:
        threads: the number of threads with which steps are fastest.
        step: seconds of a step.
        character: seconds to evaluate a character of held-out lines.
    """

    threads: int
    step: float
    character: float

    def steps_in(self, seconds: float, dev: Contexts | None) -> int:
        """Return how many steps, with their dev evaluations, fit a time; 0 if not even one fits.

        They are more than the timing says, because a training can only be shortened.
        """
        seconds *= _OPTIMISM
        evaluation = 0.0 if dev is None else self.character * len(dev.edge)
        few = seconds / (self.step + evaluation / MIN_DEV_INTERVAL)
        many = (seconds - evaluation * MAX_EVALUATIONS) / self.step
        return max(0, int(many if few > MAX_EVALUATIONS * MIN_DEV_INTERVAL else few))


def most_threads(network: Network, options: TrainOptions, train: Contexts, processors: int) -> int:
    """Return the number of threads that a step of a network can use.

    A network that couples rows takes one: only torch could split its operations, and torch's
    threads gain a third on an idle machine, but wait for each other beside other processes, where
    they made steps a hundred times slower (measured on two processors).

    Args:
        network: the network.
        options: the training options.
        train: the training contexts.
        processors: number of processors.
    """
    if network.has_coupled_rows:
        return 1
    rows = len(train.edge) if train.back is None else len(train)
    if options.batch is not None:
        rows = min(rows, options.batch)
    return max(1, min(processors, rows // MIN_PART))


def time_training(
    network: Network,
    options: TrainOptions,
    splits: tuple[Contexts, Contexts | None],
    seconds: float,
    threads: int | None = None,
) -> Timing:
    """Time a network's training steps and choose the number of threads.

    Args:
        network: the network to time; its weights are restored after the trial.
        options: the training options.
        splits: the training contexts, and the dev contexts or None.
        seconds: the budget; the trial takes at most a twentieth of it.
        threads: the number of threads; None to choose it.
    """
    train, dev = splits
    initial_state = copy.deepcopy(network.state_dict())
    processors = 1 if network.device.type != "cpu" else available_processors()
    most = most_threads(network, options, train, processors)
    candidates = [threads] if threads else [*_powers_of_two(most), most]
    limit = seconds * TRIAL_SHARE
    durations = _time_steps(network, options, train, candidates, limit * 3 / 4)
    chosen = min(durations, key=lambda each: durations[each])
    character = 0.0 if dev is None else _time_evaluation(network, options, dev, limit / 4)
    network.load_state_dict(initial_state)
    return Timing(chosen, durations[chosen], character)


def _powers_of_two(below: int) -> Iterator[int]:
    """Yield 1, 2, 4 and so on, below a number."""
    power = 1
    while power < below:
        yield power
        power *= 2


def _time_steps(
    network: Network, options: TrainOptions, train: Contexts, candidates: list[int], limit: float
) -> dict[int, float]:
    """Return the seconds of a step with each number of threads.

    Smaller steps come first, each up to three times. If a whole one would exceed the limit, its
    time is extrapolated, with the last candidate alone.
    """
    Training(network, options)  # the first optimizer of a process loads more of torch
    start = time.perf_counter()
    batch = options.batch or len(train.edge)

    def trial(threads: int, share: float) -> Callable[[], float]:
        size = options.batch if share == 1 else math.ceil(batch * share)
        trial_options = replace(options, threads=threads, batch=size, steps=10**6, every=1)
        steps = Training(network, trial_options).run(train, None)

        def timed() -> float:
            before = time.perf_counter()
            next(steps)
            return time.perf_counter() - before

        return timed

    trial(candidates[-1], _TRIAL_SHARES[0])()  # the first step of a process is slow
    fit, seconds = _time_small_steps(partial(trial, candidates[-1]), start + limit)
    if not fit:
        return {candidates[-1]: seconds}
    trials = {threads: trial(threads, 1.0) for threads in candidates[-fit:]}
    found: dict[int, list[float]] = {threads: [] for threads in trials}
    for _ in range(_MAX_ROUNDS):
        for threads, timed in trials.items():
            found[threads].append(timed())
        spent = time.perf_counter() - start
        if spent * (1 + 1 / len(found[candidates[-1]])) > limit:
            break
    # The mean includes the occasional slow steps; the first ones are slower than all later ones.
    return {threads: statistics.fmean(all_[len(all_) // 4 :]) for threads, all_ in found.items()}


def _time_small_steps(
    trial: Callable[[float], Callable[[], float]], end: float
) -> tuple[int, float]:
    """Time steps of a part of a batch, smaller ones first, each up to three times.

    Args:
        trial: for a share of a batch, returns a function that takes a step and returns its seconds.
        end: the time at which all trials should end.

    Returns:
        how many whole steps fit the time left, with a margin, and the seconds of a whole step.
    """
    times: list[float] = []
    for share, larger in pairwise((*_TRIAL_SHARES, 1.0)):
        timed, times = trial(share), [*times, math.inf]
        for _ in range(3):
            times[-1] = min(times[-1], timed())
            left = end - time.perf_counter()
            if 4 * _extrapolate(times, larger) > left:
                break
        fit = max(0, int(left / (2 * _extrapolate(times, larger))))
        if not fit:
            break
    return fit, _extrapolate(times, 1.0)


def _extrapolate(times: list[float], larger: float) -> float:
    """Return the seconds of a larger step from those of the smaller ones of `_TRIAL_SHARES`.

    The time grows linearly from a fixed part; with one small step alone, it is all proportional.

    Args:
        times: seconds of the smaller steps.
        larger: share of a batch in the larger step.
    """
    share, last = _TRIAL_SHARES[len(times) - 1], times[-1]
    if len(times) == 1:
        return last * larger / share
    slope = (last - times[-2]) / (share - _TRIAL_SHARES[len(times) - 2])
    return last + max(0.0, slope) * (larger - share)


def _time_evaluation(network: Network, options: TrainOptions, dev: Contexts, limit: float) -> float:
    """Return the seconds to evaluate a character of held-out lines.

    It is measured on more and more of them, until all processors are busy or the limit is reached.
    A small sample overestimates it, because a part of the time is the same for every sample; for
    the others the time between the last two samples is taken, or a quarter of the mean.
    """
    trial, start = Training(network, options), time.perf_counter()
    full = min(NETWORK_ROWS * 2 * available_processors(), len(dev.edge))
    size, seconds, characters = 1, 0.0, 0  # the first evaluation of a process is slow: one line
    while True:
        every = max(1, round(len(dev.edge) / size))
        sample = dev.lines(np.arange(0, len(dev.line_weight), every))
        last, fewer, before = seconds, characters, time.perf_counter()
        trial.evaluate(sample)
        now, characters = time.perf_counter(), len(sample.edge)
        seconds = now - before
        if size >= full or (fewer and seconds > (start + limit - now) / 4):
            break
        size = max(MIN_PART, size * 4)
    each = seconds / characters
    slope = (seconds - last) / max(1, characters - fewer)
    rest = len(dev.edge) - characters
    return (seconds + max(slope, each / 4) * rest) / len(dev.edge)


class Deadline:
    """The time at which the training of a network is to end.

    Call `keep` after each step. Time may shorten a training, and does nothing else to it.
    """

    def __init__(self, end: float, seconds: float) -> None:
        """Set the deadline.

        Args:
            end: the time of the end, by `time.perf_counter`.
            seconds: the whole budget, of which a small share may be exceeded.
        """
        self._end, self._late = end, seconds * _TOLERANCE
        self._before = time.perf_counter()
        self._steps: list[float] = []  # seconds of recent steps without evaluation
        self._evaluation = 0.0  # seconds of the last evaluation

    def keep(self, training: Training, was_evaluated: bool) -> None:
        """Shorten the training if its remaining steps would take too long.

        Args:
            training: the training, after a step.
            was_evaluated: whether the time since the last call includes a dev evaluation.
        """
        now = time.perf_counter()
        seconds, self._before = now - self._before, now
        if was_evaluated and self._steps:
            self._evaluation = max(0.0, seconds - statistics.median(self._steps))
        else:
            self._steps.append(seconds)
            recent = int(self._late / max(seconds, 1e-9))
            self._steps = self._steps[-max(_FEWEST_RECENT, min(recent, _MOST_RECENT)) :]
        steps, left = training.end - training.done, self._end - now
        step = statistics.median(self._steps) + self._evaluation / training.options.dev_interval
        if not steps or steps * step + self._evaluation <= left + self._late:
            return
        possible = min(max(0, int((left - self._evaluation) / step)), steps - 1)
        # As late as possible: the machine may become faster again.
        if possible <= _CUT_DECAY * (training.done + possible):
            training.cut(training.done + possible)
