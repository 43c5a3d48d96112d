"""An option added to a declaration, and nowhere else, is dropped by nothing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "makemore"
DECLARED = {  # a declaration, its file, and what the option that is added to it is called
    "ConstraintOptions": ("options/verbs.py", "pretended_constraint"),
    "SampleOptions": ("options/verbs.py", "pretended_sampling"),
    "FitOptions": ("options/verbs.py", "pretended_fitting"),
    "InputOptions": ("options/verbs.py", "pretended_input"),
    "NgramOptions": ("options/families.py", "pretended_counting"),
    "MLPOptions": ("options/families.py", "pretended_network"),
}
USE = """
import inspect, json, sys
from makemore import MakeMore, NgramOptions
from makemore.checkpoint.fingerprint import fingerprint
from makemore.cli.main import build_app
from makemore.options.verbs import ConstraintOptions, FitOptions, SampleOptions
from makemore.registry import family_named, parse_members, format_member

seen = {}

def watch(owner, name, place, key):
    "Note which object of options a function is called with."
    whole = getattr(owner, name)
    whole = getattr(whole, "__func__", whole)
    def watched(*args, **named):
        seen.setdefault(key, []).append(args[place])
        return whole(*args, **named)
    is_method = inspect.ismethod(getattr(owner, name))
    setattr(owner, name, classmethod(watched) if is_method else watched)

import makemore.cli.verbs.fit, makemore.cli.verbs.sample, makemore.cli.verbs.top
import makemore.fitting.fit as fit, makemore.sampling.request as request
from makemore.corpus.reading import lists
from makemore.sampling.constraint import Constraint
watch(fit, "learn", 2, "fit")
watch(Constraint, "of", 1, "constraint")
watch(request, "request_of", 1, "sample")
watch(makemore.cli.verbs.fit, "read_blocks", 1, "input")
import makemore.sampling.stream as stream
watch(stream, "request_of", 1, "sample")

def run(command):
    build_app()(command.split(), exit_on_error=False, result_action="return_value")

LINES = ["anna", "hannah", "ben", "benno", "eva", "lea"]
open("names.txt", "w").write("\\n".join(LINES))
is_set = {}
# the command line
run("fit names.txt -o m --model ngram -O pretended_counting=set --pretended-fitting set "
    "--pretended-input set")
is_set["fit reaches the fit"] = seen["fit"][-1].pretended_fitting == "set"
is_set["input reaches the reader"] = seen["input"][-1].pretended_input == "set"
run("sample m --pretended-constraint set --pretended-sampling set")
is_set["sample is constrained"] = seen["constraint"][-1].pretended_constraint == "set"
is_set["sample reaches the request"] = seen["sample"][-1].pretended_sampling == "set"
seen.pop("constraint")
run("top m --pretended-constraint set")
is_set["top is constrained"] = seen["constraint"][-1].pretended_constraint == "set"
# the class
maker = MakeMore.load("m")
is_set["the file keeps parameters"] = maker.pretended_parameter == "set"
is_set["the file keeps the family's"] = maker.learned_.options.pretended_counting == "set"
maker = MakeMore(NgramOptions(pretended_counting="set"), pretended_parameter="set").fit(LINES)
is_set["the class fits with it"] = seen["fit"][-1].pretended_fitting == "set"
is_set["it is shown"] = "pretended_parameter='set'" in repr(maker)
is_set["it is got"] = maker.get_params()["pretended_parameter"] == "set"
is_set["it is in the signature"] = "pretended_parameter" in inspect.signature(MakeMore).parameters
seen.pop("constraint")
maker.sample(1, pretended_constraint="set")
is_set["the class is constrained"] = seen["constraint"][-1].pretended_constraint == "set"
# help and texts
is_set["help of the class"] = "pretended_parameter: " in MakeMore.__doc__
for method, name in (("sample", "sampling"), ("stream", "constraint"), ("top", "constraint")):
    text = getattr(MakeMore, method).__doc__
    is_set[f"help of {method}"] = f"pretended_{name}" in text
member = parse_members("mlp(pretended_network='set')")[0]
is_set["members"] = "pretended_network" in format_member(*member)
run_ = fingerprint({}, "mlp", member[1], FitOptions(pretended_fitting="set"), None)
is_set["fingerprint"] = run_["pretended_fitting"] == "set" and any(
    "pretended_network" in name for name in run_
)
is_set["a constraint asks"] = SampleOptions(pretended_constraint="set").is_constrained
is_set["sampling does not"] = not SampleOptions(pretended_sampling="set").is_constrained
print(json.dumps([what for what, is_true in is_set.items() if not is_true]))
print(len(is_set))
"""


@pytest.fixture(scope="module")
def pretended(tmp_path_factory):
    """A copy of the package whose declarations each have one more option."""
    place = tmp_path_factory.mktemp("pretended")
    shutil.copytree(SOURCE, place / "makemore", ignore=shutil.ignore_patterns("__pycache__"))
    for declaration, (file, option) in DECLARED.items():
        path = place / "makemore" / file
        more = ', parameter="pretended_parameter"' if "fitting" in option else ""
        added = f'{option}: Annotated[str, Setting("an option of a test"{more})] = ""'
        text = path.read_text(encoding="utf-8")
        text, count = re.subn(
            rf'(class {declaration}\(\w+\):\n    """.*?"""\n)',
            rf"\1\n    {added}\n",
            text,
            flags=re.S,
        )
        assert count == 1, declaration
        path.write_text(text, encoding="utf-8")
    return place


def test_nothing_drops_an_option_that_a_declaration_has(pretended):
    environment = os.environ | {"PYTHONPATH": str(pretended)}
    done = subprocess.run(
        [sys.executable, "-c", USE],
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=pretended,
        env=environment,
    )
    assert done.returncode == 0, done.stderr
    *_, dropped, checks = done.stdout.splitlines()
    assert (dropped, int(checks)) == ("[]", 20)
