"""Two builds as Heroku runs them: each in a new folder, with one cache and a report.

https://devcenter.heroku.com/articles/buildpack-api
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from integration.classic_platform import UV, Platform, Result, machine_env, run
from integration.conftest import tree
from integration.image_pythons import need, system_python, with_pythons
from integration.index import Index, served
from integration.isolation import read_only
from integration.packages import extension, sdist, wheel, write_tree
from integration.serving import Dyno
from slipway.domain.installation import Installation
from slipway.platforms.classic.report import REPORT, slipway_version

Report = dict[str, str | int | float]

APP = {"requirements.txt": "buoy\n", "Procfile": "web: python -m http.server $PORT\n"}
IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_PYTHON_SOURCE": "image"}
CODE = """
#include <Python.h>
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "crane", 0, -1, 0};
PyMODINIT_FUNC PyInit_crane(void) { return PyModule_Create(&module); }
"""
NEXT_BUILDPACK = """
set -eu
. "$1/export"
python -c 'import buoy; print(buoy.__version__)'
"""
DURATIONS = ("plan", "lock", "install", "total")
WRONG_HASH = f"buoy==1.4 --hash=sha256:{'0' * 64}\n"
SLOW_HOOK = "echo $$ >number\nmv number started\nexec sleep 60\n"


@dataclass(kw_only=True)
class Heroku:
    """Calls the scripts with only the variables that Heroku sets, in the buildpack's folder."""

    platform: Platform
    folder: Path
    builds: list[Path] = field(default_factory=list)

    def put(self, files: Mapping[str, str]) -> Path:
        """Copy the source to a new build folder; nothing of the last build is left."""
        for earlier in self.builds:
            shutil.rmtree(earlier, ignore_errors=True)
        (self.platform.slipway / "export").unlink(missing_ok=True)
        build = self.folder / f"build_{len(self.builds)}"
        self.builds.append(build)
        return write_tree(build, dict(files))

    def compile(self, build: Path, variables: Mapping[str, str] = IMAGE_PYTHON) -> Result:
        assert self.platform.run_script("detect", build).out == "Python\n"
        return self.platform.compile(build, variables)

    def report(self, build: Path) -> Report:
        """Run bin/report, which succeeds whatever it finds."""
        platform = self.platform
        result = platform.run_script("report", build, platform.cache, platform.env_dir)
        assert (result.status, result.err) == (0, "")
        found: Report = json.loads(result.out)
        assert all(isinstance(value, str | int | float) for value in found.values())
        assert [*found] == sorted(found)
        return found

    def succeed(
        self, files: Mapping[str, str] = APP, variables: Mapping[str, str] = IMAGE_PYTHON
    ) -> Report:
        """Build an app that can be built, and return its report."""
        build = self.put(files)
        result = self.compile(build, variables)
        assert result.status == 0, result.all
        report = self.report(build)
        assert report["success"] is True
        assert [key for key in report if key.startswith("failure")] == []
        return report


def heroku_with(platform: Platform, index: Index, folder: Path, **variables: str) -> Heroku:
    """Return the platform, whose environment also has the settings of the index."""
    index_settings = {"PIP_CONFIG_FILE": "/dev/null", "PIP_INDEX_URL": index.url}
    home = folder / "home"
    home.mkdir(exist_ok=True)
    env = {"HOME": str(home), "LANG": "C.UTF-8", "PATH": f"{UV}:/usr/bin:/bin"}
    own = replace(platform, env={**index_settings, **env, **variables}, cwd=platform.slipway)
    return Heroku(platform=own, folder=folder)


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    (tmp_path / "wheels").mkdir()
    index = Index()
    index.add(wheel(tmp_path / "wheels", "buoy", "1.4"))
    with served(index):
        yield index


@pytest.fixture
def heroku(fresh_platform: Platform, index: Index, tmp_path: Path) -> Heroku:
    return heroku_with(fresh_platform, index, tmp_path, STACK="heroku-24")


def test_the_second_build_reuses_the_first_and_says_so(heroku: Heroku) -> None:
    """The stack does not matter: nothing is kept by its name."""
    first = heroku.succeed(variables={})
    assert first["cache_status"] == "empty"
    assert (first["packages"], first["packages_installed"]) == (1, 1)
    assert (first["python_version_origin"], first["requirements_file"]) == (
        "default",
        "requirements.txt",
    )
    assert (first["web_origin"], first["web_server"]) == ("Procfile", "python")
    assert first["toolchain"] == "uv"
    assert first["slipway_version"] == slipway_version(Installation(ROOT))
    assert {f"{name}_duration" for name in DURATIONS} <= first.keys()
    [build], platform = heroku.builds, heroku.platform
    later = run(["bash", "-c", NEXT_BUILDPACK, "sh", platform.slipway], platform.env)
    assert later.out == "1.4\n", later.all
    assert platform.run_script("release", build).status == 0
    record = (build / ".slipway" / "build.json").read_text()

    heroku.platform = replace(platform, env={**platform.env, "STACK": "heroku-22"})
    second = heroku.succeed(variables={})
    assert (second["cache_status"], second["packages_installed"]) == ("hit", 0)
    assert {"lock", "python", "venv"} <= {*str(second["cache_hits"]).split(", ")}
    assert "cache_misses" not in second
    assert second.keys() - first.keys() <= {"cache_hits"}
    assert (heroku.builds[-1] / ".slipway" / "build.json").read_text() == record
    app = heroku.builds[-1].rename(heroku.folder / "moved")
    assert Dyno(app=app).run("python -c 'import buoy'").status == 0


