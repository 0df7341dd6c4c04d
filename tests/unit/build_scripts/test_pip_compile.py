"""pip-compile locks the hashes on an index's pages, and reports why it could use no file."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Processes
from slipway.errors.dependencies import (
    NotForThisPlatform,
    NoWheelForPython,
    PackageNotFound,
    ResolutionConflict,
    VersionNotFound,
)
from slipway.errors.fetching import IndexUnreachable
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.pip_tools.toolchain import PipTools
from slipway.toolchains.protocol import Locked, RequirementFiles
from unit.fakes import effects_with
from unit.samples import make_wheel

JSON = "application/vnd.pypi.simple.v1+json"
HTML = "text/html"
RELEASES = (
    "acme-0.9-py3-none-any.whl",
    "acme-1-cp39-cp39-win_amd64.whl",
    "acme-1.0-py3-none-any.whl",
    "acme-1.0.0.tar.gz",
    "acme-1.1-py3-none-any.whl",
    "acme-1.3-cp39-cp39-win_amd64.whl",
    "acme-2.0rc1-py3-none-any.whl",
)
ONE = RELEASES[1:4]
"""The files of one version."""
WHEEL = "acme-1.0-py3-none-any.whl"


@dataclass(kw_only=True)
class Index:
    """An index with one project that counts its requests."""

    kind: str
    files: dict[str, bytes] = field(default_factory=dict)
    more: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """Further keys of files on its pages, by file name; HTML pages have them as attributes."""
    refused: Sequence[str] = ()
    """Files that it lists but refuses to send."""
    status: int = 200
    """The status of a response, unless the page or file is missing or refused."""
    with_hashes: bool = True
    requests: Counter[str] = field(default_factory=Counter)

    def text(self, project: str) -> str:
        names = [name for name in self.files if name.startswith(f"{project}-")]
        if not names:
            return ""
        return self._json(names) if self.kind == JSON else self._html(names)

    def digest(self, name: str) -> str:
        return hashlib.sha256(self.files[name]).hexdigest()

    def _json(self, names: Sequence[str]) -> str:
        files = [
            {
                "filename": name,
                "url": f"/files/{name}",
                "hashes": {"sha256": self.digest(name)} if self.with_hashes else {},
                **self.more.get(name, {}),
            }
            for name in names
        ]
        return json.dumps({"files": files, "meta": {"api-version": "1.1"}, "name": "acme"})

    def _html(self, names: Sequence[str]) -> str:
        lines = []
        for name in names:
            attributes = "".join(
                f' data-{key}="{str(value).replace(">", "&gt;")}"'
                for key, value in self.more.get(name, {}).items()
            )
            fragment = f"#sha256={self.digest(name)}" if self.with_hashes else ""
            lines.append(f'<a href="/files/{name}{fragment}"{attributes}>{name}</a><br />\n')
        return f"<!DOCTYPE html>\n<html><body>\n{''.join(lines)}</body></html>\n"


def _handler(index: Index) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            index.requests[self.path] += 1
            *_, folder, name = self.path.strip("/").split("/")
            is_file = folder == "files"
            body = index.files.get(name, b"") if is_file else index.text(name).encode()
            status = 403 if name in index.refused else index.status
            self.send_response(status if body else 404)
            self.send_header("Content-Type", "application/zip" if is_file else index.kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Log nothing."""

    return Handler


