"""uv.lock, read without uv.

The locks and exports of `uv/` are from uv 0.13.9: tests/integration/test_uv_export.py locks and
exports the same projects with the real uv, and compares them in the same way.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from slipway.domain.locks.brought import (
    NO_CHOICE,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    Pin,
)
from slipway.domain.locks.uv import read_uv_lock
from slipway.domain.locks.uv_packages import UvLock
from slipway.errors.app import FileNotToml
from slipway.errors.dependencies import DependencyGroupInvalid
from slipway.errors.locks import (
    LockAlone,
    LockBroken,
    LockChoicesConflict,
    LockNotForThisPython,
    LockOutdated,
    LockSourceUnsupported,
    LockVersionUnknown,
)
from uv_shapes import (
    CHOICES,
    as_exported,
    choice_of,
    environments,
    export_file,
    exported,
    read_shape,
    stored,
)

_LINUX = next(environments())
_PROJECT = """\
[project]
name = "app"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["alpha"]
"""
_LOCK = """\
version = 1
revision = 3
requires-python = ">=3.10"

[[package]]
name = "alpha"
version = "2.0"
source = { registry = "https://index.invalid/simple" }
sdist = { url = "https://files.invalid/alpha-2.0.tar.gz", hash = "sha256:@A@", size = 1 }
wheels = [
    { url = "https://files.invalid/alpha-2.0-py3-none-any.whl", hash = "sha256:@B@" },
]

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "alpha" },
]

