"""The command `makemore`: dispatch to verbs, and error messages in one sentence."""

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from difflib import get_close_matches
from importlib import import_module

from cyclopts import App, CycloptsError, UnusedCliTokensError

from makemore import __version__
from makemore.cli.console import ARGUMENTS, print_message
from makemore.errors import MakemoreError, OptionError

VERBS = (
    *("make", "demo", "fit", "blend", "sample", "top"),
    *(
        "score",
        "rank",
        "odd",
        "classify",
        "evaluate",
        "probe",
        "report",
        "rate-range",
        "models",
        "info",
        "data",
    ),
)

_HELP_FLAGS = ("--help", "-h")

HELP = """Learn a list of names, cities, brands, words or codes, and make more lines like it.

makemore names.txt prints twenty new lines; makemore demo does so for a bundled list.

makemore COMMAND --help lists the options of a command; --debug prints the traceback of an error."""


def build_app(tokens: Sequence[str] = ()) -> App:
    """Build the command.

    Args:
        tokens: the arguments. If they ask for help of the command itself, every verb is imported
            for its help sentence; otherwise a verb is imported when it runs.
    """
    listing = not tokens or tokens[0] in _HELP_FLAGS
    formatter = None
    if listing or not set(_HELP_FLAGS).isdisjoint(tokens):
        from makemore.cli.help_text import HelpFormatter

        formatter = HelpFormatter()
    app = App(
        name="makemore",
        help=HELP,
        version=__version__,
        help_format="plaintext",
        help_formatter=formatter,
        suppress_keyboard_interrupt=False,  # `main` prints its own message
    )
    for position, verb in enumerate(VERBS):
        help_ = first_help_line(verb) if listing else None  # None: the full help of the verb
        path = f"makemore.cli.verbs.{_module_name(verb)}:{_module_name(verb)}"
        app.command(path, name=verb, sort_key=position, help=help_)
    return app


def first_help_line(verb: str) -> str:
    """Return the first line of a verb's help."""
    name = _module_name(verb)
    module = import_module(f"makemore.cli.verbs.{name}")
    return str(getattr(module, name).__doc__).split("\n", 1)[0]


def _module_name(verb: str) -> str:
    """Return the name of a verb's module, which is also the name of its function."""
    return verb.replace("-", "_")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command; exit with status 2 for a usage error, 130 for Ctrl-C, 1 for other errors."""
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in tokens
    if debug:
        tokens.remove("--debug")
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # output is UTF-8 regardless of the system's locale
            stream.reconfigure(encoding="utf-8", errors="replace")
    ARGUMENTS.set(tokens)
    try:
        app = build_app(tokens)
        app(
            insert_default_verb(tokens),
            exit_on_error=False,
            print_error=False,
            result_action="return_value",
        )
        sys.stdout.flush()
    except (MakemoreError, CycloptsError) as error:
        if debug:
            raise
        print_message(f"makemore: {_one_line(error)}")
        sys.exit(2 if isinstance(error, (OptionError, CycloptsError)) else 1)
    except BrokenPipeError:  # the reader, such as head, closed the pipe
        _drop_output()
        sys.exit(1)
    except OSError as error:  # file errors are caught at their source: this is standard output
        if debug:
            raise
        _drop_output()
        reason = (error.strerror or str(error)).lower()
        print_message(f"makemore: standard output cannot be written: {reason}")
        sys.exit(1)
    except KeyboardInterrupt:
        print_message("makemore: interrupted; output that is written at the end was not written")
        sys.exit(130)


def _drop_output() -> None:
    """Redirect standard output to the null device, so that the flush at exit cannot fail."""
    with suppress(OSError):  # the output may have no file descriptor
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def insert_default_verb(tokens: list[str]) -> list[str]:
    """Return the arguments with `make` in front if the first one is not a verb.

    Raises:
        OptionError: the first argument resembles a verb and is not a file.

    Example:
        >>> insert_default_verb(["names.txt", "-n", "5"])
        ['make', 'names.txt', '-n', '5']
    """
    if not tokens or tokens[0] in VERBS or tokens[0] in (*_HELP_FLAGS, "--version"):
        return tokens
    close = get_close_matches(tokens[0], VERBS, n=1, cutoff=0.75)
    if close and not os.path.exists(tokens[0]):
        raise OptionError(
            f"{tokens[0]!r} is neither a file nor a verb: did you mean makemore {close[0]}?"
        )
    return ["make", *tokens]


def _one_line(error: Exception) -> str:
    """Return the message of an error on one line."""
    if isinstance(error, UnusedCliTokensError):
        tokens = " ".join(error.unused_tokens or ())
        return f"unexpected arguments: {tokens}; leave them out, or see --help"
    return " ".join(str(error).split()) or type(error).__name__
