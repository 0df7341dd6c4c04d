"""A toolchain gets files that mean what the app's mean, from another folder."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.requirements.resolution_request import resolution_request
from slipway.effects.files import AppFolder
from slipway.steps.plan.read_requirements import read_requirements
from slipway.toolchains import RequirementFiles
from slipway.toolchains.requirement_files import requirement_files
from unit.samples import local, plan_of, serving, write_files


def laid_out(
    tmp_path: Path, files: dict[str, str], *, is_offline: bool = False, **variables: str
) -> RequirementFiles:
    app = write_files(tmp_path / "app", files)
    found = read_requirements(AppFolder(app), ["requirements.txt"], variables)
    plan = serving(replace(plan_of(is_offline=is_offline), dependencies=found))
    _, request = resolution_request(plan, {})
    assert request is not None
    return requirement_files(request, app, (), tmp_path / "scratch")


def test_lines_are_sorted_by_what_they_are_for(tmp_path: Path) -> None:
    text = "--pre\n-f wheels\ndjango>=5 ; python_version > '3'\n-c limits.txt\n"
    files = laid_out(tmp_path, {"requirements.txt": text, "limits.txt": "idna<4\n"})
    assert files.requirements == "django>=5 ; python_version > '3'\ngunicorn\n"
    assert files.constraints == "idna<4\n"
    assert files.options == f"--pre\n--find-links {tmp_path}/app/wheels\n"
    assert files.direct == []


def test_variables_are_filled_in_by_the_toolchain_itself(tmp_path: Path) -> None:
    text = "-i https://${USER}@h.example/\nname @ https://${USER}@h.example/n.zip\n"
    files = laid_out(tmp_path, {"requirements.txt": text}, USER="s3cret")
    (direct,) = files.direct
    assert files.options == "-i https://${USER}@h.example/\n"
    assert direct.line == "name @ https://${USER}@h.example/n.zip"
    assert "s3cret" not in direct.source


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("git+https://h.example/r.git@v1#egg=x", "git+https://h.example/r.git@v1#egg=x"),
        ("-e git+https://h.example/r.git#egg=x", "git+https://h.example/r.git#egg=x"),
        ("--editable=git+https://h.example/r.git#egg=x", "git+https://h.example/r.git#egg=x"),
        # The hash goes along, and pip holds the archive to it before it is built.
        (f"https://h.example/n.zip --hash=sha256:{'ab' * 32}",) * 2,
        ("n @ https://h.example/n.zip ; python_version > '3'",) * 2,
    ],
)
def test_an_address_is_told_as_it_stands(text: str, told: str, tmp_path: Path) -> None:
    (direct,) = laid_out(tmp_path, {"requirements.txt": f"{text}\nsix\n"}).direct
    assert direct.line == told


def test_an_offline_build_is_told_so_before_all_else(tmp_path: Path) -> None:
    text = "--extra-index-url https://h.example/simple\n--pre\nsix\n"
    files = laid_out(tmp_path, {"requirements.txt": text}, is_offline=True)
    assert files.options.splitlines() == ["--no-index", "--pre"]


def test_what_is_here_goes_along(tmp_path: Path) -> None:
    acme = local(tmp_path, "acme-1.0")
    _, request = resolution_request(plan_of(), {"acme": "[web]"})
    assert request is not None
    files = requirement_files(request, tmp_path, [acme], tmp_path / "scratch")
    assert files.requirements == "acme[web]\n"
    assert files.distributions == [acme]
