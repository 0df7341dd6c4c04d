"""The documentation is complete, its links lead somewhere, and its samples are valid."""

from __future__ import annotations

import ast
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from bound_services.variables import GROUPS, Group

from conftest import ROOT
from documents import PAGES, Block, all_commands, anchors, blocks, links, name, prose, text
from slipway.commands.command_line import _parser
from slipway.domain.app_files import PYTHON_APP_FILES
from slipway.domain.cloud_native.build_bindings import KEYS as BINDING_KEYS
from slipway.domain.cloud_native.layers import TYPES
from slipway.domain.settings import (
    KEYS,
    OF_SERVICES,
    OTHER_VARIABLES,
    PAKETO_NAMES,
    parse,
)
from slipway.domain.toml_text import parse_toml

GUIDE = text("docs/cloud-native.md")
SETTINGS = "docs/settings.md"
ACTION = text("docs/github-action.yml")
VERSION = parse_toml(text("buildpack.toml"), "")["buildpack"]["version"]
LANGUAGES = {"sh", "toml", "dotenv", "yaml", "python", "text", "mermaid", "sql"}
BLOCKS = [block for page in PAGES for block in blocks(page)]
README_LINES = 130


def ids(block: Block) -> str:
    return f"{block.page}:{block.code.splitlines()[0]}"


# Pages and links


def test_the_readme_fits_two_screens() -> None:
    assert len(text("README.md").splitlines()) <= README_LINES


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_link_leads_to_a_file_and_a_heading(page: Path) -> None:
    for link in links(page):
        if link.startswith("https://"):
            continue
        path, _, fragment = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), link
        assert target.is_relative_to(ROOT), link
        if fragment:
            assert fragment in anchors(target), link


