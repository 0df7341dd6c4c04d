"""Credentials of bound services at Cloud Foundry, when an app is staged and when it starts."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import quote

import pytest

from integration.cloud_foundry import Builder, Staged, launched, staging_env
from integration.packages import write_tree
from integration.test_result_is_clean import files
from integration.test_services_in_builds import APP

PASSWORD = "tide/over&the#quay"  # noqa: S105 - of no server
FIRST = f"postgresql://crew:{quote(PASSWORD, safe='')}@first.example/yard"
SECOND = f"postgresql://crew:{quote(PASSWORD, safe='')}@second.example/yard"
BOUND = {
    "postgresql": [{"name": "first", "credentials": {"uri": FIRST}}],
    "user-provided": [{"name": "second", "credentials": {"uri": SECOND}}],
}
PARTS = {"hostname": "first.example", "username": "crew", "password": "x", "dbname": "yard"}
"""The credentials of a database without an address; the platform does not read them."""
HOOKS = {
    name: f'env\necho "$DATABASE_URL" > "$SEEN-{Path(name).name}"\n'
    for name in ("bin/pre_compile", "postinstall", "bin/post_compile")
}
"""They print all variables, and store one where no staging does."""
SMALL = {
    "requirements.txt": "",
    "Procfile": "web: python -m http.server $PORT\n",
    "bin/post_compile": 'echo "$DATABASE_URL" > "$SEEN"\n',
}
OWN = "postgres://me:mine@own.example/boats"


@dataclass(frozen=True, kw_only=True)
class Stager:
    """Stages small apps that write what they get where no staging does."""

    slipway: Path
    folder: Path

    @property
    def seen(self) -> Path:
        return self.folder / "seen"

    @property
    def builder(self) -> Builder:
        place = self.folder / "platform"
        place.mkdir(exist_ok=True)
        # The app is small, and so is a droplet without Python.
        own = {"SLIPWAY_BUNDLE_PYTHON": "false", "SEEN": str(self.seen)}
        return Builder(folder=place, env={**staging_env(), **own})

    def stage(self, files_of_app: Mapping[str, str], env: Mapping[str, str]) -> Staged:
        """Stage an app, and search everything that it leaves for the password."""
        builder = self.builder
        app = write_tree(self.folder / "app", dict(files_of_app))
        staged = builder.build(app, self.slipway, env=env)
        secrets = (PASSWORD, quote(PASSWORD, safe=""))
        assert not [secret for secret in secrets if secret in staged.all]
        for name, archive in (("droplet", staged.droplet), ("cache", builder.cache_archive)):
            place = self.folder / name
            place.mkdir()
            subprocess.run(["tar", "-xzf", archive, "-C", place], check=True)
            for path in files(place):
                data = b"" if path.is_symlink() else path.read_bytes()
                assert not [one for one in secrets if one.encode() in data], path
        return staged


@pytest.fixture
def stager(slipway: Path, tmp_path: Path) -> Stager:
    return Stager(slipway=slipway, folder=tmp_path)


CHOSEN = {"VCAP_SERVICES": json.dumps(BOUND), "SLIPWAY_DATABASE": "second"}


def test_a_staging_uses_the_database_that_is_chosen_by_name(stager: Stager) -> None:
    """The builder chooses one of the databases at random."""
    staged = stager.stage(SMALL, CHOSEN)
    assert stager.seen.read_text("utf-8") == f"{SECOND}\n"
    line = "Setting variables from these service bindings for the build: second (DATABASE_URL)"
    assert line in " ".join(staged.out.split())


@pytest.mark.long
def test_all_hooks_and_commands_of_a_staging_use_it(stager: Stager) -> None:
    procfile = {"Procfile": "web: python manage.py check\n"}
    stager.stage({**APP, **HOOKS, **procfile}, CHOSEN)
    for name in ("pre_compile", "postinstall", "post_compile"):
        assert Path(f"{stager.seen}-{name}").read_text("utf-8") == f"{SECOND}\n"
    shown = json.loads(Path(f"{stager.seen}-command").read_text("utf-8"))
    assert shown == [PASSWORD, "second.example"]


FORMS = ("VCAP_SERVICES", "VCAP_SERVICES_FILE_PATH", "SERVICE_BINDING_ROOT")
"""The variables with which the platform passes credentials; it sets one of them."""


def passed(form: str, folder: Path, **credentials: str) -> dict[str, str]:
    """Return the variable with the credentials of a database."""
    services = json.dumps({"postgresql": [{"name": "first", "credentials": credentials}]})
    if form == "VCAP_SERVICES":
        return {form: services}
    if form == "VCAP_SERVICES_FILE_PATH":
        return {form: str(write_tree(folder, {"services.json": services}) / "services.json")}
    binding = {
        f"first/{name}": text for name, text in {**credentials, "type": "postgresql"}.items()
    }
    return {form: str(write_tree(folder / "bindings", binding))}


def started(vcap: Path, env: Mapping[str, str]) -> str:
    """Return the DATABASE_URL of a process with these variables."""
    dyno = launched(vcap, process="worker")
    others = {name: text for name, text in (dyno.env or {}).items() if name not in FORMS}
    ran = replace(dyno, env={**others, **env}).run('echo "$DATABASE_URL"')
    assert (ran.status, ran.err) == (0, ""), ran.all
    return ran.out.splitlines()[-1]


@pytest.mark.long
def test_the_users_own_address_stays_unless_the_platform_replaces_it(
    stager: Stager, tmp_path: Path
) -> None:
    own, without_uri = {"DATABASE_URL": OWN}, passed("VCAP_SERVICES", tmp_path, **PARTS)
    staged = stager.stage(SMALL, {**own, **without_uri})
    assert stager.seen.read_text("utf-8") == f"{OWN}\n"
    vcap = staged.unpack(tmp_path / "vcap")
    assert started(vcap, {**own, **without_uri}) == OWN
    for form in FORMS:
        bound = passed(form, tmp_path, uri=FIRST)
        assert started(vcap, bound) == FIRST, form
        # The platform looks only into this variable.
        is_replaced = form == "VCAP_SERVICES"
        assert started(vcap, {**own, **bound}) == (FIRST if is_replaced else OWN), form


@pytest.mark.long
@pytest.mark.parametrize("form", FORMS)
def test_a_staging_gets_credentials_in_each_form(
    stager: Stager, tmp_path: Path, form: str
) -> None:
    stager.stage(SMALL, passed(form, tmp_path, uri=FIRST))
    assert stager.seen.read_text("utf-8") == f"{FIRST}\n"
