"""The counted members of a model, counted once and again."""

from collections.abc import Callable, Sequence
from typing import Any

from makemore.contexts.table import Contexts


class Counting:
    """Counts for models that learn by counting, on top of what they had counted before."""

    def __init__(self, models: Sequence[Any], goes_on: bool) -> None:
        """Keeps what the models know, if they are to go on from there."""
        self._models = [(model, model.counted() if goes_on else None) for model in models]

    def count(self, contexts: Callable[[int | None], Contexts]) -> None:
        """Counts lines as each model's window shows them, in place of those counted here before."""
        for model, before in self._models:
            c = contexts(model.window)
            model.count(c if before is None else before.merge(c))
