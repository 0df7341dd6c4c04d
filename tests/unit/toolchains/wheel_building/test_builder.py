"""A vendored package is built by its backend, reproducibly, and only if it has changed."""

from __future__ import annotations

import hashlib
import json
import os
import re
import tarfile
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage
from slipway.domain.vendoring.scm_versions import is_guess, version_of_digest
from slipway.domain.vendoring.source_project import SourceProject
from slipway.effects import Effects
from slipway.effects.files import sha256_of
from slipway.effects.packages.source_trees import digest_source
from slipway.effects.processes import Command, Processes
from slipway.errors.building import BuildProgramMissing, HeaderMissing
from slipway.errors.dependencies import HashMismatch
from slipway.errors.stopped import CommandFailed
from slipway.errors.vendored import (
    OfflineMissing,
    VendoredBroken,
    VendoredBuildFailed,
    VendoredNotForThisPython,
    WheelInvalid,
)
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments, NotBuiltYet
from slipway.toolchains.wheel_building.builder import WheelBuilder
from unit.fakes import FakeProcesses, FakeToolchain, effects_with, logged, no_time
from unit.samples import local, make_wheel, plain, requested, required, wheel_file, write_files
from unit.trees import source, vendor

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": "/elsewhere", "CFLAGS": "-O1"}
FILE = "acme-1.0-py3-none-any.whl"
SCM = "setuptools-scm"


@pytest.fixture
def builder(tmp_path: Path, python: Interpreter, build_frontend: Path) -> WheelBuilder:
    """Run real backends, in virtual environments without any packages."""
    return builder_in(tmp_path, python, build_frontend)


def builder_in(root: Path, python: Interpreter, build_frontend: Path) -> WheelBuilder:
    effects = effects_with(root, Processes(now=time.monotonic), ENVIRONMENT)
    (root / "work").mkdir(parents=True)
    environments = BuildEnvironments(
        app=root / "app",
        folder=root / "work",
        interpreter=python,
        toolchain=FakeToolchain(),
        effects=effects,
        options="",
        is_offline=False,
        folder_for_files="vendor/build",
    )
    return WheelBuilder(
        app=root / "app",
        environments=environments,
        frontend=lambda: build_frontend,
        effects=effects,
    )


def later_builder(
    builder: WheelBuilder, effects: Effects, python: Interpreter | None = None
) -> WheelBuilder:
    """Return the builder of a later build, with the same cache and its own folder."""
    before = builder.environments
    folder = before.folder.with_name(f"{before.folder.name}-later")
    folder.mkdir(exist_ok=True)
    interpreter = python or before.interpreter
    environments = replace(before, folder=folder, effects=effects, interpreter=interpreter)
    return replace(builder, environments=environments, effects=effects)


def idle(builder: WheelBuilder) -> WheelBuilder:
    """Return the builder of a later build that only records the processes it would start."""
    effects = replace(builder.effects, processes=FakeProcesses(now=no_time))
    return later_builder(builder, effects)


def started(builder: WheelBuilder) -> int:
    assert isinstance(builder.effects.processes, FakeProcesses)
    return len(builder.effects.processes.started)


def toolchain(builder: WheelBuilder) -> FakeToolchain:
    assert isinstance(builder.environments.toolchain, FakeToolchain)
    return builder.environments.toolchain


def offline(builder: WheelBuilder) -> WheelBuilder:
    environments = replace(builder.environments, is_offline=True)
    return replace(builder, environments=environments)


def put(app: Path, path: str, *requires: str) -> InspectedPackage:
    """Put a wheel into the app."""
    make_wheel((app / path).parent, Path(path).name, requires)
    return InspectedPackage(package=wheel_file(path), digest=digest_source(app, path))


def test_a_tree_is_built_and_logged(builder: WheelBuilder) -> None:
    made = builder.build(
        vendor(builder.app, "vendor/acme", source("acme", NEEDS=["six>=1"])), ()
    )
    assert (made.name, made.version, made.requires) == ("acme", "1.0", ("six>=1",))
    assert made.source == "vendor/acme"
    assert made.sha256 == sha256_of(made.path)
    assert "Built acme 1.0 from vendor/acme in 0.0 s" in logged(builder.effects)


def test_the_name_comes_from_the_metadata_not_the_folder(builder: WheelBuilder) -> None:
    made = builder.build(vendor(builder.app, "vendor/old-name", source("My-Acme")), ())
    assert made.name == "my-acme"


