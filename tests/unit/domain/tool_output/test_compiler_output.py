"""The cause of a failed build is found in its output.

The files in recorded/ are what pip and uv printed for real packages, or for small ones made for
this purpose, on Debian 12 with GCC 12, CMake 3.25 and Meson 1.12; paths are changed, and lines
without meaning left out.
"""

from __future__ import annotations

from pathlib import Path
from time import perf_counter

import pytest

from slipway.domain.tool_output.compiler_output import Build, cause_of_failed_build
from slipway.domain.tool_output.failed_installation import ToolOutput
from slipway.domain.tool_output.last_lines import last_lines
from slipway.domain.tool_output.pip_output import PipOutput
from slipway.domain.tool_output.uv_output import UvOutput
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

RECORDED = Path(__file__).with_name("recorded")
COMPILING = "gcc -O2 -fPIC -I{} -c regex.c -o build/regex.o\n"
NO_HEADER = "regex.c:1:10: fatal error: {}: No such file or directory\n"


def cause(output: str, package: str = "anchor", python: str = "3.12.1") -> FailedBuild | None:
    return cause_of_failed_build(output, Build(package=package, python=python))


def recorded(name: str) -> str:
    return (RECORDED / f"{name}.txt").read_text("utf-8")


@pytest.mark.parametrize(
    ("name", "header", "debian"),
    [
        ("gcc-header", "sql.h", ("unixodbc-dev",)),
        ("g++-header", "rocksdb/db.h", ("librocksdb-dev",)),
        ("meson-header", "gdal_not.h", ()),
    ],
)
def test_a_missing_header_has_its_debian_package(
    name: str, header: str, debian: tuple[str, ...]
) -> None:
    found = cause(recorded(name))
    assert isinstance(found, HeaderMissing)
    assert (found.header, found.debian) == (header, debian)


@pytest.mark.parametrize("header", ["Python.h", "python3.12/Python.h", "pyconfig.h"])
def test_missing_python_headers_are_recognized(header: str) -> None:
    found = cause(NO_HEADER.format(header), "regex")
    assert isinstance(found, PythonHeadersMissing)
    assert (found.package, found.debian) == ("regex", ("python3-dev",))


@pytest.mark.parametrize(
    "folder", ["/usr/include/python3.12", "/app/venv/include -I/usr/local/include/python3.12"]
)
def test_python_headers_are_those_of_the_used_python(folder: str) -> None:
    output = COMPILING.format(folder) + NO_HEADER.format("Python.h")
    build = Build(package="vendor/regex", python="3.12.1", is_vendored=True)
    found = cause_of_failed_build(output, build)
    assert isinstance(found, PythonHeadersMissing)
    assert (found.debian, found.is_vendored) == (("python3.12-dev",), True)


@pytest.mark.parametrize(
    ("name", "package", "library", "debian"),
    [
        ("ld", "anchor", "nosuch", ()),
        ("meson-dependency", "pycairo", "cairo", ("libcairo2-dev",)),
        ("meson-library", "anchor", "snappynot", ()),
        ("cmake-module", "anchor", "HDF5", ("libhdf5-dev",)),
        ("cmake-pkg-config", "anchor", "libxmlsec1-not", ()),
        ("cmake-config", "anchor", "GDALNot", ()),
        ("cmake-library", "anchor", "snappy-not", ()),
        ("pkg-config", "anchor", "libsystemd-not", ()),
        ("systemd-python", "systemd-python", "libsystemd", ("libsystemd-dev",)),
        ("libvirt-python", "libvirt-python", "libvirt", ("libvirt-dev",)),
        (
            "mysqlclient",
            "mysqlclient",
            "mysqlclient",
            ("default-libmysqlclient-dev", "libssl-dev"),
        ),
        ("tables", "tables", "hdf5", ("libhdf5-dev",)),
        ("h5py", "h5py", "hdf5", ("libhdf5-dev",)),
        ("netcdf4", "netCDF4", "netcdf", ("libnetcdf-dev", "libhdf5-dev")),
    ],
)
def test_a_missing_library_has_its_debian_package(
    name: str, package: str, library: str, debian: tuple[str, ...]
) -> None:
    found = cause(recorded(name), package)
    assert isinstance(found, BuildLibraryMissing)
    assert (found.library, found.debian) == (library, debian)


@pytest.mark.parametrize(
    ("output", "library"),
    [
        ('meson.build:1:0: ERROR: Dependency "libpq" not found, tried pkgconfig', "libpq"),
        ("  The system library `libpq` required by crate `pq-sys` was not found.", "libpq"),
        ("Could not find directory of OpenSSL installation, and this `-sys` crate", "openssl"),
        (
            (
                "The headers or library files could not be found for jpeg,\n"
                "a required dependency when compiling Pillow from source."
            ),
            "jpeg",
        ),
        (
            (
                "Error: Please make sure the libxml2 and libxslt development packages are "
                "installed."
            ),
            "libxml2",
        ),
        ("ld.lld: error: unable to find library -lpq", "pq"),
    ],
)
def test_libraries_are_found_in_the_words_of_other_tools(output: str, library: str) -> None:
    found = cause(output)
    assert isinstance(found, BuildLibraryMissing)
    assert found.library == library
    assert found.debian


