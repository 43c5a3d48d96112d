"""The options of the verbs that have more than a file or two, each declared once."""

import re

from makemore.errors import OptionError
from makemore.options.declaration import Options, fields, options, setting

SPLITS = ("digest", "lecture", "clean")
DEVICES = ("auto", "cpu", "cuda", "mps")
_FREE = ("prefix", "max_length", "states")  # `states` bounds the work and selects no line


@options
class ConstraintOptions(Options):
    """Which lines are allowed."""

    prefix: str = setting("how every line starts", default="")
    suffix: str = setting("how every line ends", default="")
    contains: str = setting("what every line has in it", default="")
    pattern: str | None = setting(
        "a regular expression, as Python writes them, that every line matches as a whole",
        default=None,
    )
    length: int | None = setting("characters of every line", default=None, minimum=1)
    min_length: int | None = setting("characters of a line, at least", default=None, minimum=1)
    max_length: int | None = setting(
        "characters of a line, at most; those of the longest read if absent",
        default=None,
        minimum=1,
    )
    forbid: tuple[str, ...] = setting("what no line has in it; may be given again", default=())
    only: str | None = setting("the characters that lines may have", default=None)
    ignore_case: bool = setting("take capital and small letters as the same", default=False)
    states: int = setting(
        "states that an automaton for all this may take", default=10_000, minimum=1, maximum=10**6
    )

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

    def _asked(self, name: str) -> object:
        """The value of an option; an empty text forbids nothing."""
        value = getattr(self, name)
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


@options
class SampleOptions(ConstraintOptions):
    """Which lines to draw, and how."""

    label: str | None = setting("the label of every line, for a list with labels", default=None)
    new: bool = setting("leave out lines of the list that was learned", default=False)
    distinct: bool = setting("never the same line twice", default=False)
    temperature: float = setting(
        "below 1 plays safe, above 1 dares", default=1.0, minimum=1e-3, maximum=1e3
    )
    top_k: int | None = setting(
        "only the k likeliest characters at each place", default=None, minimum=1
    )
    top_p: float | None = setting(
        "only the likeliest characters that make up this share", default=None, minimum=0, maximum=1
    )
    seed: int = setting(
        "the same seed gives the same lines", default=0, minimum=0, maximum=2**63 - 1
    )
    exact: bool = setting("refuse what could only be drawn approximately", default=False)
    patience: int = setting(
        "lines drawn in vain, in a row, before giving up", default=1_000_000, minimum=1
    )


@options
class FitOptions(Options):
    """How a list is learned."""

    budget: str | float | None = setting(
        "time to train, as 30s, 2m or seconds; 30s if absent, less for fewer than 10,000 lines; "
        "makemore FILE then counts, which takes none",
        default=None,
    )
    steps: int | None = setting("steps to train, instead of a budget", default=None, minimum=1)
    rate: float | None = setting(
        "highest learning rate; the family's own if absent", default=None, minimum=0, maximum=1e3
    )
    weight_decay: float | None = setting(
        "weight decay; the family's own if absent", default=None, minimum=0, maximum=1e3
    )
    batch: int | None = setting(
        "characters in each step; the family's own if absent", default=None, minimum=1
    )
    device: str = setting(
        "where networks are trained: auto takes an accelerator where there is one",
        default="auto",
        choices=DEVICES,
    )
    split: str = setting(
        "how lines are set apart: digest, lecture or clean", default="digest", choices=SPLITS
    )
    test: float = setting(
        "share of lines kept aside to report on, never learned (digest split)",
        default=0.0,
        minimum=0,
        maximum=0.8,
    )
    seed: int = setting(
        "the same seed gives the same model", default=0, minimum=0, maximum=2**63 - 1
    )
    digests: bool = setting("keep a digest of every line, which --new needs", default=True)
    min_count: int = setting(
        "learn only lines that stand so often in the list, weights counted, each with its label",
        default=1,
        minimum=1,
    )
    canaries: int = setting(
        "random lines to learn too, by which evaluate then measures what the model remembers",
        default=0,
        minimum=0,
        maximum=1000,
    )

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


@options
class InputOptions(Options):
    """How a list is read."""

    column: str | None = setting(
        "column of a CSV or TSV table, by name or number, or key in JSON lines", default=None
    )
    weight_column: str | None = setting(
        "column with how many lines each line stands for", default=None
    )
    label_column: str | None = setting("column with a label for each line", default=None)
    encoding: str = setting("encoding of the text", default="utf-8")
