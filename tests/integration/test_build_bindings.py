"""Builds get passwords from bindings, and do not store them."""

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

from integration.classic_platform import DEBUG, Platform, Result, machine_env
from integration.index import Index
from integration.packages import source, wheel, write_tree
from integration.private_index import (
    ENCODED,
    USER,
    assert_no_trace,
    compile_with,
    private_index,
)
from integration.repositories import git
from slipway.effects.console import Console
from slipway.platforms.cloud_native.build_bindings import variables_with_bindings

LOCAL = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]


class Private(SimpleHTTPRequestHandler):
    """Serves a folder with a password; its listings serve as the pages of an index."""

    def do_GET(self) -> None:
        given = self.headers.get("Authorization", "")
        if given == f"Basic {base64.b64encode(USER.encode()).decode()}":
            super().do_GET()
            return
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="test"')
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Log nothing."""


@contextmanager
def private_folder(folder: Path, certificate: Path | None = None) -> Iterator[str]:
    """Serve a folder locally, with TLS if there is a certificate; yield its host and port."""
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
    fresh_platform: Platform,
    folder: Path,
    bindings: Mapping[str, str],
    requirements: str = "anchor\n",
    **variables: str,
) -> Result:
    """Build with bindings, expect success, and look for their passwords in all results."""
    write_tree(folder / "platform" / "bindings", dict(bindings))
    build = folder / "build"
    console = Console(out=io.StringIO(), err=io.StringIO(), now=lambda: 0.0)
    with variables_with_bindings(
        {**machine_env(), **variables}, folder / "platform", console
    ) as found:
        config_vars = {
            name: value for name, value in found.items() if name not in ("PATH", "HOME")
        }
        result = compile_with(fresh_platform, build, requirements, config_vars)
    assert result.status == 0, result.all
    assert_no_trace(
        build / ".slipway", fresh_platform.cache, fresh_platform.temporary, result=result
    )
    assert (build / ".slipway/venv/lib").is_dir()
    return result


def index_bindings(kind: str, index: Index) -> dict[str, str]:
    """Return a binding for an index, in one of the supported forms."""
    name, _, password = USER.partition(":")
    entries = {
        "keys": {"url": f"{index.url}\n", "username": f"{name}\n", "password": f"{password}\n"},
        "extra": {"extra-url": index.url, "username": name, "password": password},
        "pip.conf": {"pip.conf": f"[global]\nindex-url = {index.at(ENCODED)}\n"},
        "netrc": {
            "url": index.url,
            "netrc": f"machine 127.0.0.1 login {name} password {password}\n",
        },
    }[kind]
    return {"corp/type": "pypi\n", **{f"corp/{key}": text for key, text in entries.items()}}


@pytest.mark.parametrize(
    "kind",
    [
        "netrc",
        *(pytest.param(kind, marks=pytest.mark.long) for kind in ("keys", "extra", "pip.conf")),
    ],
)
def test_an_index_with_a_password_is_used(
    fresh_platform: Platform, tmp_path: Path, kind: str
) -> None:
    with private_index(tmp_path) as index:
        bindings = index_bindings(kind, index)
        compiled(fresh_platform, tmp_path, bindings, "anchor\nboat\n")
    assert index.downloads["boat-1.0.tar.gz"] >= 1


def test_another_binding_for_the_same_index_reuses_the_lock(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    with private_index(tmp_path) as index:
        bindings = index_bindings("pip.conf", index)
        compiled(fresh_platform, tmp_path / "one", bindings)
        bindings["other/type"], bindings["other/pip.conf"] = "pip", bindings["corp/pip.conf"]
        del bindings["corp/type"], bindings["corp/pip.conf"]
        bindings["other/pip.conf"] = bindings["other/pip.conf"].replace("ci:", "bot:")
        result = compiled(fresh_platform, tmp_path / "two", bindings, **DEBUG)
    assert "lock" in result.cache_hits - result.cache_misses


def test_a_repository_with_a_password_is_cloned(
    fresh_platform: Platform, tmp_path: Path
) -> None:
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
        compiled(fresh_platform, tmp_path, bindings, f"anchor @ git+http://{host}/anchor.git\n")
    lock = (tmp_path / "build" / ".slipway" / "lock.txt").read_text("utf-8")
    assert lock.startswith(f"# from anchor @ git+http://{host}/anchor.git\nanchor==1.0 ")


@pytest.mark.long
def test_a_certificate_from_a_binding_is_trusted(
    fresh_platform: Platform, tmp_path: Path
) -> None:
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
        name, _, password = USER.partition(":")
        bindings = {
            "ca/type": "ca-certificates",
            "ca/corp.pem": pem.read_text(),
            "corp/type": "pypi",
            "corp/url": f"https://{host}/simple/",
            "corp/username": name,
            "corp/password": password,
        }
        compiled(fresh_platform, tmp_path, bindings)