def test_pkg_config_is_needed_to_find_a_library() -> None:
    found = cause("Found pkg-config: NO\nx: ERROR: Dependency 'cairo' not found, tried x")
    assert isinstance(found, BuildLibraryMissing)
    assert found.debian == ("pkg-config", "libcairo2-dev")


@pytest.mark.parametrize(
    ("name", "package", "program", "debian"),
    [
        ("meson-program", "anchor", "swig4", ()),
        ("meson-fortran", "anchor", "gfortran", ("gfortran",)),
        ("gdal", "gdal", "gdal-config", ("libgdal-dev",)),
        ("fiona", "fiona", "gdal-config", ("libgdal-dev",)),
        ("pyproj", "pyproj", "proj", ("proj-bin", "libproj-dev")),
        ("pycurl", "pycurl", "curl-config", ("libcurl4-openssl-dev",)),
        ("gssapi", "gssapi", "krb5-config", ("libkrb5-dev",)),
        ("m2crypto", "M2Crypto", "swig", ("swig", "libssl-dev")),
        ("pygraphviz", "pygraphviz", "dot", ("graphviz", "libgraphviz-dev")),
    ],
)
def test_a_missing_program_has_its_debian_package(
    name: str, package: str, program: str, debian: tuple[str, ...]
) -> None:
    found = cause(recorded(name), package)
    assert isinstance(found, BuildProgramMissing)
    assert (found.program, found.debian) == (program, debian)


@pytest.mark.parametrize(
    ("output", "program"),
    [
        ("error: command 'gcc' failed: No such file", "gcc"),
        (
            "FileNotFoundError: [Errno 2] No such file or directory: 'x86_64-linux-gnu-gcc'",
            "gcc",
        ),
        ("error: linker `cc` not found", "cc"),
        ("error: can't find Rust compiler", "cargo"),
        ("Cargo, the Rust package manager, is not installed or is not on PATH.", "cargo"),
        ("Caused by: Cargo metadata failed. Do you have cargo in your PATH?", "cargo"),
        ("/bin/sh: 1: mysql_config: not found", "mysql_config"),
        ("Error: pg_config executable not found.", "pg_config"),
        ("ERROR: Unknown compiler(s): [['cc'], ['gcc'], ['clang']]", "cc"),
        ("CMake Error: CMAKE_C_COMPILER not set, after EnableLanguage", "gcc"),
    ],
)
def test_programs_are_found_in_the_words_of_other_tools(output: str, program: str) -> None:
    found = cause(output)
    assert isinstance(found, BuildProgramMissing)
    assert found.program == program


@pytest.mark.parametrize(
    ("output", "program", "needs", "has"),
    [
        (
            "  CMake 3.29 or higher is required.  You are running version 3.25.1\n",
            "CMake",
            "3.29",
            "3.25.1",
        ),
        (
            (
                "error: package `x` cannot be built because it requires rustc 1.74 or newer, "
                "while the currently active rustc version is 1.63.0\n"
            ),
            "rustc",
            "1.74",
            "1.63.0",
        ),
    ],
)
def test_a_program_can_be_too_old(output: str, program: str, needs: str, has: str) -> None:
    found = cause(output)
    assert isinstance(found, ProgramTooOld)
    assert (found.program, found.needs, found.has) == (program, needs, has)


@pytest.mark.parametrize(
    ("name", "python", "uses", "last"),
    [
        ("print-statement", "3.12.1", "is written for Python 2", ""),
        ("except-comma", "3.12.1", "is written for Python 2", ""),
        ("use-2to3", "3.12.1", "is written for Python 2", ""),
        ("configparser", "3.12.1", "imports the module ConfigParser of Python 2", ""),
        ("imp", "3.13.2", "imports the module imp, which Python 3.12 removed", "3.11"),
        (
            "safe-config-parser",
            "3.12.1",
            "uses configparser.SafeConfigParser, which Python 3.12 removed",
            "3.11",
        ),
        (
            "imp-importer",
            "3.12.1",
            "uses pkgutil.ImpImporter, which Python 3.12 removed",
            "3.11",
        ),
        (
            "greenlet",
            "3.13.0",
            "uses recursion_limit of Python's C API, which Python 3.12 removed",
            "3.11",
        ),
    ],
)
def test_code_can_be_too_old_for_this_python(
    name: str, python: str, uses: str, last: str
) -> None:
    found = cause(recorded(name), python=python)
    assert isinstance(found, PackageTooOld)
    assert (found.uses, found.last_python) == (uses, last)


