"""Django projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from integration.field.table import Case, add

_OUTSIDE = "A STATIC_ROOT outside the app"
_STOPS = "Stops and names the folder, because its files would not become part of the app"
_MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
_SETTINGS = """\
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "assets"]
"""


def _site(*lines: str, **more: str) -> Mapping[str, str]:
    return {
        "requirements.txt": "Django\n",
        "manage.py": _MANAGE,
        "site1/__init__.py": "",
        "site1/settings.py": _SETTINGS + "".join(f"{line}\n" for line in lines),
        "assets/site.css": "body { color: navy }\n",
        **more,
    }


def _link_out(build: Path) -> None:
    (build / "public").symlink_to("/srv/harbour")


add(
    Case(
        kind=_OUTSIDE,
        name="static-root-absolute",
        is_long=True,
        files=_site('STATIC_ROOT = "/srv/harbour/static"'),
        stops=True,
        says=(
            "STATIC_ROOT is not in the app's folder",
            "would be written to /srv/harbour/static.",
        ),
        result=_STOPS,
    ),
    Case(
        kind=_OUTSIDE,
        name="static-root-above-the-app",
        files=_site('STATIC_ROOT = BASE_DIR.parent / "static"'),
        stops=True,
        says=("STATIC_ROOT is not in the app's folder",),
        result=_STOPS,
        is_long=True,
    ),
    Case(
        kind=_OUTSIDE,
        name="static-root-through-a-link",
        files=_site('STATIC_ROOT = BASE_DIR / "public" / "static"'),
        prepare=_link_out,
        stops=True,
        says=("STATIC_ROOT is not in the app's folder",),
        result=_STOPS,
        is_long=True,
    ),
    Case(
        kind=_OUTSIDE,
        name="static-root-in-the-app",
        files=_site('STATIC_ROOT = BASE_DIR / "static"'),
        says=("1 static file copied to 'static' in",),
        runs="cat static/site.css",
        prints=("color: navy",),
        result="Has the files in `static/`",
        is_long=True,
    ),
)
