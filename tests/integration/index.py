"""A package index on this machine that counts its requests."""

from __future__ import annotations

import base64
import errno
import ssl
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import unquote, urlsplit

from packaging.utils import canonicalize_name

from conftest import ROOT
from integration.classic_platform import machine_env
from integration.packages import sha256

_CODES = ("utf-8", "latin-1")


FAULTS = ("sign-in page", "other type", "redirects", "cut", "closed", "silent", "changed")
_SIGN_IN = b"<!DOCTYPE html><html><body><a href='/login'>Sign in</a></body></html>"
_WAIT = 200.0
"""How long a test waits for an address that another one uses, in seconds."""
_SILENCE = 20.0
"""How long a silent server lets a client wait, in seconds, if the test does not end before."""


@dataclass(kw_only=True)
class Index:
    """Files by project, on pages of the simple API, in HTML only as on the oldest servers."""

    files: dict[str, Path] = field(default_factory=dict)
    requires_python: dict[str, str] = field(default_factory=dict)
    with_hashes: bool = True
    status: int | None = None
    """The status that every request gets, instead of a page."""
    user: str | None = None
    """`name:token` that every request must send."""
    users: set[str] = field(default_factory=set)
    """More of them, of which a request may send any."""
    wrong_hashes: bool = False
    max_age: int = 0
    """Seconds for which a client may use a page again, as large indexes allow."""
    page_fault: str = ""
    """What is wrong with every page: one of FAULTS, or a status."""
    file_fault: str = ""
    """The same for every file."""
    requests: Counter[str] = field(default_factory=Counter)
    ended: threading.Event = field(default_factory=threading.Event)
    """Whether the server is about to be stopped."""
    host: str = "127.0.0.1"
    port: int = 0
    """0: any that is free, once it is served."""
    scheme: str = "http"

    def add(self, *paths: Path) -> None:
        self.files.update({path.name: path for path in paths})

    def add_setuptools(self) -> None:
        """Add the build requirement of source trees, from Slipway's own vendor folder."""
        [setuptools] = (ROOT / "vendor").glob("setuptools-*.whl")
        self.add(setuptools)

    @property
    def url(self) -> str:
        return self.at("")

    def at(self, user: str) -> str:
        return f"{self.scheme}://{user}{self.host}:{self.port}/simple/"

    def file_url(self, name: str) -> str:
        return f"{self.scheme}://{self.host}:{self.port}/files/{name}"

    @property
    def downloads(self) -> Counter[str]:
        """How often each file was downloaded."""
        got = {
            path.removeprefix("/files/"): n
            for path, n in self.requests.items()
            if "/files/" in path
        }
        return Counter(got)

    def fault(self, path: str) -> str:
        return self.file_fault if path.startswith("/files/") else self.page_fault

    def answer(self, path: str, authorization: str) -> tuple[int, bytes]:
        if self.status:
            return self.status, b""
        if not self._accepts(authorization):
            return 401, b""
        if path.startswith("/files/") and path.removeprefix("/files/") in self.files:
            return 200, self.files[path.removeprefix("/files/")].read_bytes()
        page = self._page(path.strip("/").rpartition("/")[2])
        return (200, page.encode()) if page else (404, b"")

    def _accepts(self, authorization: str) -> bool:
        if not self.user:
            return not authorization
        kind, _, encoded = authorization.partition(" ")
        sent = base64.b64decode(encoded)
        # pip sends Latin-1, and uv UTF-8.
        known = {user.encode(code, "replace") for user in self._users for code in _CODES}
        return kind == "Basic" and sent in known

    @property
    def _users(self) -> set[str]:
        return {self.user, *self.users} if self.user else set()

    def digest_of(self, name: str) -> str:
        """Return the hash of the only file of a project."""
        [path] = (path for file, path in self.files.items() if file.startswith(f"{name}-"))
        return sha256(path)

    def _page(self, project: str) -> str:
        names = [
            name for name in self.files if canonicalize_name(name.split("-")[0]) == project
        ]
        return "".join(map(self._link, names))

    def _link(self, name: str) -> str:
        digest = "0" * 64 if self.wrong_hashes else sha256(self.files[name])
        fragment = f"#sha256={digest}" if self.with_hashes else ""
        python = self.requires_python.get(name, "").replace("<", "&lt;").replace(">", "&gt;")
        limit = f' data-requires-python="{python}"' if python else ""
        return f'<a href="/files/{name}{fragment}"{limit}>{name}</a>\n'


