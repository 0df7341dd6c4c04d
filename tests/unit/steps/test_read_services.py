"""What a build runs of the app gets the variables of bound services, and no log shows them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import time
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations, product
from pathlib import Path

import pytest

from slipway.domain.run_environment import exec_d
from slipway.effects import Effects
from slipway.effects.processes import Command, Processes, TimeLimitReached
from slipway.errors.stopped import CommandFailed
from slipway.platforms.cloud_native.build_bindings import variables_with_bindings
from slipway.steps.read_services import variables_of_services
from unit.fakes import FakeProcesses, effects_with, logged, no_time

PASSWORD = "tide-at-noon"  # noqa: S105
DATABASE = {"host": "db.example", "user": "crew", "password": PASSWORD, "name": "yard"}
SERVICES = json.dumps(
    {
        "mysql-5.1": [{"name": "shop-db", "credentials": DATABASE}],
        "weather": [{"name": "tides", "credentials": {"pin": "ebb-and-flow"}}],
        "smtp": [{"name": "post", "credentials": {"host": "mail.example", "port": 587}}],
    }
)

NOTHING: dict[str, object] = {"variables": {}, "origins": {}, "credentials": [], "warnings": []}


def effects_of(root: Path, variables: Mapping[str, str]) -> Effects:
    """Return effects that start real processes."""
    environment = {"PATH": os.environ["PATH"], **variables}
    return effects_with(root, Processes(now=time.monotonic), environment)


def read(effects: Effects, platform: Path | None = None) -> dict[str, str]:
    with variables_of_services(effects, platform) as found:
        return found


def test_variables_of_cloud_foundry(tmp_path: Path) -> None:
    effects = effects_of(tmp_path, {"VCAP_SERVICES": SERVICES})
    found = read(effects)
    assert found["DATABASE_URL"] == f"mysql://crew:{PASSWORD}@db.example/yard"
    assert found["EMAIL_HOST"] == "mail.example"
    log = logged(effects)
    line = "Setting variables from these service bindings for the build: shop-db (DATABASE_URL)"
    assert line in log
    assert "post (EMAIL_URL, EMAIL_HOST and " in log
    struck = effects.console.secrets.strike(f"{found['DATABASE_URL']} {PASSWORD} ebb-and-flow")
    assert struck == "mysql://****@db.example/yard **** ****"


def test_variables_of_a_cloud_native_platform(tmp_path: Path) -> None:
    binding = tmp_path / "platform" / "bindings" / "shop-db"
    binding.mkdir(parents=True)
    for name, text in {"type": "mysql", **DATABASE}.items():
        (binding / name).write_text(f"{text}\n")
    effects = effects_of(tmp_path, {})
    found = read(effects, tmp_path / "platform")
    assert list(found) == ["DATABASE_URL"]


def test_many_services_are_one_short_sentence(tmp_path: Path) -> None:
    databases = [{"name": f"db-{n:02}", "credentials": DATABASE} for n in range(67)]
    effects = effects_of(tmp_path, {"VCAP_SERVICES": json.dumps({"mysql": databases})})
    assert len(read(effects)) == len(databases)
    (line,) = (it for it in logged(effects).split("\n") if "Setting variables" in it)
    assert line.endswith(", db-07 (DB_07_URL) and 59 more")


@pytest.mark.parametrize("variable", ["SERVICE_BINDING_ROOT", "CNB_BINDINGS"])
def test_a_missing_folder_of_bindings_is_one_warning(tmp_path: Path, variable: str) -> None:
    effects = effects_of(tmp_path, {variable: str(tmp_path / "gone")})
    with variables_with_bindings(effects.environment, tmp_path, effects.console) as variables:
        assert read(replace(effects, environment=variables), tmp_path) == {}
    assert logged(effects) == (
        f"No services are read from {variable}: it is not the path of a folder"
    )


def test_bindings_for_installing_packages_set_no_variables(tmp_path: Path) -> None:
    entries = {
        "postgres-repository/type": "git-credentials",
        "postgres-repository/credentials": f"https://crew:{PASSWORD}@git.example",
        "redis-ca/type": "ca-certificates",
        "redis-ca/ca.pem": "no certificate",
        "mail-index/type": "pypi",
        "mail-index/url": "https://index.example/simple",
    }
    for name, text in entries.items():
        path = tmp_path / "platform" / "bindings" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    effects = effects_of(tmp_path, {})
    assert read(effects, tmp_path / "platform") == {}
    assert logged(effects) == ""


def test_variables_that_are_set_stay(tmp_path: Path) -> None:
    variables = {"VCAP_SERVICES": SERVICES, "DATABASE_URL": "", "EMAIL_HOST": "own.example"}
    effects = effects_of(tmp_path, variables)
    assert not {*variables, "EMAIL_URL", "EMAIL_PORT"} & read(effects).keys()
    assert effects.console.secrets.strike(PASSWORD) == "****"


def test_what_cloud_foundry_writes_is_corrected(tmp_path: Path) -> None:
    uri = f"mysql://crew:{PASSWORD}@db.example/yard?reconnect=true"
    services = {"p.mysql": [{"name": "shop-db", "credentials": {"uri": uri}}]}
    variables = {
        "VCAP_SERVICES": json.dumps(services),
        "DATABASE_URL": uri.replace("mysql", "mysql2"),
    }
    found = read(effects_of(tmp_path, variables))
    assert found == {"DATABASE_URL": uri.partition("?")[0]}


def test_a_database_that_is_not_wanted_is_taken_away(tmp_path: Path) -> None:
    uri = f"postgres://crew:{PASSWORD}@db.example/yard"
    services = {"sql": [{"name": "shop-db", "credentials": {"uri": uri}}]}
    variables = {
        "VCAP_SERVICES": json.dumps(services),
        "DATABASE_URL": uri,
        "SLIPWAY_DATABASE": "shop",
    }
    effects = effects_of(tmp_path, variables)
    assert read(effects)["DATABASE_URL"] == ""
    assert "SLIPWAY_DATABASE is 'shop'" in logged(effects)
    assert "(DATABASE_URL)" not in logged(effects)


@pytest.mark.parametrize(
    "variables", [{}, {"VCAP_SERVICES": "{}"}, {"VCAP_SERVICES": "", "CRED_FILE": ""}]
)
def test_nothing_is_started_if_nothing_can_be_bound(
    tmp_path: Path, variables: dict[str, str]
) -> None:
    (tmp_path / "platform" / "env").mkdir(parents=True)
    processes = FakeProcesses(now=no_time)
    effects = effects_with(tmp_path, processes, {"PATH": "/bin", **variables})
    assert read(effects, tmp_path / "platform") == {}
    assert processes.started == []


VALUES = {
    "VCAP_SERVICES": (None, "", "{}", "{ }", '{"mysql": []}'),
    "VCAP_SERVICES_FILE_PATH": (None, "", "{}", "/etc/a b/*"),
    "SERVICE_BINDING_ROOT": (None, "", "{}", "/bindings"),
    "CNB_BINDINGS": (None, "", "{}", "/bindings"),
    "CRED_FILE": (None, "", "{}", "/srv/creds.json"),
    "CNB_PLATFORM_DIR": (None, "", "/nowhere", "with-folder", "with-file", "with-link"),
}
ENVIRONMENTS = {
    tuple((key, value) for key, value in ((one, first), (other, second)) if value is not None)
    for one, other in combinations(VALUES, 2)
    for first, second in product(VALUES[one], VALUES[other])
}
"""Each pair of variables, with each of their values; None: it is not set."""


def test_builds_read_services_exactly_if_an_app_does_when_it_starts(tmp_path: Path) -> None:
    (tmp_path / "with-folder" / "bindings").mkdir(parents=True)
    (tmp_path / "with-file").mkdir()
    (tmp_path / "with-file" / "bindings").touch()
    (tmp_path / "with-link").mkdir()
    (tmp_path / "with-link" / "bindings").symlink_to(tmp_path / "with-folder" / "bindings")
    environments = [
        {
            key: str(tmp_path / value) if value.startswith("with-") else value
            for key, value in variables
        }
        for variables in sorted(ENVIRONMENTS)
    ]
    script = exec_d(Path("/bin/echo"), Path("start_variables.py"), ())
    scripts = "".join(
        f"(export NAME= {shlex.join(f'{key}={value}' for key, value in environment.items())}\n"
        f"{script})\n"
        for environment in environments
    )
    printed = subprocess.check_output(["/bin/sh"], input=scripts, env={}, text=True)
    differing, decisions = [], set()
    for environment, line in zip(environments, printed.splitlines(), strict=True):
        processes = FakeProcesses(now=no_time, answer=lambda _: json.dumps(NOTHING))
        read(effects_with(tmp_path, processes, environment))
        decisions.add(bool(processes.started))
        if bool(processes.started) != ("--services" in line):
            differing.append(environment)
    assert decisions == {True, False}
    assert differing == []


def test_a_certificate_is_there_until_the_build_ends(tmp_path: Path) -> None:
    certificate = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----"
    credentials = {**DATABASE, "uri": "postgresql://a:b@db.example/yard", "ca": certificate}
    services = {"postgresql": [{"name": "db", "credentials": credentials}]}
    effects = effects_of(tmp_path, {"VCAP_SERVICES": json.dumps(services)})
    with variables_of_services(effects, None) as found:
        named = found["DATABASE_URL"].partition("sslrootcert=")[2].partition("&")[0]
        path = Path(named.replace("%2F", "/"))
        assert path.read_text("utf-8").strip() == certificate
    assert not path.parent.exists()


def test_malformed_credentials_are_warned_of(tmp_path: Path) -> None:
    effects = effects_of(tmp_path, {"VCAP_SERVICES": '{"mysql": "tide-at-noon'})
    assert read(effects) == {}
    assert "VCAP_SERVICES: it is not a JSON object" in logged(effects)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (TimeLimitReached(), "reading their credentials took too long"),
        (
            CommandFailed(command="python", status=-9, output="Killed"),
            "reading their credentials failed: the process was killed by signal 9",
        ),
    ],
)
def test_a_build_goes_on_without_the_variables(
    tmp_path: Path, error: Exception, words: str
) -> None:
    def answer(_: Command) -> str:
        raise error

    processes = FakeProcesses(now=no_time, answer=answer)
    effects = effects_with(tmp_path, processes, {"CRED_FILE": "/srv/creds.json"})
    assert read(effects) == {}
    assert f"No variables are set from bound services: {words}" in logged(effects)
