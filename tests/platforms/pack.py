"""The pack CLI with the tests' own Docker daemon: builders, builds and SBOMs."""

from __future__ import annotations

import json
import shutil
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from integration.classic_platform import Result, run
from platforms.daemon import Docker
from platforms.phases import settings
from platforms.provision import PHASES
from slipway.domain.toml_text import render_toml

LIFECYCLE_IMAGE = "tests/lifecycle"
"""The image with the programs for all phases but `build`, if the builder is not trusted."""

_APIS = {
    "buildpack": {"deprecated": [], "supported": [f"0.{number}" for number in range(7, 12)]},
    "platform": {"deprecated": [], "supported": [f"0.{number}" for number in range(7, 15)]},
}
"""The APIs of lifecycle 0.20: https://github.com/buildpacks/lifecycle/blob/main/api/apis.go"""
_OF_A_LIFECYCLE = (*PHASES, "launcher", "lifecycle")


@dataclass(frozen=True, kw_only=True)
class Pack:
    """The pack program, and the folder for its settings."""

    program: Path
    docker: Docker
    folder: Path
    builder: str = "tests/builder"
    trusted: bool = True
    """Whether one container runs all phases, or each phase has its own container."""
    network: str = "host"
    cache: str | None = None
    """The name of the caches to use; None: each image has its own."""

    def call(self, *arguments: str | Path) -> Result:
        variables = {**self.docker.variables, "PACK_HOME": str(self.folder / "home")}
        return run([self.program, *arguments, "--no-color"], variables, self.folder)

    def check_call(self, *arguments: str | Path) -> Result:
        """Run a command, and expect success."""
        result = self.call(*arguments)
        assert result.status == 0, result.all
        return result

    def create_builder(
        self, buildpacks: Mapping[str, Path], build_image: str, run_image: str
    ) -> None:
        """Make a builder of two images and of buildpacks, by id, in the order of their builds.

        A buildpack is a folder or a packaged buildpack.

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
        self.check_call(
            "builder", "create", self.builder, "--config", file, "--pull-policy", "never"
        )

    def build(
        self, image: str, app: Path, *options: str, env: Mapping[str, str] | None = None
    ) -> Result:
        """Build an app into an image.

        `env` holds the user's variables; None: those for this machine's index.
        """
        place = ["--path", str(app), "--builder", self.builder]
        return self.call("build", image, *place, *self.options(image, env), *options)

    def sbom(self, image: str, folder: Path) -> Path:
        """Download the bill of materials of an image."""
        self.check_call("sbom", "download", image, "--output-dir", folder)
        return folder / "layers" / "sbom"

    def options(self, image: str, env: Mapping[str, str] | None = None) -> list[str]:
        """Return what a build needs on this machine, whatever app it builds."""
        variables = settings() if env is None else env
        options = ["--pull-policy", "never", "--docker-host", "inherit"]
        options += ["--network", self.network]
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
    """Pack the programs of a lifecycle into the archive that pack puts into builders.

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
    """Make the image whose programs pack uses if it does not trust a builder."""
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
    docker.check_output("build", "--quiet", "--tag", LIFECYCLE_IMAGE, "--file", recipe, folder)
    shutil.rmtree(folder)
