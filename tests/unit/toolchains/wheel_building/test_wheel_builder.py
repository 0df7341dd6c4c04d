"""A backend builds a wheel of a tree, the same each time, or it is said why it cannot."""

from __future__ import annotations

import json
import os
import re
import shutil
import time
import zipfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.vendoring.scm_versions import version_of_digest
from slipway.effects.files import sha256_of
from slipway.effects.processes import Command, Processes
from slipway.errors.building import CompilerMissing, HeaderMissing
from slipway.errors.stopped import CommandFailed
from slipway.errors.vendored import OfflineMissing, VendoredBroken, VendoredBuildFailed
from slipway.toolchains.wheel_building.backends import Backends
from slipway.toolchains.wheel_building.build_environments import BuildEnvironments
from slipway.toolchains.wheel_building.wheel_builder import SourceTree, WheelBuilder
from unit.fakes import FakeProcesses, FakeToolchain, effects_with, no_time
from unit.samples import local, write_files
from unit.trees import ship, source

ENVIRONMENT = {"PATH": os.environ["PATH"], "PYTHONPATH": "/elsewhere", "CFLAGS": "-O1"}
DIGEST = "0123456789ab" + "0" * 52


@pytest.fixture
def builder(tmp_path: Path, python: Interpreter, backends: Backends) -> WheelBuilder:
    """Run backends for real, in environments without any package."""
    folder = tmp_path / "work"
    folder.mkdir()
    effects = effects_with(tmp_path, Processes(now=time.monotonic), ENVIRONMENT)
    environments = BuildEnvironments(
        folder=folder,
        interpreter=python,
        toolchain=FakeToolchain(),
        effects=effects,
        options="",
        offline_folder=None,
    )
    return WheelBuilder(environments=environments, backends=backends, effects=effects)


def toolchain(builder: WheelBuilder) -> FakeToolchain:
    assert isinstance(builder.environments.toolchain, FakeToolchain)
    return builder.environments.toolchain


def tree(
    builder: WheelBuilder,
    files: Mapping[str, str],
    *,
    version: str | None = None,
    tool: str | None = None,
) -> SourceTree:
    """Copy a tree to where it is built."""
    work = builder.environments.folder
    project = ship(work.parent / "app", "vendor/acme", files, tool).package.project
    assert project is not None
    folder = Path(shutil.copytree(work.parent / "app/vendor/acme", work / "source" / "acme"))
    return SourceTree(
        folder=folder, shown="vendor/acme", digest=DIGEST, project=project, version=version
    )


def build(
    builder: WheelBuilder,
    files: Mapping[str, str],
    *,
    version: str | None = None,
    tool: str | None = None,
) -> Path:
    made = tree(builder, files, version=version, tool=tool)
    return builder.build(made, (), builder.environments.folder / "wheel")


def seen(wheel: Path) -> dict[str, str]:
    """Give the variables that the backend saw."""
    found: dict[str, dict[str, str]] = json.loads(text_in(wheel, "seen.json"))
    return found["environment"]


def text_in(wheel: Path, name: str) -> str:
    with zipfile.ZipFile(wheel) as zipped:
        return zipped.read(name).decode()


