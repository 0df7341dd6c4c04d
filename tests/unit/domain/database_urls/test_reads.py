"""Lines of an app with which SQLAlchemy gets a URL that it does not accept."""

from __future__ import annotations

import pytest

from slipway.domain.database_urls.reads import Engines, UrlUse, uses_of

NAMES = ("DATABASE_URL", "OTHER_URL")
ENGINE = "import os\nfrom sqlalchemy import create_engine\n"
FLASK = "import os\nfrom flask_sqlalchemy import SQLAlchemy\n"
PYDANTIC = "from pydantic_settings import BaseSettings\nclass Site(BaseSettings):\n"
READS = 'import os\nURL = os.environ["DATABASE_URL"]\n'
UNFIXED = f'{ENGINE}engine = create_engine(os.environ["DATABASE_URL"])\n'
FIXED = UNFIXED.replace('"])', '"].replace("postgres://", "postgresql://", 1))')
FUNCTION = 'def fix(url):\n    return url.replace("postgres://", "postgresql://", 1)\n'
ESCAPED = (
    'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"].replace("%", "%%"))\n'
)
KEY = "SQLALCHEMY_DATABASE_URI"


def uses(files: dict[str, str]) -> list[UrlUse]:
    return uses_of(files, NAMES, ())


def places(files: dict[str, str]) -> list[str]:
    """Return the lines that pass a URL on unchanged."""
    return [
        f"{one.file}:{one.line} {one.variable}" for one in uses(files) if not one.is_changed
    ]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (UNFIXED, 3),
        (f"{ENGINE}{READS}engine = create_engine(url=URL, echo=True)\n", 4),
        (f"{ENGINE}def engine(url):\n    return create_engine(url)\n{UNFIXED}", 7),
        (f'{ENGINE}URL = None\nURL = os.getenv("DATABASE_URL")\ncreate_engine(str(URL))\n', 4),
        (f'{FLASK}class Config:\n    {KEY} = os.getenv("DATABASE_URL") or "sqlite://"\n', 4),
        (f'{FLASK}app.config["{KEY}"] = os.environ["DATABASE_URL"]\n', 3),
        (f'{FLASK}app.config.update({KEY}=os.environ["DATABASE_URL"])\n', 3),
        (f'{FLASK}app.config.update({{"{KEY}": os.environ["DATABASE_URL"]}})\n', 3),
        (f'{FLASK}{KEY}: str = config("DATABASE_URL", default="sqlite://")\n', 3),
        (f'{ENGINE}{KEY} = env.str("DATABASE_URL") if LIVE else "sqlite://"\n', 3),
        (f'{ENGINE}config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])\n', 3),
        (f"{ENGINE}{ESCAPED}", 3),
        (f'{ENGINE}{READS}URL = URL.replace("%", "%%")\ncreate_engine(URL.strip())\n', 4),
        (f'{ENGINE}create_engine(os.environ["DATABASE_URL"] + "?sslmode=require")\n', 3),
        (f"{ENGINE}{READS}create_engine(f'{{URL}}?sslmode=require')\n", 4),
        (f"{UNFIXED}create_engine(f'')\n", 3),
        (f"from sqlalchemy.dialects import postgresql\n{UNFIXED}", 4),
        (f'{UNFIXED}if engine.name == "postgresql":\n    FAST = True\n', 3),
        (f"# postgres:// or postgresql://\n{UNFIXED}", 4),
        (f'"""Reads postgres:// and postgresql://."""\n{UNFIXED}', 4),
        (f'{UNFIXED}print("Connecting to postgres: please wait")\n', 3),
        (f'{UNFIXED}INSTALLED = ["django.contrib.postgres"]\nFORMAT = "sql"\n', 3),
        (f'{ENGINE}create_engine(env("DATABASE_URL", "postgresql:///x"))\n', 3),
        (
            f'{ENGINE}create_engine(os.getenv("DATABASE_URL", "postgresql://joe@localhost/x"))\n',
            3,
        ),
    ],
)
def test_the_line_is_named_that_reads_a_url_for_sqlalchemy(text: str, line: int) -> None:
    assert places({"a.py": text}) == [f"a.py:{line} DATABASE_URL"]


def test_each_module_and_each_variable_is_named_once() -> None:
    files = {
        "a.py": UNFIXED * 2,
        "pkg/b.py": UNFIXED.replace("DATABASE_URL", "OTHER_URL"),
    }
    assert places(files) == ["a.py:3 DATABASE_URL", "pkg/b.py:3 OTHER_URL"]


