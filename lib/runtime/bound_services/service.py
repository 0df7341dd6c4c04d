"""A bound service of a known kind, and what is known about its connection."""

from __future__ import annotations

from typing import NamedTuple

from bound_services.address import NO_PARTS, Parts, is_on, parts_of
from bound_services.binding import Binding
from bound_services.kinds import Kind
from bound_services.private_files import PrivateFiles

ENCRYPTED = ("tls", "ssl", "tlsenabled", "sslenabled", "tls.enabled", "ssl.enabled", "usetls")


class Service(NamedTuple):
    binding: Binding
    kind: Kind
    scheme: str
    """The one for the app's address, without what other credentials say about encryption."""
    files: PrivateFiles
    warnings: list[str]
    """Problems that the user should know, as sentences."""
    environment: dict[str, str]
    """The variables that the user has set."""

    def first(self, keys: tuple[str, ...]) -> str:
        """Return the first of these credentials, as Binding.first does."""
        return self.binding.first(keys)

    def parts(self) -> Parts:
        """Return the parts of the address. Raises Incomplete."""
        return parts_of(self.binding, self.kind.schemes)

    def is_encrypted(self, parts: Parts = NO_PARTS) -> bool:
        """Tell whether the scheme, an option or another credential turns on encryption."""
        entries = [self.binding.credentials.get(key, "") for key in ENCRYPTED]
        options = [parts.options.get(name, "") for name in ("tls", "ssl")]
        return self.scheme in ("rediss", "amqps") or any(map(is_on, entries + options))
