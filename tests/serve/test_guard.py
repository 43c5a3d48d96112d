"""Which requests the server refuses before it looks at them, and the headers of all answers."""

import pytest
from service import serve

from makemore.options.serving import Limits

KEY = "a key of twenty signs"


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost:8000", "[::1]:8000", "192.168.0.7", "LOCALHOST"]
)
def test_names_of_this_machine_and_addresses_are_accepted(client, host):
    assert client.get("/healthz", headers={"host": host}).json() == {"status": "ok"}


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "", "127.0.0.1.evil.example", "[::1"]
)
def test_other_names_are_refused(client, host):
    answer = client.get("/healthz", headers={"host": host})
    assert answer.status_code == 403
    assert answer.json()["error"]["kind"] == "forbidden"


def test_a_name_that_is_allowed(makers):
    with serve({}, hosts=("names.example",)) as client:
        assert client.get("/healthz", headers={"host": "Names.example:80"}).is_success


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
    ],
)
def test_requests_from_pages_of_other_sites_are_refused(client, headers):
    answer = client.post("/v1/models/names/sample", headers=headers, json={})
    assert answer.status_code == 403
    assert "access-control-allow-origin" not in answer.headers


def test_requests_from_pages_of_the_server_are_accepted(client):
    headers = {"origin": "http://127.0.0.1", "sec-fetch-site": "same-origin"}
    assert client.post("/v1/models/names/sample", headers=headers, json={}).is_success


@pytest.mark.parametrize(
    "value", [None, "Bearer", "Bearer wrong", f"Basic {KEY}", KEY, f"Bearer {KEY}x"]
)
def test_a_key_is_needed_everywhere_but_for_what_says_nothing(makers, value):
    headers = {} if value is None else {"authorization": value}
    with serve({"names": makers["names"]}, key=KEY) as client:
        for path in ("/v1/models", "/v1/jobs", "/metrics", "/v1/models/names/file", "/other"):
            answer = client.get(path, headers=headers)
            assert answer.status_code == 401, path
            assert answer.headers["www-authenticate"] == "Bearer"
        for path in ("/healthz", "/docs", "/docs/style.css", "/openapi.json"):
            assert client.get(path, headers=headers).is_success, path
        right = {"authorization": f"bearer {KEY}"}
        assert client.get("/v1/models", headers=right).is_success
        assert "key" in client.get("/openapi.json").json()["components"]["securitySchemes"]


def test_all_answers_have_the_headers_that_browsers_heed(client):
    for path in ("/healthz", "/docs", "/v1/models/none", "/nowhere", "/v1/models/names/file"):
        headers = client.get(path).headers
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cross-origin-resource-policy"] == "same-origin"
        assert headers["cache-control"] == "no-store"
        assert "server" not in headers


def test_bodies_are_bounded_with_and_without_an_announced_length(makers):
    limits = Limits(max_body=1000)
    with serve({"names": makers["names"]}, limits=limits) as client:
        path = "/v1/models/names/sample"
        assert client.post(path, content=b"{}" + b" " * 998).is_success
        for content in (b" " * 1001, iter([b" " * 600, b" " * 600])):
            answer = client.post(path, content=content)
            assert answer.status_code == 413
            assert "more than 1,000 bytes" in answer.json()["error"]["message"]
        answer = client.post(path, headers={"content-length": "-5"}, content=b"")
        assert answer.status_code == 413


def test_unknown_paths_and_methods_are_errors_in_json(client):
    for method, path, status in (("GET", "/nowhere", 404), ("PUT", "/v1/models", 405)):
        answer = client.request(method, path)
        assert answer.status_code == status
        assert answer.json()["error"]["message"].startswith(f"{method} {path}: ")
    assert client.put("/v1/models").headers["allow"]


@pytest.mark.parametrize("name", ["..%2f..%2fetc%2fpasswd", "%00", "a" * 5000])
def test_no_text_of_a_request_becomes_a_path(client, name):
    for path in (f"/v1/models/{name}/file", f"/v1/jobs/{name}/events"):
        assert client.get(path).status_code == 404
