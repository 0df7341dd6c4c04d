"""Servers get workers, threads and options that fit their container and their platform."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from server_defaults import (
    PLATFORMS,
    available_cpus,
    available_memory,
    graceful_timeout,
    gunicorn_options,
    is_set_at_start,
    platform_of,
    server_defaults,
    thread_count,
    worker_count,
)
from start_variables import shell_commands

from conftest import ROOT
from documents import text
from unit.samples import write_files

MIB = 1024 * 1024


@pytest.mark.parametrize(
    ("cpus", "memory", "expected"),
    [
        (1, None, 3),
        (2, None, 5),
        (0.1, None, 1),
        (0.5, None, 2),
        (1.5, None, 4),
        (64, None, 12),
        (64, 1024 * MIB, 8),
        (2, 512 * MIB, 4),
        (2, 256 * MIB, 2),
        (2, 64 * MIB, 1),
        (2, 0, 1),
        (2, 2**63, 5),
    ],
)
def test_there_are_as_many_workers_as_cpus_and_memory_allow(
    cpus: float, memory: int | None, expected: int
) -> None:
    assert worker_count(cpus, memory) == expected


@pytest.fixture
def sixteen_cpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(16)))


@pytest.fixture
def one_cpu(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server_defaults.available_cpus", lambda: 1.0)
    monkeypatch.setattr("server_defaults.available_memory", lambda: None)


V1_NONE = {"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}
V1_TWO = {**V1_NONE, "cpu/cpu.cfs_quota_us": "200000\n"}
CGROUPS = {
    "no groups": ("", {}, 16.0, None),
    "version 2, no limits": (
        "0::/\n",
        {"cpu.max": "max 100000\n", "memory.max": "max\n"},
        16.0,
        None,
    ),
    "version 2": (
        "0::/\n",
        {"cpu.max": "150000 100000\n", "memory.max": "536870912\n"},
        1.5,
        512 * MIB,
    ),
    "version 2, the host's groups are visible, the lowest limit counts": (
        "0::/pod/app\n",
        {
            "memory.max": "max\n",
            "pod/cpu.max": "100000 100000\n",
            "pod/memory.max": "1048576\n",
            "pod/app/cpu.max": "400000 100000\n",
            "pod/app/memory.max": "2097152\n",
        },
        1.0,
        MIB,
    ),
    "version 2, a path of the host that is not visible": (
        "0::/../../docker/abc\n",
        {"cpu.max": "50000 100000\n"},
        0.5,
        None,
    ),
    "version 1": (
        "4:memory:/\n3:cpu,cpuacct:/\n",
        {**V1_TWO, "memory/memory.limit_in_bytes": "1048576\n"},
        2.0,
        MIB,
    ),
    "version 1, no limits": (
        "4:memory:/\n3:cpu,cpuacct:/\n0::/\n",
        {**V1_NONE, "memory/memory.limit_in_bytes": "9223372036854771712\n"},
        16.0,
        9223372036854771712,
    ),
    "version 1, in its own group": (
        "4:memory:/vm/1\n",
        {"memory/vm/1/memory.limit_in_bytes": "1048576\n"},
        16.0,
        MIB,
    ),
    "files of another kind": (
        "0::/\nnonsense\n::::\n",
        {"cpu.max": "1 0\n", "memory.max": "²\n"},
        16.0,
        None,
    ),
    "empty files": ("0::/\n", {"cpu.max": "", "memory.max": ""}, 16.0, None),
}


@pytest.mark.usefixtures("sixteen_cpus")
@pytest.mark.parametrize("name", CGROUPS)
def test_the_limits_of_the_container_are_read(name: str, tmp_path: Path) -> None:
    own, files, cpus, memory = CGROUPS[name]
    write_files(tmp_path, {"proc/self/cgroup": own})
    write_files(tmp_path / "sys/fs/cgroup", files)
    assert available_cpus(str(tmp_path)) == cpus
    assert available_memory(str(tmp_path)) == memory


def test_no_more_cpus_are_counted_than_exist(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0})
    write_files(
        tmp_path, {"proc/self/cgroup": "0::/", "sys/fs/cgroup/cpu.max": "800000 100000"}
    )
    assert available_cpus(str(tmp_path)) == 1


def test_this_machine_has_a_number_of_workers() -> None:
    assert 1 <= worker_count(available_cpus(), available_memory()) <= 12


@pytest.mark.parametrize(
    ("workers", "threads"),
    [(1, 4), (2, 4), (5, 4), (6, 3), (7, 2), (10, 2), (11, 1), (12, 1), (64, 1)],
)
def test_all_threads_together_answer_about_20_requests(workers: int, threads: int) -> None:
    assert thread_count(workers) == threads
    assert workers * threads <= max(20, workers)


def rows(heading: str) -> list[list[str]]:
    """Return the cells of the table below a heading of the documentation, without its head."""
    section = text("docs/web-process.md").split(f"\n### {heading}\n")[1].split("\n#")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


@pytest.mark.parametrize("row", rows("Workers and threads"), ids=lambda row: " ".join(row[:2]))
def test_the_table_of_the_documentation_is_right(row: list[str]) -> None:
    cpus, memory, *documented = row
    limit = None if memory == "no limit" else int(memory.removesuffix(" MiB")) * MIB
    workers = worker_count(float(cpus), limit)
    threads = thread_count(workers)
    assert documented == [str(number) for number in (workers, threads, workers * threads)]


def test_the_table_of_platforms_in_the_documentation_is_right() -> None:
    documented = [
        (found.strip("`"), int(delay), int(seconds))
        for _, found, delay, seconds in rows("When the app stops")
    ]
    known = [(variable, delay, graceful_timeout(delay)) for variable, delay, _ in PLATFORMS]
    delay, _ = platform_of({})
    assert documented == [*known, ("", delay, graceful_timeout(delay))]


OWN_GROUP = """
import os, sys
for folder in sys.argv[1].split(":"):
    with open(os.path.join(folder, "cgroup.procs"), "w") as stream:
        stream.write(str(os.getpid()))
