"""The commands of manage.py that a build runs, with real Django."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.scenario import Scenario

MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "quay.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
SECRET_KEY = os.environ["SECRET_KEY"]
INSTALLED_APPS = ["django.contrib.staticfiles", "quay"]
STATIC_URL = "/static/"
STATIC_ROOT = os.path.join(os.path.dirname(__file__), "..", "staticfiles")
"""
COMMAND = """\
import os
from django.core.management.base import BaseCommand
class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("text")
    def handle(self, *, text, **options):
        from django.conf import settings
        os.makedirs("quay/static", exist_ok=True)
        with open("quay/static/built.js", "w") as stream:
            stream.write(text.format(key=settings.SECRET_KEY))
"""


@pytest.fixture
def scenario(platform: Platform, tmp_path: Path) -> Scenario:
    made = Scenario(folder=tmp_path, platform=platform)
    made.app(
        {
            "requirements.txt": "django==5.2\n",
            "manage.py": MANAGE,
            "quay/__init__.py": "",
            "quay/settings.py": SETTINGS,
            "quay/management/commands/render.py": COMMAND,
        }
    )
    return made


def build(scenario: Scenario, commands: str = "", **variables: str) -> str:
    """Build, and return the log as one line."""
    named = {"SLIPWAY_BUILD_COMMANDS": commands} if commands else {}
    result = scenario.compile({**named, **variables})
    return " ".join(result.all.replace(" !     ", "").split())


def test_what_a_command_writes_is_collected(scenario: Scenario) -> None:
    log = build(scenario, "render 'two words'")
    assert "render finished in " in log
    assert "1 static file copied to 'staticfiles' in " in log
    assert log.count("SECRET_KEY (quay/settings.py:2)") == 1
    assert (scenario.build / "staticfiles/built.js").read_text() == "two words"


def test_a_command_that_writes_a_throw_away_value_stops_the_build(scenario: Scenario) -> None:
    log = build(scenario, "render '{key}'")
    assert "Error: A built file has a throw-away value" in log
    assert "quay/static/built.js has SECRET_KEY (line 2 of quay/settings.py)" in log


def test_an_unknown_command_is_named_with_the_nearest(scenario: Scenario) -> None:
    log = build(scenario, "rendr x")
    assert "Error: manage.py has no command rendr" in log
    assert 'build_commands = ["render x"]' in log


@pytest.mark.parametrize(
    ("code", "words"),
    [
        pytest.param(
            'STATIC_URL = f"https://{SECRET_KEY}/"\n',
            "quay.settings computes STATIC_URL from SECRET_KEY (line 2 of quay/settings.py)",
            marks=pytest.mark.long,
        ),
        pytest.param(
            'STATIC_URL = "/static/%d/" % int(os.environ["RELEASE"])\n',
            "quay.settings computes STATIC_URL from RELEASE (line 6 of quay/settings.py)",
            marks=pytest.mark.long,
        ),
        (
            'import urllib.request\nurllib.request.urlopen("http://host.invalid/")\n',
            "The app connects to another host (line 7 of quay/settings.py)",
        ),
        ("absent_name\n", "quay.settings fails at line 6 of quay/settings.py"),
    ],
    ids=["text", "number", "network", "bug"],
)
def test_settings_that_no_build_can_use_are_explained(
    code: str, words: str, scenario: Scenario
) -> None:
    with (scenario.build / "quay/settings.py").open("a") as stream:
        stream.write(code)
    assert words in build(scenario)


class _Storage(BaseHTTPRequestHandler):
    """Answers as an empty bucket does, and keeps the names of what is put there."""

    put: list[str]

    def do_HEAD(self) -> None:
        self._answer(404)

    def do_PUT(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.put.append(self.path)
        self._answer(200)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Print nothing."""


@pytest.fixture
def bucket() -> Iterator[tuple[str, list[str]]]:
    """Serve a bucket; return its address, and what is put there."""
    put: list[str] = []
    handler = type("Storage", (_Storage,), {"put": put})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", put
        server.shutdown()


@pytest.mark.long
def test_static_files_are_uploaded_only_with_real_credentials(
    scenario: Scenario, bucket: tuple[str, list[str]]
) -> None:
    address, put = bucket
    (scenario.build / "requirements.txt").write_text("django==5.2\ndjango-storages[s3]\n")
    (scenario.build / "quay/static").mkdir()
    (scenario.build / "quay/static/a.css").write_text("a {}")
    with (scenario.build / "quay/settings.py").open("a") as stream:
        stream.write(
            'STORAGES = {"staticfiles": {"BACKEND": "storages.backends.s3.S3StaticStorage",'
            ' "OPTIONS": {"bucket_name": os.environ["BUCKET"],'
            f' "endpoint_url": "{address}"}}}}}}\n'
        )
    without = build(scenario)
    assert "Error: The storage of static files cannot be used" in without
    assert "BUCKET (line 6 of quay/settings.py)" in without
    keys = {"AWS_ACCESS_KEY_ID": "name", "AWS_SECRET_ACCESS_KEY": "long-enough-secret"}
    half = build(scenario, BUCKET="quay", AWS_ACCESS_KEY_ID="name")
    assert "AWS_SECRET_ACCESS_KEY=..." in half
    assert put == []
    log = build(scenario, BUCKET="quay", **keys)
    assert f"uploads static files: quay at {address}" in log
    assert len(put) == 1
    assert put[0].partition("?")[0] == "/quay/a.css"
