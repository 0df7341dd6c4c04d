"""A web process on this machine is asked once, and its answer told."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from slipway.effects.http import accepts, ask, free_port


class Page(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(404 if self.path == "/gone" else 200)
        self.end_headers()
        self.wfile.write(f"you asked {self.path} ".encode() + b"\xff" * 1000)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Keep quiet."""


@pytest.fixture
def port() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Page) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


def test_an_answer_has_its_status_and_its_first_bytes(port: int) -> None:
    answer = ask(port, "/", shown=13, timeout=5)
    assert (answer.status, answer.reason, answer.start) == (200, "OK", "you asked / \ufffd")


def test_a_page_that_is_not_there_is_an_answer_too(port: int) -> None:
    assert ask(port, "/gone", shown=10, timeout=5).status == 404


def test_a_port_accepts_once_somebody_listens(port: int) -> None:
    assert accepts(port)
    assert not accepts(free_port())


def test_nobody_who_listens_is_an_error_of_the_system() -> None:
    with pytest.raises(OSError, match="refused"):
        ask(free_port(), "/", shown=10, timeout=1)
