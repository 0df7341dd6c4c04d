"""The record of a build is read back by later commands."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from slipway.domain.build_record import (
    BuildRecord,
    VendoredRecord,
    added_to_lock,
    default_processes_in,
    has_own_processes,
    render,
    vendored_records,
)
from slipway.domain.locks.brought import FromAddress, FromIndex, Pin
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.vendoring.packages import InspectedPackage
from unit.brought_locks import FakeLock, locked_plan
from unit.samples import inspected, plain, plan_of, tree

ACME = VendoredRecord(
    path="vendor/acme",
    files=f"sha256:{'ab' * 32}",
    url="https://h.example/acme",
    commit="c0ffee",
    wheel="acme==1.0 sha256:cd",
)


def record(*, processes_are_default: bool) -> BuildRecord:
    return BuildRecord(
        python="3.13.1",
        python_bundled=True,
        packages={"django": "5.2"},
        added=(),
        vendored=(ACME,),
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


def test_all_processes_of_an_app_in_a_folder_are_written_for_the_platform() -> None:
    made = replace(record(processes_are_default=False), start_folder="shop")
    assert default_processes_in(render(made)) == {
        "web": "env -C shop gunicorn a:b",
        "release": "env -C shop python manage.py migrate",
    }
    assert has_own_processes(render(made))
    assert not has_own_processes(render(record(processes_are_default=True)))


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"processes": 1}', "null"])
def test_other_texts_are_not_taken_for_a_record(text: str) -> None:
    assert default_processes_in(text) is None
    assert not has_own_processes(text)


def test_a_record_is_json_and_the_same_for_the_same_build() -> None:
    text = render(record(processes_are_default=True))
    assert text == render(record(processes_are_default=True))
    content = json.loads(text)
    assert content["packages"] == {"django": "5.2"}
    assert content["shared_libraries"] == ["libc.so.6"]
    assert content["vendored"][0]["commit"] == "c0ffee"


def test_each_vendored_package_is_recorded_with_its_wheel() -> None:
    locked = LockedPackage(
        name="acme", requirement="acme==1.0", hashes=("sha256:cd",), source="vendor/acme"
    )
    public = LockedPackage(name="six", requirement="six==1.17.0", hashes=("sha256:ef",))
    acme = InspectedPackage(
        package=tree("vendor/acme"),
        digest="ab" * 32,
        url="https://h.example/acme",
        commit="c0ffee",
    )
    records = vendored_records(
        [acme, inspected(plain("vendor/buoys"))], Lock(packages=(locked, public))
    )
    assert records[0] == ACME
    assert (records[1].path, records[1].wheel) == ("vendor/buoys", None)


def test_the_record_names_what_is_added_to_a_lock() -> None:
    pins = (
        Pin(name="six", version="1.17.0", source=FromIndex(), hashes=("sha256:ab",)),
        Pin(name="crane", source=FromAddress(address="git+https://h.example/crane@01")),
    )
    installed = Lock(
        packages=tuple(
            LockedPackage(name=name, requirement=f"{name}==1.0", hashes=(), source=source)
            for name, source in (
                ("boat", "vendor/boat"),
                ("crane", None),
                ("gunicorn", None),
                ("six", None),
            )
        )
    )
    dependencies = locked_plan(FakeLock(pins=pins)).dependencies
    assert added_to_lock(dependencies, installed) == ("gunicorn==1.0",)
    hashed = plan_of(f"six==1.0 --hash=sha256:{'ab' * 32}\n").dependencies
    assert added_to_lock(hashed, installed) == ("crane==1.0", "gunicorn==1.0")
    assert added_to_lock(plan_of("six\n").dependencies, installed) == ()
