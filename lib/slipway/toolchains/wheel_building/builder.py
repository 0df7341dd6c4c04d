"""Build wheels of vendored packages with their own backends, and again if they change."""

from __future__ import annotations

import json
import os
import posixpath
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import unquote

from slipway.domain.packaging_text import parse_requirement, parse_specifiers
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import is_direct_reference
from slipway.domain.vendoring.core_metadata import (
    CoreMetadata,
    minimal_metadata,
    parse_metadata,
    require_files_by_name,
)
from slipway.domain.vendoring.packages import Form, InspectedPackage
from slipway.domain.vendoring.scm_versions import (
    comes_from_tag,
    is_filled_in,
    version_of_digest,
    version_variables,
    versioneer_file,
    versioneer_module,
)
from slipway.effects import Effects
from slipway.effects.cache.keys import CacheKey, Facts
from slipway.effects.cache.kinds import WHEEL
from slipway.effects.files import read_if_there, scratch, sha256_of, write
from slipway.effects.packages.source_trees import copy_source
from slipway.effects.packages.virtualenvs import Virtualenv
from slipway.effects.processes import Command
from slipway.effects.reading import hash_of
from slipway.errors.dependencies import HashMismatch
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.errors.vendored import (
    VendoredBroken,
    VendoredBuildFailed,
    VendoredNotForThisPython,
    WheelInvalid,
)
from slipway.toolchains.key_variables import compiling_facts
from slipway.toolchains.protocol import LocalDistribution
from slipway.toolchains.tool_environment import REPRODUCIBLE, compiler_variables
from slipway.toolchains.wheel_building.build_environments import (
    BuildEnvironments,
    build_closure,
)

_DESCRIPTION = "wheel.json"
"""The file of a cache entry that describes its wheel."""
_REPORT = "report.json"
"""What build_wheel.py writes."""
_HASHES = ("sha256", "sha384", "sha512")
"""The algorithms that pip accepts: https://pip.pypa.io/en/stable/topics/secure-installs/."""
_FILE_URL = re.compile(r"file:(//[^/]*)?")
_SETUP_CFG_ALONE = """[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta:__legacy__"
"""


