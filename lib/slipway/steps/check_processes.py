"""Find processes that will not start, if the build can know it.

The build goes on, unless the app's settings are strict: another buildpack or the image may have
what is missing here.
"""

from __future__ import annotations

import os
import posixpath
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from shutil import which

from slipway.domain.checkout import is_lfs_pointer
from slipway.domain.django.release_step import COMMAND
from slipway.domain.locks.formats import requirements_of
from slipway.domain.redaction import printable
from slipway.domain.run_environment import OTHER_PYTHON
from slipway.domain.web.elsewhere import (
    path_elsewhere,
    shebang_elsewhere,
    with_known_home,
    with_program_here,
)
from slipway.domain.web.launch import Launch, WebApplication
from slipway.domain.web.modules import Modules
from slipway.domain.web.programs import (
    PACKAGES,
    RUNNERS,
    STARTED_WITH,
    PythonStart,
    Started,
    is_from_buildpack,
    python_start,
    started_programs,
)
from slipway.domain.web.servers import web_command
from slipway.domain.web.shell_commands import ShellSyntaxError, ShellTooComplex
from slipway.domain.web.shell_scripts import script_of, started_by_script
from slipway.effects.cache.kinds import PROGRAM
from slipway.effects.files import AppFolder, scratch, write
from slipway.effects.processes import Command, TimeLimitReached, describe_exit
from slipway.effects.reading import start_of
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.context import BuildContext

_TIME_LIMIT = 10.0
"""Seconds for a server to load itself; usually it takes less than half of one."""
_MOST_OF_POINTER = 512
_MOST_OF_SHEBANG = 256
_CELERY_WITH_ORDER = 5
"""The first version that takes the options of all commands only before the command."""
_CELERY_COMMANDS = frozenset({"beat", "events", "flower", "worker"})


@dataclass(frozen=True, kw_only=True)
class _Problem:
    """What is wrong with a process type: a sentence around `web starts`, and what to do."""

    subject: str
    role: str
    """What the process does with the subject: `start` or `run`."""
    fault: str
    remedy: str

    def about(self, names: Sequence[str], place: str = "") -> str:
        types = " and ".join(f"`{name}`{place}" for name in names)
        verb = self.role if len(names) > 1 else f"{self.role}s"
        sentence = f"`{printable(self.subject)}`, which {types} {verb}, {self.fault}"
        return f"{sentence}. {self.remedy}"


def check_processes(
    context: BuildContext,
    launch: Launch,
    variables: Mapping[str, str],
    virtualenv_digest: str | None,
    django_commands: Collection[str] | None,
) -> list[str]:
    """Return a sentence for each reason why a process type will not start.

    `virtualenv_digest` is None if a hook has changed the virtual environment, and
    `django_commands` if Django was not set up. Slipway's own process types are only started
    with `--version`.
    """
    found: list[str] = []
    requirements = requirements_of(context.plan.dependencies.origin)
    checks = _Checks(context, context.start_folder, variables, django_commands, requirements)
    names: dict[_Problem, list[str]] = {}
    for name, line in launch.processes.items():
        try:
            started = started_programs(with_known_home(line))
        except ShellTooComplex:
            continue
        except ShellSyntaxError as error:
            found.append(f"Bash cannot read the command of `{name}`: {error}")
            continue
        problems = [] if launch.is_default else [*checks.problems_of(started)]
        if name == "web" and not launch.is_default:
            problems += [*map(checks.server_problem, started)]
        for problem in filter(None, problems):
            names.setdefault(problem, []).append(name)
        if name == "web" and not any(problems):
            found += _start_server(context, started, variables, virtualenv_digest)
    for problem, processes in names.items():
        found.append(problem.about(list(dict.fromkeys(processes))))
    return found


