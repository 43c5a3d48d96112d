"""Fuzz targets: five entry points of makemore, each wrapped in a function of bytes.

The contract: for any bytes, the only exception is MakemoreError, or SystemExit from the command
line. The format of inputs is simple, so that they can be written by hand.
"""

import contextlib
import functools
import io
import json
import os
import re
import sys
import tempfile
import unicodedata
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from makemore import MakeMore
from makemore.checkpoint.model_file import read_model_file, write_model_file
from makemore.cli.console import parse_pairs
from makemore.cli.main import main
from makemore.corpus.lines import Lines
from makemore.corpus.reading.lists import read_blocks
from makemore.corpus.reading.rows import Columns
from makemore.corpus.vocabulary import Vocabulary
from makemore.errors import MakemoreError
from makemore.options.verbs import ConstraintOptions, FitOptions, InputOptions, SampleOptions
from makemore.registry import FAMILIES, parse_members
from makemore.sampling.constraint import Constraint

SUFFIXES = (".txt", ".csv", ".tsv", ".jsonl", ".json")
COLUMNS = (
    *(None, Columns("1"), Columns("name"), Columns("name", "n", "sex"), Columns("2", "1")),
    Columns("name", delimiter=";"),
)
ENCODINGS = ("utf-8", "utf-16", "utf-32-be", "latin-1", "cp1252", "shift_jis", "gb18030", "utf-7")
CHARACTERS = "abAB-\u00e95 "
LISTED = ["anna", "hannah", "johanna", "otto", "anne", "ann\u00e9"]
HOSTILE: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 3, 2**31, 2**63, 10**9, 10**400, 0.5, -0.5, 1e308),
    *(float("nan"), float("inf"), "", "x", "gru", "anna", "\0", "\ud800", "a" * 300, [], {}),
    *([1], ["a", "a"], ["F", "M"], {"a": 1}, [[[[0]]]], "ngram(window=2), gru(hidden=999999999)"),
)


def reading(data: bytes) -> None:
    """Read a list: three bytes choose suffix, columns and encoding; the rest is the content."""
    suffix, columns, encoding = (
        choices[place % len(choices)]
        for choices, place in zip(
            (SUFFIXES, COLUMNS, ENCODINGS), (*data[:3], 0, 0, 0), strict=False
        )
    )
    path = scratch() / f"list{suffix}"
    path.write_bytes(data[3:])
    with contextlib.suppress(MakemoreError):
        blocks = list(read_blocks(path, columns, encoding, characters=4096))
        lines = Lines.concatenate(blocks)
        assert len(lines) > 0
        assert lines.read >= lines.blank + len(lines)
        assert Lines.from_strings(lines.to_list()).to_list() == lines.to_list()


def choosing(data: bytes) -> None:
    """Parse options: a byte chooses the class, followed by a pair NAME=VALUE in each line."""
    classes = (FitOptions, SampleOptions, InputOptions, *(f.options for f in FAMILIES.values()))
    cls = classes[(data[:1] or b"\0")[0] % len(classes)]
    text = data[1:].decode("utf-8", "surrogateescape")
    with contextlib.suppress(MakemoreError):
        parse_members(text)
    with contextlib.suppress(MakemoreError):
        chosen = cls.of_strings(parse_pairs(text.split("\n")))
        assert cls.of(json.loads(json.dumps(chosen.to_dict()))) == chosen
        if isinstance(chosen, ConstraintOptions | FitOptions):
            chosen.check()
        if isinstance(chosen, FitOptions):
            assert chosen.seconds(100) > 0


def patterns(data: bytes) -> None:
    """Compile the pattern in the first line and compare its matches of other lines with `re`."""
    ignore_case = data[:1] == b"i"
    pattern, *lines = data[1:].decode("utf-8", "replace").split("\n")
    asked = ConstraintOptions(pattern=pattern, ignore_case=ignore_case, states=300)
    vocabulary = Vocabulary("".join(sorted(CHARACTERS)))
    try:
        found = Constraint.of(asked, vocabulary, max_length=20)
    except MakemoreError:
        return
    assert len(found.goto) <= 300 * 3
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        # Python backtracks: for patterns such as (|){41} this takes exponential time.
        has_many = re.search(r"\{[^}]*([4-9]|\d\d)", pattern) or len(pattern) > 40
        is_quick = not has_many and len(re.findall(r"\)[*+?{]", pattern)) <= 2
        matches = re.compile(unicodedata.normalize("NFC", pattern), flags).fullmatch
    for line in lines[:5]:
        line = "".join(c for c in line if c in CHARACTERS)[:8].strip()
        if line and is_quick:
            ids = vocabulary.encode(np.array([ord(c) for c in line], np.uint32))
            assert bool(found.allows(ids[None])[0]) == (matches(line) is not None), line


