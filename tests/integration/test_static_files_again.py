"""collectstatic runs again for whatever it may have read, and is spared if nothing changed."""

from __future__ import annotations

import io
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from conftest import FIXTURES, ROOT
from integration.conftest import Fresh
from integration.doors import PATH, Platform
from slipway.domain.django_project import DjangoProject
from slipway.effects.console import Console
from slipway.effects.environments import Environment, put_in_env
from slipway.platforms.this_machine import effects_on_this_machine
from slipway.steps.collect_static import StaticFiles

AS_BEFORE = "129 static files as before: nothing that they are made from has changed"
ANEW = "Static files are built anew: "
KEPT_NOT = "The next build makes static files anew: "
SCRIPT = ROOT / "lib" / "inside" / "collectstatic.py"
PROJECT = DjangoProject(
    manage="manage.py", settings="harbour.settings", settings_origin="manage.py", web=None
)

Tree = Mapping[str, tuple[int, bytes]]
Change = Callable[[Path], object]


@dataclass(frozen=True, kw_only=True)
class Site:
    """A Django site that is built again and again, each time in a new folder."""

    folder: Path
    environment: Environment
    identity: str | None = "the packages as they are"
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def app(self) -> Path:
        return self.folder / "app"

    def fresh(self, *changes: Change) -> Site:
        """Bring the source anew, as platforms do, to another place than the last time."""
        folder = self.folder.parent / f"build-{time.monotonic_ns()}"
        shutil.copytree(FIXTURES / "django_site", folder / "app")
        for change in changes:
            change(folder / "app")
        return replace(self, folder=folder)

    def collect(self) -> str:
        """Build static files; give the log, which says of each process that it has ended."""
        out = io.StringIO()
        console = Console(out=out, err=out, now=time.monotonic, is_detailed=True)
        machine = {"PATH": PATH, "HOME": "/nowhere", "LANG": "C.UTF-8", **self.variables}
        effects = effects_on_this_machine(machine, self.folder.parent / "cache", console)
        variables = put_in_env(machine, self.environment)
        variables["DJANGO_SETTINGS_MODULE"] = "harbour.settings"
        made = StaticFiles(
            app=self.app,
            project=PROJECT,
            environment=self.environment,
            identity=self.identity,
            script=SCRIPT,
            effects=effects,
        )
        made.collect(variables, is_wanted=True)
        return " ".join(out.getvalue().split())

    def tree(self) -> Tree:
        """Read what there is in STATIC_ROOT: modes and content."""
        root = self.app / "staticfiles"
        paths = [root, *root.rglob("*")]
        return {
            str(path.relative_to(root)): (
                stat.S_IMODE(path.lstat().st_mode),
                path.read_bytes() if path.is_file() else b"",
            )
            for path in paths
        }


@pytest.fixture
def site(harbour: Path, tmp_path: Path) -> Site:
    [packages] = (harbour / ".slipway" / "venv" / "lib").iterdir()
    version = packages.name.removeprefix("python")
    environment = Environment(harbour / ".slipway" / "venv", f"{version}.0")
    return Site(folder=tmp_path / "build", environment=environment)


def write_to(name: str, text: str) -> Change:
    return lambda app: (app / name).write_text(text, "utf-8")


def append_to(name: str, text: str) -> Change:
    def change(app: Path) -> None:
        with (app / name).open("a", encoding="utf-8") as stream:
            stream.write(text)

    return change


def settings(text: str) -> Change:
    return append_to("harbour/settings.py", f"\n{text}\n")


def module(name: str, text: str) -> Change:
    """Write a module in packages of their own."""

    def change(app: Path) -> None:
        folder = (app / name).parent
        folder.mkdir(parents=True)
        for package in (folder, *folder.relative_to(app).parents[:-1]):
            (app / package / "__init__.py").touch()
        (app / name).write_text(text, "utf-8")

    return change


def did_run(log: str) -> bool:
    return "collectstatic.py" in log


def test_nothing_is_done_twice_and_the_tree_is_the_same(site: Site) -> None:
    first = site.fresh()
    assert did_run(log := first.collect()), log
    assert KEPT_NOT not in log
    again = site.fresh()
    log = again.collect()
    assert AS_BEFORE in log
    assert "status 0" not in log, "no process is started"
    assert again.tree() == first.tree()
    assert [one.name for one in again.app.iterdir() if one.name.startswith(".")] == []


def test_it_is_the_same_in_the_folder_where_it_was_built(site: Site) -> None:
    first = site.fresh()
    first.collect()
    tree = first.tree()
    assert AS_BEFORE in first.collect()
    assert first.tree() == tree


def test_a_folder_that_git_keeps_and_its_mode_stay(site: Site) -> None:
    def keep(app: Path) -> None:
        (app / "staticfiles").mkdir()
        (app / "staticfiles").chmod(0o775)
        (app / "staticfiles/.gitkeep").touch()

    first = site.fresh(keep)
    assert KEPT_NOT not in first.collect()
    again = site.fresh(keep)
    assert AS_BEFORE in again.collect()
    assert again.tree() == first.tree()


