"""Errors of the package index, the image and the disk."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from integration.classic_platform import PATH, UV, Result
from integration.error_cases.table import case
from integration.index import Index, served
from integration.isolation import small_disk, with_mounts
from integration.packages import extension, sdist, wheel
from integration.scenario import Scenario
from integration.serving import free_port

_LINKED = "bash cat chmod cp dirname env ls mkdir python3 readlink realpath rm sh uname"


def _requiring_anchor(scenario: Scenario) -> None:
    scenario.app({"requirements.txt": "anchor\n"})


@case("No server answers at the address of the index.", pip_differs=True)
def index_unreachable(scenario: Scenario) -> Result:
    _requiring_anchor(scenario)
    return scenario.with_index(f"http://127.0.0.1:{free_port()}/simple/").compile()


@case("The host name of the index does not exist.", pip_differs=True)
def index_name_unknown(scenario: Scenario) -> Result:
    _requiring_anchor(scenario)
    return scenario.with_index("https://index.invalid/simple/").compile()


@case("The address of the index is http, not https.")
def index_without_tls(scenario: Scenario) -> Result:
    _requiring_anchor(scenario)
    return scenario.with_index("http://index.invalid/simple/").compile()


@case("The index requires a password.")
def index_refuses_401(scenario: Scenario) -> Result:
    _requiring_anchor(scenario)
    return scenario.compile_with(Index(user="ci:token"))


def _private_index(scenario: Scenario, lines: str, config_vars: Mapping[str, str]) -> Result:
    """Build with an index that requires a password; `{index}` is its URL after the @."""
    private = Index(user="ci:token")
    private.add(wheel(scenario.folder, "anchor", "1.0"))
    with served(private):
        after_user = private.url.removeprefix("http://")
        scenario.app({"requirements.txt": lines.replace("{index}", after_user)})
        given = {
            name: value.replace("{index}", after_user) for name, value in config_vars.items()
        }
        return scenario.compile_with(Index(), given)


@case("The index in a config variable does not accept its password.")
def index_of_variable_refuses(scenario: Scenario) -> Result:
    return _private_index(
        scenario, "anchor\n", {"PIP_EXTRA_INDEX_URL": "http://ci:old@{index}"}
    )


@case("The index in a requirements file does not accept the password in a variable.")
def index_of_line_refuses(scenario: Scenario) -> Result:
    lines = "# ours\n--extra-index-url http://ci:${INDEX_PASSWORD}@{index}\nanchor\n"
    return _private_index(scenario, lines, {"INDEX_PASSWORD": "old"})


@case("The URL of an index in a requirements file has a variable that is not set.")
def index_of_line_without_variable(scenario: Scenario) -> Result:
    lines = "# ours\n--extra-index-url http://ci:${INDEX_PASSWORD}@{index}\nanchor\n"
    return _private_index(scenario, lines, {})


@case("The index denies access.")
def index_refuses_403(scenario: Scenario) -> Result:
    _requiring_anchor(scenario)
    return scenario.compile_with(Index(status=403))


@case("The index responds with an internal error.", pip_differs=True)
def index_broken(scenario: Scenario) -> Result:
    _requiring_anchor(scenario)
    return scenario.compile_with(Index(status=500))


def _building(scenario: Scenario, code: str, path: str = f"{UV}:{PATH}") -> Result:
    index = Index()
    index.add_setuptools()
    index.add(sdist(scenario.folder, "anchor", "1.0", extension("anchor", "1.0", code)))
    _requiring_anchor(scenario)
    return scenario.compile_with(index, PATH=path)


@case("A package must be compiled, and the image has no compiler.")
def compiler_missing(scenario: Scenario) -> Result:
    folder = scenario.folder / "programs"
    folder.mkdir()
    for name in _LINKED.split():
        program = shutil.which(name, path="/usr/bin:/bin")
        assert program, name
        (folder / name).symlink_to(program)
    return _building(scenario, "int anchor;\n", str(folder))


@case("A package must be compiled, and a header is missing whose Debian package is known.")
def header_missing(scenario: Scenario) -> Result:
    # No machine has this path, but its name is a known one.
    return _building(scenario, "#define HEADER <re2/re2.h>\n#include HEADER\n")


@case("A package must be compiled, and an unknown header is missing.")
def header_unknown(scenario: Scenario) -> Result:
    return _building(scenario, "#include <harbour/master.h>\n")


@case("A package must be compiled, and the image has Python without its C headers.")
def python_headers_missing(scenario: Scenario) -> Result:
    places = [Path("/usr/include"), Path("/usr/local/include")]
    places += Path.home().glob(".pyenv/versions/*/include")
    headers = [path for place in places for path in place.glob("python3*") if path.is_dir()]
    within = with_mounts(*(small_disk(path, 1) for path in headers))
    without_headers = replace(scenario, platform=replace(scenario.platform, within=within))
    return _building(without_headers, "#include <Python.h>\n")


def _on_a_small_disk(
    scenario: Scenario, place: Path, config_vars: Mapping[str, str], megabytes: int = 4
) -> Result:
    """Build with a few megabytes for all that is below `place`."""
    kept = scenario.folder / "kept"
    scenario.build.rename(kept)
    scenario.build.mkdir()
    place.mkdir(exist_ok=True)
    within = with_mounts(small_disk(place, megabytes), f"cp -R {kept}/. {scenario.build}")
    on_small_disk = replace(scenario, platform=replace(scenario.platform, within=within))
    return on_small_disk.compile(config_vars)


@case("The disk that the app is built on is full.")
def disk_full_in_the_app(scenario: Scenario) -> Result:
    scenario.fixture("wsgi_app")
    bundling = {"SLIPWAY_BUNDLE_PYTHON": "true"}
    return _on_a_small_disk(scenario.with_own_cache, scenario.build, bundling)


@case("The disk that the app is built on is full, and the build restores from the cache.")
def disk_full_in_the_app_with_a_cache(scenario: Scenario) -> Result:
    build = scenario.fixture("wsgi_app")
    scenario.platform.build(build)
    shutil.rmtree(build / ".slipway")
    return _on_a_small_disk(scenario, build, {"SLIPWAY_BUNDLE_PYTHON": "true"})


@case("The disk for temporary files is full.")
def disk_full_for_temporary_files(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "Django>=5.2,<5.3\n"})
    pip_tools = {"SLIPWAY_TOOLCHAIN": "pip-tools"}
    return _on_a_small_disk(scenario.with_own_cache, scenario.platform.temporary, pip_tools)
