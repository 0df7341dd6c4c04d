"""What is known of the last static files is kept whole, and compared with all that decides."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.static_files import (
    Inputs,
    KnownResult,
    digest_inside,
    digest_outside,
    files_inside,
    only_named,
    parse,
    render,
    seal,
    why_not_again,
    why_not_the_last,
)

INPUTS = Inputs(
    environment="venv", app="ab", before="cd", umask="22", files={"/etc/localtime": "ef"}
)
SALT = "00" * 16
KNOWN = KnownResult(
    inputs=INPUTS,
    root="public/static",
    mode=0o755,
    after="gh",
    count=3,
    opened=["manage.py"],
    variables=["DEBUG", "SECRET_KEY"],
    salt=SALT,
    sealed="ij",
)
CENSUS = {
    "manage.py": "f 644 1",
    "public": "d 755",
    "public/static": "d 755",
    "public/static/.gitkeep": "f 644 2",
    "public/static/site": "d 755",
    "public/staticky": "f 644 3",
}


def test_of_what_was_not_opened_the_name_and_mode_count_alone() -> None:
    seen = only_named(CENSUS, ["manage.py"])
    assert seen["manage.py"] == "f 644 1"
    assert seen["public/staticky"] == "f 644"
    assert seen["public"] == "d 755"
    assert seen.keys() == CENSUS.keys()


def test_what_is_written_is_read_again() -> None:
    assert parse(render(KNOWN)) == KNOWN


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        render(KNOWN)[:-1],
        render(KNOWN).replace("DEBUG", "DEBUT"),
        render(KNOWN).partition("\n")[2],
    ],
    ids=["empty", "foreign", "cut", "changed", "bare"],
)
def test_what_is_not_whole_is_nothing(text: str) -> None:
    assert parse(text) is None


def test_another_format_is_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slipway.domain.static_files.FORMAT", "older")
    text = render(KNOWN)
    monkeypatch.undo()
    assert parse(text) is None


@pytest.mark.parametrize(
    ("now", "reason"),
    [
        (INPUTS, ""),
        (replace(INPUTS, before=KNOWN.after), ""),
        (replace(INPUTS, environment="other"), "the packages or the Python have changed"),
        (replace(INPUTS, app="other"), "the app's files have changed"),
        (replace(INPUTS, before="other"), "the files in public/static have changed"),
        (replace(INPUTS, umask="77"), "new files get other permissions"),
        (
            replace(INPUTS, files={"/etc/localtime": "other"}),
            "/etc/localtime has changed",
        ),
        (replace(INPUTS, files={}), "/etc/localtime has changed"),
    ],
    ids=["same", "result", "packages", "app", "root", "umask", "file", "no-file"],
)
def test_each_change_has_its_reason(now: Inputs, reason: str) -> None:
    assert why_not_again(KNOWN, now) == reason


@pytest.mark.parametrize(
    ("variables", "is_same"),
    [
        ({"DEBUG": "1"}, True),
        ({"DEBUG": "1", "UNREAD": "x"}, True),
        ({"DEBUG": "2"}, False),
        ({"DEBUG": ""}, False),
        ({}, False),
        ({"DEBUG": "1", "SECRET_KEY": "x"}, False),
        ({"DEBUG": "1", "PYTHONHASHSEED": "1"}, False),
        ({"DEBUG": "1", "LC_ALL": "C"}, False),
        ({"DEBUG": "1", "TZ": "UTC"}, False),
    ],
)
def test_the_variables_that_were_read_decide(
    variables: dict[str, str], *, is_same: bool
) -> None:
    then = seal(KNOWN.variables, {"DEBUG": "1"}, "/app", SALT)
    assert (seal(KNOWN.variables, variables, "/app", SALT) == then) is is_same


def test_a_variable_more_decides_where_all_were_read() -> None:
    then = seal(["*"], {"A": "1"}, "/app", SALT)
    assert seal(["*"], {"A": "1"}, "/app", SALT) == then
    assert seal(["*"], {"A": "1", "B": "2"}, "/app", SALT) != then


def test_the_apps_place_decides_nothing() -> None:
    one = seal(["PATH"], {"PATH": "/builds/1/venv/bin:/bin"}, "/builds/1", SALT)
    other = seal(["PATH"], {"PATH": "/builds/2/venv/bin:/bin"}, "/builds/2", SALT)
    assert one == other


def test_the_same_values_are_sealed_in_another_way_by_another_salt() -> None:
    values = {"DEBUG": "1"}
    assert seal(["DEBUG"], values, "/", "01" * 16) != seal(["DEBUG"], values, "/", "02" * 16)


def test_the_folder_decides_by_what_lies_in_it_and_not_by_its_place() -> None:
    moved = {
        path.replace("public/static", "new"): what
        for path, what in CENSUS.items()
        if path != "public"
    }
    assert digest_inside(moved, "new") == digest_inside(CENSUS, "public/static")
    added = {**CENSUS, "public/static/site/a.css": "f 644 4"}
    assert digest_inside(added, "public/static") != digest_inside(CENSUS, "public/static")
    assert files_inside(added, "public/static") == 2


def test_what_lies_in_the_folder_and_the_way_to_it_are_not_outside() -> None:
    without = {path: CENSUS[path] for path in ("manage.py", "public/staticky")}
    outside = digest_outside(CENSUS, "public/static")
    assert digest_outside(without, "public/static") == outside
    changed = {**CENSUS, "public/staticky": "f 644 5"}
    assert digest_outside(changed, "public/static") != outside


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({}, ""),
        ({"public/static/.keep/x": "d 755"}, ""),
        ({"public/static/a.css": "f 644 4"}, "public/static/a.css was there before"),
        ({"public/static/a": "l 4"}, "public/static/a was there before"),
    ],
)
def test_files_that_were_there_make_dates_decide(more: dict[str, str], reason: str) -> None:
    assert why_not_the_last({**CENSUS, **more}, "public/static") == reason
