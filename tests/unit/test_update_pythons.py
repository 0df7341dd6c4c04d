"""A new series of Python is data: a script adds it to tables, and everything else follows."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from zipfile import ZipFile

import pytest

from conftest import ROOT
from slipway.domain.python.series import MINORS, SERIES
from slipway.errors.python import ADVISED

TABLES = ("domain/python/series.py", "domain/python/django_pythons.py", "errors/python.py")
CYCLE = {
    "3.17": {"first_release": "2028-10-03", "end_of_life": "2033-10"},
    "3.16": {"first_release": "2027-10-05", "end_of_life": "2032-10"},
    "3.15": {"first_release": "2026-10-01", "end_of_life": "2031-10"},
    "3.10": {"first_release": "2021-10-04", "end_of_life": "2026-10-31"},
    "3.9": {"first_release": "2020-10-05", "end_of_life": "2025-10-31"},
}
DOWNLOADS = (
    *("3.17.0a1", "3.16.0", "3.16.2", "3.16.10", "3.15.2", "3.10.22", "3.9.25"),
    *("3.16.99 freethreaded", "3.16.98 pypy"),
)
FOLLOWS = """
import json
from slipway.domain.locks import fit
from slipway.domain.python import kinds, requests, selection
from slipway.domain.python.django_pythons import named_pythons
from slipway.domain.requirements import locked
from slipway.errors.python import ADVISED
from slipway.steps.plan import other_sources
from slipway.toolchains.pip_tools.pip import target_of

old = selection.parse_version("3.14", ".python-version")
new = selection.parse_version(">=3.16", "requires-python in pyproject.toml")
print(json.dumps({
    "lock": fit._PYTHONS[0],
    "other lock": other_sources._versions(new),
    "pip": target_of("3.16.1").supported[0],
    "nearest": requests.contradiction(old, new).nearest[0],
    "named": kinds.named("3.16-dev"),
    "advised": ADVISED,
    "django": [named_pythons("6.1.4"), named_pythons("7.0")],
}))
"""


def test_the_tables_are_in_order_and_the_advised_is_the_newest_but_one() -> None:
    numbers = [int(minor.partition(".")[2]) for minor in MINORS]
    assert numbers == [*range(numbers[0], numbers[-1] - 1, -1)]
    assert MINORS[1] == ADVISED
    for series in SERIES:
        assert series.newest.rpartition(".")[0] == series.minor
        assert 4 < (series.support_ends - series.released).days / 365 < 6


def copy_with_pages(root: Path) -> Path:
    """Copy Slipway's library with its script, and write an index of Django and a cycle."""
    copy, pages = root / "slipway", root / "pages"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "lib" / "slipway", copy / "lib" / "slipway", ignore=ignored)
    (copy / "vendor").mkdir()
    shutil.copy(ROOT / "vendor" / "update_pythons.py", copy / "vendor")
    for wheel in (ROOT / "vendor").glob("*.whl"):
        (copy / "vendor" / wheel.name).symlink_to(wheel)
    (pages / "simple" / "django").mkdir(parents=True)
    (pages / "release-cycle.json").write_text(json.dumps(CYCLE))
    (pages / "simple" / "django" / "index.html").write_text(
        "".join(
            f'<a href="{wheel_of_django(pages / "simple" / "django", version, newest)}">x</a>'
            for version, newest in (("6.1.3", 99), ("6.1.4", 16), ("7.0", 16), ("7.0rc1", 15))
        )
    )
    uv = copy / "uv"
    listed = [
        {
            "version": version,
            "implementation": "pypy" if kind == "pypy" else "cpython",
            "variant": kind if kind == "freethreaded" else "default",
        }
        for version, _, kind in (one.partition(" ") for one in DOWNLOADS)
    ]
    uv.write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(listed)}\nEND\n")
    uv.chmod(0o755)
    return copy


