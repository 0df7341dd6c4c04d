"""The Django site with vendored packages of each kind and a PostgreSQL driver.

Its page `/packages/` shows that each package is imported from where it is.
"""

from __future__ import annotations

import fcntl
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from conftest import FIXTURES
from integration.cloud_foundry import LAUNCHER, Builder, Staged, launched
from integration.conftest import open_to_all
from integration.dockyard import SUPERUSER
from integration.packages import write_tree
from integration.serving import Dyno

ALL_MIGRATIONS = 19
"""Those of Django 5.2 for the apps of the site, and its own."""
OWN = {"SECRET_KEY": "only-for-the-tests-of-the-marina-0123456789", **SUPERUSER}
"""The variables that the user sets."""
PACKAGES = """\
harbour_buoys without-metadata red
harbour-checksum 1.0.3 19495
harbour-quay 2.1 abc-4c27
harbour-ropes 0.3 6
harbour-signals 1.4.0 sierra-oscar-sierra
harbour-tides VERSION 15:25
idna VERSION xn--zrich-kva
packaging VERSION 1.10
six VERSION moored
acme.moorings namespace 7
"""
"""The page `/packages/`, without versions that may change."""

_SETTINGS = """
import dj_database_url

if "DATABASE_URL" in os.environ:
    DATABASES["default"] = dj_database_url.config()
"""
_URLS = """
from harbour.packages import page

urlpatterns.append(path("packages/", page))
"""
_PAGE = """

def page(request):
    from acme.moorings import FREE
    from django.http import HttpResponse

    found = [*lines(), ("acme.moorings", "namespace", FREE)]
    text = "".join(f"{name} {version} {value}\\n" for name, version, value in found)
    return HttpResponse(text, content_type="text/plain")
"""


def without_versions(page: str) -> str:
    """Return the page `/packages/` without versions that may change."""
    return re.sub(r"(?m)^(harbour-tides|idna|packaging|six) \S+", r"\1 VERSION", page)


def write_marina(folder: Path) -> Path:
    """Write the app into a new folder."""
    site, packages = FIXTURES / "django_site", FIXTURES / "vendored_packages"
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(site, folder, ignore=ignored)
    shutil.copytree(packages / "vendor", folder / "vendor", ignore=ignored)
    write_tree(
        folder,
        {
            "requirements.txt": (site / "requirements.txt").read_text("utf-8")
            + (packages / "requirements.txt").read_text("utf-8")
            + "dj-database-url>=3,<4\npsycopg[binary]>=3.2,<4\n",
            "harbour/settings.py": (site / "harbour/settings.py").read_text("utf-8")
            + _SETTINGS,
            "harbour/urls.py": (site / "harbour/urls.py").read_text("utf-8") + _URLS,
            "harbour/packages.py": (packages / "wsgi.py").read_text("utf-8") + _PAGE,
            "vendor/acme/moorings.py": "FREE = 7\n",
        },
    )
    return folder


@dataclass(frozen=True, kw_only=True)
class Droplet:
    """The app, staged and unpacked. Tests must not change it."""

    staging: Path
    """The folder that had all places of the staging."""
    vcap: Path

    @property
    def own(self) -> Path:
        """Slipway's folder."""
        return self.vcap / "deps" / "0"

    @property
    def cache_archive(self) -> Path:
        return Builder(folder=self.staging).cache_archive

    def dyno(
        self,
        env: Mapping[str, str],
        *,
        index: int = 0,
        process: str = "web",
        services: Mapping[str, object] | None = None,
        start_script: str = LAUNCHER,
        within: Sequence[str] = (),
        home: str | None = None,
    ) -> Dyno:
        """Return what starts processes of the app with variables that the user has set."""
        dyno = launched(
            self.vcap,
            index=index,
            process=process,
            services=services,
            start_script=start_script,
            within=within,
            home=home,
        )
        return replace(dyno, env={**(dyno.env or {}), **OWN, **env})


@contextmanager
def unpacked_marina(slipway: Path, folder: Path) -> Iterator[Droplet]:
    """Stage the app, and yield its droplet in a folder that every user can access.

    Several test processes may share the folder of the staging: only the first one stages.
    """
    folder.mkdir(parents=True, exist_ok=True)
    builder, droplet = Builder(folder=folder), folder / "droplet.tgz"
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not droplet.exists():
            staged = builder.build(write_marina(folder / "source"), slipway)
            assert staged.droplet == droplet
    with open_to_all("vcap-") as place:
        staged = Staged(status=0, out="", err="", droplet=droplet, result={})
        vcap = staged.unpack(place / "vcap")
        vcap.chmod(0o755)
        yield Droplet(staging=folder, vcap=vcap)
