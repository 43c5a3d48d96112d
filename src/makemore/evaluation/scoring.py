"""Scoring of lines: log-likelihoods by line, character and label, and oddness.

If the model has labels and a line has none, its probability is the mean over labels,

    p(line) = sum over labels l of share(l) p(line | l)

The same sum over each prefix of the line gives the probability of each character.
"""

import math
from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import Float64s, segment_argmax
from makemore.contexts.table import Contexts
from makemore.corpus.lines import Lines
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import OptionError
from makemore.fitted import FittedModel
from makemore.inference import likelihood
from makemore.inference.model import Model

_RARE = tuple(math.log(share) for share in (0.1, 0.01, 0.001))  # nats


def surprise(log_prob: float) -> int:
    """Return the rarity of a character: 1, 2, 3 below probability 0.1, 0.01, 0.001; else 0.

    Example:
        >>> [surprise(nats) for nats in (-0.5, -3.0, -5.0, -9.0)]
        [0, 1, 2, 3]
    """
    return sum(log_prob < limit for limit in _RARE)


@dataclass(frozen=True, eq=False)
class Oddness:
    """How unusual lines are under a model, and the most surprising character of each.

    Attributes:
        deviations: (B,) float64, the surprise of each line beyond what the model expects of its own
            lines, in standard deviations; inf for a line with an unknown character. Unusual lengths
            are part of it: see `Scorer.oddness`.
        place: (B,) int64, index of the most surprising character of each line, from 0; the length
            of the line for its end.
        log_prob: (B,) float64, the log-likelihood of that character, in nats.
    """

    deviations: Float64s
    place: NDArray[np.int64]
    log_prob: Float64s

    @classmethod
    def zeros(cls, lines: int) -> Self:
        """Return arrays of zeros for some number of lines, to be filled by `put`."""
        return cls(np.zeros(lines), np.zeros(lines, np.int64), np.zeros(lines))

    def put(self, indices: NDArray[np.int64], oddness: Self) -> None:
        """Fill in the results of some lines at their indices."""
        for target, values in zip(vars(self).values(), vars(oddness).values(), strict=True):
            target[indices] = values

    def rows(self) -> list[tuple[float, int, float]]:
        """Return the deviations, place and log-likelihood of each line."""
        columns = (self.deviations.tolist(), self.place.tolist(), self.log_prob.tolist())
        return list(zip(*columns, strict=True))


