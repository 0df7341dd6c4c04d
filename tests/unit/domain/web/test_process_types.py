"""Process types are parsed as herokuish parses them, and written so that it can run them."""

from __future__ import annotations

import json

import pytest

from slipway.domain.web.process_types import (
    default_processes,
    parse_procfile,
    render_procfile,
    render_release,
)

WEB = "gunicorn harbour.wsgi:application"
BELOW = "gunicorn --chdir backend harbour.wsgi:app"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("web: gunicorn a:b\n", {"web": "gunicorn a:b"}, id="one"),
        pytest.param(
            "web: a\nworker:b c\n", {"web": "a", "worker": "b c"}, id="no-space-after-colon"
        ),
        pytest.param("web:   a  \n", {"web": "a"}, id="spaces"),
        pytest.param("web: a\r\nworker: b\r\n", {"web": "a", "worker": "b"}, id="CRLF"),
        pytest.param("\ufeffweb: a", {"web": "a"}, id="byte-order-mark-and-no-last-newline"),
        pytest.param("# web: a\n\n  \nworker: b", {"worker": "b"}, id="comments-and-blanks"),
        pytest.param("web: a\nweb: b\n", {"web": "a"}, id="the-first-counts"),
        pytest.param("web: a\rworker: b", {"web": "a", "worker": "b"}, id="CR"),
        pytest.param("web:\ta\tb\n\tworker : b", {"web": "a\tb", "worker": "b"}, id="tabs"),
        pytest.param("web: a\x0bb\u2028c\x85d", {"web": "a\x0bb\u2028c\x85d"}, id="lines"),
        pytest.param("web: a --bind :$PORT: x", {"web": "a --bind :$PORT: x"}, id="colons"),
        pytest.param("my-web_2.b: a", {"my-web_2.b": "a"}, id="name"),
        pytest.param("web:\nno colon\nbad name: x\n", {}, id="no-entries"),
        pytest.param("", {}, id="empty"),
    ],
)
def test_a_procfile_is_read_line_by_line(text: str, expected: dict[str, str]) -> None:
    assert parse_procfile(text).processes == expected


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        ("web: a\n# b\n \n\t# c\nx.y-z_1: d\n", []),
        (
            "web: a\nwéb: b\n",
            ["line 2: ignoring `wéb`, because the name of a process type can"],
        ),
        ("web: a\nmy web: b\n", ["line 2: ignoring `my web`, because the name"]),
        ("web: a\n: b\n", ["line 2: ignoring ``, because the name"]),
        ("web: a\n\nweb: b\n", ["line 3: ignoring the second `web`, because line 1 defines"]),
        ("web: a\nserve --all\n", ["line 2: ignoring `serve --all`, because a process type"]),
        (
            "web: a\nworker:\n  python worker.py\n",
            [
                "line 2: ignoring `worker`, because its command must follow in the same line",
                "line 3: ignoring `python worker.py`, because a process type is `NAME:",
            ],
        ),
        ("web: a \\\n", ["line 1: a command is a single line, and the `\\` at the end"]),
        ("web: a \\\\\n", []),
        ("web: a\x1b[2J\n", ["line 1: the command of `web` has invisible characters: `a\\x1b"]),
        ("web: a\u200b b\n", ["invisible characters: `a\\u200b b`"]),
        ("web: a\n\x1b[2J\n", ["line 2: ignoring `\\x1b[2J`, because"]),
        ("web: a\nwor\0ker: b\nclock: c\0d", ["`wor\\x00ker`", "`clock`, because its command"]),
        ("web: a\nKEY=hunter2\n", ["line 2: ignoring `KEY=...`, because"]),
        ("web: a\n" + "x" * 99, [f"`{'x' * 60}...`"]),
        ("", ["Procfile has no process type"]),
        ("# web: a\n", ["Procfile has no process type"]),
        ("web:\n", ["line 1: ignoring `web`", "Procfile has no process type"]),
        (
            "web: >\nworker: a\n",
            ["ignoring `web`, because its command must follow in the same"],
        ),
        (
            "web: a\n" + "b\n" * 9,
            [*(f"line {number}" for number in range(2, 7)), "4 more problems of this kind"],
        ),
    ],
)
def test_what_a_procfile_says_in_vain_is_named(text: str, notices: list[str]) -> None:
    found = parse_procfile(text).notices
    assert len(found) == len(notices)
    for one, passage in zip(found, notices, strict=True):
        assert passage in one
        assert one.isprintable()


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("web gunicorn a:b", "web: gunicorn a:b"),
        ("web= gunicorn a:b -w 3", "web: gunicorn a:b -w 3"),
        ("web = gunicorn a", "web: gunicorn a"),
        ("- web: gunicorn a:b", "web: gunicorn a:b"),
        ("- my-worker: 'python a.py'", "my-worker: python a.py"),
        ('"web": "gunicorn a:b"', "web: gunicorn a:b"),
        ("'web': gunicorn 'a' 'b'", "web: gunicorn 'a' 'b'"),
    ],
)
def test_a_line_in_another_form_is_corrected(line: str, corrected: str) -> None:
    procfile = parse_procfile(line)
    assert procfile.notices[0].endswith(f". Write `{corrected}`")
    assert procfile.is_web_corrected == corrected.startswith("web: ")
    assert parse_procfile(corrected).notices == ()


