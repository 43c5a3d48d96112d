"""`MakeMore`: fit a model to lines, sample new lines, score lines, save and load the model."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Self

import numpy as np

from makemore.corpus.lines import Lines
from makemore.errors import DataError, OptionError
from makemore.estimator.base import Strings, as_lines
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

Input = Lines | Iterable[str] | Iterator[Lines]


class MakeMore(SamplingEstimator, ScoringEstimator):
    """Character-level generative model of lines of text.

    Fit it to a list of lines, then sample new lines or score lines. The constructor stores its
    arguments and does nothing else: `fit` validates them.

    Args:
        model: a family's name, `auto`, or a family's options such as `MLPOptions(hidden=100)`.
        {parameters}

    Attributes:
        learned_: the `FittedModel`: the fitted model, its vocabulary, the report of the fit and
            statistics of the list.

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
        labels: Iterable[str] | None = None,
        weights: Iterable[float] | None = None,
        on_step: "OnStep | None" = None,
        run: "RunDirectory | str | Path | None" = None,
        on_read: "Callable[[Summary], None] | None" = None,
    ) -> Self:
        """Fit the model to a list of lines.

        Args:
            lines: strings; `Lines`, which carry their own labels and weights; or an iterator of
                strings or of blocks of `Lines`, such as `read_blocks` returns. If `counts_blocks()`
                is true, only one of these blocks is in memory at a time.
            labels: one label per string, or None.
            weights: one count per string, or None.
            on_step: callback for each training step of a network. If it raises StopIteration,
                training stops and keeps the best weights so far.
            run: directory for the checkpoints of the training run. If it holds a checkpoint of the
                same run, training resumes from there and gives the same result as an uninterrupted
                run.
            on_read: callback, called once with the summary of the list before fitting starts.

        Returns:
            self.

        Raises:
            DataError: the list is invalid or has no line to learn.
            OptionError: a parameter is invalid.
            DivergedError: the training loss became NaN or infinite.
            CheckpointError: the directory is not writable, holds a different or damaged run, or is
                in use by another process.
        """
        from makemore.fitting.fit import Callbacks, fit_blocks, fit_lines

        options, data = self.fit_options(), _as_lines_or_blocks(lines, labels, weights)
        with _open_run(run) as checkpointer:
            callbacks = Callbacks(on_read, on_step, checkpointer)
            if isinstance(data, Lines):
                self.learned_ = fit_lines(data, self.model, options, callbacks)
            else:
                again = _read_again(lines) if options.min_count > 1 else None
                self.learned_ = fit_blocks(data, self.model, options, callbacks, again)
        return self

    def partial_fit(
        self,
        lines: Input,
        labels: Iterable[str] | None = None,
        weights: Iterable[float] | None = None,
        on_step: "OnStep | None" = None,
        run: "RunDirectory | str | Path | None" = None,
        adapt: bool = False,
    ) -> Self:
        """Fit the model to more lines, starting from its current state.

        On an unfitted model this is the same as `fit`.

        Count models end as if all lines had been counted at once. Networks are trained further on
        the new lines and on lines sampled from the model itself, as many as it was fitted on, up to
        100,000: this rehearsal keeps them from forgetting. New characters and labels extend the
        vocabulary.

        Args:
            lines: as for `fit`; with labels if and only if the model has labels.
            labels: as for `fit`.
            weights: as for `fit`.
            on_step: as for `fit`.
            run: as for `fit`.
            adapt: whether to train networks on the new lines alone, without rehearsal. They fit the
                new lines better and forget the old ones.

        Returns:
            self.

        Raises:
            DataError: the list is invalid, only one of model and list has labels, or the model is a
                blend of models with different characters.
            OptionError: a parameter is invalid.
            DivergedError: the training loss became NaN or infinite.
            CheckpointError: as for `fit`.
        """
        if not hasattr(self, "learned_"):
            return self.fit(lines, labels, weights, on_step, run)
        from makemore.fitting.continual import continue_fit
        from makemore.fitting.fit import Callbacks

        new_lines, options = _as_lines_or_blocks(lines, labels, weights), self.fit_options()
        new_lines = new_lines if isinstance(new_lines, Lines) else Lines.concatenate(new_lines)
        with _open_run(run) as checkpointer:
            callbacks = Callbacks(on_step=on_step, checkpointer=checkpointer)
            self.learned_ = continue_fit(self.learned_, new_lines, options, callbacks, adapt)
        return self

    def cross_oddness(self, lines: Strings, folds: int = 10) -> "Oddness":
        """Compute the oddness of each line of a list by cross-validation; see `oddness`.

        Each fold is scored by a model with the parameters of this one, fitted on the other folds
        over the vocabulary of the whole list.

        Args:
            lines: the list; its labels are ignored.
            folds: number of folds, at least 2. Equal lines are in the same fold.

        Raises:
            DataError: the list has fewer than two distinct lines.
            OptionError: `folds` is below 2, or a parameter is invalid.
        """
        from makemore.corpus.split import assign_folds
        from makemore.corpus.vocabulary import Vocabulary
        from makemore.evaluation.scoring import Oddness, Scorer
        from makemore.fitting.fit import fit_lines

        lines = as_lines(lines).without_labels()
        if folds < 2:
            raise OptionError(f"folds is {folds}: give 2 or more")
        if len(lines.distinct_indices()) < 2:
            raise DataError("cross-validation needs at least two distinct lines: give more lines")
        fold, vocabulary = assign_folds(lines, folds), Vocabulary.of(lines)
        oddness = Oddness.zeros(len(lines))
        for number in np.unique(fold):
            held_out, rest = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            options = self.fit_options().replace(canaries=0)
            train = lines.select(rest)
            fitted = fit_lines(train, self.model, options, vocabulary=vocabulary)
            oddness.put(held_out, Scorer.of(fitted).oddness(lines.select(held_out)))
        return oddness

    def rate_range(self, lines: Strings) -> "RateRange":
        """Run a learning-rate range test for a network; see `makemore.training.rate_range`.

        Args:
            lines: the list to train on.

        Raises:
            DataError: the list has no lines.
            OptionError: the model is not a network, or a parameter is invalid.
        """
        from makemore.fitting.rates import run_rate_range

        return run_rate_range(as_lines(lines), self.model, self.fit_options())

    def save(self, path: str | Path) -> None:
        """Write the fitted model to one file.

        Raises:
            CheckpointError: the file cannot be written.
        """
        from makemore.checkpoint.document import save_fitted

        # The file records the family that `auto` or an options object resolved to.
        save_fitted(path, self._fitted, self.plain_params() | {"model": self._fitted.family})

    @classmethod
    def blend(
        cls,
        makers: Sequence["MakeMore"],
        weights: Iterable[float] | None = None,
        lines: Strings | None = None,
    ) -> Self:
        """Return a mixture of fitted models: a weighted mean of their next-character probabilities.

        The vocabulary is the union of theirs. A model gives probability 0 to characters that its
        own list did not have.

        Args:
            makers: fitted models, at least two; all with the same labels, or all without labels.
            weights: one mixture weight per model, normalised to sum to 1; None for equal weights.
            lines: held-out lines, which the models should not have been fitted on. The mixture
                weights are those that maximise the likelihood of these lines. None to use
                `weights`.

        Raises:
            DataError: the models have different labels, or no line has only known characters.
            OptionError: there are fewer than two models, the weights are invalid, or both `weights`
                and `lines` are given.
        """
        from makemore.fitting.blend import blend

        fitted = [maker._fitted for maker in makers]
        blended = blend(fitted, weights, None if lines is None else as_lines(lines))
        maker = cls(blended.options)
        maker.learned_ = blended
        return maker

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a model that `save` wrote.

        Raises:
            CheckpointError: the file is missing, damaged, not a makemore model, or from a newer
                version.
        """
        from makemore.checkpoint.document import load_fitted

        fitted, parameters = load_fitted(path)
        maker = cls().set_params(**{**parameters, "model": fitted.options})
        maker.learned_ = fitted
        return maker

    def counts_blocks(self) -> bool:
        """Return whether `fit` counts blocks one at a time, without the whole list in memory."""
        from makemore.fitting.fit import counted_window

        is_fresh = not hasattr(self, "learned_")
        return is_fresh and counted_window(self.model, self.fit_options()) is not None


MakeMore.__doc__ = fill_in(MakeMore.__doc__, FitOptions)


def _open_run(
    run: "RunDirectory | str | Path | None",
) -> "AbstractContextManager[RunDirectory | None]":
    """Return the run directory as a context manager; one that yields None without a directory."""
    if run is None:
        return nullcontext()
    from makemore.checkpoint.run_directory import RunDirectory

    return run if isinstance(run, RunDirectory) else RunDirectory(run)


def _as_lines_or_blocks(
    lines: Input, labels: Iterable[str] | None, weights: Iterable[float] | None
) -> Lines | Iterator[Lines]:
    """Return the input as `Lines`, or as an iterator if it is an iterator of blocks of `Lines`."""
    if not isinstance(lines, Iterator):
        return as_lines(lines, labels, weights)
    items: Iterator[Lines | str] = iter(lines)
    first = next(items, None)
    if isinstance(first, Lines):
        as_lines(first, labels, weights)  # raises if labels or weights are given twice
        return _blocks(first, items)
    return as_lines([] if first is None else [first, *map(_check_string, items)], labels, weights)


def _read_again(blocks: Input) -> Iterator[Lines] | None:
    """Return a new iterator over blocks that are read from files; None for other blocks."""
    from makemore.corpus.reading.lists import BlockReader

    return blocks.again() if isinstance(blocks, BlockReader) else None


def _blocks(first: Lines, rest: Iterator[Lines | str]) -> Iterator[Lines]:
    """Yield the blocks; raise DataError at an item that is not `Lines`."""
    yield first
    for block in rest:
        if not isinstance(block, Lines):
            raise DataError(f"got a {type(block).__name__} among blocks of Lines: pass Lines only")
        yield block


def _check_string(line: Lines | str) -> str:
    """Return the string; raise DataError if it is a block of `Lines`."""
    if isinstance(line, Lines):
        raise DataError("got a block of Lines among strings: pass only strings or only blocks")
    return line
