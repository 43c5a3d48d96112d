"""Learning-rate schedule: linear warm-up, then cosine decay, which can be shortened."""

from math import cos, pi

from makemore.training.plan import Plan

WARM_UP_STEPS = 10  # steps


def rate_at(step: int, plan: Plan, peak: float) -> float:
    """Compute the learning rate of a step.

    Where the plan was shortened, the rate falls linearly from there to zero at the new end.

    Source: Loshchilov and Hutter (2017), arXiv 1608.03983, equation 5, one cycle down to zero.
    Differs: a linear warm-up comes first.

    Args:
        step: from 0 to the last step of the plan - 1.
        plan: the number of steps, and where they were shortened.
        peak: peak learning rate.

    Example:
        >>> [round(rate_at(step, Plan(100), 1.0), 2) for step in (0, 9, 55, 99)]
        [0.1, 1.0, 0.5, 0.0]
        >>> [round(rate_at(step, Plan(100, 1, ((55, 65),)), 1.0), 2) for step in (54, 55, 60, 64)]
        [0.52, 0.5, 0.25, 0.05]
    """
    for number in range(len(plan.cuts) - 1, -1, -1):
        done, end = plan.cuts[number]
        if step >= done:
            before = rate_at(done, Plan(plan.steps, plan.threads, plan.cuts[:number]), peak)
            return before * (end - step) / (end - done)
    warm_up = min(WARM_UP_STEPS, plan.steps)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + cos(pi * (step - warm_up) / max(1, plan.steps - warm_up)))
