"""Which Python an app gets: what its files request, and what its pinned packages need."""

from __future__ import annotations

from integration.field.table import Advice, Case, TestedElsewhere, add

_FILES = "A file requests a Python"
_REFUSED = "A file requests a Python that an app cannot have"
_NOTHING = "Nothing requests a Python"
_PINS = "integration/test_pythons_of_pins.py::"
_BY_PINS = f"{_PINS}test_the_newest_python_that_fits_all_pins_serves_the_app"
_STORIES = "integration/test_python_upgrades.py::"
_STORY = f"{_STORIES}test_the_log_of_each_build_says_which_python_and_why"

_APP = {"requirements.txt": "six\n", "Procfile": "web: python -m http.server $PORT\n"}
_MINOR = "python -c 'import sys; print(\"{}.{}\".format(*sys.version_info))'"
_WRITE_3_11 = Advice(text="3.11", files={".python-version": "3.11\n"})


def _app(**files: str) -> dict[str, str]:
    return {**_APP, **files}


add(
    Case(
        kind=_FILES,
        name="python-version-of-several-lines",
        files=_app(**{".python-version": "# for pyenv\n\n  cpython-3.11  # the app\n3.12.1\n"}),
        says=(".python-version requests 3.11",),
        runs=_MINOR,
        prints=("3.11",),
        result="The first version counts, as for pyenv; the log says so",
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="tool-versions",
        files=_app(**{".tool-versions": "nodejs 20.1.0\npython 3.11 3.10.2 # as in CI\n"}),
        says=(".tool-versions requests 3.11",),
        runs=_MINOR,
        prints=("3.11",),
        result="The Python of `.tool-versions` is used",
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="mise-toml",
        files=_app(**{"mise.toml": "[tools]\nnode = '22'\npython = '3.11'\n"}),
        says=("mise.toml requests 3.11",),
        runs=_MINOR,
        prints=("3.11",),
        result="The Python of `mise.toml` is used",
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="mise-toml-latest",
        files=_app(**{"mise.toml": "[tools]\npython = 'latest'\n"}),
        says=("mise.toml", "latest"),
        result="A value that names no version is skipped, and the log says so",
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="pipfile-of-an-older-python",
        files={
            "Pipfile": '[packages]\nsix = "*"\n[requires]\npython_version = "3.11"\n',
            "Procfile": _APP["Procfile"],
        },
        says=("Pipfile requests 3.11",),
        runs=_MINOR,
        prints=("3.11",),
        result="The Python of the `Pipfile` is used",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_FILES,
        name="python-out-of-support",
        result="Builds; from six months before the end of its support, the log names the date",
        test="unit/domain/python/test_support.py"
        "::test_the_end_of_support_is_named_from_six_months_before_it",
    ),
    TestedElsewhere(
        kind=_FILES,
        name="patch-release-that-is-behind",
        result="Builds; the log names the newest release of that series",
        test="unit/domain/python/test_support.py"
        "::test_a_newer_release_is_named_if_an_exact_pin_is_behind",
    ),
    Case(
        kind=_REFUSED,
        name="tool-versions-mismatch",
        files=_app(**{".python-version": "3.11\n", ".tool-versions": "python 3.12.1\n"}),
        title="The app requests two different Pythons",
        says=(".python-version requests Python 3.11", ".tool-versions requests Python 3.12.1"),
        advice=(
            Advice(
                text="change .tool-versions, if .python-version is right: python 3.11",
                files={".tool-versions": "python 3.11\n"},
            ),
        ),
        result="Names both, and what to write",
        is_long=True,
    ),
    Case(
        kind=_REFUSED,
        name="free-threaded-python",
        files=_app(**{".python-version": "3.13t\n"}),
        stops=True,
        says=("free-threaded",),
        result="Stops: free-threaded builds of Python are not supported",
        is_long=True,
    ),
    Case(
        kind=_REFUSED,
        name="pypy",
        files=_app(**{".python-version": "pypy3.10-7.3.12\n"}),
        stops=True,
        says=("PyPy",),
        result="Stops: only CPython is supported",
        is_long=True,
    ),
    Case(
        kind=_REFUSED,
        name="development-build-of-python",
        files=_app(**{".python-version": "3.11-dev\n"}),
        stops=True,
        says=("development", "3.11"),
        advice=(_WRITE_3_11,),
        result="Stops, and says which release to request",
        is_long=True,
    ),
    Case(
        kind=_REFUSED,
        name="python-3.9",
        files=_app(**{"runtime.txt": "python-3.9.18\n"}),
        title="Python 3.9.18 is too old",
        says=("runtime.txt requests Python 3.9.18",),
        never_says=("3.8",),
        advice=(
            Advice(
                text="Request a newer version in runtime.txt: python-3.",
                files={"runtime.txt": "python-3.11\n"},
            ),
            Advice(text="Or delete runtime.txt.", files={"runtime.txt": None}),
        ),
        result="Says in one sentence which Pythons an app can have",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_NOTHING,
        name="old-psycopg2-binary",
        result="Builds with Python 3.12, the newest that psycopg2-binary 2.9.9 has wheels for",
        test=_BY_PINS,
    ),
    TestedElsewhere(
        kind=_NOTHING,
        name="old-greenlet",
        result="Builds with Python 3.11, the newest that greenlet 2.0.2 has wheels for",
        test=_BY_PINS,
    ),
    TestedElsewhere(
        kind=_NOTHING,
        name="old-django-4.0",
        result="Builds with Python 3.10, the newest that Django 4.0.3 is for",
        test=_BY_PINS,
    ),
    TestedElsewhere(
        kind=_NOTHING,
        name="old-gunicorn",
        result="Builds with the newest Python, and a setuptools that has pkg_resources",
        test=_BY_PINS,
    ),
    Case(
        kind=_NOTHING,
        name="old-pins-no-python",
        runs="python -c 'import greenlet; print(greenlet.__version__)'",
        prints=("2.0.2",),
        result="Builds with Python 3.11, the newest that greenlet 2.0.2 has wheels for",
        is_long=True,
    ),
    Case(
        kind=_NOTHING,
        name="old-pins-and-a-lower-bound",
        files={
            "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
            'requires-python = ">=3.10"\ndependencies = ["greenlet==2.0.2"]\n',
            "Procfile": _APP["Procfile"],
        },
        runs="python -c 'import greenlet; print(greenlet.__version__)'",
        prints=("2.0.2",),
        result="A lower bound in `requires-python` leaves the choice to the pinned packages",
        is_long=True,
    ),
    Case(
        kind=_NOTHING,
        name="dockerfile-of-an-older-python",
        files=_app(Dockerfile="FROM python:3.11-slim\nCOPY . .\n"),
        says=("Dockerfile", "3.11"),
        result="The log names the Python of the `Dockerfile`, and the line to write",
        is_long=True,
    ),
    Case(
        kind=_NOTHING,
        name="pip-compile-with-an-older-python",
        files=_app(
            **{
                "requirements.txt": "#\n# This file is autogenerated by pip-compile with "
                "Python 3.11\n# by the following command:\n#\n#    pip-compile\n#\n"
                "six==1.17.0\n"
                "    # via -r requirements.in\n"
            }
        ),
        says=("pip-compile", "3.11"),
        result="The log names the Python of the header, and the line to write",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_NOTHING,
        name="python-of-the-last-build",
        result="An app stays on the Python of its last build while that still fits, and the "
        "log says so",
        test=f"{_STORIES}test_an_app_stays_on_the_python_of_the_last_build",
    ),
    TestedElsewhere(
        kind=_NOTHING,
        name="pin-that-the-last-python-does-not-fit",
        result="The build moves to the newest Python that fits, and names the package",
        test=_STORY,
    ),
)
