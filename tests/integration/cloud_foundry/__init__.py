"""Cloud Foundry: its builder, which stages an app, and its launcher, step by step.

They do what the platform's own programs do, in the same order and with the same arguments:
https://github.com/cloudfoundry/buildpackapplifecycle. The programs cannot be had from a package
index.
"""

from integration.cloud_foundry.builder import Builder, Staged
from integration.cloud_foundry.buildpacks import pull
from integration.cloud_foundry.exits import (
    COMPILE_FAILED,
    DETECT_FAILED,
    OTHER_FAILURE,
    RELEASE_FAILED,
    SUPPLY_FAILED,
    Stopped,
)
from integration.cloud_foundry.launcher import LAUNCHER, SHELL, launched, start_command
from integration.cloud_foundry.variables import (
    VCAP_APPLICATION,
    staging_env,
    with_database_url,
)

__all__ = [
    "COMPILE_FAILED",
    "DETECT_FAILED",
    "LAUNCHER",
    "OTHER_FAILURE",
    "RELEASE_FAILED",
    "SHELL",
    "SUPPLY_FAILED",
    "VCAP_APPLICATION",
    "Builder",
    "Staged",
    "Stopped",
    "launched",
    "pull",
    "staging_env",
    "start_command",
    "with_database_url",
]