@pytest.mark.parametrize(
    ("output", "last"),
    [
        (
            (
                "error: the configured Python interpreter version (3.14) is newer than PyO3's "
                "maximum supported version (3.13)"
            ),
            "3.13",
        ),
        (
            (
                "RuntimeError: Cannot install on Python 3.14.0; only versions >=3.7,<3.11 "
                "are supported."
            ),
            "3.10",
        ),
        ("x.c:1:2: fatal error: longintrepr.h: No such file or directory", "3.10"),
        ("error: too few arguments to function '_PyLong_AsByteArray'", "3.12"),
        ("error: 'struct _frame' has no member named 'f_own'", ""),
        ("ImportError: cannot import name 'Mapping' from 'collections' (/usr/x.py)", ""),
    ],
)
def test_the_newest_python_that_works_is_known_or_not_named(output: str, last: str) -> None:
    found = cause(output, python="3.14.0")
    assert isinstance(found, PackageTooOld)
    assert found.last_python == last


@pytest.mark.parametrize(
    ("name", "module", "requirement"),
    [
        ("cython", "Cython", "Cython"),
        ("numpy-distutils", "numpy", "numpy"),
        ("pkg-resources", "pkg_resources", "setuptools<81"),
        ("cx-oracle", "pkg_resources", "setuptools<81"),
    ],
)
def test_a_build_requirement_that_is_not_declared_is_named(
    name: str, module: str, requirement: str
) -> None:
    found = cause(recorded(name))
    assert isinstance(found, BuildModuleMissing)
    assert (found.module, found.requirement) == (module, requirement)


def test_a_removed_module_is_not_blamed_on_a_python_that_has_it() -> None:
    found = cause(recorded("imp"), python="3.11.2")
    assert isinstance(found, BuildModuleMissing)


def test_packages_that_setuptools_does_not_choose_from_are_named() -> None:
    output = "error: Multiple top-level packages discovered in a flat-layout: ['b', 'a'].\n"
    found = cause(output)
    assert isinstance(found, FlatLayout)
    assert (found.kind, found.names) == ("packages", ("a", "b"))


@pytest.mark.parametrize(
    "output",
    [
        recorded("own-file"),
        "error: all is lost",
        "FileNotFoundError: [Errno 2] No such file or directory: 'README.rst'",
        "ModuleNotFoundError: No module named 'imp'\nRuntimeError: no chain\n",
        "-- Could NOT find ZLIB (missing: ZLIB_LIBRARY)\nerror: all is lost\n",
        "Running `clang --version` gave \"[Errno 2] No such file or directory: 'clang'\"",
    ],
)
def test_nothing_is_blamed_without_evidence(output: str) -> None:
    assert cause(output) is None


def test_the_last_cause_counts() -> None:
    probe = NO_HEADER.format("mysql.h")
    found = cause(f"{probe}trying without\n/usr/bin/ld: cannot find -lpq: No such file\n")
    assert isinstance(found, BuildLibraryMissing)
    assert found.library == "pq"


@pytest.mark.parametrize(
    ("output", "package", "required_by"),
    [
        (PipOutput(recorded("meson-dependency")), "pycairo", ""),
        (PipOutput(recorded("pygobject")), "pycairo", "the build of PyGObject"),
        (PipOutput(recorded("required-by-another")), "anchor15", ""),
        (UvOutput(recorded("uv-required-by-another")), "anchor15", "boat 1"),
        (UvOutput(recorded("uv-ld")), "ld0", ""),
    ],
)
def test_the_package_and_its_requirer_are_known(
    output: ToolOutput, package: str, required_by: str
) -> None:
    failed = output.failed_build()
    assert failed is not None
    assert (failed.package, failed.required_by) == (package, required_by)


def test_pip_compile_names_the_package_in_a_line_of_its_own() -> None:
    output = "ERROR: Encountered error while generating package metadata.\n\npycairo\n"
    failed = PipOutput(output).failed_build()
    assert failed is not None
    assert failed.package == "pycairo"


def test_pip_says_which_package_requires_a_file() -> None:
    collecting = "Collecting anchor15==1 (from boat==2->-r requirements.in (line 1))\n"
    failed = PipOutput(collecting + recorded("required-by-another")).failed_build()
    assert failed is not None
    assert failed.required_by == "boat 2"


@pytest.mark.parametrize(
    "part",
    [
        "\n",
        "a",
        "/a",
        " ",
        "!!\n",
        "error: 'PyObject' ",
        "CMake Error at x\n",
        "ERROR: Program 'a ",
        "No such file or directory: 'a",
        'File "a/',
        "[tool.uv.extra-build-dependencies]\n",
    ],
)
def test_long_outputs_are_read_in_a_bounded_time(part: str) -> None:
    output = (part * 200_000)[:200_000]
    start = perf_counter()
    cause(output)
    last_lines(output)
    assert perf_counter() - start < 5


def test_a_project_for_which_hatchling_finds_no_files_is_recognized() -> None:
    output = (
        "ValueError: Unable to determine which files to ship inside the wheel using the "
        "following heuristics: https://hatch.pypa.io/latest/plugins/builder/wheel/\n"
    )
    assert isinstance(cause(output), NoFilesToInstall)


def test_an_exception_may_follow_the_arrow_of_pip() -> None:
    found = cause("╰─> ModuleNotFoundError: No module named 'distutils'\n")
    assert isinstance(found, PackageTooOld)
