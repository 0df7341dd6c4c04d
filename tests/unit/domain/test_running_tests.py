"""The runner of an app's tests is chosen by its files and its packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from slipway.domain.modules_with_tests import ModuleWithTests
from slipway.domain.running_tests import TestedApp, decide, pytest_configuration
from slipway.errors.running_tests import PytestMissing, TestsNotFound

DJANGO = ("django", "sqlparse")
PYTEST = ("pytest", "pluggy")
CASE = ModuleWithTests(path="site/test_a.py", has_cases=True)
FUNCTION = ModuleWithTests(path="tests/test_b.py", has_others=True)
IMPORTING = ModuleWithTests(
    path="test_c.py", has_cases=True, has_others=True, imports_pytest=True
)


def app(
    *packages: str,
    files: Mapping[str, str] | None = None,
    manage: str = "",
    modules: Sequence[ModuleWithTests] = (CASE,),
) -> TestedApp:
    return TestedApp(
        read={"site/__init__.py": "", **(files or {})}.get,
        modules=lambda: modules,
        packages=packages,
        manage=manage,
        manage_settings="harbour.settings" if manage else None,
        settings="harbour.production" if manage else None,
    )


def test_pytest_runs_the_tests_if_it_is_installed() -> None:
    run = decide(app(*PYTEST))
    assert (run.command, run.folder) == ("python -m pytest", "")
    assert run.variables == {}
    assert "pytest is installed" in run.reason


def test_unittest_runs_the_tests_of_an_app_without_pytest() -> None:
    assert decide(app("flask")).command == "python -m unittest discover"
    in_tests = replace(CASE, path="tests/test_a.py")
    in_folder = decide(app("flask", modules=[CASE, in_tests]))
    assert in_folder.command == "python -m unittest discover -s tests"
    assert [one.reason for one in in_folder.unseen] == ["it is not in tests/"]
    package = decide(app("flask", files={"tests/__init__.py": ""}, modules=[in_tests]))
    assert package.command == "python -m unittest discover"


def test_django_runs_the_tests_of_a_project_in_its_folder() -> None:
    run = decide(app(*DJANGO, manage="site/manage.py"))
    assert (run.command, run.folder) == ("python manage.py test --noinput", "site")
    assert run.variables == {}


def test_pytest_runs_those_of_django_with_its_plugin_or_if_it_is_configured() -> None:
    without = decide(app(*DJANGO, *PYTEST, manage="manage.py"))
    assert without.command == "python manage.py test --noinput"
    assert "pytest-django is not installed" in without.reason
    run = decide(app(*DJANGO, *PYTEST, "pytest-django", manage="manage.py"))
    assert run.command == "python -m pytest"
    # As with manage.py itself, not those of the running site.
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.settings"}
    files = {"pytest.ini": "[pytest]\ntestpaths = tests\n"}
    configured = decide(app(*DJANGO, *PYTEST, files=files, manage="manage.py"))
    assert (configured.command, configured.variables) == (run.command, run.variables)
    assert configured.reason == "pytest.ini configures pytest"


def test_settings_for_the_plugin_have_no_effect_without_it() -> None:
    files = {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"}
    run = decide(app(*DJANGO, *PYTEST, files=files, manage="manage.py"))
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.settings"}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("pytest.ini", "", "`python_files = tests.py test_*.py *_test.py` below `[pytest]`"),
        ("conftest.py", "", "_test.py` below `[pytest]` in pytest.ini"),
        ("", "", "_test.py` below `[pytest]` in pytest.ini"),
        ("setup.cfg", "[tool:pytest]\n", "_test.py` below `[tool:pytest]` in setup.cfg"),
        (
            "pyproject.toml",
            "[tool.pytest.ini_options]\nminversion = '8'\n",
            '["tests.py", "test_*.py", "*_test.py"]` below `[tool.pytest.ini_options]` in pyp',
        ),
        ("pyproject.toml", "[tool.pytest]\na = '8'\n", "`[tool.pytest]` in pyproject.toml"),
        ("pytest.toml", "", '"*_test.py"]` below `[pytest]` in pytest.toml'),
    ],
)
def test_pytest_is_told_how_to_find_the_modules_of_startapp(
    file: str, text: str, expected: str
) -> None:
    tested = app(*DJANGO, *PYTEST, "pytest-django", files={file: text}, manage="manage.py")
    assert expected in decide(tested).finds_tests_py_with


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", "[pytest]\npython_files = check_*.py\n"),
        ("tox.ini", "[pytest]\naddopts = -o python_files=tests.py\n"),
        ("pyproject.toml", "[tool.pytest.ini_options]\npython_files = ['tests.py']\n"),
    ],
)
def test_the_files_that_a_configuration_names_are_those_to_find(file: str, text: str) -> None:
    tested = app(*DJANGO, *PYTEST, "pytest-django", files={file: text}, manage="manage.py")
    assert decide(tested).finds_tests_py_with == ""


def test_only_apps_of_django_have_such_modules() -> None:
    assert decide(app(*PYTEST)).finds_tests_py_with == ""
    assert decide(app(*DJANGO, manage="manage.py")).finds_tests_py_with == ""


def test_a_manage_py_without_django_installed_does_not_count() -> None:
    assert decide(app(*PYTEST, manage="manage.py")).command == "python -m pytest"


def test_a_manage_py_that_names_no_settings_gets_those_of_the_site() -> None:
    tested = replace(app(*DJANGO, manage="manage.py"), manage_settings=None)
    assert decide(tested).variables == {"DJANGO_SETTINGS_MODULE": "harbour.production"}


@pytest.mark.parametrize(
    "files",
    [
        {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"},
        {"tox.ini": "[pytest]\naddopts = -q --ds=harbour.tests\n"},
        {"setup.cfg": "[tool:pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"},
        {"pyproject.toml": "[tool.pytest.ini_options]\naddopts = ['--ds', 'harbour.tests']\n"},
        {"pyproject.toml": "[tool.pytest]\nDJANGO_SETTINGS_MODULE = 'harbour.tests'\n"},
    ],
)
def test_settings_in_the_configuration_of_pytest_are_not_overridden(
    files: Mapping[str, str],
) -> None:
    tested = app(*DJANGO, *PYTEST, "pytest-django", files=files, manage="manage.py")
    assert decide(tested).variables == {}


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("pytest.ini", ""),
        (".pytest.ini", "[pytest]\n"),
        ("pytest.toml", ""),
        ("pyproject.toml", "[tool.pytest.ini_options]\nminversion = '8'\n"),
        ("tox.ini", "[pytest]\n"),
        ("setup.cfg", "[tool:pytest]\n"),
        ("conftest.py", ""),
        ("tests/conftest.py", ""),
    ],
)
def test_an_app_that_configures_pytest_needs_it(file: str, text: str) -> None:
    with pytest.raises(PytestMissing) as raised:
        decide(app("flask", files={file: text}))
    assert raised.value.file == file


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("tox.ini", "[tox]\n"),
        ("setup.cfg", "[metadata]\nname = a\n"),
        ("setup.cfg", "not = in a section"),
        ("pyproject.toml", "[tool.black]\n"),
        ("pyproject.toml", "[tool.pytest"),
    ],
)
def test_other_files_do_not_configure_pytest(file: str, text: str) -> None:
    assert pytest_configuration({file: text}.get) is None


def test_pytest_runs_tests_that_no_other_runner_runs() -> None:
    """Django's own would succeed with none of them."""
    tested = app(*DJANGO, *PYTEST, manage="manage.py", modules=[FUNCTION])
    run = decide(tested)
    assert run.command == "python -m pytest"
    assert run.reason == "only pytest runs the tests in tests/test_b.py"
    assert run.variables == {"DJANGO_SETTINGS_MODULE": "harbour.settings"}
    assert run.lacks == "pytest-django"


