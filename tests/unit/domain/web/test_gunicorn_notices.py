"""A configuration file of Gunicorn that keeps requests away is named with its line."""

from __future__ import annotations

import pytest

from slipway.domain.web.gunicorn_notices import notices_about_config

FIXED = "port 8000 is fixed, but requests come to `$PORT`"
LOCAL = "only programs on the same machine reach 127.0.0.1"


def notices(command: str, text: str, path: str = "gunicorn.conf.py") -> list[str]:
    return [*notices_about_config(command, {path: text}.get, "")]


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("bind = '127.0.0.1:8000'", f"{LOCAL}; {FIXED}"),
        ("bind = '0.0.0.0:8000'", FIXED),
        ("bind = ':8000'", FIXED),
        (
            "bind = '0.0.0.0'",
            "an address without a port means port 8000, but requests come to `$PORT`",
        ),
        ("bind = '0.0.0.0:$PORT'", "`$PORT` is not replaced by the port there"),
    ],
)
def test_a_fixed_address_is_named(text: str, reasons: str) -> None:
    advice = "Delete the line, so that Gunicorn listens on `$PORT`"
    expected = f"gunicorn.conf.py, line 2, `{text}`: {reasons}. {advice}"
    assert notices("gunicorn a:b", f"workers = 2\n{text}  # fixed\n") == [expected]


@pytest.mark.parametrize("program", ["bin/start-nginx", "exec ./bin/start-nginx-debug -f"])
def test_behind_another_server_any_address_may_be_right(program: str) -> None:
    text = "bind = '127.0.0.1:8000'\nreload = True\n"
    [notice] = notices(f"{program} gunicorn a:b", text)
    assert "reload" in notice
    assert LOCAL in notices("bin/start-pgbouncer gunicorn a:b", text)[0]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("reload = True", "reloading is for development"),
        ("daemon = True", "the server goes to the background, and platforms take that for its"),
    ],
)
def test_other_settings_that_do_not_fit_are_named(text: str, reason: str) -> None:
    [notice] = notices("gunicorn a:b", text)
    assert notice.startswith(f"gunicorn.conf.py, line 1, `{text}`: {reason}")
    assert notice.endswith(". Delete the line")


@pytest.mark.parametrize(
    "text",
    [
        "bind = '*:' + PORT",
        "import os\nbind = f'0.0.0.0:{os.environ[\"PORT\"]}'",
        "bind = 'unix:/tmp/nginx.socket'",
        "bind = 'fd://3'",
        "bind = '127.0.0.1:8000'\nif LIVE:\n    bind = None",
        "reload = False\ndaemon = False",
        "exec(CODE)\nbind = '127.0.0.1:8000'",
        "bind =",
    ],
)
def test_nothing_is_said_about_other_settings(text: str) -> None:
    assert notices("gunicorn a:b", text) == []


@pytest.mark.parametrize(
    ("command", "path"),
    [
        ("gunicorn -c conf/live.py a:b", "conf/live.py"),
        ("gunicorn --config=file:conf/live.py a:b", "conf/live.py"),
        ("gunicorn -c python:conf.live a:b", "conf/live.py"),
        ("cd backend && gunicorn a:b", "backend/gunicorn.conf.py"),
        ("env -C backend gunicorn -c live.py a:b", "backend/live.py"),
        ("python manage.py run_gunicorn -c live.py", "live.py"),
    ],
)
def test_the_file_that_the_command_names_is_read(command: str, path: str) -> None:
    [notice] = notices(command, "bind = '127.0.0.1:8000'", path)
    assert notice.startswith(f"{path}, line 1, ")


@pytest.mark.parametrize(
    "command",
    [
        "gunicorn -b 0.0.0.0:$PORT a:b",
        "gunicorn -c $CONFIG a:b",
        "gunicorn -c other.py a:b",
        "uvicorn a:b",
        "python app.py",
    ],
)
def test_a_file_that_decides_nothing_is_not_mentioned(command: str) -> None:
    assert notices(command, "bind = '127.0.0.1:8000'") == []
