"""Missing headers and programs are found in the output of a failed build."""

from __future__ import annotations

import pytest

from slipway.domain.tool_output.compiler_output import missing_for_build
from slipway.errors.building import CompilerMissing, HeaderMissing, PythonHeadersMissing

COMPILING = "gcc -O2 -fPIC -I{} -c regex.c -o build/regex.o\n"
NO_HEADER = "regex.c:1:10: fatal error: {}: No such file or directory\n"


@pytest.mark.parametrize("header", ["Python.h", "python3.12/Python.h", "pyconfig.h"])
def test_missing_python_headers_are_recognized(header: str) -> None:
    found = missing_for_build(NO_HEADER.format(header), "regex")
    assert isinstance(found, PythonHeadersMissing)
    assert (found.package, found.debian) == ("regex", "python3-dev")


@pytest.mark.parametrize(
    "folder", ["/usr/include/python3.12", "/app/venv/include -I/usr/local/include/python3.12"]
)
def test_python_headers_are_those_of_the_used_python(
    folder: str,
) -> None:
    output = COMPILING.format(folder) + NO_HEADER.format("Python.h")
    found = missing_for_build(output, "vendor/regex", is_vendored=True)
    assert isinstance(found, PythonHeadersMissing)
    assert (found.debian, found.is_vendored) == ("python3.12-dev", True)


def test_other_headers_and_compilers_are_named() -> None:
    header = missing_for_build(NO_HEADER.format("libpq-fe.h"), "psycopg2")
    assert isinstance(header, HeaderMissing)
    assert header.debian == "libpq-dev"
    compiler = missing_for_build("error: command 'gcc' failed: No such file", "regex")
    assert isinstance(compiler, CompilerMissing)
    assert missing_for_build("error: all is lost", "regex") is None
