"""An app that a build imports can neither use the network nor change files."""

from __future__ import annotations

import platform
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import ROOT

FENCE = """\
import ctypes, os, socket, sqlite3, subprocess, sys
sys.path.insert(0, {scripts!r})
import fence
{before}
is_filtered = fence.{close}()
os.chdir({folder!r})
try:
    {code}
except OSError as error:
    print(type(error).__name__, error.strerror)
except sqlite3.Error as error:
    print(error)
else:
    print("done")
"""
WITHOUT_FILTER = "fence.SYSCALLS = {}"
WITHOUT_HOOK = "sys.addaudithook = lambda hook: None"
BOTH = [WITHOUT_FILTER, WITHOUT_HOOK]
has_filter = pytest.mark.skipif(
    platform.machine() not in ("x86_64", "aarch64"), reason="no filter for this processor"
)


def run(code: str, folder: Path, before: str = "", close: str = "close") -> str:
    """Run code behind the fence in a folder; return how it ended."""
    (folder / "kept.txt").write_text("kept")
    (folder / "sub").mkdir()
    script = FENCE.format(
        scripts=str(ROOT / "lib" / "build_scripts"),
        before=before,
        folder=str(folder),
        code=code,
        close=close,
    )
    # With a pipe: the fence also refuses output into a file.
    done = subprocess.run(
        [sys.executable, "-c", script], check=True, capture_output=True, text=True
    )
    assert (folder / "kept.txt").read_text() == "kept"
    assert sorted(path.name for path in folder.iterdir()) == ["kept.txt", "sub"]
    return done.stdout.strip()


REFUSED = [
    "open('new.txt', 'w')",
    "open('kept.txt', 'a')",
    "open('kept.txt', 'w')",
    "os.unlink('kept.txt')",
    "os.rename('kept.txt', 'other.txt')",
    "os.mkdir('new')",
    "os.rmdir('sub')",
    "os.link('kept.txt', 'new.txt')",
    "os.symlink('kept.txt', 'new.txt')",
    "os.truncate('kept.txt', 0)",
    "os.chmod('kept.txt', 0o600)",
    "os.utime('kept.txt')",
]


@pytest.mark.parametrize("code", REFUSED)
@pytest.mark.parametrize("before", BOTH, ids=["hook", "kernel"])
def test_no_file_is_changed(code: str, before: str, tmp_path: Path) -> None:
    said = run(code, tmp_path, before)
    if before == WITHOUT_FILTER:
        assert said in (
            "Refused the build does not let the app write",
            "Refused the build does not let the app change files",
        )
    else:
        assert said == "OSError Read-only file system"


@pytest.mark.parametrize("before", BOTH, ids=["hook", "kernel"])
def test_no_network_is_used(before: str, tmp_path: Path) -> None:
    said = run("socket.socket().connect(('127.0.0.1', 9))", tmp_path, before)
    words = "the build does not let the app use the network"
    expected = f"Refused {words}" if before == WITHOUT_FILTER else "Permission denied"
    assert said.endswith(expected)


@has_filter
def test_the_kernel_refuses_it_too(tmp_path: Path) -> None:
    assert run("print(is_filtered)", tmp_path) == "True\ndone"


@has_filter
@pytest.mark.parametrize(
    "command",
    [
        "echo x > new.txt",
        "echo x >> kept.txt",
        "echo x 1<>kept.txt",
        "mkdir new",
        "rm kept.txt",
    ],
)
def test_programs_that_the_app_starts_change_nothing(command: str, tmp_path: Path) -> None:
    code = f"print(subprocess.run(['sh', '-c', {command!r}], stderr=-3).returncode != 0)"
    assert run(code, tmp_path).endswith("done")


@has_filter
def test_programs_that_the_app_starts_reach_nobody(tmp_path: Path) -> None:
    program = "import socket; socket.socket()"
    code = f"print(subprocess.run([sys.executable, '-c', {program!r}], stderr=-3).returncode)"
    assert run(code, tmp_path) == "1\ndone"


def test_code_in_c_changes_nothing(tmp_path: Path) -> None:
    said = run("sqlite3.connect('new.db').execute('create table a (b)')", tmp_path)
    assert said == "unable to open database file"


def test_a_file_that_is_open_is_not_written_to(tmp_path: Path) -> None:
    before = f"stream = open({str(tmp_path / 'kept.txt')!r}, 'r+', buffering=1)"
    assert run("stream.write('other\\n')", tmp_path, before).endswith("File too large")


@pytest.mark.parametrize(
    "code",
    [
        "open('kept.txt').read()",
        "open('/dev/null', 'w').write('x')",
        "open('/dev/null', 'ab').write(b'x')",
        "open(os.devnull, mode='r+b', buffering=0).write(b'x')",
        "subprocess.run(['true'], check=True, stdout=subprocess.DEVNULL)",
        "subprocess.run(['true'], check=True, capture_output=True)",
        "socket.socketpair()",
        "sqlite3.connect(':memory:').execute('create table a (b)')",
        "__import__('asyncio').new_event_loop().close()",
        "__import__('threading').Thread(target=int).start()",
        "__import__('multiprocessing').get_context()",
        "__import__('logging').basicConfig()",
    ],
)
def test_what_changes_nothing_is_allowed(code: str, tmp_path: Path) -> None:
    assert run(code, tmp_path) == "done"


def with_files(code: str, folder: Path, before: str = "") -> str:
    """Run code behind the fence that refuses the network alone."""
    return run(code, folder, before, close="close_network")


@pytest.mark.parametrize("before", BOTH, ids=["hook", "kernel"])
def test_what_may_change_files_uses_no_network(before: str, tmp_path: Path) -> None:
    code = "socket.create_connection(('127.0.0.1', 9), 1)"
    said = with_files(code, tmp_path, before)
    words = "the build does not let the app use the network"
    expected = f"Refused {words}" if before == WITHOUT_FILTER else "Permission denied"
    assert said.endswith(expected)


@pytest.mark.parametrize(
    "code",
    [
        "socket.getaddrinfo('example.invalid', 80)",
        "socket.gethostbyname('example.invalid')",
        "socket.socket(socket.AF_UNIX).connect('kept.txt')",
    ],
)
def test_no_host_is_looked_up_and_no_server_on_this_machine_is_reached(
    code: str, tmp_path: Path
) -> None:
    assert with_files(code, tmp_path).startswith("Refused")


def test_no_database_is_created(tmp_path: Path) -> None:
    said = with_files("sqlite3.connect('new.db')", tmp_path)
    assert said == "the build does not create a database: new.db does not exist"


@pytest.mark.parametrize(
    "code",
    [
        "open('new.txt', 'w').close(); os.unlink('new.txt')",
        "socket.gethostbyname(socket.gethostname())",
        "socket.socketpair()",
        "sqlite3.connect(':memory:').execute('create table a (b)')",
        "sqlite3.connect('file::memory:?cache=shared', uri=True).close()",
        "sqlite3.connect('kept.txt').close()",
        "__import__('asyncio').run(__import__('asyncio').sleep(0))",
        "__import__('multiprocessing').Pool(1).apply(int)",
        "__import__('multiprocessing').Manager().list().append(1)",
    ],
)
def test_what_needs_no_network_is_allowed(code: str, tmp_path: Path) -> None:
    assert with_files(code, tmp_path) == "done"
