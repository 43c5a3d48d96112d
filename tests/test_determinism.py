"""The same list, options and seed make the same bytes, process by process; docs/determinism.md."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from makemore import MakeMore
from makemore.checkpoint.model_file import read_model_file

COUNTED = {
    "kneser_ney": "kneser_ney",
    "ngram": "ngram",
    "counts": "MixtureOptions(members='kneser_ney(window=2), kneser_ney(window=4), ngram')",
}
NETWORKS = {
    "linear": "linear",
    "mlp": "mlp",
    "gru": "GRUOptions(hidden=64)",
    "transformer": "TransformerOptions(layers=1)",
    "mixture": "MixtureOptions(members='kneser_ney, mlp, gru(hidden=32)')",
}
FIT = """
import sys
from makemore import *
lines = open(sys.argv[1], encoding="utf-8").read().split()
for name in sys.argv[2:]:
    model = eval(name) if "(" in name else name
    MakeMore(model, steps=10, random_state=5).fit(lines).save(str(sys.argv[2:].index(name)))
"""
SAMPLE = """
import sys
from makemore import MakeMore
for path in sys.argv[1:]:
    for asked in ({}, {"suffix": "a", "min_length": 4}, {"new": True, "temperature": 0.8}):
        print(*MakeMore.load(path).sample(300, seed=3, **asked), sep="\\n")
