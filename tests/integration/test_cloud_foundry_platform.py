"""The builder of the tests does what Cloud Foundry's builder does, with small buildpacks.

Each test here also passes with the platform's own program.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from integration.cloud_foundry import (
    COMPILE_FAILED,
    DETECT_FAILED,
    OTHER_FAILURE,
    RELEASE_FAILED,
    SUPPLY_FAILED,
    Builder,
    Staged,
    staging_env,
)
from integration.cloud_foundry.archives import archive, served_folder
from integration.cloud_foundry.builder import (
    DETECT_NOT_EXECUTABLE,
    MISSING_FINALIZE,
    NO_START_COMMAND,
)
from integration.cloud_foundry.exits import BAD_PLATFORM_OPTIONS, NO_CREDENTIAL_HUB
from integration.cloud_foundry.fake_buildpacks import (
    ECHO,
    RELEASE,
    complete_buildpack,
    fake_buildpack,
)
from integration.packages import write_tree
from integration.repositories import git

FAILS = "exit 9"
WITHOUT_DETECT = {"finalize": ECHO, "release": RELEASE}


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_tree(tmp_path / "pushed", {"app.txt": "afloat\n"})


@pytest.fixture
def builder(tmp_path: Path) -> Builder:
    return Builder(folder=tmp_path / "builder")


def calls(staged: Staged, builder: Builder) -> list[str]:
    """Return what scripts printed, with the names of folders as on the platform."""
    names = {
        str(builder.folder / "app"): "BUILD",
        str(builder.cache): "CACHE",
        r"\S+/contents\w+/deps": "DEPS",
        r"\S+/contents\w+/profile.d": "PROFILE_DIR",
        r"(?<=CACHE/)[0-9a-f]{16}\b": "HASH",
    }
    text = staged.out
    for pattern, name in names.items():
        text = re.sub(pattern, name, text)
    return text.splitlines()


# The calls.


def test_the_last_buildpack_supplies_and_finalizes(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    """If there is `bin/finalize`, `bin/compile` is not run, and `bin/detect` is not either."""
    staged = builder.stage(app, complete_buildpack(tmp_path / "a"))
    assert (staged.status, staged.err) == (0, "")
    assert calls(staged, builder) == [
        "supply BUILD CACHE/final DEPS 0",
        "finalize BUILD CACHE/final DEPS 0 PROFILE_DIR",
    ]
    assert staged.processes == {"web": "echo served"}


def test_earlier_buildpacks_only_supply(builder: Builder, app: Path, tmp_path: Path) -> None:
    earlier = [complete_buildpack(tmp_path / name) for name in ("a", "b")]
    staged = builder.stage(app, *earlier, complete_buildpack(tmp_path / "c"))
    assert (staged.status, staged.err) == (0, "")
    assert calls(staged, builder) == [
        "supply BUILD CACHE/HASH DEPS 0",
        "supply BUILD CACHE/HASH DEPS 1",
        "supply BUILD CACHE/final DEPS 2",
        "finalize BUILD CACHE/final DEPS 2 PROFILE_DIR",
    ]
    caches = [line.split()[2] for line in staged.out.splitlines()]
    assert len({*caches}) == 3


def test_a_buildpack_may_only_finalize(builder: Builder, app: Path, tmp_path: Path) -> None:
    last = fake_buildpack(tmp_path / "last", finalize=ECHO, release=RELEASE)
    staged = builder.stage(app, last)
    assert calls(staged, builder) == ["finalize BUILD CACHE/final DEPS 0 PROFILE_DIR"]


def test_an_old_buildpack_compiles(builder: Builder, app: Path, tmp_path: Path) -> None:
    """It gets two arguments, and its folder in DEPS is gone: it does not know of it."""
    script = f"{ECHO}\nls $TMPDIR/contents*/deps"
    old = fake_buildpack(tmp_path / "old", compile=script, supply=ECHO, release=RELEASE)
    staged = builder.stage(app, old)
    assert (staged.status, staged.err) == (0, "")
    assert calls(staged, builder) == ["compile BUILD CACHE/final"]
    after_another = builder.stage(app, complete_buildpack(tmp_path / "a"), old)
    assert (after_another.status, after_another.err) == (0, MISSING_FINALIZE)
    assert calls(after_another, builder) == [
        "supply BUILD CACHE/HASH DEPS 0",
        "compile BUILD CACHE/final",
        "0",
    ]


def test_a_buildpack_must_finalize_or_compile(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    staged = builder.stage(app, fake_buildpack(tmp_path / "a", supply=ECHO, release=RELEASE))
    assert (staged.status, staged.out) == (COMPILE_FAILED, "")
    assert re.fullmatch(
        "Failed to compile droplet: Failed to compile droplet: fork/exec .+/bin/compile: "
        "no such file or directory\n",
        staged.err,
    )


def test_the_first_buildpack_that_accepts_the_app_is_the_only_one(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    refusing = complete_buildpack(tmp_path / "a", detect=f"{ECHO} >&2; exit 1")
    accepting = complete_buildpack(tmp_path / "b", detect=f"{ECHO} >&2; echo Boats")
    never = complete_buildpack(tmp_path / "c", detect="echo never >&2")
    staged = builder.stage(app, refusing, accepting, never, detects=True)
    assert staged.status == 0, staged.all
    assert staged.err == f"detect {builder.folder / 'app'}\n" * 2
    assert calls(staged, builder) == [
        "supply BUILD CACHE/final DEPS 0",
        "finalize BUILD CACHE/final DEPS 0 PROFILE_DIR",
    ]
    described = staged.result["lifecycle_metadata"]
    assert described["buildpack_key"] == str(accepting)
    assert [one["name"] for one in described["buildpacks"]] == ["Boats"]


@pytest.mark.parametrize(("buildpacks", "index"), [(1, "0"), (9, "8"), (10, "09"), (11, "10")])
def test_indexes_have_two_digits_from_ten_buildpacks_on(
    builder: Builder, app: Path, tmp_path: Path, buildpacks: int, index: str
) -> None:
    scripts = {"supply": "", "finalize": "echo $4", "release": RELEASE}
    named = [fake_buildpack(tmp_path / str(number), **scripts) for number in range(buildpacks)]
    assert builder.stage(app, *named).out == f"{index}\n"


def test_scripts_run_in_the_folder_of_the_builder(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    """They find their buildpack by `$0`."""
    builder.cwd = tmp_path
    script = 'pwd; cat "${0%/*}/../own.txt"'
    buildpack = complete_buildpack(tmp_path / "a", supply=script, finalize=script)
    write_tree(buildpack, {"own.txt": "own\n"})
    assert builder.stage(app, buildpack).out == f"{tmp_path}\nown\n" * 2


def test_folders_for_profile_scripts_are_outside_the_app_and_empty(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    supply = 'mkdir "$3/$4/profile.d"; touch "$3/$4/profile.d/first.sh"'
    finalize = 'ls -A "$5" "$3/$4"; [ "$5" = "${3%/deps}/profile.d" ] && echo beside DEPS'
    first = complete_buildpack(tmp_path / "a", supply=supply)
    staged = builder.stage(app, first, complete_buildpack(tmp_path / "b", finalize=finalize))
    assert "first.sh" not in staged.out
    assert staged.out.endswith("\nbeside DEPS\n")


def test_what_scripts_print_reaches_the_user(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    """The output of detect and release does not, but their errors do."""
    names = ("detect", "supply", "finalize", "release")
    scripts = {name: f"echo '# {name}'; echo {name} fault >&2" for name in names}
    staged = builder.stage(app, complete_buildpack(tmp_path / "a", **scripts), detects=True)
    assert staged.status == 0
    assert staged.out == "# supply\n# finalize\n"
    assert staged.err == "".join(f"{name} fault\n" for name in names) + NO_START_COMMAND


# Detection.


@pytest.mark.parametrize(
    ("config", "name"),
    [("", "Boats\nand ships"), ("name: boats", "boats"), ("version: 1.2", "Boats\nand ships")],
)
def test_the_text_of_detect_is_a_name_of_last_resort(
    builder: Builder, app: Path, tmp_path: Path, config: str, name: str
) -> None:
    buildpack = complete_buildpack(
        tmp_path / "a",
        detect="echo Boats; echo and ships; echo",
        finalize=f'echo "{config}" > "$3/$4/config.yml"',
    )
    staged = builder.stage(app, buildpack, detects=True)
    assert staged.result["lifecycle_metadata"]["detected_buildpack"] == name
    named = builder.stage(app, buildpack)
    unknown = "boats" if config == "name: boats" else ""
    assert named.result["lifecycle_metadata"]["detected_buildpack"] == unknown


@pytest.mark.parametrize(
    ("mode", "used"), [(0o755, "first"), (0o700, "first"), (0o644, "second")]
)
def test_a_script_for_detection_must_be_executable(
    builder: Builder, app: Path, tmp_path: Path, mode: int, used: str
) -> None:
    """The warning also appears if only some users can execute it."""
    first = complete_buildpack(tmp_path / "a", detect="echo first")
    (first / "bin" / "detect").chmod(mode)
    second = complete_buildpack(tmp_path / "b", detect="echo second")
    staged = builder.stage(app, first, second, detects=True)
    assert staged.out.startswith(DETECT_NOT_EXECUTABLE) == (mode != 0o755)
    assert staged.result["lifecycle_metadata"]["detected_buildpack"] == used


def test_what_is_no_buildpack_is_left_out_of_detection(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    without_detect = fake_buildpack(tmp_path / "a", **WITHOUT_DETECT)
    no_buildpack = write_tree(tmp_path / "b", {"README": "", "LICENSE": ""})
    last = complete_buildpack(tmp_path / "c", detect="echo last")
    staged = builder.stage(app, without_detect, no_buildpack, last, detects=True)
    assert staged.result["lifecycle_metadata"]["detected_buildpack"] == "last"
    first, second = staged.err.splitlines()
    assert re.fullmatch(r"stat \S+/bin/detect: no such file or directory", first)
    assert second == f"malformed buildpack does not contain a /bin dir: {no_buildpack}"


# Failures.


def broken(place: Path, missing: str = "", forbidden: str = "", **scripts: str) -> Path:
    """Write a complete buildpack, and take away a script or the right to execute it."""
    buildpack = complete_buildpack(place, **scripts)
    if missing:
        (buildpack / "bin" / missing).unlink()
    if forbidden:
        (buildpack / "bin" / forbidden).chmod(0o644)
    return buildpack


@pytest.mark.parametrize(
    ("faults", "status", "message"),
    [
        (
            {"supply": FAILS},
            COMPILE_FAILED,
            "Failed to compile droplet: Failed to run all supply scripts: exit status 9",
        ),
        (
            {"forbidden": "supply"},
            COMPILE_FAILED,
            "Failed to compile droplet: Failed to run all supply scripts: NOT EXECUTABLE",
        ),
        (
            {"finalize": FAILS},
            COMPILE_FAILED,
            "Failed to compile droplet: Failed to run finalize script: exit status 9",
        ),
        (
            {"finalize": "kill -9 $$"},
            COMPILE_FAILED,
            "Failed to compile droplet: Failed to run finalize script: signal: killed",
        ),
        (
            {"forbidden": "finalize"},
            COMPILE_FAILED,
            "Failed to compile droplet: Failed to run finalize script: NOT EXECUTABLE",
        ),
        (
            {"compile": FAILS, "missing": "finalize"},
            COMPILE_FAILED,
            "Failed to compile droplet: Failed to compile droplet: exit status 9",
        ),
        (
            {"release": FAILS},
            RELEASE_FAILED,
            "Failed to build droplet release: exit status 9",
        ),
        (
            {"missing": "release"},
            RELEASE_FAILED,
            "Failed to build droplet release: MISSING",
        ),
        (
            {"release": "echo 'default_process_types: web'"},
            RELEASE_FAILED,
            "Failed to build droplet release: buildpack's release output invalid: yaml: ",
        ),
        (
            {"finalize": 'echo "web: a: b" > "$1/Procfile"'},
            OTHER_FAILURE,
            "Failed to read command from Procfile: invalid YAML",
        ),
        (
            {"finalize": 'mkdir "$1/Procfile"'},
            OTHER_FAILURE,
            "Failed to read command from Procfile: read BUILD/Procfile: is a directory",
        ),
        (
            {"finalize": 'echo "a: b: c" > "$3/$4/launch.yml"'},
            OTHER_FAILURE,
            "yaml: ",
        ),
    ],
)
def test_a_failure_of_the_last_buildpack(
    builder: Builder,
    app: Path,
    tmp_path: Path,
    faults: Mapping[str, str],
    status: int,
    message: str,
) -> None:
    """The result tells of the buildpacks, but has no processes; there is no droplet."""
    buildpack = broken(tmp_path / "a", **faults)
    staged = builder.stage(app, buildpack)
    assert staged.status == status
    said = staged.err.replace(str(builder.folder / "app"), "BUILD")
    said = re.sub(r"fork/exec \S+: permission denied", "NOT EXECUTABLE", said)
    said = re.sub(r"fork/exec \S+: no such file or directory", "MISSING", said)
    assert said.startswith(message)
    assert staged.result["process_types"] is None
    assert staged.result["lifecycle_metadata"]["buildpack_key"] == str(buildpack)
    assert not staged.droplet.exists()


def test_a_failure_of_an_earlier_buildpack(builder: Builder, app: Path, tmp_path: Path) -> None:
    earlier = complete_buildpack(tmp_path / "a", supply=FAILS)
    staged = builder.stage(app, earlier, complete_buildpack(tmp_path / "b"))
    assert (staged.status, staged.out, staged.result) == (SUPPLY_FAILED, "", {})
    assert staged.err == "Failed to run all supply scripts: exit status 9\n"


def test_earlier_buildpacks_must_be_able_to_supply(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    """No script runs before that is known."""
    earlier = fake_buildpack(tmp_path / "b", compile=ECHO, release=RELEASE)
    buildpacks = complete_buildpack(tmp_path / "a"), earlier, complete_buildpack(tmp_path / "c")
    staged = builder.stage(app, *buildpacks)
    assert (staged.status, staged.out, staged.result) == (SUPPLY_FAILED, "", {})
    assert staged.err == (
        "Error: one of the buildpacks chosen to supply dependencies does not support "
        "multi-buildpack apps\n"
    )


def test_a_named_buildpack_must_have_scripts(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    """Of an earlier one, the problem is told twice."""
    none = write_tree(tmp_path / "b", {"README": "", "LICENSE": ""})
    problem = f"malformed buildpack does not contain a /bin dir: {none}\n"
    complete = complete_buildpack(tmp_path / "a")
    last, first = builder.stage(app, complete, none), builder.stage(app, none, complete)
    assert last.status == first.status == SUPPLY_FAILED
    assert last.err == f"Failed to run all supply scripts: {problem}"
    assert first.err == f"{problem}{last.err}"


def test_no_buildpack_accepts_the_app(builder: Builder, app: Path, tmp_path: Path) -> None:
    refusing = complete_buildpack(tmp_path / "a", detect="exit 1")
    staged = builder.stage(app, refusing, detects=True)
    assert (staged.status, staged.out, staged.result) == (DETECT_FAILED, "", {})
    assert staged.err == "None of the buildpacks detected a compatible application\n"


@pytest.mark.parametrize(
    ("options", "status", "message"),
    [
        ("{", BAD_PLATFORM_OPTIONS, "Invalid platform options: "),
        ("[]", BAD_PLATFORM_OPTIONS, "Invalid platform options: "),
        (
            '{"credhub-uri": "http://127.0.0.1:1"}',
            NO_CREDENTIAL_HUB,
            "Unable to interpolate credhub refs: ",
        ),
    ],
)
def test_options_of_the_platform_come_first(
    builder: Builder, app: Path, tmp_path: Path, options: str, status: int, message: str
) -> None:
    services = {"hub": [{"credentials": {"credhub-ref": "/secret"}}]}
    builder.env = staging_env(services, VCAP_PLATFORM_OPTIONS=options)
    staged = builder.stage(app, complete_buildpack(tmp_path / "a"))
    assert (staged.status, staged.out) == (status, "")
    assert staged.err.startswith(message)


# Variables and folders.


def test_scripts_get_all_variables(builder: Builder, app: Path, tmp_path: Path) -> None:
    given = {"HARBOUR": "open", "VCAP_PLATFORM_OPTIONS": "{}", "PYTHONPATH": "/nowhere"}
    script = 'env > "$1/${0##*/}.env"; [ "${0##*/}" = release ] || echo'
    scripts = dict.fromkeys(("detect", "supply", "finalize", "release"), script)
    buildpack = complete_buildpack(tmp_path / "a", **scripts)
    staged = builder.stage(app, buildpack, detects=True, env=given)
    assert staged.status == 0, staged.all
    for name in scripts:
        text = (builder.left / f"{name}.env").read_text()
        found = dict(line.split("=", 1) for line in text.splitlines() if "=" in line)
        expected = {**staging_env(), **given, "TMPDIR": str(builder.temporary)}
        assert {key: found.get(key) for key in expected} == expected
        assert {*found} - {*expected} <= {"PWD", "OLDPWD", "SHLVL", "_"}


def test_a_container_for_staging_has_no_port() -> None:
    assert not {"PORT", "TMPDIR", "INSTANCE_INDEX"} & {*staging_env()}


def test_what_earlier_buildpacks_supply_is_not_in_the_environment(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    supply = 'cd "$3/$4"; mkdir bin lib include pkgconfig env; echo open >env/HARBOUR'
    finalize = "env; ls $3/0"
    earlier = complete_buildpack(tmp_path / "a", supply=supply)
    last = complete_buildpack(tmp_path / "b", supply="", finalize=finalize)
    staged = builder.stage(app, earlier, last)
    assert "HARBOUR" not in staged.out
    assert "/deps/0" not in staged.out
    assert staged.out.endswith("bin\nenv\ninclude\nlib\npkgconfig\n")


def test_supply_can_change_the_app(builder: Builder, app: Path, tmp_path: Path) -> None:
    """It must not, but nothing prevents it; the files that were pushed stay as they are."""
    supply = 'echo changed >"$1/app.txt"'
    buildpack = complete_buildpack(tmp_path / "a", supply=supply, finalize='cat "$1/app.txt"')
    assert builder.build(app, buildpack).out == "changed\n"
    assert (app / "app.txt").read_text("utf-8") == "afloat\n"


def test_folders_of_dependencies_are_new_each_time(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    buildpack = complete_buildpack(
        tmp_path / "a", supply="", finalize='echo "$3"; ls -A "$3/$4"'
    )
    names = {builder.stage(app, buildpack).out for _ in range(3)}
    assert len(names) == 3
    assert all(re.fullmatch(r"\S+/tmp/contents\w+/deps\n", name) for name in names)


def test_supply_and_finalize_share_a_cache_that_lasts(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    """The cache of the last buildpack is another than its cache as an earlier one."""
    script = 'echo "${2##*/}" $(cat "$2/kept"); echo ${0##*/} >>"$2/kept"'
    kept = complete_buildpack(tmp_path / "a", supply=script, finalize=script)
    assert builder.stage(app, kept).out.splitlines() == ["final", "final supply"]
    assert builder.stage(app, kept).out.splitlines() == [
        "final supply finalize",
        "final supply finalize supply",
    ]
    other = complete_buildpack(tmp_path / "b", supply="", finalize='ls -A "$2/.."')
    first, *names = builder.stage(app, kept, other).out.splitlines()
    assert re.fullmatch("[0-9a-f]{16}", first)
    assert sorted(names) == sorted([first, "final"])
    # The cache of a buildpack that is no longer an earlier one is removed, and `final` stays.
    assert builder.stage(app, other).out.splitlines() == ["final"]
    assert builder.stage(app, kept).out.splitlines()[0].startswith("final supply finalize")


def test_a_failed_staging_keeps_the_cache_as_it_was(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    script = 'echo $(cat "$2/kept"); echo more >>"$2/kept"'
    good = complete_buildpack(tmp_path / "a", supply=script, finalize="")
    bad = complete_buildpack(tmp_path / "b", supply=script, finalize=FAILS)
    assert [builder.stage(app, one).out for one in (good, bad, good)] == [
        "\n",
        "more\n",
        "more\n",
    ]


# The droplet.


def test_a_droplet_has_the_app_and_what_buildpacks_supply(
    builder: Builder, app: Path, tmp_path: Path
) -> None:
    finalize = """
    touch "$3/$4/own" "$5/own.sh"; mkdir "$1/empty"; ln -s empty "$1/link"
    ln -s "$1/app.txt" "$1/absolute"; touch -d 2001-02-03 "$1/app.txt"; chmod 751 "$1/app.txt"
    """
    buildpack = complete_buildpack(tmp_path / "a", finalize=finalize)
    vcap = builder.build(app, buildpack).unpack(tmp_path / "elsewhere" / "vcap")
    assert sorted(path.name for path in vcap.iterdir()) == [
        "app",
        "deps",
        "logs",
        "profile.d",
        "staging_info.yml",
        "tmp",
    ]
    assert (vcap / "deps" / "0" / "own").exists()
    assert (vcap / "profile.d" / "own.sh").exists()
    assert (vcap / "app" / "empty").is_dir()
    assert os.readlink(vcap / "app" / "link") == "empty"
    stat = (vcap / "app" / "app.txt").stat()
    assert (stat.st_mode & 0o777, int(stat.st_mtime)) == (0o751, 981158400)
    # A link to where the app was built leads nowhere after that.
    link = vcap / "app" / "absolute"
    assert os.readlink(link) == str(builder.folder / "app" / "app.txt")
    assert not link.exists()


@pytest.mark.parametrize(
    ("config", "described"),
    [
        ("name: boats\nversion: 3", {"name": "boats", "version": "3"}),
        ("name: [", {"name": ""}),
        ("- name", {"name": ""}),
        (
            "name: boats\nconfig:\n  entrypoint_prefix: env A=b sh -c",
            {"name": "boats", "config": {"entrypoint_prefix": "env A=b sh -c"}},
        ),
        ("name: boats\nconfig: {}", {"name": "boats", "config": {}}),
        (
            "name: boats\noutput_metadata:\n  berths: 3",
            {"name": "boats", "output_metadata": {"berths": 3}},
        ),
    ],
)
def test_buildpacks_describe_themselves(
    builder: Builder, app: Path, tmp_path: Path, config: str, described: Mapping[str, object]
) -> None:
    """A fault in a description has no consequence."""
    script = f'cat >"$3/$4/config.yml" <<END\n{config}\nEND'
    buildpack = complete_buildpack(tmp_path / "a", supply=script, finalize="")
    staged = builder.build(app, buildpack)
    assert staged.result["lifecycle_metadata"] == {
        "buildpack_key": str(buildpack),
        "detected_buildpack": described["name"],
        "buildpacks": [{"key": str(buildpack), **described}],
    }


# Buildpacks at an address.


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with a branch and a submodule."""
    part = write_tree(tmp_path / "part", {"part.txt": "part\n"})
    script = 'cat "${0%/*}/../part/part.txt" "${0%/*}/../main.txt"'
    folder = complete_buildpack(tmp_path / "repository", supply="", finalize=script)
    write_tree(folder, {"main.txt": "main\n"})
    for one in (part, folder):
        git(one, "init", "--quiet", "--initial-branch=main")
        git(one, "add", ".")
        git(one, "commit", "--quiet", "--message=First")
    return folder


