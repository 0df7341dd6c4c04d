"""Apps that Poetry could not package, because they lack the module."""

from __future__ import annotations

from collections.abc import Callable, Collection

import pytest

from slipway.domain.requirements.dependencies import from_pyproject, is_package
from slipway.domain.requirements.poetry_package import missing_module, without_package
from slipway.domain.toml_text import parse_toml
from slipway.errors.app import FileUnreadable

BUILD = (
    '[build-system]\nrequires = ["poetry-core"]\nbuild-backend = "poetry.core.masonry.api"\n'
)
TABLE = '[tool.poetry]\nname = "My-Shop"\n'
DEPENDENCIES = '[tool.poetry.dependencies]\npython = "^3.12"\nsix = "^1.16"\n'


def files(*names: str, folders: Collection[str] = ()) -> Callable[[str], str | None]:
    def read(path: str) -> str | None:
        if path in folders:
            raise FileUnreadable(file=path, reason="it is a folder", code=21)
        return "" if path in names else None

    return read


def missing(text: str, *names: str, folders: Collection[str] = ()) -> str:
    return missing_module(parse_toml(text, "pyproject.toml"), files(*names, folders=folders))


@pytest.mark.parametrize(
    ("text", "names", "folders"),
    [
        (TABLE + BUILD, ("my_shop.py",), ()),
        (TABLE + BUILD, ("src/my_shop.py",), ()),
        (TABLE + BUILD, (), ("my_shop",)),
        (TABLE + BUILD, (), ("src/my_shop",)),
        (TABLE, (), ()),
        (f"{TABLE}package-mode = false\n{BUILD}", (), ()),
        (f'{TABLE}packages = [{{ include = "x" }}]\n{BUILD}', (), ()),
        (f'{TABLE}build = "build.py"\n{BUILD}', (), ()),
        (TABLE + BUILD.replace("poetry.core.masonry.api", "hatchling.build"), (), ()),
        (BUILD, (), ()),
        (f"{BUILD}[project]\nname = 1\n", (), ()),
    ],
)
def test_what_poetry_can_package_is_a_package(
    text: str, names: tuple[str, ...], folders: tuple[str, ...]
) -> None:
    assert missing(text, *names, folders=folders) == ""


def test_a_missing_module_is_named() -> None:
    assert missing(TABLE + BUILD, "shop.py") == "my_shop"
    assert missing(f'{TABLE}[project]\nname = "The.App"\n{BUILD}', "my_shop.py") == "the_app"


@pytest.mark.parametrize("project", ["", '[project]\nname = "x"\ndynamic = ["dependencies"]\n'])
def test_only_the_dependencies_are_installed_then(project: str) -> None:
    document = parse_toml(TABLE + DEPENDENCIES + project + BUILD, "pyproject.toml")
    assert is_package(document)
    alone = without_package(document)
    assert not is_package(alone)
    [line] = from_pyproject(alone, "pyproject.toml").requirements
    assert line.text == "six>=1.16,<2.0"
