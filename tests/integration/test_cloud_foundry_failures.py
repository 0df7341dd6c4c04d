"""Cloud Foundry's scripts stop with the same words as `bin/compile`, and say them once."""

from __future__ import annotations

from dataclasses import replace

import pytest

from integration.error_cases.table import CASES
from integration.isolation import small_disk, with_mounts
from integration.scenario import Scenario
from integration.staged_in_place import StagedInPlace, StagingResult
from integration.test_words import MODULES
from integration.words import normalised, stored
from slipway.messages.wording import LAST_LINES

ON_DISK_OF_THE_APP = ("disk_full_in_the_app", "disk_full_in_the_app_with_a_cache")
"""There is little to write to that disk, because packages are not installed on it."""
AFTER_SUPPLY = {
    "app_is_not_writable",
    "collectstatic_raises",
    "django_setting_missing_variable",
    "django_settings_broken",
    "django_settings_elsewhere",
    "django_settings_syntax_error",
    "django_static_file_missing",
    "hook_without_its_program",
    "imported_package_not_required",
    "pip_in_pre_compile",
    "post_compile_is_killed",
    "pre_compile_fails",
    "service_not_bound",
    "static_root_outside",
    "syntax_error_in_a_module",
    "wrong_process_of_a_strict_app",
}
"""The cases that only `bin/finalize` sees: it runs hooks, builds static files, and writes."""


@pytest.fixture
def scenario(staged_in_place: StagedInPlace) -> Scenario:
    return Scenario(folder=staged_in_place.folder, platform=staged_in_place)


@pytest.mark.long
@pytest.mark.parametrize("name", sorted({*CASES} - {*ON_DISK_OF_THE_APP}))
def test_an_error_has_the_same_words(name: str, scenario: Scenario) -> None:
    assert MODULES
    result = CASES[name](scenario)
    assert result.status == 1, result.all
    assert result.err.count(" !     Error: ") == 1, result.all
    assert normalised(result.words, scenario.folder) == stored(name)
    if isinstance(result, StagingResult):
        assert "Traceback (most recent call last)" not in result.err.partition(LAST_LINES)[0]
        assert (result.last == "finalize") == (name in AFTER_SUPPLY), result.all


@pytest.mark.long
def test_supply_stops_if_the_disk_for_packages_is_full(scenario: Scenario) -> None:
    staged = scenario.folder / "staged"
    staged.mkdir()
    within = with_mounts(small_disk(staged, 4))
    platform = replace(scenario.with_own_cache.platform, within=within)
    result = platform.compile(scenario.fixture("wsgi_app"))
    assert isinstance(result, StagingResult)
    assert (result.last, result.status) == ("supply", 1)
    assert result.words == stored("disk_full_in_the_app")
