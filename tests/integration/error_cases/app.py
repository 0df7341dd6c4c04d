"""Errors of the app's folder, its files, settings and hooks."""

from __future__ import annotations

from dataclasses import replace

from integration.classic_platform import Result
from integration.error_cases.table import case, fixture_case
from integration.isolation import as_nobody
from integration.packages import write_tree
from integration.scenario import Scenario


@case("No file shows that the app is a Python app (`bin/detect`).")
def not_a_python_app(scenario: Scenario) -> Result:
    return scenario.platform.run_script("detect", scenario.fixture("not_a_python_app"))


@case("The app is in a subfolder, and no setting names that.")
def app_in_a_subfolder(scenario: Scenario) -> Result:
    files = {"backend/manage.py": "", "backend/requirements.txt": "", "frontend/a.js": ""}
    scenario.app(files)
    return scenario.compile()


@case("The name `requirements.txt` is misspelled (`bin/detect`).")
def requirements_misspelled(scenario: Scenario) -> Result:
    return scenario.platform.run_script("detect", scenario.fixture("requirements_misspelled"))


@case("The app lists its dependencies only for conda (`bin/detect`).")
def conda_environment_alone(scenario: Scenario) -> Result:
    build = scenario.app({"environment.yml": "dependencies:\n  - python=3.12\n"})
    return scenario.platform.run_script("detect", build)


@case("The app's folder does not exist.")
def app_folder_missing(scenario: Scenario) -> Result:
    return scenario.compile()


@case("`bin/release` is called before `bin/compile`.")
def not_compiled(scenario: Scenario) -> Result:
    return scenario.platform.run_script("release", scenario.fixture("wsgi_app"))


fixture_case(
    "no_dependency_file", "The app has none of the files that can list its dependencies."
)


@case("The app's dependencies are only in files that Slipway does not read.")
def environment_of_conda_alone(scenario: Scenario) -> Result:
    scenario.app({"environment.yml": "dependencies: [six]\n", "manage.py": ""})
    return scenario.compile()


@case("The app has several requirements files, but none with the usual name.")
def requirements_in_a_folder(scenario: Scenario) -> Result:
    files = {"requirements/base.txt": "six\n", "requirements/production.txt": "-r base.txt\n"}
    scenario.app({"wsgi.py": "", **files})
    return scenario.compile()


fixture_case("virtualenv_checked_in", "A virtual environment is part of the app.")


@case("A folder has the name of a file that Slipway reads.")
def requirements_txt_is_a_folder(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt/base.txt": "six\n"})
    return scenario.compile()


@case("A file that a build reads is a symbolic link to a file outside the app.")
def requirements_txt_is_a_dead_link(scenario: Scenario) -> Result:
    build = scenario.app({"wsgi.py": ""})
    (build / "requirements.txt").symlink_to("../shared/requirements.txt")
    return scenario.compile()


@case("A file that a build reads is a symbolic link to a file that git does not track.")
def requirements_txt_is_a_link_to_an_untracked_file(scenario: Scenario) -> Result:
    build = scenario.app({"wsgi.py": ""})
    (build / "requirements.txt").symlink_to("requirements/production.txt")
    return scenario.compile()


@case("Windows has written a symbolic link as a text file.")
def requirements_txt_holds_a_path(scenario: Scenario) -> Result:
    requirements = {"requirements.txt": "backend/requirements.txt"}
    scenario.app({**requirements, "backend/requirements.txt": "six\n"})
    return scenario.compile()


@case("A file that a build reads is in Git LFS.")
def requirements_txt_is_an_lfs_pointer(scenario: Scenario) -> Result:
    pointer = f"version https://git-lfs.github.com/spec/v1\noid sha256:{'4d' * 32}\nsize 120\n"
    scenario.app({"requirements.txt": pointer})
    return scenario.compile()


@case("A `Procfile` is encoded in UTF-16, as Windows PowerShell writes files.")
def procfile_in_utf16(scenario: Scenario) -> Result:
    build = scenario.app({"requirements.txt": "six\n"})
    (build / "Procfile").write_text("web: gunicorn wsgi\n", "utf-16")
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


@case("Git has left a merge conflict in `requirements.txt`.")
def requirements_in_conflict(scenario: Scenario) -> Result:
    text = "<<<<<<< HEAD\nanchor==1\n=======\nanchor==2\n>>>>>>> harbour-lights\n"
    scenario.app({"requirements.txt": f"boat\n{text}"})
    return scenario.compile()


@case("`pyproject.toml` is the only file with metadata, and only configures tools.")
def pyproject_without_a_project(scenario: Scenario) -> Result:
    scenario.app({"pyproject.toml": "[tool.ruff]\nline-length = 88\n"})
    return scenario.compile()


@case("`pyproject.toml` lists dependencies only in groups.")
def groups_alone(scenario: Scenario) -> Result:
    groups = '[dependency-groups]\ndev = ["pytest"]\nweb = ["anchor"]\n'
    scenario.app({"pyproject.toml": groups})
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


@case("In a hook, the settings of Django read a variable that is not set.")
def django_without_variable_in_post_compile(scenario: Scenario) -> Result:
    settings = scenario.fixture("django_without_static_root") / "harbour" / "settings.py"
    with settings.open("a") as stream:
        stream.write("import os\nDATABASE_URL = os.environ['DATABASE_URL']\n")
    hook = "set -e\npython manage.py migrate --noinput\n"
    write_tree(scenario.build, {"bin/post_compile": hook})
    return scenario.compile()


@case("In a hook, Django cannot connect to the database.")
def django_without_database_in_post_compile(scenario: Scenario) -> Result:
    settings = scenario.fixture("django_without_static_root") / "harbour" / "settings.py"
    engine = '"ENGINE": "django.db.backends.postgresql", "HOST": "127.0.0.1", "PORT": 1'
    with settings.open("a") as stream:
        stream.write(f'DATABASES = {{"default": {{{engine}, "NAME": "harbour"}}}}\n')
    requirements = "Django>=5.2,<5.3\npsycopg[binary]==3.2.*\n"
    write_tree(scenario.build, {"requirements.txt": requirements})
    write_tree(scenario.build, {"bin/post_compile": "python manage.py migrate --noinput\n"})
    return scenario.compile()


@case("A hook calls pip before the app's Python is selected.")
def pip_in_pre_compile(scenario: Scenario) -> Result:
    # What the pip of an image prints.
    hook = "echo 'ERROR: Could not find an activated virtualenv (required).'; exit 3\n"
    scenario.app({"requirements.txt": "", "bin/pre_compile": hook})
    return scenario.compile()


@case("The first line of a hook names a program that does not exist.")
def hook_without_its_program(scenario: Scenario) -> Result:
    build = scenario.app({"requirements.txt": "", "bin/pre_compile": "#!/usr/bin/raku\n"})
    (build / "bin" / "pre_compile").chmod(0o755)
    return scenario.compile()
