"""The starting point of a fit."""

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from makemore.corpus.vocabulary import Vocabulary
from makemore.fitting.auto import choose_family
from makemore.fitting.splits import Splits
from makemore.options.declaration import Options
from makemore.options.verbs import FitOptions
from makemore.registry import Family, family_and_options

if TYPE_CHECKING:
    from makemore.inference.model import Model


@dataclass(frozen=True)
class Start:
    """Starting point of a fit.

    Attributes:
        model: the model, fresh or already fitted.
        family: the family of the model.
        options: the options of the family.
        chosen: why `auto` chose the family, or None.
        warm_start: whether the model was already fitted.
        rehearsal: splits with the new and the rehearsed lines, on which networks are trained; None
            to train them on the new lines alone.
        clock: start time of the fit, in seconds.
    """

    model: "Model"
    family: Family
    options: Options
    chosen: str | None = None
    warm_start: bool = False
    rehearsal: Splits | None = None
    # By default the time after the model is built: building the first network imports torch.
    clock: float = field(default_factory=time.perf_counter)

    @classmethod
    def fresh(
        cls,
        model: str | Options,
        lines: int,
        vocabulary: Vocabulary,
        options: FitOptions,
        clock: float | None = None,
    ) -> "Start":
        """Build an unfitted model; `auto` chooses the family by the number of lines."""
        if model == "auto":
            family, family_options, chosen = choose_family(lines, options)
        else:
            (family, family_options), chosen = family_and_options(model), None
        built = family.build(family_options, len(vocabulary), len(vocabulary.labels))
        clock = time.perf_counter() if clock is None else clock
        return cls(built, family, family_options, chosen, clock=clock)

    def may_leave_out(self, options: FitOptions) -> bool:
        """Return whether `auto` chose networks by the budget, so that useless ones are left out."""
        return self.chosen is not None and options.steps is None and options.plan is None
