"""The HTTP API: requests a second and waiting times of sampling, beside those of /healthz.

The server and the clients are two processes on the same machine, which is reached by its loopback
address. A client sends its next request when the answer to the last one has arrived. Each pair,
/healthz and twenty sampled lines, is measured in turn for a few seconds.
"""

import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from recording import Recorder

from makemore import GRUOptions, MakeMore
from makemore.corpus.named.corpora import dataset_named

CLAIM = (
    "makemore serve samples twenty names in one request, as a share of the requests a second that "
    "its /healthz answers: Kneser-Ney half of them or more, a GRU a tenth or more"
)
CLIENTS, SECONDS, ROUNDS, LINES = (1, 16, 128), 3.0, 3, 20
GOALS = {"kneser_ney": 0.5, "gru": 0.1}
MAX_TAIL = 5.0  # 99th percentile of Kneser-Ney for 128 clients, in those of /healthz


class Client(asyncio.Protocol):
    """One connection that sends a request again and again."""

    seed = 0

    def __init__(self, request: tuple[str, str], seconds: list[float], end: float) -> None:
        """Prepare; the times of all answers are added to `seconds`."""
        self._path, self._body = request
        self._seconds, self._end = seconds, end
        self._buffer = b""
        self.closed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Send the first request."""
        self._transport = transport
        self._send()

    def _send(self) -> None:
        """Send the next request."""
        Client.seed += 1
        body = self._body.replace("SEED", str(Client.seed)).encode()
        method = b"POST" if body else b"GET"
        head = b"%s %s HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-length: %d\r\n\r\n"
        self._started = time.perf_counter()
        self._transport.write(head % (method, self._path.encode(), len(body)) + body)

    def data_received(self, data: bytes) -> None:
        """Note the time of a complete answer, and send the next request until the end."""
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(re.search(rb"content-length: (\d+)", head)[1])
        if len(body) < length:
            return
        if b" 200 " not in head[:16]:
            raise RuntimeError(self._buffer.decode())
        now = time.perf_counter()
        self._seconds.append(now - self._started)
        self._buffer = b""
        if now < self._end:
            self._send()
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        """Note that the connection is closed."""
        self.closed.set_result(None)


async def measure(port: int, request: tuple[str, str], clients: int) -> tuple[float, float]:
    """Return the requests a second, and the 99th percentile of the waiting time in seconds.

    Args:
        port: port of the server.
        request: the path, and the body; SEED in it becomes another number for each request.
        clients: number of connections that send requests at the same time.
    """
    loop, seconds = asyncio.get_running_loop(), list[float]()
    started = time.perf_counter()
    end = started + SECONDS
    protocols = []
    for _ in range(clients):
        _, protocol = await loop.create_connection(
            lambda: Client(request, seconds, end), "127.0.0.1", port
        )
        protocols.append(protocol)
    await asyncio.gather(*(protocol.closed for protocol in protocols))
    passed = time.perf_counter() - started
    return len(seconds) / passed, sorted(seconds)[int(0.99 * len(seconds))]


def models(folder: Path) -> list[str]:
    """Fit the models that are served, each in a file; return the paths."""
    lines, paths = dataset_named("us-names").load().without_labels(), []
    makers = {
        "kneser_ney": MakeMore("kneser_ney"),
        "gru": MakeMore(GRUOptions(), budget="20s"),
        "mixture": MakeMore("auto", budget="2m"),
    }
    for name, maker in makers.items():
        path = folder / f"{name}.model"
        maker.fit(lines).save(path)
        paths.append(str(path))
    return paths


def run(recorder: Recorder) -> bytes:
    """Serve three models and measure."""
    with tempfile.TemporaryDirectory() as name:
        paths = models(Path(name))
        command = [sys.executable, "-m", "makemore", "serve", *paths, "--port", "0"]
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
            try:
                port = int(re.search(r":(\d+)/docs", server.stderr.readline())[1])
                asyncio.run(compare(recorder, port))
            finally:
                server.terminate()
    return json.dumps([LINES, CLIENTS, SECONDS, ROUNDS]).encode()


async def compare(recorder: Recorder, port: int) -> None:
    """Measure each model beside /healthz, in turn."""
    await asyncio.sleep(1)
    body = f'{{"n": {LINES}}}'
    for name in ("kneser_ney", "gru", "mixture"):
        request = f"/v1/models/{name}/sample", body
        await measure(port, request, 16)  # makes the plan
        for clients in CLIENTS:
            await beside(recorder, port, (name, request, clients))
    for name in ("kneser_ney", "gru"):
        request = f"/v1/models/{name}/sample", f'{{"n": {LINES}, "seed": SEED}}'
        for clients in CLIENTS:
            await beside(recorder, port, (f"{name} with seeds", request, clients))


async def beside(recorder: Recorder, port: int, measured: tuple[str, tuple[str, str], int]) -> None:
    """Measure a request for a number of clients beside /healthz, and record the ratios."""
    name, request, clients = measured
    pairs = [
        (await measure(port, ("/healthz", ""), clients)) + (await measure(port, request, clients))
        for _ in range(ROUNDS)
    ]
    healthy, _, sampled, _ = map(median, zip(*pairs, strict=True))
    recorder.say(
        f"{name}, {clients} clients: {sampled:,.0f} requests a second, /healthz {healthy:,.0f}"
    )
    goal = f"{GOALS[name]} or more" if name in GOALS else ""
    shares = [sample / check for check, _, sample, _ in pairs]
    recorder.record(f"{name}, {clients} clients, share of /healthz", "ratio", shares, goal)
    tails = [slow / check for _, check, _, slow in pairs]
    goal = f"{MAX_TAIL:g} or less" if (name, clients) == ("kneser_ney", max(CLIENTS)) else ""
    metric = f"{name}, {clients} clients, 99th percentile over that of /healthz"
    recorder.record(metric, "ratio", tails, goal)
