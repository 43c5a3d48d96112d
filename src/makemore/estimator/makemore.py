"""`MakeMore`: learn a list, make more of it, score lines, keep it all in one file."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from makemore.corpus.lines import Lines
from makemore.errors import DataError, OptionError
from makemore.estimator.base import parsed
from makemore.estimator.sampling import SamplingEstimator
from makemore.estimator.scoring import ScoringEstimator
from makemore.options.declaration import fill_in
from makemore.options.verbs import FitOptions

if TYPE_CHECKING:
    from makemore.checkpoint.run_directory import RunDirectory
    from makemore.corpus.cleaning import Summary
    from makemore.evaluation.scoring import Oddness
    from makemore.training.callbacks import OnStep
    from makemore.training.rate_range import RateRange

Input = Lines | Sequence[str] | Iterator[Lines] | Iterator[str]


class MakeMore(SamplingEstimator, ScoringEstimator):
    """Learns a list of lines and makes more lines like them.

    The constructor stores its arguments and does nothing else; they are checked by `fit`.

    Args:
        model: a family's name, `auto`, or a family's options such as `MLPOptions(hidden=100)`.
        {parameters}

    Attributes:
        learned_: the fitted model, its vocabulary, its report and more: a `FittedModel`.

    Example:
        >>> maker = MakeMore().fit(["anna", "hannah", "johanna", "susanna"])
        >>> len(maker.sample(3))
        3
        >>> bool(maker.score(["hanna"]) > maker.score(["nnnnn"]))
        True
    """

    def fit(
        self,
        lines: Input,
        labels: Sequence[str] | None = None,
        weights: Sequence[float] | None = None,
        on_step: "OnStep | None" = None,
        run: "RunDirectory | str | Path | None" = None,
        on_read: "Callable[[Summary], None] | None" = None,
    ) -> Self:
        """Learn a list.

        Args:
            lines: strings; `Lines` that were read with their labels and weights; or blocks of these
                from an iterator, as `read_blocks` gives. Where there is only counting to do, no
                more than one block is in memory at a time.
            labels: one label for each string, or None.
            weights: one count for each string, or None.
            on_step: called with each step of a network's training; if it raises StopIteration, the
                training ends there, with the best weights so far.
            run: a folder that keeps the training as it goes on. If it holds this very run, stopped
                at any moment, the training goes on, and ends as if it had never been stopped.
            on_read: called once with the summary of the list, before anything is learned.

        Raises:
            DataError: the list cannot be used.
            OptionError: a parameter cannot be used.
            DivergedError: training met a loss that is not a number.
            CheckpointError: the folder cannot be written to, holds another run or a damaged one, or
                another process trains in it.
        """
        from makemore.fitting.fit import Callbacks, fit_blocks, fit_lines

        options, read = self.fit_options(), _read(lines, labels, weights)
        with _checkpointer(run) as checkpointer:
            callbacks = Callbacks(on_read, on_step, checkpointer)
            if isinstance(read, Lines):
                self.learned_ = fit_lines(read, self.model, options, callbacks)
            else:
                self.learned_ = fit_blocks(read, self.model, options, callbacks)
        return self

    def partial_fit(
        self,
        lines: Input,
        labels: Sequence[str] | None = None,
        weights: Sequence[float] | None = None,
        on_step: "OnStep | None" = None,
        run: "RunDirectory | str | Path | None" = None,
        adapt: bool = False,
    ) -> Self:
        """Learns more lines, on top of what it knows; before anything is known this is `fit`.

        Counted models are then as if all lines had been counted at once. Networks are trained
        further, on the new lines among as many as they knew, drawn from the model itself, so that
        they keep what they knew. New characters and labels are taken in.

        Args:
            lines: as for `fit`, with labels if the first ones had them.
            labels: as for `fit`.
            weights: as for `fit`.
            on_step: as for `fit`.
            run: as for `fit`.
            adapt: whether networks are trained on the new lines alone: they learn those better, and
                forget.

        Raises:
            DataError: the list cannot be used, or only one of the lists has labels.
            OptionError: a parameter cannot be used.
            DivergedError: training met a loss that is not a number.
            CheckpointError: as for `fit`.
        """
        if not hasattr(self, "learned_"):
            return self.fit(lines, labels, weights, on_step, run)
        from makemore.fitting.continual import fit_more
        from makemore.fitting.fit import Callbacks

        more, options = _read(lines, labels, weights), self.fit_options()
        more = more if isinstance(more, Lines) else Lines.concatenated(more)
        with _checkpointer(run) as checkpointer:
            callbacks = Callbacks(on_step=on_step, checkpointer=checkpointer)
            self.learned_ = fit_more(self.learned_, more, options, callbacks, adapt)
        return self

    def cross_oddness(self, lines: Lines | Sequence[str], folds: int = 10) -> "Oddness":
        """Says how little each line of a list looks like the others; see `oddness`.

        Args:
            lines: the list; its labels are left out.
            folds: parts of it, at least 2, equal lines in one; each is judged by a model with this
                one's parameters that learned the other parts, and knows all characters.

        Raises:
            DataError: the list has fewer than two different lines.
            OptionError: there are fewer than two folds, or a parameter cannot be used.
        """
        from makemore.corpus.split import fold_of
        from makemore.corpus.vocabulary import Vocabulary
        from makemore.evaluation.scoring import Oddness, Scorer
        from makemore.fitting.fit import fit_lines

        lines = parsed(lines).without_labels()
        if folds < 2:
            raise OptionError(f"folds is {folds}: give 2 or more")
        if len(lines.distinct()) < 2:
            raise DataError("a list is judged by itself only if it has two different lines or more")
        fold, vocabulary = fold_of(lines, folds), Vocabulary.of(lines)
        found = Oddness.nothing(len(lines))
        for number in np.unique(fold):
            inside, outside = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            options = self.fit_options().replace(canaries=0)
            others = lines.select(outside)
            fitted = fit_lines(others, self.model, options, vocabulary=vocabulary)
            found.put(inside, Scorer.of(fitted).oddness(lines.select(inside)))
        return found

    def rate_range(self, lines: Lines | Sequence[str]) -> "RateRange":
        """Finds a learning rate for a network; see `makemore.training.rate_range`.

        Args:
            lines: the list.

        Raises:
            DataError: there is no line.
            OptionError: the model is no network, or a parameter cannot be used.
        """
        from makemore.fitting.rates import rates_for

        return rates_for(parsed(lines), self.model, self.fit_options())

    def save(self, path: str | Path) -> None:
        """Writes the whole model to one file.

        Raises:
            CheckpointError: it cannot be written there.
        """
        from makemore.checkpoint.document import save_fitted

        # The family that `auto` or an options object stood for: what the file then says it is.
        save_fitted(path, self._fitted, self.plain_params() | {"model": self._fitted.family})

    @classmethod
    def blend(
        cls,
        makers: Sequence["MakeMore"],
        weights: Sequence[float] | None = None,
        lines: Lines | Sequence[str] | None = None,
    ) -> Self:
        """Mixes fitted models, character by character; what has the parts of several lists.

        Characters that only some of the lists have are impossible for the other models.

        Args:
            makers: at least two; all with the same labels, or all without.
            weights: one for each, as a share or not; None for the same for all.
            lines: lines, which the models should not have learned; each member then has the weight
                that makes these likeliest. None to take `weights`.

        Raises:
            DataError: models differ in their labels, or no line can be used.
            OptionError: there are fewer than two models, or the weights are no weights.
        """
        from makemore.fitting.blend import blend

        fitted = [maker._fitted for maker in makers]
        blended = blend(fitted, weights, None if lines is None else parsed(lines))
        maker = cls(blended.options)
        maker.learned_ = blended
        return maker

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a model that `save` wrote.

        Raises:
            CheckpointError: the file is missing, damaged, foreign or from a newer version.
        """
        from makemore.checkpoint.document import load_fitted

        fitted, parameters = load_fitted(path)
        maker = cls().set_params(**{**parameters, "model": fitted.options})
        maker.learned_ = fitted
        return maker

    def counts_blocks(self) -> bool:
        """Return whether `fit` counts blocks of lines one by one, and never has all in memory."""
        from makemore.fitting.fit import counted_window

        is_fresh = not hasattr(self, "learned_")
        return is_fresh and counted_window(self.model, self.fit_options()) is not None


