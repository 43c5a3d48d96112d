"""Learning-rate schedule: linear warm-up, then cosine decay."""

from math import cos, pi

WARM_UP_STEPS = 10  # steps


def rate_at(step: int, steps: int, peak: float) -> float:
    """Compute the learning rate of a step.

    Source: Loshchilov and Hutter (2017), arXiv 1608.03983, equation 5, one cycle down to zero.
    Differs: a linear warm-up comes first.

    Args:
        step: from 0 to steps - 1.
        steps: total number of steps.
        peak: peak learning rate.

    Example:
        >>> [round(rate_at(step, 100, 1.0), 2) for step in (0, 9, 55, 99)]
        [0.1, 1.0, 0.5, 0.0]
    """
    warm_up = min(WARM_UP_STEPS, steps)
    if step < warm_up:
        return peak * (step + 1) / warm_up
    return peak * 0.5 * (1 + cos(pi * (step - warm_up) / max(1, steps - warm_up)))
