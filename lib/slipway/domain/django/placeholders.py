"""Throw-away values for variables that the settings require and that a build does not have.

A value first fits how the settings read the variable, else its name. After the settings have
refused it, the other kinds follow, each once.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from string import Template

from slipway.domain.django.value_kinds import ValueForm, fit_by_read, names_of
from slipway.errors.django import RequiredVariable

MARKER = "slipway-placeholder"
"""Part of every value that is a text, so that it is recognized wherever it gets to."""
TEMPLATES: Mapping[str, str] = {
    "text": "$text",
    "secret": "$secret",
    "number": "1",
    "larger number": "1000",
    "switch": "0",
    "boolean": "false",
    "list": "$text",
    "mapping": "$text=$text",
    "JSON object": '{"$text": "$text"}',
    "JSON list": '["$text"]',
    "TOML table": '{"$text" = "$text"}',
    "Python literal": '["$text"]',
    "Python dictionary": '{"$text": "$text"}',
    "host": "$host",
    "host and port": "$host:1",
    "IP address": "192.0.2.1",  # https://www.rfc-editor.org/rfc/rfc5737
    "email address": "$text@$marker.invalid",
    "URL": "https://$host",
    "URL with a port": "https://$marker:$text@$marker.invalid:443/$marker",
    "DSN": "https://$text@$marker.invalid/1",
    "PostgreSQL database": "postgresql://$marker:$text@$marker.invalid:5432/$marker",
    "MySQL database": "mysql://$marker:$text@$marker.invalid:3306/$marker",
    "SQLite database": "sqlite://:memory:",
    "Redis": "redis://:$text@$marker.invalid:6379/0",
    "local memory": "locmem://$text",
    "local memory of django-environ": "locmemcache://$text",
    "AMQP broker": "amqp://$marker:$text@$marker.invalid:5672//",
    "MongoDB": "mongodb://$marker:$text@$marker.invalid:27017/$marker",
    "email server": "smtp://$marker:$text@$marker.invalid:25",
    "search engine": "simple:",
    "channel layer": "inmemory://",
    "PostgreSQL engine": "django.db.backends.postgresql",
    "MySQL engine": "django.db.backends.mysql",
    "SQLite engine": "django.db.backends.sqlite3",
    "UUID": "$uuid",
    "date": "2000-01-01",
    "date and time": "2000-01-01T00:00:00+00:00",
    "time": "00:00:00",
    "time zone": "UTC",
    "language": "en",
    "log level": "INFO",
    "environment": "production",
    "Fernet key": "$key=",
    "Base64 text": "$base64",
    "hexadecimal number": "$digest",
    "file": "$text",
    "folder": "$text/",
}
"""Kind of a value -> a string.Template of it. Hosts are under the top-level domain `.invalid`,
which never resolves: https://www.rfc-editor.org/rfc/rfc6761#section-6.4"""
_RELATED: Mapping[str, tuple[str, ...]] = {
    "number": ("larger number", "switch"),
    "boolean": ("switch",),
    "switch": ("boolean", "number"),
    "URL": ("URL with a port", "DSN"),
    "email address": ("text",),
    "file": ("folder",),
    "folder": ("file",),
    "JSON object": ("JSON list",),
    "JSON list": ("JSON object",),
    "mapping": ("JSON object",),
    "database": ("PostgreSQL database", "SQLite database"),
    "Redis": ("AMQP broker",),
    "cache": ("local memory", "local memory of django-environ"),
}
"""Kind -> those to try first after it."""
_OTHERS = (
    "text",
    "number",
    "boolean",
    "JSON object",
    "URL",
    "database",
    "file",
    "larger number",
    "JSON list",
    "mapping",
    "switch",
    "host",
    "email address",
    "URL with a port",
    "cache",
    "folder",
    "secret",
    "Fernet key",
    "UUID",
    "date",
    "log level",
    "AMQP broker",
    "host and port",
)
"""The kinds that are tried after the one that seemed to fit."""
_BY_NAME = (
    (r"FERNET_KEYS?|FIELD_ENCRYPTION_KEYS?|FERNET", "Fernet key"),
    (r"KEY|KEYS|TOKEN|SECRET|PASSWORD|PASSWD|SALT|KEY_FALLBACKS", "secret"),
    (
        r"(?:DATABASE|DB|POSTGRES|POSTGRESQL|PG|MYSQL|SQL|HEROKU_\w+)_(?:URL|URI|DSN)",
        "database",
    ),
    (r"REDIS(?:CLOUD|TOGO)?(?:_\w+)?_(?:URL|URI|DSN)|(?:RESULT_BACKEND|BROKER)_URL", "Redis"),
    (r"(?:RESULT_BACKEND|BROKER)", "Redis"),
    (r"(?:AMQP|RABBITMQ|RABBIT|CLOUDAMQP)(?:_URL|_URI)?", "AMQP broker"),
    (r"(?:MONGO|MONGODB|MONGOLAB|MONGOHQ)_(?:URL|URI)", "MongoDB"),
    (r"CACHE_(?:URL|URI)", "cache"),
    (r"(?:EMAIL|MAIL|SMTP)_URL", "email server"),
    (r"DSN", "DSN"),
    (r"URL|URLS|URI|ENDPOINT|WEBHOOK|ORIGINS?|WEBSITE", "URL"),
    (r"(?:MEMCACHE|MEMCACHED|MEMCACHIER)_(?:SERVERS?|LOCATION)", "host and port"),
    (r"PORT|TIMEOUT|SECONDS|MINUTES|HOURS|DAYS|AGE|TTL|LIMIT|SIZE|COUNT|SITE_ID", "number"),
    (r"WORKERS|CONCURRENCY|RETRIES|RATE|REDIS_DB|CACHE_DB|NUMBER|INTERVAL", "number"),
    (
        r"EMAIL|EMAILS|FROM|ADMINS?|MANAGERS|MAIL_SENDER|EMAIL_SENDER|RECIPIENTS?",
        "email address",
    ),
    (r"HOSTS?|HOSTNAME|DOMAINS?|DOMAIN_NAME|SERVER|SERVERS", "host"),
    (r"DEBUG|ENABLED?|DISABLED?|SSL_REDIRECT|USE_TLS|USE_SSL|SECURE|VERIFY", "boolean"),
    (r"(?:DATABASE|DB|SQL|POSTGRES|MYSQL)?_?ENGINE", "engine"),
    (r"TIME_ZONE|TIMEZONE|TZ", "time zone"),
    (r"LANGUAGE_CODE|LANGUAGE|LOCALE|LANG", "language"),
    (r"LOG_LEVEL|LOGLEVEL|LOGGING_LEVEL|LEVEL", "log level"),
    (r"ENV|ENVIRONMENT|STAGE|DEPLOYMENT|DJANGO_CONFIGURATION|APP_MODE", "environment"),
    (r"UUID|GUID", "UUID"),
    (r"FILE|FILENAME|PATH|CERT|CERTIFICATE_PATH", "file"),
    (r"DIR|DIRECTORY|ROOT|FOLDER", "folder"),
)
"""Ends of names of variables, whole words -> the kinds of their values. The first match counts,
and the words of a name are separated by underscores."""
_SWITCHES = re.compile(r"(?:.*_)?(?:USE|IS|ENABLE|DISABLE|HAS|ALLOW)_\w+", re.IGNORECASE)
_PACKAGES: Mapping[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "database": (
        (("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary"), "PostgreSQL database"),
        (("mysqlclient", "pymysql"), "MySQL database"),
        ((), "SQLite database"),
    ),
    "engine": (
        (("psycopg", "psycopg2", "psycopg2-binary", "psycopg-binary"), "PostgreSQL engine"),
        (("mysqlclient", "pymysql"), "MySQL engine"),
        ((), "SQLite engine"),
    ),
    "cache": ((("redis", "django-redis"), "Redis"), ((), "local memory")),
    "cache of django-environ": (
        (("redis", "django-redis"), "Redis"),
        ((), "local memory of django-environ"),
    ),
}
"""Kind -> the packages that it needs, and what it is with them; the last one needs none."""