def test_a_build_changes_nothing_in_the_app(builder: WheelBuilder) -> None:
    """A backend writes to the folder that it builds; this one writes its own bytecode."""
    inspected = vendor(builder.app, "vendor/acme", source("acme"))
    before = sorted(path.name for path in builder.app.rglob("*"))
    builder.build(inspected, ())
    assert sorted(path.name for path in builder.app.rglob("*")) == before
    assert digest_source(builder.app, "vendor/acme") == inspected.digest


def test_an_unchanged_tree_starts_no_process(builder: WheelBuilder) -> None:
    first = builder.build(vendor(builder.app, "vendor/acme", source("acme")), ())
    # Another folder and another date are not a change.
    moved = vendor(builder.app, "libs/acme", source("acme"))
    for path in (builder.app / "libs/acme").iterdir():
        os.utime(path, (1_000_000_000, 1_000_000_000))
    later = idle(builder)
    again = later.build(moved, ())
    assert started(later) == 0
    assert (again.path, again.source) == (first.path, "libs/acme")
    assert "Reusing the wheel of acme 1.0 from libs/acme" in logged(later.effects)


@pytest.mark.parametrize("changed", ["tree", "version", "python", "flags", "requires"])
def test_a_wheel_is_built_again_if_its_inputs_change(
    changed: str, builder: WheelBuilder
) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme"), "setuptools-scm")
    builder.build(inspected, ())
    later = idle(builder)
    match changed:
        case "tree":
            files = {**source("acme"), "acme.py": "changed"}
            inspected = vendor(builder.app, "vendor/acme", files, "setuptools-scm")
        case "version":
            inspected = replace(inspected, version="2.0")
        case "requires":
            other = vendor(builder.app, "b", source("acme", requires=["setuptools"]), "pbr")
            inspected = replace(other, digest=inspected.digest)
        case "python":
            before = builder.environments.interpreter
            moved = replace(before, platform="linux-aarch64 glibc 2.36")
            later = later_builder(builder, later.effects, python=moved)
        case _:
            flags = {**ENVIRONMENT, "CFLAGS": "-O3"}
            later = later_builder(builder, replace(later.effects, environment=flags))
    with pytest.raises(AssertionError):  # because no process has written a report
        later.build(inspected, ())
    assert started(later) == 1


def test_a_wheel_is_reused_if_only_other_things_change(
    builder: WheelBuilder, tmp_path: Path
) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme"))
    builder.build(inspected, ())
    variables = {**ENVIRONMENT, "PIP_INDEX_URL": "https://u:s3cret@h.example/", "PORT": "1"}
    later = later_builder(builder, replace(idle(builder).effects, environment=variables))
    later.build(replace(inspected, commit="c0ffee"), [local(tmp_path, "spare-1.0")])
    assert started(later) == 0


def test_a_wheel_is_built_again_if_a_build_requirement_changes(
    builder: WheelBuilder, tmp_path: Path
) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme", requires=["rules"]))
    core = local(tmp_path, "core-1.0")
    rules = local(tmp_path, "rules-1.0", "core")
    builder.build(inspected, [core, rules])
    later = idle(builder)
    later.build(inspected, [core, rules, local(tmp_path, "spare-1.0")])
    assert started(later) == 0
    with pytest.raises(AssertionError):
        later.build(inspected, [local(tmp_path / "b", "core-1.0", "six"), rules])
    assert started(later) == 1


def test_a_build_that_requires_a_pending_package_does_not_start(
    builder: WheelBuilder, tmp_path: Path
) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme", requires=["rules"]))
    rules = local(tmp_path, "rules-1.0", "Acme.Core")
    with pytest.raises(NotBuiltYet):
        builder.build(inspected, [rules], frozenset({"acme-core"}))
    assert list(builder.environments.folder.iterdir()) == []


def test_a_requirement_of_the_backend_may_be_pending_too(builder: WheelBuilder) -> None:
    """For example in setup_requires, which is only known when the backend runs."""
    inspected = vendor(builder.app, "vendor/acme", source("acme", MORE=["acme-core>=1"]))
    with pytest.raises(NotBuiltYet):
        builder.build(inspected, (), frozenset({"acme-core"}))


def test_a_vendored_wheel_is_used_unchanged(builder: WheelBuilder) -> None:
    inspected = put(builder.app, f"vendor/hafen straße/{FILE}", "six")
    made = builder.build(inspected, ())
    assert made.sha256 == inspected.digest
    assert (made.requires, made.path.name) == (("six",), FILE)
    assert f"Using acme 1.0 from {inspected.path}" in logged(builder.effects)
    assert idle(builder).build(inspected, ()).path == made.path


