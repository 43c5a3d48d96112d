"""`MakeMore` scores lines: likelihoods, ranks, labels, oddness, losses.

What answers a question is imported when it is asked: to sample, none of it is needed.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import evenly
from makemore.corpus.lines import Lines
from makemore.errors import DataError
from makemore.estimator.base import Estimator, Strings, parsed

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts
    from makemore.evaluation.exposure import Exposure
    from makemore.evaluation.metrics import Evaluation, Variety
    from makemore.evaluation.nearest import Nearest
    from makemore.evaluation.ranks import Ranks
    from makemore.evaluation.scoring import Oddness, Scorer
    from makemore.probe.examination import Examination
    from makemore.probe.recording import Recording

_UNMEASURED = "how near the lines made are to learned ones is not measured"
_LOOKED_AT = 2048  # lines asked about at once
_CHARACTERS = 2**16  # of them, about: networks keep numbers for each


class ScoringEstimator(Estimator):
    """A fitted model that scores lines; each is cleaned as the list was.

    Lines are strings, or `Lines` that were read with their labels.
    """

    @property
    def _scorer(self) -> "Scorer":
        """The fitted model as it scores lines."""
        from makemore.evaluation.scoring import Scorer

        return Scorer.of(self._fitted)

    def score_samples(
        self, lines: Strings, labels: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Scores lines.

        Args:
            lines: the lines.
            labels: one label for each, or None; a model with labels then takes their mean.

        Returns:
            (B,) float64 log-likelihood of each line, nats, its end included; -inf for a line with a
            character that was nowhere in the list.
        """
        return self._scorer.lines(_asked(lines, labels))

    def score(self, lines: Strings, labels: Sequence[str] | None = None) -> float:
        """Gives the mean log-likelihood per character, ends and weights counted: minus the loss."""
        read = _asked(lines, labels)
        if not len(read):
            raise DataError("there is no line to score: give at least one")
        weights = read.counts()
        scores, characters = self._scorer.lines(read), read.lengths() + 1
        return float((weights * scores).sum() / (weights * characters).sum())

    def score_characters(
        self, lines: Strings, labels: Sequence[str] | None = None
    ) -> list[NDArray[np.float64]]:
        """Scores the characters of lines.

        Args:
            lines: the lines.
            labels: as for `score_samples`.

        Returns:
            for each line a (characters + 1,) float64 array of log-likelihoods, nats, the last one
            of its end: they add up to its score. A character that was nowhere in the list has -inf,
            and what follows it NaN.
        """
        return self._scorer.characters(_asked(lines, labels))

    def score_labels(self, lines: Strings) -> NDArray[np.float64]:
        """(B, labels) float64 log-likelihood of each line in nats, were it of each label.

        Columns are as in `classes_`.

        Raises:
            OptionError: the list had no labels.
        """
        return self._scorer.labels(_asked(lines))

    @property
    def classes_(self) -> NDArray[np.str_]:
        """(labels,) the labels of the list, sorted."""
        return np.array(self._fitted.vocabulary.labels, str)

    def predict_proba(self, lines: Strings) -> NDArray[np.float64]:
        """(B, labels) float64, how probable each label is for each line, by Bayes' rule.

        A line that is impossible under every label, for a character that was nowhere in the list,
        has the labels' shares in the list.

        Raises:
            OptionError: the list had no labels.
        """
        return self._scorer.posterior(_asked(lines))

    def predict(self, lines: Strings) -> NDArray[np.str_]:
        """(B,) the most probable label of each line; see `predict_proba`."""
        found: NDArray[np.str_] = self.classes_[self.predict_proba(lines).argmax(axis=1)]
        return found

    def rank(
        self, lines: Strings, *, draws: int = 100_000, label: str | None = None, seed: int = 0
    ) -> "Ranks":
        """Estimates how many lines are more probable than each; see `makemore.evaluation.ranks`.

        Args:
            lines: the lines.
            draws: lines drawn for the estimate: four times as many halve its error.
            label: ranks lines of this label among its own; None, among those of all labels.
            seed: of the drawing.

        Raises:
            OptionError: there is no such label.
        """
        from makemore.evaluation.ranks import ranks
        from makemore.sampling.request import Source

        source = Source.of(self._fitted)
        return ranks(source, self._scorer, _asked(lines), draws, label, seed)

    def oddness(self, lines: Strings) -> "Oddness":
        """Says how little lines look like the list; see `makemore.evaluation.scoring.Oddness`."""
        return self._scorer.oddness(_asked(lines))

    def evaluate(
        self, lines: Strings, labels: Sequence[str] | None = None, seed: int = 0
    ) -> "Evaluation":
        """Measures losses on lines, and how well their labels are told.

        Lines with a character or a label that was nowhere in the list are left out, and counted.

        Args:
            lines: the lines; with labels for a model with labels.
            labels: one label for each, or None.
            seed: of the intervals.

        Raises:
            DataError: no line is left, or a model with labels was given lines without.
        """
        from makemore.evaluation.metrics import classification, evaluate

        lines, scorer = parsed(lines, labels), self._scorer
        is_known = scorer.vocabulary.knows(lines)
        lines = lines.select(np.flatnonzero(is_known))
        is_learned = self._is_learned(lines)
        found = evaluate(scorer.model, scorer.contexts(lines), is_learned, seed)
        told = None
        if lines.labels is not None and len(scorer.vocabulary.labels) > 1:
            learned = None
            if is_learned is not None:
                learned = bool(is_learned.all())
                lines = lines if learned else lines.select(np.flatnonzero(~is_learned))
            own = np.searchsorted(self.classes_, lines.labels_of())
            told = classification(scorer.posterior(lines), own, lines.counts(), learned, seed)
        return replace(found, unknown=int((~is_known).sum()), labels=told)

    def nearest(self, lines: Strings, made: Sequence[str]) -> "Nearest":
        """Measures how near lines are to learned ones; see `makemore.evaluation.nearest`.

        Args:
            lines: lines of which some were learned and some were not; digests tell which.
            made: lines that the model made.

        Raises:
            DataError: no line was made, there are none of one kind, or that is not known.
        """
        from makemore.evaluation.nearest import nearest

        read = parsed(lines)
        read = read.select(np.flatnonzero(self._fitted.vocabulary.knows(read)))
        is_learned = self._is_learned(read)
        if is_learned is None:
            raise DataError(f"{_UNMEASURED}: this model was made without digests of its list")
        if not is_learned.any():
            raise DataError(f"{_UNMEASURED}: none of these lines was learned; give the list too")
        if is_learned.all():
            raise DataError(
                f"{_UNMEASURED}: all of these lines were learned; give others too, or keep a test "
                "part when fitting"
            )
        learned, others = (
            read.select(np.flatnonzero(which)).to_list() for which in (is_learned, ~is_learned)
        )
        is_copied = self._is_learned(_asked(made))
        assert is_copied is not None, "digests are there"
        copied = [line for line, is_one in zip(made, is_copied, strict=True) if is_one]
        return nearest(made, others, learned, copied)

    def exposure(self, draws: int = 16_384, seed: int = 0) -> "Exposure | None":
        """Measure what the model remembers of single lines; see `makemore.evaluation.exposure`.

        Args:
            draws: lines drawn for the estimates: four times as many halve their errors.
            seed: of the drawing.

        Returns:
            the exposure of each canary that it learned; None if it was fitted without.

        Raises:
            OptionError: no line is to be drawn.
        """
        from makemore.evaluation.exposure import exposure

        return exposure(self._fitted, draws, seed)

    def probe(
        self,
        lines: Strings | None = None,
        recording: "Recording | None" = None,
        line: str | None = None,
    ) -> "Examination":
        """Examines what is inside; see `makemore.probe.examination`.

        Args:
            lines: some of these are asked about, see `looked_at`; None to look at weights.
            recording: what `fit` was given as `on_step`, or None.
            line: a line along which to see where Transformers look, or None.

        Raises:
            DataError: no line has only known characters, or the recording is of another model.
        """
        from makemore.contexts.table import Contexts
        from makemore.probe.examination import examine

        fitted = self._fitted
        few, one = None if lines is None else self.looked_at(lines), None
        if line is not None:
            label = self.predict([line]).tolist() if len(self.classes_) else None
            one = parsed([line], label)
            if not len(one) or not fitted.vocabulary.knows(one).all():
                raise DataError(f"nothing is seen along {line!r}: give a line of known characters")

        def contexts_of(lines: Lines | None) -> "Callable[[int | None], Contexts] | None":
            if lines is None:
                return None  # several networks may look back alike: counted once
            return cache(lambda window: Contexts.of(lines, fitted.vocabulary, window))

        return examine(fitted.model, contexts_of(few), recording, contexts_of(one))

    def looked_at(self, lines: Strings) -> Lines:
        """Those lines that `probe` asks about: at most 2,048, evenly apart among the known ones.

        Of long lines fewer, so that they have about 65,536 characters together.

        Raises:
            DataError: each line has an unknown character or label.
        """
        read = parsed(lines)
        read = read.select(np.flatnonzero(self._fitted.vocabulary.knows(read)))
        if not len(read):
            raise DataError("there is no line to look at: each has an unknown character or label")
        few = read.select(evenly(len(read), _LOOKED_AT))
        most = int(_CHARACTERS / max(1.0, float(few.lengths().mean())))
        return few.select(evenly(len(few), max(1, most)))

    def variety(self, lines: Strings) -> "Variety":
        """Counts how many of some lines are distinct and new, and how long they are."""
        from makemore.evaluation.metrics import variety

        cleaned = _asked(lines)
        return variety(cleaned.to_list(), self.is_seen(cleaned))

    def is_seen(self, lines: Strings) -> NDArray[np.bool_] | None:
        """(B,) bool: whether each line was in the list; None if its digests were not kept."""
        known = self._fitted.known
        return None if known is None else np.isin(_asked(lines).digests, known())

    def _is_learned(self, lines: Lines) -> NDArray[np.bool_] | None:
        """(B,) bool: whether each line was learned: in the list and not in its test part."""
        from makemore.corpus.split import is_set_apart

        is_seen, report = self.is_seen(lines), self._fitted.report
        if is_seen is None or report.split != "digest":
            return is_seen
        return is_seen & ~is_set_apart(lines, report.test)


def _asked(lines: Strings, labels: Sequence[str] | None = None) -> Lines:
    """Lines of which none is left out, blank as it may be."""
    if isinstance(lines, Lines):
        return parsed(lines, labels)
    return Lines.from_strings(lines, labels, keep_blank=True)
