"""Scoring methods of `MakeMore`: likelihoods, ranks, labels, oddness, losses.

Each method imports what it needs when it is called, because sampling needs none of it.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.lines import Lines
from makemore.errors import DataError
from makemore.estimator.base import Estimator, Strings, as_aligned_lines, as_lines, probe_lines

if TYPE_CHECKING:
    from makemore.contexts.table import Contexts
    from makemore.evaluation.exposure import Exposure
    from makemore.evaluation.metrics import Evaluation, Variety
    from makemore.evaluation.nearest import Nearest
    from makemore.evaluation.ranks import Ranks
    from makemore.evaluation.scoring import Oddness, Scorer
    from makemore.probe.examination import Examination
    from makemore.probe.recording import Recording


class ScoringEstimator(Estimator):
    """Estimator with methods that score lines under the fitted model.

    Lines are strings, or `Lines`, which carry their own labels. Strings are cleaned in the same way
    as the list.
    """

    @property
    def _scorer(self) -> "Scorer":
        """The scorer of the fitted model."""
        from makemore.evaluation.scoring import Scorer

        return Scorer.of(self._fitted)

    def score_samples(
        self, lines: Strings, labels: Iterable[str] | None = None
    ) -> NDArray[np.float64]:
        """Compute the log-likelihood of each line.

        Args:
            lines: the lines.
            labels: one label per line, or None. Without labels, a model with labels marginalises
                over them, weighted by the label priors.

        Returns:
            (B,) float64 log-likelihood of each line, in nats, including its end; -inf for a line
            with a character or label that was not in the list.
        """
        return self._scorer.lines(as_aligned_lines(lines, labels))

    def score(self, lines: Strings, labels: Iterable[str] | None = None) -> float:
        """Compute the mean log-likelihood per character, in nats: the negative of the loss.

        The end of a line counts as a character, and lines count by their weights.

        Args:
            lines: the lines.
            labels: as for `score_samples`.

        Raises:
            DataError: there is no line.
        """
        cleaned = as_aligned_lines(lines, labels)
        if not len(cleaned):
            raise DataError("there is no line to score: give at least one")
        weights = cleaned.counts()
        scores, characters = self._scorer.lines(cleaned), cleaned.lengths() + 1
        return float((weights * scores).sum() / (weights * characters).sum())

    def score_characters(
        self, lines: Strings, labels: Iterable[str] | None = None
    ) -> list[NDArray[np.float64]]:
        """Compute the log-likelihood of each character of each line.

        Args:
            lines: the lines.
            labels: as for `score_samples`.

        Returns:
            for each line, a (characters + 1,) float64 array of log-likelihoods, in nats. The last
            one is that of the line's end, and their sum is the log-likelihood of the line. A
            character that was not in the list has -inf, and all positions after it have NaN.
        """
        return self._scorer.characters(as_aligned_lines(lines, labels))

    def score_labels(self, lines: Strings) -> NDArray[np.float64]:
        """Compute the log-likelihood of each line given each label.

        Returns:
            (B, labels) float64 log-likelihoods log p(line | label), in nats; columns in the order
            of `classes_`.

        Raises:
            OptionError: the model was fitted without labels.
        """
        return self._scorer.labels(as_aligned_lines(lines))

    @property
    def classes_(self) -> NDArray[np.str_]:
        """The labels of the list, sorted, as a (labels,) string array."""
        return np.array(self._fitted.vocabulary.labels, str)

    def predict_proba(self, lines: Strings) -> NDArray[np.float64]:
        """Compute the posterior probability of each label for each line, by Bayes' rule.

        The priors are the shares of the labels in the list. If a line is impossible under every
        label, for instance because it has a character that was not in the list, its row holds the
        priors.

        Returns:
            (B, labels) float64 probabilities p(label | line); columns in the order of `classes_`.

        Raises:
            OptionError: the model was fitted without labels.
        """
        return self._scorer.posterior(as_aligned_lines(lines))

    def predict(self, lines: Strings) -> NDArray[np.str_]:
        """Return the most probable label of each line, as a (B,) array; see `predict_proba`."""
        labels: NDArray[np.str_] = self.classes_[self.predict_proba(lines).argmax(axis=1)]
        return labels

    def rank(
        self, lines: Strings, *, draws: int = 100_000, label: str | None = None, seed: int = 0
    ) -> "Ranks":
        """Estimate the rank of each line: the number of lines that are more probable.

        See `makemore.evaluation.ranks` for the estimator.

        Args:
            lines: the lines.
            draws: number of lines to sample for the estimate. Four times as many halve its error.
            label: rank lines under this label, among lines with this label; None ranks them among
                the lines of all labels.
            seed: seed of the sampling.

        Raises:
            OptionError: the label is unknown, or `draws` is below 1.
        """
        from makemore.evaluation.ranks import rank_lines
        from makemore.sampling.request import Source

        source = Source.of(self._fitted)
        return rank_lines(source, self._scorer, as_aligned_lines(lines), draws, label, seed)

    def oddness(self, lines: Strings) -> "Oddness":
        """Compute how much each line deviates from what the model expects of its own lines.

        See `makemore.evaluation.scoring.Oddness` for the result.
        """
        return self._scorer.oddness(as_aligned_lines(lines))

    def evaluate(
        self, lines: Strings, labels: Iterable[str] | None = None, seed: int = 0
    ) -> "Evaluation":
        """Compute the loss on lines and, for a model with labels, the classification metrics.

        Lines with a character or label that was not in the list are excluded and counted in
        `unknown`.

        Args:
            lines: the lines; with labels if the model has labels.
            labels: one label per line, or None.
            seed: seed of the bootstrap confidence intervals.

        Raises:
            DataError: no line remains, or the model has labels and the lines have none.
        """
        from makemore.evaluation.metrics import classification, evaluate

        lines, scorer = as_lines(lines, labels), self._scorer
        is_known = scorer.vocabulary.is_encodable(lines)
        lines = lines.select(np.flatnonzero(is_known))
        is_learned = self._is_learned(lines)
        evaluation = evaluate(scorer.model, scorer.contexts(lines), is_learned, seed)
        metrics = None
        if lines.labels is not None and len(scorer.vocabulary.labels) > 1:
            learned = None
            if is_learned is not None:
                learned = bool(is_learned.all())
                lines = lines if learned else lines.select(np.flatnonzero(~is_learned))
            truth = np.searchsorted(self.classes_, lines.label_list())
            metrics = classification(scorer.posterior(lines), truth, lines.counts(), learned, seed)
        return replace(evaluation, unknown=int((~is_known).sum()), labels=metrics)

    def nearest(self, lines: Strings, made: Strings) -> "Nearest":
        """Measure how close sampled lines are to training lines; see `makemore.evaluation.nearest`.

        Args:
            lines: a mix of lines that the model was fitted on and lines that it was not fitted on.
                The digests in the model tell them apart.
            made: lines sampled from the model.

        Raises:
            DataError: `made` is empty, `lines` has lines of one kind only, or the model was fitted
                without digests.
        """
        from makemore.evaluation.nearest import nearest_in_mix

        known = as_lines(lines)
        known = known.select(np.flatnonzero(self._fitted.vocabulary.is_encodable(known)))
        drawn = as_aligned_lines(made)
        is_learned, is_copied = self._is_learned(known), self._is_learned(drawn)
        return nearest_in_mix(drawn.to_list(), is_copied, known, is_learned)

    def exposure(self, draws: int = 16_384, seed: int = 0) -> "Exposure | None":
        """Estimate how much the model memorised single lines; see `makemore.evaluation.exposure`.

        Args:
            draws: number of lines to sample for the estimates. Four times as many halve their
                errors.
            seed: seed of the sampling.

        Returns:
            the exposure of each canary; None if the model was fitted without canaries.

        Raises:
            OptionError: `draws` is below 1.
        """
        from makemore.evaluation.exposure import exposure

        return exposure(self._fitted, draws, seed)

    def probe(
        self,
        lines: Strings | None = None,
        recording: "Recording | None" = None,
        line: str | None = None,
    ) -> "Examination":
        """Examine the model's weights and activations; see `makemore.probe.examination`.

        Args:
            lines: lines to compute activations and gradients on; `looked_at` returns the subset
                that is used. None to examine the weights only.
            recording: the `Recording` that `fit` was given as `on_step`, or None.
            line: a line for which to return the attention of Transformers, or None.

        Raises:
            DataError: no line has only known characters and labels, `line` is blank or has an
                unknown character, or the recording is of another model.
        """
        from makemore.contexts.table import Contexts
        from makemore.probe.examination import examine

        fitted = self._fitted
        subset, one_line = None if lines is None else self.looked_at(lines), None
        if line is not None:
            label = self.predict([line]).tolist() if len(self.classes_) else None
            one_line = as_lines([line], label)
            if not len(one_line) or not fitted.vocabulary.is_encodable(one_line).all():
                raise DataError(f"no attention along {line!r}: give a line of known characters")

        def contexts_of(lines: Lines | None) -> "Callable[[int | None], Contexts] | None":
            if lines is None:
                return None
            # Several networks may have the same window, so each table is computed once.
            return cache(lambda window: Contexts.of(lines, fitted.vocabulary, window))

        found = examine(fitted.model, contexts_of(subset), recording, contexts_of(one_line))
        return found if fitted.report.starter_steps is None else found.without_verdicts()

    def looked_at(self, lines: Strings) -> Lines:
        """Return the subset of lines that `probe` examines.

        They are at most 2,048 of the lines with only known characters and labels, evenly spaced.
        If lines are long there are fewer, so that together they have at most about 65,536
        characters.

        Raises:
            DataError: every line has an unknown character or label.
        """
        known = as_lines(lines)
        known = known.select(np.flatnonzero(self._fitted.vocabulary.is_encodable(known)))
        if not len(known):
            raise DataError("there is no line to examine: each has an unknown character or label")
        return probe_lines(known)

    def variety(self, lines: Strings) -> "Variety":
        """Compute the shares of distinct and of new lines, and statistics of their lengths.

        Raises:
            DataError: there is no line.
        """
        from makemore.evaluation.metrics import variety

        cleaned = as_aligned_lines(lines)
        return variety(cleaned.to_list(), self.is_seen(cleaned))

    def is_seen(self, lines: Strings) -> NDArray[np.bool_] | None:
        """Return (B,) bool, whether each line was in the list; None without digests."""
        digests = self._fitted.digests
        return None if digests is None else np.isin(as_aligned_lines(lines).digests, digests())

    def _is_learned(self, lines: Lines) -> NDArray[np.bool_] | None:
        """Return (B,) bool: whether each line was in the list and not in its test split."""
        from makemore.corpus.split import has_digest_below

        is_seen, report = self.is_seen(lines), self._fitted.report
        if is_seen is None or report.split != "digest":
            return is_seen
        return is_seen & ~has_digest_below(lines, report.test)
