"""What the app's hooks install and how their files look."""

from __future__ import annotations

from integration.field.table import Case, TestedElsewhere, add

_KIND = "Packages that hooks install"
_LOCAL = {
    "local/pyproject.toml": (
        '[project]\nname = "tide"\nversion = "1.0"\nscripts = {tide = "tide:main"}\n'
    ),
    "local/tide.py": 'def main():\n    print("the tide is in")\n',
}

add(
    Case(
        kind=_KIND,
        name="hook-pip-install",
        result="`pip install` in `bin/post_compile` installs into the app; the log says what",
        says=("bin/post_compile added six 1.15.0",),
        runs='python -c "import six; print(six.__version__)"; python -m pip || echo no pip',
        prints=("1.15.0", "no pip"),
    ),
    Case(
        kind=_KIND,
        name="hook-python-m-pip",
        result="A hook in Python that calls `python -m pip` installs a folder of the app, and "
        "its script runs",
        files={
            **_LOCAL,
            "requirements.txt": "packaging\n",
            "postinstall": (
                "#!/usr/bin/env python\nimport subprocess, sys\n"
                'pip = [sys.executable, "-m", "pip"]\n'
                'subprocess.check_call([*pip, "install", "./local"])\n'
            ),
        },
        says=("postinstall added tide 1.0",),
        runs="tide",
        prints=("the tide is in",),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-pip-editable",
        result="An editable installation becomes a usual one, because the app moves",
        files={
            **_LOCAL,
            "requirements.txt": "",
            "bin/post_compile": "pip install -e ./local\n",
        },
        says=("Installing tide, which bin/post_compile installed as editable, as a wheel",),
        runs="rm -r local; cd /; tide",
        prints=("the tide is in",),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-pip-requirements",
        result="A second requirements file is installed; other changes are named too",
        files={
            "requirements.txt": "packaging==25.0\nsix\n",
            "requirements-extra.txt": "iniconfig\npackaging==24.0\n",
            "bin/post_compile": (
                "set -e\npip install -r requirements-extra.txt\npip uninstall -y six\n"
            ),
        },
        says=(
            "added iniconfig 2.",
            "replaced packaging 25.0 by 24.0",
            "removed six 1.",
            "The lock stays as it was",
        ),
        runs='python -c "import iniconfig, packaging; print(packaging.__version__)"',
        prints=("24.0",),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-pip-upgrade",
        result="A newer pip works in the hook, and is removed again",
        files={
            "requirements.txt": "",
            "bin/post_compile": "set -e\npip install pip\npip install iniconfig\npip check\n",
        },
        says=("Removed pip ", "bin/post_compile added iniconfig 2."),
        runs='python -c "import iniconfig"; python -m pip || echo no pip',
        prints=("no pip",),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-with-pip-in-requirements",
        result="An app whose requirements contain pip keeps it",
        files={
            "requirements.txt": "pip\n",
            "bin/post_compile": "pip install --upgrade pip iniconfig\n",
        },
        says=("bin/post_compile added iniconfig 2.",),
        never_says=("Removed pip",),
        runs="pip list",
        prints=("iniconfig", "pip"),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-pip-target",
        result="`pip install --target` writes into the app's own folder",
        files={
            "requirements.txt": "",
            "bin/post_compile": "pip install --target lib iniconfig\n",
        },
        never_says=("added",),
        runs='PYTHONPATH=lib python -c "import iniconfig; print(iniconfig.__file__)"',
        prints=("lib/iniconfig/",),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-pip-user",
        result="`pip install --user` fails, and pip says why",
        files={"requirements.txt": "", "bin/post_compile": "pip install --user iniconfig\n"},
        stops=True,
        says=("Can not perform a '--user' install.", "The hook bin/post_compile failed"),
        is_long=True,
    ),
    Case(
        kind=_KIND,
        name="hook-installs-the-server",
        result="The command of `web` is found although only a hook installs it",
        files={
            "requirements.txt": "",
            "Procfile": "web: gunicorn --bind 0.0.0.0:$PORT wsgi\n",
            "wsgi.py": (
                "def application(environ, start_response):\n"
                '    start_response("200 OK", [])\n'
                '    return [b"the tide is in"]\n'
            ),
            "bin/post_compile": "pip install gunicorn\n",
        },
        page="the tide is in",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_KIND,
        name="hook-pip-with-bundled-python",
        result="The bundled Python gets nothing, and the next build with the cache is the same",
        test="integration/test_hooks.py::test_a_hook_installs_into_the_app_in_each_build",
    ),
    TestedElsewhere(
        kind=_KIND,
        name="hook-pip-before-the-environment",
        result="In `bin/pre_compile` pip refuses to install, and the error says where it would",
        test="integration/test_hooks.py::test_pip_installs_nothing_before_there_is_a_python",
    ),
    TestedElsewhere(
        kind=_KIND,
        name="hook-pip-in-an-image",
        result="A hook installs into the layer; the next build starts from the lock again",
        test="platforms/test_image.py::test_a_hook_installs_into_the_layer",
    ),
)
