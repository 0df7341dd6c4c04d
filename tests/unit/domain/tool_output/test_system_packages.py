"""A missing header, library or program has a Debian package."""

from __future__ import annotations

import re
import subprocess

import pytest

from slipway.domain.tool_output.system_packages import (
    SYSTEM_PACKAGES,
    package_of_python_headers,
    packages_for,
    packages_of_header,
    packages_of_library,
    packages_of_program,
)

NOT_IN_DEBIAN_12 = {"libgirepository-2.0-dev"}

NEED_A_COMPILER = """
    argon2-cffi-bindings brotli cx-oracle gevent greenlet grpcio lz4 markupsafe pandas psutil
    pymemcache pynacl pyzmq regex ruamel-yaml-clib ujson uwsgi wrapt zope-interface zstandard
""".split()
"""Packages that bundle the libraries that they use."""
NEED_MORE = """
    cffi confluent-kafka cryptography cvxopt dbus-python fiona gdal gssapi h5py kerberos leveldb
    libvirt-python lxml m2crypto matplotlib mysqlclient netcdf4 numpy opencv-python pillow
    psycopg-c psycopg2 pyaudio pycairo pycups pycurl pygobject pygraphviz pylibmc pymssql pyodbc
    pyproj pysqlcipher3 python-ldap python-magic python-snappy pyyaml rasterio rocksdb scipy
    shapely systemd-python tables xmlsec
""".split()


@pytest.mark.parametrize("package", NEED_MORE)
def test_packages_that_are_often_compiled_are_known(package: str) -> None:
    assert packages_for(package, ())


@pytest.mark.parametrize("package", NEED_A_COMPILER)
def test_packages_that_bundle_their_libraries_need_a_compiler_alone(package: str) -> None:
    assert packages_for(package, packages_of_program("gcc")) == ("build-essential",)


@pytest.mark.parametrize(
    ("header", "packages"),
    [
        ("libpq-fe.h", ("libpq-dev",)),
        ("openssl/anything.h", ("libssl-dev",)),
        ("openssl.h", ()),
        ("own.h", ()),
    ],
)
def test_a_header_has_a_package(header: str, packages: tuple[str, ...]) -> None:
    assert packages_of_header(header) == packages


@pytest.mark.parametrize(
    ("name", "packages"),
    [
        ("libpq", ("libpq-dev",)),
        ("pq", ("libpq-dev",)),
        ("libxml2", ("libxml2-dev",)),
        ("postgresql", ("libpq-dev",)),
        ("ldap_r", ()),
    ],
)
def test_a_library_has_a_package(name: str, packages: tuple[str, ...]) -> None:
    assert packages_of_library(name) == packages


def test_the_package_of_python_headers_has_the_version() -> None:
    assert package_of_python_headers("3.12") == "python3.12-dev"
    assert package_of_python_headers(None) == "python3-dev"


def test_all_that_a_package_needs_is_named_at_once() -> None:
    assert packages_for("Python_LDAP", ["libldap-dev"]) == ("libldap-dev", "libsasl2-dev")


def test_each_debian_package_has_one_row() -> None:
    names = [package.debian for package in SYSTEM_PACKAGES]
    assert len(names) == len({*names})


@pytest.mark.long
def test_debian_has_the_packages() -> None:
    names = {package.debian for package in SYSTEM_PACKAGES} - NOT_IN_DEBIAN_12
    command = ["apt-cache", "policy", "libc6-dev", *sorted(names)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    found = {*re.findall(r"^(\S+):\n.*\n  Candidate: (?!\(none\))", said, re.MULTILINE)}
    assert "libc6-dev" in found, "run apt-get update first"
    assert names - found == set()
