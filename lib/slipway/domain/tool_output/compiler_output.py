"""Find out from the output of a failed build what it lacks.

Builds run compilers, linkers, CMake, Meson, pkg-config, Cargo and scripts of packages, and each
of them has its own words. If the output has several causes, the last one counts: builds also
look for what they can do without, and go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from slipway.domain.requirements.modules import requirement_for
from slipway.domain.tool_output.bounded import bounded
from slipway.domain.tool_output.last_lines import last_lines
from slipway.domain.tool_output.outdated_code import NO_MODULE, outdated_code
from slipway.domain.tool_output.system_packages import (
    package_of_python_headers,
    packages_for,
    packages_of_header,
    packages_of_library,
    packages_of_program,
)
from slipway.errors.building import (
    BuildLibraryMissing,
    BuildModuleMissing,
    BuildProgramMissing,
    FailedBuild,
    FlatLayout,
    HeaderMissing,
    NoFilesToInstall,
    PackageTooOld,
    ProgramTooOld,
    PythonHeadersMissing,
)

_TRIPLET = re.compile(r"^\w+-linux-\w+-")
"""As in `x86_64-linux-gnu-gcc`, the compiler of Debian's Python."""
_PYTHON_HEADER = re.compile(r"(?:[\w.-]+/)*Python\.h|pyconfig\.h")
_INCLUDED = re.compile(r"-I\s?[^\s'\"]*/include/python(?P<minor>3\.\d+)")
"""As in `-I/usr/include/python3.12`: where the compiler looks for Python.h."""
_NO_PKG_CONFIG = re.compile(
    r"Found pkg-config: NO|Did not find pkg-config|pkg-config: (?:command )?not found"
    r"|No such file or directory: '?pkg-config'?|Could NOT find PkgConfig"
    r"|The pkg-config command could not be found"
)

_HEADERS = (
    r"fatal error: (?P<name>[\w./+-]+\.h(?:pp)?): No such file",
    r"fatal error: '(?P<name>[\w./+-]+\.h(?:pp)?)' file not found",  # clang
    r"ERROR: C(?:\+\+)? header '(?P<name>[\w./+-]+)' not found",  # Meson
)
_LIBRARIES = (
    r"cannot find -l(?P<name>[\w.+-]+)",
    r"unable to find library -l(?P<name>[\w.+-]+)",  # lld
    r"Package '(?P<name>[\w.+-]+)'(?:, required by '[^']*',)? not found",  # pkgconf
    r"No package '(?P<name>[\w.+-]+)' found",  # pkg-config
    r"pkg-config --\S+ '?(?P<name>[\w.+-]+)'?' returned non-zero exit status 1\b",
    r"ERROR: Dependency (?:lookup for )?[\"'](?P<name>[\w.+-]+)[\"'] not found",  # Meson
    r"ERROR: Dependency lookup for (?P<name>[\w.+-]+) with method .* failed",
    r"ERROR: C(?:\+\+)? (?:shared or static )?library '(?P<name>[\w.+-]+)' not found",
    r"CMake Error at [^\n]*\n\s+Could NOT find (?P<name>\w+)",
    r"Could not find a package configuration file provided by\s+\"(?P<name>\w+)\"",
    r"CMake Error at [^\n]*\n\s+Could not find \w+ using the following names: (?P<name>\S+)",
    r"The system library `(?P<name>[\w.+-]+)` required by crate",
    r"could not be found for (?P<name>\w+),\s+a required dependency when compiling Pillow",
)
_PROGRAMS = (
    r"error: command '(?P<name>[\w./+-]+)' failed: (?:No such file|None)",
    r"unable to execute '(?P<name>[\w./+-]+)': No such file",
    r"(?<!gave \"\[Errno 2\] )No such file or directory: '(?P<name>[\w./+-]+)'",
    r"\bsh: (?:\d+: |line \d+: )?(?P<name>[\w./+-]+): (?:command )?not found",
    r"ERROR: Unknown compiler\(s\): \[\['(?P<name>[\w.+-]+)'",
    r"error: linker `(?P<name>[\w./+-]+)` not found",  # Rust
    r"\b(?P<name>\w{1,40}[-_]config) (?:executable )?(?:is )?not found",
    r"Could not find (?P<name>\w{1,40}[-_]config)\b",
    r"Provide a path to (?P<name>gdal-config)",  # Fiona, Rasterio
    r"(?P<name>proj) executable not found",  # pyproj
    r"build program corresponding to\s+\"(?P<name>Ninja)\"",
    r"Could not find (?P<name>CMake) with version",  # scikit-build-core
)
_MESON_PROGRAM = re.compile(r"ERROR: Program '(?P<name>[\w.+-]+)(?: [^']*)?' not found")
_SAID = {
    r"Please make sure the libxml2 and libxslt development packages": "libxml2",
    r"Can not find valid pkg-config name": "mysqlclient",
    r"Could not find a local HDF5 installation|Unable to load dependency HDF5": "hdf5",
    r"Did not find HDF5 headers": "hdf5",
    r"Did not find netCDF version 4 headers": "netcdf",
    r"Could not find (?:directory of OpenSSL|openssl via pkg-config)": "openssl",
}
"""What scripts of single packages print -> the library that they look for."""
_NO_RUST = (
    r"can't find Rust compiler|Cargo, the Rust package manager, is not installed"
    r"|Do you have cargo in your PATH|This package requires Rust and Cargo to compile"
)
_NO_C_COMPILER = r"No CMAKE_C(?:XX)?_COMPILER could be found|CMAKE_C(?:XX)?_COMPILER not set"
_OLD_PROGRAM = re.compile(
    r"(?P<a>CMake) (?P<a_needs>\d[\w.]*) or higher is required\.\s+You are running version "
    r"(?P<a_has>\d[\w.]*)"
    r"|requires (?P<b>rustc) (?P<b_needs>\d[\w.]*)(?: or newer, while the currently active "
    r"rustc version is (?P<b_has>\d[\w.]*))?"
)
_EXCEPTION = re.compile(r"^[ \t]*(?:╰─> )?(?P<type>[A-Za-z_][\w.]*(?:Error|Exception)): ", re.M)
"""pip puts an arrow before an output of one line."""
_FLAT_LAYOUT = re.compile(
    r"Multiple top-level (?P<kind>packages|modules) discovered in a flat-layout: "
    r"\[(?P<names>[^\]]*)\]"
)
_NO_FILES = "Unable to determine which files to ship inside the wheel"
"""https://hatch.pypa.io/latest/plugins/builder/wheel/#default-file-selection"""


