"""The settings of tests need variables that CI does not have by itself."""

from __future__ import annotations

import pytest

from slipway.domain.django.settings_of_tests import TestedProject

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "harbour.local")
execute_from_command_line(sys.argv)
"""
FILES = {
    "manage.py": MANAGE,
    "harbour/__init__.py": "",
    "harbour/base.py": 'import os\nSECRET_KEY = os.environ["SECRET_KEY"]\n',
    "harbour/local.py": "from harbour.base import *\nDEBUG = True\n",
    "harbour/ci.py": "SECRET_KEY = 'for-the-tests-only'\n",
}


def project(
    files: dict[str, str] | None = None,
    scripts: str = "",
    module: str = "",
    *,
    has_pytest: bool = False,
) -> TestedProject:
    return TestedProject(
        read={**FILES, **(files or {})}.get,
        manage="manage.py",
        scripts=scripts,
        module=module,
        has_pytest=has_pytest,
    )


def test_the_settings_of_manage_py_need_variables() -> None:
    assert project().settings == "harbour.local"
    assert project().missing_variables(["PATH"]) == ("SECRET_KEY",)
    assert project().missing_variables(["SECRET_KEY"]) == ()


@pytest.mark.parametrize(
    "chosen",
    [
        project(scripts="python manage.py test --settings=harbour.ci"),
        project(scripts="DJANGO_SETTINGS_MODULE=harbour.ci pytest", has_pytest=True),
        project(module="harbour.ci"),
        project(
            {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.ci\n"}, has_pytest=True
        ),
        project(
            {"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "--ds=harbour.ci"\n'},
            scripts="pytest",
            has_pytest=True,
        ),
    ],
)
def test_the_settings_may_be_chosen_for_tests(chosen: TestedProject) -> None:
    assert chosen.settings == "harbour.ci"
    assert chosen.missing_variables(()) == ()


@pytest.mark.parametrize(
    "may_set",
    [
        project(scripts="export SECRET_KEY=a && python manage.py test"),
        project({"conftest.py": "os.environ['SECRET_KEY'] = 'a'\n"}),
        project({"manage.py": f"{MANAGE}load_dotenv()\n"}),
        project({"manage.py": f"{MANAGE}if 'test' in sys.argv: ...\n"}),
    ],
)
def test_what_may_set_a_variable_counts(may_set: TestedProject) -> None:
    assert may_set.missing_variables(()) == ()


def test_the_configuration_of_pytest_does_not_count_for_manage_py() -> None:
    files = {"pytest.ini": "[pytest]\nDJANGO_SETTINGS_MODULE = harbour.ci\n"}
    scripts = "python manage.py test"
    assert project(files, scripts, has_pytest=True).settings == "harbour.local"
