"""The Pythons on an image: where they are, and what each one reports about itself."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from packaging import tags

from slipway.effects.files import read_if_there, sha256_of, write
from slipway.effects.processes import Command, Processes
from slipway.effects.python_trees import SITE_FOLDER
from slipway.effects.reading import start_of
from slipway.errors.stopped import CommandFailed

_NAME = re.compile(
    r"(?P<usual>python3(\.\d+)?)|python3\.\d+t|pypy3(\.\d+)?|graalpy(3(\.\d+)?)?"
)
"""The names of interpreters. The unusual ones are never selected; errors name them."""
_OTHERS_OF_PYENV = ("pypy3", "graalpy")
"""Folders in pyenv's, in which such an interpreter also has the usual names."""
_RELEASE = re.compile(r"(\d+)\.(\d+)(?:\.\d+)?$")
_MANAGED = re.compile(r"cpython-[^+]+\+[^+]+")
"""The folder of a managed Python in a cache; uv's own folders have no `+`."""
_USUAL_FOLDERS = ("/usr/bin", "/usr/local/bin", "/opt/python/bin")

# Runs without site-packages, so only the interpreter itself decides the result. `files` are
# the files that it depends on: everything loaded, libpython and the C library included.
PROBE = """
import json, os, platform, sys, sysconfig
stdlib = os.path.realpath(sysconfig.get_path("stdlib"))
try:
    with open("/proc/self/maps", encoding="utf-8", errors="surrogateescape") as maps:
        loaded = {line.split(None, 5)[-1].strip() for line in maps if "/" in line}
except OSError:
    loaded = set()
has_musl = any("/ld-musl-" in file for file in loaded)
libc = ["musl"] if has_musl else platform.libc_ver()
print(json.dumps({
    "implementation": sys.implementation.name,
    "variant": "free-threaded" if sysconfig.get_config_var("Py_GIL_DISABLED") else "",
    "path": os.path.realpath(sys.executable),
    "version": platform.python_version(),
    "prefix": os.path.realpath(sys.base_prefix),
    "stdlib": stdlib,
    "platform": " ".join([sysconfig.get_platform(), *libc]).strip(),
    "files": [*sorted(loaded), os.path.join(stdlib, "os.py")] if loaded else [],
}))
"""
_REPORTED = ("implementation", "variant", "path", "version", "prefix", "stdlib", "platform")
_FIELDS = {*_REPORTED, "build"}
_REACHES_ISOLATED = ("_PYTHON_", "LD_")
"""Prefixes of environment variables that change an interpreter's report even with `-I`."""
_CLOCK_LAG = 20_000_000
"""Nanoseconds by which the clock of a file system may lag behind."""


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A file that may be an interpreter."""

    path: Path
    """Symbolic links resolved."""
    likely_minor: tuple[int, int] | None
    """Major and minor version according to its path; often saves starting it."""
    is_other: bool = False
    """Whether its name says that it is not the usual CPython, such as `pypy3`."""
    runs_slipway: bool = False
    """Whether it was bundled or downloaded to run Slipway, and is not part of the image."""


def find_candidates(
    environment: Mapping[str, str], not_of_image: Sequence[Path]
) -> tuple[Candidate, ...]:
    """Search PATH, the usual folders and pyenv's; each file is given once.

    Not every Python on PATH is the image's: an earlier build may have put its result there, or
    the app brings a virtual environment with a copy. Pythons below the folders `not_of_image`
    (the app, the cache) are left out, those of other Slipway builds, and copies.

    The interpreter that runs Slipway comes last, unless the search finds it earlier. A file
    that has a usual name, too, does not count as another interpreter by its other names.
    """
    excluded = [folder.resolve() for folder in not_of_image]
    found: dict[Path, Candidate] = {}
    names = (
        (folder, name)
        for folder in _folders(environment)
        for name in map(_NAME.fullmatch, _names_in(folder))
    )
    for folder, name in names:
        if name is None or not _is_program(folder / name[0]):
            continue
        path = folder / name[0]
        real = path.resolve()
        if any(map(real.is_relative_to, excluded)) or _is_made(real):
            continue
        in_other = path.parent.parent.name.startswith(_OTHERS_OF_PYENV)
        is_other = name["usual"] is None or in_other
        if real not in found or (found[real].is_other and not is_other):
            minor = _minor_in(real)
            found[real] = Candidate(path=real, likely_minor=minor, is_other=is_other)
    own = Path(sys.executable).resolve()
    found.setdefault(own, Candidate(path=own, likely_minor=_minor_in(own), runs_slipway=True))
    return tuple(found.values())


def _is_made(program: Path) -> bool:
    """Tell whether a Python was made by a build, of Slipway's or of a virtual environment."""
    prefix = program.parent.parent
    in_cache = _MANAGED.fullmatch(prefix.name) is not None
    return in_cache or any((prefix / name).is_file() for name in (SITE_FOLDER, "pyvenv.cfg"))


