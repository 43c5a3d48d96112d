"""Documents and tensors of model files match their description in docs/model-file.md."""

import re
from pathlib import Path

import pytest
from small_families import LABELS, LINES, SMALL, WEIGHTS

from makemore import MakeMore
from makemore.checkpoint.model_file import read_model_file
from makemore.registry import FAMILIES

TEXT = (Path(__file__).parents[2] / "docs" / "model-file.md").read_text(encoding="utf-8")
ROWS = [row.strip("| ").split(" | ") for row in re.findall(r"^\|.*\|$", TEXT, re.MULTILINE)]
FIELDS = {name for row in ROWS if len(row) == 2 for name in re.findall(r"^`(\w+)`$", row[0])}
TENSORS = [
    row for row in ROWS if len(row) == 4 and row[2] in {"uint", "int32", "float32", "float64"}
]

COUNTS = {"children", "older", "entries", "next", "repeats", "weight"}


def sizes_of(maker, tensors) -> dict[str, int]:
    """Return the values of the letters in the documented shapes, for a model."""
    vocabulary, options = maker.learned_.vocabulary, maker.learned_.options.to_dict()
    V, L = len(vocabulary), len(vocabulary.labels)
    K = options.get("window", 0) + (1 if L else 0)
    sizes = {"V": V, "L": L, "I": V + L, "K": K, "n": options.get("layers", 1) - 1}
    sizes |= {"E": options.get("embedding", 0), "H": options.get("hidden", 0)}
    if "children" in tensors:
        sizes |= {"S": len(tensors["children"]), "G": len(tensors["next"])}
    return sizes


def described(family: str, sizes: dict[str, int]) -> list[tuple[str, str, tuple[int, ...]]]:
    """Return (name pattern, dtype, shape) of each kind of tensor, in the order of the table."""
    found = []
    for families, names, dtype, shape in TENSORS:
        if family in families.split(", "):
            axes = shape.strip("()").split(", ")
            for name in re.findall(r"`([^`]+)`", names):
                numbered = re.sub(r"\.n$", f".{sizes['n']}", name).replace(".", r"\.")
                pattern = re.sub(r"\.i\b", r".[0-9]+", numbered)
                found.append((pattern, dtype, tuple(size(axis, sizes) for axis in axes)))
    return found


def size(axis: str, sizes: dict[str, int]) -> int:
    """Evaluate the size of an axis: multiply adjacent letters, then add or subtract 1."""
    product, _, one = re.sub(r"([-+]) 1$", r"|\g<1>1", axis).partition("|")
    total = 1
    for part in product.split():
        total *= int(part) if part.isdigit() else sizes[part]
    return total + int(one or 0)


def check(family: str, maker, tensors) -> None:
    """Check each tensor against the first row that matches its name, and that every row is used."""
    rows, used = described(family, sizes_of(maker, tensors)), set()
    for name, value in tensors.items():
        at = next((n for n, row in enumerate(rows) if re.fullmatch(row[0], name)), None)
        assert at is not None, f"docs/model-file.md has no row for the tensor {name} of {family}"
        kind = str(value.dtype)
        kind = kind.rstrip("0123456789") if rows[at][1] == "uint" else kind
        assert (kind, value.shape) == rows[at][1:], name
        used.add(at)
    optional = {"weight", "labels", "total", "discounts"}
    unused = {row[0] for n, row in enumerate(rows) if n not in used}
    assert unused <= optional


def test_document_fields_match_the_documentation(tmp_path):
    MakeMore("kneser_ney").fit(LINES).save(tmp_path / "m")
    assert set(read_model_file(tmp_path / "m").document) == FIELDS


@pytest.mark.parametrize("labels", [None, LABELS], ids=["plain", "labelled"])
@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "mixture"])
def test_tensors_of_every_family_match_the_documentation(family, labels):
    maker = MakeMore(SMALL[family][-1], steps=1).fit(LINES, labels, WEIGHTS)
    tensors = maker.learned_.model.tensors()
    if family == "kneser_ney" and labels:
        own = {name: value for name, value in tensors.items() if name.startswith("labels.")}
        tensors = {name: value for name, value in tensors.items() if name not in own}
        within = {name.removeprefix("labels."): value for name, value in own.items()}
        assert set(within) == set(tensors) == COUNTS
        check(family, maker, within)
    check(family, maker, tensors)


def test_tensors_of_a_mixture_match_the_documentation():
    maker = MakeMore(SMALL["mixture"][-1], steps=1).fit(LINES)
    tensors = maker.learned_.model.tensors()
    kinds = {name.split(".")[1] for name in tensors if name.startswith("members.")}
    assert kinds == {"0", "1", "2"}
    assert set(tensors) - {n for n in tensors if n.startswith("members.")} == {"weights"}
    assert tensors["weights"].dtype == "float64"
    assert tensors["weights"].shape == (3,)


def test_the_exponents_match_the_documentation():
    words = [f"{a}{b}{c}" for a in "bdk" for b in "aeiou" for c in "nrt"]
    tensors = MakeMore(budget=1).fit(words).learned_.model.tensors()
    members = {name.split(".")[1] for name in tensors if name.startswith("members.")}
    table = tensors["exponents"]
    assert (table.dtype, table.shape[1]) == ("float64", len(members))
    assert set(tensors) - {n for n in tensors if n.startswith("members.")} == {
        "weights",
        "exponents",
    }


def test_the_translation_tensor_matches_the_documentation():
    parts = [MakeMore("kneser_ney").fit(LINES), MakeMore("ngram").fit(["mia", "tom"])]
    blend = MakeMore.blend(parts)
    tensors = blend.learned_.model.tensors()
    for number, part in enumerate(parts):
        ids = tensors[f"members.{number}.translation"]
        assert (str(ids.dtype), ids.shape) == ("int32", (len(blend.learned_.vocabulary),))
        own = part.learned_.vocabulary
        for i, character in enumerate(blend.learned_.vocabulary.characters, 1):
            if character in own.characters:
                assert ids[i] == own.characters.index(character) + 1
            else:
                assert 0 < -1 - ids[i] < len(own)
