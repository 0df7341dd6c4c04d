"""The pack CLI with a daemon of the tests' own: builders, builds, what it tells of images."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import Ended, run
from platforms.daemon import Docker
from platforms.phases import settings
from platforms.provision import PHASES
from slipway.domain.toml_text import render_toml

LIFECYCLE_IMAGE = "tests/lifecycle"
"""Whose programs do all but the building, where a builder is not trusted with more."""

_APIS = {
    "buildpack": {"deprecated": [], "supported": [f"0.{number}" for number in range(7, 12)]},
    "platform": {"deprecated": [], "supported": [f"0.{number}" for number in range(7, 15)]},
}
"""What the lifecycle 0.20 speaks: https://github.com/buildpacks/lifecycle/blob/main/api/apis.go"""
_OF_A_LIFECYCLE = (*PHASES, "launcher", "lifecycle")


@dataclass(frozen=True, kw_only=True)
class Pack:
    """pack, and where it keeps what is its own."""

    program: Path
    docker: Docker
    folder: Path
    builder: str = "tests/builder"
    trusted: bool = True
    """Whether one container does it all, or one each phase."""
    network: str = "host"
    cache: str | None = None
    """Names the caches to use; without it, each image has its own."""

    def ask(self, *arguments: str | Path) -> Ended:
        variables = {**self.docker.variables, "PACK_HOME": str(self.folder / "home")}
        return run([self.program, *arguments, "--no-color"], variables, self.folder)

    def do(self, *arguments: str | Path) -> Ended:
        """Run a command that works."""
        ended = self.ask(*arguments)
        assert ended.status == 0, ended.all
        return ended

    def create_builder(
        self, buildpacks: Mapping[str, Path], build_image: str, run_image: str
    ) -> None:
        """Make a builder of two images and of buildpacks, by id, that come one after another.

        A buildpack is a folder or a packaged one.

        https://buildpacks.io/docs/reference/config/builder-config/
        """
        described = {
            "buildpacks": [{"uri": str(place)} for place in buildpacks.values()],
            "order": [{"group": [{"id": name} for name in buildpacks]}],
            "build": {"image": build_image},
            "run": {"images": [{"image": run_image}]},
            "lifecycle": {"uri": str(self.folder / "lifecycle.tgz")},
        }
        file = self.folder / "builder.toml"
        file.write_text(render_toml(described), "utf-8")
        self.do("builder", "create", self.builder, "--config", file, "--pull-policy", "never")

    def build(
        self, image: str, app: Path, *options: str, env: Mapping[str, str] | None = None
    ) -> Ended:
        """Build an app into an image.

        `env` is what the user sets; without it, what leads to this machine's index.
        """
        return self.ask("build", image, *self._options(image, app, env), *options)

    def sbom(self, image: str, folder: Path) -> Path:
        """Download what an image says that it is made of."""
        self.do("sbom", "download", image, "--output-dir", folder)
        return folder / "layers" / "sbom"

    def _options(self, image: str, app: Path, env: Mapping[str, str] | None) -> list[str]:
        variables = settings() if env is None else env
        options = ["--path", str(app), "--builder", self.builder, "--pull-policy", "never"]
        options += ["--docker-host", "inherit", "--network", self.network]
        options += ["--trust-builder"] if self.trusted else self._with_own_lifecycle()
        for name, value in variables.items():
            options += ["--env", f"{name}={value}"]
        for kind in ("build", "launch"):
            name = f"{(self.cache or image).replace('/', '-')}-{kind}"
            options += ["--cache", f"type={kind};format=volume;name={name}"]
        return options

    def _with_own_lifecycle(self) -> list[str]:
        return ["--trust-builder=false", "--lifecycle-image", LIFECYCLE_IMAGE]


def pack_lifecycle(programs: Path, version: str, file: Path) -> None:
    """Make of a lifecycle's programs what pack puts into builders.

    https://github.com/buildpacks/spec/blob/main/distribution.md#lifecycletoml-toml
    """
    described = {
        "api": {kind: apis["supported"][0] for kind, apis in _APIS.items()},
        "apis": _APIS,
        "lifecycle": {"version": version},
    }
    note = file.with_name("lifecycle.toml")
    note.write_text(render_toml(described), "utf-8")
    with tarfile.open(file, "w:gz", compresslevel=1) as archive:
        archive.add(note, "lifecycle.toml")
        for name in _OF_A_LIFECYCLE:
            archive.add(programs / name, f"lifecycle/{name}")


def build_lifecycle_image(docker: Docker, programs: Path, version: str, base: str) -> None:
    """Make the image that pack takes the phases from where it does not trust a builder."""
    folder = docker.folder / "lifecycle-image"
    folder.mkdir()
    for name in _OF_A_LIFECYCLE:
        shutil.copy(programs / name, folder, follow_symlinks=False)
    lines = [
        f"FROM {base}",
        "USER root",
        "COPY . /cnb/lifecycle/",
        f"LABEL io.buildpacks.lifecycle.version={version}",
        f"LABEL io.buildpacks.lifecycle.apis={json.dumps(json.dumps(_APIS))}",
        "WORKDIR /layers",
    ]
    recipe = docker.folder / "Dockerfile"
    recipe.write_text("\n".join(lines), "utf-8")
    docker.do("build", "--quiet", "--tag", LIFECYCLE_IMAGE, "--file", recipe, folder)
    shutil.rmtree(folder)
