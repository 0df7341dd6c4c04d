"""An index with a password, and the search for that password in what a build leaves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from integration.classic_platform import Platform, Result
from integration.index import Index, served
from integration.packages import sdist, source, wheel, write_tree
from integration.planted import Secrets, assert_only_there
from integration.scenario import PROCFILE

TOKEN = "s3cr3t/t0k&n-Z"  # noqa: S105  # of the test index
USER = f"ci:{TOKEN}"
ENCODED = f"ci:{quote(TOKEN, safe='')}@"
SECRETS = Secrets({"the index": TOKEN})


@contextmanager
def private_index(folder: Path) -> Iterator[Index]:
    index = Index(user=USER)
    index.add_setuptools()
    index.add(wheel(folder, "anchor", "1.0"))
    index.add(sdist(folder, "boat", "1.0", source("boat", "1.0")))
    with served(index):
        yield index


def assert_no_trace(*folders: Path, result: Result) -> None:
    assert_only_there(
        SECRETS, {"the output": result.all}, {folder: frozenset() for folder in folders}
    )


def compile_with(
    platform: Platform, build: Path, requirements: str, config_vars: dict[str, str]
) -> Result:
    write_tree(build, {**PROCFILE, "requirements.txt": requirements})
    return platform.compile(build, {"SLIPWAY_BUNDLE_PYTHON": "false", **config_vars})
