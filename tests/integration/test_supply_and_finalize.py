"""bin/supply and bin/finalize do the right thing with any folders that a builder passes."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Result, machine_env, run
from integration.cloud_foundry import launched
from integration.isolation import read_only
from integration.packages import write_tree

APP = {
    "requirements.txt": "six\n",
    "app.py": "print('harbour')\n",
    "Procfile": "web: python app.py\n",
    "__pycache__/old.cpython-311.pyc": "old\n",
    ".git/config": "[core]\n",
    "bin/post_compile": "echo after\n",
}
IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
HEADER = "-----> "


@dataclass(frozen=True, kw_only=True)
class Staging:
    """The folders of one staging, and calls of the scripts with any arguments."""

    slipway: Path
    vcap: Path
    """Has the folders that a droplet has, so that it can be started where it is."""
    cache: Path

    @property
    def app(self) -> Path:
        return self.vcap / "app"

    @property
    def deps(self) -> Path:
        return self.vcap / "deps"

    @property
    def profile_dir(self) -> Path:
        return self.vcap / "profile.d"

    def script(
        self,
        name: str,
        *arguments: Path | str,
        cwd: Path | str = "/",
        within: Sequence[str] = (),
        **variables: str,
    ) -> Result:
        argv = [self.slipway / "bin" / name, *arguments]
        return run(argv, machine_env(**IMAGE_PYTHON, **variables), cwd, within)

    def supply(self, index: str = "0", **more: str) -> Result:
        return self.script("supply", self.app, self.cache, self.deps, index, **more)

    def finalize(self, index: str = "0", **more: str) -> Result:
        folders = (self.app, self.cache, self.deps, index, self.profile_dir)
        return self.script("finalize", *folders, **more)


@pytest.fixture
def staging(slipway: Path, shared_cache: Path, tmp_path: Path) -> Staging:
    vcap = tmp_path / "vcap"
    write_tree(vcap / "app", APP)
    (vcap / "app" / "link").symlink_to("nowhere")
    (vcap / "deps" / "0").mkdir(parents=True)
    return Staging(slipway=slipway, vcap=vcap, cache=shared_cache / "final")


def succeeded(result: Result) -> str:
    assert (result.status, result.err) == (0, ""), result.all
    return result.out


def headers(log: str) -> list[str]:
    return [
        re.sub(r"\d[\d.]*", "N", line.removeprefix(HEADER))
        for line in log.splitlines()
        if line.startswith(HEADER)
    ]


def entries(folder: Path) -> dict[str, tuple[float, int, int]]:
    """Return everything below a folder, with what changes if it is written."""
    return {
        str(path.relative_to(folder)): (status.st_mtime, status.st_ino, status.st_mode)
        for path in [folder, *folder.rglob("*")]
        for status in [path.lstat()]
    }


def test_supply_changes_nothing_in_the_app(staging: Staging) -> None:
    before = entries(staging.app)
    arguments = (staging.app, staging.cache, staging.deps, "0")
    supplied = staging.script("supply", *arguments, within=read_only(staging.app))
    log = succeeded(supplied)
    assert entries(staging.app) == before
    log += succeeded(staging.finalize())
    assert headers(log) == [
        "Python N",
        "Dependencies from requirements.txt",
        "Running bin/post_compile",
        "Process types (from Procfile)",
        "Build succeeded in N s",
    ]
    added = {*entries(staging.app)} - {*before}
    assert added == {".slipway", ".slipway/release.yml"}
    assert launched(staging.vcap).run("python app.py").out.endswith("harbour\n")


@pytest.mark.long
@pytest.mark.parametrize("level", [{}, DEBUG])
@pytest.mark.parametrize("cache", ["folder", "file"])
def test_both_logs_together_say_everything_once(
    staging: Staging, tmp_path: Path, level: dict[str, str], cache: str
) -> None:
    if cache == "file":
        (tmp_path / "final").write_text("")
        staging = replace(staging, cache=tmp_path / "final")
    supplied, finalized = staging.supply(**level), staging.finalize(**level)
    assert (supplied.status, finalized.status) == (0, 0), supplied.all + finalized.all
    log = supplied.all + finalized.all
    assert (cache == "file") == ("Not using the cache" in log)
    said = [line for line in log.splitlines() if line and "[debug]" not in line]
    assert len(said) == len({*said}), log


@pytest.mark.long
def test_what_only_python_buildpack_does_is_named(staging: Staging) -> None:
    services = {"user-provided": [{"name": "dynatrace-prod", "credentials": {}}]}
    staged = staging.supply(
        BP_DEBUG="1", BP_PIP_VERSION="latest", VCAP_SERVICES=json.dumps(services)
    )
    log = " ".join(succeeded(staged).replace(" !     ", "").split())
    assert "[debug]" in log
    assert "BP_PIP_VERSION has no effect" in log
    assert "does not install the agent of Dynatrace because the service dynatrace-prod" in log


def test_finalize_does_the_whole_build_if_nothing_was_supplied(staging: Staging) -> None:
    assert headers(succeeded(staging.finalize()))[:2] == [
        "Python N",
        "Dependencies from requirements.txt",
    ]
    assert launched(staging.vcap).run("python app.py").out.endswith("harbour\n")


@pytest.mark.long
def test_supply_may_be_called_again_for_another_app(staging: Staging) -> None:
    succeeded(staging.supply())
    write_tree(staging.app, {"requirements.txt": "six\niniconfig\n"})
    succeeded(staging.supply())
    write_tree(staging.app, {"requirements.txt": "six\n"})
    succeeded(staging.supply())
    succeeded(staging.finalize())
    started = launched(staging.vcap).run("python -c 'import six, iniconfig'")
    assert "No module named 'iniconfig'" in started.err


@pytest.mark.long
def test_leftovers_in_the_folder_of_slipway_are_replaced(staging: Staging) -> None:
    leftovers = {
        "venv/bin/python": "not a Python\n",
        "python": "a file\n",
        "bin/gone": "",
        "in-place.txt/x": "a folder\n",
        "profile.d/slipway.sh/x": "a folder\n",
        "lock.txt/x": "a folder\n",
    }
    write_tree(staging.deps / "0", leftovers)
    succeeded(staging.supply())
    succeeded(staging.finalize())
    assert not (staging.deps / "0" / "bin").exists()
    assert launched(staging.vcap).run("python app.py").out.endswith("harbour\n")


@pytest.mark.long
def test_a_killed_supply_leaves_nothing_that_finalize_believes(
    staging: Staging, tmp_path: Path
) -> None:
    own = Staging(
        slipway=staging.slipway, vcap=staging.vcap, cache=tmp_path / "cache" / "final"
    )
    arguments = (own.app, own.cache, own.deps, "0")
    process = subprocess.Popen(
        [own.slipway / "bin" / "supply", *arguments],
        env=machine_env(),
        stdout=subprocess.PIPE,
        start_new_session=True,
        text=True,
    )
    assert process.stdout
    for line in process.stdout:
        if line.startswith(f"{HEADER}Dependencies"):
            break
    os.killpg(process.pid, signal.SIGKILL)
    process.stdout.close()
    process.wait()
    assert "Dependencies from requirements.txt" in headers(succeeded(own.finalize()))
    assert launched(own.vcap).run("python app.py").out.endswith("harbour\n")


@pytest.mark.long
def test_old_builders_pass_relative_folders_and_none_for_scripts(staging: Staging) -> None:
    write_tree(staging.app, {"bin/post_compile": 'ls -d "$CACHE_DIR" "$DEPS_DIR/$DEPS_IDX"\n'})
    cache = os.path.relpath(staging.cache, staging.vcap)
    (staging.deps / "0").rename(staging.deps / "00")
    supplied = staging.script("supply", "app", cache, "deps", "00", cwd=staging.vcap)
    finalized = staging.script("finalize", "app", cache, "deps", "00", cwd=staging.vcap)
    log = succeeded(supplied) + succeeded(finalized)
    assert f"       {staging.deps}/00\n" in log
    assert (staging.app / ".profile.d" / "slipway.sh").exists()
    assert launched(staging.vcap).run("python app.py").out.endswith("harbour\n")


@pytest.mark.long
def test_slipway_may_be_an_earlier_buildpack_and_the_last(staging: Staging) -> None:
    (staging.deps / "1").mkdir()
    earlier = staging.cache.parent / "earlier"
    arguments = (staging.app, earlier, staging.deps, "0")
    succeeded(staging.script("supply", *arguments))
    log = succeeded(staging.supply("1")) + succeeded(staging.finalize("1"))
    assert str(staging.deps) not in log
    names = {path.name for path in staging.profile_dir.iterdir()}
    assert names == {"000_multi-supply.sh", "0_slipway.sh", "slipway.sh"}
    where = launched(staging.vcap).run("command -v python; python app.py").out
    assert f"{staging.deps}/1/venv/bin/python\nharbour\n" in where


@pytest.mark.long
def test_what_is_no_folder_of_a_buildpack_is_left_alone(staging: Staging) -> None:
    elsewhere = write_tree(staging.vcap.parent / "elsewhere", {"bin/crane": "echo lifted\n"})
    (elsewhere / "bin" / "crane").chmod(0o755)
    write_tree(staging.deps, {"README": "", ".cache/bin/x": "", "$x/bin/x": ""})
    (staging.deps / "2").symlink_to(elsewhere)
    (staging.deps / "3").symlink_to("nowhere")
    write_tree(staging.app, {"bin/post_compile": "crane\n"})
    assert "       lifted\n" in succeeded(staging.supply()) + succeeded(staging.finalize())
    [first, _] = (staging.profile_dir / "000_multi-supply.sh").read_text("utf-8").split("\n")
    assert first == 'export PATH="$DEPS_DIR/2/bin${PATH:+:$PATH}"'


def missing(staging: Staging) -> str:
    shutil.rmtree(staging.app)
    return "The app's folder cannot be read"


def of_no_python(staging: Staging) -> str:
    (staging.app / "requirements.txt").rename(staging.app / "readme.txt")
    return "No Python app was found"


def with_file(staging: Staging) -> str:
    (staging.app / ".slipway").write_text("")
    return "A file has the name of a folder"


def with_link(staging: Staging) -> str:
    (staging.app / ".slipway").symlink_to(staging.vcap)
    return "A file has the name of a folder"


def with_long_variable(staging: Staging) -> str:
    write_tree(staging.deps, {"1/env/CFLAGS": "-" * 200_000})
    return "A file cannot be read"


@pytest.mark.parametrize(
    "prepare", [missing, of_no_python, with_file, with_link, with_long_variable]
)
def test_both_scripts_stop_before_any_work(
    staging: Staging, prepare: Callable[[Staging], str]
) -> None:
    title = prepare(staging)
    for result in (staging.supply(), staging.finalize()):
        assert (result.status, result.out) == (1, ""), result.all
        assert result.err.count(f" !     Error: {title}\n") == 1, result.all
        assert str(staging.deps) not in result.err


def test_wrong_arguments_print_the_usage(staging: Staging) -> None:
    folders = (staging.app, staging.cache, staging.deps, "0")
    for name, arguments in (
        ("supply", ()),
        ("supply", folders[:3]),
        ("supply", (*folders, staging.profile_dir)),
        ("supply", (staging.app, "", staging.deps, "0")),
        ("finalize", (*folders, staging.profile_dir, "x")),
        ("finalize", (*folders, "")),
    ):
        result = staging.script(name, *arguments)
        assert (result.status, result.out) == (2, ""), result.all
        assert result.err.startswith(f"usage: bin/{name} BUILD CACHE DEPS INDEX")
