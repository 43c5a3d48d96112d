"""Output paths: checks before any work, and writing of reports and pictures."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from makemore.cli.console import say, write_lines
from makemore.errors import CheckpointError, OptionError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording

HISTORY, PAGE = "history.jsonl", "report.html"  # files in the directory of `fit --report`


def write_page(
    maker: "MakeMore",
    lines: "Lines | None",
    recording: "Recording | None",
    output: str,
    *,
    title: str,
    line: str | None = None,
    seed: int = 0,
) -> None:
    """Write a report to a file and print its path, or write it to standard output for `-`.

    Raises:
        OptionError: the file cannot be written.
    """
    from makemore.report.page import page

    title = title.encode(errors="replace").decode()  # a file name may hold surrogates
    text = page(maker, lines, recording, title=title, line=line, seed=seed)
    if output == "-":
        write_lines(text.removesuffix("\n").split("\n"))
        return
    with writing(output), open(output, "w", encoding="utf-8") as file:
        file.write(text)
    say(f"wrote {output}")


def prepare(folder: str | None) -> "Recording | None":
    """Create the directory for a report and return a new recording; None without a directory.

    Raises:
        OptionError: the directory cannot be written to.
    """
    if folder is None:
        return None
    if os.path.isfile(folder):
        raise OptionError(f"{folder!r} cannot be filled: it is a file; give a folder")
    with writing(folder):
        os.makedirs(folder, exist_ok=True)
    for name in (HISTORY, PAGE):
        check_output(os.path.join(folder, name))
    from makemore.probe.recording import Recording

    return Recording()


def fill(
    folder: str, maker: "MakeMore", lines: "Lines", recording: "Recording | None", title: str
) -> None:
    """Write the recording and the report to the directory."""
    if recording is not None:
        recording.save(os.path.join(folder, HISTORY))
    write_page(maker, lines, recording, os.path.join(folder, PAGE), title=title)


def check_picture(output: str) -> None:
    """Check, before any work, that a picture can be written to a path.

    Raises:
        OptionError: the path is not writable, or its extension is not .png, .svg or .pdf.
    """
    if os.path.splitext(output)[1].lower() not in (".png", ".svg", ".pdf"):
        raise OptionError(f"{output!r} is no picture: its name must end in .png, .svg or .pdf")
    check_output(output)


def write_picture(figure: "Figure", output: str) -> None:
    """Write a figure to a file and print its path.

    Raises:
        OptionError: the file cannot be written.
    """
    with writing(output):
        figure.savefig(output, dpi=160)
    say(f"wrote {output}")


def reason_unwritable(output: str) -> str | None:
    """Return why a path is not writable, or None if no reason is known in advance."""
    parent = os.path.dirname(output) or "."
    if output == "":
        return "it has no name"
    if "\0" in output:
        return "no name has a NUL in it"
    if os.path.isdir(output):
        return "it is a directory"
    if not os.path.isdir(parent):
        return f"there is no directory {parent}"
    return None if os.access(parent, os.W_OK) else f"the directory {parent} may not be written to"


def check_model(output: str) -> None:
    """Check, before any work, that a model can be written to a path.

    Raises:
        CheckpointError: the path is `-`, empty or a directory, or its directory does not exist or
            is not writable.
    """
    reason = "a model needs a file of its own" if output == "-" else reason_unwritable(output)
    if reason:
        raise CheckpointError(f"{output!r} cannot be written: {reason}; give another path to -o")


def check_output(output: str) -> None:
    """Check, before any work, that a path is writable; - is standard output.

    Raises:
        OptionError: the path is not writable.
    """
    reason = reason_unwritable(output)
    if output != "-" and reason:
        raise OptionError(f"{output!r} cannot be written: {reason}; give another place")


def check_kept(output: str | None, *inputs: str | None) -> None:
    """Check, before any work, that the output does not overwrite an input; - is not a file.

    Raises:
        OptionError: the output is one of the input files.
    """
    files = [each for each in inputs if each not in (None, "-") and os.path.isfile(each)]
    if output in (None, "-") or not os.path.isfile(output):
        return
    if any(os.path.samefile(each, output) for each in files):
        raise OptionError(f"{output!r} is read, and would be written over: give another place")


@contextmanager
def writing(path: str) -> Iterator[None]:
    """Convert an OSError while writing to a path into an OptionError.

    Raises:
        OptionError: the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"{path!r} cannot be written: {reason}; give another place") from None
