"""`MakeMore`: learn a list, make more of it, score lines, keep it all in one file."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from makemore import likelihood
from makemore.checkpoint.learned import load_learned, save_learned
from makemore.corpus.contexts import Contexts
from makemore.corpus.lines import Lines
from makemore.errors import ConstraintError, DataError, NotFittedError, OptionError
from makemore.evaluation import Evaluation, Variety, evaluate, variety
from makemore.fitting.fit import OnStep, fit_lines
from makemore.fitting.learned import Learned
from makemore.options.declaration import Options
from makemore.options.verbs import ConstraintOptions, FitOptions, SampleOptions
from makemore.parameters import Parameters
from makemore.sampling.stream import Source, Stream, most_probable


class MakeMore(Parameters):
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

    Attributes:
        learned_: everything learned: model, vocabulary, report and more: a `Learned`.

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

    def fit(
        self,
        lines: Lines | Sequence[str],
        labels: Sequence[str] | None = None,
        weights: Sequence[float] | None = None,
        on_step: OnStep | None = None,
    ) -> Self:
        """Learns a list.

        Args:
            lines: strings, or `Lines` that were read with their labels and weights.
            labels: one label for each string, or None.
            weights: one count for each string, or None.
            on_step: called with each step of a network's training.

        Raises:
            DataError: the list cannot be used.
            OptionError: a parameter cannot be used.
            DivergedError: training met a loss that is not a number.
        """
        names = {"random_state": "seed", "keep_digests": "digests"}
        params = {names.get(k, k): v for k, v in self.plain_params().items() if k != "model"}
        options = FitOptions.of(params)
        if not isinstance(lines, Lines):
            lines = Lines.from_strings(lines, labels, weights)
        elif labels is not None or weights is not None:
            raise DataError("Lines carry their own labels and weights: give none beside them")
        self.learned_ = fit_lines(lines, self.model, options, on_step)
        return self

    def sample(self, n: int = 20, *, exclude: Iterable[str] = (), **options: Any) -> list[str]:
        """Makes lines.

        Args:
            n: how many.
            exclude: lines never to give.
            **options: `SampleOptions` by name. Which lines are allowed: prefix, suffix, contains,
                pattern, length, min_length, max_length, forbid, only, ignore_case, label, new,
                distinct. How they are drawn: temperature, top_k, top_p, seed, exact, states,
                patience.

        Returns:
            n lines; fewer if there are no more, or no more were found in `patience` draws.

        Raises:
            ConstraintError: no line can be what is asked, or none was found.
            OptionError: an option cannot be used.
        """
        if not isinstance(n, int) or n < 0:
            raise OptionError(f"n is {n!r}: give a whole number, 0 or more")
        wanted = SampleOptions.of(options)
        lines = list(islice(self.stream(ahead=n, exclude=exclude, **options), n))
        if n and not lines:
            raise ConstraintError(
                f"none of {wanted.patience:,} lines drawn was what was asked for: ask for less, or "
                "raise patience"
            )
        return lines

    def stream(self, *, exclude: Iterable[str] = (), ahead: int = 4096, **options: Any) -> Stream:
        """Makes lines without end; `sample(n)` is the head of it.

        Its attributes `how`, `is_exact` and `allowed` say how lines are drawn, whether exactly in
        the model's own proportions, and how many different ones are allowed where that is counted.

        Args:
            exclude: lines never to give.
            ahead: how many will probably be taken; speed alone depends on it.
            **options: as for `sample`.
        """
        wanted = SampleOptions.of(options)
        if wanted.new and self._learned.known is None:
            raise OptionError(
                "new needs the digests of the list, and this model was made without: fit it again "
                "with them"
            )
        excluded = frozenset(Lines.from_strings(exclude).to_list())
        return Stream(self._source, wanted, excluded, max(1, ahead))

    def top(
        self, n: int = 20, *, label: str | None = None, nodes: int = 1_000_000, **options: Any
    ) -> list[tuple[str, float]]:
        """Lists the most probable lines.

        Args:
            n: how many.
            label: the label of every line, for a list with labels.
            nodes: starts of lines looked at, at most.
            **options: `ConstraintOptions` by name: prefix, suffix, contains, pattern, length,
                min_length, max_length, forbid, only, ignore_case, states.

        Returns:
            up to n lines with their log-likelihoods in nats, the most probable first. Fewer if
            there are no more, or if no more are sure to be next after so many nodes.

        Raises:
            ConstraintError: no line can be what is asked.
            OptionError: an option cannot be used.
        """
        asked = ConstraintOptions.of(options)
        return list(islice(most_probable(self._source, asked, label, nodes), n))

    def score_samples(
        self, lines: Sequence[str], labels: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Scores lines.

        Args:
            lines: strings; each is cleaned as the list was.
            labels: one label for each, or None; a model with labels then takes their mean.

        Returns:
            (n,) float64 log-likelihood of each line, nats, its end included; -inf for a line with a
            character that was nowhere in the list.
        """
        return self.score_lines(Lines.from_strings(lines, labels, keep_blank=True))

    def score_lines(self, lines: Lines) -> NDArray[np.float64]:
        """Scores lines that were read; see `score_samples`."""
        learned, scores = self._learned, np.full(len(lines), -np.inf)
        known = np.flatnonzero(learned.vocabulary.knows(lines))
        lines = lines.select(known)

        def line_log_probs(of: Lines) -> NDArray[np.float64]:
            return likelihood.line_log_probs(learned.model, self._contexts(of))

        if lines.labels is None and learned.vocabulary.labels:
            with np.errstate(divide="ignore"):
                shares = np.log(learned.label_shares)
            each = [line_log_probs(_labelled(lines, name)) for name in learned.vocabulary.labels]
            scores[known] = np.logaddexp.reduce(np.array(each) + shares[:, None], axis=0)
        else:
            scores[known] = line_log_probs(lines)
        return scores

    def score(self, lines: Sequence[str], labels: Sequence[str] | None = None) -> float:
        """Gives the mean log-likelihood per character, ends counted: minus the lectures' loss."""
        parsed = Lines.from_strings(lines, labels, keep_blank=True)
        if not len(parsed):
            raise DataError("there is no line to score: give at least one")
        characters = int(parsed.lengths().sum()) + len(parsed)
        return float(self.score_lines(parsed).sum() / characters)

    def evaluate(self, lines: Lines | Sequence[str], seed: int = 0) -> Evaluation:
        """Measures the loss on lines with known characters; see `makemore.evaluation`.

        Raises:
            DataError: no line is left, or a model with labels was given lines without.
        """
        if not isinstance(lines, Lines):
            lines = Lines.from_strings(lines)
        is_known = self._learned.vocabulary.knows(lines)
        lines = lines.select(np.flatnonzero(is_known))
        found = evaluate(self._learned.model, self._contexts(lines), self.is_seen(lines), seed)
        return replace(found, unknown=int((~is_known).sum()))

    def variety(self, lines: Sequence[str]) -> Variety:
        """Counts how many of some lines are distinct and new, and how long they are."""
        cleaned = Lines.from_strings(lines, keep_blank=True)
        return variety(cleaned.to_list(), self.is_seen(cleaned))

    def is_seen(self, lines: Lines) -> NDArray[np.bool_] | None:
        """(B,) bool: whether each line was in the list; None if its digests were not kept."""
        known = self._learned.known
        return None if known is None else np.isin(lines.digests, known())

    def save(self, path: str | Path) -> None:
        """Writes the whole model to one file.

        Raises:
            CheckpointError: it cannot be written there.
        """
        learned = self._learned
        # The family that `auto` or an options object stood for: what the file then says it is.
        save_learned(path, learned, {**self.plain_params(), "model": learned.family})

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

    @property
    def _source(self) -> Source:
        """What lines are drawn from."""
        of = self._learned
        return Source(of.model, of.vocabulary, of.longest, of.label_shares, of.known)

    @property
    def _learned(self) -> Learned:
        """Everything learned, once there is something."""
        if not hasattr(self, "learned_"):
            raise NotFittedError("nothing is learned yet: call fit(lines), or MakeMore.load(path)")
        return self.learned_

    def _contexts(self, lines: Lines) -> Contexts:
        """Lines as the model reads them."""
        return Contexts.of(lines, self._learned.vocabulary, self._learned.model.window)


def _labelled(lines: Lines, label: str) -> Lines:
    """The same lines, each with this label."""
    return replace(lines, labels=np.zeros(len(lines), np.int32), label_names=(label,))
