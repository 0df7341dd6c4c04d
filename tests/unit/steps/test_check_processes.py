"""A build warns of processes that will not start, and of no others."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.django.project import DjangoProject
from slipway.domain.web.launch import Launch, WebApplication
from slipway.effects import Effects
from slipway.effects.processes import Command, TimeLimitReached
from slipway.errors.stopped import CommandFailed
from slipway.steps.check_processes import check_processes
from slipway.steps.context import BuildContext
from unit.fakes import FakeProcesses, FakeToolchain, context_with, effects_with, no_time
from unit.samples import PLAN, write_files

WEB = WebApplication(target="harbour.wsgi", folder="", origin="harbour/settings.py")
PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=WEB
)
DJANGO = replace(PLAN, django=PROJECT)
APP = {
    "manage.py": "",
    "serve.py": "",
    "bin/start": "",
    "bin/sub": "",
    "start.sh": "set -e\nexec uvicorn a:b\n",
    "backend/other.sh": "./made-here\npip install x\nexec gunicorn a:b\n",
    "backend/manage.py": "",
    "backend/tool.py": "",
    "package/__init__.py": "",
    "package/__main__.py": "",
    "package/worker.py": "",
    "package/plain/__init__.py": "",
    "vendor/plain/other.py": "",
}
OF_HEROKU = {
    "old.sh": "cd /app\nexec /app/.heroku/python/bin/gunicorn a:b\n",
    "bin/web": "#!/usr/bin/env bash\nexec $HOME/.heroku/python/bin/python serve.py\n",
    "bin/clock": "#!/app/.heroku/python/bin/python\n",
}
COMMANDS = frozenset({"migrate", "runserver", "qcluster"})


def context(root: Path, plan: BuildPlan, effects: Effects) -> BuildContext:
    made = context_with(root / "app", effects, FakeToolchain(), plan)
    write_files(root / "app", APP)
    (root / "app/bin/start").chmod(0o755)
    (root / "app/manage.py").chmod(0o755)
    virtualenv = made.virtualenv
    virtualenv.bin.mkdir(parents=True)
    (virtualenv.site_packages / "installed").mkdir(parents=True)
    (virtualenv.site_packages / "single.py").touch()
    (virtualenv.site_packages / "native.cpython-313.so").touch()
    (virtualenv.site_packages / "x.pth").write_text("../../../../../vendor/plain\nimport x\n")
    (virtualenv.site_packages / "celery-5.4.0.dist-info").mkdir()
    for program in ("python", "gunicorn", "celery", "fastapi"):
        (virtualenv.bin / program).touch(0o755)
    return made


def warned(
    root: Path,
    processes: dict[str, str],
    plan: BuildPlan = DJANGO,
    effects: Effects | None = None,
    digest: str | None = "digest",
    *,
    is_default: bool = False,
) -> str:
    effects = effects or effects_with(root)
    made = context(root, plan, effects)
    launch = Launch(processes=processes, is_default=is_default, defaults={})
    path = f"{made.virtualenv.bin}:/usr/bin:/bin"
    variables = {"PATH": path, "PYTHONPATH": str(made.app)}
    return "\n".join(check_processes(made, launch, variables, digest, COMMANDS))


@pytest.mark.parametrize(
    "line",
    [
        "gunicorn harbour.wsgi --bind :$PORT",
        "exec env A=1 gunicorn harbour.wsgi",
        "cd backend && python manage.py anything",
        "cd backend && python tool.py",
        "echo a; sleep 1",
        "bin/start && ./bin/start",
        "cd bin && ./start",
        "/opt/tool/start",
        "~/start",
        "$HOME/start",
        ". ./env; anything",
        "PATH=$PATH:tools anything",
        "anything() { sleep 1; }; anything",
        "command -v anything && anything; gunicorn a",
        "anything || gunicorn a",
        "celery -A tasks worker",
        "celery worker -l info",
        "celery $COMMAND -A tasks",
        "sh backend/other.sh",
        "python manage.py migrate --noinput",
        "python manage.py $COMMAND",
        "python manage.py help",
        "python manage.py --version",
        "python manage.py other --settings=harbour.other",
        "DJANGO_SETTINGS_MODULE=harbour.other python manage.py other",
        "python -u serve.py",
        "python /opt/serve.py",
        "python -c 'import x'",
        "python -m installed.anything",
        "python -m single",
        "python -m native",
        "python -m other",
        "python -m http.server",
        "python -m package",
        "python -m package.worker",
        "cd backend && python -m tool",
        "cd backend && python -m package",
        "PYTHONPATH=src python -m anything",
        "bin/start-nginx bin/start-pgbouncer python -m http.server",
        "python -m $MODULE",
        "A=1",
    ],
)
def test_a_process_that_can_start_is_not_mentioned(line: str, tmp_path: Path) -> None:
    assert warned(tmp_path, {"worker": line}) == ""


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "uvicorn a:b",
            "`uvicorn`, which `worker` starts, is not installed. Add `uvicorn` to the requirem",
        ),
        ("bin/start-nginx uvicorn a:b", "`uvicorn`, which `worker` starts, is not installed"),
        ("bin/missing", "; ignore this if a later buildpack provides it"),
        ("exec waitress-serve a:b", "Add `waitress` to the requirements"),
        ("newrelic-admin run-program daphne a", "`newrelic-admin`"),
        (
            "echo a; anything | cat",
            "`anything`, which `worker` starts, is not installed. Correct",
        ),
        (
            "uv run gunicorn a",
            "`uv run`, which `worker` starts, does not use the packages that",
        ),
        (
            "poetry run gunicorn -b '[::]:5000' a",
            "their programs are on PATH. Write `gunicorn -b '[::]:5000' a`",
        ),
        (
            "uv run --frozen gunicorn a",
            "installed with the app. Leave it out: their programs are on PATH",
        ),
        ("fastapi run a.py", "`fastapi`, which `worker` starts, needs the package fastapi-cli"),
        (
            "celery worker -A tasks -l info",
            "does not take `-A` after the command. Write `celery -A tasks worker -l info`",
        ),
        ("celery beat --app tasks", "Write `celery --app tasks beat`"),
        ("celery -A tasks flower", "needs the package flower, which is not installed. Add"),
        ("bash start.sh", "`uvicorn`, which `worker` starts, is not installed"),
        ("A=1 poetry run gunicorn a", "Leave it out: their programs are on PATH"),
        ("'gunicorn a:b'", "`gunicorn a:b`, which `worker` starts, is not installed"),
        ("gunicorn\u00a0a:b", "`gunicorn\\xa0a:b`, which"),
        ("bin/missing", "`bin/missing`, which `worker` starts, does not exist in the app"),
        ("cd backend && ./start", "`./start`, which `worker` starts, does not exist"),
        ("bin/sub", "is not executable. Run `git update-index --chmod=+x bin/sub`"),
        ("cd missing && gunicorn a", "`missing`, which `worker` needs, is not a folder of the"),
        ("python missing.py", "`missing.py`, which `worker` runs, does not exist in the app"),
        (
            "cd bin && python manage.py migrate",
            "does not exist in the app: the one of Django is",
        ),
        (
            "python manage.py run_gunicorn -b :$PORT",
            "has that command. Gunicorn no longer has it. Write `gunicorn harbour.wsgi`",
        ),
        ("./manage.py migrat --noinput", "Write `migrate`, if you mean that"),
        ("python manage.py migrat", "Write `migrate`, if you mean that"),
        ("python ./manage.py other", "`./manage.py other`, which `worker` runs, does not work"),
        (
            "python -m uvicorn a:b",
            "is neither installed nor a module of the app. Add `uvicorn`",
        ),
        ("python -m missing", "`-m missing`, which `worker` runs, is neither installed nor a"),
        ("python -m package.missing", "needs the file package/missing.py"),
        ("python -m package.plain", "needs the file package/plain/__main__.py"),
        (
            "gunicorn 'a",
            "Bash cannot read the command of `worker`: the `'` in column 10 has no",
        ),
        ("gunicorn a)", "Bash cannot read the command of `worker`: `)` is not expected there"),
    ],
)
def test_what_keeps_a_process_from_starting_is_named(
    line: str, words: str, tmp_path: Path
) -> None:
    assert words in warned(tmp_path, {"worker": line})


@pytest.mark.parametrize(
    ("line", "words"),
    [
        (
            "/app/.heroku/python/bin/gunicorn app:app -b :$PORT",
            (
                "`/app/.heroku/python/bin/gunicorn`, which `worker` starts, does not exist: "
                "Slipway puts the programs of the app's packages on PATH. Write `gunicorn "
                "app:app -b :$PORT`"
            ),
        ),
        ("exec $HOME/.heroku/python/bin/python serve.py", "Write `python serve.py`"),
        ('"${HOME}/.heroku/python/bin/python" serve.py', "Write `python serve.py`"),
        (".heroku/python/bin/celery -A tasks worker", "Write `celery -A tasks worker`"),
        ("/home/vcap/app/.heroku/python/bin/gunicorn a", "Write `gunicorn a`"),
        ("/home/vcap/deps/0/bin/gunicorn a", "Write `gunicorn a`"),
        ("nice /app/.heroku/python/bin/gunicorn a", "Write `gunicorn a`"),
        ("python /app/.heroku/python/bin/gunicorn a", "Write `gunicorn a`"),
        ("/app/.heroku/python/bin/uvicorn a", "Add `uvicorn` to the requirements"),
        ("/app/.heroku/python/bin/python missing.py", "`missing.py`, which `worker` runs"),
        (
            "bash old.sh",
            "packages on PATH. Write `gunicorn a:b` in old.sh",
        ),
        ("bin/web", "Write `python serve.py` in bin/web"),
        (
            "bin/clock",
            "does not exist. Write `#!/usr/bin/env python`",
        ),
    ],
)
def test_a_path_of_another_buildpacks_python_is_named(
    line: str, words: str, tmp_path: Path
) -> None:
    write_files(tmp_path / "app", OF_HEROKU)
    for script in ("web", "clock"):
        (tmp_path / "app/bin" / script).chmod(0o755)
    assert words in warned(tmp_path, {"worker": line})


def test_the_python_of_another_buildpack_may_be_in_the_app(tmp_path: Path) -> None:
    write_files(tmp_path / "app", {".heroku/python/bin/gunicorn": ""})
    assert warned(tmp_path, {"worker": "/app/.heroku/python/bin/gunicorn a"}) == ""


@pytest.mark.parametrize(
    "line",
    [
        "/app/.apt/usr/bin/tool",
        "PATH=/app/.heroku/python/bin:$PATH gunicorn a",
        "[ -x /app/.heroku/python/bin/x ] && /app/.heroku/python/bin/x; gunicorn a",
    ],
)
def test_other_absolute_paths_are_not_named(line: str, tmp_path: Path) -> None:
    assert warned(tmp_path, {"worker": line}) == ""


@pytest.mark.parametrize("line", ["bin/pointer", "python bin/pointer"])
def test_a_script_that_is_an_lfs_pointer_is_named(line: str, tmp_path: Path) -> None:
    pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4\n"
    write_files(tmp_path / "app", {"bin/pointer": pointer})
    words = warned(tmp_path, {"worker": line})
    assert "is a Git LFS pointer" in words
    assert "git lfs untrack bin/pointer" in words


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "app.run()\n",
            (
                "`backend/serving.py`, which `web` runs, starts a server in line 3, but not on "
                "the port in the variable PORT, and only for this machine. Let it read that "
                "variable"
            ),
        ),
        (
            "",
            (
                "`backend/serving.py`, which `web` runs, defines an application, but starts no "
                "server for it. Write `web: gunicorn --chdir backend serving:app`"
            ),
        ),
        ("app.run(**options)\n", ""),
    ],
)
def test_a_script_that_answers_no_requests_is_named(
    text: str, words: str, tmp_path: Path
) -> None:
    app = f"from flask import Flask\napp = Flask('x')\n{text}"

    def said(number: int, process: str, line: str) -> str:
        root = tmp_path / str(number)
        write_files(root / "app", {"backend/serving.py": app})
        return warned(root, {process: line})

    for number, line in enumerate(
        ("python backend/serving.py", "cd backend && python serving.py")
    ):
        found = said(number, "web", line)
        assert found.startswith(words)
        assert bool(found) is bool(words)
    assert said(2, "web", "python backend/serving.py --port $PORT") == ""
    assert said(3, "worker", "python backend/serving.py") == ""


def test_processes_with_the_same_problem_share_a_warning(tmp_path: Path) -> None:
    found = warned(tmp_path, {"worker": "huey_consumer a", "clock": "A=1 huey_consumer b"})
    assert found.startswith("`huey_consumer`, which `worker` and `clock` start, is not")
    assert found.count("huey_consumer`") == 1


def test_nothing_is_said_about_commands_if_django_was_not_set_up(tmp_path: Path) -> None:
    effects = effects_with(tmp_path)
    made = context(tmp_path, DJANGO, effects)
    launch = Launch(processes={"job": "python manage.py x"}, is_default=False, defaults={})
    variables = {"PATH": str(made.virtualenv.bin)}
    assert check_processes(made, launch, variables, "digest", None) == []


class Server:
    """A server that prints its version, or fails."""

    def __init__(self, root: Path, failure: Exception | None = None) -> None:
        def answer(command: Command) -> str:
            if failure:
                raise failure
            return "gunicorn 23"

        self.processes = FakeProcesses(now=no_time, answer=answer)
        self.effects = effects_with(root, self.processes)

    @property
    def started(self) -> list[list[str]]:
        return [[Path(one.argv[0]).name, *one.argv[1:]] for one in self.processes.started]


@pytest.mark.parametrize(
    ("line", "started"),
    [
        ("gunicorn a", ["gunicorn", "--version"]),
        ("celery -A a worker & A=1 gunicorn a", ["celery", "--version"]),
        ("python -m gunicorn a", ["python", "-m", "gunicorn", "--version"]),
        ("python manage.py runserver", None),
        ("uvicorn a", None),
    ],
)
def test_the_server_of_web_is_started_with_its_version(
    line: str, started: list[str] | None, tmp_path: Path
) -> None:
    server = Server(tmp_path)
    (tmp_path / "app/.slipway/venv/lib/python3.13/site-packages/gunicorn").mkdir(parents=True)
    warned(tmp_path, {"web": line, "worker": "celery -A a"}, effects=server.effects)
    assert server.started == ([started] if started else [])


def test_a_server_that_has_started_is_not_started_again(tmp_path: Path) -> None:
    server = Server(tmp_path)
    for digest, count in (("one", 1), ("one", 1), ("two", 2), (None, 3), (None, 4)):
        root = tmp_path / str(count) / str(digest) / str(len(server.processes.doings))
        server.processes.doings.append("")
        assert warned(root, {"web": "gunicorn a"}, PLAN, server.effects, digest) == ""
        assert len(server.started) == count


def test_a_server_that_cannot_load_is_named_each_time(tmp_path: Path) -> None:
    output = "Traceback (most recent call last):\nModuleNotFoundError: No module named 'x'\n\n"
    server = Server(tmp_path, CommandFailed(command="gunicorn", status=1, output=output))
    for count in (1, 2):
        found = warned(
            tmp_path / str(count),
            {"web": "gunicorn a"},
            effects=server.effects,
            is_default=True,
        )
        assert found.endswith(
            "The process `web` will not start as it is: `gunicorn --version` exited with "
            "status 1: ModuleNotFoundError: No module named 'x'"
        )
        assert len(server.started) == count


def test_a_server_that_is_slow_or_no_program_is_no_traceback(tmp_path: Path) -> None:
    slow = Server(tmp_path, TimeLimitReached())
    assert warned(tmp_path / "a", {"web": "gunicorn a"}, effects=slow.effects) == ""
    broken = Server(tmp_path, OSError(8, "Exec format error"))
    found = warned(tmp_path / "b", {"web": "gunicorn a"}, effects=broken.effects)
    assert "`gunicorn --version` cannot be started: Exec format error" in found


def test_default_processes_are_not_searched(tmp_path: Path) -> None:
    assert warned(tmp_path, {"release": "python x.py"}, is_default=True) == ""
