"""Learning lists in jobs, importing, downloading and deleting models."""

import gzip
import json
import time

import pytest
from service import LABELS, NAMES, serve

from makemore import MakeMore
from makemore.options.serving import Limits

COUNTED = {"lines": NAMES, "labels": LABELS, "model": "kneser_ney", "title": "our  names"}
SLOW = {"lines": NAMES, "model": "gru", "options": {"hidden": 8}, "budget": 300}


@pytest.fixture(scope="module")
def own(makers):
    """A client of a server of its own, since jobs add models."""
    with serve({"names": makers["names"]}) as client:
        yield client


def learn(client, status=202, **body):
    answer = client.post("/v1/models", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def events(client, name):
    """Follow a job to its end; return its events."""
    found = []
    with client.stream("GET", f"/v1/jobs/{name}/events") as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        for block in answer.read().decode().split("\n\n"):
            values = dict(line.split(": ", 1) for line in block.splitlines())
            if "event" in values:
                assert int(values["id"]) == len(found)
                found.append((values["event"], json.loads(values["data"])))
    return found


def wait_for(client, name, *statuses):
    """Wait until a job has one of some statuses; return its description."""
    while True:
        found = client.get(f"/v1/jobs/{name}").json()
        if found["status"] in statuses:
            return found
        assert found["status"] in ("waiting", "running"), found
        time.sleep(0.02)


def test_a_list_is_learned_in_a_job(own, tmp_path):
    job = learn(own, **COUNTED)
    assert (job["status"], job["model"], job["title"]) == ("waiting", None, "our names")
    found = events(own, job["name"])
    assert [kind for kind, _ in found] == ["status", "read", "status"]
    assert [data["status"] for kind, data in found if kind == "status"] == ["running", "done"]
    assert found[1][1]["lines"] == 10
    model = own.get(f"/v1/jobs/{job['name']}").json()["model"]
    facts = own.get(f"/v1/models/{model}").json()
    assert (facts["origin"], facts["title"]) == ("learned", "our names")
    body = {"seed": 3, "label": "m"}
    lines = own.post(f"/v1/models/{model}/sample", json=body).json()["lines"]
    assert lines == MakeMore("kneser_ney").fit(NAMES, LABELS).sample(20, **body)
    # The file is that of the library, and can be imported again.
    content = own.get(f"/v1/models/{model}/file").content
    (tmp_path / "own.model").write_bytes(content)
    assert MakeMore.load(tmp_path / "own.model").sample(20, **body) == lines
    again = own.post("/v1/models/import?title=again", content=content)
    assert again.status_code == 201
    name = again.json()["name"]
    assert own.post(f"/v1/models/{name}/sample", json=body).json()["lines"] == lines
    assert own.delete(f"/v1/models/{name}").status_code == 204
    assert own.get(f"/v1/models/{name}").status_code == 404
    assert not list(own.served.folder.glob(f"models/{name}*"))
    # A finished job can be forgotten; its model stays.
    assert own.delete(f"/v1/jobs/{job['name']}").status_code == 204
    assert own.get(f"/v1/jobs/{job['name']}").status_code == 404
    assert own.get(f"/v1/models/{model}").is_success


def test_a_table_is_learned_with_its_options_in_the_query(own):
    table = "name,count,sex\n" + "".join(
        f"{line},2,{label}\n" for line, label in zip(NAMES, LABELS, strict=True)
    )
    query = {
        "model": "kneser_ney",
        "column": "name",
        "weight_column": "count",
        "label_column": "sex",
    }
    headers = {"content-type": "text/csv; charset=utf-8"}
    answer = own.post("/v1/models", params=query, headers=headers, content=table.encode())
    job = wait_for(own, answer.json()["name"], "done")
    facts = own.get(f"/v1/models/{job['model']}").json()
    assert facts["labels"] == ["f", "m"]
    maker = MakeMore("kneser_ney").fit(NAMES, LABELS, [2] * len(NAMES))
    lines = own.post(f"/v1/models/{job['model']}/sample", json={"seed": 1}).json()["lines"]
    assert lines == maker.sample(20, seed=1)


def test_columns_may_be_separated_by_tabs_that_are_named(own):
    query = {"model": "ngram", "column": "1", "label_column": "2", "delimiter": "tab"}
    headers = {"content-type": "text/csv"}
    answer = own.post("/v1/models", params=query, headers=headers, content=b"anna\tf\nben\tm\n")
    job = wait_for(own, answer.json()["name"], "done")
    assert own.get(f"/v1/models/{job['model']}").json()["labels"] == ["f", "m"]


@pytest.mark.parametrize(
    "body, words",
    [
        ({}, "lines is missing"),
        ({"lines": []}, "lines is missing"),
        ({"lines": [1]}, "lines is missing"),
        ({"lines": ["a"], "labels": ["x", "y"]}, "labels is not a list with one entry"),
        ({"lines": ["a"], "weights": 3}, "weights is not a list with one entry"),
        ({"lines": ["a"], "model": "gpt"}, "gpt"),
        ({"lines": ["a"], "model": "gru", "options": {"hiden": 3}}, "'hiden' is unknown"),
        ({"lines": ["a"], "model": "gru", "options": [1]}, "options is not an object"),
        ({"lines": ["a"], "options": {"hidden": 3}}, "options are those of one family"),
        ({"lines": ["a"], "budget": "soon"}, "budget is 'soon'"),
        ({"lines": ["a"], "steps": 3, "budget": 3}, "steps and budget"),
        ({"lines": ["a"], "device": "cuda"}, "device is chosen by the server"),
        ({"lines": ["a"], "threads": 4}, "threads is chosen by the server"),
    ],
)
def test_a_list_that_cannot_be_learned_is_refused_at_once(own, body, words):
    assert words in learn(own, 422, **body)["error"]["message"]


def test_bounds_of_learning(own):
    assert "at most 600" in learn(own, 413, lines=["a"], budget="1h")["error"]["message"]
    answer = own.post("/v1/models", headers={"content-type": "image/png"}, content=b"")
    assert "content-type is 'image/png'" in answer.json()["error"]["message"]
    answer = own.post("/v1/models?budgett=3", headers={"content-type": "text/plain"}, content=b"a")
    assert "'budgett' is unknown" in answer.json()["error"]["message"]


def test_a_compressed_list_is_refused(own):
    headers = {"content-type": "text/plain"}
    answer = own.post("/v1/models", headers=headers, content=gzip.compress(b"anna\n" * 1000))
    assert answer.json()["error"]["message"] == "the list is a gzip file: send it uncompressed"


def test_an_error_in_the_list_fails_the_job_without_a_path(own):
    headers = {"content-type": "text/plain"}
    answer = own.post("/v1/models", headers=headers, content=b"anna\n\xff\n")
    job = wait_for(own, answer.json()["name"], "failed")
    assert "utf-8" in job["message"].lower()
    assert "/" not in job["message"].replace("UTF-16/32", "")
    assert job["model"] is None


@pytest.mark.parametrize("damage", [b"", b"no model", None])
def test_a_damaged_model_file_is_refused_and_leaves_nothing(own, makers, damage, tmp_path):
    makers["names"].save(tmp_path / "names.model")
    content = bytearray((tmp_path / "names.model").read_bytes())
    content[-9] ^= 1  # within the digests, which are read last
    before = sorted(own.served.folder.rglob("*"))
    answer = own.post("/v1/models/import", content=bytes(content) if damage is None else damage)
    assert answer.status_code == 422
    assert answer.json()["error"]["kind"] == "model_file"
    assert str(own.served.folder) not in answer.text
    assert sorted(own.served.folder.rglob("*")) == before


def test_models_of_the_start_cannot_be_deleted(own):
    answer = own.delete("/v1/models/names")
    assert answer.status_code == 409
    assert own.get("/v1/models/names").is_success


@pytest.mark.slow
def test_a_training_is_followed_and_stopped(makers):
    with serve({}, limits=Limits(max_jobs=2)) as client:
        first, second = learn(client, **SLOW), learn(client, **SLOW)
        answer = learn(client, 429, **SLOW)
        assert "2 jobs train or wait, of at most 2" in answer["error"]["message"]
        assert client.delete(f"/v1/jobs/{second['name']}").status_code == 202
        wait_for(client, second["name"], "cancelled")
        while client.get(f"/v1/jobs/{first['name']}").json()["progress"] is None:
            time.sleep(0.05)
        assert client.delete(f"/v1/jobs/{first['name']}").status_code == 202
        job = wait_for(client, first["name"], "stopped")
        assert {"step", "steps", "loss", "dev_loss", "seconds"} == set(job["progress"])
        kinds = [kind for kind, _ in events(client, first["name"])]
        assert kinds[:2] == ["status", "read"]
        assert "progress" in kinds
        assert client.post(f"/v1/models/{job['model']}/sample", json={"n": 3}).is_success
        assert [each["status"] for each in client.get("/v1/jobs").json()["jobs"]] == [
            "stopped",
            "cancelled",
        ]


@pytest.mark.slow
def test_models_and_jobs_survive_a_restart(tmp_path):
    with serve({}, state=tmp_path) as client:
        done = learn(client, **COUNTED)["name"]
        wait_for(client, done, "done")
        running = learn(client, **{**SLOW, "budget": None, "steps": 400})["name"]
        while client.get(f"/v1/jobs/{running}").json()["progress"] is None:
            time.sleep(0.02)
        lines = client.post(f"/v1/models/{done}/sample", json={"seed": 1}).json()["lines"]
    (tmp_path / "models" / "broken.json").write_text("{}")
    with serve({}, state=tmp_path) as client:
        assert client.problems[0].startswith("the model broken was left out")
        answer = client.post(f"/v1/models/{done}/sample", json={"seed": 1})
        assert answer.json()["lines"] == lines
        statuses = {each["name"]: each["status"] for each in client.get("/v1/jobs").json()["jobs"]}
        assert statuses[done] == "done"
        wait_for(client, running, "done")
        report = client.served.models[running].maker.learned_.report
        assert report.steps == 400
    # As if it had not been interrupted.
    options = {"model": SLOW["model"], "options": SLOW["options"], "steps": 400}
    with serve({}) as client:
        again = learn(client, lines=NAMES, **options)["name"]
        wait_for(client, again, "done")
        assert client.served.models[again].maker.learned_.report.train_loss == report.train_loss
