"""Counting lists of up to ten million lines: time and memory, before and after packed keys."""

import json
import os
import subprocess
import sys
import tempfile
from hashlib import sha256
from itertools import islice
from pathlib import Path

import numpy as np
from recording import Recorder, extract_source, stopwatch

CLAIM = "long lists are counted and fitted in less time and memory, with the same counts"
BEFORE = "b906497"  # the last commit that ranked rows column by column
# Of each list: the goals for time and for peak memory, as shares of those before.
GOALS = {
    "names, 1 M": ("", ""),
    "names, 5 M": ("", ""),
    "names, 10 M": ("0.55", "0.7"),
    "pairs, 5 M": ("0.35", "0.7"),
    "SKU, 1 M": ("0.2", "0.7"),
    "SKU, 5 M": ("", ""),
}
NOT_BEFORE = {"SKU, 5 M"}  # before, it takes more memory than the machine has
_MB = 2**20


def child(what: str, path: str, model: str) -> None:
    """Count, fit or sample in this process; print what it took."""
    from makemore import MakeMore, read_blocks

    Path("/proc/self/clear_refs").write_text("5")  # the peak includes that of the parent process
    before = _peak()
    with stopwatch() as clock:
        if what == "count":
            from makemore.contexts.block_counter import BlockCounter

            counter = BlockCounter(5)
            for block in read_blocks(path):
                counter.add(block)
            counter.summary()
            tables = counter.take(counter.vocabulary()).values()
            counts = sum(len(t.row) if hasattr(t, "row") else len(t.keys) for t in tables)
        elif what == "fit":
            maker = MakeMore("kneser_ney").fit(read_blocks(path))
            clock_fit = clock()
            maker.save(model)
        else:
            MakeMore.load(model).sample(1000, seed=1)
        seconds = clock_fit if what == "fit" else clock()
    found = {"seconds": seconds, "peak": _peak() - before}
    if what == "count":
        found["counts"] = counts
    if what == "fit":
        found["digests"] = 8 * len(maker.learned_.digests())
        found["file"] = Path(model).stat().st_size - found["digests"]
    print(json.dumps(found))


def _peak() -> int:
    """Return the peak memory of this process since it was reset, in bytes."""
    rows = Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return 1024 * int(next(row for row in rows if row.startswith("VmHWM")).split()[1])


def run(recorder: Recorder) -> bytes:
    """Measure every list with the code before and after, in turn; also lmplz, if LMPLZ is set."""
    repository, digest = Path(__file__).parents[1], sha256()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        sides = {"before": extract_source(BEFORE, folder), "after": repository / "src"}
        path = folder / "lines.txt"
        for title in GOALS:
            _write(path, title)
            digest.update(path.read_bytes())
            _measure(recorder, sides, path, title)
    return digest.hexdigest().encode()


def _measure(recorder: Recorder, sides: dict[str, Path], path: Path, title: str) -> None:
    """Measure counting, fitting and sampling with both versions."""
    taken: dict[tuple[str, str], dict[str, float]] = {}
    model = path.with_name("model")
    for what in ("count", "fit", "sample"):
        for side, source in sides.items():
            if side == "before" and title in NOT_BEFORE:
                continue
            found = _run(source, what, path, model.with_name(f"model-{side}"))
            taken[side, what] = found
            recorder.record(f"{title}, {what}, {side}", "s", [found["seconds"]])
            recorder.record(f"{title}, {what}, {side}, memory", "MiB", [found["peak"] / _MB])
    counts = taken["after", "count"]["counts"]
    for side in dict.fromkeys(side for side, _ in taken):
        fit, sample = taken[side, "fit"], taken[side, "sample"]
        for what, value in (
            ("peak of a fit", fit["peak"]),
            ("sampling", sample["peak"]),
            ("file", fit["file"]),
        ):
            goals = {"peak of a fit": "200", "sampling": "80", "file": "20"}
            goal = goals[what] if (side, title) == ("after", "SKU, 1 M") else ""
            of = f"{title}, {what}, {side}, for each distinct 6-gram"
            recorder.record(of, "B", [value / counts], goal)
    if title not in NOT_BEFORE:
        for what in ("count", "fit"):
            for measure, goal in zip(("seconds", "peak"), GOALS[title], strict=True):
                share = taken["after", what][measure] / taken["before", what][measure]
                goal = goal if what == "count" else ""
                recorder.record(f"{title}, {what}, {measure}, share", "", [share], goal)
    if "LMPLZ" in os.environ:
        seconds, peak = _lmplz(path)
        recorder.record(f"{title}, lmplz -o 6", "s", [seconds])
        recorder.record(f"{title}, lmplz -o 6, memory", "MiB", [peak / _MB])


def _run(source: Path, what: str, path: Path, model: Path) -> dict[str, float]:
    """Measure one version in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, what, path, model],
        env=os.environ | {"PYTHONPATH": str(source)},
        capture_output=True,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _lmplz(path: Path) -> tuple[float, float]:
    """Return the seconds and the peak memory of lmplz on the same lines, characters as words."""
    spaced = path.with_name("spaced.txt")
    with path.open(encoding="utf-8") as lines, spaced.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(" ".join("_" if c == " " else c for c in line.rstrip("\n")) + "\n")
    command = [os.environ["LMPLZ"], "-o", "6", "-S", "1G", "--discount_fallback"]
    command += ["-T", str(path.parent), "--arpa", os.devnull]
    with spaced.open("rb") as text, stopwatch() as clock:
        process = subprocess.Popen(command, stdin=text, stderr=subprocess.DEVNULL)
        _, status, used = os.wait4(process.pid, 0)
        seconds = clock()
    assert not status, "lmplz failed"
    return seconds, used.ru_maxrss * 1024


def _write(path: Path, title: str) -> None:
    """Write a list, the same on every machine."""
    from makemore import MakeMore
    from makemore.corpus.named.corpora import dataset_named

    kind, millions = title.removesuffix(" M").split(", ")
    size, rng = int(millions) * 1_000_000, np.random.default_rng(0)
    names = dataset_named("us-names").load()
    with path.open("w", encoding="utf-8") as file:
        if kind == "names":
            maker = MakeMore("kneser_ney").fit(names)
            file.writelines(f"{line}\n" for line in islice(maker.stream(ahead=size), size))
        elif kind == "pairs":
            words = names.to_list()
            for _ in range(size // 100_000):
                first, second = rng.integers(len(words), size=(2, 100_000)).tolist()
                numbers = rng.integers(100, size=100_000).tolist()
                parts = zip(first, second, numbers, strict=True)
                file.writelines(f"{words[a]} {words[b]}{number}\n" for a, b, number in parts)
        else:
            letters = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", np.uint8)
            codes = letters[rng.integers(36, size=(size, 12))]
            lines = np.concatenate([codes, np.full((size, 1), 10, np.uint8)], axis=1)
            file.write(lines.tobytes().decode("ascii"))


if __name__ == "__main__":
    child(*sys.argv[1:])