def wheel_of_django(folder: Path, version: str, newest: int) -> str:
    name = f"django-{version}-py3-none-any.whl"
    lines = "".join(
        f"Classifier: Programming Language :: Python :: 3.{minor}\n"
        for minor in (newest, 12, 13)
    )
    metadata = f"Metadata-Version: 2.4\nName: Django\nVersion: {version}\n{lines}"
    with ZipFile(folder / name, "w") as wheel:
        wheel.writestr(f"django-{version}.dist-info/METADATA", metadata)
        wheel.writestr(f"django-{version}.dist-info/WHEEL", "Wheel-Version: 1.0\n")
    return name


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_arguments: object) -> None:
        """Log nothing."""


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    (tmp_path / "pages").mkdir()
    handler = partial(Quiet, directory=str(tmp_path / "pages"))
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


def update(copy: Path, address: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-B", str(copy / "vendor" / "update_pythons.py"), *arguments]
    argv += ["--uv", str(copy / "uv"), "--release-cycle", f"{address}/release-cycle.json"]
    env = {
        "PATH": "/usr/bin:/bin",
        "HOME": str(copy),
        "PIP_INDEX_URL": f"{address}/simple",
        "PIP_CONFIG_FILE": "/dev/null",
    }
    return subprocess.run(argv, env=env, capture_output=True, text=True, check=False)


def test_a_new_series_is_added_to_the_tables_and_everything_follows(
    tmp_path: Path, address: str
) -> None:
    copy = copy_with_pages(tmp_path)
    ended = update(copy, address)
    assert ended.returncode == 0, ended.stderr
    tables = {name: (copy / "lib" / "slipway" / name).read_text() for name in TABLES}
    series = tables["domain/python/series.py"]
    assert re.findall(r'newest="(.*)"', series) == ["3.16.10", "3.15.2", "3.10.22"]
    assert "released=date(2027, 10, 5)" in series
    assert "support_ends=date(2032, 10, 31)" in series
    argv = [sys.executable, "-B", "-c", FOLLOWS]
    paths = [copy / "lib", *sorted((copy / "vendor").glob("*.whl"))]
    env = {"PYTHONPATH": ":".join(map(str, paths))}
    facts: Mapping[str, object] = json.loads(subprocess.check_output(argv, env=env))
    assert facts == {
        "lock": "3.16.0",
        "other lock": ["3.16.0"],
        "pip": "3.16",
        "nearest": "3.16",
        "named": "3.16",
        "advised": "3.15",
        "django": [["3.12", "3.16"], ["3.12", "3.16"]],
    }
    assert '"6.1.3": ("3.12", "3.15")' in tables["domain/python/django_pythons.py"]
    assert update(copy, address).stdout == "", "nothing is new"


def test_the_script_writes_the_tables_as_they_are(tmp_path: Path, address: str) -> None:
    copy = copy_with_pages(tmp_path)
    cycle = {
        one.minor: {"first_release": str(one.released), "end_of_life": str(one.support_ends)}
        for one in SERIES
    }
    (tmp_path / "pages" / "release-cycle.json").write_text(json.dumps(cycle))
    listed = [
        {"version": one.newest, "implementation": "cpython", "variant": "default"}
        for one in SERIES
    ]
    (copy / "uv").write_text(f"#!/bin/sh\ncat <<'END'\n{json.dumps(listed)}\nEND\n")
    ended = update(copy, address, "--only", "python")
    assert (ended.returncode, ended.stdout) == (0, ""), ended.stderr


@pytest.mark.parametrize(
    "missing",
    [
        "release-cycle.json",
        pytest.param("simple/django/django-7.0-*.whl", marks=pytest.mark.long),
    ],
)
def test_a_failure_changes_nothing(tmp_path: Path, address: str, missing: str) -> None:
    copy = copy_with_pages(tmp_path)
    (found,) = (tmp_path / "pages").glob(missing)
    found.unlink()
    assert update(copy, address).returncode != 0
    for name in TABLES:
        own = (ROOT / "lib" / "slipway" / name).read_text()
        assert (copy / "lib" / "slipway" / name).read_text() == own
