"""Sampling, scoring, ranking and classifying over HTTP give what the library gives."""

import json
import math

import pytest
from service import NAMES, serve

from makemore.options.serving import Limits

OPTIONS = [
    {},
    {"n": 3, "prefix": "an"},
    {"n": 5, "suffix": "a", "max_length": 6},
    {"n": 4, "distinct": True},
    {"n": 40, "distinct": True},
    {"n": 6, "new": True, "temperature": 0.7, "top_k": 3},
    {"n": 2, "pattern": ["[a-n]+"], "contains": ["nn"]},
    {"n": 1, "temperature": 0},
    {"n": 3, "exclude": ["anna", "bob"], "ignore_case": True},
    {"n": 2, "new_by": 2},
]


def post(client, path, status=200, **body):
    answer = client.post(f"/v1/models/{path}", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


def error(client, path, status, **body):
    found = post(client, path, status, **body)["error"]
    assert set(found) == {"kind", "message"}
    return found


@pytest.mark.parametrize("name", ["names", "network"])
@pytest.mark.parametrize("options", OPTIONS, ids=json.dumps)
def test_lines_of_a_seed_are_those_of_the_library(client, makers, name, options):
    found = post(client, f"{name}/sample", seed=7, reproducible=name == "network", **options)
    options = {"n": 20, **options}
    assert found["lines"] == makers[name].sample(seed=7, **options)
    assert found["seed"] == 7


def test_a_label_and_log_likelihoods(client, makers):
    found = post(client, "labelled/sample", n=9, seed=1, label="m", log_likelihoods=True)
    maker = makers["labelled"]
    assert found["lines"] == maker.sample(9, seed=1, label="m")
    expected = maker.score_samples(found["lines"], ["m"] * 9).tolist()
    assert found["log_likelihoods"] == pytest.approx(expected)
    assert post(client, "labelled/sample", n=30, seed=4)["lines"] == maker.sample(30, seed=4)


@pytest.mark.parametrize("name", ["names", "labelled", "network"])
def test_without_a_seed_each_answer_has_its_own(client, makers, name):
    found = [post(client, f"{name}/sample", n=20) for _ in range(6)]  # most are drawn ahead
    assert len({each["seed"] for each in found}) == 6
    for each in found:
        assert each["lines"] == makers[name].sample(20, seed=each["seed"])
    again = [post(client, f"{name}/sample", n=20, seed=None, prefix="ha") for _ in range(4)]
    for each in again:
        assert each["lines"] == makers[name].sample(20, seed=each["seed"], prefix="ha")


def test_many_lines_are_streamed(client, makers):
    body = {"n": 1500, "seed": 3, "log_likelihoods": True}
    answer = client.post("/v1/models/names/sample", json=body)
    assert answer.headers["content-type"].startswith("application/x-ndjson")
    *rows, end = map(json.loads, answer.text.splitlines())
    lines = makers["names"].sample(1500, seed=3)
    assert [row["line"] for row in rows] == lines
    expected = makers["names"].score_samples(lines).tolist()
    assert [row["log_likelihood"] for row in rows] == pytest.approx(expected)
    assert end == {"lines": 1500, "seed": 3, "strategy": "exact, unconstrained", "exact": True}


def test_top(client, makers):
    found = post(client, "names/top", n=4, suffix="a")["lines"]
    expected = makers["names"].top(4, suffix="a")
    assert [(row["line"], row["log_likelihood"]) for row in found] == expected
    assert len(post(client, "labelled/top", label="f")["lines"]) == 20


def test_scores(client, makers):
    maker, lines = makers["labelled"], ["anna", " BEN", "otto"]
    found = post(client, "labelled/score", lines=lines, characters=True, by_label=True)["lines"]
    assert [row["line"] for row in found] == ["anna", "BEN", "otto"]
    nats = maker.score_samples(lines)
    assert found[0]["log_likelihood"] == pytest.approx(nats[0])
    assert found[0]["per_character"] == pytest.approx(nats[0] / 5)
    assert found[1]["log_likelihood"] is None  # it has characters that the list did not have
    assert math.isinf(nats[1])
    assert found[2]["characters"] == pytest.approx(maker.score_characters(lines)[2].tolist())
    given = maker.score_labels(lines)[2].tolist()
    assert found[2]["labels"] == pytest.approx(dict(zip("fm", given, strict=True)))
    one = post(client, "labelled/score", lines=["anna"], labels=["f"])["lines"][0]
    assert one["log_likelihood"] == pytest.approx(maker.score_samples(["anna"], ["f"])[0])


def test_ranks(client, makers):
    found = post(client, "names/rank", lines=["anna", "xx"], draws=500)["lines"]
    expected = makers["names"].rank(["anna", "xx"], draws=500)
    assert found[0]["more_probable"] == pytest.approx(expected.more[0])
    assert found[0]["reliable"] == bool(expected.is_reliable[0])
    assert found[1]["more_probable"] is None


def test_classes(client, makers):
    (found,) = post(client, "labelled/classify", lines=["susanna"])["lines"]
    expected = makers["labelled"].predict_proba(["susanna"])[0].tolist()
    assert found["probabilities"] == pytest.approx(dict(zip("fm", expected, strict=True)))
    assert found["label"] == "f"


def test_facts(client):
    found = client.get("/v1/models").json()["models"]
    assert [each["name"] for each in found] == ["names", "labelled", "network"]
    assert client.get("/v1/models/labelled").json() == found[1]
    assert (found[1]["lines"], found[1]["labels"]) == (10, ["f", "m"])
    assert found[1]["characters"] == "".join(sorted(set("".join(NAMES))))


@pytest.mark.parametrize(
    "path, body, status, kind, words",
    [
        ("none/sample", {}, 404, "not_found", "no model 'none'"),
        ("names/sample", {"temperature": -1}, 422, "option", "temperature is -1: give a value"),
        ("names/sample", {"tempera": 1}, 422, "option", "'tempera' is unknown"),
        ("names/sample", {"n": "many"}, 422, "option", "n is 'many': give a whole number"),
        ("names/sample", {"n": {}}, 422, "option", "n is an object"),
        ("names/sample", {"n": 0}, 422, "option", "n is 0"),
        ("names/sample", {"contains": [1]}, 422, "option", "contains"),
        (
            "names/sample",
            {"suffix": "a", "length": 1, "forbid": ["a"]},
            422,
            "constraint",
            "no line",
        ),
        ("names/sample", {"pattern": ["("]}, 422, "constraint", "("),
        ("names/sample", {"label": "f"}, 422, "option", "label"),
        ("labelled/sample", {"label": "q"}, 422, "option", "label"),
        ("names/sample", {"prefix": "q", "seed": 0}, 422, "constraint", "'q'"),
        ("names/sample", {"n": 100_001}, 413, "too_large", "at most 100,000"),
        ("names/sample", {"patience": 100_001}, 413, "too_large", "at most 100,000"),
        ("names/sample", {"prefix": "a" * 1001}, 413, "too_large", "1,001 characters"),
        ("names/sample", {"max_length": 10**6}, 413, "too_large", "at most 1,000"),
        ("names/sample", {"contains": ["a"] * 101}, 413, "too_large", "101 constraints"),
        ("names/sample", {"states": 10_001}, 413, "too_large", "states is 10,001"),
        ("names/top", {"nodes": 10**7}, 413, "too_large", "nodes is 10,000,000"),
        ("names/score", {}, 422, "option", "there is no line"),
        ("names/score", {"lines": ["a", " "]}, 422, "option", "a line is blank"),
        (
            "names/score",
            {"lines": ["a"], "labels": ["f", "m"]},
            422,
            "option",
            "1 lines and 2",
        ),
        ("names/score", {"lines": ["a" * 1001]}, 413, "too_large", "more than 1,000"),
        ("names/score", {"lines": ["a"], "by_label": True}, 422, "option", "label"),
        ("names/classify", {"lines": ["a"]}, 422, "option", "label"),
        ("labelled/top", {}, 422, "option", "this model has labels"),
        ("names/rank", {"lines": ["a"], "draws": 10**6}, 413, "too_large", "draws"),
    ],
)
def test_errors_are_sentences_with_a_kind(client, path, body, status, kind, words):
    found = error(client, path, status, **body)
    assert found["kind"] == kind
    assert words in found["message"]


@pytest.mark.parametrize(
    "content, words",
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b'{"n": NaN}', "NaN is not a number of JSON"),
        (b"\xff", "not text in UTF-8"),
        (b'{"prefix": "\\ud800"}', "not text in UTF-8"),
        (b"[" * 100_000, "not JSON"),
        (b'{"n": ' + b"1" * 5000 + b"}", "not JSON"),
    ],
)
def test_a_body_that_is_no_object(client, content, words):
    answer = client.post("/v1/models/names/sample", content=content)
    assert answer.status_code == 422
    assert words in answer.json()["error"]["message"]


def test_a_number_of_json_may_be_whole(client):
    assert len(post(client, "names/sample", n=2.0)["lines"]) == 2
    assert client.post("/v1/models/names/sample").json()["lines"]


def test_a_request_that_takes_too_long_is_refused(makers, monkeypatch):
    limits = Limits(max_seconds=0.1)
    with serve({"names": makers["names"]}, limits=limits) as client:
        monkeypatch.setattr(
            "makemore.serve.computing.scores", lambda *_: __import__("time").sleep(0.5)
        )
        found = error(client, "names/score", 422, lines=["a"])
    assert found["kind"] == "too_slow"
    assert "more than 0.1 s" in found["message"]


def test_an_unexpected_error_is_a_sentence_without_details(makers, monkeypatch, caplog):
    with serve({"names": makers["names"]}) as client:
        monkeypatch.setattr("makemore.serve.computing.scores", lambda *_: 1 / 0)
        found = error(client, "names/score", 500, lines=["a"])
    assert found == {
        "kind": "internal",
        "message": "the server has made an error; its log has more",
    }
    assert "ZeroDivisionError" in caplog.text
