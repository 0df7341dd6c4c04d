"""A conflict names the app's own lines, and the vendored package that does not fit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from slipway.domain.requirements.conflicts import (
    attributed_to,
    conflict,
    requirer_of_build,
    who_requires,
    with_file_and_line,
)
from slipway.domain.requirements.lines import read_lines
from slipway.errors.building import PackageBuildFailed
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.errors.vendored import VendoredVersionUnfit
from unit.samples import dependencies, required

APP = dependencies(
    "Zope.Interface[x]>=6\nidna>=2.5\nidna==2.4\n./vendor/acme\n",
    "attrs<20\n",
)


@pytest.mark.parametrize(
    ("required_by", "requirement", "expected"),
    [
        pytest.param(
            THE_APP, "zope-interface[x]>=6", "requirements.txt:1", id="another-spelling"
        ),
        pytest.param(THE_APP, "idna==2.4", "requirements.txt:3", id="exactly-this-line"),
        pytest.param(THE_APP, "idna", "requirements.txt:2", id="else-the-first"),
        pytest.param(THE_APP, "attrs<20", "constraints.txt:1", id="constraint"),
        pytest.param(THE_APP, "gunicorn", THE_APP, id="no-line-of-the-app"),
        pytest.param("requests 2.32", "idna>=2.5", "requests 2.32", id="another-package"),
    ],
)
def test_requirements_of_the_app_get_their_file_and_line(
    required_by: str, requirement: str, expected: str
) -> None:
    located = with_file_and_line(required((required_by, requirement)), APP)
    assert located == required((expected, requirement))


@pytest.mark.parametrize(
    ("requirement", "expected"),
    [
        ("flask<3", "requirements-dev.txt:2"),
        ("flask==3.1.3", "uv.lock"),
        ("werkzeug>=3", "uv.lock"),
        ("pytest", "requirements-dev.txt:1"),
    ],
)
def test_what_the_tests_require_beside_a_lock_is_not_blamed_on_it(
    requirement: str, expected: str
) -> None:
    """Its pins have hashes, and the resolver writes requirements in its own spelling."""
    pins = "flask==3.1.3 --hash=sha256:aa\nwerkzeug==3.1 --hash=sha256:bb\n"
    locked = replace(
        dependencies(""),
        requirements=tuple(replace(one, number=0) for one in read_lines(pins, "uv.lock", {})),
        beside_lock=tuple(read_lines("pytest\nFlask < 3\n", "requirements-dev.txt", {})),
    )
    located = with_file_and_line(required((THE_APP, requirement)), locked)
    assert located == required((expected, requirement))


def test_the_same_requirement_of_one_package_is_named_once() -> None:
    requirements = required(("a 1", "idna>=2.5"), ("a 1", "idna>=2.5"), ("b 1", "idna>=2.5"))
    assert with_file_and_line(requirements, APP) == required(
        ("a 1", "idna>=2.5"), ("b 1", "idna>=2.5")
    )


def test_build_requirements_are_attributed_to_their_package() -> None:
    requirements = required((THE_APP, "rules>=2"), ("a 1", "rules<2"))
    assert attributed_to(requirements, "vendor/acme") == required(
        ("vendor/acme", "rules>=2"), ("a 1", "rules<2")
    )


@dataclass(frozen=True)
class Wheel:
    version: str
    source: str
    requires: tuple[str, ...] = ()


@pytest.mark.parametrize(
    ("requirement", "is_unfit"),
    [
        ("acme-core>=2", True),
        ("Acme_Core[web]<1", True),
        ("acme-core>=1", False),
        ("acme-core", False),
        ("other>=2", False),
        ("acme-core 1.5rc1", False),
        ("Python >=3.14", False),
    ],
)
def test_a_conflict_names_the_vendored_package(requirement: str, *, is_unfit: bool) -> None:
    requirements = required(("a", requirement), ("b", "acme-core==1.*"), ("c", "six<2"))
    vendored = {"six": Wheel("1.17", "vendor/six"), "acme-core": Wheel("1.5rc1", "vendor/core")}
    error = conflict(requirements, vendored)
    if is_unfit:
        assert isinstance(error, VendoredVersionUnfit)
        assert (error.name, error.version, error.path) == ("acme-core", "1.5rc1", "vendor/core")
        assert error.requirements == required(("a", requirement))
        assert not error.is_guess
    else:
        assert isinstance(error, ResolutionConflict)
        assert error.requirements == requirements


def test_a_vendored_package_is_named_with_its_path_and_requirement() -> None:
    requirements = required(
        ("tools 2.0", "acme>=2"), ("requests 2.32", "acme>=3"), ("tools", "acme>=4")
    )
    vendored = {
        "acme": Wheel("1.0", "vendor/acme"),
        "tools": Wheel("2.0", "vendor/tools-2.0-py3-none-any.whl"),
    }
    assert [one.required_by for one in conflict(requirements, vendored).requirements] == [
        "tools 2.0 (vendor/tools-2.0-py3-none-any.whl)",
        "requests 2.32",
        "tools (vendor/tools-2.0-py3-none-any.whl)",
    ]


def test_a_made_up_version_is_reported_as_a_guess() -> None:
    vendored = {"acme": Wheel("0+vendored.0123456789ab", "vendor/acme")}
    error = conflict(required(("requirements.txt:1", "acme>=1")), vendored)
    assert isinstance(error, VendoredVersionUnfit)
    assert error.is_guess


@pytest.mark.parametrize(
    ("package", "reported", "expected"),
    [
        ("Zope_Interface", "", "requirements.txt:1"),
        ("greenlet", "", ""),
        ("greenlet", "gevent 22.10", "gevent 22.10"),
        ("greenlet", "tools 2.0", "tools 2.0 (vendor/tools)"),
    ],
)
def test_who_requires_a_package_that_was_not_built(
    package: str, reported: str, expected: str
) -> None:
    error = PackageBuildFailed(package=package, required_by=reported)
    vendored = {"tools": Wheel("2.0", "vendor/tools")}
    assert requirer_of_build(error, APP, vendored) == expected


@pytest.mark.parametrize(
    ("required_by", "expected"),
    [
        (THE_APP, "requirements.txt:3"),
        ("boat 5.1", "boat 5.1"),
        ("acme", "acme (vendor/acme)"),
        ("acme 1.0", "acme 1.0 (vendor/acme)"),
        ("vendor/acme", "vendor/acme"),
    ],
)
def test_who_requires_something_is_a_line_or_a_path(required_by: str, expected: str) -> None:
    vendored = {"acme": Wheel("1.0", "vendor/acme")}
    assert who_requires("idna==2.4", required_by, APP, vendored) == expected
