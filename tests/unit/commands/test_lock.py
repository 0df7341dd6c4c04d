"""`slipway lock` stops before it does anything, if it would replace what somebody wrote."""

from __future__ import annotations

import io
from pathlib import Path

import pytest

from conftest import ROOT
from slipway.commands.command_line import run
from slipway.domain.installation import Installation
from slipway.effects.console import Console
from slipway.errors.app import FolderTooWide
from slipway.errors.stopped import BuildStopped
from slipway.errors.writing_locks import AlreadyLocked, NothingToLock
from unit.fakes import no_time
from unit.repositories import PATH, git
from unit.samples import write_files

PYLOCK = (
    'lock-version = "1.0"\ncreated-by = "{tool}"\n[[packages]]\nname = "six"\nversion = "1.0"\n'
    'wheels = [{{ url = "https://files.example/six-1.0-py3-none-any.whl", '
    'hashes = {{ sha256 = "{hash}" }} }}]\n'
).replace("{hash}", "0" * 64)
HASHED = f"six==1.0 --hash=sha256:{'0' * 64}\n"


def lock(app: Path, home: str = "/nowhere") -> BuildStopped:
    out = io.StringIO()
    console = Console(out=out, err=out, now=no_time)
    with pytest.raises(BuildStopped) as raised:
        run(["lock", str(app)], {"PATH": PATH, "HOME": home}, console, Installation(ROOT))
    return raised.value


@pytest.mark.parametrize(
    ("file", "text"),
    [("pylock.toml", PYLOCK.format(tool="pip")), ("requirements.txt", HASHED)],
)
def test_a_lock_that_somebody_wrote_is_not_replaced(
    tmp_path: Path, file: str, text: str
) -> None:
    app = write_files(tmp_path / "app", {"requirements.txt": "six\n", file: text})
    error = lock(app)
    assert isinstance(error, AlreadyLocked)
    assert error.file == file
    assert (app / file).read_text() == text


def test_a_lock_that_git_does_not_track_is_not_replaced(tmp_path: Path) -> None:
    app = write_files(tmp_path / "app", {"requirements.txt": "six\n"})
    git(app, "init", "--quiet")
    git(app, "add", ".")
    write_files(app, {"pylock.toml": PYLOCK.format(tool="pip")})
    error = lock(app)
    assert isinstance(error, AlreadyLocked)
    assert error.file == "pylock.toml"


def test_an_app_without_dependencies_has_nothing_to_lock(tmp_path: Path) -> None:
    files = {"requirements.txt": "# none\n", "pylock.toml": PYLOCK.format(tool="slipway")}
    error = lock(write_files(tmp_path / "app", files))
    assert isinstance(error, NothingToLock)
    assert error.origin == "requirements.txt"


def test_a_home_folder_is_not_an_app(tmp_path: Path) -> None:
    app = write_files(tmp_path / "app", {"requirements.txt": "six\n"})
    assert isinstance(lock(app, home=str(app)), FolderTooWide)
