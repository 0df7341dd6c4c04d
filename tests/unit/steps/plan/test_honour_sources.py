"""A declared source of a package is used, or stops the build; no index replaces it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.plan_text import as_json, as_text
from slipway.effects.files import AppFolder
from slipway.errors.dependencies import SourceUnsupported, ToolSettingUnsupported
from slipway.messages import explain, render
from slipway.steps.plan import plan
from unit.samples import write_files

NAMES = ("UV_INDEX_COMPANY_USERNAME", "UV_INDEX_COMPANY_PASSWORD")
INDEX = 'index = "company"'
COMPANY = '[[tool.uv.index]]\nname = "company"\nurl = "https://packages.example/simple"\n'
PUBLIC = '[[tool.uv.index]]\nname = "public"\nurl = "https://public.example/simple"\n'
WORKSPACE = '[tool.uv.workspace]\nmembers = ["packages/*"]\nexclude = ["packages/old*"]\n'


def app(*tables: str, requires: str = "tools", more: str = "") -> str:
    project = (
        f'[project]\nname = "shop"\nversion = "1"\ndependencies = ["{requires}"]\n{more}\n'
    )
    return project + "".join(tables)


def sources(*entries: str) -> str:
    return "[tool.uv.sources]\n" + "".join(f"{entry}\n" for entry in entries)


def package(name: str, *tables: str, requires: str = "[]") -> str:
    tables = ('[build-system]\nrequires = ["setuptools"]\n', *tables)
    return f'[project]\nname = "{name}"\nversion = "1"\ndependencies = {requires}\n' + "".join(
        tables
    )


def poetry(*dependencies: str, tables: str = "") -> str:
    listed = "".join(f"{dependency}\n" for dependency in dependencies)
    return (
        '[tool.poetry]\nname = "shop"\nversion = "1"\n'
        f'[tool.poetry.dependencies]\npython = ">=3.10"\n{listed}{tables}'
        '[build-system]\nrequires = ["poetry-core"]\n'
        'build-backend = "poetry.core.masonry.api"\n'
    )


def planned(root: Path, files: dict[str, str], **environment: str) -> BuildPlan:
    return plan(AppFolder(write_files(root, files)), environment)


def requirements(found: BuildPlan) -> list[str]:
    return [line.text for line in found.dependencies.requirements]


def vendored(found: BuildPlan) -> list[str]:
    return [package.path for package in found.vendoring.packages]


@pytest.mark.parametrize(
    ("entry", "expected"),
    [
        ('{ path = "libs/tools" }', "./libs/tools"),
        ('{ path = "./libs/tools/", editable = true }', "./libs/tools"),
        ('{ git = "https://git.example/t" }', "tools @ git+https://git.example/t"),
        (
            '{ git = "https://git.example/t", tag = "v1", subdirectory = "python" }',
            "tools @ git+https://git.example/t@v1#subdirectory=python",
        ),
        ('{ git = "ssh://git@git.example/t", branch = "main" }', "main"),
        ('{ git = "https://git.example/t", rev = "0123abc" }', "@0123abc"),
        ('{ url = "https://files.example/t.zip" }', "tools @ https://files.example/t.zip"),
        (
            '{ url = "https://files.example/t.zip", subdirectory = "sub" }',
            "tools @ https://files.example/t.zip#subdirectory=sub",
        ),
        ('{ url = "https://${TOKEN}@files.example/t.zip" }', "https://%24{TOKEN}@"),
    ],
)
def test_a_source_replaces_the_requirement(entry: str, expected: str, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(sources(f"Tools = {entry}"), requires="tools>=2"),
        "libs/tools/pyproject.toml": package("tools"),
    }
    [text] = requirements(planned(tmp_path, files))
    assert expected in text


def test_a_source_keeps_the_extras_and_the_marker(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(
            sources('tools = { git = "https://git.example/t" }'),
            requires="tools[fast]>=2; python_version > '3.9'",
        )
    }
    [text] = requirements(planned(tmp_path, files))
    assert text == (
        "tools[fast] @ git+https://git.example/t ; python_version > '3.9'".replace("'", '"')
    )


def test_each_source_of_a_list_has_its_marker(tmp_path: Path) -> None:
    entries = (
        '{ path = "libs/tools", marker = "python_version < \'3.12\'" }, '
        '{ git = "https://git.example/t", marker = "python_version > \'3.12\'" }'
    )
    files = {
        "pyproject.toml": app(sources(f"tools = [{entries}]")),
        "libs/tools/pyproject.toml": package("tools"),
    }
    found = requirements(planned(tmp_path, files))
    assert found == [
        "./libs/tools ; python_version < '3.12'",
        "tools @ git+https://git.example/t ; python_version > '3.12'",
        "tools",  # on Python 3.12
    ]


def test_a_source_for_another_platform_does_not_matter(tmp_path: Path) -> None:
    entry = f"tools = {{ {INDEX}, marker = \"sys_platform == 'win32'\" }}"
    found = planned(tmp_path, {"pyproject.toml": app(sources(entry))})
    assert requirements(found) == ["tools"]
    assert found.dependencies.unused_sources == ()


def test_a_source_for_some_pythons_is_left_to_the_build(tmp_path: Path) -> None:
    entry = f"tools = {{ {INDEX}, marker = \"python_version < '3.12'\" }}"
    found = planned(tmp_path, {"pyproject.toml": app(sources(entry))})
    [unused] = found.dependencies.unused_sources
    assert unused.source.name == "tools"


@pytest.mark.parametrize(
    "more",
    [
        "[dependency-groups]\ndev = ['other']\n",
        "[project.optional-dependencies]\ndev = ['other']\n",
        "[tool.uv]\ndev-dependencies = ['other']\n",
        "",
    ],
)
def test_a_source_of_what_is_not_installed_does_not_matter(more: str, tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(
            more,
            sources(f"other = {{ {INDEX} }}", f'tools = {{ {INDEX}, group = "dev" }}'),
        )
    }
    assert requirements(planned(tmp_path, files)) == ["tools"]


def test_a_source_for_an_extra_matters_only_with_the_extra(tmp_path: Path) -> None:
    entry = f'tools = {{ {INDEX}, extra = "fast" }}'
    files = {"pyproject.toml": app(sources(entry))}
    assert planned(tmp_path, files).dependencies.unused_sources == ()
    files = {
        "pyproject.toml": package("shop", sources(entry), requires="['tools']"),
        "requirements.txt": ".[fast]\n",
    }
    assert len(planned(tmp_path, files).dependencies.unused_sources) == 1


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        ("{ index = 'company' }", "one package from one index"),
        ("[{ index = 'company' }]", "one package from one index"),
        ("{ path = '../tools' }", "not in the app"),
        ("{ path = '/srv/tools' }", "not in the app"),
        ("{ workspace = true }", "no workspace member"),
        ("{ url = 'file:///srv/tools.zip' }", "a file of one machine"),
        ("{ git = 'https://git.example/t', lfs = true }", "Git LFS"),
        ("{ path = 'libs/tools', package = false }", "package = false"),
        ("{ somewhere = 'else' }", "no such source"),
        ("{ index = 'company', marker = 'nonsense' }", "marker is not valid"),
        ("'company'", "not a table"),
    ],
)
def test_a_source_that_cannot_be_used_stops_the_build(
    entry: str, reason: str, tmp_path: Path
) -> None:
    files = {"pyproject.toml": app(sources(f"tools = {entry}"))}
    with pytest.raises(SourceUnsupported) as stopped:
        planned(tmp_path, files)
    assert reason in stopped.value.reason
    assert stopped.value.name == "tools"


def test_a_vendored_package_wins_over_its_source(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(sources(f"tools = {{ {INDEX} }}")),
        "vendor/tools/pyproject.toml": package("tools"),
    }
    assert requirements(planned(tmp_path, files)) == ["tools"]


def test_the_only_index_may_be_bound_to_packages(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(sources(f"tools = {{ {INDEX} }}"), f"{COMPANY}default = true\n")
    }
    found = planned(tmp_path, files)
    assert requirements(found) == ["tools"]
    [option] = found.dependencies.options
    assert option.text == "--index-url https://packages.example/simple"


def test_sources_are_ignored_as_uv_ignores_them(tmp_path: Path) -> None:
    files = {"pyproject.toml": app(sources(f"tools = {{ {INDEX} }}"))}
    assert requirements(planned(tmp_path, files, UV_NO_SOURCES="1")) == ["tools"]
    written = {
        "pyproject.toml": app(
            "[tool.uv]\nno-sources = true\n", sources(f"tools = {{ {INDEX} }}")
        )
    }
    assert requirements(planned(tmp_path, written)) == ["tools"]


# Workspaces


def test_members_are_found_by_their_names(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(sources("tools = { workspace = true }"), WORKSPACE),
        "packages/a/pyproject.toml": package("Tools", requires="['nets']"),
        "packages/b/pyproject.toml": package("nets", sources("nets = { workspace = true }")),
        "packages/old-nets/pyproject.toml": package("nets"),
        "packages/unused/pyproject.toml": package("unused"),
    }
    found = planned(tmp_path, files)
    assert vendored(found) == ["packages/a", "packages/b"]
    assert found.dependencies.sources == (
        "Using ./packages/a for tools, as [tool.uv.sources] in pyproject.toml says",
        "Using ./packages/b for nets, as [tool.uv.workspace] in pyproject.toml says",
    )


@pytest.mark.parametrize(
    ("members", "is_member"),
    [
        ("libs/nested/tools", True),
        ("libs/*/tools", True),
        ("libs/**", True),
        ("**/tools", True),
        ("./libs/nested/t*/", True),
        ("libs/*", False),
        ("/libs/nested/tools", False),
        ("../*/libs/nested/tools", False),
    ],
)
def test_members_match_patterns(members: str, tmp_path: Path, *, is_member: bool) -> None:
    table = f'[tool.uv.workspace]\nmembers = ["{members}"]\n'
    files = {
        "pyproject.toml": app(sources("tools = { workspace = true }"), table),
        "libs/nested/tools/pyproject.toml": package("tools"),
    }
    (tmp_path / "libs/nested/tools").mkdir(parents=True)
    (tmp_path / "libs/circle").symlink_to("../libs")
    if is_member:
        assert vendored(planned(tmp_path, files)) == ["libs/nested/tools"]
    else:
        with pytest.raises(SourceUnsupported):
            planned(tmp_path, files)


def test_a_member_has_the_sources_of_the_root(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(
            sources("tools = { workspace = true }", 'nets = { path = "libs/nets" }'), WORKSPACE
        ),
        "packages/tools/pyproject.toml": package("tools", requires="['nets']"),
        "libs/nets/pyproject.toml": package("nets"),
    }
    assert vendored(planned(tmp_path, files)) == ["libs/nets", "packages/tools"]


def test_a_member_overrides_the_sources_of_the_root(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(
            sources("tools = { workspace = true }", f"nets = {{ {INDEX} }}"), WORKSPACE
        ),
        "packages/tools/pyproject.toml": package(
            "tools", sources('nets = { path = "nets" }'), requires="['nets']"
        ),
        "packages/tools/nets/pyproject.toml": package("nets"),
    }
    found = vendored(planned(tmp_path, files))
    assert found == ["packages/tools", "packages/tools/nets"]


def test_the_source_of_a_vendored_package_counts(tmp_path: Path) -> None:
    tree = package("tools", sources(f"nets = {{ {INDEX} }}"), requires="['nets']")
    files = {"requirements.txt": "", "vendor/tools/pyproject.toml": tree}
    with pytest.raises(SourceUnsupported) as stopped:
        planned(tmp_path, files)
    assert stopped.value.file == "vendor/tools/pyproject.toml"


def test_a_build_requirement_has_a_source_too(tmp_path: Path) -> None:
    tree = package("tools", sources(f"setuptools = {{ {INDEX} }}"))
    files = {"requirements.txt": "", "vendor/tools/pyproject.toml": tree}
    with pytest.raises(SourceUnsupported):
        planned(tmp_path, files)


def test_the_extra_of_a_vendored_package_is_left_to_the_build(tmp_path: Path) -> None:
    tree = package("tools", sources(f"nets = {{ {INDEX} }}"))
    found = planned(tmp_path, {"requirements.txt": "", "vendor/tools/pyproject.toml": tree})
    [unused] = found.dependencies.unused_sources
    assert (unused.source.name, unused.folder) == ("nets", "vendor/tools")


# Other requirements files


@pytest.mark.parametrize("line", ["tools", "tools==1.0", "tools[fast]>=1"])
def test_a_line_without_a_hash_must_not_ignore_the_source(line: str, tmp_path: Path) -> None:
    pyproject = app(sources('tools = { path = "libs/tools" }'))
    with pytest.raises(SourceUnsupported) as stopped:
        planned(tmp_path, {"requirements.txt": f"{line}\n", "pyproject.toml": pyproject})
    assert stopped.value.required_by == "requirements.txt:1"


@pytest.mark.parametrize(
    "line",
    [
        f"tools==1.0 --hash=sha256:{'0' * 64}",
        "tools @ https://files.example/t.zip",
        "other",
    ],
)
def test_a_line_that_is_locked_or_has_an_address_needs_no_source(
    line: str, tmp_path: Path
) -> None:
    pyproject = app(sources(f"tools = {{ {INDEX} }}"))
    files = {"requirements.txt": f"{line}\n", "pyproject.toml": pyproject}
    assert requirements(planned(tmp_path, files)) == [line]


def test_an_exported_lock_needs_no_source(tmp_path: Path) -> None:
    """uv exports the app itself, hashes, and repositories, which have no hashes."""
    entries = sources(f"tools = {{ {INDEX} }}", 'nets = { git = "https://git.example/n" }')
    exported = (
        f"-e .\ntools==1.0 --hash=sha256:{'0' * 64}\nnets @ git+https://git.example/n@0123\n"
    )
    files = {
        "requirements.txt": exported,
        "pyproject.toml": package("shop", entries, requires="['tools', 'nets']"),
    }
    found = planned(tmp_path, files)
    assert len(requirements(found)) == 3
    assert found.dependencies.unused_sources == ()


def test_a_locked_app_may_require_its_own_package(tmp_path: Path) -> None:
    pyproject = package("shop", sources(f"tools = {{ {INDEX} }}"), requires="['tools']")
    locked = f"tools==1.0 --hash=sha256:{'0' * 64}"
    found = planned(
        tmp_path, {"requirements.txt": f".\n{locked}\n", "pyproject.toml": pyproject}
    )
    assert found.dependencies.is_hashed
    with pytest.raises(SourceUnsupported):
        planned(tmp_path, {"requirements.txt": ".\n"})


# Poetry and PDM


@pytest.mark.parametrize(
    "entry",
    [
        '{ path = "libs/tools" }',
        '{ path = "libs/tools", develop = true, extras = ["fast"] }',
        '[{ path = "libs/tools", markers = "sys_platform == \'linux\'" }]',
    ],
)
def test_a_path_of_poetry_is_vendored(entry: str, tmp_path: Path) -> None:
    files = {
        "shop.py": "",
        "pyproject.toml": poetry(f"tools = {entry}"),
        "libs/tools/pyproject.toml": package("tools"),
    }
    assert vendored(planned(tmp_path, files)) == [".", "libs/tools"]
    (tmp_path / "shop.py").unlink()
    found = planned(tmp_path, files={"pyproject.toml": files["pyproject.toml"]})
    assert vendored(found) == ["libs/tools"]
    assert any("Poetry would package `shop`" in notice for notice in found.notices)


def pixi(entry: str) -> str:
    return app(f"[tool.pixi.pypi-dependencies]\ntools = {entry}\nlint = '*'\n")


def test_a_path_of_pixi_is_vendored(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": pixi('{ path = "libs/tools", editable = true }'),
        "libs/tools/pyproject.toml": package("tools"),
    }
    found = planned(tmp_path, files)
    assert vendored(found) == ["libs/tools"]
    assert any("[tool.pixi] in pyproject.toml" in notice for notice in found.notices)


@pytest.mark.parametrize(
    "entry", ['{ version = "*", index = "https://a.example/simple" }', '{ path = "../tools" }']
)
def test_another_source_of_pixi_stops_the_build(entry: str, tmp_path: Path) -> None:
    with pytest.raises(SourceUnsupported) as unsupported:
        planned(tmp_path, {"pyproject.toml": pixi(entry)})
    assert unsupported.value.table == "[tool.pixi.pypi-dependencies]"
    assert not any("export" in line for line in render(explain(unsupported.value)))


@pytest.mark.parametrize(("name", "option"), [("default", "--index-url https://a.example/s")])
def test_the_default_source_of_rye_is_the_index(name: str, option: str, tmp_path: Path) -> None:
    rye = f'[[tool.rye.sources]]\nname = "{name}"\nurl = "https://a.example/s"\n'
    found = planned(tmp_path, {"pyproject.toml": app(rye)})
    assert [line.text for line in found.dependencies.options] == [option]


def test_another_source_of_rye_stops_the_build_and_has_words(tmp_path: Path) -> None:
    rye = '[[tool.rye.sources]]\nname = "company"\nurl = "https://a.example/s"\n'
    with pytest.raises(ToolSettingUnsupported) as unsupported:
        planned(tmp_path, {"pyproject.toml": app(rye)})
    assert [*render(explain(unsupported.value))]


def test_a_repository_of_poetry_is_left_to_the_metadata(tmp_path: Path) -> None:
    project = poetry('tools = { git = "https://git.example/t" }')
    assert requirements(planned(tmp_path, {"pyproject.toml": project, "shop.py": ""})) == ["."]


def test_a_repository_of_poetry_counts_for_an_app_that_is_no_package(tmp_path: Path) -> None:
    files = {"pyproject.toml": poetry('tools = { git = "https://git.example/t" }')}
    [text] = requirements(planned(tmp_path, files))
    assert text == "tools @ git+https://git.example/t"


def test_an_index_of_poetry_for_a_package_of_a_group_stops_the_build(tmp_path: Path) -> None:
    group = '[tool.poetry.group.web.dependencies]\ntools = { version = "1", source = "own" }\n'
    files = {"pyproject.toml": poetry('six = "1"', tables=group), "shop.py": ""}
    assert requirements(planned(tmp_path, files)) == ["."]
    with pytest.raises(SourceUnsupported) as stopped:
        planned(tmp_path, files, SLIPWAY_GROUPS="web")
    assert stopped.value.name == "tools"


def test_a_repository_of_poetry_counts_for_the_project_table(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(
            '[tool.poetry.dependencies]\ntools = { git = "git@git.example:t.git" }\n'
        )
    }
    [text] = requirements(planned(tmp_path, files))
    assert text == "tools @ git+ssh://git@git.example/t.git"


def test_an_index_of_poetry_for_one_package_stops_the_build(tmp_path: Path) -> None:
    files = {"pyproject.toml": poetry('tools = { version = "1", source = "company" }')}
    with pytest.raises(SourceUnsupported) as stopped:
        planned(tmp_path, files)
    assert stopped.value.declaration == 'tools = { version = "1", source = "company" }'


def test_an_optional_dependency_of_poetry_is_left_to_the_build(tmp_path: Path) -> None:
    entry = 'tools = { version = "1", source = "company", optional = true }'
    files = {"pyproject.toml": poetry(entry), "shop.py": ""}
    [unused] = planned(tmp_path, files).dependencies.unused_sources
    assert unused.source.is_conditional


# Settings for all packages


@pytest.mark.parametrize(
    ("table", "options"),
    [
        (f"{COMPANY}default = true\n", ["--index-url https://packages.example/simple"]),
        (f"{COMPANY}explicit = true\n", []),
        (
            '[tool.uv]\nindex-url = "https://packages.example/simple"\n',
            ["--index-url https://packages.example/simple"],
        ),
        ('[tool.uv]\nfind-links = ["wheels"]\n', ["--find-links wheels"]),
        ("[tool.uv]\nno-index = true\n", ["--no-index"]),
        ("[tool.uv]\nno-binary = true\n", ["--no-binary :all:"]),
        ('[tool.uv]\nno-binary-package = ["tools"]\n', ["--no-binary tools"]),
        ("[tool.uv]\nno-build = true\n", ["--only-binary :all:"]),
        ('[tool.uv]\nno-build-package = ["tools"]\n', ["--only-binary tools"]),
        ('[tool.uv]\nprerelease = "allow"\n', ["--pre"]),
        ('[tool.uv]\nprerelease = "disallow"\n', ["--only-final :all:"]),
        ('[tool.uv]\nresolution = "highest"\nenvironments = ["x"]\n', []),
        (
            '[[tool.poetry.source]]\nname = "company"\nurl = "https://packages.example/s"\n',
            ["--index-url https://packages.example/s"],
        ),
        ('[[tool.poetry.source]]\nname = "PyPI"\npriority = "primary"\n', []),
        (
            '[[tool.pdm.source]]\nname = "pypi"\nurl = "https://packages.example/s"\n',
            ["--index-url https://packages.example/s"],
        ),
        (
            '[[tool.pdm.source]]\nname = "own"\ntype = "find_links"\nurl = "wheels"\n',
            ["--find-links wheels"],
        ),
        ("[tool.pdm.resolution]\nallow-prereleases = true\n", ["--pre"]),
    ],
)
def test_a_setting_that_pip_has_becomes_an_option(
    table: str, options: list[str], tmp_path: Path
) -> None:
    found = planned(tmp_path, {"pyproject.toml": app(table)})
    assert [line.text for line in found.dependencies.options] == options


@pytest.mark.parametrize(
    ("table", "key"),
    [
        (COMPANY, "[[tool.uv.index]]"),
        (f"{PUBLIC}default = true\n{COMPANY}", "[[tool.uv.index]]"),
        ('[tool.uv]\nextra-index-url = ["https://a.example"]\n', "extra-index-url"),
        ('[tool.uv]\noverride-dependencies = ["a"]\n', "override-dependencies"),
        ('[tool.uv]\nexclude-dependencies = ["a"]\n', "exclude-dependencies"),
        ('[tool.uv]\nbuild-constraint-dependencies = ["a"]\n', "build-constraint-dependencies"),
        ('[[tool.uv.dependency-metadata]]\nname = "a"\n', "dependency-metadata"),
        ('[tool.uv]\nprerelease = "explicit"\n', "prerelease"),
        ('[tool.uv]\nresolution = "lowest"\n', "resolution"),
        ('[tool.uv]\nexclude-newer = "2024-01-01"\n', "exclude-newer"),
        ('[tool.pdm.resolution.overrides]\na = "1"\n', "overrides"),
        (
            '[[tool.pdm.source]]\nname = "own"\nurl = "https://a.example"\n',
            "[[tool.pdm.source]]",
        ),
        (
            '[[tool.poetry.source]]\nname = "a"\npriority = "supplemental"\n',
            "[[tool.poetry.source]]",
        ),
    ],
)
def test_a_setting_that_pip_does_not_have_stops_the_build(
    table: str, key: str, tmp_path: Path
) -> None:
    with pytest.raises(ToolSettingUnsupported) as stopped:
        planned(tmp_path, {"pyproject.toml": app(table)})
    assert stopped.value.key == key


def test_a_uv_toml_replaces_the_table_of_uv(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": app(f"{COMPANY}default = true\n"),
        "uv.toml": '[[index]]\nurl = "https://other.example/simple"\ndefault = true\n',
    }
    [option] = planned(tmp_path, files).dependencies.options
    assert option.text == "--index-url https://other.example/simple"
    with pytest.raises(ToolSettingUnsupported) as stopped:
        planned(tmp_path, {"uv.toml": 'override-dependencies = ["a"]\n'})
    assert (stopped.value.file, stopped.value.table) == ("uv.toml", "")


def test_constraints_are_constraints(tmp_path: Path) -> None:
    table = '[tool.uv]\nconstraint-dependencies = ["nets<2"]\n'
    found = planned(tmp_path, {"pyproject.toml": app(table)}).dependencies
    assert [line.text for line in found.constraints] == ["nets<2"]


@pytest.mark.parametrize("variable", ["UV_DEFAULT_INDEX", "UV_INDEX_URL"])
def test_a_variable_of_uv_names_the_index(variable: str, tmp_path: Path) -> None:
    index = {variable: "https://user:secret@own.example/simple"}
    found = planned(tmp_path, {"pyproject.toml": app(COMPANY)}, **index)
    [option] = found.dependencies.options
    assert option.text == f"--index-url ${{{variable}}}"
    assert found.dependencies.sources == ()
    [notice] = found.notices
    assert notice == (
        f"Using the index in {variable} instead of the index `company` of pyproject.toml, "
        "because variables of uv have priority"
    )


def test_a_file_names_the_index_rather_than_a_variable_of_pip(tmp_path: Path) -> None:
    """As a line in a requirements file does: the variable may be the image's."""
    index = {"PIP_INDEX_URL": "https://mirror.example/simple"}
    files = {"pyproject.toml": app(f"{COMPANY}default = true\n")}
    found = planned(tmp_path, files, **index)
    [option] = found.dependencies.options
    assert option.text == "--index-url https://packages.example/simple"
    [notice] = found.notices
    assert "instead of the index in PIP_INDEX_URL" in notice


