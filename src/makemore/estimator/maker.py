"""What a fitted model makes: lines drawn, and the most probable ones."""

from collections.abc import Iterable
from itertools import islice
from typing import Any

from makemore.corpus.lines import Lines
from makemore.errors import ConstraintError, OptionError
from makemore.estimator.base import Estimator
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.sampling.request import Source
from makemore.sampling.stream import Stream, most_probable


class Maker(Estimator):
    """A fitted model that makes lines."""

    def sample(self, n: int = 20, *, exclude: Iterable[str] = (), **options: Any) -> list[str]:
        """Makes lines.

        Args:
            n: how many.
            exclude: lines never to give.
            **options: `SampleOptions` by name. Which lines are allowed: prefix, suffix, contains,
                pattern, length, min_length, max_length, forbid, only, ignore_case, label, new,
                distinct. How they are drawn: temperature, top_k, top_p, seed, exact, states,
                patience.

        Returns:
            n lines; fewer if there are no more, or no more were found in `patience` draws.

        Raises:
            ConstraintError: no line can be what is asked, or none was found.
            OptionError: an option cannot be used.
        """
        if not isinstance(n, int) or n < 0:
            raise OptionError(f"n is {n!r}: give a whole number, 0 or more")
        wanted = SampleOptions.of(options)
        lines = list(islice(self.stream(ahead=n, exclude=exclude, **options), n))
        if n and not lines:
            raise ConstraintError(
                f"none of {wanted.patience:,} lines drawn was what was asked for: ask for less, or "
                "raise patience"
            )
        return lines

    def stream(self, *, exclude: Iterable[str] = (), ahead: int = 4096, **options: Any) -> Stream:
        """Makes lines without end; `sample(n)` is the head of it.

        Its attributes `how`, `is_exact` and `allowed` say how lines are drawn, whether exactly in
        the model's own proportions, and how many different ones are allowed where that is counted.

        Args:
            exclude: lines never to give.
            ahead: how many will probably be taken; speed alone depends on it.
            **options: as for `sample`.
        """
        wanted = SampleOptions.of(options)
        if wanted.new and self._fitted.known is None:
            raise OptionError(
                "new needs the digests of the list, and this model was made without: fit it again "
                "with them"
            )
        excluded = frozenset(Lines.from_strings(exclude).to_list())
        return Stream(Source.of(self._fitted), wanted, excluded, max(1, ahead))

    def top(
        self, n: int = 20, *, label: str | None = None, nodes: int = 1_000_000, **options: Any
    ) -> list[tuple[str, float]]:
        """Lists the most probable lines.

        Args:
            n: how many.
            label: the label of every line, for a list with labels.
            nodes: starts of lines looked at, at most.
            **options: `ConstraintOptions` by name: prefix, suffix, contains, pattern, length,
                min_length, max_length, forbid, only, ignore_case, states.

        Returns:
            up to n lines with their log-likelihoods in nats, the most probable first. Fewer if
            there are no more, or if no more are sure to be next after so many nodes.

        Raises:
            ConstraintError: no line can be what is asked.
            OptionError: an option cannot be used.
        """
        asked = ConstraintOptions.of(options)
        return list(islice(most_probable(Source.of(self._fitted), asked, label, nodes), n))
