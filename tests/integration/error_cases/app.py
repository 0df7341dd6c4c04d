"""Errors in the app's folder, its files, its settings and its hooks."""

from __future__ import annotations

from dataclasses import replace

from integration.classic_platform import Ended
from integration.error_cases.table import case, fixture_case
from integration.isolation import as_nobody
from integration.scenario import Scenario


@case("No file shows that the app is a Python app (`bin/detect`).")
def no_python_here(scenario: Scenario) -> Ended:
    return scenario.platform.run_script("detect", scenario.fixture("no_python_here"))


@case("The name of a file is a misspelling of `requirements.txt` (`bin/detect`).")
def requirements_misspelled(scenario: Scenario) -> Ended:
    return scenario.platform.run_script("detect", scenario.fixture("requirements_misspelled"))


@case("The app's folder does not exist.")
def app_folder_missing(scenario: Scenario) -> Ended:
    return scenario.compile()


@case("`bin/release` is started before `bin/compile`.")
def not_compiled(scenario: Scenario) -> Ended:
    return scenario.platform.run_script("release", scenario.fixture("wsgi_app"))


fixture_case("no_dependency_file", "No file says what the app needs.")
fixture_case("virtualenv_checked_in", "A virtual environment is part of the app.")


@case("A folder has the name of a file that Slipway reads.")
def requirements_txt_is_a_folder(scenario: Scenario) -> Ended:
    scenario.app({"requirements.txt/base.txt": "six\n"})
    return scenario.compile()


def _compiled_by_nobody(scenario: Scenario) -> Ended:
    cache, temporary = scenario.folder / "cache", scenario.platform.temporary
    for folder in (cache, temporary):
        folder.mkdir()
        folder.chmod(0o777)
    nobody = replace(scenario.platform, within=as_nobody(), cache=cache)
    return replace(scenario, platform=nobody).compile()


@case("Another user owns a file, and nobody else may read it.")
def requirements_txt_is_not_readable(scenario: Scenario) -> Ended:
    build = scenario.app({"requirements.txt": "six\n"})
    (build / "requirements.txt").chmod(0)
    return _compiled_by_nobody(scenario)


@case("Another user owns the app's folder.")
def app_is_not_writable(scenario: Scenario) -> Ended:
    # Where tests do not run as root, nobody is the owner.
    scenario.app({"requirements.txt": ""}).chmod(0o555)
    return _compiled_by_nobody(scenario)


fixture_case("undecodable_pyproject", "A file is written in Latin-1.")
fixture_case("pyproject_not_toml", "`pyproject.toml` is not TOML.")


@case("`pyproject.toml` is the only file, and only configures tools.")
def pyproject_without_a_project(scenario: Scenario) -> Ended:
    scenario.app({"pyproject.toml": "[tool.ruff]\nline-length = 88\n"})
    return scenario.compile()


fixture_case("unknown_setting", "A setting of Slipway's is misspelled.")


@case("A setting has a value that means nothing.")
def setting_without_a_meaning(scenario: Scenario) -> Ended:
    scenario.app({"requirements.txt": ""})
    return scenario.compile({"SLIPWAY_BUNDLE_PYTHON": "perhaps"})


@case("A setting in `pyproject.toml` is not text.")
def setting_of_the_wrong_type(scenario: Scenario) -> Ended:
    scenario.app({"requirements.txt": "", "pyproject.toml": "[tool.slipway]\nmanage_py = 3\n"})
    return scenario.compile()


fixture_case("pre_compile_fails", "A hook ends with an error.")


@case("A hook is ended by a signal.")
def post_compile_is_killed(scenario: Scenario) -> Ended:
    scenario.app({"requirements.txt": "", "bin/post_compile": "kill -KILL $$\n"})
    return scenario.compile()


@case("A hook names a program that does not exist.")
def hook_without_its_program(scenario: Scenario) -> Ended:
    build = scenario.app({"requirements.txt": "", "bin/pre_compile": "#!/usr/bin/raku\n"})
    (build / "bin" / "pre_compile").chmod(0o755)
    return scenario.compile()
