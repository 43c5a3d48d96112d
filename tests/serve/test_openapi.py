"""The OpenAPI document has all endpoints and options, and the page shows it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from service import NAMES, running

from makemore.options.declaration import fields
from makemore.options.serving import Learning, Listing, Ranking, Sampling, Scoring
from makemore.options.verbs import ConstraintOptions, FitOptions, InputOptions, SampleOptions
from makemore.serve.bodies import schema_of

# Options may be valid one by one and contradict each other; what is too large is refused with 413;
# DELETE stops a job, which can still be read.
CONFIGURATION = """
[checks.positive_data_acceptance]
enabled = false
[checks.negative_data_rejection]
expected-statuses = ["4xx"]
[checks.use_after_free]
enabled = false
"""


def properties(document, path):
    body = document["paths"][path]["post"]["requestBody"]["content"]
    return body["application/json"]["schema"]["properties"]


def test_each_endpoint_has_the_options_of_its_declarations(client):
    document = client.get("/openapi.json").json()
    for path, declarations in {
        "/v1/models/{name}/sample": (SampleOptions, Sampling),
        "/v1/models/{name}/top": (ConstraintOptions, Listing),
        "/v1/models/{name}/score": (Scoring,),
        "/v1/models/{name}/rank": (Ranking,),
    }.items():
        names = [field.name for each in declarations for field in fields(each)]
        assert list(properties(document, path)) == names
    learned = properties(document, "/v1/models")
    for each in (Learning, FitOptions):
        assert {field.name for field in fields(each)} <= set(learned)
    query = {each["name"] for each in document["paths"]["/v1/models"]["post"]["parameters"]}
    assert {field.name for field in fields(InputOptions)} <= query
    for item in document["paths"].values():
        for operation in item.values():
            assert operation["summary"]
            assert "HTTPValidationError" not in str(operation)


def test_a_schema_has_types_bounds_choices_and_defaults():
    found = schema_of(SampleOptions)["properties"]
    assert found["temperature"]["type"] == "number"
    assert (found["temperature"]["minimum"], found["temperature"]["maximum"]) == (0, 1e3)
    assert found["length"]["type"] == ["integer", "null"]
    assert found["contains"] == {
        "description": "text that every line must contain; may be given several times.",
        "type": "array",
        "items": {"type": "string"},
        "default": (),
    }
    assert schema_of(FitOptions)["properties"]["device"]["enum"] == ["auto", "cpu", "cuda", "mps"]


def test_the_bounds_of_the_server_are_in_the_document(client):
    document = client.get("/openapi.json").json()
    found = properties(document, "/v1/models/{name}/sample")
    assert (found["n"]["maximum"], found["max_length"]["maximum"]) == (100_000, 1000)
    assert "100,000 lines of 1,000 characters" in document["info"]["description"]


@pytest.mark.slow
def test_the_server_does_what_its_document_says(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    (tmp_path / "schemathesis.toml").write_text(CONFIGURATION)
    bounds = "--max-jobs 2 --max-models 20 --max-training 2 --max-lines 2000 --max-length 100"
    with running("--list", str(tmp_path / "names.txt"), *bounds.split()) as (_, address, _):
        command = [
            *(str(Path(sys.executable).with_name("schemathesis")), "run"),
            *(f"{address}/openapi.json", "--max-examples", "15", "--request-timeout", "60"),
            "--no-color",
        ]
        found = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
        assert found.returncode == 0, found.stdout[-5000:]


def test_the_page_shows_all_endpoints_and_loads_nothing_from_outside(client):
    page = client.get("/docs").text
    document = client.get("/openapi.json").json()
    for path, item in document["paths"].items():
        for method in item:
            assert f"<h2><b>{method.upper()}</b> {path}</h2>" in page
    assert "<td>list of strings</td><td></td><td>text that every line must contain" in page
    assert "<td>integer from 1 to 1,000</td>" in page
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?:https?:)?//', page)
    assert client.get("/docs/style.css").headers["content-type"].startswith("text/css")


def test_metrics_count_requests_and_lines(client):
    client.post("/v1/models/names/sample", json={"n": 3})
    text = client.get("/metrics").text
    endpoint = 'endpoint="/v1/models/{name}/sample"'
    assert f'makemore_requests_total{{{endpoint},status="200"}}' in text
    assert "makemore_lines_total" in text
    assert "makemore_models 3.0" in text
    assert "makemore_shared_batches" in text
