"""The pylock.toml that `bin/slipway lock` writes, and what it says that it was made from."""

from __future__ import annotations

from typing import Any

import pytest
from packaging.pylock import Pylock

from slipway.domain.locks import written
from slipway.domain.locks.brought import Choice
from slipway.domain.locks.pylock import read_pylock
from slipway.domain.locks.written import IndexFile, MadeFrom, without_secret
from slipway.domain.requirements.dependencies import Dependencies, from_pyproject
from slipway.domain.requirements.lock import LockedPackage
from slipway.domain.toml_text import parse_toml

INDEX = "https://index.example/simple"
MADE = MadeFrom(
    files=("requirements.txt",), requirements=frozenset({"anchor>=1", 'boat; os_name == "nt"'})
)


def package(name: str, version: str = "1.0") -> LockedPackage:
    return LockedPackage(name=name, requirement=f"{name}=={version}", hashes=())


def file(name: str) -> IndexFile:
    address = f"https://files.example/{name}"
    return IndexFile(address=address, sha256=f"{len(name):064}", index=INDEX)


def rendered(*packages: dict[str, Any], groups: tuple[str, ...] = ()) -> str:
    return written.render(packages, "3.13", MADE, groups=groups, extras=("web",))


def test_a_lock_follows_the_standard() -> None:
    text = rendered(
        written.from_index(
            package("anchor"), [file("anchor-1.0-py3-none-any.whl"), file("anchor-1.0.tar.gz")]
        ),
        written.in_app(package("boat"), "./vendor/boat", None),
        written.in_app(package("dock"), "./vendor/dock-1.0.tar.gz", "ab" * 32),
        {"name": "rope", "vcs": {"type": "git", "url": "https://git.example/rope"}},
        groups=("jobs",),
    )
    document = parse_toml(text, "pylock.toml")
    document["packages"][3]["vcs"]["commit-id"] = "0" * 40
    lock = Pylock.from_dict(document)
    assert str(lock.requires_python) == "==3.13.*"
    assert list(map(str, lock.environments or ())) == [
        'python_version == "3.13" and sys_platform == "linux"'
    ]
    assert lock.extras == ["web"]
    assert lock.dependency_groups == ["jobs"]
    assert [one.name for one in lock.packages] == ["anchor", "boat", "dock", "rope"]
    anchor = lock.packages[0]
    assert anchor.index == INDEX
    assert anchor.sdist is not None
    assert anchor.sdist.filename == "anchor-1.0.tar.gz"


def test_a_lock_says_what_it_was_made_from() -> None:
    text = rendered(written.from_index(package("anchor"), [file("anchor-1.0.tar.gz")]))
    assert written.made_from(text) == MADE
    assert written.pins_in(text) == ("anchor==1.0",)
    assert written.is_own_file("pylock.toml", text)
    assert not written.is_own_file("requirements.txt", text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        'created-by = "pip"\n[tool.slipway]\nmade-from = ["a.txt"]\nrequirements = []\n',
        'created-by = "slipway"\n',
        'created-by = "slipway"\n[tool.slipway]\n"\n',
        'created-by = "slipway"\n[tool.slipway]\nmade-from = 7\nrequirements = []\n',
        'created-by = "slipway"\n[tool.slipway]\nmade-from = []\nrequirements = []\n',
        f'created-by = "slipway"\n[tool.slipway]\nx = {"[" * 5000}',
    ],
)
def test_other_locks_do_not_say_it(text: str) -> None:
    assert written.made_from(text) is None


@pytest.mark.parametrize("text", ['packages = 7\ncreated-by = "slipway"', '"', "[[packages"])
def test_a_damaged_lock_has_no_pins(text: str) -> None:
    assert written.pins_in(f'created-by = "slipway"\n{text}') == ()


def test_the_reader_of_locks_selects_what_was_written() -> None:
    text = rendered(
        written.from_index(package("anchor"), [file("anchor-1.0-py3-none-any.whl")]),
        written.in_app(package("boat"), "./vendor/boat", None),
    )
    markers = {"python_version": "3.13", "python_full_version": "3.13.1"}
    lock = read_pylock(text, "pylock.toml", lambda _: None)
    found = lock.select({**markers, "sys_platform": "linux"}, CHOICE)
    assert [(pin.name, pin.version) for pin in found] == [("anchor", "1.0"), ("boat", "")]
    assert lock.requires_python == "==3.13.*"
    assert lock.tool == "Slipway"


CHOICE = Choice(groups=None, extras=("web",))


def test_requirements_are_compared_without_blanks_and_order() -> None:
    document = {
        "project": {"dependencies": ["boat  >= 2", "anchor"]},
        "tool": {"uv": {"sources": {"boat": {"git": "https://u:p@git.example/boat"}}}},
    }
    found = written.declared_by(
        ("pyproject.toml",), from_pyproject(document, "pyproject.toml"), document
    )
    assert found.requirements == {
        "anchor",
        "boat>=2",
        'boat = { git = "https://****@git.example/boat" }',
    }


