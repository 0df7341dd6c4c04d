"""The script runs in every Python an app may have, and never prevents the app from starting."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest
import start_variables
import tomli
from bound_services.variables import GROUPS

from conftest import ROOT
from unit.samples import write_files

SCRIPT = ROOT / "lib" / "runtime" / "start_variables.py"
SCRIPT_OPTIONS = ("-I", "-S", "-B", "-X", "utf8", str(SCRIPT))
LAUNCHER = (*SCRIPT_OPTIONS, "launcher", "--services")
SERVERS = {"WEB_CONCURRENCY": "2", "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": "7"}
"""What the user has set, so that only services decide about variables."""
VERSIONS = range(8, 15)
NASTY = "p@ss:/?#[]%&+ \"'\\ä€😀"
QUOTED = "p%40ss%3A%2F%3F%23%5B%5D%25%26%2B%20%22%27%5C%C3%A4%E2%82%AC%F0%9F%98%80"


def pythons() -> list[str]:
    """Find a Python of each version that an app may have, if this machine has one."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv")
    places = [Path("/usr/bin"), Path("/usr/local/bin"), *pyenv.glob("versions/*/bin")]
    found = [
        [
            place / f"python3.{minor}"
            for place in places
            if (place / f"python3.{minor}").exists()
        ]
        for minor in VERSIONS
    ]
    return [str(files[0]) for files in found if files]


PYTHONS = pythons()


@dataclass(frozen=True, kw_only=True)
class Started:
    values: dict[str, object]
    error: str
    status: int


def start(python: str, /, *settings: str, **environment: str) -> Started:
    """Run the script as the launcher does: with a pipe as file descriptor 3."""
    # The pipe is the one from which this test reads stdout.
    done = subprocess.run(
        ["sh", "-c", 'exec "$@" 3>&1 1>&2', "sh", python, *LAUNCHER, *settings],
        env=environment,
        capture_output=True,
        check=False,
        timeout=30,
    )
    values = tomli.loads(done.stdout.decode())
    return Started(values=values, error=done.stderr.decode(), status=done.returncode)


def bindings(root: Path) -> Path:
    write_files(root / "shop", {"type": "postgresql\n", "host": "h\n", "database": "d\n"})
    write_files(root / "shop", {"username": "u\n", "password": f"{NASTY}\n"})
    return root


@pytest.mark.parametrize("python", PYTHONS)
def test_an_app_gets_its_database_and_its_workers(python: str, tmp_path: Path) -> None:
    started = start(python, SERVICE_BINDING_ROOT=str(bindings(tmp_path)))
    assert (started.status, started.error) == (0, "")
    assert started.values.pop("WEB_CONCURRENCY") in [str(count) for count in range(1, 13)]
    assert started.values == {
        "DATABASE_URL": f"postgresql://u:{QUOTED}@h/d",
        "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": "7",
    }


@pytest.mark.parametrize("python", PYTHONS)
def test_a_server_gets_the_settings_that_the_build_names(python: str) -> None:
    own = {**SERVERS, "K_SERVICE": "shop", "GUNICORN_CMD_ARGS": "--name 'ä \"b\"'"}
    started = start(python, "accesslog", "threads", **own)
    assert started == Started(
        values={
            "FORWARDED_ALLOW_IPS": "*",
            "GUNICORN_CMD_ARGS": "--access-logfile - --threads 4 --name 'ä \"b\"'",
        },
        error="",
        status=0,
    )


@pytest.mark.parametrize("python", PYTHONS)
def test_an_app_gets_a_database_that_cloud_foundry_binds(python: str) -> None:
    services = '{"p.mysql": [{"credentials": {"uri": "mysql://u:p@h/d?reconnect=true"}}]}'
    started = start(python, VCAP_SERVICES=services, **SERVERS)
    assert started == Started(values={"DATABASE_URL": "mysql://u:p@h/d"}, error="", status=0)


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("locale", ["C", "C.UTF-8", "de_DE.ISO-8859-1"])
def test_each_problem_is_one_line_and_the_app_starts(
    python: str, locale: str, tmp_path: Path
) -> None:
    root = bindings(tmp_path / "ä\udcff")
    (root / "shop" / "host").unlink()
    os.mkfifo(root / "shop" / "host")
    started = start(python, SERVICE_BINDING_ROOT=str(root), LC_ALL=locale, **SERVERS)
    assert started == Started(
        values={},
        error=(
            "Slipway: DATABASE_URL is not set: the binding 'shop' has the entry 'host', which "
            "is not a file.\n"
        ),
        status=0,
    )