@dataclass(frozen=True, kw_only=True)
class WheelBuilder:
    """Builds wheels for one Python, and stores them in the cache."""

    app: Path
    environments: BuildEnvironments
    frontend: Callable[[], Path]
    """Returns the folder of pypa/build, the frontend; it is unpacked when a build needs it."""
    effects: Effects

    def build(
        self,
        package: InspectedPackage,
        distributions: Sequence[LocalDistribution],
        pending: frozenset[str] = frozenset(),
    ) -> LocalDistribution:
        """Return the wheel of a package, from the cache if it has one.

        For the names of `distributions`, the build uses these, never an index. `pending` has
        the names of packages that are not built yet.

        Raises NotBuiltYet if the build requires one of these, WheelInvalid, VendoredBroken,
        ArchiveUnsafe, VendoredBuildFailed, OfflineMissing, VendoredNotForThisPython,
        HashMismatch, an error of errors/building.py, or that of a toolchain that could
        not install the build requirements.
        """
        console, path = self.effects.console, package.path
        place = "the app's root folder" if package.package.is_app else path
        self._check_hashes(package)
        key = WHEEL.key(self._facts(package, distributions, pending))
        wheel = self._cached(key, path)
        if wheel is not None:
            console.info(f"Reusing the wheel of {wheel.name} {wheel.version} from {place}")
            return wheel
        # Loads many modules, and an unchanged build finds all wheels in the cache.
        from slipway.effects.packages.wheels import read_metadata, rewrite_wheel

        start, done, took = console.now(), "Using", ""
        paths: tuple[tuple[str, str], ...] = ()
        with scratch("wheel", self.environments.folder) as work:
            if package.form is Form.WHEEL:
                file = work / "wheel" / Path(path).name
                copy_source(self.app, path, file)
            else:
                source = self._copy_source(package, work)
                variables = _prepare_source(source, package)
                shown = package.package.display_name
                requires: list[str] = []
                outcome: Path | list[str] = [*package.project.requires]
                while not isinstance(outcome, Path):
                    requires += outcome
                    environment = self.environments.environment_for(
                        requires, distributions, shown, pending
                    )
                    command = self._command(source, environment, work, variables, requires)
                    outcome = self._run_backend(package, command, work)
                with _naming_the_source(package):
                    file = rewrite_wheel(outcome, work / "wheel")
                    file, paths = _without_paths(file, package, source)
                done, took = "Built", f" in {console.now() - start:.1f} s"
            with _naming_the_source(package):
                metadata = parse_metadata(read_metadata(file, path), path)
            self._check_python(path, metadata.requires_python)
            wheel = self._store(key, path, file, metadata, paths)
        console.info(f"{done} {wheel.name} {wheel.version} from {place}{took}")
        return wheel

    def reserve_name(self, package: InspectedPackage, name: str) -> LocalDistribution:
        """Return a wheel without modules, which resolvers use for a plain package's name."""
        path = package.path
        key = WHEEL.key({"plain": [name, package.digest]})
        cached = self._cached(key, path)
        if cached is not None:
            return cached
        from slipway.effects.packages.wheels import write_metadata_wheel

        version = version_of_digest(package.digest)
        metadata = minimal_metadata(name, version, f"Stands for {path}")
        with scratch("wheel", self.environments.folder) as work:
            file = work / "wheel" / f"{name.replace('-', '_')}-{version}-py3-none-any.whl"
            write_metadata_wheel(file, metadata)
            return self._store(key, path, file, parse_metadata(metadata, path))

    # Checks

    def _check_hashes(self, package: InspectedPackage) -> None:
        """Raise HashMismatch if an archive has none of the hashes in the app's requirements."""
        if package.form is Form.TREE:
            return  # a tree has no hash
        for line in package.package.requested_by:
            given = [digest.lower().partition(":") for digest in line.hashes]
            if not given:
                continue
            file = self.app / package.path
            if not any(
                kind in _HASHES and hash_of(file, kind) == digest for kind, _, digest in given
            ):
                raise HashMismatch(
                    package=package.path,
                    expected=tuple(digest for _, _, digest in given),
                    got=sha256_of(file),
                    is_vendored=True,
                    # Only lines of a lock of another tool have no number.
                    locked_in="" if line.number else line.file,
                )

    def _check_python(self, path: str, requires: str | None) -> None:
        python = self.environments.interpreter.version
        if requires and not parse_specifiers(requires).contains(python, prereleases=True):
            raise VendoredNotForThisPython(path=path, requires=requires, python=python)

    # The cache

    def _facts(
        self,
        package: InspectedPackage,
        distributions: Sequence[LocalDistribution],
        pending: frozenset[str],
    ) -> Facts:
        """Collect everything that affects a wheel: files, build requirements, Python."""
        interpreter = self.environments.interpreter
        if package.form is Form.WHEEL:
            return {
                "wheel": [Path(package.path).name, package.digest],
                "python": interpreter.version,
            }
        requires = package.project.requires
        closure = build_closure(
            requires, distributions, interpreter.markers, package.path, pending
        )
        return {
            "tree": package.digest,
            "version": package.version or "",
            "requires": sorted(requires),
            "distributions": sorted(
                found.sha256 for found in distributions if found.name in closure.required
            ),
            "python": interpreter.identity,
            "compiling": self._compiling,
        }

    @cached_property
    def _compiling(self) -> list[str]:
        effects = self.effects
        return compiling_facts(self.app, effects.environment, effects.staging_folders)

    def _cached(self, key: CacheKey, source: str) -> LocalDistribution | None:
        entry = self.effects.cache.entry(key)
        return None if entry is None else _read_entry(entry, source)

    def _store(
        self,
        key: CacheKey,
        source: str,
        wheel: Path,
        metadata: CoreMetadata,
        paths: Sequence[tuple[str, str]] = (),
    ) -> LocalDistribution:
        """Store a wheel, alone in its folder; if that fails, copy it for this build only.

        `paths` are those that it requires, relative to the folder of its source: equal sources
        in different folders have the same entry.
        """
        has_secret = any(redact(one) != one for one in metadata.requires)
        description = {
            "file": wheel.name,
            "name": metadata.name,
            "version": metadata.version,
            "requires": None if has_secret else metadata.requires,
            "paths": paths,
            "sha256": sha256_of(wheel),
        }
        write(wheel.parent / _DESCRIPTION, json.dumps(description))
        reason = self.effects.cache.store(key, wheel.parent)
        cached = self._cached(key, source)
        if cached is not None:
            return cached
        self.effects.console.warning(
            f"The wheel of {source} could not be stored in the cache: "
            f"{reason or 'it has disappeared'}"
        )
        place = self.effects.cache.spare / "wheels" / key.digest
        for name in (wheel.name, _DESCRIPTION):
            copy_source(wheel.parent, name, place / name)
        return _read_entry(place, source)

    # A build

    def _run_backend(
        self, package: InspectedPackage, command: Command, work: Path
    ) -> Path | list[str]:
        """Return the wheel, or requirements that the backend adds to those of its project."""
        shown = package.package.display_name
        try:
            output = self.effects.processes.run(command, doing=f"building {shown}")
        except CommandFailed as error:
            raise self._failure(package, error.output, work) from error
        match json.loads(read_if_there(work / _REPORT) or "null"):
            case {"outcome": "built", "wheel": str(wheel)}:
                return Path(wheel)
            case {"outcome": "needs", "requires": list(more)}:
                return [str(one) for one in more]
            case {"outcome": "invalid", "reason": str(reason)}:
                raise VendoredBroken(path=shown, reason=reason)
            case {"outcome": "failed", "reason": str(reason)}:
                raise self._failure(package, output or reason, work)
            case content:
                raise AssertionError(f"build_wheel.py reports {content!r}")

    def _copy_source(self, package: InspectedPackage, work: Path) -> Path:
        if package.form is Form.SDIST:
            from slipway.effects.packages.archives import unpack

            return unpack(self.app / package.path, work / "source", package.path)
        # The copy has the same name, because some backends use the name of the folder, and the
        # same path in the app, because its metadata may name other folders of the app.
        name = Path(self.app.name, package.path) if package.path != "." else self.app.name
        source = work / "source" / name
        copy_source(self.app, package.path, source)
        return source

    def _command(
        self,
        source: Path,
        environment: Virtualenv,
        work: Path,
        variables: Mapping[str, str],
        requires: Sequence[str],
    ) -> Command:
        """Return a command that runs build_wheel.py and writes the same bytes each time."""
        given = dict(self.effects.environment)
        given.pop("PYTHONPATH", None)
        folders = (self.environments.folder, self.app, *self.effects.staging_folders)
        return Command(
            argv=[
                *(self.environments.interpreter.path, "-I", "-S"),
                *(str(self.effects.build_scripts / "build_wheel.py"), str(self.frontend())),
                *(str(work / _REPORT), str(environment.python), str(source)),
                *(str(work / "built"), *requires),
            ],
            cwd=source,
            env={
                **given,
                **REPRODUCIBLE,
                **compiler_variables(given, *folders),
                "PATH": f"{environment.bin}:{given.get('PATH', os.defpath)}",
                "TMPDIR": str(work),
                **variables,
            },
        )

    def _failure(self, package: InspectedPackage, output: str, work: Path) -> BuildStopped:
        """Return the error, without the build's paths, which do not exist afterwards."""
        from slipway.domain.tool_output.compiler_output import Build, cause_of_failed_build
        from slipway.domain.tool_output.last_lines import last_lines
        from slipway.toolchains.headers_elsewhere import look_elsewhere

        for place in (work, self.environments.folder, self.frontend()):
            output = output.replace(f"{place}/", "")
        build = Build(
            package=package.package.display_name,
            name=package.project.name,
            python=self.environments.interpreter.version,
            is_vendored=True,
            lists_dependencies=package.package.is_app and package.project.lists_dependencies,
        )
        cause = cause_of_failed_build(output, build)
        if cause is not None:
            return look_elsewhere(cause)
        return VendoredBuildFailed(
            path=build.package,
            backend=package.project.backend,
            output=last_lines(output),
            lists_dependencies=build.lists_dependencies,
        )


