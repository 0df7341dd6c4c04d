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


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(exist_ok=True)
    file.write_text(text)


def _link_outwards(build: Path) -> None:
    (build / "backend" / "manage.py").symlink_to("../manage-site.py")


add(
    Case(
        kind=_MODULES,
        name="manage-symlink",
        result="The settings are imported from the folder that the link `manage.py` leads to",
        says=("0 static files copied to 'backend/out'",),
        is_long=True,
    ),
    Case(
        kind=_MODULES,
        name="pythonpath-django",
        is_classic=True,
        result="Settings in a sub-folder import a package at the top of the app",
        says=("0 static files copied to 'backend/out'",),
        runs="cd backend && python manage.py check && echo $PYTHONPATH",
        prints=("no issues", "/app-"),
        is_long=True,
    ),
    Case(
        kind=_MODULES,
        name="manage-py-links-to-the-top",
        result="The settings are imported from the top if `backend/manage.py` links to it",
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
            "src/shop.py": "import shared\n" + _WSGI.format("shared.KEY"),
            "Procfile": "web: gunicorn --chdir src shop:application\n",
        },
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
            "requirements.txt": "gunicorn\niniconfig\n--no-binary iniconfig\n",
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

_VARIABLES = "Variables for another Python when the app starts"
_OTHER_SCRIPT = "export PYTHONHOME=/app/.heroku/python PYTHONPLATLIBDIR=lib64\n"
add(
    Case(
        kind=_VARIABLES,
        name="pythonhome",
        is_classic=True,
        result="The profile script removes what another buildpack's script has set",
        prepare=lambda build: _write(build / ".profile.d" / "python.sh", _OTHER_SCRIPT),
        runs="python -c 'import encodings, os; print(os.environ.get(\"PYTHONHOME\"))'",
        prints=("None",),
        is_long=True,
    ),
    TestedElsewhere(
        kind=_VARIABLES,
        name="pythonhome-config-var",
        result="The app starts with every value of `PYTHONHOME` and `PYTHONPLATLIBDIR`",
        test="integration/test_profile_script.py::test_variables_for_another_python_do_no_harm",
    ),
    TestedElsewhere(
        kind=_VARIABLES,
        name="pythonhome-of-image",
        result="The same in images",
        test="platforms/test_processes.py::test_variables_for_another_python_do_no_harm",
    ),
)

_WORKERS = "The number of workers"
add(
    Case(
        kind=_WORKERS,
        name="forwarded",
        result="Gunicorn starts as many workers as the CPUs and the memory allow",
        runs="python -c 'import os; print(int(os.environ[\"WEB_CONCURRENCY\"]) > 1)'",
        prints=("True",),
        page="http",
    ),
    TestedElsewhere(
        kind=_WORKERS,
        name="web-concurrency",
        result="Your own `WEB_CONCURRENCY` stays",
        test="integration/test_profile_script.py::test_variables_of_the_user_are_not_changed",
    ),
    TestedElsewhere(
        kind=_WORKERS,
        name="web-concurrency-that-no-server-takes",
        result="Replaces one that is empty, not a number or less than 1, and says so",
        test="integration/test_profile_script.py::"
        "test_a_number_of_workers_with_which_no_server_starts_is_replaced",
    ),
    TestedElsewhere(
        kind=_WORKERS,
        name="web-concurrency-read-only",
        result="The number is computed for another user too, on a read-only file system",
        test="integration/test_moved_app.py::"
        "test_the_site_runs_as_another_user_on_a_read_only_file_system",
    ),
)

_EMBEDDING = "Programs that embed Python"
_SMALL_UWSGI = {"UWSGI_PROFILE_OVERRIDE": "embedded_plugins=python;ssl=no;xml=no"}
add(
    Case(
        kind=_EMBEDDING,
        name="uwsgi-carried",
        is_classic=True,
        result="uWSGI serves the app",
        config_vars={"SLIPWAY_BUNDLE_PYTHON": "true", **_SMALL_UWSGI},
        says=("Making the bundled Python usable for bin/uwsgi",),
        page="up",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_EMBEDDING,
        name="uwsgi-ini",
        result="uWSGI serves a Django site on an image without Python, read-only, with "
        "`virtualenv` or without",
        test="integration/test_embedded_python.py::"
        "test_uwsgi_serves_a_django_site_on_an_image_without_python",
    ),
    TestedElsewhere(
        kind=_EMBEDDING,
        name="uwsgi-image",
        result="The same in an image that Slipway builds",
        test="platforms/test_embedded_python.py::"
        "test_uwsgi_serves_a_django_site_in_an_image_without_python",
    ),
    TestedElsewhere(
        kind=_EMBEDDING,
        name="embedder-in-c",
        result="Any program that is linked with libpython finds the standard library and the "
        "installed packages",
        test="integration/test_embedded_python.py::"
        "test_a_program_that_embeds_python_runs_on_an_image_without_one",
    ),
)

_OTHER_BUILDS = "Pythons of other builds on PATH"
add(
    TestedElsewhere(
        kind=_OTHER_BUILDS,
        name="mono2",
        result="Two apps that are built one after the other get the Python of the image",
        test="integration/test_other_builds.py::test_two_apps_are_built_one_after_the_other",
    ),
    TestedElsewhere(
        kind=_OTHER_BUILDS,
        name="built-twice",
        result="The second build of an app reuses what the first has stored",
        test="integration/test_other_builds.py::test_the_first_result_is_not_the_images_python",
    ),
    TestedElsewhere(
        kind=_OTHER_BUILDS,
        name="venv-on-path",
        result="A Python in the app's folder or in the cache is never bundled",
        test="integration/test_other_builds.py::"
        "test_pythons_of_the_app_and_the_cache_are_ignored",
    ),
)
