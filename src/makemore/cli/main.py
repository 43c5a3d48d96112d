"""The command `makemore`: dispatch to verbs, and error messages in one sentence."""

import errno
import os
import re
import sys
from collections.abc import Sequence
from difflib import get_close_matches
from importlib import import_module
from itertools import pairwise

from cyclopts import App, CycloptsError, UnusedCliTokensError

from makemore import __version__
from makemore.cli.console import ARGUMENTS, print_message
from makemore.cli.interruption import handle_signals, raise_interrupted
from makemore.cli.streams import drop_output, prepare_streams
from makemore.errors import MakemoreError, OptionError
from makemore.options.declaration import fields
from makemore.options.verbs import SampleOptions

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
        "serve",
    ),
)

_OUT_OF_MEMORY = (MemoryError, RuntimeError, ImportError, SystemError)  # errors that may mean it

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
    """Run the command.

    The exit status is 2 for a usage error, 128 plus the number of a signal that ended the program
    (130 for Ctrl-C), and 1 for other errors.
    """
    prepare_streams()
    tokens = list(sys.argv[1:] if arguments is None else arguments)
    debug = "--debug" in tokens
    if debug:
        tokens.remove("--debug")
    try:
        with handle_signals(raise_interrupted):
            _run(tokens)
    except (MakemoreError, CycloptsError, OSError, *_OUT_OF_MEMORY) as error:
        if debug:
            raise
        sys.exit(_report_error(error))
    except KeyboardInterrupt as error:
        print_message("makemore: interrupted; output that is written at the end was not written")
        sys.exit(getattr(error, "status", 130))


def _run(tokens: list[str]) -> None:
    """Run the verb that the arguments name."""
    ARGUMENTS.set(tokens)
    check_text_options(tokens)
    build_app(tokens)(
        insert_default_verb(tokens),
        exit_on_error=False,
        print_error=False,
        result_action="return_value",
    )
    sys.stdout.flush()


def _report_error(error: Exception) -> int:
    """Print an error in one sentence and return the exit status; raise it if it is unexpected."""
    if isinstance(error, MakemoreError | CycloptsError):
        print_message(f"makemore: {_one_line(error)}")
        return 2 if isinstance(error, OptionError | CycloptsError) else 1
    if is_out_of_memory(error):
        print_message(
            "makemore: there is not enough memory for this: use a smaller or a count model, a "
            "smaller --batch, shorter lines, or looser constraints"
        )
        return 1
    if not isinstance(error, OSError):
        raise error
    drop_output()
    if not isinstance(error, BrokenPipeError):  # the reader, such as head, closed the pipe
        print_message(f"makemore: {_describe_system_error(error)}")
    return 1


def _describe_system_error(error: OSError) -> str:
    """Return an error of the operating system as a sentence.

    Errors of lists, models and other files are caught at their source. What is left is standard
    output, which has no file name, or the environment, such as a working directory that is gone.
    """
    reason = (error.strerror or str(error)).lower()
    if error.filename is not None:
        return f"{error.filename}: {reason}"
    if error.errno == errno.ENOENT:
        return f"the working directory cannot be used: {reason}"
    return f"standard output cannot be written: {reason}"


def is_out_of_memory(error: Exception) -> bool:
    """Return whether an error means that memory could not be allocated, in Python or PyTorch."""
    if isinstance(error, MemoryError) or (
        isinstance(error, OSError) and error.errno == errno.ENOMEM
    ):
        return True
    # PyTorch raises RuntimeError on a CPU, and a subclass of it on a GPU. A library that cannot be
    # loaded is an ImportError, or an OSError without number. An extension module that does not
    # check an allocation raises SystemError.
    words = (
        "alloc|out of memory|not enough memory|failed to map segment|cannot create thread|"
        "without exception set|without setting an exception"
    )
    is_allocation = re.search(words, str(error), re.IGNORECASE) is not None
    return isinstance(error, RuntimeError | ImportError | OSError | SystemError) and is_allocation


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
            f"{tokens[0]!r} is neither a file nor a command: did you mean makemore {close[0]}?"
        )
    return ["make", *tokens]


def check_text_options(tokens: Sequence[str]) -> None:
    """Check that no option takes the name of another one as its text, which may start with -.

    Raises:
        OptionError: a text is the name of an option, so it was probably left out.

    Example:
        >>> check_text_options(["sample", "names.model", "--prefix", "-a"])
    """
    names = {f"--{field.name}".replace("_", "-"): field for field in fields(SampleOptions)}
    for name, text in pairwise(tokens):
        if name in names and {str, tuple} & {*names[name].types} and text in names:
            raise OptionError(
                f"{name} lacks its text: give one after it, or, if {text} is the text, write "
                f"{name}={text}"
            )


def _one_line(error: Exception) -> str:
    """Return the message of an error on one line."""
    if isinstance(error, UnusedCliTokensError):
        tokens = " ".join(error.unused_tokens or ())
        return f"unexpected arguments: {tokens}; leave them out, or see --help"
    return " ".join(str(error).split()) or type(error).__name__