@dataclass(frozen=True, kw_only=True)
class Fault:
    """What makes a first build fail, and what its report says."""

    files: Mapping[str, str]
    reason: str
    step: str
    variables: Mapping[str, str] = field(default_factory=dict)
    is_installed: bool = False
    """Whether the packages are in the cache by then."""


FAULTS = {
    "setting": Fault(
        files={"pyproject.toml": "[tool.slipway]\ntoolchain = 'cargo'\n"},
        reason="setting-invalid",
        step="plan",
    ),
    "python": Fault(
        files={".python-version": "3.99\n"}, reason="python-not-found", step="python"
    ),
    "lock": Fault(
        files={"requirements.txt": "buoy\nlost-at-sea\n"},
        reason="package-not-found",
        step="lock",
    ),
    "install": Fault(
        files={"requirements.txt": WRONG_HASH}, reason="hash-mismatch", step="install"
    ),
    "pre_compile": Fault(
        files={"bin/pre_compile": "exit 3\n"}, reason="hook-failed", step="pre_compile"
    ),
    "postinstall": Fault(
        files={"postinstall": "exit 3\n"},
        reason="hook-failed",
        step="postinstall",
        is_installed=True,
    ),
    "post_compile": Fault(
        files={"bin/post_compile": "exit 3\n"},
        reason="hook-failed",
        step="post_compile",
        is_installed=True,
    ),
    "processes": Fault(
        files={"Procfile": "web: no-such-program\n"},
        variables={"SLIPWAY_STRICT": "true"},
        reason="processes-unusable",
        step="processes",
        is_installed=True,
    ),
}
_IN_CI = ("lock", "post_compile")


@pytest.mark.parametrize(
    "name",
    [name if name in _IN_CI else pytest.param(name, marks=pytest.mark.long) for name in FAULTS],
)
def test_a_failed_build_leaves_its_report_and_a_cache_for_the_next(
    heroku: Heroku, name: str
) -> None:
    fault = FAULTS[name]
    build = heroku.put({**APP, **fault.files})
    failed = heroku.compile(build, {**IMAGE_PYTHON, **fault.variables})
    assert failed.status == 1, failed.all
    assert_failed(heroku.report(build), fault.reason, fault.step)
    title = failed.words.partition("Error: ")[2].partition("\n")[0]
    assert heroku.report(build)["failure_detail"] == title

    variables = heroku.platform.env.items()
    without_stack = {variable: value for variable, value in variables if variable != "STACK"}
    heroku.platform = replace(heroku.platform, env=without_stack)
    second = heroku.succeed()
    if fault.is_installed:
        assert (second["cache_status"], second["packages_installed"]) == ("hit", 0)
    else:
        assert second["packages_installed"] == 1


def assert_failed(report: Report, reason: str, step: str) -> None:
    found = {key: report.get(key) for key in ("success", "failure_reason", "failure_step")}
    assert found == {"success": False, "failure_reason": reason, "failure_step": step}


@pytest.mark.long
def test_a_vendored_package_that_cannot_be_built_is_in_the_report(heroku: Heroku) -> None:
    build = heroku.put(APP)
    tree(build / "vendor" / "anchor", code="raise SystemExit('no anchor')")
    assert heroku.compile(build).status == 1
    assert_failed(heroku.report(build), "vendored-build-failed", "wheels")
    assert heroku.report(build)["vendored_packages"] == 1
    heroku.succeed()


@pytest.mark.long
def test_a_build_for_tests_has_a_report_too(heroku: Heroku) -> None:
    build, platform = heroku.put(APP), heroku.platform
    platform.write_config_vars(IMAGE_PYTHON)
    folders = (build, platform.cache, platform.env_dir)
    assert platform.run_script("test-compile", *folders).status == 0
    report = heroku.report(build)
    assert (report["success"], report["for_tests"]) == (True, True)


