"""Conversion of a time budget to a number of steps, once, before training starts."""

import copy
import time
from collections.abc import Callable
from dataclasses import replace

from makemore.contexts.table import Contexts
from makemore.layers.network import Network
from makemore.training.loop import MAX_EVALUATIONS, MIN_DEV_INTERVAL, Training, TrainOptions

# The trial: minimum and maximum number of steps, and the share of the budget after which it ends.
_MIN_TRIAL_STEPS, _MAX_TRIAL_STEPS, _TRIAL_SHARE = 8, 200, 0.05


def steps_in_budget(
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
    initial_state = copy.deepcopy(network.state_dict())
    # Read every loss: this synchronises an asynchronous device, so that the times are right.
    trial = Training(network, replace(options, steps=_MAX_TRIAL_STEPS, every=1))
    durations: list[float] = []
    start = time.perf_counter()
    for _ in trial.run(train, None):
        durations.append(time.perf_counter() - start - sum(durations))
        if len(durations) >= _MIN_TRIAL_STEPS and sum(durations) > seconds * _TRIAL_SHARE:
            break
    evaluation = 0.0
    if dev is not None:
        evaluation = min(_time_evaluation(trial.evaluate, dev) for _ in range(2))
    network.load_state_dict(initial_state)
    remaining = seconds - (time.perf_counter() - start)
    later = durations[len(durations) // 2 :]  # the first steps of a process are slow
    step_time = sum(later) / len(later)  # the mean, to include occasional slow steps
    few = remaining / (step_time + evaluation / MIN_DEV_INTERVAL)
    many = (remaining - evaluation * MAX_EVALUATIONS) / step_time
    return max(1, int(many if few > MAX_EVALUATIONS * MIN_DEV_INTERVAL else few))


def _time_evaluation(evaluate: Callable[[Contexts], float], contexts: Contexts) -> float:
    """Measure the time of one evaluation, in seconds."""
    start = time.perf_counter()
    evaluate(contexts)
    return time.perf_counter() - start
