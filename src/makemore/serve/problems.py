"""Errors of requests, their kinds and their HTTP statuses.

RequestError
├── NotFoundError        there is no such model or job
├── TooLargeError        a bound of the server is exceeded by a size
├── TooManyError         the server has as many models or jobs as it may have
├── TooSlowError         the answer took longer than a request may take
├── ForbiddenError       the host or the origin of a request is not accepted
├── UnauthorizedError    the key is missing or wrong
├── ConflictError        a job or model is in a state that does not allow the request
└── GoneError            the client has gone away
"""

from makemore.errors import (
    CheckpointError,
    ConstraintError,
    DataError,
    MakemoreError,
    OptionError,
)


class RequestError(MakemoreError):
    """A request that the server refuses."""


class NotFoundError(RequestError):
    """There is no such model or job."""


class TooLargeError(RequestError):
    """A bound of the server is exceeded by a size."""


class TooManyError(RequestError):
    """The server has as many models or jobs as it may have."""


class TooSlowError(RequestError):
    """The answer took longer than a request may take."""


class ForbiddenError(RequestError):
    """The host or the origin of a request is not accepted."""


class UnauthorizedError(RequestError):
    """The key is missing or wrong."""


class ConflictError(RequestError):
    """A job or model is in a state that does not allow the request."""


class GoneError(RequestError):
    """The client has gone away, so that nobody will read the answer."""


# The status and the kind of each error, the most specific class first.
_STATUSES: tuple[tuple[type[MakemoreError], int, str], ...] = (
    (NotFoundError, 404, "not_found"),
    (TooLargeError, 413, "too_large"),
    (TooManyError, 429, "too_many"),
    (TooSlowError, 422, "too_slow"),
    (ForbiddenError, 403, "forbidden"),
    (UnauthorizedError, 401, "unauthorized"),
    (ConflictError, 409, "conflict"),
    (GoneError, 499, "gone"),
    (OptionError, 422, "option"),
    (DataError, 422, "data"),
    (ConstraintError, 422, "constraint"),
    (CheckpointError, 422, "model_file"),
)

Problem = dict[str, dict[str, str]]


def problem(kind: str, message: str) -> Problem:
    """Return the body of an error."""
    return {"error": {"kind": kind, "message": message}}


def describe(error: MakemoreError) -> tuple[int, Problem]:
    """Return the HTTP status and the body of an error."""
    for class_, status, kind in _STATUSES:
        if isinstance(error, class_):
            return status, problem(kind, str(error))
    return 422, problem("error", str(error))
