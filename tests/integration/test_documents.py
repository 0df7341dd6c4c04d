"""The commands in the documentation work as they are written."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from documents import PAGES, arguments, commands, name
from integration.classic_platform import Result, machine_env, run
from integration.repositories import git

ADDRESS = "https://github.com/OWNER/slipway.git"

NOT_RUN_HERE = (
    # They need an account or a server.
    *("heroku ", "dokku ", "sudo dokku ", "scalingo ", "cf ", "kubectl "),
    *("git push heroku", "git push dokku", "git push scalingo", "git remote add dokku"),
    "git commit --allow-empty",
    # tests/platforms runs those that need Docker and pack.
    *("docker ", "pack ", "bin/slipway package", "slipway/bin/slipway package"),
    # They need a built app: test_release_databases.py and test_release_step.py run them.
    *("slipway-release", "python manage.py migrate"),
    # It asks for a password.
    'python3 -c "from getpass import getpass',
    # They need the tool and an app of it: test_locks_of_tools.py runs them.
    *("uv lock", "poetry lock", "pdm lock", "pipenv lock", "pip-compile "),
    *("git add uv.lock", "git add poetry.lock", "git add pdm.lock", "git add Pipfile.lock"),
    *("git add requirements.txt", "git -C APP add pylock.toml"),
    # It reads a page of python.org.
    "python3 vendor/update_pythons.py",
    # They run this test.
    *(".ci/run", "tests/run"),
)
TAKE_MINUTES = (
    ".dev/venv/bin/python tests/unit/fuzz/fuzzing.py",
    "python3 vendor/update.py",
    "python3 benchmarks/run.py",
    ".dev/venv/bin/pytest tests/integration",
)
"""The stage `long` runs these."""
APPS = {
    "docs/heroku.md": "tested_with_django",
    "docs/vendored-packages.md": "vendored_packages",
}
"""Maps a page to the fixture that stands for the reader's app, if it is not the Django site."""


@dataclass(frozen=True)
class Reader:
    """Somebody who follows a page, in a folder that has a clone of Slipway."""

    folder: Path
    app: Path
    env: Mapping[str, str]

    def run(self, command: str) -> Result:
        commit = self.git("-C", "slipway", "rev-parse", "HEAD").out.strip()
        words = arguments(command, APP=str(self.app), COMMIT=commit, HOST="dokku.example")
        if words[0].endswith("bin/slipway") and words[1] == "try" and "--check" not in words:
            words.append("--check")  # otherwise it serves until Ctrl-C
        return run(words, self.env, self._folder_of(words))

    def git(self, *words: str) -> Result:
        return run(["git", *words], self.env, self.folder)

    def _folder_of(self, words: list[str]) -> Path:
        """Return where a reader runs a command: next to the clone, or in it."""
        inside = words[0] == "python3" or (self.folder / "slipway" / words[0]).exists()
        inside |= words[0] == "git" and words[1] in ("add", "diff", "push", "tag")
        return self.folder / "slipway" if inside else self.folder


def make_repository(folder: Path) -> None:
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "First")


@pytest.fixture(scope="module")
def origin(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a repository with the files of this Slipway, committed or not."""
    folder = tmp_path_factory.mktemp("origin")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
    ).stdout
    for file in filter(None, os.fsdecode(listed).split("\0")):
        if (ROOT / file).exists():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / file, folder / file, follow_symlinks=False)
    make_repository(folder)
    # The page about releases pushes.
    git(folder, "config", "receive.denyCurrentBranch", "ignore")
    return folder


@pytest.fixture
def reader(
    origin: Path, shared_cache: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> Reader:
    page = request.node.callspec.params["page"]
    app = tmp_path / "app"
    shutil.copytree(FIXTURES / APPS.get(page, "django_site"), app, symlinks=True)
    git_config = {
        f"url.{origin}.insteadOf": ADDRESS,
        "user.name": "Reader",
        "user.email": "reader@example.org",
    }
    env = {
        "XDG_CACHE_HOME": str(shared_cache.with_name("readers-cache")),
        "GIT_CONFIG_COUNT": str(len(git_config)),
        "SECRET_KEY": "only-for-the-tests",
    }
    for number, (key, value) in enumerate(git_config.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    submodules = app / ".gitmodules"
    if submodules.exists():
        for path in re.findall(r"path = (.+)", submodules.read_text("utf-8")):
            make_repository(app / path)
    make_repository(app)
    reader = Reader(folder=tmp_path, app=app, env=machine_env(**env))
    cloned = reader.git("clone", "--quiet", ADDRESS)
    assert cloned.status == 0, cloned.all
    (tmp_path / "slipway" / ".dev").mkdir()
    (tmp_path / "slipway" / ".dev" / "venv").symlink_to(ROOT / ".dev" / "venv")
    return reader


def runnable(*, slow: bool) -> dict[str, list[str]]:
    """Map each page to its commands that no earlier page has."""
    seen: set[str] = set()
    pages = {}
    for page in map(name, PAGES):
        found = [
            command
            for command in commands(page)
            if not command.startswith(NOT_RUN_HERE)
            and command.startswith(TAKE_MINUTES) == slow
            and command not in seen
        ]
        seen.update(found)
        if found:
            pages[page] = found
    return pages


FAST, SLOW = runnable(slow=False), runnable(slow=True)


@pytest.mark.parametrize("page", FAST)
def test_the_commands_of_a_page_work(page: str, reader: Reader) -> None:
    for command in FAST[page]:
        if command == f"git clone {ADDRESS}":
            shutil.rmtree(reader.folder / "slipway")
        result = reader.run(command)
        assert result.status == 0, f"{command}\n{result.all}"


@pytest.mark.long
@pytest.mark.parametrize("page", SLOW)
def test_the_slow_commands_of_a_page_work(page: str, reader: Reader) -> None:
    for command in SLOW[page]:
        result = reader.run(command)
        assert result.status == 0, f"{command}\n{result.all}"
