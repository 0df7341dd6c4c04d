"""Requirement sets of the size of real applications, and the projects that lock them."""

from __future__ import annotations

import csv
import json
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path

from packaging.utils import canonicalize_name

from integration.classic_platform import UV
from integration.index import addresses_of_the_index
from integration.locking_tools import tool
from integration.packages import sha256, write_tree

PYTHON = f"3.{sys.version_info.minor}"
"""The tests' own Python, which is on the image, builds each set."""
EVERYWHERE = (
    "pywin32; sys_platform == 'win32'",
    "appnope; sys_platform == 'darwin'",
    "uvloop; sys_platform != 'win32' and implementation_name == 'cpython'",
    "backports-strenum; python_version < '3.11'",
    "legacy-cgi; python_version >= '3.13'",
)
"""Requirements that are not for every Python and platform.

Nothing else requires them in all environments: Pipenv would lock no version of them.
"""
SETS: Mapping[str, tuple[str, ...]] = {
    "pandas": (
        "pandas[excel,parquet]",
        "sqlalchemy",
        "psycopg[binary]",
        "jupyterlab",
        "matplotlib",
        "seaborn",
        "statsmodels",
        "dask[dataframe]",
    ),
    "wagtail": (
        "wagtail<8",
        "django-storages[s3,google,azure]",
        "django-allauth[socialaccount,mfa]",
        "django-debug-toolbar",
        "django-extensions",
        "django-import-export[all]",
        "djangorestframework",
        "drf-spectacular",
        "django-filter",
        "django-redis",
        "wagtail-localize",
        "sentry-sdk[django]",
        "psycopg[binary]",
        "whitenoise[brotli]",
        "gunicorn",
        "weasyprint",
        "stripe",
        "ipython",
        "pytest-django",
    ),
    "celery": (
        "celery[redis,sqs,msgpack]",
        "flower",
        "django-celery-beat",
        "django-celery-results",
        "channels[daphne]",
        "channels-redis",
        "opentelemetry-distro[otlp]",
        "opentelemetry-instrumentation-django",
        "opentelemetry-instrumentation-celery",
        "fastapi[standard]",
        "sqlalchemy[asyncio]",
        "alembic",
        "aiohttp[speedups]",
        "boto3",
        "elasticsearch",
        "pymongo[srv]",
        "kafka-python",
        "psycopg[binary,pool]",
    ),
    "gis": (
        "geopandas",
        "rasterio",
        "folium",
        "osmnx",
        "contextily",
        "rioxarray",
        "cartopy",
        "xarray[io]",
        "djangorestframework-gis",
        "django-leaflet",
        "mapclassify",
        "pystac-client",
        "owslib",
        "notebook",
    ),
    "machine_learning": (
        "scikit-learn",
        "lightgbm",
        "mlflow",
        "transformers",
        "datasets",
        "onnxruntime",
        "imbalanced-learn",
        "optuna",
        "spacy",
        "nltk",
        "gensim",
    ),
    "private": (
        "django>=5,<6",
        "harbour-rates",
        "google-cloud-storage",
        "google-cloud-bigquery",
        "azure-storage-blob",
        "azure-identity",
        "boto3[crt]",
        "apache-airflow-client",
        "opentelemetry-distro[otlp]",
        "fastapi[standard]",
        "celery[redis]",
        "jupyterlab",
    ),
}
PRIVATE = "harbour-rates"
"""The package that only the private index has, and its name."""
INDEX_NAME = "harbour"

_PYPROJECT = """\
[project]
name = "harbour"
version = "1.0"
requires-python = ">={python},<4.0"
dependencies = {dependencies}

[tool.uv]
package = false

[tool.poetry]
package-mode = false

[tool.pdm]
distribution = false

# Without a source, Poetry asks an API that only one public index has.
[[tool.poetry.source]]
name = "default"
url = "{default}"
priority = "primary"
"""
_PRIVATE_SOURCES = """\

[tool.uv.sources]
harbour-rates = {{ index = "harbour" }}

[[tool.uv.index]]
name = "harbour"
url = "{url}"
explicit = true

[[tool.poetry.source]]
name = "harbour"
url = "{url}"
priority = "explicit"

[tool.poetry.dependencies]
harbour-rates = {{ source = "harbour" }}

[[tool.pdm.source]]
name = "harbour"
url = "{url}"
exclude_packages = ["*"]
include_packages = ["harbour-*"]

[[tool.pdm.source]]
name = "pypi"
url = "{default}"
exclude_packages = ["harbour-*"]
"""


def project(name: str, by: str, private_index: str = "") -> dict[str, str]:
    """Return the files of a project with the requirements of a set, for one tool.

    `private_index` is the address of the index of PRIVATE.
    """
    if by in ("pdm", "pipenv"):  # they have no variables for passwords
        of_user = "${HARBOUR_USER}:${HARBOUR_TOKEN}@"
        private_index = private_index.replace("://", f"://{of_user}")
    requirements = (*SETS[name], *EVERYWHERE)
    always = {
        "Procfile": "web: python -m http.server $PORT\n",
        ".python-version": f"{platform.python_version()}\n",
    }
    if by == "pipenv":
        return {**always, "Pipfile": _pipfile(requirements, private_index)}
    text = _PYPROJECT.format(
        python=PYTHON,
        dependencies=json.dumps(requirements, indent=4),
        default=addresses_of_the_index()[0],
    )
    if private_index:
        text += _PRIVATE_SOURCES.format(url=private_index, default=addresses_of_the_index()[0])
    return {**always, "pyproject.toml": text}


