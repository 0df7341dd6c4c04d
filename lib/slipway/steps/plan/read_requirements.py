"""Read requirements files, and those nested in them, as one source of dependencies."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from slipway.domain.merge_conflicts import refuse_conflict
from slipway.domain.requirements.compiled import lock_command, refuse_outdated
from slipway.domain.requirements.dependencies import Dependencies
from slipway.domain.requirements.lines import (
    Line,
    LineKind,
    expand,
    old_version,
    try_lines,
    with_relative_paths,
    without_version,
)
from slipway.domain.requirements.mistyped import refuse_mistyped, unknown_options
from slipway.domain.requirements.other_formats import (
    refuse_other_formats,
    refuse_paths_elsewhere,
)
from slipway.domain.unread_files import requirements_in
from slipway.effects.files import AppFolder
from slipway.errors.addresses import AddressUnusable
from slipway.errors.dependencies import RequirementFileMissing, RequirementInvalid
from slipway.errors.python import OldVersion
from slipway.errors.requirement_files import RequirementOptionsUnknown, UnknownOption
from slipway.errors.vendored import OutsideTheApp
from slipway.steps.plan.check_files import check_file, refuse_dead_links
from slipway.steps.plan.old_parts import refuse_old_versions


def read_requirements(
    app: AppFolder, sources: Sequence[str], environment: Mapping[str, str]
) -> Dependencies:
    """Read requirements files and all files that they name.

    Raises RequirementInvalid, RequirementsMistyped, RequirementOptionsUnknown,
    RequirementsOfAnotherFormat, RequirementsAtPathsElsewhere, RequirementFileMissing,
    OutsideTheApp, VersionsUnreadable, LockOutdated, MergeConflict, and as check_file.
    """
    reader = _Reader(app, environment)
    for source in sources:
        reader.read(source, LineKind.NESTED)
    if reader.unknown:
        raise RequirementOptionsUnknown(options=tuple(reader.unknown))
    refuse_paths_elsewhere(reader.requirements)
    dependencies = Dependencies(
        origin=" and ".join(sources),
        files=tuple(dict.fromkeys(file for file, _ in reader.seen)),
        requirements=tuple(reader.requirements),
        constraints=tuple(reader.constraints),
        options=tuple(reader.options),
    )
    refuse_old_versions(app, dependencies, reader.old_versions)
    return replace(
        dependencies,
        uncompared=refuse_outdated(dependencies, app.text),
        lock_command=lock_command(dependencies.files, app.text),
    )


class _Reader:
    """Collects lines by their use; each file is read only once for each use."""

    def __init__(self, app: AppFolder, variables: Mapping[str, str]) -> None:
        self._app = app
        self._variables = variables
        self.seen: dict[tuple[str, LineKind], None] = {}
        self.requirements: list[Line] = []
        self.constraints: list[Line] = []
        self.options: list[Line] = []
        self.unknown: list[UnknownOption] = []
        self.old_versions: list[OldVersion] = []

    def read(self, file: str, use: LineKind) -> None:
        """Read a file, and those that it names, for its requirements or as CONSTRAINTS."""
        # Each file's lines go on after those of the nested ones, which may be nested deeply.
        reading = [self._nested_in(file, use)]
        while reading:
            nested = next(reading[-1], None)
            if nested is None:
                reading.pop()
            else:
                reading.append(self._nested_in(*nested))

    def _nested_in(self, file: str, use: LineKind) -> Iterator[tuple[str, LineKind]]:
        """Read one file; yield each file that it names, and its use."""
        if (file, use) in self.seen:
            return
        self.seen[file, use] = None
        check_file(self._app, file)
        text = with_relative_paths(self._app.text(file) or "")
        refuse_conflict(text, file)
        refuse_other_formats(text, file)
        refuse_mistyped(text, file)
        if "${" in text:
            self._app.secrets.learn_file(expand(text, self._variables))
        for one in try_lines(text, file, self._variables):
            line = self._readable(one)
            self.unknown += unknown_options(line)
            match line.kind:
                case LineKind.OPTION:
                    self.options.append(line)
                case LineKind.NESTED | LineKind.CONSTRAINTS:
                    yield self._nested(line, use)
                case _ if use is LineKind.CONSTRAINTS:
                    self.constraints.append(line)
                case _:
                    self.requirements.append(line)

    def _readable(self, line: Line | RequirementInvalid | AddressUnusable) -> Line:
        """Return a line; raise its error, unless others are to be named with it."""
        if isinstance(line, Line):
            return line
        old = old_version(line) if isinstance(line, RequirementInvalid) else None
        if old is None:
            raise line
        self.old_versions.append(old)
        return without_version(old)

    def _nested(self, line: Line, use: LineKind) -> tuple[str, LineKind]:
        if "://" in line.value:
            raise RequirementInvalid(
                file=line.file,
                line=line.number,
                text=line.redacted,
                reason="a requirements or constraints file has to be in the app",
            )
        file = _relative_to_app(line)
        if file.split("/")[0] == ".." or line.value.startswith("/"):
            raise OutsideTheApp(path=line.place, target=line.value)
        refuse_dead_links(self._app, file)
        is_folder = os.path.isdir(self._app.root / file)
        if is_folder or not self._app.is_at(file):
            raise RequirementFileMissing(
                file=file,
                named_in=line.file,
                line=line.number,
                is_folder=is_folder,
                similar="" if is_folder else self._app.same_but_for_case(file),
                in_folder=self._lines_for(file, line) if is_folder else (),
            )
        return file, LineKind.CONSTRAINTS if use is LineKind.CONSTRAINTS else line.kind

    def _lines_for(self, folder: str, line: Line) -> tuple[str, ...]:
        """Return lines that name the files in a folder, instead of the line that names it."""
        option = "-c" if line.kind is LineKind.CONSTRAINTS else "-r"
        start = posixpath.dirname(line.file) or "."
        return tuple(
            f"{option} {posixpath.relpath(path, start)}"
            for path in requirements_in(folder, self._app.entries(folder))
        )


def _relative_to_app(line: Line) -> str:
    """Return the path of the file that a line names, relative to the app's root folder."""
    parts: list[str] = []
    for part in [*line.file.split("/")[:-1], *line.value.split("/")]:
        if part == ".." and parts and parts[-1] != "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return "/".join(parts)
