"""The Debian packages with the headers, libraries and programs that builds need.

Ubuntu has packages of the same names; most build images are made of one or the other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from packaging.utils import canonicalize_name


@dataclass(frozen=True, kw_only=True)
class SystemPackage:
    """A Debian package, and what the tools of a build call its contents."""

    debian: str
    used_by: tuple[str, ...] = ()
    """The Python packages whose builds need it, under their normalized names."""
    headers: tuple[str, ...] = ()
    """As in `#include`; `boost/` stands for all headers in that folder."""
    libraries: tuple[str, ...] = ()
    """As for the linker's option `-l`."""
    modules: tuple[str, ...] = ()
    """As pkg-config names them, and Meson and Rust's build scripts with it."""
    cmake: tuple[str, ...] = ()
    """As for `find_package`."""
    programs: tuple[str, ...] = ()


def _row(debian: str, used_by: str = "", **names: str) -> SystemPackage:
    texts = {kind: tuple(text.split()) for kind, text in names.items()}
    return SystemPackage(
        debian=debian,
        used_by=tuple(used_by.split()),
        headers=texts.get("headers", ()),
        libraries=texts.get("libraries", ()),
        modules=texts.get("modules", ()),
        cmake=texts.get("cmake", ()),
        programs=texts.get("programs", ()),
    )


