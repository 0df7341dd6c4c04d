"""At Cloud Foundry, the Procfile that counts is YAML, and is checked before anything else."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import yaml

from integration.cloud_foundry import go_yaml
from integration.packages import write_tree
from integration.staged_in_place import INDEX, StagedInPlace, StagingResult
from slipway.domain.layout import IN_APP, RELEASE

APP = {"requirements.txt": "", "app.py": "print('afloat')\n"}
NO_YAML = "web: [ -f app.py ] && python app.py\n"
IMAGE_PYTHON = {"SLIPWAY_BUNDLE_PYTHON": "false"}


@pytest.fixture
def platform(slipway: Path, shared_cache: Path, open_folder: Path) -> StagedInPlace:
    return StagedInPlace(slipway=slipway, folder=open_folder, cache=shared_cache)


@pytest.fixture
def app(open_folder: Path) -> Path:
    return write_tree(open_folder / "pushed", APP)


def refused(result: StagingResult) -> str:
    """Return the error, before which nothing has been done."""
    assert result.status == 1, result.all
    assert "-----> Python" not in result.all
    assert "Traceback" not in result.all
    assert result.err.count(" !     Error: ") == 1, result.all
    return result.err


def test_the_platform_starts_what_the_build_has_recorded(
    platform: StagedInPlace, app: Path
) -> None:
    procfile = "web: python other.py\n'worker': !x echo it's # a\nweb: \"python\n  app.py\"\n"
    write_tree(app, {"Procfile": procfile})
    result = platform.compile(app, IMAGE_PYTHON)
    assert result.status == 0, result.all
    record = json.loads((platform.vcap / "deps" / INDEX / "build.json").read_text("utf-8"))
    assert record["processes"] == {"web": "python app.py", "worker": "echo it's"}
    assert record["processes"] == go_yaml.texts(go_yaml.first_document(procfile.encode()))
    notice = "Procfile, line 3: Cloud Foundry starts the last `web`, this one"
    assert result.all.count(notice) == 1, result.all


def test_a_procfile_that_only_slipway_reads_need_not_be_yaml(
    platform: StagedInPlace, app: Path
) -> None:
    write_tree(app / "shore", {**APP, "Procfile": NO_YAML})
    result = platform.compile(app, {**IMAGE_PYTHON, "SLIPWAY_ROOT": "shore"})
    assert result.status == 0, result.all
    released = yaml.safe_load((app / IN_APP / RELEASE).read_text("utf-8"))
    assert "[ -f app.py ] && python app.py" in released["default_process_types"]["web"]


@pytest.mark.parametrize("last", ["final", "earlier"])
def test_a_procfile_that_is_no_yaml_stops_supply(
    platform: StagedInPlace, app: Path, last: str
) -> None:
    write_tree(app, {"Procfile": NO_YAML})
    deps = platform.folder / "deps"
    (deps / INDEX).mkdir(parents=True)
    result = platform.run_script("supply", app, platform.cache / last, deps, INDEX)
    assert result.status == 1, result.all
    assert "Error: The Procfile is not YAML" in result.err
    assert "-----> Python" not in result.all


def test_what_pre_compile_writes_is_checked_after_it(
    platform: StagedInPlace, app: Path
) -> None:
    write_tree(app, {"bin/pre_compile": f"cat >Procfile <<'END'\n{NO_YAML}END\n"})
    result = platform.compile(app, IMAGE_PYTHON)
    assert "Error: The Procfile is not YAML" in refused(result)
    assert result.last == "finalize"


@pytest.mark.parametrize("kind", ["folder", "pipe", "link"])
def test_what_is_no_file_at_the_top_stops_supply(
    platform: StagedInPlace, app: Path, kind: str
) -> None:
    write_tree(app / "shore", APP)
    place = app / "Procfile"
    if kind == "folder":
        place.mkdir()
    elif kind == "pipe":
        os.mkfifo(place)
    else:
        place.symlink_to("/etc/hostname")
    error = refused(platform.compile(app, {**IMAGE_PYTHON, "SLIPWAY_ROOT": "shore"}))
    assert "Procfile" in error