@pytest.mark.parametrize(
    "settings",
    [
        'import os\nDATABASE_URL = os.environ["DATABASE_URL"]\n',
        f"{PYDANTIC}    DATABASE_URL: str\n",
        f"{PYDANTIC}    DATABASE_URL: PostgresDsn | None = None\n",
        f'{PYDANTIC}    DATABASE_URL: str = "sqlite://"\n',
    ],
)
def test_a_setting_with_the_name_of_the_variable_has_its_url(settings: str) -> None:
    files = {
        "config.py": settings,
        "a.py": f"{ENGINE}from config import DATABASE_URL\ncreate_engine(DATABASE_URL)\n",
        "b.py": f"{ENGINE}from config import config\ncreate_engine(config.DATABASE_URL)\n",
    }
    sources = ["DATABASE_URL", "str(config.DATABASE_URL)"]
    assert places(files) == ["a.py:4 DATABASE_URL", "b.py:4 DATABASE_URL"]
    assert [one.source for one in uses(files)] == sources


def test_a_field_in_small_letters_has_the_url_of_a_variable_in_capitals() -> None:
    config = f"{PYDANTIC}    database_url: str\nsite = Site()\n"
    engine = "create_engine(str(site.database_url), echo=True)\n"
    (use,) = uses({"a.py": config + ENGINE + engine})
    assert (use.line, use.source) == (7, "str(site.database_url)")
    (use,) = uses({"config.py": config, "a.py": ENGINE + engine})
    assert (use.line, use.source) == (3, "str(site.database_url)")
    read = 'DATABASE_URL = os.environ["DATABASE_URL"]\n'
    assert uses({"config.py": read, "a.py": ENGINE + engine}) == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": READS},
        {"a.py": READS + FLASK},
        {"a.py": f"{ENGINE}create_engine(os.environ['MY_DATABASE_URL'])\n"},
        {"a.py": f"{ENGINE}print(os.environ['DATABASE_URL'])\n"},
        {"a.py": f"{ENGINE}if os.environ.get('DATABASE_URL'):\n    pass\n"},
        {"a.py": f"{ENGINE}NEEDED = ['DATABASE_URL']\n"},
        {"a.py": f"{ENGINE}import psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'])\n"},
        {"a.py": f"import psycopg2\n{READS}psycopg2.connect(URL)\n", "b.py": FLASK},
        {"a.py": f"{ENGINE}{READS}psycopg2.connect(URL)\n"},
        {"a.py": f"{ENGINE}create_engine(os.getenv('URI') or os.environ['DATABASE_URL'])\n"},
        {
            "a.py": f"{ENGINE}@dataclass\nclass Site:\n    database_url: str\n"
            "create_engine(site.database_url)\n"
        },
        {
            "a.py": f"{ENGINE}def main():\n    url = os.environ['DATABASE_URL']\n    run(url)\n"
            "def engine(url):\n    return create_engine(url)\n"
        },
    ],
)
def test_nothing_is_named_if_sqlalchemy_may_get_another_value(files: dict[str, str]) -> None:
    assert uses(files) == []


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": FIXED},
        {"a.py": f"{UNFIXED}URL = URL.replace('://', 'ql://', 1)\n"},
        {"a.py": f"{UNFIXED}URL = URL.replace('s://', 'sql://', 1)\n"},
        {"a.py": f"{UNFIXED}URL = URL[:8] + 'ql' + URL[8:]\n"},
        {"a.py": f"{UNFIXED}URL = make_url(URL).set(drivername='x')\n"},
        {"a.py": f"{UNFIXED}URL = f'postgresql+asyncpg://{{rest}}'\n"},
        {"a.py": f"{UNFIXED}URL = re.sub(r'^postgres(ql)?://', NEW, URL)\n"},
        {"a.py": f"{UNFIXED}URL = URL._replace(scheme='postgresql')\n"},
        {
            "a.py": f"{UNFIXED}if URL.startswith('postgres://'):\n"
            "    URL = 'postgresql' + URL[8:]\n"
        },
        {"a.py": f"{UNFIXED}if url.scheme == 'postgres':\n    fix(url)\n"},
        {"a.py": f"{ENGINE}{READS}create_engine(URL.replace('://', NEW))\n"},
        {"a.py": f"{ENGINE}{READS}create_engine(URL.replace(OLD, NEW))\n"},
        {"a.py": f"{ENGINE}{READS}create_engine(f'x{{URL}}')\n"},
        {"a.py": f"{ENGINE}{READS}create_engine(START + URL)\n"},
        {"a.py": UNFIXED, "b.py": "URL = 'postgres:' + x\nprint 'x'\n"},
        {"a.py": f'{UNFIXED}print "x"\n'},
        {"a.py": f"{ENGINE}create_engine(fix(os.environ['DATABASE_URL']))\n"},
        {"a.py": f"{ENGINE}URL = fix(os.environ['DATABASE_URL'])\ncreate_engine(URL)\n"},
        {"a.py": f"{ENGINE}{READS}URL = fix(URL)\ncreate_engine(URL)\n"},
        {"a.py": f"{ENGINE}create_engine(config('DATABASE_URL', cast=fix))\n"},
        {
            "config.py": "DATABASE_URL = fix(os.environ['DATABASE_URL'])\n",
            "db.py": f"{ENGINE}create_engine(settings.DATABASE_URL)\n",
        },
        {
            "config.py": f"{PYDANTIC}    DATABASE_URL: FixedDsn\n",
            "db.py": f"{ENGINE}create_engine(site.DATABASE_URL)\n",
        },
        {
            "config.py": f"{PYDANTIC}    DATABASE_URL: str\n"
            "    model_config = SettingsConfigDict(env_prefix='A_')\n",
            "db.py": f"{ENGINE}create_engine(site.DATABASE_URL)\n",
        },
        {
            "a.py": f"{ENGINE}create_engine('postgresql+psycopg://', creator=creator)\n"
            "def creator():\n    return connect(os.environ['DATABASE_URL'])\n"
        },
    ],
)
def test_no_file_is_named_whose_url_may_be_changed(files: dict[str, str]) -> None:
    assert places(files) == []


