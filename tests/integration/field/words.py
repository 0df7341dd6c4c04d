"""Requirements and files that ask for something unusual, and the words for it."""

from __future__ import annotations

from integration.field.table import Advice, Case, add

_MISTYPED = "Requirements with characters that pip rejects"
_OPTIONS = "Options that pip does not accept in requirements"
_FORMATS = "Requirements that another tool wrote"
_FOLDERS = "A folder with requirements"
_UNSERVED = "A web app without a Procfile"
_SUBFOLDERS = "An app in a subfolder"
_PYTHONS = "A Python that cannot be used"
_WSGI = (
    "def application(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [b'served']\n"
)

add(
    Case(
        kind=_MISTYPED,
        name="req-nbsp",
        title="A requirement is mistyped",
        result="Shows each code point, and the line to write",
        says=("`six<U+00A0>==<U+00A0>1.16.0`. pip does not accept U+00A0 (NO-BREAK SPACE)",),
        advice=(Advice(text="six == 1.16.0", files={"requirements.txt": "six == 1.16.0\n"}),),
        is_long=True,
    ),
    Case(
        kind=_MISTYPED,
        name="req-zero-width-quotes-and-full-width",
        title="Some requirements are mistyped",
        result="Names all such lines at once",
        files={
            "requirements.txt": "-r base.txt\n",
            "base.txt": (
                "si\u200bx==1.16.0\n# caf\u00e9\n"
                "idna; python_version > \u201c3.5\u201d\n\uff50ackaging\n"
            ),
            "wsgi.py": _WSGI,
        },
        says=(
            "Line 1 of base.txt contains `si<U+200B>x==1.16.0`",
            "and 2 more lines like it. pip does",
        ),
        advice=(
            Advice(
                text="instead of lines 1, 3 and 4 in base.txt: six==1.16.0 idna; "
                'python_version > "3.5" packaging',
                files={
                    "base.txt": 'six==1.16.0\nidna; python_version > "3.5"\npackaging\n',
                },
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_MISTYPED,
        name="req-dash-in-pyproject",
        title="A requirement is mistyped",
        result="Shows what a word processor made of an operator",
        files={
            "pyproject.toml": '[project]\nname = "a"\nversion = "1"\n'
            'dependencies = ["six\u22651.16"]\n',
            "wsgi.py": _WSGI,
        },
        says=("pyproject.toml contains `six<U+2265>1.16`",),
        advice=(
            Advice(
                text="write it instead of the dependency in pyproject.toml: six>=1.16",
                files={
                    "pyproject.toml": '[project]\nname = "a"\nversion = "1"\n'
                    'dependencies = ["six>=1.16"]\n'
                },
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_MISTYPED,
        name="req-one-equals-sign",
        title="A requirement is mistyped",
        result="Shows the line with ==",
        files={"requirements.txt": "six=1.16.0\n", "wsgi.py": _WSGI},
        says=("contains `six=1.16.0`. The operator for an exact version is ==",),
        advice=(Advice(text="six==1.16.0", files={"requirements.txt": "six==1.16.0\n"}),),
        is_long=True,
    ),
    Case(
        kind=_OPTIONS,
        name="req-process-deps-links",
        is_long=True,
        title="A requirements file has unknown options",
        result="Names all of them with their lines",
        says=(
            "pip does not accept --process-dependency-links and --allow-external in a",
            "requirements.txt:1: --process-dependency-links",
            "requirements.txt:2: --allow-external",
        ),
        advice=(
            Advice(
                text="Remove each of them with its value, and the line if it contains nothing "
                "else.",
                files={"requirements.txt": "six\n"},
            ),
        ),
    ),
    Case(
        kind=_OPTIONS,
        name="req-option-mistyped",
        title="A requirements file has unknown options",
        result="Names the option that was probably meant",
        files={
            "requirements.txt": "--prefer-binry\nsix\n",
            "wsgi.py": _WSGI,
        },
        advice=(
            Advice(
                text="If --prefer-binry is mistyped, correct it: --prefer-binary",
                files={"requirements.txt": "--prefer-binary\nsix\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_OPTIONS,
        name="req-option-of-the-command-line",
        title="A requirements file has unknown options",
        result="Says that it cannot follow a requirement",
        files={"requirements.txt": "six --upgrade\n", "wsgi.py": _WSGI},
        says=("pip does not accept --upgrade after a requirement.",),
        advice=(Advice(text="Remove it with its value", files={"requirements.txt": "six\n"}),),
        is_long=True,
    ),
    Case(
        kind=_FORMATS,
        name="req-conda-freeze",
        is_long=True,
        title="Requirements name files of another machine",
        result="Names all such lines, and the commands that write a file without them",
        says=("requirements.txt:1: six @ file:///tmp/build/80754af9/six_1605205313296/work",),
        advice=(
            Advice(
                text="python -m pip list --format=freeze > requirements.txt",
                files={"requirements.txt": "six==1.16.0\nidna==3.7\n"},
            ),
            Advice(
                text="sed -i.bak -E 's| @ file:.*||' requirements.txt && rm",
                commands="sed -i.bak -E 's| @ file:.*||' requirements.txt && rm "
                "requirements.txt.bak",
            ),
        ),
    ),
    Case(
        kind=_FORMATS,
        name="req-conda-list-export",
        title="A requirements file is not in pip's format",
        result="Names the command of conda that wrote it, and the one to use",
        files={
            "requirements.txt": (
                "# This file may be used to create an environment using:\n"
                "# $ conda create --name <env> --file <this file>\n# platform: linux-64\n"
                "_libgcc_mutex=0.1=main\nopenssl=3.0.2=h166bdaf_1\nsix=1.16.0=pyhd3eb1b0_1\n"
            ),
            "wsgi.py": _WSGI,
        },
        says=(
            "requirements.txt is the output of `conda list --export`, which pip cannot read.",
            "4: _libgcc_mutex=0.1=main 5: openssl=3.0.2=h166bdaf_1 6: six=1.16.0=pyhd3eb1b0_1",
        ),
        advice=(
            Advice(
                text="python -m pip list --format=freeze > requirements.txt",
                files={"requirements.txt": "pip==25.0\nsix==1.16.0\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FORMATS,
        name="req-pip-list",
        title="A requirements file is not in pip's format",
        result="Names `pip list`, and the command to use instead",
        files={
            "requirements.txt": "Package Version\n------- -------\nsix     1.16.0\n",
            "wsgi.py": _WSGI,
        },
        advice=(
            Advice(
                text="python -m pip freeze > requirements.txt",
                files={"requirements.txt": "six==1.16.0\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FORMATS,
        name="req-conda-env-export",
        title="A requirements file is not in pip's format",
        result="Names `conda env export`",
        files={
            "requirements.txt": "name: shop\nchannels:\n  - defaults\ndependencies:\n"
            "  - python=3.12.1\n  - six=1.16.0=pyhd3eb1b0_1\n",
            "wsgi.py": _WSGI,
        },
        says=("requirements.txt is the output of `conda env export`",),
        is_long=True,
    ),
    Case(
        kind=_FOLDERS,
        name="req-is-dir",
        title="Slipway found no file with the app's dependencies",
        result="Names the file for production in the folder, and the setting to write",
        says=("Slipway does not look for requirements/production.txt and",),
        never_says=("git mv",),
        advice=(
            Advice(
                text="Name the requirements files in pyproject.toml: [tool.slipway] "
                'requirements = ["requirements/production.txt"]',
                files={
                    "pyproject.toml": "[tool.slipway]\n"
                    'requirements = ["requirements/production.txt"]\n'
                },
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FOLDERS,
        name="req-folder-without-production",
        title="Slipway found no file with the app's dependencies",
        result="Names the file that is not for development",
        files={
            "requirements/ci.txt": "-r main.txt\n",
            "requirements/dev.txt": "-r main.txt\n",
            "requirements/main.txt": "six\n",
            "wsgi.py": _WSGI,
        },
        advice=(
            Advice(
                text='requirements = ["requirements/main.txt"]',
                files={
                    "pyproject.toml": "[tool.slipway]\n"
                    'requirements = ["requirements/main.txt"]\n'
                },
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FOLDERS,
        name="req-setting-names-a-folder",
        title="A configured requirements file is a folder",
        result="Names the files in it",
        files={"requirements/base.txt": "six\n", "wsgi.py": _WSGI},
        config_vars={"SLIPWAY_REQUIREMENTS": "requirements"},
        advice=(
            Advice(
                text="SLIPWAY_REQUIREMENTS=requirements/base.txt",
                config_vars={"SLIPWAY_REQUIREMENTS": "requirements/base.txt"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FOLDERS,
        name="req-line-names-a-folder",
        title="A requirements or constraints file is missing",
        result="Names a file in the folder",
        files={
            "requirements.txt": "-r requirements\n",
            "requirements/base.txt": "six\n",
            "requirements/prod.txt": "-r base.txt\n",
            "wsgi.py": _WSGI,
        },
        advice=(
            Advice(
                text="Name a file in it instead, such as: -r requirements/prod.txt",
                files={"requirements.txt": "-r requirements/prod.txt\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_UNSERVED,
        name="flask-beginner",
        result="Is served: the application was found, and its server is added",
        says=("Serving app in app.py (Flask) with Gunicorn, which Slipway adds because",),
        page="Hello",
    ),
    Case(
        kind=_UNSERVED,
        name="flask-with-the-advised-line",
        result="Is served",
        files={
            "requirements.txt": "Flask\ngunicorn\n",
            "app.py": "from flask import Flask\n\napp = Flask(__name__)\n\n\n"
            '@app.route("/")\ndef hello():\n    return "Hello from Flask"\n',
            "Procfile": "web: gunicorn app:app\n",
        },
        page="Hello from Flask",
        is_long=True,
    ),
    Case(
        kind=_UNSERVED,
        name="fastapi-in-a-package",
        result="Is served by Uvicorn",
        files={
            "requirements.txt": "fastapi\n",
            "api/__init__.py": "",
            "api/main.py": "from fastapi import FastAPI\n\nsite = FastAPI()\n\n\n"
            '@site.get("/")\ndef hello() -> str:\n    return "Hello from FastAPI"\n',
        },
        says=("Serving site in api/main.py (FastAPI) with Uvicorn, which Slipway adds",),
        page="Hello from FastAPI",
        is_long=True,
    ),
    Case(
        kind=_UNSERVED,
        name="procfile-without-web",
        result="Names the line to add to the Procfile",
        files={
            "requirements.txt": "six\n",
            "site_.py": "import bottle\n\nsite = bottle.Bottle()\n",
            "Procfile": "worker: python site_.py\n",
        },
        says=("To serve site in site_.py (Bottle), add the line `web: gunicorn site_:site`",),
        is_long=True,
    ),
    Case(
        kind=_SUBFOLDERS,
        name="app-in-a-subfolder",
        title="No Python app was found",
        result="Names the subfolder, its files, and the setting that chooses it",
        files={
            "backend/requirements.txt": "six\n",
            "backend/wsgi.py": _WSGI,
            "frontend/package.json": "{}",
        },
        says=(
            "It contains backend/ and frontend/. backend/ has requirements.txt and wsgi.py.",
            "heroku config:set SLIPWAY_ROOT=backend",
        ),
        advice=(
            Advice(
                text='root = "backend"',
                files={"pyproject.toml": '[tool.slipway]\nroot = "backend"\n'},
            ),
        ),
    ),
    Case(
        kind=_SUBFOLDERS,
        name="apps-in-subfolders",
        title="No Python app was found",
        result="Names each of them",
        files={
            "services/api/pyproject.toml": "",
            "services/web/manage.py": "",
            "README.md": "",
        },
        says=(
            "services/api/ has pyproject.toml and services/web/ has manage.py.",
            "If one of these folders, such as services/api/, is the app",
        ),
        is_long=True,
    ),
    Case(
        kind=_SUBFOLDERS,
        name="app-below-a-version-file",
        title="Slipway found no file with the app's dependencies",
        result="Names the subfolder with the dependencies",
        files={
            ".python-version": "3.11\n",
            "shop/requirements.txt": "six\n",
            "shop/wsgi.py": _WSGI,
        },
        says=("shop/ has requirements.txt.",),
        advice=(
            Advice(
                text='root = "shop"',
                files={"pyproject.toml": '[tool.slipway]\nroot = "shop"\n'},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_PYTHONS,
        name="python-below-the-oldest",
        title="Python >=3.7,<3.10 is too old",
        result="Names the oldest that can be used",
        files={
            "pyproject.toml": '[project]\nname = "a"\nversion = "1"\n'
            'requires-python = ">=3.7,<3.10"\n',
            "wsgi.py": _WSGI,
        },
        says=("Slipway supports only Python 3.10 and newer",),
        never_says=("3.9",),
        is_long=True,
    ),
)
