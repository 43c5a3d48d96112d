"""The result of a fit: the model, facts about its list, and a report."""

import math
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial, reduce
from operator import add
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from makemore.arrays import sorted_unique

if TYPE_CHECKING:
    from makemore.corpus.canaries import Canaries
    from makemore.corpus.cleaning import Summary
    from makemore.corpus.vocabulary import Vocabulary
    from makemore.inference.model import Model
    from makemore.options.declaration import Options

SPLITS = ("train", "dev", "test")
# Share of the planned steps, which are twice as many as fit; a training with fewer was shortened
# because the machine became slower.
_SHORTENED = 0.375


@dataclass(frozen=True, kw_only=True)
class FitReport:
    """Report of a fit.

    Attributes:
        split: kind of split: `digest`, `lecture` or `clean`.
        test: fraction of all possible lines, by digest, that was held out from training.
        seed: the seed.
        train_lines: number of train lines; likewise `dev_lines` and `test_lines`.
        train_loss: loss on the train lines, in nats per character; None without lines or if the
            loss is infinite; likewise `dev_loss` and `test_loss`.
        chosen: reason why `auto` chose this family; None if the family was given by name.
        weights: weights of a mixture's members, if they were estimated on the dev lines.
        steps: planned training steps of each network; None if no network was trained.
        plan: steps, threads and cuts of each network's training; see `training.plan`. None in files
            of older versions.
        rate: peak learning rate, if one network was trained.
        weight_decay: weight decay, if one network was trained.
        batch: batch size in characters, if one network was trained; None for the whole list.
        stopped: step at which training was stopped early, counted over all networks.
        of: planned number of steps of all networks.
        starter_steps: steps that each network was trained on all lines, copies of the starter
            first; None without the starter. With it, `train_lines` are all lines that were learned,
            `dev_lines` are those that were held out in turn to choose steps and weights, and
            `steps` is the largest number of steps that was compared.
        seconds: duration of the fit; None if the model was loaded from a file.
        before: report of the fit that this one continues.
        blended: reports of the models that were blended.
    """

    split: str
    test: float
    seed: int
    train_lines: int = 0
    dev_lines: int = 0
    test_lines: int = 0
    train_loss: float | None = None
    dev_loss: float | None = None
    test_loss: float | None = None
    chosen: str | None = None
    weights: tuple[float, ...] | None = None
    steps: int | None = None
    plan: str | None = None
    rate: float | None = None
    weight_decay: float | None = None
    batch: int | None = None
    stopped: int | None = None
    of: int | None = None
    seconds: float | None = None
    starter_steps: tuple[int, ...] | None = None
    before: "FitReport | None" = None
    blended: "tuple[FitReport, ...]" = ()

    def __getitem__(self, name: str) -> Any:
        """Return a field by name; deprecated dictionary access, until 1.0."""
        return self._dictionary()[name]

    def __iter__(self) -> Iterator[str]:
        """Iterate over the field names; deprecated dictionary access, until 1.0."""
        return iter(self._dictionary())

    def keys(self) -> Iterable[str]:
        """Return the field names; deprecated dictionary access, until 1.0."""
        return self._dictionary().keys()

    def get(self, name: str, default: Any = None) -> Any:
        """Return a field by name, or a default; deprecated dictionary access, until 1.0."""
        return self._dictionary().get(name, default)

    def _dictionary(self) -> dict[str, Any]:
        """Return the dictionary that older versions had, with a deprecation warning."""
        warnings.warn(
            "a report has attributes now: use report.dev_loss instead of report['dev_loss']",
            DeprecationWarning,
            stacklevel=3,
        )
        seconds = {} if self.seconds is None else {"seconds": self.seconds}
        return self.to_json() | seconds

    def to_json(self) -> dict[str, Any]:
        """Return the JSON-serialisable form of the report for a model file, without `seconds`."""
        document = {name: value for name, value in vars(self).items() if value is not None}
        document.pop("seconds", None)
        nullable = ["chosen", *(f"{split}_loss" for split in SPLITS)]
        nullable += ["batch"] if self.rate is not None else []
        document |= {name: getattr(self, name) for name in nullable}
        if self.before is not None:
            document["before"] = self.before.to_json()
        blended = [report.to_json() for report in document.pop("blended")]
        return {**document, "blended": blended} if blended else document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Self:
        """Build a report from the result of `to_json`; fields of later versions are ignored."""
        values = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        for name in ("weights", "starter_steps"):
            if name in values:
                values[name] = tuple(values[name])
        if "before" in values:
            values["before"] = cls.from_json(values["before"])
        values["blended"] = tuple(map(cls.from_json, values.get("blended", ())))
        return cls(**values)

    @property
    def is_blend(self) -> bool:
        """Whether models were blended in this fit or in one that it continues."""
        return bool(self.blended) or (self.before is not None and self.before.is_blend)

    def format_losses(self) -> str:
        """Return the losses on the non-empty splits as readable text.

        Example:
            >>> lines = {"train_lines": 9, "dev_lines": 3, "test_lines": 2}
            >>> report = FitReport(split="digest", test=0.1, seed=0, **lines, train_loss=1.5)
            >>> report.format_losses()
            'in nats per character: train 1.5000, dev infinite, test infinite'
        """
        losses = []
        for split in SPLITS:
            if getattr(self, f"{split}_lines"):
                loss = getattr(self, f"{split}_loss")
                losses.append(f"{split} infinite" if loss is None else f"{split} {loss:z.4f}")
        return f"in nats per character: {', '.join(losses)}" if losses else "not measured"

    def format_steps(self) -> str | None:
        """Return the training as readable text, such as its steps; None if there was none.

        Example:
            >>> report = FitReport(split="digest", test=0, seed=0, steps=60, plan="60/2/12-20")
            >>> report.format_steps()
            '20 steps in 2 threads; the machine became slower, so they are few'
        """
        if self.starter_steps is not None:
            return _format_starter(self.starter_steps)
        if self.steps is None:
            return None
        if self.stopped is not None:
            return f"stopped at step {self.stopped:,} of {self.of:,}"
        if self.plan is None:
            return f"{self.steps:,} steps"
        from makemore.training.plan import parse_plans

        plans = parse_plans(self.plan)
        ends = " and ".join(dict.fromkeys(f"{plan.end:,}" for plan in plans))
        threads = " and ".join(dict.fromkeys(f"{plan.threads}" for plan in plans))
        noun = "thread" if threads == "1" else "threads"
        was = "; the machine became slower, so they are few"
        is_much_shorter = any(plan.end < _SHORTENED * plan.steps for plan in plans)
        return f"{ends} steps in {threads} {noun}{was if is_much_shorter else ''}"