def test_the_index_lists_every_page() -> None:
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / link.partition("#")[0]).resolve() for link in links(index)}
    pages = {page for page in PAGES if page.is_relative_to(index.parent)}
    # The output of the benchmark belongs to the page about speed.
    assert pages - listed == {index, ROOT / "docs" / "speed" / "raw.md"}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_code_block_is_fenced_and_names_its_language(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES
    assert not re.search(r"^\n {4}\S", prose(page), re.MULTILINE)


# Commands and samples


@pytest.mark.parametrize(
    "line",
    [
        found[1]
        for _, command in all_commands()
        if (found := re.match(r"(?:slipway/)?bin/slipway (.+)", command))
    ]
    + re.findall(r"bin/slipway (package .+)", ACTION),
)
def test_a_command_of_the_documentation_is_one_of_slipways(line: str) -> None:
    arguments = _parser().parse_args(shlex.split(line))
    assert arguments.command in ("plan", "try", "lock", "vendor", "package")


@pytest.mark.parametrize(
    "command", [command for _, command in all_commands() if command.startswith("tests/run")]
)
def test_a_stage_of_the_documentation_is_one_of_the_tests(command: str) -> None:
    stages = re.search(r"^\tprepare \|(.+)\) ;;$", text("tests/run"), re.MULTILINE)
    assert stages
    assert {*shlex.split(command)[1:]} <= {"prepare", *stages[1].replace("|", " ").split()}


@pytest.mark.parametrize(
    "block",
    [block for block in BLOCKS if block.language in ("toml", "yaml", "python")],
    ids=ids,
)
def test_a_sample_is_valid(block: Block) -> None:
    match block.language:
        case "toml":
            assert parse_toml(block.code, block.page)
        case "yaml":
            assert [*yaml.safe_load_all(block.code)]
        case _:
            assert ast.parse(block.code).body


@pytest.mark.parametrize("option", re.findall(r"^\| `(--[a-z-]+)", GUIDE, re.MULTILINE))
def test_an_option_that_is_explained_is_known(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["package", "--help"])
    assert f"{option} " in capsys.readouterr().out


def test_files_and_references_have_the_version_of_this_slipway() -> None:
    named = re.findall(
        r"slipway[-/]python[-:](\d+\.\d+\.\d+)", GUIDE + ACTION + text("docs/releasing.md")
    )
    assert len(named) >= 4
    assert set(named) == {VERSION}


# Settings


@pytest.mark.parametrize("key", [*KEYS, *PAKETO_NAMES, *OTHER_VARIABLES])
def test_every_setting_has_a_heading_and_a_line_in_the_table(key: str) -> None:
    page = text(SETTINGS)
    assert len(re.findall(rf"^### {key}$", page, re.MULTILINE)) == 1
    assert f"[`{key}`](#{key.lower()})" in page


@pytest.mark.parametrize("group", GROUPS, ids=lambda group: group.variables[0])
def test_every_group_of_variables_is_in_the_table_of_services(group: Group) -> None:
    rows = [line for line in text("docs/services.md").splitlines() if line.startswith("|")]
    (row,) = (line for line in rows if f"`{group.setting}`" in line)
    (certificates,) = "\n".join(rows).split("| service | how it is used |")[1:]
    for variable in group.variables:
        is_file = variable.endswith(("_FILE", "_BUNDLE"))
        assert f"`{variable}`" in (certificates if is_file else row)
    assert group.setting in OF_SERVICES


def test_each_key_has_a_sample_in_both_spellings_that_means_the_same() -> None:
    samples = [block for block in blocks(SETTINGS) if block.language in ("toml", "dotenv")]
    shown = []
    for table, variable in pairwise(samples):
        if (table.language, variable.language) != ("toml", "dotenv"):
            continue
        written = parse_toml(table.code, SETTINGS)["tool"]["slipway"]
        [line] = variable.code.splitlines()
        spelled = dict([line.split("=", 1)])
        by_table, by_variable = parse(written, {}), parse({}, spelled)
        assert by_table != parse({}, {})
        for field, value in vars(by_table).items():
            if not field.endswith("_origin"):
                assert vars(by_variable)[field] == value
        shown += written
    assert sorted(shown) == sorted(KEYS)


def test_the_faq_names_every_file_that_identifies_a_python_app() -> None:
    answer = text("docs/faq.md").partition("## What makes a folder a Python app?")[2]
    named = re.findall(r"`([\w.-]+)`", answer.partition("## ")[0])
    assert sorted(named) == sorted(PYTHON_APP_FILES)


# Images, bindings and the cache


def test_every_name_that_other_buildpacks_use_is_explained() -> None:
    for other, key in PAKETO_NAMES.items():
        assert f"| `{other}` | `SLIPWAY_{key.upper()}` |" in GUIDE


def test_every_key_of_a_binding_is_explained() -> None:
    for type_, keys in BINDING_KEYS.items():
        (row,) = re.findall(rf"^\| `{type_}`.*$", GUIDE, re.MULTILINE)
        for key in keys:
            assert f"`{key}`" in row


def test_every_layer_is_explained() -> None:
    assert set(TYPES) <= set(re.findall(r"^\| `([a-z]+)` \|", GUIDE, re.MULTILINE))


def test_the_github_action_is_a_workflow_of_steps() -> None:
    workflow = yaml.safe_load(ACTION)
    (job,) = workflow["jobs"].values()
    assert job["runs-on"]
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w./-]+@v[\d.]+", step.get("uses", "a/b@v1"))


def test_the_github_action_uses_slipway_at_a_commit() -> None:
    """A tag or a branch can change; the user puts the commit in."""
    steps = yaml.safe_load(ACTION)["jobs"]["image"]["steps"]
    [ref] = [step["with"]["ref"] for step in steps if "ref" in step.get("with", {})]
    assert ref == "COMMIT"


def test_what_the_github_action_packages_is_what_it_builds_with() -> None:
    steps = yaml.safe_load(ACTION)["jobs"]["image"]["steps"]
    texts = "\n".join(step.get("run", "") for step in steps)
    assert '--output "$RUNNER_TEMP"' in texts
    assert f"$RUNNER_TEMP/slipway-python-{VERSION}-linux-amd64.cnb" in texts
    assert "--target linux/amd64" in texts
