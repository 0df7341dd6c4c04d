"""Locks of Pipenv are read, and select what Pipenv installs from them.

The locks in pipenv/ were written by Pipenv 2026.10 and 2023.12; the address of the public index
was replaced, and then the hash of the Pipfile was computed again by the same Pipenv. Next to
them is the output of `pipenv requirements --hash` (`--categories="packages Web_Server"`).
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

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
from slipway.domain.locks.fit import only_elsewhere
from slipway.domain.locks.pipenv import read_pipfile_lock
from slipway.domain.toml_text import parse_toml
from slipway.errors.locks import (
    LockBroken,
    LockNotForThisPython,
    LockOutdated,
    LockSourceUnsupported,
    LockVersionUnknown,
)
from unit.brought_locks import markers

STORED = Path(__file__).parent / "pipenv"
HASH = f"sha256:{'ab' * 32}"
COMMIT = "05e20709f0e6c4ff2d31bda8c5660acb3d6fcbe5"
CASES = ["2023", "2026"]
SIX = {"version": "==1.16", "hashes": [HASH]}
WINDOWS_ONLY = "[packages.six]\nmarkers = 'os_name == \"nt\"'\n"


LINUX = markers("3.11.2")


def stored(case: str, change: str = "|") -> BroughtLock:
    folder = STORED / case

    def read(path: str) -> str | None:
        file = folder / path
        text = file.read_text("utf-8") if file.is_file() else None
        before, _, after = change.partition("|")
        return text.replace(before, after) if text and before else text

    return read_pipfile_lock((folder / "Pipfile.lock").read_text("utf-8"), "Pipfile.lock", read)


def exported(case: str, file: str) -> dict[str, list[str]]:
    """Return what `pipenv requirements` lists for this Python: `name==version` -> hashes."""
    found = {}
    for line in (STORED / case / file).read_text("utf-8").splitlines():
        written, *hashes = line.split(" --hash=")
        try:
            requirement = Requirement(written)
        except InvalidRequirement:
            continue  # options, paths, editable repositories
        applies = requirement.marker is None or requirement.marker.evaluate({**LINUX})
        if applies and requirement.specifier:
            pin = f"{canonicalize_name(requirement.name)}{requirement.specifier}"
            found[pin] = sorted(one.strip() for one in hashes)
    return found


def from_indexes(lock: BroughtLock, choice: Choice) -> dict[str, list[str]]:
    return {
        f"{pin.name}=={pin.version}": [*pin.hashes]
        for pin in lock.select(LINUX, choice)
        if isinstance(pin.source, FromIndex)
    }


@pytest.mark.parametrize("case", CASES)
def test_a_lock_selects_what_pipenv_exports(case: str) -> None:
    lock = stored(case)
    assert from_indexes(lock, NO_CHOICE) == exported(case, "requirements.txt")
    chosen = Choice(groups=("web-server",))
    assert from_indexes(lock, chosen) == exported(case, "requirements-web.txt")


@pytest.mark.parametrize("case", CASES)
def test_each_kind_of_source_is_kept(case: str) -> None:
    lock = stored(case)
    pins = {pin.name: pin for pin in lock.select(LINUX, NO_CHOICE)}
    private = Index(
        url="http://${IX_USER}:${IX_PASS}@127.0.0.1:8765/simple",
        name="private",
        tool="Pipenv",
        is_verified=False,
    )
    repository = f"git+git://127.0.0.1/gitrepo@{COMMIT}"
    others = {name: pin.source for name, pin in pins.items() if pin.source != FromIndex()}
    assert others == {
        "corp-core": FromPath(path="libs/core"),
        "corp-git": FromAddress(address=repository),
        "corp-ix": FromIndex(index=private),
        "corp-sub": FromAddress(address=f"{repository}#subdirectory=sub"),
        "sniffio": FromAddress(
            address="http://127.0.0.1:8765/files/sniffio-1.3.1-py3-none-any.whl"
        ),
    }
    assert len(pins["sniffio"].hashes) == 1
    assert lock.local_pins(NO_CHOICE) == (pins["corp-core"],)
    assert lock.default_index == Index(
        url="https://index.example/simple", name="pypi", tool="Pipenv"
    )


def test_all_sources_are_asked_if_pipenv_asks_them() -> None:
    assert stored("2026").other_indexes == ()
    lock = stored("2026", change="[pipenv]|[pipenv]\ninstall_search_all_sources = true")
    assert [one.name for one in lock.other_indexes] == ["private"]


@pytest.mark.parametrize("case", CASES)
def test_categories_are_groups(case: str) -> None:
    lock = stored(case)
    assert lock.groups == ("dev-packages", "web-server")
    assert lock.extras == ()
    assert lock.select(LINUX, Choice(groups=())) == lock.select(LINUX, NO_CHOICE)


def test_the_group_of_development_has_the_name_in_the_pipfile() -> None:
    lock = made(default={}, develop={"six": SIX})
    assert lock.groups == ("dev-packages",)
    assert lock.select(LINUX, NO_CHOICE) == ()
    assert [pin.name for pin in lock.select(LINUX, Choice(groups=lock.groups))] == ["six"]


@pytest.mark.parametrize("case", CASES)
def test_a_lock_is_for_the_python_of_its_pipfile(case: str) -> None:
    lock = stored(case)
    assert lock.requires_python == "==3.11.*"
    with pytest.raises(LockNotForThisPython) as caught:
        lock.select(markers("3.12.1"), NO_CHOICE)
    assert caught.value.needs == "Python ==3.11.*"
    assert not caught.value.is_platform


def test_a_package_for_another_platform_needs_no_version() -> None:
    # Pipenv 2026 writes `colorama = {"version": "*"}`: only the Pipfile says where it applies.
    with pytest.raises(LockBroken) as caught:
        stored("2026").select(markers("3.11.2", sys_platform="win32"), NO_CHOICE)
    assert "It has no version for colorama" in caught.value.reason
    names = [
        pin.name
        for pin in stored("2023").select(markers("3.11.2", sys_platform="win32"), NO_CHOICE)
    ]
    assert "colorama" in names


def test_a_package_for_another_platform_is_known() -> None:
    lock = made(default={"six": {**SIX, "markers": "sys_platform == 'win32'"}})
    assert lock.select(LINUX, NO_CHOICE) == ()
    assert [pin.name for pin in only_elsewhere(lock, NO_CHOICE, ["idna", "six"])] == ["six"]
    arm = made(default={"six": {**SIX, "markers": "platform_machine == 'arm64'"}})
    assert [pin.name for pin in only_elsewhere(arm, NO_CHOICE, ["six"])] == ["six"]


# The comparison with the Pipfile


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    ("change", "difference"),
    [
        ("<5.5|>=5.5", "Pipfile requires `celery>=5.5`, but Pipfile.lock has 5.4.0."),
        ("[dev-packages]|Django = '*'\n[dev-packages]", "Pipfile requires `Django`"),
        ('[Web_Server]\ngunicorn = "*"|', ""),
        ('"3.11"|"3.12"', ""),
        ("/simple|/other", ""),
        ('"v2"|"v3"', ""),
    ],
)
def test_a_lock_does_not_fit_a_changed_pipfile(case: str, change: str, difference: str) -> None:
    with pytest.raises(LockOutdated) as caught:
        stored(case, change)
    assert "".join(caught.value.differences).startswith(difference)
    assert caught.value.commands == ("pipenv lock",)


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize(
    "change", ["[packages]|# changed\n[packages]", "start =|other =", "prereleases|others"]
)
def test_comments_scripts_and_settings_do_not_count(case: str, change: str) -> None:
    assert stored(case, change).select(LINUX, NO_CHOICE) == stored(case).select(
        LINUX, NO_CHOICE
    )


@pytest.mark.parametrize(("case", "is_same"), [("2023", False), ("2026", True)])
def test_new_versions_of_pipenv_normalize_names(case: str, *, is_same: bool) -> None:
    if is_same:
        stored(case, "Python_Dateutil|python-dateutil")
    else:
        with pytest.raises(LockOutdated):
            stored(case, "Python_Dateutil|python-dateutil")


# Locks with one package


def text_of(pipfile: str = "", **changes: object) -> str:
    document = parse_toml(pipfile, "Pipfile")
    sources = [{"name": "main", "url": "https://index.example/simple", "verify_ssl": True}]
    content = {
        "_meta": {
            "sources": document.get("source", sources),
            "requires": document.get("requires", {}),
        },
        "default": document.get("packages", {}),
        "develop": document.get("dev-packages", {}),
    }
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    lock = {
        "_meta": {
            "hash": {"sha256": hashlib.sha256(text.encode()).hexdigest()},
            "pipfile-spec": 6,
            "requires": document.get("requires", {}),
            "sources": document.get("source", sources),
        },
        "default": {"six": SIX},
        "develop": {},
        **changes,
    }
    return json.dumps(lock, indent=4)


def made(pipfile: str = "", file: str = "Pipfile.lock", **changes: object) -> BroughtLock:
    files = {
        file.replace(".lock", ""): pipfile,
        "pyproject.toml": "[project]\nname = 'Own_App'",
    }
    return read_pipfile_lock(text_of(pipfile, **changes), file, files.get)


def test_a_pipfile_without_a_source_has_that_of_the_lock() -> None:
    assert made("[packages]\nsix = '*'").select(LINUX, NO_CHOICE) == (
        Pin(name="six", version="1.16", source=FromIndex(), hashes=(HASH,)),
    )


@pytest.mark.parametrize(
    ("requires", "expected"),
    [
        ("", ""),
        ("python_version = '3'", "==3.*"),
        ("python_version = '3.11'", "==3.11.*"),
        ("python_version = '*'", ""),
        ("python_version = '>=3.10'", ">=3.10"),
        ("python_full_version = '3.11.4'", "==3.11.4"),
        ("python_version = '3.11'\npython_full_version = '3.11.4'", "==3.11.4"),
    ],
)
def test_a_pipfile_requires_a_python(requires: str, expected: str) -> None:
    assert made(f"[requires]\n{requires}").requires_python == expected


@pytest.mark.parametrize(
    ("entry", "source"),
    [
        ({"path": ".", "editable": True}, FromPath(path=".")),
        ({"path": "./lib/../lib"}, FromPath(path="lib")),
        ({"file": "file:./six.whl"}, FromPath(path="six.whl")),
        (
            {"git": "git@git.example:own/six.git", "ref": COMMIT},
            FromAddress(address=f"git+ssh://git@git.example/own/six.git@{COMMIT}"),
        ),
        (
            {"git": "https://$TOKEN@git.example/six", "ref": COMMIT, "subdirectory": "a"},
            FromAddress(
                address=f"git+https://${{TOKEN}}@git.example/six@{COMMIT}#subdirectory=a"
            ),
        ),
        (
            {"hg": "https://hg.example/six", "ref": "abc"},
            FromAddress(address="hg+https://hg.example/six@abc"),
        ),
    ],
)
def test_an_entry_names_its_place(entry: dict[str, object], source: object) -> None:
    [pin] = made(default={"six": entry}).select(LINUX, NO_CHOICE)
    assert (pin.name, pin.source) == ("six", source)
    assert pin.is_editable == ("editable" in entry)


def test_the_hashes_of_a_path_are_not_those_of_its_file() -> None:
    [pin] = made(default={"six": {"path": "six.whl", "hashes": [HASH]}}).select(
        LINUX, NO_CHOICE
    )
    assert pin.hashes == ()


def test_old_versions_of_pipenv_give_the_app_no_name() -> None:
    [pin] = made(default={"e1839a8": {"path": "."}}).select(LINUX, NO_CHOICE)
    assert pin.name == "own-app"


def test_a_lock_in_a_folder_has_paths_relative_to_that() -> None:
    lock = made(file="back/Pipfile.lock", default={"six": {"path": "../six"}})
    assert lock.select(LINUX, NO_CHOICE)[0].source == FromPath(path="six")


@pytest.mark.parametrize(
    "entry",
    [
        {"path": "../six"},
        {"path": "/srv/six"},
        {"file": "file:///srv/six.whl"},
        {"file": "https://files.example/six.whl", "hashes": [HASH]},
        {"git": "/srv/six", "ref": COMMIT},
    ],
)
def test_a_source_that_cannot_be_used_counts_only_if_it_is_installed(
    entry: dict[str, object],
) -> None:
    with pytest.raises(LockSourceUnsupported):
        made(default={"six": entry}).select(LINUX, NO_CHOICE)
    assert made(default={}, develop={"six": entry}).select(LINUX, NO_CHOICE) == ()
    elsewhere = {"six": {**entry, "markers": "sys_platform == 'win32'"}}
    assert made(default=elsewhere).select(LINUX, NO_CHOICE) == ()


def test_a_package_in_two_categories_must_be_the_same() -> None:
    other = {**SIX, "version": "==1.17"}
    chosen = Choice(groups=("dev-packages",))
    assert made(develop={"six": SIX}).select(LINUX, chosen) == made().select(LINUX, NO_CHOICE)
    with pytest.raises(LockBroken) as caught:
        made(develop={"six": other}).select(LINUX, chosen)
    assert caught.value.reason == "It has six twice: 1.16 and 1.17."
    assert made(develop={"six": other}).select(LINUX, NO_CHOICE)


# Broken locks


@pytest.mark.parametrize("default", [{}, None])
def test_a_lock_without_the_main_packages_is_broken(default: object) -> None:
    with pytest.raises(LockBroken) as caught:
        made("[packages]\nsix = '*'", default=default)
    assert "none of the packages that Pipfile lists in [packages]" in caught.value.reason
    made(WINDOWS_ONLY, default={})
    made("[dev-packages]\nsix = '*'", default=default)
    without = text_of(WINDOWS_ONLY).replace('"default"', '"others"')
    with pytest.raises(LockBroken):
        read_pipfile_lock(without, "Pipfile.lock", lambda _: WINDOWS_ONLY)


def changed(**entry: object) -> Callable[[str], str]:
    six = {key: value for key, value in {**SIX, **entry}.items() if value is not None}
    return lambda _: text_of(default={"six": six})


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda text: text[: len(text) // 2], "It is not JSON, so it may be incomplete"),
        (lambda _: "", "It is empty"),
        (lambda text: f"<<<<<<< HEAD\n{text}", "It has the marks of a merge conflict"),
        (lambda text: f"<<<<<<< HEAD\n{text}\n=======\n>>>>>>> main\n", "marks of a merge"),
        (lambda text: text.replace('"develop"', '"default"'), "It has `default` twice"),
        (lambda text: f"[{text}]", "It is JSON, but not an object"),
        (lambda _: "[" * 100_000, "nested"),
        (lambda _: "{}", "(`_meta`)"),
        (lambda text: text.replace("pipfile-spec", "spec"), "(`pipfile-spec`)"),
        (lambda _: '{"_meta": 3}', "`_meta` is not a table."),
        (lambda _: text_of(default=[]), "`default` is not a table."),
        (lambda _: text_of(default={"six": 3}), "The entry of six is not a table."),
        (lambda _: text_of(default={"-x": {}}), "The name of a package is `-x`, "),
        (lambda _: text_of(default={"six": "==1.16"}), "It has no hash for six 1.16"),
        (changed(version="*"), "It has no version for six"),
        (changed(version=None), "It has no version for six"),
        (changed(version=1.16), "The version of six is not a string."),
        (changed(version=">=1.16"), "The version of six is `>=1.16`, which is not exact."),
        (changed(version="==one"), "The version of six is `one`"),
        (changed(hashes=[]), "It has no hash for six 1.16"),
        (changed(hashes=[7]), "`hashes` of six is not a list of strings."),
        (changed(hashes=["sha256:ab"]), "A hash of six is `sha256:ab`"),
        (changed(markers="when"), "The marker of six is `when`"),
        (changed(index="gone"), "six comes from the index `gone`"),
        (
            changed(git="https://git.example/six", ref="main"),
            "it has `main`, which is not a whole commit",
        ),
    ],
)
def test_a_broken_lock_is_explained(change: Callable[[str], str], reason: str) -> None:
    with pytest.raises(LockBroken) as caught:
        read_pipfile_lock(change(text_of()), "Pipfile.lock", lambda _: "").select(
            LINUX, NO_CHOICE
        )
    assert reason in caught.value.reason
    assert caught.value.is_merge == ("merge" in reason)


@pytest.mark.parametrize("spec", [5, "6", None, True, 6.5])
def test_another_version_of_the_format_is_not_known(spec: object) -> None:
    text = text_of().replace('"pipfile-spec": 6', f'"pipfile-spec": {json.dumps(spec)}')
    with pytest.raises(LockVersionUnknown):
        read_pipfile_lock(text, "Pipfile.lock", lambda _: "")


def test_a_lock_without_a_hash_of_its_pipfile_is_out_of_date() -> None:
    text = text_of().replace('"sha256": ', '"sha": ')
    with pytest.raises(LockOutdated):
        read_pipfile_lock(text, "Pipfile.lock", lambda _: "")


@pytest.mark.parametrize("pipfile", ["[packages]\nsix = '*'", "[packages]\nsix = '>=1.15'"])
def test_names_and_versions_are_compared_if_the_hash_is_zeros(pipfile: str) -> None:
    text = re.sub(r'"sha256": "\w+"', f'"sha256": "{64 * "0"}"', text_of(), count=1)
    lock = read_pipfile_lock(text, "Pipfile.lock", lambda _: pipfile)
    assert [pin.name for pin in lock.select(LINUX, NO_CHOICE)] == ["six"]
    with pytest.raises(LockOutdated):
        read_pipfile_lock(text, "Pipfile.lock", lambda _: "[packages]\nidna = '*'")
