"""What errors of the app's own files say to do is done, and the app is built again."""

from __future__ import annotations

from pathlib import Path

from integration.field.table import Advice, Case, add

_FILES = "Errors of the app's files, and what they say to do"
_PYTHON = "Errors of the requested Python, and what they say to do"
_SETTINGS = "Errors of settings, and what they say to do"
_HOOKS = "Errors of hooks, and what they say to do"
_SIX = {"requirements.txt": "six\n"}
_REPOSITORY = "git init -q -b main && git add -f . && git commit -q -m first"
_AS_USER = (
    "export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@example.com "
    "GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@example.com"
)


def _in_a_repository(*commands: str) -> str:
    """Run commands in a new repository with the files of the app, and keep what git tracks."""
    return " && ".join([_AS_USER, _REPOSITORY, *commands, "git clean -q -f -d -X"])


def _project(*lines: str) -> dict[str, str]:
    return {
        "pyproject.toml": "\n".join(["[project]", 'name = "a"', 'version = "1"', *lines, ""])
    }


def _in_utf16(app: Path) -> None:
    (app / "Procfile").write_text("worker: python -V\n", "utf-16")


def _in_latin1(app: Path) -> None:
    (app / "pyproject.toml").write_text('[project]\nname = "a"\n# caf\u00e9\n', "latin-1")


def _linked(app: Path) -> None:
    (app / "Procfile").symlink_to("deploy/Procfile")


def _as_link_in_text(app: Path) -> None:
    (app / "requirements.txt").write_text("requirements/prod.txt")


def _executable(app: Path) -> None:
    for hook in ("bin/pre_compile", "bin/post_compile"):
        if (app / hook).exists():
            (app / hook).chmod(0o755)


