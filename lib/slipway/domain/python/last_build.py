"""Which Pythons earlier builds with a cache have used, so that an app stays on its own.

Several apps may share a cache, and nothing but its requirements identifies an app.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

_MOST = 20
"""Builds that are remembered, of different apps."""
_MINOR = re.compile(r"3\.\d{1,3}", re.ASCII)
_RELEASE = re.compile(r"3\.\d{1,3}\.\d{1,3}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class LastBuild:
    """A build that succeeded."""

    minor: str
    """The minor version of the app's Python; empty if it has none of its own yet, because the
    first one that was chosen could not be downloaded."""
    requested: str
    """What requested it, such as `.python-version`; empty if nothing did."""
    names: frozenset[str]
    """The packages that the app required, normalized."""
    digest: str
    """Of all files that say what is installed: if it is the same, the Python still fits."""
    fitting: frozenset[str]
    """The pins that this Python fits, as `name==version`, apart from those of a lock."""
    excluded: tuple[str, ...] = ()
    """Releases of the minor version that do not fit."""
    stand_in: str = ""
    """The minor version that the build used instead of one that could not be downloaded; empty
    if it used the app's own."""

    @property
    def used(self) -> str:
        """The minor version that the build used."""
        return self.stand_in or self.minor

    def as_it_was(self) -> LastBuild:
        """Return the build as if the Python that it used were the app's own."""
        if not self.stand_in:
            return self
        return replace(self, minor=self.stand_in, stand_in="", excluded=())


def most_similar(builds: Iterable[LastBuild], names: frozenset[str]) -> LastBuild | None:
    """Return the build whose app has most of these names in common: at least half of them."""
    found, most = None, 0.0
    for build in builds:
        largest = max(len(build.names), len(names))
        same = len(build.names & names) / largest if largest else 1.0
        if same >= 0.5 and same > most:
            found, most = build, same
    return found


def remember(
    build: LastBuild, earlier: Iterable[LastBuild], last: LastBuild | None = None
) -> tuple[LastBuild, ...]:
    """Put a build before the earlier ones, without those of the same app.

    These are `last`, from which the build went on, and those of an app with the same packages.
    """
    others = [one for one in earlier if one != last and one.names != build.names]
    return (build, *others)[:_MOST]


def parse(text: str) -> tuple[LastBuild, ...]:
    """Read what `render` has written; whatever else is there does not count."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return ()
    builds = []
    for one in found if isinstance(found, list) else ():
        match one:
            case {
                "minor": str(minor),
                "requested": str(requested),
                "names": list(names),
                "digest": str(digest),
                "fitting": list(fitting),
                "excluded": list(excluded),
            } if _MINOR.fullmatch(minor or _stand_in(one)):
                build = LastBuild(
                    minor=minor,
                    requested=requested,
                    names=frozenset(map(str, names)),
                    digest=digest,
                    fitting=frozenset(map(str, fitting)),
                    excluded=tuple(filter(_RELEASE.fullmatch, map(str, excluded))),
                    stand_in=_stand_in(one),
                )
                builds.append(build)
            case _:
                pass
    return tuple(builds)


def _stand_in(build: Mapping[str, object]) -> str:
    """Return the Python that stood in for another; builds of older Slipways do not name one."""
    minor = str(build.get("stand_in", ""))
    return minor if _MINOR.fullmatch(minor) else ""


def render(builds: Sequence[LastBuild]) -> str:
    """Write builds as JSON."""
    content = [
        {
            "minor": build.minor,
            "requested": build.requested,
            "names": sorted(build.names),
            "digest": build.digest,
            "fitting": sorted(build.fitting),
            "excluded": [*build.excluded],
            "stand_in": build.stand_in,
        }
        for build in builds
    ]
    return json.dumps(content)
