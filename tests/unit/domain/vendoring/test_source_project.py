"""A source tree is recognized by its files, which have its name and build requirements."""

from __future__ import annotations

import pytest

from slipway.domain.vendoring.source_project import LEGACY, SourceProject, read_project
from slipway.errors.vendored import VendoredBroken

SETUP = "from setuptools import setup\nsetup(name='x')\n"


def read(**files: str) -> SourceProject | None:
    """Read a tree in vendor/x; `setup_py` has the text of setup.py, and so on."""
    names = {
        "pyproject": "pyproject.toml",
        "setup_cfg": "setup.cfg",
        "setup_py": "setup.py",
        "pkg_info": "PKG-INFO",
    }
    return read_project({names[key]: text for key, text in files.items()}, "vendor/x")


def project(**files: str) -> SourceProject:
    found = read(**files)
    assert found is not None
    return found


def reason(pyproject: str) -> str:
    with pytest.raises(VendoredBroken) as broken:
        read(pyproject=pyproject)
    assert broken.value.path == "vendor/x/pyproject.toml"
    return broken.value.reason


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"pyproject": "[project]\nname = 'x'"}, id="project"),
        pytest.param({"pyproject": "[build-system]\nrequires = []"}, id="build-system"),
        pytest.param({"pyproject": "[tool.poetry]\nname = 'x'"}, id="poetry"),
        pytest.param({"setup_cfg": "[metadata]\nname = x"}, id="setup-cfg-name"),
        pytest.param({"setup_cfg": "[options]\npackages = find:"}, id="setup-cfg-options"),
        pytest.param({"setup_py": SETUP}, id="setup-py"),
        pytest.param({"setup_py": "setuptools.setup (\n"}, id="setup-py-with-a-space"),
        pytest.param(
            {"pyproject": "[tool.black]\n", "setup_py": SETUP}, id="setup-py-and-tools"
        ),
        pytest.param(
            {"setup_py": "from setuptools import setup as s\ns()\n"}, id="setup-py-another-name"
        ),
        pytest.param(
            {"setup_py": "import acme_build", "pkg_info": "Name: x\n"}, id="sdist-setup-py"
        ),
        pytest.param(
            {"pyproject": "[tool.black]\n", "pkg_info": "Name: x\n"}, id="sdist-pyproject"
        ),
    ],
)
def test_a_tree_is_a_project_if_it_can_be_built(files: dict[str, str]) -> None:
    assert read(**files) is not None


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({}, id="nothing"),
        pytest.param({"pyproject": "[tool.black]\nline-length = 88"}, id="only-tools"),
        pytest.param({"pyproject": ""}, id="empty-pyproject"),
        pytest.param({"setup_cfg": "[flake8]\nmax-line-length = 88"}, id="only-flake8"),
        pytest.param({"setup_cfg": "[metadata]\nlicense_files = L"}, id="only-a-licence"),
        pytest.param({"setup_cfg": "no section\n"}, id="setup-cfg-unreadable"),
        pytest.param({"setup_py": "def prepare_harbour():\n    pass\n"}, id="another-setup-py"),
        pytest.param({"pkg_info": "Name: x\n"}, id="only-pkg-info"),
        pytest.param(
            {"setup_py": "import six", "pkg_info": "Summary: x\n\nName: x"}, id="no-name"
        ),
        pytest.param(
            {"pyproject": "[project]\nname = 'x'\n[tool.uv]\npackage = false"}, id="uv-root"
        ),
        pytest.param({"pyproject": "[tool.poetry]\npackage-mode = false"}, id="poetry-root"),
    ],
)
def test_other_trees_are_not_projects(files: dict[str, str]) -> None:
    assert read(**files) is None


@pytest.mark.parametrize(
    ("files", "name"),
    [
        ({"pyproject": "[project]\nname = 'Harbour.Core'"}, "harbour-core"),
        ({"pyproject": "[tool.poetry]\nname = 'harbour_core'"}, "harbour-core"),
        ({"setup_cfg": "[metadata]\nname = harbour_core"}, "harbour-core"),
        ({"setup_py": SETUP, "pkg_info": "Metadata-Version: 2.1\nName: A_b\n"}, "a-b"),
        ({"pyproject": "[project]\nname = 'a'", "setup_cfg": "[metadata]\nname = b"}, "a"),
        ({"setup_py": SETUP}, None),
        ({"setup_cfg": "[metadata]\nname = My Library"}, None),
    ],
)
def test_the_name_comes_from_the_metadata(files: dict[str, str], name: str | None) -> None:
    assert project(**files).name == name


@pytest.mark.parametrize("files", [{"setup_py": SETUP}, {"pyproject": "[project]\nname='x'"}])
def test_the_default_backend_is_setuptools(files: dict[str, str]) -> None:
    found = project(**files)
    assert (found.backend, found.requires) == (LEGACY.backend, ("setuptools",))


def test_the_backend_comes_from_pyproject_toml() -> None:
    text = "[build-system]\nrequires = ['flit_core>=3', 'a ; python_version < \"3\"']\n"
    assert project(pyproject=text).backend == "setuptools.build_meta:__legacy__"
    found = project(pyproject=f"{text}build-backend = 'own'\nbackend-path = ['.']\n")
    assert found.backend == "own"
    assert found.requires == ("flit_core>=3", 'a ; python_version < "3"')


