"""Process types are parsed as herokuish parses them, and written so that it can run them."""

from __future__ import annotations

import json
import re

import pytest

from slipway.domain.web.launch import WebApplication
from slipway.domain.web.process_types import (
    default_processes,
    parse_procfile,
    render_procfile,
    render_release,
)

WEB = WebApplication(target="harbour.wsgi:application", folder="", origin="harbour/settings.py")
BELOW = WebApplication(target="harbour.wsgi:app", folder="backend", origin="backend/x.py")


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
        pytest.param("web: a --bind :$PORT: x", {"web": "a --bind :$PORT: x"}, id="colons"),
        pytest.param("my-web_2: a", {"my-web_2": "a"}, id="name"),
        pytest.param("web:\nno colon\nbad name: x\n", {}, id="no-entries"),
        pytest.param("", {}, id="empty"),
    ],
)
def test_a_procfile_is_read_line_by_line(text: str, expected: dict[str, str]) -> None:
    assert parse_procfile(text) == expected


@pytest.mark.parametrize(
    ("web", "manage", "expected"),
    [
        pytest.param(None, None, {}, id="nothing"),
        pytest.param(
            WEB,
            None,
            {"web": "gunicorn --bind 0.0.0.0:$PORT harbour.wsgi:application"},
            id="web",
        ),
        pytest.param(
            BELOW,
            "backend/manage.py",
            {
                "web": "gunicorn --bind 0.0.0.0:$PORT --chdir backend harbour.wsgi:app",
                "release": "python backend/manage.py migrate --noinput",
                "manage": "python backend/manage.py",
            },
            id="django-below",
        ),
        pytest.param(
            None,
            "manage.py",
            {
                "release": "python manage.py migrate --noinput",
                "manage": "python manage.py",
            },
            id="django-without-web",
        ),
    ],
)
def test_the_default_processes_depend_on_the_app(
    web: WebApplication | None, manage: str | None, expected: dict[str, str]
) -> None:
    assert default_processes(web, manage) == expected


def test_the_default_procfile_leaves_the_port_to_the_platform() -> None:
    text = render_procfile(default_processes(BELOW, "backend/manage.py"))
    assert not re.search(r"""["'`&;|()<>\\*?{}~#]""", text)
    assert re.findall(r"\$\w*", text) == ["$PORT"]


def test_the_written_text_is_read_back() -> None:
    processes = default_processes(BELOW, "backend/manage.py")
    assert parse_procfile(render_procfile(processes)) == processes


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
