"""Fuzz targets: seven entry points of makemore, each wrapped in a function of bytes.

The contract: for any bytes, the only exception is MakemoreError, or SystemExit from the command
line. The format of inputs is simple, so that they can be written by hand.
"""

import contextlib
import io
import json
import re
import sys
import unicodedata
import warnings
from collections.abc import Callable, Iterator

import numpy as np
from inputs import (
    KINDS,
    VALUES,
    edit_document,
    edit_tensors,
    is_allowed,
    loaded,
    option_of,
    scratch,
    stored,
)

from makemore import MakeMore
from makemore.checkpoint.model_file import write_model_file
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
        try:
            matches = re.compile(unicodedata.normalize("NFC", pattern), flags).fullmatch
        except re.error as error:
            if "look-behind requires fixed-width" in str(error):  # ours may have any width
                return
            raise
    for line in lines[:5]:
        line = "".join(c for c in line if c in CHARACTERS)[:8].strip()
        if line and is_quick:
            ids = vocabulary.encode(np.array([ord(c) for c in line], np.uint32))
            assert bool(found.allows(ids[None])[0]) == (matches(line) is not None), line


def sampling(data: bytes) -> None:
    """Sample with options: a byte chooses the model, and each further line of bytes an option.

    Every line drawn is compared with the options, one by one.
    """
    names = sorted(stored())
    name, *pieces = data.split(b"\n")
    named = dict(option_of(piece) for piece in pieces if piece)
    with contextlib.suppress(MakemoreError):
        asked = SampleOptions(**{"max_length": 8, **named, "states": 300, "patience": 300})
        if "length" in named:
            asked = asked.replace(max_length=None)
        asked.check()
        if any(re.search(r"[{*+?]\W*[{*+?]", each) for each in asked.pattern):
            return  # Python may backtrack for long
        maker = loaded(names[(name[:1] or b"\0")[0] % len(names)])
        lines = maker.sample(3, options=asked)
        assert all(is_allowed(line, asked) for line in lines), lines
        assert not asked.distinct or len(set(lines)) == len(lines)
        assert lines == maker.sample(3, options=asked)


def sequences(data: bytes) -> None:
    """Read lines, labels and weights from containers: three bytes choose the containers.

    Half of the values that follow are lines, the other half both labels and weights. Texts are
    compared with those read.
    """
    kinds = [KINDS[byte % len(KINDS)] for byte in (*data[:3], 0, 0, 0)[:3]]
    values = [VALUES[byte % len(VALUES)] for byte in data[3:]]
    half = len(values) // 2
    parts = values[:half], values[half:][:half], values[half:][:half]
    try:
        lines, labels, weights = (kind(part) for kind, part in zip(kinds, parts, strict=True))
    except Exception:  # NumPy or pandas refuses the values
        return
    with contextlib.suppress(MakemoreError):
        read = Lines.from_strings(lines, labels, keep_blank=True)
        assert read.labels is None or len(read.labels) == len(read)
        if not isinstance(lines, set) and all(
            isinstance(each, str) for each in (*parts[0], *parts[1])
        ):
            assert read.to_list() == [clean_line(each) for each in parts[0]]
            assert labels is None or read.label_list() == list(map(clean_line, parts[1]))
    with contextlib.suppress(MakemoreError):
        read = Lines.from_strings(["anna"] * half, None, weights, keep_blank=True)
        if read.weights is not None and not isinstance(weights, dict):
            assert read.weights.tolist() == [float(each) for each in parts[2]]


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
            (edit_tensors if data[i] & 128 else edit_document)(document, tensors, data[i : i + 3])
        write_model_file(path, document, tensors)
    with contextlib.suppress(MakemoreError), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # valid but extreme weights may overflow
        maker = MakeMore.load(path)
        maker.sample(2, patience=50, max_length=30)
        maker.score_samples(["anna"])


def command(data: bytes) -> None:
    """Run a command line, one argument per line; LIST, TABLE, MODEL and LABELLED are files.

    After a first line !out or !err, that stream cannot be written.
    """
    files = ("LIST", "TABLE", "MODEL", "LABELLED")
    arguments = data.decode("utf-8", "surrogateescape").split("\n")
    failing = arguments.pop(0)[1:] if arguments[0] in ("!out", "!err") else None
    if not _is_quick(arguments):
        return
    made = scratch()
    places = {name: str(made / name) for name in files}
    out, err = (FullStream() if failing == name else io.StringIO() for name in ("out", "err"))
    with contextlib.ExitStack() as stack:
        stack.enter_context(contextlib.suppress(SystemExit))
        for each in (contextlib.redirect_stdout(out), contextlib.redirect_stderr(err)):
            stack.enter_context(each)
        stack.callback(lambda: sys.stderr is err or sys.stderr.close())
        stack.enter_context(_piped_input())
        stack.enter_context(contextlib.chdir(made / "here"))
        main([places.get(argument, argument) for argument in arguments])
    for left in (made / "here").iterdir():
        left.unlink()
    assert "Traceback" not in err.getvalue()
    assert not re.search("[\0-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", err.getvalue())


TARGETS: dict[str, Callable[[bytes], None]] = {
    target.__name__: target
    for target in (reading, choosing, patterns, sampling, sequences, models, command)
}


def clean_line(text: str) -> str:
    """Return a text as the line or label that is read from it."""
    return unicodedata.normalize("NFC", " ".join(re.split("[\r\n]", text))).strip()


class FullStream(io.StringIO):
    """Stream that cannot be written, as on a full disk."""

    def write(self, text: str) -> int:
        """Fail as a full disk does."""
        raise OSError(28, "No space left on device")


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
