"""What git, Windows or an upload did to the files."""

from __future__ import annotations

from integration.field.table import Case, TestedElsewhere, add

_KIND = "Files that a checkout or an editor changed"

add(
    Case(
        kind=_KIND,
        name="windows-line-ends",
        result="Files may have Windows line ends; of a hook, a corrected copy runs; the log "
        "says how to correct the file",
        files={
            "requirements.txt": "six==1.15.0 \\\r\n  # a comment\r\npackaging\r\n",
            ".python-version": "3.12\r\n",
            "Procfile": "web: python -m http.server --bind 127.0.0.1 $PORT\r\n",
            "bin/post_compile": (
                "#!/bin/sh\r\nset -e\r\nif true; then\r\n"
                "  python -c 'import six; print(six.__version__)' > index.html\r\nfi\r\n"
            ),
        },
        says=(
            ".python-version requests 3.12",
            "bin/post_compile has Windows line ends (CRLF)",
            "`bin/post_compile text eol=lf` to .gitattributes",
        ),
        page="1.15.0",
    ),
    Case(
        kind=_KIND,
        name="hook-with-bom",
        result="A hook with a byte order mark runs with the interpreter that it names",
        files={
            "requirements.txt": "six\n",
            "bin/post_compile": "\ufeff#!/usr/bin/env python\nimport six\nprint('imported')\n",
            "postinstall": '\ufeff#!/bin/bash\nlist=(one two); echo "${list[1]}"\n',
        },
        says=("postinstall begins with a byte order mark (BOM)", " two ", " imported "),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-without-its-shell",
        result="Stops: the program in the first line of the hook is missing, and is named",
        files={"requirements.txt": "", "bin/post_compile": "#!/usr/bin/env fish\necho\n"},
        stops=True,
        says=("names fish, which the image that builds the app does not have",),
        is_long=True,
    ),
)

_WORKING_FOLDER = "The working folder that `bin/slipway try` and `plan` read"

add(
    TestedElsewhere(
        kind=_WORKING_FOLDER,
        name="venv-ignored-by-git",
        result="Takes the files that git tracks; a `.venv` that git ignores is not taken, and "
        "untracked files are named",
        test="integration/test_try.py::"
        "test_an_app_with_an_ignored_virtual_environment_is_tried_and_planned",
    ),
    TestedElsewhere(
        kind=_WORKING_FOLDER,
        name="submodule-not-checked-out",
        result="Stops: names the submodule, and how to check it out",
        test="integration/test_try.py::test_a_submodule_that_is_not_checked_out_is_named",
    ),
    TestedElsewhere(
        kind=_WORKING_FOLDER,
        name="whole-disk",
        result="Stops at once: there is no Python app in `/`, and nothing is copied",
        test="integration/test_try.py::test_a_folder_without_an_app_is_refused_before_it_is_read",
    ),
)
