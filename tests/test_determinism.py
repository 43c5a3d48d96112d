"""The same list, options and seed give the same bytes in every process; see docs/determinism.md."""

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


def run(program: str, *arguments: object, hashes: int = 0, threads: int = 1, cwd: Path) -> str:
    """Run a program in a separate process and return its standard output."""
    own = {"PYTHONHASHSEED": str(hashes), "OMP_NUM_THREADS": str(threads)}
    own["OMP_WAIT_POLICY"] = "PASSIVE"  # waiting threads yield the core; results are the same
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, arguments)],
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
    families: dict[str, str], names: Path, folder: Path, first: str = "", **how: int
) -> dict[str, Path]:
    """Fit families in a separate process and return the path of each model file."""
    folder.mkdir()
    run(first + FIT, names, *families.values(), cwd=folder, **how)
    return {name: folder / str(number) for number, name in enumerate(families)}


@pytest.fixture(scope="module")
def counted(names, tmp_path_factory) -> list[dict[str, Path]]:
    """Count models, fitted in processes with different hash seeds and numbers of threads."""
    folder = tmp_path_factory.mktemp("counted")
    settings = [{"hashes": 1}, {"hashes": 2}, {"hashes": 3, "threads": 2}]
    return [fitted(COUNTED, names, folder / str(n), **how) for n, how in enumerate(settings)]


@pytest.fixture(scope="module")
def networks(names, tmp_path_factory) -> dict[str, dict[str, Path]]:
    """Networks, fitted twice on one thread and twice on two."""
    folder = tmp_path_factory.mktemp("networks")
    settings = {"one": (1, 1), "one again": (2, 1), "two": (3, 2), "two again": (4, 2)}
    return {
        name: fitted(NETWORKS, names, folder / name, hashes=hashes, threads=threads)
        for name, (hashes, threads) in settings.items()
    }


@pytest.mark.parametrize("family", COUNTED)
def test_count_models_are_identical_in_every_process_and_with_any_threads(counted, family):
    one, *others = (files[family].read_bytes() for files in counted)
    assert all(other == one for other in others)


def test_count_models_sample_the_same_lines_in_every_process_and_with_any_threads(
    counted, tmp_path
):
    one, two = (
        run(SAMPLE, *counted[0].values(), hashes=threads, threads=threads, cwd=tmp_path)
        for threads in (1, 2)
    )
    assert len(one.split()) == 2700
    assert one == two


@pytest.mark.slow
@pytest.mark.parametrize("family", NETWORKS)
def test_networks_are_identical_with_the_same_number_of_threads(networks, family):
    for name in ("one", "two"):
        again = networks[f"{name} again"][family]
        assert networks[name][family].read_bytes() == again.read_bytes()


@pytest.mark.slow
@pytest.mark.parametrize("family", NETWORKS)
def test_networks_reach_nearly_the_same_loss_with_other_numbers_of_threads(networks, family):
    one, two = (read_model_file(networks[name][family]).document for name in ("one", "two"))
    reports = [dict(document.pop("training")) for document in (one, two)]
    for part in ("dev_loss", "train_loss"):
        each = [report.pop(part) for report in reports]
        assert each[0] == pytest.approx(each[1], abs=0.01)
    for report in reports:
        report.pop("plan")
    weights = [report.pop("weights", []) for report in reports]
    assert weights[0] == pytest.approx(weights[1], abs=0.01)
    assert reports[0] == reports[1]
    digests = [document.pop("tensors")["digests"] for document in (one, two)]
    assert digests[0] == digests[1]
    assert one == two


@pytest.mark.slow
def test_network_samples_are_identical_with_any_number_of_threads(networks, tmp_path):
    files = networks["one"].values()
    one = run(SAMPLE, *files, hashes=1, threads=1, cwd=tmp_path)
    two = run(SAMPLE, *files, hashes=2, threads=2, cwd=tmp_path)
    assert len(one.split()) == 900 * len(NETWORKS)
    assert one == two


@pytest.mark.slow
def test_threads_set_in_torch_equal_threads_set_in_the_environment(networks, names, tmp_path):
    first = "import torch\ntorch.set_num_threads(2)\n"
    found = fitted(NETWORKS, names, tmp_path / "set", first)
    for family, path in found.items():
        assert path.read_bytes() == networks["two"][family].read_bytes(), family


@pytest.mark.slow
def test_deterministic_algorithms_of_torch_change_nothing(networks, names, tmp_path):
    first = "import torch\ntorch.use_deterministic_algorithms(True)\n"
    found = fitted(NETWORKS, names, tmp_path / "careful", first)
    for family, path in found.items():
        assert path.read_bytes() == networks["one"][family].read_bytes(), family


@pytest.mark.parametrize("family", ["kneser_ney", pytest.param("mlp", marks=pytest.mark.slow)])
def test_a_file_does_not_depend_on_path_or_time(names, family, tmp_path):
    contents = []
    for number, name in enumerate(("here", "elsewhere")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / f"{name}.txt").write_bytes(names.read_bytes())
        arguments = [
            "fit",
            f"{name}.txt",
            "-o",
            name,
            "--model",
            family,
            "--steps",
            15,
            "--seed",
            7,
        ]
        run(VERB, *arguments, hashes=number, cwd=folder)
        contents.append((folder / name).read_bytes())
    assert contents[0] == contents[1]
    assert MakeMore.load(tmp_path / "here" / "here").learned_.report.seed == 7


@pytest.mark.slow
def test_the_plan_of_a_budget_repeats_the_run(names, tmp_path):
    run(VERB, *f"fit {names} -o budget --model mlp --budget 1s".split(), cwd=tmp_path)
    plan = read_model_file(tmp_path / "budget").document["training"]["plan"]
    run(VERB, *f"fit {names} -o plan --model mlp --plan {plan}".split(), cwd=tmp_path)
    one, two = (MakeMore.load(tmp_path / name).learned_ for name in ("budget", "plan"))
    assert one.report == two.report
    for name, value in one.model.tensors().items():
        np.testing.assert_array_equal(value, two.model.tensors()[name])
