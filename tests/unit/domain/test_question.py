"""What a toolchain is asked is what the app asks for, no more and no less."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.dependencies import from_pyproject
from slipway.domain.lock import Lock
from slipway.domain.question import index_settings, options_text, questions
from slipway.domain.requirements import read_lines
from unit.samples import dependencies, lines

A, B = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32


def test_an_app_without_a_lock_is_asked_about_as_a_whole() -> None:
    text = f"--pre\nDjango>=5  # web\n./package\nsix==1.17.0 --hash={A} --hash={B}\n"
    own, question = questions(dependencies(text, "idna<4\n"), ("gunicorn",))
    assert own is None
    assert question is not None
    assert question.requirements == ("Django>=5", "six==1.17.0", "gunicorn")
    assert question.hashes == {"six": (A, B)}
    assert question.constraints == ("idna<4",)
    assert [line.text for line in question.direct] == ["./package"]
    assert [line.text for line in question.options] == ["--pre"]


def test_an_app_that_asks_for_nothing_is_not_asked_about() -> None:
    assert questions(dependencies("--pre\n"), ()) == (Lock(packages=()), None)


def test_a_lock_of_the_apps_own_is_not_asked_about() -> None:
    own, question = questions(dependencies(f"six==1.17.0 --hash={A}"), ())
    assert question is None
    assert own is not None
    assert own.version_of("six") == "1.17.0"


def test_a_lock_that_names_gunicorn_is_not_asked_about() -> None:
    _, question = questions(dependencies(f"Gunicorn==23 --hash={A}"), ("gunicorn",))
    assert question is None


def test_what_is_added_to_a_lock_has_to_fit_it() -> None:
    text = f"six==1.17.0 --hash={A}\nn @ https://h.example/n-1.zip --hash={B}"
    own, question = questions(dependencies(text, "packaging<26"), ("gunicorn",))
    assert own is not None
    assert question is not None
    assert question.requirements == ("gunicorn",)
    assert question.constraints == ("packaging<26", "six==1.17.0")
    assert (question.direct, dict(question.hashes)) == ((), {})


def test_a_package_is_asked_about_as_its_folder() -> None:
    found = from_pyproject({"build-system": {}}, "pyproject.toml")
    _, question = questions(found, ())
    assert question is not None
    assert [line.folder for line in question.direct] == ["."]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("--pre", "--pre"),
        ("-i https://${TOKEN}@h.example/", "-i https://${TOKEN}@h.example/"),
        ("--find-links=https://h.example/?a=b", "--find-links=https://h.example/?a=b"),
        ("--find-links file:///srv/wheels", "--find-links file:///srv/wheels"),
        ("--find-links ${WHEELS}", "--find-links ${WHEELS}"),
        ("--find-links /srv/wheels", "--find-links /srv/wheels"),
        ("--find-links wheels", "--find-links /app/requirements/wheels"),
        ("--find-links=./wheels", "--find-links /app/requirements/wheels"),
        ("--find-links   ../wheels", "--find-links /app/wheels"),
        ("--find-links 'my wheels'", "--find-links '/app/requirements/my wheels'"),
        ("-f ../wheels", "--find-links /app/wheels"),
        ("-f../wheels", "--find-links /app/wheels"),
    ],
)
def test_options_mean_the_same_in_a_file_that_lies_elsewhere(text: str, written: str) -> None:
    options = tuple(read_lines(text, "requirements/base.txt", {}))
    assert options_text(options, Path("/app")) == f"{written}\n"


def test_local_folders_of_wheels_are_told() -> None:
    text = "-f wheels\n--find-links ./more\n-f https://h.example/\n--pre\nsix"
    _, question = questions(dependencies(text), ())
    assert question is not None
    assert question.local_links == ("wheels", "more")
    assert options_text(question.options, Path("/app")).splitlines() == [
        "--find-links /app/wheels",
        "--find-links /app/more",
        "-f https://h.example/",
        "--pre",
    ]


def test_the_variables_that_decide_what_pip_finds_are_told() -> None:
    environment = {
        "PATH": "/usr/bin",
        "PIP_INDEX_URL": "https://h.example/",
        "PIP_TIMEOUT": "3",
        "PIP_NO_BINARY": "six",
    }
    assert index_settings(environment) == [
        "PIP_INDEX_URL=https://h.example/",
        "PIP_NO_BINARY=six",
    ]


def test_lines_of_markers_keep_them() -> None:
    (line,) = lines('tomli ; python_version < "3.11"')
    assert line.marker == 'python_version < "3.11"'
