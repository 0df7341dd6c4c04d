"""Requests to a web process on this machine, and waiting for it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from slipway.effects.http import accepts, free_port, get, wait_until_accepts


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/gone" else 200)
        self.end_headers()
        self.wfile.write(f"this is {self.path} ".encode() + b"\xff" * 1000)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Log nothing."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_a_response_has_its_status_and_its_first_bytes(port: int) -> None:
    response = get(port, "/", most=11, timeout=5)
    assert (response.status, response.reason, response.start) == (200, "OK", "this is / \ufffd")


def test_a_missing_page_is_a_response_too(port: int) -> None:
    assert get(port, "/gone", most=10, timeout=5).status == 404


def test_a_port_accepts_once_something_listens(port: int) -> None:
    assert accepts(port)
    assert not accepts(free_port())


def test_a_request_without_a_listener_is_an_os_error() -> None:
    with pytest.raises(OSError, match="refused"):
        get(free_port(), "/", most=10, timeout=1)


def test_waiting_ends_when_the_process_listens(port: int) -> None:
    assert wait_until_accepts(port, 5, lambda: False)


def test_waiting_ends_when_the_process_has_ended() -> None:
    assert not wait_until_accepts(free_port(), 60, lambda: True)


def test_waiting_ends_after_the_timeout() -> None:
    assert not wait_until_accepts(free_port(), 0.1, lambda: False)
