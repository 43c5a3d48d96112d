"""What every request passes first: host, origin, key, the size of its body; and headers of answers.

A page of another site can send requests to a server on this machine, from the browser of a person
who visits it. So the host of a request must be one that belongs to the server (against DNS
rebinding), and a request that a page has sent must come from a page of the server itself.

Source: OWASP, "Cross-Site Request Forgery Prevention Cheat Sheet" and "REST Security Cheat Sheet".
"""

import asyncio
import hmac
import ipaddress
import json
import time
from collections.abc import Sequence
from contextlib import suppress
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from makemore.checkpoint.model_file import Document
from makemore.errors import MakemoreError
from makemore.options.serving import Limits
from makemore.serve.metrics import Metrics
from makemore.serve.problems import (
    ForbiddenError,
    TooLargeError,
    UnauthorizedError,
    describe,
    problem,
)

# The only paths that never need the key.
PUBLIC = ("/healthz", "/docs", "/docs/style.css", "/openapi.json")
_LOCAL = ("localhost", "127.0.0.1", "::1")
_HEADERS = [
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"x-frame-options", b"DENY"),
    (b"cache-control", b"no-store"),
]


class Guard:
    """ASGI middleware that refuses requests which are not for this server or its users."""

    def __init__(
        self, app: ASGIApp, hosts: Sequence[str], key: str | None, limits: Limits, metrics: Metrics
    ) -> None:
        """Protect an app.

        Args:
            app: the app.
            hosts: names of the server, besides localhost; addresses are always accepted, because a
                name that was rebound is no address.
            key: the key that requests must have; None if none is needed.
            limits: the bounds of the server.
            metrics: counts the requests.
        """
        self._app, self._limits, self._metrics = app, limits, metrics
        self._hosts = {*_LOCAL, *(host.lower() for host in hosts)}
        self._key = None if key is None else key.encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or answer it with an error."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), 500

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message["headers"], *_HEADERS]}
            # A reader that takes longer is left.
            async with asyncio.timeout(self._limits.max_seconds):
                await send(message)

        try:
            self._check(scope)
        except MakemoreError as error:
            await respond(send_with_headers, *describe(error))
        else:
            with suppress(TimeoutError):  # the answer is left where it is
                await self._app(scope, receive, send_with_headers)
        route = scope.get("route")
        endpoint = getattr(route, "path", "none")
        self._metrics.requests.labels(endpoint, status).inc()
        self._metrics.seconds.labels(endpoint).observe(time.perf_counter() - started)

    def _check(self, scope: Scope) -> None:
        """Check the headers of a request.

        Raises:
            ForbiddenError: the host is not one of this server, or another site sent the request.
            UnauthorizedError: the key is missing or wrong.
            TooLargeError: the body is announced as too large.
        """
        headers = dict(scope["headers"])
        host = headers.get(b"host", b"").decode("latin-1")
        if not self._is_own(host):
            raise ForbiddenError(
                f"{host!r} is not a name of this server: use its address, or start it with "
                "--allow-host"
            )
        origin = headers.get(b"origin", b"").decode("latin-1")
        site = headers.get(b"sec-fetch-site", b"none")
        is_foreign = bool(origin) and urlsplit(origin).netloc.lower() != host.lower()
        if is_foreign or site not in (b"none", b"same-origin"):
            raise ForbiddenError("requests from pages of other sites are not accepted")
        if self._key is not None and scope["path"] not in PUBLIC:
            kind, _, given = headers.get(b"authorization", b"").partition(b" ")
            is_right = hmac.compare_digest(given.strip(), self._key)
            if kind.lower() != b"bearer" or not is_right:
                raise UnauthorizedError(
                    "the key is missing or wrong: send the header Authorization: Bearer KEY"
                )
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or int(length[:20]) > self._limits.max_body:
            raise too_large(self._limits)

    def _is_own(self, host: str) -> bool:
        """Return whether a host, with or without a port, is one of the server."""
        try:
            name = urlsplit(f"//{host}").hostname or ""
        except ValueError:
            return False
        if name in self._hosts:
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def too_large(limits: Limits) -> TooLargeError:
    """Return the error for a body that is too large."""
    return TooLargeError(f"the body has more than {limits.max_body:,} bytes: send less at a time")


async def respond(send: Send, status: int, body: Document) -> None:
    """Send an answer in JSON."""
    content = json.dumps(body, ensure_ascii=False).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(content))]
    if status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})


INTERNAL = problem("internal", "the server has made an error; its log has more")
