"""Locks of PEP 751 are read, and select what the tools that wrote them would install.

The locks in pylock/ were written by uv 0.13 (`uv export` and `uv pip compile --universal`), PDM
2.29 (`pdm export -f pylock`) and pip 26.3 (`pip lock -r requirements.in`), for the requirements
of the files next to them; only the addresses were replaced. What is expected of each is what
`uv pip sync --dry-run --python-version ...` installs from it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from slipway.domain.locks.brought import (
    BroughtLock,
    Choice,
    FromAddress,
    FromFiles,
    FromIndex,
    FromPath,
    Index,
    Pin,
)
from slipway.domain.locks.pylock import is_compared, read_pylock
from slipway.errors.locks import (
    LockBroken,
    LockNotForThisPython,
    LockOutdated,
    LockSourceUnsupported,
    LockVersionUnknown,
)
from unit.brought_locks import markers

STORED = Path(__file__).parent / "pylock"
INDEX, FILES = "https://index.example/simple", "https://files.example"
COMMIT = "c0ffee" * 6 + "c0de"
A, B = "ab" * 32, "cd" * 32
HASHES = f'hashes = {{sha256 = "{A}"}}'
CONTENT = f"{FILES}/packages/ab/cd/{'0' * 60}"


def stored(name: str) -> str:
    text = (STORED / name).read_text("utf-8")
    return text.replace("@INDEX@", INDEX).replace("@FILES@", FILES)


def read(
    text: str,
    files: Mapping[str, str] = {},
    file: str = "pylock.toml",
    folders: Callable[[str], tuple[str, ...]] = lambda _: (),
) -> BroughtLock:
    return read_pylock(text, file, files.get, folders)


def lock(*packages: str, head: str = "") -> str:
    tables = "".join(f"[[packages]]\n{package}\n" for package in packages)
    return f'lock-version = "1.0"\ncreated-by = "x"\n{head}\n{tables}'


def wheel(name: str, more: str = "", url: str = CONTENT) -> str:
    file = f'{{url = "{url}/{name}-1.0-py3-none-any.whl", {HASHES}}}'
    return f'name = "{name}"\nversion = "1.0"\n{more}\nwheels = [{file}]'


def names(pins: tuple[Pin, ...]) -> list[str]:
    return [f"{pin.name} {pin.version}".strip() for pin in pins]


def only(text: str, files: Mapping[str, str] = {}, file: str = "pylock.toml") -> Pin:
    [pin] = read(text, files, file).select(markers(), Choice())
    return pin


# What the tools wrote


WEB = ["idna 3.20", "markupsafe 2.1.5", "member", "six 1.17.0", "sqlparse 0.6.1"]
OF_PDM = ["member 0.1", "six 1.17.0"]
OLD = ["exceptiongroup 1.3.2", "typing-extensions 4.16.0"]


@pytest.mark.parametrize(
    ("name", "python", "choice", "expected"),
    [
        pytest.param("uv_export.toml", "3.12.1", Choice(), WEB, id="uv"),
        pytest.param("uv_export.toml", "3.10.4", Choice(), sorted([*OLD, *WEB]), id="uv-3.10"),
        pytest.param(
            "uv_compile.toml",
            "3.12.1",
            Choice(),
            ["markupsafe 2.1.5", "six 1.17.0"],
            id="compile",
        ),
        pytest.param("pdm_export.toml", "3.12.1", Choice(), OF_PDM, id="pdm"),
        pytest.param(
            "pdm_export.toml", "3.10.4", Choice(), sorted([*OLD, *OF_PDM]), id="pdm-3.10"
        ),
        pytest.param(
            "pdm_export.toml",
            "3.12.1",
            Choice(groups=("web",)),
            sorted(["idna 3.20", "markupsafe 2.1.5", *OF_PDM]),
            id="pdm-group",
        ),
        pytest.param(
            "pdm_export.toml",
            "3.12.1",
            Choice(groups=(), extras=("postgres",)),
            [*OF_PDM, "sqlparse 0.6.1"],
            id="pdm-extra",
        ),
        pytest.param(
            "pip_lock.toml",
            "3.11.7",
            Choice(),
            [
                "gitpkg",
                "idna 3.20",
                "iniconfig 2.3.1",
                "markupsafe 2.1.5",
                "member",
                "six 1.17.0",
            ],
            id="pip",
        ),
    ],
)
def test_what_a_tool_locked_is_selected(
    name: str, python: str, choice: Choice, expected: list[str]
) -> None:
    found = read(stored(name), folders=files_of_pip)
    assert names(found.select(markers(python), choice)) == expected


def files_of_pip(folder: str) -> tuple[str, ...]:
    return {"wheels": (), "pkgs": ("iniconfig-2.3.1-py3-none-any.whl",)}.get(folder, ())


def test_the_files_of_a_lock_of_pip_are_found() -> None:
    found = read(stored("pip_lock.toml"), folders=files_of_pip)
    pins = {pin.name: pin for pin in found.select(markers("3.11.7"), Choice())}
    commit = "f4eced3fddde1b6ea5846a4c9adbe458352a186c"
    assert pins["gitpkg"].source == FromAddress(
        address=f"git+https://git.example/gitpkg.git@{commit}"
    )
    assert isinstance(pins["idna"].source, FromAddress)
    assert pins["idna"].hashes[0].startswith("sha256:ab7ae71")
    # pip writes where the wheel was on the machine that made the lock.
    assert pins["iniconfig"].source == FromPath(path="pkgs/iniconfig-2.3.1-py3-none-any.whl")
    assert pins["member"].source == FromPath(path="member")
    assert pins["six"].source == FromIndex()
    assert {pin.name for pin in found.local_pins(Choice())} == {"iniconfig", "member"}


def test_all_hashes_are_kept() -> None:
    found = read(stored("uv_export.toml"))
    pins = {pin.name: pin for pin in found.select(markers(), Choice())}
    assert len(pins["six"].hashes) == 2
    assert len(pins["markupsafe"].hashes) == 31
    assert pins["six"].source == FromIndex()
    assert found.default_index == Index(url=INDEX, tool="uv")
    assert (found.tool, found.requires_python) == ("uv", ">=3.10")


def test_the_choices_are_named() -> None:
    found = read(stored("pdm_export.toml"))
    assert (found.groups, found.extras) == (("base", "dev", "web"), ("postgres",))
    assert found.tool == "PDM"


# Groups


IN_GROUP = "marker = \"'{}' in dependency_groups\""


@pytest.mark.parametrize(
    ("choice", "expected"),
    [
        pytest.param(Choice(), ["main 1.0", "web 1.0"], id="unset"),
        pytest.param(Choice(groups=()), ["main 1.0"], id="none"),
        pytest.param(Choice(groups=("dev",)), ["dev 1.0", "main 1.0"], id="another"),
    ],
)
def test_default_groups_count_without_a_choice(choice: Choice, expected: list[str]) -> None:
    text = lock(
        *(wheel(name, IN_GROUP.format(name.title())) for name in ("dev", "web")),
        wheel("main", IN_GROUP.format("the-project")),
        head='dependency-groups = ["Dev", "Web"]\ndefault-groups = ["the-project", "Web"]',
    )
    assert names(read(text).select(markers(), choice)) == expected


def test_a_default_group_for_development_is_not_for_production() -> None:
    text = lock(
        wheel("dev", IN_GROUP.format("dev")),
        head='dependency-groups = ["dev"]\ndefault-groups = ["dev"]',
    )
    assert read(text).select(markers(), Choice()) == ()


# The environment


@pytest.mark.parametrize(
    ("head", "needs", "is_platform"),
    [
        pytest.param('requires-python = ">=3.13"', "Python >=3.13", False, id="python"),
        pytest.param(
            "environments = [\"sys_platform == 'win32'\"]",
            'the environment `sys_platform == "win32"`',
            True,
            id="platform",
        ),
        pytest.param(
            "environments = [\"python_version == '3.11' and sys_platform == 'linux'\"]",
            'the environment `python_version == "3.11" and sys_platform == "linux"`',
            False,
            id="environment-of-a-python",
        ),
        pytest.param(
            "environments = [\"platform_machine == 'arm64'\", \"platform_machine == 'x'\"]",
            'the environments `platform_machine == "arm64"`, `platform_machine == "x"`',
            True,
            id="machine",
        ),
    ],
)
def test_a_lock_for_another_environment_is_refused(
    head: str, needs: str, *, is_platform: bool
) -> None:
    with pytest.raises(LockNotForThisPython) as refused:
        read(lock(wheel("a"), head=head)).select(markers(), Choice())
    assert (refused.value.needs, refused.value.is_platform) == (needs, is_platform)
    assert "3.12.1" in refused.value.python


def test_a_package_for_another_python_is_refused_only_if_it_is_selected() -> None:
    text = lock(
        wheel("a", 'requires-python = ">=3.13"\nmarker = "python_version >= \'3.13\'"'),
        wheel("b"),
    )
    assert names(read(text).select(markers(), Choice())) == ["b 1.0"]
    with pytest.raises(LockNotForThisPython) as refused:
        read(lock(wheel("a", 'requires-python = ">=3.13"'))).select(markers(), Choice())
    assert refused.value.needs == "Python >=3.13, because of a"


def test_a_python_that_is_built_from_its_sources_is_compared() -> None:
    found = read(lock(wheel("a"), head='requires-python = ">=3.13"'))
    assert found.select(markers("3.14.0rc1+"), Choice())


def test_one_of_several_entries_is_selected_by_its_marker() -> None:
    one, two = (
        wheel("a", f"marker = \"python_version {sign} '3.12'\"").replace("1.0", version)
        for sign, version in (("<", "1.0"), (">=", "2.0"))
    )
    found = read(lock(one, two))
    assert names(found.select(markers("3.11.2"), Choice())) == ["a 1.0"]
    assert names(found.select(markers("3.12.2"), Choice())) == ["a 2.0"]


def test_two_entries_for_one_environment_are_ambiguous() -> None:
    with pytest.raises(LockBroken) as broken:
        read(lock(wheel("a"), wheel("a"))).select(markers(), Choice())
    assert "Multiple packages with the name 'a' are selected" in broken.value.reason


# Sources


@pytest.mark.parametrize(
    ("package", "source"),
    [
        pytest.param(wheel("a"), FromIndex(), id="public-file"),
        pytest.param(
            wheel("a", url="https://own.example/x"),
            FromFiles(files=("https://own.example/x/a-1.0-py3-none-any.whl",)),
            id="file-elsewhere",
        ),
        pytest.param(
            f'name = "a"\nwheels = [{{path = "w/a-1.0-py3-none-any.whl", {HASHES}}}]',
            FromPath(path="w/a-1.0-py3-none-any.whl"),
            id="file-in-the-app",
        ),
        pytest.param(
            f'name = "a"\nsdist = {{path = "./a-1.0.tar.gz", {HASHES}}}\n'
            f'wheels = [{{path = "w\\\\a-1.0-py3-none-any.whl", {HASHES}}}]',
            FromFiles(files=("w/a-1.0-py3-none-any.whl", "a-1.0.tar.gz")),
            id="files-in-the-app",
        ),
        pytest.param(
            'name = "a"\ndirectory = {path = ".", editable = true}',
            FromPath(path="."),
            id="the-app-itself",
        ),
        pytest.param(
            'name = "a"\ndirectory = {path = "libs", subdirectory = "a"}',
            FromPath(path="libs/a"),
            id="folder",
        ),
        pytest.param(
            f'name = "a"\narchive = {{url = "https://own.example/a.zip", subdirectory = "s", '
            f"{HASHES}}}",
            FromAddress(address="https://own.example/a.zip#subdirectory=s"),
            id="archive",
        ),
        pytest.param(
            f'name = "a"\narchive = {{path = "a-1.0.zip", {HASHES}}}',
            FromPath(path="a-1.0.zip"),
            id="archive-in-the-app",
        ),
        pytest.param(
            'name = "a"\nvcs = {type = "git", url = "git@h.example:o/a", commit-id = "'
            f'{COMMIT}", subdirectory = "s"}}',
            FromAddress(address=f"git+ssh://git@h.example/o/a@{COMMIT}#subdirectory=s"),
            id="git",
        ),
    ],
)
def test_each_source_is_understood(package: str, source: object) -> None:
    pin = only(lock(package))
    assert pin.source == source
    assert pin.is_editable == ("editable = true" in package)


def test_paths_are_relative_to_the_lock() -> None:
    text = lock('name = "a"\ndirectory = {path = "../libs/a"}')
    assert only(text, file="locks/pylock.toml").source == FromPath(path="libs/a")


@pytest.mark.parametrize(
    ("package", "source"),
    [
        pytest.param('name = "a"\ndirectory = {path = "../a"}', "../a", id="outside"),
        pytest.param(
            f'name = "a"\narchive = {{url = "file:///home/me/a.zip", {HASHES}}}',
            "file:///home/me/a.zip",
            id="on-another-machine",
        ),
        pytest.param(
            'name = "a"\nvcs = {type = "git", path = "r", commit-id = "c"}',
            "r",
            id="repository",
        ),
        pytest.param(
            'name = "a"\nvcs = {type = "fossil", url = "https://u:secret@h", commit-id = "c"}',
            "https://****@h",
            id="unknown-repository",
        ),
    ],
)
def test_a_source_that_no_build_has_is_refused_when_it_is_selected(
    package: str, source: str
) -> None:
    found = read(lock(f"{package}\nmarker = \"sys_platform == 'linux'\""))
    assert found.local_pins(Choice()) == ()
    assert found.select(markers(sys_platform="darwin"), Choice()) == ()
    with pytest.raises(LockSourceUnsupported) as refused:
        found.select(markers(), Choice())
    assert (refused.value.name, refused.value.source) == ("a", source)


# Indexes


OWN = "https://own.example/simple"
OF_UV = (
    '[[tool.uv.index]]\nname = "own"\nurl = "https://u:p@own.example/simple/"\nexplicit = true'
)


def test_an_index_that_the_app_names_is_not_the_default_one() -> None:
    text = lock(wheel("a", f'index = "{OWN}"'), wheel("b", f'index = "{INDEX}"'))
    found = read(text, {"pyproject.toml": OF_UV})
    own, other = found.select(markers(), Choice())
    named = Index(url="https://u:p@own.example/simple/", name="own", tool="uv")
    assert (own.source, other.source) == (FromIndex(index=named), FromIndex())
    assert found.default_index == Index(url=INDEX, tool="`x`")


def test_a_named_index_alone_is_not_the_default_one() -> None:
    found = read(lock(wheel("a", f'index = "{OWN}"')), {"pyproject.toml": OF_UV})
    assert found.default_index is None
    [pin] = found.select(markers(), Choice())
    assert isinstance(pin.source, FromIndex)
    assert pin.source.index is not None


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(OF_UV.replace("explicit", "default"), id="uv"),
        pytest.param(f'[[tool.pdm.source]]\nname = "pypi"\nurl = "{OWN}"', id="pdm"),
    ],
)
def test_the_default_index_of_the_app_is_that_of_its_lock(document: str) -> None:
    text = lock(wheel("a", f'index = "{OWN}"'), wheel("b", f'index = "{INDEX}"'))
    found = read(text, {"pyproject.toml": document})
    assert found.default_index is not None
    assert "own.example" in found.default_index.url
    own, other = found.select(markers(), Choice())
    assert own.source == FromIndex()
    assert other.source == FromIndex(index=Index(url=INDEX, tool="`x`"))


def test_of_two_indexes_without_names_that_with_public_files_is_the_default_one() -> None:
    text = lock(
        wheel("a", f'index = "{OWN}"', url="https://own.example/a"),
        wheel("b", f'index = "{INDEX}"'),
    )
    assert read(text).default_index == Index(url=INDEX, tool="`x`")


def test_a_second_server_with_files_by_content_is_not_the_public_one() -> None:
    other = wheel("c", url=CONTENT.replace("files", "test-files"))
    found = read(lock(wheel("a"), wheel("b"), other)).select(markers(), Choice())
    kinds = [type(pin.source) for pin in found]
    assert kinds == [FromIndex, FromIndex, FromFiles]


# Hashes


@pytest.mark.parametrize(
    ("hashes", "expected"),
    [
        pytest.param(f'md5 = "x", sha256 = "{A.upper()}"', f"sha256:{A}", id="sha256"),
        pytest.param(f'sha512 = "{A * 2}"', f"sha512:{A * 2}", id="sha512"),
    ],
)
def test_a_hash_that_pip_checks_is_taken(hashes: str, expected: str) -> None:
    text = lock(wheel("a")).replace(f'sha256 = "{A}"', hashes)
    assert only(text).hashes == (expected,)


@pytest.mark.parametrize(
    ("hashes", "reason"),
    [
        pytest.param('md5 = "0123"', "only a hash of `md5`", id="weak"),
        pytest.param('sha256 = "0123"', "A hash of a is `sha256:0123`", id="short"),
    ],
)
def test_a_hash_that_nothing_checks_is_refused(hashes: str, reason: str) -> None:
    found = read(lock(wheel("a")).replace(f'sha256 = "{A}"', hashes))
    with pytest.raises(LockBroken) as broken:
        found.select(markers(), Choice())
    assert reason in broken.value.reason


# Broken locks


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param(stored("uv_export.toml")[:3000], "It is not TOML", id="truncated"),
        pytest.param("", "It is empty", id="empty"),
        pytest.param('lock-version = "1.0"', "value in 'created-by'", id="unnamed"),
        pytest.param(
            lock('name = "a"'), "Exactly one of vcs, directory, archive", id="no-file"
        ),
        pytest.param(lock(wheel("A_b")), "Name 'A_b' is not normalized", id="name"),
        pytest.param(lock(wheel("a", 'marker = "what"')), "This is about `a`.", id="marker"),
        pytest.param(
            lock(wheel("a")).replace("1.0-py3", "2.0-py3"), "not consistent", id="file"
        ),
        pytest.param(lock(wheel("a", "index = 1")), "Unexpected type int", id="type"),
        pytest.param(
            lock(wheel("a")).replace(HASHES, "hashes = {}"), "At least one hash", id="no-hash"
        ),
        pytest.param(
            lock(wheel("a", f'requires-python = ">={"1" * 5000}"')), "too long", id="number"
        ),
    ],
)
def test_a_broken_lock_is_told_in_the_words_of_the_reader(text: str, reason: str) -> None:
    with pytest.raises(LockBroken) as broken:
        read(text)
    assert reason in broken.value.reason
    assert not broken.value.is_merge


def test_the_marks_of_a_merge_are_seen() -> None:
    with pytest.raises(LockBroken) as broken:
        read("<<<<<<< HEAD\na\n=======\nb\n>>>>>>> branch\n")
    assert broken.value.is_merge


@pytest.mark.parametrize("version", ["2.0", "10", "x"])
def test_another_version_of_the_format_is_refused(version: str) -> None:
    with pytest.raises(LockVersionUnknown) as unknown:
        read(lock().replace('"1.0"', f'"{version}"'))
    assert version in unknown.value.version


def test_a_newer_minor_version_is_read() -> None:
    text = lock(wheel("a")).replace('lock-version = "1.0"', 'lock-version = "1.7"')
    assert names(read(text).select(markers(), Choice())) == ["a 1.0"]


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        (
            "os_name ~= 'posix'",
            'The marker of b is `os_name ~= "posix"`, which cannot be evaluated.',
        ),
        (
            "extra == 'x'",
            (
                'The marker of b is `extra == "x"`, which cannot be evaluated. In this format, '
                "an extra is tested as in `'name' in extras`."
            ),
        ),
    ],
)
def test_a_marker_that_cannot_be_evaluated_is_named(marker: str, reason: str) -> None:
    found = read(lock(wheel("a"), wheel("b", f'marker = "{marker}"')))
    with pytest.raises(LockBroken) as broken:
        found.select(markers(), Choice())
    assert broken.value.reason == reason


def test_the_version_of_the_format_is_a_string() -> None:
    with pytest.raises(LockBroken) as broken:
        read(lock(wheel("a")).replace('"1.0"\ncreated', "1.0\ncreated"))
    assert "`lock-version` is `1.0`, which is not a string" in broken.value.reason


@pytest.mark.parametrize("commit", ["main", "c0ffee", "--upload-pack=touch x", "a" * 41])
def test_a_repository_without_a_whole_commit_is_refused(commit: str) -> None:
    source = f'type = "git", url = "https://git.example/a", commit-id = "{commit}"'
    with pytest.raises(LockBroken) as broken:
        only(lock(f'name = "a"\nvcs = {{{source}}}'))
    assert f"it has `{commit}`, which is not a whole commit" in broken.value.reason


@pytest.mark.parametrize("url", ["--exec=x://h/a", "ssh://-oProxyCommand=x/a", "git+-x://h/a"])
def test_an_address_that_could_be_an_option_is_refused(url: str) -> None:
    source = f'type = "git", url = "{url}", commit-id = "{COMMIT}"'
    with pytest.raises(LockBroken) as broken:
        only(lock(f'name = "a"\nvcs = {{{source}}}'))
    assert "That is not an address" in broken.value.reason


# Outdated locks


BY_UV = "# This file was autogenerated by uv via the following command:\n#    uv export "


def project(name: str, **changes: str) -> dict[str, str]:
    text = (STORED / name).read_text("utf-8")
    for old, new in changes.items():
        text = text.replace(old, new)
    return {"pyproject.toml": text}


def test_a_lock_of_uv_is_compared_with_the_project_of_its_command() -> None:
    text = stored("uv_export.toml")
    read(text, project("uv_project.toml"))
    with pytest.raises(LockOutdated) as outdated:
        read(text, project("uv_project.toml", six="django"))
    error = outdated.value
    assert error.made_from == "pyproject.toml"
    assert error.differences == (
        "pyproject.toml requires `django>=1.16`, which pylock.toml does not have.",
    )
    assert error.commands == (
        "uv export --no-dev --group web --extra postgres --format pylock.toml -o pylock.toml",
    )


@pytest.mark.parametrize("name", ["idna", "sqlparse", "markupsafe<3"])
def test_the_groups_and_extras_of_its_command_count(name: str) -> None:
    with pytest.raises(LockOutdated):
        read(stored("uv_export.toml"), project("uv_project.toml", **{name: "django"}))


def test_a_lock_of_pdm_is_compared_by_its_hash() -> None:
    text = stored("pdm_export.toml")
    read(text, project("pdm_project.toml"))
    with pytest.raises(LockOutdated) as outdated:
        read(text, project("pdm_project.toml", six="django"))
    assert outdated.value.commands == ("pdm export -f pylock -o pylock.toml",)
    assert outdated.value.differences == (
        "pyproject.toml requires `django>=1.16`, which pylock.toml does not have.",
    )
    assert outdated.value.made_from == "pyproject.toml"


def test_a_compiled_lock_is_compared_with_the_file_of_its_command() -> None:
    text = stored("uv_compile.toml")
    read(text, {"requirements.in": "six>=1.16\nmarkupsafe<3\nwin; os_name == 'nt'\n"})
    with pytest.raises(LockOutdated) as outdated:
        read(text, {"requirements.in": "six<1.16\n"})
    assert outdated.value.differences == (
        "requirements.in:1 requires `six<1.16`, but pylock.toml has six 1.17.0.",
    )


@pytest.mark.parametrize(
    ("options", "is_outdated"),
    [
        ("", True),
        ("--all-groups", True),
        ("--only-group web", True),
        ("--no-dev --only-group=web", True),
        ("--no-default-groups", False),
        ("--no-group web", False),
        ("--only-dev", False),
        ("--all-groups --no-group web", False),
    ],
)
def test_the_groups_that_uv_exports_are_compared(options: str, *, is_outdated: bool) -> None:
    text = f"{BY_UV}{options}\n{lock(wheel('idna'), wheel('dev'))}"
    document = "[project]\nname = 'a'\ndependencies = []\n[dependency-groups]\nweb = ['{}']\n"
    document += "dev = ['dev']\n[tool.uv]\ndefault-groups = ['web']"
    assert is_compared(read(text, {"pyproject.toml": document.format("idna")}))
    if not is_outdated:
        read(text, {"pyproject.toml": document.format("django")})
        return
    with pytest.raises(LockOutdated):
        read(text, {"pyproject.toml": document.format("django")})


def test_an_export_of_one_group_need_not_have_the_dependencies_of_the_app() -> None:
    document = (
        "[project]\nname = 'a'\ndependencies = ['six']\n[dependency-groups]\nweb = ['idna']"
    )
    found = read(
        f"{BY_UV}--only-group web\n{lock(wheel('idna'))}",
        {"pyproject.toml": document},
    )
    assert is_compared(found)


@pytest.mark.parametrize(
    ("requirements", "is_outdated"),
    [("six\nidna\n", False), ("click\nidna\n", True), ("click\n", True)],
)
def test_one_changed_line_of_a_small_file_is_seen(
    requirements: str, *, is_outdated: bool
) -> None:
    text = lock(wheel("six"), wheel("idna")).replace('"x"', '"pip"')
    if not is_outdated:
        assert is_compared(read(text, {"requirements.txt": requirements}))
        return
    with pytest.raises(LockOutdated):
        read(text, {"requirements.txt": requirements})


def test_a_lock_of_pip_is_compared_if_any_of_the_requirements_is_in_it() -> None:
    text = stored("pip_lock.toml")
    own = "six\nidna\nmarkupsafe\n"
    assert is_compared(read(text, {"requirements.in": own}))
    assert not is_compared(read(text, {"requirements.txt": "sphinx\nfuro\n"}))
    with pytest.raises(LockOutdated) as outdated:
        read(text, {"requirements.in": f"{own}django"})
    assert outdated.value.commands == ("pip lock -r requirements.in",)


def test_a_lock_of_an_app_that_is_a_package_is_compared_with_its_project() -> None:
    text = lock(wheel("six"), 'name = "app"\ndirectory = {path = "."}').replace('"x"', '"pip"')
    document = "[project]\nname = 'app'\ndependencies = ['{}']\n[build-system]\nrequires = []"
    read(text, {"pyproject.toml": document.format("six")})
    with pytest.raises(LockOutdated) as outdated:
        read(text, {"pyproject.toml": document.format("django")})
    assert outdated.value.commands == ("pip lock .",)


@pytest.mark.parametrize(
    ("document", "is_consistent"),
    [
        pytest.param("", True, id="nothing"),
        pytest.param("[tool.uv]\noverride-dependencies = ['six']", False, id="uv"),
        pytest.param("[tool.pdm.resolution.overrides]\nsix = '1'", False, id="pdm"),
    ],
)
def test_overridden_requirements_need_not_fit(document: str, *, is_consistent: bool) -> None:
    found = read(lock(wheel("a")), {"pyproject.toml": document})
    assert found.is_consistent is is_consistent