SYSTEM_PACKAGES: tuple[SystemPackage, ...] = (
    # Tools
    # Not for single packages: any build that compiles needs a compiler.
    _row("build-essential", programs="gcc g++ cc c++ make ld"),
    _row("pkg-config", programs="pkg-config pkgconf"),
    _row("gfortran", "numpy scipy scikit-learn", programs="gfortran f77 f95"),
    _row("cmake", "opencv-python opencv-python-headless pyarrow dlib", programs="cmake"),
    _row("ninja-build", programs="ninja"),
    _row("meson", programs="meson"),
    _row("swig", "m2crypto", programs="swig"),
    _row(
        "cargo",
        "bcrypt cryptography orjson pydantic-core rpds-py tiktoken tokenizers",
        programs="cargo",
    ),
    _row("rustc", programs="rustc"),
    _row("graphviz", "pygraphviz", programs="dot"),
    _row("clang", programs="clang clang++"),
    _row("git", programs="git"),
    _row("bison", programs="bison"),
    _row("flex", programs="flex"),
    _row("autoconf", programs="autoconf autoreconf"),
    _row("automake", programs="automake aclocal"),
    _row("libtool", programs="libtoolize"),
    _row("nasm", programs="nasm"),
    _row("patchelf", programs="patchelf"),
    _row("protobuf-compiler", programs="protoc"),
    _row("golang-go", programs="go"),
    _row("nodejs", programs="node"),
    # Databases
    _row(
        "libpq-dev",
        "psycopg2 psycopg-c psycopg",
        headers="libpq-fe.h postgres_ext.h pg_config.h",
        libraries="pq",
        modules="libpq",
        cmake="PostgreSQL",
        programs="pg_config",
    ),
    _row(
        "default-libmysqlclient-dev",
        "mysqlclient mysql-python",
        headers="mysql.h mysql/mysql.h my_config.h",
        libraries="mysqlclient",
        modules="mysqlclient",
        programs="mysql_config",
    ),
    _row(
        "libmariadb-dev",
        "mariadb",
        headers="mariadb/mysql.h mariadb_com.h",
        libraries="mariadb",
        modules="mariadb libmariadb",
        programs="mariadb_config",
    ),
    _row(
        "libsqlite3-dev",
        "apsw pysqlite3",
        headers="sqlite3.h",
        libraries="sqlite3",
        modules="sqlite3",
        cmake="SQLite3",
    ),
    _row(
        "libsqlcipher-dev",
        "pysqlcipher3 sqlcipher3",
        headers="sqlcipher/sqlite3.h",
        libraries="sqlcipher",
        modules="sqlcipher",
    ),
    _row(
        "unixodbc-dev",
        "pyodbc",
        headers="sql.h sqlext.h sqltypes.h odbcinst.h",
        libraries="odbc odbcinst",
        modules="odbc odbcinst",
        cmake="ODBC",
    ),
    _row("freetds-dev", "pymssql", headers="sqlfront.h sybdb.h", libraries="sybdb ct"),
    _row(
        "libmemcached-dev",
        "pylibmc",
        headers="libmemcached/",
        libraries="memcached",
        modules="libmemcached",
    ),
    _row(
        "librocksdb-dev",
        "rocksdb python-rocksdb",
        headers="rocksdb/",
        libraries="rocksdb",
        modules="rocksdb",
        cmake="RocksDB",
    ),
    _row(
        "libleveldb-dev",
        "leveldb plyvel",
        headers="leveldb/",
        libraries="leveldb",
        cmake="leveldb",
    ),
    _row("libdb-dev", "bsddb3 berkeleydb", headers="db.h", libraries="db"),
    # Directories, security
    _row(
        "libldap-dev",
        "python-ldap",
        headers="lber.h ldap.h",
        libraries="ldap lber",
        modules="ldap lber",
    ),
    _row("libsasl2-dev", "python-ldap", headers="sasl/", libraries="sasl2", modules="libsasl2"),
    _row(
        "libkrb5-dev",
        "gssapi kerberos pykerberos krb5",
        headers="krb5.h gssapi.h gssapi/ krb5/",
        libraries="krb5 gssapi_krb5",
        modules="krb5 krb5-gssapi mit-krb5",
        programs="krb5-config",
    ),
    _row(
        "libssl-dev",
        "cryptography m2crypto mysqlclient pyopenssl scrypt",
        headers="openssl/",
        libraries="ssl crypto",
        modules="openssl libssl libcrypto",
        cmake="OpenSSL",
    ),
    _row("libsodium-dev", headers="sodium.h", libraries="sodium", modules="libsodium"),
    _row("libpam0g-dev", "python-pam pypam", headers="security/", libraries="pam"),
    # XML, text, compression
    _row(
        "libxml2-dev",
        "lxml xmlsec",
        headers="libxml/",
        libraries="xml2",
        modules="libxml-2.0",
        cmake="LibXml2",
        programs="xml2-config",
    ),
    _row(
        "libxslt1-dev",
        "lxml",
        headers="libxslt/ libexslt/",
        libraries="xslt exslt",
        modules="libxslt libexslt",
        cmake="LibXslt",
        programs="xslt-config",
    ),
    _row(
        "libxmlsec1-dev",
        "xmlsec",
        headers="xmlsec/",
        libraries="xmlsec1 xmlsec1-openssl",
        modules="xmlsec1 xmlsec1-openssl",
    ),
    _row("libyaml-dev", "pyyaml", headers="yaml.h", libraries="yaml", modules="yaml-0.1"),
    _row("libexpat1-dev", headers="expat.h", libraries="expat", modules="expat", cmake="EXPAT"),
    _row("libicu-dev", "pyicu", headers="unicode/", modules="icu-uc icu-i18n", cmake="ICU"),
    _row("libre2-dev", "google-re2 pyre2", headers="re2/", libraries="re2", modules="re2"),
    _row("libpcre3-dev", headers="pcre.h", libraries="pcre", modules="libpcre"),
    _row("libpcre2-dev", headers="pcre2.h", libraries="pcre2-8", modules="libpcre2-8"),
    _row("libhunspell-dev", "hunspell", headers="hunspell/ hunspell.hxx", modules="hunspell"),
    _row(
        "zlib1g-dev",
        "lxml pillow",
        headers="zlib.h zconf.h",
        libraries="z",
        modules="zlib",
        cmake="ZLIB",
    ),
    _row("liblzma-dev", headers="lzma.h", libraries="lzma", modules="liblzma", cmake="LibLZMA"),
    _row("libbz2-dev", headers="bzlib.h", libraries="bz2", cmake="BZip2"),
    _row("liblz4-dev", headers="lz4.h lz4frame.h", libraries="lz4", modules="liblz4"),
    _row("libzstd-dev", headers="zstd.h", libraries="zstd", modules="libzstd"),
    _row("libbrotli-dev", headers="brotli/", modules="libbrotlienc libbrotlidec"),
    _row(
        "libsnappy-dev",
        "python-snappy",
        headers="snappy-c.h snappy.h",
        libraries="snappy",
        modules="snappy",
        cmake="Snappy",
    ),
    _row("libblosc-dev", headers="blosc.h", libraries="blosc", modules="blosc"),
    _row("libmagic-dev", "python-magic file-magic", headers="magic.h", libraries="magic"),
    _row("libprotobuf-dev", headers="google/protobuf/", modules="protobuf", cmake="Protobuf"),
    # Maps
    _row(
        "libgdal-dev",
        "gdal fiona rasterio pygdal pyogrio",
        headers="gdal.h gdal_version.h cpl_conv.h cpl_port.h ogr_api.h ogr_core.h",
        libraries="gdal",
        modules="gdal",
        cmake="GDAL",
        programs="gdal-config",
    ),
    _row(
        "libgeos-dev",
        "shapely cartopy pygeos",
        headers="geos_c.h",
        libraries="geos_c",
        modules="geos",
        cmake="GEOS",
        programs="geos-config",
    ),
    _row(
        "libproj-dev",
        "pyproj cartopy",
        headers="proj.h",
        libraries="proj",
        modules="proj",
        cmake="PROJ",
    ),
    _row("proj-bin", "pyproj", programs="proj"),
    _row("libspatialite-dev", headers="spatialite.h", modules="spatialite"),
    # Numbers
    _row(
        "libopenblas-dev",
        "numpy scipy cvxopt scikit-learn",
        headers="cblas.h openblas_config.h",
        libraries="openblas blas lapack cblas",
        modules="openblas OpenBLAS blas lapack cblas",
        cmake="BLAS LAPACK OpenBLAS",
    ),
    _row(
        "libsuitesparse-dev",
        "cvxopt scikit-umfpack scikit-sparse",
        headers="suitesparse/ umfpack.h cholmod.h",
        libraries="umfpack cholmod amd colamd suitesparseconfig",
    ),
    _row(
        "libgmp-dev",
        "gmpy2 pycrypto fastecdsa",
        headers="gmp.h",
        libraries="gmp",
        modules="gmp",
    ),
    _row("libmpfr-dev", "gmpy2", headers="mpfr.h", libraries="mpfr", modules="mpfr"),
    _row("libmpc-dev", "gmpy2", headers="mpc.h", libraries="mpc"),
    _row("libfftw3-dev", "pyfftw", headers="fftw3.h", libraries="fftw3", modules="fftw3"),
    _row("libgsl-dev", "pygsl", headers="gsl/", libraries="gsl", modules="gsl", cmake="GSL"),
    _row("libglpk-dev", "glpk cvxopt", headers="glpk.h", libraries="glpk"),
    _row(
        "libopenmpi-dev",
        "mpi4py",
        headers="mpi.h",
        libraries="mpi",
        modules="ompi",
        cmake="MPI",
    ),
    _row(
        "libhdf5-dev",
        "h5py tables netcdf4",
        headers="hdf5.h",
        libraries="hdf5 hdf5_hl",
        modules="hdf5 HDF5",
        cmake="HDF5",
    ),
    _row(
        "libnetcdf-dev",
        "netcdf4",
        headers="netcdf.h",
        libraries="netcdf",
        modules="netcdf",
        cmake="netCDF",
        programs="nc-config",
    ),
    _row("libeigen3-dev", headers="Eigen/ eigen3/", modules="eigen3", cmake="Eigen3"),
    _row("libboost-all-dev", headers="boost/", cmake="Boost"),
    # Images, fonts, drawing
    _row(
        "libjpeg-dev",
        "pillow",
        headers="jpeglib.h",
        libraries="jpeg",
        modules="libjpeg",
        cmake="JPEG",
    ),
    _row(
        "libfreetype-dev",
        "matplotlib pillow",
        headers="ft2build.h freetype/",
        libraries="freetype",
        modules="freetype2",
        cmake="Freetype",
    ),
    _row("libpng-dev", headers="png.h", libraries="png", modules="libpng", cmake="PNG"),
    _row(
        "libtiff-dev",
        headers="tiff.h tiffio.h",
        libraries="tiff",
        modules="libtiff-4",
        cmake="TIFF",
    ),
    _row("libwebp-dev", headers="webp/", libraries="webp", modules="libwebp", cmake="WebP"),
    _row("liblcms2-dev", headers="lcms2.h", libraries="lcms2", modules="lcms2"),
    _row("libopenjp2-7-dev", headers="openjpeg.h", libraries="openjp2", modules="libopenjp2"),
    _row("libgif-dev", headers="gif_lib.h", libraries="gif", cmake="GIF"),
    _row("libqhull-dev", headers="libqhull_r/", modules="qhull_r"),
    _row(
        "libcairo2-dev",
        "pycairo pygobject",
        headers="cairo.h cairo/",
        libraries="cairo cairo-gobject",
        modules="cairo cairo-gobject",
    ),
    _row("libpango1.0-dev", headers="pango/", modules="pango pangocairo pangoft2"),
    _row(
        "libgirepository1.0-dev",
        headers="girepository.h",
        modules="gobject-introspection-1.0",
    ),
    _row("libgirepository-2.0-dev", "pygobject", modules="girepository-2.0"),
    _row(
        "libglib2.0-dev",
        headers="glib.h glib-object.h gio/",
        modules="glib-2.0 gobject-2.0 gio-2.0 gio-unix-2.0",
    ),
    _row(
        "libgraphviz-dev",
        "pygraphviz",
        headers="graphviz/ cgraph.h",
        libraries="cgraph gvc",
        modules="libcgraph libgvc",
    ),
    _row("libpoppler-cpp-dev", "pdftotext", headers="poppler/cpp/", modules="poppler-cpp"),
    _row("libopencv-dev", headers="opencv2/", modules="opencv4", cmake="OpenCV"),
    _row("libgl-dev", headers="GL/gl.h", libraries="GL", modules="gl", cmake="OpenGL"),
    _row(
        "libx11-dev",
        headers="X11/Xlib.h X11/Xutil.h",
        libraries="X11",
        modules="x11",
        cmake="X11",
    ),
    # Sound and video
    _row(
        "portaudio19-dev",
        "pyaudio",
        headers="portaudio.h",
        libraries="portaudio",
        modules="portaudio-2.0",
    ),
    _row(
        "libasound2-dev",
        "pyalsaaudio python-rtmidi",
        headers="alsa/",
        libraries="asound",
        modules="alsa",
        cmake="ALSA",
    ),
    _row("libsndfile1-dev", headers="sndfile.h", libraries="sndfile", modules="sndfile"),
    _row(
        "libavcodec-dev", "av", headers="libavcodec/", libraries="avcodec", modules="libavcodec"
    ),
    _row(
        "libavformat-dev",
        "av",
        headers="libavformat/",
        libraries="avformat",
        modules="libavformat",
    ),
    _row(
        "libavdevice-dev",
        "av",
        headers="libavdevice/",
        libraries="avdevice",
        modules="libavdevice",
    ),
    _row(
        "libavfilter-dev",
        "av",
        headers="libavfilter/",
        libraries="avfilter",
        modules="libavfilter",
    ),
    _row(
        "libswscale-dev", "av", headers="libswscale/", libraries="swscale", modules="libswscale"
    ),
    _row(
        "libswresample-dev",
        "av",
        headers="libswresample/",
        libraries="swresample",
        modules="libswresample",
    ),
    # Network
    _row(
        "libcurl4-openssl-dev",
        "pycurl",
        headers="curl/",
        libraries="curl",
        modules="libcurl",
        cmake="CURL",
        programs="curl-config",
    ),
    _row(
        "librdkafka-dev",
        "confluent-kafka",
        headers="librdkafka/",
        libraries="rdkafka",
        modules="rdkafka",
        cmake="RdKafka",
    ),
    _row("libzmq3-dev", headers="zmq.h", libraries="zmq", modules="libzmq", cmake="ZeroMQ"),
    _row(
        "libevent-dev",
        headers="event.h event2/",
        libraries="event",
        modules="libevent",
        cmake="Libevent",
    ),
    _row("libev-dev", headers="ev.h", libraries="ev"),
    _row("libuv1-dev", headers="uv.h", libraries="uv", modules="libuv"),
    _row("libc-ares-dev", headers="ares.h", libraries="cares", modules="libcares"),
    _row(
        "libpcap0.8-dev",
        headers="pcap.h pcap/",
        libraries="pcap",
        modules="libpcap",
        programs="pcap-config",
    ),
    _row("libgit2-dev", "pygit2", headers="git2.h", libraries="git2", modules="libgit2"),
    # The system
    _row("libffi-dev", "cffi", headers="ffi.h ffitarget.h", libraries="ffi", modules="libffi"),
    _row("libdbus-1-dev", "dbus-python", headers="dbus/", libraries="dbus-1", modules="dbus-1"),
    _row(
        "libsystemd-dev",
        "systemd-python",
        headers="systemd/",
        libraries="systemd",
        modules="libsystemd",
    ),
    _row(
        "libudev-dev", "pyudev hidapi", headers="libudev.h", libraries="udev", modules="libudev"
    ),
    _row(
        "libvirt-dev", "libvirt-python", headers="libvirt/", libraries="virt", modules="libvirt"
    ),
    _row(
        "libcups2-dev",
        "pycups",
        headers="cups/",
        libraries="cups",
        modules="cups",
        programs="cups-config",
    ),
    _row(
        "libusb-1.0-0-dev",
        "hidapi",
        headers="libusb-1.0/ libusb.h",
        libraries="usb-1.0",
        modules="libusb-1.0",
    ),
    _row("libfuse3-dev", "pyfuse3", headers="fuse3/", libraries="fuse3", modules="fuse3"),
    _row("libreadline-dev", headers="readline/", libraries="readline", modules="readline"),
    _row(
        "libncurses-dev",
        headers="ncurses.h curses.h",
        libraries="ncurses ncursesw tinfo",
        modules="ncurses",
        cmake="Curses",
    ),
    _row("uuid-dev", headers="uuid/", libraries="uuid", modules="uuid"),
)


