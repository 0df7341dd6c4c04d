"""An app's requirements become a lock; they are resolved only if something has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks.brought import FromAddress, FromIndex, FromPath, Index, Pin
from slipway.domain.python.selection import Interpreter
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.settings import Settings
from slipway.effects import Effects
from slipway.effects.files import AppFolder
from slipway.errors.dependencies import (
    THE_APP,
    NoIndexAllowed,
    PackageNotFound,
    RequiredOnOtherPythons,
    RequirementOutsideTheApp,
    ResolutionConflict,
    SourceUnsupported,
)
from slipway.errors.fetching import IndexUnreachable
from slipway.errors.stopped import BuildStopped
from slipway.errors.vendored import OfflineMissing, VendoredVersionUnfit
from slipway.steps.lock_requirements import lock_requirements
from slipway.steps.plan import plan
from slipway.toolchains.protocol import LocalDistribution, Locked, RequirementFiles
from unit.brought_locks import FakeLock, locked_plan
from unit.fakes import FakeToolchain, context_with, effects_with, logged
from unit.samples import (
    PLAN,
    PYTHON,
    dependencies,
    local,
    plan_of,
    requested,
    required,
    serving,
    tree,
    write_files,
)

A, B, C = ("sha256:" + digit * 64 for digit in "abc")


def package(name: str, version: str, *hashes: str) -> LockedPackage:
    return LockedPackage(name=name, requirement=f"{name}=={version}", hashes=hashes or (A,))


SIX = Lock(packages=(package("six", "1.17.0", A, B),))


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def resolve(app: Path, toolchain: FakeToolchain, effects: Effects, **files: str) -> Locked:
    named = {name.replace("_txt", ".txt").replace("_py", ".py"): files[name] for name in files}
    decided = plan(AppFolder(write_files(app, named)), effects.environment)
    return lock(decided, toolchain, effects, app)


def lock(
    decided: BuildPlan,
    toolchain: FakeToolchain,
    effects: Effects,
    app: Path,
    *distributions: LocalDistribution,
) -> Locked:
    return lock_requirements(context_with(app, effects, toolchain, decided), distributions)


def test_the_result_of_the_resolver_is_the_lock(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    assert locked.lock == SIX
    (files,) = toolchain.requests
    assert files.requirements == "six\n"
    assert "Locked 1 package with hashes" in logged(effects)


def test_lines_are_sorted_by_their_use(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    write_files(tmp_path / "app", {"limits.txt": "idna<4\n"})
    text = "--pre\n-f wheels\ndjango>=5 ; python_version > '3'\n-c limits.txt\n"
    resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    (files,) = toolchain.requests
    assert files.requirements == "django>=5 ; python_version > '3'\n"
    assert files.constraints == "idna<4\n"
    assert files.options == f"--pre\n--find-links {tmp_path}/app/wheels\n"
    assert files.direct == []


def test_variables_are_left_for_the_toolchain_to_expand(tmp_path: Path) -> None:
    effects = effects_with(tmp_path, environment={"PATH": "/usr/bin:/bin", "USER": "s3cret"})
    toolchain = FakeToolchain(SIX)
    text = "-i https://${USER}@h.example/\nname @ https://${USER}@h.example/n.zip\n"
    resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    (files,) = toolchain.requests
    (reference,) = files.direct
    assert files.options == "-i https://${USER}@h.example/\n"
    assert reference.line == "name @ https://${USER}@h.example/n.zip"
    assert "s3cret" not in reference.source


def test_an_unchanged_app_is_not_resolved_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX, wheels={"six-1.17.0-py3-none-any.whl": "a wheel"})
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    again = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six  # same\n")
    assert len(toolchain.requests) == 1
    assert again.lock == SIX
    assert again.wheels["six"].read_text() == "a wheel"
    assert "Using the cached lock (1 package): nothing that affects it has changed" in logged(
        effects
    )


def test_a_changed_app_is_resolved_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six>=1\n")
    assert [files.requirements for files in toolchain.requests] == ["six\n", "six>=1\n"]


def test_gunicorn_is_required_if_slipway_starts_it(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    files = {
        "requirements_txt": "six\n",
        "wsgi_py": "def application(environ, start_response): ...",
    }
    resolve(tmp_path / "app", toolchain, effects, **files)
    assert toolchain.requests[0].requirements == "six\ngunicorn\n"


def test_an_app_without_requirements_is_not_resolved(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="# nothing\n")
    assert (locked, toolchain.requests) == (Locked(lock=Lock(packages=()), wheels={}), [])


def test_a_file_with_all_hashes_is_the_lock(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    text = f"six==1.17.0 --hash={C}\n"
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    assert locked.lock.packages == (package("six", "1.17.0", C),)
    assert toolchain.requests == []
    assert "Using requirements.txt as the lock" in logged(effects)


def test_gunicorn_is_added_to_the_apps_own_lock(tmp_path: Path, effects: Effects) -> None:
    resolved = Lock(packages=(package("gunicorn", "23.0"), package("six", "1.17.0", A)))
    toolchain = FakeToolchain(resolved)
    text = f"six==1.17.0 --hash={C}\n"
    locked = resolve(
        tmp_path / "app",
        toolchain,
        effects,
        requirements_txt=text,
        wsgi_py="def application(environ, start_response): ...",
    )
    assert toolchain.requests[0].requirements == "gunicorn\n"
    assert toolchain.requests[0].constraints == "six==1.17.0\n"
    assert locked.lock.packages == (package("gunicorn", "23.0"), package("six", "1.17.0", C))


def test_only_hashes_from_the_app_are_locked(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    for given in (C, A):
        text = f"six==1.17.0 --hash={given}\nidna\n"
        locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
        assert locked.lock.packages == (package("six", "1.17.0", given),)


@pytest.mark.parametrize(
    ("required_by", "what", "expected"),
    [
        pytest.param(THE_APP, "idna==2.4", "more.txt:2", id="nested-file"),
        pytest.param(THE_APP, "zope.interface==6", "requirements.txt:2", id="name-with-dot"),
        pytest.param(
            THE_APP, "Zope_Interface[x]==6", "requirements.txt:2", id="other-spelling"
        ),
        pytest.param(THE_APP, "attrs<20", "limits.txt:1", id="constraint"),
        pytest.param(THE_APP, "unheard-of", THE_APP, id="unknown"),
        pytest.param("requests 2.32.3", "idna>=2.5", "requests 2.32.3", id="another-package"),
    ],
)
def test_a_conflict_names_the_file_and_line(
    required_by: str, what: str, expected: str, tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(
        error=ResolutionConflict(requirements=required((required_by, what)))
    )
    write_files(tmp_path / "app", {"more.txt": "\nidna==2.4\n", "limits.txt": "attrs<20\n"})
    text = "-r more.txt\nZope.Interface==6\n-c limits.txt\n"
    with pytest.raises(ResolutionConflict) as conflict:
        resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    assert conflict.value.requirements == required((expected, what))


def test_a_missing_package_names_the_file_and_line(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(error=PackageNotFound(requirement="idna==2.4"))
    write_files(tmp_path / "app", {"more.txt": "\nidna==2.4\n"})
    with pytest.raises(PackageNotFound) as missing:
        resolve(tmp_path / "app", toolchain, effects, requirements_txt="-r more.txt\n")
    assert missing.value.required_by == "more.txt:2"
    assert missing.value.__cause__ is None


def test_a_missing_package_names_the_setting_that_forbids_indexes(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(error=PackageNotFound(requirement="idna"))
    effects = replace(effects, environment={**effects.environment, "PIP_NO_INDEX": "1"})
    with pytest.raises(NoIndexAllowed) as missing:
        resolve(tmp_path / "app", toolchain, effects, requirements_txt="idna\n")
    assert (missing.value.setting, missing.value.required_by) == (
        "PIP_NO_INDEX",
        "requirements.txt:1",
    )


def test_without_a_cache_a_build_logs_a_warning(tmp_path: Path, effects: Effects) -> None:
    (tmp_path / "cache").write_text("in the way")
    locked = resolve(tmp_path / "app", FakeToolchain(SIX), effects, requirements_txt="six\n")
    assert (locked.lock, locked.wheels) == (SIX, {})
    assert "The lock could not be stored in the cache: Not a directory" in logged(effects)


def test_another_python_needs_another_resolution(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    app = write_files(tmp_path / "app", {"requirements.txt": "six\n"})
    decided = plan(AppFolder(app), effects.environment)
    for version in ("3.12.1", "3.13.1"):
        python = replace(PYTHON, version=version)
        lock_requirements(context_with(app, effects, toolchain, decided, python), ())
    assert toolchain.pythons == ["3.12.1", "3.13.1"]


def test_without_a_cache_built_wheels_exist_until_the_build_ends(
    tmp_path: Path, effects: Effects
) -> None:
    """The folder of locks cannot be created, but its parent folder can."""
    write_files(effects.cache.folder, {"lock": "in the way"})
    toolchain = FakeToolchain(SIX, wheels={"six-1.17.0-py3-none-any.whl": "a wheel"})
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    assert locked.wheels["six"].read_text() == "a wheel"


def mine(name: str, version: str = "1.0", *requires: str) -> LocalDistribution:
    """Describe a wheel of vendor/<name>; a resolution does not open it."""
    return LocalDistribution(
        name=name,
        version=version,
        path=Path(f"/cache/{name}-{version}-py3-none-any.whl"),
        sha256="ab" * 32,
        source=f"vendor/{name}",
        requires=requires,
    )


ACME = mine("acme")


def test_vendored_packages_are_resolved_with_the_rest(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked, *SIX)))
    decided = plan_of("six\n", tree("vendor/acme"))
    locked = lock(decided, toolchain, effects, tmp_path, ACME)
    (files,) = toolchain.requests
    assert files.requirements == "six\nacme\n"
    assert list(files.distributions) == [ACME]
    assert locked.wheels == {"acme": ACME.path}
    assert [one.source for one in locked.lock] == ["vendor/acme", None]


def test_a_wheel_of_a_vendored_package_is_stored_once(tmp_path: Path, effects: Effects) -> None:
    """It is stored with the wheels; a lock only has the wheels of direct references."""
    toolchain = FakeToolchain(
        Lock(packages=(ACME.locked, *SIX)),
        wheels={ACME.path.name: "its copy", "six-1.17.0-py3-none-any.whl": "a wheel"},
    )
    locked = lock(plan_of("", tree("vendor/acme")), toolchain, effects, tmp_path, ACME)
    stored = (tmp_path / "cache").glob("*/lock/*/wheels/*")
    assert [path.name for path in stored] == ["six-1.17.0-py3-none-any.whl"]
    assert locked.wheels["acme"] == ACME.path


def test_a_vendored_package_without_a_line_is_required(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    lock(plan_of("", tree("vendor/acme")), toolchain, effects, tmp_path, ACME)
    assert toolchain.requests[0].requirements == "acme\n"


def test_extras_of_paths_and_addresses_are_joined(tmp_path: Path, effects: Effects) -> None:
    """The extras of a line for another Python are not included."""
    text = "acme[docs] @ git+https://h.example/acme\n"
    package = requested(
        tree("vendor/acme"),
        "./vendor/acme[web,cli]",
        "-e vendor/acme[web]",
        "./vendor/acme[old] ; python_version < '3'",
    )
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    lock(plan_of(text, package), toolchain, effects, tmp_path, ACME)
    assert toolchain.requests[0].requirements == "acme[cli,docs,web]\n"
    assert toolchain.requests[0].direct == []


@pytest.mark.parametrize(
    ("others", "built"),
    [([], ["rules @ git+https://h.example/rules.git"]), ([mine("rules")], [])],
)
def test_direct_references_of_vendored_packages_are_built_once(
    others: list[LocalDistribution], built: list[str], tmp_path: Path, effects: Effects
) -> None:
    needs = "rules @ git+https://h.example/rules.git"
    wheel = mine("acme", "1.0", f"{needs} ; python_version > '3'", f"old{needs}; extra == 'x'")
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    lock(plan_of("", tree("vendor/acme")), toolchain, effects, tmp_path, wheel, *others)
    assert [one.line for one in toolchain.requests[0].direct] == built


def test_a_wheel_with_equal_metadata_needs_no_resolution(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    decided = plan_of("", tree("vendor/acme"))
    moved = replace(ACME, path=Path("/moved") / ACME.path.name)
    for wheel in (ACME, moved, replace(ACME, sha256="cd" * 32)):
        locked = lock(decided, toolchain, effects, tmp_path, wheel)
        assert locked.wheels == {"acme": wheel.path}
        assert locked.lock.packages == (wheel.locked,)
    assert len(toolchain.requests) == 1
    wheel = replace(ACME, requires=("six",))
    lock(decided, toolchain, effects, tmp_path, wheel)
    assert len(toolchain.requests) == 2


def test_vendored_packages_are_added_to_the_apps_own_lock(
    tmp_path: Path, effects: Effects
) -> None:
    """Packages in both are locked as in the app's own lock."""
    text = f"six==1.17.0 --hash={C}\n./vendor/acme\n"
    toolchain = FakeToolchain(Lock(packages=(ACME.locked, *SIX)))
    decided = plan_of(text, requested(tree("vendor/acme"), "./vendor/acme"))
    locked = lock(decided, toolchain, effects, tmp_path, ACME)
    assert toolchain.requests[0].requirements == "acme\n"
    assert toolchain.requests[0].constraints == "six==1.17.0\n"
    assert locked.lock.packages == (ACME.locked, package("six", "1.17.0", C))
    assert locked.wheels == {"acme": ACME.path}


