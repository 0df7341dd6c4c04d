"""A part of the scheme of a URL in the code of an app shows that the app corrects it."""

from __future__ import annotations

import ast

import pytest

from slipway.domain.database_urls.corrections import Scheme, may_have_scheme, schemes_in


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("url.startswith('postgres://')", [Scheme.OLD]),
        ("scheme == 'postgres'", [Scheme.OLD]),
        ("scheme == 'postgresql'", []),
        ("url.startswith(('postgresql://', 'postgresql+psycopg://'))", []),
        ("url.replace('postgres://', 'postgresql://', 1)", [Scheme.PLAIN]),
        ("url.replace('postgres', 'postgresql')", [Scheme.PLAIN]),
        ("url.replace('postgres:', 'postgresql+psycopg:')", [Scheme.OLD, Scheme.OTHER]),
        ("url.replace('://', '+asyncpg://')", [Scheme.OTHER]),
        ("url.replace('gres:', 'gresql:')", [Scheme.OTHER]),
        ("'postgresql' + url[8:]", [Scheme.OTHER]),
        ("f'postgresql://{user}@{host}'", [Scheme.OTHER]),
        ("re.sub('^postgres(ql)?:', '', url)", [Scheme.OTHER]),
        ("url.set(drivername=driver)", [Scheme.OTHER]),
        ("env('URL', 'postgres://joe@localhost/x')", []),
        ("env('URL', 'postgresql+asyncpg:///x')", []),
        ("print('The URL starts with postgres: please write postgresql')", []),
        ("name('django.db.backends.postgresql')", []),
        ("host('postgres.example.com')", []),
        ("# postgres://", []),
    ],
)
def test_the_parts_of_a_scheme_are_known(code: str, expected: list[Scheme]) -> None:
    text = f"value = {code}" if not code.startswith("#") else code
    assert [scheme for _, scheme in schemes_in(ast.parse(text))] == expected
    assert may_have_scheme(text) or not expected


def test_a_docstring_is_no_correction() -> None:
    tree = ast.parse('def fix(url):\n    "postgres://"\n    return url')
    assert [*schemes_in(tree)] == []
