"""The options of the verbs that have more than a file or two, each declared once."""

import re
import sys
from typing import Annotated

from attrs import frozen

from makemore.errors import OptionError
from makemore.options.declaration import Options, Setting, Value, describe, fields

SPLITS = ("digest", "lecture", "clean")
DEVICES = ("auto", "cpu", "cuda", "mps")
_FREE = ("prefix", "max_length", "states")  # `states` bounds the work and selects no line


@frozen(kw_only=True)
class ConstraintOptions(Options):
    """Which lines are allowed."""

    prefix: Annotated[str, Setting("how every line starts")] = ""
    suffix: Annotated[str, Setting("how every line ends")] = ""
    contains: Annotated[str, Setting("what every line has in it")] = ""
    pattern: Annotated[
        str | None,
        Setting("a regular expression, as Python writes them, that every line matches as a whole"),
    ] = None
    length: Annotated[int | None, Setting("characters of every line", minimum=1)] = None
    min_length: Annotated[int | None, Setting("characters of a line, at least", minimum=1)] = None
    max_length: Annotated[
        int | None,
        Setting("characters of a line, at most; those of the longest read if absent", minimum=1),
    ] = None
    forbid: Annotated[tuple[str, ...], Setting("what no line has in it; may be given again")] = ()
    only: Annotated[str | None, Setting("the characters that lines may have")] = None
    ignore_case: Annotated[bool, Setting("take capital and small letters as the same")] = False
    states: Annotated[
        int, Setting("states that an automaton for all this may take", minimum=1, maximum=10**6)
    ] = 10_000

    @property
    def is_constrained(self) -> bool:
        """Whether more is asked for than free lines can be given: a prefix and a greatest length.

        Derived from the declaration, so that an option added to it cannot be dropped.
        """
        return any(
            self._asked(field.name) not in (field.default, None)
            for field in fields(ConstraintOptions)
            if field.name not in _FREE
        )

    def _asked(self, name: str) -> Value:
        """The value of an option; an empty text forbids nothing."""
        value: Value = getattr(self, name)
        return tuple(filter(None, value)) if isinstance(value, tuple) else value

    def check(self) -> None:
        """Refuses options that contradict each other.

        Raises:
            OptionError: they do.
        """
        if self.length is not None and (self.min_length or self.max_length):
            raise OptionError("length says it all: give no min_length or max_length beside it")
        if self.min_length and self.max_length and self.min_length > self.max_length:
            raise OptionError(
                f"min_length {self.min_length} is more than max_length {self.max_length}"
            )


@frozen(kw_only=True)
class SampleOptions(ConstraintOptions):
    """Which lines to draw, and how."""

    label: Annotated[str | None, Setting("the label of every line, for a list with labels")] = None
    new: Annotated[bool, Setting("leave out lines of the list that was learned")] = False
    distinct: Annotated[bool, Setting("never the same line twice")] = False
    temperature: Annotated[
        float, Setting("below 1 plays safe, above 1 dares", minimum=1e-3, maximum=1e3)
    ] = 1.0
    top_k: Annotated[
        int | None, Setting("only the k likeliest characters at each place", minimum=1)
    ] = None
    top_p: Annotated[
        float | None,
        Setting("only the likeliest characters that make up this share", minimum=0, maximum=1),
    ] = None
    seed: Annotated[
        int, Setting("the same seed gives the same lines", minimum=0, maximum=2**63 - 1)
    ] = 0
    exact: Annotated[bool, Setting("refuse what could only be drawn approximately")] = False
    patience: Annotated[
        int, Setting("lines drawn in vain, in a row, before giving up", minimum=1)
    ] = 1_000_000


@frozen(kw_only=True)
class FitOptions(Options):
    """How a list is learned."""

    budget: Annotated[
        str | float | None,
        Setting(
            "time to train, as 30s, 2m or seconds; 30s if absent, less for fewer than 10,000 lines"
        ),
    ] = None
    steps: Annotated[int | None, Setting("steps to train, instead of a budget", minimum=1)] = None
    rate: Annotated[
        float | None,
        Setting("highest learning rate; the family's own if absent", minimum=0, maximum=1e3),
    ] = None
    weight_decay: Annotated[
        float | None, Setting("weight decay; the family's own if absent", minimum=0, maximum=1e3)
    ] = None
    batch: Annotated[
        int | None, Setting("characters in each step; the family's own if absent", minimum=1)
    ] = None
    device: Annotated[
        str,
        Setting(
            "where networks are trained: auto takes an accelerator where there is one",
            choices=DEVICES,
        ),
    ] = "auto"
    split: Annotated[
        str, Setting("how lines are set apart: digest, lecture or clean", choices=SPLITS)
    ] = "digest"
    test: Annotated[
        float,
        Setting(
            "share of lines kept aside to report on, never learned (digest split)",
            minimum=0,
            maximum=0.8,
        ),
    ] = 0.0
    seed: Annotated[
        int,
        Setting(
            "the same seed gives the same model",
            minimum=0,
            maximum=2**63 - 1,
            parameter="random_state",
        ),
    ] = 0
    digests: Annotated[
        bool,
        Setting("keep a digest of every line, which --new needs", parameter="keep_digests"),
    ] = True
    min_count: Annotated[
        int,
        Setting(
            "learn only lines that stand so often in the list, weights counted, each with its "
            "label",
            minimum=1,
        ),
    ] = 1
    canaries: Annotated[
        int,
        Setting(
            "random lines to learn too, by which evaluate then measures what the model remembers",
            minimum=0,
            maximum=1000,
        ),
    ] = 0

    def check(self) -> None:
        """Refuses options that say two things at once.

        Raises:
            OptionError: they do.
        """
        self.seconds(0)
        if self.steps is not None and self.budget is not None:
            raise OptionError("steps and budget both say how long to train: give one of them")
        if self.test and self.split != "digest":
            raise OptionError(f"test is for the digest split; the {self.split} split has its own")

    def seconds(self, lines: int) -> float:
        """The budget in seconds; where none was given, what suits so many lines.

        Raises:
            OptionError: it is no time.
        """
        if self.budget is None:
            return min(30.0, 5.0 + lines / 400)
        found = re.fullmatch(r"\s*(\d+(?:\.\d+)?)\s*([smh]?)\s*", str(self.budget))
        seconds = float(found[1]) * {"": 1, "s": 1, "m": 60, "h": 3600}[found[2]] if found else 0.0
        if seconds <= 0:
            raise OptionError(f"budget is {self.budget!r}: give a time such as 30s, 2m or 1.5h")
        return seconds


@frozen(kw_only=True)
class InputOptions(Options):
    """How a list is read."""

    column: Annotated[
        str | None, Setting("column of a CSV or TSV table, by name or number, or key in JSON lines")
    ] = None
    weight_column: Annotated[
        str | None, Setting("column with how many lines each line stands for")
    ] = None
    label_column: Annotated[str | None, Setting("column with a label for each line")] = None
    encoding: Annotated[str, Setting("encoding of the text")] = "utf-8"


describe(sys.modules[__name__])