def models(data: bytes) -> None:
    """Load a model file: raw bytes after R, or edits of a stored model with new digests."""
    path = scratch() / "model"
    if data[:1] == b"R":
        path.write_bytes(data[1:])
    elif data:
        names = sorted(stored())
        document, tensors = stored()[names[data[0] % len(names)]]
        document, tensors = json.loads(json.dumps(document)), dict(tensors)
        for i in range(1, len(data) - 2, 3):
            (_edit_tensors if data[i] & 128 else _edit_document)(document, tensors, data[i : i + 3])
        write_model_file(path, document, tensors)
    with contextlib.suppress(MakemoreError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # valid but extreme weights may overflow
        maker = MakeMore.load(path)
        maker.sample(2, patience=50, max_length=30)
        maker.score_samples(["anna"])


def command(data: bytes) -> None:
    """Run a command line, one argument per line; LIST, TABLE, MODEL and LABELLED are files."""
    files = ("LIST", "TABLE", "MODEL", "LABELLED")
    arguments = data.decode("utf-8", "surrogateescape").split("\n")
    if not _is_quick(arguments):
        return
    made = scratch()
    places = {name: str(made / name) for name in files}
    out, err = io.StringIO(), io.StringIO()
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(SystemExit))
        for each in (contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)):
            stack.enter_context(each)
        stack.enter_context(_piped_input())
        stack.enter_context(contextlib.chdir(made / "here"))
        main([places.get(argument, argument) for argument in arguments])
    for left in (made / "here").iterdir():
        left.unlink()
    assert "Traceback" not in err.getvalue()
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", err.getvalue())


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target for target in (reading, choosing, patterns, models, command)
}


def _is_quick(arguments: list[str]) -> bool:
    """Whether a command line does not train, draw pictures or write outside its directory."""
    slow = ("rate-range", "report", "demo", "data", "--report", "--track", "--picture", "--debug")
    slow += tuple(name for name, family in FAMILIES.items() if family.fit_method != "counting")
    joined = "\n".join(arguments)
    is_large = re.search(r"\d{4}|\de\d", joined.replace("_", "").replace(",", ""))
    return not is_large and "/" not in joined and not any(word in joined for word in slow)


@contextlib.contextmanager
def _piped_input() -> Iterator[None]:
    """Replace standard input with a stream of one line."""
    before, sys.stdin = sys.stdin, io.TextIOWrapper(io.BytesIO(b"anna\n"))
    try:
        yield
    finally:
        sys.stdin = before


def _edit_document(document: dict[str, Any], tensors: dict[str, Any], edit: bytes) -> None:
    """Replace a value with a hostile one, or delete it."""
    at: Any = document
    path = list(_places(document))
    if not path:
        return
    *parents, last = path[edit[0] % len(path)]
    for key in parents:
        at = at[key]
    value = HOSTILE[edit[1] % len(HOSTILE)]
    if edit[2] % 8 == 7:
        del at[last]
    elif edit[2] % 8 == 6:
        at[last] = edit[1]
    else:
        at[last] = json.loads(json.dumps(value))


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Yield the path of every value in a document."""
    keys = (
        value if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    )
    for key in keys:
        yield (*path, key)
        yield from _places(value[key], (*path, key))


def _edit_tensors(document: dict[str, Any], tensors: dict[str, Any], edit: bytes) -> None:
    """Delete a tensor, change its shape, dtype or name, or fill it with one number."""
    if not tensors:
        return
    name = sorted(tensors)[edit[0] % len(tensors)]
    value = tensors[name]
    kind, number = edit[1] % 6, (0, 1, -1, 2**31 - 1, 100, 2**62)[edit[2] % 6]
    if kind == 0:
        del tensors[name]
    elif kind == 1:
        tensors[name] = value.reshape(-1)[: edit[2]]
    elif kind == 2:
        with np.errstate(invalid="ignore"):
            tensors[name] = value.astype((np.float32, np.int64, np.uint8, np.float64)[edit[2] % 4])
    elif kind == 3:
        tensors[f"model.{edit[2]}"] = value
    elif kind == 4:
        with np.errstate(invalid="ignore"):
            filled = np.float32("nan") if edit[2] % 7 == 6 and value.dtype.kind == "f" else number
            tensors[name] = np.full(value.shape, np.array(filled).astype(value.dtype))
    else:
        tensors[name] = value[..., None]


@functools.cache
def scratch() -> Path:
    """Return a temporary directory of this process, with the files that command lines may name."""
    folder = Path(tempfile.mkdtemp(prefix=f"fuzz-{os.getpid()}-"))
    (folder / "here").mkdir()
    (folder / "LIST").write_text("\n".join(LISTED), encoding="utf-8")
    (folder / "TABLE").write_text("name,n,sex\nanna,2,F\nben,1,M\n", encoding="utf-8")
    MakeMore("ngram").fit(LISTED).save(folder / "MODEL")
    MakeMore("kneser_ney").fit(LISTED, labels=["F", "M"] * 3).save(folder / "LABELLED")
    return folder


@functools.cache
def stored() -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    """Return small models as pairs of the document and the tensors of their files."""
    small = {
        "ngram": options_of("ngram", window=2),
        "kneser_ney": options_of("kneser_ney", window=3),
        "mlp": options_of("mlp", window=2, embedding=2, hidden=4),
        "gru": options_of("gru", embedding=2, hidden=4),
        "transformer": options_of("transformer", layers=1, embedding=4, heads=2),
        "mixture": options_of("mixture", members="ngram(window=1), rnn(embedding=2, hidden=3)"),
    }
    found = {}
    for name, chosen in small.items():
        path = scratch() / f"{name}.model"
        labels = ["F", "M"] * 3 if name in ("kneser_ney", "gru") else None
        MakeMore(chosen, steps=1).fit(LISTED, labels=labels).save(path)
        file = read_model_file(path)
        tensors = {each: file.tensor(each) for each in file.document["tensors"]}
        found[name] = (file.document, tensors)
    return found


def options_of(family: str, **chosen: Any) -> Any:
    """Return options of a family."""
    return FAMILIES[family].options(**chosen)