@pytest.mark.parametrize(
    "change",
    [
        append_to("berths/__init__.py", "\n"),
        append_to("berths/static/berths/site.css", "\nb { color: red }\n"),
        write_to("berths/static/berths/new.css", ""),
        lambda app: (app / "berths/static/berths/site.css").chmod(0o755),
        lambda app: (app / "berths/static/berths/empty").mkdir(),
        lambda app: (app / "berths/static/berths/link.svg").symlink_to("anchor.svg"),
        lambda app: (app / "berths/admin.py").unlink(),
    ],
    ids=["module", "style", "new", "mode", "folder", "link", "removed"],
)
def test_a_change_in_the_app_has_it_run(site: Site, change: Change) -> None:
    site.fresh().collect()
    log = site.fresh(change).collect()
    assert did_run(log)
    assert f"{ANEW}the app's files have changed" in log
    assert AS_BEFORE not in site.fresh().collect(), "only the last result is kept"


@pytest.mark.parametrize("name", ["berths/templates/berths/index.html", "requirements.txt"])
def test_what_is_not_opened_may_change(site: Site, name: str) -> None:
    site.fresh().collect()
    assert AS_BEFORE in site.fresh(append_to(name, "# a line more\n")).collect()


def test_another_environment_has_it_run(site: Site) -> None:
    site.fresh().collect()
    other = replace(site, identity="a package more")
    log = other.fresh().collect()
    assert did_run(log)
    assert f"{ANEW}the packages or the Python have changed" in log


def test_an_environment_that_a_hook_may_have_changed_is_never_known(site: Site) -> None:
    unknown = replace(site, identity=None)
    assert f"{KEPT_NOT}a hook may have changed what is installed" in unknown.fresh().collect()
    assert did_run(unknown.fresh().collect())


def test_a_variable_that_the_settings_read_has_it_run(site: Site) -> None:
    secret = replace(site, variables={"SECRET_KEY": "salt-and-tar"})
    secret.fresh().collect()
    log = site.fresh().collect()
    assert did_run(log)
    assert f"{ANEW}a variable that the settings read has changed" in log
    kept = b"".join(
        path.read_bytes()
        for path in (site.folder.parent / "cache").rglob("*")
        if path.is_file()
    )
    assert b"SECRET_KEY" in kept
    assert b"salt-and-tar" not in kept
    other = replace(site, variables={"UNREAD": "x"})
    assert AS_BEFORE in other.fresh().collect()


def test_settings_that_read_all_variables_depend_on_all(site: Site) -> None:
    reads_all = settings("ALL = dict(os.environ)")
    site.fresh(reads_all).collect()
    assert AS_BEFORE in site.fresh(reads_all).collect()
    other = replace(site, variables={"UNREAD": "x"})
    assert did_run(other.fresh(reads_all).collect())


def test_a_file_of_the_system_that_is_read_decides_too(site: Site) -> None:
    reads = settings("open('/usr/share/zoneinfo/UTC', 'rb').close()")
    assert KEPT_NOT not in site.fresh(reads).collect()
    assert AS_BEFORE in site.fresh(reads).collect()


