"""On classic platforms, Slipway works before and after other buildpacks, in every order."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import permutations
from pathlib import Path
from shutil import which

import pytest
from server_defaults import available_cpus, available_memory, worker_count

from integration.classic_platform import DEBUG, PATH, Result, run
from integration.field.environment import CEXT, SETUP_PY
from integration.packages import write_tree
from integration.serving import HEROKU, HEROKUISH, Dyno, processes
from integration.several_buildpacks import (
    MULTI,
    Builder,
    Buildpacks,
    add_buildpack,
    make_buildpacks,
)

# A program of the app that says what it finds, in a build and when it is started.
DESCRIBE = """\
import json, os, subprocess, sys, six
try:
    import cext
except ModuleNotFoundError:
    cext = None

def output(*argv):
    try:
        return subprocess.check_output(argv, text=True).strip()
    except FileNotFoundError:
        return None

def described():
    return {
        "extension": cext and cext.v,
        "crane": output("quay-crane"),
        "node": output("quay-node"),
        "ffmpeg": output("ffmpeg"),
        "gunicorn": "gunicorn (version" in output("gunicorn", "--version"),
        "is_own_python": "/.slipway/" in sys.prefix,
        "home": os.environ.get("PYTHONHOME"),
    }

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "application/json")])
    more = {"workers": os.environ["WEB_CONCURRENCY"], "scheme": environ["wsgi.url_scheme"]}
    return [json.dumps({**described(), **more}).encode()]

if __name__ == "__main__":
    print(json.dumps(described()))
"""
CONFIG = """\
bind = "unix:nginx.socket"

def when_ready(server):
    open("app-initialized", "w").close()
