"""A throw-away value fits how the settings read a variable, and else its name."""

from __future__ import annotations

import ast
import base64
import json
import string
from collections.abc import Callable
from datetime import date
from urllib.parse import urlsplit
from uuid import UUID

import environ
import pytest
import tomli
from django.core.checks.security.base import _check_secret_key
from django.core.validators import validate_email

from slipway.domain.django.placeholders import (
    MARKER,
    TEMPLATES,
    Placeholder,
    first_placeholder,
    next_placeholder,
)
from slipway.errors.django import RequiredVariable

DRAWN = "0f1e2d3c4b5a6978"
DRIVERS = ("django", "psycopg", "redis")


def placeholder(
    name: str, read: str = "", *packages: str, choices: tuple[str, ...] = ()
) -> Placeholder:
    variable = RequiredVariable(name=name, read=read, choices=choices)
    return first_placeholder(variable, DRAWN, packages)


def others(one: Placeholder) -> list[Placeholder]:
    found = [one]
    while following := next_placeholder(found[-1], DRAWN, ()):
        found.append(following)
    return found


@pytest.mark.parametrize(
    ("name", "read", "kind"),
    [
        ("TIDE", "TIDE = os.environ['TIDE']", "text"),
        ("TIDE", "TIDE = int(os.environ['TIDE'])", "number"),
        ("TIDE", "TIDE = Decimal(os.environ.get('TIDE'))", "number"),
        ("TIDE", "LIFE = timedelta(days=float(os.environ['TIDE']))", "number"),
        ("TIDE", "TIDE = bool(int(os.environ['TIDE']))", "switch"),
        ("USE_TIDE", "A = int(os.environ['USE_TIDE'])", "switch"),
        ("TIDE", "TIDE = strtobool(os.environ['TIDE'])", "boolean"),
        ("TIDE", "TIDE = os.environ['TIDE'].lower() in ('1', 'true')", "boolean"),
        ("TIDE", "TIDE = os.environ['TIDE'] == 'True'", "boolean"),
        ("TIDE", "TIDE = os.environ['TIDE'] == 'high'", "text"),
        ("TIDE", "TIDE = json.loads(os.environ['TIDE'])", "JSON object"),
        ("TIDE", "TIDE = ast.literal_eval(os.environ['TIDE'])", "Python literal"),
        ("TIDE", "TIDE = open(os.environ['TIDE']).read()", "file"),
        ("TIDE", "TIDE = Path(os.environ['TIDE']).read_text()", "file"),
        ("TIDE", "TIDE = Path(os.environ['TIDE']) / 'a'", "folder"),
        ("TIDE_FILE", "TIDE = Path(os.environ['TIDE_FILE'])", "file"),
        ("TIDE", "TIDE = [int(it) for it in os.environ['TIDE'].split(',')]", "number"),
        ("TIDE", "TIDE = [*map(int, os.environ['TIDE'].split(','))]", "number"),
        ("TIDE", "TIDE = Fernet(os.environ['TIDE'].encode())", "Fernet key"),
        ("TIDE", "TIDE = base64.b64decode(os.environ['TIDE'])", "Base64 text"),
        ("TIDE", "TIDE = bytes.fromhex(os.environ['TIDE'])", "hexadecimal number"),
        ("TIDE", "TIDE = UUID(os.environ['TIDE'])", "UUID"),
        ("TIDE", "TIDE = date.fromisoformat(os.environ['TIDE'])", "date"),
        ("TIDE", "TIDE = urlparse(os.environ['TIDE']).port", "URL with a port"),
        ("REDIS_URL", "TIDE = urlparse(os.environ['REDIS_URL']).port", "Redis"),
        ("TIDE", "D = {'a': dj_database_url.parse(os.environ['TIDE'])}", "SQLite database"),
        ("DATABASE_URL", "D = {'a': dj_database_url.config()}", "SQLite database"),
        ("TIDE", "TIDE = dj_email_url.parse(os.environ['TIDE'])", "email server"),
        ("TIDE", "TIDE = django_cache_url.parse(os.environ['TIDE'])", "local memory"),
        ("TIDE", "raw = os.environ['TIDE']\nTIDE = int(raw)", "number"),
        # django-environ and environs
        ("TIDE", "TIDE = env.int('TIDE')", "number"),
        ("TIDE", "TIDE = env('TIDE', cast=bool)", "boolean"),
        ("TIDE", "TIDE = env(int, 'TIDE')", "number"),
        ("TIDE", "TIDE = env.list('TIDE')", "list"),
        ("TIDE", "TIDE = env.list('TIDE', cast=int)", "number"),
        ("TIDE", "TIDE = env.list('TIDE', subcast=int)", "number"),
        ("TIDE", "TIDE = env.dict('TIDE')", "mapping"),
        ("TIDE", "TIDE = env.json('TIDE')", "JSON object"),
        ("MAIL_PORT", "TIDE = env.int('PORT')", "number"),
        ("DATABASE_URL", "TIDE = env.db()", "SQLite database"),
        ("TIDE", "TIDE = env.db_url('TIDE')", "SQLite database"),
        ("TIDE", "TIDE = env.cache_url('TIDE')", "local memory of django-environ"),
        ("TIDE", "TIDE = env.dj_cache_url('TIDE')", "local memory"),
        ("TIDE", "TIDE = env.email_url('TIDE')", "email server"),
        ("TIDE", "TIDE = env.timedelta('TIDE')", "number"),
        ("TIDE", "TIDE = env.log_level('TIDE')", "log level"),
        ("TIDE", "TIDE = env.str('TIDE', validate=Email())", "email address"),
        ("TIDE", "TIDE = env.str('TIDE', validate=OneOf(['low', 'high']))", "choice"),
        # python-decouple and starlette
        ("TIDE", "TIDE = config('TIDE', cast=int)", "number"),
        ("TIDE", "TIDE = config('TIDE', cast=Csv(int))", "number"),
        ("TIDE", "TIDE = config('TIDE', cast=Csv())", "list"),
        ("TIDE", "TIDE = config('TIDE', cast=dj_database_url.parse)", "SQLite database"),
        ("TIDE", "A = config('TIDE', cast=lambda v: [int(s) for s in v.split()])", "number"),
        ("TIDE", "TIDE = config('TIDE', cast=Secret)", "secret"),
        ("HOSTS", "TIDE = config('HOSTS', cast=CommaSeparatedStrings)", "host"),
        # django-configurations
        ("DJANGO_TIDE", "TIDE = values.IntegerValue(environ_required=True)", "number"),
        ("DJANGO_TIDE", "TIDE = values.PathValue(environ_required=True)", "file"),
        # pydantic and dynaconf
        ("TIDE", "value: int", "number"),
        ("TIDE", "value: PostgresDsn", "PostgreSQL database"),
        ("TIDE", "value: SecretStr", "secret"),
        ("TIDE", "value: Literal['low', 'high']", "choice"),
        ("TIDE", "value: list[int]", "JSON list"),
        ("TIDE", "value: dict(name=str)", "JSON object"),
        ("TIDE", "value: table", "TOML table"),
        # names
        ("DJANGO_SECRET_KEY", "", "secret"),
        ("API_TOKEN", "", "secret"),
        ("ALLOWED_HOSTS", "A = os.environ['ALLOWED_HOSTS'].split(',')", "host"),
        ("TIDE", "SECRET_KEY = os.environ['TIDE']", "secret"),
        ("TIDE", "D = {'a': {'ENGINE': os.environ['TIDE']}}", "SQLite engine"),
        ("DATABASE_URL", "", "SQLite database"),
        ("CELERY_BROKER_URL", "", "Redis"),
        ("SENTRY_DSN", "", "DSN"),
        ("HOME_URL", "", "URL"),
        ("DB_PORT", "", "number"),
        ("ADMINS", "", "email address"),
        ("EMAIL_USE_TLS", "", "boolean"),
        ("LOG_LEVEL", "L = getattr(logging, os.environ['LOG_LEVEL'])", "log level"),
        ("TIME_ZONE", "", "time zone"),
        ("DJANGO_ENV", "", "environment"),
        ("ESPORT", "", "text"),
    ],
)
def test_value_fits_how_a_variable_is_read(name: str, read: str, kind: str) -> None:
    assert placeholder(name, read).kind == kind


