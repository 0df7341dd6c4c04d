"""The kinds of settings in fixtures/settings_kinds, and the variables that each requires."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from conftest import FIXTURES

_FOLDER = FIXTURES / "settings_kinds"
_SECRET = "a-secret-of-production-that-is-long-enough-for-any-check"  # noqa: S105
_DATABASE = "postgres://berth:tide@db.example:5432/harbour"
_FERNET = "3qhyXVOeXFvbAgSSbhpZXb6C4A1SPtQUDO4U2ywFyAQ="


@dataclass(frozen=True, kw_only=True)
class Kind:
    """An app whose settings fail without some variables."""

    required: Mapping[str, str]
    """The variables without which the settings fail -> what they may be in production."""
    features: Mapping[str, str] | None = None
    """The variables that each turn a feature on; the app works without them."""
    files: Mapping[str, str] | None = None
    """Files that variables name, with what they may contain."""


KINDS = {
    "os_environ": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "DB_NAME": "harbour",
            "DB_USER": "berth",
            "DB_PASSWORD": "tide",
        },
        features={"SENTRY_DSN": "https://key@errors.example/1"},
    ),
    "getenv_without_default": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "ALLOWED_HOSTS": "harbour.example,www.harbour.example",
            "SESSION_DAYS": "14",
            "PLANS": '{"small": 1}',
        },
        features={"REDIS_URL": "redis://cache.example:6379/0"},
    ),
    "getenv_with_empty_default": Kind(required={"DJANGO_SECRET": _SECRET}),
    "environs_plain": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "ALLOWED_HOSTS": "harbour.example",
            "DATABASE_URL": _DATABASE,
        },
    ),
    "environs_cast": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "DEBUG": "false",
            "CONN_MAX_AGE": "60",
            "RATE": "0.5",
            "PRICE": "9.95",
            "BERTHS": "1,2",
            "LABELS": "tide=high",
            "PLANS": "[]",
            "OPENING": "2024-03-01",
            "LIFETIME": "3600",
            "TENANT": "0d8b4ce0-7ce8-4d47-8f76-2e6c3a3f0c11",
            "LOG_LEVEL": "INFO",
            "WEBHOOK": "https://hooks.example/",
            "EMAIL_URL": "smtp://mail.example:25",
            "CACHE_URL": "redis://cache.example:6379/0",
        },
    ),
    "environs_prefixed": Kind(
        required={
            "HARBOUR_SECRET_KEY": _SECRET,
            "HARBOUR_DB_NAME": "harbour",
            "HARBOUR_DB_HOST": "db.example",
            "HARBOUR_DB_PORT": "5432",
        },
    ),
    "environs_validated": Kind(
        required={"SECRET_KEY": _SECRET, "CONTACT": "crew@harbour.example", "WORKERS": "4"},
    ),
    "django_environ": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "ALLOWED_HOSTS": "harbour.example",
            "CONN_MAX_AGE": "60",
            "PLANS": "{}",
            "WEBHOOK": "https://hooks.example/",
        },
        features={"AWS_BUCKET": "harbour"},
    ),
    "django_environ_urls": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "DATABASE_URL": _DATABASE,
            "REPLICA_URL": _DATABASE,
            "CACHE_URL": "rediscache://cache.example:6379/0",
            "SESSION_CACHE_URL": "rediscache://cache.example:6379/1",
            "EMAIL_URL": "smtp://mail.example:25",
        },
    ),
    "django_environ_scheme": Kind(
        required={"SECRET_KEY": _SECRET, "TIMEOUT": "30", "MANAGERS": "crew@harbour.example"},
    ),
    "django_environ_secret_files": Kind(
        required={"SECRET_KEY": _SECRET, "EMAIL_PORT": "25"},
    ),
    "decouple_casts": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "ALLOWED_HOSTS": "harbour.example",
            "EMAIL_PORT": "25",
            "SECURE_SSL_REDIRECT": "true",
            "DATABASE_URL": _DATABASE,
        },
        features={"MAILGUN_KEY": "a-key"},
    ),
    "pydantic_flat": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "DATABASE_URL": _DATABASE,
            "CONTACT": "crew@harbour.org",
            "WORKERS": "4",
            "BERTHS": '["north"]',
            "TIER": "small",
        },
        features={"SENTRY_DSN": "https://key@errors.example/1"},
    ),
    "pydantic_nested": Kind(
        required={
            "HARBOUR_SECRET_KEY": _SECRET,
            "HARBOUR_MAIL__HOST": "mail.example",
            "HARBOUR_MAIL__PORT": "25",
            "DATABASE_URL": _DATABASE,
        },
    ),
    "dynaconf_validators": Kind(
        required={
            "DJANGO_SECRET_KEY": _SECRET,
            "DJANGO_WORKERS": "4",
            "DJANGO_CONTACT": "crew@harbour.example",
        },
    ),
    "starlette_config": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "ALLOWED_HOSTS": "harbour.example",
            "WORKERS": "4",
            "HOME_PAGE": "https://harbour.example/",
        },
    ),
    "dj_database_url_parse": Kind(
        required={"SECRET_KEY": _SECRET, "REPLICA_URL": _DATABASE, "ARCHIVE_URL": _DATABASE},
    ),
    "django_configurations": Kind(
        required={
            "DJANGO_SECRET_KEY": _SECRET,
            "DATABASE_URL": _DATABASE,
            "DJANGO_EMAIL_PORT": "25",
            "DJANGO_ALLOWED_HOSTS": "harbour.example",
        },
    ),
    "settings_package_with_a_switch": Kind(
        required={"SECRET_KEY": _SECRET, "ALLOWED_HOSTS": "harbour.example"},
    ),
    "settings_package_by_name": Kind(required={"SECRET_KEY": _SECRET, "EMAIL_PORT": "25"}),
    "split_settings_include": Kind(
        required={"DJANGO_SECRET_KEY": _SECRET, "DOMAIN_NAME": "harbour.example"},
    ),
    "cookiecutter_django": Kind(
        required={
            "DATABASE_URL": _DATABASE,
            "DJANGO_SECRET_KEY": _SECRET,
            "DJANGO_ADMIN_URL": "captain/",
            "MAILGUN_API_KEY": "a-key",
            "MAILGUN_DOMAIN": "mail.harbour.example",
        },
        features={
            "DJANGO_USE_S3": "true",
            "SENTRY_DSN": "https://key@errors.example/1",
        },
    ),
    "secrets_in_files": Kind(
        required={
            "SECRET_FILE": "secret.txt",
            "SIGNING_KEY_FILE": "signing.pem",
            "CREDENTIALS_FILE": "credentials.json",
        },
        files={
            "secret.txt": _SECRET,
            "signing.pem": "-----BEGIN KEY-----\n",
            "credentials.json": "{}",
        },
    ),
    "json_credentials": Kind(
        required={"SECRET_KEY": _SECRET, "GOOGLE_CREDENTIALS": '{"project_id": "harbour"}'},
    ),
    "fernet_key": Kind(
        required={"SECRET_KEY": _SECRET, "FIELD_KEY": _FERNET, "COOKIE_KEY": _FERNET},
    ),
    "port_number": Kind(
        required={"SECRET_KEY": _SECRET, "EMAIL_PORT": "25", "DATABASE_URL": _DATABASE},
    ),
    "booleans": Kind(required={"SECRET_KEY": _SECRET, "DEBUG": "False", "SSL_REDIRECT": "1"}),
    "own_function": Kind(
        required={"SECRET_KEY": _SECRET, "DB_PASSWORD": "tide", "CONN_MAX_AGE": "60"},
    ),
    "assertions": Kind(required={"SECRET_KEY": _SECRET, "DB_PASSWORD": "tide"}),
    "sys_exit": Kind(required={"SECRET_KEY": _SECRET, "CONTACT": "crew@harbour.example"}),
    "app_config": Kind(required={"SECRET_KEY": _SECRET, "TIDES_KEY": "a-key"}),
    "loop_over_names": Kind(
        required={
            "SECRET_KEY": _SECRET,
            "DB_NAME": "harbour",
            "DB_PASSWORD": "tide",
            "MAIL_HOST": "mail.example",
            "MAIL_USER": "crew",
        },
    ),
    "dataclass_config": Kind(required={"SECRET_KEY": _SECRET, "WORKERS": "4"}),
    "attrs_config": Kind(required={"SECRET_KEY": _SECRET, "WORKERS": "4"}),
    "names_in_toml": Kind(
        required={"HARBOUR_SECRET": _SECRET, "HARBOUR_CONTACT": "crew@harbour.example"},
    ),
}


def write_site(place: Path) -> Path:
    """Write what the apps of all kinds have in common; it lacks the settings."""
    return shutil.copytree(_FOLDER / "_site", place)


def write_app(kind: str, place: Path) -> Path:
    """Write an app whose settings are of a kind."""
    return shutil.copytree(_FOLDER / kind, write_site(place), dirs_exist_ok=True)
