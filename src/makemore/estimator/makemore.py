"""`MakeMore`: learn a list, make more of it, judge lines, keep it all in one file."""

from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from makemore.checkpoint.learned import load_learned, save_learned
from makemore.checkpoint.run_directory import RunDirectory, kept
from makemore.corpus.lines import Lines
from makemore.corpus.split import fold_of
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import DataError, OptionError
from makemore.estimator.judge import Judge, parsed
from makemore.estimator.maker import Maker
from makemore.estimator.parameters import Parameters
from makemore.evaluation.scoring import Oddness, Scorer
from makemore.fitting.auto import window_counted
from makemore.fitting.blend import blend
from makemore.fitting.fit import fit_blocks, fit_lines, fit_more
from makemore.fitting.rates import rates_for
from makemore.options.declaration import Options
from makemore.options.verbs import FitOptions
from makemore.training.callbacks import OnStep

if TYPE_CHECKING:
    from makemore.training.rate_range import RateRange


class MakeMore(Maker, Judge, Parameters):
    """Learns a list of lines and makes more lines like them.

    The constructor stores its arguments and does nothing else; they are checked by `fit`.

    Args:
        model: a family's name, `auto`, or a family's options such as `MLPOptions(hidden=100)`.
        budget: time to train networks, as "30s", "2m" or seconds; becomes steps at once. None for
            30 seconds, less for fewer than 10,000 lines.
        steps: steps to train a network, instead of a budget.
        rate: highest learning rate; None for the family's own.
        weight_decay: of the optimizer; None for the family's own.
        batch: characters in each step; None for the family's own.
        device: where networks are trained: `auto`, `cpu`, `cuda` or `mps`.
        split: how lines are set apart: `digest`, `lecture` or `clean`.
        test: share of lines only reported on, for the digest split.
        random_state: the seed.
        keep_digests: whether to keep a digest of every line; `new` needs them.
        min_count: how often a line must stand in the list to be learned, weights counted.
        canaries: random lines to learn too, so that `exposure` can measure what is remembered.

    Attributes:
        learned_: everything learned: model, vocabulary, report and more: a `FittedModel`.

    Example:
        >>> maker = MakeMore().fit(["anna", "hannah", "johanna", "susanna"])
        >>> len(maker.sample(3))
        3
        >>> bool(maker.score(["hanna"]) > maker.score(["nnnnn"]))
        True
    """

    def __init__(  # noqa: PLR0913  scikit-learn's manner: one argument for each parameter
        self,
        model: str | Options = "auto",
        *,
        budget: str | float | None = None,
        steps: int | None = None,
        rate: float | None = None,
        weight_decay: float | None = None,
        batch: int | None = None,
        device: str = "auto",
        split: str = "digest",
        test: float = 0.0,
        random_state: int = 0,
        keep_digests: bool = True,
        min_count: int = 1,
        canaries: int = 0,
    ) -> None:
        """Stores the parameters."""
        self.model = model
        self.budget = budget
        self.steps = steps
        self.rate = rate
        self.weight_decay = weight_decay
        self.batch = batch
        self.device = device
        self.split = split
        self.test = test
        self.random_state = random_state
        self.keep_digests = keep_digests
        self.min_count = min_count
        self.canaries = canaries

    def fit(
        self,
        lines: Lines | Sequence[str] | Iterator[Lines] | Iterator[str],
        labels: Sequence[str] | None = None,
        weights: Sequence[float] | None = None,
        on_step: OnStep | None = None,
        run: RunDirectory | str | Path | None = None,
    ) -> Self:
        """Learns a list.

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

        Raises:
            DataError: the list cannot be used.
            OptionError: a parameter cannot be used.
            DivergedError: training met a loss that is not a number.
            CheckpointError: the folder cannot be written to, holds another run or a damaged one, or
                another process trains in it.
        """
        options, read = self._fit_options(), _read(lines, labels, weights)
        with kept(on_step, run) as hooks:
            if isinstance(read, Lines):
                self.learned_ = fit_lines(read, self.model, options, hooks)
            else:
                self.learned_ = fit_blocks(read, self.model, options, hooks)
        return self

    def partial_fit(
        self,
        lines: Lines | Sequence[str] | Iterator[Lines] | Iterator[str],
        labels: Sequence[str] | None = None,
        weights: Sequence[float] | None = None,
        on_step: OnStep | None = None,
        run: RunDirectory | str | Path | None = None,
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
        more, options = _read(lines, labels, weights), self._fit_options()
        more = more if isinstance(more, Lines) else Lines.concatenated(more)
        with kept(on_step, run) as hooks:
            self.learned_ = fit_more(self.learned_, more, options, hooks, adapt)
        return self

    def cross_oddness(self, lines: Lines | Sequence[str], folds: int = 10) -> Oddness:
        """Says how little each line of a list looks like the others; see `oddness`.

        Args:
            lines: the list; its labels are left out.
            folds: parts of it, at least 2, equal lines in one; each is judged by a model with this
                one's parameters that learned the other parts, and knows all characters.

        Raises:
            DataError: the list has fewer than two different lines.
            OptionError: there are fewer than two folds, or a parameter cannot be used.
        """
        lines = parsed(lines).without_labels()
        if folds < 2:
            raise OptionError(f"folds is {folds}: give 2 or more")
        if len(lines.distinct()) < 2:
            raise DataError("a list is judged by itself only if it has two different lines or more")
        fold, vocabulary = fold_of(lines, folds), Vocabulary.of(lines)
        found = Oddness.nothing(len(lines))
        for number in np.unique(fold):
            inside, outside = np.flatnonzero(fold == number), np.flatnonzero(fold != number)
            options = self._fit_options().replace(canaries=0)
            others = lines.select(outside)
            learned = fit_lines(others, self.model, options, vocabulary=vocabulary)
            found.put(inside, Scorer.of(learned).oddness(lines.select(inside)))
        return found

    def rate_range(self, lines: Lines | Sequence[str]) -> "RateRange":
        """Finds a learning rate for a network; see `makemore.training.rate_range`.

        Args:
            lines: the list.

        Raises:
            DataError: there is no line.
            OptionError: the model is no network, or a parameter cannot be used.
        """
        return rates_for(parsed(lines), self.model, self._fit_options())

    def save(self, path: str | Path) -> None:
        """Writes the whole model to one file.

        Raises:
            CheckpointError: it cannot be written there.
        """
        learned = self._learned
        # The family that `auto` or an options object stood for: what the file then says it is.
        save_learned(path, learned, {**self.plain_params(), "model": learned.family})

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
        learned = blend(
            [maker._learned for maker in makers], weights, None if lines is None else parsed(lines)
        )
        maker = cls(learned.options)
        maker.learned_ = learned
        return maker

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Reads a model that `save` wrote.

        Raises:
            CheckpointError: the file is missing, damaged, foreign or from a newer version.
        """
        learned, parameters = load_learned(path)
        maker = cls().set_params(**{**parameters, "model": learned.options})
        maker.learned_ = learned
        return maker

    def counts_blocks(self) -> bool:
        """Whether `fit` would count blocks of lines one by one, and never have all in memory."""
        is_fresh = not hasattr(self, "learned_")
        return is_fresh and window_counted(self.model, self._fit_options()) is not None

    def _fit_options(self) -> FitOptions:
        """The parameters, checked."""
        names = {"random_state": "seed", "keep_digests": "digests"}
        params = {names.get(k, k): v for k, v in self.plain_params().items() if k != "model"}
        return FitOptions.of(params)


def _read(
    lines: Lines | Sequence[str] | Iterator[Lines] | Iterator[str],
    labels: Sequence[str] | None,
    weights: Sequence[float] | None,
) -> Lines | Iterator[Lines]:
    """Lines that were read, strings, cleaned, or blocks of lines as they come."""
    if not isinstance(lines, Iterator):
        return parsed(lines, labels, weights)
    first: Any = next(lines, None)
    rest: Iterator[Any] = lines
    if not isinstance(first, Lines):
        return parsed([] if first is None else [first, *rest], labels, weights)
    parsed(first, labels, weights)  # which says so if labels are given twice
    return chain([first], rest)
