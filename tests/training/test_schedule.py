from itertools import pairwise

import pytest

from makemore.training.plan import Plan
from makemore.training.schedule import WARM_UP_STEPS, rate_at


def test_the_rate_warms_up_stays_and_decays_to_zero():
    rates = [rate_at(step, Plan(200), 0.5) for step in range(200)]
    assert rates[:WARM_UP_STEPS] == pytest.approx([0.05 * (i + 1) for i in range(WARM_UP_STEPS)])
    assert set(rates[WARM_UP_STEPS:121]) == {0.5}
    assert [a - b for a, b in pairwise([*rates[120:], 0.0])] == pytest.approx([0.5 / 80] * 80)


@pytest.mark.parametrize("steps", [1, 2, WARM_UP_STEPS, WARM_UP_STEPS + 1])
def test_few_steps_have_positive_rates(steps):
    rates = [rate_at(step, Plan(steps), 1.0) for step in range(steps)]
    assert all(0 < rate <= 1 for rate in rates)


@pytest.mark.parametrize("cuts", [((50, 80),), ((3, 9),), ((50, 150), (60, 70)), ((50, 51),)])
def test_after_a_cut_the_rate_falls_from_where_it_was_to_zero(cuts):
    plan = Plan(200, 1, cuts)
    rates = [rate_at(step, plan, 1.0) for step in range(plan.end)]
    assert rates[: cuts[0][0]] == [rate_at(step, Plan(200), 1.0) for step in range(cuts[0][0])]
    done, end = cuts[-1]
    falls = [a - b for a, b in pairwise([*rates[done:], 0.0])]
    assert falls == pytest.approx([rates[done] / (end - done)] * (end - done))
