"""The cause of a failed Django command is found, with whose code it is and what was missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from slipway.errors import django
from slipway.errors.stopped import BuildStopped
from unit.domain.django.failures import PROJECT, SAMPLES, conclude, recorded

SETTINGS = "site1/settings.py"
MISSING = "builtins.ModuleNotFoundError builtins.ImportError builtins.Exception"


def frame(
    file: str, line: int = 1, *, owner: str = "app", statement: str = "", function: str = ""
) -> dict[str, Any]:
    module = file.removesuffix(".py").removesuffix("/__init__").replace("/", ".")
    module = "__main__" if file == "manage.py" else module
    return {
        "file": file,
        "line": line,
        "function": function or "<module>",
        "module": module,
        "owner": owner,
        "statement": statement,
        "names": {},
    }


DJANGO_CONF = frame("django/conf/__init__.py", 166, owner="package", function="__init__")
IMPORT = frame("importlib/__init__.py", 88, owner="stdlib", function="import_module")
ENVIRON = frame("os.py", 700, owner="stdlib", function="__getitem__")


def raised(
    types: str,
    text: str,
    *frames: Mapping[str, Any],
    cause: int | None = None,
    context: int | None = None,
    **attributes: object,
) -> dict[str, Any]:
    return {
        "types": types.split(),
        "text": text,
        "cause": cause,
        "context": context,
        "members": [],
        "attributes": attributes,
        "is_suppressed": False,
        "required": {},
        "refused": [],
        "frames": [*frames],
    }


def error_for(
    *exceptions: Mapping[str, Any],
    files: Mapping[str, str] | None = None,
    settings: str = "site1.settings",
    variables: Mapping[str, bool] | None = None,
    distributions: Mapping[str, Any] | None = None,
) -> BuildStopped:
    report = {
        "outcome": "failed",
        "python": "3.13.1",
        "settings": settings,
        "configuration": "",
        "variables": variables or {},
        "exceptions": exceptions,
        "distributions": distributions or {},
        "storage": "",
    }
    return conclude(report, {"site1/__init__.py": "", SETTINGS: "", **(files or {})})


def names_in(error: BuildStopped) -> tuple[str, ...]:
    assert isinstance(error, django.SettingsVariableMissing)
    return tuple(one.name for one in error.variables)


@pytest.mark.parametrize(
    ("name", "variables"),
    [
        ("configurations", ("DJANGO_SECRET_KEY", "DJANGO_TIDE")),
        ("decouple", ("KEY1",)),
        ("django_environ", ("KEY1", "DATABASE_URL")),
        ("dynaconf", ("DJANGO_TIDE", "DJANGO_BERTHS")),
        ("dynaconf_attribute", ("APP_KEY1",)),
        ("dynaconf_nested", ("APP_TIDE__LEVEL",)),
        ("environs", ("KEY1", "N")),
        ("environs_sealed", ("A", "B")),
        ("pydantic_settings", ("TIDE_KEY", "DATABASE_URL")),
        ("pydantic_nested", ("BERTH__NAME", "BERTH__DEPTH", "KEY")),
        ("pydantic_nested_json", ("BERTH",)),
        ("starlette", ("TIDE_KEY1",)),
    ],
)
def test_the_variables_that_a_library_lacks_are_named(
    name: str, variables: tuple[str, ...]
) -> None:
    assert names_in(conclude(recorded(name), SAMPLES[name].all_files)) == variables


@pytest.mark.parametrize(
    ("name", "variable"),
    [
        ("dj_database_url", "DATABASE_URL"),
        ("environs_value", "N"),
        ("pydantic_value", "PORT"),
        ("pydantic_value_json", "HOSTS"),
        ("pydantic_value_nested", "BERTH"),
    ],
)
def test_a_value_that_a_library_does_not_accept_is_not_missing(
    name: str, variable: str
) -> None:
    error = conclude(recorded(name), SAMPLES[name].all_files)
    assert isinstance(error, django.SettingsVariableInvalid)
    line = SAMPLES[name].lines[-1]
    number = SAMPLES[name].all_files[SETTINGS].splitlines().index(line) + 1
    assert (error.variable, error.place) == (variable, f"{SETTINGS}:{number}")


def test_a_variable_with_fields_shows_them() -> None:
    name = "pydantic_nested_json"
    error = conclude(recorded(name), SAMPLES[name].all_files)
    assert isinstance(error, django.SettingsVariableMissing)
    assert [it.form for it in error.variables] == ['{"name": ..., "depth": ...}']


def test_a_storage_without_credentials_names_the_variables_of_its_client() -> None:
    error = conclude(recorded("boto3"), SAMPLES["boto3"].all_files)
    assert isinstance(error, django.StorageUnusable)
    assert error.variables == ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
    assert error.storage == "storages.backends.s3.S3Storage"


def test_geodjango_without_gdal_names_the_library() -> None:
    error = conclude(recorded("gdal"), SAMPLES["gdal"].all_files)
    assert isinstance(error, django.LibraryMissing)
    assert (error.library, error.debian) == ("libgdal", ("gdal-bin", "binutils"))


def test_a_log_file_that_cannot_be_opened_is_the_cause() -> None:
    error = conclude(recorded("logging"), SAMPLES["logging"].all_files)
    assert isinstance(error, django.FileMissing)
    assert (error.path, error.is_log) == ("/no/such/folder/x.log", True)
    assert error.raised.exceptions == (
        "FileNotFoundError: [Errno 2] No such file or directory: '/no/such/folder/x.log'",
        "ValueError: Unable to configure handler 'f'",
    )


def test_a_missing_static_file_names_the_storage() -> None:
    error = conclude(recorded("static_file"), SAMPLES["static_file"].all_files)
    assert isinstance(error, django.StaticFileMissing)
    assert error.storage == "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"
    assert "'b.png' could not be found" in error.reason
    assert "0x" not in error.reason


def test_a_key_of_the_apps_own_dict_is_not_a_variable() -> None:
    error = error_for(
        raised(
            "builtins.KeyError builtins.Exception",
            "'large'",
            DJANGO_CONF,
            IMPORT,
            frame(SETTINGS, 4, statement="from site1 import photos"),
            frame("site1/photos.py", 2, statement="SIZES['large']"),
            key="large",
        )
    )
    assert isinstance(error, django.SettingsBroken)
    assert error.raised.place == "site1/photos.py:2"
    assert error.raised.exceptions == ("KeyError: 'large'",)
    assert error.raised.owner == ""


def key_error(key: str, *lines: str) -> tuple[dict[str, Any], dict[str, str]]:
    """Return the exception of the last of these lines of the settings, and their file."""
    own = frame(SETTINGS, len(lines), statement=lines[-1].strip())
    files = {SETTINGS: "".join(f"{line}\n" for line in lines)}
    types = "builtins.KeyError builtins.Exception"
    return raised(types, repr(key), DJANGO_CONF, own, key=key), files


@pytest.mark.parametrize(
    "lines",
    [
        ["A = json.loads(os.environ.get('VCAP_SERVICES', '{}'))['mysql'][0]"],
        ["S = json.loads(os.getenv('VCAP_SERVICES', '{}'))", "A = S['mysql'][0]"],
        ["T = os.getenv('VCAP_SERVICES', '{}')", "S = json.loads(T)", "A = S['mysql']"],
        ["def f():", "    S = json.loads(os.getenv('VCAP_SERVICES', '{}'))", "    S['mysql']"],
    ],
)
def test_a_key_of_an_unset_document_is_a_variable(lines: list[str]) -> None:
    exception, files = key_error("mysql", "import json, os", *lines)
    error = error_for(exception, files=files)
    assert isinstance(error, django.SettingsVariableMissing)
    assert [(it.name, it.default) for it in error.variables] == [("VCAP_SERVICES", "")]


def test_a_service_that_is_not_bound() -> None:
    lines = ("import json, os", "A = json.loads(os.environ['VCAP_SERVICES'])['mysql'][0]")
    exception, files = key_error("mysql", *lines)
    error = error_for(exception, files=files, variables={"VCAP_SERVICES": True})
    assert isinstance(error, django.ServiceNotBound)
    assert (error.name, error.source, error.place) == (
        *("mysql", "VCAP_SERVICES"),
        f"{SETTINGS}:2",
    )
    assert error.guard == 'if "mysql" in json.loads(os.environ["VCAP_SERVICES"]):'


@pytest.mark.parametrize(
    ("line", "guard"),
    [
        ("A = db.credentials", "if db:"),
        (
            "A = AppEnv().get_service(label='mysql').credentials",
            "if AppEnv().get_service(label='mysql'):",
        ),
    ],
)
@pytest.mark.parametrize("is_set", [False, True])
def test_a_service_that_cfenv_has_not_found(line: str, guard: str, *, is_set: bool) -> None:
    lines = ("from cfenv import AppEnv", "db = AppEnv().get_service(label='mysql')", line)
    error = error_for(
        raised(
            "builtins.AttributeError builtins.Exception",
            "'NoneType' object has no attribute 'credentials'",
            DJANGO_CONF,
            frame(SETTINGS, 3, statement=line),
            name="credentials",
            is_of_none=True,
        ),
        files={SETTINGS: "\n".join(lines)},
        variables={"VCAP_SERVICES": True} if is_set else {},
    )
    assert isinstance(error, django.ServiceNotBound)
    assert (error.guard, error.is_set) == (guard, is_set)


def test_the_file_of_dotcloud_that_is_not_there() -> None:
    path = "/home/dotcloud/environment.json"
    error = error_for(
        raised(
            "builtins.FileNotFoundError builtins.OSError",
            f"[Errno 2] No such file or directory: '{path}'",
            DJANGO_CONF,
            frame(SETTINGS, 2, statement=f"env = json.load(open('{path}'))"),
            filename=path,
            strerror="No such file or directory",
        )
    )
    assert isinstance(error, django.ServiceNotBound)
    assert error.guard == f'if os.path.isfile("{path}"):'


def test_a_key_that_os_environ_lacks_is_a_variable() -> None:
    text = "import os\nA = os.environ['TIDE']\nB = os.environ['BERTHS']\n"
    error = error_for(
        raised(
            "builtins.KeyError",
            "'TIDE'",
            DJANGO_CONF,
            frame(SETTINGS, 2, statement="A = os.environ['TIDE']"),
            ENVIRON,
            key="TIDE",
        ),
        files={SETTINGS: text},
    )
    assert names_in(error) == ("TIDE", "BERTHS")


def test_what_a_handler_tried_instead_is_the_cause() -> None:
    own = frame(SETTINGS, 5, statement="KEY = open('/etc/key').read()")
    error = error_for(
        raised(
            "builtins.FileNotFoundError builtins.OSError",
            "[Errno 2] No such file or directory: '/etc/key'",
            own,
            context=1,
            filename="/etc/key",
            strerror="No such file or directory",
        ),
        raised("builtins.KeyError", "'KEY'", frame(SETTINGS, 3), ENVIRON, key="KEY"),
    )
    assert isinstance(error, django.FileMissing)
    assert error.path == "/etc/key"


def test_what_a_handler_only_reports_is_the_cause() -> None:
    code = frame("site1/variables.py", 6, function="required", statement="raise Wrong(name)")
    error = error_for(
        raised("site1.Wrong", "", frame(SETTINGS, 4), code, context=1),
        raised(
            "builtins.KeyError",
            "'KEY'",
            {**code, "line": 4, "statement": "return os.environ[name]"},
            ENVIRON,
            key="KEY",
        ),
    )
    assert names_in(error) == ("KEY",)


def test_the_innermost_cause_comes_first() -> None:
    error = error_for(
        raised("a.C", "three", frame(SETTINGS, 3), cause=1),
        raised("a.B", "two", frame(SETTINGS, 2), cause=2),
        raised("a.A", "one", frame(SETTINGS, 1)),
    )
    assert isinstance(error, django.SettingsBroken)
    assert error.raised.exceptions == ("A: one", "B: two", "C: three")


def test_a_member_of_a_group_is_the_cause() -> None:
    group = raised("builtins.ExceptionGroup", "many", frame(SETTINGS, 3))
    error = error_for({**group, "members": [1]}, raised("a.A", "one", frame(SETTINGS, 1)))
    assert isinstance(error, django.SettingsBroken)
    assert error.raised.exceptions[0] == "A: one"


def test_an_exception_without_text_shows_the_line_that_raised_it() -> None:
    error = error_for(
        raised("builtins.RuntimeError", "", frame(SETTINGS, 9, statement="raise RuntimeError"))
    )
    assert isinstance(error, django.SettingsBroken)
    assert error.raised.exceptions == ("RuntimeError from `raise RuntimeError`",)


def test_a_long_text_is_cut_between_words() -> None:
    error = error_for(raised("a.A", "tide " * 400, frame(SETTINGS, 9)))
    assert isinstance(error, django.SettingsBroken)
    (text,) = error.raised.exceptions
    assert text.endswith("tide ...")
    assert len(text) < 600


def test_control_characters_are_visible() -> None:
    error = error_for(raised("a.A", "red: \x1b[31m \udce4", frame(SETTINGS, 9)))
    assert isinstance(error, django.SettingsBroken)
    assert error.raised.exceptions == ("A: red: \\x1b[31m \\udce4",)


@pytest.mark.parametrize(
    ("owner", "file", "name"),
    [
        ("stdlib", "json/decoder.py", "Python's standard library"),
        ("package", "acme/core.py", "acme-tools 1.2"),
        ("package", "other.py", "other"),
    ],
)
def test_code_that_is_not_the_apps_is_named(owner: str, file: str, name: str) -> None:
    error = error_for(
        raised("a.A", "x", frame(SETTINGS, 9), frame(file, owner=owner)),
        distributions={"acme-tools": {"version": "1.2", "modules": ["acme"]}},
    )
    assert isinstance(error, django.SettingsBroken)
    assert (error.raised.owner, error.raised.place) == (name, f"{SETTINGS}:9")


def missing_module(name: str, *frames: Mapping[str, Any]) -> dict[str, Any]:
    return raised(MISSING, f"No module named {name!r}", *frames, name=name)


def test_a_missing_module_names_the_requirement_and_the_apps_line() -> None:
    error = error_for(
        missing_module("environ", DJANGO_CONF, frame(SETTINGS, 3, statement="import environ"))
    )
    assert isinstance(error, django.ModuleMissing)
    assert (error.requirement, error.place) == ("django-environ", f"{SETTINGS}:3")


def test_a_missing_module_of_a_package_that_django_has_replaced() -> None:
    error = error_for(missing_module("south", DJANGO_CONF))
    assert isinstance(error, django.ModuleMissing)
    assert error.successor == "Django itself has replaced south"


@pytest.mark.parametrize(
    ("module", "distributions", "requirement", "now", "installed"),
    [
        (
            "registration",
            {"django-registration": {"version": "5.2", "modules": ["django_registration"]}},
            "django-registration",
            ("django_registration",),
            "django-registration 5.2",
        ),
        ("BeautifulSoup", {}, "beautifulsoup4", ("bs4",), ""),
        (
            "tide_tables",
            {"Django-Tide.Tables": {"version": "2", "modules": ["_tide", "tides", "moon"]}},
            "django-tide-tables",
            ("tides", "moon"),
            "django-tide-tables 2",
        ),
        ("tide", {"tide": {"version": "2", "modules": []}}, "", (), ""),
    ],
)
def test_a_module_that_has_another_name_now(
    module: str,
    distributions: dict[str, Any],
    requirement: str,
    now: tuple[str, ...],
    installed: str,
) -> None:
    error = error_for(
        missing_module(module, DJANGO_CONF, frame(SETTINGS, 3)), distributions=distributions
    )
    assert isinstance(error, django.ModuleMissing)
    assert (error.requirement, error.now, error.installed) == (requirement, now, installed)


def test_apps_that_django_no_longer_has_are_named_together() -> None:
    settings = (
        "INSTALLED_APPS = [\n    'django.contrib.auth', 'django.contrib.markup',\n"
        "    # 'django.contrib.databrowse',\n    'django.contrib.comments',\n]\n"
    )
    error = error_for(
        raised(
            MISSING,
            "No module named 'django.contrib.markup'",
            DJANGO_CONF,
            IMPORT,
            name="django.contrib.markup",
            parent_owner="package",
        ),
        files={SETTINGS: settings},
        distributions={"django": {"version": "5.2"}},
    )
    assert isinstance(error, django.PackageHasNoModule)
    assert error.removed == (
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
    )


def test_a_missing_app_is_found_in_the_settings() -> None:
    error = error_for(
        missing_module(
            "corsheaders",
            frame("manage.py"),
            frame("django/apps/config.py", owner="package", function="create"),
            IMPORT,
        ),
        files={SETTINGS: 'INSTALLED_APPS = [\n    "corsheaders",\n]\n'},
    )
    assert isinstance(error, django.ModuleMissing)
    assert (error.place, error.importer) == (f"{SETTINGS}:2", "")
    assert error.requirement == "django-cors-headers"


def test_a_module_that_a_package_imports_names_the_package() -> None:
    error = error_for(
        missing_module(
            "MySQLdb", frame("django/db/backends/mysql/base.py", owner="package"), IMPORT
        ),
        distributions={"django": {"version": "5.2", "modules": ["django"]}},
    )
    assert isinstance(error, django.ModuleMissing)
    assert (error.importer, error.requirement) == ("Django 5.2", "mysqlclient")


@pytest.mark.parametrize(
    ("module", "similar"), [("site1.locals", "site1.local"), ("site1.secret", "")]
)
def test_a_module_of_the_app_is_told_apart(module: str, similar: str) -> None:
    error = error_for(
        missing_module(module, DJANGO_CONF, frame(SETTINGS, 3)), files={"site1/local.py": ""}
    )
    assert isinstance(error, django.OwnModuleMissing)
    assert error.similar == similar


def test_a_module_with_nearly_the_name_of_the_apps_is_shown() -> None:
    error = error_for(
        missing_module("habour", DJANGO_CONF, frame(SETTINGS, 3)),
        files={"harbour/__init__.py": ""},
    )
    assert isinstance(error, django.ModuleMissing)
    assert error.similar == "harbour"


def test_a_module_that_manage_py_imports_names_its_line() -> None:
    error = error_for(missing_module("dotenv", frame("manage.py", 3)), settings="")
    assert isinstance(error, django.ModuleMissing)
    assert (error.place, error.requirement) == ("manage.py:3", "python-dotenv")


def test_a_settings_module_that_does_not_exist_lists_those_that_do() -> None:
    error = error_for(
        missing_module("site1.live", DJANGO_CONF, IMPORT),
        settings="site1.live",
        files={"site1/settings/prod.py": "", "a/b.py": ""},
    )
    assert isinstance(error, django.SettingsModuleMissing)
    assert error.candidates == ("site1.settings.prod", "site1.settings")
    assert error.origin == "DJANGO_SETTINGS_MODULE"


def old_django(types: str, text: str, attributes: Mapping[str, Any]) -> BuildStopped:
    exception = raised(
        types,
        text,
        frame("django/core/management/__init__.py", owner="package"),
        frame("django/utils/old.py", 7, owner="package"),
    )
    return error_for(
        {**exception, "attributes": attributes},
        settings="",
        distributions={
            "django": {"version": "3.2", "modules": ["django"], "pythons": ["3.6", "3.10"]}
        },
    )


@pytest.mark.parametrize(
    ("types", "text", "attributes"),
    [
        (MISSING, "No module named 'cgi'", {"name": "cgi"}),
        ("builtins.SyntaxError", "invalid syntax", {}),
        (
            "builtins.ImportError",
            "cannot import name 'Mapping' from 'collections'",
            {"name": "collections", "module_owner": "stdlib"},
        ),
        (
            "builtins.AttributeError",
            "module 'html.parser' has no attribute 'HTMLParseError'",
            {"name": "HTMLParseError", "module_owner": "stdlib"},
        ),
        ("builtins.TypeError", "something else", {}),
    ],
)
def test_a_django_that_this_python_cannot_import(
    types: str, text: str, attributes: Mapping[str, Any]
) -> None:
    error = old_django(types, text, attributes)
    assert isinstance(error, django.PackageUnfit)
    assert (error.package, error.other) == ("Django 3.2", "Python 3.13")
    assert (error.pythons, error.named) == (("3.10",), ("3.6", "3.10"))


def test_a_package_that_does_not_work_with_this_django() -> None:
    error = error_for(
        raised(
            "builtins.ImportError",
            "cannot import name 'six' from 'django.utils'",
            frame("acme/core.py", owner="package"),
            name="django.utils",
            module_owner="package",
        ),
        distributions={
            "acme": {"version": "1.0", "modules": ["acme"]},
            "django": {"version": "5.2", "modules": ["django"]},
        },
    )
    assert isinstance(error, django.PackageUnfit)
    assert (error.package, error.other) == ("acme 1.0", "Django 5.2")


def test_the_apps_own_import_of_a_name_that_is_gone_is_its_own_bug() -> None:
    error = error_for(
        raised(
            "builtins.ImportError",
            "cannot import name 'ugettext' from 'django.utils.translation'",
            DJANGO_CONF,
            frame(SETTINGS, 3),
            name="django.utils.translation",
            module_owner="package",
        )
    )
    assert isinstance(error, django.SettingsBroken)
    assert error.raised.place == f"{SETTINGS}:3"


@pytest.mark.parametrize(
    ("types", "text", "file", "library"),
    [
        (
            "builtins.ImportError",
            "libpq.so.5: cannot open shared object file: No such file or directory",
            "psycopg2/__init__.py",
            "libpq.so.5",
        ),
        (
            "builtins.OSError",
            "cannot load library 'libpango-1.0-0': libpango-1.0-0: cannot open shared ...",
            "weasyprint/ffi.py",
            "libpango-1.0-0",
        ),
        (
            "builtins.ImportError",
            "no pq wrapper available.\nAttempts made: ...",
            "psycopg/pq/__init__.py",
            "libpq",
        ),
    ],
)
def test_a_missing_library_is_the_cause_of_what_django_says(
    types: str, text: str, file: str, library: str
) -> None:
    error = error_for(
        raised("django.core.exceptions.ImproperlyConfigured", "Error loading", cause=1),
        raised(types, text, frame(file, owner="package")),
    )
    assert isinstance(error, django.LibraryMissing)
    assert error.library == library
    assert error.debian


def test_a_library_is_not_guessed_from_a_text() -> None:
    error = error_for(
        raised(
            "builtins.RuntimeError",
            "libpq.so.5: cannot open shared object file",
            DJANGO_CONF,
            frame(SETTINGS, 3),
        )
    )
    assert isinstance(error, django.SettingsBroken)


def test_a_program_that_does_not_exist_is_not_a_file() -> None:
    error = error_for(
        raised(
            "builtins.FileNotFoundError builtins.OSError",
            "[Errno 2] No such file or directory: 'node_modules/.bin/terser'",
            frame("site1/apps.py", 4),
            frame("subprocess.py", owner="stdlib", function="_execute_child"),
            filename="node_modules/.bin/terser",
            strerror="No such file or directory",
        )
    )
    assert isinstance(error, django.ProgramMissing)
    assert (error.program, error.package) == ("node_modules/.bin/terser", "")
    assert error.place == "site1/apps.py:4"


def test_a_program_that_a_package_starts_names_the_package() -> None:
    error = error_for(
        raised(
            "builtins.FileNotFoundError builtins.OSError",
            "[Errno 2] No such file or directory: 'msgfmt'",
            frame("site1/apps.py", 4),
            frame("acme/core.py", owner="package"),
            frame("subprocess.py", owner="stdlib", function="_execute_child"),
            filename="msgfmt",
            strerror="No such file or directory",
        )
    )
    assert isinstance(error, django.ProgramMissing)
    assert (error.package, error.debian) == ("acme", "gettext")


def test_a_database_that_does_not_answer() -> None:
    error = error_for(
        raised("django.db.utils.OperationalError", "connection refused", cause=1),
        raised(
            "psycopg.OperationalError",
            "connection refused",
            frame("site1/apps.py", 4),
            frame("psycopg/connection.py", owner="package"),
        ),
    )
    assert isinstance(error, django.DatabaseNotReached)
    assert error.place == "site1/apps.py:4"
    assert error.reason == "OperationalError: connection refused"


def test_a_service_that_is_not_a_database_is_reached_by_the_network() -> None:
    error = error_for(
        raised(
            "redis.exceptions.ConnectionError redis.exceptions.RedisError",
            "Error 13 connecting to tide.invalid:6379.",
            frame("site1/apps.py", 6, function="ready"),
            frame("redis/connection.py", 1055, owner="package"),
        ),
        distributions={"redis": {"version": "8.1.0", "modules": ["redis"]}},
    )
    assert isinstance(error, django.NetworkRefused)
    assert (error.place, error.package) == ("site1/apps.py:6", "redis 8.1.0")


@pytest.mark.parametrize(
    ("function", "scheme"),
    [
        ("create_engine", "postgresql://"),
        ("create_async_engine", "postgresql+asyncpg://"),
        ("async_engine_from_config", "postgresql+asyncpg://"),
    ],
)
def test_a_url_that_sqlalchemy_rejects_has_to_start_as_its_driver_needs_it(
    function: str, scheme: str
) -> None:
    packages = {"sqlalchemy": "2.0.44", "psycopg2": "2.9", "asyncpg": "0.31"}
    error = error_for(
        raised(
            "sqlalchemy.exc.NoSuchModuleError sqlalchemy.exc.ArgumentError",
            "Can't load plugin: sqlalchemy.dialects:postgres",
            frame("site1/apps.py", 6, function="ready"),
            frame("sqlalchemy/engine.py", 120, owner="package", function=function),
            frame("sqlalchemy/util/langhelpers.py", 453, owner="package"),
        ),
        distributions={name: {"version": version} for name, version in packages.items()},
    )
    assert isinstance(error, django.DatabaseUrlRejected)
    assert (error.place, error.scheme) == ("site1/apps.py:6", scheme)


def test_an_exit_after_a_missing_variable_names_the_variable() -> None:
    lines = (
        "import os, sys",
        "try:",
        '    KEY = os.environ["KEY1"]',
        "except KeyError as error:",
        "    sys.exit(1)",
    )
    error = error_for(
        raised(
            "builtins.SystemExit builtins.BaseException",
            "1",
            frame(SETTINGS, 5, statement="sys.exit(1)"),
            context=1,
        ),
        raised(
            "builtins.KeyError builtins.LookupError builtins.Exception",
            "'KEY1'",
            frame(SETTINGS, 3, statement="KEY = os.environ['KEY1']"),
            ENVIRON,
            key="KEY1",
        ),
        files={SETTINGS: "\n".join(lines)},
    )
    assert names_in(error) == ("KEY1",)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Missing environment variables: SECRET_KEY, DB_HOST", ("SECRET_KEY", "DB_HOST")),
        ("set the variables TIDE and PORT", ("TIDE",)),
    ],
)
def test_variables_that_the_app_itself_names_are_missing(
    text: str, names: tuple[str, ...]
) -> None:
    own = frame(SETTINGS, 3, statement=f"raise SystemExit({text!r})")
    types = "builtins.SystemExit builtins.BaseException"
    assert names_in(error_for(raised(types, text, own), variables={"PORT": True})) == names


def test_words_in_capitals_are_not_always_variables() -> None:
    own = frame(SETTINGS, 3, statement="raise RuntimeError('NO TIDE TODAY')")
    error = error_for(raised("builtins.RuntimeError", "NO TIDE TODAY", own))
    assert isinstance(error, django.SettingsBroken)


def test_paths_are_relative_to_the_app_if_manage_py_is_in_a_folder() -> None:
    own = frame("backend/site1/settings.py", 2)
    report = {
        "python": "3.13.1",
        "settings": "site1.settings",
        "configuration": "",
        "variables": {},
        "exceptions": [
            raised(
                "builtins.KeyError",
                "'A'",
                {**own, "module": "site1.settings", "statement": "A = os.environ['A']"},
                ENVIRON,
                key="A",
            )
        ],
        "distributions": {},
        "storage": "",
    }
    files = {
        "backend/site1/__init__.py": "",
        "backend/site1/settings.py": "import os\nA = os.environ['A']\nB = os.environ['B']\n",
    }
    error = conclude(report, files, replace(PROJECT, manage="backend/manage.py"))
    assert isinstance(error, django.SettingsVariableMissing)
    assert [one.place for one in error.variables] == [
        "backend/site1/settings.py:2",
        "backend/site1/settings.py:3",
    ]


def test_a_process_that_was_killed_has_no_exception() -> None:
    error = conclude({}, {})
    assert isinstance(error, django.CollectstaticFailed)
    assert (error.raised, error.ending) == (None, "exited with status 1")


@pytest.mark.parametrize(("owner", "name"), [("package", "Wrong"), ("app", "KEY")])
def test_what_a_library_suppresses_is_not_the_cause(owner: str, name: str) -> None:
    code = frame(
        "acme/core.py", 6, function="f", owner=owner, statement="raise Wrong() from None"
    )
    error = error_for(
        {
            **raised("acme.Wrong", "no berth", frame(SETTINGS, 4), code, context=1),
            "is_suppressed": True,
        },
        raised("builtins.KeyError", "'KEY'", {**code, "line": 4}, ENVIRON, key="KEY"),
    )
    if owner == "app":
        assert names_in(error) == (name,)
    else:
        assert isinstance(error, django.SettingsBroken)
        assert error.raised.exceptions == ("Wrong: no berth",)


@pytest.mark.parametrize(
    ("module", "parent", "owner", "package"),
    [
        ("django.core.urlresolvers", "django.core", "package", "Django 5.2"),
        ("django.contrib.sitemap", "django.contrib", "package", "Django 5.2"),
        ("logging.Streamhandler", "logging", "stdlib", "Python 3.13"),
    ],
)
def test_a_module_that_an_installed_package_lacks_is_not_a_missing_package(
    module: str, parent: str, owner: str, package: str
) -> None:
    error = error_for(
        raised(
            MISSING,
            f"No module named {module!r}",
            DJANGO_CONF,
            frame(SETTINGS, 3, statement=f"import {module}"),
            name=module,
            parent=parent,
            parent_owner=owner,
        ),
        distributions={"django": {"version": "5.2", "modules": ["django"]}},
    )
    assert isinstance(error, django.PackageHasNoModule)
    assert (error.package, error.place) == (package, f"{SETTINGS}:3")


def test_a_package_that_imports_what_another_one_no_longer_has_is_unfit() -> None:
    error = error_for(
        raised(
            MISSING,
            "No module named 'django.core.urlresolvers'",
            frame("acme/core.py", owner="package"),
            name="django.core.urlresolvers",
            parent="django.core",
            parent_owner="package",
        ),
        distributions={
            "acme": {"version": "1.0", "modules": ["acme"]},
            "django": {"version": "5.2", "modules": ["django"]},
        },
    )
    assert isinstance(error, django.PackageUnfit)
    assert (error.package, error.other) == ("acme 1.0", "Django 5.2")


def test_the_module_that_imports_is_not_the_one_that_is_meant() -> None:
    statement = "from site1.local_settings import *"
    error = error_for(
        missing_module(
            "site1.local_settings", DJANGO_CONF, frame(SETTINGS, 3, statement=statement)
        )
    )
    assert isinstance(error, django.OwnModuleMissing)
    assert (error.similar, error.statement) == ("", statement)


@pytest.mark.parametrize(
    ("check", "ending", "types", "call"),
    [
        ("not value", "raise Wrong(name)", "site1.Wrong", 'A = required("ALPHA")'),
        ("value is None", "sys.exit(1)", "builtins.SystemExit", 'A = required(name="ALPHA")'),
        ("name not in os.environ", "raise Wrong", "site1.Wrong", 'A = int(required("ALPHA"))'),
    ],
)
def test_the_apps_own_function_that_reads_variables(
    check: str, ending: str, types: str, call: str
) -> None:
    text = (
        "import os, sys\ndef required(name):\n    value = os.environ.get(name)\n"
        f"    if {check}:\n        {ending}\n    return value\n{call}\n"
        f"{call.replace('ALPHA', 'BETA')}\n"
    )
    error = error_for(
        raised(
            types,
            "",
            DJANGO_CONF,
            frame(SETTINGS, 7, statement=call),
            frame(SETTINGS, 5, function="required", statement=ending),
        ),
        files={SETTINGS: text},
    )
    assert names_in(error)[0] == "ALPHA"
    assert isinstance(error, django.SettingsVariableMissing)
    assert error.variables[0].place == f"{SETTINGS}:7"


@pytest.mark.parametrize(
    ("setting", "expression"),
    [
        ('os.getenv("STRIPE_KEY")', "settings.STRIPE_KEY"),
        ('os.environ.get("STRIPE_KEY", "")', 'getattr(settings, "STRIPE_KEY", None)'),
    ],
)
def test_a_setting_that_the_app_requires_comes_from_a_variable(
    setting: str, expression: str
) -> None:
    statement = "raise ImproperlyConfigured"
    error = error_for(
        raised(
            "django.core.exceptions.ImproperlyConfigured",
            "",
            frame("site1/apps.py", 4, function="ready", statement=statement),
        ),
        files={
            SETTINGS: f"import os\nSTRIPE_KEY = {setting}\n",
            "site1/apps.py": "from django.conf import settings\ndef ready(self):\n"
            f"    if not {expression}:\n        {statement}\n",
        },
    )
    assert names_in(error) == ("STRIPE_KEY",)
    assert isinstance(error, django.SettingsVariableMissing)
    assert error.variables[0].place == f"{SETTINGS}:2"


@pytest.mark.parametrize(
    ("statement", "undefined"),
    [
        ("logger.addHandler(self.config['handlers'][h])", ("handlers", "console")),
        ("config['formatter'] = self.config['formatters'][it]", ("formatters", "console")),
        ("cname = config.pop('class')", None),
    ],
)
def test_a_name_that_logging_does_not_define(
    statement: str, undefined: tuple[str, str] | None
) -> None:
    error = error_for(
        raised(
            "builtins.KeyError",
            "'console'",
            frame("django/utils/log.py", owner="package"),
            frame("logging/config.py", owner="stdlib", statement=statement),
            key="console",
        )
    )
    assert isinstance(error, django.SettingsBroken)
    assert error.undefined == undefined
    assert error.raised.subject == "Configuring LOGGING"


def test_a_program_that_fails_is_named_with_its_status() -> None:
    error = error_for(
        raised(
            "subprocess.CalledProcessError",
            "Command '['git', 'describe']' returned non-zero exit status 128.",
            DJANGO_CONF,
            frame(SETTINGS, 3),
            frame("subprocess.py", owner="stdlib"),
            cmd="git",
            returncode=128,
        )
    )
    assert isinstance(error, django.SettingsBroken)
    assert (error.raised.program, error.raised.status) == ("git", 128)


@pytest.mark.parametrize(
    ("facts", "kind"),
    [
        ({"is_absent": True}, django.ProgramMissing),
        ({"is_absent": False}, django.SettingsBroken),
        ({}, django.SettingsBroken),
    ],
)
def test_status_127_blames_only_a_program_that_is_absent(
    facts: dict[str, Any], kind: type[BuildStopped]
) -> None:
    error = error_for(
        raised(
            "subprocess.CalledProcessError",
            "Command 'npm ci' returned non-zero exit status 127.",
            DJANGO_CONF,
            frame(SETTINGS, 3),
            frame("subprocess.py", owner="stdlib"),
            cmd="npm",
            returncode=127,
            **facts,
        )
    )
    assert type(error) is kind


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("for n in ('ALPHA', 'BETA'):\n    print(os.environ[n])\n", 3),
        ("X = {n: os.environ[n] for n in ['ALPHA', 'BETA']}\n", 2),
        ("X = [int(os.environ[n]) for n in ('ALPHA', 'BETA')]\n", 2),
        ("def f():\n    return {1: os.environ['ALPHA'], 2: os.environ['BETA']}\nf()\n", 3),
    ],
)
def test_all_variables_of_a_statement_are_named(text: str, line: int) -> None:
    own = frame(SETTINGS, line, function="f" if "def" in text else "")
    error = error_for(
        raised("builtins.KeyError", "'ALPHA'", DJANGO_CONF, own, ENVIRON, key="ALPHA"),
        files={SETTINGS: f"import os\n{text}"},
    )
    assert names_in(error) == ("ALPHA", "BETA")
