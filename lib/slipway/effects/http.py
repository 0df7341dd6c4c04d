"""Requests to a web process on this machine."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

_PAUSE = 0.05
"""Seconds between two attempts to connect."""


@dataclass(frozen=True, kw_only=True)
class Response:
    status: int
    reason: str
    start: str
    """The first bytes of the body, as text."""


def free_port() -> int:
    """Return a TCP port of the loopback interface that is free at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Tell whether something accepts connections on a port of the loopback interface."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def wait_until_accepts(port: int, timeout: float, has_ended: Callable[[], bool]) -> bool:
    """Wait until a process accepts connections; False if it ends or takes too long."""
    end = time.monotonic() + timeout
    while not accepts(port):
        if has_ended() or time.monotonic() > end:
            return False
        time.sleep(_PAUSE)
    return True


def get(port: int, path: str, most: int, timeout: float) -> Response:
    """Request a page, and read at most `most` bytes of it; `timeout` is in seconds.

    Raises OSError or HTTPException if there is no response.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        start = response.read(most).decode("utf-8", "replace")
        return Response(status=response.status, reason=response.reason, start=start)
    finally:
        connection.close()
