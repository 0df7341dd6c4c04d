"""All that is too old for every supported Python is named in the first error."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.dependencies import RequirementInvalid
from slipway.errors.python import NeedsPython2, OldCode, OldVersion, VersionsUnreadable
from slipway.steps.plan import plan
from slipway.steps.plan.old_parts import old_parts
from unit.samples import write_files

REQUIREMENTS = "Django==1.4.1\nSouth==0.7.6\ndistribute==0.6.28\ngunicorn==0.14.6\n"
OF_2012 = {
    "requirements.txt": REQUIREMENTS,
    "guestbook/views.py": "import os\nimport urllib2\n",
    "guestbook/urls.py": "import os\n",
    "vendor/tide/tide.py": 'print "low"\n',
}


def test_requirements_for_python_2_stop_a_build(tmp_path: Path) -> None:
    with pytest.raises(NeedsPython2) as raised:
        plan(AppFolder(write_files(tmp_path, OF_2012)), {})
    old = raised.value.old
    assert [one.name for one in old.requirements] == ["South", "distribute"]
    assert (old.django, old.django_pythons) == ("1.4.1", "2")
    assert old.modules == (
        OldCode(file="guestbook/views.py", line=2, statement="import urllib2"),
    )
    assert old.pinned_in == ("requirements.txt",)


def test_packages_that_are_only_needless_stop_no_build(tmp_path: Path) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": "Django==5.2\nargparse\n"}))
    assert not old_parts(app, plan(app, {}).dependencies)


@pytest.mark.parametrize(
    ("requirement", "pythons"),
    [
        ("Django==1.10.2", "2.7 and 3.4 to 3.5"),
        ("django[argon2] == 3.0.5", "3.6 to 3.8"),
        ("Django==3.2.9", ""),
        ("Django>=1.8", ""),
        ("Django==99.1", ""),
    ],
)
def test_a_django_for_older_pythons_alone(
    requirement: str, pythons: str, tmp_path: Path
) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": f"{requirement}\n"}))
    assert old_parts(app, plan(app, {}).dependencies).django_pythons == pythons


def test_versions_that_no_tool_can_read_are_named_with_all_else(tmp_path: Path) -> None:
    requirements = f"{REQUIREMENTS}pytz==2012d\n-r more.txt\n"
    more = "Tides [low] == 1.0-SNAPSHOT ; python_version > '3'\nMySQL-python==1.2.3c1\n"
    files = {**OF_2012, "requirements.txt": requirements, "more.txt": more}
    with pytest.raises(VersionsUnreadable) as raised:
        plan(AppFolder(write_files(tmp_path, files)), {})
    old = raised.value.old
    assert old.versions == (
        OldVersion(file="requirements.txt", line=5, name="pytz", version="2012d"),
        OldVersion(file="more.txt", line=1, name="Tides", version="1.0-SNAPSHOT"),
    )
    assert [one.name for one in old.requirements] == ["South", "distribute", "MySQL-python"]
    assert old.pinned_in == ("requirements.txt", "more.txt")
    assert old.django == "1.4.1"


@pytest.mark.parametrize("line", ["pytz==new", "pytz=>2012", "pytz==2012 d", "pytz>=2012d"])
def test_other_invalid_lines_are_errors_of_their_own(line: str, tmp_path: Path) -> None:
    app = AppFolder(write_files(tmp_path, {"requirements.txt": f"{line}\n"}))
    with pytest.raises(RequirementInvalid):
        plan(app, {})


def test_addresses_that_begin_with_git(tmp_path: Path) -> None:
    text = f"{REQUIREMENTS}-e git+git://host.example/a/tide.git@1a2b#egg=tide\n"
    with pytest.raises(NeedsPython2) as raised:
        plan(AppFolder(write_files(tmp_path, {"requirements.txt": text})), {})
    assert raised.value.old.git_addresses_in == ("requirements.txt",)


def test_the_exact_versions_that_a_lock_is_made_from(tmp_path: Path) -> None:
    source = {"url": "https://index.example/simple", "verify_ssl": True, "name": "index"}
    meta = {
        "hash": {"sha256": "0" * 64},
        "pipfile-spec": 6,
        "requires": {"python_version": "3.7"},
        "sources": [source],
    }
    hashes = [f"sha256:{'0' * 64}"]
    default = {
        "django": {"version": "==3.0.5", "hashes": hashes},
        "tide": {"version": "==1.0", "hashes": hashes},
    }
    lock = {"_meta": meta, "default": default, "develop": {}}
    pipfile = '[packages]\ndjango = "==3.0.5"\ntide = "==1.0"\n'
    files = {"Pipfile": pipfile, "Pipfile.lock": json.dumps(lock)}
    app = AppFolder(write_files(tmp_path, files))
    old = old_parts(app, plan(app, {"SLIPWAY_PYTHON_VERSION": ">=3.10"}).dependencies)
    assert (old.lock, old.django, old.exact) == ("Pipfile.lock", "3.0.5", ("django", "tide"))
