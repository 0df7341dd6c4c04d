"""Packages whose build from source fails."""

from __future__ import annotations

from pathlib import Path

from integration.field.table import Advice, Case, Prepare, add
from integration.packages import sdist, source

_APP = "An app that cannot be built as a package"
_OTHER_TOOLS = "Dependencies that only other tools read"
_LACKS = "A build that lacks a header, a library or a program"
_MODULE = "A build that lacks another package"
_OLD = "A package that is too old for this Python"
_LINES = "A build that fails for a reason that Slipway does not know"

_WEB = {"Procfile": "web: python -m http.server $PORT\n"}
_LINKS = {"PIP_FIND_LINKS": "wheels"}
_WITHOUT_PKG_CONFIG_FILES = {"PKG_CONFIG_LIBDIR": "/nowhere"}
"""As on an image without any -dev package."""
_NOT_BUILT = "The app could not be built as a package"
_NO_TABLE = "pyproject.toml does not list the app's dependencies"
_BUILD_SYSTEM = '[build-system]\nrequires = ["setuptools"]\n'
_PROJECT = '[project]\nname = "harbour"\nversion = "1"\ndependencies = ["six"]\n'
_FLAT = f'{_PROJECT}{_BUILD_SYSTEM}build-backend = "setuptools.build_meta"\n'
_FIND = '[tool.setuptools.packages.find]\ninclude = ["blog*", "shop*"]\n'
_SETUP = "from setuptools import setup\nsetup(name='harbour-anchor', version='1.0')\n"
_EXTENSION = (
    "from setuptools import Extension, setup\n"
    "code = Extension('anchor', ['code.c'], libraries={libraries})\n"
    "setup(name='harbour-anchor', version='1.0', ext_modules=[code])\n"
)


def _sdist(setup: str, **files: str) -> Prepare:
    """Return a function that writes an sdist with a setup.py to a folder of the app."""

    def prepare(build: Path) -> None:
        (build / "wheels").mkdir()
        content = {**source("harbour-anchor", "1.0"), "setup.py": setup, **files}
        sdist(build / "wheels", "harbour-anchor", "1.0", content)

    return prepare


def _vendored(setup: str, code: str = "") -> dict[str, str]:
    files = {**_WEB, "requirements.txt": "", "vendor/anchor/setup.py": setup}
    return {**files, "vendor/anchor/code.c": code} if code else files


_REQUIRED = {**_WEB, "requirements.txt": "six\nharbour-anchor\n"}

