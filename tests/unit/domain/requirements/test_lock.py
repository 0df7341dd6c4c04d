"""A lock is written and read back completely, and contains no credentials."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.lock import (
    Lock,
    LockedPackage,
    from_hashed_lines,
    merge,
    parse,
    render,
    render_for_pip,
    restrict_hashes,
    without,
)
from unit.samples import lines

A, B, C = ("sha256:" + digit * 64 for digit in "abc")
ADDRESS = "https://user:s3cret@h.example"


def package(name: str, version: str = "1.0", *hashes: str, **more: str) -> LockedPackage:
    return LockedPackage(
        name=name, requirement=f"{name}=={version}", hashes=hashes or (A,), **more
    )


def test_the_written_text_is_read_back() -> None:
    lock = Lock(
        packages=(
            package("django", "5.2", A, B),
            package("private", "0.1", C, source="git+https://h.example/private.git@v1"),
            LockedPackage(
                name="tomli", requirement='tomli==2 ; python_version < "3.11"', hashes=(A,)
            ),
        )
    )
    assert parse(render(lock), "lock.txt") == lock


def test_a_lock_from_pip_compile_is_sorted_by_name() -> None:
    six = f"six==1.17.0 \\\n    --hash={B} \\\n    --hash={A}\n    # via app\n"
    text = f"{six}django==5.2 --hash={C}\n"
    assert parse(text, "locked.txt").packages == (
        package("django", "5.2", C),
        package("six", "1.17.0", A, B),
    )


def test_each_hash_has_its_own_line() -> None:
    text = render(Lock(packages=(package("six", "1.17.0", A, B),)))
    assert text == f"six==1.17.0 \\\n    --hash={A} \\\n    --hash={B}\n"


def test_credentials_reach_pip_but_are_not_locked() -> None:
    own = from_hashed_lines(lines(f"name @ {ADDRESS}/name-1.zip --hash={A}"))
    assert "user:s3cret@" in render_for_pip(own, {})
    assert render(own) == f"name @ https://h.example/name-1.zip \\\n    --hash={A}\n"
    own = from_hashed_lines(lines(f"https://h.example/name?id=1&token=s3cret --hash={A}"))
    assert "s3cret" not in render(own)
    built = Lock(packages=(package("name", source=f"git+{ADDRESS}/name.git"),))
    for text in (render(built), render_for_pip(built, {})):
        assert "s3cret" not in text
        assert "h.example/name.git" in text


def test_local_distributions_are_written_by_address() -> None:
    lock = Lock(packages=(package("acme", "2.0", C, source="vendor/acme"), package("six")))
    assert render_for_pip(lock, {"acme": "file:///cache/acme-2.0-py3-none-any.whl"}) == (
        "# from vendor/acme\n"
        f"acme @ file:///cache/acme-2.0-py3-none-any.whl \\\n    --hash={C}\n"
        f"six==1.0 \\\n    --hash={A}\n"
    )


@pytest.mark.parametrize(
    "source",
    [
        "vendor/hafen straße/wheels, neu",
        "vendor/a#b",
        "vendor/it's",
        "vendor/ends with a backslash\\",
        "vendor/user:name@host",
        ".",
    ],
)
def test_a_path_in_the_app_is_read_back_unchanged(source: str) -> None:
    lock = Lock(packages=(package("acme", source=source), package("six")))
    assert parse(render(lock), "lock.txt") == lock


def test_a_version_is_found_by_name() -> None:
    lock = parse(f'six==1.17.0 ; python_version > "3" --hash={A}\n', "lock.txt")
    assert lock.version_of("six") == "1.17.0"
    assert lock.version_of("django") is None


def test_a_lock_of_the_app_is_used_unchanged() -> None:
    text = f'-i https://h.example/\nsix==1.17.0; python_version > "3" --hash={B} --hash={A}\n'
    address = f"https://h.example/name-1.zip --hash={C}\n"
    lock = from_hashed_lines(lines(text + address))
    assert [(package.requirement, package.hashes) for package in lock] == [
        ("https://h.example/name-1.zip", (C,)),
        ('six==1.17.0; python_version > "3"', (A, B)),
    ]


def test_only_the_hashes_that_the_app_gives_are_allowed() -> None:
    lock = Lock(packages=(package("django", "5.2", A, B), package("six", "1.17.0", A, B)))
    restricted = restrict_hashes(lock, {"six": (C,)})
    assert [package.hashes for package in restricted] == [(A, B), (C,)]


def test_packages_can_be_left_out_by_name() -> None:
    lock = Lock(packages=(package("acme"), package("django"), package("six")))
    remaining = without(lock, frozenset({"acme", "six", "unheard-of"}))
    assert remaining.names == {"django"}


@pytest.mark.parametrize("space", [" ", "\t", " \\\n    ", " \\\n\t", "\\\n\t"])
def test_hashes_are_separated_from_their_requirement(space: str) -> None:
    (found,) = from_hashed_lines(lines(f"six==1.17.0{space}--hash={A}\n"))
    assert (found.requirement, found.hashes) == ("six==1.17.0", (A,))


def test_the_first_of_two_merged_locks_wins() -> None:
    first = Lock(packages=(package("six", "1.0"),))
    second = Lock(packages=(package("gunicorn", "23"), package("six", "2.0")))
    merged = merge(first, second)
    assert [package.requirement for package in merged] == ["gunicorn==23", "six==1.0"]