[package.metadata]
requires-dist = [{ name = "alpha" }]
""".replace("@A@", "a" * 64).replace("@B@", "b" * 64)


def _read(lock: str = _LOCK, project: str | None = _PROJECT, **files: str) -> UvLock:
    texts: Mapping[str, str | None] = {
        "pyproject.toml": project,
        **{name.replace("__", "/") + ".toml": text for name, text in files.items()},
    }
    return read_uv_lock(lock, "uv.lock", texts.get)


def _select(lock: UvLock, choice: Choice = NO_CHOICE, **markers: str) -> dict[str, Pin]:
    return {pin.name: pin for pin in lock.select({**_LINUX, **markers}, choice)}


# What is installed


@pytest.mark.parametrize("shape", CHOICES)
def test_what_is_installed_is_what_uv_exports(tmp_path: Path, shape: str) -> None:
    app = stored(shape, tmp_path)
    lock = read_shape(app)
    for groups, extras in CHOICES[shape]:
        text = (app / export_file(groups, extras)).read_text("utf-8")
        for environment in environments():
            try:
                pins = lock.select(environment, choice_of(groups, extras))
            except LockNotForThisPython:
                assert shape == "environments"
                continue
            assert as_exported(pins) == exported(text, environment), environment
            paths = {pin for pin in pins if isinstance(pin.source, FromPath)}
            assert paths <= {*lock.local_pins(choice_of(groups, extras))}


def test_a_pin_has_the_hashes_of_all_its_files() -> None:
    pins = _select(_read())
    assert pins["alpha"].hashes == (f"sha256:{'a' * 64}", f"sha256:{'b' * 64}")
    assert pins["alpha"].source == FromIndex()
    assert "app" not in pins


def test_files_are_the_same_however_the_lock_is_written() -> None:
    inline = _LOCK.replace("wheels = [\n    {", "wheels = [ {").replace(" },\n]", " } ]")
    assert _select(_read(inline)) == _select(_read(_LOCK))


def test_the_registry_of_the_lock_is_its_default_index() -> None:
    assert _read().default_index == Index(url="https://index.invalid/simple", tool="uv")


def test_a_default_index_of_the_app_is_the_default_index() -> None:
    more = '[[tool.uv.index]]\nname = "main"\nurl = "https://u:p@index.invalid/simple"\n'
    lock = _read(project=f"{_PROJECT}{more}default = true\n")
    assert lock.default_index == Index(
        url="https://u:p@index.invalid/simple", name="main", tool="uv"
    )
    assert _select(lock)["alpha"].source == FromIndex()


def test_another_index_of_the_app_is_named_with_its_credentials() -> None:
    more = '[[tool.uv.index]]\nname = "own"\nurl = "https://u:p@index.invalid/simple"\n'
    index = Index(url="https://u:p@index.invalid/simple", name="own", tool="uv")
    assert _select(_read(project=_PROJECT + more))["alpha"].source == FromIndex(index=index)


def test_indexes_of_uv_toml_count() -> None:
    uv_toml = '[[index]]\nname = "own"\nurl = "https://index.invalid/simple"\n'
    index = Index(url="https://index.invalid/simple", name="own", tool="uv")
    assert _select(_read(uv=uv_toml))["alpha"].source == FromIndex(index=index)


def test_packages_of_two_unnamed_indexes_each_come_from_their_own() -> None:
    more = (
        '\n[[package]]\nname = "beta"\nversion = "1"\n'
        'source = { registry = "https://other.invalid/simple" }\n'
        f'sdist = {{ url = "https://other.invalid/b.tar.gz", hash = "sha256:{"c" * 64}" }}\n'
    )
    third = more.replace("beta", "gamma").replace(
        "other.invalid/simple", "index.invalid/simple"
    )
    lock = _LOCK.replace(
        '    { name = "alpha" },\n]', '    { name = "alpha" },\n    { name = "beta" },\n]'
    ).replace(
        'requires-dist = [{ name = "alpha" }]',
        'requires-dist = [{ name = "alpha" }, { name = "beta" }]',
    )
    project = _PROJECT.replace('["alpha"]', '["alpha", "beta"]')
    pins = _select(_read(lock + more + third, project))
    assert pins["alpha"].source == FromIndex()
    other = Index(url="https://other.invalid/simple", tool="uv")
    assert pins["beta"].source == FromIndex(index=other)


def test_a_flat_index_is_not_asked_for_more_than_the_files_of_the_lock() -> None:
    more = (
        '[[tool.uv.index]]\nname = "flat"\nurl = "https://index.invalid/simple"\n'
        'format = "flat"\n'
    )
    source = _select(_read(project=_PROJECT + more))["alpha"].source
    assert source == FromFiles(
        files=(
            "https://files.invalid/alpha-2.0-py3-none-any.whl",
            "https://files.invalid/alpha-2.0.tar.gz",
        )
    )


def test_files_of_a_folder_in_the_app_are_taken_from_there(tmp_path: Path) -> None:
    lock = read_shape(stored("local_index", tmp_path))
    files = ("files/archive-1.0-py3-none-any.whl", "files/archive-1.0.tar.gz")
    assert _select(lock)["archive"].source == FromFiles(files=files)
    only = (tmp_path / "local_index" / "uv.lock").read_text("utf-8")
    only = only.replace('sdist = { path = "archive-1.0.tar.gz" }\n', "")
    (tmp_path / "local_index" / "uv.lock").write_text(only, "utf-8")
    lock = read_shape(tmp_path / "local_index")
    assert _select(lock)["archive"].source == FromPath(path=files[0])


def test_excluded_kinds_of_files_have_no_hash(tmp_path: Path) -> None:
    pins = _select(read_shape(stored("from_source", tmp_path)))
    assert len(pins["packed"].hashes) == 1
    assert len(pins["alpha"].hashes) == 1


def test_an_editable_package_is_known(tmp_path: Path) -> None:
    pins = _select(read_shape(stored("paths", tmp_path)))
    assert [name for name in pins if pins[name].is_editable] == ["live"]


def test_a_repository_is_at_the_locked_commit(tmp_path: Path) -> None:
    source = _select(read_shape(stored("repositories", tmp_path)))["inner"].source
    assert isinstance(source, FromAddress)
    assert source.address.startswith("git+https://git.invalid/repository@")
    assert source.address.endswith("#subdirectory=sub/inner")


@pytest.mark.parametrize("address", ["ssh://-oProxyCommand=x/y", "ssh://git@-ox/y", "-x://h/y"])
def test_an_address_that_could_be_an_option_is_refused(address: str, tmp_path: Path) -> None:
    app = stored("repositories", tmp_path)
    lock = (app / "uv.lock").read_text("utf-8")
    (app / "uv.lock").write_text(
        lock.replace("https://git.invalid/repository", address), "utf-8"
    )
    with pytest.raises(LockBroken) as broken:
        _select(read_shape(app))
    assert "does not name a commit of a repository" in broken.value.reason


def test_credentials_in_the_source_of_a_repository_are_used(tmp_path: Path) -> None:
    app = stored("repositories", tmp_path)
    project = (app / "pyproject.toml").read_text("utf-8")
    (app / "pyproject.toml").write_text(project.replace("//git.", "//me:pw@git."), "utf-8")
    source = _select(read_shape(app))["fromgit"].source
    assert isinstance(source, FromAddress)
    assert source.address.startswith("git+https://me:pw@git.invalid/repository@")


def test_the_app_itself_is_installed_if_it_is_a_package(tmp_path: Path) -> None:
    pins = _select(read_shape(stored("package", tmp_path)))
    assert pins["some-app"].source == FromPath(path=".")


def test_groups_and_extras_that_can_be_chosen(tmp_path: Path) -> None:
    assert read_shape(stored("groups", tmp_path)).groups == ("dev", "docs", "jobs", "web")
    assert read_shape(stored("extras", tmp_path)).extras == ("all", "one", "two")
    assert read_shape(stored("virtual_root", tmp_path)).groups == ("dev", "web")


def test_overrides_make_a_lock_inconsistent(tmp_path: Path) -> None:
    assert not read_shape(stored("overrides", tmp_path)).is_consistent
    assert read_shape(stored("plain", tmp_path)).is_consistent


# What is not for this build


def test_another_python_is_refused() -> None:
    with pytest.raises(LockNotForThisPython) as caught:
        _select(_read(), python_full_version="3.9.1", python_version="3.9")
    assert caught.value.needs == "Python >=3.10"
    assert caught.value.python == "3.9.1 on Linux (x86_64)"
    assert not caught.value.is_platform


def test_a_prerelease_counts_as_its_release() -> None:
    assert _select(_read(), python_full_version="3.10.0rc1", python_version="3.10")


def test_another_platform_is_refused(tmp_path: Path) -> None:
    lock = read_shape(stored("environments", tmp_path))
    with pytest.raises(LockNotForThisPython) as caught:
        _select(lock)
    assert caught.value.is_platform


def test_conflicting_extras_are_refused(tmp_path: Path) -> None:
    lock = read_shape(stored("conflicting_extras", tmp_path))
    with pytest.raises(LockChoicesConflict) as caught:
        _select(lock, Choice(extras=("cpu", "gpu")))
    assert caught.value.names == ("the extra `cpu`", "the extra `gpu`")


@pytest.mark.parametrize(
    "source",
    [
        '{ directory = "../other" }',
        '{ path = "/srv/alpha-2.0.tar.gz" }',
        f'{{ git = "https://git.invalid/alpha?lfs=true#{"a" * 40}" }}',
        f'{{ git = "https://git.invalid/all?path=alpha.zip#{"a" * 40}" }}',
        '{ registry = "../wheels" }',
        '{ registry = "file:///srv/wheels" }',
    ],
)
def test_a_source_that_the_build_does_not_have_stops_it(source: str) -> None:
    lock = _LOCK.replace('{ registry = "https://index.invalid/simple" }', source)
    with pytest.raises(LockSourceUnsupported):
        _select(_read(lock))


def test_it_does_not_stop_a_build_that_does_not_need_it() -> None:
    lock = _LOCK.replace(
        '{ registry = "https://index.invalid/simple" }', '{ directory = "../other" }'
    ).replace(
        '    { name = "alpha" },', '    { name = "alpha", marker = "os_name == \'nt\'" },'
    )
    lock = lock.replace(
        '[{ name = "alpha" }]', '[{ name = "alpha", marker = "os_name == \'nt\'" }]'
    )
    project = _PROJECT.replace('"alpha"', "\"alpha; os_name == 'nt'\"")
    assert _select(_read(lock, project)) == {}


# Locks that cannot be read


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (_LOCK[200:], "", "It is not TOML"),
        ('requires-python = ">=3.10"\n', "requires-python = ]", "It is not TOML"),
        ("version = 1\n", "", "It has no `version`, which uv writes at its top."),
        (
            "version = 1\n",
            "version = true\n",
            "It has no `version`, which uv writes at its top.",
        ),
        (
            _LOCK[_LOCK.index('[[package]]\nname = "app"') :],
            "",
            "It has no package for the app",
        ),
        (
            'name = "alpha"\nversion = "2.0"',
            'name = "beta"\nversion = "2.0"',
            "app needs alpha, ",
        ),
        ('version = "2.0"', 'version = "two"', "The version of alpha is `two`, "),
        ('version = "2.0"\n', "", "It has no version for alpha."),
        ('name = "alpha"\nv', 'name = ["alpha"]\nv', "It has a package without a name "),
        (
            'source = { registry = "https://index.invalid/simple" }\n',
            "",
            "It does not say where ",
        ),
        ("registry =", "regist =", "does not know the kind of source of alpha"),
        (
            "registry =",
            "editable = 1, x =",
            "does not know the kind of source of alpha",
        ),
        ("a" * 64, "a" * 63, "A hash of alpha is "),
        (
            '{ name = "alpha" },',
            '{ name = "alpha", marker = "x" },',
            "It has a marker that is ",
        ),
        ('requires-python = ">=3.10"', 'requires-python = "3.x"', " is not valid"),
        ('[{ name = "alpha" }]', '[{ name = "alpha", specifier = "x" }]', " is not valid"),
    ],
)
def test_a_broken_lock_says_what_is_wrong(old: str, new: str, reason: str) -> None:
    assert old in _LOCK
    with pytest.raises(LockBroken) as caught:
        _select(_read(_LOCK.replace(old, new, 1)))
    assert reason in caught.value.reason
    assert caught.value.commands == ("uv lock",)
    assert not caught.value.is_merge


def test_a_package_needs_files() -> None:
    start, end = _LOCK.index("sdist ="), _LOCK.index('[[package]]\nname = "app"')
    with pytest.raises(LockBroken) as caught:
        _select(_read(f"{_LOCK[:start]}\n{_LOCK[end:]}"))
    assert caught.value.reason == "It has no file for alpha 2.0."


@pytest.mark.parametrize("files", [', hash = ""', ", size = 1"])
def test_files_of_an_index_without_hashes_cannot_be_checked(files: str) -> None:
    start, end = _LOCK.index("sdist ="), _LOCK.index('[[package]]\nname = "app"')
    written = f'sdist = {{ url = "https://files.invalid/a.tar.gz"{files} }}\n\n'
    with pytest.raises(LockSourceUnsupported) as caught:
        _select(_read(_LOCK[:start] + written + _LOCK[end:]))
    assert caught.value.source == "https://index.invalid/simple"
    assert "locking again does not help" in caught.value.reason


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('{ name = "alpha" },', '"alpha",', "A list of dependencies of app"),
        ('{ name = "alpha" },', '{ nam = "alpha" },', "An entry for a package has no name"),
        ('{ name = "alpha" },', '{ name = "alpha", marker = 1 },', "The marker of alpha"),
        ('{ name = "alpha" },', '{ name = "alpha", extra = "x" },', "`extra` of alpha"),
        ("wheels = [", 'wheels = [\n    "a.whl",', "`wheels` of alpha"),
        ("sdist = {", "resolution-markers = [1]\nsdist = {", "`resolution-markers`"),
        ("wheels = [", "wheels = 99\nx = [", "`wheels` of alpha is a number"),
        ("wheels = [", "wheels = [\n    {hash = 5},", "A `hash` in `wheels` of alpha"),
        ("revision = 3", 'revision = 3\nconflicts = "x"', "Its `conflicts`"),
        ("revision = 3", 'revision = 3\nconflicts = [["x"]]', "An entry of its `conflicts`"),
        ("revision = 3", 'revision = 3\nsupported-markers = "x"', "`supported-markers`"),
        ("revision = 3", "revision = 3\nmanifest = []", "Its `manifest`"),
        ("revision = 3", "revision = 3\nmanifest = { members = [1] }", "`members`"),
    ],
)
def test_nothing_of_a_wrong_type_is_left_out(old: str, new: str, what: str) -> None:
    assert old in _LOCK
    with pytest.raises(LockBroken) as caught:
        _select(_read(_LOCK.replace(old, new, 1)))
    assert caught.value.reason.startswith(what)


@pytest.mark.parametrize(
    ("declared", "locked", "is_same"),
    [
        ('"six<1.17", "six"', '{ name = "six", specifier = "<1.17" }', True),
        ('"six<1.17"', '{ name = "six" }, { name = "six", specifier = "<1.17" }', True),
        ('"six<1.17", "six<1.18"', '{ name = "six", specifier = "<1.17" }', True),
        ('"six~=1.16"', '{ name = "six", specifier = ">=1.16,<2" }', True),
        ('"six>1", "six<1.17"', '{ name = "six", specifier = ">1,<1.17" }', True),
        ('"six[a]", "six"', '{ name = "six", extras = ["a"] }', True),
        (
            '"six<1.17", "six; python_version < \'3.13\'"',
            '{ name = "six", specifier = "<1.17" }',
            True,
        ),
        ('"six<1.17", "six>1.10"', '{ name = "six", specifier = "<1.17" }', False),
        ('"six<1.17"', '{ name = "six", specifier = "<1.18" }', False),
        ('"six<1.17"', '{ name = "six", specifier = "<=1.17" }', False),
        ('"six>1.16"', '{ name = "six", specifier = ">=1.16" }', False),
        ('"six[b]"', '{ name = "six", extras = ["a"] }', False),
        (
            '"six<1.17", "six>1; python_version < \'3.13\'"',
            '{ name = "six", specifier = ">1,<1.17" }',
            False,
        ),
    ],
)
def test_requirements_of_one_package_are_merged(
    declared: str, locked: str, *, is_same: bool
) -> None:
    project = _PROJECT.replace('"alpha"', declared)
    lock = _LOCK.replace('"alpha"', '"six"')
    start = lock.index("requires-dist")
    end = lock.index("\n", start)
    lock = f"{lock[:start]}requires-dist = [{locked}]{lock[end:]}"
    if is_same:
        _read(lock, project=project)
    else:
        with pytest.raises(LockOutdated):
            _read(lock, project=project)


def test_a_default_group_must_exist() -> None:
    with pytest.raises(DependencyGroupInvalid) as caught:
        _read(project=f'{_PROJECT}[tool.uv]\ndefault-groups = ["dev", "nope"]\n')
    assert caught.value.group == "nope"


@pytest.mark.parametrize(
    ("setting", "options", "is_same"),
    [
        ('exclude-newer = "1 week"', "", False),
        ('exclude-newer = "1 week"', 'exclude-newer = "2024-12-31T00:00:00Z"', False),
        ('exclude-newer = "2 weeks"', 'exclude-newer-span = "P1W"', False),
        ('exclude-newer = "7 days"', 'exclude-newer-span = "P1W"', True),
        ('exclude-newer = "168 hours"', 'exclude-newer-span = "PT168H"', True),
        ('exclude-newer = "2024-12-30"', 'exclude-newer-span = "P1W"', True),
        ("", 'exclude-newer-span = "P1W"', True),
        ('exclude-newer-package = { alpha = "2024-12-30T00:00:00Z" }', "", False),
        (
            'exclude-newer-package = { Alpha = "2024-12-30T00:00:00Z" }',
            'exclude-newer-package = { alpha = "2024-12-30T00:00:00Z" }',
            True,
        ),
    ],
)
def test_how_new_packages_may_be_is_compared(
    setting: str, options: str, *, is_same: bool
) -> None:
    lock = _LOCK.replace("[[package]]", f"[options]\n{options}\n\n[[package]]", 1)
    project = f"{_PROJECT}[tool.uv]\n{setting}\n"
    if is_same:
        _read(lock, project=project)
        return
    with pytest.raises(LockOutdated) as caught:
        _read(lock, project=project)
    (difference,) = caught.value.differences
    assert "The settings of uv have `exclude-newer" in difference


def test_marks_of_a_merge_are_named() -> None:
    with pytest.raises(LockBroken) as caught:
        _read(f"<<<<<<< HEAD\n{_LOCK}=======\n{_LOCK}>>>>>>> other\n")
    assert caught.value.is_merge


def test_an_unknown_version_is_named() -> None:
    with pytest.raises(LockVersionUnknown) as caught:
        _read(_LOCK.replace("version = 1\n", "version = 2\n", 1))
    assert caught.value.version == "`2`"


def test_a_lock_without_its_project_stops() -> None:
    with pytest.raises(LockAlone):
        _read(project=None)


def test_a_project_that_is_not_toml_is_named() -> None:
    with pytest.raises(FileNotToml) as caught:
        _read(project="[project")
    assert caught.value.file == "pyproject.toml"


# Outdated locks: test_uv_lock_check.py compares them with uv's own words


@pytest.mark.parametrize(
    ("old", "new", "difference"),
    [
        (
            '["alpha"]',
            '["alpha>=1", "beta"]',
            "pyproject.toml has `alpha>=1`, and uv.lock was made for `alpha`.",
        ),
        (
            '["alpha"]',
            '["alpha", "beta"]',
            "pyproject.toml has `beta`, which uv.lock was made without.",
        ),
        (
            '["alpha"]',
            "[]",
            "uv.lock was made for `alpha`, which pyproject.toml does not have.",
        ),
        ('"1.0"', '"1.1"', "The version of app is 1.1, and uv.lock has 1.0."),
        (
            ">=3.10",
            ">=3.11",
            "The app's requires-python is `>=3.11`, and uv.lock is for `>=3.10`.",
        ),
        (
            '"app"',
            '"shop"',
            "pyproject.toml is for the project shop, which uv.lock does not have.",
        ),
    ],
)
def test_an_outdated_lock_says_what_differs(old: str, new: str, difference: str) -> None:
    with pytest.raises(LockOutdated) as caught:
        _read(project=_PROJECT.replace(old, new))
    assert caught.value.differences[0] == difference
    assert caught.value.made_from == "pyproject.toml"
    assert caught.value.commands == ("uv lock",)


def test_the_lock_of_the_first_revision_needs_no_list_of_extras() -> None:
    lock = _LOCK.replace("revision = 3\n", "").replace(
        '[{ name = "alpha" }]',
        '[{ name = "alpha" }, { name = "alpha", marker = "extra == \'x\'" }]',
    )
    lock = lock.replace(
        "[package.metadata]",
        '[package.optional-dependencies]\nx = [{ name = "alpha" }]\n\n[package.metadata]',
    )
    found = _read(lock, f'{_PROJECT}\n[project.optional-dependencies]\nx = ["alpha"]\n')
    assert found.extras == ("x",)


def test_dynamic_dependencies_are_not_compared() -> None:
    project = _PROJECT.replace('dependencies = ["alpha"]', 'dynamic = ["dependencies"]')
    assert _read(project=project).file == "uv.lock"


def test_what_variables_may_have_set_is_not_compared() -> None:
    options = (
        '[options]\nresolution-mode = "lowest"\nexclude-newer = "2025-01-01T00:00:00Z"\n\n'
    )
    assert _read(_LOCK.replace("[[package]]", f"{options}[[package]]", 1)).file == "uv.lock"
