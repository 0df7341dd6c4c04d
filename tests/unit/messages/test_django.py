"""Words about failed Django commands are sentences, and their advice can work."""

from __future__ import annotations

import pytest

from slipway.errors.django import DatabaseNotReached, ModuleMissing, OwnModuleMissing
from slipway.messages import explain


def test_a_removed_module_is_on_no_index() -> None:
    error = ModuleMissing(
        module="urllib2",
        place="a.py:1",
        importer="",
        requirement="",
        similar="",
        removed_in="3.0",
    )
    first = explain(error).steps[0]
    assert first.text.startswith("Import what newer Pythons have in its place")
    replaced = ModuleMissing(
        module="cgi",
        place="a.py:1",
        importer="",
        requirement="legacy-cgi",
        similar="",
        removed_in="3.13",
    )
    assert explain(replaced).steps[0].exact == ("legacy-cgi",)


def test_a_module_without_a_place_is_named_by_the_apps_code() -> None:
    error = OwnModuleMissing(module="shop.local", file="shop/local.py", place=None, similar="")
    message = explain(error)
    assert message.found.startswith("The app's code names the module shop.local,")
    assert message.steps[0].text == "If the name is wrong, correct it in the app's code."


@pytest.mark.parametrize("reason", ["OperationalError: timeout", "OperationalError: timeout."])
def test_a_reason_ends_with_one_full_stop(reason: str) -> None:
    error = DatabaseNotReached(reason=reason, place=None, package="")
    assert explain(error).found.endswith("OperationalError: timeout.")
