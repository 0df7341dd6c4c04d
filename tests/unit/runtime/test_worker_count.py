"""The number of workers fits the limits of the container, however they are set."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from worker_count import available_cpus, available_memory, worker_count

from conftest import ROOT
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


def test_the_module_prints_the_number() -> None:
    file = ROOT / "lib" / "runtime" / "worker_count.py"
    printed = subprocess.check_output([sys.executable, "-I", "-S", "-B", file], text=True)
    assert int(printed) == worker_count(available_cpus(), available_memory())
