"""The OpenAPI document: request bodies from the declarations, and the errors of each endpoint."""

import re
from collections.abc import Mapping

from makemore.checkpoint.model_file import Document
from makemore.options.declaration import Options
from makemore.options.serving import Learning, Limits, Sampling
from makemore.options.verbs import ConstraintOptions, FitOptions, InputOptions, SampleOptions
from makemore.serve.answers import Problem
from makemore.serve.bodies import schema_of
from makemore.serve.checking import MAX_NODES

# The parameter of all paths of a model or a job.
NAMED: Document = {
    "parameters": [{"name": "name", "in": "path", "required": True, "schema": {"type": "string"}}]
}
_REASONS = {
    401: "The key is missing or wrong.",
    403: "The host or the origin is not accepted.",
    404: "There is no such model or job.",
    409: "The state of the model or job does not allow it.",
    413: "More lines, characters or bytes than allowed.",
    422: "An option, a line or the body is invalid, or the answer takes too long.",
    429: "As many models or jobs as allowed.",
}


def problems_of(*statuses: int) -> dict[int | str, Document]:
    """Return the errors that an endpoint may answer with."""
    return {
        status: {"model": Problem, "description": _REASONS[status]}
        for status in sorted((*statuses, 401, 403))
    }


def body_of(schema: Document | tuple[type[Options], ...]) -> Document:
    """Return the description of a JSON body, given its schema or its declarations."""
    found = schema_of(*schema) if isinstance(schema, tuple) else schema
    content = {"application/json": {"schema": found}}
    return {"requestBody": {"required": False, "content": content}}


def schema_of_sampling() -> Document:
    """Return the schema of a sampling request, whose seed and patience have other defaults."""
    schema = schema_of(SampleOptions, Sampling)
    properties = schema["properties"]
    for name, default in (("seed", "a fresh one"), ("patience", "--max-lines of the server")):
        del properties[name]["default"]
        properties[name]["description"] += f" By default {default}."
    properties["seed"]["type"] = ["integer", "null"]
    return schema


def describe_limits(limits: Limits, needs_key: bool) -> str:
    """Return the introduction of the OpenAPI document."""
    key = (
        "All endpoints but /healthz, /docs and /openapi.json need the header "
        "`Authorization: Bearer KEY`."
        if needs_key
        else "No key is needed."
    )
    return (
        "Sample, score and learn lists of names, words or codes.\n\n"
        f"{key} Log-likelihoods and losses are in nats.\n\n"
        f"A request may ask for or send {limits.max_lines:,} lines of {limits.max_length:,} "
        f"characters, have {limits.max_body:,} bytes and take {limits.max_seconds:g} seconds. "
        f"There may be {limits.max_models:,} models, and {limits.max_jobs:,} jobs that train or "
        f"wait, {limits.training_jobs:,} at a time, each for {limits.max_training:g} seconds."
    )


def add_bounds(document: Document, limits: Limits) -> None:
    """Add the bounds of the server to the schemas of all options that have one."""
    lines, length = {"maximum": limits.max_lines}, {"maximum": limits.max_length}
    bounds = dict.fromkeys(("n", "draws", "patience"), lines)
    bounds |= {"nodes": {"maximum": MAX_NODES}}
    bounds |= {"states": {"maximum": ConstraintOptions().states}}
    bounds |= dict.fromkeys(("length", "min_length", "max_length"), length)
    for item in document["paths"].values():
        for operation in item.values():
            content = operation.get("requestBody", {}).get("content", {})
            schema = content.get("application/json", {}).get("schema", {})
            for name, option in schema.get("properties", {}).items():
                option.update(bounds.get(name, {}))


def methods_of(document: Document, path: str) -> list[str]:
    """Return the methods that a path has."""
    paths = document["paths"]
    if path not in paths:
        templates = {re.sub(r"\{\w+\}", "[^/]+", each): each for each in paths}
        path = next((templates[each] for each in templates if re.fullmatch(each, path)), path)
    return sorted(method.upper() for method in paths.get(path, {"get": {}}))


def learning_bodies(formats: Mapping[str, str]) -> Document:
    """Return the description of the bodies with a list to learn, of all content types."""
    texts = {"type": "array", "items": {"type": "string"}}
    extra: Document = {
        "lines": {**texts, "description": "The list.", "minItems": 1},
        "labels": {**texts, "description": "One label for each line."},
        "weights": {
            "type": "array",
            "items": {"type": "number", "minimum": 0},
            "description": "How many lines each line stands for.",
        },
        "options": {"type": "object", "description": "Options of the family, by name."},
    }
    schema = {**schema_of(Learning, FitOptions, extra=extra), "required": ["lines"]}
    content: Document = {name: {"schema": {"type": "string"}} for name in formats}
    content["application/json"] = {"schema": schema}
    return {"requestBody": {"required": True, "content": content}}


def learning_parameters() -> list[Document]:
    """Return the query parameters with which a list is sent as a file."""
    properties = schema_of(Learning, FitOptions, InputOptions)["properties"]
    return [
        {
            "name": name,
            "in": "query",
            "description": schema.pop("description") + " For a list that is not sent as JSON.",
            "schema": schema,
        }
        for name, schema in properties.items()
    ]
