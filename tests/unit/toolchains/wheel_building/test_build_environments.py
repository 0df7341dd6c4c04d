"""Build requirements are installed once for each set, with local distributions first."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects.packages.bundled_tools import BundledTools
from slipway.effects.processes import Processes
from slipway.errors.dependencies import THE_APP, PackageNotFound, ResolutionConflict
from slipway.errors.vendored import OfflineMissing, VendoredVersionUnfit
from slipway.toolchains.pip_tools.pip import Pip
from slipway.toolchains.pip_tools.toolchain import PipTools
from slipway.toolchains.protocol import LocalDistribution
from slipway.toolchains.wheel_building.build_environments import (
    BuildEnvironments,
    NotBuiltYet,
    build_closure,
)
from unit.fakes import FakeProcesses, FakeToolchain, effects_with, logged, no_time
from unit.samples import PYTHON, local, required

ENVIRONMENT = {"PATH": os.environ["PATH"], "PIP_INDEX_URL": "https://u:s3cret@h.example/simple"}
SETUPTOOLS = LockedPackage(
    name="setuptools", requirement="setuptools==80", hashes=("sha256:ab",)
)


@pytest.fixture
def environments(tmp_path: Path) -> BuildEnvironments:
    folder = tmp_path / "work"
    folder.mkdir()
    return BuildEnvironments(
        app=tmp_path / "app",
        folder=folder,
        interpreter=PYTHON,
        toolchain=FakeToolchain(Lock(packages=(SETUPTOOLS,))),
        effects=effects_with(tmp_path, FakeProcesses(now=no_time), ENVIRONMENT),
        options="--extra-index-url https://h.example/simple\n",
        is_offline=False,
        folder_for_files="vendor/build",
    )


def toolchain(environments: BuildEnvironments) -> FakeToolchain:
    assert isinstance(environments.toolchain, FakeToolchain)
    return environments.toolchain


def again(environments: BuildEnvironments, **others: object) -> BuildEnvironments:
    """Return those of a later build, with the same cache and their own folder."""
    folder = environments.folder.with_name(f"{environments.folder.name}-again")
    folder.mkdir()
    values = {"folder": folder, "toolchain": FakeToolchain(), **others}
    return replace(environments, **values)  # type: ignore[arg-type] # of any field


def test_build_requirements_are_locked_and_installed_with_the_apps_options(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    rules = local(tmp_path, "rules-1.0")
    made = environments.environment_for(["setuptools>=64", "rules"], [rules], "vendor/acme")
    (files,) = toolchain(environments).requests
    assert files.requirements == "rules\nsetuptools>=64\n"
    assert (files.options, files.distributions) == (environments.options, [rules])
    ((lock, distributions),) = toolchain(environments).installed
    assert lock == f"{environments.options}setuptools==80 \\\n    --hash=sha256:ab\n"
    assert distributions == [rules]
    assert (made.site_packages / "setuptools.py").exists()
    assert made.python.readlink() == Path(PYTHON.path)


def test_direct_references_are_allowed_as_build_requirements(
    environments: BuildEnvironments,
) -> None:
    address = "rules[web] @ git+https://user:s3cret@h.example/rules.git"
    environments.environment_for(["setuptools", address], [], "vendor/acme")
    (files,) = toolchain(environments).requests
    assert files.requirements == "setuptools\n"
    (direct,) = files.direct
    assert (direct.line, direct.extras) == (address, "[web]")
    assert "s3cret" not in direct.source


def test_a_backend_without_requirements_gets_an_empty_environment(
    environments: BuildEnvironments,
) -> None:
    made = environments.environment_for([], [], "vendor/acme")
    assert not toolchain(environments).requests
    assert not toolchain(environments).installed
    assert made.site_packages.is_dir()
    assert made.python.is_symlink()


def test_packages_with_the_same_build_requirements_share_one(
    environments: BuildEnvironments,
) -> None:
    first = environments.environment_for(["setuptools", "wheel"], [], "vendor/a")
    assert environments.environment_for(["wheel", "setuptools"], [], "vendor/b") == first
    assert len(toolchain(environments).requests) == 1


def test_a_later_build_restores_it_from_the_cache(environments: BuildEnvironments) -> None:
    environments.environment_for(["setuptools"], [], "vendor/acme")
    later = again(environments)
    made = later.environment_for(["setuptools"], [], "vendor/other")
    assert toolchain(later).requests == []
    assert made.root.parent == later.folder
    assert (made.site_packages / "setuptools.py").exists()


@pytest.mark.parametrize(
    "others",
    [
        pytest.param({"interpreter": replace(PYTHON, version="3.13.2")}, id="python"),
        pytest.param({"options": "--no-index\n"}, id="options"),
    ],
)
def test_another_input_gives_another_one(
    others: dict[str, object], environments: BuildEnvironments
) -> None:
    environments.environment_for(["setuptools"], [], "vendor/acme")
    later = again(environments, **others)
    later.environment_for(["setuptools"], [], "vendor/acme")
    assert len(toolchain(later).requests) == 1


def test_other_credentials_give_the_same_one(environments: BuildEnvironments) -> None:
    environments.environment_for(
        ["setuptools", "x @ https://u:one@h.example/x.zip"], [], "vendor/acme"
    )
    variables = {**ENVIRONMENT, "PIP_INDEX_URL": "https://u:other@h.example/simple"}
    later = again(environments, effects=replace(environments.effects, environment=variables))
    later.environment_for(
        ["setuptools", "x @ https://u:two@h.example/x.zip"], [], "vendor/acme"
    )
    assert toolchain(later).requests == []


def test_no_credential_is_in_the_cache(environments: BuildEnvironments, tmp_path: Path) -> None:
    environments.environment_for(["setuptools"], [], "vendor/acme")
    for path in (tmp_path / "cache").rglob("*"):
        assert not path.is_file() or b"s3cret" not in path.read_bytes()


def test_another_wheel_of_a_build_requirement_gives_another_one(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    """Even if its own requirements are the same; distributions it does not need are ignored."""
    core, rules = local(tmp_path, "core-1.0"), local(tmp_path, "rules-1.0", "core")
    spare = local(tmp_path, "spare-1.0")
    first = environments.environment_for(["rules"], [core, rules, spare], "vendor/acme")
    other_core = local(tmp_path / "b", "core-1.0", "six")
    other_spare = local(tmp_path / "b", "spare-1.0", "six")
    assert (
        environments.environment_for(["rules"], [core, rules, other_spare], "vendor/acme")
        == first
    )
    assert environments.environment_for(["rules"], [other_core, rules], "vendor/acme") != first


def test_offline_every_missing_requirement_is_named_with_its_origin(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    rules = local(tmp_path, "rules-1.0", "core>=1", "old; python_version < '3'")
    offline = replace(environments, is_offline=True)
    with pytest.raises(OfflineMissing) as missing:
        offline.environment_for(["setuptools>=64", "rules[x]"], [rules], "vendor/acme")
    assert missing.value.missing == required(
        ("vendor/acme", "setuptools>=64"), ("vendor/rules", "core>=1")
    )
    assert missing.value.folder == "vendor/build"
    assert toolchain(offline).requests == []


def test_offline_local_distributions_are_not_missing(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    offline = replace(environments, is_offline=True)
    offline.environment_for(
        ["My_Rules>=0.9"], [local(tmp_path, "my_rules-1.0rc1")], "vendor/acme"
    )
    assert len(toolchain(offline).requests) == 1


@pytest.mark.parametrize("is_offline", [False, True])
def test_an_unfit_version_is_reported_with_what_requires_it(
    environments: BuildEnvironments, tmp_path: Path, *, is_offline: bool
) -> None:
    """A vendored package always has priority: Slipway looks for no other file or index."""
    distributions = [local(tmp_path, "rules-1.0"), local(tmp_path, "tools-1.0", "rules>=3")]
    with pytest.raises(VendoredVersionUnfit) as unfit:
        replace(environments, is_offline=is_offline).environment_for(
            ["rules>=2", "tools"], distributions, "vendor/acme"
        )
    assert (unfit.value.name, unfit.value.path) == ("rules", "vendor/rules")
    assert unfit.value.requirements == required(
        ("vendor/acme", "rules>=2"), ("vendor/tools", "rules>=3")
    )
    assert toolchain(environments).requests == []


def test_a_conflict_names_a_public_package_that_requires_another_version(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    requirements = required((THE_APP, "tools"), ("tools 2.0", "rules>=2"), (THE_APP, "rules"))
    failing = FakeToolchain(error=ResolutionConflict(requirements=requirements))
    with pytest.raises(VendoredVersionUnfit) as unfit:
        replace(environments, toolchain=failing).environment_for(
            ["tools", "rules"], [local(tmp_path, "rules-1.0")], "vendor/acme"
        )
    assert unfit.value.requirements == required(("tools 2.0", "rules>=2"))


def test_conflicting_requirements_are_attributed_to_the_package(
    environments: BuildEnvironments,
) -> None:
    requirements = required((THE_APP, "six<1.16"), (THE_APP, "six>=1.17"))
    failing = FakeToolchain(error=ResolutionConflict(requirements=requirements))
    with pytest.raises(ResolutionConflict) as conflict:
        replace(environments, toolchain=failing).environment_for(
            ["six<1.16", "six>=1.17"], [], "vendor/acme"
        )
    assert {one.required_by for one in conflict.value.requirements} == {"vendor/acme"}


def test_a_pending_package_does_not_come_from_an_index(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    rules = local(tmp_path, "rules-1.0", "Acme.Core>=1")
    with pytest.raises(NotBuiltYet):
        environments.environment_for(
            ["rules"], [rules], "vendor/acme", frozenset({"acme-core"})
        )
    assert toolchain(environments).requests == []


def test_a_pending_package_is_not_installed_as_a_dependency_either(
    environments: BuildEnvironments,
) -> None:
    """The requirements of a public package are only known after a resolution."""
    with pytest.raises(NotBuiltYet):
        environments.environment_for(["tools"], [], "vendor/acme", frozenset({"setuptools"}))
    assert toolchain(environments).installed == []
    assert environments.environment_for(["tools"], [], "vendor/acme").site_packages.is_dir()


def test_a_failed_installation_is_not_cached(environments: BuildEnvironments) -> None:
    failing = FakeToolchain(error=PackageNotFound(requirement="hatchlingg"))
    with pytest.raises(PackageNotFound):
        replace(environments, toolchain=failing).environment_for(
            ["hatchlingg"], [], "vendor/acme"
        )
    later = again(environments)
    later.environment_for(["hatchlingg"], [], "vendor/acme")
    assert len(toolchain(later).requests) == 1


def test_it_is_created_even_if_the_cache_cannot_be_written(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way")
    made = environments.environment_for(["setuptools"], [], "vendor/acme")
    assert (made.site_packages / "setuptools.py").exists()
    warning = "The cache cannot be written to: Not a directory"
    assert warning in logged(environments.effects)


@pytest.mark.parametrize("requires", [(), ("rules",)])
def test_build_requirements_are_followed_for_the_apps_python(
    requires: Sequence[str], tmp_path: Path
) -> None:
    distributions = [local(tmp_path, "rules-1.0", "core; python_version >= '3.13'")]
    found = build_closure(requires, distributions, PYTHON.markers, "vendor/acme")
    assert [missing.requirement for missing in found.missing] == ["core"] * len(requires)


def test_local_distributions_are_installed_without_any_index(
    tmp_path: Path, python: Interpreter, bundled_tools: BundledTools
) -> None:
    effects = effects_with(
        tmp_path,
        Processes(now=time.monotonic),
        {"PATH": os.environ["PATH"], "HOME": "/nowhere"},
    )
    pip = Pip(
        bundled_tools=bundled_tools, cache=tmp_path / "pip", effects=effects, app=tmp_path
    )
    tools = PipTools(pip=pip)
    folder = tmp_path / "hafen straße"
    folder.mkdir()
    environments = BuildEnvironments(
        app=tmp_path / "app",
        folder=folder,
        interpreter=python,
        toolchain=tools,
        effects=effects,
        options="--no-index\n",
        is_offline=True,
        folder_for_files="vendor/build",
    )
    distributions: list[LocalDistribution] = [
        local(tmp_path, "core-1.0"),
        local(tmp_path, "my_rules-2.0rc1", "core>=0.9", "nowhere; extra == 'web'"),
        local(tmp_path, "spare-1.0"),
    ]
    made = environments.environment_for(["my-rules>=1"], distributions, "vendor/acme")
    assert made.distributions() == {"core": "1.0", "my-rules": "2.0rc1"}
    argv = [str(made.python), "-c", "import core, my_rules; print(my_rules.__version__)"]
    assert subprocess.check_output(argv, text=True, cwd="/") == "2.0rc1\n"


def test_own_distributions_are_used_if_they_fit(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    own = [local(tmp_path, "setuptools-80"), local(tmp_path, "wheel-0.45")]
    package = replace(environments, own_distributions=lambda: own, is_offline=True)
    package.environment_for(["setuptools>=64"], [], "vendor/acme")
    assert toolchain(package).requests[-1].distributions == own[:1]
    with pytest.raises(OfflineMissing):
        package.environment_for(["setuptools<64"], [], "vendor/acme")


def test_distributions_of_the_app_come_before_own_ones(
    environments: BuildEnvironments, tmp_path: Path
) -> None:
    vendored = local(tmp_path, "setuptools-70")
    own = [local(tmp_path, "setuptools-80")]
    package = replace(environments, own_distributions=lambda: own)
    package.environment_for(["setuptools"], [vendored], "vendor/acme")
    assert toolchain(package).requests[-1].distributions == [vendored]