@dataclass(frozen=True, kw_only=True)
class Placeholder:
    """A throw-away value of one variable."""

    variable: RequiredVariable
    kind: str
    """What the value looks like, such as `text`, `number`, `PostgreSQL database`."""
    value: str
    """The value; of a path, its last part, because the caller makes the folder."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The files that the value names -> their content. The name of a folder has a slash at its
    end."""

    def value_in(self, folder: str) -> str:
        """Return the value for a folder that has the files."""
        return f"{folder}/{self.value}" if self.files else self.value


def first_placeholder(
    variable: RequiredVariable, token: str, packages: Collection[str]
) -> Placeholder:
    """Choose a value that fits how a variable is read, or else its name.

    `token` is random and the same for a whole build; `packages` are the installed ones, which
    decide which databases and caches the app can name.
    """
    return next(_all_placeholders(variable, token, packages))


def next_placeholder(
    refused: Placeholder, token: str, packages: Collection[str]
) -> Placeholder | None:
    """Choose another value after the settings have failed with one; None if all were tried."""
    found = _all_placeholders(refused.variable, token, packages)
    for one in found:
        if one.value == refused.value and bool(one.files) == bool(refused.files):
            return next(found, None)
    return None


def _all_placeholders(
    variable: RequiredVariable, token: str, packages: Collection[str]
) -> Iterator[Placeholder]:
    seen: set[tuple[str, bool]] = set()
    for fit in _fits(variable):
        one = _placeholder(variable, fit, token, packages)
        key = (one.value, bool(one.files))
        if key not in seen:
            seen.add(key)
            yield one


