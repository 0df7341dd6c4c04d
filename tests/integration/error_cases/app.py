"""Errors of the app's folder, its files, settings and hooks."""

from __future__ import annotations

from dataclasses import replace

from integration.classic_platform import Result
from integration.error_cases.table import case, fixture_case
from integration.isolation import as_nobody
from integration.scenario import Scenario


@case("No file shows that the app is a Python app (`bin/detect`).")
def not_a_python_app(scenario: Scenario) -> Result:
    return scenario.platform.run_script("detect", scenario.fixture("not_a_python_app"))


@case("The name `requirements.txt` is misspelled (`bin/detect`).")
def requirements_misspelled(scenario: Scenario) -> Result:
    return scenario.platform.run_script("detect", scenario.fixture("requirements_misspelled"))


@case("The app's folder does not exist.")
def app_folder_missing(scenario: Scenario) -> Result:
    return scenario.compile()


@case("`bin/release` is called before `bin/compile`.")
def not_compiled(scenario: Scenario) -> Result:
    return scenario.platform.run_script("release", scenario.fixture("wsgi_app"))


fixture_case(
    "no_dependency_file", "The app has none of the files that can list its dependencies."
)
fixture_case("virtualenv_checked_in", "A virtual environment is part of the app.")


@case("A folder has the name of a file that Slipway reads.")
def requirements_txt_is_a_folder(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt/base.txt": "six\n"})
    return scenario.compile()


def _compiled_by_nobody(scenario: Scenario) -> Result:
    cache, temporary = scenario.folder / "cache", scenario.platform.temporary
    for folder in (cache, temporary):
        folder.mkdir()
        folder.chmod(0o777)
    nobody = replace(scenario.platform, within=as_nobody(), cache=cache)
    return replace(scenario, platform=nobody).compile()


@case("Only the owner of a file may read it, and another user builds the app.")
def requirements_txt_is_not_readable(scenario: Scenario) -> Result:
    build = scenario.app({"requirements.txt": "six\n"})
    (build / "requirements.txt").chmod(0)
    return _compiled_by_nobody(scenario)


@case("Only the owner may write to the app's folder, and another user builds the app.")
def app_is_not_writable(scenario: Scenario) -> Result:
    # If the tests do not run as root, the user is the owner.
    scenario.app({"requirements.txt": ""}).chmod(0o555)
    return _compiled_by_nobody(scenario)


fixture_case("undecodable_pyproject", "A file is written in Latin-1.")
fixture_case("pyproject_not_toml", "`pyproject.toml` has a syntax error.")


@case("`pyproject.toml` is the only file with metadata, and only configures tools.")
def pyproject_without_a_project(scenario: Scenario) -> Result:
    scenario.app({"pyproject.toml": "[tool.ruff]\nline-length = 88\n"})
    return scenario.compile()


fixture_case("unknown_setting", "The name of a setting is misspelled.")


@case("A variable gives a setting a value that is not allowed.")
def setting_with_an_invalid_value(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": ""})
    return scenario.compile({"SLIPWAY_BUNDLE_PYTHON": "perhaps"})


@case("A setting in `pyproject.toml` is a number instead of a string.")
def setting_of_the_wrong_type(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", "pyproject.toml": "[tool.slipway]\nmanage_py = 3\n"})
    return scenario.compile()


@case("A setting names a requirements file that does not exist.")
def requirements_setting_names_no_file(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": ""})
    return scenario.compile({"SLIPWAY_REQUIREMENTS": "requirements/web.txt"})


fixture_case("pre_compile_fails", "A hook exits with an error.")


@case("A hook is killed by a signal.")
def post_compile_is_killed(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", "bin/post_compile": "kill -KILL $$\n"})
    return scenario.compile()


@case("The first line of a hook names a program that does not exist.")
def hook_without_its_program(scenario: Scenario) -> Result:
    build = scenario.app({"requirements.txt": "", "bin/pre_compile": "#!/usr/bin/raku\n"})
    (build / "bin" / "pre_compile").chmod(0o755)
    return scenario.compile()