"""
VERB = "from makemore.cli.main import main\nmain()"


def run(program: str, *words: object, hashes: int = 0, threads: int = 1, cwd: Path) -> str:
    """What a program prints, in a process of its own."""
    own = {"PYTHONHASHSEED": str(hashes), "OMP_NUM_THREADS": str(threads)}
    own["OMP_WAIT_POLICY"] = "PASSIVE"  # threads that wait let others work; results are the same
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, words)],
        cwd=cwd,
        env={**os.environ, **own, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def names(us_names, tmp_path_factory) -> Path:
    """A list of five hundred names."""
    path = tmp_path_factory.mktemp("lists") / "names.txt"
    path.write_text("\n".join(us_names.to_list()[::64]) + "\n", encoding="utf-8")
    return path


def fitted(
    families: dict[str, str], names: Path, place: Path, first: str = "", **how: int
) -> dict[str, Path]:
    """Fits families one after the other in a process of its own: the file of each."""
    place.mkdir()
    run(first + FIT, names, *families.values(), cwd=place, **how)
    return {name: place / str(number) for number, name in enumerate(families)}


@pytest.fixture(scope="module")
def counted(names, tmp_path_factory) -> list[dict[str, Path]]:
    """The counted families, fitted in processes that differ in threads and in how they hash."""
    place = tmp_path_factory.mktemp("counted")
    hows = [{"hashes": 1}, {"hashes": 2}, {"hashes": 3, "threads": 2}]
    return [fitted(COUNTED, names, place / str(n), **how) for n, how in enumerate(hows)]


@pytest.fixture(scope="module")
def networks(names, tmp_path_factory) -> dict[str, dict[str, Path]]:
    """The networks, fitted twice on one thread and twice on two."""
    place = tmp_path_factory.mktemp("networks")
    hows = {"one": (1, 1), "one again": (2, 1), "two": (3, 2), "two again": (4, 2)}
    return {
        name: fitted(NETWORKS, names, place / name, hashes=hashes, threads=threads)
        for name, (hashes, threads) in hows.items()
    }


@pytest.mark.parametrize("family", COUNTED)
def test_counts_are_the_same_bytes_whatever_the_process_and_its_threads(counted, family):
    one, *others = (files[family].read_bytes() for files in counted)
    assert all(other == one for other in others)


def test_counts_give_the_same_lines_whatever_the_process_and_its_threads(counted, tmp_path):
    one, two = (
        run(SAMPLE, *counted[0].values(), hashes=threads, threads=threads, cwd=tmp_path)
        for threads in (1, 2)
    )
    assert len(one.split()) == 2700
    assert one == two


@pytest.mark.slow
@pytest.mark.parametrize("family", NETWORKS)
def test_networks_are_the_same_bytes_on_as_many_threads(networks, family):
    for name in ("one", "two"):
        again = networks[f"{name} again"][family]
        assert networks[name][family].read_bytes() == again.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("family", NETWORKS)
def test_networks_come_to_nearly_the_same_loss_on_other_threads(networks, family):
    one, two = (read_model_file(networks[name][family]).document for name in ("one", "two"))
    reports = [dict(document.pop("training")) for document in (one, two)]
    for part in ("dev_loss", "train_loss"):
        each = [report.pop(part) for report in reports]
        assert each[0] == pytest.approx(each[1], abs=0.01)
    weights = [report.pop("weights", []) for report in reports]
    assert weights[0] == pytest.approx(weights[1], abs=0.01)
    assert reports[0] == reports[1]
    digests = [document.pop("tensors")["digests"] for document in (one, two)]
    assert digests[0] == digests[1]
    assert one == two


@pytest.mark.slow
def test_lines_of_a_network_are_the_same_on_as_many_threads_and_nearly_on_others(
    networks, tmp_path
):
    files = networks["one"].values()
    lines = [
        run(SAMPLE, *files, hashes=n, threads=threads, cwd=tmp_path).split()
        for n, threads in enumerate((1, 1, 2, 2))
    ]
    assert len(lines[0]) == 900 * len(NETWORKS)
    assert lines[0] == lines[1]
    assert lines[2] == lines[3]
    same = sum(one == two for one, two in zip(lines[0], lines[2], strict=True))
    assert same >= 0.99 * len(lines[0])


@pytest.mark.slow
def test_threads_set_in_torch_count_as_those_set_outside(networks, names, tmp_path):
    first = "import torch\ntorch.set_num_threads(2)\n"
    found = fitted(NETWORKS, names, tmp_path / "set", first)
    for family, path in found.items():
        assert path.read_bytes() == networks["two"][family].read_bytes(), family


@pytest.mark.slow
def test_torch_needs_no_other_algorithms_to_do_the_same_again(networks, names, tmp_path):
    first = "import torch\ntorch.use_deterministic_algorithms(True)\n"
    found = fitted(NETWORKS, names, tmp_path / "careful", first)
    for family, path in found.items():
        assert path.read_bytes() == networks["one"][family].read_bytes(), family


@pytest.mark.parametrize("family", ["kneser_ney", pytest.param("mlp", marks=pytest.mark.slow)])
def test_a_file_tells_nothing_of_where_and_when_it_was_made(names, family, tmp_path):
    made = []
    for number, name in enumerate(("here", "elsewhere")):
        place = tmp_path / name
        place.mkdir()
        (place / f"{name}.txt").write_bytes(names.read_bytes())
        words = ["fit", f"{name}.txt", "-o", name, "--model", family, "--steps", 15, "--seed", 7]
        run(VERB, *words, hashes=number, cwd=place)
        made.append((place / name).read_bytes())
    assert made[0] == made[1]
    assert MakeMore.load(tmp_path / "here" / "here").learned_.report.seed == 7


@pytest.mark.slow
def test_steps_repeat_what_a_budget_made(names, tmp_path):
    run(VERB, *f"fit {names} -o budget --model mlp --budget 1s".split(), cwd=tmp_path)
    steps = read_model_file(tmp_path / "budget").document["training"]["steps"]
    run(VERB, *f"fit {names} -o steps --model mlp --steps {steps}".split(), cwd=tmp_path)
    one, two = (MakeMore.load(tmp_path / name).learned_ for name in ("budget", "steps"))
    assert one.report == two.report
    for name, value in one.model.tensors().items():
        np.testing.assert_array_equal(value, two.model.tensors()[name])
