"""pip answers from a page without the files that it would not take as from the whole page."""

from __future__ import annotations

import hashlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.python_version import Interpreter
from slipway.effects.environments import Environment
from slipway.effects.processes import Processes
from slipway.errors.dependencies import NoWheelForPython, PackageNotFound, VersionNotFound
from slipway.toolchains import Locked, RequirementFiles
from slipway.toolchains.pip_tools import PipTools
from slipway.toolchains.toolbox import Toolbox
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
    "acme-1.1.post1-py3-none-any.whl",
    "acme-1.2+local.1-py3-none-any.whl",
    "acme-1.3-cp39-cp39-win_amd64.whl",
    "acme-2.0rc1-py3-none-any.whl",
)


@dataclass(kw_only=True)
class Index:
    """An index of one project, whose pages are as a test wants them."""

    kind: str
    files: dict[str, bytes] = field(default_factory=dict)
    more: dict[str, Mapping[str, object]] = field(default_factory=dict)
    """What a page says of files besides, by the names of JSON's keys."""
    page: Callable[[str], str] = str
    """Changes the page."""

    def text(self, project: str) -> str:
        names = [name for name in self.files if name.startswith(project)]
        return self.page(self._json(names) if self.kind == JSON else self._html(names))

    def digest(self, name: str) -> str:
        return hashlib.sha256(self.files[name]).hexdigest()

    def _json(self, names: Sequence[str]) -> str:
        files = [
            {
                "filename": name,
                "url": f"/files/{name.replace('+', '%2B')}",
                "hashes": {"sha256": self.digest(name)},
                **self.more.get(name, {}),
            }
            for name in names
        ]
        return json.dumps({"files": files, "meta": {"api-version": "1.1"}, "name": "acme"})

    def _html(self, names: Sequence[str]) -> str:
        lines = []
        for name in names:
            says = "".join(
                f' data-{key}="{str(value).replace(">", "&gt;")}"'
                for key, value in self.more.get(name, {}).items()
            )
            address = f"/files/{name.replace('+', '%2B')}#sha256={self.digest(name)}"
            lines.append(f'<a href="{address}"{says}>{name}</a><br />\n')
        return f"<!DOCTYPE html>\n<html><body>\n{''.join(lines)}</body></html>\n"


def _handler(index: Index) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = self.path.partition("?")[0].replace("%2B", "+")
            *_, folder, name = path.strip("/").split("/")
            is_file = folder == "files"
            body = index.files.get(name, b"") if is_file else index.text(name).encode()
            self.send_response(200 if body else 404)
            self.send_header("Content-Type", "application/zip" if is_file else index.kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    return Handler


@pytest.fixture(params=[JSON, HTML], ids=["JSON", "HTML"])
def index(request: pytest.FixtureRequest, tmp_path: Path) -> Index:
    index = Index(kind=request.param)
    for name in RELEASES:
        made = make_wheel(tmp_path / "made", name.replace(".tar.gz", "-py3-none-any.whl"))
        index.files[name] = made.read_bytes()
    return index


@pytest.fixture
def tools(index: Index, tmp_path: Path, toolbox: Toolbox) -> Iterator[PipTools]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(index))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    address = f"http://127.0.0.1:{server.server_port}/simple/"
    environment = {"PATH": os.environ["PATH"], "HOME": "/nowhere", "PIP_INDEX_URL": address}
    yield PipTools(
        toolbox=toolbox,
        scripts=ROOT / "lib" / "inside",
        cache=tmp_path / "pip",
        effects=effects_with(tmp_path, Processes(now=time.monotonic), environment),
    )
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture
def resolve(tools: PipTools, tmp_path: Path, python: Interpreter) -> Callable[..., Locked]:
    def run(requirements: str, options: str = "") -> Locked:
        folder = tmp_path / "asked"
        folder.mkdir()
        files = RequirementFiles(
            folder=folder,
            app=folder,
            requirements=f"{requirements}\n",
            constraints="",
            options=options,
            here=(),
        )
        return tools.resolve(files, python)

    return run


