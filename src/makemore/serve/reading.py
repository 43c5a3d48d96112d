"""Reading requests: bodies within the bounds, and the options in them."""

import asyncio

from starlette.requests import ClientDisconnect, Request

from makemore.errors import OptionError
from makemore.options.declaration import Options
from makemore.options.serving import Limits
from makemore.serve.bodies import Json, parse_object, parse_options
from makemore.serve.guard import too_large
from makemore.serve.problems import TooSlowError


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


async def read_object(request: Request, limits: Limits) -> Json:
    """Return the JSON object of a request.

    Raises:
        OptionError: the body is no JSON object.
    """
    return parse_object(await read_body(request, limits))


async def read_options(
    request: Request, limits: Limits, *declarations: type[Options]
) -> list[Options]:
    """Return the options of each declaration from the JSON object of a request.

    Raises:
        OptionError: the body is no JSON object, or an option is invalid.
    """
    return parse_options(await read_object(request, limits), *declarations)
