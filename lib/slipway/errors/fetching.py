"""Errors of requests to package indexes, other servers and repositories."""

from __future__ import annotations

from dataclasses import dataclass, field

from slipway.errors.bindings import IndexBinding
from slipway.errors.dependencies import THE_APP, RequiredPackage
from slipway.errors.stopped import BuildStopped


@dataclass(eq=False)
class IndexUnreachable(BuildStopped):
    index: str
    """A URL, or the name of a host."""
    reason: str
    binding: IndexBinding | None = None
    """The service binding that this index came from; its door sets it."""
    unvendored: tuple[RequiredPackage, ...] = ()
    """The packages that vendored packages require from the index, if only they require any."""
    folder: str = "vendor"
    """Where to add their files."""
    named_in: str = ""
    """What names the index: a lock, `file:line`, a variable, or a key of pip and its file, such
    as `index-url in /etc/pip.conf`; empty if that is not known."""


@dataclass(eq=False)
class IndexNotTrusted(BuildStopped):
    """The URL of an index begins with http://, and pip is not told to trust its host."""

    host: str
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""
    named_in: str = ""
    """As in IndexUnreachable."""

    @property
    def index(self) -> str:
        """What is known of the URL."""
        return self.host


@dataclass(eq=False)
class IndexRefused(BuildStopped):
    index: str
    status: int
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""
    named_in: str = ""
    """As in IndexUnreachable."""
    variables: tuple[str, ...] = ()
    """Those that have the user name and password for this index, if `named_in` is not empty."""
    unset: tuple[str, ...] = ()
    """Those of `variables` that are not set."""
    is_of_file: bool = False
    """Whether `index` is the address of a file that `named_in` requires."""
    has_others: bool = False
    """Whether the variable or the key in `named_in` has other addresses too."""


@dataclass(eq=False)
class IndexBusy(BuildStopped):
    """A server answers that it has got too many requests (status 429)."""

    index: str
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""
    named_in: str = ""
    """As in IndexUnreachable."""


@dataclass(eq=False)
class IndexPageInvalid(BuildStopped):
    """An index answers for a package, but not with a list of its files."""

    index: str
    """The URL of the page."""
    requirement: str
    reason: str
    """The predicate of a sentence about the page."""
    required_by: str = THE_APP
    """As in RequiredPackage."""
    binding: IndexBinding | None = None
    """As in IndexUnreachable."""
    named_in: str = ""
    """As in IndexUnreachable."""


@dataclass(eq=False)
class IndexVariablesUnset(BuildStopped):
    """The URL of an index has variables that are not set."""

    index: str
    """The URL as in the file, without credentials."""
    file: str
    variables: tuple[str, ...]


@dataclass(eq=False)
class FileNotOnServer(BuildStopped):
    """A server answers that it does not have a file (status 404 or 410)."""

    address: str
    status: int
    required_by: str = field(default="", kw_only=True)
    """As in RequiredPackage, if a requirement has the address; empty if an index has it."""


@dataclass(eq=False)
class FetchProgramMissing(BuildStopped):
    """A requirement has the address of a repository, and its program is not installed."""

    program: str
    """`git`, `hg`, `svn` or `bzr`."""
    address: str
    required_by: str = field(default=THE_APP, kw_only=True)
    """As in RequiredPackage."""


@dataclass(eq=False)
class RepositoryNotFetched(BuildStopped):
    address: str
    output: tuple[str, ...]
    """The last lines of the program."""
    is_refused: bool = False
    """Whether the server asks for a password or key, or says that there is no repository."""
    required_by: str = field(default=THE_APP, kw_only=True)
    """As in RequiredPackage."""


@dataclass(eq=False)
class RevisionNotFound(BuildStopped):
    revision: str
    """The branch, tag or commit."""
    address: str
    required_by: str = field(default=THE_APP, kw_only=True)
    """As in RequiredPackage."""


@dataclass(eq=False)
class NotAnArchive(BuildStopped):
    """A downloaded file has the name of an archive or wheel, and another content."""

    address: str
    """Its URL, or what pip names instead; empty if it is not known."""
    required_by: str = field(default="", kw_only=True)
    """As in FileNotOnServer."""


@dataclass(eq=False)
class NotAPackage(BuildStopped):
    """A repository or archive has neither a pyproject.toml nor a setup.py."""

    address: str
    required_by: str = field(default=THE_APP, kw_only=True)
    """As in RequiredPackage."""


@dataclass(eq=False)
class NameDiffers(BuildStopped):
    """The package at an address has another name than its requirement."""

    required: str
    name: str
    address: str
    required_by: str = field(default=THE_APP, kw_only=True)
    """As in RequiredPackage."""


OfAnIndex = (IndexUnreachable, IndexNotTrusted, IndexRefused, IndexBusy, IndexPageInvalid)
"""Errors of an index, of which only what asks it knows where it is named."""
OfAnAddress = (
    FileNotOnServer,
    FetchProgramMissing,
    NotAPackage,
    NotAnArchive,
    NameDiffers,
    RepositoryNotFetched,
    RevisionNotFound,
)
"""Errors of a requirement with an address, which is known only to what fetches it."""
