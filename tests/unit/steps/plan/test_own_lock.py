"""The lock that Slipway has written counts while it fits what it was made from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.locks import written
from slipway.domain.locks.written import IndexFile
from slipway.domain.requirements.lock import LockedPackage
from slipway.effects.files import AppFolder
from slipway.errors.locks import LockOutdated
from slipway.steps.plan import declared_dependencies, plan
from unit.samples import write_files

ENVIRONMENT = {"PATH": "/usr/bin:/bin", "HOME": "/home/user"}
ANCHOR = LockedPackage(name="anchor", requirement="anchor==1.0", hashes=())
FILE = IndexFile(address="https://files.example/anchor-1.0-py3-none-any.whl", sha256="0" * 64)
PACKAGE = """
[project]
name = "harbour"
version = "1"
dependencies = ["anchor"]
[build-system]
requires = []
"""


def locked(root: Path, files: dict[str, str]) -> Path:
    """Write an app with a lock that fits it."""
    app = write_files(root / "app", files)
    made = declared_dependencies(AppFolder(app), ENVIRONMENT)
    text = written.render([written.from_index(ANCHOR, [FILE])], "3.13", made, (), ())
    return write_files(app, {"pylock.toml": text})


def planned(app: Path, *, is_locking: bool = False) -> BuildPlan:
    return plan(AppFolder(app), ENVIRONMENT, is_locking=is_locking)


def test_the_lock_counts_and_says_which_python(tmp_path: Path) -> None:
    decided = planned(locked(tmp_path, {"requirements.txt": "anchor\n"}))
    assert decided.dependencies.origin == "pylock.toml"
    assert decided.notices == ()
    assert str(decided.python.specifier) == "==3.13.*"
    assert decided.python.origin == "requires-python in pylock.toml"


@pytest.mark.parametrize(
    "files",
    [
        {"requirements.txt": "anchor # a comment\n\n"},
        {"requirements.txt": "anchor\n", "requirements/dev.txt": "boat\n"},
        {".python-version": "3.13\n"},
    ],
)
def test_what_changes_no_requirement_does_not_count(
    tmp_path: Path, files: dict[str, str]
) -> None:
    app = locked(tmp_path, {"requirements.txt": "anchor\n"})
    assert planned(write_files(app, files)).dependencies.lock


@pytest.mark.parametrize(
    ("before", "after", "difference"),
    [
        (
            {"requirements.txt": "anchor\n"},
            {"requirements.txt": "anchor>=2\n"},
            "requirements.txt has `anchor>=2`",
        ),
        (
            {"requirements.txt": "-r base.txt\nanchor\n", "base.txt": "boat\n"},
            {"base.txt": "\n"},
            "The lock was made from `boat`",
        ),
        (
            {"pyproject.toml": PACKAGE},
            {"pyproject.toml": PACKAGE.replace('"anchor"', '"anchor", "boat"')},
            "pyproject.toml has `boat`",
        ),
        (
            {"pyproject.toml": PACKAGE},
            {"pyproject.toml": f'{PACKAGE}[tool.uv.sources]\nanchor = {{ path = "libs" }}\n'},
            'pyproject.toml has `anchor = { path = "libs" }`',
        ),
    ],
)
def test_a_changed_requirement_stops_the_build(
    tmp_path: Path, before: dict[str, str], after: dict[str, str], difference: str
) -> None:
    app = locked(tmp_path, before)
    with pytest.raises(LockOutdated) as raised:
        planned(write_files(app, after))
    assert difference in " ".join(raised.value.differences)
    assert raised.value.commands == ("slipway/bin/slipway lock .",)


def test_an_app_with_a_setup_py_is_not_built_to_compare(tmp_path: Path) -> None:
    app = locked(tmp_path, {"setup.py": "import anchor"})
    assert planned(app).dependencies.lock


def test_the_lock_counts_without_the_files_that_it_was_made_from(tmp_path: Path) -> None:
    app = locked(tmp_path, {"requirements.txt": "anchor\n"})
    (app / "requirements.txt").unlink()
    assert planned(app).dependencies.lock


def test_a_setting_names_the_files_that_it_was_made_from(tmp_path: Path) -> None:
    setting = '[tool.slipway]\nrequirements = ["web.txt"]\n'
    app = locked(tmp_path, {"web.txt": "anchor\n", "pyproject.toml": setting})
    assert planned(app).dependencies.origin == "pylock.toml"
    other = setting.replace("web", "jobs")
    write_files(app, {"jobs.txt": "boat\n", "pyproject.toml": other})
    assert planned(app).dependencies.origin == "jobs.txt"


def test_a_setting_may_name_the_lock_that_is_written(tmp_path: Path) -> None:
    setting = '[tool.slipway]\nlock = "pylock.toml"\n'
    app = locked(tmp_path, {"requirements.txt": "anchor\n", "pyproject.toml": setting})
    assert planned(app).dependencies.origin == "pylock.toml"
    (app / "pylock.toml").unlink()
    assert planned(app, is_locking=True).dependencies.origin == "requirements.txt"


@pytest.mark.parametrize("files", ['["pylock.toml"]', '["uv.lock"]', '[""]'])
def test_what_another_program_wrote_there_does_not_count(tmp_path: Path, files: str) -> None:
    app = locked(tmp_path, {"requirements.txt": "anchor\n"})
    text = (app / "pylock.toml").read_text().replace('["requirements.txt"]', files)
    write_files(app, {"pylock.toml": text, "uv.lock": "x"})
    assert planned(app).dependencies.origin == "pylock.toml"


def test_a_requirements_file_of_slipway_fits_its_source(tmp_path: Path) -> None:
    anchor = replace(ANCHOR, hashes=(f"sha256:{'0' * 64}",))
    text = written.render_requirements([anchor], [], "3.13")
    files = {"requirements.in": "anchor\n", "requirements.txt": text}
    app = write_files(tmp_path / "app", files)
    decided = planned(app)
    assert decided.dependencies.is_lock
    assert decided.notices == ()
    with pytest.raises(LockOutdated) as raised:
        planned(write_files(app, {"requirements.in": "anchor>=2\n"}))
    assert raised.value.commands == ("slipway/bin/slipway lock .",)


@pytest.mark.parametrize(
    ("file", "setting"),
    [
        ("pyproject.toml", "[tool.uv]\nconstraint-dependencies = ['boat<2']"),
        ("pyproject.toml", "[tool.uv]\noverride-dependencies = ['boat<2']"),
        ("pyproject.toml", "[[tool.uv.index]]\nurl = 'https://own.example'\ndefault = true"),
        ("uv.toml", "constraint-dependencies = ['boat<2']"),
    ],
)
def test_a_setting_that_decides_on_versions_is_a_change(
    file: str, setting: str, tmp_path: Path
) -> None:
    project = '[project]\nname = "harbour"\nversion = "1"\ndependencies = ["anchor"]\n'
    app = locked(tmp_path, {"pyproject.toml": project})
    planned(app)
    write_files(app, {file: f"{project if file == 'pyproject.toml' else ''}{setting}\n"})
    with pytest.raises(LockOutdated) as outdated:
        planned(app)
    assert "which the lock was not made from" in outdated.value.differences[0]


def test_what_is_named_like_a_locked_package_is_not_ignored_in_silence(tmp_path: Path) -> None:
    files = {"requirements.txt": "anchor\n", "vendor/anchor/README.md": ""}
    [notice] = planned(locked(tmp_path, files)).notices
    assert notice.startswith("vendor/anchor is named like anchor, which the app requires")
