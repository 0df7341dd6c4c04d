"""What the documents for platforms say can be typed as it stands there."""

from __future__ import annotations

import re
import shlex
import textwrap

import pytest
import yaml

from conftest import ROOT
from slipway.commands.command_line import _parser
from slipway.domain.cloud_native.build_bindings import KEYS as BINDING_KEYS
from slipway.domain.cloud_native.layers import TYPES
from slipway.domain.settings import KEYS, OTHER_VARIABLES, PAKETO_NAMES, parse
from slipway.domain.toml_text import parse_toml

GUIDE = (ROOT / "docs" / "cloud_native.md").read_text("utf-8")
README = (ROOT / "README.md").read_text("utf-8")
ACTION = (ROOT / "docs" / "github_action.yml").read_text("utf-8")
VERSION = parse_toml((ROOT / "buildpack.toml").read_text("utf-8"), "")["buildpack"]["version"]
COMMAND = re.compile(r"^ +(?:\S*/)?bin/slipway (.+)$", re.MULTILINE)


@pytest.mark.parametrize("line", COMMAND.findall(GUIDE + ACTION))
def test_a_command_of_the_documents_is_one_of_slipways(line: str) -> None:
    arguments = _parser().parse_args(shlex.split(line))
    assert arguments.command == "package"


@pytest.mark.parametrize("option", re.findall(r"^\| `(--[a-z-]+)", GUIDE, re.MULTILINE))
def test_an_option_that_is_explained_is_known(
    option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        _parser().parse_args(["package", "--help"])
    assert f"{option} " in capsys.readouterr().out


def test_files_and_references_have_the_version_of_this_slipway() -> None:
    named = re.findall(r"slipway[-/]python[-:](\d+\.\d+\.\d+)", GUIDE + ACTION)
    named += re.findall(r"ref: v(\S+)", ACTION)
    assert len(named) >= 4
    assert set(named) == {VERSION}


def test_every_name_that_other_buildpacks_use_is_explained() -> None:
    for name, key in PAKETO_NAMES.items():
        assert f"| `{name}` | `SLIPWAY_{key.upper()}` |" in GUIDE


def test_every_key_of_a_binding_is_explained() -> None:
    for type_, keys in BINDING_KEYS.items():
        (row,) = re.findall(rf"^\| `{type_}`.*$", GUIDE, re.MULTILINE)
        for key in keys:
            assert f"`{key}`" in row


@pytest.mark.parametrize("key", [*KEYS, *PAKETO_NAMES, *OTHER_VARIABLES])
def test_every_setting_has_a_heading(key: str) -> None:
    [heading] = re.findall(rf"^### (?:.*, )?{key}(?:,.*)?$", README, re.MULTILINE)
    assert heading


@pytest.mark.parametrize("sample", re.findall(r"(?m)^ +\[tool\.slipway\]\n +.*$", README))
def test_a_setting_is_written_as_its_sample_says(sample: str) -> None:
    table = parse_toml(textwrap.dedent(sample), "")["tool"]["slipway"]
    assert parse(table, {}) != parse({}, {})


def test_each_key_of_the_table_has_a_sample() -> None:
    shown = re.findall(r"(?m)^ +\[tool\.slipway\]\n +(\w+) = ", README)
    assert sorted(shown) == sorted(KEYS)


def test_every_layer_is_explained() -> None:
    assert set(TYPES) <= set(re.findall(r"^\| `([a-z]+)` \|", GUIDE, re.MULTILINE))


def test_the_github_action_is_a_workflow_of_steps() -> None:
    workflow = yaml.safe_load(ACTION)
    (job,) = workflow["jobs"].values()
    assert job["runs-on"]
    for step in job["steps"]:
        assert ("uses" in step) != ("run" in step)
        assert re.fullmatch(r"[\w./-]+@v[\d.]+", step.get("uses", "a/b@v1"))


def test_what_the_github_action_packages_is_what_it_builds_with() -> None:
    steps = yaml.safe_load(ACTION)["jobs"]["image"]["steps"]
    texts = "\n".join(step.get("run", "") for step in steps)
    assert '--output "$RUNNER_TEMP"' in texts
    assert f"$RUNNER_TEMP/slipway-python-{VERSION}-linux-amd64.cnb" in texts
    assert "--target linux/amd64" in texts