COMMAND = """
from django.contrib.staticfiles.management.commands import collectstatic
class Command(collectstatic.Command):
    pass
"""
STORAGE = """
from whitenoise.storage import CompressedManifestStaticFilesStorage
class Storage(CompressedManifestStaticFilesStorage):
    manifest_strict = False
"""
FINDER = """
from django.contrib.staticfiles.finders import AppDirectoriesFinder
class Finder(AppDirectoriesFinder):
    pass
"""
PATCHED = """
from whitenoise.storage import CompressedManifestStaticFilesStorage as Storage
Storage.file_hash = lambda self, name, content=None: "abc"
"""
DOUBTS = {
    "command": (
        [
            module("berths/management/commands/collectstatic.py", COMMAND),
            settings("INSTALLED_APPS.insert(0, INSTALLED_APPS.pop())"),
        ],
        "the command collectstatic is not Django's own",
    ),
    "storage": (
        [
            write_to("harbour/storage.py", STORAGE),
            settings('STORAGES["staticfiles"]["BACKEND"] = "harbour.storage.Storage"'),
        ],
        "harbour.storage.Storage is not known",
    ),
    "finder": (
        [
            write_to("harbour/finders.py", FINDER),
            settings('STATICFILES_FINDERS = ["harbour.finders.Finder"]'),
        ],
        "harbour.finders.Finder is not known",
    ),
    "patched": (
        [append_to("berths/models.py", PATCHED)],
        "whitenoise.storage.CompressedManifestStaticFilesStorage is not known",
    ),
    "connection": (
        [settings("import socket; socket.socket().connect_ex(('127.0.0.1', 9))")],
        "the network is asked",
    ),
    "host_name": ([settings("import socket; socket.gethostname()")], "the network is asked"),
    "process": (
        [settings("import subprocess; subprocess.run(['true'])")],
        "a process is started",
    ),
    "system": ([settings("os.system('true')")], "a process is started"),
    "database": (
        [settings("import sqlite3; sqlite3.connect(':memory:')")],
        "a database is opened",
    ),
    "rows": (
        [
            append_to(
                "berths/models.py",
                "\nfrom django.db import connection; connection.ensure_connection()\n",
            )
        ],
        "a database is asked",
    ),
    "client": (
        [settings("import sys, types; sys.modules['psycopg2'] = types.ModuleType('psycopg2')")],
        "the settings load psycopg2",
    ),
    "file_outside": ([settings("open('/etc/hostname').close()")], "/etc/hostname is read"),
    "file_that_is_not_there": (
        [settings("from contextlib import suppress\nwith suppress(OSError): open('/no/file')")],
        "/no/file is read",
    ),
    "folder_outside": ([settings("os.listdir('/etc')")], "/etc is read"),
    "commit": (
        [
            lambda app: (app / ".git").mkdir(),
            write_to(".git/HEAD", "ref"),
            settings("(BASE_DIR / '.git/HEAD').read_text()"),
        ],
        ".git/HEAD is read",
    ),
    "link_outside": (
        [lambda app: (app / "berths/static/berths/name").symlink_to("/etc/hostname")],
        "berths/static/berths/name is read",
    ),
    "file_written": (
        [settings("(BASE_DIR / 'written').write_text('x')")],
        "written is written",
    ),
    "folder_made": ([settings("os.makedirs(BASE_DIR / 'logs')")], "logs is written"),
    "written_in_the_result": (
        [settings("STATIC_ROOT.mkdir(exist_ok=True)\n(STATIC_ROOT / '.x').write_text('x')")],
        "staticfiles/.x is written",
    ),
    "library": (
        [settings("import ctypes; ctypes.CDLL('libc.so.6')")],
        "the library libc.so.6 is loaded",
    ),
    "clock": (
        [settings("import datetime; AT = datetime.datetime.now()")],
        "harbour.settings uses now",
    ),
    "result_there": (
        [lambda app: (app / "staticfiles").mkdir(), write_to("staticfiles/old.css", "")],
        "staticfiles/old.css was there before",
    ),
    "result_outside": (
        [settings("STATIC_ROOT = BASE_DIR.parent / 'staticfiles'")],
        "STATIC_ROOT is not in a folder of the app",
    ),
    "source_outside": (
        [settings("STATICFILES_DIRS = ['/usr/share/zoneinfo/Arctic']")],
        "static files come from /usr/share/zoneinfo/Arctic",
    ),
}


@pytest.mark.parametrize("name", DOUBTS)
def test_what_is_not_known_for_sure_runs_each_time(site: Site, name: str) -> None:
    changes, words = DOUBTS[name]
    log = site.fresh(*changes).collect()
    assert f"{KEPT_NOT}{words}" in log
    assert [*(site.folder.parent / "cache").glob("slipway-*/static*/*")] == []


def test_compiled_code_that_nobody_knows_runs_each_time(site: Site, harbour: Path) -> None:
    [compiled] = harbour.glob(".slipway/python/lib/python3.*/lib-dynload/_lsprof.*.so")
    log = site.fresh(
        lambda app: shutil.copy(compiled, app), settings("import _lsprof")
    ).collect()
    assert f"{KEPT_NOT}_lsprof is compiled, and what it reads is not known" in log


def test_settings_whose_result_is_lost_are_built(site: Site) -> None:
    first = site.fresh()
    first.collect()
    for entry in (site.folder.parent / "cache").glob("slipway-*/static/*"):
        shutil.rmtree(entry)
    again = site.fresh()
    assert f"{ANEW}the cache does not have them any more" in again.collect()
    assert again.tree() == first.tree()
    assert AS_BEFORE in site.fresh().collect()


@pytest.mark.parametrize("kind", ["static", "static-inputs"])
def test_a_spoilt_entry_is_not_used(site: Site, kind: str) -> None:
    first = site.fresh()
    first.collect()
    for path in (site.folder.parent / "cache").glob(f"slipway-*/{kind}/*/*.*"):
        if path.suffix in (".json", ".css"):
            content, status = path.read_bytes(), path.stat()
            path.write_bytes(content.replace(b"a", b"b"))
            os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))
    again = site.fresh()
    assert did_run(again.collect())
    assert again.tree() == first.tree()


def test_what_an_app_writes_into_its_files_stays_out_of_the_next_build(site: Site) -> None:
    site.fresh().collect()
    written = site.fresh()
    assert AS_BEFORE in written.collect()
    tree = written.tree()
    [style] = (written.app / "staticfiles/berths").glob("site.*[0-9a-f].css")
    style.write_text("spoilt")
    again = site.fresh()
    again.collect()
    assert again.tree() == tree


def test_a_build_of_the_whole_app_says_so(own: Platform, fresh: Fresh) -> None:
    variables = {"SLIPWAY_CARRY_PYTHON": "false", "SLIPWAY_LOG_LEVEL": "debug"}
    own.build(fresh("django_site"), variables)
    log = own.build(fresh("django_site"), variables).out
    assert AS_BEFORE in " ".join(log.split())
    assert not re.search(r"status 0: .*collectstatic", log)
