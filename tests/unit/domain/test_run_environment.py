"""The scripts that platforms source work in every shell and folder, without side effects."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from slipway.domain.run_environment import export_script, profile_script

DEFAULTS = {"LANG": "C.UTF-8", "GUNICORN_CMD_ARGS": "--access-logfile -"}
STRICT = "set -euo pipefail; shopt -s nullglob; "
SHOW = 'echo "$PATH"; echo "$LANG"; echo "$GUNICORN_CMD_ARGS"; echo "${slipway_app-gone}"'
SCRIPT = ".profile.d/slipway.sh"


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Write the script where a build writes it, in a folder with a space."""
    app = tmp_path / "my app"
    (app / ".profile.d").mkdir(parents=True)
    (app / SCRIPT).write_text(profile_script(".slipway/venv/bin", DEFAULTS))
    return app


def shell(program: str, text: str, cwd: Path, **env: str) -> list[str]:
    """Run a text with no other environment variables than `env`."""
    found = shutil.which(program)
    assert found
    done = subprocess.run(
        [found, "-c", text], cwd=cwd, env=env, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return done.stdout.splitlines()


@pytest.mark.parametrize("strict", ["", STRICT], ids=["plain", "as-herokuish"])
@pytest.mark.parametrize(
    ("cwd", "sourced"),
    [
        pytest.param(".", SCRIPT, id="relative"),
        pytest.param(".", f"./{SCRIPT}", id="relative-with-dot"),
        pytest.param("..", f"my app/{SCRIPT}", id="from-above"),
        pytest.param("/", "{app}/" + SCRIPT, id="absolute"),
    ],
)
def test_bash_finds_the_app_from_the_script_itself(
    app: Path, cwd: str, sourced: str, strict: str
) -> None:
    text = f'{strict}. "{sourced.format(app=app)}"; {SHOW}'
    path, lang, arguments, variable = shell("bash", text, app / cwd, PATH="/usr/bin")
    first, *others = path.split(":")
    assert Path(first).resolve() == app / ".slipway/venv/bin"
    assert others == ["/usr/bin"]
    assert (lang, arguments) == ("C.UTF-8", "--access-logfile -")
    assert variable == "gone"


@pytest.mark.parametrize("program", ["dash", "sh"])
def test_a_shell_that_does_not_name_the_script_uses_home(program: str, app: Path) -> None:
    text = f'set -eu; . "{app / SCRIPT}"; {SHOW}'
    path, lang, *_ = shell(program, text, Path("/"), PATH="/usr/bin", HOME=str(app))
    assert path == f"{app}/.slipway/venv/bin:/usr/bin"
    assert lang == "C.UTF-8"


def test_a_plain_shell_without_home_uses_the_current_folder(app: Path) -> None:
    (path, *_) = shell("dash", f"set -eu; . ./{SCRIPT}; {SHOW}", app, PATH="/usr/bin")
    assert path == f"{app}/.slipway/venv/bin:/usr/bin"


@pytest.mark.parametrize("program", ["bash", "dash"])
def test_variables_of_the_user_are_kept_even_if_they_are_empty(program: str, app: Path) -> None:
    text = f'. "{app / SCRIPT}"; {SHOW}'
    env = {"PATH": "/usr/bin", "HOME": str(app), "LANG": "de_AT.UTF-8", "GUNICORN_CMD_ARGS": ""}
    _, lang, arguments, _ = shell(program, text, app, **env)
    assert (lang, arguments) == ("de_AT.UTF-8", "")


@pytest.mark.parametrize("program", ["bash", "dash"])
def test_the_variables_reach_the_processes_that_the_shell_starts(
    program: str, app: Path
) -> None:
    text = f'. "{app / SCRIPT}"; env'
    assert "LANG=C.UTF-8" in shell(program, text, app, PATH="/usr/bin", HOME=str(app))


def test_a_moved_app_is_found(app: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    app.rename(moved)
    (path, *_) = shell("bash", f'. "{moved / SCRIPT}"; {SHOW}', Path("/"), PATH="/usr/bin")
    assert path.startswith(f"{moved}/.slipway/venv/bin:")


def test_without_a_path_the_systems_programs_are_still_found(app: Path) -> None:
    (path, *_) = shell("dash", f'unset PATH; . "{app / SCRIPT}"; {SHOW}', app, HOME=str(app))
    assert path.endswith("/venv/bin:/usr/local/bin:/usr/bin:/bin")


@pytest.mark.parametrize("program", ["bash", "dash"])
def test_the_export_script_puts_the_virtual_environment_first(
    program: str, tmp_path: Path
) -> None:
    folder = "/build/it's an $APP/venv/bin"
    (tmp_path / "export").write_text(export_script(folder))
    text = '. ./export; echo "$PATH"'
    assert shell(program, text, tmp_path, PATH="/usr/bin") == [f"{folder}:/usr/bin"]
