"""Versions for packages that take them from git, in builds without git."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Mapping

from slipway.domain.ini_text import read_ini
from slipway.domain.toml_text import parse_toml

_UNKNOWN = "0+vendored."
"""The prefix of a version that Slipway makes up."""

_NAMED = re.compile(r"^describe-name:[ \t]*\S", re.M)
"""The field is empty if no tag leads to the commit."""


def version_of_digest(digest: str) -> str:
    """Make up a version from the digest of a package's files; it changes when they do."""
    return f"{_UNKNOWN}{digest[:12]}"


def is_guess(version: str) -> bool:
    """Return whether Slipway made up this version."""
    return version.startswith(_UNKNOWN)


def comes_from_tag(version: str | None) -> bool:
    """Return whether a version comes from a tag, and not from a commit alone."""
    return version is not None and not version.startswith("0+g")


def version_variables(version: str) -> Mapping[str, str]:
    """Return the documented variables that replace git as the source of a version.

    They are for setuptools-scm (which hatch-vcs and flit-scm use), pbr, pdm-backend and
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
    """Write the module that versioneer itself writes into an sdist.

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
    """Return the module that versioneer reads the version from, as a path in the tree.

    Raises FileNotToml.
    """
    configuration = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        read_ini(configuration, setup_cfg)
    except configparser.Error:
        return None  # the backend reports the error
    named = configuration.get("versioneer", "versionfile_source", fallback=None)
    match parse_toml(pyproject, "pyproject.toml").get("tool"):
        case {"versioneer": {"versionfile_source": str(path)}}:
            named = path
    is_outside = named is not None and (named.startswith("/") or ".." in named.split("/"))
    return None if is_outside else named


def is_filled_in(archival: str) -> bool:
    """Return whether `git archive` filled in a `.git_archival.txt`, for setuptools-scm.

    https://setuptools-scm.readthedocs.io/en/latest/usage/#git-archives
    """
    return _NAMED.search(archival) is not None and "$Format" not in archival