os.execv(sys.executable, [sys.executable, "-I", "-S", "-B", *sys.argv[2:]])
"""


@pytest.fixture
def limited_group() -> Iterator[Path]:
    """Make a control group with 300 MiB of memory below the one of this process."""
    mounts = Path("/sys/fs/cgroup")
    lines = Path("/proc/self/cgroup").read_text("ascii").splitlines()
    own = {
        part: path
        for _, parts, path in (line.split(":", 2) for line in lines)
        for part in parts.split(",")
    }
    is_first = "memory" in own
    parent = mounts / "memory" if is_first else mounts
    group = (
        parent
        / own.get("memory" if is_first else "", "/").lstrip("/")
        / f"slipway-{os.getpid()}"
    )
    file = "memory.limit_in_bytes" if is_first else "memory.max"
    try:
        group.mkdir()
        (group / file).write_text(str(300 * MIB))
    except OSError as error:
        if group.is_dir():
            group.rmdir()
        pytest.skip(f"no control group with a limit of memory can be made here: {error}")
    yield group
    # The processes in it have ended.
    group.rmdir()


def test_the_workers_of_a_limited_container_fit_into_its_memory(limited_group: Path) -> None:
    script = str(ROOT / "lib" / "runtime" / "start_variables.py")
    argv = [sys.executable, "-c", OWN_GROUP, str(limited_group), script, "shell", "threads"]
    printed = subprocess.check_output(argv, text=True, env={})
    expected = min(2, worker_count(available_cpus(), None))
    assert f"export WEB_CONCURRENCY='{expected}'\n" in printed
    assert f"export GUNICORN_CMD_ARGS='--threads {thread_count(expected)}'\n" in printed


SETTINGS = ["accesslog", "worker_tmp_dir", "control_socket", "graceful_timeout", "threads"]


@pytest.fixture
def memory_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "memory"
    folder.mkdir()
    folder.chmod(0o777)
    monkeypatch.setattr("server_defaults.MEMORY_FOLDER", str(folder))
    return folder


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ("", "--access-logfile - --no-control-socket --graceful-timeout 7 --threads 4"),
        (
            "--log-level debug",
            "--access-logfile - --no-control-socket --graceful-timeout 7 --threads 4",
        ),
        ("--log-config x.ini", "--no-control-socket --graceful-timeout 7 --threads 4"),
        ("--logger-class=x.Y", "--no-control-socket --graceful-timeout 7 --threads 4"),
        ("--control-socket a.sock", "--access-logfile - --graceful-timeout 7 --threads 4"),
        ("-k gevent", "--access-logfile - --no-control-socket --graceful-timeout 7"),
        ("-w3", "--access-logfile - --no-control-socket --graceful-timeout 7"),
        ("--workers=3", "--access-logfile - --no-control-socket --graceful-timeout 7"),
        ("-c conf.py", ""),
        ("--config=conf.py", ""),
    ],
)
def test_an_option_at_odds_with_the_users_is_left_out(
    own: str, expected: str, memory_folder: Path
) -> None:
    memory_folder.rmdir()
    assert gunicorn_options(SETTINGS, own, 5, 7) == expected


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can write everywhere")
def test_root_uses_the_memory_folder_only_if_all_users_can(memory_folder: Path) -> None:
    """Herokuish decides as root, and then starts the server as another user."""
    assert gunicorn_options(["worker_tmp_dir"], "", 5, 7)
    memory_folder.chmod(0o755)
    assert gunicorn_options(["worker_tmp_dir"], "", 5, 7) == ""


def test_only_the_settings_that_the_app_leaves_open_get_a_default(memory_folder: Path) -> None:
    assert gunicorn_options(["graceful_timeout"], "", 5, 7) == "--graceful-timeout 7"
    assert gunicorn_options([], "", 5, 7) == ""
    expected = f"--worker-tmp-dir {memory_folder}"
    assert gunicorn_options(["worker_tmp_dir"], "", 5, 7) == expected


ENVIRONMENTS = {
    "heroku": ({"DYNO": "web.1"}, "25", "*"),
    "scalingo": ({"SCALINGO_APPLICATION_ID": "ap-1", "CONTAINER": "web-1"}, "25", "*"),
    "cloud foundry": ({"VCAP_APPLICATION": "{}"}, "7", "*"),
    "cloud run": ({"K_SERVICE": "shop"}, "7", "*"),
    "knative": ({"K_SERVICE": "shop", "KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "7", "*"),
    "kubernetes": ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, "25", None),
    "unknown": ({}, "7", None),
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_servers_stop_before_the_platform_kills_them(name: str) -> None:
    environment, seconds, trusted = ENVIRONMENTS[name]
    values = server_defaults(environment, ["graceful_timeout"], [])
    assert values.pop("WEB_CONCURRENCY").isdigit()
    assert values.pop("FORWARDED_ALLOW_IPS", None) == trusted
    assert values == {
        "GUNICORN_CMD_ARGS": f"--graceful-timeout {seconds}",
        "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN": seconds,
    }


@pytest.mark.parametrize("value", ["", "7"])
def test_variables_of_the_user_stay(value: str) -> None:
    names = ("FORWARDED_ALLOW_IPS", "UVICORN_TIMEOUT_GRACEFUL_SHUTDOWN")
    own = {"DYNO": "web.1", "WEB_CONCURRENCY": "7", **dict.fromkeys(names, value)}
    warnings: list[str] = []
    assert server_defaults(own, [], warnings) == {}
    assert warnings == []


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("", "is empty"),
        (" ", "is empty"),
        ("abc", "is not a whole number"),
        ("2.5", "is not a whole number"),
        ("\udcff", "is not a whole number"),
        ("0", "is less than 1"),
        ("-3", "is less than 1"),
    ],
)
@pytest.mark.usefixtures("one_cpu")
def test_a_number_of_workers_with_which_no_server_starts_is_replaced(
    value: str, problem: str
) -> None:
    environment = {"DYNO": "web.1", "WEB_CONCURRENCY": value}
    warnings: list[str] = []
    environment |= server_defaults(environment, ["threads"], warnings)
    assert environment["WEB_CONCURRENCY"] == "3"
    assert environment["GUNICORN_CMD_ARGS"] == "--threads 4"
    assert warnings == [f"WEB_CONCURRENCY {problem}, so 3 is used as the number of workers."]
    # This is said once.
    assert server_defaults(environment, ["threads"], warnings) == {}
    assert len(warnings) == 1


OF_NODEJS = (
    'export MEMORY_AVAILABLE={0} WEB_MEMORY=512 WEB_CONCURRENCY="${{WEB_CONCURRENCY:-{1}}}"'
)


@pytest.mark.parametrize(
    ("memory", "sets", "given", "is_replaced"),
    [
        (512, 1, {}, True),
        (4096, 8, {}, True),
        (100, 1, {}, True),
        (999_999, 1, {}, True),
        (512, 1, {"WEB_CONCURRENCY": "1"}, False),
        (512, 1, {"WEB_CONCURRENCY": "5"}, False),
        (512, 9, {}, False),
    ],
)
def test_a_number_of_processes_of_nodejs_is_none_of_the_users(
    memory: int, sets: int, given: dict[str, str], *, is_replaced: bool
) -> None:
    script = ROOT / "lib" / "runtime" / "start_variables.py"
    sourced = f'{OF_NODEJS.format(memory, sets)}; found=$("$0" -I -S "$1" shell); echo "$found"'
    argv = ["bash", "-c", sourced, sys.executable, str(script)]
    printed = subprocess.check_output(argv, text=True, env={"PATH": "/usr/bin:/bin", **given})
    assert ("WEB_CONCURRENCY=" in printed) == is_replaced


@pytest.mark.parametrize(("memory", "of_one"), [("512", "0"), ("x", "512"), ("512", "")])
def test_memory_that_is_no_number_says_nothing_about_nodejs(memory: str, of_one: str) -> None:
    environment = {"MEMORY_AVAILABLE": memory, "WEB_MEMORY": of_one, "WEB_CONCURRENCY": "1"}
    assert "WEB_CONCURRENCY" not in server_defaults(environment, [], [])


def test_a_shell_whose_variables_are_unknown_may_have_been_given_any(tmp_path: Path) -> None:
    assert is_set_at_start("WEB_CONCURRENCY", str(tmp_path))


@pytest.mark.parametrize("own", ["", " "])
def test_empty_options_of_the_user_switch_the_defaults_off(own: str) -> None:
    assert "GUNICORN_CMD_ARGS" not in server_defaults({"GUNICORN_CMD_ARGS": own}, SETTINGS, [])


@pytest.mark.parametrize(
    "own",
    [None, "--threads 2", "-w 3 -k gthread", "--access-logfile x --logger-class y", "-c x"],
)
def test_the_second_time_nothing_changes(own: str | None) -> None:
    environment = {} if own is None else {"GUNICORN_CMD_ARGS": own}
    environment |= server_defaults(environment, SETTINGS, [])
    assert server_defaults(environment, SETTINGS, []) == {}
    assert environment["GUNICORN_CMD_ARGS"].endswith(own or "")


@pytest.mark.parametrize("workers", ["7", " 7 "])
def test_the_users_workers_decide_the_threads(workers: str) -> None:
    values = server_defaults({"WEB_CONCURRENCY": workers}, ["threads"], [])
    assert values["GUNICORN_CMD_ARGS"] == "--threads 2"


def test_any_value_survives_the_shell() -> None:
    values = {"A": 'it\'s "x" $HOME `id` \\ \n *', "B": ""}
    script = shell_commands(values, []) + 'printf "%s|%s" "$A" "$B"'
    assert subprocess.check_output(["sh", "-c", script], text=True) == f"{values['A']}|"


@pytest.mark.parametrize("closed", ["", "2>&-"])
def test_the_shell_writes_warnings_and_goes_on(closed: str) -> None:
    script = f"set -e\n{shell_commands({}, ['It is not $HOME.', 'Two'])}echo started"
    done = subprocess.run(
        ["sh", "-c", f"sh -c {shlex.quote(script)} {closed}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "started\n"
    assert done.stderr == ("" if closed else "Slipway: It is not $HOME.\nSlipway: Two\n")
