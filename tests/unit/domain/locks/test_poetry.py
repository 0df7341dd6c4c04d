"""Locks of Poetry are read, and select what Poetry installs from them.

The locks in poetry/ were written by Poetry 1.1.15, 1.4.2, 1.8.5 and 2.5.1 (`poetry lock`); then
the descriptions and all but two files of each package were removed, which are not in the hash.
installed.json has what Poetry 2.5.1 installs from each (`poetry install --dry-run --no-root`)
with Pythons 3.10 and 3.12 on Linux.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from slipway.domain.locks.brought import (
    NO_CHOICE,
    BroughtLock,
    Choice,
    FromAddress,
    FromIndex,
    FromPath,
    Index,
    Pin,
)
from slipway.domain.locks.poetry import read_poetry_lock
from slipway.domain.toml_text import parse_toml
from slipway.errors.locks import (
    LockBroken,
    LockNotForThisPython,
    LockOutdated,
    LockSourceUnsupported,
    LockVersionUnknown,
)

STORED = Path(__file__).parent / "poetry"
INSTALLED = json.loads((STORED / "installed.json").read_text())
HASH = f"sha256:{'ab' * 32}"
COMMIT = "05e20709f0e6c4ff2d31bda8c5660acb3d6fcbe5"
PROJECT = '[tool.poetry]\nname = "shop"\npackage-mode = false\n'


def markers(python: str = "3.12.1", platform: str = "linux") -> dict[str, str]:
    return {
        "python_version": python.rpartition(".")[0],
        "python_full_version": python,
        "implementation_version": python,
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
        "os_name": "posix",
        "sys_platform": platform,
        "platform_system": "Linux",
        "platform_machine": "x86_64",
        "platform_release": "",
        "platform_version": "",
    }


def read(text: str, **files: str) -> BroughtLock:
    given = {"pyproject.toml": PROJECT, **{f"{name}.toml": files[name] for name in files}}
    return read_poetry_lock(text, "poetry.lock", given.get)


def stored(name: str) -> BroughtLock:
    folder = STORED / name.partition("/")[0]
    text = (STORED / name).read_text()
    return read(text, pyproject=(folder / "pyproject.toml").read_text())


def package(
    name: str = "six", version: str = "1.16.0", more: str = "", source: str = ""
) -> str:
    """Return a package as Poetry 2 writes it, with one file."""
    files = f'files = [\n    {{file = "{name}-{version}.tar.gz", hash = "{HASH}"}},\n]'
    table = f"\n[package.source]\n{source}\n" if source else ""
    return (
        f'[[package]]\nname = "{name}"\nversion = "{version}"\noptional = false\n'
        f'python-versions = "*"\ngroups = ["main"]\n{more}\n{files}\n{table}\n'
    )


def lock(*packages: str, version: str = "2.1", python: str = "*", more: str = "") -> str:
    """Return a lock with zeros instead of the hash of pyproject.toml."""
    metadata = (
        f'[metadata]\nlock-version = "{version}"\npython-versions = "{python}"\n'
        f'content-hash = "{64 * "0"}"\n{more}\n'
    )
    return "\n".join((*packages, metadata))


def select(text: str, choice: Choice = NO_CHOICE, **files: str) -> tuple[Pin, ...]:
    return read(text, **files).select(markers(), choice)


# What the owning tool writes and installs


@pytest.mark.parametrize(
    "case",
    INSTALLED,
    ids=lambda case: "-".join((case["lock"], case["python"], *case["groups"])),
)
def test_what_is_selected_is_what_poetry_installs(case: Mapping[str, object]) -> None:
    found = stored(str(case["lock"]))
    groups, extras = case["groups"], case["extras"]
    assert isinstance(groups, list)
    assert isinstance(extras, list)
    choice = Choice(groups=tuple(groups), extras=tuple(extras))
    pins = found.select(markers(str(case["python"])), choice)
    assert {pin.name: pin.version for pin in pins if pin.name != "shop"} == case["packages"]
    assert all(pin.hashes for pin in pins if pin.name != "shop")
    assert [*pins] == sorted(pins, key=lambda pin: pin.name)


@pytest.mark.parametrize("version", ["1.1", "1.4", "1.8", "2.5"])
def test_a_changed_dependency_makes_a_lock_outdated(version: str) -> None:
    text = (STORED / f"tables/{version}.lock").read_text()
    project = (STORED / "tables/pyproject.toml").read_text()
    read(text, pyproject=f"{project}\n[tool.other]\nx = 1\n")
    with pytest.raises(LockOutdated) as raised:
        read(text, pyproject=project.replace('six = "^1.15"', 'six = "^2"\nflask = "*"'))
    assert raised.value.differences == (
        "pyproject.toml requires `six<3.0,>=2`, but poetry.lock has 1.17.0.",
        "pyproject.toml requires `flask`, which poetry.lock does not have.",
    )
    with pytest.raises(LockOutdated) as raised:
        read(text, pyproject=project.replace('pytest = "^7"', 'pytest = "~7"'))
    assert raised.value.differences == ()
    assert raised.value.commands == ("poetry lock",)


@pytest.mark.parametrize("name", ["tables/1.1.lock", "tables/2.5.lock", "project/2.5.lock"])
def test_a_lock_without_the_hash_is_outdated_as_for_poetry(name: str) -> None:
    text = (STORED / name).read_text()
    project = (STORED / name).with_name("pyproject.toml").read_text()
    with pytest.raises(LockOutdated) as raised:
        read(re.sub('content-hash = ".*"\n', "", text), pyproject=project)
    assert raised.value.differences == (
        "poetry.lock does not say what it was made from (`content-hash`).",
    )


def test_names_and_versions_are_compared_if_the_hash_is_zeros() -> None:
    text = (STORED / "tables/2.5.lock").read_text()
    project = (STORED / "tables/pyproject.toml").read_text()
    hashed = re.sub(r'content-hash = "[0-9a-f]+"', f'content-hash = "{64 * "0"}"', text)
    assert hashed != text
    read(hashed, pyproject=project.replace('pytest = "^7"', 'pytest = "~7"'))
    with pytest.raises(LockOutdated) as raised:
        read(hashed, pyproject=project.replace('six = "^1.15"', 'six = "^2"'))
    assert raised.value.differences == (
        "pyproject.toml requires `six<3.0,>=2`, but poetry.lock has 1.17.0.",
    )


@pytest.mark.parametrize(
    "change",
    [
        ('"six"', '"six>=1"'),
        ('requires-python = ">=3.10"', 'requires-python = ">=3.11"'),
        ('["gunicorn"', '["gunicorn>=1"'),
        ('whitenoise = "^6"', 'whitenoise = "~6"'),
        ("(>=5,<6)", "(>=5)"),
    ],
)
def test_each_table_that_poetry_reads_is_compared(change: tuple[str, str]) -> None:
    text = (STORED / "project/2.5.lock").read_text()
    project = (STORED / "project/pyproject.toml").read_text()
    assert change[0] in project
    with pytest.raises(LockOutdated):
        read(text, pyproject=project.replace(*change))


def test_poetry_before_2_3_does_not_hash_dependency_groups() -> None:
    text = (STORED / "project/2.5.lock").read_text()
    project = (STORED / "project/pyproject.toml").read_text()
    hashed = json.dumps(
        {
            "project": {
                key: value
                for key, value in parse_toml(project, "")["project"].items()
                if key in ("requires-python", "dependencies", "optional-dependencies")
            },
            "tool": {"poetry": {"group": parse_toml(project, "")["tool"]["poetry"]["group"]}},
        },
        sort_keys=True,
    )
    digest = hashlib.sha256(hashed.encode()).hexdigest()
    older = re.sub('content-hash = ".*"', f'content-hash = "{digest}"', text)
    read(older.replace("Poetry 2.5.1", "Poetry 2.2.1"), pyproject=project)
    with pytest.raises(LockOutdated):
        read(older, pyproject=project)


def test_groups_and_extras_are_known() -> None:
    found = stored("project/2.5.lock")
    assert found.groups == ("dev", "prod", "web")
    assert found.extras == ("cache", "sql")
    older = stored("tables/1.1.lock")
    assert (older.groups, older.extras) == (("dev",), ("cache",))
    assert (older.tool, older.file, older.is_consistent) == ("Poetry", "poetry.lock", True)


# Groups and markers


def test_only_main_dependencies_are_installed_by_default() -> None:
    dev = package("pytest", "8.0").replace('["main"]', '["dev"]')
    both = package("anyio", "4.0").replace('["main"]', '["Dev_x", "main"]')
    text = lock(package(), dev, both)
    assert [pin.name for pin in select(text)] == ["anyio", "six"]
    chosen = select(text, Choice(groups=("dev",)))
    assert [pin.name for pin in chosen] == ["anyio", "pytest", "six"]


@pytest.mark.parametrize(
    ("marker", "groups", "extras", "is_selected"),
    [
        ("markers = \"sys_platform == 'win32'\"", (), (), False),
        ("markers = \"python_version >= '3.12'\"", (), (), True),
        ("markers = \"extra == 'pg'\"", (), (), False),
        ("markers = \"extra == 'pg'\"", (), ("pg",), True),
        ("markers = \"extra == 'pg' or extra == 'x'\"", (), ("x", "y"), True),
        ("markers = { main = \"sys_platform == 'win32'\" }", (), (), False),
        ("markers = { main = \"sys_platform == 'win32'\" }", ("dev",), (), True),
        ("markers = { dev = \"sys_platform == 'win32'\" }", (), (), True),
    ],
)
def test_a_marker_decides_whether_a_package_is_installed(
    marker: str, groups: tuple[str, ...], extras: tuple[str, ...], *, is_selected: bool
) -> None:
    text = lock(package(more=marker).replace('["main"]', '["main", "dev"]'))
    choice = Choice(groups=groups, extras=extras)
    assert bool(select(text, choice)) is is_selected


OLDER = """
[tool.poetry]
package-mode = false
[tool.poetry.dependencies]
python = "*"
web = { version = "*", extras = ["All"] }
tool = [{ version = "1.0", python = "<3.9" }, { version = "^2.0", python = ">=3.9" }]
"""


def older(name: str, version: str, more: str = "", python: str = "*") -> str:
    """Return a package as Poetry 1.8 writes it."""
    text = package(name, version).replace('groups = ["main"]\n', "")
    return text.replace('python-versions = "*"', f'python-versions = "{python}"') + more


def test_extras_of_packages_are_followed_in_older_locks() -> None:
    web = """
