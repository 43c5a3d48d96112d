"""Running the server: its address, and an orderly stop."""

import socket
import sys
from contextlib import suppress

import uvicorn

from makemore.errors import OptionError
from makemore.serve.guard import Guard

_MAX_CONNECTIONS = 2048
_KEEP_ALIVE = 75  # seconds that an idle connection is kept
_SWITCH = 0.0005  # seconds that a thread of Python may keep the event loop waiting
_LAST_REQUESTS = 30  # seconds that running requests have to end when the server stops


def open_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address; port 0 chooses a free one.

    Raises:
        OptionError: the address cannot be used.
    """
    try:
        family, kind, protocol = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][:3]
        # With the protocol TCP, connections send small answers at once (TCP_NODELAY).
        found = socket.socket(family, kind, protocol)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(_MAX_CONNECTIONS)  # from now on, connections wait
    except (OSError, UnicodeError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise OptionError(
            f"{host}, port {port}, cannot be used: {reason}; give another --host or --port"
        ) from None
    return found


def address_of(bound: socket.socket) -> str:
    """Return the address of a listening socket for a browser."""
    host, port = bound.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def run(app: Guard, bound: socket.socket) -> None:
    """Serve until a signal ends the server; running requests still end."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=_LAST_REQUESTS,
        limit_concurrency=_MAX_CONNECTIONS,
    )
    sys.setswitchinterval(_SWITCH)
    with suppress(KeyboardInterrupt):  # raised again after the orderly stop
        uvicorn.Server(config).run(sockets=[bound])
