"""Git is queried about folders, and no missing git, repository or commit is an error."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from packaging.version import Version

from slipway.effects.packages.git import Git
from slipway.effects.processes import Processes
from unit.fakes import FakeProcesses, no_time
from unit.repositories import (
    PATH,
    app_with_submodule,
    commit,
    git,
    repository,
    without_git,
)
from unit.samples import write_files

GIT = Git(Processes(now=no_time), {"PATH": PATH, "HOME": "/nowhere"})


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    return repository(tmp_path / "acme", {"acme.py": ""})


@pytest.fixture
def app(tmp_path: Path, acme: Path) -> Path:
    git(acme, "tag", "v1.2")
    return app_with_submodule(tmp_path, acme)


def test_a_submodule_has_a_commit_a_version_and_a_url(app: Path, acme: Path) -> None:
    folder = app / "vendor/acme"
    assert GIT.commit(folder) == git(acme, "rev-parse", "HEAD")
    assert GIT.version(folder) == "1.2"
    assert GIT.remote_url(folder) == str(acme)
    assert GIT.repository_of(app, "vendor/acme/src/acme") == "vendor/acme"
    assert GIT.unusable(folder) is None


def test_the_app_records_the_commit_of_its_submodule(app: Path, acme: Path) -> None:
    (app / "vendor/acme/.git").unlink()
    assert GIT.commit(app / "vendor/acme") is None
    assert GIT.recorded_commit(app, "vendor/acme") == git(acme, "rev-parse", "HEAD")
    assert GIT.recorded_commit(app, "requirements.txt") is None
    assert GIT.recorded_commit(app, "vendor") is None


def test_the_repository_of_an_app_in_a_folder_records_the_commit(app: Path, acme: Path) -> None:
    below = replace(GIT, root="vendor")
    write_files(app, {"vendor/plain/a.py": ""})
    git(app, "add", "vendor/plain")
    assert below.recorded_commit(app / "vendor", "acme") == git(acme, "rev-parse", "HEAD")
    assert below.tracked_files_of(app / "vendor", "acme") == frozenset({"acme.py"})
    assert below.tracked_files_of(app / "vendor", "plain") == frozenset({"a.py"})


def test_a_folder_in_the_apps_repository_is_not_itself_a_repository(app: Path) -> None:
    write_files(app, {"vendor/plain/a.py": "", "vendor/broken/.git/nothing": ""})
    for name in ("vendor/plain", "vendor/broken", "vendor/gone"):
        assert GIT.commit(app / name) is None
        assert GIT.version(app / name) is None
        assert GIT.tracked_files(app / name) is None
        assert not GIT.has_changes(app / name)
    assert GIT.repository_of(app, "vendor/plain") is None
    assert GIT.repository_of(app, ".") == "."


def test_git_is_not_started_for_a_dangling_git_file(app: Path, tmp_path: Path) -> None:
    moved = without_git(app, tmp_path / "moved")
    idle = FakeProcesses(now=no_time)
    idle_git = Git(idle, {"PATH": PATH})
    assert idle_git.commit(moved / "vendor/acme") is None
    assert idle_git.version(moved / "vendor/acme") is None
    assert idle_git.recorded_commit(moved, "vendor/acme") is None
    assert idle_git.unusable(moved / "vendor/acme") == (
        "its .git points to a folder that does not exist"
    )
    assert idle.started == []


def test_nothing_is_known_if_git_is_not_installed(app: Path, tmp_path: Path) -> None:
    without = Git(Processes(now=no_time), {"PATH": str(tmp_path / "empty")})
    assert without.commit(app / "vendor/acme") is None
    assert without.unusable(app / "vendor/acme") == "git is not installed"


def test_the_reason_for_a_missing_commit_is_returned(tmp_path: Path) -> None:
    git(tmp_path, "init", "--quiet")
    assert GIT.unusable(tmp_path) == "git finds no commit in it"
    assert GIT.version(tmp_path) is None
    (tmp_path / "below").mkdir()
    assert GIT.unusable(tmp_path / "below") == "that folder has no .git"


@pytest.mark.parametrize(
    ("tag", "exact", "later"),
    [
        ("v1.2", "1.2", "1.2.post2+g{commit}"),
        ("1.2.0", "1.2.0", "1.2.0.post2+g{commit}"),
        ("acme-1.2", "1.2", "1.2.post2+g{commit}"),
        ("acme-v1.2-rc1", "1.2rc1", "1.2rc1.post2+g{commit}"),
        ("release/1.2", "1.2", "1.2.post2+g{commit}"),
        ("1.2.post1", "1.2.post1", "1.2.post3+g{commit}"),
        ("2.0.dev0", "2.0.dev0", "2.0.dev0+2.g{commit}"),
    ],
)
def test_the_version_comes_from_the_nearest_tag(
    acme: Path, tag: str, exact: str, later: str
) -> None:
    git(acme, "tag", tag)
    assert GIT.version(acme) == exact
    commit(acme, {})
    last = commit(acme, {})
    assert GIT.version(acme) == later.format(commit=last[:7])
    assert Version(exact) < Version(later.format(commit=last[:7]))


@pytest.mark.parametrize("tag", [None, "stable", "release-2024-05-01", "v1.2.final.cut"])
def test_the_version_is_the_commit_if_no_tag_is_a_version(acme: Path, tag: str | None) -> None:
    if tag:
        git(acme, "tag", tag)
    assert GIT.version(acme) == f"0+g{git(acme, 'rev-parse', 'HEAD')[:12]}"


def test_a_renamed_tag_counts_by_the_name_that_git_describe_reports(acme: Path) -> None:
    git(acme, "tag", "--annotate", "--message", "x", "v1.1")
    git(acme, "update-ref", "refs/tags/v1.2", "refs/tags/v1.1")
    git(acme, "tag", "--delete", "v1.1")
    assert GIT.version(acme) == "1.1"


def test_tracked_files_may_have_any_name(tmp_path: Path) -> None:
    names = ["a b.py", "grüße.py", 'quote".py', "line\nbreak.py", "src/*.py"]
    folder = repository(tmp_path / "a b ü", dict.fromkeys(names, ""))
    write_files(folder, {"build/lib.py": ""})
    assert GIT.tracked_files(folder) == tuple(sorted(names))


def test_tracked_files_are_relative_to_their_package(app: Path, acme: Path) -> None:
    commit(app, {"vendor/plain/src/a.py": "", "vendor/plain2/b.py": ""})
    write_files(app, {"vendor/plain/build/a.py": "", "vendor/new/a.py": ""})
    write_files(app, {"vendor/acme/build/a.py": ""})
    assert GIT.tracked_files_of(app, "vendor/plain") == frozenset({"src/a.py"})
    assert GIT.tracked_files_of(app, "vendor/plain/src") == frozenset({"a.py"})
    assert GIT.tracked_files_of(app, "vendor/acme") == frozenset({"acme.py"})
    assert GIT.tracked_files_of(app, "vendor/new") is None


def test_tracked_files_include_those_of_submodules(tmp_path: Path, acme: Path) -> None:
    outer = app_with_submodule(tmp_path / "outer", acme, "inner")
    assert "inner/acme.py" in (GIT.tracked_files(outer) or ())


def test_files_that_are_neither_committed_nor_ignored_are_changes(acme: Path) -> None:
    commit(acme, {".gitignore": "build/\n"})
    write_files(acme, {"build/a.py": ""})
    assert not GIT.has_changes(acme)
    write_files(acme, {"new.py": ""})
    assert GIT.has_changes(acme)
    (acme / "new.py").unlink()
    write_files(acme, {"acme.py": "x = 1\n"})
    assert GIT.has_changes(acme)


def test_git_runs_without_prompts_locks_and_hook_variables(app: Path, tmp_path: Path) -> None:
    other = repository(tmp_path / "other", {"other.py": ""})
    hook = {"PATH": PATH, "GIT_DIR": str(other / ".git"), "GIT_INDEX_FILE": "index"}
    assert Git(Processes(now=no_time), hook).tracked_files(app / "vendor/acme") == ("acme.py",)
    idle = FakeProcesses(now=no_time)
    Git(idle, hook).commit(app / "vendor/acme")
    (command,) = idle.started
    assert command.env == {"PATH": PATH, "GIT_TERMINAL_PROMPT": "0", "GIT_OPTIONAL_LOCKS": "0"}
    assert "safe.directory=*" in command.argv


def test_a_query_writes_nothing_into_a_repository(app: Path) -> None:
    shutil.copystat(app / "requirements.txt", app / "vendor/acme/acme.py")
    before = (app / ".git/modules/vendor/acme/index").read_bytes()
    GIT.has_changes(app / "vendor/acme")
    assert (app / ".git/modules/vendor/acme/index").read_bytes() == before


def test_the_work_tree_of_an_app_has_its_tracked_files(app: Path) -> None:
    write_files(
        app,
        {
            ".gitignore": ".venv\n",
            'stra\u00dfe "x".py': "",
            "gone.py": "",
            ".venv/pyvenv.cfg": "",
        },
    )
    commit(app, {})
    (app / "gone.py").unlink()
    write_files(app, {"new.py": "", "more/one.py": "", "more/two.py": "", "empty/.venv/x": ""})
    tree = GIT.work_tree(app)
    assert tree
    assert {*tree.files} == {
        *(".gitignore", ".gitmodules", "gone.py", "requirements.txt", 'stra\u00dfe "x".py'),
        "vendor/acme/acme.py",
    }
    assert tree.submodules == ("vendor/acme",)
    assert {*tree.left_out} == {"new.py", "more/"}
    assert tree.is_tracked


def test_the_work_tree_of_a_folder_in_a_repository_is_relative_to_it(tmp_path: Path) -> None:
    root = repository(tmp_path / "mono", {"one/a.py": "", "two/b.py": "", "one/[x]/c.py": ""})
    write_files(root, {"one/new.py": "", "two/new.py": ""})
    tree = GIT.work_tree(root / "one")
    assert tree
    assert (tree.files, tree.left_out) == (("[x]/c.py", "a.py"), ("new.py",))
    bracket = GIT.work_tree(root / "one" / "[x]")
    assert bracket
    assert bracket.files == ("c.py",)


def test_a_submodule_that_is_not_checked_out_is_in_the_work_tree(
    app: Path, tmp_path: Path
) -> None:
    clone = tmp_path / "clone"
    git(tmp_path, "clone", "--quiet", str(app), str(clone))
    for is_initialized in (False, True):
        if is_initialized:
            git(clone, "submodule", "init")
        tree = GIT.work_tree(clone)
        assert tree
        assert tree.submodules == ("vendor/acme",)
        assert {*tree.files} - {"vendor/acme"} == {".gitmodules", "requirements.txt"}


def test_a_new_repository_has_the_files_that_are_not_ignored(tmp_path: Path) -> None:
    app = tmp_path / "app"
    write_files(app, {".gitignore": ".venv\n", "a/b.py": "", ".venv/pyvenv.cfg": ""})
    git(app, "init", "--quiet")
    tree = GIT.work_tree(app)
    assert tree
    assert (tree.files, tree.left_out) == ((".gitignore", "a/b.py"), ())
    assert not tree.is_tracked


def test_there_is_no_work_tree_without_git_or_in_an_ignored_folder(tmp_path: Path) -> None:
    home = repository(tmp_path / "home", {".gitignore": "*\n"})
    write_files(home, {"app/a.py": ""})
    assert GIT.work_tree(home / "app") is None
    write_files(tmp_path, {"plain/a.py": "", "broken/.git": "gitdir: /gone"})
    assert GIT.work_tree(tmp_path / "plain") is None
    assert GIT.work_tree(tmp_path / "broken") is None
    no_git = Git(Processes(now=no_time), {"PATH": str(tmp_path / "nothing")})
    assert no_git.work_tree(home) is None


@pytest.mark.parametrize("name", ["HEAD", "config", "index", "info/exclude", "../.gitignore"])
def test_git_does_not_wait_for_a_named_pipe(name: str, acme: Path) -> None:
    pipe = acme / ".git" / name
    pipe.unlink(missing_ok=True)
    os.mkfifo(pipe)
    assert GIT.commit(acme) is None
    assert GIT.work_tree(acme) is None


def test_git_has_a_time_limit(acme: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.effects.packages.git._TIME_LIMIT", 0.5)
    (acme / "src").mkdir()
    os.mkfifo(acme / "src/.gitignore")
    assert not GIT.has_changes(acme)