@dataclass(frozen=True, kw_only=True)
class Build:
    """A build of a package that failed."""

    package: str
    """As in FailedBuild, and so are the others."""
    python: str
    """The version of the Python that it ran in."""
    version: str = ""
    required_by: str = ""
    is_vendored: bool = False
    lists_dependencies: bool = False
    name: str | None = None
    """Its name, if `package` is a path."""

    def debian(self, missing: tuple[str, ...]) -> tuple[str, ...]:
        """Return the Debian packages to install; none if that with the cause is not known."""
        return packages_for(self.name or self.package, missing) if missing else ()


@dataclass(frozen=True, kw_only=True)
class _Found:
    """A cause, and where the output has it."""

    position: int
    error: FailedBuild


def cause_of_failed_build(output: str, build: Build) -> FailedBuild | None:
    """Return the error for what a build lacks; None if its output does not say that."""
    # GCC quotes names with curved marks if the locale has them.
    output = bounded(output).replace("\N{LEFT SINGLE QUOTATION MARK}", "'")
    output = output.replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    finders: tuple[Callable[[str, Build], _Found | None], ...] = (
        _old_code,
        _missing_header,
        _missing_library,
        _missing_program,
        _old_program,
        _missing_module,
        _flat_layout,
        _no_files,
    )
    found = [cause for find in finders if (cause := find(output, build))]
    if not found:
        return None
    error = max(found, key=lambda cause: cause.position).error
    error.version, error.required_by = build.version, build.required_by
    error.is_vendored = build.is_vendored
    error.lists_dependencies, error.output = build.lists_dependencies, last_lines(output)
    return error


def _last(patterns: tuple[str, ...], output: str) -> re.Match[str] | None:
    """Return the match that begins last."""
    found = [
        match for pattern in patterns for match in re.finditer(pattern, output, re.MULTILINE)
    ]
    return max(found, key=lambda match: match.start(), default=None)