def test_a_variable_of_uv_counts_with_pip_tools(tmp_path: Path) -> None:
    index = {"UV_DEFAULT_INDEX": "https://own.example/simple", "UV_NO_SOURCES": "1"}
    files = {
        "pyproject.toml": app(sources(f"tools = {{ {INDEX} }}"), f"{COMPANY}explicit=true\n")
    }
    found = planned(tmp_path, files, **index)
    [option] = found.dependencies.options
    assert option.text == "--index-url ${UV_DEFAULT_INDEX}"


def test_an_index_has_the_credentials_of_its_variables(tmp_path: Path) -> None:
    found = planned(
        tmp_path,
        {"pyproject.toml": app(f"{COMPANY}default = true\n")},
        **dict(zip(NAMES, ("user", "a/b@c"), strict=True)),
    )
    [option] = found.dependencies.options
    assert option.text == "--index-url https://user:a%2Fb%40c@packages.example/simple"
    assert "a%2Fb" not in as_json(found)


def test_an_index_also_holds_for_requirements_files(tmp_path: Path) -> None:
    pyproject = app(f"{COMPANY}default = true\n")
    files = {"requirements.txt": "tools\n", "pyproject.toml": pyproject}
    [option] = planned(tmp_path, files).dependencies.options
    assert option.value == "https://packages.example/simple"
    files["requirements.txt"] = "-i https://own.example/simple\ntools\n"
    [option] = planned(tmp_path, files).dependencies.options
    assert option.value == "https://own.example/simple"


