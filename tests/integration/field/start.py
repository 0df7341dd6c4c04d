"""How processes start: Python's variables, workers, programs that embed Python."""

from __future__ import annotations

from pathlib import Path

from integration.field.table import Case, TestedElsewhere, add

_MODULES = "Modules that are found by their place in the app"
_MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
_SETTINGS = """\
from shared import KEY
SECRET_KEY = KEY
INSTALLED_APPS = ["django.contrib.staticfiles"]
STATIC_URL = "static/"
STATIC_ROOT = "out"
"""
_WSGI = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [{}.encode()]
"""


def _link_outwards(build: Path) -> None:
    (build / "backend" / "manage.py").symlink_to("../manage-site.py")


add(
    Case(
        kind=_MODULES,
        name="manage-symlink",
        result="The settings are imported from the folder that the link `manage.py` leads to",
        says=("0 static files copied to 'backend/out'",),
    ),
    Case(
        kind=_MODULES,
        name="pythonpath-django",
        result="Settings in a sub-folder import a package at the top of the app",
        says=("0 static files copied to 'backend/out'",),
        runs="cd backend && python manage.py check && echo $PYTHONPATH",
        prints=("no issues", "/app-auto"),
        is_long=True,
    ),
    Case(
        kind=_MODULES,
        name="manage-py-links-to-the-top",
        result="The settings are imported from the top, where the link `backend/manage.py` leads",
        files={
            "requirements.txt": "Django\n",
            "shared.py": 'KEY = "k"\n',
            "manage-site.py": _MANAGE,
            "site1/settings.py": _SETTINGS.replace('"out"', '__file__ + "/../../out"'),
            "backend/readme.txt": "",
        },
        prepare=_link_outwards,
        says=("0 static files copied to 'out'",),
        is_long=True,
    ),
    Case(
        kind=_MODULES,
        name="shared-by-chdir",
        result="An app that Gunicorn loads from a sub-folder imports a module at the top",
        files={
            "requirements.txt": "gunicorn\n",
            "shared.py": 'KEY = "from the top"\n',
            "src/site.py": "import shared\n" + _WSGI.format("shared.KEY"),
            "Procfile": "web: gunicorn --chdir src site_of_shop:application\n",
        },
        prepare=lambda build: (build / "src/site.py").rename(build / "src/site_of_shop.py"),
        page="from the top",
        is_long=True,
    ),
    Case(
        kind=_MODULES,
        name="own-python-path",
        result="Your own `PYTHONPATH` stays, and the app's folder comes after it",
        files={
            "requirements.txt": "Django\n",
            "backend/manage.py": _MANAGE,
            "shared.py": "raise SystemExit('the wrong one')\n",
            "lib/shared.py": 'KEY = "k"\n',
            "backend/site1/settings.py": _SETTINGS.replace('"out"', '__file__ + "/../out"'),
            "bin/post_compile": "echo path $PYTHONPATH\n",
        },
        config_vars={"PYTHONPATH": "lib:backend"},
        says=("0 static files copied to", "path lib:backend:/"),
        is_long=True,
    ),
    Case(
        kind=_MODULES,
        name="named-like-modules-of-python",
        result="Modules of the app with names of Python's own reach no program but the app",
        files={
            "requirements.txt": "gunicorn\niniconfig --no-binary iniconfig\n",
            "email.py": "raise SystemExit('not Python's own')\n".replace("'s own", "s own"),
            "ssl/__init__.py": "raise SystemExit('not Pythons own')\n",
            "shop.py": _WSGI.format("'open'"),
            "Procfile": "web: gunicorn shop:application\n",
        },
        says=("Not adding the app's folder to PYTHONPATH",),
        page="open",
        is_long=True,
    ),
)