"""
APP = {
    "requirements.txt": "six\ngunicorn\n",
    "describe.py": DESCRIBE,
    "config/gunicorn.conf.py": CONFIG,
    "Procfile": "web: bin/start-nginx gunicorn -c config/gunicorn.conf.py describe\n",
    "bin/post_compile": "python describe.py >by-hook.json\n",
}
EXTENSION = {"vendor/cext/setup.py": SETUP_PY, "vendor/cext/cext.c": CEXT}
# Runs the app's program, imports its modules from elsewhere, and installs something.
LATER = """\
cd "$build"
python describe.py >by-buildpack.json
cd /
python -c 'import describe'
pip install six || echo "pip ends with $?"
"""
STRICT = {"SLIPWAY_STRICT": "true"}
FOUND = {
    "extension": None,
    "crane": "lifted",
    "node": "node of node",
    "ffmpeg": None,
    "gunicorn": True,
    "is_own_python": True,
    "home": None,
}
PIP_OF_ANOTHER = " !     Warning: A buildpack after Slipway runs pip, which is not the app's:\n"
IN_CI = "slipway apt nginx python node"
NOT_USED = "Processes use Slipway's Python, not the one in .heroku/python."


@pytest.fixture
def buildpacks(tmp_path: Path, slipway: Path) -> Buildpacks:
    folder = tmp_path / "buildpacks"
    add_buildpack(folder / "later", LATER)
    return make_buildpacks(folder, slipway)


@pytest.fixture
def builder(tmp_path: Path, shared_cache: Path, buildpacks: Buildpacks) -> Builder:
    return Builder(folder=tmp_path / "builder", cache=shared_cache, buildpacks=buildpacks)


def described(build: Path, name: str) -> Mapping[str, object]:
    found: dict[str, object] = json.loads((build / f"by-{name}.json").read_text("utf-8"))
    return found


def at_start(app: Path, start_script: str = HEROKU) -> Mapping[str, object]:
    ran = Dyno(app=app, start_script=start_script).run("python describe.py")
    assert (ran.status, ran.err) == (0, ""), ran.all
    found: dict[str, object] = json.loads(ran.out)
    return found


def one_line(log: str) -> str:
    """Undo the wrapping of the log."""
    return " ".join(log.replace("\n !     ", " ").split())


def test_an_app_of_many_buildpacks_is_built_served_and_cached(
    builder: Builder, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {**APP, **EXTENSION})
    order = ("program", "apt", "node", "python", "slipway", "later", "nginx")
    found = {**FOUND, "extension": 7}
    build, first = builder.built(app, *order, config_vars=STRICT)
    assert NOT_USED in one_line(first)
    assert "start-nginx`" not in first
    assert described(build, "hook") == described(build, "buildpack") == found

    again, result = builder.build(app, *order, config_vars={**STRICT, **DEBUG})
    assert result.status == 0, result.all
    assert PIP_OF_ANOTHER in result.err
    expected = {"wheel", "build-env", "lock", "venv", "python", "shared-libraries"}
    assert not result.cache_misses & expected, result.out

    moved = again.rename(tmp_path / "moved")
    with Dyno(app=moved, env={"DYNO": "web.1"}).serve() as site:
        served = json.loads(site.get("/", {"X-Forwarded-Proto": "https"}).text)
    workers = str(worker_count(available_cpus(), available_memory()))
    assert served == {**found, "ffmpeg": "encoded", "workers": workers, "scheme": "https"}


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(order, marks=[] if order == IN_CI else [pytest.mark.long])
        for order in map(" ".join, permutations(IN_CI.split()))
    ],
)
def test_the_order_of_buildpacks_does_not_matter_when_the_app_starts(
    order: str, builder: Builder, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", APP)
    names = order.split()
    build, log = builder.built(app, *names, config_vars=STRICT)
    before = names[: names.index("slipway")]
    by_hook = {name: FOUND[name] if of in before else None for name, of in FROM.items()}
    assert described(build, "hook") == {**FOUND, **by_hook}
    assert (NOT_USED in one_line(log)) == ("python" in before)
    assert at_start(build.rename(tmp_path / "moved")) == FOUND


FROM = {"crane": "apt", "node": "node"}
"""What the app finds -> the buildpack that provides it."""


def test_a_platform_that_knows_only_one_buildpack_runs_several(
    builder: Builder, tmp_path: Path
) -> None:
    multi = Builder(
        folder=builder.folder, cache=builder.cache, buildpacks=builder.buildpacks, way=MULTI
    )
    app = write_tree(tmp_path / "app", {**APP, "wsgi.py": "from describe import *\n"})
    (app / "Procfile").unlink()
    build, log = multi.built(app, "apt", "node", "slipway")
    assert "=====> Detected Framework: Python\n" in log
    assert described(build, "hook") == FOUND
    released = (build / "last_pack_release.out").read_text()
    assert f'web: "{processes(build)["web"]}"' in released.replace("'", '"')
    assert at_start(build.rename(tmp_path / "moved"), HEROKUISH) == FOUND


def test_a_slipway_that_is_named_twice_says_so_and_builds_the_same(
    builder: Builder, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {**APP, "Procfile": "web: gunicorn describe\n"})
    config_vars = {**DEBUG, "SLIPWAY_BUNDLE_PYTHON": "false"}
    build, log = builder.built(app, "slipway", "slipway", config_vars=config_vars)
    first, _, second = log.partition("Build succeeded")
    twice = "Slipway has built this app already, because it is twice among"
    assert twice in one_line(second)
    assert twice not in one_line(first)
    misses = Result(status=0, out=second, err="").cache_misses
    assert not misses & {"lock", "venv", "start", "shared-libraries"}, second
    exported = (builder.buildpacks["slipway"] / "export").read_text()
    assert exported.count("PATH=") == 2  # PATH and PYTHONPATH
    found = {**FOUND, "crane": None, "node": None}
    assert at_start(build.rename(tmp_path / "moved")) == found


@pytest.mark.parametrize("name", ["pip", "pip3"])
def test_pip_in_a_later_buildpack_explains_that_the_app_has_none(
    name: str, slipway: Path, tmp_path: Path
) -> None:
    for tool in ("sh", "cat", "readlink"):
        (tmp_path / tool).symlink_to(which(tool) or "")
    pip = slipway / "lib" / "programs_of_buildpacks" / name
    refused = run([pip, "install", "six"], {"PATH": f"{pip.parent}:{tmp_path}"})
    assert (refused.status, refused.out) == (1, "")
    assert refused.err.startswith(f"\n !     Error: The app has no {name}\n")
    assert " !     1. Add the packages that the app needs to its requirements.\n" in refused.err


def test_a_pip_that_installs_nothing_is_run_without_a_word(
    slipway: Path, tmp_path: Path
) -> None:
    (tmp_path / "pip").write_text('#!/bin/sh\necho "pip gets $*"\n')
    (tmp_path / "pip").chmod(0o755)
    pip = slipway / "lib" / "programs_of_buildpacks" / "pip"
    asked = run([pip, "--version"], {"PATH": f"{pip.parent}:{tmp_path}:{PATH}"})
    assert (asked.status, asked.out, asked.err) == (0, "pip gets --version\n", "")
    installed = run([pip, "install", "six"], {"PATH": f"{pip.parent}:{tmp_path}:{PATH}"})
    assert installed.err.startswith(PIP_OF_ANOTHER)