def test_an_unfit_vendored_version_is_an_error(tmp_path: Path, effects: Effects) -> None:
    requirements = required((THE_APP, "acme>=2"), ("rules 1.0", "acme>=3"), (THE_APP, "acme"))
    toolchain = FakeToolchain(error=ResolutionConflict(requirements=requirements))
    decided = plan_of("six\nacme>=2\n", tree("vendor/acme"))
    with pytest.raises(VendoredVersionUnfit) as unfit:
        lock(decided, toolchain, effects, tmp_path, mine("other"), ACME)
    assert (unfit.value.name, unfit.value.version) == ("acme", "1.0")
    assert unfit.value.requirements == required(
        ("requirements.txt:2", "acme>=2"),
        ("rules 1.0", "acme>=3"),
    )


@pytest.mark.parametrize(
    ("requires", "required_by"),
    [(("X>=1",), ("vendor/acme",)), ((), ())],
    ids=["a-vendored-package", "a-public-package"],
)
def test_no_index_replaces_a_package_for_other_pythons(
    requires: tuple[str, ...], required_by: tuple[str, ...], tmp_path: Path, effects: Effects
) -> None:
    line = "./vendor/x ; python_version < '3'"
    decided = plan_of(line, tree("vendor/acme"), requested(tree("vendor/x"), line))
    wheel = mine("acme", "1.0", *requires)
    toolchain = FakeToolchain(Lock(packages=(wheel.locked, package("x", "9.0"))))
    with pytest.raises(RequiredOnOtherPythons) as refused:
        lock(decided, toolchain, effects, tmp_path, wheel)
    error = refused.value
    assert (error.name, error.place) == ("x", "requirements.txt:1")
    assert error.required_by == required_by


