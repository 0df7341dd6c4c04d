"""What is installed says which Pythons it is for; uv does not heed where that ends.

https://docs.astral.sh/uv/reference/internals/resolver/#requires-python
"""

from __future__ import annotations

from collections.abc import Collection

from packaging.metadata import parse_email
from packaging.specifiers import InvalidSpecifier, SpecifierSet

from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import NoWheelForPython


def hold_to_python(environment: Virtualenv, names: Collection[str]) -> None:
    """Raise NoWheelForPython for one of these packages that is for other Pythons."""
    for text in environment.metadata(names):
        said, _ = parse_email(text)
        wanted = said.get("requires_python", "")
        if wanted and not _holds(wanted, environment.version):
            raise NoWheelForPython(
                requirement=f"{said.get('name')}=={said.get('version')}",
                python=environment.version,
                needs=(f"{said.get('version')} needs Python {wanted}",),
            )


def _holds(wanted: str, python: str) -> bool:
    try:
        return SpecifierSet(wanted).contains(python, prereleases=True)
    except InvalidSpecifier:
        return True  # pip takes it for none
