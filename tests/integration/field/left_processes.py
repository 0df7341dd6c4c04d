"""Processes that a hook or a build leaves behind, and text that is not meant for a log."""

from __future__ import annotations

from integration.field.table import Case, TestedElsewhere, add

_LEFT = "Processes that a build starts and leaves running"
_SETUP = """\
import subprocess
from setuptools import setup
subprocess.Popen(["setsid", "sleep", "601.5"])
setup(name="tide", version="1.0", py_modules=["tide"])
"""

add(
    Case(
        kind=_LEFT,
        name="left-by-hook",
        result="Servers that a hook starts in the background are ended, and the log names one",
        files={
            "requirements.txt": "",
            "bin/post_compile": (
                "sleep 601.1 &\n"
                "setsid sleep 601.2 >/dev/null 2>&1 &\n"
                "(trap '' TERM; setsid sleep 601.3 &)\n"
                "exec > >(cat) 2>&1\n"
                "echo the hook has run\n"
            ),
        },
        says=(
            "the hook has run",
            "Ended `sleep 601.",
            " and 2 more, which were still running after `bin/post_compile`",
            "Build succeeded",
        ),
        runs="! pgrep -f 'sleep 601[.][123]' || exit 1; echo none",
        prints=("none",),
    ),
    Case(
        kind=_LEFT,
        name="left-by-daemon",
        result="The same with a daemon that has no parent and no terminal",
        files={
            "requirements.txt": "",
            "postinstall": (
                "#!/usr/bin/env python\nimport os, time\n"
                "if os.fork():\n    os._exit(0)\n"
                "os.setsid()\n"
                "if os.fork():\n    os._exit(0)\n"
                "time.sleep(601.4)\n"
            ),
        },
        says=("which was still running after `postinstall`",),
        runs="! pgrep -f '[p]ostinstall' || exit 1; echo none",
        prints=("none",),
        is_long=True,
    ),
    Case(
        kind=_LEFT,
        name="left-by-setup-py",
        result="The same with what building a package starts",
        files={
            "requirements.txt": "./tide\n",
            "tide/setup.py": _SETUP,
            "tide/tide.py": "",
        },
        says=("Ended `sleep 601.5`", "still running after building tide", "Build succeeded"),
        runs="! pgrep -f 'sleep 601[.]5' || exit 1; echo none",
        prints=("none",),
        is_long=True,
    ),
    Case(
        kind=_LEFT,
        name="left-by-failing-hook",
        result="The same with a hook that fails",
        files={"requirements.txt": "", "bin/pre_compile": "sleep 601.6 &\nexit 3\n"},
        title="The hook bin/pre_compile failed",
        says=("Ended `sleep 601.6`, which was still running after `bin/pre_compile`",),
        is_long=True,
    ),
    TestedElsewhere(
        kind=_LEFT,
        name="left-by-ended-build",
        result="A build that is ended by SIGINT, SIGTERM or SIGHUP leaves no process",
        test="integration/test_ended_builds.py::test_an_ended_build_leaves_no_process_and_no_file",
    ),
)

_RAW = "Control characters in text that a build shows"
_HARMFUL = ("\x1b[31m", "\x1b[2J", "\x1b]0;", "\x07", "\u202e", "\u2066", "\x9b")

add(
    Case(
        kind=_RAW,
        name="esc-procfile",
        is_long=True,
        result="An escape code in a Procfile is shown as `\\x1b`",
        says=("web echo \\x1b[31mred",),
        never_says=_HARMFUL,
    ),
    Case(
        kind=_RAW,
        name="esc-hook",
        result="The output of hooks cannot move the cursor; its colours stay",
        files={
            "requirements.txt": "",
            "bin/post_compile": (
                "printf '\\033[32mgreen\\033[0m \\033[2J\\007\\033]0;title\\007\\n'\n"
                "printf 'hidden\\rshown \\342\\200\\256reversed\\n'\n"
                "head -c 9000 /dev/zero | tr '\\0' x\n"
            ),
        },
        says=(
            "\x1b[32mgreen\x1b[0m \\x1b[2J\\x07\\x1b]0;title\\x07",
            "hidden\\rshown \\u202ereversed",
            "xxx [the rest of this line is left out]",
        ),
        never_says=_HARMFUL[1:],
        is_long=True,
    ),
    Case(
        kind=_RAW,
        name="esc-requirement",
        result="The line is refused, and shows the characters by their numbers",
        files={"requirements.txt": "six\nfoo\x1b[2J\u202e\x07==1\n"},
        title="A requirement is mistyped",
        says=("foo<U+001B>[2J<U+202E><U+0007>==1",),
        never_says=_HARMFUL,
        is_long=True,
    ),
    Case(
        kind=_RAW,
        name="esc-names",
        result="The same in the names of folders, settings and process types",
        files={
            "requirements.txt": "",
            "vendor/a\x1b[2Jb/notes.txt": "",
            "Procfile": "we\x1b[2Jb: true\nweb: true \u202etxt.exe\n",
        },
        says=("\\x1b[2J", "\\u202e"),
        never_says=_HARMFUL,
        is_long=True,
    ),
)
