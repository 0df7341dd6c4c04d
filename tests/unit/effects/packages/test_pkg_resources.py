"""A package that needs pkg_resources is found, and one that can do without is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.effects.packages.pkg_resources import importer_without_pkg_resources
from unit.samples import write_files

CONDITIONAL = "try:\n    import pkg_resources\nexcept ImportError:\n    pkg_resources = None\n"


@pytest.mark.parametrize(
    "source",
    [
        "import pkg_resources\n",
        "import os, pkg_resources as p\n",
        "import os\nimport pkg_resources.extern  # old\n",
        "from pkg_resources import get_distribution\n",
        "from pkg_resources import (\n    get_distribution,\n)\n",
        "from pkg_resources.extern import six\n",
        "__import__('pkg_resources').declare_namespace(__name__)\n",
        '"""Text."""\r\nimport pkg_resources\r\n',
        "import pkg_resources\nmatch = 1 if else\n",
        "# -*- coding: latin-1 -*-\nimport pkg_resources  # \xe9\n",
    ],
)
def test_an_import_that_must_succeed_is_found(source: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"anchor/chain.py": "", "quay/a.py": "", "quay/z.py": ""})
    for name in ("quay/a.py", "quay/z.py"):
        (tmp_path / name).write_bytes(source.encode("latin-1"))
    assert importer_without_pkg_resources(tmp_path) == "quay/a.py"


@pytest.mark.parametrize(
    "source",
    [
        CONDITIONAL,
        "def version():\n    import pkg_resources\n",
        "if False:\n    from pkg_resources import x\n",
        "import pkg_resources_more\n",
        "from pkg_resourcesful import x\n",
        "from .pkg_resources import x\n",
        "text = '''\nimport pkg_resources\n'''\n",
        "# import pkg_resources\n",
        "import os  # not pkg_resources\n",
        "",
    ],
)
def test_other_modules_are_not(source: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"quay/a.py": source})
    assert importer_without_pkg_resources(tmp_path) is None


@pytest.mark.parametrize(
    "path",
    [
        *("setuptools/command/test.py", "pkg_resources/tests/a.py", "quay/tests/test_a.py"),
        *("quay/a.txt", "quay-1.dist-info/a.py", "quay/__pycache__/a.py"),
    ],
)
def test_modules_that_no_app_imports_are_not_searched(path: str, tmp_path: Path) -> None:
    write_files(tmp_path, {path: "import pkg_resources\n"})
    assert importer_without_pkg_resources(tmp_path) is None


@pytest.mark.parametrize("path", ["pkg_resources/__init__.py", "pkg_resources.py"])
def test_nothing_is_missing_if_pkg_resources_is_installed(path: str, tmp_path: Path) -> None:
    write_files(tmp_path, {path: "", "quay/a.py": "import pkg_resources\n"})
    assert importer_without_pkg_resources(tmp_path) is None


def test_a_file_that_cannot_be_read_is_skipped(tmp_path: Path) -> None:
    (tmp_path / "quay.py").symlink_to("missing")
    assert importer_without_pkg_resources(tmp_path) is None
