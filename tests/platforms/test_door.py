"""The Cloud Native door as the lifecycle calls it: detection, settings, bindings, layers."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.classic_platform import PATH, Result, run
from integration.packages import write_tree
from integration.private_index import TOKEN, USER, assert_no_trace, private_index
from platforms.phases import Phases, as_user, chown, settings
from platforms.roots import BUILDER

IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
NO_REQUIREMENTS = {"requirements.txt": "", "Procfile": "web: python -m http.server $PORT\n"}


def build(phases: Phases, app: Path, **env: str) -> Result:
    assert phases.detect(app, {**settings(), **IMAGE_PYTHON, **env}).status == 0
    return phases.build()


def digests(app: Path) -> Mapping[str, str]:
    return {
        str(path.relative_to(app)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in app.rglob("*")
        if path.is_file()
    }


def test_detect_fails_with_the_reason_if_the_app_is_not_python(
    phases: Phases, tmp_path: Path
) -> None:
    result = phases.detect(write_tree(tmp_path / "app", {"index.php": ""}))
    assert result.status == 20, result.all
    assert "No Python app was found" in result.all
    assert "It contains index.php" in result.all


def test_detect_writes_nothing_into_the_app(phases: Phases) -> None:
    app = FIXTURES / "wsgi_app"
    assert phases.detect(app).status == 0
    assert digests(phases.app) == digests(app)


@pytest.mark.parametrize("names", [["python"], ["site-packages"], ["python", "site-packages"]])
def test_a_later_buildpack_can_require_python_and_site_packages(
    names: list[str], phases: Phases, tmp_path: Path
) -> None:
    """The later buildpack can also import the app's packages with `python`."""
    requires = "".join(f'[[requires]]\\nname = "{name}"\\n' for name in names)
    files = {
        "buildpack.toml": 'api = "0.10"\n[buildpack]\nid = "tests/later"\nversion = "1.0.0"\n'
        '[[targets]]\nos = "linux"\n',
        "bin/detect": f"#!/bin/sh\nprintf '{requires}' >\"$CNB_BUILD_PLAN_PATH\"\n",
        "bin/build": "#!/bin/sh\npython -c 'import six; print(six.__file__)'\n",
    }
    later = write_tree(phases.folder / "later", files)
    for door in ("detect", "build"):
        (later / "bin" / door).chmod(0o755)
    app = write_tree(tmp_path / "app", {**NO_REQUIREMENTS, "requirements.txt": "six\n"})
    result = build(replace(phases, later=[later]), app)
    assert result.status == 0, result.all
    assert "venv/lib/python3" in result.out


def test_settings_of_other_buildpacks_are_supported(phases: Phases, tmp_path: Path) -> None:
    app = write_tree(tmp_path / "app", {**NO_REQUIREMENTS, "deps/prod.txt": "six\n"})
    known = {
        "BP_CPYTHON_VERSION": "3.11.*",
        "BP_PIP_REQUIREMENT": "deps/prod.txt",
        "BP_LOG_LEVEL": "DEBUG",
    }
    result = build(phases, app, **known)
    assert result.status == 0, result.all
    record = json.loads((phases.own_layers / "runtime" / "build.json").read_text("utf-8"))
    assert record["python"].startswith("3.11.")
    assert [*record["packages"]] == ["six"]
    assert result.commands, "the log has no commands"


def test_an_error_names_the_variable_that_the_user_set(phases: Phases, tmp_path: Path) -> None:
    app = write_tree(tmp_path / "app", NO_REQUIREMENTS)
    result = build(phases, app, BP_CPYTHON_VERSION="newest")
    assert result.status == 51
    assert "BP_CPYTHON_VERSION" in result.words


def test_index_credentials_of_a_binding_are_not_stored(phases: Phases, tmp_path: Path) -> None:
    app = write_tree(
        tmp_path / "app", {**NO_REQUIREMENTS, "requirements.txt": "anchor\nboat\n"}
    )
    user, _, password = USER.partition(":")
    with private_index(tmp_path) as index:
        binding = {
            "type": "pypi",
            "url": index.url,
            "username": user,
            "password": password,
        }
        assert phases.detect(app, IMAGE_PYTHON, {"index": binding}).status == 0
        result = phases.build()
    assert result.status == 0, result.all
    assert index.downloads["boat-1.0.tar.gz"] >= 1
    assert TOKEN not in result.all
    assert_no_trace(phases.layers, phases.app, result=result)


