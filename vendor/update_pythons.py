#!/usr/bin/env python3
"""Update what Slipway knows about the releases of Python and Django, in tables of lib/slipway.

The series of Python and how long each is supported come from the release cycle that
https://devguide.python.org/versions/ shows, their newest releases from uv, and the Pythons that
a release of Django names from its wheel, through the package index that pip is configured with.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from email.message import Message
from email.parser import BytesParser
from io import BytesIO
from pathlib import Path
from typing import TypeVar
from zipfile import ZipFile

ROOT = Path(__file__).resolve().parent.parent
WHEELS = ROOT.glob("vendor/*.whl")
sys.path[:0] = [str(ROOT / "lib"), *map(str, WHEELS)]

from pip._internal.commands.download import DownloadCommand
from pip._internal.models.candidate import InstallationCandidate
from pip._internal.models.link import Link
from pip._internal.network.lazy_wheel import HTTPRangeRequestUnsupported, dist_from_wheel_url
from pip._internal.network.session import PipSession

from slipway.domain.python import django_pythons
from slipway.errors.python import OLDEST

RELEASE_CYCLE = "https://peps.python.org/api/release-cycle.json"
SERIES = ROOT / "lib/slipway/domain/python/series.py"
DJANGO = ROOT / "lib/slipway/domain/python/django_pythons.py"
ERRORS = ROOT / "lib/slipway/errors/python.py"

Value = TypeVar("Value")
_RELEASE = re.compile(r"\d+(\.\d+)+")
_NAMED = re.compile(r"Programming Language :: Python :: (3\.\d+)")


def main() -> None:
    """Read everything before the first change, so that a failure changes nothing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--release-cycle", metavar="URL", default=RELEASE_CYCLE)
    parser.add_argument("--uv", metavar="PROGRAM", default="uv", help="the uv to ask")
    parser.add_argument("--only", choices=("python", "django"), help="update one of them only")
    arguments = parser.parse_args()
    command = DownloadCommand("download", "")
    options, _ = command.parse_args([])
    changed: dict[Path, str] = {}
    with command.main_context():
        session = command.get_default_session(options)
        if arguments.only != "django":
            response = session.get(arguments.release_cycle)
            response.raise_for_status()
            series = series_of(response.json(), newest_in_uv(arguments.uv))
            changed[SERIES] = replaced(read(SERIES), "SERIES", series_text(series))
            changed[ERRORS] = replaced(read(ERRORS), "ADVISED", f'"{[*series][1]}"\n')
        if arguments.only != "python":
            finder = command._build_package_finder(
                options=options, session=session, ignore_requires_python=True
            )
            newest = django_pythons.NEWEST_RELEASES
            wheels = new_wheels(finder.find_all_candidates("django"), newest)
            named = {version: named_pythons(link, session) for version, link in wheels}
            tables = with_releases(django_pythons.PYTHONS, newest, named)
            text = replaced(read(DJANGO), "PYTHONS", mapping_text(tables[0]))
            changed[DJANGO] = replaced(text, "NEWEST_RELEASES", mapping_text(tables[1]))
    for path, text in changed.items():
        if text != read(path):
            print(f"+ {path.relative_to(ROOT)}")
            path.write_text(text, "utf-8")


def read(path: Path) -> str:
    """Return the text of a module."""
    return path.read_text("utf-8")


def newest_in_uv(program: str) -> dict[str, str]:
    """Map each minor version to the newest release of CPython that uv can download."""
    command = [program, "python", "list", "--only-downloads", "--all-versions"]
    command += ["--no-config", "--output-format", "json"]
    listed = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    newest: dict[str, str] = {}
    for one in listed:
        is_usual = (one["implementation"], one["variant"]) == ("cpython", "default")
        if is_usual and re.fullmatch(r"\d+\.\d+\.\d+", one["version"]):
            minor = one["version"].rpartition(".")[0]
            newest[minor] = max(newest.get(minor, "0"), one["version"], key=release)
    return newest


def series_of(
    cycle: Mapping[str, Mapping[str, str]], newest: Mapping[str, str]
) -> dict[str, tuple[date, date, str]]:
    """Map each series that apps can have to its first and last day and its newest release.

    Those without a final release are left out. The newest series is first.
    """
    minors = (minor for minor in newest if minor in cycle and release(minor) >= OLDEST)
    return {
        minor: (
            date.fromisoformat(cycle[minor]["first_release"]),
            last_day(cycle[minor]["end_of_life"]),
            newest[minor],
        )
        for minor in sorted(minors, key=release, reverse=True)
    }


