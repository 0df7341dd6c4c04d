"""Django projects that fail with real libraries, and their recorded reports.

tests/integration/test_recorded_failures.py runs them, and writes the reports.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from slipway.domain.django.exception_chain import Site
from slipway.domain.django.failure import cause_of
from slipway.domain.django.project import DjangoProject
from slipway.errors.stopped import BuildStopped

REPORTS = Path(__file__).parent / "reports"
REQUIREMENTS = """\
Django==5.2.*
boto3
dj-database-url
django-configurations
django-environ
django-storages
dynaconf
environs
pydantic-settings
python-decouple
starlette
"""
MANAGE = """\
import os, sys
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "site1.settings")
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """\
import os
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.staticfiles", "site1"]
STATIC_URL = "/static/"
STATIC_ROOT = "static_built"
"""
APPS = """\
from django.apps import AppConfig
class Site(AppConfig):
    name = "site1"
    def ready(self):
"""
PYDANTIC = (
    "from pydantic import BaseModel",
    "from pydantic_settings import BaseSettings, SettingsConfigDict",
    "class Berth(BaseModel):",
    "    name: str",
    "    depth: int",
    "    length: int = 9",
    "class Conf(BaseSettings):",
)
PROJECT = DjangoProject(
    manage="manage.py", settings="site1.settings", settings_origin="manage.py", web=None
)


@dataclass(frozen=True, kw_only=True)
class Sample:
    """A project, as far as it differs from one that works."""

    lines: tuple[str, ...] = ()
    """The last lines of its settings; the first one is line 6."""
    files: Mapping[str, str] = field(default_factory=dict)
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def all_files(self) -> dict[str, str]:
        settings = SETTINGS + "".join(f"{line}\n" for line in self.lines)
        return {
            "manage.py": MANAGE,
            "site1/__init__.py": "",
            "site1/settings.py": settings,
            **self.files,
        }


