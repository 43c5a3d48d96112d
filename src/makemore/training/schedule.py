"""Learning-rate schedule: warm-up, a constant rate, then linear decay; it can be shortened."""

from makemore.training.plan import Plan

WARM_UP_STEPS = 10  # steps
DECAY = 0.4  # share of all steps in which the rate falls


def rate_at(step: int, plan: Plan, peak: float) -> float:
    """Compute the learning rate of a step.

    The rate falls linearly to zero in the last two fifths of the steps. Where the plan was
    shortened, it falls linearly from there to zero at the new end.

    Source: Haegele et al. (2024), "Scaling laws and compute-optimal training beyond fixed training
    durations", arXiv 2405.18392: a constant rate with a cooldown, whose start can be chosen late.

    Args:
        step: from 0 to the last step of the plan - 1.
        plan: the number of steps, and where they were shortened.
        peak: peak learning rate.

    Example:
        >>> [round(rate_at(step, Plan(100), 1.0), 2) for step in (0, 9, 60, 80, 99)]
        [0.1, 1.0, 1.0, 0.5, 0.03]
        >>> [round(rate_at(step, Plan(100, 1, ((50, 60),)), 1.0), 2) for step in (49, 50, 55, 59)]
        [1.0, 1.0, 0.5, 0.1]
    """
    for number in range(len(plan.cuts) - 1, -1, -1):
        done, end = plan.cuts[number]
        if step >= done:
            before = rate_at(done, Plan(plan.steps, plan.threads, plan.cuts[:number]), peak)
            return before * (end - step) / (end - done)
    warm_up = min(1.0, (step + 1) / min(WARM_UP_STEPS, plan.steps))
    decay = min(1.0, (plan.steps - step) / max(1.0, DECAY * plan.steps))
    return peak * min(warm_up, decay)