def check_script(
    context: BuildContext,
    name: str,
    script: str,
    variables: Mapping[str, str],
    requirements: str,
    *,
    with_files: bool,
) -> list[str]:
    """Return a sentence for each program that a script of app.json starts and cannot.

    `requirements` says where a package is added. Without `with_files`, the files that the
    script needs are not looked for, because another script may make them.
    """
    try:
        started = started_programs(with_known_home(script))
    except ShellTooComplex:
        return []
    except ShellSyntaxError as error:
        return [f"Bash cannot read the script `{name}` of app.json: {error}"]
    checks = _Checks(
        context, context.layout.repository, variables, None, requirements, "app.json"
    )
    if not with_files:
        started = tuple(one for one in started if not _names_file(one))
    problems = dict.fromkeys(filter(None, checks.problems_of(started)))
    return [problem.about([name], " of app.json") for problem in problems]


def _names_file(started: Started) -> bool:
    python = python_start(started)
    return "/" in started.program or bool(started.folder or (python and python.script))


class _Checks:
    """Finds programs, modules and files as the running app would."""

    def __init__(
        self,
        context: BuildContext,
        folder: Path,
        variables: Mapping[str, str],
        django_commands: Collection[str] | None,
        requirements: str,
        file: str = "the Procfile",
    ) -> None:
        self.context = context
        self.app = folder
        self.variables = variables
        self.django_commands = django_commands
        self.requirements = requirements
        self.file = file

    def problems_of(self, started: Sequence[Started]) -> Iterator[_Problem | None]:
        """Find what is wrong with programs, also with those that shell scripts start."""
        files = AppFolder(self.app)

        def read(path: str) -> str | None:
            text = _text(files, path)
            return None if text is None else with_known_home(text)

        for one in started:
            here = self._here(one)
            if here is not None:
                yield self._elsewhere_problem(one, here)
            yield self.problem_of(here or one)
            for inner in started_by_script(one, read):
                here = self._here(inner)
                if here is not None:
                    yield self._elsewhere_problem(inner, here, script_of(one) or "")
                # What else a script needs, it may make itself.
                if (here or inner).program in PACKAGES:
                    yield self._program_problem(here or inner)

    def _here(self, started: Started) -> Started | None:
        return None if (self.app / OTHER_PYTHON).exists() else with_program_here(started)

    def _elsewhere_problem(self, started: Started, here: Started, script: str = "") -> _Problem:
        line = printable(" ".join([here.program, *here.texts]))
        return _Problem(
            subject=path_elsewhere(started),
            role="start",
            fault="does not exist: Slipway puts the programs of the app's packages on PATH",
            remedy=f"Write `{line}`{f' in {script}' if script else ''}",
        )

    def server_problem(self, started: Started) -> _Problem | None:
        """Check whether a script that the process `web` runs answers requests."""
        python = python_start(started)
        place = self._place(python.script or "", started.folder) if python else None
        is_known = python and python.script and not python.arguments and not started.variables
        if not is_known or place is None or place.suffix != ".py" or not place.is_file():
            return None
        from slipway.domain.web.script_faults import only_defined, unreachable_server

        folder = str(place.parent.relative_to(self.app))
        folder = "" if folder == "." else folder
        files = AppFolder(self.app)
        modules = Modules(read=lambda path: _text(files, posixpath.join(folder, path)))
        module = modules.get(place.stem)
        if module is None:
            return None
        start, shown = unreachable_server(modules, module), str(place.relative_to(self.app))
        if start:
            fault, _, remedy = start.problem.partition(". ")
            return _Problem(
                subject=shown,
                role="run",
                fault=f"starts a server in line {start.line}, but {fault}",
                remedy=remedy,
            )
        name = only_defined(modules, module)
        made = modules.instance(module, name) if name else None
        if made is None or made.framework.interface is None:
            return None
        web = WebApplication(
            target=f"{place.stem}:{name}",
            folder=folder,
            origin=shown,
            interface=made.framework.interface,
            framework=made.framework.package,
        )
        line = web_command(web, self.context.virtualenv.distributions())
        return _Problem(
            subject=shown,
            role="run",
            fault="defines an application, but starts no server for it",
            remedy=f"Write `web: {line}`",
        )

    def problem_of(self, started: Started) -> _Problem | None:
        if started.folder and not (self.app / started.folder).is_dir():
            return _Problem(
                subject=started.folder,
                role="need",
                fault="is not a folder of the app",
                remedy=f"Correct the path after `cd` in {self.file}",
            )
        python = python_start(started)
        if python and python.module:
            return self._module_problem(python.module, started)
        if python and python.script:
            return self._script_problem(python.script, python, started)
        if "/" in started.program:
            return self._path_problem(started)
        return self._program_problem(started)

    def _program_problem(self, started: Started) -> _Problem | None:
        program, arguments = started.program, started.arguments
        if program in RUNNERS and arguments[:1] == ("run",):
            rest = " ".join(started.texts[1:])
            is_command = rest and not rest.startswith("-")
            write = f". Write `{printable(rest)}`" if is_command else ""
            return _Problem(
                subject=f"{program} run",
                role="start",
                fault="does not use the packages that are installed with the app",
                remedy=f"Leave it out: their programs are on PATH{write}",
            )
        has_django = "django" in self.context.virtualenv.distributions()
        if program == COMMAND and has_django and self.context.plan.django:
            return None
        if which(program, path=self.variables.get("PATH")):
            return self._incomplete(program) or self._celery_problem(program, arguments)
        return _Problem(
            subject=program,
            role="start",
            fault="is not installed",
            remedy=self._program_remedy(program),
        )

    def _incomplete(self, program: str) -> _Problem | None:
        """Check for the package behind `fastapi`, which FastAPI alone does not require."""
        folders = self.context.virtualenv.module_folders()
        if program != "fastapi" or any(_is_module(one / "fastapi_cli") for one in folders):
            return None
        return _Problem(
            subject=program,
            role="start",
            fault="needs the package fastapi-cli, which is not installed",
            remedy=f"Add `fastapi[standard]` to {self.requirements}",
        )

    def _celery_problem(self, program: str, arguments: Sequence[str | None]) -> _Problem | None:
        """Check the command of Celery 5: its options come first.

        https://docs.celeryq.dev/en/stable/history/whatsnew-5.0.html#step-1-adjust-your-command-line-invocation
        """
        packages = self.context.virtualenv.distributions()
        major = packages.get("celery", "").partition(".")[0]
        if program != "celery" or not major.isdecimal() or int(major) < _CELERY_WITH_ORDER:
            return None
        command, *rest = (one or "" for one in (*arguments, None))
        place = next((at for at, one in enumerate(rest) if one in ("-A", "--app")), None)
        if command in _CELERY_COMMANDS and place is not None and None not in arguments:
            named = rest[place : place + 2]
            others = [command, *rest[:place], *rest[place + 2 : -1]]
            return _Problem(
                subject=f"celery {command}",
                role="start",
                fault=f"does not take `{named[0]}` after the command",
                remedy=f"Write `{printable(' '.join(['celery', *named, *others]))}`",
            )
        words = [one for one in arguments if one == "flower"]
        if words and "flower" not in packages:
            return _Problem(
                subject="celery flower",
                role="start",
                fault="needs the package flower, which is not installed",
                remedy=f"Add `flower` to {self.requirements}",
            )
        return None

    def _program_remedy(self, program: str) -> str:
        if program in PACKAGES:
            return f"Add `{PACKAGES[program]}` to {self.requirements}"
        return (
            "Correct the name, or add the package that installs it to "
            f"{self.requirements}; ignore this if another buildpack or the image provides it"
        )

    def _path_problem(self, started: Started) -> _Problem | None:
        """Check a program that is a file of the app."""
        path = started.program
        place = self._place(path, started.folder)
        if place is None or place.is_dir():
            return None
        if not place.exists() and is_from_buildpack(path):
            return None  # the other buildpack may run later
        if not place.exists():
            return _Problem(
                subject=path,
                role="start",
                fault="does not exist in the app",
                remedy=f"Correct the path in {self.file}, or commit the file; ignore this if a "
                "later buildpack provides it",
            )
        if _is_pointer(place):
            return _lfs_pointer(path, "start")
        if os.access(place, os.X_OK):
            return self._shebang_problem(place, path) or self._command_problem(
                place, path, started.arguments, started
            )
        return _Problem(
            subject=path,
            role="start",
            fault="is not executable",
            remedy=f"Run `git update-index --chmod=+x {place.relative_to(self.app)}`, and "
            "commit that",
        )

    def _shebang_problem(self, place: Path, path: str) -> _Problem | None:
        if (self.app / OTHER_PYTHON).exists():
            return None
        try:
            start = start_of(place, _MOST_OF_SHEBANG).decode("utf-8", "replace")
        except OSError:
            return None
        interpreter, program = shebang_elsewhere(start)
        if not interpreter:
            return None
        return _Problem(
            subject=path,
            role="start",
            fault=f"begins with `#!{interpreter}`, which does not exist",
            remedy=f"Write `#!/usr/bin/env {program}`",
        )

    def _script_problem(
        self, script: str, python: PythonStart, started: Started
    ) -> _Problem | None:
        place = self._place(script, started.folder)
        if place is None:
            return None
        project = self.context.plan.django
        if not place.exists():
            is_manage = project and place.name == Path(project.manage).name
            other = f": the one of Django is {project.manage}" if project and is_manage else ""
            return _Problem(
                subject=script,
                role="run",
                fault=f"does not exist in the app{other}",
                remedy=f"Correct the path in {self.file}, or commit the file",
            )
        if _is_pointer(place):
            return _lfs_pointer(script, "run")
        return self._command_problem(place, script, python.arguments, started)

    def _command_problem(
        self, place: Path, script: str, arguments: Sequence[str | None], started: Started
    ) -> _Problem | None:
        """Check a command of manage.py, unless the line chooses other settings."""
        project = self.context.plan.django
        if project is None or place != self.context.app / project.manage:
            return None
        command = arguments[0] if arguments else None
        chooses = any((one or "").startswith("--settings") for one in arguments)
        if (
            self.django_commands is None
            or command is None
            or command.startswith("-")
            or command in (*self.django_commands, "help", "version")
            or chooses
            or "DJANGO_SETTINGS_MODULE" in started.variables
        ):
            return None
        return _Problem(
            subject=f"{script} {command}",
            role="run",
            fault="does not work: no app in INSTALLED_APPS has that command",
            remedy=self._command_remedy(command, self.django_commands),
        )

    def _command_remedy(self, command: str, commands: Collection[str]) -> str:
        from difflib import get_close_matches  # only wrong commands need it

        project = self.context.plan.django
        if command == "run_gunicorn":
            web = project.web if project else None
            folder = f"--chdir {web.folder} " if web and web.folder else ""
            target = web.target if web else "PROJECT.wsgi:application"
            line = f"gunicorn {folder}{target}"
            return f"Gunicorn no longer has it. Write `{line}`"
        similar = get_close_matches(command, commands, n=1)
        if similar:
            return f"Write `{similar[0]}`, if you mean that"
        return "Add the app that has it to INSTALLED_APPS, or correct the command"

    def _module_problem(self, module: str, started: Started) -> _Problem | None:
        top, *below = module.split(".")
        if started.folder is None or "PYTHONPATH" in started.variables:
            return None
        if top in sys.stdlib_module_names or top in sys.builtin_module_names:
            return None
        own = [self.app / started.folder, *self._python_path()]
        if any(_is_module(folder / top) for folder in self.context.virtualenv.module_folders()):
            return None
        found = next((folder for folder in own if _is_module(folder / top)), None)
        if found is None:
            remedy = (
                f"Add `{PACKAGES[top]}` to {self.requirements}"
                if top in PACKAGES
                else f"Correct the name, or add the package that has it to {self.requirements}"
            )
            fault = "is neither installed nor a module of the app"
            return _Problem(subject=f"-m {module}", role="run", fault=fault, remedy=remedy)
        path = found.joinpath(top, *below)
        if not _is_module(path):
            missing = f"{path.relative_to(self.app)}.py"
        elif (
            path.is_dir()
            and not path.with_suffix(".py").exists()
            and not _is_module(path / "__main__")
        ):
            missing = f"{path.relative_to(self.app)}/__main__.py"
        else:
            return None
        return _Problem(
            subject=f"-m {module}",
            role="run",
            fault=f"needs the file {printable(missing)}, which does not exist in the app",
            remedy=f"Correct the name in {self.file}, or commit the file",
        )

    def _place(self, path: str, folder: str | None) -> Path | None:
        """Return where a relative path leads; None if it is outside the app or not known."""
        if folder is None or path.startswith(("/", "~")):
            return None
        place = Path(os.path.normpath(self.app / folder / path))
        return place if place.is_relative_to(self.app) else None

    def _python_path(self) -> Iterator[Path]:
        for folder in self.variables.get("PYTHONPATH", "").split(":"):
            if folder:
                yield Path(folder) if os.path.isabs(folder) else self.app / folder


