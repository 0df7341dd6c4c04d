"""The names of extras are read from setup.py and setup.cfg without running them."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.setup_extras import extras_in_setup


@pytest.mark.parametrize(
    ("setup_py", "setup_cfg"),
    [
        ("setup(extras_require={'Test_All': ['pytest'], 'docs': []})", ""),
        ("extras_require = {'test.all': [], 'docs': [], **more}\nsetup()", ""),
        ("", "[options.extras_require]\ntest_all =\n    pytest\ndocs = sphinx\n"),
        (
            "setup(extras_require={'docs': [], name: []})",
            "[options.extras_require]\ntest-all=a",
        ),
    ],
)
def test_extras_are_read(setup_py: str, setup_cfg: str) -> None:
    assert {*extras_in_setup(setup_py, setup_cfg)} == {"test-all", "docs"}


@pytest.mark.parametrize(
    ("setup_py", "setup_cfg"),
    [
        ("setup(extras_require=read_extras())", "[metadata]\nname = a\n"),
        ("setup(extras_require={'docs'", "[options.extras_require"),
    ],
)
def test_computed_and_broken_ones_are_not(setup_py: str, setup_cfg: str) -> None:
    assert extras_in_setup(setup_py, setup_cfg) == ()
