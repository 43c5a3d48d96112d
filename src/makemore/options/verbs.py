"""Options of the verbs that share them, each declared once."""

import sys
from typing import Annotated

from attrs import frozen

from makemore.errors import OptionError
from makemore.options.declaration import Options, Setting, Value, describe, fields
from makemore.options.duration import parse_seconds

SPLITS = ("digest", "lecture", "clean")
DEVICES = ("auto", "cpu", "cuda", "mps")
# Options that do not make a constraint: `states` only limits the size of the automaton.
_MIN_TEMPERATURE = 1e-3  # above 0; lower ones underflow
_NOT_CONSTRAINTS = ("prefix", "max_length", "states")


@frozen(kw_only=True)
class ConstraintOptions(Options):
    """Constraints on the lines to sample."""

    prefix: Annotated[str, Setting("text that every line must start with")] = ""
    suffix: Annotated[str, Setting("text that every line must end with")] = ""
    contains: Annotated[
        tuple[str, ...], Setting("text that every line must contain; may be given several times")
    ] = ()
    pattern: Annotated[
        tuple[str, ...],
        Setting(
            "regular expression in Python's syntax that every whole line must match; may be given "
            "several times"
        ),
    ] = ()
    length: Annotated[int | None, Setting("exact line length, in characters", minimum=1)] = None
    min_length: Annotated[int | None, Setting("minimum line length, in characters", minimum=1)] = (
        None
    )
    max_length: Annotated[
        int | None,
        Setting(
            "maximum line length, in characters; by default that of the longest line of the list, "
            "unless it is far longer than the others",
            minimum=1,
        ),
    ] = None
    forbid: Annotated[
        tuple[str, ...], Setting("text that no line may contain; may be given several times")
    ] = ()
    only: Annotated[str | None, Setting("the only characters that lines may contain")] = None
    ignore_case: Annotated[
        bool,
        Setting(
            "ignore the difference between upper and lower case, also for new, distinct and exclude"
        ),
    ] = False
    states: Annotated[
        int,
        Setting(
            "maximum number of states of the automaton for all constraints",
            minimum=1,
            maximum=10**6,
        ),
    ] = 10_000

    @property
    def is_constrained(self) -> bool:
        """Whether there is a constraint besides a prefix and a maximum length.

        It is derived from the declaration, so that an option added there cannot be dropped.
        """
        return any(
            self._without_empty_strings(field.name) not in (field.default, None)
            for field in fields(ConstraintOptions)
            if field.name not in _NOT_CONSTRAINTS
        )

    def _without_empty_strings(self, name: str) -> Value:
        """The value of an option, without empty strings, which require and forbid nothing.

        An empty pattern, which only an empty line matches, is a constraint.
        """
        value: Value = getattr(self, name)
        if isinstance(value, tuple) and name != "pattern":
            return tuple(filter(None, value))
        return value

    def check(self) -> None:
        """Check that the options do not contradict each other.

        Raises:
            OptionError: two options contradict each other.
        """
        if self.length is not None and (self.min_length or self.max_length):
            raise OptionError(
                "length sets the exact length: give no min_length or max_length with it"
            )
        if self.min_length and self.max_length and self.min_length > self.max_length:
            raise OptionError(
                f"min_length {self.min_length} is more than max_length {self.max_length}: lower "
                "min_length or raise max_length"
            )


@frozen(kw_only=True)
class SampleOptions(ConstraintOptions):
    """Which lines to sample, and how."""

    label: Annotated[str | None, Setting("label of every line, for a list with labels")] = None
    new: Annotated[bool, Setting("exclude lines of the list that the model was fitted on")] = False
    new_by: Annotated[
        int,
        Setting(
            "exclude lines that fewer edits than this turn into a line of the list; 1 is new",
            minimum=0,
            maximum=3,
        ),
    ] = 0
    distinct: Annotated[bool, Setting("exclude repeated lines")] = False
    temperature: Annotated[
        float,
        Setting(
            "sampling temperature: below 1 favours likely characters, above 1 flattens the "
            "distribution, 0 always takes the likeliest",
            minimum=0,
            maximum=1e3,
        ),
    ] = 1.0
    top_k: Annotated[
        int | None, Setting("sample each character from the k likeliest only", minimum=1)
    ] = None
    top_p: Annotated[
        float | None,
        Setting(
            "sample each character from the likeliest ones whose probabilities sum to this share",
            minimum=0,
            maximum=1,
        ),
    ] = None
    seed: Annotated[
        int,
        Setting("random seed; the same seed gives the same lines", minimum=0, maximum=2**63 - 1),
    ] = 0
    exact: Annotated[bool, Setting("fail if lines could only be sampled approximately")] = False
    patience: Annotated[
        int, Setting("number of consecutive lines to reject before giving up", minimum=1)
    ] = 1_000_000

    def check(self) -> None:
        """Check that the options do not contradict each other.

        Raises:
            OptionError: two options contradict each other, or the temperature is too low.
        """
        super().check()
        if 0 < self.temperature < _MIN_TEMPERATURE:
            raise OptionError(
                f"temperature is {self.temperature!r}: give 0, or {_MIN_TEMPERATURE} or more"
            )
        if self.temperature == 0 and (self.top_k is not None or self.top_p is not None):
            raise OptionError(
                "temperature 0 takes the likeliest characters only: leave out top_k and top_p"
            )


