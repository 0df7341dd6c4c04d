"""How the processes of a built app find its Python, its libraries and its own modules.

The scripts are for platforms to source: `.profile.d/` at run time, `export` between buildpacks.
They are POSIX sh. They work with `set -euo pipefail` and `nullglob`, which herokuish sets
(https://github.com/gliderlabs/herokuish/blob/master/include/procfile.bash).
"""

from __future__ import annotations

import posixpath
import shlex
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from slipway.domain.django.release_step import COMMAND, FILE, PACKAGE, ReleaseStep
from slipway.domain.layout import IN_APP
from slipway.domain.web.launch import Launch

PYTHON_VARIABLES = (
    "PYTHONHOME",
    "PYTHONPLATLIBDIR",
    "PYTHONEXECUTABLE",
    "__PYVENV_LAUNCHER__",
)
"""Variables for another Python: with them, the app's Python does not find its own files.

Python ignores them if they are empty (https://docs.python.org/3/using/cmdline.html).
"""
BEHIND_A_ROUTER = {"FORWARDED_ALLOW_IPS": "*"}
"""For Gunicorn and Uvicorn, where every request comes through a router of the platform, whose
X-Forwarded headers say that it was https:
https://devcenter.heroku.com/articles/http-routing#heroku-headers,
https://docs.cloudfoundry.org/concepts/http-routing.html
"""
OTHER_PYTHON = ".heroku/python"
"""The folder in an app where Heroku's own buildpack installs a Python:
https://github.com/heroku/heroku-buildpack-python
"""
_BIN = "venv/bin"
_RUNTIME = "runtime"
"""The modules of `lib/runtime` that run when the app starts, in Slipway's folder."""
START_VARIABLES = "start_variables.py"
"""The script of `lib/runtime` that sets variables whenever a process starts."""
OF_START_VARIABLES = (START_VARIABLES, "server_defaults.py", "bound_services")
"""The script and all modules that it imports."""
RELEASE_PROGRAM = f"{_RUNTIME}/bin/{COMMAND}"
"""The program of the release step, in Slipway's folder."""

