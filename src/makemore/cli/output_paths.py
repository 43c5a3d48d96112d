"""Output paths: checks before any work, and writing of reports and pictures."""

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from makemore.cli.console import print_message, write_lines
from makemore.errors import CheckpointError, OptionError
from makemore.files import write_atomically

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from makemore.corpus.lines import Lines
    from makemore.estimator.makemore import MakeMore
    from makemore.probe.recording import Recording

RECORDING_NAME, PAGE_NAME = "history.jsonl", "report.html"  # files of `fit --report`


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
    _write_file(output, text.encode())


def prepare_directory(folder: str | None) -> "Recording | None":
    """Create the directory for a report and return a new recording; None without a directory.

    Raises:
        OptionError: the directory cannot be written to.
    """
    if folder is None:
        return None
    if os.path.isfile(folder):
        raise OptionError(
            f"{folder!r} cannot be used as a directory: it is a file; give a directory"
        )
    with raise_option_errors(folder):
        os.makedirs(folder, exist_ok=True)
    for name in (RECORDING_NAME, PAGE_NAME):
        check_output_path(os.path.join(folder, name))
    from makemore.probe.recording import Recording

    return Recording()


def write_report_directory(
    folder: str, maker: "MakeMore", lines: "Lines", recording: "Recording | None", title: str
) -> None:
    """Write the recording and the report to the directory."""
    if recording is not None:
        recording.save(os.path.join(folder, RECORDING_NAME))
    write_page(maker, lines, recording, os.path.join(folder, PAGE_NAME), title=title)


def check_picture_path(output: str) -> None:
    """Check, before any work, that a picture can be written to a path.

    Raises:
        OptionError: the path is not writable, or its extension is not .png, .svg or .pdf.
    """
    if os.path.splitext(output)[1].lower() not in (".png", ".svg", ".pdf"):
        raise OptionError(
            f"{output!r} is not a picture file: its name must end in .png, .svg or .pdf"
        )
    check_output_path(output)


def write_picture(figure: "Figure", output: str) -> None:
    """Write a figure to a file and print its path.

    Raises:
        OptionError: the file cannot be written.
    """
    picture = io.BytesIO()
    figure.savefig(picture, format=os.path.splitext(output)[1][1:].lower(), dpi=160)
    _write_file(output, picture.getvalue())


def _write_file(output: str, content: bytes) -> None:
    """Write a file atomically, or write to a device or a pipe, and print its path.

    Raises:
        OptionError: the file cannot be written.
    """
    with raise_option_errors(output):
        if os.path.exists(output) and not os.path.isfile(output):
            with open(output, "wb") as file:
                file.write(content)
        else:
            write_atomically(output, content)
    print_message(f"wrote {output}")


def reason_unwritable(output: str) -> str | None:
    """Return why a path is not writable, or None if no reason is known in advance."""
    parent = os.path.dirname(output) or "."
    if output == "":
        return "the name is empty"
    if "\0" in output:
        return "a file name cannot contain NUL"
    if os.path.isdir(output):
        return "it is a directory"
    if not os.path.isdir(parent):
        return f"there is no directory {parent}"
    return None if os.access(parent, os.W_OK) else f"the directory {parent} is not writable"


def check_model_path(output: str) -> None:
    """Check, before any work, that a model can be written to a path.

    Raises:
        CheckpointError: the path is `-`, empty or a directory, or its directory does not exist or
            is not writable.
    """
    reason = (
        "a model cannot be written to standard output"
        if output == "-"
        else reason_unwritable(output)
    )
    if reason:
        raise CheckpointError(f"{output!r} cannot be written: {reason}; give another path to -o")


def check_output_path(output: str) -> None:
    """Check, before any work, that a path is writable; - is standard output.

    Raises:
        OptionError: the path is not writable.
    """
    reason = reason_unwritable(output)
    if output != "-" and reason:
        raise OptionError(f"{output!r} cannot be written: {reason}; give another path")


def check_not_overwritten(output: str | None, *inputs: str | None) -> None:
    """Check, before any work, that the output does not overwrite an input; - is not a file.

    Raises:
        OptionError: the output is one of the input files.
    """
    files = [each for each in inputs if each not in (None, "-") and os.path.isfile(each)]
    if output in (None, "-") or not os.path.isfile(output):
        return
    folders = [each for each in inputs if each is not None and os.path.isdir(each)]
    path = os.path.realpath(output)
    if any(os.path.samefile(each, output) for each in files) or any(
        os.path.commonpath([os.path.realpath(each), path]) == os.path.realpath(each)
        for each in folders
    ):
        raise OptionError(
            f"{output!r} is an input file and would be overwritten: give another path"
        )


@contextmanager
def raise_option_errors(path: str) -> Iterator[None]:
    """Convert an OSError while writing to a path into an OptionError.

    Raises:
        OptionError: the path cannot be written.
    """
    try:
        yield
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise OptionError(f"{path!r} cannot be written: {reason}; give another path") from None