@frozen(kw_only=True)
class FitOptions(Options):
    """How a model is fitted."""

    budget: Annotated[
        str | float | None,
        Setting(
            "training time, such as 30s, 2m or 90 (seconds); by default 30s, less for short lists"
        ),
    ] = None
    steps: Annotated[
        int | None, Setting("number of training steps, instead of a budget", minimum=1)
    ] = None
    threads: Annotated[
        int | None,
        Setting(
            "number of threads to train with; by default chosen by timing, or, with steps, the "
            "number of processors",
            minimum=1,
            maximum=4096,
        ),
    ] = None
    plan: Annotated[
        str | None,
        Setting("repeat a training: its steps, threads and cuts, as the command info prints them"),
    ] = None
    rate: Annotated[
        float | None,
        Setting("maximum learning rate; by default that of the family", minimum=0, maximum=1e3),
    ] = None
    weight_decay: Annotated[
        float | None, Setting("weight decay; by default that of the family", minimum=0, maximum=1e3)
    ] = None
    batch: Annotated[
        int | None, Setting("batch size, in characters; by default that of the family", minimum=1)
    ] = None
    device: Annotated[
        str,
        Setting(
            "device to train networks on; auto uses an accelerator if there is one",
            choices=DEVICES,
        ),
    ] = "auto"
    split: Annotated[
        str,
        Setting(
            "how the list is split into train, dev and test: digest, lecture or clean",
            choices=SPLITS,
        ),
    ] = "digest"
    test: Annotated[
        float,
        Setting(
            "share of lines held out for testing (digest split only)",
            minimum=0,
            maximum=0.8,
        ),
    ] = 0.0
    seed: Annotated[
        int,
        Setting(
            "random seed; the same seed gives the same model",
            minimum=0,
            maximum=2**63 - 1,
            parameter="random_state",
        ),
    ] = 0
    digests: Annotated[
        bool,
        Setting("store a digest of every line; the option new needs it", parameter="keep_digests"),
    ] = True
    min_count: Annotated[
        int,
        Setting(
            "minimum number of times that a line must occur in the list, weights and label counted",
            minimum=1,
        ),
    ] = 1
    starter: Annotated[
        bool, Setting("let auto adapt the starter, which has read many lists, to a short list")
    ] = True
    open_alphabet: Annotated[
        bool, Setting("allow letters and digits like those of the list that it does not have")
    ] = False
    canaries: Annotated[
        int,
        Setting(
            "number of random lines to add; evaluate then measures how much the model memorises",
            minimum=0,
            maximum=1000,
        ),
    ] = 0

    def check(self) -> None:
        """Check that the options do not contradict each other, and that the budget is a time.

        Raises:
            OptionError: two options contradict each other, or the budget is not a time.
        """
        self.seconds(0)
        if self.steps is not None and self.budget is not None:
            raise OptionError("steps and budget both set the length of training: give one of them")
        if self.plan is not None and not (self.steps is self.budget is self.threads is None):
            raise OptionError("plan holds steps and threads: leave out steps, budget and threads")
        if self.test and self.split != "digest":
            raise OptionError(
                f"test applies to the digest split only, and the {self.split} split has a fixed "
                "test share: leave test out"
            )

    def seconds(self, lines: int) -> float:
        """Return the budget in seconds; the default depends on the number of lines.

        Raises:
            OptionError: the budget is not a time.
        """
        default = min(30.0, 5.0 + lines / 400)
        return default if self.budget is None else parse_seconds(self.budget)


@frozen(kw_only=True)
class InputOptions(Options):
    """How a list is read."""

    column: Annotated[
        str | None,
        Setting("column of a CSV or TSV table, by name or number, or key of JSON objects"),
    ] = None
    weight_column: Annotated[
        str | None, Setting("column with the weight of each line: how many lines it stands for")
    ] = None
    label_column: Annotated[str | None, Setting("column with the label of each line")] = None
    delimiter: Annotated[
        str | None,
        Setting("character between the columns of a table, such as ; or tab; by default detected"),
    ] = None
    encoding: Annotated[
        str, Setting("text encoding; UTF-16 with a byte order mark is detected")
    ] = "utf-8"


describe(sys.modules[__name__])