@pytest.mark.parametrize(
    ("name", "read", "value"),
    [
        ("T", "host, port = os.environ['T'].split(':')", "$text.invalid:1"),
        ("T", "a, b = os.environ['T'].split('|')", "$text|$text"),
        ("T", "b = os.environ['T'].split('/')[2]", "$text/$text/$text"),
        ("T", "A = [it.split('=') for it in os.environ['T'].split(',')]", "$text=$text"),
        ("T", "A = env.dict('T', subcast_values=int)", "$text=1"),
        ("T", "A = json.loads(os.environ['T'])['user']", '{"user": "$text"}'),
        (
            "T",
            "c = json.loads(os.environ['T'])\nA = c['a']\nB = c['b']",
            '{"a": "$text", "b": "$text"}',
        ),
        (
            "T",
            "s = json.loads(os.environ['T'])\nc = s['m-5.1'][0]['credentials']\nu = c['user']",
            '{"m-5.1": [{"credentials": {"user": "$text"}}]}',
        ),
        (
            "T",
            "c = json.loads(os.environ['T'])['m'][0]\nP = int(c['port'])\nH = c.get('h')",
            '{"m": [{"port": "1", "h": "$text"}]}',
        ),
        (
            "T",
            "A = parse(json.loads(os.getenv('T', '{}'))['db'][1]['uri'])\nB = 1",
            '{"db": [{"uri": "$text"}, {"uri": "$text"}]}',
        ),
        (
            "T",
            "A = json.loads(os.environ['T'])\nB = A['cost']['$']",
            '{"cost": {"$$": "$text"}}',
        ),
        ("T", "A = json.loads(os.environ['T'])[-1]['x']", '{"$text": "$text"}'),
        ("T", "A = {'dev': 1, 'production': 2}[os.environ['T']]", "production"),
        (
            "T",
            "value: dict(name=str, depth=int, on=bool)",
            '{"name": "$text", "depth": 1, "on": false}',
        ),
        ("T", "value: list[dict(kind=Literal['a', 'b'])]", '[{"kind": "a"}]'),
        ("T", "value: dict[str, list[int]]", '{"$text": [1]}'),
    ],
)
def test_value_has_the_parts_that_are_read(name: str, read: str, value: str) -> None:
    text = placeholder(name).value
    assert placeholder(name, read).value == string.Template(value).substitute(text=text)


