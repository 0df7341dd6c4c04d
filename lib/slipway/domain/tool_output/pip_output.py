"""Read what pip and pip-compile print.

`lib/build_scripts/index_troubles.py` adds log messages that pip shows only if it is verbose.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import takewhile

from packaging.utils import InvalidSdistFilename, canonicalize_name

from slipway.domain.packaging_text import parse_sdist_name
from slipway.domain.python.wheel_tags import Target
from slipway.domain.redaction import redact
from slipway.domain.requirements.lines import requirement_name
from slipway.domain.tool_output.bounded import bounded
from slipway.domain.tool_output.failed_installation import (
    GONE,
    FailedPackage,
    FailedRequest,
    SkippedFile,
    UnmetRequirement,
    allows,
    cause_of,
    specifier_of,
)
from slipway.domain.tool_output.last_lines import last_lines
from slipway.errors.app import DiskFull
from slipway.errors.dependencies import (
    THE_APP,
    HashesMissing,
    HashMismatch,
    RequiredPackage,
    ResolutionConflict,
)
from slipway.errors.fetching import (
    FetchProgramMissing,
    IndexNotTrusted,
    NameDiffers,
    NotAnArchive,
    NotAPackage,
    RepositoryNotFetched,
    RevisionNotFound,
)
from slipway.errors.stopped import BuildStopped

_NO_SPACE = re.compile(
    r"(?:\[Errno (?:28|122)\] )?(?:No space left on device|Disk quota exceeded)"
    r"(?::\s*'(?P<path>[^']+)')?|\[Errno (?:28|122)\]"
)
_MISMATCH = re.compile(
    r"^[ \t]*(?P<package>\S[^\n]*?)(?: from [^\n]*)?:\n"
    r"(?P<expected>(?:[ \t]+Expected[ \t]+\S[^\n]*\n)+)[ \t]+Got[ \t]+(?P<got>\w+)",
    re.M,
)
_UNPINNED = re.compile(
    r"(?:These do not:|when any package has a hash\.\))\n(?P<lines>(?:\s+\S.*\n?)+)"
)

_PAGE_FAILED = re.compile(
    r"Could not fetch URL (?P<url>\S+): (?P<reason>.*?)(?: - skipping)?$", re.M
)
_PAGE_TYPE = re.compile(
    r"Skipping page (?P<url>\S+) because .*?Content-Type: (?P<type>[^.\s]+(?:\.\w+)*)"
)
_FILE_FAILED = re.compile(
    r"HTTP error (?P<status>\d{3}) while getting (?P<url>[^\s#]+)"
    r"|ERROR: (?P<status2>\d{3}) (?:Client|Server) Error: .*? for url: (?P<url2>\S+)"
)
_STATUS = re.compile(
    r"(?P<status>\d{3}) (?:Client|Server) Error|too many (?P<retried>\d{3}) error responses"
)
_NO_ANSWER = re.compile(
    r"Failed to connect to \S+ while fetching (?P<url>\S+)\s+(?:╰─> )?(?P<reason>.+)"
)
_MAX_RETRIES = re.compile(r"^.*?Max retries exceeded.*", re.M)
_RETRYING = re.compile(
    r"Retrying \(Retry\(total=0,.*?after connection broken by '(?P<reason>.*?)': (?P<path>/\S*)"
)
_HOST = re.compile(r"host='(?P<host>[^']+)'(?:, port=(?P<port>\d+))?")
_REASON = re.compile(
    r"(?:Error|Exception)\((?P<quote>[\"'])(?:.*?: )?(?P<reason>[^:].*?)(?P=quote)"
)
_CUT = re.compile(
    r"not enough bytes were received|Connection broken: IncompleteRead|IncompleteDownloadError"
)
_URL = re.compile(r"^[^\w\n]*URL: (?P<url>\S+)", re.M)
_TOO_MANY_REDIRECTS = re.compile(r"Exceeded \d+ redirects")
_NO_TIME = re.compile(r"Read timed out\. \(read timeout=(?P<seconds>[\d.]+)\)")

_NOT_TRUSTED = re.compile(r"The repository located at (?P<host>\S+) is not a trusted or secure")

_NO_PROGRAM = re.compile(r"Cannot find command '(?P<program>\w+)'")
_FROM = re.compile(r"^(?:Collecting|Obtaining) (?P<source>.+?)(?: \(from .*\))?$", re.M)
_CLONING = re.compile(r"^[ \t]+(?:Cloning|Checking out)(?: hg)? (?P<url>\S+)", re.M)
_CHECKOUT_FAILED = re.compile(
    r"Failed to build '(?P<name>[^']+)' when (?P<program>git|hg|svn|bzr) "
    r"(?P<command>clone|fetch|checkout|update|co|branch|export|submodule|rev-parse)\b(?P<rest>.*)"
)
_NO_REVISION = re.compile(
    r"pathspec '(?P<a>[^']+)' did not match|unknown revision '(?P<b>[^']+)'"
    r"|couldn't find remote ref (?P<c>\S+)|not our ref (?P<d>\w+)"
)
_NO_ACCESS = re.compile(
    r"could not read (?:Username|Password)|Authentication failed|Permission denied"
    r"|Host key verification failed|repository '.*' not found|Repository not found"
    r"|terminal prompts disabled|authorization failed|HTTP Basic: Access denied"
    r"|The requested URL returned error: 40[134]|could not read from remote repository",
    re.IGNORECASE,
)
_NO_HOST = re.compile(
    r"(?P<a>Could not resolve host(?:name)?:? [^\s:]+)|(?P<b>Connection (?:refused|timed out))"
    r"|(?P<c>Failed to connect to .*)|(?P<d>Operation too slow.*)|(?P<e>Network is unreachable)"
)
_OF_PROGRAM = re.compile(
    r"\s*(?:(?:fatal|error|ssh|remote|abort|svn|\S+@\S+): ?\S"
    r"|No \S+ host key is known|Host key verification failed)|E\d+"
)
_NOT_AN_ARCHIVE = re.compile(
    r"File is not a zip file|BadZipFile|not a (?:gzip|bzip2|lzma) file|tarfile\.\w*Error"
    r"|Wheel '[^']+' located at \S+ is invalid|Cannot unpack file|Invalid data stream"
)
_NOT_A_PACKAGE = re.compile(
    r"ERROR: (?P<source>.*?)(?: \(from .*\))? does not appear to be a Python project"
)
_OTHER_NAME = re.compile(
    r"has inconsistent name: expected '(?P<required>[^']+)', but metadata has '(?P<name>[^']+)'"
)

_CONFLICT = re.compile(r"The conflict is caused by:\n(?P<causes>(?:[ \t]+\S.*\n?)+)")
_CAUSE = re.compile(
    r"\s*(?:The user requested (?:\(constraint\) )?(?P<own>.+)"
    r"|(?P<required_by>\S+ \S+) depends on (?P<requirement>.+))"
)
_WITHOUT_FILES = re.compile(
    r"no matching distributions available for your environment:\n(?P<names>(?:[ \t]+\S+\n?)+)"
)

_NOT_FOUND = re.compile(
    r"No matching distribution found for (?P<requirement>.+?)(?: \(from (?P<by>[^)]*)\))?\s*$",
    re.M,
)
_VERSIONS = re.compile(
    r"satisfies the requirement (?P<requirement>\S+).*?\(from versions: (?P<versions>[^)]*)\)"
)
_SKIPPED = re.compile(
    r"Skipping link: (?:(?P<version>\S+) Requires-Python (?P<range>\S.*?)"
    r"|none of the wheel's tags .*?|No (?P<form>binaries|sources) permitted for \S+): "
    r"(?P<url>\S+:\S*/(?P<file>[^/\s#]+)\S*)"
)
_PAGE = re.compile(r"Skipping link: not a file: (?P<url>\S*/(?P<name>[^/\s]+)/)(?:\s|$)")
_BAD_PYTHON = re.compile(
    r"Package '?(?P<name>[\w.-]+)'? requires a different Python: \S+ not in '(?P<range>[^']+)'"
)
_BUILD_REQUIRES = re.compile(
    r"Failed to build '(?P<name>[^']+)' when installing build dependencies"
    r"|installing (?:build|backend) dependencies for (?P<other>\S+) did not run"
)
_REQUIRED_FILE = re.compile(
    r"^[ \t]*(?:Collecting|Processing|Obtaining) (?P<source>\S+)[^(\n]*\(from (?P<by>[^)]+)",
    re.M,
)
_DOWNLOADED = re.compile(r"^[ \t]*(?:Downloading|Using cached) (?P<file>\S+)", re.M)
_BUILT = re.compile(
    r"(?:Failed to build '?(?P<a>[^\s']+)'?|Failed building wheel for (?P<b>[\w.-]+)"
    r"|Building wheel for (?P<c>[\w.-]+) \([^)]*\)[^\n]*error"
    r"|error while generating package metadata\.\s+(?:╰─> )?(?:from )?(?P<d>[\w./:-]+))"
)


def diagnose(output: str, target: Target) -> BuildStopped | None:
    """Return the error for the output of a failed pip; None if the cause is not known."""
    return cause_of(PipOutput(bounded(output)), target)


@dataclass(frozen=True)
class PipOutput:
    """The output of a failed pip or pip-compile."""

    text: str

    def full_disk(self) -> BuildStopped | None:
        found = _NO_SPACE.search(self.text)
        return DiskFull(path=found["path"]) if found else None

    def wrong_hash(self) -> BuildStopped | None:
        start = self.text.find("THESE PACKAGES DO NOT MATCH THE HASHES")
        found = _MISMATCH.search(self.text, start) if start >= 0 else None
        if found:
            lines = found["expected"].strip().splitlines()
            expected = tuple(line.split()[-1] for line in lines)
            return HashMismatch(package=found["package"], expected=expected, got=found["got"])
        unpinned = _UNPINNED.search(self.text)
        if not unpinned:
            return None
        names = (line.strip().partition(" from ")[0] for line in unpinned["lines"].splitlines())
        return HashesMissing(requirements=tuple(name for name in names if name))

    def untrusted_host(self) -> BuildStopped | None:
        found = _NOT_TRUSTED.search(self.text) if _NOT_FOUND.search(self.text) else None
        return IndexNotTrusted(host=found["host"]) if found else None

    def failed_checkout(self) -> BuildStopped | None:
        address = self._address()
        missing = _NO_PROGRAM.search(self.text)
        if missing:
            return FetchProgramMissing(program=missing["program"], address=address)
        if other := _OTHER_NAME.search(self.text):
            return NameDiffers(required=other["required"], name=other["name"], address=address)
        if no_package := _NOT_A_PACKAGE.search(self.text):
            return NotAPackage(address=redact(no_package["source"]))
        if _NOT_AN_ARCHIVE.search(self.text):
            return NotAnArchive(address=address)
        return self._failed_repository(address)

    def _failed_repository(self, address: str) -> BuildStopped | None:
        failed = _CHECKOUT_FAILED.search(self.text)
        if failed is None:
            return None
        before = self.text[: failed.start()]
        cloned = _CLONING.findall(before)
        address = redact(cloned[-1]) if cloned else address
        revision = _NO_REVISION.search(before)
        if revision:
            name = next(group for group in revision.groups() if group)
            return RevisionNotFound(revision=name, address=address)
        said = [line for line in before.splitlines() if _OF_PROGRAM.match(line)]
        said = [line for line in said if "subprocess-exited-with-error" not in line]
        return RepositoryNotFetched(
            address=address,
            output=last_lines("\n".join(said) or before),
            is_refused=bool(_NO_ACCESS.search(before)) and not _NO_HOST.search(before),
        )

    def _address(self) -> str:
        """Return what pip was about to fetch last."""
        sources = _FROM.findall(self.text)
        return redact(sources[-1]) if sources else ""

    def failed_request(self) -> FailedRequest | None:
        """Return a request for a file that failed; those for pages are in `unmet`."""
        found = _FILE_FAILED.search(self.text)
        if found:
            status = found["status"] or found["status2"]
            return FailedRequest(address=found["url"] or found["url2"], status=int(status))
        url = _URL.search(self.text)
        address = url["url"] if url else "a server"
        if _TOO_MANY_REDIRECTS.search(self.text):
            return FailedRequest(address=address, reason="it redirects in a loop")
        if _CUT.search(self.text):
            reason = "the connection ended before the whole response was received"
            return FailedRequest(address=address, reason=reason)
        silent = _NO_ANSWER.search(self.text)
        if silent:
            return FailedRequest(address=silent["url"], reason=silent["reason"].strip())
        tried = None if _NOT_FOUND.search(self.text) else _MAX_RETRIES.search(self.text)
        return self._connection(tried[0]) if tried else None

    def _connection(self, text: str) -> FailedRequest:
        """Read the text of an exception about a connection."""
        status, host = _STATUS.search(text), _HOST.search(text)
        port = host["port"] if host else None
        is_default = port in (None, "80", "443")
        name = "the index" if host is None else host["host"]
        timed_out, words = _NO_TIME.search(text), _REASON.search(text)
        return FailedRequest(
            address=name if is_default else f"{name}:{port}",
            status=int(status["status"] or status["retried"]) if status else None,
            reason=f"no answer within {timed_out['seconds']} seconds"
            if timed_out
            else (words["reason"] if words else "no connection"),
        )

    def conflict(self) -> BuildStopped | None:
        found = _CONFLICT.search(self.text)
        if not found or self._without_files():
            return None
        return ResolutionConflict(requirements=tuple(dict.fromkeys(_causes(found["causes"]))))

    def unmet(self) -> UnmetRequirement | None:
        unsupported = _BAD_PYTHON.search(self.text)
        if unsupported:
            name, needed = unsupported["name"], unsupported["range"]
            return UnmetRequirement(requirement=name, needs=(f"{name} needs Python {needed}",))
        required = self._required()
        if required is None:
            return None
        requirement = required.requirement
        name = requirement_name(requirement)
        listed = [
            found["versions"].split(", ")
            for found in _VERSIONS.finditer(self.text)
            if requirement_name(found["requirement"]) == name
        ]
        versions = listed[-1] if listed and listed[-1] != ["none"] else []
        skipped = tuple(dict.fromkeys(self._skipped(name)))
        pages = self._pages(name)
        return UnmetRequirement(
            requirement=requirement,
            required_by=required.required_by,
            versions=tuple(versions),
            skipped=skipped,
            request=None if versions or skipped else self._failed_page(name),
            invalid_page=next(iter(pages), ""),
            page_is=next(iter(pages.values()), ""),
        )

    def _required(self) -> RequiredPackage | None:
        """Return the requirement that nothing meets, and who requires it."""
        found = _NOT_FOUND.search(self.text)
        build = _BUILD_REQUIRES.search(self.text)
        if found:
            by = (found["by"] or "").partition("->")[0].replace("==", " ")
            required_by = f"the build of {build['name'] or build['other']}" if build else by
            return RequiredPackage(
                requirement=found["requirement"],
                required_by=THE_APP
                if required_by.startswith("-r ")
                else required_by or THE_APP,
            )
        return self._without_files()

    def _without_files(self) -> RequiredPackage | None:
        """Return a requirement in a conflict, if only unusable files satisfy all for its name.

        pip lists such names, but pip-compile lists others as well.
        """
        found, without = _CONFLICT.search(self.text), _WITHOUT_FILES.search(self.text)
        if not (found and without):
            return None
        causes = [*_causes(found["causes"])]
        for name in map(canonicalize_name, without["names"].split()):
            of_name = [cause for cause in causes if requirement_name(cause.requirement) == name]
            specifiers = [specifier_of(cause.requirement) for cause in of_name]
            fits = any(
                all(allows(specifier, file.version) for specifier in specifiers)
                for file in self._skipped(name)
            )
            if of_name and (fits or self._failed_page(name)):
                return of_name[0]
        return None

    def _failed_page(self, name: str) -> FailedRequest | None:
        """Return the request for the page of a package, unless the index has no such page."""
        for found in _PAGE_FAILED.finditer(self.text):
            if _package_of_page(found["url"]) != name:
                continue
            status = _STATUS.search(found["reason"])
            number = int(status["status"] or status["retried"]) if status else None
            if number not in GONE:
                reason = found["reason"]
                if "HTTPConnectionPool" in reason or "HTTPSConnectionPool" in reason:
                    reason = self._connection(reason).reason
                return FailedRequest(address=found["url"], status=number, reason=reason)
        for found in _RETRYING.finditer(self.text):  # of a pip that another pip started
            if _package_of_page(found["path"]) == name:
                return self._connection(found[0])
        return None

    def _pages(self, name: str) -> dict[str, str]:
        """Return the pages of a package that were read, and what they are."""
        wrong = {
            found["url"]: f"has the type {found['type']}, not that of a list of files"
            for found in _PAGE_TYPE.finditer(self.text)
            if _package_of_page(found["url"]) == name
        }
        failed = {found["url"] for found in _PAGE_FAILED.finditer(self.text)}
        read = {
            found["url"]: "lists no files of it"
            for found in _PAGE.finditer(self.text)
            if canonicalize_name(found["name"]) == name
            and found["url"] not in failed
            and found["url"].startswith("http")
        }
        return {**read, **wrong}

    def _skipped(self, name: str) -> Iterator[SkippedFile]:
        """Yield the files of a package; the output is about all packages."""
        for found in _SKIPPED.finditer(self.text):
            file = found["file"]
            if file.endswith(".whl"):
                package, version, *_ = file.split("-")
            else:
                # The name of an sdist may have hyphens as well.
                parts = re.sub(r"\.(tar\.\w+|zip|tgz)$", "", file).split("-")
                head = [*takewhile(lambda part: not part[:1].isdigit(), parts)]
                package, version = "-".join(head), "-".join(parts[len(head) :])
            if canonicalize_name(package) == name:
                yield SkippedFile(
                    name=file,
                    version=found["version"] or version,
                    requires_python=found["range"] or "",
                    excluded_by={"sources": "--only-binary", "binaries": "--no-binary"}.get(
                        found["form"] or "", ""
                    ),
                )

    def failed_build(self) -> FailedPackage | None:
        found = _BUILT.search(self.text)
        if not found:
            return None
        # pip shows the address of a package whose name it does not know yet.
        name = next(name for name in found.groups() if name).rstrip("/").rpartition("/")[2]
        return FailedPackage(
            package=name, version=self._version(name), required_by=self._requirer(name)
        )

    def _version(self, package: str) -> str:
        """Return the version of the last sdist of a package that was downloaded, or nothing."""
        last = ""
        for found in _DOWNLOADED.finditer(self.text):
            with suppress(InvalidSdistFilename):
                name, version = parse_sdist_name(found["file"].rpartition("/")[2])
                if name == canonicalize_name(package):
                    last = str(version)
        return last

    def _requirer(self, package: str) -> str:
        """Return which package, or whose build, requires a package; empty if none does."""
        for build in _BUILD_REQUIRES.finditer(self.text):
            building = build["name"] or build["other"]
            if canonicalize_name(building) != canonicalize_name(package):
                return f"the build of {building}"
        for found in _REQUIRED_FILE.finditer(self.text):
            file = found["source"].rpartition("/")[2]
            by = found["by"].partition("->")[0]
            if canonicalize_name(file).startswith(canonicalize_name(package)) and by[0] != "-":
                return by.replace("==", " ")
        return ""


def _package_of_page(address: str) -> str:
    """Return the normalized name of the package that a page of an index is about."""
    return canonicalize_name(address.rstrip("/").rpartition("/")[2])


def _causes(text: str) -> Iterator[RequiredPackage]:
    for line in text.splitlines():
        cause = _CAUSE.fullmatch(line)
        if cause:
            # pip adds the file of a local distribution, which is deleted after the build.
            requirement = (cause["own"] or cause["requirement"]).strip().partition(" (from ")[0]
            yield RequiredPackage(
                requirement=requirement, required_by=cause["required_by"] or THE_APP
            )
