"""What only the tests need is found by the names of groups, extras and files."""

from __future__ import annotations

from dataclasses import replace

import pytest

from slipway.domain.requirements.for_tests import Offered, needed_for_tests
from slipway.domain.settings import Settings, parse

NOTHING = Settings()
FILES = ("requirements.txt", "requirements.in")


def needed(offered: Offered, settings: Settings = NOTHING) -> tuple[str, ...]:
    found = needed_for_tests(offered, settings)
    return (*found.files, *found.groups, *found.groups_beside, *found.extras)


@pytest.mark.parametrize(
    "file",
    [
        "requirements-test.txt",
        "requirements-tests.txt",
        "requirements_test.txt",
        "requirements.test.txt",
        "requirements-testing.txt",
        "requirements-ci.txt",
        "requirements-dev.txt",
        "requirements_dev.txt",
        "requirements-development.txt",
        "test-requirements.txt",
        "test_requirements.txt",
        "dev-requirements.txt",
        "requirements/test.txt",
        "requirements/tests.txt",
        "requirements/dev.txt",
        "requirements/development.txt",
        "requirements/ci.txt",
        "requirements/requirements-test.txt",
        "requirements/test.in",
        "Requirements-Test.txt",
        "tests/requirements.txt",
    ],
)
def test_a_file_for_tests_is_installed(file: str) -> None:
    assert needed(Offered(origin="requirements.txt", files=(file,))) == (file,)


@pytest.mark.parametrize(
    "file",
    [
        "requirements/local.txt",
        "requirements/base.txt",
        "requirements/production.txt",
        "requirements-prod.txt",
        "requirements-docs.txt",
        "requirements-latest.txt",
        "requirements-device.txt",
        "requirements/lint.txt",
    ],
)
def test_other_files_are_not(file: str) -> None:
    assert needed(Offered(origin="requirements.txt", files=(file,))) == ()


def test_files_for_tests_count_before_those_for_development() -> None:
    files = ("requirements-dev.txt", "requirements-test.txt", "requirements/ci.txt")
    assert needed(Offered(origin="requirements.txt", files=files)) == files[1:]


def test_a_compiled_file_counts_instead_of_its_source() -> None:
    files = ("requirements-test.in", "requirements-test.txt")
    assert needed(Offered(origin="requirements.txt", files=files)) == files[1:]


@pytest.mark.parametrize(
    ("groups", "for_developers", "expected"),
    [
        (("docs", "test"), (), ("test",)),
        (("dev", "docs"), (), ("dev",)),
        (("dev", "test"), (), ("test",)),
        (("dev", "test"), ("dev",), ("dev", "test")),  # as uv
        (("checks", "docs"), ("checks",), ("checks",)),  # as Poetry, if docs is optional
        (("integration-tests", "unit-test"), (), ("integration-tests", "unit-test")),
        (("dev-packages",), (), ("dev-packages",)),
        (("docs", "lint"), (), ()),
    ],
)
def test_groups_for_tests_and_those_of_the_tool_are_installed(
    groups: tuple[str, ...], for_developers: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    offered = Offered(origin="uv.lock", groups=groups, for_developers=for_developers)
    assert needed(offered) == expected


def test_extras_for_tests_are_installed() -> None:
    offered = Offered(origin="pyproject.toml", extras=("dev", "postgres", "testing"))
    assert needed(offered) == ("testing",)


def test_groups_of_production_stay() -> None:
    offered = Offered(origin="uv.lock", groups=("ops", "test"), for_production=("ops",))
    found = needed_for_tests(offered, NOTHING)
    assert found.chosen_in(NOTHING).groups == ("ops", "test")
    nothing = needed_for_tests(replace(offered, groups=("ops",)), NOTHING)
    assert nothing.chosen_in(NOTHING).groups is None


def test_what_settings_choose_for_production_stays() -> None:
    settings = parse({"groups": ["web"], "extras": ["postgres"]}, {})
    offered = Offered(origin="uv.lock", groups=("test", "web"), extras=("postgres", "tests"))
    chosen = needed_for_tests(offered, settings).chosen_in(settings)
    assert (chosen.groups, chosen.extras) == (("web", "test"), ("postgres", "tests"))
    assert not chosen.collectstatic


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("SLIPWAY_GROUPS", "web,test"),
        ("SLIPWAY_EXTRAS", "dev"),
        ("SLIPWAY_REQUIREMENTS", "requirements/ci.txt"),
    ],
)
def test_a_setting_that_names_what_tests_need_decides_alone(variable: str, value: str) -> None:
    settings = parse({}, {variable: value})
    offered = Offered(
        origin="requirements.txt", groups=("dev",), extras=("test",), files=("dev.txt",)
    )
    found = needed_for_tests(offered, settings)
    assert needed(offered, settings) == ()
    [line] = found.lines
    assert line.startswith(f"The variable {variable} names what the tests need")


def test_next_to_a_lock_with_groups_for_tests_no_file_counts() -> None:
    offered = Offered(
        origin="uv.lock", is_lock=True, groups=("dev",), files=("requirements-test.txt",)
    )
    found = needed_for_tests(offered, NOTHING)
    assert found.files == ()
    assert found.lines == (
        "Installing what the tests need: the group dev",
        "Not installing requirements-test.txt, because the tests get the group dev",
    )


def test_next_to_a_lock_without_groups_files_count() -> None:
    offered = Offered(
        origin="pylock.toml", is_lock=True, groups=("docs",), files=("requirements-test.txt",)
    )
    assert needed(offered) == ("requirements-test.txt",)


def test_groups_of_pyproject_count_if_no_file_does() -> None:
    offered = Offered(origin="requirements.txt", groups_beside=("docs", "test"))
    found = needed_for_tests(offered, NOTHING)
    assert found.groups_beside == ("test",)
    assert found.lines == ("Installing what the tests need: the group test in pyproject.toml",)
    with_file = replace(offered, files=("requirements-dev.txt",))
    assert needed_for_tests(with_file, NOTHING).lines == (
        "Installing what the tests need: requirements-dev.txt",
        (
            "Not installing the group test in pyproject.toml, because the tests get "
            "requirements-dev.txt"
        ),
    )


def test_groups_that_are_always_installed_are_named() -> None:
    """uv's `default-groups` may have what the tests need, whatever its name."""
    offered = Offered(origin="uv.lock", groups=("qa",), for_production=("qa",))
    assert needed_for_tests(offered, NOTHING).lines == (
        (
            "Found nothing else that the tests need: the group qa is installed with the app, "
            "because the default groups include it"
        ),
    )
    offered = replace(offered, groups=("qa", "ops", "test"), for_production=("qa", "ops"))
    assert needed_for_tests(offered, NOTHING).lines == (
        "Installing what the tests need: the group test",
        (
            "The groups qa and ops are installed with the app, because the default groups "
            "include them"
        ),
    )
    settings = parse({"groups": ["ops"]}, {})
    lines = needed_for_tests(offered, settings).lines
    assert lines == ("Installing what the tests need: the group test",)


def test_the_log_says_what_would_have_been_installed() -> None:
    [line] = needed_for_tests(Offered(origin="requirements.txt"), NOTHING).lines
    assert "requirements-test.txt" in line
    assert "`test`" in line
