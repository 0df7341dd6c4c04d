"""The only place where processes are started, with an explicit folder and environment."""

from __future__ import annotations

import errno
import os
import selectors
import shlex
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Thread
from typing import NoReturn

from slipway.domain.redaction import without_colours
from slipway.effects.orphans import PATIENCE, Orphans, adopt_orphans
from slipway.effects.progress import progress_times
from slipway.errors.app import VariablesTooLarge
from slipway.errors.stopped import CommandFailed

_END_GRACE = 4.0
"""Seconds after SIGTERM: platforms send SIGKILL to a whole build after 10."""
_SHOWN = 400
"""The most characters of a command line that are logged."""
_SHOWN_ORPHAN = 100
_TICK = 0.1
"""Seconds between two looks at a process that prints nothing."""
_LONGEST_LINE = 256 * 1024
"""Bytes of a line that are kept: a secret in it can be as long as a variable, 128 KiB."""
_HEAD, _TAIL = 1_000_000, 4_000_000
"""Characters that are kept of the output of a command, from its start and its end."""
_LONGEST_ANSWER = 256 * 1000**2
"""Bytes that a query may print: the names of a million files."""

OnLine = Callable[[str], None]


class TimeLimitReached(Exception):
    """A process was ended because it took too long."""


def _ignore(line: str) -> None:
    """Do nothing with a line."""


@dataclass(frozen=True, kw_only=True)
class Command:
    argv: Sequence[str]
    cwd: Path
    env: Mapping[str, str]
    shown: str = ""
    """The command as a user would type it; the argv if empty."""

    @property
    def name(self) -> str:
        return self.shown or shlex.join(self.argv)


@dataclass(frozen=True, kw_only=True)
class Processes:
    """Starts processes, and reports the progress of those that take long."""

    now: Callable[[], float]
    """Seconds on a clock that never goes back."""
    on_progress: Callable[[str], None] = field(default=_ignore)
    clean: Callable[[str], str] = field(default=str)
    """Removes credentials from a line before it is used or logged."""
    on_end: OnLine = field(default=_ignore)
    """Called for each process that has ended, with one line: seconds, status and argv."""
    on_left: OnLine = field(default=_ignore)
    """Called with a sentence if a command left processes running, which have been ended."""

    def run(self, command: Command, on_line: OnLine = _ignore, doing: str = "") -> str:
        """Run a command to its end; return stdout and stderr together, as text.

        `on_line` gets each line with its colours; the returned text has none, and is cut in the
        middle if it is very long. Progress is reported after 5, 10, 20 ... seconds.

        Raises CommandFailed for an exit status other than 0.
        """
        lines, output = _Lines(), _Output()

        def use(line: bytes) -> None:
            text = self.clean(_text(line))
            output.add(without_colours(text))
            on_line(text)

        started, times = self.now(), progress_times()
        due = next(times)
        with self._started(command, subprocess.STDOUT, doing) as process:
            for _, chunk in _read(process):
                for line in lines.completed_by(chunk):
                    use(line)
                if self.now() - started >= due:
                    self.on_progress(f"Still {doing or command.name} ({due:.0f} s)")
                    due = next(times)
            for line in lines.rest():
                use(line)
        if process.returncode != 0:
            raise CommandFailed(
                command=command.name, status=process.returncode, output=output.text
            )
        return output.text

    def query(self, command: Command, time_limit: float | None = None) -> str:
        """Run a short command, and return only its stdout.

        Raises CommandFailed, with the command's stderr as output, or TimeLimitReached.
        """
        with self._started(command, subprocess.PIPE) as process:
            printed: dict[str, list[bytes]] = {"stdout": [], "stderr": []}
            size, end = 0, time.monotonic() + (time_limit or float("inf"))
            for stream, chunk in _read(process):
                printed[stream].append(chunk)
                size += len(chunk)
                if time.monotonic() > end:
                    raise TimeLimitReached
                if size > _LONGEST_ANSWER:
                    raise CommandFailed(
                        command=command.name,
                        status=-signal.SIGTERM,
                        output=f"It printed more than {_LONGEST_ANSWER // 1000**2} MB.",
                    )
            out, err = (b"".join(chunks) for chunks in printed.values())
        if process.returncode != 0:
            raise CommandFailed(
                command=command.name,
                status=process.returncode,
                output=self.clean(_text(err)),
            )
        return _text(out)

    @contextmanager
    def _started(
        self, command: Command, stderr: int, doing: str = ""
    ) -> Iterator[subprocess.Popen[bytes]]:
        """Start a process, and wait for its end, or end it if the block fails; report its end.

        Whatever it leaves running is ended too, because a build must not go on after its end.
        """
        adopt_orphans()
        orphans, started = Orphans(), self.now()
        process = _start(command, subprocess.PIPE, stderr)
        patience = 0.0
        try:
            yield process
            process.wait()
            patience = PATIENCE
        except BaseException:
            end_group(process)
            raise
        finally:
            for stream in (process.stdout, process.stderr):
                if stream:
                    stream.close()
            left = orphans.end(patience)
            took = f"{self.now() - started:.1f} s, status {process.returncode}"
            self.on_end(f"{took}: {_shortened(self.clean(shlex.join(command.argv)))}")
            if left:
                named = f"`{_shortened(self.clean(command.name), _SHOWN_ORPHAN)}`"
                after = named if command.shown or not doing else doing
                self.on_left(_what_was_left(after, [*map(self.clean, left)]))