def test_a_wheel_that_was_renamed_is_verified_again(builder: WheelBuilder) -> None:
    builder.build(put(builder.app, f"vendor/{FILE}"), ())
    other = "vendor/acme-2.0-py3-none-any.whl"
    (builder.app / "vendor" / FILE).rename(builder.app / other)
    inspected = InspectedPackage(
        package=wheel_file(other), digest=digest_source(builder.app, other)
    )
    with pytest.raises(WheelInvalid) as invalid:
        builder.build(inspected, ())
    assert invalid.value.path == other


def test_a_wheel_with_a_wrong_record_is_rejected(builder: WheelBuilder) -> None:
    inspected = put(builder.app, f"vendor/{FILE}")
    with zipfile.ZipFile(builder.app / "vendor" / FILE, "a") as zipped:
        zipped.writestr("more.py", "import this")
    with pytest.raises(WheelInvalid) as invalid:
        builder.build(inspected, ())
    assert "more.py" in invalid.value.reason


def test_an_invalid_wheel_from_a_backend_is_named_by_its_source(builder: WheelBuilder) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme", version="one"))
    with pytest.raises(WheelInvalid) as invalid:
        builder.build(inspected, ())
    assert (invalid.value.path, invalid.value.is_built) == ("vendor/acme", True)


def test_a_wheel_for_other_versions_of_python_is_rejected(builder: WheelBuilder) -> None:
    path = f"vendor/{FILE}"
    lines = ["six\nRequires-Python: >=3.99"]
    inspected = put(builder.app, path, *lines)
    with pytest.raises(VendoredNotForThisPython) as rejected:
        builder.build(inspected, ())
    assert (rejected.value.path, rejected.value.requires) == (path, ">=3.99")


def archive(app: Path, path: str, files: dict[str, str]) -> InspectedPackage:
    """Put an sdist into the app, as a backend writes one."""
    top = Path(path).name.removesuffix(".tar.gz")
    folder = write_files(app.parent / "sdist" / top, files)
    (app / path).parent.mkdir(parents=True)
    with tarfile.open(app / path, "w:gz") as stream:
        stream.add(folder, top)
    project = SourceProject(name="acme", backend="backend", requires=())
    package = VendoredPackage(path=path, form=Form.SDIST, project=project)
    return InspectedPackage(package=package, digest=digest_source(app, path))


def test_an_sdist_is_unpacked_and_built(builder: WheelBuilder) -> None:
    info = "Metadata-Version: 2.1\nName: acme\nVersion: 1.0\n"
    files = {**source("acme"), "PKG-INFO": info}
    made = builder.build(archive(builder.app, "vendor/acme-1.0.tar.gz", files), ())
    assert (made.name, made.source) == ("acme", "vendor/acme-1.0.tar.gz")
    assert f"Built acme 1.0 from {made.source} in" in logged(builder.effects)


def test_a_failed_build_is_not_cached(builder: WheelBuilder) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme", FAILS="no luck"))
    for _ in range(2):
        with pytest.raises(VendoredBuildFailed):
            builder.build(inspected, ())
    assert not (builder.effects.cache.folder / "wheel").exists()


def test_an_offline_build_names_missing_build_requirements(builder: WheelBuilder) -> None:
    with pytest.raises(OfflineMissing) as missing:
        offline(builder).build(
            vendor(builder.app, "vendor/acme", source("acme", requires=["flit>=3"])), ()
        )
    assert missing.value.missing == required(("vendor/acme", "flit>=3"))


def test_a_tree_without_metadata_is_broken(builder: WheelBuilder) -> None:
    package = VendoredPackage(path="vendor/acme", form=Form.TREE)
    with pytest.raises(VendoredBroken) as broken:
        builder.build(InspectedPackage(package=package, digest="ab" * 32), ())
    assert broken.value.path == "vendor/acme"


def test_a_reserved_name_installs_no_module(builder: WheelBuilder) -> None:
    inspected = InspectedPackage(package=plain("vendor/My_Buoys"), digest="12" * 32)
    reserved = builder.reserve_name(inspected, "my-buoys")
    assert (reserved.name, reserved.source) == ("my-buoys", "vendor/My_Buoys")
    assert is_guess(reserved.version)
    with zipfile.ZipFile(reserved.path) as zipped:
        assert all(".dist-info/" in name for name in zipped.namelist())
    assert idle(builder).reserve_name(inspected, "my-buoys") == reserved
    other = replace(inspected, digest="cd" * 32)
    assert builder.reserve_name(other, "my-buoys").version != reserved.version


