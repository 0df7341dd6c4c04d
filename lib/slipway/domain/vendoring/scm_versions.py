"""Packages that take their version from git, built where there is no git."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Mapping

from slipway.domain.toml_text import parse_toml

UNKNOWN = "0+vendored."
"""Starts the version of a package that nothing gives one."""

_NAMED = re.compile(r"^describe-name:[ \t]*\S", re.M)
"""The name is empty where no tag leads to the commit."""


def version_of_digest(digest: str) -> str:
    """Make a version of what a package consists of; it changes when that does."""
    return f"{UNKNOWN}{digest[:12]}"


def is_guess(version: str) -> bool:
    """Tell whether Slipway made a version up."""
    return version.startswith(UNKNOWN)


def names_a_tag(version: str | None) -> bool:
    """Tell a version that git has a tag for from one that is its commit's number alone."""
    return version is not None and not version.startswith("0+g")


def told_by_variables(version: str) -> Mapping[str, str]:
    """Tell each tool its version in the way that it documents for builds without git.

    setuptools-scm (which hatch-vcs and flit-scm use), pbr, pdm-backend,
    poetry-dynamic-versioning:
    https://setuptools-scm.readthedocs.io/en/latest/overrides/
    https://docs.openstack.org/pbr/latest/user/packagers.html
    https://backend.pdm-project.org/metadata/#read-from-scm-tag-supported-by-git-and-hg
    """
    return {
        "SETUPTOOLS_SCM_PRETEND_VERSION": version,
        "VCS_VERSIONING_PRETEND_VERSION": version,
        "PBR_VERSION": version,
        "PDM_BUILD_SCM_VERSION": version,
        "POETRY_DYNAMIC_VERSIONING_BYPASS": version,
    }


def versioneer_file(version: str) -> str:
    """Write what versioneer itself writes into an sdist in place of its own module.

    https://github.com/python-versioneer/python-versioneer/blob/master/src/file_writer.py
    """
    facts = {
        "date": None,
        "dirty": False,
        "error": None,
        "full-revisionid": None,
        "version": version,
    }
    return (
        "import json\n\nversion_json = '''\n"
        f"{json.dumps(facts)}\n"
        "'''  # END VERSION_JSON\n\n\n"
        "def get_versions():\n    return json.loads(version_json)\n"
    )


def versioneer_module(setup_cfg: str, pyproject: str) -> str | None:
    """Name the module in the tree that versioneer reads the version from, relative to it.

    Raises FileNotToml.
    """
    configuration = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        configuration.read_string(setup_cfg)
    except configparser.Error:
        return None  # the backend will say what is wrong with it
    named = configuration.get("versioneer", "versionfile_source", fallback=None)
    match parse_toml(pyproject, "pyproject.toml").get("tool"):
        case {"versioneer": {"versionfile_source": str(path)}}:
            named = path
    is_outside = named is not None and (named.startswith("/") or ".." in named.split("/"))
    return None if is_outside else named


def names_its_version(archival: str) -> bool:
    """Tell whether `git archive` filled in a `.git_archival.txt`, which its tool then reads.

    https://setuptools-scm.readthedocs.io/en/latest/usage/#git-archives
    """
    return _NAMED.search(archival) is not None and "$Format" not in archival
