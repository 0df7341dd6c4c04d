"""What an app asks for becomes a lock, and the index is asked only for what has changed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.effects import Effects
from slipway.effects.files import AppFolder
from slipway.errors.dependencies import THE_APP, ResolutionConflict
from slipway.errors.vendored import OfflineMissing, VendoredVersionUnfit
from slipway.steps.lock_requirements import lock_requirements
from slipway.steps.plan import plan
from slipway.toolchains import LocalDistribution, Locked
from unit.fakes import FakeToolchain, context_with, effects_with, said
from unit.samples import PYTHON, plan_of, requested, required, tree, write_files

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
    return answer(decided, toolchain, effects, app)


def answer(
    decided: BuildPlan,
    toolchain: FakeToolchain,
    effects: Effects,
    app: Path,
    *distributions: LocalDistribution,
) -> Locked:
    return lock_requirements(context_with(app, effects, toolchain, decided), distributions)


def test_what_the_toolchain_answers_is_the_lock(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    assert locked.lock == SIX
    (asked,) = toolchain.asked
    assert asked.requirements == "six\n"
    assert "Locked 1 package by hash" in said(effects)


def test_an_unchanged_app_does_not_ask_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX, wheels={"six-1.17.0-py3-none-any.whl": "a wheel"})
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    again = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six  # same\n")
    assert len(toolchain.asked) == 1
    assert again.lock == SIX
    assert again.wheels["six"].read_text() == "a wheel"
    assert "Nothing that decides the lock has changed: 1 package, as before" in said(effects)


def test_a_changed_app_asks_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    resolve(tmp_path / "app", toolchain, effects, requirements_txt="six>=1\n")
    assert [asked.requirements for asked in toolchain.asked] == ["six\n", "six>=1\n"]


def test_gunicorn_is_asked_for_where_slipway_starts_it(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(SIX)
    files = {"requirements_txt": "six\n", "wsgi_py": "application = 1"}
    resolve(tmp_path / "app", toolchain, effects, **files)
    assert toolchain.asked[0].requirements == "six\ngunicorn\n"


def test_an_app_that_asks_for_nothing_asks_nobody(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="# nothing\n")
    assert (locked, toolchain.asked) == (Locked(lock=Lock(packages=()), wheels={}), [])


def test_a_file_with_all_hashes_is_taken_as_it_is(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    text = f"six==1.17.0 --hash={C}\n"
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt=text)
    assert locked.lock.packages == (package("six", "1.17.0", C),)
    assert toolchain.asked == []
    assert "it is the lock, taken as it is" in said(effects)


def test_gunicorn_is_added_to_a_lock_of_the_apps_own(tmp_path: Path, effects: Effects) -> None:
    answer = Lock(packages=(package("gunicorn", "23.0"), package("six", "1.17.0", A)))
    toolchain = FakeToolchain(answer)
    text = f"six==1.17.0 --hash={C}\n"
    locked = resolve(
        tmp_path / "app", toolchain, effects, requirements_txt=text, wsgi_py="application = 1"
    )
    assert toolchain.asked[0].requirements == "gunicorn\n"
    assert toolchain.asked[0].constraints == "six==1.17.0\n"
    assert locked.lock.packages == (package("gunicorn", "23.0"), package("six", "1.17.0", C))


def test_only_hashes_that_the_app_gave_are_locked(tmp_path: Path, effects: Effects) -> None:
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


def test_without_a_cache_a_build_goes_on_and_says_so(tmp_path: Path, effects: Effects) -> None:
    (tmp_path / "cache").write_text("in the way")
    locked = resolve(tmp_path / "app", FakeToolchain(SIX), effects, requirements_txt="six\n")
    assert (locked.lock, locked.wheels) == (SIX, {})
    assert "The lock could not be kept in the cache: Not a directory" in said(effects)


def test_another_python_is_resolved_for_again(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(SIX)
    app = write_files(tmp_path / "app", {"requirements.txt": "six\n"})
    decided = plan(AppFolder(app), effects.environment)
    for version in ("3.12.1", "3.13.1"):
        python = replace(PYTHON, version=version)
        lock_requirements(context_with(app, effects, toolchain, decided, python), ())
    assert toolchain.pythons == ["3.12.1", "3.13.1"]


def test_without_a_cache_built_wheels_last_as_long_as_the_build(
    tmp_path: Path, effects: Effects
) -> None:
    """The shelf of locks cannot be made; the folder around it can."""
    write_files(effects.cache.folder, {"lock": "in the way"})
    toolchain = FakeToolchain(SIX, wheels={"six-1.17.0-py3-none-any.whl": "a wheel"})
    locked = resolve(tmp_path / "app", toolchain, effects, requirements_txt="six\n")
    assert locked.wheels["six"].read_text() == "a wheel"


def mine(name: str, version: str = "1.0", *requires: str) -> LocalDistribution:
    """Stand for a wheel of vendor/<name>; resolving does not open it."""
    return LocalDistribution(
        name=name,
        version=version,
        path=Path(f"/cache/{name}-{version}-py3-none-any.whl"),
        sha256="ab" * 32,
        source=f"vendor/{name}",
        requires=requires,
    )


ACME = mine("acme")


def test_what_is_shipped_is_asked_for_with_the_rest(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked, *SIX)))
    decided = plan_of("six\n", tree("vendor/acme"))
    locked = answer(decided, toolchain, effects, tmp_path, ACME)
    (asked_for,) = toolchain.asked
    assert asked_for.requirements == "six\nacme\n"
    assert list(asked_for.distributions) == [ACME]
    assert locked.wheels == {"acme": ACME.path}
    assert [one.source for one in locked.lock] == ["vendor/acme", None]


def test_a_wheel_of_what_is_shipped_is_kept_once(tmp_path: Path, effects: Effects) -> None:
    """With the wheels; what is kept with the lock are those of addresses."""
    toolchain = FakeToolchain(
        Lock(packages=(ACME.locked, *SIX)),
        wheels={ACME.path.name: "its copy", "six-1.17.0-py3-none-any.whl": "a wheel"},
    )
    locked = answer(plan_of("", tree("vendor/acme")), toolchain, effects, tmp_path, ACME)
    kept = (tmp_path / "cache").glob("*/lock/*/wheels/*")
    assert [path.name for path in kept] == ["six-1.17.0-py3-none-any.whl"]
    assert locked.wheels["acme"] == ACME.path


def test_what_nothing_names_is_asked_for_too(tmp_path: Path, effects: Effects) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    answer(plan_of("", tree("vendor/acme")), toolchain, effects, tmp_path, ACME)
    assert toolchain.asked[0].requirements == "acme\n"


def test_extras_that_paths_and_addresses_ask_for_are_put_together(
    tmp_path: Path, effects: Effects
) -> None:
    """Those of a line for another Python are not."""
    text = "acme[docs] @ git+https://h.example/acme\n"
    package = requested(
        tree("vendor/acme"),
        "./vendor/acme[web,cli]",
        "-e vendor/acme[web]",
        "./vendor/acme[old] ; python_version < '3'",
    )
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    answer(plan_of(text, package), toolchain, effects, tmp_path, ACME)
    assert toolchain.asked[0].requirements == "acme[cli,docs,web]\n"
    assert toolchain.asked[0].direct == []


@pytest.mark.parametrize(
    ("others", "gone_to"),
    [([], ["rules @ git+https://h.example/rules.git"]), ([mine("rules")], [])],
)
def test_an_address_that_a_shipped_package_needs_is_gone_to_unless_it_is_shipped(
    others: list[LocalDistribution], gone_to: list[str], tmp_path: Path, effects: Effects
) -> None:
    needs = "rules @ git+https://h.example/rules.git"
    wheel = mine("acme", "1.0", f"{needs} ; python_version > '3'", f"old{needs}; extra == 'x'")
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    answer(plan_of("", tree("vendor/acme")), toolchain, effects, tmp_path, wheel, *others)
    assert [one.line for one in toolchain.asked[0].direct] == gone_to


def test_another_wheel_that_says_the_same_is_locked_without_asking_again(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    decided = plan_of("", tree("vendor/acme"))
    moved = replace(ACME, path=Path("/elsewhere") / ACME.path.name)
    for wheel in (ACME, moved, replace(ACME, sha256="cd" * 32)):
        locked = answer(decided, toolchain, effects, tmp_path, wheel)
        assert locked.wheels == {"acme": wheel.path}
        assert locked.lock.packages == (wheel.locked,)
    assert len(toolchain.asked) == 1
    wheel = replace(ACME, requires=("six",))
    answer(decided, toolchain, effects, tmp_path, wheel)
    assert len(toolchain.asked) == 2


def test_a_lock_of_the_apps_own_is_joined_by_what_is_shipped(
    tmp_path: Path, effects: Effects
) -> None:
    """What the two have in common is as the app's own lock has it."""
    text = f"six==1.17.0 --hash={C}\n./vendor/acme\n"
    toolchain = FakeToolchain(Lock(packages=(ACME.locked, *SIX)))
    decided = plan_of(text, requested(tree("vendor/acme"), "./vendor/acme"))
    locked = answer(decided, toolchain, effects, tmp_path, ACME)
    assert toolchain.asked[0].requirements == "acme\n"
    assert toolchain.asked[0].constraints == "six==1.17.0\n"
    assert locked.lock.packages == (ACME.locked, package("six", "1.17.0", C))
    assert locked.wheels == {"acme": ACME.path}


