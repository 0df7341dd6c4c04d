"""Vendored packages."""

from __future__ import annotations

from pathlib import Path

from integration.field.table import Case, Prepare, add

_NAMESPACE = "Namespace packages in `vendor/`"
_SPOILED = "Vendored files that a checkout or an upload has spoiled"
_POINTER = f"""\
version https://git-lfs.github.com/spec/v1
oid sha256:{"4d7a" * 16}
size 12345
"""
_WEB = {"Procfile": "web: python -m http.server $PORT\n", "requirements.txt": ""}
_ROPES = {
    "vendor/ropes/pyproject.toml": '[project]\nname = "ropes"\nversion = "1"\n'
    '[tool.setuptools]\npy-modules = ["ropes", "knots"]\n',
    "vendor/ropes/ropes.py": "from sails import KIND\n",
}
_IMPORTS = "Is imported as the namespace package"


def _link(path: str, target: str) -> Prepare:
    def prepare(build: Path) -> None:
        (build / path).parent.mkdir(parents=True, exist_ok=True)
        (build / path).symlink_to(target)

    return prepare


add(
    Case(
        kind=_NAMESPACE,
        name="vn-namespace2",
        says=("Using acme from vendor/acme without building it",),
        page="(1, 2)",
        result="Serves what it imports from `acme.one` and `acme.two`",
    ),
    Case(kind=_NAMESPACE, name="vn-ns-mod", page="1", result=_IMPORTS, is_long=True),
    Case(
        kind=_NAMESPACE,
        name="namespace-three-levels-deep",
        files={**_WEB, "vendor/acme/tools/net/ping.py": "HOST = 'harbour'\n"},
        runs='python -c "from acme.tools.net.ping import HOST; print(HOST)"',
        prints=("harbour",),
        result=_IMPORTS,
        is_long=True,
    ),
    Case(
        kind=_NAMESPACE,
        name="namespace-required-by-name",
        files={**_WEB, "requirements.txt": "six\n", "vendor/six/moves/own.py": "OWN = True\n"},
        runs='python -c "from six.moves.own import OWN; print(OWN)"',
        prints=("True",),
        result="Is used, and the index is not asked for the name",
        is_long=True,
    ),
    Case(
        kind=_NAMESPACE,
        name="namespace-with-the-name-of-a-requirement",
        files={
            **_WEB,
            "requirements.txt": "packaging\n",
            "vendor/acme/packaging/__init__.py": "OWN = True\n",
            "check.py": "import acme.packaging, packaging.version\n",
        },
        runs="python check.py && echo works",
        prints=("works",),
        result="`packaging` comes from the index, `acme.packaging` from `vendor/`",
        is_long=True,
    ),
    Case(
        kind=_NAMESPACE,
        name="folder-that-groups-packages",
        files={**_WEB, "vendor/internal/ropes/__init__.py": "LENGTH = 12\n"},
        runs='python -c "from ropes import LENGTH; print(LENGTH)"',
        prints=("12",),
        result="Its packages are imported by their own names, as before",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="git-lfs-pointer-for-a-wheel",
        files={
            **_WEB,
            "requirements.txt": "ropes\n",
            "vendor/ropes-1-py3-none-any.whl": _POINTER,
        },
        stops=True,
        says=("are Git LFS pointers", "git lfs untrack vendor/ropes-1-py3-none-any.whl"),
        result="Stops and says how to get the content",
    ),
    Case(
        kind=_SPOILED,
        name="git-lfs-pointer-in-a-source-tree",
        files={**_WEB, **_ROPES, "vendor/ropes/data/chart.bin": _POINTER},
        stops=True,
        says=("vendor/ropes/data/chart.bin holds only the address",),
        result="Stops and says how to get the content",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="git-lfs-pointers-for-images",
        files={
            **_WEB,
            ".gitattributes": "*.png filter=lfs diff=lfs merge=lfs -text\n",
            "static/logo.png": _POINTER,
        },
        says=("gets 1 Git LFS pointer instead of the content of static/logo.png",),
        result="Is built; a warning names the files",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="dead-link-in-vendor",
        files={**_WEB, "requirements.txt": "six\n"},
        prepare=_link("vendor/six", "../packages/six"),
        stops=True,
        says=("vendor/six cannot be used: it is a link to ../packages/six, which does not",),
        result="Stops; the index is not asked for the name",
    ),
    Case(
        kind=_SPOILED,
        name="vendor-is-a-dead-link",
        files={**_WEB, "requirements.txt": "six\n"},
        prepare=_link("vendor", "../shared/vendor"),
        stops=True,
        says=("vendor cannot be used: it is a link to ../shared/vendor, which does not exist",),
        result="Stops",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="wheel-that-is-a-folder",
        files={**_WEB, "vendor/ropes-1-py3-none-any.whl/ropes/__init__.py": ""},
        stops=True,
        says=("its name is that of a file, but it is a folder",),
        result="Stops",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="link-between-vendored-packages",
        files={
            **_WEB,
            **_ROPES,
            "vendor/sails/pyproject.toml": '[project]\nname = "sails"\nversion = "1"\n',
            "vendor/sails/sails.py": "KIND = 'jib'\n",
        },
        prepare=_link("vendor/ropes/knots.py", "../sails/sails.py"),
        runs='python -c "from knots import KIND; print(KIND)"',
        prints=("jib",),
        result="The linked file is part of both packages",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="link-that-windows-wrote-as-text",
        files={
            **_WEB,
            "vendor/ropes/__init__.py": "",
            "vendor/ropes/knots.py": "../sails/sails.py",
            "vendor/sails/__init__.py": "",
            "vendor/sails/sails.py": "KIND = 'jib'\n",
        },
        says=("vendor/ropes/knots.py holds only the path ../sails/sails.py",),
        result="Is built; a warning names the file",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="names-that-differ-by-case",
        files={**_WEB, "vendor/Ropes/__init__.py": "", "vendor/ropes/knots.py": ""},
        says=("vendor/Ropes/ and vendor/ropes/ differ only by case",),
        result="Is built; a warning names both",
        is_long=True,
    ),
    Case(
        kind=_SPOILED,
        name="submodule-of-a-submodule-is-empty",
        files={
            **_WEB,
            **_ROPES,
            ".gitmodules": '[submodule "r"]\n\tpath = vendor/ropes\n\turl = ../ropes\n',
            "vendor/ropes/.gitmodules": '[submodule "s"]\n\tpath = sails\n\turl = ../sails\n',
        },
        stops=True,
        says=("A git submodule has no files", "vendor/ropes/sails"),
        result="Stops and says how to fetch it",
        is_long=True,
    ),
)