_WRITTEN = """\
# Written by Slipway when it built the app; sourced before each process of the app.
"""
_IN_APP = """\
# The path of this file gives the app's folder, which may have been moved.
case ${{BASH_SOURCE:-}} in
  /*/.profile.d/*) slipway_app=${{BASH_SOURCE%/.profile.d/*}} ;;
  .profile.d/* | ./.profile.d/*) slipway_app=$PWD ;;
  */.profile.d/*) slipway_app=$PWD/${{BASH_SOURCE%/.profile.d/*}} ;;
  *) slipway_app=${{HOME:-$PWD}} ;;
esac
slipway_own=$slipway_app/{own}
# Another buildpack may have run later, so only now it is certain whose Python is not used.
case ${{DYNO:-${{CONTAINER:-}}}} in
  web.* | web-*) if [ -e "$slipway_app/{other}/bin/python" ]; then
    echo "Slipway: processes use Slipway's Python, not the one in {other}. Remove the" \
      'buildpack that installs it, such as heroku/python.' >&2 || :
  fi ;;
esac
"""
_IN_DEPS = """\
slipway_app=${{HOME:-$PWD}}
slipway_own=${{DEPS_DIR:-$slipway_app/../deps}}/{index}
"""
_PROFILE = """\
# They are for another Python: with them, no Python of the app starts.
unset {unset}
export PATH="$slipway_own/{bin}{programs}:${{PATH:-/usr/local/bin:/usr/bin:/bin}}"
{folders}{defaults}\
{services}\
# A shell that traces its commands must not write credentials to the log.
slipway_traces=
case $- in *v*) slipway_traces=v ;; esac
case $- in *x*) slipway_traces=x$slipway_traces ;; esac
set +xv
slipway_variables=$("$slipway_own/{bin}/python" -I -S -B -X utf8 "$slipway_own/{script}" \\
  shell $slipway_services {settings} 2>/dev/null </dev/null) || slipway_variables=
eval "$slipway_variables"
unset slipway_variables
[ -z "$slipway_traces" ] || set "-$slipway_traces"
{release}\
unset slipway_app slipway_own slipway_services slipway_traces
"""
_SERVICES = """\
# Only a folder, a file or one of these variables can have the credentials of services.
slipway_services=--services
case ${VCAP_SERVICES:-}${VCAP_SERVICES_FILE_PATH:-}${SERVICE_BINDING_ROOT:-} in
  '' | '{}')
    if [ -z "${CNB_BINDINGS:-}${CRED_FILE:-}" ] &&
      ! [ -d "${CNB_PLATFORM_DIR:-/platform}/bindings" ] &&
      ! [ -f /home/dotcloud/environment.json ]; then
      slipway_services=
    fi
    ;;
esac
"""
# An instance of `web` is known by a variable of its platform:
# https://devcenter.heroku.com/articles/dyno-metadata (Dokku sets it, too),
# https://doc.scalingo.com/platform/app/environment,
# https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html
# (a task has no index: https://github.com/cloudfoundry/rep/blob/main/conversion_helpers.go).
# Sidecars get the same variables as their process, and so do the shells of `cf ssh`:
# https://github.com/cloudfoundry/cloud_controller_ng/blob/main/lib/cloud_controller/diego/main_lrp_action_builder.rb
_BEFORE_WEB = """\
# The release step runs before `web` starts, if the platform or the user says so.
slipway_web=
case ${{DYNO:-${{CONTAINER:-}}}} in
  web.* | web-*) slipway_web=yes ;;
esac
case ${{CF_INSTANCE_INDEX:+instance}}${{VCAP_APPLICATION:-}} in
  instance*'"process_type":"web"'* | instance*'"process_type": "web"'*) slipway_web=yes ;;
  instance*'"process_type"'*) ;;
  instance*) slipway_web=yes ;;
esac
# Shells in its container have the same variables, and so have its sidecars. The command of a
# sidecar, which the launcher has as an argument, may say that it does not wait for migrations.
case $-:${{0##*/}} in
  *i*:* | *:shell) slipway_web= ;;
esac
case " $* " in
  *" SLIPWAY_MIGRATE=off "*) slipway_web= ;;
esac
case $slipway_web:${{SLIPWAY_MIGRATE:-{migrate}}}:${{CF_INSTANCE_INDEX:-}} in
  :* | *:off:* | *:release:* | yes::) ;;
  *) "$slipway_own/{program}" --start{options} </dev/null || exit ;;
esac
unset slipway_web
"""
_MOVABLE_PROGRAM = f"""\
#!/bin/sh
# Runs the release step of the app, wherever the app has been moved.
slipway=$(cd -- "${{{{0%/*}}}}/../.." && pwd -P) || exit
cd -- "$slipway/{{repository}}" || exit
exec "$slipway/{_BIN}/python" -B "$slipway/{_RUNTIME}/{PACKAGE}" "$slipway/{FILE}" "$@"
"""
_PROGRAM_IN_IMAGE = """\
#!/bin/sh
cd -- {repository} || exit
exec {python} -B {package} {file} "$@"
"""
_EXEC_D = """\
#!/bin/sh
{services}\
exec {python} -I -S -B -X utf8 {script} launcher $slipway_services {settings}
"""
_EXEC_D_OF_WEB = """\
#!/bin/sh
# The release step runs before `web` starts, if the platform or the user says so.
case ${{SLIPWAY_MIGRATE:-{migrate}}}:${{CF_INSTANCE_INDEX:-}} in
  off:* | release:* | :) exit 0 ;;
esac
exec {program} --start 3>&-
"""
_LIBRARIES = """\
export LD_LIBRARY_PATH={folder}"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
"""
_MODULES = """\
slipway_modules=$slipway_app{root}
case :${{PYTHONPATH:-}}: in
  *":$slipway_modules:"*) ;;
  *) PYTHONPATH=${{PYTHONPATH:+$PYTHONPATH:}}$slipway_modules ;;
esac
export PYTHONPATH
unset slipway_modules
"""

_EXPORT = """\
# Written by Slipway when it built the app; sourced before the next buildpack runs.
# They are for another Python: with them, no Python of the app starts.
unset {unset}
case ${{PATH:-}} in
  {bin}:*) ;;
  *) PATH={bin}:{programs}:"${{PATH:-/usr/local/bin:/usr/bin:/bin}}" ;;
esac
export PATH
{folders}{defaults}\
"""
_EXPORT_LIBRARIES = """\
case ${{LD_LIBRARY_PATH:-}}: in
  {folder}:*) ;;
  *) LD_LIBRARY_PATH={folder}"${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}" ;;
esac
export LD_LIBRARY_PATH
"""


@dataclass(frozen=True, kw_only=True)
class RunEnvironment:
    """What the processes of an app get, apart from variables that only have a default."""

    app_is_on_python_path: bool
    """Whether modules in the app's folder can be imported from every working directory."""
    libpython: Path | None
    """The folder of the libpython that programs of the virtual environment load, if any."""
    root: str = ""
    """The path of the app in its repository; empty if they are the same."""


def modules_of_python(entries: Iterable[str]) -> tuple[str, ...]:
    """Return the entries of a folder that Python would import in place of its own modules.

    `entries` are names of files, and paths of packages with `/__init__.py`.
    """
    return tuple(
        entry
        for entry in entries
        if entry.removesuffix("/__init__.py").removesuffix(".py") in sys.stdlib_module_names
        and entry.endswith(".py")
    )


