"""The process types of a Procfile."""

from __future__ import annotations

from integration.field.table import Case, TestedElsewhere, add

_MISSING = "A process that cannot start"
_NAMES = "Process types"
_SHELL = "Lines of a Procfile in an image"
_WSGI = (
    "def application(environ, start_response):\n"
    "    start_response('200 OK', [('Content-Type', 'text/plain')])\n"
    "    return [b'served']\n"
)
_LIFECYCLE = "platforms/test_process_lines.py"

add(
    Case(
        kind=_MISSING,
        name="pf-nogunicorn",
        result="Adds the server that the line names",
        says=("the process `web` needs it, and requirements.txt does not list it",),
    ),
    Case(
        kind=_MISSING,
        name="run-gunicorn",
        result="Adds the command that Gunicorn no longer has, and names today's line",
        says=(
            "Gunicorn no longer has the command `run_gunicorn`, which `web` starts, so Slipway",
            "gunicorn --env DJANGO_SETTINGS_MODULE=site1.settings 'django.core.wsgi:get_wsgi",
        ),
        is_long=True,
    ),
    Case(
        kind=_MISSING,
        name="module-of-python-m-missing",
        result="Names each process and what it cannot find",
        files={
            "requirements.txt": "six\n",
            "Procfile": (
                "web: cd web && python -m server $PORT\n"
                "worker: uv run worker.py\n"
                "clock: bash bin/clock && python clok.py\n"
                "beat: exec bin/beat\n"
                "quote: python 'clock.py\n"
            ),
            "web/serve.py": "",
            "clock.py": "",
            "bin/clock": "",
            "bin/beat": "#!/bin/sh\n",
        },
        says=(
            "`-m server`, which `web` runs, is neither installed nor a module of the app",
            "`uv run`, which `worker` starts, does not use the packages that are installed",
            "`clok.py`, which `clock` runs, does not exist in the app",
            "`bin/beat`, which `beat` starts, is not executable",
            "Bash cannot read the command of `quote`: the `'` in column 8 has no end",
        ),
        is_long=True,
    ),
    Case(
        kind=_MISSING,
        name="server-that-does-not-load",
        result="Shows why the server does not start",
        files={
            "requirements.txt": "gunicorn\n",
            "Procfile": "web: gunicorn wsgi\n",
            "postinstall": (
                "#!/bin/sh\n"
                "rm -r \"$(python -c 'import gunicorn; print(gunicorn.__path__[0])')/app\"\n"
            ),
            "wsgi.py": _WSGI,
        },
        says=(
            "The process `web` will not start as it is: `gunicorn --version` exited with",
            "ModuleNotFoundError: No module named 'gunicorn.app'",
        ),
        is_long=True,
    ),
    Case(
        kind=_NAMES,
        name="process-types-of-many-kinds",
        is_classic=True,
        result="Uses the legal ones, and names each line that counts for nothing",
        files={
            "requirements.txt": "six\n",
            "Procfile": (
                "# the server\r\n"
                "web:\tpython -m http.server $PORT\r\n"
                "odd.name: sleep 60\r\n"
                "web: sleep 1\r\n"
                "wörker: sleep 2\r\n"
                "clock:\r\n"
                "  sleep 3\r\n"
                "beat: echo \x1b[31mred\r\n"
            ),
        },
        says=(
            "web python -m http.server $PORT",
            "odd.name sleep 60",
            "Heroku starts no process type with a dot in its name (`odd.name`)",
            "Procfile, line 4: ignoring the second `web`, because line 2 defines it",
            "Procfile, line 5: ignoring `wörker`, because the name of a process type can only",
            "Procfile, line 6: ignoring `clock`, because its command must follow in the same",
            "Procfile, line 7: ignoring `sleep 3`",
            "the command of `beat` has invisible characters: `echo \\x1b[31mred`",
        ),
        never_says=("\x1b[31mred",),
    ),
    Case(
        kind=_NAMES,
        name="procfile-without-a-process-type",
        result="Is told what a line of a Procfile looks like",
        files={"requirements.txt": "six\n", "Procfile": "web\n"},
        says=("Procfile, line 1: ignoring `web`", "Procfile has no process type"),
        is_long=True,
    ),
    TestedElsewhere(
        kind=_SHELL,
        name="image-procfile-brace-args",
        result="Passes on arguments that are added to `docker run`",
        test=f"{_LIFECYCLE}::test_arguments_reach_the_program",
    ),
    TestedElsewhere(
        kind=_SHELL,
        name="image-procfile-signals",
        result="Stops the server with the app, or says how to write the line",
        test=f"{_LIFECYCLE}::test_the_signal_to_stop_ends_the_server",
    ),
)