@contextmanager
def _naming_the_source(package: InspectedPackage) -> Iterator[None]:
    """Make the error of an invalid wheel from a backend name the source of the wheel."""
    try:
        yield
    except WheelInvalid as error:
        if package.form is not Form.WHEEL:
            error.path, error.is_built = package.path, True
        raise


def _read_entry(entry: Path, source: str) -> LocalDistribution:
    description = json.loads(read_if_there(entry / _DESCRIPTION) or "")
    requires = description["requires"]
    if requires is None:  # an address with a password, which only the package itself may have
        from slipway.effects.packages.wheels import read_metadata

        metadata = read_metadata(entry / description["file"], source)
        requires = parse_metadata(metadata, source).requires
    return LocalDistribution(
        name=description["name"],
        version=description["version"],
        path=entry / description["file"],
        sha256=description["sha256"],
        source=source,
        requires=tuple(requires),
        required_paths=tuple(
            (requirement, posixpath.normpath(posixpath.join(source, path)))
            for requirement, path in description["paths"]
        ),
    )


def _without_paths(
    wheel: Path, package: InspectedPackage, source: Path
) -> tuple[Path, tuple[tuple[str, str], ...]]:
    """Rewrite a wheel to require packages by name, not by paths; also return these paths.

    After the build, the copy that it was built from is gone, and the app is somewhere else.
    """
    from slipway.effects.packages.wheels import read_metadata, rewrite_wheel

    metadata = read_metadata(wheel, package.path)
    paths = _required_paths(metadata, package, source)
    if paths:
        folder = wheel.parent.with_name("by-name")
        wheel = rewrite_wheel(wheel, folder, require_files_by_name(metadata))
    return wheel, paths


