"""Small servers: apps with clients that speak to them without a network, and processes."""

import re
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path

from starlette.testclient import TestClient

from makemore.options.serving import Limits
from makemore.serve.app import build_app
from makemore.serve.state import StateFolder, build_state

NAMES = ["anna", "hannah", "otto", "ben", "susanna", "johanna", "bob", "ada", "hanna", "benno"]
LABELS = ["f", "f", "m", "m", "f", "f", "m", "f", "f", "m"]


@contextmanager
def serve(makers, state=None, limits=None, key=None, hosts=()):
    """Yield a client of a server with some models."""
    folder = StateFolder(state)
    try:
        served, problems = build_state(folder, limits or Limits())
        for name, maker in makers.items():
            path = Path(folder.path) / f"{name}.model"
            maker.save(path)
            served.models.add_given(path, maker)
        app = build_app(served, hosts, key)
        with TestClient(app, base_url="http://127.0.0.1", raise_server_exceptions=False) as client:
            client.problems, client.served = problems, served
            yield client
    finally:
        folder.close()


@contextmanager
def running(*arguments):
    """Yield a server, its address, and the messages up to that."""
    command = [sys.executable, "-m", "makemore", "serve", "--port", "0", *arguments]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        try:
            messages = []
            while not (found := re.search(r"at (http://\S+)/docs", "".join(messages))):
                line = server.stderr.readline()
                assert line, messages
                messages.append(line)
            yield server, found[1], messages
        finally:
            server.kill()
