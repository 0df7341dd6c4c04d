"""A lock becomes a file of the app, for other machines and without secrets."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.locks.written import IndexFile, WrittenLock, declared_by
from slipway.domain.requirements.lock import Lock, LockedPackage
from slipway.domain.toml_text import parse_toml
from slipway.effects import Effects
from slipway.effects.files import AppFolder, sha256_of
from slipway.errors.writing_locks import FileNotLockable
from slipway.steps.export_lock import export_lock
from slipway.steps.plan import plan
from slipway.toolchains.protocol import LocalDistribution, Locked
from unit.fakes import FakeToolchain, context_with, effects_with
from unit.samples import write_files

INDEX = "https://index.example/simple"
ANCHOR = LockedPackage(
    name="anchor", requirement="anchor==1.0", hashes=("sha256:aa", "sha256:bb")
)


def file(sha256: str, address: str, index: str = INDEX) -> IndexFile:
    return IndexFile(address=address, sha256=sha256, index=index)


WHEEL = file("aa", "https://files.example/anchor-1.0-py3-none-any.whl")
SDIST = file("bb", "https://files.example/anchor-1.0.tar.gz")


@pytest.fixture
def app(tmp_path: Path) -> Path:
    return write_files(tmp_path / "app", {"requirements.txt": "anchor\n"})


@pytest.fixture
def effects(tmp_path: Path) -> Effects:
    return effects_with(tmp_path)


def export(
    app: Path,
    effects: Effects,
    files: list[IndexFile],
    packages: tuple[LockedPackage, ...] = (ANCHOR,),
    distributions: tuple[LocalDistribution, ...] = (),
) -> WrittenLock:
    toolchain = FakeToolchain(files={"anchor": files})
    decided = plan(AppFolder(app), effects.environment)
    context = context_with(app, effects, toolchain, decided)
    locked = Locked(lock=Lock(packages=packages), wheels={})
    declared = declared_by(decided.dependencies.files, decided.dependencies, {})
    return export_lock(context, locked, distributions, declared)


def test_a_package_has_the_files_whose_hashes_are_locked(app: Path, effects: Effects) -> None:
    others = [
        file("cc", "https://files.example/anchor-1.0-1-py3-none-any.whl"),
        file("aa", "file:///srv/wheels/anchor-1.0-py3-none-any.whl", ""),
    ]
    made = export(app, effects, [WHEEL, *others, SDIST])
    assert (made.file, made.count, made.notices) == ("pylock.toml", 1, ())
    (package,) = parse_toml(made.text, made.file)["packages"]
    assert package["index"] == INDEX
    assert package["sdist"]["url"] == SDIST.address
    assert [wheel["url"] for wheel in package["wheels"]] == [WHEEL.address]


def test_a_file_in_a_folder_of_the_app_has_its_path(app: Path, effects: Effects) -> None:
    place = (app / "wheels/anchor-1.0-py3-none-any.whl").as_uri()
    made = export(app, effects, [file("aa", place, "")])
    (package,) = parse_toml(made.text, made.file)["packages"]
    assert package["wheels"][0]["path"] == "./wheels/anchor-1.0-py3-none-any.whl"
    assert "index" not in package


@pytest.mark.parametrize(
    ("address", "outside"),
    [
        (
            "file:///srv/my%20wheels/anchor-1.0-py3-none-any.whl",
            "/srv/my wheels/anchor-1.0-py3-none-any.whl",
        ),
        ("https://files.example/anchor-1.0-cp27-cp27m-win32.whl", ""),
    ],
)
def test_a_file_that_other_machines_do_not_find_cannot_be_locked(
    app: Path, effects: Effects, address: str, outside: str
) -> None:
    with pytest.raises(FileNotLockable) as raised:
        export(app, effects, [file("aa", address)])
    assert (raised.value.requirement, raised.value.file) == ("anchor==1.0", outside)


@pytest.mark.parametrize(
    ("options", "kinds"),
    [
        ("--no-binary Anchor", {"sdist"}),
        ("--no-binary :all:", {"sdist"}),
        ("--only-binary anchor", {"wheels"}),
        ("--only-binary :all:\n--no-binary anchor", {"sdist"}),
        ("--no-binary boat", {"sdist", "wheels"}),
    ],
)
def test_options_about_wheels_count(
    tmp_path: Path, effects: Effects, options: str, kinds: set[str]
) -> None:
    app = write_files(tmp_path / "app", {"requirements.txt": f"{options}\nanchor\n"})
    made = export(app, effects, [WHEEL, SDIST])
    (package,) = parse_toml(made.text, made.file)["packages"]
    assert package.keys() - {"name", "version", "index"} == kinds


def test_options_that_a_lock_cannot_have_are_named(tmp_path: Path, effects: Effects) -> None:
    text = "--trusted-host index.example\nanchor --config-settings=a=b\n"
    made = export(write_files(tmp_path / "app", {"requirements.txt": text}), effects, [WHEEL])
    assert [notice.partition(",")[0] for notice in made.notices] == [
        "requirements.txt:1 has --trusted-host",
        "requirements.txt:2 has --config-settings",
    ]


def test_passwords_stay_variables_or_are_left_out(tmp_path: Path) -> None:
    text = (
        "--extra-index-url https://ci:${TOKEN}@private.example/simple/\n"
        "--find-links https://ci:s3cret@links.example/wheels\nanchor\n"
    )
    app = write_files(tmp_path / "app", {"requirements.txt": text})
    environment = {"PATH": "/usr/bin:/bin", "TOKEN": "t0ken"}
    effects = effects_with(tmp_path, environment=environment)
    private = "https://ci:t0ken@private.example"
    made = export(
        app,
        effects,
        [file("aa", f"{private}/anchor-1.0-py3-none-any.whl", f"{private}/simple")],
    )
    assert "t0ken" not in made.text
    assert "s3cret" not in made.text
    (package,) = parse_toml(made.text, made.file)["packages"]
    assert package["index"] == "https://ci:${TOKEN}@private.example/simple"
    assert package["wheels"][0]["url"].startswith("https://private.example/")
    (notice,) = made.notices
    assert "leaves out the password in requirements.txt:2" in notice


def test_requirements_in_becomes_requirements_txt(tmp_path: Path, effects: Effects) -> None:
    files = {
        "requirements.in": "-r requirements/base.in\nanchor\n",
        "requirements/base.in": "--find-links wheels\n./libs/boat\n",
        "requirements/wheels/.keep": "",
        "libs/boat/setup.py": "",
    }
    app = write_files(tmp_path / "app", files)
    boat = LockedPackage(name="boat", requirement="boat==1", hashes=(), source="libs/boat")
    made = export(app, effects, [], (ANCHOR, boat), (distribution(app, "libs/boat"),))
    assert made.file == "requirements.txt"
    assert made.text.splitlines()[2:] == [
        "--find-links ./requirements/wheels",
        "./libs/boat",
        "anchor==1.0 \\",
        "    --hash=sha256:aa \\",
        "    --hash=sha256:bb",
    ]


def test_vendored_packages_are_folders_and_archives(app: Path, effects: Effects) -> None:
    write_files(app, {"vendor/boat/setup.py": "", "archives/dock-1.tar.gz": "an archive"})
    packages = tuple(
        LockedPackage(name=name, requirement=f"{name}==1", hashes=(), source=source)
        for name, source in (("boat", "vendor/boat"), ("dock", "archives/dock-1.tar.gz"))
    )
    distributions = tuple(distribution(app, one.source or "") for one in packages)
    made = export(app, effects, [WHEEL], packages, distributions)
    boat, dock = parse_toml(made.text, made.file)["packages"]
    assert boat == {"name": "boat", "directory": {"path": "./vendor/boat"}}
    digest = sha256_of(app / "archives/dock-1.tar.gz")
    assert dock["archive"] == {"path": "./archives/dock-1.tar.gz", "hashes": {"sha256": digest}}


def distribution(app: Path, source: str) -> LocalDistribution:
    return LocalDistribution(
        name=Path(source).name.partition("-")[0],
        version="1",
        path=app / "built.whl",
        sha256="ee",
        source=source,
    )
