"""Find the commit, version and digest of each vendored package, and check vendor.lock."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

from slipway.domain.redaction import without_credentials
from slipway.domain.vendoring import submodules, vendor_lock
from slipway.domain.vendoring.core_metadata import parse_metadata
from slipway.domain.vendoring.packages import Form, InspectedPackage, VendoredPackage, Vendoring
from slipway.domain.vendoring.scm_versions import comes_from_tag
from slipway.domain.vendoring.submodules import Submodule, parse_gitmodules, submodule_of
from slipway.domain.vendoring.vendor_lock import LockedSource, VendorLock
from slipway.effects import Effects
from slipway.effects.files import AppFolder, read_if_there, write
from slipway.effects.packages.git import Git
from slipway.effects.packages.source_trees import digest_source
from slipway.errors.submodules import GitUnavailable, VendorLockDiffers
from slipway.errors.vendored import VendoredBroken


def inspect_vendored(
    app: Path, vendoring: Vendoring, effects: Effects, root: str = ""
) -> tuple[InspectedPackage, ...]:
    """Inspect all vendored packages, and compare them with vendor.lock if the app has one.

    `root` is the path of the app in its repository.

    Raises VendorLockInvalid, VendorLockDiffers, OutsideTheApp, VendoredBroken.
    """
    git = Git(effects.processes, effects.environment, root)
    text = AppFolder(app, effects.console.secrets).text(vendor_lock.FILE)
    lock = VendorLock() if text is None else vendor_lock.parse(text)
    repositories = _repositories(app, vendoring, git)
    inspected = tuple(
        _inspect(app, package, repositories[package.path], lock.of(package.path))
        for package in vendoring.packages
    )
    if text is not None:
        # Untracked files, such as a developer's build results, are not part of the package.
        compared = [
            _with_tracked_files(app, found, git)
            if (locked := lock.of(found.path)) and locked.digest != found.digest
            else found
            for found in inspected
        ]
        differences = vendor_lock.differences(lock, compared)
        if differences:
            raise VendorLockDiffers(differences=differences)
    unknown = {git.repository_of(app, found.path) for found in inspected if not found.commit}
    for path in sorted(filter(None, unknown - {"."})):
        effects.console.warning(
            f"The commit of {path} is not known: {git.unusable(app / path)}. "
            f"{vendor_lock.HOW_TO_WRITE_IT}"
        )
    return inspected


def inspect_required(
    app: Path, vendoring: Vendoring, effects: Effects, root: str = ""
) -> tuple[InspectedPackage, ...]:
    """Inspect packages that only the metadata of others name; vendor.lock cannot have them.

    `root` is the path of the app in its repository.

    Raises OutsideTheApp, VendoredBroken.
    """
    repositories = _repositories(
        app, vendoring, Git(effects.processes, effects.environment, root)
    )
    return tuple(
        _inspect(app, package, repositories[package.path], None)
        for package in vendoring.packages
    )


def lock_vendored(app: Path, vendoring: Vendoring, effects: Effects, root: str = "") -> None:
    """Write vendor.lock, without using an older one; `root` is as in inspect_vendored.

    Files that git does not track are left out, because a platform does not get them either.

    Raises GitUnavailable, OutsideTheApp, VendoredBroken.
    """
    console = effects.console
    git = Git(effects.processes, effects.environment, root)
    repositories = _repositories(app, vendoring, git)
    inspected = [
        _inspect(app, package, repositories[package.path], None)
        for package in vendoring.packages
    ]
    paths = {repository.path for repository in repositories.values() if repository}
    for path in sorted(paths - {"."}):
        reason = git.unusable(app / path)
        if reason:
            raise GitUnavailable(path=path, reason=reason)
        if git.has_changes(app / path):
            console.warning(f"{path} has uncommitted changes, which will not be deployed")
    for found in inspected:
        try:
            found.path.encode()
        except UnicodeEncodeError:
            reason = "its name is not valid UTF-8, so vendor.lock cannot contain it"
            raise VendoredBroken(path=found.path, reason=reason) from None
    lock = vendor_lock.lock([_with_tracked_files(app, found, git) for found in inspected])
    file = app / vendor_lock.FILE
    if not lock.packages and not file.exists():
        console.info("The app has no vendored packages")
        return
    write(file, vendor_lock.render(lock))
    for package in lock.packages:
        commit = f" at commit {package.commit[:7]}" if package.commit else ""
        version = f", version {package.version}" if package.version else ""
        console.info(f"Locked {package.path}{commit}{version}")


@dataclass(frozen=True, kw_only=True)
class _Repository:
    """A repository with vendored packages, such as a submodule; git is queried once."""

    app: Path
    path: str
    submodule: Submodule | None
    git: Git

    @cached_property
    def _head(self) -> str | None:
        """The commit that is checked out, if git can read the repository."""
        return self.git.commit(self.app / self.path)

    @cached_property
    def commit(self) -> str | None:
        if self._head or self.path == ".":
            return self._head
        return self.git.recorded_commit(self.app, self.path)

    @cached_property
    def version(self) -> str | None:
        return self.git.version(self.app / self.path) if self._head else None

    @cached_property
    def url(self) -> str | None:
        url = self.submodule.url if self.submodule else ""
        if self._head and (not url or url.startswith(".")):
            url = self.git.remote_url(self.app / self.path) or url
        return without_credentials(url) or None


def _repositories(app: Path, vendoring: Vendoring, git: Git) -> dict[str, _Repository | None]:
    """Map the path of each package to the repository that it is in or should be in, if any."""
    listed = parse_gitmodules(read_if_there(git.repository(app) / submodules.FILE) or "")
    known = tuple(submodules.below(listed, git.root))
    by_path: dict[str, _Repository] = {}
    of_packages: dict[str, _Repository | None] = {}
    for package in vendoring.packages:
        submodule = submodule_of(known, package.path)
        path = git.repository_of(app, package.path) or (submodule.path if submodule else None)
        if path is not None:
            repository = _Repository(app=app, path=path, submodule=submodule, git=git)
            by_path.setdefault(path, repository)
        of_packages[package.path] = by_path.get(path) if path is not None else None
    return of_packages


def _inspect(
    app: Path,
    package: VendoredPackage,
    repository: _Repository | None,
    locked: LockedSource | None,
) -> InspectedPackage:
    """Combine what git, vendor.lock and the files say about a package."""
    commit = (repository and repository.commit) or (locked and locked.commit) or None
    version = None
    takes_version_from_git = package.project is not None and package.project.version_tool
    # An archive has its own version, and may be older than the commit of the app.
    if package.form is Form.TREE and takes_version_from_git:
        git_version = repository.version if repository else None
        locked_version = locked.version if locked else None
        # A clone without tags knows less than a lock that was written with them.
        if git_version and (comes_from_tag(git_version) or not locked_version):
            version = git_version
        else:
            version = locked_version or _version_in_sdist(app, package.path)
            version = version or (commit and f"0+g{commit[:12]}") or None
    return InspectedPackage(
        package=package,
        digest=digest_source(app, package.path),
        url=(repository and repository.url) or (locked and locked.url) or None,
        commit=commit,
        version=version,
    )


def _version_in_sdist(app: Path, path: str) -> str | None:
    """Read the version of an unpacked sdist; None if there is no PKG-INFO."""
    file = "PKG-INFO" if path == "." else f"{path}/PKG-INFO"
    text = read_if_there(app / file)
    return parse_metadata(text, file).version if text else None


def _with_tracked_files(app: Path, found: InspectedPackage, git: Git) -> InspectedPackage:
    """Digest only the files that git tracks, if it tracks any."""
    names = git.tracked_files_of(app, found.path)
    return replace(found, digest=digest_source(app, found.path, names)) if names else found
