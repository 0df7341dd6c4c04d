"""Tools that take a version from git get it in another way if there is no git."""

from __future__ import annotations

import pytest
from packaging.version import Version

from slipway.domain.vendoring.scm_versions import (
    comes_from_tag,
    is_filled_in,
    is_guess,
    version_of_digest,
    version_variables,
    versioneer_file,
    versioneer_module,
)

TEMPLATE = "node: $Format:%H$\ndescribe-name: $Format:%(describe:tags=true)$\n"


@pytest.mark.parametrize("digest", ["ab" * 32, "0" * 64, "12" * 32, "e" * 64])
def test_a_version_from_a_digest_is_valid(
    digest: str,
) -> None:
    version = version_of_digest(digest)
    assert is_guess(str(Version(version)))
    assert Version(version) != Version(version_of_digest("c" * 64))


@pytest.mark.parametrize("version", ["1.0", "0+g0123", "0", "0+unknown"])
def test_other_versions_are_not_taken_for_a_guess(version: str) -> None:
    assert not is_guess(version)


@pytest.mark.parametrize(
    ("version", "expected"),
    [("1.0", True), ("1.1.dev3+g01", True), ("0+g0123", False), (None, False)],
)
def test_versions_from_tags_are_recognized(version: str | None, *, expected: bool) -> None:
    assert comes_from_tag(version) is expected


@pytest.mark.parametrize(
    "variable",
    [
        "SETUPTOOLS_SCM_PRETEND_VERSION",
        "PBR_VERSION",
        "PDM_BUILD_SCM_VERSION",
        "POETRY_DYNAMIC_VERSIONING_BYPASS",
    ],
)
def test_each_tool_has_its_documented_variable(variable: str) -> None:
    assert version_variables("2.1")[variable] == "2.1"


def test_the_module_for_versioneer_can_be_searched_and_imported() -> None:
    text = versioneer_file("2.1+local")
    assert "version_json = '''\n" in text
    assert "\n'''  # END VERSION_JSON\n" in text
    scope: dict[str, object] = {}
    exec(text, scope)  # noqa: S102 - the package would import it
    assert callable(scope["get_versions"])
    assert scope["get_versions"]()["version"] == "2.1+local"


@pytest.mark.parametrize(
    ("setup_cfg", "pyproject", "module"),
    [
        pytest.param("", "", None, id="nothing"),
        pytest.param(
            "[versioneer]\nversionfile_source = src/a/_version.py\n",
            "",
            "src/a/_version.py",
            id="setup.cfg",
        ),
        pytest.param(
            "",
            "[tool.versioneer]\nversionfile_source = 'a/_version.py'\n",
            "a/_version.py",
            id="pyproject",
        ),
        pytest.param(
            "[versioneer]\nversionfile_source = old.py\n",
            "[tool.versioneer]\nversionfile_source = 'new.py'\n",
            "new.py",
            id="both",
        ),
        pytest.param("[versioneer]\nVCS = git\n", "[tool.versioneer]\n", None, id="not-set"),
        pytest.param("[versioneer\n", "tool = 1\n", None, id="broken"),
        pytest.param(
            "[versioneer]\ntag = %(here)s\nversionfile_source = a.py\n",
            "",
            "a.py",
            id="percent-sign",
        ),
        pytest.param("[versioneer]\nversionfile_source = /etc/a.py\n", "", None, id="absolute"),
        pytest.param(
            "", "[tool.versioneer]\nversionfile_source = 'a/../../b.py'\n", None, id="outside"
        ),
        pytest.param("[versioneer]\nversionfile_source = a..b.py\n", "", "a..b.py", id="dots"),
    ],
)
def test_the_configuration_names_the_module_of_versioneer(
    setup_cfg: str, pyproject: str, module: str | None
) -> None:
    assert versioneer_module(setup_cfg, pyproject) == module


@pytest.mark.parametrize(
    ("archival", "expected"),
    [
        pytest.param("", False, id="none"),
        pytest.param(TEMPLATE, False, id="template"),
        pytest.param("node: 01\ndescribe-name: v1.5-3-g01\n", True, id="filled-in"),
        pytest.param("node: 01\ndescribe-name: \n", False, id="without-a-tag"),
        pytest.param("node: 01\ndescribe-name:\nref-names: main\n", False, id="bare"),
        pytest.param("node: 01\n", False, id="another-file"),
    ],
)
def test_a_git_archive_has_a_version_if_it_is_filled_in(
    archival: str, *, expected: bool
) -> None:
    assert is_filled_in(archival) is expected
