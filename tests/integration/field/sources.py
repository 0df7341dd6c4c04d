"""Where the app says that its packages come from."""

from __future__ import annotations

from pathlib import Path

from integration.field.table import Case, add
from integration.packages import write_tree
from integration.repositories import git

_DECLARED = "A declared source of a package"
_FILES = "Packages that metadata requires by a path"
_SETUPTOOLS = """\
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
"""
_PRINTS_SIX = 'python -c "import six; print(six.__version__)"'
_OWN = ("99.0 (the app's own)",)


def _six(folder: str) -> dict[str, str]:
    """Return the files of a package that has the name of a public one."""
    project = '[project]\nname = "six"\nversion = "99.0"\n'
    modules = '[tool.setuptools]\npy-modules = ["six"]\n'
    return {
        f"{folder}/pyproject.toml": f"{project}{_SETUPTOOLS}{modules}",
        f"{folder}/six.py": '__version__ = "99.0 (the app\'s own)"\n',
    }


def _app(*tables: str, dependencies: str = '["six"]') -> str:
    project = f'[project]\nname = "shop"\nversion = "1"\ndependencies = {dependencies}\n'
    return project + "\n".join(tables)


def _put_into_git(build: Path) -> None:
    """Move the package to a repository next to the app, with a tag."""
    repository = build.parent / "six.git"
    if not repository.exists():
        write_tree(repository, _six("python"))
        git(repository, "init", "--quiet")
        git(repository, "add", "--all")
        git(repository, "commit", "--quiet", "--message", "six")
        git(repository, "tag", "v99")
    pyproject = build / "pyproject.toml"
    text = pyproject.read_text("utf-8")
    pyproject.write_text(text.replace("@REPOSITORY@", repository.as_uri()), "utf-8")


