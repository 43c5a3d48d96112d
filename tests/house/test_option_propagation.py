"""An option that is added to a declaration, and nowhere else, reaches every consumer."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
DECLARED = {  # each declaration, its file, and the name of the option added to it
    "ConstraintOptions": ("options/verbs.py", "added_constraint"),
    "SampleOptions": ("options/verbs.py", "added_sampling"),
    "FitOptions": ("options/verbs.py", "added_fitting"),
    "InputOptions": ("options/verbs.py", "added_input"),
    "NgramOptions": ("options/families.py", "added_counting"),
    "MLPOptions": ("options/families.py", "added_network"),
}
USE = """
import inspect, json, sys
from makemore import MakeMore, NgramOptions
from makemore.checkpoint.fingerprint import fingerprint
from makemore.cli.main import build_app
from makemore.options.verbs import ConstraintOptions, FitOptions, SampleOptions
from makemore.registry import family_named, parse_members, format_member

seen = {}

def watch(owner, name, position, key):
    "Record the options object that a function is called with."
    whole = getattr(owner, name)
    whole = getattr(whole, "__func__", whole)
    def watched(*args, **named):
        seen.setdefault(key, []).append(args[position])
        return whole(*args, **named)
    is_method = inspect.ismethod(getattr(owner, name))
    setattr(owner, name, classmethod(watched) if is_method else watched)

import makemore.cli.verbs.fit, makemore.cli.verbs.sample, makemore.cli.verbs.top
import makemore.fitting.fit as fit, makemore.sampling.request as request
from makemore.corpus.reading import lists
from makemore.sampling.constraint import Constraint
watch(fit, "fit_splits", 2, "fit")
watch(Constraint, "of", 1, "constraint")
watch(request, "build_request", 1, "sample")
watch(makemore.cli.verbs.fit, "read_blocks", 1, "input")
import makemore.sampling.stream as stream
watch(stream, "build_request", 1, "sample")

def run(command):
    build_app(command.split())(command.split(), exit_on_error=False, result_action="return_value")

LINES = ["anna", "hannah", "ben", "benno", "eva", "lea"]
open("names.txt", "w").write("\\n".join(LINES))
is_set = {}
# the command line
run("fit names.txt -o m --model ngram -O added_counting=set --added-fitting set "
    "--added-input set")
is_set["fit reaches the fit"] = seen["fit"][-1].added_fitting == "set"
is_set["input reaches the reader"] = seen["input"][-1].added_input == "set"
run("sample m --added-constraint set --added-sampling set")
is_set["sample is constrained"] = seen["constraint"][-1].added_constraint == "set"
is_set["sample reaches the request"] = seen["sample"][-1].added_sampling == "set"
seen.pop("constraint")
run("top m --added-constraint set")
is_set["top is constrained"] = seen["constraint"][-1].added_constraint == "set"
# the class
maker = MakeMore.load("m")
is_set["the file keeps parameters"] = maker.added_parameter == "set"
is_set["the file keeps the family's"] = maker.learned_.options.added_counting == "set"
maker = MakeMore(NgramOptions(added_counting="set"), added_parameter="set").fit(LINES)
is_set["the class fits with it"] = seen["fit"][-1].added_fitting == "set"
is_set["repr shows it"] = "added_parameter='set'" in repr(maker)
is_set["get_params returns it"] = maker.get_params()["added_parameter"] == "set"
is_set["it is in the signature"] = "added_parameter" in inspect.signature(MakeMore).parameters
seen.pop("constraint")
maker.sample(1, added_constraint="set")
is_set["the class is constrained"] = seen["constraint"][-1].added_constraint == "set"
# help and texts
is_set["help of the class"] = "added_parameter: " in MakeMore.__doc__
for method, name in (("sample", "sampling"), ("stream", "constraint"), ("top", "constraint")):
    text = getattr(MakeMore, method).__doc__
    is_set[f"help of {method}"] = f"added_{name}" in text
member = parse_members("mlp(added_network='set')")[0]
is_set["the text of a member has it"] = "added_network" in format_member(*member)
run_ = fingerprint({}, "mlp", member[1], FitOptions(added_fitting="set"), None)
is_set["the fingerprint has it"] = run_["added_fitting"] == "set" and any(
    "added_network" in name for name in run_
)
is_set["a constraint constrains"] = SampleOptions(added_constraint="set").is_constrained
is_set["a sampling option does not"] = not SampleOptions(added_sampling="set").is_constrained
print(json.dumps([what for what, is_true in is_set.items() if not is_true]))
print(len(is_set))
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package with one more option in each declaration."""
    folder = tmp_path_factory.mktemp("added")
    shutil.copytree(SOURCE, folder / "makemore", ignore=shutil.ignore_patterns("__pycache__"))
    for declaration, (file, option) in DECLARED.items():
        path = folder / "makemore" / file
        more = ', parameter="added_parameter"' if "fitting" in option else ""
        added = f'{option}: Annotated[str, Setting("an option added by a test"{more})] = ""'
        text = path.read_text(encoding="utf-8")
        text, count = re.subn(
            rf'(class {declaration}\(\w+\):\n    """.*?"""\n)',
            rf"\1\n    {added}\n",
            text,
            flags=re.S,
        )
        assert count == 1, declaration
        path.write_text(text, encoding="utf-8")
    return folder


def test_an_added_option_reaches_every_consumer(package):
    environment = os.environ | {"PYTHONPATH": str(package)}
    done = subprocess.run(
        [sys.executable, "-c", USE],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=package,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    *_, dropped, checks = done.stdout.splitlines()
    assert (dropped, int(checks)) == ("[]", 20)