@pytest.fixture(params=[JSON, HTML], ids=["JSON", "HTML"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    index = Index(kind=request.param)
    for name in RELEASES:
        made = make_wheel(tmp_path / "made", name.replace(".tar.gz", "-py3-none-any.whl"))
        index.files[name] = made.read_bytes()
    return index


@pytest.fixture
def tools(index: Index, tmp_path: Path, bundled_tools: BundledTools) -> Iterator[PipTools]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(index))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/simple/"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "PIP_INDEX_URL": address}
    environment["PIP_RETRIES"] = "0"
    pip = Pip(
        bundled_tools=bundled_tools,
        cache=tmp_path / "pip",
        effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
        app=tmp_path,
    )
    yield PipTools(pip=pip)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def resolve(tools: PipTools, tmp_path: Path, python: Interpreter) -> Callable[..., Locked]:
    def run(requirements: str, options: str = "") -> Locked:
        folder = tmp_path / "request"
        folder.mkdir()
        files = RequirementFiles(
            folder=folder,
            app=folder,
            requirements=f"{requirements}\n",
            constraints="",
            options=options,
            distributions=(),
        )
        return tools.resolve(files, python)

    return run


def test_the_hashes_of_the_page_are_locked(
    resolve: Callable[..., Locked], index: Index
) -> None:
    """This fails if pip-compile no longer calls the function that Slipway replaces."""
    index.refused = [name for name in ONE if name != WHEEL]
    (package,) = resolve("acme==1.0").lock
    assert [*package.hashes] == sorted(f"sha256:{index.digest(name)}" for name in ONE)
    assert {*index.requests} == {"/simple/acme/", f"/files/{WHEEL}"}


def test_files_without_hashes_are_downloaded(
    resolve: Callable[..., Locked], index: Index
) -> None:
    index.with_hashes = False
    (package,) = resolve("acme==1.0").lock
    assert [*package.hashes] == sorted(f"sha256:{index.digest(name)}" for name in ONE)
    assert {f"/files/{name}" for name in ONE} < {*index.requests}


@pytest.mark.parametrize("with_hashes", [True, False])
def test_the_files_of_a_locked_version_are_found(
    tools: PipTools, index: Index, tmp_path: Path, python: Interpreter, *, with_hashes: bool
) -> None:
    index.with_hashes = with_hashes
    files = RequirementFiles(
        folder=tmp_path, app=tmp_path, requirements="acme==1.0\n", constraints="", options=""
    )
    found = tools.find_files(files, python)
    address = tools.pip.effects.environment["PIP_INDEX_URL"].rstrip("/")
    assert found.keys() == {"acme"}
    assert {file.name: file.sha256 for file in found["acme"]} == {
        name: index.digest(name) for name in ONE
    }
    assert {file.index for file in found["acme"]} == {address}
    assert all(file.address.startswith("http://127.0.0.1:") for file in found["acme"])


def test_a_missing_version_is_reported_with_the_available_versions(
    resolve: Callable[..., Locked],
) -> None:
    with pytest.raises(VersionNotFound) as error:
        resolve("acme==7")
    assert error.value.versions == ("1.1", "1.0", "0.9")


def test_a_version_for_other_platforms_is_reported(resolve: Callable[..., Locked]) -> None:
    with pytest.raises(NotForThisPlatform) as error:
        resolve("acme==1.3")
    assert error.value.supported == ("Windows",)


def test_a_version_is_reported_among_thousands_of_other_files(
    resolve: Callable[..., Locked], index: Index
) -> None:
    tag = "cp39-cp39-macosx_10_9_x86_64.macosx_11_0_arm64.macosx_11_0_universal2"
    older, newer = (
        {f"acme-{major}.{minor}-{tag}.whl": b"" for minor in range(900)} for major in (0, 3)
    )
    index.files = {**older, **index.files, **newer}
    with pytest.raises(NotForThisPlatform) as error:
        resolve("acme==1.3")
    assert error.value.supported == ("Windows",)


def test_a_version_for_other_pythons_is_reported(
    resolve: Callable[..., Locked], index: Index
) -> None:
    index.more["acme-1.1-py3-none-any.whl"] = {"requires-python": ">=99"}
    with pytest.raises(NoWheelForPython) as error:
        resolve("acme==1.1")
    assert error.value.needs == ("1.1 needs Python >=99",)


def test_a_missing_project_is_reported(resolve: Callable[..., Locked]) -> None:
    with pytest.raises(PackageNotFound):
        resolve("nothing")


def test_a_conflict_is_reported_with_its_causes(resolve: Callable[..., Locked]) -> None:
    with pytest.raises(ResolutionConflict) as error:
        resolve("acme==1.0\nacme==0.9")
    assert {one.requirement for one in error.value.requirements} == {"acme==1.0", "acme==0.9"}


def test_an_index_that_fails_is_reported_with_its_response(
    resolve: Callable[..., Locked], index: Index
) -> None:
    index.status = 500
    with pytest.raises(IndexUnreachable) as error:
        resolve("acme")
    assert "status 500" in error.value.reason


def test_a_locked_package_is_installed(
    resolve: Callable[..., Locked], tools: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    (package,) = resolve("acme==1.0").lock
    hashes = " ".join(f"--hash={digest}" for digest in package.hashes)
    (tmp_path / "lock.txt").write_text(f"acme==1.0 {hashes}\n")
    environment = Virtualenv(tmp_path / "environment", python.version)
    tools.create(environment, python)
    tools.install(environment, tmp_path / "lock.txt", ())
    (module,) = environment.root.rglob("acme.py")
    assert module.read_text() == '__version__ = "1.0"\n'
