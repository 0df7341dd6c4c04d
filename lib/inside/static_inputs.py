"""Watches what collectstatic reads and does, so that a later build may be spared it.

Python tells an audit hook of each file that is opened, each folder that is listed, each process
and each connection: https://docs.python.org/3/library/audit_events.html. It does not tell of a
look at a file's date, so Slipway compares the whole app; nor of what compiled code does, so
known_code.py knows which is harmless. What is in doubt is reported, and keeps nothing.
"""

from __future__ import annotations

import mimetypes
import os
import sys
import sysconfig
import tempfile
import wsgiref.handlers  # noqa: F401 - it copies all variables when it is loaded, for nobody here
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from typing import Any

_NOT_COMPARED = (".git", ".profile.d", ".slipway")
"""What Slipway leaves out when it compares an app: nothing may be read there."""

_STARTS = (
    *("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.system"),
    *("pty.spawn", "subprocess.Popen"),
)
_ASKS = (
    *("socket.connect", "socket.getaddrinfo", "socket.gethostbyaddr", "socket.gethostbyname"),
    *("socket.gethostname", "socket.getnameinfo", "socket.sendmsg", "socket.sendto"),
)
_DOUBTS = {
    **dict.fromkeys(_STARTS, "a process is started"),
    **dict.fromkeys(_ASKS, "the network is asked"),
    "sqlite3.connect": "a database is opened",
}
_LISTS = ("os.listdir", "os.scandir")
_CHANGES = {
    **dict.fromkeys(("os.link", "os.rename", "os.symlink"), 2),
    **dict.fromkeys(("os.chmod", "os.chown", "os.mkdir", "os.remove", "os.rmdir"), 1),
    **dict.fromkeys(("os.setxattr", "os.truncate", "os.utime"), 1),
}
"""How many of an event's arguments are paths."""
_LOADS = "ctypes.dlopen"
_HEARD = {"open", *_LISTS, *_CHANGES, *_DOUBTS, _LOADS}
_TO_WRITE = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

_DEVICES = {"/dev/null", "/dev/random", "/dev/urandom"}
_SYSTEM = (
    *("/etc/localtime", "/etc/timezone", "/usr/share/locale", "/usr/share/zoneinfo"),
    *map(str, mimetypes.knownfiles),
)
"""What may be read outside: the content of these files is compared too."""

_asked: set[str] = set()
_ALL = "*"
"""Stands for all variables, those that are not set too."""


class _Variables(os._Environ):  # type: ignore[type-arg]  # not generic when it runs
    """An os.environ that keeps which variables are asked for."""

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, (str, bytes)):
            _asked.add(os.fsdecode(key))
        return super().__getitem__(key)

    def __iter__(self) -> Iterator[Any]:
        _asked.add(_ALL)
        return super().__iter__()

    def __len__(self) -> int:
        _asked.add(_ALL)
        return super().__len__()

    def __repr__(self) -> str:
        _asked.add(_ALL)
        return super().__repr__()


