"""Cases: what is wrong with the app's folder, its files, its settings and its hooks."""

from __future__ import annotations

from dataclasses import replace

from integration.cases import case, fixture_case
from integration.doors import Ended
from integration.ground import Ground
from integration.isolation import as_nobody


@case("The app has no file that tells a Python app (`bin/detect`).")
def no_python_here(ground: Ground) -> Ended:
    return ground.platform.door("detect", ground.fixture("no_python_here"))


@case("A file's name is nearly the one of a file that tells a Python app (`bin/detect`).")
def requirements_misspelled(ground: Ground) -> Ended:
    return ground.platform.door("detect", ground.fixture("requirements_misspelled"))


@case("The folder that a door is given does not exist.")
def app_folder_missing(ground: Ground) -> Ended:
    return ground.compile()


@case("`bin/release` is started before `bin/compile`.")
def not_compiled(ground: Ground) -> Ended:
    return ground.platform.door("release", ground.fixture("wsgi_app"))


fixture_case("no_dependency_file", "No file says what the app needs.")
fixture_case("virtualenv_checked_in", "A virtual environment is part of the app.")


@case("A folder stands where a file is expected.")
def requirements_txt_is_a_folder(ground: Ground) -> Ended:
    ground.app({"requirements.txt/base.txt": "six\n"})
    return ground.compile()


def _compiled_by_nobody(ground: Ground) -> Ended:
    cache, temporary = ground.folder / "cache", ground.platform.temporary
    for folder in (cache, temporary):
        folder.mkdir()
        folder.chmod(0o777)
    nobody = replace(ground.platform, within=as_nobody(), cache=cache)
    return replace(ground, platform=nobody).compile()


@case("A file belongs to somebody else, who lets nobody read it.")
def requirements_txt_is_not_readable(ground: Ground) -> Ended:
    build = ground.app({"requirements.txt": "six\n"})
    (build / "requirements.txt").chmod(0)
    return _compiled_by_nobody(ground)


@case("The app's folder belongs to somebody else.")
def app_is_not_writable(ground: Ground) -> Ended:
    # Where tests do not run as root, nobody is the owner.
    ground.app({"requirements.txt": ""}).chmod(0o555)
    return _compiled_by_nobody(ground)


fixture_case("undecodable_pyproject", "A file is written in Latin-1.")
fixture_case("pyproject_not_toml", "`pyproject.toml` is not TOML.")


@case("`pyproject.toml` is the only file there is, and configures tools alone.")
def pyproject_without_a_project(ground: Ground) -> Ended:
    ground.app({"pyproject.toml": "[tool.ruff]\nline-length = 88\n"})
    return ground.compile()


fixture_case("unknown_setting", "A setting of Slipway's is misspelled.")


@case("A setting has a value that means nothing.")
def setting_without_a_meaning(ground: Ground) -> Ended:
    ground.app({"requirements.txt": ""})
    return ground.compile({"SLIPWAY_BUNDLE_PYTHON": "perhaps"})


@case("A setting in `pyproject.toml` is not text.")
def setting_of_the_wrong_type(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", "pyproject.toml": "[tool.slipway]\nmanage_py = 3\n"})
    return ground.compile()


fixture_case("pre_compile_fails", "A hook ends with an error.")


@case("A hook is ended by a signal.")
def post_compile_is_killed(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", "bin/post_compile": "kill -KILL $$\n"})
    return ground.compile()


@case("A hook names a program that is not there.")
def hook_without_its_program(ground: Ground) -> Ended:
    build = ground.app({"requirements.txt": "", "bin/pre_compile": "#!/usr/bin/raku\n"})
    (build / "bin" / "pre_compile").chmod(0o755)
    return ground.compile()
