"""Slipway downloads a Python for itself if the build image has none."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Platform, Result, copy_slipway, run
from integration.cloud_foundry import COMPILE_FAILED, Builder
from integration.index import Index, served
from integration.isolation import without_network
from integration.packages import wheel, write_tree
from integration.serving import Dyno
from integration.without_python import (
    ARCHIVE,
    PackedPython,
    in_root,
    make_build_image,
    pack_python,
)
from integration.words import assert_error, stored, title

MACHINE = os.uname().machine
APP = {
    "requirements.txt": "buoy\n",
    "Procfile": "web: python serve.py\n",
    "serve.py": """
import os
from wsgiref.simple_server import make_server

import buoy


def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [f"buoy {buoy.__version__}".encode()]


make_server("127.0.0.1", int(os.environ["PORT"]), application).serve_forever()
""",
}
OFFLINE = {"SLIPWAY_OFFLINE": "true"}


@dataclass(frozen=True, kw_only=True)
class Setup:
    """A platform whose build image has no Python, and a mirror of Pythons."""

    folder: Path
    root: Path
    mirror: Index
    packed: PackedPython

    @property
    def slipway(self) -> Path:
        return self.folder / "slipway"

    @property
    def cached_pythons(self) -> Path:
        return self.folder / "cache" / "slipway-python"

    @property
    def mirror_url(self) -> str:
        return self.mirror.file_url("")

    @property
    def build(self) -> Path:
        return self.folder / "build"

    @property
    def platform(self) -> Platform:
        return Platform(
            slipway=self.slipway,
            folder=self.folder,
            cache=self.folder / "cache",
            env={
                "PATH": "/usr/bin:/bin",
                "HOME": "/nowhere",
                "SLIPWAY_PYTHON_MIRROR": self.mirror_url,
            },
            within=in_root(self.root, self.folder),
        )

    @property
    def builder(self) -> Builder:
        """Stages apps with Slipway, without an index."""
        folder = self.folder / "staging"
        folder.mkdir(exist_ok=True)
        return Builder(
            folder=folder,
            env={**self.platform.env, **OFFLINE},
            within=in_root(self.root, self.folder),
            packs_cache=False,
        )

    def pin(self, sha256: str, processor: str = MACHINE) -> None:
        """Pin the Python that Slipway downloads."""
        line = f"{processor} {sha256} {ARCHIVE}\n"
        (self.slipway / "vendor" / "pythons.txt").write_text(line, "ascii")

    def app(self) -> Path:
        shutil.rmtree(self.build, ignore_errors=True)
        write_tree(self.build, APP)
        (self.build / "vendor").mkdir()
        wheel(self.build / "vendor", "buoy", "1.4")
        return self.build

    def compile(self, **config_vars: str) -> Result:
        return self.platform.compile(self.app(), {**OFFLINE, **config_vars})

    @property
    def python(self) -> Path:
        """The executable of the cached Python."""
        return self.cached_pythons / self.packed.digest[:16] / "bin" / self.packed.name

    def download_python(self, **config_vars: str) -> None:
        """Compile an app that does not exist: the build stops as soon as it has a Python."""
        result = self.platform.compile(self.folder / "none", config_vars)
        assert_error(result, "app_folder_missing")

    def cache_has_no_python(self) -> bool:
        return not self.cached_pythons.exists() or [*self.cached_pythons.iterdir()] == []


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> PackedPython:
    return pack_python(tmp_path_factory.mktemp("packed"))


@pytest.fixture(scope="module")
def image(packed: PackedPython, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_build_image(tmp_path_factory.mktemp("image"), packed.libraries)


@pytest.fixture
def setup(image: Path, packed: PackedPython, tmp_path: Path) -> Iterator[Setup]:
    root = shutil.copytree(image, tmp_path / "image", symlinks=True)
    folder = tmp_path / "setup"
    folder.mkdir()
    mirror = Index(files={ARCHIVE: packed.archive})
    with served(mirror):
        setup = Setup(folder=folder, root=root, mirror=mirror, packed=packed)
        copy_slipway(setup.slipway)
        setup.pin(packed.digest)
        yield setup


def plain(text: str) -> str:
    """Join the lines of a log, without their marks."""
    return " ".join(text.replace(" !", "").split())


def letters(text: str) -> str:
    """Remove all spaces of a log, too, since long words are broken at the end of a line."""
    return "".join(plain(text).split())


def assert_refused(result: Result, title: str) -> None:
    assert result.status == 1, result.all
    assert result.err.startswith(f"\n !     Error: {title}\n !\n"), result.all
    assert "What to do:" in result.err or "What you can do:" in result.err
    # URLs and paths are on separate lines and not broken, so you can copy them.
    unbroken = re.compile(r"/|curl: ")
    long_lines = [line for line in result.err.splitlines() if len(line) > 80]
    assert [line for line in long_lines if not unbroken.search(line)] == []


def test_a_python_is_downloaded_once_and_builds_and_runs_the_app(setup: Setup) -> None:
    first = setup.platform.build(setup.app(), OFFLINE)
    assert f"{setup.mirror_url}{ARCHIVE.replace('+', '%2B')}" in letters(first.out)
    assert [*setup.cached_pythons.iterdir()] == [setup.python.parents[1]]
    # Some platforms move the cache between builds.
    moved = (setup.folder / "cache").rename(setup.folder / "elsewhere")
    second = replace(setup.platform, cache=moved).build(setup.app(), {**OFFLINE, **DEBUG})
    assert setup.mirror.downloads == {ARCHIVE: 1}
    assert "python" in second.cache_hits - second.cache_misses

    app = setup.platform.move(setup.build)
    shutil.rmtree(moved)
    within = in_root(setup.root, app, cwd=app)
    with Dyno(app=app, within=within, home=str(app)).serve() as site:
        assert site.get("/").text == "buoy 1.4"


def use_shell(root: Path, shell: str) -> None:
    """Make /bin/sh of the image this shell."""
    place = root / "usr" / "bin" / "sh"
    place.unlink()
    shutil.copy(shutil.which(shell, path="/usr/bin:/bin") or shell, place)


@pytest.mark.parametrize("shell", ["dash", pytest.param("bash", marks=pytest.mark.long)])
def test_at_cloud_foundry_a_python_is_downloaded_once_and_with_one_line(
    setup: Setup, shell: str
) -> None:
    use_shell(setup.root, shell)
    app = shutil.copytree(setup.app(), setup.folder / "source")
    builder = setup.builder
    first = builder.build(app, setup.slipway)
    assert first.out.count("-----> Python for Slipway\n") == 1
    assert first.out.startswith("-----> Python for Slipway\n")
    final = builder.cache / "final"
    assert [*(final / "slipway-python").iterdir()] == [
        final / "slipway-python" / setup.packed.digest[:16]
    ]
    [compiled] = (final / "slipway-library").iterdir()
    second = builder.build(app, setup.slipway)
    assert "Python for Slipway" not in second.out
    assert setup.mirror.downloads == {ARCHIVE: 1}
    assert [*(final / "slipway-library").iterdir()] == [compiled]
    assert second.processes == {"web": "python serve.py"}


def test_at_cloud_foundry_the_error_without_a_network_is_given_once(setup: Setup) -> None:
    app, builder = setup.app(), setup.builder
    builder.within = [*without_network(), *builder.within]
    staged = builder.stage(app, setup.slipway)
    assert staged.status == COMPILE_FAILED
    assert staged.err.count("Error: ") == 1
    assert "Error: Slipway's Python cannot be downloaded" in staged.err
    assert "bin/slipway package --cloud-foundry slipway.zip --offline" in staged.err
    assert "export" not in staged.all
    steps = staged.err.partition("What you can do:")[2].partition("curl: ")[0]
    assert max(map(len, steps.splitlines())) <= 80
    assert staged.out.count("Python for Slipway") == 1


@pytest.mark.long
def test_the_lifecycle_stores_it_in_the_cache_layer(setup: Setup) -> None:
    layers = setup.folder / "layers"
    (setup.folder / "platform").mkdir()
    app = setup.app()
    variables = {
        **OFFLINE,
        "CNB_LAYERS_DIR": str(layers),
        "CNB_PLATFORM_DIR": str(setup.folder / "platform"),
    }
    isolated = replace(
        setup.platform,
        env={**setup.platform.env, **variables},
        within=in_root(setup.root, setup.folder, cwd=app),
    )
    layers.mkdir()
    for _ in range(2):
        built = isolated.run_script("build", layers, setup.folder / "platform", "plan.toml")
        assert built.status == 0, built.all
    assert setup.mirror.downloads == {ARCHIVE: 1}
    cached = layers / "cache" / "slipway-python" / setup.python.parents[1].name
    assert cached.is_dir()
    assert "cache = true" in (layers / "cache.toml").read_text()
    shutil.rmtree(layers / "cache")
    bundled = run([layers / "python" / "bin" / "python3", "-c", "import ssl; print(1)"], {})
    assert bundled.out == "1\n", bundled.err


def test_its_sysconfig_names_the_compilers_of_the_image(setup: Setup) -> None:
    setup.download_python()
    names = "AR CC CXX LDSHARED"
    values = f"sysconfig.get_config_vars(*'{names}'.split())"
    script = f"import sysconfig; print(*(value.split()[0] for value in {values}))"
    printed = run([setup.python, "-I", "-c", script], {})
    assert printed.out == "ar cc c++ cc\n", printed.err


def test_a_changed_pin_downloads_again_and_removes_the_old_python(setup: Setup) -> None:
    old = setup.cached_pythons / ("0" * 64)
    (old / "bin").mkdir(parents=True)
    os.utime(old, (0, 0))
    setup.download_python()
    assert setup.mirror.downloads == {ARCHIVE: 1}
    assert [*setup.cached_pythons.iterdir()] == [setup.python.parents[1]]


def test_an_incomplete_python_is_downloaded_again(setup: Setup) -> None:
    setup.download_python()
    library = setup.python.parents[1] / "lib"
    shutil.rmtree(library)
    setup.download_python()
    assert setup.mirror.downloads == {ARCHIVE: 2}
    assert library.is_dir()


def test_an_archive_with_another_hash_is_rejected_and_not_cached(setup: Setup) -> None:
    setup.pin("0" * 64)
    result = setup.compile()
    assert_refused(result, "The downloaded Python for Slipway is not the pinned one")
    assert f"Expected {'0' * 64}" in result.err
    assert f"Received {setup.packed.digest}" in result.err
    assert setup.cache_has_no_python()


def test_the_error_names_a_mirror_without_its_password(setup: Setup) -> None:
    setup.mirror.user = "harbour:s3cret"
    with_password = setup.mirror_url.replace("//", "//harbour:s3cret@")
    setup.download_python(SLIPWAY_PYTHON_MIRROR=with_password)
    shutil.rmtree(setup.cached_pythons)
    setup.mirror.files.clear()
    result = setup.compile(SLIPWAY_PYTHON_MIRROR=with_password)
    assert_refused(result, "Slipway's Python cannot be downloaded")
    assert f"{setup.mirror_url}{ARCHIVE.partition('+')[0]}" in result.err
    assert "404" in result.err
    assert "s3cret" not in result.all
    assert setup.cache_has_no_python()


@pytest.mark.parametrize(
    "variable",
    [
        "SLIPWAY_PYTHON_MIRROR",
        pytest.param("UV_PYTHON_INSTALL_MIRROR", marks=pytest.mark.long),
    ],
)
def test_a_config_variable_may_name_a_folder_as_mirror(setup: Setup, variable: str) -> None:
    folder = setup.folder / "mirror" / ARCHIVE
    folder.parent.mkdir(parents=True)
    shutil.copy(setup.packed.archive, folder)
    env = {"PATH": "/usr/bin:/bin", "HOME": "/nowhere"}
    isolated = replace(setup.platform, env=env)
    mirror = {variable: f"file://{setup.folder}/mirror"}
    result = isolated.compile(setup.folder / "none", mirror)
    assert_error(result, "app_folder_missing")
    assert setup.python.exists()
    assert not setup.mirror.downloads


@pytest.mark.parametrize(
    "url",
    [
        "/mirror",
        *(
            pytest.param(url, marks=pytest.mark.long)
            for url in ("ftp://mirror", "https://mirror and more")
        ),
    ],
)
def test_a_mirror_that_is_not_a_url_is_rejected(setup: Setup, url: str) -> None:
    result = setup.compile(SLIPWAY_PYTHON_MIRROR=url)
    assert_refused(result, "SLIPWAY_PYTHON_MIRROR is not a URL")


def test_without_a_network_the_error_names_the_url(setup: Setup) -> None:
    cut_off = replace(setup.platform, within=[*without_network(), *setup.platform.within])
    result = cut_off.compile(setup.app(), OFFLINE)
    assert_refused(result, "Slipway's Python cannot be downloaded")
    assert setup.mirror_url in result.err
    assert "curl: (7)" in result.err
    assert setup.cache_has_no_python()
    assert reported(cut_off)["failure_detail"] == "Slipway's Python cannot be downloaded"


def reported(platform: Platform) -> dict[str, object]:
    """Return what bin/report prints, which needs no Python."""
    result = platform.run_script("report", "/nowhere", platform.cache)
    assert result.status == 0, result.all
    found: dict[str, object] = json.loads(result.out)
    return found


@pytest.mark.long
def test_each_build_of_an_image_without_a_python_has_its_own_report(setup: Setup) -> None:
    assert setup.compile(SLIPWAY_PYTHON_MIRROR="/mirror").status == 1
    assert reported(setup.platform)["failure_reason"] == "no-python-for-slipway"
    setup.platform.build(setup.app(), OFFLINE)
    report = reported(setup.platform)
    assert (report["success"], report["packages_installed"]) == (True, 1)
    assert "failure_reason" not in report
    broken = write_tree(setup.app(), {"bin/post_compile": "exit 3\n"})
    assert setup.platform.compile(broken, OFFLINE).status == 1
    report = reported(setup.platform)
    assert (report["success"], report["cache_status"]) == (False, "hit")
    assert (report["failure_reason"], report["failure_step"]) == ("hook-failed", "post_compile")


@pytest.mark.parametrize(
    "tool",
    ["curl", *(pytest.param(tool, marks=pytest.mark.long) for tool in ("tar", "sha256sum"))],
)
def test_the_error_names_a_missing_tool(setup: Setup, tool: str) -> None:
    (setup.root / "usr" / "bin" / tool).unlink()
    result = setup.compile()
    assert_refused(result, f"Slipway's Python cannot be downloaded: no {tool}")
    assert setup.cache_has_no_python()


def test_the_error_names_an_unsupported_processor(setup: Setup) -> None:
    uname = setup.root / "usr" / "bin" / "uname"
    uname.write_text("#!/bin/sh\necho riscv64\n")
    result = setup.compile()
    assert_refused(result, "There is no Python for Slipway")
    assert "no Python to download for a riscv64 processor" in plain(result.err)
    assert not setup.mirror.requests


def test_the_error_reports_an_image_with_musl(setup: Setup) -> None:
    (setup.root / "usr" / "lib" / "ld-musl-x86_64.so.1").touch()
    result = setup.compile()
    assert_refused(result, "There is no Python for Slipway")
    assert "an image with musl" in result.err
    assert not setup.mirror.requests


def test_a_file_that_is_not_an_archive_is_rejected(setup: Setup, tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_bytes(b"no archive")
    setup.mirror.files[ARCHIVE] = broken
    setup.pin(replace(setup.packed, archive=broken).digest)
    assert_refused(setup.compile(), "Slipway's Python does not run on this image")
    assert setup.cache_has_no_python()


def test_the_error_names_a_cache_that_is_not_writable(setup: Setup) -> None:
    (setup.folder / "cache").write_text("a file")
    result = setup.compile()
    assert_refused(result, "Slipway's Python cannot be stored")
    assert str(setup.cached_pythons) in result.err


def test_a_python_bundled_with_slipway_needs_no_network(setup: Setup) -> None:
    shutil.unpack_archive(setup.packed.archive, setup.slipway)
    cut_off = replace(setup.platform, within=[*without_network(), *setup.platform.within])
    cut_off.build(setup.app(), OFFLINE)
    assert not setup.cached_pythons.exists()
    planned = cut_off.run_script("slipway", "plan", setup.build)
    assert planned.out.startswith("Python "), planned.all


@pytest.mark.long
def test_the_error_names_the_available_python_if_the_app_needs_another(setup: Setup) -> None:
    write_tree(setup.app(), {".python-version": "3.10\n"})
    result = setup.platform.compile(setup.build, OFFLINE)
    assert_error(result, "python_version_not_available")
    assert str(setup.python) in result.err


def test_a_terminated_build_leaves_no_partial_python(setup: Setup) -> None:
    setup.platform.write_config_vars({})
    setup.app()
    # Opening it blocks, because it has no writer.
    pipe = setup.folder / "mirror" / ARCHIVE
    pipe.parent.mkdir(parents=True)
    os.mkfifo(pipe)
    env = {**setup.platform.env, "SLIPWAY_PYTHON_MIRROR": f"file://{setup.folder}/mirror"}
    argv = [setup.slipway / "bin" / "compile", setup.build, setup.folder / "cache"]
    process = subprocess.Popen(
        [*setup.platform.within, *map(str, argv)],
        env=env,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 30
        while setup.cache_has_no_python():
            assert time.monotonic() < deadline
            time.sleep(0.05)
        time.sleep(0.2)
        process.terminate()
        assert process.wait(20) == 128 + signal.SIGTERM
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait(20)
    assert setup.cache_has_no_python()


def test_detect_works_without_any_python(setup: Setup) -> None:
    run_script = setup.platform.run_script
    yes = run_script("detect", setup.app())
    assert (yes.status, yes.out, yes.err) == (0, "Python\n", "")
    empty = setup.folder / "empty"
    empty.mkdir()
    for folder in (empty, setup.folder / "gone"):
        no = run_script("detect", folder)
        with_python = run([setup.slipway / "bin" / "detect", folder], {"PATH": "/usr/bin:/bin"})
        assert (no.status, no.out) == (with_python.status, with_python.out) == (1, "")
        assert letters(no.err) == letters(with_python.err).replace("Itisempty.", "")
    assert run_script("detect").err == "usage: bin/detect BUILD\n"
    assert not setup.mirror.requests


def test_detect_works_for_the_lifecycle_without_any_python(setup: Setup) -> None:
    app, plan = setup.app(), setup.folder / "plan.toml"
    env = {**setup.platform.env, "CNB_BUILD_PLAN_PATH": str(plan)}
    isolated = replace(
        setup.platform, env=env, within=in_root(setup.root, setup.folder, cwd=app)
    )
    plan.touch()
    before = sorted(app.rglob("*"))
    yes = isolated.run_script("detect", "platform", plan)
    assert (yes.status, yes.err) == (0, "")
    assert plan.read_text() == (setup.slipway / "lib" / "build_plan.toml").read_text()
    assert sorted(app.rglob("*")) == before
    plan.write_text("")
    other = setup.folder / "other"
    other.mkdir()
    elsewhere = in_root(setup.root, setup.folder, cwd=other)
    no = replace(isolated, within=elsewhere).run_script("detect", "platform", plan)
    assert (no.status, no.out) == (100, "")
    assert title(no.words) == title(stored("not_a_python_app"))
    assert plan.read_text() == ""


@pytest.mark.long
def test_release_uses_the_python_of_the_built_app(setup: Setup) -> None:
    setup.platform.build(setup.app(), OFFLINE)
    shutil.rmtree(setup.folder / "cache")
    released = setup.platform.run_script("release", setup.build)
    with_python = replace(setup.platform, within=()).run_script("release", setup.build)
    assert released == with_python
    assert released.status == 0


def test_a_command_without_a_cache_reports_that_there_is_no_python(setup: Setup) -> None:
    result = setup.platform.run_script("slipway", setup.app())
    assert_refused(result, "There is no Python for Slipway")
    assert not setup.mirror.requests


def test_release_without_a_python_says_that_nothing_is_built(setup: Setup) -> None:
    result = setup.platform.run_script("release", setup.app())
    assert_refused(result, "The app has not been built yet")
    assert not setup.mirror.requests