class Watch:
    """Keeps what happens in this process from now on."""

    def __init__(self, environment: str) -> None:
        self.app = os.path.realpath(os.getcwd())
        python = sysconfig.get_paths()
        archive = f"python{sys.version_info[0]}{sys.version_info[1]}.zip"
        places = (
            *(environment, python["stdlib"], python["platstdlib"]),
            *(path for path in sys.path if os.path.basename(path) == archive),
        )
        self.fixed = tuple(os.path.realpath(path) for path in places)
        """What the environment and its Python decide."""
        self.doubts: list[str] = []
        self.reads: set[str] = set()
        self.writes: set[str] = set()
        self.early: set[str] = set()
        """What was written before collectstatic started."""
        self.is_over = False

    def begin(self) -> None:
        # The same objects, because some modules have taken them out of os already.
        for variables in (os.environ, os.environb):
            variables.__class__ = _Variables
        sys.addaudithook(self._hear)

    def doubt(self, reason: str) -> None:
        if reason not in self.doubts:
            self.doubts.append(reason)

    def command_starts(self) -> None:
        self.early = set(self.writes)

    def judge(self, doubts: Callable[[], Iterable[str]]) -> None:
        """Take up doubts; that they cannot be told is one, and never stops a build."""
        try:
            for reason in doubts():
                self.doubt(reason)
        except Exception as error:
            self.doubt(f"it cannot be judged: {type(error).__name__}: {error}")

    def is_in_app(self, path: str) -> bool:
        """Tell whether Slipway compares what lies at a path without links."""
        if not _is_in(path, self.app):
            return False
        parts = path[len(self.app) :].split(os.sep)
        return not any(name in parts for name in _NOT_COMPARED)

    def is_compared(self, path: str) -> bool:
        """Tell whether nothing can change at a path without Slipway's notice."""
        real = _real(path)
        return self.is_in_app(real) or any(_is_in(real, root) for root in self.fixed)

    def is_in_python(self, path: str) -> bool:
        return any(_is_in(_real(path), root) for root in self.fixed[1:])

    def report(self, static_root: str) -> dict[str, Any]:
        """Say what was seen: doubts, names of variables, files of the system."""
        self.is_over = True
        root = _real(static_root)
        if not self.is_in_app(root) or root == self.app:
            self.doubt("STATIC_ROOT is not in a folder of the app")
        for path in sorted(self.writes):
            self._judge_write(path, root)
        return {
            "doubts": self.doubts,
            "root": os.path.relpath(root, self.app),
            "variables": sorted(_asked),
            "files": sorted(set(self._files_of_the_system())),
            "opened": sorted(set(self._files_of_the_app())),
        }

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in _HEARD and not self.is_over:
            self._take(event, arguments)

    def _take(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "open":
            self._opened(*arguments)
        elif event in _LISTS:
            self._note(self.reads, arguments[0] or ".")
        elif event in _CHANGES:
            for path in arguments[: _CHANGES[event]]:
                # An existing folder is often made "again".
                if event != "os.mkdir" or not os.path.isdir(path):
                    self._note(self.writes, path)
        elif event in _DOUBTS:
            self.doubt(_DOUBTS[event])
        elif arguments[0]:
            self.doubt(f"the library {arguments[0]} is loaded")

    def _opened(self, path: Any, mode: str | None, flags: int) -> None:
        self._note(self.writes if flags & _TO_WRITE else self.reads, path)
        if mode is None and isinstance(path, (str, bytes)) and not os.path.isabs(path):
            # By os.open, relative to a folder that the event does not name.
            self.doubt(f"{os.fsdecode(path)} is opened")

    def _note(self, kept: set[str], path: Any) -> None:
        if not isinstance(path, int):
            kept.add(os.path.abspath(os.fsdecode(path)))

    def _judge_write(self, path: str, root: str) -> None:
        real = _real(path)
        # The folder itself may be made early, as some settings do.
        is_result = real == root or (_is_in(real, root) and path not in self.early)
        if is_result or real in _DEVICES:
            return
        is_temporary = _is_in(real, _real(tempfile.gettempdir())) and not os.path.lexists(real)
        if _is_in(real, self.app) or not is_temporary:
            self.doubt(f"{self._shown(real)} is written")

    def _files_of_the_system(self) -> Iterable[str]:
        for path in sorted(self.reads):
            if self.is_compared(path) or path in self.writes or _real(path) in _DEVICES:
                continue
            if any(_is_in(path, place) for place in _SYSTEM):
                yield path
            else:
                self.doubt(f"{self._shown(path)} is read")

    def _files_of_the_app(self) -> Iterable[str]:
        """Give what was opened, as paths in the app: of all others the content is not known."""
        for path in self.reads:
            real = _real(path)
            if _is_in(real, self.app) and os.path.isfile(real):
                yield os.path.relpath(real, self.app)

    def _shown(self, path: str) -> str:
        return path[len(self.app) + 1 :] if _is_in(path, self.app) else path


def _is_in(path: str, folder: str) -> bool:
    return path == folder or path.startswith(folder + os.sep)


@cache
def _real_folder(path: str) -> str:
    return os.path.realpath(path)


def _real(path: str) -> str:
    """Resolve links; a path's folder is resolved once for all that lie in it."""
    if os.path.islink(path):
        return os.path.realpath(path)
    folder, name = os.path.split(path)
    return os.path.join(_real_folder(folder), name) if name else _real_folder(path)
