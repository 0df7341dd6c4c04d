"""What is installed says which Pythons it is for; uv does not heed where that ends.

https://docs.astral.sh/uv/reference/internals/resolver/#requires-python
"""

from __future__ import annotations

import re
from pathlib import Path

from packaging.specifiers import InvalidSpecifier, SpecifierSet

from slipway.effects.environments import Environment
from slipway.errors.dependencies import NoWheelForPython

_SAID = re.compile(r"^(?P<name>Name|Version|Requires-Python):[ \t]*(?P<value>.*?)\s*$", re.M)


def hold_to_python(environment: Environment) -> None:
    """Raise NoWheelForPython for a package that is not for the environment's Python."""
    for path in sorted(environment.site_packages.glob("*.dist-info/METADATA")):
        said = _headers(path)
        wanted = said.get("Requires-Python", "")
        if wanted and not _holds(wanted, environment.version):
            raise NoWheelForPython(
                requirement=f"{said['Name']}=={said['Version']}",
                python=environment.version,
                needs=(f"{said['Version']} needs Python {wanted}",),
            )


def _headers(path: Path) -> dict[str, str]:
    headers = path.read_text(encoding="utf-8", errors="replace").partition("\n\n")[0]
    return {found["name"]: found["value"] for found in _SAID.finditer(headers)}


def _holds(wanted: str, python: str) -> bool:
    try:
        return SpecifierSet(wanted).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True  # pip takes it for none