def _folders(environment: Mapping[str, str]) -> Iterator[Path]:
    for name in environment.get("PATH", "").split(":"):
        if name.startswith("/"):
            yield Path(name)
    yield from map(Path, _USUAL_FOLDERS)
    home = environment.get("HOME", "")
    pyenv = environment.get("PYENV_ROOT") or (f"{home}/.pyenv" if home else "")
    if pyenv:
        versions = _entries(Path(pyenv, "versions"))
        usual = [path for path in versions if path.name.startswith("3.")]
        others = [path for path in versions if path.name.startswith(_OTHERS_OF_PYENV)]
        yield from (path / "bin" for path in (*usual, *others))


def _entries(folder: Path) -> list[Path]:
    return [folder / name for name in _names_in(folder)]


def _names_in(folder: Path) -> list[str]:
    """List a folder; nothing if it does not exist or cannot be read."""
    try:
        return sorted(os.listdir(folder))
    except OSError:
        return []


def _is_program(path: Path) -> bool:
    """Tell whether a file is an executable, and not a script such as pyenv's shims."""
    try:
        return path.stat().st_mode & 0o111 != 0 and start_of(path, 4) == b"\x7fELF"
    except OSError:
        return False


def _minor_in(path: Path) -> tuple[int, int] | None:
    for part in (path.name, path.parent.parent.name):
        release = _RELEASE.search(part)
        if release:
            return int(release[1]), int(release[2])
    return None


Report = dict[str, str]
"""What an interpreter reports about itself: the fields of PROBE, without `files`; and `build`,
which differs between builds of the same version."""


@dataclass(frozen=True, kw_only=True)
class _SavedReport:
    report: Report
    files: Mapping[str, str]
    """File -> its status, which differs if the file is replaced or changed."""

    @property
    def is_current(self) -> bool:
        return all(_status(file) == status for file, status in self.files.items())


