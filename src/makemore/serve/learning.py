"""Lists to learn, as requests send them: JSON with all options, or a file with a query."""

import json
from dataclasses import dataclass

from makemore.checkpoint.model_file import Document
from makemore.corpus.reading.opening import compression_of
from makemore.errors import DataError, OptionError
from makemore.options.declaration import Options, fields
from makemore.options.serving import Learning
from makemore.options.verbs import FitOptions, InputOptions
from makemore.registry import family_named
from makemore.serve.bodies import check_names, parse_object, parse_options

# Content types of lists, with the suffix of the file that tells the readers their format.
FORMATS = {
    "application/json": ".jsonl",
    "text/plain": ".txt",
    "text/csv": ".csv",
    "text/tab-separated-values": ".tsv",
    "application/x-ndjson": ".jsonl",
}


@dataclass(frozen=True)
class ListToLearn:
    """A list to learn, as it was sent.

    Attributes:
        content: the bytes of its file.
        learning: the family and the title.
        family_options: options of the family; empty for its defaults.
        fit: how to fit it.
        source: how to read it.
    """

    content: bytes
    learning: Learning
    family_options: Document
    fit: FitOptions
    source: InputOptions


def list_in_json(body: bytes) -> ListToLearn:
    """Return the list and the options in a JSON object.

    Raises:
        OptionError: an option is invalid.
    """
    values = parse_object(body)
    lines = values.pop("lines", None)
    columns = {"label": values.pop("labels", None), "weight": values.pop("weights", None)}
    family_options = values.pop("options", None) or {}
    check_names(values, Learning, FitOptions)
    learning, fit = parse_options(values, Learning), parse_options(values, FitOptions)
    if not isinstance(lines, list) or not lines or not all(isinstance(x, str) for x in lines):
        raise OptionError("lines is missing: send a list with at least one text")
    rows: list[Document] = [{"line": line} for line in lines]
    for name, column in columns.items():
        if column is None:
            continue
        if not isinstance(column, list) or len(column) != len(lines):
            raise OptionError(f"{name}s is not a list with one entry for each line")
        for row, value in zip(rows, column, strict=True):
            row[name] = value
    given = {f"{name}_column": name for name, column in columns.items() if column is not None}
    content = "".join(f"{json.dumps(row)}\n" for row in rows).encode()
    source = InputOptions.of({"column": "line", **given})
    return _checked(content, learning, family_options, fit, source)


def list_as_file(body: bytes, query: dict[str, str]) -> ListToLearn:
    """Return a list that was sent as a file, with options in the query.

    Raises:
        OptionError: an option is invalid.
        DataError: the list is compressed; a small file could fill the memory of the server.
    """
    kind = compression_of(body)
    if kind is not None:
        raise DataError(f"the list is {kind} file: send it uncompressed")
    declarations: tuple[type[Options], ...] = (Learning, FitOptions, InputOptions)
    known = {field.name: field for each in declarations for field in fields(each)}
    check_names(query, *declarations)
    values = {name: known[name].parse(text) for name, text in query.items()}
    learning, fit = parse_options(values, Learning), parse_options(values, FitOptions)
    return _checked(body, learning, {}, fit, parse_options(values, InputOptions))


def _checked(
    content: bytes,
    learning: Learning,
    family_options: Document,
    fit: FitOptions,
    source: InputOptions,
) -> ListToLearn:
    """Return a list to learn whose options are valid.

    Raises:
        OptionError: an option is invalid.
    """
    fit.check()
    if learning.model != "auto":
        family = family_named(learning.model)
        if not isinstance(family_options, dict):
            raise OptionError("options is not an object: send the options of the family by name")
        check_names(family_options, family.options)
        family.members(parse_options(family_options, family.options))  # raises if invalid
    elif family_options:
        raise OptionError("options are those of one family: name it in model")
    return ListToLearn(content, learning, family_options, fit, source)


def clean_title(text: str) -> str:
    """Return a title without line breaks, and not too long."""
    return " ".join(text.split())[:200]
