"""Layout of the help on the command line."""

import re

import pytest

from makemore.cli.help_text import reflow
from makemore.cli.main import VERBS, main


@pytest.fixture
def help_of(capsys, monkeypatch):
    """Return a function from a verb to its help, panel frames and breaks removed."""
    monkeypatch.setenv("COLUMNS", "80")

    def text(verb):
        main([verb, "--help"])
        return reflow(re.sub(r"[│╭╮╰╯─]", " ", capsys.readouterr().out))

    return text


@pytest.mark.parametrize("verb", VERBS)
def test_help_omits_defaults_of_options_that_are_off_or_empty(help_of, verb):
    text = help_of(verb)
    assert "[default: False]" not in text
    assert '[default: ""]' not in text
    assert "[default: ()]" not in text


def test_help_shows_other_defaults(help_of):
    text = help_of("fit")
    assert "[default: auto]" in text
    assert "--digests --no-digests" in text


def test_help_names_a_positional_parameter_once(help_of):
    text = help_of("sample")
    assert "MODEL Model file" in text
    assert "--model" not in text


def test_help_groups_the_options_of_fit_by_purpose(help_of):
    text = help_of("fit")
    after = text.index("Parameters")
    for word in ("--output", "Input", "--column", "Training", "--budget"):
        after = text.index(word, after)  # raises ValueError if the word is not further down


def test_paragraphs_of_help_are_reflowed_to_the_width_of_the_terminal(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    main(["odd", "--help"])
    lines = capsys.readouterr().out.splitlines()
    first = next(line for line in lines if line.startswith("Each line is printed with its oddness"))
    assert len(first) > 100