def test_a_version_that_the_shipped_one_is_not_is_told_with_who_asks_for_it(
    tmp_path: Path, effects: Effects
) -> None:
    requirements = required((THE_APP, "acme>=2"), ("rules 1.0", "acme>=3"), (THE_APP, "acme"))
    toolchain = FakeToolchain(error=ResolutionConflict(requirements=requirements))
    decided = plan_of("six\nacme>=2\n", tree("vendor/acme"))
    with pytest.raises(VendoredVersionUnfit) as unfit:
        answer(decided, toolchain, effects, tmp_path, mine("other"), ACME)
    assert (unfit.value.name, unfit.value.version) == ("acme", "1.0")
    assert unfit.value.requirements == required(
        ("requirements.txt:2", "acme>=2"),
        ("rules 1.0", "acme>=3"),
    )


@pytest.mark.parametrize(
    ("needs", "required_by"),
    [(("X>=1",), ("vendor/acme", "X>=1")), ((), ("another package", "x"))],
    ids=["a-vendored-package", "a-public-package"],
)
def test_no_index_stands_in_for_what_is_shipped_for_other_pythons(
    needs: tuple[str, ...], required_by: tuple[str, str], tmp_path: Path, effects: Effects
) -> None:
    line = "./vendor/x ; python_version < '3'"
    decided = plan_of(line, tree("vendor/acme"), requested(tree("vendor/x"), line))
    wheel = mine("acme", "1.0", *needs)
    toolchain = FakeToolchain(Lock(packages=(wheel.locked, package("x", "9.0"))))
    with pytest.raises(ResolutionConflict) as conflict:
        answer(decided, toolchain, effects, tmp_path, wheel)
    assert conflict.value.requirements == required(("requirements.txt:1", line), required_by)


