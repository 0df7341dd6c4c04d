"""What a script installs with pip is read from its commands."""

from __future__ import annotations

import pytest

from slipway.domain.pip_calls import PipCall, pip_calls


@pytest.mark.parametrize(
    ("script", "expected"),
    [
        (
            "pip install -r requirements/local.txt",
            PipCall(files=("requirements/local.txt",)),
        ),
        (
            "pip install -U pip wheel && python -m pip install -q --requirement=ci.txt pytest",
            PipCall(files=("ci.txt",), requirements=("pytest",)),
        ),
        ("cd backend && pip3 install -rdev.txt", PipCall(files=("backend/dev.txt",))),
        (
            "pip install -i https://index -c limits.txt -e . 'tox>=4' pip-tools",
            PipCall(requirements=("-e .", "tox>=4", "pip-tools")),
        ),
        ("pip install $PACKAGES", PipCall()),
        ("/usr/bin/pip3.12 install a", PipCall(requirements=("a",))),
    ],
)
def test_what_a_script_installs_is_read(script: str, expected: PipCall) -> None:
    assert pip_calls(script) == expected


@pytest.mark.parametrize(
    "script", ["pytest", "pip list", "echo pip install a", "python -m pytest install", "if ("]
)
def test_other_scripts_install_nothing(script: str) -> None:
    assert pip_calls(script) is None
