"""A build for the tests installs more, from the same files and from those next to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.effects.files import AppFolder
from slipway.steps.plan import plan
from unit.samples import write_files

_PROJECT = "[project]\nname = 'tides'\nversion = '1'\nrequires-python = '>=3.10'\n"
_PROJECT += "dependencies = ['anchor']\n"
_DIGEST = "a" * 64
_FILES = '[{ url = "https://f/%s-1.0-py3-none-any.whl", hash = "sha256:' + _DIGEST + '" }]'


def _package(name: str) -> str:
    return (
        f'[[package]]\nname = "{name}"\nversion = "1.0"\n'
        f'source = {{ registry = "https://index.example/simple" }}\nwheels = {_FILES % name}\n'
    )


UV_LOCK = (
    'version = 1\nrevision = 3\nrequires-python = ">=3.10"\n'
    + _package("anchor")
    + _package("pytest")
    + _package("sphinx")
    + '[[package]]\nname = "tides"\nversion = "1"\nsource = { virtual = "." }\n'
    + 'dependencies = [{ name = "anchor" }]\n'
    + '[package.dev-dependencies]\ntest = [{ name = "pytest" }]\ndocs = [{ name = "sphinx" }]\n'
    + '[package.metadata]\nrequires-dist = [{ name = "anchor" }]\n'
    + '[package.metadata.requires-dev]\ntest = [{ name = "pytest" }]\n'
    + 'docs = [{ name = "sphinx" }]\n'
)
_GROUPS = "[dependency-groups]\ntest = ['pytest']\ndocs = ['sphinx']\n"
PYLOCK = (
    'lock-version = "1.0"\ncreated-by = "pip"\n[[packages]]\nname = "anchor"\nversion = "1.0"\n'
    'wheels = [{ url = "https://f/anchor-1.0-py3-none-any.whl", '
    f'hashes = {{ sha256 = "{_DIGEST}" }} }}]\n'
)


def planned(root: Path, files: dict[str, str], **variables: str) -> BuildPlan:
    for_app = plan(AppFolder(write_files(root, files)), variables)
    assert for_app.tests is None
    decided = plan(AppFolder(root), variables, for_tests=True)
    assert decided.tests is not None
    assert decided.dependencies.names >= for_app.dependencies.names
    return decided


def required(decided: BuildPlan) -> list[str]:
    dependencies = decided.dependencies
    lines = (*dependencies.requirements, *dependencies.beside_lock)
    return [line.name or line.text for line in lines]


def test_a_file_beside_requirements_is_read_with_what_it_names(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "anchor\n",
        "requirements-test.txt": "-r requirements.txt\n-c limits.txt\n-r more.txt\npytest\n",
        "limits.txt": "pytest<9\n",
        "more.txt": "--pre\ncoverage\n",
    }
    decided = planned(tmp_path, files)
    assert required(decided) == ["anchor", "coverage", "pytest"]
    dependencies = decided.dependencies
    assert [line.name for line in dependencies.constraints] == ["pytest"]
    assert [line.text for line in dependencies.options] == ["--pre"]
    assert dependencies.origin == "requirements.txt"
    assert not decided.settings.collectstatic


def test_a_folder_of_a_setting_has_the_file_for_tests(tmp_path: Path) -> None:
    files = {"reqs/prod.txt": "anchor\n", "reqs/test.txt": "-r prod.txt\npytest\n"}
    decided = planned(tmp_path, files, SLIPWAY_REQUIREMENTS="reqs/prod.txt")
    assert required(decided) == ["anchor", "pytest"]


def test_a_group_of_pyproject_is_installed_with_requirements(tmp_path: Path) -> None:
    files = {"requirements.txt": "anchor\n", "pyproject.toml": _GROUPS}
    assert required(planned(tmp_path, files)) == ["anchor", "pytest"]


def test_an_extra_of_pyproject_is_installed_with_requirements(tmp_path: Path) -> None:
    extras = "[project.optional-dependencies]\ntest = ['tides[slow]']\nslow = ['pytest']\n"
    files = {"requirements.txt": "anchor\n", "pyproject.toml": _PROJECT + extras}
    assert required(planned(tmp_path, files)) == ["anchor", "pytest"]


@pytest.mark.parametrize("file", ["setup.py", "setup.cfg"])
def test_an_extra_of_setuptools_is_installed(file: str, tmp_path: Path) -> None:
    texts = {
        "setup.py": "import setuptools\nsetuptools.setup(extras_require={'test': ['a']})\n",
        "setup.cfg": "[metadata]\nname = a\n[options.extras_require]\ntest =\n  pytest\n",
    }
    decided = planned(tmp_path, {file: texts[file]})
    assert required(decided) == [".[test]"]


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        (_GROUPS, ["anchor", "pytest"]),
        (f"{_GROUPS}[tool.uv]\ndefault-groups = 'all'\n", ["anchor", "sphinx", "pytest"]),
        ("[project.optional-dependencies]\ntests = ['pytest']\n", ["anchor", "pytest"]),
        ("[dependency-groups]\ndev = ['pytest']\n", ["anchor", "pytest"]),
        (f"{_GROUPS}[tool.pdm]\ndistribution = false\n", ["anchor", "pytest", "sphinx"]),
        (
            (
                "[tool.poetry.group.checks.dependencies]\npytest = '*'\n"
                "[tool.poetry.group.docs]\noptional = true\n"
                "[tool.poetry.group.docs.dependencies]\nsphinx = '*'\n"
            ),
            ["anchor", "pytest"],
        ),
    ],
)
def test_groups_and_extras_of_a_project_are_installed(
    more: str, expected: list[str], tmp_path: Path
) -> None:
    decided = planned(tmp_path, {"pyproject.toml": _PROJECT + more})
    assert sorted(required(decided)) == sorted(expected)


def test_the_dev_packages_of_a_pipfile_are_installed(tmp_path: Path) -> None:
    files = {"Pipfile": "[packages]\nanchor = '*'\n[dev-packages]\npytest = '*'\n"}
    assert required(planned(tmp_path, files)) == ["anchor", "pytest"]


def test_a_lock_brings_its_own_group(tmp_path: Path) -> None:
    files = {"pyproject.toml": _PROJECT + _GROUPS, "uv.lock": UV_LOCK}
    decided = planned(tmp_path, {**files, "requirements-dev.txt": "pytest\n"})
    assert decided.dependencies.choice.groups == ("test",)
    assert decided.dependencies.beside_lock == ()


def test_a_group_is_required_beside_a_lock_that_does_not_have_it(tmp_path: Path) -> None:
    decided = planned(tmp_path, {"pylock.toml": PYLOCK, "pyproject.toml": _PROJECT + _GROUPS})
    assert [line.name for line in decided.dependencies.beside_lock] == ["pytest"]


def test_lines_are_required_beside_a_lock_without_a_group(tmp_path: Path) -> None:
    files = {
        "pylock.toml": PYLOCK,
        "requirements.txt": "anchor\n",
        "requirements-test.txt": "-r requirements.txt\n-e .\npytest\n",
    }
    decided = planned(tmp_path, files)
    assert decided.dependencies.lock is not None
    assert [line.name for line in decided.dependencies.beside_lock] == ["anchor", "pytest"]


def test_a_build_for_the_tests_says_nothing_of_processes(tmp_path: Path) -> None:
    """No process starts, and no release phase runs."""
    files = {
        "requirements.txt": "django\n",
        "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'harbour.settings')\n",
        "harbour/settings.py": "",
        "harbour/wsgi.py": "application = None\n",
        "Procfile": "web: cd harbour && gunicorn wsgi\n",
    }
    app = AppFolder(write_files(tmp_path, files))
    settings = {"SLIPWAY_APP": "harbour.wsgi:application"}
    for_app = " ".join(plan(app, settings).notices)
    for expected in ("in a release phase", "the Procfile has a process `web`"):
        assert expected in for_app
    assert plan(app, settings, for_tests=True).notices == ()