MakeMore.__doc__ = fill_in(MakeMore.__doc__, FitOptions)


def _checkpointer(
    run: "RunDirectory | str | Path | None",
) -> "AbstractContextManager[RunDirectory | None]":
    """The folder that saves a training, if one is given."""
    if run is None:
        return nullcontext()
    from makemore.checkpoint.run_directory import RunDirectory

    return run if isinstance(run, RunDirectory) else RunDirectory(run)


def _read(
    lines: Input, labels: Sequence[str] | None, weights: Sequence[float] | None
) -> Lines | Iterator[Lines]:
    """Lines that were read, strings, cleaned, or blocks of lines as they come."""
    if not isinstance(lines, Iterator):
        return parsed(lines, labels, weights)
    items: Iterator[Lines | str] = iter(lines)
    first = next(items, None)
    if isinstance(first, Lines):
        parsed(first, labels, weights)  # which says so if labels are given twice
        return _blocks(first, items)
    return parsed([] if first is None else [first, *map(_string, items)], labels, weights)


def _blocks(first: Lines, rest: Iterator[Lines | str]) -> Iterator[Lines]:
    """Blocks of lines, as they come."""
    yield first
    for block in rest:
        if not isinstance(block, Lines):
            raise DataError(f"a {type(block).__name__} came among blocks of lines: give Lines")
        yield block


def _string(line: Lines | str) -> str:
    """A line among strings."""
    if isinstance(line, Lines):
        raise DataError("a block of Lines came among strings: give one or the other")
    return line
