"""What Slipway's library keeps in the cache, in one table; docs/cache.md shows the same."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from slipway.effects.cache.keys import CacheKey, Facts


class Evict(Enum):
    """What leaves a cache that is over its limit, and in which order."""

    LEAST_RECENTLY_USED = "least recently used first"
    """But nothing that the build which evicts has used itself."""
    LAST = "least recently used first, and even if just used"
    """Of what the build which evicts has used itself, the only thing that goes."""
    NEVER = "never, it is small"
    SUPERSEDED = "when another Slipway builds"


@dataclass(frozen=True, kw_only=True)
class Kind:
    name: str
    """Of its folder, or of its file."""
    kept: str
    decided_by: str
    """What its key consists of, in words."""
    format: str = "1"
    """Changes when Slipway makes it differently from the same facts."""
    evict: Evict = Evict.LEAST_RECENTLY_USED

    def key(self, facts: Facts) -> CacheKey:
        """Give the key of an entry."""
        return CacheKey.of(self.name, {"format": self.format, **facts})


VENV = Kind(
    name="venv",
    kept="virtual environments, compiled",
    decided_by="the lock, the Python",
    format="3",
)
PYTHON = Kind(
    name="python",
    kept="relocatable Pythons, bundled with the app",
    decided_by="the Python that was copied",
    format="2",
)
LOCK = Kind(
    name="lock",
    kept="locks, and wheels that were built from addresses",
    decided_by="the requirements, the metadata of vendored packages, the Python, the settings "
    "of the index",
    format="3",
)
WHEEL = Kind(
    name="wheel",
    kept="wheels of vendored packages",
    decided_by="their files, what their build requires, the Python, the compiler's variables",
)
BUILD_ENVIRONMENT = Kind(
    name="build-env",
    kept="environments that wheels were built in",
    decided_by="what the build requires, the Python, the settings of the index",
    format="2",
)
SHARED_LIBRARIES = Kind(
    name="shared-libraries",
    kept="which shared libraries of the system packages need",
    decided_by="the virtual environment",
)
DOWNLOADS = Kind(
    name="downloads",
    kept="what pip and uv have downloaded and built",
    decided_by="pip and uv decide",
    evict=Evict.LAST,
)
UV = Kind(name="uv", kept="uv", decided_by="its version")
MANAGED_PYTHONS = Kind(
    name="pythons", kept="managed Pythons", decided_by="their version, release and content"
)
BUNDLED_TOOLS = Kind(
    name="tools",
    kept="pip, pip-tools and build, unpacked from Slipway's wheels",
    decided_by="the hashes of the wheels",
)
INTERPRETERS = Kind(
    name="interpreters.json",
    kept="what the image's Pythons are",
    decided_by="their files",
    evict=Evict.NEVER,
)
UV_UNAVAILABLE = Kind(
    name="uv-unavailable.json",
    kept="that an index has no uv, for a day",
    decided_by="uv's version, the image, the settings of the index",
    evict=Evict.NEVER,
)
LIBRARY = Kind(
    name="slipway-library",
    kept="Slipway's own library, compiled",
    decided_by="its content, the Python that runs it",
    evict=Evict.SUPERSEDED,
)

KINDS = (
    VENV,
    PYTHON,
    LOCK,
    WHEEL,
    BUILD_ENVIRONMENT,
    SHARED_LIBRARIES,
    DOWNLOADS,
    UV,
    MANAGED_PYTHONS,
    BUNDLED_TOOLS,
    INTERPRETERS,
    UV_UNAVAILABLE,
    LIBRARY,
)
