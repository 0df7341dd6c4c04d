"""A toolchain resolves exactly what the app requires."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.requirements.lines import read_lines
from slipway.domain.requirements.lock import Lock
from slipway.domain.requirements.resolution_request import (
    ResolutionRequest,
    find_links_folders,
    index_variables,
    options_of,
    options_text,
    resolution_request,
)
from unit.samples import lines, plan_of, serving, tree

A, B = "sha256:" + "ab" * 32, "sha256:" + "cd" * 32
NONE: dict[str, str] = {}


def split(plan: BuildPlan, **vendored: str) -> tuple[list[str] | None, ResolutionRequest]:
    """Return the pins of the app's own lock, and the request to a resolver."""
    own, request = resolution_request(plan, vendored)
    assert request is not None
    return None if own is None else [package.requirement for package in own], request


def test_all_requirements_of_an_app_without_a_lock_are_resolved() -> None:
    text = f"--pre\nDjango>=5  # web\nn @ git+https://h.example/n\nsix==1.17.0 --hash={A}\n"
    own, request = split(serving(plan_of(text, constraints="idna<4\n")))
    assert own is None
    assert request.requirements == ("Django>=5", "six==1.17.0", "gunicorn")
    assert request.hashes == {"six": (A,)}
    assert request.constraints == ("idna<4",)
    assert [line.name for line in request.direct] == ["n"]
    assert [line.text for line in request.options] == ["--pre"]
    assert not request.is_offline


def test_an_app_that_requires_nothing_is_not_resolved() -> None:
    assert resolution_request(plan_of("--pre\n"), NONE) == (Lock(packages=()), None)


def test_vendored_packages_alone_are_resolved() -> None:
    own, request = split(plan_of(), harbour="[web]", acme="")
    assert own is None
    assert request.requirements == ("acme", "harbour[web]")


def test_an_offline_app_is_resolved_offline() -> None:
    _, request = split(plan_of("six", is_offline=True))
    assert request.is_offline


def test_a_lock_of_the_app_is_not_resolved() -> None:
    own, request = resolution_request(plan_of(f"six==1.17.0 --hash={A}"), NONE)
    assert request is None
    assert own is not None
    assert own.version_of("six") == "1.17.0"


def test_a_lock_that_names_gunicorn_is_not_resolved() -> None:
    _, request = resolution_request(serving(plan_of(f"Gunicorn==23 --hash={A}")), NONE)
    assert request is None


def test_packages_added_to_a_lock_have_to_fit_it() -> None:
    text = f"six==1.17.0 --hash={A}\nn @ https://h.example/n-1.zip --hash={B}"
    _, request = split(serving(plan_of(text, constraints="packaging<26")))
    assert request.requirements == ("gunicorn",)
    assert request.constraints == ("packaging<26", "six==1.17.0")
    assert (request.direct, dict(request.hashes)) == ((), {})


def test_a_lock_may_contain_a_folder_without_a_hash() -> None:
    text = f"six==1.17.0 --hash={A}\n./vendor/acme\n"
    own, request = split(plan_of(text, tree("vendor/acme")), acme="")
    assert own == ["six==1.17.0"]
    assert request.requirements == ("acme",)
    assert request.constraints == ("six==1.17.0",)
    assert request.direct == ()


def test_a_vendored_package_wins_over_a_lock_of_the_app() -> None:
    """The locked version still has to be the vendored one, and extras are requested."""
    text = f"six==1.17.0 --hash={A}\nAcme_Core[web]==2.0 --hash={B}\n"
    own, request = split(plan_of(text, tree("vendor/core", "acme-core")), **{"acme-core": ""})
    assert own == ["six==1.17.0"]
    assert request.requirements == ("Acme_Core[web]==2.0", "acme-core")
    assert request.constraints == ("six==1.17.0",)


def test_constraints_of_vendored_packages_are_versions() -> None:
    constraints = (
        f"acme<2 --hash={A}\n"
        "acme @ https://h.example/acme-1.0.zip\n"
        "other @ https://h.example/other-1.0.zip\n"
    )
    _, request = split(plan_of("six", constraints=constraints), acme="")
    assert request.constraints == ("acme<2", "other @ https://h.example/other-1.0.zip")


def test_hashes_of_vendored_packages_are_ignored() -> None:
    text = f"acme==2.0 --hash={A}\nsix\n"
    _, request = split(plan_of(text, tree("vendor/acme")), acme="")
    assert request.requirements == ("acme==2.0", "six", "acme")
    assert request.hashes == {}


def test_hashes_from_several_lines_of_a_package_are_combined() -> None:
    text = (
        f"six==1.16 ; python_version < '3' --hash={A}\n"
        f"six==1.17 ; python_version > '3' --hash={B}\nidna\n"
    )
    _, request = split(plan_of(text))
    assert request.hashes == {"six": (A, B)}


def test_the_address_of_a_vendored_package_is_not_used() -> None:
    text = "acme @ git+https://h.example/acme\n-e git+https://h.example/other#egg=Other\n"
    _, request = split(plan_of(text, tree("vendor/acme")), acme="")
    assert [line.name for line in request.direct] == ["other"]


@pytest.mark.parametrize(
    ("text", "remaining"),
    [
        ("-f vendor", []),
        ("--find-links=./vendor/", []),
        ("--find-links vendor/wheels", []),
        ("-f ./vendored", ["-f ./vendored"]),
        ("--find-links https://h.example/vendor", ["--find-links https://h.example/vendor"]),
        ("--pre", ["--pre"]),
    ],
)
def test_find_links_for_vendor_folders_are_left_out(text: str, remaining: list[str]) -> None:
    assert [line.text for line in options_of(plan_of(text))] == remaining


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
def test_options_mean_the_same_in_another_folder(text: str, written: str) -> None:
    options = tuple(read_lines(text, "requirements/base.txt", {}))
    assert options_text(options, Path("/app"), is_offline=False) == f"{written}\n"


def test_local_folders_of_wheels_are_found() -> None:
    text = "-f wheels\n--find-links ./more\n-f https://h.example/\n--pre\nsix"
    _, request = split(plan_of(text))
    assert find_links_folders(request.options) == ("wheels", "more")
    written = options_text(request.options, Path("/app"), is_offline=True)
    assert written.splitlines() == [
        "--no-index",
        "--find-links /app/wheels",
        "--find-links /app/more",
        "--pre",
    ], "no address is used offline"


def test_variables_that_affect_the_result_are_returned() -> None:
    environment = {
        "PATH": "/usr/bin",
        "PIP_INDEX_URL": "https://h.example/",
        "PIP_TIMEOUT": "3",
        "PIP_NO_BINARY": "six",
    }
    assert index_variables(environment) == [
        "PIP_INDEX_URL=https://h.example/",
        "PIP_NO_BINARY=six",
    ]


def test_a_line_keeps_its_marker() -> None:
    (line,) = lines('tomli ; python_version < "3.11"')
    assert line.marker == 'python_version < "3.11"'
