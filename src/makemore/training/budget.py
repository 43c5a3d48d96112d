"""Time becomes steps, once, before the first of them."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace

from makemore.contexts.table import Contexts
from makemore.layers.network import Network
from makemore.training.loop import FEWEST_STEPS_BETWEEN, MOST_EVALUATIONS, Training, TrainOptions

# Steps timed and thrown away: at least and at most so many, and then this share of the budget.
_FEWEST_TRIALS, _MOST_TRIALS, _TRIAL_SHARE = 8, 200, 0.05


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
    # Every loss is read, so that a device that works ahead of the clock does not mislead it.
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
    step = sum(usual) / len(usual)  # the mean: now and then a step takes long, and those count too
    few = left / (step + look / FEWEST_STEPS_BETWEEN)
    many = (left - look * MOST_EVALUATIONS) / step
    return max(1, int(many if few > MOST_EVALUATIONS * FEWEST_STEPS_BETWEEN else few))


def _seconds(ask: Callable[[Contexts], float], about: Contexts) -> float:
    """How long an answer takes."""
    start = time.perf_counter()
    ask(about)
    return time.perf_counter() - start
