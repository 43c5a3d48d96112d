"""Fixtures that run command lines, and the files for every command."""

import shutil

import pytest
from every_command import write_inputs

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


@pytest.fixture(scope="session")
def inputs(tmp_path_factory):
    """A directory with the files that the command lines of `every_command` read."""
    folder = tmp_path_factory.mktemp("inputs")
    write_inputs(folder)
    return folder


@pytest.fixture
def input_copy(inputs, tmp_path):
    """A copy of these files, which a test may change."""
    shutil.copytree(inputs, tmp_path, dirs_exist_ok=True)
    return tmp_path
