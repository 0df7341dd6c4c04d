"""Locks of PDM are read, and select what PDM installs from them.

The locks in pdm/ were written by PDM 2.29 (`pdm lock -G :all`, with `--platform`,
`-S static_urls`, `-S no_inherit_metadata` and `lock_inputs = true`), and those in format_4_*/
by PDM 2.5, 2.8 and 2.12; the address of the public index's files was replaced. Next to them are
the output of `pdm export --prod` (`-G s3`), and of `pdm install --dry-run` for a lock that PDM
does not export.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from slipway.domain.locks.brought import (
    NO_CHOICE,
    BroughtLock,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    Pin,
)
from slipway.domain.locks.pdm import read_pdm_lock
from slipway.domain.locks.pdm_project import content_hashes
from slipway.domain.toml_text import parse_toml
from slipway.errors.locks import (
    LockBroken,
    LockNotForThisPython,
    LockOutdated,
    LockSourceUnsupported,
    LockVersionUnknown,
)
from unit.brought_locks import markers

STORED = Path(__file__).parent / "pdm"
HASH = f"sha256:{'ab' * 32}"
OTHER = f"sha256:{'cd' * 32}"
COMMIT = "05e20709f0e6c4ff2d31bda8c5660acb3d6fcbe5"
INDEX = "https://index.example/simple"


LINUX = markers()
WINDOWS = markers(sys_platform="win32", platform_system="Windows", os_name="nt")


def reading(files: dict[str, str]) -> Callable[[str], str | None]:
    return files.get


def stored(case: str, change: str = "|") -> BroughtLock:
    folder = STORED / case

    def read(path: str) -> str | None:
        file = folder / path
        text = file.read_text("utf-8") if file.is_file() else None
        before, _, after = change.partition("|")
        return text.replace(before, after) if text and before else text

    return read_pdm_lock((folder / "pdm.lock").read_text("utf-8"), "pdm.lock", read)


def exported(case: str, group: str, environment: dict[str, str]) -> dict[str, list[str]]:
    """Return what `pdm export` lists for a Python: `name==version` -> hashes."""
    text = (STORED / case / f"export-{group}.txt").read_text("utf-8")
    found = {}
    for line in re.sub(r" *\\\n *", " ", text).splitlines():
        written, *hashes = line.split(" --hash=")
        if not written.strip():
            continue
        requirement = Requirement(written)
        if requirement.marker is None or requirement.marker.evaluate({**environment}):
            pin = f"{canonicalize_name(requirement.name)}{requirement.specifier}"
            found[pin] = sorted(one.strip() for one in hashes)
    return found


def selected(
    lock: BroughtLock, environment: dict[str, str], *groups: str
) -> dict[str, list[str]]:
    pins = lock.select(environment, Choice(groups=groups or None))
    return {f"{pin.name}=={pin.version}": [*pin.hashes] for pin in pins}


@pytest.mark.parametrize("environment", [LINUX, markers("3.11.2"), WINDOWS])
@pytest.mark.parametrize("case", ["targets", "static_urls", "lock_inputs", "format_4_4"])
def test_a_lock_selects_what_pdm_exports(case: str, environment: dict[str, str]) -> None:
    lock = stored(case)
    assert selected(lock, environment) == exported(case, "default", environment)
    assert selected(lock, environment, "s3") == exported(case, "s3", environment)


@pytest.mark.parametrize("case", ["format_4_2", "format_4_3"])
def test_dependencies_are_followed_if_entries_do_not_say_where_they_are_needed(
    case: str,
) -> None:
    # These versions of PDM export for the Python that runs them.
    lock, own = stored(case), markers("3.11.7")
    assert selected(lock, own) == exported(case, "default", own)
    assert selected(lock, own, "s3") == exported(case, "s3", own)
    assert "colorama==0.4.6" in selected(lock, WINDOWS)


def test_a_lock_without_markers_selects_what_pdm_installs() -> None:
    expected = (STORED / "no_inherit/installed.txt").read_text("utf-8").split()
    assert [*selected(stored("no_inherit"), markers("3.11.7"))] == expected
    assert "tzdata==2024.2" in selected(stored("no_inherit"), markers("3.10.1"))


def test_each_kind_of_source_is_kept() -> None:
    lock = stored("sources")
    pins = {pin.name: pin for pin in lock.select(LINUX, NO_CHOICE)}
    private = Index(
        url="http://${IX_USER}:${IX_PASS}@127.0.0.1:8765/simple",
        name="private",
        tool="PDM",
        is_verified=False,
    )
    repository = f"git+git://127.0.0.1/gitrepo@{COMMIT}"
    assert {name: pin.source for name, pin in pins.items()} == {
        "corp-core": FromPath(path="libs/core"),
        "corp-git": FromAddress(address=repository),
        "corp-ix": FromIndex(index=private),
        "corp-shop": FromPath(path="."),
        "corp-sub": FromAddress(address=f"{repository}#subdirectory=sub"),
        "iniconfig": FromIndex(),
        "six": FromIndex(),
        "sniffio": FromAddress(
            address="http://127.0.0.1:8765/files/sniffio-1.3.1-py3-none-any.whl"
        ),
    }
    assert pins["sniffio"].hashes
    assert not pins["corp-git"].hashes
    assert [pin.name for pin in lock.local_pins(NO_CHOICE)] == ["corp-shop", "corp-core"]


def test_groups_and_extras_can_be_chosen() -> None:
    lock = stored("sources")
    assert lock.groups == ("all", "more", "test", "web")
    assert lock.extras == ("all", "web")
    names = {pin.name for pin in lock.select(LINUX, NO_CHOICE)}

    def added(choice: Choice) -> set[str]:
        return {pin.name for pin in lock.select(LINUX, choice)} - names

    assert added(Choice(groups=())) == set()
    assert added(Choice(groups=("more",))) == {"pluggy"}
    assert added(Choice(extras=("all",))) == {"gunicorn", "markdown"}
    assert added(Choice(groups=("web",))) == {"gunicorn"}


def test_a_lock_knows_its_pythons_and_platforms() -> None:
    lock = stored("targets")
    with pytest.raises(LockNotForThisPython) as caught:
        lock.select(markers("3.10.4"), NO_CHOICE)
    assert not caught.value.is_platform
    assert caught.value.needs.startswith("Python >=3.11 on manylinux_2_40_x86_64 or Python")
    with pytest.raises(LockNotForThisPython) as caught:
        lock.select(markers(platform_machine="aarch64"), NO_CHOICE)
    assert caught.value.is_platform


def test_a_target_may_leave_out_pythons() -> None:
    target = '[[metadata.targets]]\nrequires_python = "<3.11||>=3.12"\n'
    lock = made(PROJECT, target)
    assert lock.select(LINUX, NO_CHOICE)
    with pytest.raises(LockNotForThisPython) as caught:
        lock.select(markers("3.11.4"), NO_CHOICE)
    assert caught.value.needs == "Python <3.11 or >=3.12"


@pytest.mark.parametrize(
    ("platform", "fits"),
    [
        ("linux", True),
        ("manylinux_2_28_x86_64", True),
        ("musllinux_1_2_x86_64", False),
        ("alpine", False),
        ("macos_14_0_arm64", False),
        ("windows_amd64", False),
    ],
)
def test_a_target_names_a_platform(platform: str, *, fits: bool) -> None:
    target = f'[[metadata.targets]]\nrequires_python = ">=3.10"\nplatform = "{platform}"\n'
    lock = made(PROJECT, target)
    if fits:
        assert lock.select(LINUX, NO_CHOICE)
    else:
        with pytest.raises(LockNotForThisPython):
            lock.select(LINUX, NO_CHOICE)


# The comparison with pyproject.toml


@pytest.mark.parametrize(
    ("case", "change", "difference"),
    [
        (
            "format_4_4",
            "celery[redis]>=5.3,<5.5|celery[redis]>=5.5",
            "pyproject.toml requires `celery[redis]>=5.5`, but pdm.lock has 5.4.0.",
        ),
        (
            "format_4_2",
            "dependencies = [|dependencies = ['django', ",
            "pyproject.toml requires `django`, which pdm.lock does not have.",
        ),
        ("static_urls", ">=3.10|>=3.11", ""),
        ("workspace", '"six"|"six>2"', "pyproject.toml requires `six>2`"),
        ("lock_inputs", ">=3.10|>=3.11", "pyproject.toml has other groups, sources or"),
        ("lock_inputs", "iniconfig|pluggy-x", "pyproject.toml requires `pluggy-x`"),
        (
            "lock_inputs",
            "lock_inputs = true|exclude-newer = '2024-01-01'",
            "pyproject.toml has other groups",
        ),
    ],
)
def test_a_lock_does_not_fit_a_changed_project(case: str, change: str, difference: str) -> None:
    with pytest.raises(LockOutdated) as caught:
        stored(case, change=change)
    assert "".join(caught.value.differences).startswith(difference)


@pytest.mark.parametrize("case", ["format_4_4", "lock_inputs", "sources"])
def test_other_tables_and_comments_do_not_count(case: str) -> None:
    lock = stored(case, change="[project]|# changed\n[tool.ruff]\nline-length = 96\n[project]")
    assert lock.select(LINUX, NO_CHOICE) == stored(case).select(LINUX, NO_CHOICE)


def test_a_version_that_the_lock_meets_does_not_count_with_recorded_inputs() -> None:
    lock = stored("lock_inputs", change="<5.5|<5.6")
    assert lock.select(LINUX, NO_CHOICE) == stored("lock_inputs").select(LINUX, NO_CHOICE)


def test_the_members_of_a_workspace_count() -> None:
    lock = stored("workspace")
    assert [pin.name for pin in lock.local_pins(NO_CHOICE)] == ["ws-a"]
    stored("workspace", change='"pkgs/*"|"pkgs/*", "nothing"')


def test_an_editable_package_is_known() -> None:
    pins = stored("workspace").select(LINUX, NO_CHOICE)
    assert [pin.name for pin in pins if pin.is_editable] == ["ws-a"]


# Locks with one package


PROJECT = "[project]\nname = 'app'\nrequires-python = '>=3.10'\ndependencies = ['six']\n"
SIX = (
    f"[[package]]\nname = 'six'\nversion = '1.16'\nfiles = [{{file = 's', hash = '{HASH}'}}]\n"
)


def text_of(
    project: str, metadata: str = "", packages: str = SIX, version: str = "4.5.0"
) -> str:
    digest = next(content_hashes(parse_toml(project, "p"), "", reading({}), ()))
    return (
        f"[metadata]\nlock_version = '{version}'\nstrategy = ['inherit_metadata']\n"
        f"content_hash = 'sha256:{digest}'\n{metadata}{packages}"
    )


def made(project: str, metadata: str = "", packages: str = SIX) -> BroughtLock:
    text = text_of(project, metadata, packages)
    return read_pdm_lock(text, "pdm.lock", reading({"pyproject.toml": project}))


def source(name: str, more: str = "", url: str = INDEX) -> str:
    return f"[[tool.pdm.source]]\nname = '{name}'\nurl = '{url}'\n{more}\n"


def index(name: str, url: str = INDEX) -> FromIndex:
    return FromIndex(index=Index(url=url, name=name, tool="PDM"))


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ("", FromIndex()),
        (source("pypi"), FromIndex()),
        (source("own", "include_packages = ['other']"), FromIndex()),
        (source("own", "exclude_packages = ['s*']"), FromIndex()),
        (source("own", "include_packages = ['S?X']"), index("own")),
        (
            source("own", "include_packages = ['*']\nusername = 'u'\npassword = 'p@ss'"),
            index("own", "https://u:p%40ss@index.example/simple"),
        ),
    ],
)
def test_a_package_has_one_index(sources: str, expected: FromIndex) -> None:
    [pin] = made(PROJECT + sources).select(LINUX, NO_CHOICE)
    assert pin == Pin(name="six", version="1.16", source=expected, hashes=(HASH,))


def test_sources_without_a_list_of_packages_are_asked_as_well() -> None:
    links = source("links", "type = 'find_links'")
    bound = source("bound", "include_packages = ['other']")
    lock = made(PROJECT + source("pypi") + source("own") + bound + links)
    [pin] = lock.select(LINUX, NO_CHOICE)
    assert pin.source == FromIndex()
    own = Index(url=INDEX, name="own", tool="PDM")
    page = Index(url=INDEX, name="links", tool="PDM", is_page=True)
    assert lock.other_indexes == (own, page)
    assert lock.default_index == Index(url=INDEX, name="pypi", tool="PDM")
    assert made(PROJECT + source("pypi") + bound).other_indexes == ()


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        (source("own", "include_packages = ['six']"), index("own")),
        (source("pypi", "exclude_packages = ['six']"), index("all")),
        (source("pypi", "include_packages = ['six']"), index("pypi")),
    ],
)
def test_a_package_with_one_source_is_asked_for_there_only(
    sources: str, expected: FromIndex
) -> None:
    lock = made(PROJECT + sources + source("all"))
    [pin] = lock.select(LINUX, NO_CHOICE)
    assert pin.source == expected
    assert lock.other_indexes == ()  # no package needs them


@pytest.mark.parametrize(
    ("sources", "names"),
    [
        (source("own", "exclude_packages = ['x']"), "the default index or own"),
        (
            source("all") + source("own", "exclude_packages = ['x']"),
            "the default index or all or own",
        ),
        (
            source("pypi", "include_packages = ['*']")
            + source("o", "include_packages = ['*']"),
            "pypi or o",
        ),
        (source("pypi", "type = 'find_links'") + source("all"), "pypi or all"),
    ],
)
def test_a_package_that_some_indexes_may_have_is_refused(sources: str, names: str) -> None:
    with pytest.raises(LockSourceUnsupported) as caught:
        made(PROJECT + sources).select(LINUX, NO_CHOICE)
    assert caught.value.source == names


def test_the_addresses_of_files_tell_where_a_package_is_from() -> None:
    url = "https://files.example/six-1.16-py2.py3-none-any.whl"
    packages = SIX.replace("file = 's'", f"url = '{url}'")
    [pin] = made(PROJECT + source("own"), packages=packages).select(LINUX, NO_CHOICE)
    assert pin.source == FromFiles(files=(url,))


def test_pdm_may_forget_the_hashes_of_a_source_with_a_password() -> None:
    own = source("own", url="https://ci:${TOKEN}@index.example/simple")
    bare = "[[package]]\nname = 'six'\nversion = '1.16'\nfiles = []\n"
    with pytest.raises(LockSourceUnsupported) as caught:
        made(PROJECT + own, packages=bare).select(LINUX, NO_CHOICE)
    assert "respect-source-order" in caught.value.reason
    with pytest.raises(LockBroken):
        made(PROJECT, packages=bare)


def test_a_source_may_be_a_page_of_links() -> None:
    links = source("own", "type = 'find_links'\ninclude_packages = ['six']")
    [pin] = made(PROJECT + links).select(LINUX, NO_CHOICE)
    expected = Index(url=INDEX, name="own", tool="PDM", is_page=True)
    assert pin.source == FromIndex(index=expected)


def test_the_default_index_can_be_replaced() -> None:
    lock = made(PROJECT + source("pypi", "verify_ssl = false"))
    assert lock.default_index == Index(url=INDEX, name="pypi", tool="PDM", is_verified=False)


@pytest.mark.parametrize(
    ("project", "is_package"),
    [
        ("", False),
        ("[build-system]\nrequires = []\n", True),
        ("[build-system]\nrequires = []\n[tool.pdm]\ndistribution = false\n", False),
        ("[build-system]\nrequires = []\n[tool.pdm]\npackage-type = 'application'\n", False),
        ("[build-system]\nrequires = []\n[tool.pdm]\npackage-type = 'library'\n", True),
    ],
)
def test_the_app_is_a_package_if_pdm_builds_it(project: str, *, is_package: bool) -> None:
    pins = made(PROJECT + project).local_pins(NO_CHOICE)
    assert [pin.source for pin in pins] == [FromPath(path=".")] * is_package


def test_overrides_and_excludes_let_packages_not_fit() -> None:
    assert made(PROJECT).is_consistent
    overrides = "[tool.pdm.resolution.overrides]\nsix = '1.16'\n"
    assert not made(PROJECT + overrides).is_consistent
    lock = made(PROJECT + "[tool.pdm.resolution]\nexcludes = ['Six']\n")
    assert not lock.is_consistent
    assert lock.select(LINUX, NO_CHOICE) == ()


def test_a_lock_in_a_folder_has_paths_relative_to_that() -> None:
    package = "[[package]]\nname = 'six'\npath = '../six'\n"
    files = {"back/pyproject.toml": PROJECT}
    lock = read_pdm_lock(text_of(PROJECT, packages=package), "back/pdm.lock", reading(files))
    [pin] = lock.select(LINUX, NO_CHOICE)
    assert pin.source == FromPath(path="six")


@pytest.mark.parametrize(
    "package",
    [
        "path = '../six'",
        "path = '/srv/six'",
        "url = 'file:///srv/six.whl'",
        "git = 'https://git.example/six'\nref = 'main'\neditable = true",
    ],
)
def test_a_source_outside_the_app_counts_only_if_it_is_installed(package: str) -> None:
    entry = f"[[package]]\nname = 'six'\n{package}\n"
    with pytest.raises(LockSourceUnsupported):
        made(PROJECT, packages=entry).select(LINUX, NO_CHOICE)
    dev = f"{entry}groups = ['dev']\n"
    project = PROJECT.replace("'six'", "")
    assert made(project, packages=dev).select(LINUX, NO_CHOICE) == ()


# Broken locks


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text[: text.index("files")] + "fi", "It is not TOML"),
        (lambda text: "<<<<<<< HEAD\n" + text + "=======\n>>>>>>> main\n", "It has the marks"),
        (lambda text: text + "[metadata]\n", "It is not TOML"),
        (lambda _: "", "It is empty"),
        (lambda text: text.replace("'4.5.0'", "{}"), "version"),
        (lambda text: text.replace("[[package]]", "[package]"), "`package` is not a list"),
        (lambda text: text.replace("'six'", "7"), "The name of a package is `7`"),
        (lambda text: text.replace("'1.16'", "'one'"), "The version of six is `one`"),
        (lambda text: text.replace("'1.16'", "1.16"), "The version of six is not a string"),
        (lambda text: text.replace("version = '1.16'", ""), "It has no version for six."),
        (lambda text: text.replace("files", "file"), "It has no hash for six 1.16."),
        (lambda text: text.replace(HASH, "sha256:ab"), "A hash of six is `sha256:ab`"),
        (lambda text: text.replace(HASH, "md5:ab"), "It has no hash for six 1.16."),
        (lambda text: text + "marker = 'when'\n", "The marker of six is `when`"),
        (lambda text: text + "groups = 'dev'\n", "`groups` of six is not a list of strings"),
        (lambda text: text.replace(SIX, ""), "The app requires six, and the lock does not"),
        (lambda text: text + "dependencies = ['gone>1']\n", "six requires gone, and the lock"),
    ],
)
def test_a_broken_lock_is_explained(change: Callable[[str], str], reason: str) -> None:
    files = reading({"pyproject.toml": PROJECT})
    with pytest.raises((LockBroken, LockVersionUnknown)) as caught:
        read_pdm_lock(change(text_of(PROJECT)), "pdm.lock", files).select(LINUX, NO_CHOICE)
    if isinstance(caught.value, LockBroken):
        assert reason in caught.value.reason
        assert caught.value.commands == ("pdm lock",)


@pytest.mark.parametrize("version", ["3.1", "4.6", "5.0", "4", "4.x"])
def test_another_version_of_the_format_is_not_known(version: str) -> None:
    files = reading({"pyproject.toml": PROJECT})
    with pytest.raises(LockVersionUnknown) as caught:
        read_pdm_lock(text_of(PROJECT, version=version), "pdm.lock", files)
    assert caught.value.version == f"`{version}`"


def test_a_requirement_that_does_not_apply_may_be_missing() -> None:
    project = PROJECT.replace("'six'", "'six', 'gone; sys_platform == \"win32\"'")
    assert made(project).select(LINUX, NO_CHOICE)


def test_a_lock_without_a_hash_of_its_project_is_out_of_date() -> None:
    text = text_of(PROJECT).replace("content_hash", "content")
    with pytest.raises(LockOutdated) as caught:
        read_pdm_lock(text, "pdm.lock", reading({"pyproject.toml": PROJECT}))
    assert "content_hash" in caught.value.differences[0]


def test_texts_that_no_encoding_has_are_read() -> None:
    project = f"{PROJECT}{source('own', url='https://own.example/' + chr(0xD800))}"
    text = text_of(project).replace("content_hash", "lock_inputs = {}\ncontent_hash")
    with pytest.raises(LockOutdated):
        read_pdm_lock(text, "pdm.lock", reading({"pyproject.toml": project}))
