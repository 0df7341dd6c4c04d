"""`slipway try` and `slipway plan` take the files that git would ship."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.commands.command_line import run
from slipway.commands.working_folder import copy_app
from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.app import NotPython
from unit.fakes import no_time
from unit.repositories import PATH, app_with_submodule, commit, git, repository
from unit.samples import write_files

APP = {".gitignore": ".venv\ndb.sqlite3\n.env\n", "requirements.txt": "six\n"}
IGNORED = {".venv/pyvenv.cfg": "", "db.sqlite3": "", ".env": "SECRET_KEY=x\n"}
ENVIRONMENT = {"PATH": PATH, "HOME": "/nowhere"}


def copied(app: Path, place: Path, environment: dict[str, str] = ENVIRONMENT) -> set[str]:
    return copied_and_logged(app, place, environment)[0]


def copied_and_logged(
    app: Path, place: Path, environment: dict[str, str] = ENVIRONMENT
) -> tuple[set[str], str]:
    """Copy an app; return the copied files and empty folders, and the log as one line."""
    out = io.StringIO()
    copy_app(app, place, environment, Console(out=out, err=out, now=no_time))
    found = {
        str(path.relative_to(place))
        for path in place.rglob("*")
        if path.is_symlink() or path.is_file() or not [*path.iterdir()]
    }
    return found, " ".join(out.getvalue().replace(" !     ", "").split())


def test_ignored_files_are_not_copied(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", APP)
    write_files(app, {**IGNORED, "requirements.txt": "idna\n"})
    found, log = copied_and_logged(app, tmp_path / "copy")
    assert found == {*APP}
    assert log == ""
    assert (tmp_path / "copy/requirements.txt").read_text() == "idna\n", "as it is now"


def test_an_ignored_file_that_decides_something_is_named(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {"a.py": "", ".gitignore": "*.txt\n"})
    write_files(app, {"requirements.txt": "six\n", "notes.txt": ""})
    found, log = copied_and_logged(app, tmp_path / "copy")
    assert found == {"a.py", ".gitignore"}
    assert "because git ignores it: requirements.txt." in log
    assert "run `git add -f requirements.txt` in the folder of the app" in log
    assert "notes.txt" not in log


def test_files_that_are_not_tracked_are_named(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", APP)
    write_files(app, {"new one.py": "", "static/a.css": "", "static/b.css": ""})
    found, log = copied_and_logged(app, tmp_path / "copy")
    assert found == {*APP}
    assert "git does not track it: new one.py, static/." in log
    assert "run `git add 'new one.py' static/` in the folder of the app" in log


@pytest.mark.parametrize("names", [["\x1b[31m.py"], ["a.py", "b.py", "c.py", "d.py"]])
def test_a_line_about_many_or_strange_files_can_be_read_and_run(
    names: list[str], tmp_path: Path
) -> None:
    app = repository(tmp_path / "app", APP)
    write_files(app, dict.fromkeys(names, ""))
    _, log = copied_and_logged(app, tmp_path / "copy")
    assert "\x1b" not in log
    assert "run `git add .`" in log
    assert ("a.py, b.py, c.py and 1 more" in log) == (len(names) > 1)


def test_deleted_files_links_and_modes_are_copied_as_git_would(tmp_path: Path) -> None:
    app = repository(tmp_path / "app", {**APP, "gone.py": "", "run.sh": ""})
    (app / "run.sh").chmod(0o755)
    (app / "link").symlink_to("nowhere")
    (app / "folder").symlink_to(".")
    commit(app, {})
    (app / "gone.py").unlink()
    copy = tmp_path / "copy"
    assert copied(app, copy) == {*APP, "run.sh", "link", "folder"}
    assert os.access(copy / "run.sh", os.X_OK)
    assert os.readlink(copy / "folder") == "."


def test_a_submodule_is_copied_if_it_is_checked_out(tmp_path: Path) -> None:
    source = repository(tmp_path / "acme", {"acme.py": ""})
    app = app_with_submodule(tmp_path, source)
    always = {".gitmodules", "requirements.txt"}
    assert copied(app, tmp_path / "one") == {*always, "vendor/acme/acme.py"}
    git(app, "submodule", "deinit", "--all")
    assert copied(app, tmp_path / "two") == {*always, "vendor/acme"}


def test_a_folder_of_a_repository_is_copied_alone(tmp_path: Path) -> None:
    root = repository(tmp_path / "mono", {"one/a.py": "", "two/b.py": ""})
    assert copied(root / "one", tmp_path / "copy") == {"a.py"}


def test_a_new_repository_is_copied_without_ignored_files(tmp_path: Path) -> None:
    app = tmp_path / "app"
    write_files(app, {**APP, **IGNORED})
    git(app, "init", "--quiet")
    found, log = copied_and_logged(app, tmp_path / "copy")
    assert found == {*APP}
    assert log.startswith("git tracks no file of the app yet")


@pytest.mark.parametrize("has_git", [True, False])
def test_without_a_repository_all_files_are_copied(tmp_path: Path, *, has_git: bool) -> None:
    app = tmp_path / "app"
    write_files(app, {**APP, **IGNORED, "node_modules/x.js": ""})
    if not has_git:
        git(app, "init", "--quiet")
    environment = ENVIRONMENT if has_git else {"PATH": "/nowhere"}
    assert copied(app, tmp_path / "copy", environment) == {*APP, *IGNORED}


@pytest.mark.parametrize("command", [["plan"], ["plan", "--json"], ["try", "--check"]])
def test_a_disk_without_an_app_is_refused_at_once(command: list[str]) -> None:
    console = Console(out=io.StringIO(), err=io.StringIO(), now=no_time)
    with pytest.raises(NotPython):
        run([*command, "/"], ENVIRONMENT, console, Installation(ROOT))


def test_a_plan_ignores_a_virtual_environment_that_git_ignores(
    tmp_path: Path,
) -> None:
    app = repository(tmp_path / "app", {**APP, "Procfile": "web: true\n"})
    write_files(app, {**IGNORED, "new.py": ""})
    out, err = io.StringIO(), io.StringIO()
    console = Console(out=out, err=err, now=no_time)
    assert run(["plan", str(app)], ENVIRONMENT, console, Installation(ROOT)) == 0
    assert "requirements.txt: 1 requirement" in out.getvalue()
    assert "new.py" in err.getvalue()
