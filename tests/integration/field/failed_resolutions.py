"""Requirements that no index, or no file of it, meets, and addresses that give no package."""

from __future__ import annotations

import subprocess
from pathlib import Path

from integration.field.table import Advice, Case, Prepare, TestedElsewhere, add
from integration.packages import sdist, source, wheel, write_tree

_FETCH = "A repository or file that cannot be fetched"
_PLATFORM = "A package that is only for other platforms"
_PYTHON = "A package that is only for other Pythons"
_VERSION = "A version that the index does not have"
_NO_INDEX = "Packages without an index"
_INCOMPLETE = "Vendored packages that require others"

_WEB = {"Procfile": "web: python -m http.server $PORT\n"}
_NO_PLATFORM = "A package does not support this platform"
_NO_PYTHON = "A package does not support this Python"
_NO_VERSION = "A required version is not on the index"
_ONLY_FOLDER = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "wheels"}
"""Config variables with which the folder `wheels` is the whole index."""


def _index(*wheels: tuple[str, str, str, str]) -> Prepare:
    """Return a function that writes wheels: name, version, tag, lines of metadata."""

    def prepare(build: Path) -> None:
        (build / "wheels").mkdir()
        for name, version, tag, metadata in wheels:
            wheel(build / "wheels", name, version, tag=tag, metadata=metadata)

    return prepare


def _repository(**files: str) -> Prepare:
    """Return a function that makes a git repository in the folder `repository`."""

    def prepare(build: Path) -> None:
        folder = write_tree(build / "repository", files)
        who = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        for command in (("init", "-q"), ("add", "."), (*who, "commit", "-q", "-m", "first")):
            subprocess.run(["git", *command], cwd=folder, check=True)

    return prepare


def _sdists(build: Path) -> None:
    (build / "wheels").mkdir()
    sdist(build / "wheels", "anchor", "1.0", source("anchor", "1.0"))


_PROJECT = {"pyproject.toml": '[project]\nname = "anchor"\nversion = "1"\n'}
_ADDRESS = {"REPOSITORY": "$BUILD/repository"}


