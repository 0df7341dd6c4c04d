"""Valid samples of each format that comes from outside; the fuzzer changes them."""

from __future__ import annotations

import json

REQUIREMENTS = (
    "# comment\ndjango>=5,<6 ; python_version >= '3.10' and extra == 'x'  # why\n",
    "-r base.txt\n-c constraints.txt\n--requirement=more/dev.in\n-e ./vendor/acme[one,two]\n",
    "six==1.16.0 \\\n    --hash=sha256:"
    + "a" * 64
    + " \\\n    --hash=sha256:"
    + "b" * 64
    + "\n",
    "acme @ git+https://user:pw@example.com/acme.git@v1.2#egg=acme&subdirectory=x ; a == '1'\n",
    "--index-url https://u:p@example.com/simple\n--extra-index-url=http://h/\n-f ./wheels\n",
    "./vendor/acme-1.0-py3-none-any.whl\nfile:///tmp/x.tar.gz#egg=x\nvendor/x.zip[a]\n",
    "git+ssh://git@example.com/a/b.git\nhttps://example.com/a-1.0.tar.gz ; os_name=='posix'\n",
    "${PACKAGE}==1\n--no-binary :all:\n--pre\nFlask-Login[extra]~=0.6.3\nzope.interface===1.0\n",
    "name=1.0\nnumpy 1.2\n- pip\n  - six=1.0=py_0\nPackage Version\n------- ----\nsix 1.16\n",
)
PYPROJECT = (
    '[project]\nname = "shop"\nversion = "1.0"\nrequires-python = ">=3.10"\ndependencies = ["six"]\n'
    '[project.optional-dependencies]\nprod = ["gunicorn"]\n[dependency-groups]\ndev = ["pytest"]\n',
    '[build-system]\nrequires = ["setuptools>=61", "setuptools-scm"]\n'
    'build-backend = "setuptools.build_meta"\n[tool.setuptools_scm]\n',
    '[tool.poetry]\nname = "x"\npackage-mode = false\n[tool.poetry.dependencies]\n'
    'python = "^3.10"\nacme = { path = "../acme", develop = true, markers = "os_name==\'nt\'" }\n'
    'b = { git = "git@h.com:a/b.git", rev = "1", subdirectory = "c" }\n'
    '[[tool.poetry.source]]\nname = "own"\nurl = "https://h/"\npriority = "primary"\n',
    '[tool.uv]\ndev-dependencies = ["x"]\nconstraint-dependencies = ["a<2"]\npackage = false\n'
    'index-url = "https://u:p@h/simple"\n[tool.uv.sources]\na = { workspace = true }\n'
    'b = [{ index = "own", marker = "sys_platform == \'linux\'" }, { url = "https://h/b.whl" }]\n'
    '[[tool.uv.index]]\nname = "own"\nurl = "https://h/"\ndefault = true\n'
    '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["x"]\n',
    '[tool.slipway]\npython_version = "3.12"\nrequirements = ["a.txt", "b.txt"]\n'
    'cache_limit = "500 MB"\nvendor = "libs"\nbundle_python = true\nmanage_py = "a/manage.py"\n',
    '[tool.pdm.version]\nsource = "scm"\n[tool.pdm.resolution]\nallow-prereleases = true\n'
    '[tool.pixi.pypi-dependencies]\nx = { git = "https://h/x", tag = "1" }\n'
    '[tool.pixi.project]\nname = "x"\n[tool.hatch.version]\nsource = "vcs"\n',
    'a = 1979-05-27T07:32:00Z\nb = 0xDEADBEEF\nc = inf\nd = """x\n"""\ne = [1, [2, {f = 3}]]\n',
)
UV_TOML = ('[[index]]\nurl = "https://h/"\n[pip]\nextra-index-url = ["https://h"]\n', "")
INI = (
    "[metadata]\nname = acme\nversion = attr: acme.__version__\n[options]\n"
    "python_requires = >=3.10\nsetup_requires =\n    pbr\ninstall_requires = six; x\n",
    "[files]\npackages = a\n[versioneer]\nVCS = git\nversionfile_source = src/a/_version.py\n",
    "[global]\nindex-url = https://u:p%40@h/simple\nextra-index-url =\n    https://h/a\n"
    "    https://h/b\ntrusted-host = h\n[install]\nno-binary = :all:,:none:,x\npre = true\n",
    '[submodule "vendor/acme"]\n\tpath = vendor/acme\n\turl = "https://u:p@h/acme.git"\n'
    "\tbranch = main\n; comment\n[core]\n\tx\n",
    "*.whl filter=lfs diff=lfs merge=lfs -text\n",
)
SETUP_PY = (
    "from setuptools import setup\nimport versioneer\nsetup(\n    name='acme',\n"
    "    version=versioneer.get_version(),\n    use_scm_version=True, pbr=True,\n"
    "    python_requires='>=3.10',\n    install_requires=['six'],\n)\n",
)
SETTINGS_PY = (
    "import os\nfrom pathlib import Path\nfrom .base import *\nBASE = Path(__file__).parent\n"
    "SECRET_KEY = os.environ['SECRET_KEY']\nif os.environ.get('DEBUG'):\n    DEBUG = True\n"
    "else:\n    WSGI_APPLICATION: str = 'shop.wsgi.application'\ntry:\n    X = 1\nfinally:\n"
    "    STATIC_ROOT = BASE / 'static'\n",
    "import os, sys\nfrom django.core.management import execute_from_command_line\n"
    "def main():\n    os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'shop.settings')\n"
    "if __name__ == '__main__':\n    main()\n",
    "import os\nos.environ['DJANGO_SETTINGS_MODULE'] = os.environ.get('S', 'shop.settings')\n"
    "application = get_wsgi_application()\n",
    "import environ\nenv = environ.Env(DEBUG=(bool, False))\nDEBUG = env('DEBUG')\n"
    "DATABASES = {'default': env.db('DATABASE_URL')}\nfrom decouple import config as c\n"
    "KEY = c('KEY', default='', cast=lambda v: [s for s in v.split(',')])\n"
    "from pydantic_settings import BaseSettings\nclass S(BaseSettings):\n    key: str\n    a: int = 1\n",
    "from flask import Flask\nfrom fastapi import FastAPI\napp = Flask(__name__)\n"
    "@app.route('/')\ndef index():\n    return 'x'\napi: FastAPI = FastAPI()\nassert X, 'no'\n",
)
APP_PY = (
    "from flask import Flask as F\nfrom fastapi import FastAPI\nimport falcon.asgi\n"
    "app: object = F(__name__)\napi = falcon.asgi.App()\napp = WhiteNoise(app)\n"
    "app.mount('/api', api)\nif __name__ == '__main__':\n    app.run(port=8000)\n",
    "from fasthtml.common import *\nfrom .shop import *\napp, rt = fast_app()\nserve()\n"
    "async def asgi(scope, receive, send): ...\ndef wsgi(environ, start_response): ...\n",
    "import os, uvicorn\nfrom shop import create_app as make\nPORT = int(os.environ['PORT'])\n"
    "def create_app(x=1):\n    app = make() if x else create_app()\n    return app\n"
    "class App(Base):\n    def __call__(self, environ, start_response): ...\napp = App()\n"
    "try:\n    uvicorn.run(app, host='0.0.0.0', port=PORT)\nexcept OSError:\n    pass\n",
    "import gradio as gr, streamlit as st\nwith gr.Blocks() as demo:\n    st.title('x')\n"
    "demo.queue().launch()\nThread(target=serve).start()\ndef serve():\n    app.run()\n",
)
VERSION_FILE = (
    *("3.12\n", "3.12.4\n", "python-3.11.9\n", ">=3.10,<3.13\n", "~=3.11\n", "~3.12.1\n"),
    *(
        "3.12.*",
        "3",
        "# old\n3.10\n",
        "pypy3.9",
        "^3.10",
        ">=3.9,<4.0 || ==3.8.*",
        "3.13t",
        "==3.*",
        "cpython-3.13.2+freethreaded-linux-x86_64-gnu",
        "3.12 3.11 # two\nsystem\n",
        "pypy3.10-7.3.17",
        "==3.15.0rc1",
        "3.14-dev",
    ),
)
PROCFILE = (
    "web: gunicorn --bind 0.0.0.0:$PORT shop.wsgi --workers ${N:-3} 2>&1 | tee log\n"
    "worker: celery -A shop worker -l info\nrelease: python manage.py migrate && echo ok\n",
    'web: bash -c "exec uvicorn a:b --port $PORT" & wait; if [ -n "$A" ]; then x; fi\n',
    "web: for i in 1 2 3; do echo $i; done; case $x in a|b) y;; *) z;; esac\n",
    "web: (cd src; FOO='a b' exec env A=1 waitress-serve --listen=*:$PORT a:b) > /dev/null\n",
    "# comment\nweb python app.py\nodd name: x\nclock: while true; do sleep $((1+2)); done\\\n",
    "---\nweb: 'it''s a' # b\n\"clock\": >-\n  a\n  b: c\n? x\n: &a [b, {c: *a}]\n<<: !!str \td\n"
    '%YAML 1.1\n...\n- "\\u0041\\x41\\UFFFFFFFF" | |\n',
    'web: f() { echo "$@"; }; f `date` $(echo $\'\\n\' "${a[@]#x}") <<< x >>log [[ a =~ b ]]\n',
)
HOOKS = (
    "#!/usr/bin/env -S bash -e\npip install six\n",
    "#!/bin/sh\r\nset -e\r\necho hello\r\n",
    "\ufeff#!/usr/bin/python3\nprint(1)\n",
    "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
    "../shared/hook",
)
METADATA = (
    "Metadata-Version: 2.1\nName: acme\nVersion: 1.0.post1\nRequires-Python: >=3.8\n"
    "License-Expression: MIT OR Apache-2.0\nClassifier: License :: OSI Approved :: MIT License\n"
    "Requires-Dist: six>=1; python_version < '3.12' and extra == 'x'\n"
    "Requires-Dist: b @ file:///tmp/b.whl\nProvides-Extra: x\n\nText\n",
    "Metadata-Version: 1.2\nName: acme\nVersion: 2!1.0rc1+local.7\nLicense: UNKNOWN\n"
    "Description: one\n        two\n\t|three\nSummary: =?utf-8?q?caf=C3=A9?=\n",
)
JSON = (
    json.dumps({"processes": {"web": "gunicorn x"}, "processes_are_default": True}),
    json.dumps({"url": "https://u:p@h/a.git", "vcs_info": {"vcs": "git", "commit_id": "a1"}}),
    json.dumps({"_meta": {"requires": {"python_version": "3.12"}}, "default": {"six": {}}}),
    json.dumps(
        {
            "postgres": [
                {
                    "name": "db",
                    "tags": ["postgresql", 1],
                    "credentials": {
                        "uri": "postgres://u:p@h:5432/d?sslmode=require&pool=5",
                        "port": 5432,
                        "tls": True,
                        "x": None,
                        "hostname": "h",
                        "password": {"ref": "x"},
                    },
                }
            ],
            "user-provided": [{"label": "x", "credentials": {"uri": "redis://:p@h/0"}}],
        }
    ),
)
BOUND_SERVICES = (
    json.dumps(
        {
            "p.mysql": [
                {
                    "name": "db",
                    "credentials": {
                        "uri": "mysql://u:p@h:3306/d?reconnect=true",
                        "ca_certificate": "-----BEGIN CERTIFICATE-----\nMIIB\n",
                        "protocols": {"mysql": {"uris": ["mysql://u:p@h/d"]}},
                    },
                }
            ]
        }
    ),
    json.dumps(
        {
            "MYSQLS": {
                "MYSQLS_DATABASE": "d",
                "MYSQLS_HOSTNAME": "h",
                "MYSQLS_PORT": "3306",
                "MYSQLS_USERNAME": "u",
                "MYSQLS_PASSWORD": "p",
            },
            "MAILGUN": {"MAILGUN_SMTP_SERVER": "h", "MAILGUN_SMTP_LOGIN": "u"},
            "CONFIG": {"CONFIG_VARS": {"A": "b"}},
        }
    ),
    json.dumps(
        {
            "DOTCLOUD_PROJECT": "shop",
            "DOTCLOUD_DB_SQL_LOGIN": "u",
            "DOTCLOUD_DB_SQL_HOST": "h",
            "DOTCLOUD_CACHE_REDIS_URL": "redis://u:p@h:6379",
        }
    ),
)
"""The text of VCAP_SERVICES, of CRED_FILE and of environment.json."""
LAST_BUILD = (
    '[{"minor": "3.12", "requested": "", "names": ["six"], "digest": "ab", "fitting": [],'
    ' "excluded": ["3.12.1"]}]',
    '[{"minor": "3.9", "names": [[["a"]], 1], "fitting": [{}], "digest": "", "requested": "x",'
    ' "excluded": ["3.9.1 ,<3", {}]}]',
)
VENDOR_LOCK = (
    'version = 1\n[[package]]\npath = "vendor/acme"\nfiles = "sha256:' + "a" * 64 + '"\n'
    'url = "https://h/acme.git"\ncommit = "' + "b" * 40 + '"\nversion = "1.0"\n',
)
LOCK = (
    "# from vendor/acme\nacme==1.0 \\\n    --hash=sha256:" + "a" * 64 + "\n"
    "six==1.16.0 \\\n    --hash=sha256:"
    + "b" * 64
    + " \\\n    --hash=sha256:"
    + "c" * 64
    + "\n",
)
OWN_LOCK = (
    'lock-version = "1.0"\ncreated-by = "slipway"\n\n[[packages]]\nname = "six"\n'
    'version = "1.0"\n\n[tool.slipway]\nmade-from = ["requirements.txt"]\n'
    'requirements = ["six", "boat @ https://u:${TOKEN}@h.example/boat.zip"]\n',
)
OTHER_TOOLS = (
    "python 3.12.1\nnodejs 20\n",
    '[tools]\npython = ["3.12", "3.11"]\n',
    '[tools]\npython = {version = "prefix:3.12"}\n"core:python" = ["latest", {version = 3.1}]\n',
    "ARG V=3.12\nFROM --platform=x docker.io/python:${V}-slim AS a\nFROM uv:python3.12\n",
    "# autogenerated by pip-compile with Python 3.12\n# uv pip compile -p 3.12 r.in\n",
    '[requires]\npython_version = "3.12"\n[packages]\nsix = "*"\n',
    'version = 1\nrequires-python = ">=3.10"\n[[package]]\nname = "a"\nversion = "1"\n'
    'source = { registry = "https://h" }\n',
    '[[package]]\nname = "a"\n[metadata]\npython-versions = "^3.10"\ncontent-hash = "x"\n',
    "name: env\ndependencies:\n  - python=3.10\n  - pip:\n    - six\n",
)
PIP_OUTPUT = (
    "Looking in indexes: https://u:p@h/simple\nERROR: Could not find a version that satisfies "
    "the requirement numpy>=999 (from -r /tmp/r.txt (line 1)) (from versions: 1.0, 2.0rc1)\n"
    "ERROR: No matching distribution found for numpy>=999\n",
    "ERROR: Cannot install a==1 and b because these package versions have conflicting "
    "dependencies.\n\nThe conflict is caused by:\n    a 1 depends on six<1\n    The user "
    "requested six>=1\n\nTo fix this you could try to:\n1. loosen the range\n",
    "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.\n    six==1 from "
    "https://h/six.whl:\n        Expected sha256 " + "a" * 64 + "\n             Got        x\n",
    "  Link requires a different Python (3.12.1 not in: '>=3.8,<3.12'): https://h/a.whl (from "
    "https://h/simple/) (requires-python:>=3.8,<3.12)\n  Skipping link: none of the wheel's tags "
    "(cp312-cp312-win_amd64) are compatible: https://h/a-1-cp312-cp312-win_amd64.whl\n",
    "  error: subprocess-exited-with-error\n  × Building wheel for a did not run successfully.\n"
    "  │ exit code: 1\n  ╰─> [12 lines of output]\n      In file included from a.c:1:\n"
    "      a.c:3:10: fatal error: ffi.h: No such file or directory\n      compilation "
    "terminated.\n      error: command '/usr/bin/gcc' failed with exit code 1\n      [end of "
    "output]\n  note: This error originates from a subprocess\n  ERROR: Failed building wheel "
    "for a\nERROR: Could not build wheels for a\n",
    "WARNING: Retrying (Retry(total=0)) after connection broken by 'NewConnectionError: "
    "[Errno 111] Connection refused': /simple/a/\nERROR: HTTP error 404 while getting "
    "https://h/a.whl\nOSError: [Errno 28] No space left on device\n429 Client Error: Too Many "
    "Requests for url: https://u:p@h/simple/a/\n",
)
UV_OUTPUT = (
    "  × No solution found when resolving dependencies:\n  ╰─▶ Because only numpy<=2.3 is "
    "available and you require numpy>=999, we can conclude that your requirements are "
    "unsatisfiable.\n\n      hint: pre-releases are available\n",
    "  ╰─▶ Because a==1 depends on six<1 and b==2 depends on six>=1, we can conclude that a==1 "
    "and b==2 are incompatible.\n      And because you require a and b, we can conclude that "
    "your requirements are unsatisfiable.\n",
    "error: Failed to fetch: `https://u:p@h/simple/a/`\n  Caused by: HTTP status client error "
    "(401 Unauthorized) for url (https://h/simple/a/)\n",
    "error: Hash mismatch for `six==1`\n\nExpected:\n  sha256:" + "a" * 64 + "\n\nComputed:\n  "
    "sha256:" + "b" * 64 + "\n",
    "  × Failed to build `a==1.0`\n  ├─▶ The build backend returned an error\n  ╰─▶ Call to "
    "`setuptools.build_meta.build_wheel` failed (exit status: 1)\n\n      [stderr]\n      "
    "error: command 'cc' failed: No such file or directory\n\n      hint: This usually "
    "indicates a problem with the package or the build environment.\n",
    "  ╰─▶ Because a==1 has no wheels with a matching Python ABI tag (e.g., `cp312`) and you "
    "require a==1, we can conclude that your requirements are unsatisfiable.\n",
)
ADDRESSES = (
    "postgres://u:p%40@h:5432/d?sslmode=require",
    "redis://:p@h:6379/0",
    "mysql2://u:p@[::1]:3306/d?pool=5",
    "https://user:p#w@example.com/simple/ see http://h/@scope/x and git@h:a/b.git",
)
NAMES = (
    "acme-1.0-py3-none-any.whl",
    "vendor/acme-1.0-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl",
    "acme-1.0.tar.gz",
    "requirements/production.txt",
    "requirements-dev.in",
    "SLIPWAY_PYTHON_VERSION",
    "UV_INDEX_URL",
    "BP_CPYTHON_VERSION",
    "libffi.so.8",
    "openssl/ssl.h",
    "x86_64-linux-gnu-gcc",
)
PEM = (
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n"
    "-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n",
    "machine h login u password p\ndefault login x password y\n",
    "username=u\npassword=p\nhost=h\n",
)
LAYER = ('[types]\nlaunch = true\n[metadata]\nbuild = "1"\n',)
CGROUP = ("max 100000\n", "150000 100000\n", "0::/\n12:cpu,cpuacct:/docker/x\n")

ALL = tuple(
    sample
    for samples in (
        *(REQUIREMENTS, PYPROJECT, UV_TOML, INI, SETUP_PY, SETTINGS_PY, VERSION_FILE, PROCFILE),
        APP_PY,
        *(
            HOOKS,
            METADATA,
            JSON,
            BOUND_SERVICES,
            VENDOR_LOCK,
            LOCK,
            OWN_LOCK,
            OTHER_TOOLS,
            PIP_OUTPUT,
            UV_OUTPUT,
        ),
        *(ADDRESSES, NAMES, PEM, LAYER, CGROUP),
    )
    for sample in samples
    if sample
)
