"""A package that is for other Pythons is not passed over."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.errors.dependencies import NoWheelForPython
from slipway.toolchains.uv.requires_python import hold_to_python
from unit.samples import write_files


def installed(root: Path, requires: str) -> Virtualenv:
    info = "lib/python3.13/site-packages/Tensors-2.5.dist-info"
    headers = f"Metadata-Version: 2.1\nName: Tensors\nVersion: 2.5\n{requires}\n"
    text = f"{headers}\nRequires-Python: <1\n"
    write_files(root, {f"{info}/METADATA": text})
    return Virtualenv(root, "3.13.1")


def test_one_that_ends_before_this_python_is_named_with_what_it_needs(tmp_path: Path) -> None:
    with pytest.raises(NoWheelForPython) as error:
        hold_to_python(installed(tmp_path, "Requires-Python: >=3.6, <3.9"), {"tensors"})
    assert error.value.requirement == "Tensors==2.5"
    assert error.value.needs == ("2.5 needs Python >=3.6, <3.9",)


@pytest.mark.parametrize(
    "requires",
    ["Requires-Python: >=3.9", "Requires-Python: <4", "Requires-Python: newest", "Summary: x"],
)
def test_any_other_is_taken(requires: str, tmp_path: Path) -> None:
    hold_to_python(installed(tmp_path, requires), {"tensors"})


def test_one_that_was_there_before_is_not_asked_again(tmp_path: Path) -> None:
    hold_to_python(installed(tmp_path, "Requires-Python: <3"), {"arrays"})
