"""One sentence names the lines that give SQLAlchemy a URL which it will not accept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from slipway.steps.check_database_urls import check_database_urls
from unit.fakes import FakeToolchain, context_with, effects_with
from unit.samples import PLAN, write_files

OLD = {"DATABASE_URL": "postgres://db.example/x"}
PLAIN = {"DATABASE_URL": "postgresql://db.example/x"}
ENGINE = (
    "import os\nfrom sqlalchemy import create_engine\n"
    'create_engine(os.environ["DATABASE_URL"])\n'
)
ASYNC = ENGINE.replace("create_engine", "create_async_engine")
WRITTEN = '`os.environ["DATABASE_URL"].replace("postgres://", "postgresql://", 1)`'


def sentences(
    root: Path,
    files: Mapping[str, str],
    packages: str,
    variables: Mapping[str, str] = OLD,
    *,
    problems: tuple[str, ...] = (),
) -> list[str]:
    context = context_with(root / "app", effects_with(root), FakeToolchain(), PLAN)
    write_files(root / "app", files)
    for package in packages.split():
        folder = context.virtualenv.site_packages / f"{package}.dist-info"
        folder.mkdir(parents=True)
    return [*check_database_urls(context, variables, problems)]


def test_at_most_three_lines_are_written_out(tmp_path: Path) -> None:
    files = {f"{name}.py": ENGINE for name in "abcde"}
    (found,) = sentences(tmp_path, files, "sqlalchemy-2.0.1 psycopg2-2.9")
    assert found == (
        "SQLAlchemy 2.0.1 does not accept URLs that start with postgres://, so the app will "
        f"fail. Write {WRITTEN} in a.py, line 3; in b.py, line 3; in c.py, line 3; and the "
        "like in 2 more places"
    )


def test_what_a_process_names_is_not_named_again(tmp_path: Path) -> None:
    files = {"app.py": ENGINE, "jobs.py": ENGINE, "config.py": 'URL = env("DATABASE_URL")\n'}
    problems = ("web will stop at start, because app.py, line 3, gives it postgres://",)
    (found,) = sentences(tmp_path, files, "sqlalchemy-2.0.1 psycopg2-2.9", problems=problems)
    assert found.startswith("jobs.py, line 3, reads DATABASE_URL, which starts with postgres")


@pytest.mark.parametrize(
    ("text", "packages", "variables", "expected"),
    [
        (ENGINE, "sqlalchemy-2.1.9 psycopg2-2.9", PLAIN, "postgresql+psycopg2://"),
        (ENGINE, "sqlalchemy-2.0.1 psycopg2-2.9", PLAIN, ""),
        (ENGINE, "sqlalchemy-2.1.9", PLAIN, ""),
        (ENGINE, "sqlalchemy-1.3.1 psycopg2-2.9", OLD, ""),
        (ASYNC, "sqlalchemy-2.0.1 psycopg2-2.9 asyncpg-0.3", OLD, "postgresql+asyncpg://"),
        (ASYNC, "sqlalchemy-2.0.1 psycopg2-2.9 psycopg-3.2", OLD, "postgresql+psycopg://"),
        (ASYNC, "sqlalchemy-2.0.1 psycopg2-2.9 asyncpg-0.3", PLAIN, "postgresql+asyncpg://"),
        (ASYNC, "sqlalchemy-2.1.9 psycopg-3.2", PLAIN, ""),
        (ASYNC, "sqlalchemy-2.0.1 psycopg2-2.9", OLD, "+asyncpg://"),
    ],
)
def test_the_scheme_to_write_has_a_driver_that_works(
    tmp_path: Path, text: str, packages: str, variables: Mapping[str, str], expected: str
) -> None:
    found = " ".join(sentences(tmp_path, {"app.py": text}, packages, variables))
    assert expected in found
    assert bool(found) == bool(expected)
    is_missing = expected == "+asyncpg://"
    assert found.endswith(" and require asyncpg") == is_missing


def test_a_file_with_both_kinds_of_engines_gets_both_schemes(tmp_path: Path) -> None:
    files = {"app.py": f"{ENGINE}create_async_engine(None)\n"}
    (found,) = sentences(tmp_path, files, "sqlalchemy-2.0.1 psycopg2-2.9 asyncpg-0.3")
    assert found.endswith(f"Write {WRITTEN} (for create_async_engine, `postgresql+asyncpg://`)")


def test_only_env_py_is_read_in_a_folder_of_migrations(tmp_path: Path) -> None:
    files = {"migrations/env.py": ENGINE, "migrations/versions/1.py": ENGINE}
    (found,) = sentences(tmp_path, files, "sqlalchemy-2.0.1 psycopg2-2.9")
    assert found.startswith("migrations/env.py, line 3, reads DATABASE_URL")


@pytest.mark.parametrize("file", ["Procfile", ".profile", "run.sh", "bin/web"])
def test_a_shell_script_may_change_the_url(tmp_path: Path, file: str) -> None:
    script = "export DATABASE_URL=${DATABASE_URL/postgres:/postgresql:}\n"
    files = {"app.py": ENGINE, file: script}
    assert sentences(tmp_path, files, "sqlalchemy-2.0.1 psycopg2-2.9") == []
    write_files(tmp_path / "app", {file: "python jobs.py\n"})
    context = context_with(tmp_path / "app", effects_with(tmp_path), FakeToolchain(), PLAN)
    assert [*check_database_urls(context, OLD, ())] != []


@pytest.mark.parametrize(
    ("packages", "scheme"),
    [
        ("sqlalchemy-2.0.1 psycopg2-2.9", ""),
        ("sqlalchemy-2.0.1 psycopg-3.2", "postgresql+psycopg://"),
        ("sqlalchemy-2.1.9 psycopg2-2.9", "postgresql+psycopg2://"),
    ],
)
def test_what_an_app_writes_needs_the_default_driver(
    tmp_path: Path, packages: str, scheme: str
) -> None:
    files = {"app.py": ENGINE.replace('"])', '"].replace("postgres://", "postgresql://"))')}
    found = " ".join(sentences(tmp_path, files, packages))
    assert bool(found) == bool(scheme)
    if scheme:
        assert found.startswith(
            "app.py, line 3, lets DATABASE_URL start with postgresql://. SQLAlchemy 2."
        )
        assert found.endswith(f"so the app will fail. Write `{scheme}` there")
