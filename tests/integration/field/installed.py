"""What is installed: scripts, records, and what old packages need."""

from __future__ import annotations

from integration.field.table import Case, TestedElsewhere, add

_SCRIPTS = "Scripts of packages whose names look like a tool's"
_RECORDS = "Records of installed files that are wrong"
_UNLISTED = "Packages that need setuptools or pip, and a lock that leaves it out"
_WSGI = """\
def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/plain")])
    return [b"up"]
"""
_SETUP = """\
from setuptools import setup
setup(name="thing", version="1", py_modules=["thing"], entry_points={"console_scripts": [%s]})
"""
_THING = 'def main():\n    print("hello from thing")\n'

add(
    Case(
        kind=_SCRIPTS,
        name="console-script-names",
        result="Each script of the app runs",
        runs="my-thing && python-thing && python3-thing && pythonic && pip-thing && "
        "wheel-thing && activate-thing",
        prints=("hello from thing " * 6,),
    ),
    Case(
        kind=_SCRIPTS,
        name="real-scripts",
        result="`pydocstyle` and `activate-global-python-argcomplete` run",
        files={"requirements.txt": "pydocstyle==6.3.0\nargcomplete==3.6.3\n"},
        runs="pydocstyle --version && activate-global-python-argcomplete --help && "
        "python-argcomplete-check-easy-install-script; test $? -le 1",
        prints=("6.3.0", "usage: activate-global-python-argcomplete"),
        is_long=True,
    ),
    Case(
        kind=_SCRIPTS,
        name="script-named-python",
        result="The app's Python keeps its name; a warning names the script",
        files={
            "setup.py": _SETUP % '"python3 = thing:main", "thing = thing:main"',
            "thing.py": _THING,
        },
        says=("The script python3 of thing is not installed, because that name starts the",),
        runs="thing && python3 -c 'print(40 + 2)'",
        prints=("hello from thing 42",),
        is_long=True,
    ),
    Case(
        kind=_RECORDS,
        name="added-between-builds",
        is_long=True,
        is_classic=True,
        result="Packages whose records name missing files come and go",
        builds=("1", "2", "3"),
        says=("Installed 2 packages",),
        runs="python -c 'import docutils, itsdangerous' && ls .slipway/venv/bin",
        prints=("rst2html.py",),
    ),
    TestedElsewhere(
        kind=_RECORDS,
        name="careless-records",
        result="Records with CRLF, other encodings, missing fields, folders or paths outside "
        "the app are read, or everything is installed again",
        test="integration/test_installed.py::test_packages_with_careless_records_come_and_go",
    ),
    TestedElsewhere(
        kind=_RECORDS,
        name="unrecorded-files",
        result="Files in no record, such as those of eggs, lead to a new virtual environment",
        test="unit/effects/packages/test_installed.py::"
        "test_files_without_a_record_make_the_index_uncertain",
    ),
    Case(
        kind=_UNLISTED,
        name="gunicorn-20-pkg-resources",
        result="Serves `ok`: gunicorn gets a setuptools that has pkg_resources",
        says=(
            "because gunicorn/util.py imports pkg_resources, which new versions do not have",
        ),
        page="ok",
        is_long=True,
    ),
    Case(
        kind=_UNLISTED,
        name="hash-lock-without-setuptools",
        is_classic=True,
        result="Serves `up`: setuptools is added to the lock",
        says=("Added setuptools 80.", "because gunicorn/util.py imports pkg_resources"),
        runs="gunicorn --check-config wsgi && grep -c hash .slipway/lock.txt",
        is_long=True,
    ),
    Case(
        kind=_UNLISTED,
        name="pkg-resources-in-another-package",
        result="A package that imports pkg_resources works",
        files={"requirements.txt": "pyfiglet==0.8.post1\n"},
        says=("Added setuptools 80.", "because pyfiglet/__init__.py imports pkg_resources"),
        runs="pyfiglet -f term up",
        prints=("up",),
        is_long=True,
    ),
    Case(
        kind=_UNLISTED,
        name="pinned-setuptools",
        title="A process would not work",
        result="The pin stays; a warning names the package that cannot work with it",
        files={
            "requirements.txt": "gunicorn==20.1.0\nsetuptools==82.0.0\n",
            "wsgi.py": _WSGI,
        },
        says=(
            "gunicorn/util.py imports pkg_resources, which new versions of setuptools do not",
            "requirements.txt:2 requires `setuptools==82.0.0`. Write `setuptools<81` instead",
        ),
        never_says=("Added setuptools",),
        is_long=True,
    ),
    Case(
        kind=_UNLISTED,
        name="open-setuptools",
        result="The newest setuptools that the requirement and the packages allow",
        files={
            "requirements.txt": "gunicorn==20.1.0\nsetuptools>=70\n",
            "wsgi.py": _WSGI,
        },
        says=("Installed setuptools 80.", "instead of"),
        runs="gunicorn --check-config wsgi",
        is_long=True,
    ),
)
