"""Bindings let a build in where it has to give a password, and leave no trace of it."""

from __future__ import annotations

import base64
import io
import ssl
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Ended, Platform, machine
from integration.index import Index
from integration.packages import source, wheel, write_tree
from integration.test_direct_requirements import git
from integration.test_no_secret_left import (
    ENCODED,
    USER,
    assert_no_trace,
    compile_with,
    private_index,
)
from slipway.effects.console import Console
from slipway.platforms.cloud_native.build_bindings import variables_with_bindings

LOCAL = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]


class Private(SimpleHTTPRequestHandler):
    """Serves a folder to the one who has the password; its listings do as an index's pages."""

    def do_GET(self) -> None:
        asked = self.headers.get("Authorization", "")
        if asked == f"Basic {base64.b64encode(USER.encode()).decode()}":
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@contextmanager
def private_folder(folder: Path, certificate: Path | None = None) -> Iterator[str]:
    """Serve a folder on the loopback, encrypted if there is a certificate; give its host."""
    handler = partial(Private, directory=str(folder))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    if certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def compiled(
    own: Platform,
    folder: Path,
    bindings: Mapping[str, str],
    requirements: str = "anchor\n",
    **variables: str,
) -> Ended:
    """Build with bindings, expect it to work, and look for what they hold everywhere."""
    write_tree(folder / "platform" / "bindings", dict(bindings))
    build = folder / "build"
    console = Console(out=io.StringIO(), err=io.StringIO(), now=lambda: 0.0)
    with variables_with_bindings(
        {**machine(), **variables}, folder / "platform", console
    ) as found:
        given = {name: value for name, value in found.items() if name not in ("PATH", "HOME")}
        ended = compile_with(own, build, requirements, given)
    assert ended.status == 0, ended.all
    assert_no_trace(build / ".slipway", own.cache, own.temporary, ended=ended)
    assert (build / ".slipway/venv/lib").is_dir()
    return ended


def index_bindings(kind: str, index: Index) -> dict[str, str]:
    """Say who may ask, in one of the ways there are."""
    name, _, word = USER.partition(":")
    entries = {
        "keys": {"url": f"{index.url}\n", "username": f"{name}\n", "password": f"{word}\n"},
        "extra": {"extra-url": index.url, "username": name, "password": word},
        "pip.conf": {"pip.conf": f"[global]\nindex-url = {index.at(ENCODED)}\n"},
        "netrc": {
            "url": index.url,
            "netrc": f"machine 127.0.0.1 login {name} password {word}\n",
        },
    }[kind]
    return {"corp/type": "pypi\n", **{f"corp/{key}": text for key, text in entries.items()}}


@pytest.mark.parametrize(
    "kind",
    [
        "keys",
        "netrc",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("extra", "pip.conf")),
    ],
)
def test_an_index_that_wants_a_password(own: Platform, tmp_path: Path, kind: str) -> None:
    with private_index(tmp_path) as index:
        bindings = index_bindings(kind, index)
        compiled(own, tmp_path, bindings, "anchor\nboat\n")
    assert index.downloads["boat-1.0.tar.gz"] >= 1


def test_the_password_and_path_of_a_binding_do_not_change_the_lock(
    own: Platform, tmp_path: Path
) -> None:
    with private_index(tmp_path) as index:
        bindings = index_bindings("pip.conf", index)
        compiled(own, tmp_path / "one", bindings)
        bindings["other/type"], bindings["other/pip.conf"] = "pip", bindings["corp/pip.conf"]
        del bindings["corp/type"], bindings["corp/pip.conf"]
        bindings["other/pip.conf"] = bindings["other/pip.conf"].replace("ci:", "bot:")
        ended = compiled(own, tmp_path / "two", bindings, **DEBUG)
    assert "lock" in ended.cache_hits - ended.cache_misses


def test_a_repository_that_wants_a_password(own: Platform, tmp_path: Path) -> None:
    work, served = tmp_path / "work", tmp_path / "served"
    write_tree(work, source("anchor", "1.0"))
    git(work, "init", "--quiet", "--initial-branch", "main")
    git(work, "add", ".")
    git(work, "commit", "--quiet", "--message", "1.0")
    git(tmp_path, "clone", "--quiet", "--bare", str(work), str(served / "anchor.git"))
    git(served / "anchor.git", "update-server-info")
    with private_folder(served) as host, private_index(tmp_path) as index:
        bindings = {
            **index_bindings("keys", index),
            "git/type": "git-credentials",
            "git/credentials": f"http://{ENCODED}{host}\n",
        }
        compiled(own, tmp_path, bindings, f"anchor @ git+http://{host}/anchor.git\n")
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text("utf-8")
    assert lock.startswith(f"# from anchor @ git+http://{host}/anchor.git\nanchor==1.0 ")


def test_an_index_whose_certificate_only_a_binding_knows(own: Platform, tmp_path: Path) -> None:
    served, pem = tmp_path / "served", tmp_path / "ca.pem"
    shelf = served / "simple" / "anchor"
    shelf.mkdir(parents=True)
    wheel(shelf, "anchor", "1.0")
    command = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *LOCAL]
    subprocess.run(
        [*command, "-keyout", "key.pem", "-out", "ca.pem"],
        cwd=tmp_path,
        check=True,
        capture_output=True,
    )
    both = tmp_path / "both.pem"
    both.write_text(pem.read_text() + (tmp_path / "key.pem").read_text())
    with private_folder(served, both) as host:
        name, _, word = USER.partition(":")
        bindings = {
            "ca/type": "ca-certificates",
            "ca/corp.pem": pem.read_text(),
            "corp/type": "pypi",
            "corp/url": f"https://{host}/simple/",
            "corp/username": name,
            "corp/password": word,
        }
        compiled(own, tmp_path, bindings)
