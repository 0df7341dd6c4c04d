"""The builder of the tests finds the same processes as Cloud Foundry's builder.

Each test here also passes with the platform's own program.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from integration.cloud_foundry import OTHER_FAILURE, RELEASE_FAILED, Builder, start_command
from integration.cloud_foundry.builder import NO_START_COMMAND
from integration.cloud_foundry.fake_buildpacks import complete_buildpack, fake_buildpack
from integration.packages import write_tree

RELEASED = "default_process_types:\n  web: released\n  worker: also\n"
FROM_RELEASE = {"web": "released", "worker": "also"}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "pushed", {"app.txt": "afloat\n"})


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(folder=tmp_path / "builder")


def printing(place: Path, text: str, launch_yml: str = "") -> Path:
    """Write a buildpack whose `bin/release` prints a text, and that may have a launch.yml."""
    write_tree(place, {"release.yml": text, "launch.yml": launch_yml})
    supply = 'cp "${0%/*}/../launch.yml" "$3/$4"' if launch_yml else ""
    release = 'cat "${0%/*}/../release.yml"'
    return complete_buildpack(place, supply=supply, finalize="", release=release)


@pytest.mark.parametrize(
    ("text", "processes"),
    [
        (RELEASED, FROM_RELEASE),
        (f"---\nconfig_vars: {{A: b}}\naddons: [c]\nother: 3\n{RELEASED}", FROM_RELEASE),
        (
            "default_process_types: {web: 3, a: yes, b: 1.50, c: 2020-01-02, d: 0x10}",
            {
                "web": "3",
                "a": "yes",
                "b": "1.50",
                "c": "2020-01-02",
                "d": "0x10",
            },
        ),
        (
            "default_process_types: {web: ~, a: null, b: '', c: 'null', d: nothing}",
            {
                "web": "",
                "a": "",
                "b": "",
                "c": "null",
                "d": "nothing",
            },
        ),
        ("", {}),
        ("--- {}", {}),
        ("# nothing", {}),
        ("null", {}),
        ("config_vars:\ndefault_process_types:\n", {}),
        (f"{RELEASED}---\nother: [", FROM_RELEASE),
    ],
)
def test_only_default_process_types_of_a_release_count(
    builder: Builder, app: Path, tmp_path: Path, text: str, processes: Mapping[str, str]
) -> None:
    staged = builder.stage(app, printing(tmp_path / "a", text))
    assert (staged.status, staged.processes) == (0, processes), staged.all
    assert staged.err == ("" if processes.get("web") else NO_START_COMMAND)


@pytest.mark.parametrize(
    "text",
    [
        "plain text",
        "[web]",
        "default_process_types: web",
        "default_process_types: [web]",
        "default_process_types: {web: [gunicorn]}",
        "default_process_types: {web: {command: gunicorn}}",
        "default_process_types: {web: a",
        "default_process_types:\n\tweb: a\n",
    ],
)
def test_a_release_is_a_mapping(builder: Builder, app: Path, tmp_path: Path, text: str) -> None:
    staged = builder.stage(app, printing(tmp_path / "a", text))
    assert staged.status == RELEASE_FAILED
    invalid = "Failed to build droplet release: buildpack's release output invalid: yaml: "
    assert staged.err.startswith(invalid)


@pytest.mark.parametrize(
    ("procfile", "processes"),
    [
        (b"web: own", {**FROM_RELEASE, "web": "own"}),
        (
            b"clock: own\nrelease: migrate",
            {**FROM_RELEASE, "clock": "own", "release": "migrate"},
        ),
        (b"Web: own", {**FROM_RELEASE, "Web": "own"}),
        (b"", FROM_RELEASE),
        (b"# web: own\n", FROM_RELEASE),
        (b"web: own # comment", {**FROM_RELEASE, "web": "own"}),
        (b"web: a#b it's --x a %h true", {**FROM_RELEASE, "web": "a#b it's --x a %h true"}),
        (
            b'web: gunicorn "a.b:create_app()"',
            {
                **FROM_RELEASE,
                "web": 'gunicorn "a.b:create_app()"',
            },
        ),
        (b"web: 'gunicorn --env \"A: b\"'", {**FROM_RELEASE, "web": 'gunicorn --env "A: b"'}),
        (b"web: own\r\nworker: more\r\n", {"web": "own", "worker": "more"}),
        (b"\xef\xbb\xbfweb: own", {**FROM_RELEASE, "web": "own"}),
        (
            "web: caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode(),
            {
                **FROM_RELEASE,
                "web": "caf\N{LATIN SMALL LETTER E WITH ACUTE}",
            },
        ),
        (b"web:\town\tx\t\nworker: \t more", {"web": "own\tx", "worker": "more"}),
        (b"web: 3\nworker: yes", {"web": "3", "worker": "yes"}),
        (b"web: true", {**FROM_RELEASE, "web": "true"}),
        # What a user would not expect.
        (b"web: own\nweb: again", {**FROM_RELEASE, "web": "again"}),
        (b"web: a\n  b", {**FROM_RELEASE, "web": "a b"}),
        (b"web: !x y", {**FROM_RELEASE, "web": "y"}),
        (b"web: &x y", {**FROM_RELEASE, "web": "y"}),
        (b"web: &x y\nworker: *x", {"web": "y", "worker": "y"}),
        (b"web:", {**FROM_RELEASE, "web": ""}),
        (b'web: ""', {**FROM_RELEASE, "web": ""}),
        (b"web: ~", {**FROM_RELEASE, "web": ""}),
        (b"web: own\n---\nworker: more", {**FROM_RELEASE, "web": "own"}),
    ],
)
def test_a_procfile_is_merged_with_the_release(
    builder: Builder,
    app: Path,
    tmp_path: Path,
    procfile: bytes,
    processes: Mapping[str, str],
) -> None:
    (app / "Procfile").write_bytes(procfile)
    staged = builder.stage(app, printing(tmp_path / "a", RELEASED))
    assert (staged.status, staged.processes) == (0, processes), staged.all
    assert staged.err == ("" if processes["web"] else NO_START_COMMAND)


@pytest.mark.parametrize(
    "procfile",
    [
        b"web:own",
        b"web own",
        b"\tweb: own",
        b"web: a\n\tworker: b",
        b'web: gunicorn --env "A: b" x',
        b'web: gunicorn --access-logformat "a: b"',
        b'web: "a" b',
        b"web: 'a' b",
        b"web: a:",
        b"web: [ -f x ] && y",
        b"web: {x}",
        b"web: [x]",
        b"web: *x",
        b"web: @x",
        b"web: `x`",
        b"web: %x",
        b"web: | x",
        b"web: > x",
        b"web: - x",
        b"web: ? x",
        b"- web: x",
        b"web: caf\xe9",
        b"web: \x00",
    ],
)
def test_a_procfile_must_be_yaml(
    builder: Builder, app: Path, tmp_path: Path, procfile: bytes
) -> None:
    (app / "Procfile").write_bytes(procfile)
    staged = builder.stage(app, printing(tmp_path / "a", RELEASED))
    assert staged.status == OTHER_FAILURE, staged.processes
    assert staged.err == "Failed to read command from Procfile: invalid YAML\n"


def test_a_procfile_is_read_after_finalize(builder: Builder, app: Path, tmp_path: Path) -> None:
    script = "[ -f $1/Procfile ] || echo 'web: written' >$1/Procfile"
    buildpack = fake_buildpack(tmp_path / "a", finalize=script, release="")
    assert builder.build(app, buildpack).processes == {"web": "written"}
    write_tree(app, {"Procfile": "web: own\n"})
    assert builder.build(app, buildpack).processes == {"web": "own"}


LAUNCH_YML = """
processes:
  - type: web
    command: launched
  - type: proxy
    command: beside
    limits: {memory: 64}
    platforms: {cloudfoundry: {sidecar_for: [web]}}
