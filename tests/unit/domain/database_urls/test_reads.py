"""Lines of an app with which SQLAlchemy gets a URL that it does not accept."""

from __future__ import annotations

import pytest

from slipway.domain.database_urls.reads import Engines, UrlUse, uses_of

NAMES = ("DATABASE_URL", "OTHER_URL")
READS = 'import os\nURL = os.environ["DATABASE_URL"]\n'
MODELS = "from flask_sqlalchemy import SQLAlchemy\n"
ENGINE = "import os\nfrom sqlalchemy import create_engine\n"
FIXED = (
    f'{ENGINE}create_engine(os.environ["DATABASE_URL"].replace("postgres://", '
    '"postgresql://", 1))\n'
)
UNFIXED = f'{ENGINE}engine = create_engine(os.environ["DATABASE_URL"])\n'
FUNCTION = 'def fix(url):\n    return url.replace("postgres://", "postgresql://", 1)\n'


def uses(files: dict[str, str], *, in_one_module: bool = False) -> list[UrlUse]:
    return uses_of(files, NAMES, in_one_module=in_one_module)


def places(files: dict[str, str], *, in_one_module: bool = False) -> list[str]:
    """Return the lines that read a URL and pass it on unchanged."""
    found = uses(files, in_one_module=in_one_module)
    return [f"{one.file}:{one.line} {one.variable}" for one in found if not one.is_changed]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.py": READS + MODELS}, ["a.py:2 DATABASE_URL"]),
        ({"a.py": READS, "b.py": MODELS}, ["a.py:2 DATABASE_URL"]),
        ({"a.py": READS}, []),
        ({"a.py": MODELS}, []),
        ({"a.py": f"{MODELS}MY_DATABASE_URL = 1\n"}, []),
        (
            {"a.py": f"{MODELS}class Site(BaseSettings):\n    database_url: str\n"},
            ["a.py:3 DATABASE_URL"],
        ),
        ({"a.py": f"{MODELS}@dataclass\nclass Site:\n    database_url: str\n"}, []),
        (
            {
                "a.py": f"{MODELS}class Site(BaseSettings):\n"
                '    db: str = Field(validation_alias="DATABASE_URL")\n'
            },
            ["a.py:3 DATABASE_URL"],
        ),
        ({"app.py": FIXED, "jobs.py": UNFIXED}, ["jobs.py:3 DATABASE_URL"]),
        (
            {"app.py": FIXED.replace("DATABASE_URL", "OTHER_URL"), "pkg/db.py": UNFIXED},
            ["pkg/db.py:3 DATABASE_URL"],
        ),
        (
            {"app.py": FIXED.replace("DATABASE_URL", "OTHER_URL") + UNFIXED},
            ["app.py:6 DATABASE_URL"],
        ),
        (
            {"a.py": UNFIXED, "b.py": UNFIXED.replace("DATABASE", "OTHER")},
            ["a.py:3 DATABASE_URL", "b.py:3 OTHER_URL"],
        ),
        (
            {"a.py": f"from sqlalchemy.dialects import postgresql\n{UNFIXED}"},
            ["a.py:4 DATABASE_URL"],
        ),
        (
            {"a.py": f'{UNFIXED}if engine.name == "postgresql":\n    FAST = True\n'},
            ["a.py:3 DATABASE_URL"],
        ),
        (
            {
                "a.py": f'{MODELS}app.config["URI"] = os.getenv("DATABASE_URL", "sqlite://")\n',
                "b.py": f'{MODELS}app.config["URI"] = os.environ["DATABASE_URL"].replace('
                '"postgres://", "postgresql://")\n',
            },
            ["a.py:2 DATABASE_URL"],
        ),
        ({"a.py": f'{ENGINE}print(os.environ["DATABASE_URL"])\n'}, []),
        ({"a.py": f'{ENGINE}if os.environ.get("DATABASE_URL"):\n    pass\n'}, []),
        ({"a.py": f'{ENGINE}NEEDED = ["DATABASE_URL"]\n'}, []),
        (
            {
                "migrations/env.py": "import os\nfrom alembic import context\n"
                "from sqlalchemy import pool\nconfig = context.config\n"
                'config.set_main_option("sqlalchemy.url", os.environ["DATABASE_URL"])\n'
            },
            ["migrations/env.py:5 DATABASE_URL"],
        ),
    ],
)
def test_each_file_that_reads_a_url_itself_is_named(
    files: dict[str, str], expected: list[str]
) -> None:
    assert places(files) == expected