@pytest.mark.long
def test_failed_static_files_leave_the_packages_in_the_cache(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    env = {**machine_env(), "HOME": str(tmp_path)}
    heroku = Heroku(platform=replace(fresh_platform, env=env), folder=tmp_path)
    source = shutil.copytree(FIXTURES / "django_static_file_missing", tmp_path / "source")
    build = shutil.copytree(source, tmp_path / "build_0")
    assert heroku.compile(build).status == 1
    assert_failed(heroku.report(build), "static-file-missing", "collectstatic")
    again = shutil.copytree(source, tmp_path / "build_1")
    mended = heroku.compile(again, {**IMAGE_PYTHON, "DISABLE_COLLECTSTATIC": "1"})
    assert mended.status == 0, mended.all
    report = heroku.report(again)
    assert (report["cache_status"], report["packages_installed"]) == ("hit", 0)
    assert str(report["django_version"])[0].isdigit()


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (signal.SIGKILL, "did-not-end"),
        pytest.param(signal.SIGTERM, "cancelled", marks=pytest.mark.long),
    ],
)
def test_a_build_that_is_ended_leaves_no_report_of_another(
    heroku: Heroku, number: signal.Signals, reason: str
) -> None:
    build, platform = heroku.put({**APP, "bin/post_compile": SLOW_HOOK}), heroku.platform
    write_tree(platform.cache, {REPORT: '{"success": true}'})
    platform.write_config_vars(IMAGE_PYTHON)
    process = subprocess.Popen(
        [platform.slipway / "bin" / "compile", build, platform.cache, platform.env_dir],
        env=dict(platform.env),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline, started = time.monotonic() + 60, build / "started"
    while not started.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.send_signal(number)
    process.wait(30)
    with suppress(ProcessLookupError):  # after SIGKILL, nobody has ended the hook
        os.kill(int(started.read_text()), signal.SIGKILL)
    assert_failed(heroku.report(build), reason, "post_compile")
    report = heroku.succeed()
    assert (report["cache_status"], report["packages_installed"]) == ("hit", 0)


@pytest.mark.long
def test_nothing_made_for_the_python_of_another_image_is_reused(heroku: Heroku) -> None:
    need("3.10")
    assert system_python() != "3.10"
    platform, pinned = heroku.platform, {**APP, ".python-version": "3.10\n"}
    heroku.platform = with_pythons(platform, "3.10")
    assert str(heroku.succeed(pinned)["python_version"]).startswith("3.10.")
    heroku.platform = platform
    report = heroku.succeed()
    assert str(report["python_version"]).startswith(f"{system_python()}.")
    assert report["packages_installed"] == 1
    assert {"python", "venv"} & {*str(report.get("cache_hits", "")).split(", ")} == set()
    assert "venv" in str(report["cache_misses"])


@pytest.mark.long
@pytest.mark.parametrize("toolchain", ["uv", "pip-tools"])
def test_nothing_compiled_with_another_c_library_is_reused(
    heroku: Heroku, index: Index, tmp_path: Path, toolchain: str
) -> None:
    """uv and pip know of the wheels that they have built only for which processor they are."""
    index.add(sdist(tmp_path / "wheels", "crane", "1.0", extension("crane", "1.0", CODE)))
    index.add_setuptools()
    app = {**APP, "requirements.txt": "crane\n"}
    variables = {**IMAGE_PYTHON, "SLIPWAY_TOOLCHAIN": toolchain}
    heroku.succeed(app, variables)
    [folder] = heroku.platform.cache.glob("slipway-[0-9]*")
    for kind in ("venv", "lock", "wheel"):  # their keys have the C library
        shutil.rmtree(folder / kind, ignore_errors=True)
    record = folder / "downloads" / f".listing-of-{toolchain}"
    listing, image = record.read_text().split("\n")
    record.write_text(f"{listing}\n{image}9")

    build = heroku.put(app)
    result = heroku.compile(build, variables)
    assert result.status == 0, result.all
    said = " ".join(result.out.split())
    assert f"are for another image ({image}9; this one is {image})" in said
    assert heroku.report(build)["packages_installed"] == 1
    assert Dyno(app=build).run("python -c 'import crane'").status == 0


def test_a_cache_that_cannot_be_written_to_has_no_report(heroku: Heroku) -> None:
    """What it has is the report of a build before."""
    write_tree(heroku.platform.cache, {REPORT: '{"success": true}'})
    assert heroku.report(heroku.folder) == {"success": True}
    heroku.platform = replace(heroku.platform, within=read_only(heroku.platform.cache))
    assert heroku.report(heroku.folder) == {}


def test_detect_refuses_another_language_and_there_is_no_report(heroku: Heroku) -> None:
    build = write_tree(heroku.folder / "build_0", {"package.json": "{}"})
    refused = heroku.platform.run_script("detect", build)
    assert (refused.status, refused.out) == (1, "")
    assert heroku.report(build) == {}
