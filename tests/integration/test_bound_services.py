"""A built app gets the credentials of its services in whichever form a platform passes them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from integration.classic_platform import Platform
from integration.conftest import open_to_all
from integration.isolation import with_mounts
from integration.lighthouse import (
    FORMS,
    PASSWORD,
    QUOTED,
    SECRET_KEY,
    SHOW_VARIABLES,
    Bound,
    Services,
    gets_all_variables,
    served_services,
    works,
    write_lighthouse,
)
from integration.serving import HEROKUISH, Dyno

RELEASED = {"DYNO": "web.1", "SLIPWAY_MIGRATE": "start"}


@pytest.fixture(scope="module")
def services() -> Iterator[Services]:
    with open_to_all("services-") as folder, served_services(folder) as found:
        yield found


@pytest.fixture(scope="module")
def lighthouse(
    slipway: Path, shared_cache: Path, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the site, built without any credentials, and moved. Tests must not change it."""
    folder = tmp_path_factory.mktemp("lighthouse")
    build = write_lighthouse(folder / "build")
    platform = Platform(slipway=slipway, folder=folder, cache=shared_cache)
    platform.build(build, {"SECRET_KEY": SECRET_KEY})
    return platform.move(build)


def dyno(app: Path, services: Services, bound: Bound, **more: str) -> Dyno:
    within = with_mounts(*bound.mounts) if bound.mounts else []
    return Dyno(app=app, env={**services.own, **bound.env, **more}, within=within)


@pytest.mark.parametrize("form", FORMS)
def test_the_same_credentials_serve_the_same_site_in_each_form(
    form: str, lighthouse: Path, services: Services, tmp_path: Path
) -> None:
    services.empty()
    bound = FORMS[form](services, tmp_path)
    # The release step, which creates the table, and one-off commands get the variables as well.
    with dyno(lighthouse, services, bound, **RELEASED).serve() as site:
        works(site, services)
        log = lighthouse.parent / f"{lighthouse.name}-{site.port}.log"
    one_off = replace(dyno(lighthouse, services, bound), start_script=HEROKUISH)
    printed = one_off.run(SHOW_VARIABLES)
    assert (printed.status, printed.err) == (0, ""), printed.all
    gets_all_variables(printed.out, services)
    text = log.read_text("utf-8")
    assert "1 migration applied" in text
    assert not [secret for secret in (PASSWORD, QUOTED) if secret in text]


def test_an_empty_vcap_services_hides_no_other_form(
    lighthouse: Path, services: Services, tmp_path: Path
) -> None:
    bound = FORMS["environment.json"](services, tmp_path)
    # Cloud Foundry sets it for each app.
    printed = dyno(lighthouse, services, bound, VCAP_SERVICES="{}").run(SHOW_VARIABLES)
    assert (printed.status, printed.err) == (0, ""), printed.all
    gets_all_variables(printed.out, services)


def test_variables_of_the_user_win_and_malformed_credentials_cost_one_line(
    lighthouse: Path, services: Services
) -> None:
    services.empty()
    malformed = Bound(env={"VCAP_SERVICES": f'{{"elephantsql": ["{QUOTED}"'})
    own = {**services.expected, **RELEASED}
    with dyno(lighthouse, services, malformed, **own).serve() as site:
        works(site, services)
        log = lighthouse.parent / f"{lighthouse.name}-{site.port}.log"
    text = log.read_text("utf-8")
    said = "Slipway: No services are read from VCAP_SERVICES: it is not a JSON object."
    assert [line for line in text.splitlines() if line.startswith("Slipway: ")] == [said]
    assert QUOTED not in text
