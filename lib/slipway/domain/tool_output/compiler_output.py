"""Find out from the output of a failed build which header or program the image lacks."""

from __future__ import annotations

import re

from slipway.domain.tool_output.system_packages import (
    package_of_header,
    package_of_program,
    package_of_python_headers,
)
from slipway.errors.building import CompilerMissing, HeaderMissing, PythonHeadersMissing
from slipway.errors.stopped import BuildStopped

_TRIPLET = re.compile(r"^\w+-linux-\w+-")
"""As in `x86_64-linux-gnu-gcc`, the compiler of Debian's Python."""

_HEADER = re.compile(r"fatal error: (?P<header>[\w./+-]+\.h(?:pp)?): No such file")
_PYTHON_HEADER = re.compile(r"(?:[\w.-]+/)*Python\.h|pyconfig\.h")
_INCLUDED = re.compile(r"-I\s?[^\s'\"]*/include/python(?P<minor>3\.\d+)")
"""As in `-I/usr/include/python3.12`: where the compiler looks for Python.h."""

_PROGRAM = re.compile(
    r"(?:error: command '(?P<a>[\w./+-]*(?:g?cc|[gc]\+\+|gfortran|cargo|rustc))' failed:"
    r" (?:No such file|None)|unable to execute '(?P<b>[\w./+-]+)': No such file"
    r"|(?P<c>\w+[-_]config) (?:executable )?(?:is )?not found"
    r"|(?P<d>\w+[-_]config): (?:command )?not found"
    r"|No such file or directory: '(?P<e>\w+[-_]config"
    r"|(?:[\w./+-]*[/-])?(?:g?cc|[cg]\+\+|cargo|cmake|gfortran))'"
    r"|Can not find valid (?P<f>pkg-config) name)"
)


def missing_for_build(
    output: str, package: str, *, is_vendored: bool = False
) -> BuildStopped | None:
    """Return the error for a missing header or program; None if the output names none."""
    header = _HEADER.search(output)
    if header and _PYTHON_HEADER.fullmatch(header["header"]):
        included = _INCLUDED.search(output)
        debian = package_of_python_headers(included["minor"] if included else None)
        return PythonHeadersMissing(package=package, debian=debian, is_vendored=is_vendored)
    if header:
        known = package_of_header(header["header"])
        return HeaderMissing(
            package=package, header=header["header"], debian=known, is_vendored=is_vendored
        )
    program = _PROGRAM.search(output)
    if program:
        name = next(name for name in program.groups() if name).rpartition("/")[2]
        name = _TRIPLET.sub("", name)
        return CompilerMissing(
            package=package,
            program=name,
            debian=package_of_program(name, package),
            is_vendored=is_vendored,
        )
    return None
