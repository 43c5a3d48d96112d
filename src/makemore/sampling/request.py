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
from makemore.sampling.samplers import Sampler, Uniforms, Warper

if TYPE_CHECKING:
    from makemore.sampling.stepwise import PrefixState

Draw = Callable[[Uniforms], NDArray[np.int32]]

_MAX_LENGTH = 2**14  # maximum characters of a line for which a constraint is compiled


@dataclass(frozen=True)
class Source:
    """A fitted model with the data needed to draw from it.

    Attributes:
        model: the model.
        vocabulary: its characters and labels.
        longest: default maximum length of lines, in characters.
        label_shares: (labels,) float64, share of each label; empty without labels.
        digests: returns the (k,) uint64 ascending digests of all lines of the fitted list; required
            for the option `new`.
        folded_digests: the same of the lines after case folding; required for `new` with
            `ignore_case`.
        excluded: lines that are never returned.
    """

    model: Model
    vocabulary: Vocabulary
    longest: int
    label_shares: NDArray[np.float64]
    digests: Callable[[], NDArray[np.uint64]] | None = None
    folded_digests: Callable[[], NDArray[np.uint64]] | None = None
    excluded: frozenset[str] = frozenset()

    @classmethod
    def of(cls, fitted: FittedModel) -> Self:
        """Return the source of a fitted model, with its canaries excluded."""
        excluded = frozenset(line for canaries in fitted.canaries for line in canaries.lines)
        return cls(
            model=fitted.model,
            vocabulary=fitted.vocabulary,
            longest=fitted.usual_length,
            label_shares=fitted.label_shares,
            digests=fitted.digests,
            folded_digests=fitted.folded_digests,
            excluded=excluded,
        )