@dataclass(frozen=True, kw_only=True)
class Probes:
    """Starts interpreters to get their reports, and saves the reports for later builds."""

    file: Path
    """Holds a digest in its first line, and then the reports of earlier builds."""
    processes: Processes
    environment: Mapping[str, str]

    def probe(self, path: Path) -> Report | None:
        """Return what an interpreter reports about itself; None if it is broken."""
        saved, key = self._read(), self._key(path)
        known = saved.get(key)
        if known and known.is_current:
            return dict(known.report)
        start = time.time_ns()
        try:
            answer = json.loads(self._run(path))
            report = {name: str(answer[name]) for name in _REPORTED}
            loaded = [*map(str, answer["files"])]
        except (CommandFailed, OSError, ValueError, TypeError, KeyError):
            return None
        with suppress(OSError):  # it has just been removed
            report["build"] = _build_of(path, loaded)
        files = _statuses(path, loaded, start)
        self._write({**saved, key: _SavedReport(report=report, files=files)})
        return report

    def _run(self, path: Path) -> str:
        """Run PROBE in an interpreter, or in this process if that gives the same report."""
        if not self._reaching_variables and _runs_this_process(path):
            output = io.StringIO()
            with redirect_stdout(output):
                exec(PROBE, {})  # noqa: S102  # a constant
            return output.getvalue()
        command = Command(
            argv=[str(path), "-I", "-S", "-c", PROBE], cwd=Path("/"), env=self.environment
        )
        return self.processes.query(command)

    @property
    def _reaching_variables(self) -> Mapping[str, str | list[str]]:
        """The values of variables; for LD_LIBRARY_PATH, what its folders contain.

        Their paths may differ in each build, and a report has the files that were loaded.
        """
        return {
            name: [path.name for folder in value.split(":") for path in _entries(Path(folder))]
            if name == "LD_LIBRARY_PATH"
            else value
            for name, value in self.environment.items()
            if name.startswith(_REACHES_ISOLATED) and name != "LD_RUN_PATH"
        }

    def _key(self, path: Path) -> str:
        """Identify an interpreter, and everything but its files that decides the report."""
        facts = json.dumps(
            [PROBE, os.uname().machine, sorted(self._reaching_variables.items())]
        )
        return f"{path} {hashlib.sha256(facts.encode(errors='surrogateescape')).hexdigest()}"

    def _read(self) -> dict[str, _SavedReport]:
        """Read the saved reports; none if the file is missing or has been changed."""
        digest, _, text = (read_if_there(self.file) or "").partition("\n")
        if digest != _digest(text):
            return {}
        return {key: _SavedReport(**entry) for key, entry in json.loads(text).items()}

    def _write(self, reports: Mapping[str, _SavedReport]) -> None:
        """Save the reports that are current and complete; others are left out."""
        entries = {
            key: asdict(saved)
            for key, saved in reports.items()
            if saved.files and saved.is_current and set(saved.report) == _FIELDS
        }
        text = json.dumps(entries, indent=1)
        with suppress(OSError):  # then the next build starts the interpreter again
            write(self.file, f"{_digest(text)}\n{text}")


def _runs_this_process(path: Path) -> bool:
    """Tell whether this process runs an interpreter isolated, and not in a venv."""
    own = Path(sys.executable)
    is_isolated = sys.flags.isolated and sys.flags.no_site and own.parent == path.parent
    return bool(is_isolated) and own.resolve() == path


def _statuses(path: Path, files: Sequence[str], start: int) -> dict[str, str]:
    """Return the status of each file that a report depends on.

    Empty if a file is missing, or has changed since `start` (in nanoseconds): the report may
    describe the file before the change or after it.
    """
    statuses = {file: _status(file) for file in {str(path), *files}}
    if not files or not all(statuses.values()):
        return {}
    if any(os.stat(file).st_ctime_ns > start - _CLOCK_LAG for file in statuses):
        return {}
    # A pyvenv.cfg would change the interpreter's prefix, so a new one counts as a change.
    configurations = [str(folder / "pyvenv.cfg") for folder in [*path.parents][:2]]
    return {**statuses, **{file: _status(file) for file in configurations}}


def _build_of(path: Path, loaded: Sequence[str]) -> str:
    """Identify one of several builds of the same version by its content, wherever it is.

    Raises OSError.
    """
    libraries = [file for file in loaded if os.path.basename(file).startswith("libpython")]
    digests = [sha256_of(file) for file in (path, *map(Path, libraries))]
    return hashlib.sha256(" ".join(digests).encode()).hexdigest()[:12]


def _status(file: str) -> str:
    try:
        status = os.stat(file)
    except OSError:
        return ""
    return f"{status.st_size} {status.st_mtime_ns} {status.st_ctime_ns} {status.st_ino}"


def _digest(text: str) -> str:
    return hashlib.sha256(f"probes 3 {text}".encode()).hexdigest()


def supported_tags(minor: str) -> tuple[str, ...]:
    """Return the wheel tags that a CPython on this machine supports, the best first.

    https://packaging.python.org/en/latest/specifications/platform-compatibility-tags/
    """
    version = tuple(map(int, minor.split(".")))
    name = f"cp{minor.replace('.', '')}"
    platforms = [*tags.platform_tags()]
    own = tags.cpython_tags(version, abis=[name], platforms=platforms)
    return tuple(map(str, (*own, *tags.compatible_tags(version, name, platforms))))


def supported_platforms() -> tuple[str, ...]:
    """Return the platform tags that this machine supports, the best first."""
    return tuple(tags.platform_tags())