@pytest.mark.parametrize("correcting", [FIXED, FUNCTION, "NEW = 'postgresql+psycopg://'\n"])
def test_a_correction_counts_for_its_module_alone(correcting: str) -> None:
    files = {
        "config.py": correcting,
        "migrations/env.py": ENGINE + ESCAPED,
        "jobs.py": UNFIXED,
        "report.py": f"{ENGINE}{READS}engine = create_engine(URL)\n",
    }
    expected = ["jobs.py:3", "migrations/env.py:3", "report.py:4"]
    assert places(files) == [f"{place} DATABASE_URL" for place in expected]


@pytest.mark.parametrize(
    "text",
    [
        f"{ENGINE}from config import DATABASE_URL\ncreate_engine(DATABASE_URL)\n",
        f"{ENGINE}create_engine(settings.DATABASE_URL)\n",
        f"{ENGINE}create_engine(fix(os.environ['DATABASE_URL']))\n",
        f"{FLASK}class Config:\n    {KEY} = os.environ['DATABASE_URL']\n",
        f"{FLASK}app.config['{KEY}'] = os.environ['DATABASE_URL']\n",
        f"{FLASK}settings['sqlalchemy.url'] = os.environ['DATABASE_URL']\n",
    ],
)
def test_a_correction_counts_for_what_a_module_has_from_elsewhere(text: str) -> None:
    read = "import os\nDATABASE_URL = os.environ['DATABASE_URL']\n"
    assert places({"a.py": text, "config.py": read, "fixes.py": FUNCTION}) == []


def test_env_py_may_correct_what_alembic_gets_from_another_module() -> None:
    env = f"{ENGINE}engine = create_engine(fix(config.get_main_option('sqlalchemy.url')))\n"
    files = {"migrations/env.py": env + FUNCTION, "migrate.py": ENGINE + ESCAPED}
    assert places(files) == []


@pytest.mark.parametrize(
    "change",
    [
        "os.environ['DATABASE_URL'] = fix(os.environ['DATABASE_URL'])",
        "environ[name] = fix(DATABASE_URL)",
        "os.putenv('DATABASE_URL', url)",
        "os.environ.setdefault('DATABASE_URL', url)",
        "os.environ.update(DATABASE_URL=url)",
        "env = os.environ.copy()\nenv['DATABASE_URL'] = url",
        "run(command, env={**os.environ, 'DATABASE_URL': url})",
        "run(command, env=dict(os.environ, DATABASE_URL=url))",
        "registry.register('postgres', 'sqlalchemy.dialects.postgresql.psycopg2', 'dialect')",
    ],
)
def test_a_change_for_the_whole_app_counts_for_every_module(change: str) -> None:
    assert places({"a.py": UNFIXED, "fixes.py": f"{change}\n"}) == []