@pytest.mark.parametrize(
    "read",
    [
        "A = dj_database_url.parse(json.loads(os.environ['T'])['sql'][0]['uri'])",
        "s = json.loads(os.environ['T'])\nu = s['sql'][0]['uri']\nA = dj_database_url.parse(u)",
    ],
)
def test_an_address_in_a_document_fits_what_parses_it(read: str) -> None:
    found = json.loads(placeholder("T", read, "psycopg").value)
    assert found["sql"][0]["uri"].startswith("postgresql://")


@pytest.mark.parametrize(
    "read",
    [
        "with open(os.environ['T']) as f:\n    A = json.load(f)\nB = A['SQL']['SQL_HOST']",
        "f = os.environ['T']\nA = json.load(open(f))['SQL']\nB = A['SQL_HOST']",
        "A = json.loads(Path(os.environ['T']).read_text())['SQL']\nB = A['SQL_HOST']",
        "f = open(os.environ['T'])\nt = f.read()\nA = json.loads(t)['SQL']\nA['SQL_HOST']",
    ],
)
def test_a_file_has_the_document_that_is_read_from_it(read: str) -> None:
    [content] = placeholder("T", read).files.values()
    assert list(json.loads(content)["SQL"]) == ["SQL_HOST"]


def test_a_file_of_toml_has_no_json() -> None:
    read = "with open(os.environ['T'], 'rb') as f:\n    A = tomllib.load(f)\nB = A['a']['b']"
    [content] = placeholder("T", read).files.values()
    assert tomli.loads(content)


def test_base64_of_json() -> None:
    found = placeholder("T", "A = json.loads(base64.b64decode(os.environ['T']))")
    assert isinstance(json.loads(base64.b64decode(found.value)), dict)


@pytest.mark.parametrize(
    ("read", "parse"),
    [
        ("A = json.load(open(os.environ['T']))", json.loads),
        ("with open(os.environ['T']) as f:\n    A = json.load(f)", json.loads),
        ("with open(os.environ['T'], 'rb') as f:\n    A = tomllib.load(f)", tomli.loads),
        ("A = open(os.environ['T']).read()", str),
    ],
)
def test_content_of_a_file_fits_too(read: str, parse: Callable[[str], object]) -> None:
    found = placeholder("T", read)
    assert found.value_in("/made") == f"/made/{found.value}"
    assert MARKER in str(parse(found.files[found.value]))


def test_folder_is_named_with_a_slash() -> None:
    found = placeholder("DATA_DIR")
    assert found.files == {f"{found.value}/": ""}


