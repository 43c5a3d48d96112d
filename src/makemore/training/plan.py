"""The plan of a training: the number of steps, the threads, and where it was shortened.

As text, each network has its steps and threads, followed by its cuts: 300/2/120-180 are 300 steps
in 2 threads, of which the steps after the first 120 were shortened to end at step 180. Networks are
separated by commas.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from makemore.errors import OptionError

_TEXT = re.compile(r"\d+/\d+(/\d+-\d+)*")
_MAX_NUMBER = 10**9  # steps or threads


@dataclass(frozen=True)
class Plan:
    """The plan of one network's training; a training that repeats it has the same weights.

    Attributes:
        steps: planned optimizer steps.
        threads: number of parts of each step, which are computed by as many threads.
        cuts: for each time that the training was shortened, the steps done and the new last step.
    """

    steps: int
    threads: int = 1
    cuts: tuple[tuple[int, int], ...] = ()

    @property
    def end(self) -> int:
        """The last step."""
        return self.cuts[-1][1] if self.cuts else self.steps

    def __str__(self) -> str:
        """Return the plan as text.

        Example:
            >>> str(Plan(300, 2, ((120, 180),)))
            '300/2/120-180'
        """
        return "/".join([f"{self.steps}/{self.threads}", *(f"{a}-{b}" for a, b in self.cuts)])

    @classmethod
    def parse(cls, text: str) -> "Plan":
        """Return the plan that a text describes.

        Raises:
            OptionError: the text is not a plan.
        """
        if not _TEXT.fullmatch(text):
            raise OptionError(f"plan {text!r} is not a plan: give the one that info printed")
        steps, threads, *cuts = text.split("/")
        pairs = [tuple(map(int, cut.split("-"))) for cut in cuts]
        plan = cls(int(steps), int(threads), tuple((done, end) for done, end in pairs))
        ends = [plan.steps, *(end for _, end in plan.cuts)]
        is_shortened = all(
            done <= end < before for (done, end), before in zip(plan.cuts, ends[:-1], strict=True)
        )
        starts = [done for done, _ in plan.cuts]
        if not (
            1 <= plan.end <= plan.steps <= _MAX_NUMBER
            and 1 <= plan.threads <= _MAX_NUMBER
            and is_shortened
            and starts == sorted(starts)
        ):
            raise OptionError(f"plan {text!r} contradicts itself: give the one that info printed")
        return plan


def parse_plans(text: str) -> list[Plan]:
    """Return the plan of each network.

    Raises:
        OptionError: the text is not a list of plans.
    """
    return [Plan.parse(part.strip()) for part in text.split(",")]


def format_plans(plans: Sequence[Plan]) -> str:
    """Return plans as the text that `parse_plans` reads."""
    return ",".join(map(str, plans))
