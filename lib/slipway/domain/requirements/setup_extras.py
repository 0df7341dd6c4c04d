"""The names of the extras in setup.py and setup.cfg, as far as their text tells them.

https://setuptools.pypa.io/en/latest/userguide/dependency_management.html#optional-dependencies
"""

from __future__ import annotations

import ast
import configparser
from collections.abc import Iterator
from contextlib import suppress

from packaging.utils import canonicalize_name

from slipway.domain.ini_text import read_ini
from slipway.domain.python.syntax import parse_module

_SECTION = "options.extras_require"


def extras_in_setup(setup_py: str, setup_cfg: str) -> tuple[str, ...]:
    """Return the names of the extras, normalized, without those that are computed."""
    names = (*_in_script(setup_py), *_in_configuration(setup_cfg))
    return tuple(dict.fromkeys(map(canonicalize_name, names)))


def _in_configuration(text: str) -> tuple[str, ...]:
    parser = configparser.RawConfigParser(strict=False)
    with suppress(configparser.Error):
        read_ini(parser, text)
        if parser.has_section(_SECTION):
            return tuple(parser.options(_SECTION))
    return ()


def _in_script(text: str) -> Iterator[str]:
    """Yield the keys of `extras_require={"test": [...]}`, or of a variable of that name."""
    if "extras_require" not in text:
        return
    tree = parse_module(text)
    for node in ast.walk(tree) if tree else ():
        match node:
            case ast.keyword(arg="extras_require", value=ast.Dict(keys=keys)):
                found = keys
            case ast.Assign(targets=[ast.Name(id="extras_require")], value=ast.Dict(keys=keys)):
                found = keys
            case _:
                continue
        for key in found:
            if isinstance(key, ast.Constant) and isinstance(key.value, str):
                yield key.value
