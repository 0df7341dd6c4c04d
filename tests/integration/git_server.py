"""A server of git repositories on the loopback interface, over HTTP."""

from __future__ import annotations

import base64
import gzip
import os
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import unquote, urlsplit

from integration.index import listening


@dataclass(kw_only=True)
class GitServer:
    """Serves the repositories in a folder, with git's own program for that."""

    folder: Path
    user: str | None = None
    """`name:token` that every request must send."""
    host: str = "127.0.0.1"
    port: int = 0
    scheme: str = "http"
    requests: Counter[str] = field(default_factory=Counter)

    def at(self, user: str = "") -> str:
        return f"{self.scheme}://{user}{self.host}:{self.port}"

    def accepts(self, authorization: str) -> bool:
        if self.user is None:
            return not authorization
        kind, _, encoded = authorization.partition(" ")
        return kind == "Basic" and base64.b64decode(encoded) == self.user.encode()

    def run(self, variables: dict[str, str], body: bytes) -> tuple[dict[str, str], bytes]:
        """Run git's CGI program, and return the headers and the body that it prints."""
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.folder),
                "GIT_HTTP_EXPORT_ALL": "1",
                "GIT_CONFIG_GLOBAL": "/dev/null",
                "GIT_CONFIG_COUNT": "1",
                "GIT_CONFIG_KEY_0": "safe.directory",
                "GIT_CONFIG_VALUE_0": "*",
                **variables,
            },
            check=True,
            capture_output=True,
        )
        head, _, rest = done.stdout.partition(b"\r\n\r\n")
        headers = [line.split(": ", 1) for line in head.decode().split("\r\n")]
        return dict(headers), rest


def _handler(server: GitServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer(b"")

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
            if self.headers.get("Content-Encoding") == "gzip":
                body = gzip.decompress(body)
            self._answer(body)

        def _answer(self, body: bytes) -> None:
            parts = urlsplit(self.path)
            server.requests[parts.path] += 1
            if not server.accepts(self.headers.get("Authorization", "")):
                self._send("401 Unauthorized", {"WWW-Authenticate": 'Basic realm="git"'}, b"")
                return
            variables = {
                "REQUEST_METHOD": self.command,
                "PATH_INFO": unquote(parts.path),
                "QUERY_STRING": parts.query,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "CONTENT_LENGTH": str(len(body)),
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            }
            headers, sent = server.run(variables, body)
            self._send(headers.pop("Status", "200 OK"), headers, sent)

        def _send(self, status: str, headers: dict[str, str], body: bytes) -> None:
            code, _, reason = status.partition(" ")
            self.send_response(int(code), reason)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Log nothing, since tests read the counts."""

    return Handler


@contextmanager
def served_repositories(
    server: GitServer, certificate: Path | None = None
) -> Iterator[GitServer]:
    """Serve repositories at a local address, with TLS if there is a certificate."""
    listener = listening(server.host, server.port, _handler(server))
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        listener.socket = context.wrap_socket(listener.socket, server_side=True)
        server.scheme = "https"
    server.port = listener.server_port
    thread = threading.Thread(target=listener.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server
    finally:
        listener.shutdown()
        listener.server_close()
        thread.join()