def _fits(variable: RequiredVariable) -> Iterator[ValueForm]:
    by_read = fit_by_read(variable)
    named = next(filter(None, map(_kind_by_name, names_of(variable))), None)
    choices = [ValueForm(kind="choice", template=_literal(it)) for it in variable.choices]
    if by_read is None or by_read.is_text:
        yield from choices if named == "environment" else []
        yield from (ValueForm(kind=it) for it in [named] if it)
    elif by_read.kind == "number" and named == "boolean":
        yield ValueForm(kind="switch")
    elif by_read.kind == "path":
        yield ValueForm(kind=named if named in ("file", "folder") else "folder")
    elif by_read.kind == "JSON list" and not by_read.template and named:
        yield ValueForm(kind="JSON list", template=f'["${{{named.replace(" ", "_")}}}"]')
    elif by_read.kind.startswith("URL") and named in ("Redis", "AMQP broker", "MongoDB", "DSN"):
        yield ValueForm(kind=named)
    elif by_read.kind == "URL with a port" and named == "database":
        yield ValueForm(kind="PostgreSQL database")
    elif by_read.kind == "secret":
        yield ValueForm(kind="secret")
    yield from [by_read] if by_read and by_read.kind != "path" else []
    if named or by_read is None:
        yield ValueForm(kind=named or "text")
    yield from choices
    likely = [it for it in (by_read.kind if by_read else "", named) if it]
    yield from (ValueForm(kind=it) for one in likely for it in _RELATED.get(one, ()))
    yield from (ValueForm(kind=it) for it in _OTHERS)


def _literal(text: str) -> str:
    return text.replace("$", "$$")


def _kind_by_name(name: str) -> str | None:
    for ends, kind in _BY_NAME:
        if re.fullmatch(rf"(?:.*_)?(?:{ends})", name, re.IGNORECASE):
            return kind
    return "boolean" if _SWITCHES.fullmatch(name) else None


def _placeholder(
    variable: RequiredVariable, fit: ValueForm, token: str, packages: Collection[str]
) -> Placeholder:
    kind = _with_packages(fit.kind, packages)
    parts = _parts(variable.name, token)
    words = {**parts}
    for name, template in TEMPLATES.items():
        words[name.replace(" ", "_")] = Template(template).substitute(parts)
    for name in _PACKAGES:
        installed = _with_packages(name, packages).replace(" ", "_")
        words[name.replace(" ", "_")] = words[installed]
    value = Template(fit.template or TEMPLATES[kind]).substitute(words)
    if fit.is_base64:
        value = b64encode(value.encode()).decode("ascii")
    files: Mapping[str, str] = {}
    if kind in ("file", "folder"):
        content = Template(fit.content or "$text\n").substitute(words)
        files = {value: content if kind == "file" else ""}
        value = value.rstrip("/")
    return Placeholder(variable=variable, kind=kind, value=value, files=files)


def _with_packages(kind: str, packages: Collection[str]) -> str:
    for needed, name in _PACKAGES.get(kind, ()):
        if not needed or any(it in packages for it in needed):
            return name
    return kind


def _parts(name: str, token: str) -> dict[str, str]:
    """Return texts that values are made of; those of each variable differ."""
    digest = sha256(f"{token} {name}".encode()).hexdigest()
    start, text = f"{MARKER}-{token[:8]}{digest}", f"{MARKER}-{token}-{digest[:8]}"
    uuid = re.sub(r"(.{8})(.{4})(.{3})(.{3})(.{12}).*", r"\1-\2-4\3-8\4-\5", digest)
    return {
        "marker": MARKER,
        "text": text,
        "host": f"{text}.invalid",
        # Django warns of less than 50 characters:
        # https://docs.djangoproject.com/en/stable/ref/checks/#security
        "secret": f"{text}-{digest[8:]}",
        "digest": digest,
        # Version 4: https://www.rfc-editor.org/rfc/rfc9562#section-5.4
        "uuid": uuid,
        # 32 bytes in the alphabet of https://www.rfc-editor.org/rfc/rfc4648#section-5
        "key": start[:43],
        # 32 bytes, as most keys have, in the letters that all alphabets share.
        "base64": b64encode(f"{MARKER}-{digest}"[:32].encode()).decode("ascii"),
    }
