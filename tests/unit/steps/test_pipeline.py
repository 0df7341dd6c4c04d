"""A build turns an app's folder into process types, in steps that use each other's results."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from pathlib import Path

import pytest

from slipway.domain.layout import in_app
from slipway.domain.locks.written import IndexFile, MadeFrom
from slipway.domain.python.selection import Interpreter
from slipway.domain.python.series import series_of
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.settings import Settings
from slipway.effects.cache.store import FORMAT
from slipway.effects.files import AppFolder, sha256_of
from slipway.effects.interpreters import PROBE
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command
from slipway.errors.dependencies import InstallFailed
from slipway.errors.hooks import HookFailed
from slipway.errors.stopped import CommandFailed
from slipway.errors.vendored import WheelInvalid
from slipway.steps import pipeline
from slipway.steps.context import Tools
from slipway.steps.pipeline import BuildRequest
from slipway.steps.plan import plan
from slipway.toolchains.pythons.managed import ManagedPythons
from unit.fakes import (
    FakeProcesses,
    FakeToolchain,
    effects_with,
    logged,
    no_time,
    pip_with,
)
from unit.samples import PYTHON, make_wheel, write_files

GUNICORN = LockedPackage(name="gunicorn", requirement="gunicorn==23.0", hashes=("sha256:ab",))
FILES = {
    "requirements.txt": "# nothing\n",
    "wsgi.py": "def application(environ, start_response): ...\n",
    "bin/pre_compile": ":",
    "postinstall": ":",
    "bin/post_compile": ":",
}


def answer(command: Command) -> str:
    """Describe the only Python; fail for git; return the name of any other command."""
    if command.argv[0] == "git":
        raise CommandFailed(command=command.name, status=127, output="")
    if PROBE not in command.argv:
        return f"output of {command.name}"
    if command.argv[0] != str(Path(sys.executable).resolve()):
        raise CommandFailed(command=command.name, status=1, output="")
    described = replace(PYTHON, path=command.argv[0])
    facts = {"implementation": "cpython", "variant": "", "files": []}
    return json.dumps({**facts, **vars(described)})


def build(
    root: Path, files: dict[str, str], toolchain: FakeToolchain | None = None
) -> BuildRequest:
    app = write_files(root / "app", files)
    environment = {"PATH": str(Path(sys.executable).resolve().parent), "HOME": str(root)}
    effects = effects_with(root, FakeProcesses(now=no_time, answer=answer), environment)
    tools = Tools(
        toolchain=toolchain or FakeToolchain(Lock(packages=(GUNICORN,))),
        build_frontend=lambda: root / "tools",
        pip=lambda: pip_with(effects, root),
        managed_pythons=lambda: ManagedPythons(uv=NoUv(), effects=effects, app=Path("/")),
    )
    return BuildRequest(
        layout=in_app(app),
        tools=lambda _settings, _effects: tools,
        effects=effects,
        bundles_python=False,
        hook_variables={"BUILD_DIR": str(app)},
    )


class NoUv:
    def path(self) -> Path:
        raise AssertionError("no Python is downloaded in this test")


def toolchain_of(made: BuildRequest) -> FakeToolchain:
    toolchain = made.tools(Settings(), made.effects).toolchain
    assert isinstance(toolchain, FakeToolchain)
    return toolchain


def started(made: BuildRequest) -> list[Command]:
    assert isinstance(made.effects.processes, FakeProcesses)
    return made.effects.processes.started


@pytest.mark.parametrize(
    ("procfile", "start_folder"), [("backend/Procfile", "backend"), ("Procfile", "")]
)
def test_an_app_in_a_folder_starts_where_its_procfile_is(
    procfile: str, start_folder: str, tmp_path: Path
) -> None:
    files = {f"backend/{name}": text for name, text in FILES.items()}
    made = build(tmp_path, {**files, procfile: "web: gunicorn wsgi\n"})
    app = tmp_path / "app"
    made = replace(made, layout=in_app(app, "backend"))
    built = pipeline.build(made)
    assert built.launch.processes == {"web": "gunicorn wsgi"}
    assert built.record.start_folder == start_folder
    assert built.run.root == "backend"
    assert (app / ".slipway/build.json").exists()
    assert not (app / "backend/.slipway").exists()
    assert "App in backend/" in logged(made.effects)


def test_an_app_is_built_to_its_default_processes(tmp_path: Path) -> None:
    made = build(tmp_path, FILES)
    launch = pipeline.build(made).launch
    assert launch.processes == {"web": "gunicorn wsgi:application"}
    assert launch.is_default
    record = json.loads((tmp_path / "app/.slipway/build.json").read_text())
    assert record["python"] == PYTHON.version
    lock = (tmp_path / "app/.slipway/lock.txt").read_text()
    assert lock == "gunicorn==23.0 \\\n    --hash=sha256:ab\n"
    assert "Added gunicorn 23.0: the default web process needs it" in logged(made.effects)


@pytest.mark.parametrize("is_late", [False, True])
def test_the_log_names_a_python_whose_support_ends(tmp_path: Path, *, is_late: bool) -> None:
    made = build(tmp_path, FILES)
    series = series_of(PYTHON.version)
    assert series is not None
    day = series.support_ends if is_late else series.released
    time = datetime(day.year, day.month, day.day, tzinfo=timezone.utc).timestamp()
    cache = replace(made.effects.cache, now=lambda: time)
    pipeline.build(replace(made, effects=replace(made.effects, cache=cache)))
    assert (" gets security fixes only until " in logged(made.effects)) is is_late


@pytest.mark.parametrize(
    ("requirements", "source", "is_advised"),
    [
        ("gunicorn\n", None, True),
        ("gunicorn\n", "git+https://git.example/gunicorn", True),
        ("gunicorn\n", "vendor/gunicorn", False),
        ("# nothing\n", None, False),
        (f"gunicorn==23.0 --hash=sha256:{'ab' * 32}\n", None, False),
    ],
)
def test_an_app_without_a_lock_is_told_how_to_get_one(
    tmp_path: Path, requirements: str, source: str | None, *, is_advised: bool
) -> None:
    toolchain = FakeToolchain(Lock(packages=(replace(GUNICORN, source=source),)))
    made = build(tmp_path, {**FILES, "requirements.txt": requirements}, toolchain)
    advice = pipeline.build(made).advice
    assert advice.startswith("To install the same versions next time") is is_advised
    assert bool(advice) is is_advised


def test_a_lock_is_made_without_installing(tmp_path: Path) -> None:
    file = IndexFile(address="https://files.example/gunicorn-23.0.tar.gz", sha256="ab")
    toolchain = FakeToolchain(
        Lock(packages=(GUNICORN,)), files={"gunicorn": [file]}, name="fake"
    )
    made = build(tmp_path, {"requirements.txt": "gunicorn\n"}, toolchain)
    decided = plan(AppFolder(made.layout.app), made.effects.environment)
    declared = MadeFrom(files=("requirements.txt",), requirements=frozenset({"gunicorn"}))
    locked = pipeline.lock_app(made, decided, declared, ("gunicorn==22.0",))
    assert (locked.file, locked.count, locked.python) == ("pylock.toml", 1, "3.13")
    assert toolchain.requests[0].earlier_lock == "gunicorn==22.0\n"
    assert toolchain.requests[1].requirements == "gunicorn==23.0\n"
    assert toolchain.installed == []
    assert not (tmp_path / "app/.slipway").exists()
    assert "Bundling" not in logged(made.effects)


def test_the_steps_are_logged_in_order(tmp_path: Path) -> None:
    made = build(tmp_path, FILES)
    pipeline.build(made)
    text = logged(made.effects)
    headers = [part.split("  ")[0] for part in text.split("-----> ")[1:]]
    starts = [
        "Running bin/pre_compile",
        "Python 3.13.1",
        "Dependencies from requirements.txt",
        "Running postinstall",
        "Running bin/post_compile",
        "Process types (Slipway's defaults)",
    ]
    assert len(headers) == len(starts)
    for header, start in zip(headers, starts, strict=True):
        assert header.startswith(start)


def test_later_hooks_also_see_the_virtual_environment(
    tmp_path: Path,
) -> None:
    made = build(tmp_path, FILES)
    pipeline.build(made)
    hooks = {command.name: command.env for command in started(made) if command.name in FILES}
    bin_folder = str(tmp_path / "app/.slipway/venv/bin")
    assert list(hooks) == ["bin/pre_compile", "postinstall", "bin/post_compile"]
    assert all(env["BUILD_DIR"] == str(tmp_path / "app") for env in hooks.values())
    inside = [env["PATH"].startswith(bin_folder) for env in hooks.values()]
    assert inside == [False, True, True]


def test_a_pre_compile_hook_may_write_files_for_the_plan(tmp_path: Path) -> None:
    """The hook writes the file that requests a Python version; the plan is made after it."""

    def write_version(command: Command) -> str:
        if command.name == "bin/pre_compile":
            write_files(tmp_path / "app", {".python-version": "3.13\n"})
        return answer(command)

    made = build(tmp_path, FILES)
    processes = FakeProcesses(now=no_time, answer=write_version)
    pipeline.build(replace(made, effects=replace(made.effects, processes=processes)))
    assert ".python-version requests 3.13" in logged(made.effects)


def installing(command: Command) -> str:
    """Answer, and install acme 2.0 as a hook's pip does."""
    if command.name == "bin/post_compile":
        root = Path(command.env["VIRTUAL_ENV"])
        [site_packages] = root.glob("lib/python*/site-packages")
        info = "acme-2.0.dist-info"
        write_files(
            site_packages,
            {
                "acme.py": "",
                f"{info}/METADATA": "Name: acme\nVersion: 2.0\nRequires-Dist: buoy\n\n",
                f"{info}/RECORD": "acme.py,,\n",
                f"{info}/entry_points.txt": "[console_scripts]\nacme = acme:main\n",
            },
        )
        write_files(root, {"bin/acme": f"#!{root}/bin/python3\nimport acme\n"})
    return answer(command)


