"""The command: what it prints, what it refuses, and how it ends."""

import json
import os
import signal
import socket
import subprocess
import sys
import time

import httpx2
import pytest
from service import NAMES, running

KEY = "a key of twenty signs"


def refused(*arguments, **variables):
    if "--port" not in arguments:
        arguments += ("--port", "0")
    command = [sys.executable, "-m", "makemore", "serve", *arguments]
    environment = {**os.environ, **variables}
    found = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120)
    assert found.returncode in (1, 2), found
    (message,) = found.stderr.splitlines()
    return message


def test_a_list_is_served_at_once_and_the_server_stops_in_order(tmp_path):
    (tmp_path / "my names.txt").write_text("\n".join(NAMES))
    with running("--list", str(tmp_path / "my names.txt")) as (server, address, messages):
        assert messages[-1].startswith("serving my-names at http://127.0.0.1:")
        answer = httpx2.post(f"{address}/v1/models/my-names/sample", json={"n": 3})
        assert len(answer.json()["lines"]) == 3
        server.send_signal(signal.SIGTERM)
        assert server.wait(60) == 0
        assert server.stderr.read() == ""


@pytest.mark.parametrize(
    "arguments, words",
    [
        (["--host", "0.0.0.0"], "other machines can reach 0.0.0.0: give --api-key"),
        (["--host", "::"], "other machines can reach ::"),
        (["--api-key", "short"], "16 or more"),
        (["--api-key", KEY, "--no-auth"], "--no-auth lets everybody in"),
        (["--port", "70000"], "port 70000"),
        (["none.model"], "none.model"),
        (["--list", "none.txt"], "none.txt: there is no such file"),
        (["--max-jobs", "0"], "max"),
    ],
)
def test_what_cannot_be_served_is_refused_in_a_sentence(arguments, words):
    assert words in refused(*arguments)


def test_a_port_or_a_folder_in_use_is_refused(tmp_path):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        assert f"127.0.0.1, port {port}, cannot be used" in refused("--port", str(port))
    assert "cannot be used as a folder" in refused("--state", os.devnull)


def test_the_key_may_be_in_the_environment(monkeypatch, tmp_path):
    monkeypatch.setenv("MAKEMORE_API_KEY", KEY)
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    with running("--list", str(tmp_path / "names.txt")) as (_, address, _):
        assert httpx2.get(f"{address}/v1/models").status_code == 401
        headers = {"authorization": f"Bearer {KEY}"}
        assert httpx2.get(f"{address}/v1/models", headers=headers).is_success


@pytest.mark.slow
def test_a_server_that_is_killed_loses_nothing(tmp_path):
    body = {"lines": NAMES, "model": "gru", "options": {"hidden": 8}, "steps": 300}
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    arguments = ("--list", str(tmp_path / "names.txt"), "--state", str(tmp_path / "state"))
    with running(*arguments) as (server, address, _):
        done = httpx2.post(
            f"{address}/v1/models", json={**body, "model": "ngram", "options": {}, "steps": None}
        )
        name = httpx2.post(f"{address}/v1/models", json=body).json()["name"]
        while not httpx2.get(f"{address}/v1/jobs/{name}").json()["progress"]:
            time.sleep(0.05)
        server.kill()
        server.wait()
    with running(*arguments) as (_, address, _):
        while httpx2.get(f"{address}/v1/jobs/{name}").json()["status"] in ("waiting", "running"):
            time.sleep(0.1)
        models = httpx2.get(f"{address}/v1/models").json()["models"]
        assert {done.json()["name"], name} <= {each["name"] for each in models}


@pytest.mark.slow
def test_vanished_and_slow_readers_leave_memory_and_latency_as_they_were(tmp_path):
    (tmp_path / "names.txt").write_text("\n".join(NAMES))
    with running("--list", str(tmp_path / "names.txt")) as (server, address, _):
        path = f"{address}/v1/models/names/sample"
        port = int(address.rpartition(":")[2])

        def latency():
            seconds = []
            with httpx2.Client() as client:
                for seed in range(100):
                    start = time.perf_counter()
                    assert client.post(path, json={"n": 20, "seed": seed}).is_success
                    seconds.append(time.perf_counter() - start)
            return sorted(seconds)[50]

        def resident():
            with open(f"/proc/{server.pid}/statm") as file:
                return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

        def request(body):
            content = json.dumps(body).encode()
            head = f"POST /v1/models/names/sample HTTP/1.1\r\nhost: 127.0.0.1:{port}\r\n"
            return f"{head}content-length: {len(content)}\r\n\r\n".encode() + content

        before = latency()
        for seed in range(1000):
            with socket.create_connection(("127.0.0.1", port)) as gone:
                gone.sendall(request({"n": 1000 if seed % 2 else 50_000, "seed": seed}))
        first = resident()
        slow = [socket.create_connection(("127.0.0.1", port)) for _ in range(200)]
        for seed, each in enumerate(slow):
            each.sendall(request({"n": 100_000, "seed": seed}))
        time.sleep(5)
        after = [latency() for _ in range(3)]
        assert resident() - first < 2**28
        for each in slow:
            each.close()
        # Generous, since the machine may be busy: a queue behind 200 readers would take minutes.
        assert min(after) < 10 * before + 0.05
