"""The kinds of items in the cache, in one table; docs/cache.md has the same table."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slipway.effects.cache.keys import CacheKey, Facts


class Evict(Enum):
    """When items are evicted from a cache that is over its limit."""

    LEAST_RECENTLY_USED = "least recently used first"
    """Never items that the evicting build has used itself."""
    LAST = "least recently used first, even if just used"
    """The only items that are evicted although the evicting build has used them itself."""
    NEVER = "never: it is small"
    SUPERSEDED = "when another version of Slipway builds"


@dataclass(frozen=True, kw_only=True)
class Kind:
    name: str
    """The name of its folder or file in the cache."""
    content: str
    decided_by: str
    """The parts of its key, in words."""
    format: str = "1"
    """Changed whenever Slipway makes something different from the same facts."""
    evict: Evict = Evict.LEAST_RECENTLY_USED

    @property
    def is_file(self) -> bool:
        """Whether it is a single file, and not a folder of entries."""
        return self.name.endswith(".json")

    def key(self, facts: Facts) -> CacheKey:
        """Return the key of an entry."""
        return CacheKey.of(self.name, {"format": self.format, **facts})


VENV = Kind(
    name="venv",
    content="virtual environments, compiled",
    decided_by="the lock, the app's lines for setuptools and pip, the Python, the setting "
    "`offline`",
    format="4",
)
PYTHON = Kind(
    name="python",
    content="relocatable Pythons, bundled with the app",
    decided_by="the Python that was copied",
    format="2",
)
LOCK = Kind(
    name="lock",
    content="locks, and wheels that were built from URLs",
    decided_by="the requirements, the metadata of vendored packages, the Python, the settings "
    "of the index",
    format="4",
)
WHEEL = Kind(
    name="wheel",
    content="wheels of vendored packages",
    decided_by="their files, their build requirements, the Python, the compiler's variables, "
    "the headers and libraries that these name",
    format="2",
)
FETCHED = Kind(
    name="fetched",
    content="wheels of packages that a lock takes from a repository, an archive or a named "
    "index",
    decided_by="their name, version, hashes and address, the Python, the compiler's variables, "
    "the settings for wheels and sdists",
)
BUILD_ENVIRONMENT = Kind(
    name="build-env",
    content="virtual environments in which wheels are built",
    decided_by="the build requirements, the Python, the settings of the index",
    format="3",
)
SHARED_LIBRARIES = Kind(
    name="shared-libraries",
    content="which shared libraries packages need, and which programs embed Python",
    decided_by="the virtual environment",
    format="2",
)
PROGRAM = Kind(
    name="program",
    content="the versions that servers have printed, to show that they start",
    decided_by="the virtual environment, the command",
)
TARGETS = Kind(
    name="targets",
    content="that processes can load what their commands name, and Django its URLconf and "
    "template tags, and what is not known of that",
    decided_by="the virtual environment, the commands, the app's modules, the names of the "
    "environment variables",
)
START = Kind(
    name="start",
    content="Slipway's modules that run when a process starts, compiled",
    decided_by="their content, the Python, whether the app has a release step",
)
NLTK_DATA = Kind(
    name="nltk-data",
    content="data of NLTK",
    decided_by="the names in nltk.txt, NLTK's version, the address of its index",
)
DOWNLOADS = Kind(
    name="downloads",
    content="files that pip and uv have downloaded or built",
    decided_by="chosen by pip and uv",
    evict=Evict.LAST,
)
UV = Kind(name="uv", content="uv", decided_by="its version")
MANAGED_PYTHONS = Kind(
    name="pythons", content="managed Pythons", decided_by="their version, release and content"
)
BUNDLED_TOOLS = Kind(
    name="tools",
    content="pip, pip-tools and build, unpacked from Slipway's wheels",
    decided_by="the hashes of the wheels",
)
INTERPRETERS = Kind(
    name="interpreters.json",
    content="reports of the image's Pythons about themselves",
    decided_by="their files",
    evict=Evict.NEVER,
)
LAST_BUILD = Kind(
    name="last-build.json",
    content="the Python of the last build of each app, with the pins that it fits",
    decided_by="the packages that an app requires",
    evict=Evict.NEVER,
)
UV_UNAVAILABLE = Kind(
    name="uv-unavailable.json",
    content="notes that an index has no uv, valid for a day",
    decided_by="uv's version, the image, the settings of the index",
    evict=Evict.NEVER,
)
LIBRARY = Kind(
    name="slipway-library",
    content="Slipway's own library, compiled",
    decided_by="its content, the Python that runs it",
    evict=Evict.SUPERSEDED,
)

KINDS = (
    VENV,
    PYTHON,
    LOCK,
    WHEEL,
    FETCHED,
    BUILD_ENVIRONMENT,
    SHARED_LIBRARIES,
    PROGRAM,
    TARGETS,
    START,
    NLTK_DATA,
    DOWNLOADS,
    UV,
    MANAGED_PYTHONS,
    BUNDLED_TOOLS,
    INTERPRETERS,
    LAST_BUILD,
    UV_UNAVAILABLE,
    LIBRARY,
)