@dataclass(frozen=True)
class Request:
    """A model and the requirements for the lines drawn from it.

    Attributes:
        model: the model.
        vocabulary: its characters and labels.
        warper: temperature, top-k and top-p.
        prefix: (p,) int32 ids that every line starts with.
        max_characters: maximum number of characters after the prefix.
        labels: ids of the labels that lines may have; None stands for no label.
        priors: (labels,) float64, prior probability of each label.
        seed: random seed, which fixes the lines.
    """

    model: Model
    vocabulary: Vocabulary
    warper: Warper
    prefix: NDArray[np.int32]
    max_characters: int
    labels: tuple[int | None, ...]
    priors: NDArray[np.float64]
    seed: int

    @classmethod
    def of(
        cls,
        source: Source,
        options: ConstraintOptions,
        label: str | None,
        warper: Warper,
        seed: int,
    ) -> Self:
        """Return a request with the prefix and the maximum length of some options.

        Args:
            source: fitted model to draw from.
            options: which lines are allowed.
            label: the label of every line; None for any.
            warper: temperature, top-k and top-p.
            seed: random seed, which fixes the lines.

        Raises:
            ConstraintError: no line can start with the prefix, or the prefix is longer than the
                maximum length.
            OptionError: the label is unknown.
        """
        vocabulary = source.vocabulary
        prefix = np.zeros(0, np.int32) if options.ignore_case else _prefix_ids(vocabulary, options)
        # A prefix at least as long as the longest line of the list still needs room to end.
        default_length = (
            source.longest if len(prefix) < source.longest else source.longest + len(prefix)
        )
        max_length = options.length or options.max_length or default_length
        if max_length < len(prefix):
            raise ConstraintError(
                f"no line of at most {max_length} characters starts with {options.prefix!r}, "
                f"which has {len(prefix)} characters: raise max_length or shorten the prefix"
            )
        labels: tuple[int | None, ...] = (None,)
        priors = np.ones(1)
        if label is not None:
            labels = (vocabulary.label_id(label),)
        elif vocabulary.labels:
            labels = tuple(range(len(vocabulary), len(vocabulary) + len(vocabulary.labels)))
            priors = source.label_shares
        max_characters = max_length - len(prefix)
        return cls(source.model, vocabulary, warper, prefix, max_characters, labels, priors, seed)

    def uniforms(self, low: int, high: int) -> Uniforms:
        """Return the uniform numbers of lines low to high of the stream."""
        return Uniforms(self.seed, low, high)

    @cached_property
    def prefix_states(self) -> "list[PrefixState]":
        """The state of the model after the prefix, for each label."""
        from makemore.sampling.stepwise import PrefixState

        return [
            PrefixState.of(self.model, self.warper, self.prefix, label) for label in self.labels
        ]

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
        prefix_log_probs = np.array(
            [(state.log_prob, state.untruncated_log_prob) for state in self.prefix_states]
        )  # (labels, 2)
        for log_shares in log_priors + prefix_log_probs.T:
            if np.isfinite(log_shares).any():
                return np.asarray(log_shares)
        return log_priors

    def cumulative_shares(self, log_masses: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (labels,) the cumulative distribution of the labels, given as for `build_draw`."""
        log_shares = self.log_shares + log_masses
        cumulative = np.cumsum(np.exp(log_shares - log_shares.max()))
        # Exactly 1 from the last possible label on, so none after it is drawn.
        result: NDArray[np.float64] = cumulative / cumulative[-1]
        return result

    def build_draw(self, samplers: Sequence[Sampler], log_masses: NDArray[np.float64]) -> Draw:
        """Return a function that draws a label for each line, then the line with its sampler.

        Args:
            samplers: one for each label.
            log_masses: (labels,) for each label, the natural logarithm of the probability that its
                sampler's constraint allows a line that starts with the prefix.
        """
        cumulative = self.cumulative_shares(log_masses)

        def draw(uniforms: Uniforms) -> NDArray[np.int32]:
            n = len(uniforms)
            if len(samplers) == 1:
                return samplers[0].draw(uniforms, np.arange(n), 0, self.max_characters)
            label = np.searchsorted(cumulative, uniforms.at(0), side="right")
            indices_by_label = [np.flatnonzero(label == i) for i in range(len(samplers))]
            lines_by_label = [
                (indices, sampler.draw(uniforms, indices, 1, self.max_characters))
                for sampler, indices in zip(samplers, indices_by_label, strict=True)
                if len(indices)
            ]
            ids = np.zeros((n, max(lines.shape[1] for _, lines in lines_by_label)), np.int32)
            for indices, lines in lines_by_label:
                ids[indices, : lines.shape[1]] = lines
            return ids

        return draw


def build_request(source: Source, options: SampleOptions) -> Request:
    """Return the request of some sampling options; see `Request.of`."""
    warper = Warper(options.temperature, options.top_k, options.top_p)
    return Request.of(source, options, options.label, warper, options.seed)


def _prefix_ids(vocabulary: Vocabulary, options: ConstraintOptions) -> NDArray[np.int32]:
    """Return the prefix as ids."""
    prefix = unicodedata.normalize("NFC", options.prefix)
    if prefix[:1].isspace():
        raise ConstraintError(
            f"the prefix {prefix!r} starts with a space, but lines are trimmed, so no line does: "
            "remove the space"
        )
    ids = vocabulary.encode(np.array([ord(c) for c in prefix], np.uint32))
    for character, i in zip(prefix, ids.tolist(), strict=True):
        if i < 0:
            raise ConstraintError(
                f"the prefix contains {character!r}, which is not in the model's vocabulary, so no "
                "line of this model starts with it: remove it, or fit on a list that contains it"
            )
    return ids


def compile_constraint(request: Request, options: ConstraintOptions) -> Constraint:
    """Compile the constraint options of a request to an automaton.

    Raises:
        ConstraintError: a pattern cannot be used, or no line satisfies the constraint.
    """
    max_length = min(len(request.prefix) + request.max_characters, _MAX_LENGTH)
    constraint = Constraint.of(options, request.vocabulary, max_length)
    if not constraint.count(request.prefix):
        raise ConstraintError(
            f"no line of at most {max_length} characters of the model's vocabulary satisfies the "
            "constraints: relax them, or raise max_length"
        )
    return constraint