def test_an_app_may_ask_an_index_for_what_it_ships_for_other_pythons(
    tmp_path: Path, effects: Effects
) -> None:
    line = "./vendor/six ; python_version < '3'"
    text = f"{line}\nsix ; python_version >= '3'\n"
    decided = plan_of(text, requested(tree("vendor/six"), line))
    assert answer(decided, FakeToolchain(SIX), effects, tmp_path).lock == SIX


OFFLINE = [
    pytest.param("six\n", ("six",), id="requirement"),
    pytest.param(f"six==1.17.0 --hash={A}\n", ("six==1.17.0",), id="lock-of-the-apps-own"),
    pytest.param("acme[web]\n", ("flask",), id="extra"),
    pytest.param("", (), id="nothing"),
]


@pytest.mark.parametrize(("text", "missing"), OFFLINE)
def test_offline_all_that_is_missing_is_named_before_anybody_is_asked(
    text: str, missing: tuple[str, ...], tmp_path: Path, effects: Effects
) -> None:
    wheel = mine("acme", "1.0", "nowhere", "flask; extra == 'web'")
    toolchain = FakeToolchain()
    decided = plan_of(text, tree("vendor/acme"), is_offline=True)
    with pytest.raises(OfflineMissing) as offline:
        answer(decided, toolchain, effects, tmp_path, wheel)
    named = tuple(one.requirement for one in offline.value.missing)
    assert sorted(named) == sorted((*missing, "nowhere"))
    assert offline.value.folder == "vendor"
    assert toolchain.asked == []


def test_offline_a_lock_alone_is_missing_too(tmp_path: Path, effects: Effects) -> None:
    """With nothing shipped there is nothing to resolve, and nothing to install it from."""
    decided = plan_of(f"six==1.17.0 --hash={A}\n", is_offline=True)
    with pytest.raises(OfflineMissing) as offline:
        answer(decided, FakeToolchain(), effects, tmp_path)
    assert offline.value.missing == required(("requirements.txt:1", "six==1.17.0"))


def test_offline_nothing_is_missing_where_all_is_shipped(
    tmp_path: Path, effects: Effects
) -> None:
    toolchain = FakeToolchain(Lock(packages=(ACME.locked,)))
    decided = plan_of("acme>=0.5\n", tree("vendor/acme"), is_offline=True)
    answer(decided, toolchain, effects, tmp_path, ACME)
    assert toolchain.asked[0].options == "--no-index\n"


def test_a_cache_that_lost_its_empty_folders_is_as_good(
    tmp_path: Path, effects: Effects
) -> None:
    """Some platforms pack the cache between builds, and keep files alone."""
    toolchain = FakeToolchain(SIX)
    app = tmp_path / "app"
    resolve(app, toolchain, effects, requirements_txt="six\n")
    for folder in (tmp_path / "cache").glob("*/lock/*/wheels"):
        folder.rmdir()
    locked = resolve(app, toolchain, effects, requirements_txt="six\n")
    assert (locked.lock, len(toolchain.asked)) == (SIX, 1)
