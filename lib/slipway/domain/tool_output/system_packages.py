"""Which Debian package has a header or program that a build requires."""

from __future__ import annotations

from collections.abc import Mapping

_HEADERS: Mapping[str, str] = {
    "libpq-fe.h": "libpq-dev",
    "mysql.h": "default-libmysqlclient-dev",
    "lber.h": "libldap-dev",
    "ldap.h": "libldap-dev",
    "sasl/sasl.h": "libsasl2-dev",
    "sasl.h": "libsasl2-dev",
    "ffi.h": "libffi-dev",
    "openssl/ssl.h": "libssl-dev",
    "openssl/opensslv.h": "libssl-dev",
    "openssl/aes.h": "libssl-dev",
    "sqlite3.h": "libsqlite3-dev",
    "libxml/xmlversion.h": "libxml2-dev",
    "libxml/xpath.h": "libxml2-dev",
    "libxslt/xslt.h": "libxslt1-dev",
    "zlib.h": "zlib1g-dev",
    "jpeglib.h": "libjpeg-dev",
    "ft2build.h": "libfreetype-dev",
    "cairo.h": "libcairo2-dev",
    "libmemcached/memcached.h": "libmemcached-dev",
    "yaml.h": "libyaml-dev",
    "gdal.h": "libgdal-dev",
    "geos_c.h": "libgeos-dev",
    "proj.h": "libproj-dev",
    "gmp.h": "libgmp-dev",
    "mpfr.h": "libmpfr-dev",
    "krb5.h": "libkrb5-dev",
    "gssapi.h": "libkrb5-dev",
    "gssapi/gssapi.h": "libkrb5-dev",
    "magic.h": "libmagic-dev",
    "curl/curl.h": "libcurl4-openssl-dev",
    "snappy-c.h": "libsnappy-dev",
    "lzma.h": "liblzma-dev",
    "bzlib.h": "libbz2-dev",
    "event.h": "libevent-dev",
    "sql.h": "unixodbc-dev",
    "librdkafka/rdkafka.h": "librdkafka-dev",
    "xmlsec/xmlsec.h": "libxmlsec1-dev",
    "re2/re2.h": "libre2-dev",
    "portaudio.h": "portaudio19-dev",
}

_PROGRAMS: Mapping[str, str] = {
    "pg_config": "libpq-dev",
    "mysql_config": "default-libmysqlclient-dev",
    "mariadb_config": "libmariadb-dev",
    "curl-config": "libcurl4-openssl-dev",
    "gdal-config": "libgdal-dev",
    "geos-config": "libgeos-dev",
    "xml2-config": "libxml2-dev",
    "xslt-config": "libxslt1-dev",
    "freetype-config": "libfreetype-dev",
    "krb5-config": "libkrb5-dev",
    "cmake": "cmake",
    "cargo": "cargo",
    "rustc": "rustc",
    "gfortran": "gfortran",
}

_BY_PACKAGE: Mapping[str, str] = {
    "mysqlclient": "pkg-config and default-libmysqlclient-dev",
    "pycairo": "pkg-config and libcairo2-dev",
    "xmlsec": "pkg-config and libxmlsec1-dev",
    "lxml": "libxml2-dev and libxslt1-dev",
}


def package_of_header(header: str) -> str | None:
    """Return the Debian package of a C header; None if it is not known."""
    return _HEADERS.get(header)


def package_of_python_headers(minor: str | None) -> str:
    """Return the package with Python.h for the system's Python, such as 3.12."""
    return f"python{minor or 3}-dev"


def package_of_program(program: str, package: str) -> str:
    """Return the Debian package with a program that the build of `package` requires."""
    if program == "pkg-config":
        return _BY_PACKAGE.get(package.lower(), "pkg-config")
    return _PROGRAMS.get(program, "build-essential")