def _format_starter(steps: tuple[int, ...]) -> str:
    """Return what the networks did, given the steps of each, as readable text."""
    if not any(steps):
        return "the starter read the list" if steps else "the starter did not help"
    return f"networks learned the list in {', '.join(map(str, steps))} steps"


@dataclass(frozen=True, kw_only=True, eq=False)
class ListFacts:
    """Facts about a list that are stored with the model.

    Attributes:
        vocabulary: its characters and labels.
        weight: sum of the weights of its lines.
        label_weights: (labels,) float64, sum of the weights of the lines with each label.
        longest: length of the longest line, in characters.
        usual_length: default maximum length of sampled lines; see `corpus.lengths`.
        cleaning: statistics of cleaning.
        digests: function that returns the (k,) uint64 digests of its lines, ascending; None if they
            were not stored.
        folded_digests: the same of the lines after case folding; see `corpus.case`.
        canaries: random lines added for training, one entry for each list.
    """

    vocabulary: "Vocabulary"
    weight: float
    label_weights: NDArray[np.float64]
    longest: int
    usual_length: int
    cleaning: "Summary"
    digests: Callable[[], NDArray[np.uint64]] | None
    folded_digests: Callable[[], NDArray[np.uint64]] | None
    canaries: "tuple[Canaries, ...]" = ()

    @property
    def label_shares(self) -> NDArray[np.float64]:
        """(labels,) float64, fraction of the total weight with each label."""
        shares: NDArray[np.float64] = self.label_weights / self.weight
        return shares

    @staticmethod
    def merge(lists: "Sequence[ListFacts]", vocabulary: "Vocabulary") -> "ListFacts":
        """Return the combined facts of several lists.

        Args:
            lists: the facts of each list.
            vocabulary: vocabulary of all lists together.
        """
        label_weights = np.zeros(len(vocabulary.labels))
        for facts in lists:
            ids = vocabulary.label_ids(facts.vocabulary.labels) - len(vocabulary)
            label_weights[ids] += facts.label_weights
        return ListFacts(
            vocabulary=vocabulary,
            weight=sum(facts.weight for facts in lists),
            label_weights=label_weights,
            longest=max(facts.longest for facts in lists),
            usual_length=max(facts.usual_length for facts in lists),
            cleaning=reduce(add, (facts.cleaning for facts in lists)),
            digests=_merge_digests([facts.digests for facts in lists]),
            folded_digests=_merge_digests([facts.folded_digests for facts in lists]),
            canaries=tuple(
                dict.fromkeys(canaries for facts in lists for canaries in facts.canaries)
            ),
        )


def _merge_digests(
    digests: "Sequence[Callable[[], NDArray[np.uint64]] | None]",
) -> Callable[[], NDArray[np.uint64]] | None:
    """Return a function that merges the digests of all lists; None if a list has no digests."""
    stored = [each() for each in digests if each is not None]
    if len(stored) < len(digests):
        return None
    return partial(np.asarray, sorted_unique(np.concatenate(stored)))


@dataclass(frozen=True, kw_only=True, eq=False)
class FittedModel(ListFacts):
    """A fitted model with everything that a model file stores.

    Attributes:
        model: the model.
        family: name of its family.
        options: options of its family.
        report: report of the fit.
    """

    model: "Model"
    family: str
    options: "Options"
    report: FitReport

    @property
    def chance_loss(self) -> float:
        """Loss of a model that draws each character uniformly, in nats per character."""
        return math.log(len(self.vocabulary))

    @property
    def has_diverged(self) -> bool:
        """Whether training made a network clearly worse than a uniform draw of characters."""
        loss = self.report.train_loss
        is_trained = self.report.steps is not None
        return is_trained and loss is not None and loss > _DIVERGED * self.chance_loss


_DIVERGED = 1.1  # a network starts near the loss of a uniform draw


def held_out_share(models: Sequence[FittedModel]) -> float:
    """Return the fraction of all possible lines, by digest, held out from all models."""
    reports = [model.report for model in models]
    return min(report.test if report.split == "digest" else 0.0 for report in reports)