def _pipfile(requirements: tuple[str, ...], private_index: str) -> str:
    from packaging.requirements import Requirement

    lines = [
        f'[[source]]\nname = "pypi"\nurl = "{addresses_of_the_index()[0]}"\nverify_ssl = true\n'
    ]
    if private_index:
        lines.append(
            f'[[source]]\nname = "{INDEX_NAME}"\nurl = "{private_index}"\nverify_ssl = true\n'
        )
    lines.append("[packages]")
    for requirement in map(Requirement, requirements):
        values = {"version": str(requirement.specifier) or "*"}
        table: dict[str, object] = {**values}
        if requirement.extras:
            table["extras"] = sorted(requirement.extras)
        if requirement.marker:
            table["markers"] = str(requirement.marker)
        if requirement.name == PRIVATE:
            table["index"] = INDEX_NAME
        inline = ", ".join(f"{key} = {json.dumps(value)}" for key, value in table.items())
        lines.append(f"{requirement.name} = {{ {inline} }}")
    return "\n".join([*lines, "", "[requires]", f'python_version = "{PYTHON}"', ""])


Run = Callable[..., None]


def runner(folder: Path, env: Mapping[str, str]) -> Run:
    """Return a function that runs a program in a folder, and shows its output if it fails."""

    def run(*argv: str | Path, **more: str) -> None:
        done = subprocess.run(
            [*map(str, argv)],
            cwd=folder,
            env={**env, **more},
            check=False,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, f"{argv}\n{done.stdout}\n{done.stderr}"

    return run


LOCKS = {"uv": "uv.lock", "poetry": "poetry.lock", "pdm": "pdm.lock", "pipenv": "Pipfile.lock"}
"""The lock that each tool writes."""


def lock(by: str, folder: Path, env: Mapping[str, str]) -> dict[str, str]:
    """Lock the project in a folder with its own tool, and return its lock by name."""
    run = runner(folder, env)
    match by:
        case "uv":
            run(tool("uv"), "lock", "--python", sys.executable)
        case "poetry":
            run(tool("poetry"), "lock", "--no-interaction", POETRY_VIRTUALENVS_CREATE="false")
        case "pdm":
            run(tool("pdm"), "lock")
        case _:
            run(tool("pipenv"), "lock", "--python", sys.executable)
    return {LOCKS[by]: (folder / LOCKS[by]).read_text("utf-8")}


def install_with_owner(by: str, folder: Path, env: Mapping[str, str]) -> Path:
    """Install a lock as its own tool does, and return the virtual environment."""
    run = runner(folder, env)
    made = folder / ".venv"
    run(UV / "uv", "venv", "--quiet", "--python", sys.executable, made)
    python = made / "bin" / "python"
    with_venv = {"VIRTUAL_ENV": str(made), "PATH": f"{made / 'bin'}:{env['PATH']}"}
    match by:
        case "uv":
            run(tool("uv"), "sync", "--frozen", "--no-dev", "--python", python)
        case "poetry":
            run(tool("poetry"), "export", "--output", "exported.txt")
            uv_pip = (UV / "uv", "pip", "install", "--python", python, "--no-deps")
            run(*uv_pip, "--require-hashes", "--requirement", "exported.txt")
        case "pdm":
            run(tool("pdm"), "sync", "--prod", "--no-self", **with_venv)
        case _:
            run(tool("pipenv"), "sync", PIPENV_IGNORE_VIRTUALENVS="0", **with_venv)
    return made


NOT_COMPARED = frozenset(
    {
        *("RECORD", "INSTALLER", "REQUESTED", "direct_url.json", "uv_cache.json"),
        *("uv_build.json", "_virtualenv.py", "_virtualenv.pth"),
    }
)
"""Files that say who installed a package, and how."""
_OF_VENV = re.compile(
    r"bin/((de)?activate|Activate|python|pydoc)|"
    r"(pyvenv\.cfg|CACHEDIR\.TAG|\.gitignore|\.lock|lock\.txt)$"
)
"""Files of the virtual environment itself, and what Slipway writes there."""


def installed_files(venv: Path, without: Collection[str] = ()) -> dict[str, str]:
    """Return the files of the packages in a virtual environment, with their hashes.

    The files of the packages `without` are left out, and of programs only the names count.
    """
    [packages] = venv.glob("lib/python3*/site-packages")
    left_out = {
        (packages / file[0]).resolve()
        for name, folder in _metadata(packages).items()
        if name in without
        for file in csv.reader((folder / "RECORD").read_text("utf-8").splitlines())
    }
    files = {str(path.relative_to(venv)): path for path in _files(venv)}
    return {
        name: "" if name.startswith("bin/") else sha256(path)
        for name, path in files.items()
        if not _OF_VENV.match(name) and path.resolve() not in left_out
    }


def distributions(venv: Path) -> set[str]:
    [packages] = venv.glob("lib/python3*/site-packages")
    return {*_metadata(packages)}


def _metadata(packages: Path) -> dict[str, Path]:
    return {
        canonicalize_name(path.name.split("-")[0]): path
        for path in packages.glob("*.dist-info")
    }


def _files(folder: Path) -> Iterator[Path]:
    for parent, folders, names in os.walk(folder):
        if "__pycache__" in folders:
            folders.remove("__pycache__")
        for name in names:
            if name not in NOT_COMPARED and not name.endswith(".pyc"):
                yield Path(parent, name)


def write_project(folder: Path, files: Mapping[str, str]) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    return write_tree(folder, dict(files))