def test_an_index_may_provide_a_package_for_this_python(
    tmp_path: Path, effects: Effects
) -> None:
    line = "./vendor/six ; python_version < '3'"
    text = f"{line}\nsix ; python_version >= '3'\n"
    decided = plan_of(text, requested(tree("vendor/six"), line))
    assert lock(decided, FakeToolchain(SIX), effects, tmp_path).lock == SIX


OFFLINE = [
    pytest.param("six\n", ("six",), id="requirement"),
    pytest.param(f"six==1.17.0 --hash={A}\n", ("six==1.17.0",), id="own-lock"),
    pytest.param("acme[web]\n", ("flask",), id="extra"),
    pytest.param("", (), id="nothing"),
]


@pytest.mark.parametrize(("text", "missing"), OFFLINE)
def test_offline_all_missing_packages_are_named_before_resolving(
    text: str, missing: tuple[str, ...], tmp_path: Path, effects: Effects
) -> None:
    wheel = mine("acme", "1.0", "nowhere", "flask; extra == 'web'")
    toolchain = FakeToolchain()
    decided = plan_of(text, tree("vendor/acme"), is_offline=True)
    with pytest.raises(OfflineMissing) as offline:
        lock(decided, toolchain, effects, tmp_path, wheel)
    named = tuple(one.requirement for one in offline.value.missing)
    assert sorted(named) == sorted((*missing, "nowhere"))
    assert offline.value.folder == "vendor"
    assert toolchain.requests == []