def last_day(text: str) -> date:
    """Return the date in a text such as `2026-10-31`, or the last day of `2026-10`."""
    year, month, *days = map(int, text.split("-"))
    return date(year, month, days[0] if days else monthrange(year, month)[1])


def series_text(series: Mapping[str, tuple[date, date, str]]) -> str:
    """Write the value of a table of series, as ruff formats it."""
    entries = (
        f'    Series(\n        minor="{minor}",\n'
        f"        released=date({first.year}, {first.month}, {first.day}),\n"
        f"        support_ends=date({last.year}, {last.month}, {last.day}),\n"
        f'        newest="{newest}",\n    ),\n'
        for minor, (first, last, newest) in series.items()
    )
    return "(\n" + "".join(entries) + ")\n"


def new_wheels(
    candidates: Iterable[InstallationCandidate], known: Mapping[str, str]
) -> Iterator[tuple[str, Link]]:
    """Yield the wheels of releases that are newer than the known ones of their series."""
    for candidate in candidates:
        version = str(candidate.version)
        newest = known.get(".".join(version.split(".")[:2]), "0")
        is_release = candidate.link.is_wheel and _RELEASE.fullmatch(version)
        if is_release and release(version) > release(newest):
            yield version, candidate.link


def named_pythons(link: Link, session: PipSession) -> tuple[str, str]:
    """Return the oldest and the newest Python 3 in the metadata of a wheel; empty for none."""
    classifiers = "\n".join(metadata_of(link, session).get_all("Classifier", []))
    named = sorted(_NAMED.findall(classifiers), key=release)
    print(f"  {link.filename}: {', '.join(named) or 'no Python 3'}")
    return (named[0], named[-1]) if named else ("", "")


def metadata_of(link: Link, session: PipSession) -> Message:
    """Return the metadata of a wheel, if possible without downloading all of it."""
    described = link.metadata_link()
    url = link.url_without_fragment
    if described is None and not link.is_file:
        with suppress(HTTPRangeRequestUnsupported):
            metadata: Message = dist_from_wheel_url("django", url, session).metadata
            return metadata
    response = session.get(described.url_without_fragment if described else url)
    response.raise_for_status()
    content: bytes = response.content
    if described is None:
        with ZipFile(BytesIO(content)) as wheel:
            (name,) = (one for one in wheel.namelist() if one.endswith(".dist-info/METADATA"))
            content = wheel.read(name)
    return BytesParser().parsebytes(content)


def with_releases(
    pythons: Mapping[str, tuple[str, str]],
    newest: Mapping[str, str],
    found: Mapping[str, tuple[str, str]],
) -> tuple[dict[str, tuple[str, str]], dict[str, str]]:
    """Return the two tables with more releases: only those that differ from the one before."""
    rows, last = dict(pythons), dict(newest)
    for version in sorted((one for one in found if any(found[one])), key=release):
        series = ".".join(version.split(".")[:2])
        of_series = [one for one in rows if f"{one}.".startswith(f"{series}.")]
        if not of_series or rows[max(of_series, key=release)] != found[version]:
            rows[version] = found[version]
        last[series] = version
    return in_order(rows), in_order(last)


def in_order(table: Mapping[str, Value]) -> dict[str, Value]:
    """Return a table of versions with the oldest first."""
    return {version: table[version] for version in sorted(table, key=release)}


def mapping_text(table: Mapping[str, str | tuple[str, str]]) -> str:
    """Write the value of a table of versions, as ruff formats it."""
    rows = (f"    {json.dumps(version)}: {_written(row)},\n" for version, row in table.items())
    return f"{{\n{''.join(rows)}}}\n"


def _written(row: str | tuple[str, str]) -> str:
    return json.dumps(row) if isinstance(row, str) else f"({', '.join(map(json.dumps, row))})"


def replaced(text: str, name: str, value: str) -> str:
    """Replace what is assigned to a name: one line, or lines up to a closing bracket."""
    pattern = rf"(?ms)^({name}\b[^=\n]*= )(?:[({{]\n.*?^[)}}]\n|[^\n]*\n)"
    changed, count = re.subn(pattern, lambda found: f"{found[1]}{value}", text)
    if count != 1:
        sys.exit(f"{name} is not one table; nothing was changed")
    return changed


def release(version: str) -> tuple[int, ...]:
    """Return a version such as `3.13.1` as numbers."""
    return tuple(map(int, version.split(".")))


if __name__ == "__main__":
    main()