def _missing_header(output: str, build: Build) -> _Found | None:
    found = _last(_HEADERS, output)
    if found is None:
        return None
    header, package = found["name"], build.package
    if _PYTHON_HEADER.fullmatch(header):
        included = _INCLUDED.search(output)
        own = package_of_python_headers(included["minor"] if included else None)
        error: FailedBuild = PythonHeadersMissing(package=package, debian=build.debian((own,)))
    else:
        debian = build.debian(packages_of_header(header))
        error = HeaderMissing(package=package, header=header, debian=debian)
    return _Found(position=found.start(), error=error)


def _missing_library(output: str, build: Build) -> _Found | None:
    """Find a library; one whose Debian package is known, if there are several."""
    named = [
        (match.start(), match["name"])
        for pattern in _LIBRARIES
        for match in re.finditer(pattern, output, re.MULTILINE)
    ]
    named += [
        (match.start(), library)
        for pattern, library in _SAID.items()
        for match in re.finditer(pattern, output)
    ]
    if not named:
        return None
    known = [one for one in named if packages_of_library(one[1])]
    position, library = max(known or named)
    debian = packages_of_library(library)
    if _NO_PKG_CONFIG.search(output):
        debian = ("pkg-config", *debian)
    error = BuildLibraryMissing(
        package=build.package, library=library, debian=build.debian(debian)
    )
    return _Found(position=position, error=error)


def _missing_program(output: str, build: Build) -> _Found | None:
    """Find a program. Any file can be missing, so it must be known, or named as a program."""
    named = [
        (match.start(), _TRIPLET.sub("", match["name"].rpartition("/")[2]))
        for pattern in _PROGRAMS
        for match in re.finditer(pattern, output, re.MULTILINE)
    ]
    named += [(match.start(), "cargo") for match in re.finditer(_NO_RUST, output)]
    named += [(match.start(), "gcc") for match in re.finditer(_NO_C_COMPILER, output)]
    known = [
        (position, name)
        for position, name in named
        if packages_of_program(name) or packages_of_program(name.lower())
    ]
    known += [(match.start(), match["name"]) for match in _MESON_PROGRAM.finditer(output)]
    if not known:
        return None
    position, program = max(known)
    debian = packages_of_program(program) or packages_of_program(program.lower())
    return _Found(
        position=position,
        error=BuildProgramMissing(
            package=build.package, program=program, debian=build.debian(debian)
        ),
    )


def _old_program(output: str, build: Build) -> _Found | None:
    found = _OLD_PROGRAM.search(output)
    if found is None:
        return None
    kind = "a" if found["a"] else "b"
    error = ProgramTooOld(
        package=build.package,
        program=found[kind],
        needs=found[f"{kind}_needs"].rstrip("."),
        has=(found[f"{kind}_has"] or "").rstrip("."),
    )
    return _Found(position=found.start(), error=error)


def _old_code(output: str, build: Build) -> _Found | None:
    found = outdated_code(output, build.python, _final_exception(output))
    if found is None:
        return None
    error = PackageTooOld(
        package=build.package,
        python=build.python,
        uses=found.uses,
        last_python=found.last_python,
    )
    return _Found(position=found.position, error=error)


def _missing_module(output: str, build: Build) -> _Found | None:
    position = _final_exception(output)
    found = NO_MODULE.match(output, position)
    if found is None:
        return None
    module = found["module"]
    error = BuildModuleMissing(
        package=build.package,
        module=module,
        requirement=requirement_for(module) or module.partition(".")[0],
    )
    return _Found(position=position, error=error)


def _flat_layout(output: str, build: Build) -> _Found | None:
    found = _FLAT_LAYOUT.search(output)
    if found is None:
        return None
    names = tuple(sorted(re.findall(r"[\w.-]+", found["names"])))
    error = FlatLayout(package=build.package, names=names, kind=found["kind"])
    return _Found(position=found.start(), error=error)


def _no_files(output: str, build: Build) -> _Found | None:
    position = output.find(_NO_FILES)
    if position < 0:
        return None
    return _Found(position=position, error=NoFilesToInstall(package=build.package))


def _final_exception(output: str) -> int:
    """Return the position of the exception that a script ended with; the end without one."""
    exceptions = [*_EXCEPTION.finditer(output)]
    return exceptions[-1].start("type") if exceptions else len(output)
