"""Settings with faults stop a build in words, although they also require variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from integration.classic_platform import Platform, Result
from integration.packages import write_tree
from settings_kinds import write_site

_DJANGO = "Django==5.2.*\n"
_SETTINGS = """\
import os
from harbour.defaults import *
SECRET_KEY = os.environ["SECRET_KEY"]
"""
_APPS = """\
from django.apps import AppConfig
class Harbour(AppConfig):
    name = "harbour"
    def ready(self):
"""
_WITHOUT_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}
_SKIP = {"DISABLE_COLLECTSTATIC": "1"}


def _settings(*lines: str) -> Mapping[str, str]:
    """Return the settings, whose line 3 reads SECRET_KEY, with more lines."""
    return {"settings.py": _SETTINGS + "".join(f"{line}\n" for line in lines)}


@dataclass(frozen=True, kw_only=True)
class Advice:
    """A piece of an error's text, and what a user does who follows it."""

    text: str
    files: Mapping[str, str] = field(default_factory=dict)
    config_vars: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Fault:
    files: Mapping[str, str]
    title: str
    says: tuple[str, ...]
    never_says: tuple[str, ...] = ("SECRET_KEY=...",)
    config_vars: Mapping[str, str] = field(default_factory=dict)
    advice: tuple[Advice, ...] = ()
    is_long: bool = False


