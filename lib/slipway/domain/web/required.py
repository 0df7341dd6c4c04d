"""What the requirements of an app tell about its web application."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from slipway.domain.locks.brought import FromPath
from slipway.domain.locks.fit import pins_before_selection
from slipway.domain.requirements.dependencies import Dependencies


@dataclass(frozen=True, kw_only=True)
class AppPackages:
    """The packages of an app, before its Python is selected."""

    versions: Mapping[str, str]
    """Name -> version; empty if no lock tells it."""
    specifiers: Mapping[str, str]
    """Name -> what the requirement says after it."""
    direct: frozenset[str]
    """The names that the app itself requires, if its files tell that: a lock has others too."""
    installs_app: bool
    """Whether the app itself is installed as a package, with its scripts."""

    def is_before(self, name: str, major: int) -> bool:
        """Return whether the app gets a version of a package before a major one."""
        version = self.versions.get(name, "").partition(".")[0]
        if version.isdecimal():
            return int(version) < major
        text = self.specifiers.get(name, "").replace(" ", "")
        found = re.search(r"(<=|<|==|~=|===)(\d{1,6})", text)
        if found is None:
            return False
        return int(found[2]) < major or (
            found[1] == "<" and int(found[2]) == major and _is_zero(text[found.end() :])
        )


def _is_zero(rest: str) -> bool:
    """Return whether a version ends here, or goes on with zeros only: `<3`, `<3.0`."""
    return re.match(r"(\.0)*(?![.\w])", rest) is not None


def required(dependencies: Dependencies) -> AppPackages:
    """Read the app's requirements and its lock."""
    lock = dependencies.lock
    pins = pins_before_selection(lock, dependencies.choice) if lock else ()
    versions = dict.fromkeys(dependencies.names, "")
    versions |= {pin.name: pin.version for pin in pins}
    lines = [line for line in dependencies.requirements if line.name]
    is_lock = dependencies.is_lock or bool(dependencies.lock_command)
    own = [line.local_path for line in dependencies.requirements]
    paths = [pin.source.path for pin in pins if isinstance(pin.source, FromPath)]
    return AppPackages(
        versions=versions,
        specifiers={line.name: line.requirement for line in lines if line.name},
        direct=frozenset() if is_lock else dependencies.names,
        installs_app=any(path in (".", "./", "") for path in (*own, *paths)),
    )
