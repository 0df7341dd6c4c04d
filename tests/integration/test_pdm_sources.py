"""A pdm.lock of an app with sources that do not say which packages they have.

PDM asks all of them for each package, and the hashes in the lock say which file is meant.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from integration.classic_platform import DEBUG, Platform
from integration.index import Index, served
from integration.locking_tools import locking_env, tool
from integration.packages import sha256, wheel, write_tree
from integration.planted import Secrets, assert_only_there
from integration.scenario import PROCFILE, Scenario
from slipway.domain.requirements.lock import parse

TOKEN = "s3cr3t/t0k&n-Q"  # noqa: S105  # of the test index
SECRETS = Secrets({"the private index": TOKEN})
_PYPROJECT = """
[project]
name = "harbour"
version = "1.0"
requires-python = ">=3.10"
dependencies = ["anchor", "boat", "crane", "plank", "winch"]

[tool.pdm]
distribution = false

[[tool.pdm.source]]
name = "pypi"
url = "{public}"

[[tool.pdm.source]]
name = "yard"
url = "http://ci:${{YARD_TOKEN}}@{private}"

[[tool.pdm.source]]
name = "links"
url = "file:///${{PROJECT_ROOT}}/wheels"
type = "find_links"

[[tool.pdm.source]]
name = "dock"
url = "{bound}"
include_packages = ["crane"]

[[tool.pdm.source]]
name = "bay"
url = "file:///${{PROJECT_ROOT}}/bay"
type = "find_links"
include_packages = ["winch"]
"""


@pytest.mark.long
def test_all_sources_are_asked_and_the_hash_decides(
    fresh_platform: Platform, tmp_path: Path
) -> None:
    made = [
        tmp_path / name for name in ("public", "private", "build/wheels", "own", "build/bay")
    ]
    for folder in made:
        folder.mkdir(parents=True)
    public, private, bound = Index(), Index(user=f"ci:{TOKEN}"), Index()
    public.add_setuptools()
    public.add(wheel(made[0], "plank", "1.0"), wheel(made[0], "crane", "9.0"))
    private.add(wheel(made[1], "anchor", "1.0"))
    bound.add(wheel(made[1], "crane", "1.0"))
    plank = public.digest_of("plank")
    boat = wheel(made[2], "boat", "1.0")
    winch = wheel(made[4], "winch", "1.0")
    scenario = Scenario(folder=tmp_path, platform=fresh_platform)
    with served(public), served(private), served(bound):
        values = {
            "public": public.url,
            "private": private.url.removeprefix("http://"),
            "bound": bound.url,
        }
        write_tree(scenario.build, {**PROCFILE, "pyproject.toml": _PYPROJECT.format(**values)})
        subprocess.run(
            [str(tool("pdm")), "lock"],
            cwd=scenario.build,
            env=locking_env(tmp_path / "home", YARD_TOKEN=TOKEN),
            check=True,
            stdin=subprocess.DEVNULL,
        )
        shutil.rmtree(scenario.build / ".venv", ignore_errors=True)  # PDM makes one to lock
        for index in (public, private, bound):
            index.requests.clear()
        # A stranger's package has the name, and a higher version.
        public.add(wheel(made[0], "anchor", "9.0"), wheel(made[0], "boat", "9.0"))
        outputs = {}
        for toolchain in ("uv", "pip-tools", "auto"):
            shutil.rmtree(scenario.build / ".slipway", ignore_errors=True)
            for folder in fresh_platform.cache.glob("slipway-[0-9]*/venv"):
                shutil.rmtree(folder)
            if toolchain == "auto":  # uv takes this, and pip the file that has the hash
                private.add(wheel(made[3], "plank", "1.0", metadata="Summary: x\n"))
            result = scenario.with_index(public.url).compile(
                {"SLIPWAY_TOOLCHAIN": toolchain, "YARD_TOKEN": TOKEN, **DEBUG}
            )
            outputs[toolchain] = result.all
            assert result.status == 0, result.all
            assert "Looking for packages in `yard`" in result.all
            lock = parse((scenario.build / ".slipway/lock.txt").read_text("utf-8"), "lock.txt")
            hashes = {package.name: package.hashes for package in lock}
            assert {package.version for package in lock} == {"1.0"}
            assert hashes["anchor"] == (f"sha256:{private.digest_of('anchor')}",)
            assert hashes["plank"] == (f"sha256:{plank}",)
            assert hashes["winch"] == (f"sha256:{sha256(winch)}",)
            assert hashes["boat"] == (f"sha256:{sha256(boat)}",)
            assert hashes["crane"] == (f"sha256:{bound.digest_of('crane')}",)
    assert "trying pip" in outputs["auto"]
    assert not [path for path in public.requests if "crane" in path or "winch" in path]
    assert not [path for path in private.requests if "crane" in path]
    assert not [path for path in bound.requests if "crane" not in path]
    places = (scenario.build, fresh_platform.cache, fresh_platform.temporary)
    assert_only_there(SECRETS, outputs, {place: frozenset() for place in places})