def test_settings_that_decide_on_versions_and_indexes_count() -> None:
    document = {
        "project": {"dependencies": ["boat"]},
        "tool": {
            "uv": {
                "package": False,
                "constraint-dependencies": ["anchor<2"],
                "index": [{"url": "https://u:p@index.example/simple", "default": True}],
            },
            "pdm": {"source": [{"name": "pypi", "url": "https://own.example"}]},
        },
    }
    dependencies = from_pyproject(document, "pyproject.toml")
    found = written.declared_by(("pyproject.toml",), dependencies, document)
    before = MadeFrom(files=("requirements.txt",), requirements=frozenset({"boat"}))
    assert [one.split("`")[1] for one in written.differences(before, found)] == [
        '[tool.pdm] source = [{ name = "pypi", url = "https://own.example" }]',
        '[tool.uv] constraint-dependencies = ["anchor<2"]',
        '[tool.uv] index = [{ url = "https://****@index.example/simple", default = true }]',
    ]
    assert written.differences(before, found)[0].startswith("pyproject.toml has `[tool.pdm]")


def test_uv_toml_counts_instead_of_the_table_of_uv() -> None:
    document = {"tool": {"uv": {"override-dependencies": ["boat<2"]}}}
    dependencies = Dependencies(origin="requirements.txt", files=(), requirements=())
    own = {"override-dependencies": ["boat<3"]}
    found = written.declared_by(("requirements.txt",), dependencies, document, own)
    assert found.requirements == {'uv.toml: override-dependencies = ["boat<3"]'}
    nothing = MadeFrom(files=("requirements.txt",), requirements=frozenset())
    [sentence] = written.differences(found, nothing)
    assert sentence.startswith("The lock was made from `uv.toml: override-dependencies = ")
    assert sentence.endswith("`, which the app no longer has.")


def test_what_has_changed_is_named() -> None:
    now = MadeFrom(files=("requirements.txt",), requirements=frozenset({"anchor>=2"}))
    lock = MadeFrom(files=("requirements.txt",), requirements=frozenset({"anchor>=1"}))
    assert written.differences(lock, now) == (
        "requirements.txt has `anchor>=2`, which the lock was not made from.",
        "The lock was made from `anchor>=1`, which requirements.txt no longer has.",
    )
    assert written.differences(lock, lock) == ()


@pytest.mark.parametrize(
    ("address", "as_written", "expected"),
    [
        ("https://index.example/s", "", "https://index.example/s"),
        ("https://u:p@index.example/s", "", "https://index.example/s"),
        (
            "https://u:p@index.example/s",
            "https://u:p@index.example/s",
            "https://index.example/s",
        ),
        (
            "https://u:p@index.example/s",
            "https://u:${TOKEN}@index.example/s",
            "https://u:${TOKEN}@index.example/s",
        ),
        (
            "git+https://secret@git.example/x",
            "x @ git+https://${TOKEN}@git.example/x",
            "git+https://${TOKEN}@git.example/x",
        ),
        ("ssh://git@git.example/x", "", "ssh://git@git.example/x"),
        ("git+ssh://git:p@git.example/x", "", "git+ssh://git@git.example/x"),
        ("./vendor/a-1.whl", "", "./vendor/a-1.whl"),
    ],
)
def test_no_secret_is_written(address: str, as_written: str, expected: str) -> None:
    assert without_secret(address, as_written) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("anchor-1.0.tar.gz", True),
        ("anchor-1.0-py3-none-any.whl", True),
        ("anchor-1.0-py2.py3-none-any.whl", True),
        ("anchor-1.0-cp313-cp313-manylinux_2_17_aarch64.whl", True),
        ("anchor-1.0-cp39-abi3-musllinux_1_2_x86_64.whl", True),
        ("anchor-1.0-cp312-cp312-manylinux_2_17_x86_64.whl", False),
        ("anchor-1.0-cp313-cp313t-manylinux_2_17_x86_64.whl", False),
        ("anchor-1.0-cp313-cp313-macosx_11_0_arm64.whl", False),
        ("anchor-1.0-cp313-cp313-win_amd64.whl", False),
        ("anchor-1.0-cp314-abi3-manylinux_2_17_x86_64.whl", False),
        ("nonsense.whl", False),
    ],
)
def test_files_for_another_python_or_system_are_left_out(name: str, *, expected: bool) -> None:
    assert written.fits(file(name), "3.13") is expected


def test_a_requirements_file_has_hashes_and_says_who_wrote_it() -> None:
    locked = LockedPackage(name="boat", requirement="boat==1.0", hashes=("sha256:ab",))
    text = written.render_requirements([locked], ["--pre", "./libs/dock"], "3.13")
    assert text == (
        "# Written by `bin/slipway lock` from requirements.in, for Python 3.13 on Linux.\n"
        "# To update it, run that again; do not edit it.\n"
        "--pre\n./libs/dock\nboat==1.0 \\\n    --hash=sha256:ab\n"
    )
    assert written.is_own_file("requirements.txt", text)
    assert written.pins_in(text) == ("boat==1.0",)
