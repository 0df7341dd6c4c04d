"""A managed Python is downloaded from a mirror, cached, and bundled with the app."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import DEBUG, PATH, Platform, Result, machine_env, run
from integration.index import Index, served
from integration.packages import extension, wheel, write_tree
from integration.serving import Dyno, free_port
from integration.without_python import PackedPython, pack_python, write_table
from integration.words import assert_error

ORIGIN = "https://github.com/astral-sh/python-build-standalone/releases/download"
MACHINE = os.uname().machine
BUILD = "20261110"
SERVE = """
import os
import sys
from wsgiref.simple_server import make_server

import buoy


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"buoy {buoy.__version__} on {sys.version.split()[0]} in {sys.prefix}".encode()]


make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()
"""
MANAGED = {"SLIPWAY_PYTHON_SOURCE": "managed"}
EXTENSION = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "anchor", 0, -1, 0};
PyMODINIT_FUNC PyInit_anchor(void) { return PyModule_Create(&module); }
"""


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A platform, a mirror of Pythons, and uv's table of the Pythons on that mirror."""

    platform: Platform
    mirror: Index
    packed: PackedPython
    table: Path

    @property
    def build(self) -> Path:
        return self.platform.folder / "build"

    @property
    def file(self) -> str:
        name = f"cpython-{self.packed.version}+{BUILD}-{MACHINE}-unknown-linux-gnu"
        return f"{BUILD}/{name}-install_only_stripped.tar.gz"

    @property
    def pythons(self) -> list[Path]:
        """The Pythons in the cache."""
        return [*self.platform.cache.glob("slipway-*/pythons/cpython-*")]

    def write_table(self, sha256: str) -> None:
        """Write uv's table, with the only Python on the mirror."""
        url = f"{ORIGIN}/{self.file.replace('+', '%2B')}"
        write_table(self.table, self.packed.version, url, sha256, BUILD)

    def app(self, **files: str) -> Path:
        shutil.rmtree(self.build, ignore_errors=True)
        version = {".python-version": f"{self.packed.version}\n"}
        text = {"requirements.txt": "buoy\n", "Procfile": "web: python serve.py\n"}
        write_tree(self.build, {**text, **version, "serve.py": SERVE, **files})
        (self.build / "vendor").mkdir(exist_ok=True)
        wheel(self.build / "vendor", "buoy", "1.4")
        return self.build

    def compile(self, **config_vars: str) -> Result:
        return self.platform.compile(self.app(), {**MANAGED, **config_vars})


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> PackedPython:
    return pack_python(tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="module")