add(
    Case(
        kind=_FILES,
        name="advice-misspelled",
        title="No Python app was found",
        result="`git mv` renames the file",
        files={"requirments.txt": "six\n"},
        advice=(
            Advice(
                text="git mv requirments.txt requirements.txt",
                commands=_in_a_repository("git mv requirments.txt requirements.txt"),
            ),
            Advice(
                text="put a requirements.txt or pyproject.toml into the app's root folder.",
                files=_SIX,
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-without-dependencies",
        title="Slipway found no file with the app's dependencies",
        result="An empty file, or a list, is enough",
        files={"wsgi.py": "def application(environ, start_response): ...\n"},
        advice=(
            Advice(text="touch requirements.txt", commands="touch requirements.txt"),
            Advice(text="Django>=5.2,<5.3", files={"requirements.txt": "Django>=5.2,<5.3\n"}),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-without-a-project",
        title="pyproject.toml does not list the app's dependencies",
        result="The table that the error shows is enough",
        files={"pyproject.toml": "[tool.black]\nline-length = 96\n"},
        advice=(
            Advice(
                text='[project] name = "app" version = "1" dependencies = ["Django>=5.2,<5.3"]',
                files={
                    "pyproject.toml": '[project]\nname = "app"\nversion = "1"\n'
                    'dependencies = ["Django>=5.2,<5.3"]\n'
                },
            ),
            Advice(text="Or add a requirements.txt.", files=_SIX),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-virtualenv-in-git",
        title="A virtual environment is in the app",
        result="The commands remove it from git, and a checkout has it no more",
        files={**_SIX, "venv/pyvenv.cfg": "home = /usr/bin\n"},
        advice=(
            Advice(
                text="git rm -r --cached venv echo /venv/ >> .gitignore git add .gitignore git "
                "commit -m 'Remove the virtual environment'",
                commands=_in_a_repository(
                    "git rm -q -r --cached venv",
                    "echo /venv/ >> .gitignore",
                    "git add .gitignore",
                    "git commit -q -m 'Remove the virtual environment'",
                ),
            ),
            Advice(text="move it out of the app", commands="rm -r venv"),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-utf-16",
        title="A file is not valid UTF-8",
        result="The command converts it",
        files=_SIX,
        prepare=_in_utf16,
        advice=(
            Advice(
                text="iconv -f UTF-16 -t UTF-8 Procfile > new && mv new Procfile",
                commands="iconv -f UTF-16 -t UTF-8 Procfile > new && mv new Procfile",
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-latin-1",
        title="A file is not valid UTF-8",
        result="The command converts it",
        files=_SIX,
        prepare=_in_latin1,
        advice=(
            Advice(
                text="iconv -f LATIN1 -t UTF-8 pyproject.toml > new && mv new pyproject.toml",
                commands="iconv -f LATIN1 -t UTF-8 pyproject.toml > new && "
                "mv new pyproject.toml",
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-dead-link",
        title="A symbolic link leads to no file",
        result="A link to an untracked file is mended, replaced or removed",
        files=_SIX,
        prepare=_linked,
        advice=(
            Advice(
                text="git add -f deploy/Procfile",
                files={"deploy/Procfile": "worker: python -V\n"},
                commands=_in_a_repository("git add -f deploy/Procfile"),
            ),
            Advice(
                text="rm Procfile cp deploy/Procfile Procfile git add Procfile",
                files={"deploy/Procfile": "worker: python -V\n"},
                commands=_in_a_repository(
                    "rm Procfile", "cp deploy/Procfile Procfile", "git add Procfile"
                ),
            ),
            Advice(text="git rm Procfile", commands=_in_a_repository("git rm -q Procfile")),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-link-written-as-text",
        title="A file contains only the path of another file",
        result="It is made a link, a copy or a requirement again",
        files={"requirements/prod.txt": "six\n"},
        prepare=_as_link_in_text,
        advice=(
            Advice(
                text="ln -sf requirements/prod.txt requirements.txt git add requirements.txt",
                commands=_in_a_repository(
                    "ln -sf requirements/prod.txt requirements.txt",
                    "git add requirements.txt",
                ),
            ),
            Advice(
                text="rm requirements.txt cp requirements/prod.txt requirements.txt",
                commands="rm requirements.txt && cp requirements/prod.txt requirements.txt",
            ),
            Advice(
                text="-r requirements/prod.txt",
                files={"requirements.txt": "-r requirements/prod.txt\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-nested-file-missing",
        title="A requirements or constraints file is missing",
        result="The file is added, or the line removed",
        files={"requirements.txt": "six\n-r requirements/prod.txt\n"},
        advice=(
            Advice(
                text="git add -f requirements/prod.txt",
                files={"requirements/prod.txt": "six\n"},
                commands=_in_a_repository("git add -f requirements/prod.txt"),
            ),
            Advice(text="Or remove the line from requirements.txt.", files=_SIX),
        ),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="advice-variable-in-requirements",
        title="A requirement is not valid",
        result="The variable is set, or the line corrected",
        files={"requirements.txt": "six==${SIX_VERSION}\n"},
        advice=(
            Advice(
                text="Set each ${VARIABLE} in it as a config variable of the app.",
                config_vars={"SIX_VERSION": "1.16.0"},
            ),
            Advice(text="Or correct it.", files=_SIX),
        ),
        is_long=True,
    ),
    Case(
        kind=_PYTHON,
        name="advice-python-unparsable",
        title=".python-version does not name a Python version",
        result="A single version is enough",
        files={**_SIX, ".python-version": "my-virtualenv\n"},
        advice=(
            Advice(
                text="Write a single version into .python-version, as plain text without",
                files={".python-version": "3.11\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_PYTHON,
        name="advice-python-too-old",
        title="Python 3.8 is too old",
        result="A newer version is enough",
        files={**_SIX, "runtime.txt": "python-3.8\n"},
        advice=(
            Advice(
                text="Request a newer version in runtime.txt:", files={"runtime.txt": "3.11\n"}
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_PYTHON,
        name="advice-pythons-contradict",
        title="The app requests two different Pythons",
        result="Either of the two can be changed",
        files={**_project('requires-python = ">=3.12"'), ".python-version": "3.11\n"},
        advice=(
            Advice(
                text="change requires-python in pyproject.toml, if .python-version is right: "
                'requires-python = ">=3.11"',
                files=_project('requires-python = ">=3.11"'),
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_PYTHON,
        name="advice-runtime-txt-contradicts",
        title="The app requests two different Pythons",
        result="runtime.txt can be deleted",
        files={**_SIX, ".python-version": "3.11\n", "runtime.txt": "python-2.7.18\n"},
        says=("requests Python 3.11, and",),
        advice=(
            Advice(
                text="git rm runtime.txt", commands=_in_a_repository("git rm -q runtime.txt")
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_SETTINGS,
        name="advice-setting-unknown",
        title="A setting does not exist",
        result="The name that was meant is right",
        files={**_SIX, "pyproject.toml": "[tool.slipway]\ntoolchian = 'auto'\n"},
        advice=(
            Advice(
                text="Did you mean toolchain?",
                files={"pyproject.toml": "[tool.slipway]\ntoolchain = 'auto'\n"},
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_SETTINGS,
        name="advice-configured-file-missing",
        title="A configured requirements file does not exist",
        result="The setting is corrected or removed",
        files={
            **_SIX,
            "pyproject.toml": "[tool.slipway]\nrequirements = ['requirements/prod.txt']\n",
        },
        advice=(
            Advice(
                text="Correct the path.",
                files={
                    "pyproject.toml": "[tool.slipway]\nrequirements = ['requirements.txt']\n"
                },
            ),
            Advice(text="Or remove the setting", files={"pyproject.toml": ""}),
        ),
        is_long=True,
    ),
    Case(
        kind=_HOOKS,
        name="advice-hook-interpreter",
        title="The hook bin/post_compile cannot be started",
        result="The first line that the error shows works",
        files={**_SIX, "bin/post_compile": "#!/usr/local/bin/zsh\ntrue\n"},
        prepare=_executable,
        advice=(
            Advice(
                text="#!/usr/bin/env bash",
                files={"bin/post_compile": "#!/usr/bin/env bash\ntrue\n"},
                commands="chmod +x bin/post_compile",
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_HOOKS,
        name="advice-hook-python",
        title="The hook bin/post_compile cannot be started",
        result="The first line that the error shows works",
        files={**_SIX, "bin/post_compile": "#!/opt/python3.6/bin/python\nimport six\n"},
        prepare=_executable,
        advice=(
            Advice(
                text="#!/usr/bin/env python",
                files={"bin/post_compile": "#!/usr/bin/env python\nimport six\n"},
                commands="chmod +x bin/post_compile",
            ),
        ),
        is_long=True,
    ),
    Case(
        kind=_HOOKS,
        name="advice-pip-in-pre-compile",
        title="The hook bin/pre_compile failed",
        result="Each of the three ways works",
        files={**_SIX, "bin/pre_compile": "#!/bin/sh\nset -e\npip install six\n"},
        prepare=_executable,
        advice=(
            Advice(
                text="Or call pip in a script `postinstall` or `bin/post_compile`",
                files={
                    "bin/pre_compile": None,
                    "bin/post_compile": "#!/bin/sh\nset -e\npip install six\n",
                },
                commands="chmod +x bin/post_compile",
            ),
        ),
        is_long=True,
    ),
)
