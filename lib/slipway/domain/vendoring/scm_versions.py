"""Versions of packages that take theirs from git, for builds without git."""

from __future__ import annotations

import configparser
import json
import re
from collections.abc import Mapping

from slipway.domain.toml_text import parse_toml

_UNKNOWN = "0+vendored."
"""Starts the version of a package whose version is unknown."""

_NAMED = re.compile(r"^describe-name:[ \t]*\S", re.M)
"""The name is empty if no tag leads to the commit."""


def version_of_digest(digest: str) -> str:
    """Make a version of the digest of a package's files; it changes when they do."""
    return f"{_UNKNOWN}{digest[:12]}"


def is_guess(version: str) -> bool:
    """Tell whether Slipway made a version up."""
    return version.startswith(_UNKNOWN)


def comes_from_tag(version: str | None) -> bool:
    """Tell a version that comes from a tag from one made of a commit alone."""
    return version is not None and not version.startswith("0+g")


def version_variables(version: str) -> Mapping[str, str]:
    """Give the variables by which each tool documents that it takes a version without git.

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
    """Give the path in the tree of the module that versioneer reads the version from.

    Raises FileNotToml.
    """
    configuration = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        configuration.read_string(setup_cfg)
    except configparser.Error:
        return None  # the backend reports what is wrong with it
    named = configuration.get("versioneer", "versionfile_source", fallback=None)
    match parse_toml(pyproject, "pyproject.toml").get("tool"):
        case {"versioneer": {"versionfile_source": str(path)}}:
            named = path
    is_outside = named is not None and (named.startswith("/") or ".." in named.split("/"))
    return None if is_outside else named


def is_filled_in(archival: str) -> bool:
    """Tell whether `git archive` filled in a `.git_archival.txt`, which its tool then reads.

    https://setuptools-scm.readthedocs.io/en/latest/usage/#git-archives
    """
    return _NAMED.search(archival) is not None and "$Format" not in archival