def _start(
    command: Command, stdout: int | None = None, stderr: int | None = None
) -> subprocess.Popen[bytes]:
    """Start a process in a new session, so that it can be ended together with its children.

    Raises OSError, VariablesTooLarge.
    """
    try:
        return subprocess.Popen(
            list(command.argv),
            cwd=command.cwd,
            env=dict(command.env),
            stdin=subprocess.DEVNULL,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
    except OSError as error:
        sizes = {name: len(os.fsencode(value)) for name, value in command.env.items()}
        total = sum(sizes.values()) + sum(len(os.fsencode(name)) + 2 for name in sizes)
        arguments = sum(len(os.fsencode(argument)) + 1 for argument in command.argv)
        if error.errno != errno.E2BIG or total < arguments:
            raise
    largest = max(sizes, key=sizes.__getitem__)
    raise VariablesTooLarge(total=total, largest=largest, size=sizes[largest])


def _what_was_left(command: str, left: Sequence[str]) -> str:
    more = f" and {len(left) - 1} more" if len(left) > 1 else ""
    were = "were" if more else "was"
    return (
        f"Ended `{_shortened(left[0], _SHOWN_ORPHAN)}`{more}, which {were} still running after "
        f"{command}: a build leaves no process running"
    )


def _read(process: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield what a process prints until it has ended, each with the name of the stream.

    Something that it leaves running may hold the streams, and has PATIENCE to print more. An
    empty chunk means that nothing was printed for a moment.
    """
    last = float("inf")
    with selectors.DefaultSelector() as selector:
        for name, stream in (("stdout", process.stdout), ("stderr", process.stderr)):
            if stream:
                selector.register(stream, selectors.EVENT_READ, name)
        while selector.get_map() and time.monotonic() < last:
            yield from _chunks(selector)
            if process.poll() is not None:
                last = min(last, time.monotonic() + PATIENCE)
    while process.poll() is None:  # it has closed its streams
        with suppress(subprocess.TimeoutExpired):
            process.wait(_TICK)
        yield "stdout", b""


def _chunks(selector: selectors.BaseSelector) -> Iterator[tuple[str, bytes]]:
    ready = selector.select(timeout=_TICK)
    for key, _ in ready:
        chunk = os.read(key.fd, 65536)
        if not chunk:
            selector.unregister(key.fileobj)
        yield key.data, chunk
    if not ready:
        yield "stdout", b""


class _Lines:
    """Splits output into lines, and drops what is too much of a long one."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._room = _LONGEST_LINE

    def completed_by(self, chunk: bytes) -> Iterator[bytes]:
        *complete, rest = chunk.split(b"\n")
        for piece in complete:
            self._add(piece)
            yield b"".join(self._parts)
            self._parts, self._room = [], _LONGEST_LINE
        self._add(rest)

    def rest(self) -> Iterator[bytes]:
        """Yield the last line, if it is not empty and has no end."""
        if self._parts:
            yield b"".join(self._parts)

    def _add(self, piece: bytes) -> None:
        if piece:
            self._parts.append(piece[: self._room])
            self._room -= len(self._parts[-1])


class _Output:
    """Keeps the first and the last lines of an output, which may have no end."""

    def __init__(self) -> None:
        self._head: list[str] = []
        self._tail: deque[str] = deque()
        self._room, self._tail_size, self._dropped = _HEAD, 0, 0

    def add(self, line: str) -> None:
        if self._room > 0:
            self._head.append(line)
            self._room -= len(line) + 1
            return
        self._tail.append(line)
        self._tail_size += len(line) + 1
        while self._tail_size > _TAIL:
            self._tail_size -= len(self._tail.popleft()) + 1
            self._dropped += 1

    @property
    def text(self) -> str:
        mark = [f"[{self._dropped} lines are left out here]"] if self._dropped else []
        return "\n".join([*self._head, *mark, *self._tail])


@dataclass(frozen=True)
class Attached:
    """A process whose output goes where Slipway's output goes."""

    process: subprocess.Popen[bytes]
    shown: str
    reader: Thread | None = None
    """Passes on what the process prints."""

    def poll(self) -> int | None:
        return self.process.poll()

    def wait(self) -> int:
        """Wait for the end of the process and, for a moment, for the end of its output."""
        status = self.process.wait()
        if self.reader:
            self.reader.join(PATIENCE)
        return status


@contextmanager
def attached(command: Command, on_line: OnLine | None = None) -> Iterator[Attached]:
    """Start a process that shares Slipway's output; end it and its children with the block.

    With `on_line`, another thread gives it each line that the process prints.
    """
    orphans, reader = Orphans(), None
    if on_line:
        process = _start(command, subprocess.PIPE, subprocess.STDOUT)
        reader = Thread(target=_pass_on, args=(process, on_line), daemon=True)
        reader.start()
    else:
        process = _start(command)
    try:
        yield Attached(process, command.name, reader)
    finally:
        end_group(process)
        orphans.end(patience=0)
        if reader:
            reader.join(PATIENCE)


def become(command: Command) -> NoReturn:
    """Replace Slipway by a command, which gets its streams, its terminal and its signals.

    Raises OSError.
    """
    # Python ignores these two, and what is ignored stays so in another program:
    # https://docs.python.org/3/library/subprocess.html#subprocess.Popen (restore_signals)
    for number in (signal.SIGPIPE, signal.SIGXFSZ):
        signal.signal(number, signal.SIG_DFL)
    os.chdir(command.cwd)
    os.execvpe(command.argv[0], [*command.argv], dict(command.env))  # noqa: S606  # no shell


def first_to_end(running: Mapping[str, Attached], seconds: float | None) -> str | None:
    """Wait until one of some processes has ended, and return its name.

    Returns None if all still run after that time; without a time, the wait has no limit.
    """
    end = time.monotonic() + (float("inf") if seconds is None else seconds)
    while True:
        for name, process in running.items():
            if process.poll() is not None:
                return name
        if time.monotonic() >= end:
            return None
        time.sleep(_TICK)


def _pass_on(process: subprocess.Popen[bytes], on_line: OnLine) -> None:
    lines = _Lines()
    for _, chunk in _read(process):
        for line in lines.completed_by(chunk):
            on_line(_text(line))
    for line in lines.rest():
        on_line(_text(line))


def describe_exit(status: int) -> str:
    """Describe how a process ended, as a sentence without its subject."""
    return f"exited with status {status}" if status >= 0 else f"was killed by signal {-status}"


def _shortened(line: str, most: int = _SHOWN) -> str:
    """Cut a long command line, such as one with a whole program after `-c`."""
    return line if len(line) <= most else f"{line[:most]} ..."


def _text(data: bytes) -> str:
    return data.decode("utf-8", "backslashreplace").rstrip("\r\n")


def end_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children, with SIGTERM and if that does not help with SIGKILL."""
    for number, grace in ((signal.SIGTERM, _END_GRACE), (signal.SIGKILL, None)):
        try:
            os.killpg(process.pid, number)
            process.wait(grace)
            return
        except (ProcessLookupError, PermissionError):
            process.wait()
            return
        except subprocess.TimeoutExpired:
            continue
