"""Cache keys have the content that variables name, not the folders of the platform."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from slipway.toolchains.key_variables import compiling_facts, index_facts
from unit.samples import write_files

FILES = {
    ".apt/usr/include/sub/one.h": "#define ONE 1\n",
    ".apt/usr/lib/libone.so": "one",
    ".apt/usr/lib/pkgconfig/one.pc": "prefix=$APP/.apt/usr\n",
    "constraints.txt": "six<2\n",
    "wheels/a-1-py3-none-any.whl": "a wheel",
    "uv.toml": "offline = true\n",
    "pip.conf": "[global]\nfind-links = $APP/wheels\n",
}

COMPILING = [
    pytest.param({"CPATH": "$APP/.apt/usr/include"}, id="CPATH"),
    pytest.param({"C_INCLUDE_PATH": ":$APP/.apt/usr/include:/gone"}, id="C_INCLUDE_PATH"),
    pytest.param({"CFLAGS": "-O2 -I$APP/.apt/usr/include"}, id="CFLAGS"),
    pytest.param({"CPPFLAGS": "-isystem $APP/.apt/usr/include"}, id="CPPFLAGS"),
]
LINKING = [
    pytest.param({"LIBRARY_PATH": "$APP/.apt/usr/lib"}, id="LIBRARY_PATH"),
    pytest.param({"LD_LIBRARY_PATH": "$APP/.apt/usr/lib"}, id="LD_LIBRARY_PATH"),
    pytest.param({"LDFLAGS": "-L $APP/.apt/usr/lib -lone"}, id="LDFLAGS"),
    pytest.param({"LDFLAGS": "$APP/.apt/usr/lib/libone.so"}, id="file-in-LDFLAGS"),
]
PKG_CONFIG = [
    pytest.param({"PKG_CONFIG_PATH": "$APP/.apt/usr/lib/pkgconfig"}, id="PKG_CONFIG_PATH")
]
INDEX = [
    pytest.param(
        {"PIP_CONSTRAINT": "$APP/constraints.txt"}, "constraints.txt", id="constraint"
    ),
    pytest.param({"UV_CONSTRAINT": "constraints.txt"}, "constraints.txt", id="relative"),
    pytest.param({"UV_CONFIG_FILE": "$APP/uv.toml"}, "uv.toml", id="configuration-of-uv"),
    pytest.param(
        {"PIP_FIND_LINKS": "https://h.example/x $APP/wheels"},
        "wheels/a-1-py3-none-any.whl",
        id="find-links",
    ),
    pytest.param(
        {"UV_FIND_LINKS": "file://$APP/wheels,https://h.example/x"},
        "wheels/a-1-py3-none-any.whl",
        id="find-links-of-uv",
    ),
    pytest.param(
        {"PIP_CONFIG_FILE": "$APP/pip.conf"}, "wheels/a-1-py3-none-any.whl", id="pip.conf"
    ),
]

Facts = Callable[[Path, dict[str, str]], list[str]]


def facts(of: Facts, app: Path, environment: dict[str, str], **files: str) -> list[str]:
    """Return the facts of an app; `$APP` stands for its folder."""
    written = {**FILES, **files}
    write_files(app, {name: text.replace("$APP", str(app)) for name, text in written.items()})
    variables = {name: value.replace("$APP", str(app)) for name, value in environment.items()}
    return of(app, {"PIP_CONFIG_FILE": os.devnull, **variables})


@pytest.mark.parametrize("environment", [*COMPILING, *LINKING, *PKG_CONFIG])
def test_the_folder_of_the_app_is_not_in_the_key_of_a_wheel(
    environment: dict[str, str], tmp_path: Path
) -> None:
    one = facts(compiling_facts, tmp_path / "build_1", environment)
    assert one
    assert one == facts(compiling_facts, tmp_path / "build_2", environment)
    assert str(tmp_path) not in str(one)


@pytest.mark.parametrize(
    ("environment", "file"),
    [
        *(
            pytest.param(*one.values, ".apt/usr/include/sub/one.h", id=one.id)
            for one in COMPILING
        ),
        *(pytest.param(*one.values, ".apt/usr/lib/libone.so", id=one.id) for one in LINKING),
        *(
            pytest.param(*one.values, ".apt/usr/lib/pkgconfig/one.pc", id=one.id)
            for one in PKG_CONFIG
        ),
    ],
)
def test_a_changed_header_or_library_changes_the_key_of_a_wheel(
    environment: dict[str, str], file: str, tmp_path: Path
) -> None:
    before = facts(compiling_facts, tmp_path / "app", environment)
    assert facts(compiling_facts, tmp_path / "app", environment, **{file: "2"}) != before


def test_folders_of_earlier_buildpacks_count_with_their_content(tmp_path: Path) -> None:
    def facts_of(name: str, header: str = "int qq(void);\n") -> list[str]:
        app, deps = tmp_path / "app", tmp_path / name / "deps"
        files = {
            "0/apt/usr/include/parts/qq.h": header,
            "0/pkgconfig/qq.pc": f"prefix={deps}/0/apt/usr\n",
        }
        write_files(deps, files)
        (deps / "0" / "include").mkdir(exist_ok=True)
        link = deps / "0" / "include" / "parts"
        link.unlink(missing_ok=True)
        link.symlink_to("../apt/usr/include/parts")
        environment = {
            "CPATH": f"{deps}/0/include",
            "PKG_CONFIG_PATH": f"{deps}/0/pkgconfig",
            "CFLAGS": f"-g -I{deps}/0/include",
            "LDFLAGS": f"-Wl,-rpath,{deps}/0/lib",
        }
        return compiling_facts(app, environment, [deps])

    one = facts_of("contents_1")
    assert one == facts_of("contents_2")
    assert str(tmp_path) not in str(one)
    changed = facts_of("contents_1", "long qq(void);\n")
    same = [before == after for before, after in zip(one, changed, strict=True)]
    assert same == [False, True, False, True]


def test_links_out_of_a_folder_are_not_followed_far(tmp_path: Path) -> None:
    include = tmp_path / "deps" / "0" / "include"
    include.mkdir(parents=True)
    (include / "all").symlink_to("..")
    (include / "itself").symlink_to(".")
    (include / "other").symlink_to(tmp_path)
    (include / "twice").symlink_to("../parts")
    (include / "again").symlink_to("../parts")
    parts = write_files(tmp_path / "deps" / "0" / "parts", {"up.h": ""})
    (parts / "back").symlink_to("../include")

    def facts_of() -> list[str]:
        return compiling_facts(tmp_path / "app", {"CPATH": str(include)}, [tmp_path / "deps"])

    before = facts_of()
    write_files(tmp_path, {"elsewhere.h": "", "deps/0/elsewhere.h": ""})
    assert facts_of() == before
    write_files(parts, {"up.h": "changed"})
    assert facts_of() != before


def test_without_variables_nothing_is_read(tmp_path: Path) -> None:
    assert facts(compiling_facts, tmp_path, {}) == []
    assert facts(index_facts, tmp_path, {}) == []


@pytest.mark.parametrize(
    "environment", [{"CC": "clang"}, {"CFLAGS": "-O3"}, {"LD_RUN_PATH": "/layers/apt/lib"}]
)
def test_other_variables_of_compilers_count_as_they_are(
    environment: dict[str, str], tmp_path: Path
) -> None:
    [(name, value)] = environment.items()
    assert facts(compiling_facts, tmp_path, environment) == [f"{name}={value}"]


def test_a_library_in_a_subfolder_does_not_count(tmp_path: Path) -> None:
    environment = {"LIBRARY_PATH": "$APP/.apt/usr"}
    before = facts(compiling_facts, tmp_path, environment)
    assert before == facts(compiling_facts, tmp_path, environment, **{".apt/usr/lib/x.so": ""})


@pytest.mark.parametrize("place", ["/", "/usr/include", "/opt/x", "/gone", "relative"])
def test_a_folder_of_the_image_is_not_read(place: str, tmp_path: Path) -> None:
    [fact] = facts(compiling_facts, tmp_path, {"CPATH": place})
    assert fact in (f"CPATH={place}", "CPATH=missing")


def test_strange_files_do_not_stop_a_build(tmp_path: Path) -> None:
    folder = tmp_path / "include"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "loop").symlink_to("loop")
    (folder / "up").symlink_to("..")
    Path(os.fsdecode(os.fsencode(folder) + b"/stra\xdfe.h")).touch()
    long = "/" + "x" * 5000
    environment = {
        "CPATH": f"{folder}:{long}:\udcff",
        "CFLAGS": f"'-I{folder}",
        "LDFLAGS": long,
    }
    assert len(compiling_facts(tmp_path, environment)) == 3
    assert index_facts(tmp_path, {"PIP_CONSTRAINT": f"{long} http://[ \udcff"})


@pytest.mark.parametrize(("environment", "file"), INDEX)
def test_a_file_for_pip_or_uv_counts_with_its_content(
    environment: dict[str, str], file: str, tmp_path: Path
) -> None:
    one = facts(index_facts, tmp_path / "build_1", environment)
    assert one == facts(index_facts, tmp_path / "build_2", environment)
    assert str(tmp_path) not in str(one)
    assert one != facts(index_facts, tmp_path / "build_2", environment, **{file: "2"})


def test_an_address_counts_without_its_credentials(tmp_path: Path) -> None:
    environment = {
        "PIP_FIND_LINKS": "https://u:s3cret@h.example/x",
        "PIP_INDEX_URL": "https://i",
    }
    assert facts(index_facts, tmp_path, environment) == [
        "PIP_INDEX_URL=https://i",
        "PIP_FIND_LINKS=https://h.example/x",
    ]