@pytest.mark.parametrize(
    "files",
    [
        {"a.py": FIXED},
        {"a.py": f"{MODELS}{READS}URL = URL.replace('://', 'ql://', 1)\n"},
        {"a.py": f"{MODELS}{READS}URL = URL[:8] + 'ql' + URL[8:]\n"},
        {"a.py": f"{MODELS}{READS}URL = make_url(URL).set(drivername='x')\n"},
        {
            "a.py": f'{READS}{MODELS}if URL.startswith("postgres://"):\n'
            '    URL = "postgresql" + URL[8:]\n'
        },
        {"a.py": f'{ENGINE}{FUNCTION}create_engine(fix(os.environ["DATABASE_URL"]))\n'},
        {
            "a.py": f"{ENGINE}from fixes import fix\n"
            'create_engine(fix(os.environ["DATABASE_URL"]))\n',
            "fixes.py": FUNCTION,
        },
        {
            "a.py": f"{ENGINE}import pkg.fixes\n"
            'create_engine(pkg.fixes.also(url=os.environ["DATABASE_URL"]))\n',
            "pkg/fixes.py": f"{FUNCTION}def also(url):\n    return fix(url)\n",
        },
        {
            "a.py": f"{ENGINE}from fixes import fix\nconfig('DATABASE_URL', cast=fix)\n",
            "fixes.py": FUNCTION,
        },
        {
            "a.py": f"{ENGINE}from inhouse import fix\n"
            'create_engine(fix(os.environ["DATABASE_URL"]))\n',
        },
        {
            "a.py": f"{ENGINE}from inhouse import fix\nURL = fix(os.environ['DATABASE_URL'])\n"
            "create_engine(URL)\n",
        },
        {
            "config.py": READS,
            "db.py": f"{ENGINE}from config import URL\n"
            'create_engine(URL.replace("postgres://", "postgresql://"))\n',
        },
        {
            "config.py": "class Site(BaseSettings):\n    database_url: str\n",
            "db.py": f"{ENGINE}from config import site\nurl = str(site.database_url)\n"
            'url = url.replace("postgres://", "postgresql://")\n',
        },
        {
            "a.py": f"{ENGINE}class Site(BaseSettings):\n    database_url: str\n\n"
            '    @validator("database_url")\n    def changed(cls, value):\n'
            '        return value.replace("postgres://", "postgresql://")\n'
        },
        {
            "a.py": f'{ENGINE}for name in ("DATABASE_URL", "OTHER_URL"):\n'
            '    os.environ[name] = os.environ[name].replace("postgres:", "postgresql:")\n',
            "b.py": UNFIXED,
        },
        {
            "a.py": f'{MODELS}app.config["URI"] = os.environ["DATABASE_URL"]\n',
            "b.py": 'app.config["URI"] = app.config["URI"].replace("s://", "sql://", 1)\n'
            f"{FUNCTION}",
        },
        {"a.py": f"{ENGINE}import psycopg2\npsycopg2.connect(os.environ['DATABASE_URL'])\n"},
        {
            "a.py": f"import psycopg2\n{READS}psycopg2.connect(URL)\n",
            "b.py": MODELS,
        },
        {"a.py": f'{UNFIXED}print "x"\n'},
        {
            "a.py": f'{ENGINE}NEW: Final = "postgresql+psycopg://"\n'
            'create_engine(os.environ["DATABASE_URL"].replace("postgres://", NEW))\n'
        },
        {
            "a.py": f'{ENGINE}NEW = "postgresql+psycopg://"\n'
            'create_engine(os.environ["DATABASE_URL"].replace("postgres://", NEW))\n'
        },
        {
            "a.py": f'{ENGINE}def creator():\n    return connect(os.environ["DATABASE_URL"])\n'
            "from psycopg import connect\n"
            'create_engine("postgresql+psycopg://", creator=creator)\n'
        },
    ],
)
def test_no_file_is_named_whose_url_may_be_changed(files: dict[str, str]) -> None:
    assert places(files) == []


def test_django_may_use_the_url_where_sqlalchemy_is_elsewhere() -> None:
    files = {"settings.py": READS, "reports.py": MODELS}
    assert places(files, in_one_module=True) == []
    files["stats.py"] = MODELS + READS
    assert places(files, in_one_module=True) == ["stats.py:3 DATABASE_URL"]


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


def test_the_field_of_a_class_is_written_as_its_attribute() -> None:
    (use,) = uses({"a.py": f"{MODELS}class Site(BaseSettings):\n    database_url: str\n"})
    assert use.source == "str(settings.database_url)"


@pytest.mark.parametrize(
    ("files", "engines"),
    [
        ({"a.py": UNFIXED}, Engines.SYNC),
        ({"a.py": UNFIXED.replace("create_", "create_async_")}, Engines.ASYNC),
        ({"a.py": f"{UNFIXED}create_async_engine(x)\n"}, Engines.BOTH),
        (
            {"a.py": READS, "b.py": "sqlalchemy.create_async_engine(x)\n"},
            Engines.ASYNC,
        ),
        ({"a.py": UNFIXED, "b.py": "create_async_engine(x)\n"}, Engines.SYNC),
        ({"a.py": READS + MODELS}, Engines.SYNC),
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
                "a.py": f'{READS}{MODELS}if URL.startswith("postgres://"):\n'
                '    URL = URL.replace("postgres://", "postgresql://", 1)\n'
            },
            ["a.py:5"],
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
        (
            {
                "config.py": READS,
                "db.py": f"{ENGINE}from config import URL\n"
                'create_engine(URL.replace("postgres://", "postgresql://"))\n',
            },
            ["db.py:4"],
        ),
    ],
)
def test_what_an_app_writes_without_a_driver_is_known(
    files: dict[str, str], expected: list[str]
) -> None:
    found = [f"{one.file}:{one.line}" for one in uses(files) if one.is_changed]
    assert found == expected