def test_what_a_hook_installs_is_a_part_of_the_app(tmp_path: Path) -> None:
    made = build(tmp_path, {**FILES, "postinstall": "cat .slipway/lock.txt"})
    processes = FakeProcesses(now=no_time, answer=installing)
    made = replace(made, effects=replace(made.effects, processes=processes))
    pipeline.build(made)
    record = json.loads((tmp_path / "app/.slipway/build.json").read_text())
    assert record["packages"]["acme"] == "2.0"
    assert "acme" not in (tmp_path / "app/.slipway/lock.txt").read_text()
    log = logged(made.effects)
    assert "bin/post_compile added acme 2.0. The lock stays as it was" in log
    assert "acme 2.0 requires buoy, which is not installed" in log
    script = (tmp_path / "app/.slipway/venv/bin/acme").read_text()
    assert str(tmp_path) not in script
    compiled = [command for command in processes.started if "compile_modules" in str(command)]
    # The packages of the lock, those of the hook, and what runs when the app starts.
    assert len(compiled) == 3


def test_hooks_have_the_app_s_pip_and_the_lock(tmp_path: Path) -> None:
    seen = {}

    def look(command: Command) -> str:
        if command.name in FILES:
            path = map(Path, command.env["PATH"].split(":"))
            own = [folder for folder in path if folder.is_relative_to(tmp_path)]
            folders = [folder for folder in own if (folder / "pip3").exists()]
            lock = (tmp_path / "app/.slipway/lock.txt").exists()
            seen[command.name] = (bool(folders), lock, command.env["PIP_REQUIRE_VIRTUALENV"])
        return answer(command)

    made = build(tmp_path, FILES)
    processes = FakeProcesses(now=no_time, answer=look)
    pipeline.build(replace(made, effects=replace(made.effects, processes=processes)))
    assert seen == {
        "bin/pre_compile": (False, False, "1"),
        "postinstall": (True, True, "1"),
        "bin/post_compile": (True, True, "1"),
    }
    left = {path.name for path in (tmp_path / "app").rglob("*")}
    assert not left & {"pip", "pip3", "slipway-pip.pth"}


