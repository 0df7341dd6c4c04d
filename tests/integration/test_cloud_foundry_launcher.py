"""The launcher of the tests starts processes like Cloud Foundry's programs.

Each test here also passes with the platform's own programs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from integration.cloud_foundry import (
    LAUNCHER,
    OTHER_FAILURE,
    SHELL,
    VCAP_APPLICATION,
    Builder,
    Stopped,
    launched,
    staging_env,
    start_command,
)
from integration.cloud_foundry.exits import BAD_PLATFORM_OPTIONS
from integration.cloud_foundry.fake_buildpacks import fake_buildpack
from integration.packages import write_tree

SAID = "Invoking pre-start scripts.\n", "Invoking start command.\n"


def droplet(place: Path, files: Mapping[str, str] | None = None, **info: object) -> Path:
    """Write the files of an unpacked droplet."""
    (place / "app").mkdir(parents=True)
    staging_info = {"detected_buildpack": "", "start_command": "echo served", **info}
    texts = {"staging_info.yml": json.dumps(staging_info), **(files or {})}
    return write_tree(place, texts)


def output(vcap: Path, command: str = 'echo "$SEEN"', index: int = 0, **more: str) -> str:
    """Return what a process prints, without what the launcher prints."""
    dyno = launched(vcap, index=index, services=None, start_script=LAUNCHER, **more)
    result = dyno.run(command)
    assert result.status == 0, result.all
    before, after = SAID
    assert result.out.startswith(before), result.all
    return result.out.partition(after)[2]


# What runs before a process.


def test_the_command_comes_from_the_droplet_or_the_user(tmp_path: Path) -> None:
    vcap = droplet(tmp_path / "vcap")
    result = launched(vcap).run(start_command(vcap))
    assert (result.status, result.out, result.err) == (0, f"{''.join(SAID)}served\n", "")
    other = launched(vcap).run("echo $0 $# other; exit 3")
    assert (other.status, other.out) == (3, f"{''.join(SAID)}bash 0 other\n")


def test_processes_run_in_the_apps_folder(tmp_path: Path) -> None:
    vcap = droplet(tmp_path / "vcap", {"profile.d/a": "pwd"})
    result = launched(vcap).run("pwd")
    before, after = SAID
    assert result.out == f"{before}{vcap}/app\n{after}{vcap}/app\n"


def test_a_process_also_starts_without_the_apps_folder(tmp_path: Path) -> None:
    vcap = droplet(tmp_path / "vcap")
    (vcap / "app").rmdir()
    result = launched(vcap).run("pwd")
    assert (result.status, result.out) == (0, f"{''.join(SAID)}{vcap}\n")
    assert f"cd: {vcap}/app: No such file or directory" in result.err


def test_profile_scripts_are_sourced_in_order(tmp_path: Path) -> None:
    """All in one shell: those of buildpacks, those of the app, and `.profile`."""
    line = "export SEEN=$SEEN:$BASH_SOURCE\n"
    names = ["profile.d/2.sh", "profile.d/1_b", "app/.profile.d/0.txt", "app/.profile"]
    vcap = droplet(tmp_path / "vcap", dict.fromkeys(names, line))
    assert output(vcap) == ":../profile.d/1_b:../profile.d/2.sh:.profile.d/0.txt:.profile\n"


def test_cf_ssh_says_nothing_and_does_not_source_the_profile(tmp_path: Path) -> None:
    line = "export SEEN=$SEEN:$BASH_SOURCE\n"
    names = ["profile.d/1", "app/.profile.d/2", "app/.profile"]
    vcap = droplet(tmp_path / "vcap", dict.fromkeys(names, line))
    result = launched(vcap, start_script=SHELL).run('echo "$SEEN"; pwd')
    assert (result.status, result.err) == (0, "")
    assert result.out == f":../profile.d/1:.profile.d/2\n{vcap}/app\n"


@pytest.mark.parametrize(
    ("files", "seen", "error"),
    [
        ({"profile.d/a b": "SEEN=lost"}, "", "../profile.d/a: No such file or directory"),
        ({"profile.d/.hidden": "SEEN=lost"}, "", ""),
        ({"profile.d/sub/a": "SEEN=lost"}, "", "../profile.d/sub: is a directory"),
        ({"profile.d/a": "false; missing-program; SEEN=on"}, "on", "missing-program"),
        ({"profile.d/a": "SEEN=on; return 3; SEEN=lost"}, "on", ""),
        ({"profile.d/a": "SEEN=lost; if", "profile.d/b": "SEEN=on"}, "on", "syntax error"),
        ({"profile.d/a": "cd /", "app/.profile": "SEEN=lost"}, "", ""),
    ],
)
def test_a_start_survives_a_profile_script(
    tmp_path: Path, files: dict[str, str], seen: str, error: str
) -> None:
    vcap = droplet(tmp_path / "vcap", files)
    result = launched(vcap, SEEN="").run('echo "$SEEN"')
    assert (result.status, result.out) == (0, f"{''.join(SAID)}{seen}\n"), result.all
    assert error in result.err
    assert bool(result.err) == bool(error)


@pytest.mark.parametrize(
    ("files", "status"),
    [
        ({"profile.d/a": "exit 7"}, 7),
        ({"profile.d/a": "set -e", "profile.d/b": "false"}, 1),
        ({"profile.d/a": "set -u", "app/.profile": "echo $MISSING"}, 127),
        ({"profile.d/a": "shift"}, 2),
        ({"profile.d/a": "set --"}, 2),
    ],
)
def test_a_profile_script_can_end_the_start(
    tmp_path: Path, files: dict[str, str], status: int
) -> None:
    result = launched(droplet(tmp_path / "vcap", files)).run("echo served")
    assert result.status == status, result.all
    assert "served" not in result.out


def test_a_buildpack_may_start_commands_another_way(tmp_path: Path) -> None:
    """Its prefix stands instead of `bash -c`, also for a command that the user gives."""
    config = {"entrypoint_prefix": "env SEEN=on sh -c"}
    vcap = droplet(tmp_path / "vcap", config=config)
    assert output(vcap, "echo $0 $SEEN") == "sh on\n"


@pytest.mark.parametrize("text", ["start_command: [", "- start_command", "start_command: {}"])
def test_a_description_of_the_droplet_must_be_readable(tmp_path: Path, text: str) -> None:
    """Even if the user gives a command."""
    vcap = droplet(tmp_path / "vcap", {"staging_info.yml": text})
    with pytest.raises(Stopped, match="Invalid staging info - ") as stopped:
        launched(vcap)
    assert stopped.value.status == OTHER_FAILURE


@pytest.mark.parametrize("is_described", [True, False])
def test_there_must_be_a_command(tmp_path: Path, *, is_described: bool) -> None:
    vcap = droplet(tmp_path / "vcap", start_command="")
    if not is_described:
        (vcap / "staging_info.yml").unlink()
    with pytest.raises(Stopped, match="no start command specified or detected") as stopped:
        start_command(vcap)
    assert stopped.value.status == OTHER_FAILURE
    assert output(vcap, "echo other") == "other\n"


# Variables.


def variables(vcap: Path, index: int = 0, **more: str) -> dict[str, str]:
    text = output(vcap, "env -0", index, **more)
    return dict(line.split("=", 1) for line in text.split("\0") if line)


def test_a_process_gets_variables_of_its_instance(tmp_path: Path) -> None:
    vcap = droplet(tmp_path / "vcap")
    found = variables(vcap, index=2, PORT="5000", HARBOUR="open", VCAP_PLATFORM_OPTIONS="{}")
    assert found["HOME"] == found["PWD"] == f"{vcap}/app"
    assert found["TMPDIR"] == str(vcap / "tmp")
    assert found["DEPS_DIR"] == str(vcap / "deps")
    assert (found["HARBOUR"], found["CF_INSTANCE_INDEX"]) == ("open", "2")
    assert "VCAP_PLATFORM_OPTIONS" not in found
    assert json.loads(found["VCAP_APPLICATION"]) == {
        **VCAP_APPLICATION,
        "host": "0.0.0.0",  # noqa: S104 - what the launcher says
        "instance_id": found["INSTANCE_GUID"],
        "instance_index": 2,
        "port": 5000,
    }


def test_what_an_instance_does_not_have_is_not_told(tmp_path: Path) -> None:
    vcap = droplet(tmp_path / "vcap")
    found = variables(vcap, PORT="", INSTANCE_INDEX="x", INSTANCE_GUID="")
    told = json.loads(found["VCAP_APPLICATION"])
    assert (told["instance_id"], {"port", "instance_index"} & {*told}) == ("", set())
    assert variables(vcap, VCAP_APPLICATION="{")["VCAP_APPLICATION"] == "{"


def test_options_of_the_platform_must_be_readable(tmp_path: Path) -> None:
    vcap = droplet(tmp_path / "vcap")
    with pytest.raises(Stopped, match="Invalid platform options: ") as stopped:
        launched(vcap, VCAP_PLATFORM_OPTIONS="{").run("true")
    assert stopped.value.status == BAD_PLATFORM_OPTIONS


OWN = "sqlite:///own.db"
MYSQL = "mysql://u:p@my:3306/d"
POSTGRES = "postgres://u:p@pg:5432/d"


def bound(*uris: object) -> dict[str, object]:
    """Return services under one label, each with an address."""
    return {"db": [{"name": "db", "credentials": {"uri": uri}} for uri in uris]}


@pytest.mark.parametrize(
    ("services", "url"),
    [
        (bound(MYSQL), "mysql2://u:p@my:3306/d"),
        (bound("mysql2://u:p@my/d?a=b"), "mysql2://u:p@my/d?a=b"),
        (bound("postgresql://u:p@pg/d"), "postgres://u:p@pg/d"),
        (bound(POSTGRES), POSTGRES),
        (bound("POSTGRESQL://u:p@pg/d"), "postgres://u:p@pg/d"),
        (bound("mysql:/d"), "mysql2:/d"),
        # The user and the password are quoted anew.
        (bound("postgres://u%40:p%21!(%2f)@pg/d"), "postgres://u%40:p%21%21%28%2F%29@pg/d"),
        (bound("postgres://u:%70$&+,;=~@pg/d?a=%70#b"), "postgres://u:p$&+,;=~@pg/d?a=%70#b"),
        (bound("postgres://u@pg/d"), "postgres://u@pg/d"),
        (bound("postgres://pg/d"), "postgres://pg/d"),
        # The first of one label.
        (bound("amqp://u:p@mq", MYSQL, POSTGRES), "mysql2://u:p@my:3306/d"),
        (bound(None, "", POSTGRES, MYSQL), POSTGRES),
        # None that the platform knows or can read.
        (bound("mariadb://u:p@h/d"), OWN),
        (bound("jdbc:mysql://h/d"), OWN),
        (bound("postgres://u:p^@h/d"), OWN),
        (bound("postgres://u:%zz@h/d"), OWN),
        (bound("postgres://u:p@h:port/d"), OWN),
        (bound("no address"), OWN),
        ({"db": [{"credentials": {"url": POSTGRES}}]}, OWN),
        ({"db": [{"credentials": {"URI": POSTGRES}}]}, POSTGRES),
        ({"db": [{}]}, OWN),
        ({"db": []}, OWN),
        ({"db": None}, OWN),
        ({}, OWN),
        # A fault of any service.
        (bound(POSTGRES, 3), OWN),
        ({**bound(POSTGRES), "other": [{"credentials": {"uri": ["a"]}}]}, OWN),
        ({**bound(POSTGRES), "other": [{"credentials": "text"}]}, OWN),
        ({**bound(POSTGRES), "other": [{"credentials": None}]}, POSTGRES),
        ({**bound(POSTGRES), "other": [None]}, POSTGRES),
        ({**bound(POSTGRES), "other": "text"}, OWN),
        (None, OWN),
        ([], OWN),
    ],
)
def test_the_platform_sets_the_address_of_a_database(
    tmp_path: Path, services: Mapping[str, object] | None, url: str
) -> None:
    """It also replaces one that the user has set."""
    vcap = droplet(tmp_path / "vcap")
    text, command = json.dumps(services), 'echo "$DATABASE_URL"'
    assert output(vcap, command, VCAP_SERVICES=text, DATABASE_URL=OWN) == f"{url}\n"


@pytest.mark.parametrize("text", ["", "{", "null"])
def test_services_that_cannot_be_read_change_nothing(tmp_path: Path, text: str) -> None:
    vcap = droplet(tmp_path / "vcap")
    command = 'echo "$DATABASE_URL"'
    assert output(vcap, command, VCAP_SERVICES=text, DATABASE_URL=OWN) == f"{OWN}\n"


def test_the_address_is_set_at_staging_and_for_cf_ssh_too(tmp_path: Path) -> None:
    app = write_tree(tmp_path / "pushed", {"app.txt": ""})
    builder = Builder(
        folder=tmp_path / "builder", env=staging_env(bound(MYSQL), DATABASE_URL=OWN)
    )
    script = 'echo "$DATABASE_URL"'
    release = "echo '{}'"
    buildpack = fake_buildpack(tmp_path / "a", supply=script, finalize=script, release=release)
    staged = builder.stage(app, buildpack)
    assert staged.out == "mysql2://u:p@my:3306/d\n" * 2
    vcap = staged.unpack(tmp_path / "vcap")
    shell = launched(vcap, services=bound(POSTGRES), start_script=SHELL)
    assert shell.run(script).out == f"{POSTGRES}\n"


@pytest.mark.parametrize("labels", [("a", "a"), ("a", "b")])
def test_the_choice_between_labels_is_random(tmp_path: Path, labels: Sequence[str]) -> None:
    vcap = droplet(tmp_path / "vcap")
    services: dict[str, list[object]] = {}
    for label, uri in zip(labels, (MYSQL, POSTGRES), strict=True):
        services.setdefault(label, []).append({"credentials": {"uri": uri}})
    dyno = launched(vcap, services=services)
    found = {dyno.run('echo "${DATABASE_URL%%:*}"').out.split("\n")[2] for _ in range(30)}
    assert found == ({"mysql2", "postgres"} if len({*labels}) == 2 else {"mysql2"})