@dataclass(frozen=True, eq=False)
class Scorer:
    """A fitted model that scores lines.

    Attributes:
        model: the model.
        vocabulary: its characters and labels.
        label_shares: (labels,) float64, share of each label; empty without labels.
    """

    model: Model
    vocabulary: Vocabulary
    label_shares: Float64s

    @classmethod
    def of(cls, fitted: FittedModel) -> Self:
        """Return the scorer of a fitted model."""
        return cls(fitted.model, fitted.vocabulary, fitted.label_shares)

    def lines(self, lines: Lines) -> Float64s:
        """Return (B,) the log-likelihood of each line in nats, including its end.

        A line with an unknown character or label has -inf.
        """
        if self._marginalises(lines):
            joint: Float64s = np.logaddexp.reduce(self.labels(lines) + self._log_shares, axis=1)
            return joint
        known = np.flatnonzero(self.vocabulary.is_encodable(lines))
        scores = np.full(len(lines), -np.inf)
        scores[known] = likelihood.line_log_probs(self.model, self.contexts(lines.select(known)))
        return scores

    def labels(self, lines: Lines) -> Float64s:
        """Return (B, labels) the log-likelihood of each line under each label, in nats.

        Raises:
            OptionError: the model has no labels.
        """
        if not self.vocabulary.labels:
            raise OptionError(
                "this model was fitted on a list without labels, so it cannot predict labels"
            )
        each = [self.lines(lines.with_label(label)) for label in self.vocabulary.labels]
        return np.stack(each, axis=1)

    def posterior(self, lines: Lines) -> Float64s:
        """Return (B, labels) the posterior probability of each label for each line, by Bayes' rule.

            p(l | line) = share(l) p(line | l) / p(line)

        If a line is impossible under every label, return the label shares.

        Raises:
            OptionError: the model has no labels.
        """
        joint = self.labels(lines) + self._log_shares
        joint[~np.isfinite(joint).any(axis=1)] = self._log_shares
        probs = np.exp(joint - joint.max(axis=1, keepdims=True))
        posterior: Float64s = probs / probs.sum(axis=1, keepdims=True)
        return posterior

    def characters(self, lines: Lines) -> list[Float64s]:
        """Return (characters + 1,) log-likelihoods in nats for each line; its end is the last.

        An unknown character has -inf, and the characters after it have NaN.
        """
        prefixes, is_cut = self._known_prefixes(lines)
        start = prefixes.offsets + np.arange(len(prefixes) + 1)  # each prefix also has an end
        if self._marginalises(lines):
            log_probs = self._marginal_log_probs(prefixes, start)
        else:
            log_probs = likelihood.character_log_probs(self.model, self.contexts(prefixes))
        log_probs[start[1:][is_cut] - 1] = -np.inf  # an unknown character, not an end
        missing = np.repeat(start[1:], lines.lengths() - prefixes.lengths())
        padded = np.insert(log_probs, missing, np.nan)
        ends = lines.offsets + np.arange(len(lines) + 1)
        return np.split(padded, ends[1:-1]) if len(lines) else []

    def oddness(self, lines: Lines) -> Oddness:
        """Compute the oddness of each line under its label, or under the most likely label.

        The surprise of a character x after the context c is s(x) = -log p(x | c). Its mean over all
        x is the entropy H(c), and its variance is V(c). For a line drawn from the model, the ratio

            (sum of s - H) / root(sum of V)

        has a mean near 0 over all lines drawn from the model, a standard deviation near 1, and is
        rarely above 3. For a given length its mean is not 0: the end of a very short line is itself
        a surprise, so that drawn names of two characters have a mean of 1.6, of three 0.5, of six
        -0.4 and of twelve 0.8.
        """
        if not len(lines):
            return Oddness.zeros(0)
        prefixes, is_cut = self._known_prefixes(lines)
        if self._marginalises(lines):
            label_ids = self.labels(prefixes).argmax(axis=1)
            names = self.vocabulary.labels
            prefixes = prefixes.with_labels(label_ids.astype(np.int32), names)
        c = self.contexts(prefixes)
        log_prob, expected, variance = self._moments(c)
        excess = (-log_prob - expected)[c.edge]
        first = c.start[:-1]
        with np.errstate(invalid="ignore"):
            deviation = np.sqrt(np.add.reduceat(variance[c.edge], first))
            deviations = np.add.reduceat(excess, first) / np.maximum(deviation, 1e-9)
        most_surprising = segment_argmax(excess, c.start)
        return Oddness(
            np.where(is_cut, np.inf, deviations),
            np.where(is_cut, prefixes.lengths(), most_surprising - first),
            np.where(is_cut, -np.inf, log_prob[c.edge[most_surprising]]),
        )

    def contexts(self, lines: Lines) -> Contexts:
        """Return the contexts of lines, with the model's window."""
        return Contexts.of(lines, self.vocabulary, self.model.window)

    @property
    def _log_shares(self) -> Float64s:
        """(labels,) natural logarithms of the label shares."""
        with np.errstate(divide="ignore"):
            log_shares: Float64s = np.log(self.label_shares)
        return log_shares

    def _marginalises(self, lines: Lines) -> bool:
        """Return whether the model has labels and the lines have none."""
        return lines.labels is None and len(self.vocabulary.labels) > 0

    def _known_prefixes(self, lines: Lines) -> tuple[Lines, NDArray[np.bool_]]:
        """Return lines cut before their first unknown character, and whether each has one."""
        starts, ends = lines.offsets[:-1], lines.offsets[1:]
        unknown = np.flatnonzero(self.vocabulary.encode(lines.codes) < 0)
        positions = np.append(unknown, len(lines.codes))
        first = positions[np.searchsorted(positions, starts)]  # the first at or after each start
        cuts = np.minimum(first, ends)
        return lines.truncate(cuts - starts), cuts < ends

    def _marginal_log_probs(self, lines: Lines, start: NDArray[np.int64]) -> Float64s:
        """Return (C,) log-probabilities of characters given those before, summed over labels."""
        each = [
            likelihood.character_log_probs(self.model, self.contexts(lines.with_label(label)))
            for label in self.vocabulary.labels
        ]
        log_probs = np.stack(each, axis=1)  # (C, labels)
        joint = np.tile(self._log_shares, (len(lines), 1))  # log p(label, line so far)
        marginal = np.empty(len(log_probs))
        active = np.arange(len(lines))
        for position in range(int(np.diff(start).max(initial=0))):
            active = active[start[active] + position < start[active + 1]]
            indices = start[active] + position
            before = np.logaddexp.reduce(joint[active], axis=1)
            joint[active] += log_probs[indices]
            with np.errstate(invalid="ignore"):  # NaN after an impossible character
                marginal[indices] = np.logaddexp.reduce(joint[active], axis=1) - before
        return marginal

    def _moments(self, c: Contexts) -> tuple[Float64s, Float64s, Float64s]:
        """Return (M,) log-probability of each edge, and entropy and variance of its context."""
        log_prob, expected, variance = np.empty((3, len(c.row)))
        for block, edges in likelihood.iter_blocks(c):
            log_probs = self.model.log_probs(block).astype(np.float64)
            log_prob[edges] = log_probs[block.row, block.next]
            probs = np.exp(log_probs)
            log_probs[probs == 0] = 0.0
            entropy = -(probs * log_probs).sum(axis=1)
            expected[edges] = entropy[block.row]
            square = (probs * np.square(log_probs)).sum(axis=1)
            variance[edges] = np.maximum(square - entropy**2, 0.0)[block.row]
        return log_prob, expected, variance
