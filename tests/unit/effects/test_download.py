"""Only files with the expected hash are kept, and passwords go only to the mirror."""

from __future__ import annotations

import base64
import hashlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from slipway.effects.download import download
from slipway.effects.http import free_port
from slipway.errors.package import DownloadDiffers, DownloadFailed

CONTENT = b"a Python" * 1000
SHA256 = hashlib.sha256(CONTENT).hexdigest()
SHOWN = "https://mirror.example/python.tar.gz"
NOT_VALID = "the URL is not valid, or the response is not HTTP"


class Mirror(BaseHTTPRequestHandler):
    seen: tuple[tuple[str, str | None], ...] = ()
    """Paths of requests, with their Authorization header."""

    def do_GET(self) -> None:
        Mirror.seen += ((self.path, self.headers["Authorization"]),)
        if self.path == "/moved":
            self.send_response(302)
            self.send_header("Location", "/python.tar.gz")
            self.end_headers()
        elif self.path == "/broken":
            self.wfile.write(b"no HTTP at all\r\n\r\n")
        else:
            self.send_response(200 if self.path == "/python.tar.gz" else 404)
            self.end_headers()
            self.wfile.write(CONTENT)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its own name
        """Log nothing."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setenv("no_proxy", "*")
    Mirror.seen = ()
    with HTTPServer(("127.0.0.1", 0), Mirror) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.mark.parametrize("path", ["/python.tar.gz", "/moved"])
def test_a_file_with_the_expected_hash_is_written(port: int, tmp_path: Path, path: str) -> None:
    download(f"http://127.0.0.1:{port}{path}", SHA256, tmp_path / "it", SHOWN)
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_a_mirror_may_be_a_folder(tmp_path: Path) -> None:
    (tmp_path / "cpython-3.13+1.tar.gz").write_bytes(CONTENT)
    address = f"file://{tmp_path}/cpython-3.13%2B1.tar.gz"
    download(address, SHA256, tmp_path / "it", SHOWN)
    assert (tmp_path / "it").read_bytes() == CONTENT


def test_a_file_with_another_hash_is_removed_and_both_hashes_are_reported(
    port: int, tmp_path: Path
) -> None:
    with pytest.raises(DownloadDiffers) as raised:
        download(f"http://127.0.0.1:{port}/python.tar.gz", "0" * 64, tmp_path / "it", SHOWN)
    assert (raised.value.expected, raised.value.got) == ("0" * 64, SHA256)
    assert not (tmp_path / "it").exists()


def test_credentials_are_not_sent_on_after_a_redirect(port: int, tmp_path: Path) -> None:
    address = f"http://ann:p%40ss@127.0.0.1:{port}/moved"
    download(address, SHA256, tmp_path / "it", SHOWN)
    token = base64.b64encode(b"ann:p@ss").decode()
    assert Mirror.seen == (("/moved", f"Basic {token}"), ("/python.tar.gz", None))


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("http://ann:p4ss@127.0.0.1:{port}/gone", "the server responded with status 404"),
        ("http://127.0.0.1:{port}/broken", NOT_VALID),
        ("http://127.0.0.1:{free}/python.tar.gz", "Connection refused"),
        ("file:///no/such/folder/python.tar.gz", "No such file or directory"),
        ("ftp://ann:p4ss@127.0.0.1/x", "it is not an https, http or file URL"),
        ("mirror", "it is not an https, http or file URL"),
        ("http://ann:p4ss@[::1/python.tar.gz", "it is not an https, http or file URL"),
        ("http://ann:p4ss@127.0.0.1:p4ss/x", NOT_VALID),
    ],
)
def test_the_reason_of_a_failure_does_not_contain_the_password(
    port: int, tmp_path: Path, address: str, reason: str
) -> None:
    with pytest.raises(DownloadFailed) as raised:
        download(
            address.format(port=port, free=free_port()), SHA256, tmp_path / "it", shown=SHOWN
        )
    assert (raised.value.address, raised.value.reason) == (SHOWN, reason)
    assert "p4ss" not in str(raised.value)
