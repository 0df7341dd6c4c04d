"""The runner of an app's tests is chosen by its files and its packages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest

from slipway.domain.modules_with_tests import ModuleWithTests
from slipway.domain.running_tests import (
    Finds,
    TestedApp,
    decide,
    is_outside,
    line_to_collect,
    looked_for,
    may_be_uncollected,
    pytest_configuration,
)
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
        paths=lambda: [one.path for one in modules],
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
    in_folder = decide(app("flask", modules=[in_tests]))
    assert in_folder.command == "python -m unittest discover -s tests"
    in_both = decide(app("flask", modules=[in_tests, replace(CASE, path="src/a/test_a.py")]))
    assert in_both.command == f"{in_folder.command} && python -m unittest discover -s src"
    assert [one.path for one in in_both.unseen] == ["src/a/test_a.py"]
    elsewhere = decide(app("flask", modules=[CASE, in_tests]))
    assert elsewhere.command == "python -m unittest discover"
    assert [one.reason for one in elsewhere.unseen] == ["tests/ has no __init__.py"]
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
    run = decide(tested)
    assert may_be_uncollected("items/tests.py", run)
    assert expected in line_to_collect(run, ["items/tests.py"])


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
    assert not may_be_uncollected("items/tests.py", decide(tested))


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("tests.py", True),
        ("a/foo_tests.py", True),
        ("a/tests_models.py", True),
        ("a/tests/__init__.py", True),
        ("a/__init__.py", False),
        ("a/test_b.py", False),
        ("a/b_test.py", False),
        ("a/tests/views.py", False),
    ],
)
def test_pytest_leaves_out_modules_with_other_names(path: str, *, expected: bool) -> None:
    run = decide(app(*PYTEST))
    assert may_be_uncollected(path, run) is expected
    assert not may_be_uncollected(path, decide(app("flask")))


def test_the_names_of_modules_to_collect_are_said() -> None:
    line = line_to_collect(decide(app(*PYTEST)), ["a_tests.py", "b/b_tests.py", "tests.py"])
    assert "`python_files = *_tests.py tests.py test_*.py *_test.py`" in line


def test_pytest_is_not_chosen_where_it_collects_nothing() -> None:
    modules = [ModuleWithTests(path="tests.py", has_cases=True)]
    run = decide(app(*PYTEST, modules=modules))
    assert run.command == "python -m unittest discover"
    assert run.reason == "pytest would collect none of its tests"
    both = [replace(modules[0], has_others=True)]
    assert decide(app(*PYTEST, modules=both)).command == "python -m pytest"
    django = app(*DJANGO, *PYTEST, "pytest-django", manage="manage.py", modules=modules)
    assert decide(django).command == "python manage.py test --noinput"


def test_pytest_runs_in_the_folder_of_the_project() -> None:
    packages = (*DJANGO, *PYTEST, "pytest-django")
    run = decide(app(*packages, manage="site/manage.py"))
    assert (run.command, run.folder) == ("python -m pytest", "site")
    files = {"site/pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.tests\n"}
    run = decide(app(*packages, manage="site/manage.py", files=files))
    assert (run.folder, run.variables) == ("site", {})
    assert run.reason == "site/pytest.ini configures pytest"
    assert "below `[pytest]` in site/pytest.ini" in line_to_collect(run, ["site/tests.py"])
    assert is_outside("tests.py", run)
    assert not is_outside("site/tests.py", run)
    assert not may_be_uncollected("tests.py", run)
    run = decide(app(*packages, manage="site/manage.py", files={"pytest.ini": ""}))
    assert run.folder == ""
    run = decide(app(*packages, manage="site/manage.py", modules=[FUNCTION]))
    assert run.folder == ""


def test_a_project_with_pytest_alone_lacks_its_plugin() -> None:
    configured = app(*DJANGO, *PYTEST, files={"pytest.ini": ""}, manage="manage.py")
    assert decide(configured).lacks == "pytest-django"
    assert decide(app(*PYTEST)).lacks == ""


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
    assert run.finds is Finds.OWN


@pytest.mark.parametrize(
    ("module", "files", "expected"),
    [
        (
            ModuleWithTests(path="site/__init__.py", imported=(".checks",)),
            {"site/checks.py": "class A(TestCase):\n    def test_a(self): ...\n"},
            Finds.SOME,
        ),
        (
            ModuleWithTests(path="site/__init__.py", imported=("site.checks",)),
            {"site/checks.py": "import unittest\nA = made()\n"},
            Finds.MAYBE,
        ),
        (ModuleWithTests(path="test_a.py", may_have_cases=True), {}, Finds.MAYBE),
    ],
)
def test_an_app_whose_tests_come_from_elsewhere_does_not_stop(
    module: ModuleWithTests, files: Mapping[str, str], expected: Finds
) -> None:
    assert decide(app("flask", modules=[module], files=files)).finds is expected
    django = app(*DJANGO, manage="manage.py", modules=[module], files=files)
    assert decide(django).finds is expected


def test_imports_of_modules_without_tests_bring_none() -> None:
    module = ModuleWithTests(path="site/__init__.py", imported=(".celery",))
    files = {"site/celery.py": "from celery import Celery\napp = Celery('site')\n"}
    with pytest.raises(TestsNotFound):
        decide(app("flask", modules=[module], files=files))


def test_a_module_with_another_name_is_found_if_nothing_else_is() -> None:
    check = ModuleWithTests(path="site/test/check_a.py", has_cases=True)
    tested = replace(app("flask", modules=[]), elsewhere=lambda: [check])
    with pytest.raises(TestsNotFound) as raised:
        decide(tested)
    assert raised.value.unseen == check.path


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("cd tests && python -m unittest", Finds.SOME),
        ("cd ./tests; make && python -m unittest -v", Finds.SOME),
        ("python -m unittest", Finds.NONE),
        ("make && FAST=1 python -m unittest discover; make lint", Finds.NONE),
        ("cd site && python -m unittest", Finds.NONE),
        ("cd $HOME && python -m unittest", Finds.SOME),
        ("cd .. && python -m unittest", Finds.SOME),
        ("python -m unittest discover -s tests", Finds.SOME),
        ("python -m unittest discover --pattern=check*.py", Finds.SOME),
        ("python -m pytest", Finds.SOME),
        ("python manage.py test", Finds.SOME),
    ],
)
def test_a_command_of_the_app_is_followed_where_it_is_clear(
    command: str, expected: Finds
) -> None:
    """`cd tests && python -m unittest` needs no __init__.py."""
    tested = app("flask", modules=[replace(CASE, path="tests/test_a.py")])
    assert looked_for(tested, command)[0] is expected


@pytest.mark.parametrize(
    ("command", "root", "expected"),
    [
        ("python manage.py test", "site", Finds.SOME),
        ("cd site && python manage.py test", "site", Finds.NONE),
        ("cd site && python manage.py test --noinput", "", Finds.SOME),
        ("python site/manage.py test", "site", Finds.SOME),
    ],
)
def test_a_command_runs_at_the_top_of_the_repository(
    command: str, root: str, expected: Finds
) -> None:
    lost = replace(CASE, path="lost/test_a.py")
    tested = app(*DJANGO, manage="manage.py", modules=[lost])
    finds, unseen = looked_for(tested, command, root)
    assert finds is expected
    assert [one.path for one in unseen] == ["lost/test_a.py"] * (expected is Finds.NONE)
