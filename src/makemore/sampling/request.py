"""Sampling requests: the source to draw from, the prefix, the length, the labels and the seed."""

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import ConstraintError
from makemore.fitted import FittedModel
from makemore.inference.model import Model
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.sampling.constraint import Constraint
from makemore.sampling.samplers import Sampler, Shape, Uniforms

if TYPE_CHECKING:
    from makemore.sampling.walk import Beginning

Draw = Callable[[int, int], NDArray[np.int32]]

_LONGEST = 2**14  # maximum characters of a line for which a constraint is compiled


@dataclass(frozen=True)
class Source:
    """A fitted model with the data needed to draw from it.

    Attributes:
        model: the model.
        vocabulary: its characters and labels.
        longest: length of the longest line of the fitted list, in characters.
        label_shares: (labels,) float64, share of each label; empty without labels.
        known: returns the (k,) uint64 ascending digests of all lines that the model read; required
            for the option `new`.
        withheld: lines that are never returned.
    """

    model: Model
    vocabulary: Vocabulary
    longest: int
    label_shares: NDArray[np.float64]
    known: Callable[[], NDArray[np.uint64]] | None = None
    withheld: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fitted: FittedModel) -> Self:
        """Return the source of a fitted model, with its canaries withheld."""
        withheld = frozenset(line for each in fitted.canaries for line in each.lines)
        shares = fitted.label_shares
        return cls(fitted.model, fitted.vocabulary, fitted.longest, shares, fitted.known, withheld)


@dataclass(frozen=True)
class Request:
    """A model and the requirements for the lines drawn from it.

    Attributes:
        model: the model.
        vocabulary: its characters and labels.
        shape: temperature, top-k and top-p.
        prefix: (p,) int32 ids that every line starts with.
        most: maximum number of characters after the prefix.
        labels: ids of the labels that lines may have; None stands for no label.
        priors: (labels,) float64, prior probability of each label.
        seed: random seed, which fixes the lines.
    """

    model: Model
    vocabulary: Vocabulary
    shape: Shape
    prefix: NDArray[np.int32]
    most: int
    labels: tuple[int | None, ...]
    priors: NDArray[np.float64]
    seed: int

    @classmethod
    def of(
        cls,
        source: Source,
        options: ConstraintOptions,
        label: str | None,
        shape: Shape,
        seed: int,
    ) -> Self:
        """Return a request with the prefix and the maximum length of some options.

        Args:
            source: fitted model to draw from.
            options: which lines are allowed.
            label: the label of every line; None for any.
            shape: temperature, top-k and top-p.
            seed: random seed, which fixes the lines.

        Raises:
            ConstraintError: no line can start with the prefix, or the prefix is longer than the
                maximum length.
            OptionError: the label is unknown.
        """
        vocabulary = source.vocabulary
        prefix = np.zeros(0, np.int32) if options.ignore_case else _prefix_ids(vocabulary, options)
        # A prefix at least as long as the longest line of the list still needs room to end.
        room = source.longest if len(prefix) < source.longest else source.longest + len(prefix)
        longest = options.length or options.max_length or room
        if longest < len(prefix):
            raise ConstraintError(
                f"no line of at most {longest} characters starts with {options.prefix!r}, "
                f"which has {len(prefix)}: raise max_length or shorten the prefix"
            )
        labels: tuple[int | None, ...] = (None,)
        priors = np.ones(1)
        if label is not None:
            labels = (vocabulary.label_id(label),)
        elif vocabulary.labels:
            labels = tuple(range(len(vocabulary), len(vocabulary) + len(vocabulary.labels)))
            priors = source.label_shares
        most = longest - len(prefix)
        return cls(source.model, vocabulary, shape, prefix, most, labels, priors, seed)

    @cached_property
    def beginnings(self) -> "list[Beginning]":
        """The state of the model after the prefix, for each label."""
        from makemore.sampling.walk import Beginning

        return [Beginning.of(self.model, self.shape, self.prefix, label) for label in self.labels]

    @cached_property
    def log_shares(self) -> NDArray[np.float64]:
        """(labels,) float64, the unnormalised log-posterior of each label, in nats.

            p(label | prefix)  proportional to  p(label) p(prefix | label)

        Temperature, top-k and top-p apply to p(prefix | label) as to the characters drawn, so that
        a prefix selects among lines as any other constraint does. If top-k and top-p exclude the
        prefix under every label, only the temperature applies. If the prefix has probability zero
        under every label, these are the log-priors.
        """
        with np.errstate(divide="ignore"):
            log_priors = np.log(self.priors)
        if len(self.labels) == 1 or not len(self.prefix):
            return log_priors
        each = np.array([(one.log_prob, one.uncut) for one in self.beginnings])  # (labels, 2)
        for log_shares in log_priors + each.T:
            if np.isfinite(log_shares).any():
                return np.asarray(log_shares)
        return log_priors

    def drawn_by(self, samplers: Sequence[Sampler], log_masses: NDArray[np.float64]) -> Draw:
        """Return a function that draws a label for each line, then the line with its sampler.

        Args:
            samplers: one for each label.
            log_masses: (labels,) for each label, the natural logarithm of the probability that its
                sampler's constraint allows a line that starts with the prefix.
        """
        log_shares = self.log_shares + log_masses
        limits = np.cumsum(np.exp(log_shares - log_shares.max()))
        limits /= limits[-1]  # exactly 1 from the last possible label on, so none after it is drawn

        def draw(low: int, high: int) -> NDArray[np.int32]:
            uniforms = Uniforms(self.seed, low, high)
            if len(samplers) == 1:
                return samplers[0].draw(uniforms, np.arange(high - low), 0, self.most)
            label = np.searchsorted(limits, uniforms.at(0), side="right")
            parts = [np.flatnonzero(label == i) for i in range(len(samplers))]
            drawn = [
                (which, sampler.draw(uniforms, which, 1, self.most))
                for sampler, which in zip(samplers, parts, strict=True)
                if len(which)
            ]
            ids = np.zeros((high - low, max(part.shape[1] for _, part in drawn)), np.int32)
            for which, part in drawn:
                ids[which, : part.shape[1]] = part
            return ids

        return draw


