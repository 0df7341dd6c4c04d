"""Expressions that read environment variables are recognized, in each library's spelling."""

from __future__ import annotations

import ast

import pytest

from slipway.domain.django.variable_reads import Names, Read


def names_after(source: str) -> Names:
    names = Names()
    for node in ast.parse(source).body:
        names = names.bound(node)
    return names


def read_by(expression: str, after: str) -> Read | None:
    return names_after(after).read_by(ast.parse(expression, mode="eval").body)


@pytest.mark.parametrize(
    ("after", "expression", "default"),
    [
        ("import os", 'os.environ["A"]', 'os.environ.get("A", "the default")'),
        ("from os import environ", 'environ["A"]', 'environ.get("A", "the default")'),
        ("import os as o", 'o.environ["A"]', 'o.environ.get("A", "the default")'),
        ("import os\ne = os.environ", 'e["A"]', 'e.get("A", "the default")'),
        ("import os", 'os.environ.pop("A")', 'os.environ.pop("A", "the default")'),
        ("import environ\nenv = environ.Env()", 'env("A")', 'env("A", default="the default")'),
        ("from environ import Env\ne = Env()", 'e.int("A")', 'e.int("A", default=0)'),
        ("import environ\nenv = environ.Env()", 'env.url("A")', ""),
        (
            "from environs import Env\nenv = Env()",
            'env.bool("A")',
            'env.bool("A", default=False)',
        ),
        ("from environs import env", 'env.str("A")', 'env.str("A", default="the default")'),
        ("from decouple import config", 'config("A")', 'config("A", default="the default")'),
        ("from decouple import config as c", 'c("A", cast=int)', ""),
        (
            "import decouple\nc = decouple.AutoConfig()",
            'c("A")',
            'c("A", default="the default")',
        ),
        (
            "from starlette.config import Config\nc = Config()",
            'c.get("A")',
            'c.get("A", default="the default")',
        ),
    ],
)
def test_a_read_without_a_default_is_required(
    after: str, expression: str, default: str
) -> None:
    assert read_by(expression, after) == Read(variable="A", line=1, default=default)


@pytest.mark.parametrize(
    ("after", "expression"),
    [
        ("import os", 'os.environ.get("A")'),
        ("import os", 'os.getenv("A", "x")'),
        ("from environ import Env\nenv = Env()", 'env("A", default="x")'),
        ("from environ import Env\nenv = Env(A=(bool, False))", 'env("A")'),
        ("from environs import Env\nenv = Env()", 'env.str("A", "x")'),
        ("from decouple import config", 'config("A", "x")'),
        ("from decouple import config", 'config("A", default=None)'),
    ],
)
def test_a_read_with_a_default_is_not_required(after: str, expression: str) -> None:
    read = read_by(expression, after)
    assert read is not None
    assert not read.is_required


@pytest.mark.parametrize(
    ("after", "expression"),
    [
        ("import os", 'sizes["A"]'),
        ("import os", 'os.path["A"]'),
        ("environ = {}", 'environ["A"]'),
        ("from environs import Env\nenv = Env()", 'env.read_env("A")'),
        ("from site1 import config", 'config("A")'),
    ],
)
def test_anything_else_reads_no_variable(after: str, expression: str) -> None:
    assert read_by(expression, after) is None


def test_prefixes_precede_the_names() -> None:
    after = "from starlette.config import Config\nc = Config(env_prefix='APP_')"
    read = read_by('c("A")', after)
    assert read is not None
    assert read.variable == "APP_A"
    prefixed = names_after("from environs import Env\nenv = Env()").prefixed(
        ast.parse('env.prefixed("MAIL_")', mode="eval").body
    )
    read = prefixed.read_by(ast.parse('env("HOST")', mode="eval").body)
    assert read is not None
    assert read.variable == "MAIL_HOST"


def test_addresses_of_django_environ_have_usual_names() -> None:
    read = read_by("env.db()", "import environ\nenv = environ.Env()")
    assert read is not None
    assert read.variable == "DATABASE_URL"


def test_calls_like_one_that_reads_a_variable_read_others() -> None:
    call = ast.parse('required("A")', mode="eval").body
    assert isinstance(call, ast.Call)
    names = Names(helper=call)
    read = names.read_by(ast.parse('required("B")', mode="eval").body)
    assert read is not None
    assert read.variable == "B"
    assert names.read_by(ast.parse('required("B", "x")', mode="eval").body) is None
    assert names.read_by(ast.parse('print("B")', mode="eval").body) is None


@pytest.mark.parametrize(
    ("call", "default"), [("int", 'os.getenv("A", "0")'), ("dj_database_url.parse", "")]
)
def test_a_default_suits_the_call_that_gets_it(call: str, default: str) -> None:
    read = Read(variable="A", line=1, default='os.getenv("A", "the default")')
    outer = ast.parse(f"{call}(x)", mode="eval").body
    assert isinstance(outer, ast.Call)
    assert read.within(outer).default == default
    assert read.within(None) == read
