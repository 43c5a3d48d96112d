import pytest

from makemore.corpus.named.corpora import DATASETS, Dataset, dataset_named, us_names
from makemore.corpus.named.packages import _encode_city
from makemore.errors import DataError, OptionError


def test_the_bundled_names_match_the_lectures(us_names):
    names = us_names.to_list()
    assert names[:3] == ["emma", "olivia", "ava"]
    assert (len(names), len(set(names))) == (32_033, 29_494)
    assert len(us_names.distinct_indices()) == 29_494
    assert set("".join(names)) == set("abcdefghijklmnopqrstuvwxyz")
    assert (min(map(len, names)), max(map(len, names))) == (2, 15)
    assert us_names.summary().blank == 0


def test_the_bundled_names_have_no_labels_or_weights_by_default(us_names):
    assert us_names.labels is None
    assert us_names.weights is None
    assert us_names.label_names == ()


def test_the_bundled_names_have_sexes_as_labels_and_births_as_weights():
    lines = dataset_named("us-names").load(with_labels=True, with_weights=True)
    assert lines.label_names == ("F", "M")
    assert len(lines.labels) == len(lines.weights) == len(lines) == 32_033
    assert lines.weights.min() == 5  # names with fewer births are not published
    sexes = [lines.label_names[i] for i in lines.labels.tolist()]
    rows = list(zip(lines.to_list(), sexes, lines.weights.tolist(), strict=True))
    assert rows[:3] == [("emma", "F", 18_688.0), ("olivia", "F", 17_921.0), ("ava", "F", 14_924.0)]
    assert ("liam", "M", 19_837.0) in rows


def test_labels_and_weights_are_requested_separately():
    assert us_names(True, False).weights is None
    assert us_names(False, True).labels is None


def test_a_name_of_both_sexes_has_one_line_for_each():
    lines = us_names(True, False)
    pairs = list(zip(lines.to_list(), lines.labels.tolist(), strict=True))
    assert len(pairs) == len(set(pairs))


def test_an_unknown_corpus_is_rejected_with_the_known_ones():
    with pytest.raises(
        OptionError, match=r"corpus 'us_names' is unknown: choose one of us-names, "
    ):
        dataset_named("us_names")


@pytest.mark.parametrize("name", DATASETS)
def test_every_corpus_has_a_description_and_a_licence(name):
    corpus = dataset_named(name)
    assert corpus.name == name
    assert all([corpus.description, corpus.licence, corpus.attribution])


def test_a_missing_package_is_reported_with_the_install_command():
    def read(with_labels: bool, with_weights: bool):
        raise AssertionError("a missing package is never read")

    corpus = Dataset("rivers", "rivers", "free", "nobody", "no_such_package_of_rivers", read)
    assert not corpus.is_installed()
    with pytest.raises(DataError) as caught:
        corpus.load()
    assert str(caught.value) == (
        "the corpus rivers is in the package no_such_package_of_rivers, which is not installed: "
        "pip install 'makemore[rivers]'"
    )


def test_the_bundled_corpus_is_always_available():
    assert DATASETS["us-names"].package is None
    assert DATASETS["us-names"].is_installed()


@pytest.mark.parametrize("asked, what", [((True, False), "labels"), ((False, True), "weights")])
def test_requesting_labels_or_weights_that_a_corpus_lacks_is_rejected(asked, what):
    with pytest.raises(DataError, match=f"the corpus cities has no {what}"):
        dataset_named("cities").load(*asked)
    with pytest.raises(DataError, match="the corpus japanese has no weights"):
        dataset_named("japanese").load(True, True)


@pytest.mark.parametrize("name", ["sao paulo", "berlin", "new york", "stratford-upon-avon"])
def test_an_ascii_city_name_is_kept(name):
    assert _encode_city(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "s\u00e3o paulo",  # would need punycode
        "\u6771\u4eac",
        "a coruna",  # a word of one character
        "\u00e5",
        "o",
        "coeur d'alene",  # no punycode has an apostrophe
        "st_louis",
        "",
    ],
)
def test_a_city_name_that_is_not_plain_ascii_is_dropped(name):
    assert _encode_city(name) == ""


def test_spaces_between_the_words_of_a_city_name_are_collapsed():
    assert _encode_city(" new   york ") == "new york"


@pytest.mark.parametrize(
    "name, lines, longest, some",
    [
        pytest.param("cities", 153_000, 60, {"berlin", "san fernando"}, marks=pytest.mark.slow),
        ("words", 235_000, 24, {"Aaron", "zebra"}),
        ("world-names", 30_000, 20, {"Chloé", "Björn", "Αλέξανδρος"}),
        ("companies", 22_000, 90, {"Nokia Shanghai Bell Co., Ltd."}),
        ("molecules", 71_000, 1_155, {"CCN1C=NC2=C1N=CN=C2N"}),
        ("japanese", 70_000, 5, {"愛子", "明夫"}),
    ],
)
def test_corpora_in_packages_have_distinct_lines(name, lines, longest, some):
    found = dataset_named(name).load()
    assert len(found) == len(found.distinct_indices()) >= lines
    assert found.lengths().max() >= longest
    assert some <= set(found.to_list())


@pytest.mark.parametrize(
    "name, labels, pair",
    [
        ("japanese", {"F", "M"}, ("愛子", "F")),
        ("world-names", {"fr_FR", "de_DE", "ja_JP"}, ("Aurélie", "fr_FR")),
    ],
)
def test_labelled_corpora_have_one_line_for_each_label(name, labels, pair):
    found = dataset_named(name).load(with_labels=True)
    assert labels <= set(found.label_names)
    pairs = set(zip(found.to_list(), found.label_list(), strict=True))
    assert pair in pairs
    assert len(pairs) == len(found)