@pytest.mark.parametrize(
    ("pyproject", "reported"),
    [
        ("[project", "it is not valid TOML"),
        ("project = 1", "[project] is not a table"),
        ("[project]\nname = 1", "`name` in [project] is not a string"),
        ("[project]\nname = 'a b'", "`a b` is not a valid package name"),
        ("tool = 1", "[tool] is not a table"),
        ("[tool]\npoetry = 1", "[tool.poetry] is not a table"),
        ("build-system = 1", "[build-system] is not a table"),
        ("[build-system]", "[build-system] has no `requires`"),
        ("[build-system]\nrequires = 'a'", "`requires` in [build-system] is not a list"),
        ("[build-system]\nrequires = [1]", "[build-system] requires 1, which is not"),
        ("[build-system]\nrequires = ['a b']", "[build-system] requires 'a b', which is not"),
        (
            "[build-system]\nrequires = []\nbuild-backend = ['a']",
            "`build-backend` in [build-system] is not a string",
        ),
    ],
)
def test_a_broken_pyproject_is_an_error_with_the_reason(pyproject: str, reported: str) -> None:
    assert reported in reason(pyproject)


def test_a_file_of_the_app_itself_is_named_without_a_folder() -> None:
    with pytest.raises(VendoredBroken) as broken:
        read_project({"pyproject.toml": "project = 1"}, ".")
    assert broken.value.path == "pyproject.toml"


def built_with(*requires: str) -> str:
    return f"[build-system]\nrequires = {list(requires)}\n"


@pytest.mark.parametrize(
    ("files", "tool"),
    [
        ({"pyproject": built_with("setuptools", "setuptools_scm[toml]>=8")}, "setuptools-scm"),
        ({"pyproject": built_with("hatchling", "hatch-vcs")}, "hatch-vcs"),
        ({"pyproject": built_with("flit_scm")}, "flit-scm"),
        ({"pyproject": built_with("setuptools", "pbr>=6")}, "pbr"),
        ({"pyproject": built_with("versioneer[toml]")}, "versioneer"),
        ({"pyproject": built_with("versioningit")}, "versioningit"),
        ({"pyproject": built_with("setuptools-git-versioning<3")}, "setuptools-git-versioning"),
        (
            {"pyproject": built_with("poetry-core", "poetry-dynamic-versioning")},
            "poetry-dynamic-versioning",
        ),
        ({"pyproject": built_with("hatchling", "dunamai")}, "dunamai"),
        (
            {"pyproject": f"{built_with('pdm-backend')}[tool.pdm.version]\nsource = 'scm'"},
            "pdm-backend",
        ),
        ({"setup_py": "setup(use_scm_version=True)"}, "setuptools-scm"),
        ({"setup_py": "import versioneer\nsetup()"}, "versioneer"),
        ({"setup_py": "setup(setup_requires=['pbr'], pbr=True)"}, "pbr"),
        ({"setup_py": SETUP, "setup_cfg": "[files]\npackages = x"}, "pbr"),
        ({"setup_py": SETUP, "setup_cfg": "[versioneer]\nVCS = git"}, "versioneer"),
        (
            {"setup_cfg": "[options]\nsetup_requires =\n    wheel\n    setuptools_scm>=3"},
            "setuptools-scm",
        ),
    ],
)
def test_the_tool_that_takes_the_version_from_git_is_found(
    files: dict[str, str], tool: str
) -> None:
    assert project(**files).version_tool == tool


@pytest.mark.parametrize(
    "files",
    [
        pytest.param({"setup_py": SETUP}, id="no-tool"),
        pytest.param(
            {"pyproject": f"[project]\nversion = '1'\n{built_with('setuptools-scm')}"},
            id="project",
        ),
        pytest.param(
            {
                "pyproject": built_with("setuptools", "setuptools-scm"),
                "setup_cfg": "[metadata]\nname = x\nversion = 1.0",
            },
            id="setup-cfg",
        ),
        pytest.param(
            {"pyproject": f"{built_with('pdm-backend')}[tool.pdm.version]\nsource = 'file'"},
            id="pdm-file",
        ),
        pytest.param({"setup_py": f"# import versioneer\n{SETUP}"}, id="comment"),
    ],
)
def test_a_static_version_has_no_tool(files: dict[str, str]) -> None:
    assert project(**files).version_tool is None


def test_a_version_from_an_attribute_may_still_come_from_git() -> None:
    setup_cfg = "[metadata]\nname = x\nversion = attr: x.__version__"
    assert project(setup_cfg=setup_cfg, setup_py="import versioneer").version_tool


def test_pbr_takes_its_version_from_git_despite_setup_cfg() -> None:
    setup_cfg = "[metadata]\nname = x\nversion = 2.0"
    assert project(setup_cfg=setup_cfg, setup_py="setup(pbr=True)").version_tool == "pbr"


@pytest.mark.parametrize(
    ("pyproject", "expected"),
    [
        ('[project]\nname = "x"\ndependencies = ["six"]\n', True),
        ('[project]\nname = "x"\n', True),
        ('[project]\nname = "x"\ndynamic = ["dependencies"]\n', False),
        ('[build-system]\nrequires = ["poetry-core"]\n', False),
    ],
)
def test_dependencies_in_project_need_no_build(pyproject: str, *, expected: bool) -> None:
    project = read_project({"pyproject.toml": pyproject}, ".")
    assert project is not None
    assert project.lists_dependencies == expected