FAULTS = {
    "typo": Fault(
        files=_settings("DEBUG = Flase"),
        title="Django cannot use its settings",
        says=("settings fails at line 4 of settings.py with NameError: name 'Flase' is not",),
        advice=(
            Advice(text="Fix line 4 of settings.py.", files=_settings("DEBUG = False")),
            Advice(
                text="DJANGO_SETTINGS_MODULE=package.settings",
                files={"other.py": _SETTINGS},
                config_vars={"DJANGO_SETTINGS_MODULE": "other"},
            ),
        ),
        is_long=True,
    ),
    "syntax-error": Fault(
        files=_settings("ALLOWED_HOSTS = ['harbour.example'"),
        title="Django cannot use its settings",
        says=("line 4 of settings.py with SyntaxError: '[' was never closed.",),
        advice=(Advice(text="Fix line 4 of settings.py.", files=_settings()),),
        is_long=True,
    ),
    "module-not-installed": Fault(
        files=_settings('INSTALLED_APPS += ["crispy_forms"]'),
        title="The module crispy_forms is not installed",
        says=("The app needs the module crispy_forms (line 4 of settings.py)",),
        advice=(
            Advice(
                text="django-crispy-forms",
                files={"requirements.txt": f"{_DJANGO}django-crispy-forms\n"},
            ),
        ),
        is_long=True,
    ),
    "circular-import": Fault(
        files={
            **_settings("from harbour.paths import MEDIA_ROOT", 'ZONE = "UTC"'),
            "harbour/paths.py": 'from settings import ZONE\nMEDIA_ROOT = "media"\n',
        },
        title="Django cannot use its settings",
        says=(
            "fails at line 1 of harbour/paths.py with ImportError: cannot import name 'ZONE'",
            "(most likely due to a circular import)",
        ),
        advice=(
            Advice(
                text="Fix line 1 of harbour/paths.py.",
                files={"harbour/paths.py": 'MEDIA_ROOT = "media"\n'},
            ),
        ),
        is_long=True,
    ),
    "static-url": Fault(
        files=_settings("STATIC_URL = f\"https://{os.environ['CDN_HOST']}/static/\""),
        title="Static files depend on a variable that is not set",
        says=("settings computes STATIC_URL from CDN_HOST (line 4 of settings.py).",),
        advice=(
            Advice(text="CDN_HOST=...", config_vars={"CDN_HOST": "cdn.harbour.example"}),
            Advice(
                text='os.environ.get("CDN_HOST", "the default")',
                files=_settings(
                    'host = os.environ.get("CDN_HOST", "the default")',
                    'STATIC_URL = f"https://{host}/static/"',
                ),
            ),
        ),
        is_long=True,
    ),
    "static-root": Fault(
        files=_settings('STATIC_ROOT = BASE_DIR / os.environ["STATIC_FOLDER"]'),
        title="Static files depend on a variable that is not set",
        says=("settings computes STATIC_ROOT from STATIC_FOLDER (line 4 of settings.py).",),
        advice=(Advice(text="STATIC_FOLDER=...", config_vars={"STATIC_FOLDER": "collected"}),),
        is_long=True,
    ),
    "bucket-missing": Fault(
        files={
            **_settings(
                'AWS_STORAGE_BUCKET_NAME = os.environ["BUCKET"]',
                'AWS_ACCESS_KEY_ID = AWS_SECRET_ACCESS_KEY = "key"',
                'STORAGES["staticfiles"]["BACKEND"] = "storages.backends.s3.S3StaticStorage"',
            ),
            "requirements.txt": f"{_DJANGO}django-storages[s3]\n",
        },
        title="The storage of static files cannot be used",
        says=("storages.backends.s3.S3StaticStorage", "BUCKET=..."),
        advice=(Advice(text="DISABLE_COLLECTSTATIC=1", config_vars=_SKIP),),
        is_long=True,
    ),
    "query-when-the-app-is-ready": Fault(
        files={
            **_settings(
                "import dj_database_url",
                'DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}',
            ),
            "requirements.txt": f"{_DJANGO}dj-database-url\npsycopg[binary]\n",
            "harbour/apps.py": f"{_APPS}        from harbour.models import Berth\n"
            "        self.count = Berth.objects.count()\n",
        },
        title="The app uses its database while",
        says=("The app queries a database (line 6 of harbour/apps.py).",),
        never_says=("SECRET_KEY=...", "DATABASE_URL=..."),
        advice=(
            Advice(
                text="query it in the function that needs the answer",
                files={"harbour/apps.py": f"{_APPS}        self.count = None\n"},
            ),
            Advice(text="DISABLE_COLLECTSTATIC=1", config_vars=_SKIP),
        ),
        is_long=True,
    ),
    "request-to-another-host": Fault(
        files=_settings(
            "from urllib.request import urlopen",
            'FLAGS = urlopen("http://192.0.2.1:8000/flags").read()',
        ),
        title="The app uses the network while it is built",
        says=("The app connects to another host (line 5 of settings.py).",),
        advice=(
            Advice(
                text="connect only in the function that needs the answer",
                files=_settings(
                    "from urllib.request import urlopen",
                    "def flags():",
                    '    return urlopen("http://192.0.2.1:8000/flags").read()',
                ),
            ),
        ),
    ),
    "mistake-with-the-value-of-a-variable": Fault(
        files=_settings('NAME = os.environ["HARBOUR_NAME"]', "LABEL = NAME + 5"),
        title="Django cannot use its settings",
        says=("line 5 of settings.py with TypeError: can only concatenate str",),
        never_says=("SECRET_KEY=...", "HARBOUR_NAME=..."),
        advice=(
            Advice(
                text="Fix line 5 of settings.py.",
                files=_settings('NAME = os.environ["HARBOUR_NAME"]', 'LABEL = NAME + "5"'),
            ),
        ),
        is_long=True,
    ),
    "no-value-fits": Fault(
        files=_settings(
            "import zlib",
            'key, _, checksum = os.environ["LICENCE_KEY"].partition("-")',
            "if str(zlib.crc32(key.encode())) != checksum:",
            '    raise ValueError("the licence key is not valid")',
        ),
        title="LICENCE_KEY",
        says=("LICENCE_KEY=...", "line 5 of settings.py"),
        advice=(
            Advice(text="LICENCE_KEY=...", config_vars={"LICENCE_KEY": "tide-3193316108"}),
        ),
        is_long=True,
    ),
    "placeholders-off": Fault(
        files={
            **_settings('EMAIL_HOST = os.environ["EMAIL_HOST"]'),
            "pyproject.toml": "[tool.slipway]\nplaceholders = false\n",
        },
        title="2 variables that the app needs are not set",
        says=("SECRET_KEY=... EMAIL_HOST=...",),
        never_says=("Throw-away",),
        advice=(
            Advice(
                text="SECRET_KEY=... EMAIL_HOST=...",
                config_vars={"SECRET_KEY": "a-secret", "EMAIL_HOST": "mail.example"},
            ),
        ),
        is_long=True,
    ),
    "missing-in-a-stylesheet": Fault(
        files={
            **_settings(),
            "harbour/static/harbour/site.css": 'body { background: url("whale.svg") }\n',
        },
        title="collectstatic could not find a file",
        says=("The file 'harbour/whale.svg' could not be found",),
        advice=(
            Advice(
                text="Add the file to git",
                files={"harbour/static/harbour/whale.svg": "<svg/>"},
            ),
        ),
        is_long=True,
    ),
}


def build(app: Path, platform: Platform, config_vars: Mapping[str, str]) -> Result:
    return platform.compile(app, {**_WITHOUT_PYTHON, **config_vars})


def sentences(words: str) -> str:
    """Join the wrapped lines of an error."""
    return " ".join(words.replace(" !     ", " ").split())


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.long] if fault.is_long else [])
        for name, fault in FAULTS.items()
    ],
)
def test_a_fault_is_named_and_its_advice_works(
    name: str, platform: Platform, tmp_path: Path
) -> None:
    fault = FAULTS[name]
    files = {"requirements.txt": _DJANGO, **fault.files}
    app = write_tree(write_site(tmp_path / "build"), files)
    failed = build(app, platform, fault.config_vars)
    assert failed.status == 1, failed.all
    words = sentences(failed.words)
    assert fault.title in failed.words.splitlines()[0], failed.all
    for text in fault.says:
        assert text in words, failed.all
    for text in fault.never_says:
        assert text not in failed.all
    for number, advice in enumerate(fault.advice):
        assert advice.text in words, failed.all
        again = write_site(tmp_path / f"again-{number}")
        repaired = build(
            write_tree(again, {**files, **advice.files}),
            platform,
            {**fault.config_vars, **advice.config_vars},
        )
        assert repaired.status == 0, repaired.all