[package.dependencies]
fast = { version = "*", optional = true, markers = "extra == 'speed' or extra == 'all'" }
slow = { version = "*", optional = true, markers = "extra == 'other'" }
core = ">=1"
never = { version = "*", markers = "sys_platform == 'win32'" }
[package.extras]
all = ["fast (>=1) ; python_version >= '3'", "web[speed]"]
other = ["slow"]
speed = ["fast"]
"""
    packages = [older("web", "1.0", web), *(older(name, "1") for name in ("fast", "slow"))]
    packages += [older(name, "1") for name in ("core", "never", "unrelated")]
    packages += [older("tool", "1.0"), older("tool", "2.1")]
    pins = select(lock(*packages, version="2.0"), pyproject=OLDER)
    found = {pin.name: pin.version for pin in pins}
    assert found == {"web": "1.0", "fast": "1", "core": "1", "tool": "2.1"}


def test_of_several_versions_the_newest_counts_that_all_accept() -> None:
    uses = "\n[package.dependencies]\n"
    packages = [
        older("web", "1.0", f'{uses}tool = "*"\nleaf = ">=1"\n'),
        older("tool", "1.0"),
        older("tool", "2.1", f'{uses}leaf = "<3"\n'),
        older("tool", "2.2", f'{uses}leaf = "<3"\n', python=">=3.13"),
        older("leaf", "1.0", f'{uses}old = "*"\n'),
        older("leaf", "2.0"),
        older("leaf", "3.0"),
        older("old", "1.0"),
    ]
    pins = select(lock(*packages, version="2.0"), pyproject=OLDER)
    assert [(pin.name, pin.version) for pin in pins] == [
        ("leaf", "2.0"),
        ("tool", "2.1"),
        ("web", "1.0"),
    ]


def test_versions_that_do_not_fit_together_are_a_broken_lock() -> None:
    uses = "\n[package.dependencies]\n"
    packages = [
        older("web", "1.0", f'{uses}tool = "1.0"\n'),
        older("tool", "1.0"),
        older("tool", "2.1"),
    ]
    with pytest.raises(LockBroken) as raised:
        select(lock(*packages, version="2.0"), pyproject=OLDER)
    assert "several versions of tool" in raised.value.reason


# Sources

GIT = f'type = "git"\nurl = "{{url}}"\nreference = "v1"\nresolved_reference = "{COMMIT}"'


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            GIT.format(url="https://git.example/six.git") + '\nsubdirectory = "src"',
            FromAddress(address=f"git+https://git.example/six.git@{COMMIT}#subdirectory=src"),
        ),
        (
            GIT.format(url="git@git.example:own/six.git"),
            FromAddress(address=f"git+ssh://git@git.example/own/six.git@{COMMIT}"),
        ),
        (
            f'type = "git"\nurl = "https://git.example/six.git"\nreference = "{COMMIT}"',
            FromAddress(address=f"git+https://git.example/six.git@{COMMIT}"),
        ),
        (
            'type = "url"\nurl = "https://files.example/six.tar.gz"',
            FromAddress(address="https://files.example/six.tar.gz"),
        ),
        ('type = "directory"\nurl = "libs/../libs/six"', FromPath(path="libs/six")),
        ('type = "file"\nurl = "vendor/six.whl"', FromPath(path="vendor/six.whl")),
        (
            'type = "legacy"\nurl = "https://index.example/simple"\nreference = "company"',
            FromIndex(
                index=Index(url="https://index.example/simple", name="company", tool="Poetry")
            ),
        ),
    ],
)
def test_each_kind_of_source_is_kept(source: str, expected: object) -> None:
    [pin] = select(lock(package(source=source)))
    assert pin.source == expected
    has_hash = any(f'type = "{kind}"' in source for kind in ("legacy", "url", "file"))
    assert pin.hashes == ((HASH,) if has_hash else ())


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ('type = "directory"\nurl = "../six"', "Only the app's own files"),
        ('type = "file"\nurl = "/srv/six.whl"', "Only the app's own files"),
        ('type = "svn"\nurl = "https://svn.example/six"', "sources of the type `svn`"),
        (
            f'type = "git"\nurl = "../six"\nresolved_reference = "{COMMIT}"',
            "not at a URL",
        ),
        ('type = "url"\nurl = "file:///srv/six.whl"', "a file of one machine"),
    ],
)
def test_a_source_that_cannot_be_used_is_named(source: str, reason: str) -> None:
    with pytest.raises(LockSourceUnsupported) as raised:
        select(lock(package(source=source)))
    assert reason in raised.value.reason


@pytest.mark.parametrize(
    "source",
    ['type = "directory"\nurl = "libs/six"', GIT.format(url="https://git.example/six")],
)
@pytest.mark.parametrize("value", ["true", "false"])
def test_an_editable_package_is_known(source: str, value: str) -> None:
    [pin] = select(lock(package(more=f"develop = {value}", source=source)))
    assert pin.is_editable == (value == "true")


def test_a_path_that_only_an_extra_needs_is_known_with_the_extra() -> None:
    source = 'type = "directory"\nurl = "libs/six"'
    text = lock(package(more="markers = \"extra == 'x'\"", source=source))
    found = read(text.replace("optional = false", "optional = true"))
    assert found.local_pins(NO_CHOICE) == ()
    assert [pin.name for pin in found.local_pins(Choice(extras=("x",)))] == ["six"]


def test_a_source_of_a_group_that_is_not_installed_does_not_matter() -> None:
    other = package("own", source='type = "directory"\nurl = "../own"')
    text = lock(package(), other.replace('["main"]', '["dev"]'))
    assert [pin.name for pin in select(text)] == ["six"]
    assert read(text).local_pins(NO_CHOICE) == ()


COMPANY = 'type = "legacy"\nurl = "https://index.example/simple"\nreference = "company"'
NAMED = Index(url="https://index.example/simple", name="company", tool="Poetry")


@pytest.mark.parametrize(
    ("settings", "version", "is_default"),
    [
        ("", "2.1", True),
        ('priority = "primary"', "2.1", True),
        ('priority = "explicit"', "2.1", False),
        ('priority = "supplemental"', "2.1", False),
        ("", "2.0", False),
        ('priority = "default"', "2.0", True),
        ("default = true", "1.1", True),
        ("secondary = true", "1.1", False),
    ],
)
def test_a_source_that_replaces_the_public_index_is_the_default_one(
    settings: str, version: str, *, is_default: bool
) -> None:
    project = (
        f'{PROJECT}[tool.poetry.dependencies]\nsix = "*"\n[[tool.poetry.source]]\n'
        f'name = "company"\nurl = "https://index.example/simple"\n{settings}\n'
    )
    found = read(lock(package(source=COMPANY), version=version), pyproject=project)
    assert found.default_index == (NAMED if is_default else None)
    [pin] = found.select(markers(), NO_CHOICE)
    assert pin.source == FromIndex(index=None if is_default else NAMED)


def test_packages_without_a_source_are_never_taken_from_a_named_index() -> None:
    project = f'{PROJECT}[[tool.poetry.source]]\nname = "company"\nurl = "https://x.example"\n'
    text = lock(package(), package("own", source=COMPANY))
    found = read(text, pyproject=project)
    assert found.default_index is None
    own, six = found.select(markers(), NO_CHOICE)
    assert (own.source, six.source) == (FromIndex(index=NAMED), FromIndex())


@pytest.mark.parametrize("version", ["2.0", "2.1"])
def test_paths_are_known_before_the_python(version: str) -> None:
    project = (
        f'{PROJECT}[tool.poetry.dependencies]\nsix = {{ path = "libs/six", python = "<3" }}\n'
    )
    text = lock(
        package(
            source='type = "directory"\nurl = "libs/six"', more="markers = \"os_name == 'x'\""
        ),
        version=version,
    )
    found = read(text, pyproject=project)
    pin = Pin(name="six", version="1.16.0", source=FromPath(path="libs/six"))
    assert found.local_pins(NO_CHOICE) == (pin,)
    assert found.select(markers(), NO_CHOICE) == ()


@pytest.mark.parametrize(
    ("project", "is_package"),
    [
        ('[tool.poetry]\nname = "My.Shop"\n[build-system]\nrequires = []\n', True),
        ('[project]\nname = "my_shop"\n[build-system]\nrequires = []\n', True),
        ('[tool.poetry]\nname = "My.Shop"\n', False),
        (
            '[tool.poetry]\npackage-mode = false\nname = "x"\n[build-system]\nrequires = []\n',
            False,
        ),
    ],
)
def test_the_app_itself_is_installed_if_it_is_a_package(
    project: str, *, is_package: bool
) -> None:
    pins = select(lock(package()), pyproject=project)
    own = (Pin(name="my-shop", source=FromPath(path=".")),) if is_package else ()
    assert pins[:-1] == own
    assert read(lock(package()), pyproject=project).local_pins(NO_CHOICE) == own


# Hashes of older locks


def test_hashes_may_be_in_the_metadata() -> None:
    plain = older("six", "1.16.0")
    plain = plain[: plain.index("files")]
    project = '[tool.poetry]\n[tool.poetry.dependencies]\nsix = "*"\n'
    files = f'[metadata.files]\nsix = [\n    {{file = "six.whl", hash = "{HASH}"}},\n]'
    hashes = f'[metadata.hashes]\nsix = ["{"ab" * 32}"]'
    for more in (files, files.replace("    ", ""), hashes):
        [pin] = select(lock(plain, version="1.0", more=more), pyproject=project)
        assert pin.hashes == (HASH,)


# What is broken


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "It is empty"),
        ("# x", "no `lock-version`"),
        ("[[package]]\nname = ", "TOML"),
        (lock(package())[:-40], "TOML"),
        ("metadata = 1", "[metadata] is not a table"),
        (lock("package = 1"), "`package` is not a list of tables"),
        (lock("package = [1]"), "`package` is not a list of tables"),
        (lock('[[package]]\nversion = "1"'), "An entry for a package has no name"),
        (lock("[[package]]\nname = 1"), "name of a package is `1`"),
        (lock(package(version="one")), "`one`, which is not a version"),
        (lock(package().replace('groups = ["main"]', "groups = 1")), "not a list of strings"),
        (lock(package(more='markers = "os_name = x"')), "The marker of six"),
        (lock(package(more="markers = 1")), "The marker of six is not a string"),
        (lock(package(), package(version="1.15.0")), "six 1.16.0 and 1.15.0 for the same"),
        (lock(package().replace(HASH, "sha256:ab")), "A hash of six"),
        (lock(re.sub(r"files = \[\n.*\n\]", "files = -9", package())), "The files of six"),
        (lock(package().replace(HASH, f"md5:{'ab' * 16}")), "no SHA-2 hash"),
        (lock(package().replace("files = [", "files = []\nx = [")), "no SHA-2 hash"),
        (lock(package(), python="what"), "`python-versions` is `what`"),
        (lock(package(source='type = "git"\nurl = "https://x.example/y"')), "which commit"),
        (lock(package(source="type = 1")), "`type` of the source of six is not a string"),
        (lock(package(more='source = "x"')), "The source of six is not a table"),
        (
            lock(package(source='type = "git"\nsubdirectory = 1')),
            "`subdirectory` of the source of six is not a string",
        ),
        (lock("[extras]\nx = 1"), "The extra `x` is not a list"),
        (lock(package(), version="2.0").replace(64 * "0", "x"), ""),
    ],
)
def test_a_broken_lock_is_called_so(text: str, reason: str) -> None:
    with pytest.raises((LockBroken, LockOutdated, LockSourceUnsupported)) as raised:
        select(text)
    if reason:
        assert isinstance(raised.value, LockBroken)
        assert reason in raised.value.reason
        assert raised.value.commands == ("poetry lock",)


def test_the_line_of_an_error_is_that_of_the_file() -> None:
    text = lock(package(), more="broken")
    line = text.splitlines().index("broken") + 1
    with pytest.raises(LockBroken) as caught:
        read(text)
    assert f"line {line}," in caught.value.reason


def test_a_source_that_is_not_a_list_does_not_count() -> None:
    assert read(lock(package()), pyproject=f"{PROJECT}source = 5\n").default_index is None


def test_marks_of_a_merge_are_named() -> None:
    text = lock(package())
    merged = f"<<<<<<< HEAD\n{text}=======\n{text}>>>>>>> main\n"
    with pytest.raises(LockBroken) as raised:
        read(merged)
    assert raised.value.is_merge


@pytest.mark.parametrize("version", ["2.2", "3.0", "0.9"])
def test_another_version_of_the_format_is_not_read(version: str) -> None:
    with pytest.raises(LockVersionUnknown) as raised:
        read(lock(package(), version=version))
    assert raised.value.version.strip("`") == version
    assert raised.value.known == "1.0, 1.1, 2.0 and 2.1"


def test_a_lock_needs_its_project() -> None:
    with pytest.raises(LockBroken) as raised:
        read_poetry_lock(lock(package()), "poetry.lock", lambda _: None)
    assert "which the app does not have" in raised.value.reason
    unreadable = '[tool.poetry.dependencies]\nx = "?"\n'
    with pytest.raises(LockBroken) as raised:
        select(lock(package(), version="2.0"), pyproject=unreadable)
    assert "pyproject.toml" in raised.value.reason


@pytest.mark.parametrize(
    ("constraint", "fits", "specifier"),
    [
        ("^3.10", True, ">=3.10,<4.0"),
        ("~3.11", False, ">=3.11,<3.12"),
        ("3.12", True, "==3.12.*"),
        ("~2.7 || ^3.9", True, ">=3.9,<4.0"),
        ("~3.11 || ~3.12", True, ">=3.11,<3.13"),
        ("*", True, ""),
        ("~2.7 || <3.9", False, ">=2.7,<2.8"),
    ],
)
def test_a_lock_may_be_for_other_pythons(
    constraint: str, specifier: str, *, fits: bool
) -> None:
    found = read(lock(package(), python=constraint))
    assert found.requires_python == specifier
    if fits:
        assert found.select(markers(), NO_CHOICE)
        return
    with pytest.raises(LockNotForThisPython) as raised:
        found.select(markers(), NO_CHOICE)
    assert raised.value.needs == f"Python {constraint}"
    assert raised.value.python.startswith("3.12.1")
