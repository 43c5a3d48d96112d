"""Every lesson runs completely and gives the numbers in its text.

Here lessons run in short mode, in which long loops take few steps. Numbers that need the whole loop
("when": "full") are compared with those stored when the page of the lesson was built.
"""

import hashlib
import json
import re
import runpy
import warnings
from pathlib import Path

import matplotlib as mpl
import pytest
import torch
from matplotlib import pyplot as plt

LESSONS = Path(__file__).parents[2] / "lessons"
SCRIPTS = sorted(LESSONS.glob("[0-9]*.py")) + sorted(LESSONS.glob("answers/[0-9]*.py"))
FOUND = json.loads((LESSONS / "found.json").read_text(encoding="utf-8"))

pytestmark = pytest.mark.slow


def name_of(script):
    return "_".join(script.relative_to(LESSONS).with_suffix("").parts)


def expected(script):
    path = Path(__file__).parent / "expected" / f"{name_of(script)}.json"
    return json.loads(path.read_text(encoding="utf-8"))


def numbers_of(script):
    """Run a lesson in short mode and return its numbers; everything else is discarded."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # a second thread does not speed up small matrices
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setenv("LESSONS", "short")
        with mpl.rc_context({"backend": "agg", "figure.max_open_warning": 0}):
            found = runpy.run_path(str(script))
            plt.close("all")
    torch.set_num_threads(threads)
    wanted = expected(script).items()
    return {name: float(found[name]) for name, stated in wanted if stated.get("when") != "full"}


def check(name, stated, found):
    if "curve" in stated:  # stored so that the loss curve of a long loop can be inspected later
        assert len(found) == 200
        return
    assert float(found) == pytest.approx(float(stated["value"]), abs=stated["within"]), name


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_lesson_runs_and_gives_its_numbers(script):
    for name, found in numbers_of(script).items():
        check(name, expected(script)[name], found)


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_the_numbers_of_a_full_run_match_the_lesson(script):
    found = FOUND[name_of(script)]
    source = script.read_bytes()
    assert found["source"] == hashlib.sha256(source).hexdigest(), (
        "changed since it was built: run make lessons"
    )
    assert set(found["numbers"]) == set(expected(script))
    for name, stated in expected(script).items():
        check(name, stated, found["numbers"][name])


def test_every_lesson_has_answers_and_numbers():
    lessons = {path.name for path in LESSONS.glob("[0-9]*.py")}
    assert lessons == {path.name for path in LESSONS.glob("answers/*.py")}
    assert len(lessons) == 12
    assert all(expected(script) for script in SCRIPTS)


@pytest.mark.parametrize("script", SCRIPTS, ids=name_of)
def test_a_lesson_page_is_self_contained(script):
    page = (LESSONS / "pages" / f"{name_of(script)}.html").read_text(encoding="utf-8")
    assert not re.findall(r'(?:src|<link[^>]*href)="(?!data:)[^"]*"', page)
    assert "<script" not in page
    assert "$$" not in page
    assert page.count("<h1") == 1