@pytest.mark.parametrize("python", PYTHONS)
def test_a_missing_launcher_is_reported(python: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [python, *LAUNCHER],
        env={"CNB_PLATFORM_DIR": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert (
        done.stderr
        == "Slipway: No environment variables could be set, because writing to file descriptor "
        "3 failed: Bad file descriptor.\n"
    )


def test_what_the_user_has_set_stays(tmp_path: Path) -> None:
    root = str(bindings(tmp_path))
    own = {**dict.fromkeys(SERVERS, ""), "WEB_CONCURRENCY": "2"}
    own |= {"DATABASE_URL": "", "SHOP_URL": ""}
    started = start(PYTHONS[-1], SERVICE_BINDING_ROOT=root, **own)
    assert started == Started(values={}, error="", status=0)


def test_a_number_of_workers_with_which_no_server_starts_is_replaced() -> None:
    started = start(PYTHONS[-1], **{**SERVERS, "WEB_CONCURRENCY": "abc"})
    assert started.status == 0
    workers = started.values["WEB_CONCURRENCY"]
    assert started.error == (
        "Slipway: WEB_CONCURRENCY is not a whole number, "
        f"so {workers} is used as the number of workers.\n"
    )


def test_a_bug_is_a_warning_without_the_text_of_the_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> dict[str, str]:
        raise KeyError("s3cret")

    monkeypatch.setattr("bound_services.places.find_bindings", fail)
    warnings: list[str] = []
    values = start_variables.new_values({}, ["--services"], warnings)
    assert list(values) == list(SERVERS)
    assert warnings == [
        (
            "The credentials of the app's services set no variables, because Slipway failed to "
            "read them (KeyError). Please report it."
        )
    ]


@pytest.mark.parametrize(
    "value",
    ["a\0b", "a\udc80", "x" * 40_000, "😀" * 10_000],
    ids=["nul", "bytes", "long", "long in bytes"],
)
def test_a_value_that_no_process_can_start_with_is_not_set(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def find(*_: object) -> dict[str, str]:
        return {"DATABASE_URL": value}

    monkeypatch.setattr(start_variables, "from_services", find)
    warnings: list[str] = []
    assert start_variables.new_values({**SERVERS}, ["--services"], warnings) == {}
    assert warnings == ["DATABASE_URL is not set: its value is too long or not valid text."]


def test_toml_strings_can_hold_any_text() -> None:
    text = "".join(chr(code) for code in range(0x400)) + '"""\\"😀\u2028\ue000'
    assert tomli.loads(start_variables.toml_lines({"value": text})) == {"value": text}


TEN = {
    "p.mysql": {"hostname": "h", "name": "d", "username": "u", "password": NASTY},
    "elephantsql": {"uri": "postgres://u:p@h/d"},
    "p.redis": {"host": "h", "port": 6379, "password": "p", "ca": "/no/such/file"},
    "valkey": {"uri": "rediss://:p@h:6380/0"},
    "memcached": {"host": "h", "port": 11211},
    "p.rabbitmq": {"protocols": {"amqp": {"uri": "amqp://u:p@h/v"}}, "uri": "amqp://u:p@h/v"},
    "sendgrid": {"hostname": "h", "username": "u", "password": NASTY},
    "aws-s3": {"access_key_id": "a", "secret_access_key": NASTY, "bucket": "b"},
    "elasticsearch": {"host": "h", "port": 9200, "username": "u", "password": "p"},
    "opensearch": {"uri": "https://u:p@h:9200"},
}
"""The labels of ten services and their credentials."""
VCAP_SERVICES = json.dumps(
    {label: [{"name": label, "credentials": TEN[label]}] for label in TEN}
)


@pytest.mark.parametrize("python", PYTHONS)
def test_each_python_reads_ten_services_alike(python: str) -> None:
    started = start(python, VCAP_SERVICES=VCAP_SERVICES, **SERVERS)
    assert started.status == 0
    reference = start(PYTHONS[-1], VCAP_SERVICES=VCAP_SERVICES, **SERVERS)
    assert started == reference
    first = {group.variables[0] for group in GROUPS}
    assert first <= started.values.keys()
    assert {"P_MYSQL_URL", "VALKEY_URL"} <= started.values.keys()


def shell_output(shell: list[str], *lines: str, **environment: str) -> str:
    """Run the commands that the script prints, as a profile script does, and then `lines`."""
    argv = " ".join(map(shlex.quote, (PYTHONS[-1], *SCRIPT_OPTIONS, "shell", "--services")))
    script = "\n".join((f'found=$({argv} 2>/dev/null) || found=; eval "$found"', *lines))
    done = subprocess.run(
        [*shell, script], env=environment, capture_output=True, check=True, timeout=30
    )
    return done.stdout.decode() + done.stderr.decode()


SHELLS = [
    ["dash", "-euc"],
    ["bash", "-euo", "pipefail", "-c"],
    ["bash", "--posix", "-euo", "pipefail", "-c"],
]


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_shell_gets_any_value_as_it_is(shell: list[str]) -> None:
    password = f"{NASTY}\n$(echo x)`echo y`${{HOME}}!!\n\n"
    credentials = {"hostname": "h", "username": "u", "password": password}
    services = json.dumps({"smtp": [{"name": "mail", "credentials": credentials}]})
    line = 'printf "%s|" "$EMAIL_HOST_PASSWORD"'
    assert shell_output(shell, line, VCAP_SERVICES=services, **SERVERS) == f"{password}|"


@pytest.mark.parametrize("shell", SHELLS, ids=" ".join)
def test_a_shell_shows_problems_and_goes_on(shell: list[str]) -> None:
    sentence = "No services are read from VCAP_SERVICES: it is not a JSON object."
    printed = shell_output(shell, "echo started", VCAP_SERVICES="'s3cret'", **SERVERS)
    assert printed == f"started\nSlipway: {sentence}\n"
    closed = shell_output([*shell[:-1], f"{shell[-1]}"], "echo started", VCAP_SERVICES="x")
    assert closed.startswith("started\n")


@pytest.mark.parametrize("output", ["shell", "launcher"])
@pytest.mark.parametrize("broken", ["{}>&-", "{}>/dev/full", "{}</dev/null"])
@pytest.mark.parametrize("descriptor", [1, 2, 3])
def test_an_app_starts_whatever_cannot_be_written(
    output: str, broken: str, descriptor: int
) -> None:
    argv = [PYTHONS[-1], *SCRIPT_OPTIONS, output, "--services"]
    done = subprocess.run(
        ["sh", "-c", f'exec 3>/dev/null; exec "$@" {broken.format(descriptor)}', "sh", *argv],
        env={"VCAP_SERVICES": "s3cret"},
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "Traceback" not in done.stdout + done.stderr
    assert "s3cret" not in done.stdout + done.stderr


def test_nothing_of_services_is_imported_where_none_are_bound() -> None:
    argv = [PYTHONS[-1], "-X", "importtime", *SCRIPT_OPTIONS]
    for arguments, is_imported in (["shell"], False), (["shell", "--services"], True):
        done = subprocess.run(
            [*argv, *arguments],
            env={"VCAP_SERVICES": VCAP_SERVICES},
            capture_output=True,
            text=True,
            check=True,
        )
        assert ("bound_services" in done.stderr) is is_imported
        assert ("typing" in done.stderr) is is_imported


def test_the_variables_of_many_services_do_not_prevent_a_start() -> None:
    """Linux starts no program with 2 MiB of variables."""
    services = [
        {"name": f"db{number}", "credentials": {"uri": f"mysql://u:{'p' * 9000}@h/d"}}
        for number in range(400)
    ]
    warnings: list[str] = []
    environment = {"VCAP_SERVICES": json.dumps({"mysql": services}), **SERVERS}
    values = start_variables.new_values(environment, ["--services"], warnings)
    assert "DATABASE_URL" in values
    assert sum(map(len, values.values())) < 128 * 1024
    assert len(warnings) == start_variables.MOST_WARNINGS + 1
    assert warnings[1].endswith("the values of all services are too long together.")
    assert warnings[-1].startswith("There are ")


def test_a_value_that_is_too_long_leaves_room_for_the_others() -> None:
    values = {"DATABASE_URL": "x" * 200_000, "REDIS_URL": "redis://h"}
    warnings: list[str] = []
    assert [*start_variables.settable(values, warnings)] == ["REDIS_URL"]
    assert warnings == ["DATABASE_URL is not set: its value is too long or not valid text."]


def test_a_message_has_any_characters(capfd: pytest.CaptureFixture[str]) -> None:
    start_variables.warn("\ud800 ä")
    assert capfd.readouterr().err == "Slipway: \\ud800 ä\n"