add(
    Case(
        kind=_APP,
        name="setup-py-raises",
        title=_NOT_BUILT,
        says=("FileNotFoundError: [Errno 2] No such file or directory: 'README.rst'",),
        never_says=("the app itself", "vendor the wheel", "build_meta.py"),
        advice=(
            Advice(
                text="list its dependencies in requirements.txt",
                files={"requirements.txt": "", **_WEB},
            ),
        ),
        result="Shows the exception, and how the app need not be built",
        is_long=True,
    ),
    Case(
        kind=_APP,
        name="pp-flat-multi",
        title="setuptools does not know which packages to install",
        says=("It has the packages blog and shop",),
        never_says=("the app itself",),
        advice=(
            Advice(text=_FIND.strip(), files={"pyproject.toml": f"{_FLAT}{_FIND}"}),
            Advice(
                text="remove [build-system] from pyproject.toml",
                files={"pyproject.toml": _PROJECT},
            ),
        ),
        result="Gives the lines to write",
        is_long=True,
    ),
    Case(
        kind=_APP,
        name="several-modules-at-the-top",
        files={**_WEB, "pyproject.toml": _FLAT, "ropes.py": "", "knots.py": ""},
        title="setuptools does not know which modules to install",
        advice=(
            Advice(
                text='[tool.setuptools] py-modules = ["knots", "ropes"]',
                files={
                    "pyproject.toml": f"{_FLAT}[tool.setuptools]\n"
                    'py-modules = ["knots", "ropes"]\n'
                },
            ),
        ),
        result="Gives the lines to write",
        is_long=True,
    ),
    Case(
        kind=_APP,
        name="app-with-an-unknown-backend",
        files={
            **_WEB,
            "pyproject.toml": f"{_PROJECT}[build-system]\nrequires = []\n"
            'build-backend = "yard"\n',
        },
        title=_NOT_BUILT,
        advice=(
            Advice(
                text="Slipway then installs the dependencies in [project], and does not build",
                files={"pyproject.toml": _PROJECT},
            ),
        ),
        result="Shows the backend's own words",
        is_long=True,
    ),
    Case(
        kind=_OTHER_TOOLS,
        name="pp-poetry-nonpkg",
        result="Installs the dependencies of `[tool.poetry]`, and serves `ok`",
        says=("Dependencies from pyproject.toml",),
        page="ok",
        is_long=True,
    ),
    Case(
        kind=_OTHER_TOOLS,
        name="pipfile-beside-a-pyproject",
        files={
            "Procfile": "web: python -m http.server $PORT\n",
            "pyproject.toml": "[tool.black]\n",
            "Pipfile": "[packages]\nsix='*'\n",
        },
        says=("Dependencies from Pipfile",),
        result="Installs the packages of the Pipfile",
        is_long=True,
    ),
    Case(
        kind=_OTHER_TOOLS,
        name="conda-beside-a-pyproject",
        files={
            **_WEB,
            "pyproject.toml": "[tool.ruff]\n",
            "environment.yml": "dependencies: [six]\n",
        },
        title=_NO_TABLE,
        says=("Slipway does not read environment.yml (conda)",),
        result="Names conda, and gives the command",
        is_long=True,
    ),
    Case(
        kind=_OTHER_TOOLS,
        name="dependency-groups-alone",
        files={**_WEB, "pyproject.toml": '[dependency-groups]\ndev = ["six"]\n'},
        title=_NO_TABLE,
        says=("Its dependency groups (dev) are not installed unless the setting",),
        advice=(
            Advice(
                text='name it: [tool.slipway] groups = ["dev"]',
                files={
                    "pyproject.toml": '[dependency-groups]\ndev = ["six"]\n'
                    '[tool.slipway]\ngroups = ["dev"]\n'
                },
            ),
            Advice(
                text='add a [project] table with the dependencies: [project] name = "app"',
                files={
                    "pyproject.toml": '[project]\nname = "app"\nversion = "1"\n'
                    'dependencies = ["six"]\n'
                },
            ),
        ),
        result="Says that groups are not installed, and how to install one",
        is_long=True,
    ),
    Case(
        kind=_LACKS,
        name="hdr-pycairo",
        environment=_WITHOUT_PKG_CONFIG_FILES,
        title="Building pycairo needs the library cairo",
        says=(
            "pycairo, which requirements.txt:1 requires, is built from its source",
            "the Debian package libcairo2-dev",
        ),
        never_says=("on this image",),
        result="Names the Debian package of the library that Meson does not find",
        is_long=True,
    ),
    Case(
        kind=_LACKS,
        name="library-that-the-linker-does-not-find",
        files=_vendored(_EXTENSION.format(libraries=["anchor-chain"]), "int anchor;\n"),
        title="Building vendor/anchor needs the library anchor-chain",
        result="Names the library",
        is_long=True,
    ),
    Case(
        kind=_LACKS,
        name="header-in-another-folder",
        is_long=True,
        files=_vendored(_EXTENSION.format(libraries=[]), "#include <if_tun.h>\nint anchor;\n"),
        title="Building vendor/anchor needs if_tun.h",
        says=("There is a header of this name in /usr/include/linux",),
        advice=(
            Advice(
                text="CFLAGS=-I/usr/include/linux",
                config_vars={"CFLAGS": "-I/usr/include/linux"},
            ),
        ),
        result="Says where the header is, and how the compiler finds it",
    ),
    Case(
        kind=_LACKS,
        name="program-that-a-script-does-not-find",
        files=_REQUIRED,
        prepare=_sdist(
            f"import subprocess\nsubprocess.run(['mysql_config', '--libs'])\n{_SETUP}"
        ),
        config_vars=_LINKS,
        environment={"PATH": "$BUILD/nowhere:/usr/local/sbin:/usr/sbin:/bin:/usr/bin"},
        title="Building harbour-anchor needs mysql_config",
        says=(
            "harbour-anchor, which requirements.txt:2 requires, is built",
            "the Debian package default-libmysqlclient-dev",
        ),
        result="Names the Debian package of the program",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="setup-py-imports-pkg-resources",
        files=_REQUIRED,
        prepare=_sdist(f"import pkg_resources\n{_SETUP}"),
        config_vars=_LINKS,
        title="Building harbour-anchor needs the module pkg_resources",
        advice=(
            Advice(
                text="set the config variable PIP_BUILD_CONSTRAINT=build-constraints.txt",
                commands="echo 'setuptools<81' > build-constraints.txt",
                config_vars={"PIP_BUILD_CONSTRAINT": "build-constraints.txt"},
            ),
        ),
        never_says=("uv pip install",),
        result="Says how builds get an older setuptools",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="setup-py-imports-cython",
        files=_REQUIRED,
        prepare=_sdist(f"from Cython.Build import cythonize\n{_SETUP}"),
        config_vars=_LINKS,
        title="Building harbour-anchor needs the module Cython",
        never_says=("uv pip install", "extra-build-dependencies"),
        result="Says that the package does not require it",
        is_long=True,
    ),
    Case(
        kind=_MODULE,
        name="vendored-setup-py-imports-another-package",
        files=_vendored(f"import six\n{_SETUP}"),
        title="Building vendor/anchor needs the module six",
        advice=(
            Advice(
                text="Require what has the module in vendor/anchor/pyproject.toml, for example:"
                ' [build-system] requires = ["setuptools", "six"]',
                files={
                    "vendor/anchor/pyproject.toml": "[build-system]\n"
                    'requires = ["setuptools", "six"]\n'
                },
            ),
        ),
        result="Gives the lines to write",
        is_long=True,
    ),
    Case(
        kind=_OLD,
        name="setup-py-of-python-2",
        files=_vendored(f'{_SETUP}print "built"\n'),
        title="vendor/anchor is too old for Python 3.13",
        says=("Its build is written for Python 2", "Missing parentheses in call to 'print'"),
        result="Says that it is written for Python 2",
        is_long=True,
    ),
    Case(
        kind=_OLD,
        name="setup-py-imports-a-module-of-python-2",
        files=_REQUIRED,
        prepare=_sdist(f"import ConfigParser\n{_SETUP}"),
        config_vars=_LINKS,
        title="harbour-anchor is too old for Python 3.13",
        says=("imports the module ConfigParser of Python 2", "requirements.txt:2"),
        never_says=("uv pip install", "extra-build-dependencies", "add ConfigParser"),
        result="Says that it is written for Python 2",
        is_long=True,
    ),
    Case(
        kind=_LINES,
        name="error-before-many-warnings",
        files=_vendored(
            "import sys\nprint('error: the chain is broken')\n"
            "for number in range(90):\n    print(f'DeprecationWarning: link {number} is old')\n"
            f"sys.exit('stopped')\n{_SETUP}"
        ),
        title="A vendored package could not be built",
        says=("Slipway does not know why", "error: the chain is broken", "stopped"),
        never_says=("link 89 is old",),
        result="Shows the error, and not the warnings after it",
        is_long=True,
    ),
    Case(
        kind=_LINES,
        name="error-of-a-package-from-an-index",
        files=_REQUIRED,
        prepare=_sdist("raise RuntimeError('no chain')\n"),
        config_vars=_LINKS,
        title="harbour-anchor could not be built",
        says=(
            "harbour-anchor, which requirements.txt:2 requires, is built from its source",
            "RuntimeError: no chain",
        ),
        never_says=("build_meta.py", "uv pip install"),
        result="Shows the exception, and no frames of the installer",
        is_long=True,
    ),
)