SAMPLES: Mapping[str, Sample] = {
    "boto3": Sample(
        lines=(
            'STORAGES = {"staticfiles": {',
            '    "BACKEND": "storages.backends.s3.S3Storage",',
            '    "OPTIONS": {"bucket_name": "b", "endpoint_url": "http://127.0.0.1:9"},',
            "}}",
            'STATICFILES_DIRS = ["assets"]',
        ),
        files={"assets/a.css": "a {}"},
        variables={"AWS_EC2_METADATA_DISABLED": "true"},
    ),
    "configurations": Sample(
        files={
            "manage.py": MANAGE.replace("django.core.management", "configurations.management"),
            "site1/settings.py": "from configurations import Configuration, values\n"
            "class Live(Configuration):\n    SECRET_KEY = values.SecretValue()\n"
            "    TIDE = values.Value(environ_required=True)\n",
        },
        variables={"DJANGO_CONFIGURATION": "Live"},
    ),
    "decouple": Sample(lines=("from decouple import config", 'KEY = config("KEY1")')),
    "dj_database_url": Sample(
        lines=("import dj_database_url", "DB = dj_database_url.config()"),
        variables={"DATABASE_URL": "tide://sea"},
    ),
    "django_environ": Sample(
        lines=("import environ", "env = environ.Env()", 'KEY = env("KEY1")', "D = env.db()")
    ),
    "dynaconf": Sample(
        lines=(
            "import dynaconf",
            'one = dynaconf.Validator("TIDE", "BERTHS", must_exist=True)',
            "settings = dynaconf.DjangoDynaconf(__name__, validators=[one])",
        )
    ),
    "dynaconf_attribute": Sample(
        lines=(
            "import dynaconf",
            'cfg = dynaconf.Dynaconf(envvar_prefix="APP")',
            "KEY = cfg.KEY1",
        )
    ),
    "dynaconf_nested": Sample(
        lines=(
            "import dynaconf",
            'one = dynaconf.Validator("tide.level", must_exist=True)',
            'dynaconf.Dynaconf(envvar_prefix="APP", validators=[one]).KEY1',
        )
    ),
    "environs": Sample(
        lines=("from environs import Env", "env = Env()", 'A = env("KEY1")', 'B = env.int("N")')
    ),
    "environs_sealed": Sample(
        lines=(
            "from environs import Env",
            "e = Env(eager=False)",
            'e("A")',
            'e("B")',
            "e.seal()",
        )
    ),
    "environs_value": Sample(
        lines=("from environs import Env", 'N = Env().int("N")'), variables={"N": "many"}
    ),
    "gdal": Sample(lines=('INSTALLED_APPS += ["django.contrib.gis"]',)),
    "logging": Sample(
        lines=(
            'HANDLER = {"class": "logging.FileHandler", "filename": "/no/such/folder/x.log"}',
            'LOGGING = {"version": 1, "handlers": {"f": HANDLER}, "root": {"handlers": ["f"]}}',
        )
    ),
    "pydantic_settings": Sample(
        lines=(
            "from pydantic import Field",
            "from pydantic_settings import BaseSettings, SettingsConfigDict",
            "class Conf(BaseSettings):",
            '    model_config = SettingsConfigDict(env_prefix="TIDE_")',
            "    key: str",
            '    url: str = Field(validation_alias="DATABASE_URL")',
            "Conf()",
        )
    ),
    "pydantic_nested": Sample(
        lines=(
            *PYDANTIC,
            '    model_config = SettingsConfigDict(env_nested_delimiter="__")',
            "    berth: Berth",
            "    key: str",
            "Conf()",
        )
    ),
    "pydantic_nested_json": Sample(lines=(*PYDANTIC, "    berth: Berth", "Conf()")),
    "pydantic_value": Sample(
        lines=(*PYDANTIC, "    port: int", "Conf()"), variables={"PORT": "many"}
    ),
    "pydantic_value_json": Sample(
        lines=(*PYDANTIC, "    hosts: list[str]", "Conf()"), variables={"HOSTS": "a,b"}
    ),
    "pydantic_value_nested": Sample(
        lines=(*PYDANTIC, "    berth: Berth", "Conf()"),
        variables={"BERTH": '{"depth": 3}'},
    ),
    "starlette": Sample(
        lines=(
            "from starlette.config import Config",
            'config = Config(env_prefix="TIDE_")',
            'KEY = config("KEY1")',
        )
    ),
    "static_file": Sample(
        lines=(
            'STORAGES = {"staticfiles": {"BACKEND":',
            '    "django.contrib.staticfiles.storage.ManifestStaticFilesStorage"}}',
            'STATICFILES_DIRS = ["assets"]',
        ),
        files={"assets/a.css": "a { background: url(b.png) }"},
    ),
}


def conclude(
    report: Mapping[str, Any], files: Mapping[str, str], project: DjangoProject = PROJECT
) -> BuildStopped:
    """Return the error for a report of a project that has these files."""

    def entries(folder: str) -> list[str]:
        start = f"{folder.strip('/')}/".lstrip("/")
        rest = [name.removeprefix(start) for name in files if name.startswith(start)]
        return sorted({name.partition("/")[0] + "/" * ("/" in name) for name in rest})

    site = Site(project=project, read=files.get, entries=entries)
    return cause_of(report, site, "exited with status 1")


def recorded(name: str) -> dict[str, Any]:
    report: dict[str, Any] = json.loads((REPORTS / f"{name}.json").read_text("utf-8"))
    return report


def shortened(report: Mapping[str, Any], sample: Sample) -> dict[str, Any]:
    """Leave out of a report what depends on the machine, and what nothing is concluded from."""
    tops = {
        frame["module"].partition(".")[0]
        for one in report["exceptions"]
        for frame in one["frames"]
    }
    return {
        **report,
        "variables": dict.fromkeys(sample.variables, True),
        "distributions": {
            name: {**facts, "pythons": []}
            for name, facts in report["distributions"].items()
            if name == "django" or tops & {*facts["modules"], name.replace("-", "_")}
        },
    }


def store(name: str, report: Mapping[str, Any]) -> None:
    text = json.dumps(report, indent=1, ensure_ascii=False)
    (REPORTS / f"{name}.json").write_text(f"{text}\n", "utf-8")
