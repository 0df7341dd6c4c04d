"""Variables that the platform, the builder or an earlier buildpack sets."""

from __future__ import annotations

import subprocess
from pathlib import Path

from integration.field.table import Case, TestedElsewhere, add
from integration.packages import write_tree

KIND = "What the platform or an earlier buildpack has set"
APT = ".apt/usr"
"""The folder in which Heroku's apt buildpack installs packages."""
PROFILE = {
    ".profile.d/000_apt.sh": f'export LD_LIBRARY_PATH="$HOME/{APT}/lib"\n',
}


def compile_library(folder: Path, name: str, code: str) -> None:
    """Compile a shared library as a Debian package installs it, with the link for linkers."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"lib{name}.so.1"
    argv = ["cc", "-shared", "-fPIC", f"-Wl,-soname,{file.name}", "-o", str(file), "-xc", "-"]
    subprocess.run(argv, input=code, text=True, check=True)
    (folder / f"lib{name}.so").symlink_to(file.name)


def _any_python(build: Path) -> None:
    """Use a Python of this machine, so that the test downloads none."""
    (build / ".python-version").unlink()


def _install_toyans(build: Path) -> None:
    compile_library(build / APT / "lib", "toyans", "int answer(void) { return 42; }")
    write_tree(build, PROFILE)


def install_qq(build: Path) -> None:
    """Install a library with its header and its file for pkg-config, which names the build."""
    prefix = build / APT
    compile_library(prefix / "lib", "qq", "int qq(void) { return 7; }")
    pkg_config = f"Name: qq\nDescription: seven\nVersion: 1\nCflags: -I{prefix}/include\n"
    pkg_config += f"Libs: -L{prefix}/lib -lqq\n"
    files = {
        f"{APT}/include/q.h": "int qq(void);\n",
        f"{APT}/lib/pkgconfig/qq.pc": pkg_config,
    }
    write_tree(build, {**files, **PROFILE})


CEXT = """\
#include <Python.h>
#include "q.h"
static struct PyModuleDef m = {PyModuleDef_HEAD_INIT, "cext", 0, -1, 0};
PyMODINIT_FUNC PyInit_cext(void) {
  PyObject *x = PyModule_Create(&m);
  PyModule_AddIntConstant(x, "v", qq());
  return x;
}
"""
SETUP_PY = """\
from setuptools import Extension, setup

extension = Extension("cext", ["cext.c"], libraries=["qq"])
setup(name="cext", version="1", ext_modules=[extension])
"""
BY_PKG_CONFIG = """\
import shlex, subprocess
from setuptools import Extension, setup

def ask(option):
    return shlex.split(subprocess.check_output(["pkg-config", option, "qq"], text=True))

extension = Extension(
    "cext", ["cext.c"], extra_compile_args=ask("--cflags"), extra_link_args=ask("--libs")
)
setup(name="cext", version="1", ext_modules=[extension])
"""
READS_VARIABLES = """\
import os
assert os.environ["DATABASE_URL"] == "postgres://db.example/one", "from the builder"
assert os.environ["NODE_ENV"] == "development", "the config variable wins"
assert os.environ["CPATH"] == "/builder/include", "a refused config variable hides nothing"
assert "BASH_ENV" not in os.environ
"""

add(
    Case(
        kind=KIND,
        name="apt-headers",
        result="Builds `./ext` with the header that the apt buildpack has installed",
        prepare=_any_python,
        environment={"CPATH": f"$BUILD/{APT}/include"},
        says=("ext 1 from ext",),
        runs="python -c 'import ext; print(ext.__name__)'",
        prints=("ext",),
        is_long=True,
    ),
    Case(
        kind=KIND,
        name="loads-apt-library",
        result="Builds static files although the settings load a library of the apt buildpack",
        prepare=_install_toyans,
        environment={"LD_LIBRARY_PATH": f"$BUILD/{APT}/lib"},
        says=("static files copied",),
        page="<h1>Harbour</h1>",
        is_long=True,
    ),
    TestedElsewhere(
        kind=KIND,
        name="image-c-ext",
        result="Builds `vendor/cext` with the header and library in the layer of an earlier "
        "buildpack, which set `CPATH` and `LIBRARY_PATH`",
        test="platforms/test_earlier_buildpack.py::"
        "test_a_c_extension_is_built_with_the_layer_of_an_earlier_buildpack",
    ),
    Case(
        kind=KIND,
        name="apt-library-by-path",
        result="Links `vendor/cext` with a library on `LIBRARY_PATH`",
        files={
            "requirements.txt": "",
            "vendor/cext/setup.py": SETUP_PY,
            "vendor/cext/cext.c": CEXT,
        },
        prepare=install_qq,
        environment={
            "CPATH": f"$BUILD/{APT}/include",
            "LIBRARY_PATH": f"$BUILD/{APT}/lib",
            "LD_LIBRARY_PATH": f"$BUILD/{APT}/lib",
        },
        runs="python -c 'import cext; print(cext.v)'",
        prints=("7",),
        is_long=True,
    ),
    Case(
        kind=KIND,
        name="apt-library-by-pkg-config",
        result="Links `vendor/cext` with a library that pkg-config finds on `PKG_CONFIG_PATH`",
        files={
            "requirements.txt": "",
            "vendor/cext/setup.py": BY_PKG_CONFIG,
            "vendor/cext/cext.c": CEXT,
        },
        prepare=install_qq,
        environment={"PKG_CONFIG_PATH": f"$BUILD/{APT}/lib/pkgconfig"},
        runs="python -c 'import cext; print(cext.v)'",
        prints=("7",),
        is_long=True,
    ),
    Case(
        kind=KIND,
        name="docker-run-env",
        result="Variables of `docker run --env` and of a `.env` file reach hooks; config "
        "variables win",
        files={
            "requirements.txt": "",
            "bin/post_compile": f"python - <<'END'\n{READS_VARIABLES}END\n",
            "Procfile": "web: python -m http.server $PORT\n",
        },
        environment={
            "DATABASE_URL": "postgres://db.example/one",
            "NODE_ENV": "production",
            "CPATH": "/builder/include",
            "BASH_ENV": "/builder/profile",
        },
        config_vars={"NODE_ENV": "development", "CPATH": "/app/include"},
        says=("Ignoring the config variable CPATH",),
        is_long=True,
    ),
)

add(
    Case(
        kind=KIND,
        name="variables-of-another-python",
        files={
            "requirements.txt": "six\n",
            "Procfile": "web: python -m http.server $PORT\n",
        },
        environment={
            "PYTHONEXECUTABLE": "/opt/python/bin/python3",
            "PYTHONHOME": "/opt/python",
            "__PYVENV_LAUNCHER__": "/opt/python/bin/python3",
        },
        runs='python -c "import six; print(six.__file__)"',
        prints=("/.slipway/venv/",),
        is_classic=True,
        result="Have no effect",
        is_long=True,
    ),
)
