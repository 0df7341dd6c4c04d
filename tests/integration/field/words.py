"""Requirements and files that ask for something unusual, and the words for it."""

from __future__ import annotations

from integration.field.table import Advice, Case, add

_MISTYPED = "Requirements with characters that pip rejects"
_OPTIONS = "Options that pip does not accept in requirements"
_FORMATS = "Requirements that another tool wrote"
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
        says=(
            "`six<U+00A0>==<U+00A0>1.16.0`, but pip does not accept U+00A0 (NO-BREAK SPACE)",
        ),
        advice=(Advice(text="six == 1.16.0", files={"requirements.txt": "six == 1.16.0\n"}),),
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
        says=("Line 1 of base.txt contains `si<U+200B>x==1.16.0`", "2 more lines have"),
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
        says=("contains `six=1.16.0`, but the operator for an exact version is ==",),
        advice=(Advice(text="six==1.16.0", files={"requirements.txt": "six==1.16.0\n"}),),
        is_long=True,
    ),
    Case(
        kind=_OPTIONS,
        name="req-process-deps-links",
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
        title="A requirements file has an unknown option",
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
        title="A requirements file has an unknown option",
        result="Says that it cannot follow a requirement",
        files={"requirements.txt": "six --upgrade\n", "wsgi.py": _WSGI},
        says=("pip does not accept --upgrade after a requirement.",),
        advice=(Advice(text="Remove each of them", files={"requirements.txt": "six\n"}),),
        is_long=True,
    ),
    Case(
        kind=_FORMATS,
        name="req-conda-freeze",
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
)
