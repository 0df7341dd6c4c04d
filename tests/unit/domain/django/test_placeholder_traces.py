"""The variable whose throw-away value makes a line fail is found."""

from __future__ import annotations

import pytest

from slipway.domain.django.exception_chain import Exceptional, Failure, Frame, Site
from slipway.domain.django.placeholder_traces import document_at_failure, read_at_failure
from slipway.domain.django.placeholders import first_placeholder
from slipway.errors.django import RequiredVariable
from unit.domain.django.failures import PROJECT

_FILE = "site1/settings.py"


def _failure(lines: list[str], kind: str) -> Failure:
    """Return a failure of the last of these lines of the settings."""
    frame = Frame(
        file=_FILE,
        line=len(lines),
        function="<module>",
        module="site1.settings",
        owner="app",
        statement=lines[-1].strip(),
        names={},
    )
    cause = Exceptional(
        types=(kind,),
        text="",
        cause=None,
        context=None,
        is_suppressed=False,
        members=(),
        attributes={},
        required={},
        annotations={},
        refused=(),
        frames=(frame,),
    )
    source = {_FILE: "".join(f"{line}\n" for line in lines)}
    return Failure(
        site=Site(project=PROJECT, read=source.get, entries=lambda _: ()),
        chain=(cause,),
        python="3.13",
        settings="site1.settings",
        configuration="",
        variables={},
        distributions={},
        storage="",
    )


@pytest.mark.parametrize(
    ("lines", "kind", "variable"),
    [
        (["size = os.environ['SIZE']", "int(size)"], "ValueError", "SIZE"),
        (["key = os.environ['KEY']", "if len(key) != 5:", "    raise X"], "ValueError", "KEY"),
        (["if os.environ['KEY'] > '5':", "    sys.exit(1)"], "SystemExit", "KEY"),
        (["a, b = os.environ['PAIR'].split()", "if b:", "    raise X"], "ValueError", "PAIR"),
        (["raise X"], "ValueError", None),
        (["if os.environ['KEY']:", "    int('x')"], "ValueError", None),
        (["if os.environ['KEY']:", "    DEBUG = Flase"], "NameError", None),
        (["if os.environ['KEY']:", "    SIZE = 1 / 0"], "ZeroDivisionError", None),
    ],
)
def test_a_line_fails_because_of_what_it_reads_or_checks(
    lines: list[str], kind: str, variable: str | None
) -> None:
    failure = _failure(["import os, sys", *lines], f"builtins.{kind}")
    assert read_at_failure(failure, ["SIZE", "KEY", "PAIR"]) == variable


@pytest.mark.parametrize(
    ("lines", "is_found"),
    [
        (["S = json.loads(os.environ['T'])", "for it in S:", "    c = S[it]", "c['a']"], True),
        (["def f(k):", "    return json.loads(os.environ['T'])[k]", "f('a')"], True),
        (["S = json.loads(os.environ['T'])", "A = {}", "A['a']"], False),
        (["A = {}", "A['a']", "S = json.loads(os.environ['T'])", "A['b']"], False),
    ],
)
def test_a_line_fails_because_of_what_a_document_lacks(
    lines: list[str], *, is_found: bool
) -> None:
    failure = _failure(lines, "builtins.NameError")
    variable = RequiredVariable(name="T", read="A = json.loads(os.environ['T'])")
    given = first_placeholder(variable, "0f1e2d3c4b5a6978", ())
    assert document_at_failure(failure, {"T": given}) == (given if is_found else None)