add(
    Case(
        kind=_DECLARED,
        name="uv-workspace",
        result="The workspace member is installed, and nothing of its name from an index",
        says=("tools 0.0.1 from packages/tools", "as [tool.uv.sources] in pyproject.toml"),
        runs='python -c "import tools_of_shop; print(tools_of_shop.__file__)"',
        prints=("tools_of_shop.py",),
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-index",
        result="Only the declared index is asked",
        stops=True,
        says=("Using --index-url http://127.0.0.1:1/simple, as pyproject.toml says",),
        never_says=("Locked",),
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-index-of-one-package",
        files={
            "pyproject.toml": _app(
                '[tool.uv.sources]\nsix = { index = "company" }\n',
                '[[tool.uv.index]]\nname = "company"\nexplicit = true\n'
                'url = "http://127.0.0.1:1/simple"\n',
            )
        },
        result="Stops: pip cannot take one package from one index",
        stops=True,
        says=('`six = { index = "company" }`', "uv lock"),
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-members-that-require-each-other",
        files={
            "pyproject.toml": _app(
                "[tool.uv.sources]\ntools = { workspace = true }\n",
                '[tool.uv.workspace]\nmembers = ["packages/*"]\n',
                dependencies='["tools"]',
            ),
            "packages/tools/pyproject.toml": '[project]\nname = "tools"\nversion = "1"\n'
            'dependencies = ["six"]\n[tool.setuptools]\npy-modules = ["tools"]\n'
            "[tool.uv.sources]\nsix = { workspace = true }\n",
            "packages/tools/tools.py": "from six import __version__\n",
            **_six("packages/six"),
        },
        result="All members that are required are installed",
        runs='python -c "import tools; print(tools.__version__)"',
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-sources-with-markers",
        files={
            "pyproject.toml": _app(
                "[tool.uv.sources]\nsix = [\n"
                '    { path = "libs/six", marker = "sys_platform == \'linux\'" },\n'
                '    { index = "company", marker = "sys_platform == \'win32\'" },\n]\n',
            ),
            **_six("libs/six"),
        },
        result="The source for Linux is used",
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-git-source",
        files={
            "pyproject.toml": _app(
                '[tool.uv.sources]\nsix = { git = "@REPOSITORY@", tag = "v99", '
                'subdirectory = "python" }\n',
            )
        },
        prepare=_put_into_git,
        result="The package is built from the repository",
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-git-source-of-an-app-that-is-a-package",
        files={
            "pyproject.toml": _app(
                _SETUPTOOLS,
                "[tool.setuptools]\npackages = []\n",
                '[tool.uv.sources]\nsix = { git = "@REPOSITORY@", subdirectory = "python" }\n',
            )
        },
        prepare=_put_into_git,
        result="The package is built from the repository",
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="uv-constraints",
        files={
            "pyproject.toml": _app('[tool.uv]\nconstraint-dependencies = ["six<1.17"]\n'),
        },
        result="Are constraints",
        runs=_PRINTS_SIX,
        prints=("1.16.0",),
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="poetry-path-deps",
        result="The folder of the path dependency is installed",
        says=("six 99.0 from packages/six",),
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="poetry-source-of-one-package",
        files={
            "pyproject.toml": '[tool.poetry]\nname = "shop"\nversion = "1"\npackages = []\n'
            '[tool.poetry.dependencies]\npython = ">=3.10"\n'
            'six = { version = "*", source = "company" }\n'
            '[[tool.poetry.source]]\nname = "company"\nurl = "http://127.0.0.1:1/simple"\n'
            'priority = "explicit"\n'
            '[build-system]\nrequires = ["poetry-core"]\n'
            'build-backend = "poetry.core.masonry.api"\n',
        },
        result="Stops: pip cannot take one package from one index",
        stops=True,
        says=('`six = { version = "*", source = "company" }`', "poetry lock"),
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="requirements-without-the-source",
        files={
            "pyproject.toml": _app('[tool.uv.sources]\nsix = { path = "libs/six" }\n'),
            "requirements.txt": "six==1.17.0\n",
            **_six("libs/six"),
        },
        result="Stops: the line would take the package from an index",
        stops=True,
        says=("requirements.txt:1 requires the package without it",),
        is_long=True,
    ),
    Case(
        kind=_DECLARED,
        name="vendored-package-with-a-source",
        files={
            "requirements.txt": "",
            "vendor/tools/pyproject.toml": '[project]\nname = "tools"\nversion = "1"\n'
            'dependencies = ["six"]\n[tool.setuptools]\npackages = []\n'
            '[tool.uv.sources]\nsix = { index = "company" }\n',
        },
        result="Stops, unless its requirement is vendored too",
        stops=True,
        says=("[tool.uv.sources] in vendor/tools/pyproject.toml",),
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="pp-poetry-path",
        result="The folder of the path dependency is installed; no temporary path is locked",
        says=("six 9 from libs/six",),
        never_says=("file://",),
        page="local",
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="setup-py-with-a-file-url",
        files={
            "setup.py": "from pathlib import Path\n\nfrom setuptools import setup\n\n"
            'six = (Path(__file__).resolve().parent / "libs" / "six").as_uri()\n'
            'setup(name="shop", version="1", install_requires=[f"six @ {six}"], packages=[])\n',
            **_six("libs/six"),
        },
        result="Is built and installed by its name",
        says=("six 99.0 from libs/six",),
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="hatch-with-the-root-uri",
        files={
            "pyproject.toml": _app(
                '[build-system]\nrequires = ["hatchling"]\n'
                'build-backend = "hatchling.build"\n'
                "[tool.hatch.metadata]\nallow-direct-references = true\n"
                "[tool.hatch.build.targets.wheel]\nbypass-selection = true\n",
                dependencies='["six @ {root:uri}/libs/six"]',
            ),
            **_six("libs/six"),
        },
        result="Is built and installed by its name",
        says=("six 99.0 from libs/six",),
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="pdm-with-the-project-root",
        files={
            "pyproject.toml": _app(
                '[build-system]\nrequires = ["pdm-backend"]\nbuild-backend = "pdm.backend"\n',
                dependencies='["six @ file:///${PROJECT_ROOT}/libs/six"]',
            ),
            "shop.py": "",
            **_six("libs/six"),
        },
        result="Is built and installed by its name",
        says=("six 99.0 from libs/six",),
        runs=_PRINTS_SIX,
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="vendored-package-with-a-relative-path",
        files={
            "requirements.txt": "",
            "vendor/tools/pyproject.toml": '[tool.poetry]\nname = "tools"\nversion = "1"\n'
            'packages = [{ include = "tools.py" }]\n[tool.poetry.dependencies]\n'
            'python = ">=3.10"\nsix = { path = "../../libs/six", python = ">=3.9" }\n'
            '[build-system]\nrequires = ["poetry-core"]\n'
            'build-backend = "poetry.core.masonry.api"\n',
            "vendor/tools/tools.py": "from six import __version__\n",
            **_six("libs/six"),
        },
        result="Is built and installed by its name",
        says=("six 99.0 from libs/six",),
        runs='python -c "import tools; print(tools.__version__)"',
        prints=_OWN,
        is_long=True,
    ),
    Case(
        kind=_FILES,
        name="setup-py-with-a-path-outside",
        files={
            "setup.py": "from pathlib import Path\n\nfrom setuptools import setup\n\n"
            'six = (Path(__file__).resolve().parent.parent / "six").as_uri()\n'
            'setup(name="shop", version="1", install_requires=[f"six @ {six}"], packages=[])\n',
        },
        result="Stops: the path is not in the app",
        stops=True,
        says=("requires six from the path ../six, which is not in the app",),
        is_long=True,
    ),
)

add(
    Case(
        kind=_DECLARED,
        name="rye-source",
        result="Only the declared index is asked",
        files={
            "pyproject.toml": _app(
                '[[tool.rye.sources]]\nname = "default"\nurl = "http://127.0.0.1:1/simple"\n'
            ),
        },
        stops=True,
        says=("Using --index-url http://127.0.0.1:1/simple, as pyproject.toml says",),
        never_says=("Locked",),
        is_long=True,
    ),
)
