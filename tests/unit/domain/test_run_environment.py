"""The scripts that platforms source work in every shell and folder, without side effects."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.domain.django.release_step import ReleaseStep
from slipway.domain.run_environment import (
    RunEnvironment,
    exec_d,
    exec_d_of_web,
    export_script,
    modules_of_python,
    movable_release_program,
    profile_script_in_app,
    release_program_in_image,
)
from slipway.domain.web.launch import Launch

DEFAULTS = {"LANG": "C.UTF-8", "FORWARDED_ALLOW_IPS": "*"}
SETTINGS = ("accesslog", "threads")
STRICT = "set -euo pipefail; shopt -s nullglob; "
SHOW = (
    'echo "$PATH"; echo "$LANG"; echo "$GUNICORN_CMD_ARGS"; '
    'echo "${slipway_app-gone} ${slipway_services-gone} ${slipway_variables-gone}'
    ' ${slipway_traces-gone} ${slipway_own-gone}"'
)
SCRIPT = ".profile.d/slipway.sh"
START = ".slipway/runtime/start_variables.py"
RUNTIME = ROOT / "lib" / "runtime"
RUN = RunEnvironment(app_is_on_python_path=True, libpython=None)
FAKE = """\
import sys
workers = 7 if sys.flags.isolated and sys.flags.no_site else 0
arguments = " ".join(sys.argv[1:])
print(f"export WEB_CONCURRENCY='{workers}' GUNICORN_CMD_ARGS='--of {arguments}'")
"""


def profile(run: RunEnvironment, release: ReleaseStep | None = None) -> str:
    launch = Launch(
        processes={},
        is_default=True,
        defaults=DEFAULTS,
        gunicorn_settings=SETTINGS,
        release=release,
    )
    return profile_script_in_app(launch, run)


@pytest.fixture
def app(tmp_path: Path) -> Path:
    """Write the script where a build writes it, in a folder with a space."""
    app = tmp_path / "my app"
    (app / ".profile.d").mkdir(parents=True)
    (app / SCRIPT).write_text(profile(RUN))
    for name in ("venv/bin", "runtime"):
        (app / ".slipway" / name).mkdir(parents=True)
    (app / ".slipway/venv/bin/python").symlink_to(sys.executable)
    (app / START).write_text(FAKE)
    return app


def variable(program: str, app: Path, name: str, text: str = "", **env: str) -> str:
    """Return a variable of a process that a shell starts after the script, or `unset`."""
    show = f"env | grep '^{name}=' || echo unset"
    script = f'{text}. "{app / SCRIPT}"; {show}'
    (line,) = shell(program, script, app, PATH="/usr/bin:/bin", HOME=str(app), **env)
    return line.removeprefix(f"{name}=")


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
    path, lang, arguments, variables = shell("bash", text, app / cwd, PATH="/usr/bin")
    first, *others = path.split(":")
    assert Path(first).resolve() == app / ".slipway/venv/bin"
    assert others == ["/usr/bin"]
    assert (lang, arguments) == ("C.UTF-8", "--of shell accesslog threads")
    assert variables == "gone gone gone gone gone"


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
    env = {"PATH": "/usr/bin", "HOME": str(app), "LANG": ""}
    _, lang, _, _ = shell(program, text, app, **env)
    assert lang == ""


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


SHELLS = pytest.mark.parametrize(
    ("program", "strict"), [("bash", ""), ("bash", STRICT), ("dash", "set -eu; ")]
)


@SHELLS
def test_a_web_process_says_that_the_python_of_another_buildpack_is_not_used(
    program: str, strict: str, app: Path
) -> None:
    (app / ".heroku/python/bin").mkdir(parents=True)
    (app / ".heroku/python/bin/python").touch()
    found = {
        dyno: subprocess.run(
            [program, "-c", f'{strict}. "{app / SCRIPT}"; echo $?'],
            env={"PATH": "/usr/bin:/bin", "HOME": str(app), "DYNO": dyno},
            cwd=app,
            capture_output=True,
            text=True,
            check=True,
        )
        for dyno in ("web.1", "run.1234", "worker.1")
    }
    assert {one.stdout for one in found.values()} == {"0\n"}
    assert {dyno: one.stderr for dyno, one in found.items() if one.stderr} == {
        "web.1": "Slipway: processes use Slipway's Python, not the one in .heroku/python. "
        "Remove the buildpack that installs it, such as heroku/python.\n"
    }


OWN = "/build/it's an $APP/.slipway"
NO_PYTHON_PATH = RunEnvironment(app_is_on_python_path=False, libpython=None)


def exported(
    program: str,
    strict: str,
    place: Path,
    run: RunEnvironment = RUN,
    sourced: str = ". ./export; . ./export; ",
    **env: str,
) -> list[str]:
    """Return the variables of a later buildpack, which have no line break."""
    script = export_script(Path(OWN), Path("/build/app"), Path("/slip way"), DEFAULTS, run)
    (place / "export").write_text(script)
    return shell(program, f"{strict}{sourced}/usr/bin/env", place, **env)


@SHELLS
def test_a_later_buildpack_gets_what_the_apps_processes_get(
    program: str, strict: str, tmp_path: Path
) -> None:
    libraries = replace(RUN, libpython=Path("python/lib"))
    found = exported(program, strict, tmp_path, libraries, PATH="/usr/bin", LANG="")
    assert {one for one in found if one.partition("=")[0] not in ("PWD", "_", "SHLVL")} == {
        f"PATH={OWN}/venv/bin:/slip way:/usr/bin",
        f"LD_LIBRARY_PATH={OWN}/python/lib",
        "PYTHONPATH=/build/app",
        "FORWARDED_ALLOW_IPS=*",
        "LANG=",
    }


@SHELLS
def test_export_keeps_what_earlier_buildpacks_have_exported(
    program: str, strict: str, tmp_path: Path
) -> None:
    earlier = {
        "PATH": "/app/.heroku/python/bin:/usr/bin",
        "LD_LIBRARY_PATH": "/app/.heroku/python/lib:",
        "PYTHONPATH": "/app",
        "CPATH": "/build/.apt/usr/include",
    }
    libraries = replace(RUN, libpython=Path("/usr/local/lib"))
    found = exported(program, strict, tmp_path, libraries, PYTHONHOME="/app", **earlier)
    assert f"PATH={OWN}/venv/bin:/slip way:/app/.heroku/python/bin:/usr/bin" in found
    assert "LD_LIBRARY_PATH=/usr/local/lib:/app/.heroku/python/lib:" in found
    assert "PYTHONPATH=/app:/build/app" in found
    assert "CPATH=/build/.apt/usr/include" in found
    assert not [one for one in found if one.startswith("PYTHONHOME=")]


def test_export_sets_no_variables_for_what_the_app_does_not_have(tmp_path: Path) -> None:
    found = exported("dash", "set -eu; ", tmp_path, NO_PYTHON_PATH, PATH="/usr/bin")
    assert not [one for one in found if one.startswith(("LD_", "PYTHON"))]


def test_export_works_again_after_another_buildpack_has_put_itself_first(
    tmp_path: Path,
) -> None:
    sourced = '. ./export; PATH="/other:$PATH"; . ./export; '
    found = exported("dash", "set -eu; ", tmp_path, sourced=sourced, PATH="/usr/bin")
    assert f"PATH={OWN}/venv/bin:/slip way:/other:{OWN}/venv/bin:/slip way:/usr/bin" in found


@SHELLS
@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "{app}"),
        ("", "{app}"),
        ("lib", "lib:{app}"),
        ("{app}:lib", "{app}:lib"),
        ("lib:{app}", "lib:{app}"),
        ("{app}/lib", "{app}/lib:{app}"),
    ],
)
def test_the_app_is_once_on_the_users_python_path(
    program: str, strict: str, given: str | None, expected: str, app: Path
) -> None:
    own = {} if given is None else {"PYTHONPATH": given.format(app=app)}
    found = variable(program, app, "PYTHONPATH", strict, **own)
    assert found == expected.format(app=app)


@SHELLS
def test_variables_for_another_python_are_removed(program: str, strict: str, app: Path) -> None:
    own = {"PYTHONHOME": "/nowhere", "PYTHONPLATLIBDIR": "lib64"}
    for name in own:
        assert variable(program, app, name, strict, **own) == "unset"
    assert variable(program, app, "WEB_CONCURRENCY", strict, **own) == "7"


@SHELLS
@pytest.mark.parametrize("broken", [".slipway/venv/bin/python", START])
def test_without_variables_the_app_still_starts(
    program: str, strict: str, broken: str, app: Path
) -> None:
    (app / broken).unlink()
    assert variable(program, app, "WEB_CONCURRENCY", strict) == "unset"
    assert (
        variable(program, app, "GUNICORN_CMD_ARGS", strict, GUNICORN_CMD_ARGS="-w 2") == "-w 2"
    )
    assert variable(program, app, "LANG", strict) == "C.UTF-8"


@SHELLS
def test_nothing_is_set_by_a_script_that_fails_halfway(
    program: str, strict: str, app: Path
) -> None:
    text = f"{FAKE}raise SystemExit(1)\n"
    (app / START).write_text(text)
    assert variable(program, app, "WEB_CONCURRENCY", strict) == "unset"


@SHELLS
@pytest.mark.parametrize(
    "own",
    [
        "-w 2",
        "--access-logformat '%(h)s \"%(r)s\"' --bind :80",
        "$(touch made) `touch made`; touch made; ' \\",
        "--name Hafen\u00e4 *",
    ],
)
def test_options_of_the_user_come_last_and_unchanged(
    program: str, strict: str, own: str, app: Path
) -> None:
    for name in ("start_variables.py", "server_defaults.py"):
        shutil.copy(RUNTIME / name, app / ".slipway/runtime")
    found = variable(program, app, "GUNICORN_CMD_ARGS", strict, GUNICORN_CMD_ARGS=own)
    assert found.startswith("--access-logfile - ")
    assert found.endswith(f" {own}")
    assert not (app / "made").exists()
    again = f'{strict}. "{app / SCRIPT}";'
    twice = variable(program, app, "GUNICORN_CMD_ARGS", again, GUNICORN_CMD_ARGS=own)
    assert twice == found


@pytest.mark.parametrize("program", ["bash", "dash"])
@pytest.mark.parametrize("traces", ["x", "v", "xv", ""])
def test_a_shell_that_traces_its_commands_shows_no_value(
    program: str, traces: str, app: Path
) -> None:
    (app / START).write_text("print('export DATABASE_URL=postgres://u:secret@db/app')")
    text = f'. "{app / SCRIPT}"\necho "$-"\nenv'
    options = [f"-{traces}"] if traces else []
    done = subprocess.run(
        [program, *options, "-c", text],
        cwd=app,
        env={"PATH": "/usr/bin:/bin", "HOME": str(app)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "secret" in done.stdout
    assert "secret" not in done.stderr
    assert sorted({*done.stdout.splitlines()[0]} & {*"xv"}) == sorted(traces)
    assert bool(done.stderr) == bool(traces)


def arguments_at_start(program: str, app: Path, text: str, env: dict[str, str]) -> list[str]:
    """Return the arguments of the Python script that sets the variables."""
    found = variable(program, app, "GUNICORN_CMD_ARGS", text, **env)
    return found.removeprefix("--of ").split()


NOTHING_BOUND: list[dict[str, str]] = [
    {},
    {"VCAP_SERVICES": ""},
    # Cloud Foundry sets it for each app.
    {"VCAP_SERVICES": "{}"},
    {"VCAP_SERVICES": "{}", "CNB_PLATFORM_DIR": "/nowhere", "SERVICE_BINDING_ROOT": ""},
    {"DATABASE_URL": "sqlite:///db", "SLIPWAY_DATABASE": "shop"},
]
SOMETHING_BOUND: list[dict[str, str]] = [
    {"VCAP_SERVICES": '{"mysql-5.1": []}'},
    {"VCAP_SERVICES": "{'"},
    {"VCAP_SERVICES_FILE_PATH": "/etc/cf-service-bindings/vcap_services"},
    {"VCAP_SERVICES": "{}", "VCAP_SERVICES_FILE_PATH": "/etc/a b/*"},
    {"SERVICE_BINDING_ROOT": "/bindings"},
    {"VCAP_SERVICES": "{}", "SERVICE_BINDING_ROOT": "/bindings"},
    {"CNB_BINDINGS": "/bindings"},
    {"VCAP_SERVICES": "{}", "CNB_BINDINGS": "/bindings"},
    {"CNB_PLATFORM_DIR": "."},
    {"VCAP_SERVICES": "{}", "CNB_PLATFORM_DIR": "."},
    {"CRED_FILE": "/srv/creds/creds.json"},
    {"VCAP_SERVICES": "{}", "CRED_FILE": "/srv/creds/creds.json"},
]


@SHELLS
@pytest.mark.parametrize("env", NOTHING_BOUND)
def test_no_services_are_read_where_none_can_be_bound(
    program: str, strict: str, env: dict[str, str], app: Path
) -> None:
    assert arguments_at_start(program, app, strict, env) == ["shell", *SETTINGS]


@SHELLS
@pytest.mark.parametrize("env", SOMETHING_BOUND)
def test_services_are_read_where_they_may_be_bound(
    program: str, strict: str, env: dict[str, str], app: Path
) -> None:
    (app / "bindings").mkdir()
    found = arguments_at_start(program, app, strict, env)
    assert found == ["shell", "--services", *SETTINGS]


@pytest.mark.parametrize(
    ("env", "services"),
    [
        *((env, []) for env in NOTHING_BOUND),
        *((env, ["--services"]) for env in SOMETHING_BOUND),
    ],
)
def test_exec_d_reads_services_where_they_may_be_bound(
    tmp_path: Path, env: dict[str, str], services: list[str]
) -> None:
    python, script = tmp_path / "a python", tmp_path / "exec_d"
    python.write_text('#!/bin/sh\nfor each; do echo "$each"; done\n')
    python.chmod(0o755)
    script.write_text(exec_d(python, Path("/layers/a b/start_variables.py"), SETTINGS))
    (tmp_path / "bindings").mkdir()
    done = subprocess.run(
        ["/bin/sh", script], cwd=tmp_path, env=env, capture_output=True, check=True
    )
    flags = ["-I", "-S", "-B", "-X", "utf8", "/layers/a b/start_variables.py"]
    assert done.stdout.decode().splitlines() == [*flags, "launcher", *services, *SETTINGS]
    assert done.stderr == b""


def test_the_variables_do_not_take_the_input_of_the_process(app: Path) -> None:
    (app / START).write_text("print(f'# {input()}')")
    text = f'. "{app / SCRIPT}"; cat'
    printed = subprocess.check_output(["dash", "-c", text], cwd=app, input="kept\n", text=True)
    assert printed == "kept\n"


@SHELLS
@pytest.mark.parametrize(
    ("folder", "given", "expected"),
    [
        (Path("python/lib"), None, "{app}/.slipway/python/lib"),
        (Path("python/lib"), "/a:/b", "{app}/.slipway/python/lib:/a:/b"),
        (Path("/opt/it's $HOME/lib"), "/a", "/opt/it's $HOME/lib:/a"),
        (None, "/a", "/a"),
        (None, None, "unset"),
    ],
)
def test_a_needed_libpython_is_found_before_others(
    program: str, strict: str, folder: Path | None, given: str | None, expected: str, app: Path
) -> None:
    run = RunEnvironment(app_is_on_python_path=True, libpython=folder)
    (app / SCRIPT).write_text(profile(run))
    own = {} if given is None else {"LD_LIBRARY_PATH": given}
    found = variable(program, app, "LD_LIBRARY_PATH", strict, **own)
    assert found == expected.format(app=app)


@SHELLS
@pytest.mark.parametrize("given", [None, "/a", "/a:{app}/the shop"])
def test_modules_of_an_app_in_a_folder_are_found_there(
    program: str, strict: str, given: str | None, app: Path
) -> None:
    run = RunEnvironment(app_is_on_python_path=True, libpython=None, root="the shop")
    (app / SCRIPT).write_text(profile(run))
    own = {} if given is None else {"PYTHONPATH": given.format(app=app)}
    found = variable(program, app, "PYTHONPATH", strict, **own)
    assert found == ("" if given is None else "/a:") + f"{app}/the shop"


def test_modules_that_would_replace_those_of_python_are_known() -> None:
    found = modules_of_python(
        ["email.py", "site/__init__.py", "types", "email.txt", "shop.py", "shop/__init__.py"]
    )
    assert found == ("email.py", "site/__init__.py")
    run = RunEnvironment(app_is_on_python_path=False, libpython=None)
    assert "PYTHONPATH" not in profile(run)


RELEASE = ReleaseStep(
    root="",
    manage="manage.py",
    settings="",
    migrate="",
    database_wait=60,
    initial_fixtures=(),
    release_hook=False,
)
RELEASED = "released --start --as-owner"
WEB = {"VCAP_APPLICATION": '{"process_type":"web"}', "CF_INSTANCE_INDEX": "1"}
WORKER = {"VCAP_APPLICATION": '{"process_type":"worker"}', "CF_INSTANCE_INDEX": "0"}


def started(
    program: str,
    app: Path,
    migrate: str,
    env: dict[str, str],
    status: int = 0,
    arguments: Sequence[str] = (),
) -> list[str]:
    """Return what is printed at the start of a process whose release step is a stub."""
    step = replace(RELEASE, migrate=migrate)
    (app / SCRIPT).write_text(profile(RUN, step))
    stub = app / ".slipway/runtime/bin/slipway-release"
    stub.parent.mkdir(exist_ok=True)
    stub.write_text(f'#!/bin/sh\necho "released $*"\nexit {status}\n')
    stub.chmod(0o755)
    strict = STRICT if program == "bash" else "set -eu; "
    text = f'{strict}. "{app / SCRIPT}"; echo "started ${{slipway_web-}}"'
    argv = [program, "-c", f"trap 'echo status $?' EXIT; {text}", *arguments]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(app), **env}
    done = subprocess.run(argv, cwd=app, env=env, capture_output=True, text=True, check=False)
    assert done.stderr == ""
    return [line.strip() for line in done.stdout.splitlines()]


@pytest.mark.parametrize("program", ["bash", "dash"])
@pytest.mark.parametrize(
    ("migrate", "env"),
    [
        ("start", {"DYNO": "web.1"}),
        ("start", {"DYNO": "web-7c9d-x2x"}),
        ("start", {"CONTAINER": "web-1"}),
        ("start", WEB),
        ("", WEB),
        ("", {"CF_INSTANCE_INDEX": "0"}),
        ("", {"CF_INSTANCE_INDEX": "0", "VCAP_APPLICATION": '{"process_type": "web"}'}),
        ("", {"DYNO": "web.1", "SLIPWAY_MIGRATE": "start"}),
        ("off", {"DYNO": "web.1", "SLIPWAY_MIGRATE": "start"}),
    ],
)
def test_the_release_step_runs_before_web_starts(
    app: Path, program: str, migrate: str, env: dict[str, str]
) -> None:
    printed = started(program, app, migrate, env)
    assert printed == [RELEASED, "started", "status 0"]


@pytest.mark.parametrize("program", ["bash", "dash"])
@pytest.mark.parametrize(
    ("migrate", "env"),
    [
        ("", {}),
        ("", {"DYNO": "web.1"}),
        ("", WORKER),
        ("start", {}),
        ("start", WORKER),
        ("start", {"DYNO": "run.1"}),
        ("start", {"DYNO": "worker.1"}),
        ("start", {"DYNO": "release.1"}),
        ("start", {"DYNO": "web.1", "SLIPWAY_MIGRATE": "off"}),
        ("release", WEB),
        ("off", WEB),
        ("", {**WEB, "SLIPWAY_MIGRATE": "release"}),
    ],
)
def test_other_processes_start_without_the_release_step(
    app: Path, program: str, migrate: str, env: dict[str, str]
) -> None:
    assert started(program, app, migrate, env) == ["started", "status 0"]


LAUNCHER, SHELL = "/lifecycle/launcher", "/lifecycle/shell"


@pytest.mark.parametrize("program", ["bash", "dash"])
@pytest.mark.parametrize("command", ["gunicorn harbour.wsgi:application", "tunnel --to db"])
def test_whatever_starts_as_web_on_cloud_foundry_migrates_first(
    app: Path, program: str, command: str
) -> None:
    printed = started(program, app, "", WEB, arguments=(LAUNCHER, str(app), command))
    assert printed == [RELEASED, "started", "status 0"]


@pytest.mark.parametrize("program", ["bash", "dash"])
@pytest.mark.parametrize(
    ("starter", "command"),
    [
        (SHELL, "python manage.py shell"),
        (LAUNCHER, "SLIPWAY_MIGRATE=off tunnel --to db"),
        (LAUNCHER, "env SLIPWAY_MIGRATE=off tunnel"),
    ],
)
def test_shells_in_an_instance_of_web_and_sidecars_that_say_so_do_not_migrate(
    app: Path, program: str, starter: str, command: str
) -> None:
    printed = started(program, app, "", WEB, arguments=(starter, str(app), command))
    assert printed == ["started", "status 0"]


def test_an_interactive_shell_in_an_instance_of_web_does_not_migrate(app: Path) -> None:
    (app / SCRIPT).write_text(profile(RUN, RELEASE))
    stub = app / ".slipway/runtime/bin/slipway-release"
    stub.parent.mkdir()
    stub.write_text("#!/bin/sh\necho released\nexit 1\n")
    stub.chmod(0o755)
    argv = ["bash", "--norc", "-i", "-c", f'. "{app / SCRIPT}"; echo started']
    env = {"PATH": "/usr/bin:/bin", "HOME": str(app), **WEB}
    done = subprocess.run(argv, cwd=app, env=env, capture_output=True, text=True, check=True)
    assert done.stdout == "started\n"


@pytest.mark.parametrize("program", ["bash", "dash"])
def test_web_does_not_start_if_the_release_step_fails(app: Path, program: str) -> None:
    printed = started(program, app, "start", {"DYNO": "web.1"}, status=3)
    assert printed == [RELEASED, "status 3"]


@pytest.mark.parametrize("migrate", ["", "start", "release", "off"])
@pytest.mark.parametrize("chosen", ["", "start", "release", "off"])
@pytest.mark.parametrize("index", ["", "0", "1"])
def test_exec_d_of_web_runs_the_release_step_where_it_is_wanted(
    tmp_path: Path, migrate: str, chosen: str, index: str
) -> None:
    program, script = tmp_path / "a program", tmp_path / "exec_d"
    program.write_text('#!/bin/sh\necho "released $*"\nexit 3\n')
    program.chmod(0o755)
    script.write_text(exec_d_of_web(replace(RELEASE, migrate=migrate), program))
    env = {"SLIPWAY_MIGRATE": chosen, "CF_INSTANCE_INDEX": index, "PATH": ""}
    done = subprocess.run(
        ["/bin/sh", script], env=env, capture_output=True, text=True, check=False
    )
    place = chosen or migrate
    is_wanted = place == "start" or (place == "" and index != "")
    expected = (3, "released --start\n", "") if is_wanted else (0, "", "")
    assert (done.returncode, done.stdout, done.stderr) == expected


def test_the_program_finds_the_app_from_any_folder(app: Path) -> None:
    stub = app / ".slipway/venv/bin/python"
    stub.unlink()
    stub.write_text('#!/bin/sh\npwd\nfor each; do echo "$each"; done\n')
    stub.chmod(0o755)
    program = app / ".slipway/runtime/bin/slipway-release"
    program.parent.mkdir()
    program.write_text(movable_release_program(".."))
    program.chmod(0o755)
    done = subprocess.run(
        [program, "--start"], cwd="/", env={"PATH": ""}, capture_output=True, check=True
    )
    slipway = app / ".slipway"
    arguments = ["-B", slipway / "runtime/slipway_release", slipway / "release.json", "--start"]
    assert done.stdout.decode().splitlines() == list(map(str, [app, *arguments]))


def test_the_program_of_an_image_starts_in_the_repository(tmp_path: Path) -> None:
    python, program = tmp_path / "my python", tmp_path / "program"
    python.write_text('#!/bin/sh\npwd\nfor each; do echo "$each"; done\n')
    python.chmod(0o755)
    package, file = Path("/layers/a b/package"), Path("/layers/a b/release.json")
    program.write_text(release_program_in_image(tmp_path, python, package, file))
    done = subprocess.run(
        ["/bin/sh", program, "--start"], cwd="/", env={}, capture_output=True, check=True
    )
    expected = [tmp_path, "-B", package, file, "--start"]
    assert done.stdout.decode().splitlines() == list(map(str, expected))
