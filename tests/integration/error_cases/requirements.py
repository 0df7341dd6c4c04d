"""Errors of requirements and locks."""

from __future__ import annotations

from integration.classic_platform import Result
from integration.error_cases.table import case, fixture_case
from integration.index import Index
from integration.packages import sdist, sha256, source, wheel
from integration.scenario import Scenario

fixture_case("invalid_requirement", "A line of a nested requirements file has a syntax error.")


@case("A requirement contains a variable that is not set.")
def variable_in_requirements(scenario: Scenario) -> Result:
    scenario.fixture("variable_in_requirements")
    return scenario.compile()


@case("A requirements file names another one that is not in the app.")
def nested_file_missing(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "six\n-r requirements/prod.txt\n"})
    return scenario.compile()


@case("A requirement of the app conflicts with one of another package.", pip_differs=True)
def conflict(scenario: Scenario) -> Result:
    index = Index()
    index.add(*(wheel(scenario.folder, "anchor", version) for version in ("1.0", "2.0")))
    index.add(wheel(scenario.folder, "boat", "5.1", metadata="Requires-Dist: anchor<2\n"))
    scenario.app(
        {"requirements.txt": "boat\n-r more.txt\n", "more.txt": "# new\nanchor==2.0\n"}
    )
    return scenario.compile_with(index)


@case("Two files of the app conflict.")
def conflict_of_the_app_itself(scenario: Scenario) -> Result:
    index = Index()
    index.add(*(wheel(scenario.folder, "anchor", version) for version in ("1.0", "2.0")))
    scenario.app({"requirements.txt": "anchor>=2\n-c held.txt\n", "held.txt": "anchor<2\n"})
    return scenario.compile_with(index)


@case("A requirement conflicts with every version of another package.")
def conflict_with_every_version(scenario: Scenario) -> Result:
    index = Index()
    index.add(*(wheel(scenario.folder, "anchor", version) for version in ("1.0", "2.0rc1")))
    for minor in range(6):
        conflicting = f"Requires-Dist: anchor>=2.0rc1,<{minor + 3}\n"
        index.add(wheel(scenario.folder, "boat", f"5.{minor}", metadata=conflicting))
    scenario.app({"requirements.txt": "boat>=5\nanchor<2.0b1\n"})
    return scenario.compile_with(index)


@case("The index does not know a package.")
def no_such_package(scenario: Scenario) -> Result:
    scenario.fixture("no_such_package")
    return scenario.compile_with(Index())


@case("The index has no version that satisfies a requirement.")
def no_such_version(scenario: Scenario) -> Result:
    index = Index()
    index.add(*(wheel(scenario.folder, "six", f"1.{minor}") for minor in range(4, 18)))
    scenario.fixture("no_such_version")
    return scenario.compile_with(index)


@case("A package only has wheels for other versions of Python, and no sdist.")
def wheels_for_other_pythons(scenario: Scenario) -> Result:
    index = Index()
    for python in ("cp36", "cp38"):
        tag = f"{python}-{python}m-manylinux2014_x86_64"
        index.add(wheel(scenario.folder, "tensors", "2.5.0", tag=tag))
    scenario.app({"requirements.txt": "tensors==2.5.0\n"})
    return scenario.compile_with(index)


@case("A package does not support this Python.")
def package_for_older_pythons(scenario: Scenario) -> Result:
    index = Index()
    old = wheel(scenario.folder, "tensors", "2.5.0", metadata="Requires-Python: <3.9\n")
    index.add(old)
    index.requires_python[old.name] = "<3.9"
    scenario.app({"requirements.txt": "tensors>=2\n"})
    return scenario.compile_with(index)


@case("A file on the index does not have the hash in the app's own lock.")
def locked_file_replaced(scenario: Scenario) -> Result:
    index = Index()
    index.add(wheel(scenario.folder, "anchor", "1.0"))
    scenario.app({"requirements.txt": f"anchor==1.0 --hash=sha256:{'0123456789abcdef' * 4}\n"})
    return scenario.compile_with(index)


@case("A file does not have the hash that the index itself gives for it.", pip_differs=True)
def index_with_wrong_hashes(scenario: Scenario) -> Result:
    index = Index(wrong_hashes=True)
    index.add(wheel(scenario.folder, "anchor", "1.0"))
    scenario.app({"requirements.txt": "anchor\n"})
    return scenario.compile_with(index)


@case("A requirement with a hash does not have an exact version.")
def hash_without_an_exact_version(scenario: Scenario) -> Result:
    index = Index()
    anchor = wheel(scenario.folder, "anchor", "1.0")
    index.add(anchor)
    scenario.app({"requirements.txt": f"anchor>=1.0 --hash=sha256:{sha256(anchor)}\n"})
    return scenario.compile_with(index)


@case("A requirements file contains an option that pip does not have.")
def option_unknown(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "--process-dependency-links\nanchor\n"})
    return scenario.compile()


@case("A requirements file contains invisible characters.")
def requirement_mistyped(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "anchor\u00a0==\u00a01.0\nboat\u200b==5.1\n"})
    return scenario.compile()


@case("conda wrote the requirements file.")
def requirements_of_conda(scenario: Scenario) -> Result:
    lines = "openssl=3.0.2=h166bdaf_1\nsix=1.16.0=pyhd3eb1b0_1\n"
    scenario.app({"requirements.txt": lines})
    return scenario.compile()


@case("`pip freeze` in a conda environment wrote the requirements file.")
def requirements_at_paths_elsewhere(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "six @ file:///croot/six_1644875935023/work\n"})
    return scenario.compile()


@case("A value of one of pip's options does not exist.")
def resolver_fails(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "--use-feature=no-such-feature\nanchor\n"})
    return scenario.compile_with(Index())


