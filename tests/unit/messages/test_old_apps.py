"""The steps for an old app work as they are written, one after the other."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from slipway.domain.requirements.lines import read_lines
from slipway.domain.requirements.superseded import superseded
from slipway.errors.python import OldParts, OldVersion, VersionsUnreadable
from slipway.messages import explain
from slipway.messages.old_apps import modernized
from unit.samples import write_files

REQUIREMENTS = """\
Django==1.4.1
django[argon2] == 1.4.1
South==0.7.6
South-tools==1.0
distribute == 0.6.28  # old
pytz==2012d
tide==1.0 ; python_version > "2"
-e git+git://host.example/a/buoy.git@1a2b#egg=buoy
"""
NEWER = """\
Django~=5.2
django[argon2]~=5.2
South-tools
pytz
tide ; python_version > "2"
-e git+https://host.example/a/buoy.git@1a2b#egg=buoy
"""
LINES = REQUIREMENTS.replace("==2012d", "")
FILES = {
    "requirements.txt": REQUIREMENTS,
    "manage.py": "",
    "entries/models.py": "",
    "entries/migrations/__init__.py": "",
    "entries/migrations/0001_initial.py": "from south.db import db\n",
    "deleted.py": "",
}
READS_ALL = '#!/bin/sh\n[ "$1" = --target-version ] || exit 1\nshift 2\ncat -- "$@"\n'


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    app = write_files(tmp_path / "app", FILES)
    for name in ("pip", "python", "python3.12"):
        write_files(tmp_path / "bin", {name: "#!/bin/sh\n"})
    write_files(tmp_path / "bin", {"django-upgrade": READS_ALL})
    for program in (tmp_path / "bin").iterdir():
        program.chmod(0o755)
    subprocess.run(["git", "init", "--quiet"], cwd=app, check=True)
    subprocess.run(["git", "add", "."], cwd=app, check=True)
    return app


def test_the_commands_work_in_their_order(repository: Path) -> None:
    old = OldParts(
        requirements=tuple(superseded(read_lines(LINES, "requirements.txt", {}))),
        django="1.4.1",
        django_pythons="2",
        pinned_in=("requirements.txt",),
        git_addresses_in=("requirements.txt",),
    )
    (repository / "deleted.py").unlink()
    path = f"{repository.parent}/bin:{os.environ['PATH']}"
    for step in modernized(old):
        for command in step.exact:
            subprocess.run(
                ["bash", "-euc", command], cwd=repository, env={"PATH": path}, check=True
            )
    assert (repository / "requirements.txt").read_text() == NEWER
    migrations = (repository / "entries/migrations").iterdir()
    assert [one.name for one in migrations] == ["__init__.py"]


def test_a_lock_is_made_again_once_and_without_exact_versions() -> None:
    old = OldParts(
        django="3.0.5",
        django_pythons="3.6 to 3.8",
        lock="Pipfile.lock",
        exact=("django", "django-allauth", "gunicorn"),
    )
    first, second, third = modernized(old)
    assert first.text == (
        "Allow newer packages in Pipfile. Remove the exact versions of django-allauth and "
        "gunicorn, for which `*` stands for any version. For Django, write:"
    )
    assert first.exact == ('django = "~=5.2"',)
    assert (second.text, second.exact) == ("Lock again:", ("pipenv lock",))
    assert third.exact[-1].startswith("django-upgrade --target-version 5.2 ")


def test_a_version_alone_is_removed_alone(tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements.txt": "Pytz [x] ==2012d\npytz-deprecation==1.0\n"})
    version = OldVersion(file="requirements.txt", line=1, name="Pytz", version="2012d")
    message = explain(VersionsUnreadable(old=OldParts(versions=(version,))))
    assert message.found == (
        "The app requires `Pytz==2012d` (line 1 of requirements.txt), and 2012d is no version "
        "in the format that all tools need now (PEP 440)."
    )
    [step] = message.steps
    subprocess.run(["bash", "-euc", *step.exact], cwd=tmp_path, check=True)
    assert (tmp_path / "requirements.txt").read_text() == "Pytz [x]\npytz-deprecation==1.0\n"
