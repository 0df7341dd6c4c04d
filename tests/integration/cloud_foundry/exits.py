"""How Cloud Foundry's programs end if they fail."""

from __future__ import annotations

DETECT_FAILED, COMPILE_FAILED, RELEASE_FAILED, SUPPLY_FAILED = 222, 223, 224, 225
BAD_PLATFORM_OPTIONS, NO_CREDENTIAL_HUB, OTHER_FAILURE = 3, 4, 1


class Stopped(Exception):
    """A program ends with an exit status and a message."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
