"""Dependencies are read as other tools read them."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.dependencies import (
    Dependencies,
    app_as_package,
    from_pyproject,
)
from slipway.domain.requirements.lines import read_lines
from slipway.domain.toml_text import parse_toml
from slipway.errors.app import FileNotToml
from slipway.errors.dependencies import ProjectTableMissing, RequirementInvalid
from unit.samples import dependencies

HASH = "sha256:" + "ab" * 32
BUILDS = "[build-system]\nrequires = ['setuptools']\n"


def installed(pyproject: str) -> list[str]:
    document = parse_toml(pyproject, "pyproject.toml")
    found = from_pyproject(document, "pyproject.toml")
    return [line.text for line in found.requirements]


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        pytest.param(
            "[project]\ndependencies = ['django>=5', 'six']", ["django>=5", "six"], id="project"
        ),
        pytest.param("[project]\nname = 'app'", [], id="project-without-dependencies"),
        pytest.param(f"[project]\ndependencies = ['six']\n{BUILDS}", ["."], id="package"),
        pytest.param(BUILDS, ["."], id="package-of-setup.py"),
        pytest.param(
            "[project]\ndynamic = ['dependencies']",
            ["."],
            id="dependencies-from-the-backend",
        ),
        pytest.param("[project]\ndynamic = 'dependencies'", [], id="dynamic-is-not-a-list"),
        pytest.param(
            f"[project]\ndependencies = ['six']\n{BUILDS}[tool.uv]\npackage = false",
            ["six"],
            id="uv-package-false",
        ),
        pytest.param(
            f"[project]\ndependencies = ['six']\n{BUILDS}[tool.poetry]\npackage-mode = false",
            ["six"],
            id="poetry-package-mode-false",
        ),
    ],
)
def test_pyproject_declares_dependencies(pyproject: str, expected: list[str]) -> None:
    assert installed(pyproject) == expected


@pytest.mark.parametrize("pyproject", ["", "[tool.black]", "project = 1", "[tool.poetry]"])
def test_pyproject_without_metadata_is_an_error(pyproject: str) -> None:
    with pytest.raises(ProjectTableMissing) as missing:
        installed(pyproject)
    assert missing.value.file == "pyproject.toml"


def test_an_invalid_dependency_is_named_with_its_file() -> None:
    with pytest.raises(RequirementInvalid) as invalid:
        installed("[project]\ndependencies = ['six', 'django=>5']")
    assert (invalid.value.file, invalid.value.text) == ("pyproject.toml", "django=>5")


def test_variables_are_not_filled_in_in_pyproject() -> None:
    with pytest.raises(RequirementInvalid) as invalid:
        installed("[project]\ndependencies = ['six==${SIX}']")
    assert invalid.value.reason == "Slipway fills in variables only in requirements files"


def test_the_hashes_of_the_requirements_are_known() -> None:
    lines = read_lines(f"six --hash=sha256:{'aB' * 32}\nidna\n", "requirements.txt", {})
    found = Dependencies(origin="", files=(), requirements=tuple(lines))
    assert found.has_hash(["0", "ab" * 32])
    assert not found.has_hash(["0"])


def test_invalid_toml_is_named_with_its_line() -> None:
    with pytest.raises(FileNotToml) as broken:
        parse_toml("[project\n", "pyproject.toml")
    assert "line 1" in broken.value.reason


def test_an_app_that_is_a_package_requires_its_own_folder() -> None:
    found = app_as_package("setup.py")
    assert [line.local_path for line in found.requirements] == ["."]
    assert (found.origin, found.is_hashed) == ("setup.py", False)


@pytest.mark.parametrize(
    ("text", "is_hashed"),
    [
        pytest.param("", False, id="nothing"),
        pytest.param(f"six==1 --hash={HASH}", True, id="all"),
        pytest.param(f"six==1 --hash={HASH}\ndjango==5", False, id="one-without"),
        pytest.param(f"six==1 --hash={HASH}\n./package", True, id="a-folder-has-none"),
        pytest.param("./package", False, id="only-a-folder"),
        pytest.param(f"./a-1.0.zip --hash={HASH}", False, id="only-an-archive-in-the-app"),
        pytest.param(f"six==1 --hash={HASH}\n./package\ndjango", False, id="one-of-three"),
        pytest.param(f"a @ https://h.example/a.zip --hash={HASH}", True, id="an-address"),
    ],
)
def test_a_file_with_all_possible_hashes_is_a_lock(text: str, *, is_hashed: bool) -> None:
    assert dependencies(text).is_hashed is is_hashed


def test_names_are_those_in_the_lines() -> None:
    found = dependencies("Django\n./package\nn @ https://h.example/a.zip\n-e .[web]")
    assert found.names == {"django", "n"}


def test_local_paths_are_not_external_requirements() -> None:
    text = "Django\n./package\na-1.0.tar.gz\nx @ file:vendor/x\ngit+https://h.example/r\n"
    external = [line.text for line in dependencies(text).external_requirements]
    assert external == ["Django", "git+https://h.example/r"]
