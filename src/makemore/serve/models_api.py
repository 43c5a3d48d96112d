"""Endpoints of a model: sample, top, score, rank, classify."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from functools import partial
from typing import TypeVar

from fastapi import APIRouter, Request, Response
from starlette.responses import StreamingResponse

from makemore.checkpoint.model_file import Document
from makemore.errors import MakemoreError
from makemore.estimator.makemore import MakeMore
from makemore.options.serving import Classifying, Listing, Ranking, Sampling, Scoring
from makemore.options.verbs import ConstraintOptions, SampleOptions
from makemore.serve import computing
from makemore.serve.answers import Classifications, Rankings, Samples, Scores, Top
from makemore.serve.bodies import parse_options
from makemore.serve.checking import (
    MAX_NODES,
    check_constraints,
    check_lines,
    check_number,
)
from makemore.serve.documents import NAMED, body_of, problems_of, schema_of_sampling
from makemore.serve.models import ServedModel
from makemore.serve.problems import GoneError, TooSlowError, describe
from makemore.serve.reading import read_object, read_sampling
from makemore.serve.state import State
from makemore.serve.waiting import LongAnswer

STREAMED = 1000  # lines above which they are sent as they are drawn
NDJSON = "application/x-ndjson"
_SHORT = 0.005  # seconds up to which an answer is drawn even if nobody waits for it any more
Result = TypeVar("Result")
Wanted = TypeVar("Wanted", Scoring, Ranking, Classifying)
router = APIRouter(prefix="/v1/models/{name}", tags=["models"])


def state_of(request: Request) -> State:
    """Return the state of the server."""
    state: State = request.app.state.makemore
    return state


def name_of(request: Request) -> str:
    """Return the name in the path; FastAPI takes longer if it is declared as a parameter."""
    name: str = request.path_params["name"]
    return name


def json_response(value: Document, status: int = 200) -> Response:
    """Return an answer in JSON."""
    content = json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    return Response(content, status, media_type="application/json")


@router.post(
    "/sample",
    summary="Sample lines",
    response_model=Samples,
    responses={200: {"content": {NDJSON: {}}}, **problems_of(404, 413, 422)},
    openapi_extra=NAMED | body_of(schema_of_sampling()),
)
async def sample(request: Request) -> Response:
    """Sample lines from a model.

    Without a seed, a fresh one is chosen and returned. More than 1,000 lines are sent as they are
    drawn, one JSON object in each line; the last object has the seed and the strategy, or an error.
    """
    state = state_of(request)
    asked = await read_sampling(request, state.limits)
    model, wanted = state.models[name_of(request)], asked.wanted
    if wanted.n > STREAMED:
        options, sampler = asked.seeded(), model.sampler
        start = sampler.open_alone if wanted.reproducible else sampler.open
        long = await _in_time(state, start(options, wanted.n, asked.exclude))
        content = _streamed(state, model, long, (options, wanted))
        return StreamingResponse(content, media_type=NDJSON)
    together = not wanted.reproducible
    if together and not (asked.has_seed or asked.exclude):
        drawing = model.sampler.sample_any(asked.options, wanted.n)
    else:
        drawing = model.sampler.sample(asked.seeded(), wanted.n, asked.exclude, together)
    is_short = together and model.sampler.queue.estimate(wanted.n) < _SHORT
    answer = await _while_connected(request, _in_time(state, drawing), is_short)
    state.metrics.lines.inc(len(answer.lines))
    result: Document = {
        "lines": answer.lines,
        "seed": answer.seed,
        "strategy": answer.strategy,
        "exact": answer.is_exact,
    }
    if wanted.log_likelihoods:
        score = partial(computing.log_likelihoods, model.maker, answer.lines, asked.options.label)
        result["log_likelihoods"] = await state.work(score)
    return json_response(result)


@router.post(
    "/top",
    summary="List the most probable lines",
    response_model=Top,
    responses=problems_of(404, 413, 422),
    openapi_extra=NAMED | body_of((ConstraintOptions, Listing)),
)
async def top(request: Request) -> Response:
    """List the most probable lines of a model, the most probable first."""
    state = state_of(request)
    values = await read_object(request, state.limits, ConstraintOptions, Listing)
    options, wanted = parse_options(values, ConstraintOptions), parse_options(values, Listing)
    maker = state.models[name_of(request)].maker
    check_number(wanted.n, state.limits.max_lines)
    check_number(wanted.nodes, MAX_NODES, "nodes")
    check_constraints(options, state.limits)
    find = partial(maker.top, wanted.n, label=wanted.label, nodes=wanted.nodes)
    found = await _in_time(state, state.work(partial(find, options=options)))
    return json_response({"lines": [{"line": a, "log_likelihood": b} for a, b in found]})


@router.post(
    "/score",
    summary="Score lines",
    response_model=Scores,
    responses=problems_of(404, 413, 422),
    openapi_extra=NAMED | body_of((Scoring,)),
)
async def score(request: Request) -> Response:
    """Compute the log-likelihood of lines, of their characters, and given each label, in nats."""
    maker, wanted = await _read_lines(request, Scoring)
    return await _answer_lines(request, partial(computing.scores, maker, wanted))


@router.post(
    "/rank",
    summary="Rank lines",
    response_model=Rankings,
    responses=problems_of(404, 413, 422),
    openapi_extra=NAMED | body_of((Ranking,)),
)
async def rank(request: Request) -> Response:
    """Estimate how many lines are more probable than each line, from sampled lines."""
    maker, wanted = await _read_lines(request, Ranking)
    check_number(wanted.draws, state_of(request).limits.max_lines, "draws")
    return await _answer_lines(request, partial(computing.ranks, maker, wanted))


@router.post(
    "/classify",
    summary="Classify lines",
    response_model=Classifications,
    responses=problems_of(404, 413, 422),
    openapi_extra=NAMED | body_of((Classifying,)),
)
async def classify(request: Request) -> Response:
    """Compute the probability of each label for each line, for a model with labels."""
    maker, wanted = await _read_lines(request, Classifying)
    return await _answer_lines(request, partial(computing.classes, maker, wanted))


async def _read_lines(request: Request, declaration: type[Wanted]) -> tuple[MakeMore, Wanted]:
    """Return the model of a request, and its options with lines that were checked."""
    state = state_of(request)
    wanted = parse_options(await read_object(request, state.limits, declaration), declaration)
    maker = state.models[name_of(request)].maker
    check_lines(wanted.lines, state.limits)
    return maker, wanted


async def _answer_lines(request: Request, compute: Callable[[], list[Document]]) -> Response:
    """Answer with one object for each line, which a worker computes."""
    state = state_of(request)
    return json_response({"lines": await _in_time(state, state.work(compute))})


async def _streamed(
    state: State, model: ServedModel, answer: LongAnswer, asked: tuple[SampleOptions, Sampling]
) -> AsyncIterator[bytes]:
    """Yield many lines as they are drawn, one JSON object in each line."""
    found, (options, wanted) = 0, asked
    try:
        async for lines in answer.chunks:
            found += len(lines)
            state.metrics.lines.inc(len(lines))
            rows: list[Document] = [{"line": line} for line in lines]
            if wanted.log_likelihoods:
                score = partial(computing.log_likelihoods, model.maker, lines, options.label)
                for row, nats in zip(rows, await state.work(score), strict=True):
                    row["log_likelihood"] = nats
            yield "".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows).encode()
        end: Document = {"lines": found, "seed": options.seed, "strategy": answer.strategy}
        yield json.dumps({**end, "exact": answer.is_exact}).encode() + b"\n"
    except MakemoreError as error:
        yield json.dumps(describe(error)[1]).encode() + b"\n"


async def _in_time(state: State, work: Awaitable[Result]) -> Result:
    """Wait for some work, as long as a request may take.

    Raises:
        TooSlowError: it takes longer.
    """
    try:
        async with asyncio.timeout(state.limits.max_seconds):
            return await work
    except TimeoutError:
        raise TooSlowError(
            f"the answer would take more than {state.limits.max_seconds:g} s: ask for less, or "
            "relax the constraints"
        ) from None


async def _while_connected(
    request: Request, work: Coroutine[None, None, Result], is_short: bool
) -> Result:
    """Wait for some work; stop it if the client goes away meanwhile.

    Raises:
        GoneError: the client has gone away.
    """
    if is_short:
        return await work
    working = asyncio.ensure_future(work)
    leaving = asyncio.ensure_future(_wait_for_disconnect(request))
    try:
        await asyncio.wait((working, leaving), return_when=asyncio.FIRST_COMPLETED)
        if not working.done():
            raise GoneError("the client has gone away")
        return working.result()
    finally:
        working.cancel()
        leaving.cancel()


async def _wait_for_disconnect(request: Request) -> None:
    """Wait until the client is gone."""
    while (await request.receive())["type"] != "http.disconnect":
        pass