# Plans


def test_a_plan_shows_the_sources_without_credentials(tmp_path: Path) -> None:
    entry = 'tools = { git = "https://user:secret@git.example/t" }'
    found = planned(tmp_path, {"pyproject.toml": app(sources(entry))})
    text = "\n".join(as_text(found))
    assert "Sources       Using git+https://****@git.example/t for tools" in text
    assert len(json.loads(as_json(found))["dependencies"]["sources"]) == 1
    assert "secret" not in text + as_json(found)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        pytest.param("", ["six"], id="nothing"),
        pytest.param("extras = ['pg']", ["six", "./libs/tools"], id="extra"),
        pytest.param("extras = ['all']", ["six", "./libs/tools"], id="extra-of-an-extra"),
        pytest.param("groups = ['web']", ["six", "./libs/tools"], id="extra-of-a-group"),
        pytest.param("groups = ['jobs']", ["six", "./libs/queue"], id="group"),
    ],
)
def test_a_source_for_what_is_chosen_is_used(
    settings: str, expected: list[str], tmp_path: Path
) -> None:
    text = f"""
        [project]
        name = "shop"
        dependencies = ["six"]
        optional-dependencies.pg = ["tools"]
        optional-dependencies.all = ["shop[pg]"]
        [dependency-groups]
        web = ["shop[pg]"]
        jobs = ["queue"]
        [tool.uv.sources]
        tools = {{ path = "libs/tools", extra = "pg" }}
        queue = {{ path = "libs/queue", group = "jobs" }}
        [tool.slipway]
        {settings}
    """
    files = {
        "pyproject.toml": text,
        "libs/tools/pyproject.toml": package("tools"),
        "libs/queue/pyproject.toml": package("queue"),
    }
    assert requirements(planned(tmp_path, files)) == expected


