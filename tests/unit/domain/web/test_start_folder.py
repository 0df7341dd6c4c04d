"""A line that starts at the top of a repository runs as it would in a folder of it."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from integration.serving import HEROKU, HEROKUISH
from slipway.domain.web.start_folder import needs_shell, start_in

PLAIN = {
    "gunicorn harbour.wsgi": "env -C backend gunicorn harbour.wsgi",
    "python manage.py migrate --noinput": "env -C backend python manage.py migrate --noinput",
    "uvicorn --port $PORT a:b": "env -C backend uvicorn --port $PORT a:b",
    'uvicorn --port "${PORT:-80}" a:b': 'env -C backend uvicorn --port "${PORT:-80}" a:b',
    "./start.sh  --now": "env -C backend ./start.sh  --now",
    "exec gunicorn a:b": "exec env -C backend gunicorn a:b",
    "A=1 B='x y' gunicorn a:b": "env -C backend A=1 B='x y' gunicorn a:b",
    "A=1 exec gunicorn a:b": "exec env -C backend A=1 gunicorn a:b",
    "URL=$OTHER gunicorn a:b": "URL=$OTHER env -C backend gunicorn a:b",
    "env A=1 gunicorn a:b": "env -C backend env A=1 gunicorn a:b",
    "bash -c 'cd shop && python a.py'": "env -C backend bash -c 'cd shop && python a.py'",
    "python '*.py'": "env -C backend python '*.py'",
}
WITH_SHELL = (
    "cd shop && gunicorn a:b",
    "python a.py || python b.py",
    "python a.py & python b.py",
    "python a.py | cat",
    "python a.py > log.txt",
    "python *.py",
    "python $(cat name.txt)",
    "gunicorn -w `cat workers` a:b",
    "$SERVER a:b",
    "export A=1; gunicorn a:b",
    "if true; then gunicorn a:b; fi",
    "exec -a web gunicorn a:b",
    "! true",
    "source run.sh",
    "A=1",
    "gunicorn 'a:b",
)


@pytest.mark.parametrize(("line", "expected"), PLAIN.items())
def test_a_program_is_started_in_the_folder_by_plain_words(line: str, expected: str) -> None:
    assert start_in("backend", {"web": line}) == {"web": expected}
    assert not needs_shell(line)


@pytest.mark.parametrize("line", WITH_SHELL)
def test_a_shell_changes_the_folder_for_what_it_does_itself(line: str) -> None:
    assert start_in("backend", {"worker": line}) == {"worker": f"cd backend; {line}"}
    assert needs_shell(line)


def test_a_folder_with_blanks_is_quoted() -> None:
    assert start_in("my app", {"web": "a"}) == {"web": "env -C 'my app' a"}
    assert start_in("my app", {"web": "a; b"}) == {"web": "cd 'my app'; a; b"}


def test_lines_at_the_top_stay_as_they_are() -> None:
    assert start_in("", {"web": "cd shop && a"}) == {"web": "cd shop && a"}


def printed(app: Path, script: str, line: str) -> str:
    command = start_in("backend", {"web": line})["web"]
    env = {"PATH": "/usr/bin:/bin", "HOME": str(app), "PORT": "5000", "OTHER": "url"}
    argv = ["bash", "-c", script, "dyno", command]
    ended = subprocess.run(argv, env=env, cwd=app, capture_output=True, text=True, check=True)
    return ended.stdout


@pytest.fixture
def app(tmp_path: Path) -> Path:
    (tmp_path / ".profile.d").mkdir()
    (tmp_path / ".profile.d" / "empty.sh").touch()
    (tmp_path / "backend" / "shop").mkdir(parents=True)
    script = tmp_path / "backend" / "say"
    script.write_text('#!/bin/sh\necho "${PWD##*/} $*" "$A"\n')
    script.chmod(0o755)
    return tmp_path


@pytest.mark.parametrize("script", [HEROKU, HEROKUISH])
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("./say --port $PORT", "backend --port 5000 \n"),
        ("A=1 ./say", "backend  1\n"),
    ],
)
def test_platforms_start_the_program_in_the_folder(
    app: Path, script: str, line: str, expected: str
) -> None:
    assert printed(app, script, line) == expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("exec ./say", "backend  \n"),
        ("A=$OTHER ./say 'x  y'", "backend x  y url\n"),
        ("cd shop && ../say || echo no", "shop  \n"),
        ("false & wait; ./say sh*", "backend shop \n"),
    ],
)
def test_heroku_starts_any_line_in_the_folder(app: Path, line: str, expected: str) -> None:
    assert printed(app, HEROKU, line) == expected
