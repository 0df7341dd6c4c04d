"""An example of every error, and which errors have a given title."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from slipway.domain.settings import TABLE
from slipway.domain.unread_files import unread_sources
from slipway.errors import (
    addresses,
    app,
    bindings,
    building,
    checkout,
    dependencies,
    django,
    fetching,
    hooks,
    locks,
    nltk_data,
    package,
    python,
    requirement_files,
    root,
    running_tests,
    submodules,
    toolchain,
    vendored,
    web,
    writing_locks,
)
from slipway.errors.dependencies import THE_APP
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.messages import explain
from unit.samples import required

LONG = "/srv/build_1c2d/some/folder/with/a/name/that/is/long/.slipway/python/bin/python3.13"
IMAGE_PYTHONS = (("3.13.1", "/usr/bin/python3.13"),)
OUTPUT = ("the first line of the output", "the last line of the output")
RAISED = django.Raised(
    subject="harbour.settings",
    exceptions=("KeyError: 'tide'", "ValueError: Unable to configure handler 'tide'"),
    place="harbour/settings.py:7",
)

OLD_PARTS = python.OldParts(
    requirements=(
        python.OldRequirement(
            file="requirements.txt",
            name="distribute",
            reason="setuptools has replaced {}",
            replacement="",
            then="",
            never_installs=True,
        ),
        python.OldRequirement(
            file="requirements.txt",
            name="PIL",
            reason="",
            replacement="Pillow",
            then="",
            never_installs=False,
        ),
    ),
    django="1.4.1",
    django_pythons="2",
    modules=(
        python.OldCode(file="harbour/views.py", line=1, statement="import urllib2"),
        python.OldCode(file="tides/models.py", line=20, statement='print "low"'),
    ),
    pinned_in=("requirements.txt",),
)

UNLOADED = web.Fault(
    why=web.Why.NOT_INSTALLED,
    program="gunicorn",
    target="app:app",
    subject="requests",
    place="app.py:3",
    module="app",
    requirement="requests",
)
FAULTS = (
    UNLOADED,
    replace(UNLOADED, subject="tide", requirement="", place=""),
    replace(UNLOADED, why=web.Why.NO_MODULE, subject="app", place=""),
    replace(UNLOADED, why=web.Why.NO_MODULE, subject="app", place="", similar="ap"),
    replace(UNLOADED, why=web.Why.NO_ATTRIBUTE, subject="app", place="", similar="api"),
    replace(UNLOADED, why=web.Why.NO_NAME, subject="cannot import name 'a' from 'b'"),
    replace(UNLOADED, why=web.Why.SYNTAX, subject="invalid syntax"),
    replace(
        UNLOADED,
        why=web.Why.INTERFACE,
        subject="fastapi.applications.FastAPI",
        serves="WSGI",
        command="uvicorn --host 0.0.0.0 --port $PORT app:app",
    ),
    replace(UNLOADED, why=web.Why.NOT_CALLABLE, subject="celery.app.base.Celery", place=""),
    replace(
        UNLOADED,
        why=web.Why.FACTORY,
        target="app:create_app",
        subject="create_app",
        place="",
        program="waitress-serve",
        command="waitress-serve --host 0.0.0.0 --port $PORT --call app:create_app",
    ),
    replace(UNLOADED, why=web.Why.DOTTED, subject="server.app", place=""),
    replace(UNLOADED, why=web.Why.NO_FILE, subject="settings.py", place=""),
    replace(
        UNLOADED,
        why=web.Why.WORKER,
        subject="gevent",
        place="gunicorn.conf.py:1",
        requirement="gevent",
    ),
    replace(
        UNLOADED,
        why=web.Why.DATABASE_URL,
        subject="NoSuchModuleError",
        similar="postgresql+psycopg://",
        requirement="",
    ),
    replace(
        UNLOADED,
        why=web.Why.SETTING,
        subject="`workers` to 'many'",
        place="gunicorn.conf.py:1",
        requirement="",
    ),
)
"""What can keep a default process from loading its application."""

EXAMPLES: tuple[BuildStopped, ...] = (
    addresses.AddressUnusable(
        origin="The setting extra-index-url in /home/me/.config/pip/pip.conf",
        line=0,
        encoded=(("#", "%23"), (" ", "%20"), ("\t", "%09")),
        has_user=True,
    ),
    addresses.AddressUnusable(
        origin="requirements/production.txt", line=12, encoded=(), has_user=False
    ),
    app.NotPython(found=("index.html",), misspelled=()),
    app.NotPython(found=(), misspelled=()),
    *(
        running_tests.NotCompiledForTests(path="/app", is_built=is_built)
        for is_built in (False, True)
    ),
    running_tests.PytestMissing(file="pytest.ini", is_django=False),
    running_tests.PytestMissing(
        file="setup.cfg",
        is_django=True,
        way=running_tests.WayToAdd(
            exact=("uv add --dev pytest pytest-django",), file="uv.lock", is_command=True
        ),
    ),
    running_tests.PytestMissing(
        file="pyproject.toml",
        is_django=True,
        way=running_tests.WayToAdd(
            exact=("[dependency-groups]", 'test = ["pytest", "pytest-django"]'),
            file="pyproject.toml",
        ),
    ),
    running_tests.PytestMissing(
        file="pytest.ini",
        is_django=False,
        way=running_tests.WayToAdd(exact=('"pytest",',), file="pyproject.toml", group="tests"),
    ),
    running_tests.PytestMissing(
        file="tests/conftest.py",
        is_django=True,
        way=running_tests.WayToAdd(
            exact=("-r requirements/local.txt", "pytest-django"),
            listed_in="requirements/local.txt",
        ),
    ),
    running_tests.PytestMissing(
        file="tests/conftest.py",
        is_django=False,
        way=running_tests.WayToAdd(exact=("pytest",), file="requirements-dev.txt"),
    ),
    running_tests.AppJsonUnusable(reason="its script `test` is not a string"),
    running_tests.AppJsonUnusable(
        reason="Expecting property name enclosed in double quotes: line 3 column 1 (char 30)",
        line=3,
    ),
    app.NotPython(
        found=tuple(f"a-file-with-a-name-{number}.html" for number in range(20)),
        misspelled=(("requirments.txt", "requirements.txt"),),
    ),
    app.NotPython(
        found=("backend/", "frontend/"),
        misspelled=(),
        subfolders=(("backend", ("manage.py", "requirements.txt")),),
    ),
    *(
        root.RootMissing(
            path=path,
            origin=origin,
            is_file=is_file,
            nearest=nearest,
            apps=(("backend", ("requirements.txt", "manage.py")), ("shop", ("uv.lock",))),
        )
        for path, origin, is_file, nearest in (
            ("backnd", "The variable SLIPWAY_ROOT", False, "backend"),
            ("shop/site.py", "[tool.slipway] in pyproject.toml", True, "shop"),
        )
    ),
    root.RootMissing(
        path=LONG, origin="The variable SLIPWAY_ROOT", is_file=False, nearest="", apps=()
    ),
    *(
        root.RootNotPython(
            path="frontend", origin="[tool.slipway] in pyproject.toml", found=found, apps=apps
        )
        for found, apps in (
            (("package.json", "src/"), (("backend", ("requirements.txt",)),)),
            ((), ()),
        )
    ),
    root.SettingsOfRepository(
        path="backend", keys=("vendor",), lines=('vendor = ["vendor", "libs"]',)
    ),
    root.SettingsOfRepository(
        path="backend",
        keys=("python_version", "offline"),
        lines=('python_version = "3.12"', "offline = true"),
    ),
    app.AppFolderMissing(path=LONG),
    app.NotCompiled(path="/app"),
    app.FolderTooWide(path="/home/me"),
    app.ReleaseFailed(command="slipway-release", reason="exited with status 1"),
    dependencies.NoDependencyFile(found=("wsgi.py", ".python-version"), misspelled=()),
    dependencies.NoDependencyFile(
        found=("requirments.txt",), misspelled=(("requirments.txt", "requirements.txt"),)
    ),
    dependencies.NoDependencyFile(found=(), misspelled=()),
    dependencies.NoDependencyFile(
        found=("api/", "shop/", "wsgi.py"),
        misspelled=(),
        subfolders=(("api", ("pyproject.toml",)), ("shop", ("requirements.txt",))),
    ),
    *(
        dependencies.NoDependencyFile(
            found=(name,), misspelled=(), unread=unread_sources([name], {})
        )
        for name in ("pixi.toml", "requirements.lock", "environment.yml")
    ),
    dependencies.NoDependencyFile(
        found=("requirements/",), misspelled=(), others=("requirements/production.txt",)
    ),
    *(
        dependencies.SourceUnsupported(
            name="tools",
            file=file,
            table=f"[tool.{tool.lower()}.dependencies]",
            declaration='tools = { source = "company" }',
            reason="It is one of several indexes.",
            tool=tool,
            required_by=required_by,
            is_elsewhere=is_elsewhere,
        )
        for tool, file, required_by, is_elsewhere in (
            ("uv", "vendor/acme/pyproject.toml", "", True),
            ("Poetry", "pyproject.toml", "", True),
            ("Poetry", "pyproject.toml", "requirements.txt:3", False),
            ("uv", "pyproject.toml", "", False),
            ("Pipenv", "Pipfile", "", True),
        )
    ),
    *(
        dependencies.ToolSettingUnsupported(
            tool=tool,
            file="pyproject.toml",
            table="",
            key="key",
            reason="It adds an index.",
            is_index=is_index,
            variable=variable,
        )
        for tool, is_index, variable in (
            ("PDM", True, ""),
            ("Poetry", False, ""),
            ("uv", False, "PIP_UPLOADED_PRIOR_TO=2026-01-01"),
        )
    ),
    dependencies.RequirementOutsideTheApp(package="The app", name="six", target="../six"),
    dependencies.RequirementOutsideTheApp(
        package="vendor/acme", name="six", target="libs/six", exists=True
    ),
    dependencies.ProjectTableMissing(file="pyproject.toml"),
    dependencies.ProjectTableMissing(file="pyproject.toml", groups=("web", "dev")),
    dependencies.ProjectTableMissing(
        file="pyproject.toml",
        unread=unread_sources(["pyproject.toml", "pixi.lock"], {}),
        others=("requirements-dev.txt", "requirements-prod.txt"),
    ),
    app.NotPython(
        found=("environment.yml",),
        misspelled=(),
        unread=unread_sources(["environment.yml"], {}),
        others=("requirements/base.txt",),
    ),
    requirement_files.RequirementsMistyped(
        file="requirements.txt",
        lines=tuple(
            requirement_files.MistypedLine(
                number=number, shown=f"six<U+00E9>=={number}", corrected=corrected
            )
            for number, corrected in ((1, "six==1"), (2, ""), (3, "six==3"))
        ),
        characters=(("U+00E9", "LATIN SMALL LETTER E WITH ACUTE"),),
    ),
    requirement_files.RequirementOptionsUnknown(
        options=tuple(
            requirement_files.UnknownOption(
                place=f"requirements.txt:{number}",
                option=option,
                nearest=nearest,
                is_of_one=False,
            )
            for number, option, nearest in (
                (1, "--upgrade", ""),
                (2, "--no-indx", "--no-index"),
            )
        ),
    ),
    requirement_files.RequirementsOfAnotherFormat(
        file="requirements.txt",
        written_by="conda list --export",
        commands=("python -m pip list --format=freeze > requirements.txt",),
        lines=tuple(f"{number}: six=1.{number}=main" for number in range(30)),
    ),
    requirement_files.RequirementsAtPathsElsewhere(
        files=("requirements.txt", "base.txt"),
        lines=("requirements.txt:1: six @ file:///build/six", "base.txt:3: a @ file:///a"),
    ),
    app.LinkDead(file="requirements.txt", target="../shared/requirements.txt"),
    app.LinkDead(file="requirements/prod.txt", target="base.txt"),
    app.LinkWrittenAsText(file="Procfile", target="../Procfile", is_in_app=False),
    app.LinkWrittenAsText(file="requirements.txt", target="requirements/p.txt", is_in_app=True),
    app.FileIsLfsPointer(file="requirements.txt"),
    app.RequirementsMissing(
        path="requirements",
        origin="The variable SLIPWAY_REQUIREMENTS",
        is_folder=True,
        in_folder=("requirements/prod.txt", "requirements/base.txt"),
    ),
    app.RequirementsMissing(
        path="etc/", origin="[tool.slipway] in pyproject.toml", is_folder=True
    ),
    app.FileUndecodable(file="Procfile", line=1, encoding="UTF-16"),
    python.PythonNotFound(
        requested="3.14 and >=3.14.1",
        origin=".python-version together with requires-python in pyproject.toml",
        image_pythons=IMAGE_PYTHONS,
    ),
    python.PythonTooOld(
        origin="python_requires in setup.cfg", requested="==3.9.*", oldest="3.10"
    ),
    python.PythonTooOld(origin="runtime.txt", requested="3.9", oldest="3.10"),
    python.PythonTooOld(
        origin="`requires` in Pipfile.lock",
        requested="==3.7.*",
        oldest="3.10",
        old=python.OldParts(django="3.0.5", django_pythons="3.6 to 3.8", lock="Pipfile.lock"),
    ),
    python.PythonTooOld(
        origin="runtime.txt",
        requested="3.7.7",
        oldest="3.10",
        also=(("`requires` in Pipfile.lock", "==3.7.*"),),
        old=python.OldParts(django="3.0.5", django_pythons="3.6 to 3.8", lock="Pipfile.lock"),
    ),
    python.NeedsPython2(old=OLD_PARTS),
    python.VersionsUnreadable(
        old=python.OldParts(
            versions=(
                python.OldVersion(
                    file="requirements.txt", line=17, name="pytz", version="2012d"
                ),
            )
        )
    ),
    python.PythonsContradict(
        origins=(".python-version", "requires-python in pyproject.toml"),
        requested=("3.13", "==3.12.*"),
        nearest=("3.12", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=("requires-python in pyproject.toml", "python in [tool.poetry.dependencies]"),
        requested=(">=3.13", "~3.12"),
        nearest=("3.12", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=(".python-version", "runtime.txt"),
        requested=("3.12", "2.7.18"),
        nearest=("", "3.12"),
        widened=">=3.12",
    ),
    app.VirtualenvCheckedIn(folders=("venv",)),
    app.VirtualenvCheckedIn(folders=("backend/.venv", "venv")),
    app.FileUnreadable(file="requirements.txt", reason="Is a directory", code=errno.EISDIR),
    app.FileUnreadable(file="requirements.txt", reason="Permission denied", code=errno.EACCES),
    app.FileUnreadable(
        file="requirements/a/b.txt", reason="Permission denied", code=errno.EACCES
    ),
    app.FileUnreadable(
        file="Procfile", reason="Too many levels of symbolic links", code=errno.ELOOP
    ),
    app.FileUnreadable(
        file="Procfile",
        reason="it is a named pipe (FIFO), not a regular file",
        code=errno.EINVAL,
    ),
    app.FileUnreadable(
        file="requirements.txt",
        reason="it is larger than 10 MB, the most that Slipway reads of such a file",
        code=errno.EFBIG,
    ),
    app.NamedFileUnusable(path="/dev/zero", kind="a device", variable="PIP_CONFIG_FILE"),
    app.NamedFileUnusable(path="/home/me/.netrc", kind="a named pipe (FIFO)", variable=""),
    app.NotAFolder(path=".profile.d"),
    app.NotAFile(path=".profile.d/slipway.sh"),
    app.VariablesTooLarge(total=2_200_000, largest="FIXTURES", size=120_000),
    app.FileForbidden(path=LONG, reason="Permission denied"),
    app.FileForbidden(
        path="/workspace/private/pyvenv.cfg",
        reason="Permission denied",
        denial=app.Denial(
            path="/workspace/private", owner="root", mode="drwx------", user="cnb"
        ),
    ),
    app.AppUnreadable(
        denials=(
            app.Denial(path="private", owner="root", mode="drwx------", user="cnb"),
            app.Denial(path="a file.txt", owner="0", mode="-rw-------", user="cnb"),
        )
    ),
    app.FileUndecodable(file="pyproject.toml", line=3),
    app.FileNotToml(file="pyproject.toml", reason="Expected '=' (at line 3, column 4)"),
    app.FileNotToml(
        file="Pipfile",
        reason="Invalid statement (at line 3, column 1)",
        conflict=(3, "<<<<<<<"),
    ),
    app.MergeConflict(file="requirements.txt", line=2, mark="<<<<<<< HEAD"),
    app.ApplicationMissing(
        target="main:application",
        origin="[tool.slipway] in pyproject.toml",
        key="app",
        file="main.py",
        candidates=("main:app",),
    ),
    app.ApplicationMissing(target="shop.web:app", origin="The variable APP_MODULE", key="app"),
    app.ApplicationMissing(
        target="shop.web:app",
        origin="The variable APP_MODULE",
        key="app",
        file="shop/web.py",
        other="made by celery.Celery",
        candidates=("shop.wsgi:application",),
    ),
    app.SettingUnknown(
        name="managepy",
        origin="[tool.slipway] in pyproject.toml",
        nearest="manage_py",
        known=("bundle_python", "manage_py"),
    ),
    app.SettingUnknown(
        name="colour",
        origin="[tool.slipway] in pyproject.toml",
        nearest=None,
        known=("manage_py",),
    ),
    app.SettingUnknown(
        name="SLIPWAY_PYTHON_MIROR",
        origin="The variable SLIPWAY_PYTHON_MIROR",
        nearest="SLIPWAY_PYTHON_MIRROR",
        known=("SLIPWAY_VENDOR", "SLIPWAY_PYTHON_MIRROR"),
    ),
    app.SettingInvalid(
        name="bundle_python",
        origin="The variable SLIPWAY_BUNDLE_PYTHON",
        kind="text",
        allowed="auto, true or false",
    ),
    app.SettingInvalid(
        name="vendor",
        origin="The variable SLIPWAY_VENDOR",
        kind="an address",
        allowed="folders in the app, separated by commas",
        example="SLIPWAY_VENDOR=vendor,libs",
    ),
    app.SettingInvalid(
        name="offline",
        origin="The variable SLIPWAY_OFFLINE",
        kind="empty",
        allowed="true or false",
    ),
    app.SettingInvalid(
        name="root",
        origin="The variable SLIPWAY_ROOT",
        kind="empty",
        allowed="a folder in the repository",
        example="SLIPWAY_ROOT=backend",
    ),
    app.SettingOutside(
        name="root", origin="The variable SLIPWAY_ROOT", path="/backend", inside="backend"
    ),
    app.SettingOutside(
        name="root", origin="[tool.slipway] in pyproject.toml", path="/app/api", inside="api"
    ),
    app.SettingOutside(name="root", origin="The variable SLIPWAY_ROOT", path="../api"),
    app.SettingOutside(name="vendor", origin="The variable SLIPWAY_VENDOR", path="../libs"),
    app.SettingInvalid(
        name="manage_py",
        origin="[tool.slipway] in pyproject.toml",
        kind="a list",
        allowed="a path in quotes",
        example='manage_py = "site/manage.py"',
    ),
    app.SettingInvalid(
        name="python_version",
        origin="[tool.slipway] in pyproject.toml",
        kind="a number",
        allowed="a version in quotes",
        example='python_version = "3.13"',
    ),
    python.PythonsContradict(
        origins=(".python-version", "requires-python in uv.lock"),
        requested=("3.13", ">=3.14"),
        nearest=("3.14", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=("runtime.txt", "`requires` in Pipfile.lock"),
        requested=("3.13", "==3.14.*"),
        nearest=("3.14", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=("[requires] in Pipfile", "requires-python in pylock.toml"),
        requested=("3.13", "==3.14.*"),
        nearest=("3.14", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=(".python-version", ".tool-versions"),
        requested=("3.13", "3.14.1"),
        nearest=("3.14.1", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=(
            ".python-version together with runtime.txt together with mise.toml",
            "requires-python in pyproject.toml",
        ),
        requested=("!=3.13.* and !=3.12.* and <3.14", ">=3.12"),
        nearest=("3.12", "3.11"),
        widened="!=3.12.*,!=3.13.*,<3.14",
        parts=(
            (".python-version", "!=3.13.*"),
            ("runtime.txt", "!=3.12.*"),
            ("mise.toml", "<3.14"),
        ),
        changes=("runtime.txt",),
    ),
    python.PythonsContradict(
        origins=(".python-version together with mise.toml", "`requires` in Pipfile.lock"),
        requested=("!=3.12.* and <3.14", "==3.14.*"),
        nearest=("3.14", "3.13"),
        widened="!=3.12.*,<3.14",
        parts=((".python-version", "==3.*,!=3.14.*"), ("mise.toml", "<3.14")),
        changes=(".python-version", "mise.toml"),
    ),
    python.PythonsContradict(
        origins=("mise.toml", ".config/mise/config.toml"),
        requested=("3.13", "3.14"),
        nearest=("3.14", "3.13"),
        widened=">=3.13",
    ),
    python.PythonsContradict(
        origins=(".python-version", "requires-python in pyproject.toml"),
        requested=(">=99", ">=98,<99"),
        nearest=("", ""),
        widened=">=99",
    ),
    python.PythonTooOld(
        origin="python-versions in poetry.lock", requested=">=3.8,<3.10", oldest="3.10"
    ),
    python.PythonTooOld(
        origin="requires-python in pylock.toml", requested="3.9", oldest="3.10"
    ),
    python.PythonTooOld(origin=".tool-versions", requested="3.9.18", oldest="3.10"),
    *(
        python.PythonKindUnsupported(
            origin=origin, requested=requested, kind=kind, instead="3.13"
        )
        for origin, requested, kind in (
            (".python-version", "3.13t", "free-threaded"),
            ("runtime.txt", "3.13-dev", "development"),
            (".tool-versions", "pypy3.10-7.3.17", "PyPy"),
            ("mise.toml", "miniconda3-3.13-24.9.2-0", "conda"),
            (".python-version", "system", "system"),
            ("SLIPWAY_PYTHON_VERSION", "3.13.0rc1", "pre-release"),
            ("python_version in pyproject.toml", "3.13d", "debug"),
        )
    ),
    python.PythonVersionUnparsable(origin=".python-version", found=""),
    python.PythonVersionUnparsable(origin=".python-version", found="shop-3.12", instead="3.12"),
    python.PythonVersionUnparsable(
        origin=".config/mise/config.toml", found="3.1", is_text=False
    ),
    python.PythonVersionUnparsable(origin="mise.toml", found="true", is_text=False),
    python.PythonVersionUnparsable(origin="SLIPWAY_PYTHON_VERSION", found="", is_hidden=True),
    python.PythonVersionUnparsable(
        origin="python in [tool.poetry.dependencies]", found="3.11 - 3.12"
    ),
    python.NoSuchPython(
        origin="requires-python in pyproject.toml",
        requested=">=3.12,<3.12",
        is_range=True,
        instead="3.12",
    ),
    python.NoSuchPython(
        origin=".python-version", requested="312", is_range=False, instead="3.12"
    ),
    python.NoSuchPython(
        origin="`requires` in Pipfile.lock",
        requested="==3.11.*,==3.12.1",
        is_range=True,
        instead="3.11",
    ),
    python.PythonVersionUnparsable(origin="runtime.txt", found="'3.12'", instead="3.12"),
    python.PythonVersionUnparsable(origin="requires-python in pyproject.toml", found="3.x!"),
    python.PythonVersionUnparsable(origin="BP_CPYTHON_VERSION", found="latest"),
    python.PythonVersionUnparsable(origin="python_version in pyproject.toml", found=""),
    python.PythonTooOld(origin="SLIPWAY_PYTHON_VERSION", requested="3.9", oldest="3.10"),
    python.PythonTooOld(origin="runtime.txt", requested="3.9.18", oldest="3.10"),
    python.PythonNotFound(requested="3.14", origin=".python-version", image_pythons=()),
    python.PythonNotFound(
        requested="3.14",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        setting="UV_PYTHON_DOWNLOADS",
    ),
    python.PythonNotFound(
        requested="3.13",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        setting="UV_PYTHON_DOWNLOADS",
        setting_origin="SLIPWAY_PYTHON_SOURCE",
    ),
    python.PythonNotFound(
        requested="==3.9.*",
        origin="requires-python in pylock.toml",
        image_pythons=IMAGE_PYTHONS,
    ),
    python.PythonNotFound(
        requested="~3.9", origin="python_version in pyproject.toml", image_pythons=()
    ),
    python.PythonNotFound(
        requested="3.10 or newer", origin=None, image_pythons=(("3.9.2", LONG),)
    ),
    python.PythonNotFound(
        requested="3.11", origin="runtime.txt", image_pythons=IMAGE_PYTHONS, setting="offline"
    ),
    python.PythonNotFound(
        requested="3.12",
        origin=".python-version",
        image_pythons=(*IMAGE_PYTHONS, ("3.9.2", "/usr/bin/python3.9")),
        setting="offline",
        unusable=(
            ("3.12.1", "/usr/bin/python3.12t", "free-threaded"),
            ("3.11.13", "/opt/pypy/bin/pypy3.11", "PyPy"),
        ),
    ),
    python.ImageHasMusl(
        requested="3.12",
        origin=".python-version",
        image_pythons=(),
        unusable=(("3.12.1", "/usr/bin/python3.12", "for musl"),),
    ),
    python.PythonNotFound(
        requested="3.11", origin=None, image_pythons=(), setting="python_source"
    ),
    python.PythonNotFound(
        requested="3.11",
        origin=None,
        image_pythons=(),
        setting="python_source",
        setting_origin="The variable SLIPWAY_PYTHON_SOURCE",
    ),
    python.ManagedPythonUnknown(
        requested="3.99",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        known=("3.15.2", "3.14.10", "3.13.18", "3.12.16", "3.11.18", "3.10.22"),
    ),
    python.ManagedPythonUnknown(requested="3.99", origin=None, image_pythons=(), known=()),
    python.ManagedPythonUnknown(
        requested="3.99",
        origin="runtime.txt",
        image_pythons=IMAGE_PYTHONS,
        known=("3.12.1",),
        setting="python_source",
        setting_origin="The variable SLIPWAY_PYTHON_SOURCE",
    ),
    python.ManagedPythonNotBuilt(
        requested="3.12",
        origin="SLIPWAY_PYTHON_VERSION",
        image_pythons=(),
        machine="mips with musl 1.2.5",
    ),
    python.ManagedPythonNotFetched(
        requested="3.12",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        reason=("  cause: no answer",),
    ),
    python.ManagedPythonNotFetched(
        requested="3.12",
        origin=None,
        image_pythons=(),
        reason=("  cause: no answer",),
        because="psycopg2-binary 2.9.9 has no wheel for 3.13",
    ),
    python.ManagedPythonDiffers(
        requested="3.12",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        reason=("  cause: Hash mismatch",),
    ),
    python.ManagedPythonWithoutUv(
        requested="3.12",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        reason="the index has none",
        uv_version="0.13.9",
    ),
    python.ManagedPythonBroken(
        requested="3.12",
        origin=".python-version",
        image_pythons=IMAGE_PYTHONS,
        version="3.12.16",
    ),
    python.PythonNotRelocatable(
        path="/usr/bin/python3.13", reason="its libpython belongs to the system"
    ),
    python.PythonNotRelocatable(path=LONG, reason="its libpython belongs to the system"),
    toolchain.UvUnavailable(
        version="0.13.9",
        reason="the package index does not have it for this image",
        is_download=True,
        origin="[tool.slipway] in pyproject.toml",
    ),
    toolchain.UvUnavailable(
        version="0.13.9",
        reason="the app is built offline, and the image does not have it",
        origin="The variable SLIPWAY_TOOLCHAIN",
    ),
    toolchain.UvUnfit(
        reason="uv does not support PIP_PREFER_BINARY",
        origin="[tool.slipway] in pyproject.toml",
    ),
    dependencies.RequirementInvalid(
        file="requirements/base.txt",
        line=12,
        text="django=>5",
        reason="Expected semicolon (after name with no version specifier) or end",
    ),
    dependencies.RequirementInvalid(
        file="requirements.txt",
        line=1,
        text="six==${SIX}",
        reason="the variable SIX is not set",
    ),
    dependencies.RequirementInvalid(
        file="pyproject.toml",
        line=1,
        text="six==${SIX}",
        reason="Slipway fills in variables only in requirements files",
    ),
    dependencies.RequirementInvalid(
        file="requirements.txt",
        line=1,
        text="-c https://files.example/limits.txt",
        reason="a requirements or constraints file has to be in the app",
    ),
    dependencies.RequirementInvalid(
        file="requirements.txt", line=1, text="-r", reason="-r needs a file name"
    ),
    dependencies.RequirementFileMissing(file="base.txt", named_in="requirements.txt", line=1),
    dependencies.RequirementFileMissing(
        file="requirements", named_in="requirements.txt", line=1, is_folder=True
    ),
    dependencies.RequiredOnOtherPythons(
        name="harbour-x", place="requirements.txt:3", required_by=("vendor/y",)
    ),
    dependencies.RequiredOnOtherPythons(
        name="harbour-x", place="requirements.txt:3", required_by=(".", "vendor/y")
    ),
    dependencies.RequiredOnOtherPythons(
        name="harbour-x", place="requirements.txt:3", required_by=()
    ),
    dependencies.ResolutionConflict(
        requirements=required(
            (THE_APP, "idna==2.4"),
            ("requirements.txt:2", "idna<4"),
            ("requests 2.32.3", "idna<4 and >=2.5"),
        )
    ),
    dependencies.PackageNotFound(
        requirement="no-such-package", required_by="requirements.txt:2"
    ),
    dependencies.PackageNotFound(requirement="no-such-package", required_by="boat 5.1"),
    dependencies.PackageNotFound(
        requirement="wsgiref==0.1.2",
        required_by="requirements.txt:2",
        successor="Python itself has wsgiref",
    ),
    dependencies.PackageNotFound(requirement="asyncore", required_by="requirements.txt:2"),
    dependencies.NoIndexAllowed(
        requirement="anchor>=2", setting="PIP_NO_INDEX", required_by="requirements.txt:2"
    ),
    dependencies.NoIndexAllowed(
        requirement="anchor>=2", setting="--no-index in the requirements", required_by="boat"
    ),
    dependencies.VersionNotFound(
        requirement="six==99",
        versions=tuple(f"1.{number}.0" for number in range(29, -1, -1)),
        required_by="requirements.txt:2",
    ),
    dependencies.VersionNotFound(requirement="six==99", versions=()),
    dependencies.VersionNotFound(requirement="six==99", versions=(), required_by="boat 5.1"),
    dependencies.NoWheelForPython(
        requirement="numpy==1.19.5", python="3.13.1", needs=("1.19.5 needs Python <3.10",)
    ),
    dependencies.NoWheelForPython(
        requirement="numpy==1.26",
        python="3.13.1",
        needs=("1.26 only has wheels for cp311, cp312",),
        required_by="requirements.txt:2",
        versions=("2.3.1", "2.3.0"),
        pythons=("3.12", "3.11"),
        fitting=python.FittingPython(
            minor="3.12", package="numpy 1.26", known_by="files", changes=("runtime.txt",)
        ),
    ),
    dependencies.NotForThisPlatform(
        requirement="pywin32==306",
        platform="Linux on x86_64 (glibc 2.36)",
        supported=("Windows",),
        required_by="requirements.txt:2",
        marker='sys_platform == "win32"',
    ),
    dependencies.NotForThisPlatform(
        requirement="anchor>=2",
        platform="Linux on x86_64 (glibc 2.36)",
        supported=("Linux on x86_64 with musl, such as Alpine", "macOS"),
        versions=("1.0",),
        required_by="boat 5.1 (vendor/boat)",
    ),
    dependencies.FilesExcluded(requirement="anchor>=2", option="--only-binary"),
    dependencies.FilesExcluded(
        requirement="anchor==2",
        option="--only-binary",
        fitting=python.FittingPython(minor="3.11", package="anchor 2", known_by="files"),
    ),
    dependencies.FilesExcluded(requirement="anchor>=2", option="--no-binary"),
    building.BuildLibraryMissing(
        package="mysqlclient",
        library="mysqlclient",
        debian=("pkg-config", "default-libmysqlclient-dev", "libssl-dev"),
        required_by="requirements.txt:3",
    ),
    building.BuildLibraryMissing(
        package="name", library="own", required_by="the build of other"
    ),
    building.BuildProgramMissing(
        package="psycopg2-binary",
        version="2.9.9",
        program="pg_config",
        debian=("libpq-dev",),
        required_by="requirements.txt:1",
        fitting=python.FittingPython(
            minor="3.12", package="psycopg2-binary 2.9.9", known_by="files"
        ),
    ),
    building.PackageBuildFailed(
        package="name",
        version="1.0",
        output=OUTPUT,
        fitting=python.FittingPython(
            minor="3.11",
            package="name 1.0",
            known_by="files",
            is_newest=False,
            changes=("python_version in [tool.slipway]",),
        ),
    ),
    building.BuildProgramMissing(package="psutil", program="gcc", debian=("build-essential",)),
    building.BuildProgramMissing(package="name", program="swig4"),
    building.ProgramTooOld(package="name", program="rustc", needs="1.74", has="1.63.0"),
    building.ProgramTooOld(package="name", program="rustc", needs="1.74", has=""),
    building.HeaderMissing(
        package="python-ldap", header="lber.h", debian=("libldap-dev", "libsasl2-dev")
    ),
    building.HeaderMissing(package="name", header="own.h"),
    building.HeaderMissing(
        package="name", header="a/own.h", found_in="/usr/include/own", required_by="boat 1.0"
    ),
    building.HeaderMissing(
        package=THE_APP, header="own.h", is_vendored=True, lists_dependencies=True
    ),
    building.PythonHeadersMissing(package="regex", debian=("python3.12-dev",)),
    building.PythonHeadersMissing(
        package="vendor/a", debian=("python3-dev",), is_vendored=True
    ),
    building.PackageTooOld(
        package="greenlet",
        python="3.13.0",
        uses="uses cframe of Python's C API, which Python 3.13 removed",
        last_python="3.12",
        fitting=python.FittingPython(
            minor="3.11",
            package="greenlet 2.0.2",
            known_by="files",
            changes=(".python-version", "requires-python in pyproject.toml"),
        ),
        output=OUTPUT,
    ),
    building.PackageTooOld(
        package=THE_APP,
        python="3.13.0",
        uses="is written for Python 2",
        is_vendored=True,
        output=OUTPUT,
    ),
    building.PackageTooOld(
        package="gunicorn",
        required_by="requirements.txt:5",
        python="3.13.0",
        uses="is written for Python 2",
        old=OLD_PARTS,
        output=OUTPUT,
    ),
    building.PackageTooOld(
        package="anyjson",
        required_by="requirements.txt:5",
        python="3.11.2",
        uses="uses use_2to3, which setuptools 58 removed",
        required_freely_in="requirements.txt",
        successor="Python itself has json, which replaces anyjson",
        output=OUTPUT,
    ),
    building.PackageBuildFailed(package="psycopg2", old=OLD_PARTS, output=OUTPUT),
    building.PackageTooOld(
        package="vendor/a",
        python="3.13.0",
        uses="imports the module imp, which Python 3.12 removed",
        last_python="3.11",
        fitting=python.FittingPython(
            minor="3.11",
            package="vendor/a",
            known_by="code",
            changes=("SLIPWAY_PYTHON_VERSION",),
        ),
        is_vendored=True,
        output=OUTPUT,
    ),
    *(
        building.BuildModuleMissing(
            package=package,
            module=module,
            requirement=requirement,
            is_vendored=package != "name",
            output=OUTPUT,
        )
        for package in ("name", "vendor/a", THE_APP)
        for module, requirement in (
            ("Cython", "Cython"),
            ("pkg_resources", "setuptools<81"),
        )
    ),
    building.NoFilesToInstall(package=THE_APP, is_vendored=True),
    building.NoFilesToInstall(package="vendor/a", is_vendored=True),
    building.FlatLayout(
        package=THE_APP, names=("blog", "shop"), kind="packages", is_vendored=True
    ),
    building.FlatLayout(
        package="vendor/a", names=("one", "two"), kind="modules", is_vendored=True
    ),
    building.PackageBuildFailed(package="name", output=OUTPUT),
    building.PackageBuildFailed(package="name", output=OUTPUT, required_by="boat 1.0"),
    fetching.IndexUnreachable(
        index="https://index.example/simple/six/", reason="no connection"
    ),
    fetching.IndexUnreachable(
        index="https://index.example/simple/setuptools/",
        reason="connection refused",
        unvendored=required(("vendor/anchor", "setuptools>=61")),
        folder="vendor/build",
    ),
    fetching.IndexBusy(index="https://index.example/simple/six/"),
    fetching.IndexPageInvalid(
        index="https://index.example/simple/six/",
        requirement="six",
        reason="lists no files of it",
        required_by="requirements.txt:2",
    ),
    fetching.FileNotOnServer(address="https://files.example/six.whl", status=404),
    fetching.FileNotOnServer(
        address="six @ https://files.example/six.whl",
        status=404,
        required_by="requirements.txt:2",
    ),
    fetching.FetchProgramMissing(
        program="hg", address="hg+https://h.example/x", required_by="requirements.txt:2"
    ),
    fetching.RepositoryNotFetched(
        address="git+https://h.example/x",
        output=("fatal: could not read Username for 'https://h.example'",),
        is_refused=True,
        required_by="requirements.txt:2",
    ),
    fetching.RepositoryNotFetched(
        address="git+https://h.example/x",
        output=("fatal: unable to access: Could not resolve host: h.example",),
        required_by="vendor/boat",
    ),
    fetching.RepositoryNotFetched(
        address="git+git://github.com/harbour/tide.git@1a2b#egg=tide",
        output=("fatal: unable to connect to github.com",),
        required_by="requirements.txt:2",
    ),
    fetching.FetchProgramMissing(
        program="hg",
        address="hg+https://bitbucket.org/harbour/tide",
        required_by="requirements.txt:2",
    ),
    fetching.RevisionNotFound(
        revision="nowhere",
        address="git+https://h.example/x@nowhere",
        required_by="requirements.txt:2",
    ),
    fetching.NotAnArchive(address="anchor-1.0.zip"),
    fetching.NotAnArchive(
        address="anchor @ https://h.example/anchor.zip", required_by="requirements.txt:2"
    ),
    fetching.NotAPackage(address="git+https://h.example/x", required_by="requirements.txt:2"),
    fetching.NameDiffers(
        required="boat",
        name="anchor",
        address="boat @ git+https://h.example/x",
        required_by="requirements.txt:2",
    ),
    fetching.IndexNotTrusted(host="index.example"),
    fetching.IndexNotTrusted(host="index.example", named_in="PIP_EXTRA_INDEX_URL"),
    fetching.IndexRefused(
        index="https://h.example/boat-1.0.tar.gz?token=****",
        status=401,
        named_in="requirements.txt:2",
        is_of_file=True,
    ),
    fetching.IndexRefused(index="https://index.example/simple/six/", status=401),
    fetching.IndexRefused(
        index="https://index.example/simple/acme/",
        status=401,
        named_in="uv.lock",
        variables=("UV_INDEX_CORP_USERNAME", "UV_INDEX_CORP_PASSWORD"),
    ),
    fetching.IndexRefused(
        index="https://index.example/simple/acme/", status=401, named_in="pylock.toml"
    ),
    *(
        fetching.IndexRefused(
            index="https://index.example/simple/acme/", status=401, named_in=named_in
        )
        for named_in in ("PIP_EXTRA_INDEX_URL", "pyproject.toml", "requirements.txt:2")
    ),
    fetching.IndexRefused(
        index="https://index.example/simple/acme/",
        status=401,
        named_in="extra-index-url in /etc/pip.conf",
        has_others=True,
    ),
    fetching.IndexRefused(
        index="https://index.example/simple/acme/",
        status=401,
        named_in="requirements.txt:2",
        variables=("INDEX_USER", "INDEX_TOKEN"),
        unset=("INDEX_TOKEN",),
    ),
    fetching.RepositoryNotFetched(
        address="acme @ git+https://git.example/acme.git@0123abc",
        output=OUTPUT,
        is_refused=True,
        required_by="uv.lock",
    ),
    fetching.RevisionNotFound(
        revision="0123abc",
        address="acme @ git+https://git.example/acme.git@0123abc",
        required_by="uv.lock",
    ),
    fetching.NameDiffers(
        required="acme",
        name="acme-tides",
        address="https://files.example/acme-1.0.zip",
        required_by="pylock.toml",
    ),
    fetching.FileNotOnServer(
        "https://files.example/acme-1.0.zip", 404, required_by="poetry.lock"
    ),
    fetching.IndexVariablesUnset(
        index="https://${INDEX_USER}:****@index.example/simple",
        file="Pipfile.lock",
        variables=("INDEX_USER", "INDEX_TOKEN"),
    ),
    fetching.IndexRefused(index="https://index.example/simple/six/", status=403),
    fetching.IndexRefused(index="https://proxy.example/", status=407),
    fetching.IndexRefused(
        index="https://index.example/simple/six/",
        status=401,
        binding=bindings.IndexBinding("corp", "pypi", "url", ("username", "password")),
    ),
    fetching.IndexRefused(
        index="https://index.example/simple/six/",
        status=401,
        binding=bindings.IndexBinding("corp", "pypi", "url", ()),
    ),
    fetching.IndexRefused(
        index="https://index.example/simple/six/",
        status=403,
        binding=bindings.IndexBinding("corp", "pip", None, ("netrc",)),
    ),
    fetching.IndexUnreachable(
        index="index.example",
        reason="no connection",
        binding=bindings.IndexBinding("corp", "pypi", "extra-url", ()),
    ),
    fetching.IndexNotTrusted(
        host="index.example",
        binding=bindings.IndexBinding("corp", "pypi", "pip.conf", ("pip.conf",)),
    ),
    dependencies.HashMismatch(
        package="six==1.17.0", expected=("01" * 32, "23" * 32), got="47" * 32
    ),
    dependencies.HashMismatch(
        package="six==1.17.0", expected=("01" * 32,), got="47" * 32, is_own=True
    ),
    dependencies.HashMismatch(
        package="vendor/a.whl", expected=("01" * 32,), got="47" * 32, is_vendored=True
    ),
    dependencies.HashMismatch(
        package="six==1.17.0", expected=("01" * 32,), got="47" * 32, locked_in="uv.lock"
    ),
    dependencies.HashMismatch(
        package="libs/a.whl",
        expected=("01" * 32,),
        got="47" * 32,
        is_vendored=True,
        locked_in="uv.lock",
    ),
    dependencies.HashesMissing(requirements=("idna==3.10",)),
    dependencies.HashesMissing(requirements=("idna==3.10",), locked_in="pylock.toml"),
    dependencies.ResolveFailed(output=OUTPUT),
    dependencies.InstallFailed(output=OUTPUT),
    dependencies.EnvironmentInconsistent(problems=("a 1 requires b, which is not installed.",)),
    dependencies.EnvironmentInconsistent(
        problems=("a 1 requires b, which is not installed.",), locked_in="poetry.lock"
    ),
    dependencies.EnvironmentInconsistent(
        problems=("a 1 requires b, which is not installed.",),
        locked_in="Pipfile.lock",
        made_from="Pipfile",
        excluded=("b",),
    ),
    dependencies.EnvironmentInconsistent(
        problems=("a 1 requires b, which is not installed.",),
        locked_in="Pipfile.lock",
        made_from="Pipfile",
    ),
    dependencies.EnvironmentInconsistent(
        problems=("a 1 requires b, which is not installed.",),
        locked_in="pylock.toml",
        excluded=("b", "c"),
    ),
    dependencies.VersionNotFound(
        requirement="six==1.99", versions=("1.17.0",), required_by="uv.lock"
    ),
    dependencies.PackageNotFound(requirement="acme==1.0", required_by="pylock.prod.toml"),
    dependencies.NotForThisPlatform(
        requirement="acme==1.0",
        platform="Linux on x86_64 (glibc 2.36)",
        supported=("Windows on x86_64",),
        versions=("1.1",),
        required_by="pdm.lock",
    ),
    app.RequirementsMissing(
        path="requirements/web.txt", origin="The variable BP_PIP_REQUIREMENT"
    ),
    bindings.BindingInvalid(
        binding="index",
        key="url",
        reason="is not a URL that begins with https:// or http://",
        expected="the URL of a package index, such as https://index.example/simple",
    ),
    bindings.BindingInvalid(
        binding="a\nb\udcff",
        key="c\x1b[31m",
        reason="is not a file",
        expected="certificates in PEM format",
    ),
    bindings.BindingsContradict(
        bindings=("one", "two"), key="url", instead="rename it to extra-url in the other"
    ),
    app.DiskFull(path="/srv/x"),
    app.DiskFull(path=None),
    hooks.HookFailed(hook="postinstall", reason="exited with status 3"),
    hooks.HookFailed(hook="bin/post_compile", reason="was killed by signal 9"),
    hooks.HookFailed(
        hook="bin/pre_compile",
        reason="could not be started: /usr/bin/raku: Permission denied",
    ),
    hooks.HookFailed(
        hook="bin/pre_compile",
        reason="exited with status 3",
        is_pip_refused=True,
        has_app_python=False,
    ),
    hooks.HookFailed(
        hook="bin/post_compile", reason="exited with status 3", is_pip_refused=True
    ),
    *(
        hooks.HookFailed(
            hook="bin/post_compile",
            reason="exited with status 1",
            cause=cause,
            migrates=migrates,
            lacks_release_line=True,
        )
        for migrates in (True, False)
        for cause in (
            django.SettingsVariableMissing(
                variables=(
                    django.RequiredVariable(
                        name="DATABASE_URL",
                        place="harbour/settings.py:12",
                        form="postgres://...",
                    ),
                ),
                settings="harbour.settings",
            ),
            django.SettingsVariableInvalid(
                variable="PORT", settings="the settings module", place=None, reader=""
            ),
            django.DatabaseNotReached(
                reason="OperationalError: connection failed: Connection refused",
                place=None,
                package="",
            ),
            django.OwnModuleMissing(
                module="harbour.local",
                file="harbour/local.py",
                place="harbour/settings.py:3",
                similar="",
            ),
        )
    ),
    hooks.HookInterpreterMissing(
        hook="bin/pre_compile", first_line="#!/usr/bin/raku", program="/usr/bin/raku"
    ),
    hooks.HookInterpreterMissing(
        hook="postinstall", first_line="#!/opt/bin/python3", program="/opt/bin/python3"
    ),
    hooks.HookInterpreterMissing(
        hook="postinstall", first_line=r"#!C:\Tools\python.exe", program=r"C:\Tools\python.exe"
    ),
    hooks.HookInterpreterMissing(hook="postinstall", first_line="", program="bash"),
    django.ManagePyAmbiguous(candidates=("blog/manage.py", "shop/manage.py")),
    django.ManagePyMissing(path="back/manage.py", origin="[tool.slipway] in pyproject.toml"),
    django.SettingsVariableMissing(
        variables=(
            django.RequiredVariable(
                name="SECRET_KEY",
                place="harbour/settings.py:7",
                default='os.environ.get("SECRET_KEY", "the default")',
            ),
        ),
        settings="harbour.settings",
    ),
    django.SettingsVariableMissing(
        variables=(django.RequiredVariable(name="X" * 60, is_empty=True),),
        settings="harbour.settings",
    ),
    django.SettingsVariableMissing(
        variables=(
            django.RequiredVariable(name="SECRET_KEY", place="harbour/settings.py:7"),
            django.RequiredVariable(
                name="TIDE", place="harbour/base.py:3", default='env("TIDE", default=0)'
            ),
            django.RequiredVariable(name="BERTHS", is_empty=True),
        ),
        settings="harbour.settings",
    ),
    django.SettingsVariableMissing(
        variables=(
            django.RequiredVariable(
                name="VCAP_SERVICES",
                place="harbour/settings.py:7",
                default='os.environ.get("VCAP_SERVICES", "the default")',
            ),
        ),
        settings="harbour.settings",
    ),
    django.SettingsVariableMissing(
        variables=(
            django.RequiredVariable(name="SECRET_KEY", place="harbour/settings.py:7"),
            django.RequiredVariable(name="CRED_FILE", place="harbour/settings.py:9"),
        ),
        settings="harbour.settings",
    ),
    django.ServiceNotBound(
        name="mysql-5.1",
        source="VCAP_SERVICES",
        place="harbour/settings.py:7",
        guard='if "mysql-5.1" in json.loads(os.environ["VCAP_SERVICES"]):',
    ),
    django.ServiceNotBound(
        name="",
        source="/home/dotcloud/environment.json",
        place="harbour/settings.py:7",
        guard='if os.path.isfile("/home/dotcloud/environment.json"):',
    ),
    django.ServiceNotBound(
        name="", source="VCAP_SERVICES", place=None, guard="if db:", is_set=False
    ),
    django.SettingsVariableInvalid(
        variable="TIDE",
        settings="harbour.settings",
        place="harbour/settings.py:7",
        reader="environs",
    ),
    django.SettingsVariableInvalid(
        variable="TIDE", settings="harbour.settings", place=None, reader=""
    ),
    django.SettingsModuleMissing(
        module="harbour.production",
        origin="DJANGO_SETTINGS_MODULE",
        candidates=("harbour.settings", "harbour.settings.live"),
    ),
    django.SettingsModuleMissing(module="harbour.live", origin="manage.py", candidates=()),
    django.ModuleMissing(
        module="yaml",
        place="harbour/settings.py:7",
        importer="",
        requirement="PyYAML",
        similar="",
    ),
    django.ModuleMissing(
        module="south",
        place="harbour/settings.py:7",
        importer="",
        requirement="",
        similar="",
        successor="Django itself has replaced south",
    ),
    django.ModuleMissing(
        module="MySQLdb", place=None, importer="Django 5.2", requirement="", similar=""
    ),
    django.ModuleMissing(
        module="acmme",
        place="harbour/settings.py:7",
        importer="",
        requirement="",
        similar="acme",
    ),
    django.ModuleMissing(
        module="imp",
        place="harbour/settings.py:7",
        importer="",
        requirement="",
        similar="",
        removed_in="3.12",
        fitting=python.FittingPython(minor="3.11", package="imp", known_by="code"),
    ),
    django.ModuleMissing(
        module="registration",
        place="harbour/settings.py:7",
        importer="",
        requirement="django-registration",
        similar="",
        now=("django_registration",),
        installed="django-registration 5.2",
    ),
    django.ModuleMissing(
        module="BeautifulSoup",
        place="harbour/views.py:1",
        importer="",
        requirement="beautifulsoup4",
        similar="",
        now=("bs4",),
    ),
    django.OwnModuleMissing(
        module="harbour.local",
        file="harbour/local.py",
        place="harbour/settings.py:7",
        similar="harbour.locals",
    ),
    django.ModuleMissing(
        module="registration",
        place="harbour/settings.py:7",
        importer="",
        requirement="django-registration",
        similar="",
        now=("django_registration",),
        installed="django-registration 5.2",
    ),
    django.ModuleMissing(
        module="BeautifulSoup",
        place="harbour/views.py:1",
        importer="",
        requirement="beautifulsoup4",
        similar="",
        now=("bs4",),
    ),
    django.OwnModuleMissing(
        module="harbour.local", file="harbour/local.py", place=None, similar=""
    ),
    django.OwnModuleMissing(
        module="harbour.secrets",
        file="harbour/secrets.py",
        place="harbour/settings.py:7",
        similar="",
        statement="from .secrets import *",
    ),
    django.PackageHasNoModule(
        module="django.core.urlresolvers", package="Django 5.2", place="harbour/urls.py:1"
    ),
    django.PackageHasNoModule(
        module="django.contrib.markup",
        package="Django 5.2",
        place="harbour/settings.py:7",
        removed=(
            django.RemovedApp(
                app="django.contrib.markup",
                since="1.6",
                requirement="",
                module="",
                tag="{% load markup %}",
            ),
            django.RemovedApp(
                app="django.contrib.comments",
                since="1.8",
                requirement="django-contrib-comments",
                module="django_comments",
                tag="",
            ),
        ),
    ),
    django.PackageHasNoModule(
        module="logging.Streamhandler", package="Python 3.13", place=None
    ),
    django.LibraryMissing(
        library="libpq.so.5",
        package="psycopg2 2.9",
        place="harbour/settings.py:7",
        debian=("libpq5",),
        is_searched=False,
        wheel="psycopg2-binary",
    ),
    django.LibraryMissing(
        library="libgdal",
        package="Django 5.2",
        place=None,
        debian=("gdal-bin", "binutils"),
        is_searched=True,
        wheel="",
    ),
    django.LibraryMissing(
        library="libtide.so.2",
        package="",
        place="harbour/settings.py:7",
        debian=(),
        is_searched=False,
        wheel="",
    ),
    django.ProgramMissing(
        program="node_modules/.bin/terser", place="harbour/settings.py:7", package="", debian=""
    ),
    django.ProgramMissing(program="msgfmt", place=None, package="acme 1.0", debian="gettext"),
    django.ProgramMissing(program="tide", place="a.py:1", package="", debian=""),
    django.FileMissing(
        path="/var/log/harbour.log",
        problem="No such file or directory",
        raised=RAISED,
        is_log=True,
    ),
    django.FileMissing(
        path="/run/secrets/key", problem="Permission denied", raised=RAISED, is_log=False
    ),
    django.StorageUnusable(
        storage="storages.backends.s3.S3Storage",
        variables=("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        raised=replace(RAISED, subject="collectstatic", place=None, owner="botocore 1.44"),
    ),
    django.StorageUnusable(storage="", variables=(), raised=RAISED),
    django.DatabaseNotReached(
        reason="OperationalError: no such table: tide", place="harbour/apps.py:7", package=""
    ),
    django.DatabaseNotReached(
        reason="OperationalError: connection refused", place=None, package="acme 1.0"
    ),
    django.PackageUnfit(
        package="Django 3.2.25",
        name="Django",
        other="Python 3.13",
        reason="imports cgi, which Python 3.13 and newer do not have",
        pythons=("3.10",),
        named=("3.6", "3.10"),
        removed_in="3.13",
        fitting=python.FittingPython(
            minor="3.10",
            package="Django 3.2.25",
            known_by="metadata",
            changes=(".tool-versions",),
        ),
    ),
    django.PackageUnfit(
        package="django-filter 1.1.0",
        name="django-filter",
        other="Django 5.2",
        reason="fails with ImportError: cannot import name 'six' from 'django.utils'",
        pythons=(),
        named=(),
    ),
    *(
        django.SettingsBroken(
            raised=django.Raised(
                subject="Configuring LOGGING",
                exceptions=(f"KeyError: '{name}'",),
                owner="Python's standard library",
            ),
            undefined=("handlers", name),
        )
        for name in ("console", "handlers")
    ),
    django.SettingsBroken(raised=RAISED),
    django.SettingsBroken(
        raised=django.Raised(
            subject="harbour.settings",
            exceptions=("CalledProcessError: Command 'git' ended with status 128",),
            place="harbour/settings.py:7",
            owner="Python's standard library",
            program="git",
            status=128,
        )
    ),
    django.SettingsBroken(
        raised=django.Raised(
            subject="harbour.settings",
            exceptions=("URLError: refused",),
            place="harbour/settings.py:7",
            owner="Python's standard library",
        )
    ),
    django.SettingsBroken(
        raised=replace(RAISED, subject="Django", place=None, owner="Python's standard library")
    ),
    checkout.LfsPointers(paths=("vendor/acme-1-py3-none-any.whl",)),
    checkout.LfsPointers(paths=tuple(f"vendor/acme/data/{n}.bin" for n in range(6))),
    django.StaticRootOutside(settings="harbour.settings", folder="/srv/harbour/static"),
    django.SettingsVariableMissing(
        variables=(django.RequiredVariable(name="TIDE_TABLE", place="harbour/settings.py:9"),),
        settings="harbour.settings",
        is_refused=True,
        refused_at="harbour/settings.py:9",
        refusal="ValueError: the licence key is not valid",
    ),
    django.StorageUnusable(
        storage="storages.backends.s3.S3Storage",
        variables=("AWS_SECRET_ACCESS_KEY",),
        raised=None,
    ),
    django.StorageUnusable(
        storage="storages.backends.s3.S3Storage",
        variables=(),
        raised=None,
        missing=(django.RequiredVariable(name="BUCKET", place="harbour/settings.py:9"),),
    ),
    django.NetworkRefused(place="harbour/settings.py:9", package="requests 2.32"),
    django.NetworkRefused(place=None, package=""),
    django.DatabaseUrlRejected(place="harbour/settings.py:9", scheme="postgresql://"),
    django.DatabaseUrlRejected(place=None, scheme="postgresql+psycopg://"),
    django.SettingsComputed(
        computed=(
            django.Computed(
                name="STATIC_URL",
                variables=(
                    django.RequiredVariable(
                        name="CDN_HOST",
                        place="harbour/settings.py:9",
                        default='os.environ.get("CDN_HOST", "the default")',
                    ),
                ),
            ),
        ),
        settings="harbour.settings",
    ),
    django.PlaceholderLeft(
        files=(
            django.Computed(
                name="static/app.js",
                variables=(
                    django.RequiredVariable(name="MAP_KEY", place="harbour/settings.py:9"),
                    django.RequiredVariable(name="CHAT_KEY"),
                ),
            ),
        ),
        commands=("compress --force", "collectstatic --noinput"),
    ),
    django.PlaceholderLeft(
        files=(django.Computed(name="static/app.js", variables=()),),
        commands=("collectstatic --noinput",),
    ),
    django.BuildCommandUnknown(command="compres --force", nearest="compress"),
    django.BuildCommandUnknown(command="render", nearest=""),
    django.BuildCommandMalformed(command="render 'a", reason="no closing quotation"),
    django.BuildCommandsWithoutDjango(
        commands=("compilemessages",),
        reason="manage.py is not run: Django is not installed",
    ),
    django.CollectstaticFailed(
        manage="manage.py",
        raised=None,
        ending="was killed by signal 9",
        command="compress --force",
    ),
    *(
        web.ApplicationUnusable(
            process="web", command="gunicorn app:app", fault=fault, origin="app.py"
        )
        for fault in FAULTS
    ),
    web.ProcfileNotYaml(
        lines=(
            web.LineNotYaml(
                number=1,
                text='web: gunicorn --access-logformat "a: b" shop.wsgi',
                reason="YAML does not accept a colon before a blank",
                line="web: bash bin/web.sh",
                script="bin/web.sh",
                content='exec gunicorn --access-logformat "a: b" shop.wsgi',
            ),
            web.LineNotYaml(
                number=2,
                text="worker: TOKEN=**** tides 'a: b'",
                reason="YAML does not accept a colon before a blank",
                line="worker: bash bin/worker.sh",
                script="bin/worker.sh",
            ),
            web.LineNotYaml(number=4, text="serve", reason="a process type is `NAME: COMMAND`"),
            *(
                web.LineNotYaml(
                    number=number, text="x", reason="a process type is `NAME: COMMAND`"
                )
                for number in (5, 6)
            ),
        ),
    ),
    web.ProcfileNotYaml(
        lines=(
            web.LineNotYaml(
                number=1,
                text="web:gunicorn shop.wsgi",
                reason="YAML needs a blank after the colon",
                line="web: gunicorn shop.wsgi",
            ),
        ),
    ),
    web.ProcfileNotYaml(
        lines=(
            web.LineNotYaml(
                number=2,
                text="worker: tides",
                reason="expected <block end>, but found '<block mapping start>'",
            ),
        ),
        whole=("web: gunicorn shop.wsgi", "worker: tides"),
    ),
    web.ProcfileNotYaml(
        lines=(
            web.LineNotYaml(
                number=1,
                text="web: {a: b}",
                reason="YAML makes a mapping of it, and a command is a text",
                name="web",
            ),
        ),
        is_yaml=True,
    ),
    web.CommandChangedByYaml(
        lines=(
            web.LineNotYaml(
                number=1,
                text='web: gunicorn shop.wsgi --name "a #b"',
                reason="YAML takes `#` after a blank for a comment, and makes `gunicorn "
                'shop.wsgi --name "a` of the command, which bash cannot read',
                line="web: bash bin/web.sh",
                script="bin/web.sh",
                content='exec gunicorn shop.wsgi --name "a #b"',
            ),
        ),
    ),
    web.ProcessesUnusable(
        problems=("Procfile, line 1: `web` will stop at start, because app.py, line 3, fails",),
        is_default=False,
    ),
    web.ProcessesUnusable(
        problems=(
            "Procfile, line 1: `web` will stop at start, because there is no module `ap`",
            "`anything`, which `clock` starts, is not installed. Correct the name",
        ),
        is_default=False,
    ),
    web.ProcessesUnusable(
        problems=(
            "The process `web` will not start as it is: `gunicorn --version` cannot be started",
        ),
        is_default=True,
    ),
    django.StaticFileMissing(
        reason="The file 'a.png' could not be found with <Storage>.",
        storage="whitenoise.storage.CompressedManifestStaticFilesStorage",
        module="harbour.lenient_storage",
        file="harbour/lenient_storage.py",
        has_storages=True,
    ),
    django.StaticFileMissing(
        reason="The file 'a.png' could not be found",
        storage="harbour.storage.Storage",
        module="harbour.lenient_storage",
        file="harbour/lenient_storage.py",
        has_storages=False,
    ),
    django.StaticFileMissing(
        reason="x", storage="", module="storage", file="storage.py", has_storages=True
    ),
    django.CollectstaticFailed(
        manage="manage.py", raised=RAISED, ending="exited with status 1"
    ),
    django.CollectstaticFailed(
        manage="manage.py",
        raised=replace(RAISED, place=None, owner="acme 1.0"),
        ending="exited with status 1",
    ),
    django.CollectstaticFailed(
        manage="back end/manage.py", raised=None, ending="was killed by signal 9"
    ),
    app.WebProcessMissing(path="/app"),
    app.WebProcessMissing(path="/app", processes=("release", "Web")),
    app.WebProcessMissing(path="/app", line="web: gunicorn site:app"),
    app.ProcessFailed(
        name="worker", command="celery -A harbour worker", reason="exited with status 2"
    ),
    app.ProcessFailed(name="", command="python main.py", reason="exited with status 1"),
    app.WebProcessFailed(command="gunicorn a:b", reason="exited with status 1"),
    app.PortTaken(port=8001),
    vendored.VendoredNotForThisPython(path="vendor/acme", requires=">=3.14", python="3.13.1"),
    vendored.VendoredNotForThisPython(
        path="vendor/acme",
        requires="<3.13",
        python="3.13.1",
        fitting=python.FittingPython(minor="3.12", package="vendor/acme", known_by="range"),
    ),
    vendored.VendoredNotForThisPython(path=".", requires=">=3.14", python="3.13.1"),
    vendored.VendorFolderMissing(folder="libs", origin="[tool.slipway] in pyproject.toml"),
    vendored.VendorFolderMissing(folder="libs", origin="The variable SLIPWAY_VENDOR"),
    vendored.VendoredMissing(path="vendor/acme tides", file="requirements.txt", line=3),
    vendored.VendoredNotPython(path="vendor/acme", file="requirements.txt", line=3),
    vendored.VendoredNotPython(path=".", file="requirements.txt", line=3),
    vendored.OutsideTheApp(path="vendor/acme/data", target="../../../data"),
    vendored.OutsideTheApp(path="requirements.txt:3", target="/srv/acme"),
    vendored.VendoredTwice(name="acme", paths=(".", "vendor/acme")),
    vendored.VendoredTwice(name="acme", paths=("vendor/a", "vendor/b", "vendor/ü c")),
    vendored.VendoredBroken(
        path="vendor/acme-1.0.tar.gz",
        reason="it is damaged, truncated, protected by a password, or not an archive at all",
    ),
    vendored.VendoredBroken(path="pyproject.toml", reason="[build-system] has no `requires`"),
    vendored.VendoredBroken(path=THE_APP, reason="the backend is not valid"),
    vendored.VendoredBuildFailed(path=THE_APP, backend="hatchling.build", output=OUTPUT),
    vendored.VendoredBuildFailed(
        path=THE_APP, backend="hatchling.build", output=OUTPUT, lists_dependencies=True
    ),
    vendored.VendoredBuildFailed(
        path="vendor/acme", backend="setuptools.build_meta:__legacy__", output=OUTPUT
    ),
    vendored.VendoredBuildCycle(paths=("vendor/a", "vendor/b", "vendor/a")),
    vendored.VendoredBuildCycle(paths=("vendor/a", "vendor/a")),
    vendored.ArchiveUnsafe(
        path="vendor/acme-1.0.tar.gz",
        member="acme-1.0/../../.bashrc",
        reason="its path leads upwards, with `..`",
    ),
    vendored.WheelInvalid(
        path="vendor/acme-1.0-py3-none-any.whl",
        reason="its file acme/tides.py does not have the hash or size that RECORD gives",
    ),
    vendored.WheelInvalid(path="vendor/acme", reason="it has no RECORD", is_built=True),
    vendored.WheelNotForThisPython(
        paths=("vendor/acme-1.0-cp39-cp39-win32.whl",),
        python="3.12.4 on linux-x86_64 with glibc 2.36",
        tags=("cp312-cp312-manylinux_2_28_x86_64", "py3-none-any"),
    ),
    vendored.WheelNotForThisPython(
        paths=("vendor/acme-1.0-cp39-cp39-win32.whl", "vendor/acme-1.0-cp38-cp38-win32.whl"),
        python="3.12.4 on linux-x86_64 with glibc 2.36",
        tags=("cp312-cp312-manylinux_2_28_x86_64",),
    ),
    vendored.VendoredVersionUnfit(
        name="acme",
        version="1.0",
        path="vendor/acme",
        is_guess=False,
        requirements=required((THE_APP, "acme>=2"), ("tides 1.2", "acme>=1.5")),
    ),
    vendored.VendoredVersionUnfit(
        name="acme",
        version="0+vendored.0123456789ab",
        path="vendor/acme",
        is_guess=True,
        requirements=required((THE_APP, "acme>=2")),
    ),
    vendored.VendoredVersionUnfit(
        name="harbour",
        version="1.0",
        path=".",
        is_guess=False,
        requirements=required(("vendor/acme", "harbour>=2")),
    ),
    vendored.VendoredVersionUnfit(
        name="harbour",
        version="0+vendored.0123456789ab",
        path=".",
        is_guess=True,
        requirements=required(("vendor/acme", "harbour>=2")),
    ),
    vendored.OfflineMissing(
        missing=required((THE_APP, "django>=5.2"), ("django 5.2", "sqlparse>=0.3.1")),
        folder="vendor",
    ),
    vendored.OfflineMissing(
        missing=required(("vendor/acme", 'hatchling>=1.27; python_version > "3.9"')),
        folder="vendor/build",
    ),
    submodules.SubmoduleEmpty(
        submodules=(("vendor/acme", "https://git.example/harbour/acme.git"),)
    ),
    submodules.SubmoduleEmpty(
        submodules=(("vendor/acme", "../acme.git"), ("vendor/acme tides", "../tides.git"))
    ),
    *(
        locks.LockBroken(
            file=file,
            tool=tool,
            reason="It is not TOML, so it may be incomplete: Unterminated string (at line 3).",
            commands=commands,
            is_merge=not commands,
        )
        for file, tool, commands in (
            ("uv.lock", "uv", ("uv lock",)),
            ("pylock.production.toml", "pip and others", ()),
        )
    ),
    locks.LockVersionUnknown(
        file="uv.lock", tool="uv", version="2", known="version 1", commands=("uv lock",)
    ),
    locks.LockHasNoFile(
        file="pylock.toml",
        package="markupsafe 2.1.5",
        files=("MarkupSafe-2.1.5-cp311-cp311-macosx_10_9_universal2.whl",),
        python="3.13.0",
        platform="Linux on x86_64 (glibc 2.36)",
    ),
    locks.LockHasNoFile(
        file="uv.lock",
        package="markupsafe 2.1.5",
        files=("MarkupSafe-2.1.5-cp312-cp312-manylinux_2_17_x86_64.whl",),
        python="3.13.0",
        platform="Linux on x86_64 (glibc 2.36)",
        fitting=python.FittingPython(
            minor="3.12", package="markupsafe 2.1.5", known_by="files"
        ),
    ),
    *(
        dependencies.PoetryDependencyInvalid(
            file="pyproject.toml", name="six", reason=reason, is_read_by_poetry=is_read
        )
        for reason, is_read in (
            ("Invalid version: 'latest'", False),
            ("The repository is not at a URL", True),
            (
                (
                    "`1.2 || 1.5` has alternatives that do not follow each other, and neither "
                    "pip nor uv knows `||`"
                ),
                True,
            ),
        )
    ),
    dependencies.DependencyGroupInvalid(
        file="pyproject.toml", group="web", reasons=("Dependency group 'base' not found",)
    ),
    locks.LockOutdated(
        file="poetry.lock",
        tool="Poetry",
        made_from="pyproject.toml",
        differences=(),
        commands=("poetry lock",),
    ),
    locks.LockOutdated(
        file="requirements/production.txt",
        tool="pip-compile",
        made_from="requirements/production.in",
        differences=("requirements/production.in:1 requires `anchor>=2`.",),
        commands=("pip-compile requirements/production.in",),
    ),
    *(
        locks.LockOutdated(
            file="requirements.txt",
            tool="pip-compile",
            made_from="requirements.in",
            differences=("requirements.in:1 requires `anchor>=2`.",),
            commands=("pip-compile requirements.in",),
            is_certain=False,
            is_pinned=is_pinned,
        )
        for is_pinned in (False, True)
    ),
    *(
        locks.LockNotForThisPython(
            file="uv.lock",
            tool="uv",
            needs="one of the environments sys_platform == 'win32'"
            if is_platform
            else "Python >=3.12",
            python="3.11.4 on Linux (x86_64)",
            is_platform=is_platform,
            commands=("uv lock",),
        )
        for is_platform in (False, True)
    ),
    locks.LockNotForThisPython(
        file="pdm.lock",
        tool="PDM",
        needs="Python >=3.12",
        python="3.11.4 on Linux (x86_64)",
        is_platform=False,
        commands=("pdm lock",),
        fitting=python.FittingPython(
            minor="3.14",
            package="pdm.lock",
            known_by="range",
            changes=("python_version in [tool.slipway]",),
        ),
    ),
    locks.LockSourceUnsupported(
        file="uv.lock",
        tool="uv",
        name="anchor",
        source="git+https://git.example/anchor?lfs=true",
        reason="Slipway does not fetch the large files of a repository.",
    ),
    *(
        locks.LockChoiceUnknown(
            setting=setting,
            origin=origin,
            names=names,
            known=known,
            file=file,
            is_possible=is_possible,
        )
        for setting, origin, names, known, file, is_possible in (
            (
                "groups",
                "The variable SLIPWAY_GROUPS",
                ("wbe",),
                ("dev", "web"),
                "uv.lock",
                True,
            ),
            (
                "extras",
                "The variable SLIPWAY_EXTRAS",
                ("s3", "sql"),
                ("xml",),
                "pdm.lock",
                True,
            ),
            ("extras", TABLE, ("postgres",), (), "poetry.lock", True),
            ("groups", TABLE, ("web",), (), "requirements.txt", False),
            ("extras", TABLE, ("web",), (), "requirements.txt", False),
            ("extras", TABLE, ("web",), (), "Pipfile.lock", False),
        )
    ),
    *(
        locks.LockSettingWrong(
            origin="The variable SLIPWAY_LOCK", file=file, is_missing=is_missing, known=known
        )
        for file, is_missing, known in (
            ("uv.lok", True, ("uv.lock",)),
            ("requirements.txt", False, ()),
        )
    ),
    locks.LockAndRequirementsSet(
        lock="uv.lock",
        lock_origin=TABLE,
        requirements=("requirements.txt",),
        requirements_origin="The variable SLIPWAY_REQUIREMENTS",
    ),
    locks.LockChoicesConflict(
        file="uv.lock", tool="uv", names=("the extra `cpu`", "the extra `gpu`")
    ),
    locks.LockNotChosen(files=("pylock.jobs.toml", "pylock.web.toml")),
    *(
        locks.LockAlone(
            file="uv.lock", tool="uv", made_from="pyproject.toml", subfolders=subfolders
        )
        for subfolders in ((), (("shop", ("pyproject.toml",)),))
    ),
    submodules.VendorLockInvalid(file="vendor.lock", reason="line 3 has no commit"),
    submodules.VendorLockDiffers(
        differences=(
            ("vendor/acme", "the app has commit 0123456, but vendor.lock has 89abcde"),
            ("vendor/tides", "the files differ from those that were locked"),
        )
    ),
    submodules.GitUnavailable(
        path="vendor/acme", reason="its .git points to a folder that does not exist"
    ),
    submodules.GitUnavailable(path="vendor/acme", reason=submodules.NO_GIT),
    *(
        writing_locks.AlreadyLocked(file=file, tool=tool)
        for file, tool in (("uv.lock", "uv"), ("pylock.production.toml", ""))
    ),
    writing_locks.NothingToLock(origin="requirements.txt"),
    *(
        writing_locks.FileNotLockable(requirement="acme==1.2", file=file)
        for file in ("", "/srv/wheels/acme-1.2-py3-none-any.whl")
    ),
    package.PackMissing(path="/usr/bin:/bin"),
    package.PackFailed(output=OUTPUT),
    package.TargetUnknown(target="linux/riscv64", known=("linux/amd64", "linux/arm64")),
    package.TargetUnknown(
        target="windows/amd64",
        known=("linux/amd64", "linux/arm64"),
        options=("--cloud-foundry", "slipway.zip"),
    ),
    package.StageTaken(folder=LONG),
    package.PackageNotWritten(path=LONG, reason="it is a folder", option="--cloud-foundry"),
    package.PackageNotWritten(
        path=LONG,
        reason="Permission denied",
        option="--output",
        denial=app.Denial(path=LONG, owner="root", mode="drwxr-xr-x", user="heroku"),
    ),
    nltk_data.NltkDataUnknown(names=("stopword",), nearest=("stopwords",), index=""),
    nltk_data.NltkDataUnknown(
        names=("corpora/tides", "moorings"),
        nearest=("", ""),
        index="https://mirror.example/index.xml",
    ),
    nltk_data.NltkDataUnknown(
        names=("corpora/stopwords", "punk"), nearest=("stopwords", "punkt"), index=""
    ),
    nltk_data.NltkIndexUnreadable(reason="[Errno 111] Connection refused", index=""),
    nltk_data.NltkIndexUnreadable(
        reason="HTTP Error 404: Not Found", index="https://mirror.example/index.xml"
    ),
    nltk_data.NltkAddressUnusable(
        index="https://mirror.example/nltk_data/index.xml", has_login=True
    ),
    nltk_data.NltkAddressUnusable(index="", has_login=True),
    nltk_data.NltkAddressUnusable(index="https://mirror.example/index.xml", has_login=False),
    nltk_data.NltkIndexMalformed(
        reason="mismatched tag: line 6, column 2", index="https://mirror.example/nltk_data/"
    ),
    nltk_data.NltkIndexMalformed(reason="it names no data", index=""),
    nltk_data.NltkDataNotDownloaded(
        package="stopwords", reason="HTTP Error 404: Not Found", index=""
    ),
    nltk_data.NltkDataDiffers(
        package="stopwords",
        reason="its checksum is not the one in the index",
        index="https://mirror.example/nltk_data/index.xml",
    ),
    nltk_data.NltkDataDiffers(
        package="stopwords", reason="its checksum is not the one in the index", index=""
    ),
    nltk_data.NltkNotUsable(version="3.2.5", output=OUTPUT),
    package.UvNotBundled(
        version="0.13.9",
        reason="packages.example cannot be reached",
        options=("--cloud-foundry", "slipway.zip"),
    ),
    package.PythonsNotBundled(reason=OUTPUT, options=("--stage-only", "slipway-python")),
    package.DownloadFailed(
        address="https://mirror.example/python.tar.gz",
        reason="the server responded with status 404",
    ),
    package.DownloadDiffers(
        address="https://mirror.example/python.tar.gz", expected="01" * 32, got="23" * 32
    ),
)
"""For each error class, an example of each variant of its message."""


_WITHOUT_WORDS = {
    CommandFailed,
    building.FailedBuild,
    python.RequestRefused,
    python.UnfitForPython,
}


def classes(base: type[BuildStopped] = BuildStopped) -> Iterator[type[BuildStopped]]:
    """Give all error classes that have words."""
    for error in base.__subclasses__():
        if error not in _WITHOUT_WORDS:
            yield error
        yield from classes(error)


def classes_with_title(title: str) -> set[type[BuildStopped]]:
    """Give the error classes that can have a title, if the values in it are left out."""
    best: dict[type[BuildStopped], int] = {}
    for error in EXAMPLES:
        pattern, length = _pattern(error)
        if re.fullmatch(pattern, title):
            best[type(error)] = max(length, best.get(type(error), 0))
    # "A vendored package could not be built" is also a PACKAGE that could not be built.
    longest = max(best.values(), default=0)
    return {error for error, length in best.items() if length == longest}


def _pattern(error: BuildStopped) -> tuple[str, int]:
    """Give a pattern for the title of an error with other values, and its literal length."""
    title = explain(error).title
    for value in _texts(vars(error).values()):
        title = title.replace(value, "\0")
    parts = title.split("\0")
    return ".+".join(map(re.escape, parts)), sum(map(len, parts))


def _texts(values: Iterable[object]) -> list[str]:
    """Give the values that can be part of a title, the longest first."""
    texts = {str(value) for value in values if isinstance(value, (str, int))}
    return sorted((text for text in texts if len(text) > 1), key=len, reverse=True)