def profile_script_in_app(launch: Launch, run: RunEnvironment) -> str:
    """Write the script for `.profile.d/` of an app that is built in place."""
    # herokuish sources it as root, and then starts the process as the owner of the app.
    return (
        _WRITTEN
        + _IN_APP.format(own=IN_APP, other=OTHER_PYTHON)
        + _profile(launch, run, " --as-owner")
    )


def profile_script_in_deps(index: str, launch: Launch, run: RunEnvironment) -> str:
    """Write the script for Cloud Foundry, where Slipway's folder is `$DEPS_DIR/<index>`.

    The launcher sets DEPS_DIR, and HOME to the app's folder:
    https://docs.cloudfoundry.org/buildpacks/understand-buildpacks.html#deps
    """
    return _WRITTEN + _IN_DEPS.format(index=index) + _profile(launch, run)


def _profile(launch: Launch, run: RunEnvironment, release_options: str = "") -> str:
    """Write what a script does once it knows the folders of the app and of Slipway.

    Variables that the user has set keep their values, even empty ones; to lists of folders, the
    script adds its own. A relative `run.libpython` is below Slipway's folder.
    """
    folders, release = "", launch.release
    if run.libpython is not None:
        within = "" if run.libpython.is_absolute() else '"$slipway_own"/'
        folders += _LIBRARIES.format(folder=within + shlex.quote(str(run.libpython)))
    if run.app_is_on_python_path:
        folders += _MODULES.format(root=shlex.quote(f"/{run.root}") if run.root else "")
    return _PROFILE.format(
        unset=" ".join(PYTHON_VARIABLES),
        bin=_BIN,
        programs=f":$slipway_own/{posixpath.dirname(RELEASE_PROGRAM)}" if release else "",
        release=(
            _BEFORE_WEB.format(
                migrate=release.migrate, program=RELEASE_PROGRAM, options=release_options
            )
            if release
            else ""
        ),
        folders=folders,
        defaults=_exported(launch.defaults),
        services=_SERVICES,
        script=f"{_RUNTIME}/{START_VARIABLES}",
        settings=" ".join(launch.gunicorn_settings),
    )


def movable_release_program(repository: str) -> str:
    """Write the program `slipway-release` of an app that may be moved after its build.

    `repository` is the path from Slipway's folder to the repository, which moves along.
    """
    return _MOVABLE_PROGRAM.format(repository=repository)


def release_program_in_image(repository: Path, python: Path, package: Path, file: Path) -> str:
    """Write the program `slipway-release` of an image, with absolute paths.

    Like the movable one, it starts in the folder of the repository, from where the release step
    finds the app.
    """
    return _PROGRAM_IN_IMAGE.format(
        repository=shlex.quote(str(repository)),
        python=shlex.quote(str(python)),
        package=shlex.quote(str(package)),
        file=shlex.quote(str(file)),
    )


def exec_d(python: Path, script: Path, gunicorn_settings: Iterable[str]) -> str:
    """Write what runs in an image before each process starts.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    """
    return _EXEC_D.format(
        services=_SERVICES,
        python=shlex.quote(str(python)),
        script=shlex.quote(str(script)),
        settings=" ".join(gunicorn_settings),
    )


def exec_d_of_web(release: ReleaseStep, program: Path) -> str:
    """Write what runs in an image before the process `web` starts, and only then.

    https://github.com/buildpacks/spec/blob/main/buildpack.md#execd
    """
    return _EXEC_D_OF_WEB.format(migrate=release.migrate, program=shlex.quote(str(program)))


def export_script(
    own: Path, app: Path, programs: Path, defaults: Mapping[str, str], run: RunEnvironment
) -> str:
    """Write the `export` script, with which later buildpacks get what the app's processes get.

    `own` is Slipway's folder in the built repository, `app` the app's folder, and `programs`
    the folder of programs that only buildpacks need. A relative `run.libpython` is below `own`.
    The variables do not grow if the script is sourced again.

    https://devcenter.heroku.com/articles/buildpack-api#composing-multiple-buildpacks
    """
    folders = ""
    if run.libpython is not None:
        folders += _EXPORT_LIBRARIES.format(folder=shlex.quote(str(own / run.libpython)))
    if run.app_is_on_python_path:
        folders += f"slipway_app={shlex.quote(str(app))}\n{_MODULES.format(root='')}"
        folders += "unset slipway_app\n"
    return _EXPORT.format(
        unset=" ".join(PYTHON_VARIABLES),
        bin=shlex.quote(str(own / _BIN)),
        programs=shlex.quote(str(programs)),
        folders=folders,
        defaults=_exported(defaults),
    )


def _exported(defaults: Mapping[str, str]) -> str:
    """Write commands that set variables, unless the user has set them."""
    return "".join(f'export {name}="${{{name}-{value}}}"\n' for name, value in defaults.items())