def digest_of(app: Path, kind: str) -> str:
    return hashlib.new(kind, (app / "vendor" / FILE).read_bytes()).hexdigest()


@pytest.mark.parametrize("kind", ["sha256", "sha384", "sha512"])
def test_a_hash_in_the_requirements_is_compared_with_the_archive(
    kind: str, builder: WheelBuilder
) -> None:
    inspected = put(builder.app, f"vendor/{FILE}")
    right, wrong = digest_of(builder.app, kind), "0" * len(digest_of(builder.app, kind))
    for text in (
        f"--hash={kind}:{right}",
        f"--hash={kind}:{wrong} --hash={kind}:{right.upper()}",
    ):
        package = requested(inspected.package, f"./vendor/{FILE} {text}")
        assert builder.build(replace(inspected, package=package), ()).name == "acme"
    package = requested(inspected.package, f"./vendor/{FILE} --hash={kind}:{wrong}")
    with pytest.raises(HashMismatch) as mismatch:
        builder.build(replace(inspected, package=package), ())
    assert mismatch.value.package == f"vendor/{FILE}"
    assert mismatch.value.expected == (wrong,)
    assert (mismatch.value.got, mismatch.value.is_vendored) == (inspected.digest, True)


def test_a_hash_of_an_unknown_algorithm_never_matches(builder: WheelBuilder) -> None:
    inspected = put(builder.app, f"vendor/{FILE}")
    package = requested(inspected.package, f"./vendor/{FILE} --hash=sha999:{'0' * 64}")
    with pytest.raises(HashMismatch) as mismatch:
        builder.build(replace(inspected, package=package), ())
    assert mismatch.value.got == inspected.digest


def test_every_line_with_a_hash_counts(builder: WheelBuilder) -> None:
    inspected = put(builder.app, f"vendor/{FILE}")
    lines = [f"./vendor/{FILE}", f"./vendor/{FILE} --hash=sha256:{'0' * 64}"]
    with pytest.raises(HashMismatch):
        builder.build(replace(inspected, package=requested(inspected.package, *lines)), ())


def test_a_hash_for_a_folder_is_ignored(builder: WheelBuilder) -> None:
    inspected = vendor(builder.app, "vendor/acme", source("acme"))
    package = requested(inspected.package, f"./vendor/acme --hash=sha256:{'0' * 64}")
    assert builder.build(replace(inspected, package=package), ()).name == "acme"


# The cache


def test_a_wheel_that_cannot_be_cached_is_available_to_this_build(
    builder: WheelBuilder,
) -> None:
    builder.effects.cache.folder.mkdir(parents=True)
    (builder.effects.cache.folder / "wheel").write_text("in the way")
    made = builder.build(put(builder.app, f"vendor/{FILE}"), ())
    assert made.sha256 == sha256_of(made.path)
    assert list(builder.environments.folder.iterdir()) == []
    assert f"The wheel of vendor/{FILE} could not be stored in the cache" in logged(
        builder.effects
    )


def test_a_cached_wheel_is_built_again_if_it_was_changed(builder: WheelBuilder) -> None:
    package = vendor(builder.app, "vendor/acme", source("acme"))
    made = builder.build(package, ())
    content = made.path.read_bytes()
    made.path.write_bytes(content + b"more")
    later = later_builder(builder, builder.effects)
    assert later.build(package, ()).path.read_bytes() == content


# Backends


def build(
    builder: WheelBuilder,
    files: Mapping[str, str],
    *,
    version: str | None = None,
    tool: str | None = None,
) -> Path:
    """Vendor a tree and build it."""
    package = vendor(builder.app, "vendor/acme", files, tool)
    return builder.build(replace(package, version=version), ()).path


def seen(wheel: Path) -> dict[str, str]:
    """Return the variables that the backend saw."""
    found: dict[str, dict[str, str]] = json.loads(text_in(wheel, "seen.json"))
    return found["environment"]