def _index(
    names_of: Callable[[SystemPackage], Iterable[str]],
) -> Mapping[str, tuple[str, ...]]:
    """Return name -> the Debian packages that have it, in the order of the table."""
    index: dict[str, tuple[str, ...]] = {}
    for package in SYSTEM_PACKAGES:
        for name in names_of(package):
            index[name] = (*index.get(name, ()), package.debian)
    return index


_BY_HEADER = _index(lambda package: package.headers)
_BY_LIBRARY = _index(lambda package: package.libraries)
_BY_MODULE = _index(lambda package: package.modules)
_BY_CMAKE_NAME = _index(lambda package: map(str.lower, package.cmake))
_BY_PROGRAM = _index(lambda package: package.programs)
_BY_PYTHON_PACKAGE = _index(lambda package: package.used_by)


def packages_of_header(header: str) -> tuple[str, ...]:
    """Return the Debian package of a C header; empty if it is not known."""
    return _BY_HEADER.get(header) or _BY_HEADER.get(f"{header.partition('/')[0]}/", ())


def packages_of_library(name: str) -> tuple[str, ...]:
    """Return the Debian package of a library, as pkg-config, CMake or the linker names it."""
    return (
        _BY_MODULE.get(name)
        or _BY_LIBRARY.get(name)
        or _BY_CMAKE_NAME.get(name.lower())
        or _BY_LIBRARY.get(name.removeprefix("lib"), ())
    )


def packages_of_program(program: str) -> tuple[str, ...]:
    """Return the Debian package of a program; empty if it is not known."""
    return _BY_PROGRAM.get(program, ())


def package_of_python_headers(minor: str | None) -> str:
    """Return the package with Python.h for the system's Python, such as 3.12."""
    return f"python{minor or 3}-dev"


def packages_for(python_package: str, missing: Sequence[str]) -> tuple[str, ...]:
    """Return all Debian packages to install if a build lacks those in `missing`.

    Builds stop at the first missing header, so the others that the package is known to need
    are added.
    """
    known = _BY_PYTHON_PACKAGE.get(canonicalize_name(python_package), ())
    return tuple(dict.fromkeys((*missing, *known)))