def test_a_tree_becomes_the_wheel_that_its_backend_makes(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", version="2.0"))
    assert wheel.name == "acme-2.0-py3-none-any.whl"
    assert wheel.parent == builder.environments.folder / "wheel"
    assert text_in(wheel, "acme.py") == "NAME = 'acme'\n"
    # The backend leaves it empty; pip would refuse that.
    assert "acme.py,sha256=" in text_in(wheel, "acme-2.0.dist-info/RECORD")


def test_two_builds_of_one_tree_are_one_wheel(
    tmp_path: Path, python: Interpreter, backends: Backends
) -> None:
    digests = set()
    for place, name in (("a", "vendor/acme"), ("another/longer/place", "libs/acme")):
        root = tmp_path / place
        (root / "work").mkdir(parents=True)
        effects = effects_with(root, Processes(now=time.monotonic), ENVIRONMENT)
        environments = BuildEnvironments(
            folder=root / "work",
            interpreter=python,
            toolchain=FakeToolchain(),
            effects=effects,
            options="",
            offline_folder=None,
        )
        builder = WheelBuilder(environments=environments, backends=backends, effects=effects)
        made = replace(tree(builder, source("acme")), shown=name)
        for path in made.folder.iterdir():
            os.utime(path, (1_600_000_000 + len(place),) * 2)
        digests.add(sha256_of(builder.build(made, (), root / "work" / "wheel")))
    assert len(digests) == 1


def test_a_backend_sees_its_own_environment_and_no_time_or_place(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", TELLS=True))
    variables, work = seen(wheel), builder.environments.folder
    assert variables["PATH"].startswith(f"{work}/")
    assert variables["PATH"].endswith(f":{ENVIRONMENT['PATH']}")
    assert "PYTHONPATH" not in variables
    assert (variables["SOURCE_DATE_EPOCH"], variables["TZ"]) == ("1580601600", "UTC")
    assert variables["CFLAGS"] == f"-O1 -ffile-prefix-map={work}=."
    assert Path(variables["TMPDIR"]).is_relative_to(work)
    prefix = json.loads(text_in(wheel, "seen.json"))["prefix"]
    assert Path(prefix).is_relative_to(work)


def test_what_a_backend_asks_for_besides_is_there_when_it_builds(builder: WheelBuilder) -> None:
    more = ["acme-rules>=1", "setuptools"]
    build(builder, source("acme", requires=["setuptools"], MORE=more))
    assert [asked.requirements for asked in toolchain(builder).asked] == [
        "setuptools\n",
        "acme-rules>=1\nsetuptools\n",
    ]


def test_what_is_missing_offline_for_a_backend_is_named_with_who_needs_it(
    builder: WheelBuilder,
) -> None:
    offline = replace(builder.environments, offline_folder="vendor/build")
    with pytest.raises(OfflineMissing) as missing:
        build(replace(builder, environments=offline), source("acme", MORE=["acme-rules>=1"]))
    assert missing.value.missing == (("acme-rules>=1", "vendor/acme"),)
    assert missing.value.folder == "vendor/build"


def test_what_is_here_answers_for_what_a_backend_needs(builder: WheelBuilder) -> None:
    offline = replace(builder.environments, offline_folder="vendor/build")
    rules = local(builder.environments.folder.parent, "acme_rules-1.2")
    made = tree(builder, source("acme", MORE=["acme-rules>=1"]))
    into = builder.environments.folder / "wheel"
    replace(builder, environments=offline).build(made, [rules], into)
    (asked,) = toolchain(builder).asked
    assert asked.distributions == [rules]


def test_a_build_that_fails_names_package_and_backend_and_its_last_words(
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
        ("error: command 'gcc' failed: No such file or directory", CompilerMissing),
    ],
)
def test_what_the_machine_lacks_is_told_as_for_public_packages(
    words: str, error: type[HeaderMissing | CompilerMissing], builder: WheelBuilder
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


def test_a_table_that_no_frontend_takes_is_named_without_a_place_of_the_build(
    builder: WheelBuilder,
) -> None:
    table = "[build-system]\nrequires = []\nbuild-backend = 1\n[project]\nname = 'acme'\n"
    files = {**source("acme"), "pyproject.toml": table}
    made = tree(builder, source("acme"))
    write_files(made.folder, files)
    with pytest.raises(VendoredBroken) as broken:
        builder.build(made, (), builder.environments.folder / "wheel")
    assert "build-backend" in broken.value.reason
    assert str(builder.environments.folder) not in broken.value.reason


def test_a_script_that_does_not_get_as_far_as_a_report_is_a_failed_build(
    builder: WheelBuilder,
) -> None:
    def fail(command: Command) -> str:
        raise CommandFailed(command=command.name, status=-9, output="Killed")

    killed = replace(builder.effects, processes=FakeProcesses(now=no_time, answer=fail))
    with pytest.raises(VendoredBuildFailed) as failed:
        build(replace(builder, effects=killed), source("acme"))
    assert failed.value.output == ("Killed",)


def test_a_tree_with_a_setup_cfg_alone_is_built_by_setuptools(builder: WheelBuilder) -> None:
    """No frontend takes it for a project; pip-compile and uv do."""
    files = {"setup.cfg": "[metadata]\nname = acme\nversion = 1.0\n", "acme.py": ""}
    with pytest.raises(VendoredBuildFailed) as failed:
        build(builder, files)
    # The environment here is empty; that setuptools is looked for is all there is to see.
    assert failed.value.backend == "setuptools.build_meta:__legacy__"
    assert any("setuptools" in line for line in failed.value.output)
    assert not (builder.environments.folder.parent / "app/vendor/acme/pyproject.toml").exists()


SCM = "setuptools-scm"


def test_a_tree_that_takes_its_version_from_git_is_told_it(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", TELLS=True), version="3.1", tool=SCM)
    assert wheel.name == "acme-3.1-py3-none-any.whl"
    assert seen(wheel)["PBR_VERSION"] == "3.1"


def test_a_tree_with_a_version_of_its_own_is_told_none(builder: WheelBuilder) -> None:
    wheel = build(builder, source("acme", version="2.0", TELLS=True))
    assert not [name for name in seen(wheel) if re.search("_SCM_|PBR|VCS", name)]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        pytest.param({}, version_of_digest(DIGEST), id="nothing"),
        pytest.param(
            {"PKG-INFO": "Metadata-Version: 2.1\nName: acme\nVersion: 4.2\n"}, "4.2", id="sdist"
        ),
        pytest.param(
            {".git_archival.txt": "describe-name: v1.5-0-g0123\n"}, "1.0", id="git-archive"
        ),
        pytest.param(
            {".git_archival.txt": "describe-name: $Format:%(describe)$\n"},
            version_of_digest(DIGEST),
            id="template-of-a-git-archive",
        ),
        pytest.param(
            {".git_archival.txt": "node: 0123\ndescribe-name: \nref-names: main\n"},
            version_of_digest(DIGEST),
            id="git-archive-without-a-tag",
        ),
    ],
)
def test_without_git_the_version_comes_from_what_else_there_is(
    files: dict[str, str], expected: str, builder: WheelBuilder
) -> None:
    """With `git archive`, the tool itself reads it: here the backend's own version stays."""
    wheel = build(builder, {**source("acme"), **files}, tool=SCM)
    assert wheel.name == f"acme-{expected}-py3-none-any.whl"


def test_what_is_known_of_git_comes_before_what_an_archive_says(builder: WheelBuilder) -> None:
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
    """Unless `git archive` has filled the module in."""
    told = 'git_refnames = "$Format:%d$"\n' if is_template else 'git_refnames = "v1.5"\n'
    files = {
        **source("acme"),
        "setup.cfg": "[versioneer]\nversionfile_source = _version.py\n",
        "_version.py": told,
    }
    wheel = build(builder, files, version="3.1", tool="versioneer")
    module = text_in(wheel, "_version.py")
    if is_template:
        scope: dict[str, object] = {}
        exec(module, scope)  # noqa: S102 - what a package would import
        assert callable(scope["get_versions"])
        assert scope["get_versions"]()["version"] == "3.1"
    else:
        assert module == told


@pytest.mark.parametrize("path", ["../outside.py", "{root}/outside.py"])
def test_nothing_is_written_beside_the_copy_of_a_tree(
    path: str, builder: WheelBuilder, tmp_path: Path
) -> None:
    named = path.format(root=tmp_path)
    files = {
        **source("acme"),
        "setup.cfg": f"[versioneer]\nversionfile_source = {named}\n",
    }
    build(builder, files, version="3.1", tool="versioneer")
    assert list(tmp_path.rglob("outside.py")) == []
