"""Read strace's output: the processes that a command started, the connections it opened."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

_LINE = re.compile(r"(?P<process>\d+)\s+(?P<rest>.*)")
_UNFINISHED = re.compile(r"(?P<begin>.*)<unfinished \.\.\.>$")
_RESUMED = re.compile(r"<\.\.\. \w+ resumed>(?P<end>.*)")
_STARTED = re.compile(r'execve\("[^"]*", \[(?P<argv>.*)\], .*= 0$')
_CONNECTED = re.compile(
    r"connect\(.*sa_family=AF_INET6?, sin6?_port=htons\((?P<port>\d+)\)"
    r'.*?"(?P<address>[\da-f.:]+)"'
)
_FOLDERS = re.compile(r"[^\s=]*/")
_LENGTH = 160
_DJANGO = ("manage.py", "collectstatic")


@dataclass(frozen=True, kw_only=True)
class Traced:
    """Readable lines, one for each process and connection; without the command itself."""

    processes: tuple[str, ...] = ()
    connections: tuple[str, ...] = ()

    @property
    def of_django(self) -> int:
        """The number of processes that run the app's own Django commands."""
        return sum(any(word in line for word in _DJANGO) for line in self.processes)

    def __add__(self, then: Traced) -> Traced:
        return Traced(
            processes=self.processes + then.processes,
            connections=self.connections + then.connections,
        )


def read_trace(lines: Iterable[str]) -> Traced:
    """Read the output of `strace -f -e trace=execve,connect`.

    A process is counted once, however many programs it executes. Connections to port 0 are not
    counted: the C library uses them to find its own address, and sends nothing.
    """
    processes: dict[str, str] = {}
    connections: list[str] = []
    for process, call in _calls(lines):
        if started := _STARTED.match(call):
            processes[process] = _shown(started["argv"])
        elif (connected := _CONNECTED.match(call)) and connected["port"] != "0":
            connections.append(f"{connected['address']} port {connected['port']}")
    return Traced(processes=tuple(processes.values())[1:], connections=tuple(connections))


def _shown(argv: str) -> str:
    """Return a command line without the folders of this machine and the hosts of URLs."""
    words = argv.replace('", "', " ").replace("\\n", " ").strip('"')
    return _FOLDERS.sub("", words)[:_LENGTH]


def _calls(lines: Iterable[str]) -> Iterable[tuple[str, str]]:
    """Yield each call as a whole, even if strace interrupts it with another process's call."""
    begun: dict[str, str] = {}
    for text in lines:
        line = _LINE.match(text.rstrip("\n"))
        if line is None:
            continue
        process, rest = line["process"], line["rest"]
        if unfinished := _UNFINISHED.match(rest):
            begun[process] = unfinished["begin"]
        elif resumed := _RESUMED.match(rest):
            yield process, begun.pop(process, "") + resumed["end"]
        else:
            yield process, rest
