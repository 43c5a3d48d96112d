"""Endpoints of models and jobs: list, learn, import, follow, stop, download, delete."""

import json
from collections.abc import AsyncIterator
from functools import partial

from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, StreamingResponse

from makemore.errors import OptionError
from makemore.files import write_atomically
from makemore.serve.answers import JobFacts, JobList, ModelFacts, ModelList
from makemore.serve.checking import check_training
from makemore.serve.documents import NAMED, learning_bodies, learning_parameters, problems_of
from makemore.serve.learning import FORMATS, clean_title, list_as_file, list_in_json
from makemore.serve.models import new_name
from makemore.serve.models_api import json_response, name_of, state_of
from makemore.serve.reading import read_body

_PAUSE = 15.0  # seconds after which a comment is sent, so that nothing closes the connection
router = APIRouter(prefix="/v1")


@router.get(
    "/models",
    summary="List the models",
    response_model=ModelList,
    tags=["models"],
    responses=problems_of(),
)
async def list_models(request: Request) -> Response:
    """List the models of the server."""
    return json_response({"models": [model.facts() for model in state_of(request).models]})


@router.get(
    "/models/{name}",
    summary="Describe a model",
    response_model=ModelFacts,
    tags=["models"],
    responses=problems_of(404, 422),
    openapi_extra=NAMED,
)
async def describe_model(request: Request) -> Response:
    """Describe a model."""
    return json_response(state_of(request).models[name_of(request)].facts())


@router.delete(
    "/models/{name}",
    summary="Delete a model",
    status_code=204,
    tags=["models"],
    responses=problems_of(404, 409, 422),
    openapi_extra=NAMED,
)
async def delete_model(request: Request) -> Response:
    """Delete a model that was learned or imported, and its file."""
    state_of(request).models.delete(name_of(request))
    return Response(status_code=204)


@router.get(
    "/models/{name}/file",
    summary="Download a model",
    tags=["models"],
    response_class=FileResponse,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The model file."},
        **problems_of(404, 422),
    },
    openapi_extra=NAMED,
)
async def download_model(request: Request) -> Response:
    """Return the file of a model, which the command makemore and the library can read."""
    model = state_of(request).models[name_of(request)]
    return FileResponse(
        model.path, media_type="application/octet-stream", filename=f"{model.name}.model"
    )


@router.post(
    "/models/import",
    summary="Import a model file",
    response_model=ModelFacts,
    status_code=201,
    tags=["models"],
    responses=problems_of(413, 422, 429),
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/octet-stream": {"schema": {"type": "string"}}},
        },
        "parameters": [
            {
                "name": "title",
                "in": "query",
                "schema": {"type": "string"},
                "description": "A text by which people recognise the model.",
            }
        ],
    },
)
async def import_model(request: Request) -> Response:
    """Add a model from the bytes of its file; all of it is verified."""
    state = state_of(request)
    title = clean_title(request.query_params.get("title", ""))
    state.models.check_room()
    content, name = await read_body(request, state.limits), new_name()
    path = state.models.path_for(name)
    await state.work(partial(write_atomically, path, content))
    try:
        maker = await state.work(partial(state.models.read, path))
        state.models.check_room()
        model = state.models.add_stored(name, title, "imported", maker)
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return json_response(model.facts(), 201)


@router.post(
    "/models",
    summary="Learn a list",
    response_model=JobFacts,
    status_code=202,
    tags=["jobs"],
    responses=problems_of(413, 422, 429),
    openapi_extra={**learning_bodies(FORMATS), "parameters": learning_parameters()},
)
async def learn(request: Request) -> Response:
    """Learn a list in a job; the answer has its name, which becomes that of the model.

    The list is JSON with all options; or a text, a table or JSON lines, with the options in the
    query.
    """
    state = state_of(request)
    state.jobs.check_room()
    type_ = request.headers.get("content-type", "application/json").partition(";")[0].strip()
    if type_.lower() not in FORMATS:
        raise OptionError(f"content-type is {type_!r}: send one of {', '.join(FORMATS)}")
    body = await read_body(request, state.limits)
    if type_.lower() == "application/json":
        wanted = await state.work(partial(list_in_json, body))
    else:
        wanted = list_as_file(body, dict(request.query_params))
    check_training(wanted.fit, state.limits)
    spec = {
        "title": clean_title(wanted.learning.title),
        "model": wanted.learning.model,
        "options": wanted.family_options,
        "fit": wanted.fit.to_dict(),
        "input": wanted.source.to_dict(),
        "seconds": state.limits.max_training,
    }
    job = state.jobs.add(spec, FORMATS[type_.lower()], wanted.content)
    return json_response(job.facts(), 202)


@router.get(
    "/jobs",
    summary="List the jobs",
    response_model=JobList,
    tags=["jobs"],
    responses=problems_of(),
)
async def list_jobs(request: Request) -> Response:
    """List the jobs of the server."""
    return json_response({"jobs": [job.facts() for job in state_of(request).jobs]})


@router.get(
    "/jobs/{name}",
    summary="Describe a job",
    response_model=JobFacts,
    tags=["jobs"],
    responses=problems_of(404, 422),
    openapi_extra=NAMED,
)
async def describe_job(request: Request) -> Response:
    """Describe a job: its status and its progress."""
    return json_response(state_of(request).jobs[name_of(request)].facts())


@router.delete(
    "/jobs/{name}",
    summary="Stop a job",
    tags=["jobs"],
    status_code=202,
    response_model=JobFacts,
    responses={204: {"description": "The finished job was forgotten."}, **problems_of(404, 422)},
    openapi_extra=NAMED,
)
async def stop_job(request: Request) -> Response:
    """Stop a job after its current step, keeping what it has learned; forget a finished job."""
    state = state_of(request)
    job = state.jobs[name_of(request)]
    if state.jobs.stop(job.name):
        return json_response(job.facts(), 202)
    return Response(status_code=204)


@router.get(
    "/jobs/{name}/events",
    summary="Follow a job",
    tags=["jobs"],
    response_class=StreamingResponse,
    responses={
        200: {"content": {"text/event-stream": {}}, "description": "The events of the job."},
        **problems_of(404, 422),
    },
    openapi_extra=NAMED,
)
async def follow_job(request: Request) -> Response:
    """Send the events of a job as they happen, as server-sent events.

    `status` has the status; `read` the number of lines; `progress` the step, the losses in nats per
    character and the seconds; `sample` a few lines sampled as the model learns. The header
    Last-Event-ID continues after an event.
    """
    job = state_of(request).jobs[name_of(request)]
    last = request.headers.get("last-event-id", "")
    start = int(last) + 1 if last.isascii() and last.isdigit() and len(last) < 16 else 0

    async def events() -> AsyncIterator[bytes]:
        async for item in job.follow(start, _PAUSE):
            if item is None:
                yield b": still here\n\n"
                continue
            number, event = item
            data = json.dumps({key: event[key] for key in event if key != "event"})
            yield f"id: {number}\nevent: {event['event']}\ndata: {data}\n\n".encode()

    return StreamingResponse(events(), media_type="text/event-stream")
