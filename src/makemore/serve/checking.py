"""The bounds of requests."""

from makemore.errors import OptionError
from makemore.options.serving import Limits, Sampling
from makemore.options.verbs import ConstraintOptions, FitOptions, SampleOptions
from makemore.serve.problems import TooLargeError

MAX_NODES = 1_000_000  # of the search for the most probable lines
_MAX_TEXTS = 100  # texts among the constraints


def check_number(number: int, most: int, name: str = "n") -> None:
    """Raise TooLargeError if an option is above its bound."""
    if number > most:
        raise TooLargeError(f"{name} is {number:,}: give at most {most:,}")


def check_constraints(options: ConstraintOptions, limits: Limits) -> None:
    """Raise TooLargeError for constraints on lines that are longer than they may be."""
    texts = [options.prefix, options.suffix, options.only or ""]
    texts += [*options.contains, *options.pattern, *options.forbid]
    length = max(options.length or 0, options.max_length or 0, options.min_length or 0)
    longest = max(length, *map(len, texts))
    if longest > limits.max_length:
        raise TooLargeError(
            f"a constraint has {longest:,} characters: give at most {limits.max_length:,}"
        )
    if len(texts) > _MAX_TEXTS:
        raise TooLargeError(f"there are {len(texts) - 3:,} constraints: give fewer")
    check_number(options.states, ConstraintOptions().states, "states")


def check_sampling(options: SampleOptions, wanted: Sampling, limits: Limits) -> None:
    """Raise an error if a request asks for more than it may."""
    check_number(wanted.n, limits.max_lines)
    check_number(options.patience, limits.max_lines, "patience")
    check_constraints(options, limits)
    if len(wanted.exclude) > limits.max_lines:
        raise TooLargeError(f"exclude has too many lines: send at most {limits.max_lines:,}")


def check_lines(lines: tuple[str, ...], limits: Limits) -> None:
    """Check that there are lines, not too many and not too long.

    Raises:
        OptionError: there is none.
        TooLargeError: there are too many, or one is too long.
    """
    if not lines:
        raise OptionError("there is no line: send at least one in lines")
    if len(lines) > limits.max_lines:
        raise TooLargeError(
            f"{len(lines):,} lines were sent: send at most {limits.max_lines:,} at a time"
        )
    if max(map(len, lines)) > limits.max_length:
        raise TooLargeError(
            f"a line has more than {limits.max_length:,} characters: send shorter ones"
        )


def check_training(options: FitOptions, limits: Limits) -> None:
    """Check how long a training may take, and that nothing is asked for that is not the client's.

    Raises:
        OptionError: the device, the threads or a plan are given.
        TooLargeError: the budget is too long.
    """
    for name in ("device", "threads", "plan"):
        if getattr(options, name) != getattr(FitOptions(), name):
            raise OptionError(f"{name} is chosen by the server: leave it out")
    seconds = options.seconds(0)
    if options.budget is not None and seconds > limits.max_training:
        raise TooLargeError(f"budget is {seconds:g} seconds: give at most {limits.max_training:g}")