def uv(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder for PATH, with the uv that vendor/uv.txt pins."""
    folder = tmp_path_factory.mktemp("uv")
    [pip] = (ROOT / "vendor").glob("pip-*.whl")
    options = ["--no-deps", "--only-binary=:all:", "--require-hashes", "--dest", str(folder)]
    pins = str(ROOT / "vendor" / "uv.txt")
    argv = [sys.executable, str(pip / "pip"), "download", *options, "-r", pins]
    downloaded = run(argv, machine_env())
    assert downloaded.status == 0, downloaded.all
    [archive] = folder.glob("*.whl")
    with zipfile.ZipFile(archive) as packed:
        [name] = [name for name in packed.namelist() if name.endswith("/scripts/uv")]
        (folder / "uv").write_bytes(packed.read(name))
    (folder / "uv").chmod(0o755)
    return folder


@pytest.fixture
def setup(
    fresh_platform: Platform, packed: PackedPython, uv: Path, tmp_path: Path
) -> Iterator[Setup]:
    mirror = Index()
    with served(mirror):
        table = tmp_path / "table.json"
        env = machine_env(
            PATH=f"{uv}:{PATH}",
            HOME="/nowhere",
            SLIPWAY_PYTHON_MIRROR=mirror.file_url(""),
            UV_PYTHON_DOWNLOADS_JSON_URL=f"file://{table}",
            UV_HTTP_RETRIES="0",
        )
        platform = replace(fresh_platform, env=env)
        setup = Setup(platform=platform, mirror=mirror, packed=packed, table=table)
        mirror.files[setup.file] = packed.archive
        setup.write_table(packed.digest)
        yield setup


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with `ca.pem`, which nobody trusts, and `server.pem`, which it signed."""
    folder = tmp_path_factory.mktemp("authority")
    new = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout"]
    name = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-addext", "basicConstraints=CA:FALSE"]
    for argv in (
        [*new, "ca.key", "-out", "ca.pem", "-subj", "/CN=Harbour"],
        [*new, "key.pem", "-out", "certificate.pem", *name, *signed],
    ):
        subprocess.run(argv, cwd=folder, check=True, capture_output=True)
    both = [(folder / part).read_text() for part in ("certificate.pem", "key.pem")]
    (folder / "server.pem").write_text("".join(both))
    return folder


def plain(text: str) -> str:
    """Join the lines of a log, without their marks."""
    return " ".join(text.replace(" !", "").split())


def test_a_managed_python_is_downloaded_once_and_bundled(setup: Setup) -> None:
    setup.platform.build(setup.app(), MANAGED)
    version = setup.packed.version
    assert setup.mirror.downloads == {setup.file: 1}
    [cached] = setup.pythons
    assert (cached / "include" / setup.packed.name / "Python.h").is_file()

    app = setup.platform.move(setup.build)
    shutil.rmtree(setup.platform.cache)
    with Dyno(app=app).serve() as site:
        page = site.get("/").text
    assert page == f"buoy 1.4 on {version} in {app}/.slipway/python"
    for path in (path for path in app.rglob("*") if path.is_file()):
        assert os.fsencode(setup.platform.cache) not in path.read_bytes(), path


def test_an_unchanged_build_needs_no_mirror_and_starts_no_uv(setup: Setup) -> None:
    setup.platform.build(setup.app(), MANAGED)
    setup.mirror.files.clear()
    # Some platforms move the cache between builds.
    moved = setup.platform.cache.rename(setup.platform.folder / "elsewhere")
    uv = Path(setup.platform.env["PATH"].partition(":")[0]) / "uv"
    elsewhere = replace(setup.platform, cache=moved)
    second = elsewhere.build(setup.app(), {**MANAGED, **DEBUG})
    assert second.cache_misses == set()
    assert not [command for command in second.commands if command.startswith(str(uv))]
    assert setup.mirror.downloads == {setup.file: 1}


def test_a_cached_python_is_enough_for_an_offline_build(setup: Setup) -> None:
    offline = {**MANAGED, "SLIPWAY_OFFLINE": "true"}
    refused = setup.platform.compile(setup.app(), offline)
    assert_error(refused, "managed_python_forbidden")
    assert "the setting `offline` forbids a download." in plain(refused.err)
    assert not setup.mirror.requests
    setup.platform.build(setup.app(), MANAGED)
    setup.platform.build(setup.app(), offline)
    assert setup.mirror.downloads == {setup.file: 1}


def test_a_c_extension_is_compiled_with_its_headers(setup: Setup) -> None:
    app = setup.app(**{"serve.py": "import anchor\n"})
    write_tree(app / "vendor" / "anchor", extension("anchor", "1.0", EXTENSION))
    (app / "vendor" / "build").mkdir()
    [setuptools] = (ROOT / "vendor").glob("setuptools-*.whl")
    shutil.copy(setuptools, app / "vendor" / "build")
    setup.platform.build(app, MANAGED)
    shutil.rmtree(setup.platform.cache)
    imported = Dyno(app=setup.platform.move(app)).run("python -c 'import anchor; print(1)'")
    assert imported.out == "1\n", imported.all


def test_the_images_python_is_preferred_to_a_download(setup: Setup) -> None:
    """If this machine has no Python of that version in PATH, the build downloads it."""
    result = setup.platform.compile(setup.app())
    assert result.status == 0, result.all
    if shutil.which(setup.packed.name, path=PATH):
        assert not setup.mirror.requests
    else:
        assert setup.mirror.downloads == {setup.file: 1}


def test_python_source_image_downloads_nothing(setup: Setup) -> None:
    app = setup.app(**{".python-version": "3.99\n"})
    result = setup.platform.compile(app, {"SLIPWAY_PYTHON_SOURCE": "image"})
    assert_error(result, "python_version_not_available")
    assert "SLIPWAY_PYTHON_SOURCE=auto" in result.err
    assert not setup.mirror.requests


def test_the_error_for_an_unknown_version_lists_the_known_versions(setup: Setup) -> None:
    app = setup.app(**{".python-version": "3.99\n"})
    result = setup.platform.compile(app)
    assert_error(result, "python_version_nowhere")
    assert f"It can download {setup.packed.version}." in plain(result.err)


def test_a_python_with_another_hash_is_rejected(setup: Setup) -> None:
    setup.write_table("0" * 64)
    result = setup.compile()
    assert_error(result, "managed_python_replaced")
    assert "0" * 64 in result.err
    assert setup.packed.digest in result.err
    assert setup.pythons == []


def test_the_error_names_a_mirror_without_its_password(setup: Setup) -> None:
    setup.mirror.files.clear()
    with_password = setup.mirror.file_url("").replace("//", "//harbour:s3cret@")
    result = setup.compile(SLIPWAY_PYTHON_MIRROR=with_password)
    assert_error(result, "managed_python_not_on_the_mirror")
    assert "40" in result.err
    assert f"127.0.0.1:{setup.mirror.port}/files/{BUILD}/" in result.err
    assert "SLIPWAY_PYTHON_MIRROR=" in result.err
    assert "s3cret" not in result.all
    assert setup.pythons == []


def test_a_mirror_that_does_not_answer_is_an_error(setup: Setup) -> None:
    result = setup.compile(SLIPWAY_PYTHON_MIRROR=f"http://127.0.0.1:{free_port()}")
    assert_error(result, "managed_python_not_on_the_mirror")
    assert "Connection refused" in result.err


@pytest.mark.parametrize(
    "place", ["variable", pytest.param("configuration", marks=pytest.mark.long)]
)
def test_a_certificate_that_only_pip_knows_is_used_for_the_mirror(
    place: str, setup: Setup, authority: Path, tmp_path: Path
) -> None:
    with served(Index(files=setup.mirror.files), authority / "server.pem") as mirror:
        variables = {"SLIPWAY_PYTHON_MIRROR": mirror.file_url("")}
        variables["PIP_CERT"] = ""
        refused = setup.compile(**variables)
        assert_error(refused, "managed_python_not_on_the_mirror")
        assert "UnknownIssuer" in refused.err
        if place == "variable":
            variables["PIP_CERT"] = str(authority / "ca.pem")
        else:
            text = f"[global]\ncert = {authority / 'ca.pem'}\n"
            write_tree(tmp_path / "home", {".config/pip/pip.conf": text})
            variables["XDG_CONFIG_HOME"] = str(tmp_path / "home" / ".config")
        result = setup.compile(**variables)
        assert result.status == 0, result.all
        assert mirror.downloads == {setup.file: 1}
    assert len(setup.pythons) == 1
