"""Conversion of a time budget to a number of steps, once, before training starts."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace

from makemore.contexts.table import Contexts
from makemore.layers.network import Network
from makemore.training.loop import FEWEST_STEPS_BETWEEN, MOST_EVALUATIONS, Training, TrainOptions

# The trial: minimum and maximum number of steps, and the share of the budget after which it ends.
_FEWEST_TRIALS, _MOST_TRIALS, _TRIAL_SHARE = 8, 200, 0.05


def steps_within(
    seconds: float, network: Network, options: TrainOptions, train: Contexts, dev: Contexts | None
) -> int:
    """Compute the number of training steps that fit a time budget, by timing trial steps.

    Args:
        seconds: the budget, which includes the trial.
        network: the network to time; its weights are restored after the trial.
        options: the training options.
        train: the training contexts.
        dev: the dev contexts, or None.

    Returns:
        The number of steps, at least 1.
    """
    before = copy.deepcopy(network.state_dict())
    # Read every loss: this synchronises an asynchronous device, so that the times are right.
    trial = Training(network, replace(options, steps=_MOST_TRIALS, every=1))
    took: list[float] = []
    start = time.perf_counter()
    for _ in trial.run(train, None):
        took.append(time.perf_counter() - start - sum(took))
        if len(took) >= _FEWEST_TRIALS and sum(took) > seconds * _TRIAL_SHARE:
            break
    look = min(_seconds(trial.measure, dev) for _ in range(2)) if dev is not None else 0.0
    network.load_state_dict(before)
    left = seconds - (time.perf_counter() - start)
    usual = took[len(took) // 2 :]  # the first steps of a process are slow
    step = sum(usual) / len(usual)  # the mean, to include occasional slow steps
    few = left / (step + look / FEWEST_STEPS_BETWEEN)
    many = (left - look * MOST_EVALUATIONS) / step
    return max(1, int(many if few > MOST_EVALUATIONS * FEWEST_STEPS_BETWEEN else few))


def _seconds(ask: Callable[[Contexts], float], about: Contexts) -> float:
    """Measure the time of one evaluation, in seconds."""
    start = time.perf_counter()
    ask(about)
    return time.perf_counter() - start
