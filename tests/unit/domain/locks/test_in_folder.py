"""A lock in a subfolder has paths relative to the app."""

from __future__ import annotations

from slipway.domain.locks.brought import Choice, FromFiles, FromIndex, FromPath, Pin
from slipway.domain.locks.formats import format_of
from slipway.domain.locks.in_folder import LockInFolder
from unit.brought_locks import FakeLock

FILES = {
    "backend/pyproject.toml": """[project]
name = "shop"
version = "1"
requires-python = ">=3.10"
dependencies = ["six"]
[tool.uv.sources]
six = { path = "libs/six" }
""",
    "backend/uv.lock": """version = 1
requires-python = ">=3.10"
[[package]]
name = "shop"
version = "1"
source = { virtual = "." }
dependencies = [{ name = "six" }]
[package.metadata]
requires-dist = [{ name = "six", directory = "libs/six" }]
[[package]]
name = "six"
version = "99"
source = { directory = "libs/six" }
""",
}


def test_paths_are_relative_to_the_app() -> None:
    index = Pin(name="six", version="1", source=FromIndex())
    local = Pin(name="tides", source=FromPath(path="../tides"))
    files = Pin(name="oak", source=FromFiles(files=("a/oak.whl", "https://h/oak.whl")))
    lock = LockInFolder(FakeLock(pins=(index, local, files)), "web/backend")
    found = lock.select({}, Choice())
    assert found[0] == index
    assert found[1].source == FromPath(path="web/tides")
    assert found[2].source == FromFiles(files=("web/backend/a/oak.whl", "https://h/oak.whl"))
    assert lock.local_pins(Choice()) == (found[1],)


def test_a_lock_of_uv_is_compared_with_the_project_next_to_it() -> None:
    file = "backend/uv.lock"
    form = format_of(file)
    assert form
    lock = form.read(FILES[file], file, FILES.get, lambda _: ())
    [six] = lock.local_pins(Choice())
    assert six.source == FromPath(path="backend/libs/six")