def text_in(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as zipped:
        return zipped.read(name).decode()


def test_the_backend_builds_the_wheel_of_a_tree(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", version="2.0"))
    assert wheel.name == "acme-2.0-py3-none-any.whl"
    assert text_in(wheel, "acme.py") == "NAME = 'acme'\n"
    # The backend writes an empty one, which pip would reject.
    assert "acme.py,sha256=" in text_in(wheel, "acme-2.0.dist-info/RECORD")


def test_two_builds_of_a_tree_give_the_same_wheel(
    tmp_path: Path, python: Interpreter, build_frontend: Path
) -> None:
    digests = set()
    for folder, path in (("a", "vendor/acme"), ("another/longer/path", "libs/acme")):
        builder = builder_in(tmp_path / folder, python, build_frontend)
        package = vendor(builder.app, path, source("acme"))
        for file in (builder.app / path).iterdir():
            os.utime(file, (1_600_000_000 + len(folder),) * 2)
        digests.add(builder.build(package, ()).sha256)
    assert len(digests) == 1


def test_a_backend_has_its_own_environment_without_time_and_path(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", TELLS=True))
    variables, work = seen(wheel), builder.environments.folder
    assert variables["PATH"].startswith(f"{work}/")
    assert variables["PATH"].endswith(f":{ENVIRONMENT['PATH']}")
    assert "PYTHONPATH" not in variables
    assert (variables["SOURCE_DATE_EPOCH"], variables["TZ"]) == ("1580601600", "UTC")
    assert (
        variables["CFLAGS"]
        == f"-O1 -ffile-prefix-map={work}=. -ffile-prefix-map={builder.app}=."
    )
    assert Path(variables["TMPDIR"]).is_relative_to(work)
    prefix = json.loads(text_in(wheel, "seen.json"))["prefix"]
    assert Path(prefix).is_relative_to(work)


def test_dynamic_requirements_of_a_backend_are_installed(builder: WheelBuilder) -> None:
    more = ["acme-rules>=1", "setuptools"]
    build(builder, source("acme", requires=["setuptools"], MORE=more))
    assert [files.requirements for files in toolchain(builder).requests] == [
        "setuptools\n",
        "acme-rules>=1\nsetuptools\n",
    ]


def test_an_offline_build_names_missing_requirements_of_the_backend(
    builder: WheelBuilder,
) -> None:
    with pytest.raises(OfflineMissing) as missing:
        build(offline(builder), source("acme", MORE=["acme-rules>=1"]))
    assert missing.value.missing == required(("vendor/acme", "acme-rules>=1"))
    assert missing.value.folder == "vendor/build"


def test_a_backend_gets_local_distributions(builder: WheelBuilder) -> None:
    rules = local(builder.environments.folder.parent, "acme_rules-1.2")
    package = vendor(builder.app, "vendor/acme", source("acme", MORE=["acme-rules>=1"]))
    offline(builder).build(package, [rules])
    (files,) = toolchain(builder).requests
    assert files.distributions == [rules]


def test_a_failed_build_reports_package_backend_and_output(
    builder: WheelBuilder,
) -> None:
    with pytest.raises(VendoredBuildFailed) as failed:
        build(builder, source("acme", FAILS="the tide is out"))
    assert (failed.value.path, failed.value.backend) == ("vendor/acme", "backend")
    assert "the backend was here" in failed.value.output
    assert any("the tide is out" in line for line in failed.value.output)


@pytest.mark.parametrize(
    ("words", "error"),
    [
        ("fatal error: libpq-fe.h: No such file or directory", HeaderMissing),
        ("error: command 'gcc' failed: No such file or directory", BuildProgramMissing),
    ],
)
def test_missing_headers_and_compilers_are_recognized(
    words: str, error: type[HeaderMissing | BuildProgramMissing], builder: WheelBuilder
) -> None:
    with pytest.raises(error) as missing:
        build(builder, source("acme", FAILS=words))
    assert vars(missing.value)["package"] == "vendor/acme"


def test_a_tree_without_its_backend_is_broken(builder: WheelBuilder) -> None:
    files = {**source("acme")}
    del files["backend.py"]
    with pytest.raises((VendoredBroken, VendoredBuildFailed)) as broken:
        build(builder, files)
    assert vars(broken.value)["path"] == "vendor/acme"


def test_an_invalid_build_system_is_reported_without_a_path(
    builder: WheelBuilder,
) -> None:
    table = "[build-system]\nrequires = []\nbuild-backend = 1\n[project]\nname = 'acme'\n"
    files = {**source("acme"), "pyproject.toml": table}
    package = vendor(builder.app, "vendor/acme", source("acme"))
    write_files(builder.app / "vendor/acme", files)
    with pytest.raises(VendoredBroken) as broken:
        builder.build(package, ())
    assert "build-backend" in broken.value.reason
    assert str(builder.environments.folder) not in broken.value.reason


def test_a_killed_backend_is_a_failed_build(
    builder: WheelBuilder,
) -> None:
    def fail(command: Command) -> str:
        raise CommandFailed(command=command.name, status=-9, output="Killed")

    killed = replace(builder.effects, processes=FakeProcesses(now=no_time, answer=fail))
    with pytest.raises(VendoredBuildFailed) as failed:
        build(replace(builder, effects=killed), source("acme"))
    assert failed.value.output == ("Killed",)


def test_setuptools_builds_a_tree_that_only_has_a_setup_cfg(builder: WheelBuilder) -> None:
    """A build frontend does not accept such a tree, but pip-compile and uv do."""
    files = {"setup.cfg": "[metadata]\nname = acme\nversion = 1.0\n", "acme.py": ""}
    with pytest.raises(VendoredBuildFailed) as failed:
        build(builder, files)
    # The virtual environment is empty, so the build fails because setuptools is missing.
    assert failed.value.backend == "setuptools.build_meta:__legacy__"
    assert any("setuptools" in line for line in failed.value.output)
    assert not (builder.environments.folder.parent / "app/vendor/acme/pyproject.toml").exists()


# Versions from git


def test_a_tree_that_takes_its_version_from_git_gets_it(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", TELLS=True), version="3.1", tool=SCM)
    assert wheel.name == "acme-3.1-py3-none-any.whl"
    assert seen(wheel)["PBR_VERSION"] == "3.1"


def test_a_tree_with_a_static_version_keeps_it(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", version="2.0", TELLS=True))
    assert not [name for name in seen(wheel) if re.search("_SCM_|PBR|VCS", name)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, None, id="nothing"),
        pytest.param(
            {"PKG-INFO": "Metadata-Version: 2.1\nName: acme\nVersion: 4.2\n"}, "4.2", id="sdist"
        ),
        pytest.param(
            {".git_archival.txt": "describe-name: v1.5-0-g0123\n"}, "1.0", id="git-archive"
        ),
        pytest.param(
            {".git_archival.txt": "describe-name: $Format:%(describe)$\n"},
            None,
            id="template-of-a-git-archive",
        ),
        pytest.param(
            {".git_archival.txt": "node: 0123\ndescribe-name: \nref-names: main\n"},
            None,
            id="git-archive-without-a-tag",
        ),
    ],
)
def test_without_git_the_version_comes_from_other_files(
    files: dict[str, str], expected: str | None, builder: WheelBuilder
) -> None:
    """After `git archive`, the tool reads the version itself: this backend has its own."""
    package = vendor(builder.app, "vendor/acme", {**source("acme"), **files}, SCM)
    wheel = builder.build(package, ())
    assert wheel.version == (expected or version_of_digest(package.digest))


def test_a_version_from_git_overrides_that_of_an_archive(builder: WheelBuilder) -> None:
    files = {
        **source("acme"),
        ".git_archival.txt": "describe-name: v1.5-0-g0123\n",
        "PKG-INFO": "Metadata-Version: 2.1\nName: acme\nVersion: 4.2\n",
    }
    assert build(builder, files, version="3.1", tool=SCM).name.startswith("acme-3.1-")


@pytest.mark.parametrize("is_template", [True, False])
def test_versioneer_finds_its_version_in_its_own_module(
    builder: WheelBuilder, *, is_template: bool
) -> None:
    """A module that `git archive` has filled in is not changed."""
    written = 'git_refnames = "$Format:%d$"\n' if is_template else 'git_refnames = "v1.5"\n'
    files = {
        **source("acme"),
        "setup.cfg": "[versioneer]\nversionfile_source = _version.py\n",
        "_version.py": written,
    }
    wheel = build(builder, files, version="3.1", tool="versioneer")
    module = text_in(wheel, "_version.py")
    if is_template:
        scope: dict[str, object] = {}
        exec(module, scope)  # noqa: S102 - a package would import it
        assert callable(scope["get_versions"])
        assert scope["get_versions"]()["version"] == "3.1"
    else:
        assert module == written


@pytest.mark.parametrize("path", ["../outside.py", "{root}/outside.py"])
def test_nothing_is_written_outside_the_copy_of_a_tree(
    path: str, builder: WheelBuilder, tmp_path: Path
) -> None:
    named = path.format(root=tmp_path)
    files = {
        **source("acme"),
        "setup.cfg": f"[versioneer]\nversionfile_source = {named}\n",
    }
    build(builder, files, version="3.1", tool="versioneer")
    assert list(tmp_path.rglob("outside.py")) == []