def test_a_buildpack_comes_from_a_git_repository(
    builder: Builder, app: Path, repository: Path
) -> None:
    """A name of a branch may follow the address."""
    git(repository, "checkout", "--quiet", "-b", "other")
    write_tree(repository, {"part/part.txt": "", "main.txt": "other\n"})
    git(repository, "add", ".")
    git(repository, "commit", "--quiet", "--message=Second")
    git(repository, "tag", "v1")
    git(repository, "checkout", "--quiet", "main")
    address = f"file://{repository}"
    assert builder.stage(app, address).out == "main\n"
    for name in ("other", "v1"):
        assert builder.build(app, f"{address}#{name}").out == "other\n"
    failed = builder.stage(app, f"{address}#missing")
    assert (failed.status, failed.out, failed.result) == (OTHER_FAILURE, "", {})
    assert failed.err == f"Failed to clone git repository at {address}\n"


def test_submodules_of_a_repository_come_too(
    builder: Builder, app: Path, repository: Path
) -> None:
    part = repository.parent / "part"
    allowed = ("-c", "protocol.file.allow=always")
    git(repository, *allowed, "submodule", "--quiet", "add", str(part), "part")
    git(repository, "commit", "--quiet", "--message=Part")
    # git allows submodules at local paths only if it is told to.
    settings = {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": "protocol.file.allow",
        "GIT_CONFIG_VALUE_0": "always",
    }
    staged = builder.build(app, f"file://{repository}", env=settings)
    assert staged.out == "part\nmain\n"