@pytest.mark.parametrize(("packages", "manage"), [(DJANGO, "manage.py"), (("flask",), "")])
@pytest.mark.parametrize("module", [FUNCTION, IMPORTING])
def test_tests_for_pytest_need_it(
    packages: Sequence[str], manage: str, module: ModuleWithTests
) -> None:
    """Without it, Django's runner and unittest run none of them, or fail to import them."""
    with pytest.raises(PytestMissing) as raised:
        decide(app(*packages, manage=manage, modules=[module]))
    error = raised.value
    assert (error.file, error.is_configured) == (module.path, False)
    assert error.is_django is bool(manage)


def test_a_module_that_is_not_imported_does_not_need_pytest() -> None:
    elsewhere = replace(IMPORTING, path="vendor/acme/test_c.py")
    run = decide(app("flask", modules=[CASE, elsewhere]))
    assert run.command == "python -m unittest discover"
    assert (run.only_for_pytest, run.lacks) == (("vendor/acme/test_c.py",), "pytest")


def test_tests_beside_those_that_run_are_named() -> None:
    modules = [CASE, FUNCTION, replace(CASE, path="lost/test_d.py")]
    run = decide(app(*DJANGO, *PYTEST, manage="manage.py", modules=modules))
    assert run.command == "python manage.py test --noinput"
    assert (run.only_for_pytest, run.lacks) == (("tests/test_b.py",), "pytest-django")
    (unseen,) = run.unseen
    assert (unseen.path, unseen.reason) == ("lost/test_d.py", "lost/ has no __init__.py")
    usual = decide(app(*DJANGO, *PYTEST, manage="manage.py"))
    assert (usual.only_for_pytest, usual.lacks, usual.unseen) == ((), "", ())


def test_a_runner_without_tests_is_not_chosen() -> None:
    """Django's runner succeeds without any, and so does unittest before Python 3.12."""
    for packages, manage in ((DJANGO, "manage.py"), (("flask",), "")):
        with pytest.raises(TestsNotFound) as raised:
            decide(app(*packages, manage=manage, modules=[]))
        assert (raised.value.is_django, raised.value.unseen) == (bool(manage), "")
    with pytest.raises(TestsNotFound) as raised:
        decide(app(*DJANGO, manage="site/manage.py", modules=[]))
    assert raised.value.start == "site"
    assert decide(app("flask", *PYTEST, modules=[])).command == "python -m pytest"


def test_a_module_out_of_sight_is_named_if_it_is_all_that_there_is() -> None:
    lost = replace(CASE, path="lost/deep/test_d.py")
    with pytest.raises(TestsNotFound) as raised:
        decide(app(*DJANGO, manage="manage.py", modules=[lost]))
    assert raised.value.unseen == "lost/deep/test_d.py"
    assert raised.value.not_packages == ("lost", "lost/deep")


def test_a_runner_of_the_project_may_find_tests_anywhere() -> None:
    tested = replace(app(*DJANGO, manage="manage.py", modules=[]), has_own_runner=lambda: True)
    run = decide(tested)
    assert run.command == "python manage.py test --noinput"
    assert run.may_find_none