@case("The app's own lock names a wheel that pip cannot install.")
def installer_fails(scenario: Scenario) -> Result:
    index = Index()
    anchor = wheel(scenario.folder, "anchor", "1.0", format_version="9.0")
    index.add(anchor)
    scenario.app({"requirements.txt": f"anchor==1.0 --hash=sha256:{sha256(anchor)}\n"})
    return scenario.compile_with(index)


@case("The app's own lock lacks a package that another one requires.")
def own_lock_incomplete(scenario: Scenario) -> Result:
    index = Index()
    boat = wheel(scenario.folder, "boat", "5.1", metadata="Requires-Dist: anchor<2\n")
    index.add(boat)
    scenario.app({"requirements.txt": f"boat==5.1 --hash=sha256:{sha256(boat)}\n"})
    return scenario.compile_with(index)


@case("The `setup.py` of a package raises an exception.", pip_differs=True)
def setup_py_raises(scenario: Scenario) -> Result:
    index = Index()
    index.add_setuptools()
    files = source("anchor", "1.0") | {"setup.py": "raise RuntimeError('no chain')\n"}
    index.add(sdist(scenario.folder, "anchor", "1.0", files))
    scenario.app({"requirements.txt": "anchor\n"})
    return scenario.compile_with(index)


@case("The newest version of a package is for Python 2, and Python has what it does.")
def built_by_python_2(scenario: Scenario) -> Result:
    index = Index()
    index.add_setuptools()
    files = source("anyjson", "0.3") | {"setup.py": "print 'json'\n"}
    index.add(sdist(scenario.folder, "anyjson", "0.3", files))
    scenario.app({"requirements.txt": "anyjson\n", ".python-version": "3.11\n"})
    return scenario.compile_with(index)


@case("A package cannot be built, and only has a wheel for an older Python.", pip_differs=True)
def built_for_an_older_python(scenario: Scenario) -> Result:
    index = Index()
    index.add_setuptools()
    files = source("anchor", "1.0") | {"setup.py": "raise RuntimeError('no chain')\n"}
    index.add(sdist(scenario.folder, "anchor", "1.0", files))
    tag = "cp310-cp310-manylinux2014_x86_64"
    index.add(wheel(scenario.folder, "anchor", "1.0", tag=tag))
    scenario.app({"requirements.txt": "anchor\n", ".python-version": "3.11\n"})
    return scenario.compile_with(index)


_SHOP = '[project]\nname = "shop"\nversion = "1"\ndependencies = ["anchor"]\n'
_COMPANY = '[[tool.uv.index]]\nname = "company"\nurl = "https://packages.example/simple"\n'


@case("`[tool.uv.sources]` binds a package to one index.")
def source_is_one_index(scenario: Scenario) -> Result:
    sources = '[tool.uv.sources]\nanchor = { index = "company" }\n'
    scenario.app({"pyproject.toml": f"{_SHOP}{sources}{_COMPANY}explicit = true\n"})
    return scenario.compile()


@case("A path in `[tool.uv.sources]` is outside the app.")
def source_is_outside(scenario: Scenario) -> Result:
    sources = '[tool.uv.sources]\nanchor = { path = "../anchor" }\n'
    scenario.app({"pyproject.toml": f"{_SHOP}{sources}"})
    return scenario.compile()


@case("Poetry's table binds a package to one source.")
def source_of_poetry(scenario: Scenario) -> Result:
    table = '[tool.poetry.dependencies]\nanchor = { version = "*", source = "company" }\n'
    scenario.app({"pyproject.toml": f"{_SHOP}{table}"})
    return scenario.compile()


@case("A line of requirements.txt ignores the source that pyproject.toml declares.")
def source_is_ignored(scenario: Scenario) -> Result:
    sources = '[tool.uv.sources]\nanchor = { path = "libs/anchor" }\n'
    scenario.app({"requirements.txt": "anchor==1.0\n", "pyproject.toml": f"{_SHOP}{sources}"})
    return scenario.compile()


@case("uv's table adds an index.")
def several_indexes(scenario: Scenario) -> Result:
    scenario.app({"pyproject.toml": f"{_SHOP}{_COMPANY}"})
    return scenario.compile()


@case("uv's table overrides what packages require.")
def overrides(scenario: Scenario) -> Result:
    table = '[tool.uv]\noverride-dependencies = ["anchor<2"]\n'
    scenario.app({"pyproject.toml": f"{_SHOP}{table}"})
    return scenario.compile()


@case("uv's table has a date that pip reads only from a variable.")
def newest_date(scenario: Scenario) -> Result:
    table = '[tool.uv]\nexclude-newer = "2026-01-01"\n'
    scenario.app({"pyproject.toml": f"{_SHOP}{table}"})
    return scenario.compile()


@case("The metadata of a vendored package has the path of another one that is missing.")
def required_path_is_missing(scenario: Scenario) -> Result:
    setup = (
        "from pathlib import Path\n\nfrom setuptools import setup\n\n"
        'anchor = Path(__file__).resolve().parents[2] / "libs" / "anchor"\n'
        'setup(name="boat", version="1", packages=[], '
        'install_requires=[f"anchor @ {anchor.as_uri()}"])\n'
    )
    index = Index()
    index.add_setuptools()
    scenario.app({"requirements.txt": "", "vendor/boat/setup.py": setup})
    return scenario.compile_with(index)


@case("A password in an address has a character that is not percent-encoded.")
def address_unusable(scenario: Scenario) -> Result:
    scenario.app(
        {"requirements.txt": "--extra-index-url https://ci:a#b@h.example/simple\nsix\n"}
    )
    return scenario.compile()
