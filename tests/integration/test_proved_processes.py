"""A build proves what the processes of a Procfile load, without doing what the app would do."""

from __future__ import annotations

from pathlib import Path

from integration.classic_platform import Platform, Result
from integration.packages import write_tree

NEEDY = """\
import os
import subprocess
from wsgi import *

for step in (
    lambda: open("written.txt", "w"),
    lambda: subprocess.run(["sh", "-c", "echo > written.txt"], check=True),
):
    try:
        step()
    except (OSError, subprocess.CalledProcessError):
        pass
LEVEL = os.environ["TIDE_LEVEL"]
"""
APP = {
    "requirements.txt": "gunicorn\n",
    "wsgi.py": "def application(environ, start_response): 0\n",
    "needy.py": NEEDY,
    "Procfile": "web: gunicorn wsgi\nneedy: gunicorn needy\n",
}


def unwrapped(result: Result) -> str:
    """Return the log in one line."""
    return " ".join(result.all.replace(" !     ", "").split())


def test_what_processes_load_is_proved_once(fresh_platform: Platform, tmp_path: Path) -> None:
    build = write_tree(tmp_path / "build", APP)
    for is_cached in (False, True):
        result = fresh_platform.build(build, {"SLIPWAY_LOG_LEVEL": "debug"})
        words = (
            "Not known whether `needy` starts with needy:application: it needs `TIDE_LEVEL`, "
            "which the build does not have"
        )
        assert words in unwrapped(result)
        assert ("targets" in result.cache_hits) is is_cached
        assert not (build / "written.txt").exists()
    write_tree(build, {"Procfile": "web: gunicorn wsgi:aplication\n"})
    result = fresh_platform.build(build)
    assert (
        "Procfile, line 1: `web` will stop at start, because the module `wsgi` has no "
        "`aplication`. If `application` is meant, write `web: gunicorn wsgi:application`"
    ) in unwrapped(result)