_HEADERS = {
    302: {"Location": ""},
    401: {"WWW-Authenticate": 'Basic realm="test"'},
    429: {"Retry-After": "3600"},
}
"""The headers of a status; an empty value stands for the path of the request."""


def _faulty(fault: str, status: int, body: bytes) -> tuple[int, bytes]:
    """Return the status and body that a server with a fault sends instead."""
    if fault.isdigit():
        return int(fault), b""
    if fault == "redirects":
        return 302, b""
    if fault == "sign-in page":
        return status, _SIGN_IN
    if fault == "changed":
        return status, body[:-2] + b"\x01\x00!"  # a zip archive with a comment
    return status, body


def _handler(index: Index) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.requests[unquote(self.path)] += 1
            self.wfile.write(self._body_after_head())

        def do_HEAD(self) -> None:
            self._body_after_head()

        def _body_after_head(self) -> bytes:
            path, authorization = unquote(self.path), self.headers.get("Authorization", "")
            fault = index.fault(path)
            if fault == "silent":
                index.ended.wait(_SILENCE)
            self.close_connection = fault in ("silent", "closed", "cut")
            if fault in ("silent", "closed"):
                return b""
            status, body = _faulty(fault, *index.answer(path, authorization))
            self.send_response(status)
            for name, value in _HEADERS.get(status, {}).items():
                self.send_header(name, value or self.path)
            if index.max_age and status == 200:
                self.send_header("Cache-Control", f"max-age={index.max_age}")
            kind = "application/json" if fault == "other type" else "text/html"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            return body[: len(body) // 2] if fault == "cut" else body

        def log_message(self, *arguments: object) -> None:
            """Log nothing, since tests read the counts."""

    return Handler


def listening(
    host: str, port: int, handler: type[BaseHTTPRequestHandler]
) -> ThreadingHTTPServer:
    """Listen at a local address; if it is fixed, wait until other tests have left it."""
    deadline = time.monotonic() + _WAIT
    while True:
        try:
            return ThreadingHTTPServer((host, port), handler)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
            time.sleep(0.1)


@contextmanager
def served(index: Index, certificate: Path | None = None) -> Iterator[Index]:
    """Serve an index at its local address, with TLS if there is a certificate."""
    server = listening(index.host, index.port, _handler(index))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
        index.scheme = "https"
    index.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield index
    finally:
        index.ended.set()
        server.shutdown()
        server.server_close()
        thread.join()


def fill_in_the_index(build: Path) -> None:
    """Write the addresses of this machine's index into locks, which do not name a host."""
    index, files = addresses_of_the_index()
    for pattern in ("*.lock", "pylock*.toml", "Pipfile", "pyproject.toml"):
        for lock in build.glob(pattern):
            if not lock.is_file():
                continue
            text = lock.read_bytes()
            filled = text.replace(b"@INDEX@", index.encode()).replace(
                b"@FILES@", files.encode()
            )
            if filled != text:
                lock.write_bytes(filled)


@cache
def addresses_of_the_index() -> tuple[str, str]:
    """Return the addresses of the index, and of its files: the machine's, else pip's own."""
    if index := machine_env().get("PIP_INDEX_URL"):
        parts = urlsplit(index)
        return index.rstrip("/"), f"{parts.scheme}://{parts.netloc}"
    [pip] = (ROOT / "vendor").glob("pip-*.whl")
    code = (
        "from pip._internal.models.index import PyPI; "
        "print(PyPI.simple_url, PyPI.file_storage_domain)"
    )
    printed = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": str(pip)},
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    index, host = printed.split()
    return index, f"https://{host}"