def test_a_failed_pre_compile_hook_stops_the_build_at_once(tmp_path: Path) -> None:
    def fail(command: Command) -> str:
        raise CommandFailed(command=command.name, status=3, output="")

    made = build(tmp_path, FILES)
    processes = FakeProcesses(now=no_time, answer=fail)
    with pytest.raises(HookFailed):
        pipeline.build(replace(made, effects=replace(made.effects, processes=processes)))
    assert not (tmp_path / "app" / ".slipway").exists()


def test_an_app_without_a_web_process_logs_a_warning(tmp_path: Path) -> None:
    made = build(tmp_path, {"requirements.txt": ""}, FakeToolchain())
    assert pipeline.build(made).launch.processes == {}
    assert "There is no web process" in logged(made.effects)


def test_a_project_without_django_logs_a_warning(tmp_path: Path) -> None:
    made = build(tmp_path, {"requirements.txt": "", "manage.py": "DJANGO_SETTINGS_MODULE"})
    pipeline.build(made)
    assert "manage.py is not run: Django is not installed" in logged(made.effects)


def test_notices_are_warnings_in_the_log(tmp_path: Path) -> None:
    made = build(tmp_path, {**FILES, "runtime.txt": "python-3.13.1"})
    pipeline.build(made)
    assert "Consider replacing runtime.txt with .python-version" in logged(made.effects)


