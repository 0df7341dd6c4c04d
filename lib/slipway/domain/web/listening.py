"""Where servers listen, and whether the requests of a platform reach them there."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from slipway.domain.web.command_draft import (
    PYTHON,
    Draft,
    commands_of,
    manage_command,
    options_in,
    pipelines_of,
    words_from,
)
from slipway.domain.web.shell_commands import SimpleCommand, Word

_EVERY_HOST = "0.0.0.0"  # noqa: S104 - a platform's router is on another host
_PATTERNS = frozenset({"*", "[::]"})
"""Addresses that a shell takes for patterns of names."""
_NO_PORT = re.compile(r"(PORT|%PORT%|<PORT>|\{PORT\}|\\\$\{?PORT\}?|\$(port|\{port\}))")
"""What is not replaced by the value of the variable PORT."""
_WITHOUT_PORT = "an address without a port means port 8000, but requests come to `$PORT`"
_SOCKETS = ("-s", "--socket", "--uwsgi-socket")
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1", "[::1]"})
HEROKUISH = "Dokku and other platforms that use herokuish"


class _Server(NamedTuple):
    """How a server is told where to listen."""

    bind: tuple[str, ...] = ()
    """The options with an address and a port."""
    host: tuple[str, ...] = ()
    port: tuple[str, ...] = ()
    default_port: str = ""
    """The port without an option; empty if it is that of the variable PORT."""
    is_local: bool = False
    """Whether it listens on 127.0.0.1 only without an option."""
    subcommand: str = ""
    has_positional_port: bool = False
    """Whether its only word that is no option is the port."""
    elsewhere: tuple[str, ...] = ()
    """The options with which it listens on something else, or reads a file that says where."""


SERVERS: Mapping[str, _Server] = {
    "daphne": _Server(
        host=("-b", "--bind"),
        port=("-p", "--port"),
        default_port="8000",
        is_local=True,
        elsewhere=("-u", "--unix-socket", "-e", "--endpoint", "--fd"),
    ),
    "fastapi": _Server(host=("--host",), port=("--port",), subcommand="run"),
    "granian": _Server(
        host=("--host",),
        port=("--port",),
        default_port="8000",
        is_local=True,
        elsewhere=("--uds",),
    ),
    "gunicorn": _Server(bind=("-b", "--bind")),
    "gunicorn_django": _Server(bind=("-b", "--bind")),
    "http.server": _Server(
        host=("-b", "--bind"), default_port="8000", has_positional_port=True
    ),
    "hypercorn": _Server(
        bind=("-b", "--bind"),
        default_port="8000",
        is_local=True,
        elsewhere=("-c", "--config"),
    ),
    "litestar": _Server(
        host=("-H", "--host"),
        port=("-p", "--port"),
        default_port="8000",
        is_local=True,
        subcommand="run",
        elsewhere=("--uds", "--unix-domain-socket", "-F", "--fd", "--file-descriptor"),
    ),
    "run_gunicorn": _Server(bind=("-b", "--bind")),
    "sanic": _Server(
        host=("-H", "--host"),
        port=("-p", "--port"),
        default_port="8000",
        is_local=True,
        elsewhere=("-u", "--unix"),
    ),
    "streamlit": _Server(
        host=("--server.address",),
        port=("--server.port",),
        default_port="8501",
        subcommand="run",
    ),
    "uvicorn": _Server(
        host=("--host",),
        port=("--port",),
        default_port="8000",
        is_local=True,
        elsewhere=("--uds", "--fd", "--env-file"),
    ),
    "uwsgi": _Server(
        bind=("--http", "--http-socket"),
        elsewhere=("--ini", "--xml", "--yaml", "--json", "--protocol", "--socket-protocol"),
    ),
    "waitress": _Server(
        bind=("--listen",),
        host=("--host",),
        port=("--port",),
        default_port="8080",
        elsewhere=("--unix-socket", "--fd"),
    ),
}
_SERVERS_BY_OTHER_NAMES = {"waitress-serve": "waitress"}
FOR_DEVELOPMENT = {"flask": "run", "quart": "run"}
"""Programs, and the subcommand that starts their server for development."""


def server_of_command(command: SimpleCommand, place: int) -> tuple[str, int]:
    """Return the server that a command starts, and the place of its name; empty if none."""
    words = command.words
    texts = words_from(command, place)
    if manage_command(texts) == "run_gunicorn":
        return "run_gunicorn", place + texts.index("run_gunicorn")
    if PYTHON.fullmatch(texts[0]) and "-m" in texts[:-1]:
        place += texts.index("-m") + 1
    name = words[place].text.rpartition("/")[2]
    name = _SERVERS_BY_OTHER_NAMES.get(name, name)
    return (name, place) if name in SERVERS or name in FOR_DEVELOPMENT else ("", place)


def listen_on_port(draft: Draft) -> None:
    """Make the server listen where platforms send requests to."""
    if draft.name != "web":
        return
    for command, place in commands_of(draft):
        name, at = server_of_command(command, place)
        server = SERVERS.get(name)
        words = command.words[at + 1 :]
        texts = [word.text for word in words]
        if server is None or (server.subcommand and texts[:1] != [server.subcommand]):
            continue
        variables = [word.text for word in (*command.assignments, *command.words[:at])]
        if any("$" in text for text in variables) or [*options_in(words, server.elsewhere)]:
            continue
        before = draft.command
        _correct_addresses(draft, name, server, words)
        if draft.command == before and name == "uwsgi" and len(pipelines_of(draft)) == 1:
            _speak_http(draft, words)
        if draft.command == before:
            _correct_hosts_and_ports(draft, server, words)
        if draft.command == before and server.has_positional_port:
            _correct_positional_port(draft, server, command.words[at], words)
            return
        if draft.command == before:
            after = command.words[at + 1] if server.subcommand else command.words[at]
            shown = command.words[at].text.rpartition("/")[2]
            _add_options(draft, shown, server, words, after.end)
        return


def _correct_addresses(draft: Draft, name: str, server: _Server, words: Sequence[Word]) -> None:
    """Correct the first option with a useless address and port; Gunicorn needs none."""
    binds = [*options_in(words, server.bind)]
    written = [draft.command[one.value_start : one.end] for one in binds]
    is_told = any(
        "$" in one.value
        and not [*_wrong_port(_address(one.value)[1], text)]
        and _address(one.value)[0] not in _LOCAL
        for one, text in zip(binds, written, strict=True)
    )
    for one, text in zip(binds, written, strict=True):
        host, port = _address(one.value)
        if host is None or (is_told and host not in _PATTERNS):
            continue
        reasons = [*_wrong_host(host), *_wrong_port(port, text)]
        if not reasons and not port:
            reasons = [_WITHOUT_PORT]
        if not reasons:
            continue
        for reason in reasons:
            draft.because(reason)
        has_config = [*options_in(words, ("-c", "--config"))]
        if name == "gunicorn" and not has_config:
            draft.remove(one.start, one.end)
        else:
            draft.replace(one.value_start, one.end, f"{_EVERY_HOST}:$PORT")
        return


def _correct_hosts_and_ports(draft: Draft, server: _Server, words: Sequence[Word]) -> None:
    """Correct the first option with a host or a port that no request comes to."""
    for one in options_in(words, server.host):
        for reason in _wrong_host(one.value):
            draft.because(reason)
            draft.replace(one.value_start, one.end, _EVERY_HOST)
            return
    for one in options_in(words, server.port):
        for reason in _wrong_port(one.value, draft.command[one.value_start : one.end]):
            draft.because(reason)
            draft.replace(one.value_start, one.end, "$PORT")
            return


def _speak_http(draft: Draft, words: Sequence[Word]) -> None:
    """Let uWSGI answer HTTP instead of its own protocol, if it answers nothing else."""
    texts = [word.text for word in words]
    has_file = any(text.endswith((".ini", ".xml", ".yaml", ".yml", ".json")) for text in texts)
    if has_file or any(text.startswith("--http") for text in texts):
        return
    for one in options_in(words, _SOCKETS):
        if re.fullmatch(r"[\w.\[\]-]*:(\d+|\$\{?PORT\}?)", one.value):
            option = draft.command[one.start : one.value_start].strip(" =")
            draft.because(
                f"`{option}` expects uWSGI's own protocol, but platforms send requests by HTTP"
            )
            draft.replace(one.start, one.end, f"--http-socket {_EVERY_HOST}:$PORT")
            return


def _correct_positional_port(
    draft: Draft, server: _Server, name: Word, words: Sequence[Word]
) -> None:
    with_value = (*server.host, "-d", "--directory", "-p", "--protocol")
    rest = iter(words)
    for word in rest:
        if word.text in with_value:
            next(rest, None)
        elif not word.text.startswith("-"):
            for reason in _wrong_port(word.text.strip("\"'"), word.text):
                draft.because(reason)
                draft.replace(word.start, word.end, "$PORT")
            return
    draft.because(
        f"without a port, `{name.text}` listens on port {server.default_port}, but requests "
        "come to `$PORT`"
    )
    draft.replace(name.end, name.end, " $PORT")


def _add_options(
    draft: Draft, name: str, server: _Server, words: Sequence[Word], place: int
) -> None:
    """Add the options without which a server listens where no request arrives."""
    if not server.default_port or [*options_in(words, server.bind)]:
        return
    added = ""
    if server.is_local and not [*options_in(words, (*server.host, *server.bind))]:
        option = [*server.bind, *server.host][-1]
        draft.because(f"without `{option}`, `{name}` listens on 127.0.0.1 only")
        added = (
            f" {server.bind[-1]} {_EVERY_HOST}:$PORT"
            if server.bind
            else f" {server.host[-1]} {_EVERY_HOST}"
        )
    if server.port and not [*options_in(words, server.port)]:
        draft.because(
            f"without `{server.port[-1]}`, `{name}` listens on port {server.default_port}, but "
            "requests come to `$PORT`"
        )
        added += f" {server.port[-1]} $PORT"
    draft.replace(place, place, added)


def wrong_address(value: str) -> Iterator[str]:
    """Say why no request comes to an address in a configuration file, which no shell reads."""
    host, port = _address(value)
    if host is None:
        return
    if host in _LOCAL:
        yield from _wrong_host(host)
    if port:
        yield from _wrong_port(port, f"'{value}'")
    else:
        yield _WITHOUT_PORT


def _address(value: str) -> tuple[str | None, str]:
    """Split an address into host and port; the host is None if it has none that is known."""
    if value.startswith(("unix:", "fd:", "file:", "/")):
        return None, ""
    if value.isdigit():
        return "", value
    found = re.fullmatch(r"(?P<host>\[[^\]]*\]|[^:\[]*):(?P<port>[^:].*)", value)
    if found:
        return found["host"], found["port"]
    return (None, "") if "$" in value else (value.rstrip(":"), "")


def _wrong_host(host: str) -> Iterator[str]:
    if host in _LOCAL:
        yield f"only programs on the same machine reach {host}"
    elif host in _PATTERNS:
        yield (
            f"{HEROKUISH} take `{host}` for a pattern of file names, and leave the word out if "
            "it matches none"
        )


def _wrong_port(port: str, written: str) -> Iterator[str]:
    """Say why requests do not come to a port; `written` is the option's value in the line."""
    if port.isdigit():
        yield f"port {port} is fixed, but requests come to `$PORT`"
    elif _NO_PORT.fullmatch(port):
        yield f"`{port}` is not replaced by the port, which is in `$PORT`"
    elif written.startswith("'") and "$" in port:
        yield f"`{port}` is not replaced by the port there"
