"""A small app of each framework is served in an image, as through the classic door."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from conftest import FIXTURES
from integration.test_frameworks import (
    FINISHED_LATE,
    IMAGE_PYTHON,
    Framework,
    assert_finishes_a_request,
    assert_served,
    only_these,
    slow_app,
)
from platforms.phases import Phases, settings

VARIABLES = {**settings(), **IMAGE_PYTHON}


@pytest.mark.parametrize("framework", only_these("fastapi_app"))
def test_an_app_of_a_framework_is_served(framework: Framework, phases: Phases) -> None:
    assert phases.detect(FIXTURES / framework.fixture, VARIABLES).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    with phases.serve() as site:
        assert_served(framework, site)


@pytest.mark.long
@pytest.mark.parametrize("name", FINISHED_LATE)
def test_a_request_is_finished_after_the_signal_to_stop(
    name: str, phases: Phases, tmp_path: Path
) -> None:
    assert phases.detect(slow_app(name, tmp_path / "app"), VARIABLES).status == 0
    built = phases.build()
    assert built.status == 0, built.all
    with phases.serve() as site:
        assert_finishes_a_request(site, os.kill)  # a container signals only its first process