@pytest.mark.parametrize(
    ("binding", "named"),
    [
        ({"type": "pypi", "password": TOKEN}, "index"),
        ({"type": "pypi", "url": f"http://a\nb{TOKEN}"}, "index"),
        ({"type": "ca-certificates", "ca.pem": TOKEN}, "ca.pem"),
        ({"type": "git-credentials", "credentials": "\0"}, "credentials"),
    ],
)
def test_the_error_for_a_broken_binding_names_it(
    binding: dict[str, str], named: str, phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", NO_REQUIREMENTS)
    assert phases.detect(app, IMAGE_PYTHON, {"index": binding}).status == 0
    result = phases.build()
    assert result.status == 51, result.all
    assert named in result.words
    assert TOKEN not in result.all
    assert "Traceback" not in result.all


@pytest.mark.parametrize(
    ("entries", "key"),
    [
        ({"url": "https://localhost:9/simple"}, "url"),
        (
            {"extra-url": "https://127.0.0.1:9/b/simple", "username": "ci", "password": TOKEN},
            "extra-url",
        ),
    ],
)
def test_the_error_for_an_unreachable_index_names_its_binding(
    entries: dict[str, str], key: str, phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", {**NO_REQUIREMENTS, "requirements.txt": "anchor\n"})
    variables = {**IMAGE_PYTHON, "PIP_RETRIES": "0"}
    binding = {"type": "pypi", **entries}
    assert phases.detect(app, variables, {"corp": binding}).status == 0
    result = phases.build()
    assert result.status == 51, result.all
    assert f"check the entry {key} of the service binding corp" in result.words
    assert TOKEN not in result.all


def test_an_unsupported_processor_is_rejected(phases: Phases) -> None:
    other = replace(phases, arch="riscv64")
    result = other.detect(FIXTURES / "wsgi_app")
    assert result.status != 0
    assert "unable to satisfy target os/arch constraints" in result.all


def test_the_layers_of_another_slipway_version_are_removed(
    phases: Phases, tmp_path: Path
) -> None:
    app = write_tree(tmp_path / "app", NO_REQUIREMENTS)
    assert phases.detect(app, {**settings(), **IMAGE_PYTHON}).status == 0
    old_layers = {
        "venv.toml": '[metadata]\nformat = "0"\n',
        "venv/bin/python": "",
        "python.toml": "[types]\nlaunch = true\n",
        "cache/slipway-0/venv/key/file": "",
        "cache.toml": "metadata = 3",
        "runtime.toml": "",
    }
    chown(write_tree(phases.own_layers, old_layers), BUILDER)
    result = phases.build()
    assert result.status == 0, result.all
    assert not (phases.own_layers / "cache" / "slipway-0").exists()


def test_the_scripts_can_be_run_by_hand(phases: Phases, tmp_path: Path) -> None:
    """Without the variables of the lifecycle, only with arguments."""
    folder = phases.folder
    app = write_tree(folder / "app", NO_REQUIREMENTS)
    layers, platform, plan = folder / "layers", folder / "platform", folder / "plan.toml"
    layers.mkdir()
    shutil.copytree(phases.buildpack, folder / "slipway")
    chown(folder, BUILDER)
    variables = {"PATH": PATH, "HOME": str(folder), "SLIPWAY_BUNDLE_PYTHON": "false"}
    for door, arguments in (("detect", [platform, plan]), ("build", [layers, platform, plan])):
        argv: list[str | Path] = [
            *as_user(BUILDER),
            folder / "slipway" / "bin" / door,
            *arguments,
        ]
        result = run(argv, variables, app)
        assert result.status == 0, result.all
    assert 'name = "site-packages"' in plan.read_text("utf-8")
    assert (layers / "launch.toml").is_file()


def test_an_app_in_a_folder_is_detected_and_starts_there(
    phases: Phases, tmp_path: Path
) -> None:
    files = {f"backend/{name}": text for name, text in NO_REQUIREMENTS.items()}
    files |= {"backend/index.html": "the shop\n", "frontend/package.json": "{}"}
    app = write_tree(tmp_path / "app", files)
    refused = phases.detect(app, settings())
    assert refused.status == 20, refused.all
    assert "SLIPWAY_ROOT=backend" in refused.all
    result = build(phases, app, SLIPWAY_ROOT="backend")
    assert result.status == 0, result.all
    assert digests(phases.app) == digests(app)
    with phases.serve() as site:
        assert site.get("/").text == "the shop\n"
    printed = phases.launch(None, "bash", "-c", "echo $PYTHONPATH")
    assert printed.out == f"{phases.app}/backend\n"
