"""Sampling methods of `MakeMore`: random lines and the most probable lines."""

import sys
from collections.abc import Iterable, Mapping
from itertools import islice
from operator import index
from typing import TYPE_CHECKING, TypeVar

from makemore.corpus.lines import Lines
from makemore.errors import OptionError
from makemore.estimator.base import Estimator, Strings, as_lines, fresh_seed
from makemore.options.declaration import Options, Value, fill_in
from makemore.options.verbs import ConstraintOptions, SampleOptions

if TYPE_CHECKING:
    from makemore.sampling.stream import Stream

OptionsT = TypeVar("OptionsT", bound=Options)


class SamplingEstimator(Estimator):
    """Estimator with methods that generate lines from the fitted model."""

    def sample(
        self,
        n: int = 20,
        *,
        exclude: Iterable[str] = (),
        learned: Strings | None = None,
        options: SampleOptions | None = None,
        **named: Value | list[str],
    ) -> list[str]:
        """Return lines sampled from the model.

        Args:
            n: number of lines.
            exclude: lines that are never returned.
            learned: the fitted list, for `new_by`; None to use the digests in the model, which is
                slower.
            options: constraints on the lines and the sampling method.
            **named: instead of `options`, the options of `SampleOptions` by name:
                {names}.

        Returns:
            n lines. Fewer if no further line is allowed, or if `patience` draws in a row gave none.

        Raises:
            ConstraintError: no line satisfies the constraints, or none was found.
            OptionError: an option is invalid.
        """
        n = whole_number("n", n)
        checked = _options(SampleOptions, options, named)
        lines = list(islice(self._stream(checked, exclude, n, learned), n))
        if n and not lines:
            from makemore.sampling.stream import nothing_found

            raise nothing_found(checked)
        return lines

    def stream(
        self,
        *,
        exclude: Iterable[str] = (),
        ahead: int = 4096,
        learned: Strings | None = None,
        options: SampleOptions | None = None,
        **named: Value | list[str],
    ) -> "Stream":
        """Return an iterator that samples lines without end.

        `sample(n)` returns the first n lines of `stream(ahead=n)`. The attribute `method` of the
        stream describes the sampling strategy, `is_exact` says whether lines follow the model's
        distribution over the allowed lines exactly, and `allowed` is the number of distinct allowed
        lines, or None without a constraint. It counts lines that are not in NFC, which are never
        drawn, too.

        Args:
            exclude: lines that are never returned.
            ahead: expected number of lines to be taken; it affects speed only.
            learned: as for `sample`.
            options: constraints on the lines and the sampling method.
            **named: instead of `options`, the options of `SampleOptions` by name:
                {names}.

        Returns:
            an iterator over lines. It ends if no further line is allowed, or if `patience` draws in
            a row gave none.

        Raises:
            ConstraintError: no line satisfies the constraints.
            OptionError: an option is invalid.
        """
        return self._stream(_options(SampleOptions, options, named), exclude, ahead, learned)

    def _stream(
        self, options: SampleOptions, exclude: Iterable[str], ahead: int, learned: Strings | None
    ) -> "Stream":
        """Return the stream for checked options; see `stream`."""
        from makemore.sampling.request import Source
        from makemore.sampling.stream import Stream

        needs_digests = options.new or (options.new_by > 0 and learned is None)
        if needs_digests and self._fitted.digests is None:
            raise OptionError(
                "new and new_by need the digests of the list, and this model was fitted without "
                "them: fit it again with digests, or give the list with new_by"
            )
        if needs_digests and options.ignore_case and self._fitted.folded_digests is None:
            raise OptionError(
                "new with ignore_case needs digests of the list without case, which this model "
                "lacks: it is of an older version, so fit it again"
            )
        is_empty = isinstance(exclude, list | tuple) and not exclude
        excluded = frozenset(() if is_empty else Lines.from_strings(exclude).to_list())
        known = None if learned is None else frozenset(as_lines(learned).to_list())
        return Stream(Source.of(self._fitted), options, excluded, max(1, ahead), known)

    def top(
        self,
        n: int = 20,
        *,
        label: str | None = None,
        nodes: int = 1_000_000,
        options: ConstraintOptions | None = None,
        **named: Value | list[str],
    ) -> list[tuple[str, float]]:
        """Return the most probable lines.

        Args:
            n: number of lines.
            label: label of every line, for a model with labels.
            nodes: maximum number of prefixes that the search expands.
            options: constraints on the lines.
            **named: instead of `options`, the options of `ConstraintOptions` by name:
                {names}.

        Returns:
            up to n pairs of a line and its log-likelihood in nats, the most probable first. Fewer
            if no further line is allowed, or if the search expands `nodes` prefixes before the next
            most probable line is certain.

        Raises:
            ConstraintError: no line satisfies the constraints.
            OptionError: an option is invalid.
        """
        from makemore.sampling.request import Source
        from makemore.sampling.stream import most_probable_lines

        checked = _options(ConstraintOptions, options, named)
        lines = most_probable_lines(Source.of(self._fitted), checked, label, nodes)
        return list(islice(lines, whole_number("n", n)))


for _method, _declaration in (
    (SamplingEstimator.sample, SampleOptions),
    (SamplingEstimator.stream, SampleOptions),
    (SamplingEstimator.top, ConstraintOptions),
):
    _method.__doc__ = fill_in(_method.__doc__, _declaration)


def whole_number(name: str, value: int) -> int:
    """Return a number of lines as an int; it may be an integer of NumPy.

    Raises:
        OptionError: it is not a whole number of 0 or more, or beyond any size of a list.
    """
    is_whole = hasattr(value, "__index__") and not isinstance(value, bool)
    if not is_whole or not 0 <= index(value) <= sys.maxsize:
        raise OptionError(f"{name} is {value!r}: give a whole number, 0 or more")
    return index(value)


def _options(
    declaration: type[OptionsT], options: OptionsT | None, named: Mapping[str, Value | list[str]]
) -> OptionsT:
    """Return the options, which were given either as an object or by name."""
    if options is None:
        if "seed" in named and named["seed"] is None:
            named = {**named, "seed": fresh_seed()}
        return declaration.of(named)
    # Options of a subclass could hold values that are silently dropped, so the type must match.
    if type(options) is not declaration or named:
        raise OptionError(
            f"options is {options!r}: give {declaration.__name__}, or options by name, not both"
        )
    return options
