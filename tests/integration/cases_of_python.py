"""Cases: a Python that cannot be had."""

from __future__ import annotations

from integration.cases import case, fixture_case
from integration.doors import Ended
from integration.ground import Ground
from integration.without_python import write_table

fixture_case("python_version_too_old", "The Python that is asked for is too old for Slipway.")
fixture_case("python_version_unparsable", "A version file does not hold a version.")


@case("The image has no such Python, and the app wants none but the image's.")
def python_version_not_there(ground: Ground) -> Ended:
    ground.fixture("python_version_not_there")
    return ground.compile({"SLIPWAY_PYTHON_SOURCE": "image"})


@case("The image has no such Python, and uv knows none.")
def python_version_nowhere(ground: Ground) -> Ended:
    ground.fixture("python_version_not_there")
    table = ground.folder / "pythons.json"
    write_table(table, "3.12.1", "https://mirror.example/python.tar.gz", "0" * 64)
    return ground.compile({"UV_PYTHON_DOWNLOADS_JSON_URL": f"file://{table}"})


@case("A version file is empty.")
def python_version_file_empty(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", ".python-version": "\n# none yet\n"})
    return ground.compile()


@case("A version file holds several versions, as pyenv allows.")
def python_versions_several(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", ".python-version": "3.12\n3.13\n"})
    return ground.compile()


@case("`requires-python` is no version specifier.")
def requires_python_unparsable(ground: Ground) -> Ended:
    project = '[project]\nname = "app"\nversion = "1"\nrequires-python = "newest"\n'
    ground.app({"pyproject.toml": project})
    return ground.compile()