"""


def test_launch_yml_replaces_the_release(builder: Builder, app: Path, tmp_path: Path) -> None:
    """A process type that is missing there is missing; it may also declare sidecars."""
    write_tree(app, {"Procfile": "clock: own\n"})
    staged = builder.build(app, printing(tmp_path / "a", RELEASED, LAUNCH_YML))
    assert staged.processes == {"web": "launched", "clock": "own"}
    assert staged.result["sidecars"] == [
        {"name": "proxy", "process_types": ["web"], "command": "beside", "memory": 64}
    ]


def test_an_empty_launch_yml_replaces_the_release_too(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    staged = builder.stage(app, printing(tmp_path / "a", RELEASED, "\n"))
    assert (staged.status, staged.processes, staged.err) == (0, {}, NO_START_COMMAND)


def test_launch_yml_of_earlier_buildpacks_counts_less(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    first = printing(tmp_path / "a", "", LAUNCH_YML.replace("proxy", "worker"))
    more = "processes: [{type: web, command: later}, {type: clock, command: tick}]"
    second = printing(tmp_path / "b", "", more)
    staged = builder.build(app, first, second, printing(tmp_path / "c", RELEASED))
    assert staged.processes == {**FROM_RELEASE, "clock": "tick"}
    assert "sidecars" not in staged.result  # the release has a process of the same type
    write_tree(app, {"Procfile": "clock: own\n"})
    last = printing(tmp_path / "d", RELEASED, "processes: [{type: last, command: one}]")
    staged = builder.build(app, first, second, last)
    assert staged.processes == {"web": "later", "clock": "own", "last": "one"}


@pytest.mark.parametrize(("buildpacks", "is_read"), [(9, True), (10, False), (11, True)])
def test_launch_yml_is_looked_for_under_another_number(
    builder: Builder, app: Path, tmp_path: Path, buildpacks: int, *, is_read: bool
) -> None:
    """That of the tenth of ten buildpacks is in `DEPS/09`, and is looked for in `DEPS/9`."""
    earlier = [
        fake_buildpack(tmp_path / str(number), supply="") for number in range(buildpacks - 1)
    ]
    staged = builder.build(app, *earlier, printing(tmp_path / "a", RELEASED, LAUNCH_YML))
    assert staged.processes["web"] == ("launched" if is_read else "released")


@pytest.mark.parametrize(("others", "is_read"), [(0, True), (1, False)])
def test_launch_yml_is_not_found_if_one_of_several_buildpacks_is_detected(
    builder: Builder, app: Path, tmp_path: Path, others: int, *, is_read: bool
) -> None:
    never = [fake_buildpack(tmp_path / "b")] * others
    buildpack = printing(tmp_path / "a", RELEASED, LAUNCH_YML)
    staged = builder.stage(app, buildpack, *never, detects=True)
    assert staged.processes["web"] == ("launched" if is_read else "released")


def test_the_launcher_gets_the_command_of_web_only(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    supply = "echo 'name: boats\nconfig: {entrypoint_prefix: sh -c}' >$3/$4/config.yml"
    buildpack = fake_buildpack(
        tmp_path / "a", supply=supply, finalize="", release=f"echo '{RELEASED}'"
    )
    vcap = builder.build(app, buildpack).unpack(tmp_path / "vcap")
    assert json.loads((vcap / "staging_info.yml").read_text("utf-8")) == {
        "detected_buildpack": "boats",
        "start_command": "released",
        "config": {"entrypoint_prefix": "sh -c"},
    }
    assert start_command(vcap) == "released"
