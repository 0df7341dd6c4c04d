"""Processes of an image: their commands, arguments, working directory and variables."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from integration.packages import write_tree
from platforms.phases import NEWEST, OLDEST, USUAL, Phases

SHOW = """
import json, os, sys
print(json.dumps([sys.argv[1:], dict(os.environ), os.getcwd()]))
"""
APP = {
    "requirements.txt": "",
    "show.py": SHOW,
    "Procfile": 'web: python show.py one\nshell: X=two && python show.py "$X" | cat\n',
}
POSTGRES = {"type": "postgresql", "uri": "postgres://u:p%40ss@db.example:5432/harbour"}


@pytest.fixture(params=[OLDEST, USUAL, NEWEST])
def built(
    request: pytest.FixtureRequest, phases: Phases, newest_lifecycle: Path, tmp_path: Path
) -> Phases:
    """Build for each platform API, with a lifecycle that supports it."""
    lifecycle = newest_lifecycle if request.param == NEWEST else phases.lifecycle
    return build(replace(phases, platform_api=request.param, lifecycle=lifecycle), tmp_path)


def build(phases: Phases, tmp_path: Path, app: Mapping[str, str] = APP) -> Phases:
    assert phases.detect(write_tree(tmp_path / "app", {**app})).status == 0
    result = phases.build()
    assert result.status == 0, result.all
    return phases


def shown(
    phases: Phases, process: str, *arguments: str, **env: str
) -> tuple[list[str], dict[str, str], str]:
    result = phases.launch(process, *arguments, env=env)
    assert result.status == 0, result.all
    argv, variables, cwd = json.loads(result.out)
    return argv, variables, cwd


def test_arguments_of_the_user_come_last_with_every_platform_api(built: Phases) -> None:
    assert shown(built, "web")[0] == ["one"]
    assert shown(built, "web", "a b", "$HOME")[0] == ["one", "a b", "$HOME"]
    assert shown(built, "shell")[0] == ["two"]


def test_a_process_gets_its_working_directory_and_its_variables(
    phases: Phases, tmp_path: Path
) -> None:
    built = build(phases, tmp_path)
    _, variables, cwd = shown(built, "web")
    assert cwd == str(built.app)
    assert variables["PATH"].split(":")[0] == str(built.own_layers / "venv" / "bin")
    assert (variables["PORT"], variables["PYTHONUNBUFFERED"]) == ("8080", "1")
    assert int(variables["WEB_CONCURRENCY"]) >= 1
    assert variables["UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN"] == "7"
    assert not {"GUNICORN_CMD_ARGS", "FORWARDED_ALLOW_IPS"} & {*variables}
    assert "DATABASE_URL" not in variables
    assert "runtime" not in variables.get("LD_LIBRARY_PATH", "")
    assert variables["PYTHONPATH"] == str(built.app)
    _, variables, _ = shown(built, "web", PYTHONPATH="lib")
    assert variables["PYTHONPATH"] == f"lib:{built.app}"
    settings = {"PORT": "3000", "WEB_CONCURRENCY": "7", "PYTHONUNBUFFERED": "0"}
    _, variables, _ = shown(built, "web", **settings)
    assert {name: variables[name] for name in settings} == settings
    _, variables, _ = shown(built, "web", K_SERVICE="harbour")
    assert variables["FORWARDED_ALLOW_IPS"] == "*"


def test_gunicorn_in_an_image_gets_its_defaults_and_then_the_users(
    phases: Phases, tmp_path: Path
) -> None:
    app = {**APP, "requirements.txt": "gunicorn", "gunicorn.conf.py": "accesslog = None\n"}
    built = build(phases, tmp_path, app)
    _, variables, _ = shown(built, "web", GUNICORN_CMD_ARGS="--name 'the harbour'")
    assert variables["GUNICORN_CMD_ARGS"].endswith(
        " --no-control-socket --graceful-timeout 7 --name 'the harbour'"
    )
    assert "--access-logfile" not in variables["GUNICORN_CMD_ARGS"]


def test_variables_for_another_python_do_no_harm(phases: Phases, tmp_path: Path) -> None:
    built = build(phases, tmp_path)
    own = {
        "PYTHONHOME": "/app/.heroku/python",
        "PYTHONPLATLIBDIR": "lib64",
        "PYTHONEXECUTABLE": "/usr/bin/python3",
    }
    _, variables, _ = shown(built, "web", **own)
    assert {variables.get(name) for name in own} == {""}


def test_a_bound_database_sets_database_url(phases: Phases, tmp_path: Path) -> None:
    built = build(phases, tmp_path)
    services = write_tree(phases.folder / "services" / "db", POSTGRES).parent
    _, variables, _ = shown(built, "web", SERVICE_BINDING_ROOT=str(services))
    assert variables["DATABASE_URL"] == POSTGRES["uri"]
    own = {"SERVICE_BINDING_ROOT": str(services), "DATABASE_URL": "sqlite:///own"}
    assert shown(built, "web", **own)[1]["DATABASE_URL"] == "sqlite:///own"


def test_a_process_starts_even_if_a_binding_cannot_be_read(
    phases: Phases, tmp_path: Path
) -> None:
    built = build(phases, tmp_path)
    (phases.folder / "services" / "db" / "uri").mkdir(parents=True)
    (phases.folder / "services" / "db" / "type").write_bytes(b"postgresql\xff\0")
    env = {"SERVICE_BINDING_ROOT": str(phases.folder / "services")}
    result = built.launch("web", env=env)
    assert result.status == 0, result.all
    assert "DATABASE_URL" not in json.loads(result.out)[1]
