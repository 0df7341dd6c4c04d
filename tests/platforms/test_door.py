"""The Cloud Native door as the lifecycle calls it: what it takes, refuses and leaves."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import PATH, Ended, run
from integration.packages import write_tree
from integration.test_no_secret_left import USER, WORD, assert_no_trace, private_index
from platforms.phases import Phases, as_user, give, settings
from platforms.roots import BUILDER

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
NOTHING_NEEDED = {"requirements.txt": "", "Procfile": "web: python -m http.server $PORT\n"}


def build(phases: Phases, app: Path, **env: str) -> Ended:
    assert phases.detect(app, {**settings(), **IMAGE_PYTHON, **env}).status == 0
    return phases.build()


def digests(app: Path) -> Mapping[str, str]:
    return {
        str(path.relative_to(app)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in app.rglob("*")
        if path.is_file()
    }


def test_an_app_that_is_not_python_is_passed_by_with_the_reason(
    phases: Phases, tmp_path: Path
) -> None:
    ended = phases.detect(write_tree(tmp_path / "app", {"index.php": ""}))
    assert ended.status == 20, ended.all
    assert "No Python app was found" in ended.all
    assert "It has index.php" in ended.all


def test_detect_writes_nothing_into_the_app(phases: Phases) -> None:
    app = FIXTURES / "wsgi_app"
    assert phases.detect(app).status == 0
    assert digests(phases.app) == digests(app)


@pytest.mark.parametrize("names", [["python"], ["site-packages"], ["python", "site-packages"]])
def test_a_later_buildpack_can_require_what_is_provided(
    names: list[str], phases: Phases, tmp_path: Path
) -> None:
    """It finds the app's Python and packages on its PATH."""
    conflicting = "".join(f'[[requires]]\\nname = "{name}"\\n' for name in names)
    files = {
        "buildpack.toml": 'api = "0.10"\n[buildpack]\nid = "tests/later"\nversion = "1.0.0"\n'
        '[[targets]]\nos = "linux"\n',
        "bin/detect": f"#!/bin/sh\nprintf '{conflicting}' >\"$CNB_BUILD_PLAN_PATH\"\n",
        "bin/build": "#!/bin/sh\npython -c 'import six; print(six.__file__)'\n",
    }
    later = write_tree(phases.folder / "later", files)
    for door in ("detect", "build"):
        (later / "bin" / door).chmod(0o755)
    app = write_tree(tmp_path / "app", {**NOTHING_NEEDED, "requirements.txt": "six\n"})
    ended = build(replace(phases, later=[later]), app)
    assert ended.status == 0, ended.all
    assert "venv/lib/python3" in ended.out


def test_settings_of_other_buildpacks_mean_the_same(phases: Phases, tmp_path: Path) -> None:
    app = write_tree(tmp_path / "app", {**NOTHING_NEEDED, "deps/prod.txt": "six\n"})
    known = {
        "BP_CPYTHON_VERSION": "3.11.*",
        "BP_PIP_REQUIREMENT": "deps/prod.txt",
        "BP_LOG_LEVEL": "DEBUG",
    }
    ended = build(phases, app, **known)
    assert ended.status == 0, ended.all
    record = json.loads((phases.own_layers / "runtime" / "build.json").read_text("utf-8"))
    assert record["python"].startswith("3.11.")
    assert [*record["packages"]] == ["six"]
    assert ended.started, "the log has the commands"


def test_an_error_has_the_name_that_the_user_wrote(phases: Phases, tmp_path: Path) -> None:
    app = write_tree(tmp_path / "app", NOTHING_NEEDED)
    ended = build(phases, app, BP_CPYTHON_VERSION="newest")
    assert ended.status == 51
    assert "BP_CPYTHON_VERSION" in ended.words


def test_credentials_of_an_index_are_bound_for_the_build_alone(
    phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {**NOTHING_NEEDED, "requirements.txt": "anchor\nboat\n"})
    user, _, password = USER.partition(":")
    with private_index(tmp_path) as index:
        binding = {
            "type": "pypi",
            "url": index.url,
            "username": user,
            "password": password,
        }
        assert phases.detect(app, IMAGE_PYTHON, {"index": binding}).status == 0
        ended = phases.build()
    assert ended.status == 0, ended.all
    assert index.downloads["boat-1.0.tar.gz"] >= 1
    assert WORD not in ended.all
    assert_no_trace(phases.layers, phases.app, ended=ended)


@pytest.mark.parametrize(
    ("binding", "named"),
    [
        ({"type": "pypi", "password": WORD}, "index"),
        ({"type": "pypi", "url": f"http://a\nb{WORD}"}, "index"),
        ({"type": "ca-certificates", "ca.pem": WORD}, "ca.pem"),
        ({"type": "git-credentials", "credentials": "\0"}, "credentials"),
    ],
)
def test_a_binding_that_is_broken_stops_the_build_by_its_name(
    binding: dict[str, str], named: str, phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", NOTHING_NEEDED)
    assert phases.detect(app, IMAGE_PYTHON, {"index": binding}).status == 0
    ended = phases.build()
    assert ended.status == 51, ended.all
    assert named in ended.words
    assert WORD not in ended.all
    assert "Traceback" not in ended.all


def test_another_processor_than_those_that_are_named_is_refused(phases: Phases) -> None:
    other = replace(phases, arch="riscv64")
    ended = other.detect(FIXTURES / "wsgi_app")
    assert ended.status != 0
    assert "unable to satisfy target os/arch constraints" in ended.all


def test_the_layers_of_another_slipway_version_are_dropped(
    phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", NOTHING_NEEDED)
    assert phases.detect(app, {**settings(), **IMAGE_PYTHON}).status == 0
    left = {
        "venv.toml": '[metadata]\nformat = "0"\n',
        "venv/bin/python": "",
        "python.toml": "[types]\nlaunch = true\n",
        "cache/slipway-0/venv/key/file": "",
        "cache.toml": "metadata = 3",
        "runtime.toml": "",
    }
    give(write_tree(phases.own_layers, left), BUILDER)
    ended = phases.build()
    assert ended.status == 0, ended.all
    assert not (phases.own_layers / "cache" / "slipway-0").exists()


def test_the_scripts_can_be_run_by_hand(phases: Phases, tmp_path: Path) -> None:
    """With the arguments alone, as older buildpacks were called."""
    folder = phases.folder
    app = write_tree(folder / "app", NOTHING_NEEDED)
    layers, platform, plan = folder / "layers", folder / "platform", folder / "plan.toml"
    layers.mkdir()
    shutil.copytree(phases.buildpack, folder / "slipway")
    give(folder, BUILDER)
    nothing_else = {"PATH": PATH, "HOME": str(folder), "SLIPWAY_BUNDLE_PYTHON": "false"}
    for door, arguments in (("detect", [platform, plan]), ("build", [layers, platform, plan])):
        argv: list[str | Path] = [
            *as_user(BUILDER),
            folder / "slipway" / "bin" / door,
            *arguments,
        ]
        ended = run(argv, nothing_else, app)
        assert ended.status == 0, ended.all
    assert 'name = "site-packages"' in plan.read_text("utf-8")
    assert (layers / "launch.toml").is_file()