@pytest.mark.parametrize(
    ("packages", "database", "cache"),
    [
        (("psycopg2-binary", "redis"), "PostgreSQL database", "Redis"),
        (("mysqlclient", "django-redis"), "MySQL database", "Redis"),
        ((), "SQLite database", "local memory"),
    ],
)
def test_installed_packages_decide_between_servers(
    packages: tuple[str, ...], database: str, cache: str
) -> None:
    assert placeholder("DATABASE_URL", "", *packages).kind == database
    assert placeholder("CACHE_URL", "", *packages).kind == cache


def test_texts_are_recognized() -> None:
    found = {it.kind: it for it in others(placeholder("T"))}
    texts = {it: found[it] for it in found if "$" in TEMPLATES[it] and it != "UUID"}
    assert len(texts) > 10
    for kind, one in texts.items():
        assert MARKER in one.value, kind
        assert DRAWN[:8] in one.value, kind


def test_values_of_two_variables_differ() -> None:
    assert placeholder("A").value != placeholder("B").value


def test_each_kind_is_tried_once() -> None:
    found = others(placeholder("TIDE", "TIDE = int(os.environ['TIDE'])"))
    assert [it.kind for it in found][:4] == ["number", "larger number", "switch", "text"]
    values = [(it.value, bool(it.files)) for it in found]
    assert len(values) == len({*values})
    assert {"boolean", "JSON object", "URL", "SQLite database", "file", "list"} - {
        it.kind for it in found
    } == {"list"}, "a list is a text, too"


def test_values_that_the_code_knows_are_tried_before_other_kinds() -> None:
    one = placeholder("TIDE", "A = TABLE[os.environ['TIDE']]", choices=("high", "low"))
    assert [it.value for it in others(one)][1:3] == ["high", "low"]
    assert placeholder("APP_ENV", choices=("live",)).value == "live"


@pytest.mark.parametrize("read", ["x = (", "", "def f(): pass", "value: [", "A = env('" * 90])
def test_any_source_gives_a_value(read: str) -> None:
    assert MARKER in placeholder("TIDE", read).value


@pytest.mark.parametrize(
    ("method", "expected"),
    [
        ("int", 1),
        ("float", 1.0),
        ("bool", False),
        ("db", "django.db.backends.postgresql"),
        ("cache", "django.core.cache.backends.redis.RedisCache"),
        ("email_url", "django.core.mail.backends.smtp.EmailBackend"),
        ("search_url", "haystack.backends.simple_backend.SimpleEngine"),
        ("url", MARKER),
        ("list", MARKER),
        ("tuple", MARKER),
        ("dict", MARKER),
        ("json", MARKER),
        ("path", MARKER),
    ],
)
def test_django_environ_accepts_the_values(method: str, expected: object) -> None:
    found = placeholder("TIDE", f"TIDE = env.{method}('TIDE')", *DRIVERS)
    env = environ.Env()
    env.ENVIRON = {"TIDE": found.value_in("/made")}
    value = getattr(env, method)("TIDE")
    names = ("ENGINE", "BACKEND", "EMAIL_BACKEND")
    chosen = [value[it] for it in names if it in value] if isinstance(value, dict) else []
    if expected == MARKER:
        assert MARKER in str(value)
    else:
        assert [expected] == (chosen or [value])


def test_values_have_the_form_of_their_kinds() -> None:
    found = {it.kind: it.value for it in others(placeholder("TIDE"))}
    assert UUID(found["UUID"]).version == 4
    assert date.fromisoformat(found["date"]) == date(2000, 1, 1)
    validate_email(found["email address"])
    assert urlsplit(found["URL with a port"]).port == 443
    assert (urlsplit(found["URL"]).hostname or "").endswith(".invalid")
    assert len(base64.urlsafe_b64decode(found["Fernet key"])) == 32
    assert isinstance(json.loads(found["JSON list"]), list)
    literal = placeholder("TIDE", "A = ast.literal_eval(os.environ['TIDE'])").value
    assert isinstance(ast.literal_eval(literal), list)
    table = placeholder("TIDE", "value: table").value
    assert isinstance(tomli.loads(f"value = {table}")["value"], dict)
    value = placeholder("T", "A = b64decode(os.environ['T'])").value
    assert len(base64.b64decode(value)) == len(base64.urlsafe_b64decode(value)) == 32
    assert bytes.fromhex(placeholder("T", "A = bytes.fromhex(os.environ['T'])").value)


def test_django_finds_the_secret_key_long_and_random_enough() -> None:
    assert _check_secret_key(placeholder("SECRET_KEY").value)
