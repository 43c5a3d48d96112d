"""The examples of docs/serving.md work and show what the server answers."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from service import running

GUIDE = Path(__file__).parents[2] / "docs" / "serving.md"
SHOWN = re.compile(r"```bash\n(.*?)```\n\n```json\n(.*?)```", re.DOTALL)
PYTHON = re.compile(r"```py\n(.*?)```", re.DOTALL)


@pytest.mark.slow
def test_the_examples_of_the_guide(capsys):
    assert shutil.which("curl"), "install curl, which the guide uses"
    text = GUIDE.read_text(encoding="utf-8")
    with running() as (_, address, _):
        for command, shown in SHOWN.findall(text):
            command = command.replace("http://127.0.0.1:8000", address)
            answer = subprocess.run(["bash", "-c", command], capture_output=True, check=True)
            assert rounded(json.loads(answer.stdout)) == rounded(json.loads(shown)), answer.stdout
        names = {}
        for code in PYTHON.findall(text):
            exec(code.replace("http://127.0.0.1:8000", address), names)
    printed = capsys.readouterr().out.splitlines()
    assert all(name.endswith("son") for name in eval(printed[0]))
    assert 'data: {"status": "done", "message": ""}' in printed
    assert printed[-1] == "waiting"


def rounded(value):
    """Return a value of JSON with its numbers rounded, since their last digits vary."""
    if isinstance(value, dict):
        return {name: rounded(each) for name, each in value.items()}
    if isinstance(value, list):
        return list(map(rounded, value))
    return round(value, 4) if isinstance(value, float) else value