def test_offline_packages_of_the_apps_own_lock_are_missing(
    tmp_path: Path, effects: Effects
) -> None:
    """The app has no vendored packages, so there is nothing to install."""
    decided = plan_of(f"six==1.17.0 --hash={A}\n", is_offline=True)
    with pytest.raises(OfflineMissing) as offline:
        lock(decided, FakeToolchain(), effects, tmp_path)
    assert offline.value.missing == required(("requirements.txt:1", "six==1.17.0"))


def test_offline_nothing_is_missing_if_all_is_vendored(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    decided = plan_of("acme>=0.5\n", tree("vendor/acme"), is_offline=True)
    lock(decided, toolchain, effects, tmp_path, ACME)
    assert toolchain.requests[0].options == "--no-index\n"


def test_a_lock_without_wheels_has_no_empty_folder(tmp_path: Path, effects: Effects) -> None:
    """Some platforms archive the cache between builds, without empty folders."""
    resolve(tmp_path / "app", FakeToolchain(SIX), effects, requirements_txt="six\n")
    assert [*(tmp_path / "cache").glob("*/lock/*/lock.txt")]
    assert not [*(tmp_path / "cache").glob("*/lock/*/wheels")]


# Declared sources


SOURCES = '[tool.uv.sources]\nnets = { index = "company" }\n'


def vendored_boat(
    app: Path, *requires: str, extra: str = ""
) -> tuple[BuildPlan, LocalDistribution]:
    """Plan an app with a vendored package that declares a source, and return its wheel."""
    files = {
        "requirements.txt": f"boat{extra}\n",
        "vendor/boat/pyproject.toml": f'[project]\nname = "boat"\nversion = "1"\n{SOURCES}',
    }
    decided = plan(AppFolder(write_files(app, files)), {})
    wheel = LocalDistribution(
        name="boat",
        version="1",
        path=app / "boat-1-py3-none-any.whl",
        sha256="a" * 64,
        source="vendor/boat",
        requires=requires,
    )
    return decided, wheel


@pytest.mark.parametrize(
    ("requires", "extra"), [("nets>=1", ""), ("nets ; extra == 'fast'", "[fast]")]
)
def test_no_index_is_asked_for_a_package_with_another_source(
    requires: str, extra: str, tmp_path: Path, effects: Effects
) -> None:
    app = tmp_path / "app"
    decided, boat = vendored_boat(app, requires, extra=extra)
    with pytest.raises(SourceUnsupported) as stopped:
        lock(decided, FakeToolchain(SIX), effects, app, boat)
    assert stopped.value.file == "vendor/boat/pyproject.toml"


@pytest.mark.parametrize(
    "requires", ["six", "nets ; extra == 'fast'", "nets ; python_version < '3'"]
)
def test_the_source_of_what_is_not_required_does_not_matter(
    requires: str, tmp_path: Path, effects: Effects
) -> None:
    app = tmp_path / "app"
    decided, boat = vendored_boat(app, requires)
    assert lock(decided, FakeToolchain(SIX), effects, app, boat).lock == SIX


def test_the_path_in_the_metadata_of_a_wheel_is_an_error(
    tmp_path: Path, effects: Effects
) -> None:
    app = tmp_path / "app"
    decided, boat = vendored_boat(app, "anchor @ file:///srv/anchor")
    with pytest.raises(RequirementOutsideTheApp) as stopped:
        lock(decided, FakeToolchain(SIX), effects, app, boat)
    assert stopped.value.target == "/srv/anchor"


# Locks of other tools


SIX_PIN = Pin(name="six", version="1.17.0", source=FromIndex(), hashes=(A, B))
YARD = Index(url="https://yard.example/simple", name="yard", tool="uv")


def test_a_lock_of_another_tool_is_used_as_it_is(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain()
    acme = local(tmp_path, "acme-1.0", source="the index https://yard.example/simple")
    pins = (Pin(name="acme", version="1.0", source=FromIndex(index=YARD), hashes=(C,)), SIX_PIN)
    locked = lock(locked_plan(FakeLock(pins=pins)), toolchain, effects, tmp_path, acme)
    assert locked.lock == Lock(packages=(acme.locked, package("six", "1.17.0", A, B)))
    assert locked.wheels == {"acme": acme.path}
    assert toolchain.requests == []
    assert "Using uv.lock as it is: 2 packages for this Python" in logged(effects)


def test_what_is_added_fits_the_lock(tmp_path: Path, effects: Effects) -> None:
    gunicorn = package("gunicorn", "23.0.0")
    toolchain = FakeToolchain(Lock(packages=(gunicorn,)))
    acme = local(tmp_path, "acme-1.0", "left-out", source="acme @ git+https://h.example/acme")
    pins = (Pin(name="acme", source=FromAddress(address="git+https://h.example/acme")), SIX_PIN)
    decided = serving(locked_plan(FakeLock(pins=pins)))
    locked = lock(decided, toolchain, effects, tmp_path, acme)
    (files,) = toolchain.requests
    assert files.requirements == "gunicorn\n"
    assert files.constraints == "six==1.17.0\n"
    assert [*files.distributions] == [acme]
    assert locked.lock.names == {"acme", "gunicorn", "six"}
    added = "Added gunicorn 23.0.0: the default web process needs it, and uv.lock does not list"
    assert added in logged(effects)


def test_what_is_added_has_its_version_in_a_group_that_is_not_installed(
    tmp_path: Path, effects: Effects
) -> None:
    """Also what it needs there; but what is installed keeps its own version."""
    toolchain = FakeToolchain(Lock(packages=(package("gunicorn", "20.1.0", A, B),)))
    in_group = (
        Pin(name="gunicorn", version="20.1.0", source=FromIndex(), hashes=(A,)),
        Pin(name="packaging", version="26.0", source=FromIndex(), hashes=(C,)),
        Pin(name="acme", source=FromAddress(address="git+https://h.example/acme")),
        replace(SIX_PIN, version="1.16.0"),
    )
    fake = FakeLock(pins=(SIX_PIN,), of_groups={"dev": (SIX_PIN,), "prod": in_group})
    locked = lock(locked_plan(fake, serving(PLAN)), toolchain, effects, tmp_path)
    (files,) = toolchain.requests
    assert files.requirements == "gunicorn\n"
    assert files.constraints == "six==1.17.0\ngunicorn==20.1.0\npackaging==26.0\n"
    gunicorn = package("gunicorn", "20.1.0", A)
    assert locked.lock == Lock(packages=(gunicorn, package("six", "1.17.0", A, B)))
    assert (
        "Added gunicorn 20.1.0: the default web process needs it, and uv.lock lists it only in "
        "groups or extras that are not installed; this is the version there"
    ) in " ".join(logged(effects).split())


def test_nothing_is_added_that_the_lock_takes_from_elsewhere(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain()
    source = "the index https://yard.example/simple"
    gunicorn = local(tmp_path, "gunicorn-23.0", source=source)
    pin = Pin(name="gunicorn", version="23.0", source=FromIndex(index=YARD), hashes=(C,))
    decided = serving(locked_plan(FakeLock(pins=(pin,))))
    lock(decided, toolchain, effects, tmp_path, gunicorn)
    assert toolchain.requests == []
    assert "Added" not in logged(effects)


def test_what_does_not_fit_the_lock_is_not_added(tmp_path: Path, effects: Effects) -> None:
    requirements = required(("gunicorn 23.0.0", "six>=2"), ("gunicorn", "six==1.17.0"))
    toolchain = FakeToolchain(error=ResolutionConflict(requirements=requirements))
    decided = serving(locked_plan(FakeLock(pins=(SIX_PIN,))))
    for _ in range(2):
        locked = lock(decided, toolchain, effects, tmp_path)
        assert locked.lock.names == {"six"}
        log = logged(effects)
        assert "gunicorn is not added, because no version of it fits" in log
        assert "add gunicorn to pyproject.toml and lock again" in log
    assert "gunicorn 23.0.0 requires six>=2; uv.lock has six==1.17.0" in logged(effects)
    assert "Using the cached lock" not in logged(effects)
    assert len(toolchain.requests) == 1  # the second build knows it


PROCFILE = {"release": "python manage.py migrate", "web": "uvicorn main:app --port $PORT"}


def test_a_server_that_the_procfile_names_is_added(tmp_path: Path, effects: Effects) -> None:
    both = (package("uvicorn", "0.54.0"), package("websockets", "15.0"))
    toolchain = FakeToolchain(Lock(packages=both))
    decided = replace(PLAN, dependencies=dependencies("six\n"), procfile=PROCFILE)
    lock(decided, toolchain, effects, tmp_path)
    (files,) = toolchain.requests
    assert files.requirements == "six\nuvicorn\nwebsockets\n"
    added = "Added uvicorn 0.54.0: the process `web` needs it, and requirements.txt does not"
    assert added in logged(effects)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (
            ResolutionConflict(requirements=required(("uvicorn 1.0", "h11>=1"))),
            "uvicorn 1.0 requires h11>=1",
        ),
        (
            PackageNotFound(requirement="uvicorn"),
            "uvicorn was not found",
        ),
    ],
)
@pytest.mark.parametrize("is_locked", [False, True], ids=["requirements", "lock"])
def test_a_server_that_the_procfile_names_need_not_fit(
    error: BuildStopped, reason: str, tmp_path: Path, effects: Effects, *, is_locked: bool
) -> None:
    """The image may have it, and the app may have its own way to install it."""
    toolchain = OnlyWithoutServer(Lock(packages=(package("six", "1.17.0"),)), error=error)
    decided = replace(PLAN, dependencies=dependencies("six\n"), procfile=PROCFILE)
    if is_locked:
        decided = replace(locked_plan(FakeLock(pins=(SIX_PIN,))), procfile=PROCFILE)
    for _ in range(2):
        locked = lock(decided, toolchain, effects, tmp_path)
        assert locked.lock.names == {"six"}
        log = logged(effects)
        assert "uvicorn and websockets are not added, because no versions of them fit" in log
        assert "Without them, the process `web` cannot start: add uvicorn and" in log
    assert f"Slipway cannot add uvicorn and websockets: {reason}" in logged(effects)
    assert len(toolchain.requests) == (1 if is_locked else 2)  # the second build knows it


class OnlyWithoutServer(FakeToolchain):
    def resolve(self, files: RequirementFiles, interpreter: Interpreter) -> Locked:
        if "uvicorn" not in files.requirements:
            self.error = None
        return super().resolve(files, interpreter)


def test_a_fault_of_the_app_is_not_blamed_on_a_server(tmp_path: Path, effects: Effects) -> None:
    error = PackageNotFound(requirement="sixx")
    decided = replace(PLAN, dependencies=dependencies("sixx\n"), procfile=PROCFILE)
    with pytest.raises(PackageNotFound):
        lock(decided, FakeToolchain(error=error), effects, tmp_path)
    assert "cannot add" not in logged(effects)


def test_an_app_that_needs_no_index_does_not_fail_without_one(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(error=IndexUnreachable("https://yard.example/", "no route"))
    locked = lock(replace(PLAN, procfile=PROCFILE), toolchain, effects, tmp_path)
    assert locked.lock.names == frozenset()
    assert "uvicorn and websockets are not added" in logged(effects)
    with pytest.raises(IndexUnreachable):
        lock(serving(PLAN), toolchain, effects, tmp_path)


def test_requirements_of_a_vendored_package_must_fit_the_lock(
    tmp_path: Path, effects: Effects
) -> None:
    requirements = required(("boat 1.0", "six>=2"))
    toolchain = FakeToolchain(error=ResolutionConflict(requirements=requirements))
    boat = local(tmp_path, "boat-1.0", "six>=2")
    decided = serving(locked_plan(FakeLock(pins=(SIX_PIN,))))
    with pytest.raises(ResolutionConflict):
        lock(decided, toolchain, effects, tmp_path, boat)
    assert [files.requirements for files in toolchain.requests] == [
        "gunicorn\nboat\n",
        "boat\n",
    ]


def test_a_vendored_package_that_the_lock_lacks_brings_its_requirements(
    tmp_path: Path, effects: Effects
) -> None:
    boat = local(tmp_path, "boat-1.0", "idna")
    idna = package("idna", "3.10")
    toolchain = FakeToolchain(Lock(packages=(package("boat", "1.0"), idna)))
    locked = lock(locked_plan(FakeLock(pins=(SIX_PIN,))), toolchain, effects, tmp_path, boat)
    (files,) = toolchain.requests
    assert (files.requirements, files.constraints) == ("boat\n", "six==1.17.0\n")
    assert {one.name: one.source for one in locked.lock} == {
        "boat": "vendor/boat",
        "idna": None,
        "six": None,
    }


def test_a_vendored_package_replaces_a_pin_of_the_same_version(
    tmp_path: Path, effects: Effects
) -> None:
    six = local(tmp_path, "six-1.17.0")
    decided = locked_plan(FakeLock(pins=(SIX_PIN,)))
    locked = lock(decided, FakeToolchain(), effects, tmp_path, six)
    assert locked.lock == Lock(packages=(six.locked,))
    assert "Using vendor/six for six, because vendored packages have priority" in logged(
        effects
    )
    with pytest.raises(VendoredVersionUnfit) as raised:
        lock(decided, FakeToolchain(), effects, tmp_path, local(tmp_path, "six-2.0"))
    assert raised.value.requirements == required(("uv.lock", "six==1.17.0"))


def test_an_offline_build_needs_each_package_of_the_lock(
    tmp_path: Path, effects: Effects
) -> None:
    offline = replace(PLAN, settings=Settings(offline=True))
    acme = local(tmp_path, "acme-1.0", "left-out")
    pins = (Pin(name="acme", source=FromPath(path="vendor/acme")), SIX_PIN)
    decided = locked_plan(FakeLock(pins=pins), offline)
    with pytest.raises(OfflineMissing) as raised:
        lock(decided, FakeToolchain(), effects, tmp_path, acme)
    # The lock leaves out what acme requires, perhaps on purpose.
    assert raised.value.missing == required(("uv.lock", "six==1.17.0"))


def test_an_extra_that_the_app_does_not_have_is_named(tmp_path: Path, effects: Effects) -> None:
    settings = Settings(extras=("s3", "postgres"), extras_origin="The variable SLIPWAY_EXTRAS")
    metadata = ('psycopg; extra == "Postgres"', "rich ; (os_name == 'x') and extra == 'ui'")
    wheel = replace(mine("shop", "1.0", *metadata), source=".")
    app = replace(PLAN, settings=settings)
    lock(app, FakeToolchain(SIX), effects, tmp_path, wheel)
    assert (
        "The variable SLIPWAY_EXTRAS chooses the extra s3, for which the metadata of the app "
        "requires nothing. Its extras that require packages: postgres, ui"
    ) in logged(effects)
