"""Buildpacks find what others supply, as they do with libbuildpack."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from slipway.domain.cloud_foundry.other_buildpacks import (
    SUBFOLDERS,
    OtherBuildpack,
    is_index,
    launch_script,
    name_of_copy,
    render_config,
    staging_variables,
)

DEPS = Path("/tmp/contents/deps")  # noqa: S108  # nothing is written there


def other(index: str, *subfolders: str, **variables: str) -> OtherBuildpack:
    return OtherBuildpack(
        folder=DEPS / index, subfolders=frozenset(subfolders), variables=variables
    )


def test_folders_of_later_buildpacks_come_first() -> None:
    others = [other("0", *SUBFOLDERS), other("1", "bin"), other("2", "bin", "lib")]
    inherited = {"PATH": "/usr/bin", "CPATH": "", "LANG": "C"}
    assert staging_variables(others, inherited) == {
        "PATH": f"{DEPS}/2/bin:{DEPS}/1/bin:{DEPS}/0/bin:/usr/bin",
        "LD_LIBRARY_PATH": f"{DEPS}/2/lib:{DEPS}/0/lib",
        "LIBRARY_PATH": f"{DEPS}/2/lib:{DEPS}/0/lib",
        "CPATH": f"{DEPS}/0/include",
        "PKG_CONFIG_PATH": f"{DEPS}/0/pkgconfig",
        "LANG": "C",
    }


def test_without_other_buildpacks_nothing_changes() -> None:
    assert staging_variables([], {"PATH": "/usr/bin"}) == {"PATH": "/usr/bin"}
    assert staging_variables([other("0")], {"LANG": "C"}) == {"LANG": "C"}
    assert launch_script([]) == launch_script([other("0", "include", "pkgconfig")]) == ""


def test_a_variable_of_a_later_buildpack_wins() -> None:
    others = [other("0", CFLAGS="-O0", NODE_HOME="/one"), other("1", CFLAGS="-O1")]
    variables = staging_variables(others, {"CFLAGS": "-O2"})
    assert variables == {"CFLAGS": "-O1", "NODE_HOME": "/one"}


def test_a_variable_never_hides_the_folders_of_the_image() -> None:
    others = [other("0", "bin", PATH="/mine"), other("1", PATH="", LD_LIBRARY_PATH="/lib")]
    assert staging_variables(others, {"PATH": "/usr/bin"}) == {
        "PATH": f"/mine:{DEPS}/0/bin:/usr/bin",
        "LD_LIBRARY_PATH": "/lib",
    }


def test_a_name_that_no_process_can_get_is_left_out() -> None:
    odd = dict.fromkeys((".keep", "A=B", "A B", "BASH_FUNC_ls%%", "2A", "\udcff"), "x")
    assert staging_variables([other("0", **odd, A_2="x")], {}) == {"A_2": "x"}


@pytest.mark.parametrize("before", ["", "/usr/lib"])
def test_the_same_folders_are_found_at_start(before: str) -> None:
    script = launch_script([other("00", "bin", "lib"), other("01", "lib", "include")])
    names = ("PATH", "LD_LIBRARY_PATH", "LIBRARY_PATH", "CPATH")
    said = " ".join(f'"${{{name}-}}|"' for name in names)
    printed = subprocess.run(
        ["/bin/sh", "-euc", f"{script} printf %s {said}"],
        env={"DEPS_DIR": "/srv/a b/deps", **(dict.fromkeys(names, before) if before else {})},
        capture_output=True,
        text=True,
        check=True,
    )
    path, *libraries, headers = printed.stdout.removesuffix("|").split("|")
    end = f":{before}" if before else ""
    assert path.startswith("/srv/a b/deps/00/bin:")
    assert libraries == [f"/srv/a b/deps/01/lib:/srv/a b/deps/00/lib{end}"] * 2
    assert headers == before


def test_a_copied_script_has_a_name_that_needs_no_quotes() -> None:
    assert name_of_copy("0", "000_multi-supply.sh") == "0_000_multi-supply.sh"
    names = ["a b.sh", "a_b.sh", "a%20b.sh", "$(x)", "*", "ü", os.fsdecode(b"\xff"), ".x"]
    copies = {name_of_copy("00", name) for name in names}
    assert len(copies) == len(names)
    words = ["bash", "-c", f"printf '%s\\n' {' '.join(copies)}"]
    printed = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    assert {*printed.splitlines()} == copies


@pytest.mark.parametrize(
    ("name", "is_valid"),
    [("0", True), ("00", True), ("12", True), (".x", False), ("a b", False), ("$x", False)],
)
def test_a_folder_with_another_name_is_not_of_a_buildpack(name: str, *, is_valid: bool) -> None:
    assert is_index(name) is is_valid


def test_the_platform_learns_name_and_version() -> None:
    assert json.loads(render_config("slipway", "1.0")) == {
        "name": "slipway",
        "version": "1.0",
        "config": {},
    }
