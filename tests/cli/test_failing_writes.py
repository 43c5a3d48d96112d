"""Every command, with each of its writes and many of its allocations failing in turn."""

import inspect
import io
import json
import os
import sys
import tempfile
from functools import partial

import pytest
from every_command import PRINTING, WRITING

from makemore import MakeMore
from makemore.checkpoint.model_file import read_model_file
from makemore.cli.main import main

resource = pytest.importorskip("resource", reason="limits of a process are those of POSIX")

pytestmark = pytest.mark.slow

OLD = b"old content"


@pytest.fixture
def folder(input_copy, monkeypatch):
    monkeypatch.chdir(input_copy)
    return input_copy


def run(line):
    """Run a command line; return its exit status."""
    try:
        main(line.split())
    except SystemExit as stop:
        return stop.code or 0
    return 0


def fail_call(monkeypatch, number):
    """Make the call of this number fail, of all that change files; return the calls so far."""
    calls = []

    def counted(name, function, *arguments, **options):
        calls.append(name)
        if len(calls) == number:
            raise OSError(28, "No space left on device")
        return function(*arguments, **options)

    for name in ("replace", "fsync", "chmod", "makedirs", "mkdir", "fdopen"):
        monkeypatch.setattr(os, name, partial(counted, name, getattr(os, name)))
    monkeypatch.setattr(tempfile, "mkstemp", partial(counted, "mkstemp", tempfile.mkstemp))
    return calls


def check_files(folder, outputs, before):
    """Check that each output is missing, old or complete, and that nothing else is left."""
    for name in outputs:
        path = folder / name
        content = path.read_bytes() if path.exists() else OLD
        if content == OLD:
            continue
        if content.startswith(b"<!doctype"):
            assert content.endswith(b"</html>")
        elif content.startswith(b"\x89PNG"):
            assert content.endswith(b"IEND\xaeB`\x82")
        elif name.endswith(".jsonl"):
            assert all(json.loads(row) for row in content.splitlines())
        elif name.startswith("run"):
            assert read_model_file(path).document
        else:
            assert MakeMore.load(path).sample(2)
    assert [path.name for path in folder.rglob(".*") if path.name != ".lock"] == []
    assert before <= {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("line", WRITING)
def test_a_failed_call_leaves_each_file_old_or_complete(folder, monkeypatch, capsys, line):
    before = {path.name for path in folder.iterdir()}
    for number in range(1, 60):
        for name in WRITING[line]:
            if "run/" not in name and (folder / name).parent.exists():
                (folder / name).write_bytes(OLD)
        with monkeypatch.context() as patch:
            calls = fail_call(patch, number)
            status = run(line + (" --resume" if "--run" in line else ""))
        error = capsys.readouterr().err
        check_files(folder, WRITING[line], before)
        if len(calls) < number:
            assert status == 0
            break
        if status:
            assert status in (1, 2)
            assert "no space left on device" in error.splitlines()[-1].lower()
    else:
        pytest.fail("the command never succeeded")
    assert number > 3


@pytest.mark.parametrize("line", WRITING)
def test_a_full_disk_leaves_each_file_old_or_complete(folder, capsys, line):
    """A limit on the size of files makes the kernel refuse a write in its middle."""
    before = {path.name for path in folder.iterdir()}
    previous = resource.getrlimit(resource.RLIMIT_FSIZE)
    for size in (0, 1, 100, 1000, 5000, 20_000, 100_000):
        for name in WRITING[line]:
            if "run/" not in name and (folder / name).parent.exists():
                (folder / name).write_bytes(OLD)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, previous[1]))
        try:
            status = run(line + (" --resume" if "--run" in line else ""))
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, previous)
        error = capsys.readouterr().err
        check_files(folder, WRITING[line], before)
        assert status == 0 or (status in (1, 2) and "file too large" in error.splitlines()[-1])


class FailingStream(io.RawIOBase):
    """Stream whose write of a number fails, counting from 1, and all later ones."""

    def __init__(self, number):
        self.number, self.written, self.calls = number, b"", 0

    def writable(self):
        return True

    def write(self, data):
        self.calls += 1
        if self.calls >= self.number:
            raise OSError(28, "No space left on device")
        self.written += bytes(data)
        return len(data)


def run_with_stream(monkeypatch, name, number, line):
    """Run a command line with a stream that fails; return the status and the stream."""
    stream = FailingStream(number)
    buffer = io.BufferedWriter(stream, 200)
    with monkeypatch.context() as patch:
        given = io.TextIOWrapper(buffer, encoding="utf-8")
        patch.setattr(sys, name, given)
        status = run(line)
        stream.number = 10**9  # so that what is left in buffers can be written
        given.close()
        getattr(sys, name).close()  # the null device, if the stream was replaced
    return status, stream


@pytest.mark.parametrize("line", PRINTING)
def test_output_that_cannot_be_written_is_an_error_with_a_sentence(
    folder, monkeypatch, capsys, line
):
    _, whole = run_with_stream(monkeypatch, "stdout", 10**6, line)
    assert whole.written
    for number in sorted({1, 2, 3, max(1, whole.calls // 2), max(1, whole.calls)}):
        capsys.readouterr()
        status, stream = run_with_stream(monkeypatch, "stdout", number, line)
        assert whole.written.startswith(stream.written[:100])
        if number <= whole.calls:
            message = capsys.readouterr().err.splitlines()[-1]
            expected = "makemore: standard output cannot be written: no space left on device"
            assert (status, message) == (1, expected)


@pytest.mark.parametrize("line", [*PRINTING, *WRITING])
def test_messages_that_cannot_be_written_change_no_result(folder, monkeypatch, capsys, line):
    line = line.replace("--run run", "")
    assert run(line) == 0
    out = capsys.readouterr().out
    for number in (1, 2, 3):
        status, _ = run_with_stream(monkeypatch, "stderr", number, line)
        assert (status, capsys.readouterr().out) == (0, out)


def run_without_memory(line, number):
    """Run a command line in which the call of this number, of our own functions, lacks memory.

    Returns:
        the exit status, and the number of calls before the failure.
    """
    calls = 0

    def count(frame, event, _):
        nonlocal calls
        module, flags = frame.f_globals.get("__name__", ""), frame.f_code.co_flags
        is_ours = event == "call" and module.startswith("makemore.")
        if is_ours and not flags & inspect.CO_GENERATOR:  # a generator is also called to close it
            calls += 1
            if calls == number:
                raise MemoryError

    sys.setprofile(count)
    try:
        return run(line), calls
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize("line", [*PRINTING, *WRITING])
def test_a_lack_of_memory_anywhere_is_an_error_with_a_sentence(folder, capsys, line):
    outputs = WRITING.get(line, [])
    before = {path.name for path in folder.iterdir()}
    line = line.replace("--run run", "")
    assert run(line) == 0
    capsys.readouterr()
    _, total = run_without_memory(line, 0)
    start = 6  # the calls that prepare the streams for messages
    for number in sorted({start + (total - start) * i // 25 for i in range(25)}):
        for name in outputs:
            if (folder / name).parent.exists():
                (folder / name).write_bytes(OLD)
        capsys.readouterr()
        status, calls = run_without_memory(line, number)
        error = capsys.readouterr().err
        check_files(folder, outputs, before)
        if calls >= number:
            assert status == 1
            assert error.splitlines()[-1].startswith("makemore: there is not enough memory")
