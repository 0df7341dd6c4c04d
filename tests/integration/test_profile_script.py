"""The scripts that platforms source: `.profile.d/slipway.sh` and `export`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from server_defaults import available_cpus, available_memory, worker_count

from conftest import App
from integration.classic_platform import Platform, copy_slipway, machine_env, run
from integration.serving import RUN_PATH, Dyno
from slipway.domain.run_environment import PYTHON_VARIABLES

STRICT = "set -euo pipefail; shopt -s nullglob; "
SHOW = (
    'echo "$PATH|$LANG|$PYTHONUNBUFFERED|$GUNICORN_CMD_ARGS|$WEB_CONCURRENCY|$PYTHONPATH'
    '|${slipway_app-unset}"'
)


def show(shell: str, source: str, cwd: Path, **env: str) -> list[str]:
    result = run([shell, "-c", f"{source}; {SHOW}"], {"PATH": RUN_PATH, **env}, cwd)
    assert (result.status, result.err) == (0, ""), result.all
    return result.out.strip().split("|")


@pytest.mark.parametrize(
    "source",
    [
        "for script in .profile.d/*.sh; do source $script; done",
        "cd .profile.d; source ./slipway.sh; cd ..",
        'source "$APP/.profile.d/slipway.sh"',
        'cd /; source "$APP/.profile.d/slipway.sh"',
    ],
)
def test_bash_finds_the_app_from_any_working_directory(harbour: Path, source: str) -> None:
    source = STRICT + source
    path, *rest, workers, modules, variable = show(
        "bash", source, harbour, APP=str(harbour), HOME=str(harbour)
    )
    first, second, others = path.split(":", 2)
    assert Path(first).resolve() == harbour / ".slipway" / "venv" / "bin"
    assert Path(second).resolve() == harbour / ".slipway" / "runtime" / "bin"
    assert others == RUN_PATH
    lang, unbuffered, arguments = rest
    assert (lang, unbuffered) == ("C.UTF-8", "1")
    assert arguments.startswith("--access-logfile - --worker-tmp-dir ")
    assert int(workers) == worker_count(available_cpus(), available_memory())
    assert Path(modules) == harbour
    assert variable == "unset"


def test_other_shells_use_the_home_folder(harbour: Path) -> None:
    path, *_ = show("sh", "set -eu; . ./.profile.d/slipway.sh", harbour, HOME=str(harbour))
    own = harbour / ".slipway"
    assert path == f"{own}/venv/bin:{own}/runtime/bin:{RUN_PATH}"


def test_variables_of_the_user_are_not_changed(harbour: Path) -> None:
    own = {"LANG": "de_DE.UTF-8", "PYTHONUNBUFFERED": "", "GUNICORN_CMD_ARGS": ""}
    own |= {"WEB_CONCURRENCY": "2", "PYTHONPATH": "lib"}
    _, *rest = show("bash", f"{STRICT}source .profile.d/slipway.sh", harbour, **own)
    assert rest == ["de_DE.UTF-8", "", "", "2", f"lib:{harbour}", "unset"]


@pytest.mark.parametrize("own", ["", "abc", "0"])
def test_a_number_of_workers_with_which_no_server_starts_is_replaced(
    own: str, harbour: Path
) -> None:
    source = f'{STRICT}source .profile.d/slipway.sh; echo "$WEB_CONCURRENCY"'
    env = {"PATH": RUN_PATH, "WEB_CONCURRENCY": own}
    result = run(["bash", "-c", source], env, harbour)
    count = worker_count(available_cpus(), available_memory())
    assert result.out == f"{count}\n", result.all
    assert result.err.startswith("Slipway: WEB_CONCURRENCY is ")
    assert result.err.endswith(f", so {count} is used as the number of workers.\n")


@pytest.mark.parametrize("name", PYTHON_VARIABLES)
@pytest.mark.parametrize("value", ["/app/.heroku/python", "lib64", ""])
def test_variables_for_another_python_do_no_harm(harbour: Path, name: str, value: str) -> None:
    dyno = Dyno(app=harbour, env={name: value})
    ran = dyno.run("python -c 'import django, json; print(json.dumps(1))'")
    assert ran.out == "1\n", ran.all


def test_the_script_works_without_any_variables(harbour: Path) -> None:
    source = f"unset PATH HOME; {STRICT}source ./.profile.d/slipway.sh"
    path, *_ = show("/bin/bash", source, harbour)
    assert path.endswith(":/usr/local/bin:/usr/bin:/bin")


def test_a_later_buildpack_runs_the_apps_python(
    platform: Platform, app: App, tmp_path: Path
) -> None:
    place = copy_slipway(tmp_path / "slip way")
    build = app("wsgi_app")
    renamed = replace(platform, slipway=place)
    for _ in range(2):
        renamed.build(build)
    exported = (place / "export").read_text()
    assert exported.count("export PATH\n") == 1
    second = tmp_path / "compile"
    second.write_text('#!/bin/sh\npython -c "import six, sys; print(sys.prefix)"\n')
    second.chmod(0o755)
    script = f'{STRICT}source "$1"; exec "$2"'
    result = run(["bash", "-c", script, "bash", place / "export", second], machine_env())
    assert result.out == f"{build}/.slipway/python\n", result.all


def test_the_apps_own_profile_script_is_not_changed(platform: Platform, app: App) -> None:
    build = app("wsgi_app")
    profile = build / ".profile.d"
    profile.mkdir()
    (profile / "harbour.sh").write_text("export HARBOUR=Hallig\n")
    platform.build(build, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert (profile / "harbour.sh").read_text() == "export HARBOUR=Hallig\n"
    assert (profile / "slipway.sh").is_file()
