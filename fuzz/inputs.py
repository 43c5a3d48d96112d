"""Inputs of the fuzz targets: small models, values, containers, and a check of sampled lines."""

import functools
import json
import os
import re
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rapidfuzz.distance import Levenshtein

from makemore import MakeMore
from makemore.checkpoint.model_file import read_model_file
from makemore.corpus.case import fold_case
from makemore.options.declaration import fields
from makemore.options.verbs import SampleOptions
from makemore.registry import FAMILIES

LISTED = ["anna", "hannah", "johanna", "otto", "anne", "ann\u00e9"]
HOSTILE: tuple[Any, ...] = (
    *(None, True, 0, 1, -1, 3, 2**31, 2**63, 10**9, 10**400, 0.5, -0.5, 1e308),
    *(float("nan"), float("inf"), "", "x", "gru", "anna", "\0", "\ud800", "a" * 300, [], {}),
    *([1], ["a", "a"], ["F", "M"], {"a": 1}, [[[[0]]]], "ngram(window=2), gru(hidden=999999999)"),
)
VALUES: tuple[Any, ...] = (
    *("anna", "otto", " ben ", "", "\r\n", "e\u0301", "a\0b", "\ud800", "a\tb", "\x1b[2J"),
    *(None, float("nan"), float("inf"), pd.NA, pd.NaT, np.ma.masked, np.nan, np.datetime64("NaT")),
    *(0, 1, -1, 2.5, 10**400, True, b"anna", ("a", "b"), [], np.int64(3), np.str_("anne")),
    *("1", "1_000", "nan", "2", "F", "M"),
)


def _shuffled(values: list[Any]) -> Any:
    """Return a Series whose index labels are not the positions."""
    return pd.Series(values, index=list(range(len(values)))[::-1], dtype=object)


KINDS: tuple[Callable[[list[Any]], Any], ...] = (
    *(list, tuple, iter, _shuffled, pd.Index, pd.Categorical, np.ma.array, set, pd.DataFrame),
    lambda values: np.array(values, dtype=object),
    lambda values: np.array(values),
    lambda values: pd.Series(values),
    lambda values: dict.fromkeys(range(len(values)), "anna"),
    lambda values: None if values else [],
    lambda values: "anna",
    lambda values: len(values),
)


def option_of(piece: bytes) -> tuple[str, Any]:
    """Return the name and the value of a sampling option: a byte chooses the name."""
    options = [field for field in fields(SampleOptions) if field.name not in ("states", "patience")]
    field = options[piece[0] % len(options)]
    number = piece[1] if len(piece) > 1 else 0
    text = piece[1:].decode("utf-8", "replace")
    if bool in field.types:
        return field.name, True
    if float in field.types:
        return field.name, (0.0, 0.001, 0.3, 0.9, 1.0, 2.0)[number % 6]
    if int in field.types:
        return field.name, number % (4 if field.name == "new_by" else 9)
    return field.name, (text,) if tuple in field.types else text


def is_allowed(line: str, o: SampleOptions) -> bool:
    """Return whether a sampled line satisfies the options, tested one by one."""
    fold = fold_case if o.ignore_case else str
    text, learned = fold(line), list(map(fold, LISTED))
    flags = re.DOTALL | (re.IGNORECASE if o.ignore_case else 0)
    least = o.length or o.min_length or 1
    most = o.length or o.max_length or 10**9
    return (
        line == line.strip() != ""
        and text.startswith(fold(o.prefix))
        and text.endswith(fold(o.suffix))
        and all(fold(each) in text for each in o.contains)
        and not any(fold(each) in text for each in o.forbid if each)
        and (o.only is None or set(text) <= set(fold(o.only)))
        and all(re.fullmatch(each, line, flags) for each in o.pattern)
        and least <= len(line) <= most
        and not (o.new and text in learned)
        and all(Levenshtein.distance(text, each) >= o.new_by for each in learned)
    )


def edit_document(document: dict[str, Any], tensors: dict[str, Any], edit: bytes) -> None:
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


def edit_tensors(document: dict[str, Any], tensors: dict[str, Any], edit: bytes) -> None:
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


@functools.cache
def loaded(name: str) -> MakeMore:
    """Return the estimator of a stored model."""
    return MakeMore.load(scratch() / f"{name}.model")


def options_of(family: str, **chosen: Any) -> Any:
    """Return options of a family."""
    return FAMILIES[family].options(**chosen)
