"""Old options become those of today's Gunicorn, and the settings are found as they were."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType

import pytest
import slipway_gunicorn

from unit.samples import write_files

APPLICATION = "django.core.servers.basehttp:get_internal_wsgi_application()"
CONTENT = {
    "manage.py": 'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.live")',
    "conf.py": "django_settings = 'harbour.configured'",
}

Started = Callable[[], Sequence[str]]


class Replaced(Exception):
    """This process would now run another program."""


class Config:
    """The options of Gunicorn that these tests use."""

    def parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser()
        for names in (("-b", "--bind"), ("-w", "--workers"), ("-c", "--config")):
            parser.add_argument(*names)
        parser.add_argument("-k", "--worker-class")
        parser.add_argument("--preload", action="store_true")
        parser.add_argument("args", nargs="*")
        return parser


@pytest.fixture
def words_of(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Started:
    """Return the command that replaced this process, after the program."""
    config = ModuleType("gunicorn.config")
    config.Config = Config  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "gunicorn", ModuleType("gunicorn"))
    monkeypatch.setitem(sys.modules, "gunicorn.config", config)
    monkeypatch.setattr(sys, "path", ["/app/bin", "/usr/lib/python3"])
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    monkeypatch.setenv("SLIPWAY_GUNICORN_SEARCH_PATH", "")
    monkeypatch.chdir(tmp_path)
    started: list[Sequence[str]] = []

    def execv(program: str, argv: Sequence[str]) -> None:
        assert argv[:2] == [sys.executable, slipway_gunicorn.__file__]
        started.append(argv[2:])
        raise Replaced

    monkeypatch.setattr(os, "execv", execv)
    return lambda: started[-1]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("", ""),
        (
            "--config gunicorn_config.py -b 0.0.0.0:80",
            "--config gunicorn_config.py -b 0.0.0.0:80",
        ),
        ("-w 3 0.0.0.0:80", "-w 3 --bind 0.0.0.0:80"),
        ("0.0.0.0:80 -w 3", "-w 3 --bind 0.0.0.0:80"),
        ("-w 80 80", "-w 80 --bind 0.0.0.0:80"),
        ("unix:/run/app.sock", "--bind unix:/run/app.sock"),
        ("-k gevent --preload --debug", "-k gevent --preload"),
        ("--settings=a.b --settings c.d -v 2 -v2 --verbosity 1 --traceback", ""),
        ("--adminmedia x --adminmedia=y", ""),
    ],
)
def test_run_gunicorn_has_the_options_of_gunicorn(
    words: str, expected: str, words_of: Started
) -> None:
    with pytest.raises(Replaced):
        slipway_gunicorn.start(words.split())
    assert words_of() == [*expected.split(), APPLICATION]
    assert os.environ["SLIPWAY_GUNICORN_SEARCH_PATH"] == "/app/bin:/usr/lib/python3"


def test_two_addresses_are_refused(words_of: Started) -> None:
    with pytest.raises(SystemExit, match="Usage: run_gunicorn"):
        slipway_gunicorn.start(["8000", "8001"])


@pytest.mark.parametrize(
    ("files", "words", "settings", "folders"),
    [
        (
            ["harbour/settings.py", "harbour/__init__.py"],
            "",
            "harbour.settings",
            ["", "harbour"],
        ),
        (["settings.py"], "", "settings", [""]),
        (["settings.py"], "-w 2 settings.py", "settings", [""]),
        (["a/settings.py", "a/__init__.py"], "a/settings.py", "a.settings", ["", "a"]),
        (["a/settings.py", "a/__init__.py"], "a", "a.settings", ["", "a"]),
        (["a/settings/__init__.py", "a/__init__.py"], "", "a.settings", ["", "a"]),
        (["a/b/settings.py"], "a", "settings", ["a/b"]),
        ([], "harbour.other", "harbour.other", []),
        (["conf.py"], "-c conf.py", "harbour.configured", []),
        (["conf.py"], "--config=conf.py harbour.other", "harbour.other", []),
        ([], "--settings=harbour.other", "harbour.other", []),
        ([], "--settings harbour.other -w 2", "harbour.other", []),
        (["manage.py", "b/settings.py"], "", "harbour.live", [""]),
        (["c/manage.py"], "c", "harbour.live", ["c"]),
    ],
)
def test_gunicorn_django_finds_the_settings(
    files: Sequence[str],
    words: str,
    settings: str,
    folders: Sequence[str],
    words_of: Started,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    write_files(tmp_path, {name: CONTENT.get(Path(name).name, "") for name in files})
    monkeypatch.setattr(sys, "argv", ["gunicorn_django", *words.split()])
    with pytest.raises(Replaced):
        slipway_gunicorn.gunicorn_django()
    assert words_of()[-1] == APPLICATION
    assert os.environ["DJANGO_SETTINGS_MODULE"] == settings
    found = [str(tmp_path / folder) for folder in folders]
    assert sys.path == [*found, str(tmp_path), "/usr/lib/python3"]


def test_the_variable_counts_before_what_is_found(
    words_of: Started, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    write_files(tmp_path, {"settings.py": ""})
    monkeypatch.setenv("DJANGO_SETTINGS_MODULE", "harbour.live")
    monkeypatch.setattr(sys, "argv", ["gunicorn_django"])
    with pytest.raises(Replaced):
        slipway_gunicorn.gunicorn_django()
    assert os.environ["DJANGO_SETTINGS_MODULE"] == "harbour.live"


def test_gunicorn_django_says_that_it_found_no_settings(
    words_of: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["gunicorn_django"])
    with pytest.raises(SystemExit, match="found no settings module"):
        slipway_gunicorn.gunicorn_django()