def request_of(source: Source, options: SampleOptions) -> Request:
    """Return the request of some sampling options; see `Request.of`."""
    shape = Shape(options.temperature, options.top_k, options.top_p)
    return Request.of(source, options, options.label, shape, options.seed)


def _prefix_ids(vocabulary: Vocabulary, options: ConstraintOptions) -> NDArray[np.int32]:
    """Return the prefix as ids."""
    prefix = unicodedata.normalize("NFC", options.prefix)
    if prefix[:1].isspace():
        raise ConstraintError(
            f"the prefix {prefix!r} starts with a space, which no line does: lines are "
            "trimmed. Leave the space out"
        )
    ids = vocabulary.encode(np.array([ord(c) for c in prefix], np.uint32))
    for character, i in zip(prefix, ids.tolist(), strict=True):
        if i < 0:
            raise ConstraintError(
                f"the prefix has {character!r}, which is in no line this model learned, so no line "
                "it can make starts so: leave it out, or fit on a list that has it"
            )
    return ids


def constraint_of(request: Request, options: ConstraintOptions) -> Constraint:
    """Compile the constraint options of a request to an automaton.

    Raises:
        ConstraintError: a pattern cannot be used, or no line satisfies the constraint.
    """
    longest = min(len(request.prefix) + request.most, _LONGEST)
    found = Constraint.of(options, request.vocabulary, longest)
    if not found.count(request.prefix):
        raise ConstraintError(
            f"no line of at most {longest} characters that this model knows is what was asked for: "
            "ask for less, or raise max_length"
        )
    return found