add(
    Case(
        kind=_FETCH,
        name="req-empty-git-plus",
        title="A repository cannot be fetched",
        says=("requirements.txt:1 requires git+ssh://", "private.git@main"),
        never_says=("wheels for this Python", "could not be built"),
        result="Shows what git says, and names the line",
        is_long=True,
    ),
    Case(
        kind=_FETCH,
        name="hg-requirement",
        title="A requirement needs hg, which is not installed",
        says=("requirements.txt:2 requires hg+https://", "the Debian package mercurial"),
        advice=(
            Advice(
                text="Require a release from an index",
                files={"requirements.txt": "six\n", "Procfile": _WEB["Procfile"]},
            ),
        ),
        result="Names the line and the missing program",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_FETCH,
        name="req-url-404",
        result="Stops: “A file is not on its server (status 404)”. Names the line",
        test="integration/test_index.py::test_a_url_without_an_archive_is_reported_with_its_line",
    ),
    TestedElsewhere(
        kind=_FETCH,
        name="url-of-a-page",
        result="Stops: “A downloaded file is not an archive”. Names the line",
        test="integration/test_index.py::test_a_url_without_an_archive_is_reported_with_its_line",
    ),
    Case(
        kind=_FETCH,
        name="git-branch-missing",
        files={**_WEB, "requirements.txt": "git+file://${REPOSITORY}@nowhere#egg=anchor\n"},
        prepare=_repository(**_PROJECT),
        environment=_ADDRESS,
        title="A branch, tag or commit is not in its repository",
        says=("no branch, tag or commit nowhere", "requirements.txt:1"),
        result="Names the branch and the line",
        is_long=True,
    ),
    Case(
        kind=_FETCH,
        name="git-repository-without-a-package",
        files={**_WEB, "requirements.txt": "git+file://${REPOSITORY}\n"},
        prepare=_repository(**{"sub/pyproject.toml": _PROJECT["pyproject.toml"]}),
        environment=_ADDRESS,
        title="A requirement's address has no Python package",
        says=("#subdirectory=", "requirements.txt:1"),
        result="Says how to name a folder of a repository",
        is_long=True,
    ),
    Case(
        kind=_FETCH,
        name="git-package-of-another-name",
        files={**_WEB, "requirements.txt": "boat @ git+file://${REPOSITORY}\n"},
        prepare=_repository(**_PROJECT),
        environment=_ADDRESS,
        title="A requirement has another name than its package",
        says=("is anchor, not boat", "In requirements.txt:1, replace boat with anchor"),
        advice=(
            Advice(
                text="replace boat with anchor",
                files={"requirements.txt": "anchor @ git+file://${REPOSITORY}\n"},
            ),
        ),
        result="Names both",
        is_long=True,
    ),
    Case(
        kind=_FETCH,
        name="git-host-missing",
        files={**_WEB, "requirements.txt": "git+https://host.invalid/owner/name.git\n"},
        title="A repository cannot be fetched",
        says=("requirements.txt:1", "host.invalid"),
        result="Shows what git says",
        is_long=True,
    ),
    Case(
        kind=_FETCH,
        name="url-host-missing",
        files={**_WEB, "requirements.txt": "anchor @ http://127.0.0.1:1/anchor-1.zip\n"},
        config_vars={"PIP_RETRIES": "0"},
        title="Packages cannot be downloaded",
        says=("127.0.0.1", "onnection refused"),
        result="Names the host",
        is_long=True,
    ),
    Case(
        kind=_PLATFORM,
        name="req-win-only-312",
        title=_NO_PLATFORM,
        says=("requirements.txt:1 requires pywin32==306", "The index has it for Windows"),
        never_says=("cp312", "request Python", "REQUEST_PYTHON"),
        advice=(
            Advice(
                text='pywin32==306; sys_platform == "win32"',
                files={
                    "requirements.txt": 'pywin32==306; sys_platform == "win32"\n',
                    **_WEB,
                },
            ),
        ),
        result="Names the platforms, and the marker for them",
        is_long=True,
    ),
    Case(
        kind=_PLATFORM,
        name="wheels-for-windows-and-other-pythons",
        is_long=True,
        files={**_WEB, "requirements.txt": "# ours\nanchor==3.6\n"},
        prepare=_index(
            ("anchor", "3.6", "py3-none-win_amd64", ""),
            ("anchor", "3.6", "cp27-cp27m-win32", ""),
        ),
        config_vars=_ONLY_FOLDER,
        title=_NO_PLATFORM,
        says=("requirements.txt:2 requires anchor==3.6", "it for Windows, but this image"),
        advice=(
            Advice(
                text='anchor==3.6; sys_platform == "win32"',
                files={"requirements.txt": 'anchor==3.6; sys_platform == "win32"\n'},
            ),
        ),
        result="Names the platform, and the marker for it",
    ),
    Case(
        kind=_PLATFORM,
        name="wheels-for-musl",
        files={**_WEB, "requirements.txt": "anchor\n"},
        prepare=_index(("anchor", "1.0", "py3-none-musllinux_1_2_x86_64", "")),
        config_vars=_ONLY_FOLDER,
        title=_NO_PLATFORM,
        says=("Linux on x86_64 with musl",),
        result="Names the platform",
        is_long=True,
    ),
    Case(
        kind=_PLATFORM,
        name="wheels-for-another-processor",
        files={**_WEB, "requirements.txt": "boat\n"},
        prepare=_index(
            ("anchor", "2.0", "py3-none-manylinux_2_17_s390x", ""),
            ("boat", "1.0", "py3-none-any", "Requires-Dist: anchor>=2\n"),
        ),
        config_vars=_ONLY_FOLDER,
        title=_NO_PLATFORM,
        says=("boat requires anchor>=2", "Linux on s390x", "another version of boat"),
        result="Names the package that requires it",
        is_long=True,
    ),
    Case(
        kind=_PYTHON,
        name="wheels-for-an-old-python",
        is_long=True,
        files={**_WEB, "requirements.txt": "anchor==1.10\n"},
        prepare=_index(
            ("anchor", "1.10", "cp36-cp36m-manylinux2014_x86_64", ""),
            ("anchor", "1.9", "py3-none-any", ""),
            ("anchor", "1.11", "py3-none-any", ""),
            ("anchor", "1.12rc1", "py3-none-any", ""),
        ),
        config_vars=_ONLY_FOLDER,
        title=_NO_PYTHON,
        says=("1.10 only has wheels for cp36", "for this Python: 1.11, 1.9", "anchor==1.11"),
        never_says=("request Python", "1.12rc1"),
        advice=(Advice(text="anchor==1.11", files={"requirements.txt": "anchor==1.11\n"}),),
        result="Lists versions that this Python can use",
    ),
    Case(
        kind=_PYTHON,
        name="package-for-a-newer-python",
        files={**_WEB, "requirements.txt": "anchor\n", ".python-version": "3.11\n"},
        prepare=_index(("anchor", "1.0", "cp314-cp314-manylinux2014_x86_64", "")),
        config_vars=_ONLY_FOLDER,
        title=_NO_PYTHON,
        says=("request Python 3.14",),
        result="Names the newest Python that it has files for",
        is_long=True,
    ),
    Case(
        kind=_VERSION,
        name="no-such-version-wheel-only",
        title=_NO_VERSION,
        says=("requirements.txt:1 requires uv_build>=99", "for this Python and platform: 0."),
        never_says=("does not support",),
        result="Lists the newest versions",
        is_long=True,
    ),
    Case(
        kind=_VERSION,
        name="version-of-another-package",
        files={
            **_WEB,
            "requirements.txt": "-r more.txt\n",
            "more.txt": "\n\nsix==99\n",
        },
        title=_NO_VERSION,
        says=("more.txt:3 requires six==99",),
        result="Names the file and the line",
        is_long=True,
    ),
    Case(
        kind=_NO_INDEX,
        name="pip-no-index",
        files={**_WEB, "requirements.txt": "anchor\n"},
        config_vars={"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""},
        title="A package is not vendored, and no index is allowed",
        says=("requirements.txt:1 requires anchor", "the variable PIP_NO_INDEX forbids"),
        never_says=("PIP_INDEX_URL",),
        result="Names the variable",
        is_long=True,
    ),
    Case(
        kind=_NO_INDEX,
        name="no-index-in-the-requirements",
        files={**_WEB, "requirements.txt": "--no-index\nanchor\n"},
        config_vars={"PIP_FIND_LINKS": ""},
        title="A package is not vendored, and no index is allowed",
        says=("--no-index in the requirements forbids",),
        result="Names the option",
        is_long=True,
    ),
    Case(
        kind=_NO_INDEX,
        name="only-binary-without-wheels",
        files={**_WEB, "requirements.txt": "--only-binary :all:\nanchor\n"},
        prepare=_sdists,
        config_vars=_ONLY_FOLDER,
        title="A setting excludes all files of a package",
        says=("requirements.txt:2 requires anchor", "--only-binary"),
        result="Names the option",
        is_long=True,
    ),
    TestedElsewhere(
        kind=_INCOMPLETE,
        name="vendored-sdist-offline",
        result="Stops: “Packages cannot be downloaded”. Says which vendored package requires "
        "what, and how to build without an index",
        test="integration/test_index.py"
        "::test_an_unreachable_index_is_connected_with_what_is_not_vendored",
    ),
)