@pytest.mark.parametrize("top", ["", "buildpack-1.0/"])
def test_a_buildpack_comes_from_an_archive(
    builder: Builder, app: Path, tmp_path: Path, top: str
) -> None:
    """It may be in a folder there; modes and links are kept."""
    source = complete_buildpack(tmp_path / "source", supply="", finalize="ls -l ${0%/*}")
    (source / "bin" / "link").symlink_to("supply")
    (source / "bin" / "data").write_text("x" * 3000)
    (source / "bin" / "data").chmod(0o640)
    place = tmp_path / "served"
    place.mkdir()
    archive(source, place / "buildpack.zip", top)
    with served_folder(place) as address:
        staged = builder.build(app, f"{address}/buildpack.zip?version=1")
        missing = builder.stage(app, f"{address}/missing.zip")
        (place / "page.zip").write_text("<html>Sign in</html>")
        page = builder.stage(app, f"{address}/page.zip")
    size = (place / "buildpack.zip").stat().st_size
    downloaded, *listed = staged.out.splitlines()
    said = f"Downloaded buildpack `{address}/buildpack.zip?version=1` ("
    assert downloaded == f"{said}{size / 1024:.1f}K)"
    modes = {line.split()[8]: line.split()[0] for line in listed[1:]}
    assert modes["data"] == "-rw-r-----"
    assert modes["supply"] == "-rwxr-xr-x"
    assert modes["link"].startswith("l")
    for failed, message in [
        (missing, f"Failed to download buildpack '{address}/missing.zip': "),
        (page, f"Failed to extract buildpack '{address}/page.zip': "),
    ]:
        assert (failed.status, failed.out, failed.result) == (OTHER_FAILURE, "", {})
        assert failed.err.startswith(message)


def test_an_archive_must_be_served(builder: Builder, app: Path, tmp_path: Path) -> None:
    file = archive(complete_buildpack(tmp_path / "source"), tmp_path / "buildpack.zip")
    staged = builder.stage(app, f"file://{file}")
    assert staged.status == OTHER_FAILURE
    assert "unsupported protocol scheme" in staged.err
