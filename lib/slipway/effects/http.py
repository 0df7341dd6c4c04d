"""One question to a web process on this machine."""

from __future__ import annotations

import http.client
import socket
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Answer:
    status: int
    reason: str
    start: str
    """The first bytes of the body, as text."""


def free_port() -> int:
    """Give a TCP port of the loopback interface that nothing uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts(port: int) -> bool:
    """Tell whether something takes connections on a port of the loopback interface."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1):
            return True
    except OSError:
        return False


def ask(port: int, path: str, shown: int, timeout: float) -> Answer:
    """Request a page; `shown` is how many bytes of it to give, `timeout` is in seconds.

    Raises OSError or HTTPException if there is no answer.
    """
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=timeout)
    try:
        connection.request("GET", path)
        response = connection.getresponse()
        start = response.read(shown).decode("utf-8", "replace")
        return Answer(status=response.status, reason=response.reason, start=start)
    finally:
        connection.close()