@pytest.mark.parametrize(
    "change",
    [
        "os.environ['REDIS_URL'] = url",
        "os.environ.setdefault('FLASK_APP', 'shop')",
        "run(command, env={**os.environ, 'TZ': 'UTC'})",
        "print(os.environ['DATABASE_URL'] == url)",
        "print(f'')",
    ],
)
def test_a_change_of_another_variable_does_not_count(change: str) -> None:
    files = {"a.py": f"{UNFIXED}{change}\n", "config.py": FIXED}
    assert places(files) == ["a.py:3 DATABASE_URL"]


@pytest.mark.parametrize(
    ("read", "source"),
    [
        ('os.environ["DATABASE_URL"]', 'os.environ["DATABASE_URL"]'),
        ("os.environ['DATABASE_URL']", "os.environ['DATABASE_URL']"),
        ('os.environ.get("DATABASE_URL")', 'os.environ.get("DATABASE_URL", "")'),
        ('os.getenv("DATABASE_URL", None)', 'os.getenv("DATABASE_URL", "")'),
        (
            'os.getenv("DATABASE_URL", "sqlite:///x.db")',
            'os.getenv("DATABASE_URL", "sqlite:///x.db")',
        ),
        (
            'os.getenv(\n    "DATABASE_URL",\n    default="sqlite:///x.db",\n)',
            "os.getenv('DATABASE_URL', default='sqlite:///x.db')",
        ),
        (
            'os.getenv("DATABASE_URL", "postgres://joe:secret@localhost/x")',
            'os.getenv("DATABASE_URL", ...)',
        ),
    ],
)
def test_the_line_to_write_keeps_the_default_but_no_password(read: str, source: str) -> None:
    (use,) = uses({"a.py": f"{ENGINE}create_engine({read})\n"})
    assert use.source == source


@pytest.mark.parametrize(
    ("files", "engines"),
    [
        ({"a.py": UNFIXED}, Engines.SYNC),
        ({"a.py": UNFIXED.replace("create_", "create_async_")}, Engines.ASYNC),
        ({"a.py": f"{UNFIXED}create_async_engine(x)\n"}, Engines.BOTH),
        (
            {
                "a.py": f"{KEY} = os.environ['DATABASE_URL']\n",
                "b.py": "sqlalchemy.create_async_engine(x)\n",
            },
            Engines.ASYNC,
        ),
        ({"a.py": UNFIXED, "b.py": "create_async_engine(x)\n"}, Engines.SYNC),
        ({"a.py": f"{FLASK}{KEY} = os.environ['DATABASE_URL']\n"}, Engines.SYNC),
    ],
)
def test_a_file_is_for_the_engines_that_it_makes_or_else_the_app(
    files: dict[str, str], engines: Engines
) -> None:
    (use,) = uses(files)
    assert use.engines is engines


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": FIXED}, ["a.py:3"]),
        (
            {
                "a.py": f'{ENGINE}{READS}if URL.startswith("postgres://"):\n'
                '    URL = URL.replace("postgres://", "postgresql://", 1)\n'
            },
            ["a.py:6"],
        ),
        (
            {
                "a.py": f"{ENGINE}from b import fix\n"
                'create_engine(fix(os.environ["DATABASE_URL"]))\n',
                "b.py": FUNCTION,
            },
            ["b.py:2"],
        ),
        ({"a.py": FIXED.replace("postgresql:", "postgresql+psycopg2:")}, []),
        ({"a.py": FIXED + 'url = url.replace("postgresql:", "postgresql+asyncpg:")\n'}, []),
        ({"a.py": f"{ENGINE}URL.create('postgresql', host=os.environ['DB_HOST'])\n"}, []),
        ({"a.py": f"{ENGINE}{FUNCTION}"}, []),
    ],
)
def test_what_an_app_writes_without_a_driver_is_known(
    files: dict[str, str], expected: list[str]
) -> None:
    assert [f"{one.file}:{one.line}" for one in uses(files) if one.is_changed] == expected
