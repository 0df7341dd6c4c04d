"""All that is too old for every supported Python is named in the first error."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.files import AppFolder
from slipway.errors.python import NeedsPython2, OldCode
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
        ("Django==1.10.2", "3.4 to 3.5"),
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