@pytest.mark.parametrize("index", [JSON], indirect=True)
@pytest.mark.parametrize(
    ("requirement", "version"),
    [
        ("acme", "1.2+local.1"),
        ("acme==1.0", "1.0"),
        ("Acme==1", "1.0"),
        ("acme==1.*", "1.2+local.1"),
        ("acme==1.2", "1.2+local.1"),
        ("acme>1.1,!=1.2", "2.0rc1"),
        ("acme<1.2", "1.1.post1"),
        ("acme~=1.0,<1.1.dev0", "1.0"),
        ("acme>=2.0rc1", "2.0rc1"),
        ("acme>=1.9", "2.0rc1"),
        ("acme<1.1\nacme>0.9", "1.0"),
        ("acme[extra]==1.1 ; python_version < '3'\nacme==0.9", "0.9"),
    ],
)
def test_the_version_is_the_one_that_pip_takes(
    requirement: str, version: str, resolve: Callable[..., Locked]
) -> None:
    assert resolve(requirement).lock.version_of("acme") == version


def test_pre_releases_count_where_the_app_wants_them(resolve: Callable[..., Locked]) -> None:
    assert resolve("acme", "--pre\n").lock.version_of("acme") == "2.0rc1"


def test_a_version_is_locked_with_all_its_files(
    resolve: Callable[..., Locked], index: Index
) -> None:
    (package,) = resolve("acme==1.0").lock
    names = [name for name in RELEASES if name.split("-")[1] in ("1", "1.0", "1.0.0.tar.gz")]
    assert [*package.hashes] == sorted(f"sha256:{index.digest(name)}" for name in names)
    assert len(names) == 3


def test_a_version_that_is_not_there_is_told_with_those_that_are(
    resolve: Callable[..., Locked],
) -> None:
    with pytest.raises(VersionNotFound) as error:
        resolve("acme==7")
    assert {"0.9", "1.0", "1.1", "2.0rc1"} < {*error.value.versions}
    assert "1.3" not in error.value.versions


def test_a_version_for_other_platforms_alone_is_told(resolve: Callable[..., Locked]) -> None:
    with pytest.raises(NoWheelForPython) as error:
        resolve("acme==1.3")
    assert error.value.needs == ("1.3 has wheels for cp39 alone",)


def test_a_version_for_other_pythons_alone_is_told(
    resolve: Callable[..., Locked], index: Index
) -> None:
    index.more["acme-1.1-py3-none-any.whl"] = {"requires-python": ">=99"}
    with pytest.raises(NoWheelForPython) as error:
        resolve("acme==1.1")
    assert error.value.needs == ("1.1 needs Python >=99",)


def test_a_project_that_is_not_there_is_told(resolve: Callable[..., Locked]) -> None:
    with pytest.raises(PackageNotFound):
        resolve("nothing")


def test_a_version_that_was_taken_back_is_for_those_who_pin_it(
    resolve: Callable[..., Locked], index: Index, tmp_path: Path
) -> None:
    index.more["acme-1.2+local.1-py3-none-any.whl"] = {"yanked": "broken"}
    assert resolve("acme").lock.version_of("acme") == "1.1.post1"
    (tmp_path / "asked").rename(tmp_path / "before")
    assert resolve("acme==1.2+local.1").lock.version_of("acme") == "1.2+local.1"


ODD: Mapping[str, Callable[[str], str]] = {
    "all links in one line": lambda page: page.replace("\n", ""),
    "lines of two": lambda page: page.replace("\n<a", "<a"),
    "single quotes": lambda page: page.replace('"', "'"),
    "capitals": lambda page: page.replace("<a href", "<A HREF"),
    "another attribute before": lambda page: page.replace("<a href", '<a rel="internal" href'),
    "lines of a link each, two by two": lambda page: page.replace("><", ">\n<"),
    "a query": lambda page: page.replace("#sha256", "?x=1#sha256"),
    "carriage returns": lambda page: page.replace("\n", "\r\n"),
}


@pytest.mark.parametrize("index", [HTML], indirect=True)
@pytest.mark.parametrize("odd", ODD)
def test_links_may_be_written_in_any_way(
    odd: str, resolve: Callable[..., Locked], index: Index
) -> None:
    index.page = ODD[odd]
    (package,) = resolve("acme<1.1").lock
    assert package.version == "1.0"
    assert len(package.hashes) == 3


def test_what_was_locked_is_installed(
    resolve: Callable[..., Locked], tools: PipTools, tmp_path: Path, python: Interpreter
) -> None:
    (package,) = resolve("acme==1.0").lock
    hashes = " ".join(f"--hash={digest}" for digest in package.hashes)
    (tmp_path / "lock.txt").write_text(f"acme==1.0 {hashes}\n")
    environment = Environment(tmp_path / "environment", python.version)
    tools.create(environment, python)
    tools.install(environment, tmp_path / "lock.txt", ())
    (module,) = environment.root.rglob("acme.py")
    assert module.read_text() == '__version__ = "1.0"\n'