def _text(app: AppFolder, path: str) -> str | None:
    """Read a file; whatever keeps it from being read is not said here."""
    try:
        return app.text(path)
    except BuildStopped:
        return None


def _is_pointer(place: Path) -> bool:
    try:
        return is_lfs_pointer(start_of(place, _MOST_OF_POINTER))
    except OSError:
        return False


def _lfs_pointer(subject: str, role: str) -> _Problem:
    return _Problem(
        subject=subject,
        role=role,
        fault="is a Git LFS pointer, which has only the address of its content",
        remedy="Store the file itself in git: run `git lfs pull && git lfs untrack "
        f"{subject} && git add --renormalize {subject}`, and commit that",
    )


def _is_module(path: Path) -> bool:
    """Tell whether Python can import a path without its suffix: a file or any folder."""
    return (
        path.is_dir()
        or path.with_name(f"{path.name}.py").is_file()
        or any(path.parent.glob(f"{path.name}.*so"))
    )


def _start_server(
    context: BuildContext,
    started: Sequence[Started],
    variables: Mapping[str, str],
    virtualenv_digest: str | None,
) -> Iterator[str]:
    """Start the server of `web` as far as it loads itself; yield why it cannot."""
    argv = next(filter(None, (_version_command(context, one) for one in started)), None)
    if argv is None:
        return
    effects, shown = context.effects, " ".join([Path(argv[0]).name, *argv[1:]])
    key = PROGRAM.key({"virtualenv": virtualenv_digest or "", "command": shown})
    if virtualenv_digest and effects.cache.entry(key):
        return
    command = Command(argv=argv, cwd=context.app, env=variables, shown=shown)
    try:
        output = effects.processes.query(command, time_limit=_TIME_LIMIT)
    except TimeLimitReached:
        effects.console.detail(f"`{shown}` took more than {_TIME_LIMIT:.0f} s")
        return
    except (CommandFailed, OSError) as error:
        reason = _last_line(error)
        yield f"The process `web` will not start as it is: `{shown}` {reason}"
        return
    if virtualenv_digest:
        with scratch("program") as folder:
            write(folder / "output.txt", output)
            effects.cache.store(key, folder)


def _version_command(context: BuildContext, started: Started) -> list[str] | None:
    python, virtualenv = python_start(started), context.virtualenv
    if python and python.module in STARTED_WITH:
        return [str(virtualenv.python), "-m", python.module, STARTED_WITH[python.module]]
    program = virtualenv.bin / started.program
    if started.program in STARTED_WITH and program.is_file():
        return [str(program), STARTED_WITH[started.program]]
    return None


def _last_line(error: CommandFailed | OSError) -> str:
    if isinstance(error, OSError):
        return f"cannot be started: {error.strerror}"
    lines = [line for line in error.output.splitlines() if line.strip()]
    ending = describe_exit(error.status)
    return f"{ending}: {printable(lines[-1].strip())}" if lines else ending
