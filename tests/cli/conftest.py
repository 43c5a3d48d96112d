"""A fixture that runs command lines, shared by the tests of verbs."""

import pytest

from makemore.cli.main import main


@pytest.fixture
def run(capsys, folder, monkeypatch):
    """Run a command line in the directory `folder`; return output, messages and exit code."""
    monkeypatch.chdir(folder)

    def run_line(line):
        try:
            main(line.split())
            code = 0
        except SystemExit as stop:
            code = stop.code
        return *capsys.readouterr(), code

    return run_line