def test_a_package_has_the_sources_of_its_chosen_extras(tmp_path: Path) -> None:
    text = """
        [project]
        name = "shop"
        version = "1"
        dependencies = ["six"]
        optional-dependencies.pg = ["tools"]
        [build-system]
        requires = ["setuptools"]
        [tool.uv.sources]
        tools = { path = "libs/tools", extra = "pg" }
        [tool.slipway]
        extras = ["pg"]
    """
    files = {"pyproject.toml": text, "libs/tools/pyproject.toml": package("tools")}
    assert requirements(planned(tmp_path, files)) == [".[pg]", "./libs/tools"]


# A Pipfile without a lock


PIPFILE = """\
[[source]]
name = "main"
url = "https://index.example/simple"
[[source]]
name = "company"
url = "https://packages.example/simple"
[packages]
six = "*"
tools = {version = "*", index = "company"}
"""


def test_a_pipfile_binds_a_package_to_an_index(tmp_path: Path) -> None:
    with pytest.raises(SourceUnsupported) as stopped:
        planned(tmp_path, {"Pipfile": PIPFILE})
    error = stopped.value
    assert (error.name, error.file, error.table) == ("tools", "Pipfile", "[packages]")
    assert error.tool == "Pipenv"


def test_a_vendored_package_needs_no_index_of_a_pipfile(tmp_path: Path) -> None:
    found = planned(
        tmp_path, {"Pipfile": PIPFILE, "vendor/tools/pyproject.toml": package("tools")}
    )
    assert requirements(found) == ["six", "tools"]
    assert found.dependencies.unused_sources == ()


def test_the_first_source_of_a_pipfile_is_the_index(tmp_path: Path) -> None:
    pipfile = PIPFILE.replace(', index = "company"', "")
    found = planned(tmp_path, {"Pipfile": pipfile})
    assert [line.text for line in found.dependencies.options] == [
        "--index-url https://index.example/simple"
    ]