DJANGO = {
    "requirements.txt": "django\n",
    "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.settings")\n',
    "harbour/settings.py": "",
    "harbour/wsgi.py": "def application(environ, start_response): ...\n",
}
INSTALLED = Lock(
    packages=(
        LockedPackage(name="django", requirement="django==5.2", hashes=("sha256:ab",)),
        GUNICORN,
    )
)


def test_collectstatic_runs_with_the_settings_of_the_web_process(tmp_path: Path) -> None:
    made = build(tmp_path, DJANGO, FakeToolchain(INSTALLED))
    launch = pipeline.build(made).launch
    assert list(launch.processes) == ["web", "release", "manage"]
    (collectstatic,) = [
        command for command in started(made) if "manage.py collectstatic" in command.name
    ]
    assert collectstatic.env["DJANGO_SETTINGS_MODULE"] == "harbour.settings"
    assert (
        "Django 5.2 Using manage.py, settings module harbour.settings (from manage.py)"
        in logged(made.effects)
    )


def test_collectstatic_runs_without_settings_if_the_project_names_none(tmp_path: Path) -> None:
    files = {"requirements.txt": "django\n", "manage.py": "execute_manager(settings)"}
    made = build(tmp_path, files, FakeToolchain(INSTALLED))
    pipeline.build(made)
    (collectstatic,) = [
        command for command in started(made) if "manage.py collectstatic" in command.name
    ]
    assert "DJANGO_SETTINGS_MODULE" not in collectstatic.env


def test_django_without_a_project_logs_a_warning(tmp_path: Path) -> None:
    made = build(tmp_path, {"requirements.txt": "django\n"}, FakeToolchain(INSTALLED))
    pipeline.build(made)
    assert "Django is installed, but Slipway found no Django manage.py" in logged(made.effects)


def test_an_app_can_use_the_python_of_the_image(tmp_path: Path) -> None:
    table = "[tool.slipway]\nbundle_python = false\n"
    made = build(tmp_path, {**FILES, "pyproject.toml": table})
    pipeline.build(replace(made, bundles_python=True))
    assert "Not bundling Python" in logged(made.effects)
    python = tmp_path / "app/.slipway/venv/bin/python"
    assert python.resolve() == Path(sys.executable).resolve()
    assert not (tmp_path / "app/.slipway/python").exists()


WHEEL = "acme-1.0-py3-none-any.whl"
VENDORED = {
    "requirements.txt": f"./vendor/{WHEEL}\n",
    "Procfile": "web: serve\n",
    "vendor/buoys/__init__.py": "",
    "vendor/hafen straße/kai.py": "",
    "vendor/theme/package.json": "{}",
}


def with_vendored(root: Path) -> BuildRequest:
    """Return the build of an app with a vendored wheel and two plain packages."""
    path = make_wheel(root / "app" / "vendor", WHEEL)
    digest = f"sha256:{sha256_of(path)}"
    acme = LockedPackage(
        name="acme", requirement="acme==1.0", hashes=(digest,), source=f"vendor/{WHEEL}"
    )
    return build(root, VENDORED, FakeToolchain(Lock(packages=(acme,))))


def test_vendored_packages_are_installed_locked_and_recorded(tmp_path: Path) -> None:
    made = with_vendored(tmp_path)
    pipeline.build(made)
    ((installed, distributions),) = toolchain_of(made).installed
    assert installed.startswith(f"# from vendor/{WHEEL}\nacme @ file:///")
    assert [wheel.name for wheel in distributions] == ["acme"]
    lock = (tmp_path / "app/.slipway/lock.txt").read_text()
    digest = sha256_of(tmp_path / "app" / "vendor" / WHEEL)
    assert lock == (f"# from vendor/{WHEEL}\nacme==1.0 \\\n    --hash=sha256:{digest}\n")
    record = json.loads((tmp_path / "app/.slipway/build.json").read_text())
    found = {package["path"]: package for package in record["vendored"]}
    assert found[f"vendor/{WHEEL}"]["wheel"] == f"acme==1.0 sha256:{digest}"
    assert found["vendor/buoys"]["wheel"] is None
    assert "Vendored packages Using acme 1.0 from vendor/" in logged(made.effects)


def test_vendored_packages_are_logged_before_their_dependencies(
    tmp_path: Path,
) -> None:
    made = with_vendored(tmp_path)
    pipeline.build(made)
    text = logged(made.effects)
    assert text.count("Dependencies from requirements.txt") == 1
    assert text.index("Vendored packages") < text.index("Dependencies from")
    assert text.index("acme 1.0 from vendor/") < text.index("Dependencies from")
    assert text.index("Dependencies from") < text.index("Resolving dependencies: no lock")


