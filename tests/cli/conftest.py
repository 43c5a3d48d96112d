"""What the tests of verbs share."""

import pytest

from makemore.cli.main import main


@pytest.fixture
def run(capsys, place, monkeypatch):
    """Runs a command line in the module's own directory, `place`: output, errors and exit code."""
    monkeypatch.chdir(place)

    def go(line):
        try:
            main(line.split())
            code = 0
        except SystemExit as stop:
            code = stop.code
        return *capsys.readouterr(), code

    return go
