"""The app: all endpoints, errors as JSON, and the OpenAPI document."""

import logging
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse

from makemore import __version__
from makemore.errors import MakemoreError
from makemore.options.serving import Limits
from makemore.serve import jobs_api, models_api, page
from makemore.serve.answers import Health
from makemore.serve.documents import add_bounds, describe_limits, methods_of, problems_of
from makemore.serve.guard import INTERNAL, Guard
from makemore.serve.metrics import CONTENT_TYPE
from makemore.serve.models_api import json_response, state_of
from makemore.serve.problems import describe, problem
from makemore.serve.state import State

_HEALTHY = b'{"status": "ok"}'
_KINDS = {404: "not_found", 405: "method"}


def build_app(state: State, hosts: Sequence[str] = (), key: str | None = None) -> Guard:
    """Return the ASGI app of a server.

    Args:
        state: its models, jobs and bounds.
        hosts: further names of the server that requests may use.
        key: the key that requests need; None if none is needed.
    """

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        state.jobs.restore()
        yield
        await state.jobs.close()
        state.models.close()
        state.workers.shutdown(wait=False, cancel_futures=True)

    app = FastAPI(
        title="makemore",
        version=__version__,
        description=describe_limits(state.limits, key is not None),
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.makemore = state
    app.include_router(models_api.router)  # first, since routes are tried in order
    app.include_router(jobs_api.router)
    _add_pages(app)
    _add_errors(app)
    _complete(app, state.limits, key is not None)
    return Guard(app, hosts, key, state.limits, state.metrics)


def _add_pages(app: FastAPI) -> None:
    """Add the endpoints on the server itself."""

    @app.get("/healthz", summary="Check the server", response_model=Health, tags=["server"])
    async def check() -> Response:
        """Answer that the server is there."""
        return Response(_HEALTHY, media_type="application/json")

    @app.get(
        "/metrics",
        summary="Read the metrics",
        tags=["server"],
        responses={200: {"content": {"text/plain": {}}}, **problems_of()},
    )
    async def read_metrics(request: Request) -> Response:
        """Return the metrics in the text format of Prometheus."""
        state = state_of(request)
        content = state.metrics.text(state.models, state.jobs)
        return Response(content, media_type=CONTENT_TYPE)

    @app.get("/docs", include_in_schema=False)
    async def show_documentation() -> Response:
        """Return the OpenAPI document as a page."""
        return HTMLResponse(page.render(app.openapi()))

    @app.get("/docs/style.css", include_in_schema=False)
    async def show_style() -> Response:
        """Return the style of the page."""
        return Response(page.STYLE, media_type="text/css")


def _add_errors(app: FastAPI) -> None:
    """Answer errors with a sentence in JSON."""

    @app.exception_handler(MakemoreError)
    async def answer_error(request: Request, error: MakemoreError) -> Response:
        status, body = describe(error)
        return json_response(body, status)

    @app.exception_handler(HTTPException)
    async def answer_http_error(request: Request, error: HTTPException) -> Response:
        status = error.status_code
        sentence = f"{request.method} {request.url.path}: {error.detail}; GET /docs lists all"
        response = json_response(problem(_KINDS.get(status, "request"), sentence), status)
        if status == 405:
            response.headers["allow"] = ", ".join(methods_of(app.openapi(), request.url.path))
        return response

    @app.exception_handler(Exception)
    async def answer_fault(request: Request, error: Exception) -> Response:
        logging.getLogger("makemore").exception("a request failed", exc_info=error)
        return json_response(INTERNAL, 500)


def _complete(app: FastAPI, limits: Limits, needs_key: bool) -> None:
    """Add the bounds and the key to the OpenAPI document."""
    document = app.openapi()
    add_bounds(document, limits)
    if needs_key:
        schemes = {"key": {"type": "http", "scheme": "bearer"}}
        document.setdefault("components", {})["securitySchemes"] = schemes
        for path, item in document["paths"].items():
            for operation in item.values():
                operation["security"] = [] if path == "/healthz" else [{"key": []}]
