"""What to do about a Python that would fit, if a build could not use it."""

from __future__ import annotations

import pytest

from slipway.errors.dependencies import NoWheelForPython
from slipway.errors.python import (
    FittingPython,
    ManagedPythonBroken,
    ManagedPythonNotFetched,
    ManagedPythonWithoutUv,
    PythonNotFound,
)
from slipway.messages.python import other_python

ASKED = ("3.13", None, ())


@pytest.mark.parametrize(
    ("missing", "steps"),
    [
        (
            ManagedPythonNotFetched(*ASKED, reason=("refused",)),
            ["In this build, uv could not download it.", "Set a mirror of python-build-"],
        ),
        (
            ManagedPythonWithoutUv(*ASKED, uv_version="0.13.9", reason="x"),
            ["In this build, uv, which would download it, is not", "Install uv 0.13.9 on the"],
        ),
        (
            ManagedPythonBroken(*ASKED, version="3.13.1"),
            ["In this build, the one that uv downloaded does not start on this image."],
        ),
        (PythonNotFound(*ASKED), ["In this build, the image has none, and no download is"]),
    ],
)
def test_a_python_that_was_not_available_is_not_requested_again(
    missing: PythonNotFound, steps: list[str]
) -> None:
    fitting = FittingPython(
        minor="3.13", package="anchor 2.0", known_by="files", missing=missing
    )
    error = NoWheelForPython(requirement="anchor==2.0", needs=(), python="3.11.2")
    error.fitting = fitting
    found = [step.text for step in other_python(error)]
    assert found[0].startswith(
        "Build on an image that has Python 3.13, the newest that anchor 2.0 has files for. "
    )
    assert len(found) == len(steps)
    assert all(text in step for text, step in zip(steps, found, strict=True))
    error.fitting = FittingPython(minor="3.13", package="anchor 2.0", known_by="files")
    [step] = other_python(error)
    assert step.exact == ("3.13",)
