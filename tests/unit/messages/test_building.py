"""Advice about a build depends on who can change its source."""

from __future__ import annotations

import pytest

from slipway.errors.building import (
    BuildModuleMissing,
    FailedBuild,
    FlatLayout,
    HeaderMissing,
    NoFilesToInstall,
    PackageBuildFailed,
    PackageTooOld,
)
from slipway.errors.dependencies import THE_APP
from slipway.messages import explain

ADVICE = "Require a version of acme==1 that declares which files to install."


@pytest.mark.parametrize(
    "error",
    [
        FlatLayout(package="acme==1", names=("a", "b"), kind="packages"),
        NoFilesToInstall(package="acme==1"),
    ],
)
def test_nobody_is_sent_to_a_file_that_the_app_does_not_have(error: FailedBuild) -> None:
    first = explain(error).steps[0]
    assert (first.text, first.exact) == (ADVICE, ())


@pytest.mark.parametrize(
    ("package", "file"),
    [(THE_APP, "pyproject.toml"), ("libs/acme", "libs/acme/pyproject.toml")],
)
def test_what_is_in_the_app_gets_the_table_to_write(package: str, file: str) -> None:
    error = NoFilesToInstall(package=package, is_vendored=True)
    first = explain(error).steps[0]
    assert f" {file}," in first.text
    assert first.exact[0] == "[tool.hatch.build.targets.wheel]"


LONG = "acme-" * 20


@pytest.mark.parametrize(
    "error",
    [
        PackageBuildFailed(package=LONG),
        PackageTooOld(package=LONG, python="3.13.1", uses="imports imp"),
        HeaderMissing(package=LONG, header="libxml/xmlversion.h"),
        BuildModuleMissing(package="six", module="a." * 40 + "a", requirement="a"),
    ],
)
def test_titles_with_long_names_are_short(error: FailedBuild) -> None:
    assert len(explain(error).title) < 60
