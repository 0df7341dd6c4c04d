"""A build's record can be read back by a later door."""

from __future__ import annotations

import json

import pytest

from slipway.domain.build_record import BuildRecord, default_processes_in, render


def record(*, processes_are_default: bool) -> BuildRecord:
    return BuildRecord(
        python="3.13.1",
        python_carried=True,
        toolchain="pip-tools",
        packages={"django": "5.2"},
        shared_libraries=("libc.so.6",),
        processes={"web": "gunicorn a:b", "release": "python manage.py migrate"},
        processes_are_default=processes_are_default,
    )


def test_the_default_processes_are_found_in_their_order() -> None:
    found = default_processes_in(render(record(processes_are_default=True)))
    assert found is not None
    assert list(found.items()) == [
        ("web", "gunicorn a:b"),
        ("release", "python manage.py migrate"),
    ]


def test_processes_of_the_users_own_procfile_are_not_slipways() -> None:
    assert default_processes_in(render(record(processes_are_default=False))) == {}


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"processes": 1}', "null"])
def test_what_is_no_record_is_told_from_one(text: str) -> None:
    assert default_processes_in(text) is None


def test_a_record_is_json_and_the_same_for_the_same_build() -> None:
    text = render(record(processes_are_default=True))
    assert text == render(record(processes_are_default=True))
    content = json.loads(text)
    assert content["packages"] == {"django": "5.2"}
    assert content["shared_libraries"] == ["libc.so.6"]
