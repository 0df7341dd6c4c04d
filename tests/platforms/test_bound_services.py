"""An image gets the same variables from the same credentials as the app at the classic door."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from integration.conftest import open_to_all
from integration.lighthouse import (
    FORMS,
    PASSWORD,
    QUOTED,
    SECRET_KEY,
    SHOW_VARIABLES,
    Services,
    gets_all_variables,
    served_services,
    works,
    write_lighthouse,
)
from platforms.phases import Phases, settings
from platforms.test_three_doors import IMAGE_PYTHON

USUAL = ("VCAP_SERVICES", "SERVICE_BINDING_ROOT")


@pytest.fixture
def lighthouse(phases: Phases, tmp_path: Path) -> Phases:
    """Build the site without any credentials."""
    app = write_lighthouse(tmp_path / "lighthouse")
    detected = phases.detect(app, {**settings(), **IMAGE_PYTHON, "SECRET_KEY": SECRET_KEY})
    assert detected.status == 0, detected.all
    built = phases.build()
    assert built.status == 0, built.all
    return phases


@pytest.mark.parametrize(
    "forms",
    [
        pytest.param(USUAL, id="usual"),
        # One build serves all of them.
        pytest.param(
            tuple(form for form in FORMS if form not in USUAL),
            id="others",
            marks=pytest.mark.long,
        ),
    ],
)
def test_an_image_serves_the_same_site_in_each_form(
    forms: tuple[str, ...], lighthouse: Phases
) -> None:
    with open_to_all("services-") as folder, served_services(folder) as services:
        for form in forms:
            place = folder / form
            place.mkdir()
            serves(lighthouse, form, services, place)


def serves(lighthouse: Phases, form: str, services: Services, folder: Path) -> None:
    services.empty()
    bound = FORMS[form](services, folder)
    image = replace(lighthouse, mounts=bound.mounts)
    env = {**services.own, **bound.env}
    # The release step, which creates the table, and one-off commands get the variables as well.
    with image.serve(env={**env, "SLIPWAY_MIGRATE": "start"}) as site:
        works(site, services)
    printed = image.launch(None, SHOW_VARIABLES, env=env)
    assert (printed.status, printed.err) == (0, ""), printed.all
    gets_all_variables(printed.out, services)
    text = (image.folder / "served.log").read_text("utf-8")
    assert "1 migration applied" in text
    assert not [secret for secret in (PASSWORD, QUOTED) if secret in text]
