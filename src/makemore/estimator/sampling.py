"""What a fitted model generates: sampled lines, and the most probable ones."""

from collections.abc import Iterable, Mapping
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from makemore.corpus.lines import Lines
from makemore.errors import ConstraintError, OptionError
from makemore.estimator.base import Estimator
from makemore.options.declaration import Options, Value, fill_in
from makemore.options.verbs import ConstraintOptions, SampleOptions

if TYPE_CHECKING:
    from makemore.sampling.stream import Stream

Declared = TypeVar("Declared", bound=Options)


class SamplingEstimator(Estimator):
    """A fitted model that generates lines."""

    def sample(
        self,
        n: int = 20,
        *,
        exclude: Iterable[str] = (),
        options: SampleOptions | None = None,
        **named: Value | list[str],
    ) -> list[str]:
        """Sample lines.

        Args:
            n: how many.
            exclude: lines never to give.
            options: which lines are allowed and how they are drawn.
            **named: instead of `options`, the options of `SampleOptions` by name:
                {names}.

        Returns:
            n lines; fewer if there are no more, or no more were found in `patience` draws.

        Raises:
            ConstraintError: no line can be what is asked, or none was found.
            OptionError: an option cannot be used.
        """
        if not isinstance(n, int) or n < 0:
            raise OptionError(f"n is {n!r}: give a whole number, 0 or more")
        wanted = _options(SampleOptions, options, named)
        lines = list(islice(self._stream(wanted, exclude, ahead=n), n))
        if n and not lines:
            raise ConstraintError(
                f"none of {wanted.patience:,} lines drawn was what was asked for: ask for less, or "
                "raise patience"
            )
        return lines

    def stream(
        self,
        *,
        exclude: Iterable[str] = (),
        ahead: int = 4096,
        options: SampleOptions | None = None,
        **named: Value | list[str],
    ) -> "Stream":
        """Sample lines without end; `sample(n)` is the head of the stream.

        Its attributes `how`, `is_exact` and `allowed` say how lines are drawn, whether exactly in
        the model's own proportions, and how many different ones are allowed where that is counted.

        Args:
            exclude: lines never to give.
            ahead: how many will probably be taken; speed alone depends on it.
            options: which lines are allowed and how they are drawn.
            **named: instead of `options`, the options of `SampleOptions` by name:
                {names}.

        Returns:
            an iterator over lines.

        Raises:
            ConstraintError: no line can be what is asked.
            OptionError: an option cannot be used.
        """
        return self._stream(_options(SampleOptions, options, named), exclude, ahead)

    def _stream(self, options: SampleOptions, exclude: Iterable[str], ahead: int) -> "Stream":
        """A stream of lines: see `stream`."""
        from makemore.sampling.request import Source
        from makemore.sampling.stream import Stream

        if options.new and self._fitted.known is None:
            raise OptionError(
                "new needs the digests of the list, and this model was made without: fit it again "
                "with them"
            )
        is_none = isinstance(exclude, list | tuple) and not exclude
        excluded = frozenset(() if is_none else Lines.from_strings(exclude).to_list())
        return Stream(Source.of(self._fitted), options, excluded, max(1, ahead))

    def top(
        self,
        n: int = 20,
        *,
        label: str | None = None,
        nodes: int = 1_000_000,
        options: ConstraintOptions | None = None,
        **named: Value | list[str],
    ) -> list[tuple[str, float]]:
        """List the most probable lines.

        Args:
            n: how many.
            label: the label of every line, for a list with labels.
            nodes: prefixes to expand in the search, at most.
            options: which lines are allowed.
            **named: instead of `options`, the options of `ConstraintOptions` by name:
                {names}.

        Returns:
            up to n lines with their log-likelihoods in nats, the most probable first. Fewer if
            there are no more, or if no more are sure to be next after so many nodes.

        Raises:
            ConstraintError: no line can be what is asked.
            OptionError: an option cannot be used.
        """
        from makemore.sampling.request import Source
        from makemore.sampling.stream import most_probable

        wanted = _options(ConstraintOptions, options, named)
        return list(islice(most_probable(Source.of(self._fitted), wanted, label, nodes), n))


for _method, _declaration in (
    (SamplingEstimator.sample, SampleOptions),
    (SamplingEstimator.stream, SampleOptions),
    (SamplingEstimator.top, ConstraintOptions),
):
    _method.__doc__ = fill_in(_method.__doc__, _declaration)


def _options(
    declaration: type[Declared], options: Declared | None, named: Mapping[str, Value | list[str]]
) -> Declared:
    """The options given, as an object or by name."""
    if options is None:
        return declaration.of(named)
    # A declaration with more options would have some that are dropped in silence.
    if type(options) is not declaration or named:
        raise OptionError(
            f"options is {options!r}: give {declaration.__name__}, or options by name, not both"
        )
    return options