def test_an_invalid_vendored_package_stops_the_build_before_the_lock(
    tmp_path: Path,
) -> None:
    (tmp_path / "app" / "vendor").mkdir(parents=True)
    (tmp_path / "app" / "vendor" / WHEEL).write_bytes(b"not a wheel")
    made = build(tmp_path, {"requirements.txt": "six\n"})
    with pytest.raises(WheelInvalid):
        pipeline.build(made)
    assert not toolchain_of(made).requests
    assert "Dependencies" not in logged(made.effects)


def test_plain_packages_are_importable_after_a_move(
    tmp_path: Path,
) -> None:
    pipeline.build(with_vendored(tmp_path))
    moved = (tmp_path / "app").rename(tmp_path / "moved")
    (pth,) = moved.glob(".slipway/venv/lib/*/site-packages/slipway-vendored.pth")
    folders = [(pth.parent / line).resolve() for line in pth.read_text("utf-8").splitlines()]
    assert folders == [moved / "vendor", moved / "vendor/hafen straße"]


def test_a_second_build_installs_nothing_and_has_the_same_result(tmp_path: Path) -> None:
    def result() -> dict[Path, bytes]:
        files = (tmp_path / "app" / ".slipway").rglob("*")
        return {path: path.read_bytes() for path in files if path.is_file()}

    pipeline.build(with_vendored(tmp_path))
    first = result()
    again = with_vendored(tmp_path)
    pipeline.build(again)
    assert not toolchain_of(again).installed
    assert not toolchain_of(again).requests
    assert result() == first


def test_without_vendored_packages_nothing_is_logged_about_them(tmp_path: Path) -> None:
    made = build(tmp_path, FILES)
    pipeline.build(made)
    assert "Vendored" not in logged(made.effects)
    assert list((tmp_path / "app").rglob("slipway-vendored.pth")) == []


@dataclass
class Faulty(FakeToolchain):
    """Fails as a tool does whose disk has a fault, in the first builds of an environment."""

    faults: int = 1
    text: str = ""

    def create(self, environment: Virtualenv, interpreter: Interpreter) -> None:
        if self.faults:
            self.faults -= 1
            output = self.text.replace("CACHE", str(environment.root.parent))
            raise InstallFailed(output=("it failed",)) from CommandFailed(
                command="uv", status=2, output=output
            )
        super().create(environment, interpreter)


def faulty(root: Path, text: str, faults: int = 1) -> BuildRequest:
    toolchain = Faulty(Lock(packages=(GUNICORN,)), faults=faults, text=text)
    return build(root, FILES, toolchain)


@pytest.mark.parametrize("reason", ["Read-only file system", "Permission denied"])
def test_a_build_goes_on_in_another_cache_if_its_own_fails(tmp_path: Path, reason: str) -> None:
    made = faulty(tmp_path, f"error: CACHE/bin: {reason} (os error)")
    pipeline.build(made)
    assert f"The cache cannot be used: {reason}" in logged(made.effects)
    assert (tmp_path / "app/.slipway/venv/lock.txt").is_file()


def test_room_is_made_once_in_a_full_cache(tmp_path: Path) -> None:
    old = tmp_path / "cache" / f"slipway-{FORMAT}" / "venv" / "old"
    write_files(old, {"file": "x" * 200_000})
    text = "error: CACHE/bin: No space left on device (os error 28)"
    made = faulty(tmp_path, text)
    pipeline.build(made)
    assert "Removed venv (0.2 MB) from the cache, because its disk is full" in logged(
        made.effects
    )
    assert "The disk of the cache was full; trying again" in logged(made.effects)
    with pytest.raises(InstallFailed):  # the disk for temporary files is the same one
        pipeline.build(faulty(tmp_path / "other", text, faults=9))


def test_a_failure_that_the_cache_has_not_caused_is_not_tried_again(tmp_path: Path) -> None:
    made = faulty(tmp_path, "error: no version of gunicorn; /x: Permission denied")
    with pytest.raises(InstallFailed):
        pipeline.build(made)
    assert "cache cannot be used" not in logged(made.effects)


def test_the_cache_is_kept_within_its_limit_if_the_build_fails(tmp_path: Path) -> None:
    old = tmp_path / "cache" / f"slipway-{FORMAT}" / "venv" / "old"
    write_files(old, {"file": "x" * 2_000_000})
    os.utime(old, (1, 1))
    files = {**FILES, "pyproject.toml": '[tool.slipway]\ncache_limit = "1 MB"\n'}
    toolchain = Faulty(Lock(packages=(GUNICORN,)), text="broken")
    with pytest.raises(InstallFailed):
        pipeline.build(build(tmp_path, files, toolchain))
    assert not old.exists()
