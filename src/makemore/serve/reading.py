"""Reading requests: bodies within the bounds, and the options in them."""

import asyncio
from dataclasses import dataclass
from functools import lru_cache

from starlette.requests import ClientDisconnect, Request

from makemore.checkpoint.model_file import Document
from makemore.corpus.lines import Lines
from makemore.errors import OptionError
from makemore.estimator.base import fresh_seed
from makemore.options.declaration import Options
from makemore.options.serving import Limits, Sampling
from makemore.options.verbs import SampleOptions
from makemore.serve.bodies import check_names, parse_object, parse_options
from makemore.serve.checking import check_sampling
from makemore.serve.guard import too_large
from makemore.serve.problems import TooSlowError

_SMALL = 2000  # bytes of a body that is remembered with what was parsed from it


async def read_body(request: Request, limits: Limits) -> bytes:
    """Return the body of a request.

    Raises:
        OptionError: it was not sent to its end.
        TooLargeError: it is too large.
        TooSlowError: it took too long to arrive.
    """
    parts, size = list[bytes](), 0
    try:
        async with asyncio.timeout(limits.max_seconds):
            async for part in request.stream():
                size += len(part)
                if size > limits.max_body:
                    raise too_large(limits)
                parts.append(part)
    except TimeoutError:
        raise TooSlowError(
            f"the body took more than {limits.max_seconds:g} s to arrive: send less at a time"
        ) from None
    except ClientDisconnect:
        raise OptionError("the body was not sent to its end") from None
    return b"".join(parts)


@dataclass(frozen=True)
class SamplingRequest:
    """A request to sample lines.

    Attributes:
        options: how to sample; with a fresh seed, if none was given.
        wanted: what to return.
        exclude: lines to skip.
        has_seed: whether a seed was given.
    """

    options: SampleOptions
    wanted: Sampling
    exclude: frozenset[str]
    has_seed: bool

    def seeded(self) -> SampleOptions:
        """Return the options with the seed that was given, or a fresh one."""
        return self.options if self.has_seed else self.options.replace(seed=fresh_seed())


async def read_sampling(request: Request, limits: Limits) -> SamplingRequest:
    """Return a request to sample lines.

    Raises:
        OptionError: the body is no JSON object, or an option is invalid.
        TooLargeError: it asks for more than it may.
    """
    body = await read_body(request, limits)
    return _parse_again(body, limits) if len(body) <= _SMALL else _parse_sampling(body, limits)


def _parse_sampling(body: bytes, limits: Limits) -> SamplingRequest:
    """Parse a request to sample lines; see `read_sampling`."""
    values = parse_object(body)
    has_seed = values.get("seed") is not None
    if not has_seed:
        values.pop("seed", None)
    values.setdefault("patience", limits.max_lines)
    check_names(values, SampleOptions, Sampling)
    options, wanted = parse_options(values, SampleOptions), parse_options(values, Sampling)
    check_sampling(options, wanted, limits)
    exclude = Lines.from_strings(wanted.exclude).to_list() if wanted.exclude else ()
    return SamplingRequest(options, wanted, frozenset(exclude), has_seed)


_parse_again = lru_cache(maxsize=256)(_parse_sampling)  # many requests are the same


async def read_object(request: Request, limits: Limits, *declarations: type[Options]) -> Document:
    """Return the JSON object of a request, which has options of some declarations only.

    Raises:
        OptionError: the body is no JSON object, or an option is unknown.
    """
    values = parse_object(await read_body(request, limits))
    check_names(values, *declarations)
    return values