@pytest.mark.parametrize(
    "line",
    [
        *("web:", "web: >", "web: |-", "KEY=value", "python worker.py", "web", "- web: >"),
        *("web flask: b", "my web: a", "web gunicorn --password hunter2 a:b"),
        *("web= SECRET_KEY=hunter2 gunicorn a:b", "web celery -b redis://:hunter2@host"),
    ],
)
def test_a_line_whose_meaning_is_unclear_is_not_corrected(line: str) -> None:
    procfile = parse_procfile(line)
    assert not any("Write" in notice for notice in procfile.notices)
    assert not procfile.is_web_corrected


def test_the_path_of_the_file_is_named() -> None:
    procfile = parse_procfile("no colon\n", "backend/Procfile")
    assert procfile.notices[0].startswith("backend/Procfile, line 1: ignoring")
    assert procfile.notices[1] == "backend/Procfile has no process type"


@pytest.mark.parametrize(
    ("web", "manage", "expected"),
    [
        pytest.param(None, None, {}, id="nothing"),
        pytest.param(
            WEB,
            None,
            {"web": WEB},
            id="web",
        ),
        pytest.param(
            BELOW,
            "backend/manage.py",
            {
                "web": BELOW,
                "release": "slipway-release",
                "manage": "python backend/manage.py",
            },
            id="django-below",
        ),
        pytest.param(
            None,
            "manage.py",
            {
                "release": "slipway-release",
                "manage": "python manage.py",
            },
            id="django-without-web",
        ),
    ],
)
def test_the_default_processes_depend_on_the_app(
    web: str | None, manage: str | None, expected: dict[str, str]
) -> None:
    assert default_processes(web, manage, has_release=True) == expected


def test_without_a_release_phase_there_is_no_such_process() -> None:
    assert default_processes(None, "manage.py", has_release=False) == {
        "manage": "python manage.py"
    }


def test_the_written_text_is_read_back() -> None:
    processes = default_processes(BELOW, "backend/manage.py", has_release=True)
    assert parse_procfile(render_procfile(processes)).processes == processes


def test_release_writes_commands_as_yaml_strings() -> None:
    processes = {"web": 'run "it" \\ ä: #1 $PORT', "release": "python manage.py migrate"}
    first, title, *entries = render_release(processes).splitlines()
    assert (first, title) == ("---", "default_process_types:")
    pairs = (entry.split(": ", 1) for entry in entries)
    assert {name: json.loads(command) for name, command in pairs} == {
        f"  {name}": command for name, command in processes.items()
    }


def test_release_prints_nothing_if_the_app_has_a_procfile() -> None:
    assert render_release({}) == ""
