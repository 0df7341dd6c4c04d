"""What unit tests share."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--update-plans",
        action="store_true",
        help="write the stored copies in tests/unit/plans anew, to be read in the diff",
    )
