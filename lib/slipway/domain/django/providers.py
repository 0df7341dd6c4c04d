"""What provides the libraries and programs that Django projects commonly lack."""

from __future__ import annotations

from collections.abc import Mapping

from slipway.domain.requirements.modules import requirement_for

_LIBRARIES: Mapping[str, tuple[str, ...]] = {
    "libpq": ("libpq5",),
    "libmysqlclient": ("default-libmysqlclient-dev",),
    "libmariadb": ("libmariadb3",),
    "libgdal": ("gdal-bin", "binutils"),
    "libgeos_c": ("libgeos-c1v5", "binutils"),
    "libproj": ("libproj-dev", "binutils"),
    "libspatialite": ("libsqlite3-mod-spatialite",),
    "mod_spatialite": ("libsqlite3-mod-spatialite",),
    "libmagic": ("libmagic1",),
    "libzbar": ("libzbar0",),
    "libGL": ("libgl1",),
    "libglib-2.0": ("libglib2.0-0",),
    "libgthread-2.0": ("libglib2.0-0",),
    "libgobject-2.0": ("libglib2.0-0",),
    "libgobject-2.0-0": ("libglib2.0-0",),
    "libpango-1.0": ("libpango-1.0-0",),
    "libpango-1.0-0": ("libpango-1.0-0",),
    "libpangoft2-1.0": ("libpangoft2-1.0-0",),
    "libpangoft2-1.0-0": ("libpangoft2-1.0-0",),
    "libcairo": ("libcairo2",),
    "libcairo-2": ("libcairo2",),
    "libxml2": ("libxml2",),
    "libxslt": ("libxslt1.1",),
    "libxmlsec1": ("libxmlsec1-openssl",),
    "libldap": ("libldap2-dev",),
    "libldap-2.5": ("libldap-2.5-0",),
    "liblber-2.5": ("libldap-2.5-0",),
    "libsasl2": ("libsasl2-2",),
    "libffi": ("libffi-dev",),
    "libgomp": ("libgomp1",),
    "libodbc": ("unixodbc",),
    "libsndfile": ("libsndfile1",),
    "libmemcached": ("libmemcached11",),
    "libgssapi_krb5": ("libgssapi-krb5-2",),
    "libheif": ("libheif1",),
    "libvips": ("libvips42",),
    "libtesseract": ("tesseract-ocr",),
    "libusb-1.0": ("libusb-1.0-0",),
    "librdkafka": ("librdkafka1",),
    "libsnappy": ("libsnappy1v5",),
}
"""Library without its version -> Debian packages. Django finds GEOS and GDAL with binutils,
https://docs.djangoproject.com/en/stable/ref/contrib/gis/install/geolibs/."""

_LOADERS: Mapping[str, str] = {
    "django.contrib.gis.gdal.libgdal": "libgdal",
    "django.contrib.gis.geos.libgeos": "libgeos_c",
    "django.contrib.gis.db.backends.spatialite.base": "mod_spatialite",
    "magic.loader": "libmagic",
    "magic": "libmagic",
    "psycopg.pq": "libpq",
    "psycopg.pq._pq_ctypes": "libpq",
    "pyzbar.zbar_library": "libzbar",
}
"""Module -> the library that it loads, and without which it raises an exception of its own."""

SEARCHED = ("libgdal", "libgeos_c", "mod_spatialite", "libzbar")
"""Libraries that are searched for in the system's folders only, not in LD_LIBRARY_PATH."""

_WITH_LIBRARIES = ("cv2", "psycopg", "psycopg2")
"""Modules whose packages have the library inside, as requirement_for() names them."""

_PROGRAMS: Mapping[str, str] = {
    "convert": "imagemagick",
    "ffmpeg": "ffmpeg",
    "gettext": "gettext",
    "git": "git",
    "magick": "imagemagick",
    "mogrify": "imagemagick",
    "msgfmt": "gettext",
    "node": "nodejs",
    "npm": "npm",
    "pandoc": "pandoc",
    "pdftotext": "poppler-utils",
    "pg_dump": "postgresql-client",
    "psql": "postgresql-client",
    "sassc": "sassc",
    "wkhtmltopdf": "wkhtmltopdf",
    "xgettext": "gettext",
    "yui-compressor": "yui-compressor",
}
"""Program -> the Debian package with it."""


def debian_packages_of(library: str) -> tuple[str, ...]:
    """Return the Debian packages with a library, such as `libpq.so.5`; none if not known."""
    return _LIBRARIES.get(library.partition(".so")[0], ())


def library_of(module: str) -> str:
    """Return the library that a module loads; empty if it is not known."""
    return _LOADERS.get(module, "")


def wheel_with_library(module: str) -> str:
    """Return a requirement that contains the library of a package; empty if none is known."""
    top = module.partition(".")[0]
    return requirement_for(top) if top in _WITH_LIBRARIES else ""


def debian_package_of_program(program: str) -> str:
    """Return the Debian package with a program; empty if it is not known."""
    return _PROGRAMS.get(program.rpartition("/")[2], "")