def _required_paths(
    metadata: str, package: InspectedPackage, source: Path
) -> tuple[tuple[str, str], ...]:
    """Return what a wheel requires by the URL of a file: the requirement by name, and the path.

    `source` is the copy that the wheel was built from. Paths are relative to the package, or
    absolute if they are not in the app.
    """
    depth = 0 if package.package.is_app else len(package.path.split("/"))
    folder = os.path.realpath(source)
    root = os.path.realpath(source.parents[depth - 1]) if depth else folder
    found = []
    for text in parse_metadata(metadata, package.path).requires:
        requirement = parse_requirement(text) if is_direct_reference(text) else None
        if requirement is None or not (requirement.url or "").startswith("file:"):
            continue
        path = os.path.realpath(os.path.join(folder, _path_in(requirement.url or "")))
        # A relative path may lead out of the app, but hardly past the temporary folder.
        is_relative = os.path.commonpath([os.path.dirname(root), path]) != "/"
        requirement.url = None
        shown = os.path.relpath(path, folder) if is_relative else path
        found.append((str(requirement), shown))
    return tuple(found)


def _path_in(address: str) -> str:
    """Return the path in a `file:` URL; its host and its fragment do not matter."""
    path = unquote(_FILE_URL.sub("", address).partition("#")[0])
    return path.replace("\0", "")


def _prepare_source(source: Path, package: InspectedPackage) -> Mapping[str, str]:
    """Add to a tree what its backend needs: the backend's name, and a version if git has it.

    Returns variables with the version, for tools that read it from them.
    """
    if not any((source / name).exists() for name in ("pyproject.toml", "setup.py")):
        # pip builds a tree that only has a setup.cfg; pypa/build needs the backend's name.
        write(source / "pyproject.toml", _SETUP_CFG_ALONE)
    if package.project.version_tool is None:
        return {}
    archival = read_if_there(source / ".git_archival.txt") or ""
    if is_filled_in(archival) and not comes_from_tag(package.version):
        return {}
    version = package.version
    if not version and (text := read_if_there(source / "PKG-INFO")):
        file = "PKG-INFO" if package.package.is_app else f"{package.path}/PKG-INFO"
        version = parse_metadata(text, file).version
    version = version or version_of_digest(package.digest)
    module = versioneer_module(
        read_if_there(source / "setup.cfg") or "",
        read_if_there(source / "pyproject.toml") or "",
    )
    # Unless `git archive` has filled it in.
    if module and "$Format" in (read_if_there(source / module) or "$Format"):
        write(source / module, versioneer_file(version))
    return version_variables(version)
