"""Check that an app with SQLAlchemy can use the database URL that its platform has set."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from slipway.domain.app_files import FOLDERS_WITHOUT_CODE
from slipway.domain.database_urls.reads import Engines, UrlUse, uses_of
from slipway.domain.database_urls.schemes import (
    OLD_SCHEME,
    PLAIN_SCHEME,
    expression,
    may_reject_plain,
    missing_driver,
    names_with,
    new_scheme,
    rejecting_version,
    why_not_plain,
)
from slipway.domain.python.syntax import decoded
from slipway.domain.web.fault_words import line_at
from slipway.effects.files import OF_OTHER_BUILDPACKS, walk
from slipway.effects.reading import read_bytes
from slipway.steps.context import BuildContext

_MIGRATIONS = "migrations"
_NOT_READ = (FOLDERS_WITHOUT_CODE - {_MIGRATIONS}) | OF_OTHER_BUILDPACKS
_NOT_OF_THE_APP = frozenset({".git", ".slipway", "__pycache__"})
_ALEMBIC = "env.py"
"""What Alembic and Flask-Migrate run; nothing else in a folder of migrations reads a URL."""
_SHELL = re.compile(r"(?:^|/)(?:Procfile|\.profile|[^/]+\.sh|bin/[^/.]+)$")
_MOST = 1000
"""How many modules are read; of a larger app nothing is said."""
_MOST_BYTES = 200_000
_MOST_NAMED = 3


def check_database_urls(
    context: BuildContext, variables: Mapping[str, str], problems: Sequence[str]
) -> Iterator[str]:
    """Yield a sentence about URLs that SQLAlchemy will not accept, unless the app changes them.

    `problems` are sentences about processes; what they name is not named again. Only apps with
    SQLAlchemy, and with such a URL in a variable, are read for that.
    """
    old, plain = names_with(OLD_SCHEME, variables), names_with(PLAIN_SCHEME, variables)
    if not (old or plain):
        return
    packages = context.virtualenv.distributions()
    version = rejecting_version(packages)
    if not version or not (old or may_reject_plain(packages)):
        return
    texts = _texts(context)
    if texts is None:
        return
    named = " ".join(one for one in problems if OLD_SCHEME in one or PLAIN_SCHEME in one)
    uses = [use for use in uses_of(texts, old, plain) if f"{use.file}, line" not in named]
    wording = _Wording(packages, version, context.layout.path_in_repository)
    rejected = [use for use in uses if use.variable in old and not use.is_changed]
    if rejected:
        yield wording.of_rejected(rejected)
    incomplete = [use for use in uses if use not in rejected and wording.why(use)]
    if incomplete:
        yield wording.of_incomplete(incomplete)


@dataclass(frozen=True)
class _Wording:
    """Says what is wrong with the uses of URLs, and what to write there."""

    packages: Mapping[str, str]
    version: str
    folder: str

    def of_rejected(self, uses: Sequence[UrlUse]) -> str:
        """Return a sentence about lines that get a URL with OLD_SCHEME."""
        first = uses[0]
        if len(uses) > 1:
            return (
                f"SQLAlchemy {self.version} does not accept URLs that start with "
                f"{OLD_SCHEME}, so the app will fail. "
                f"{self._to_write(uses, OLD_SCHEME)}"
            )
        return (
            f"{self._place(first)}, reads {first.variable}, which starts with {OLD_SCHEME}. "
            f"SQLAlchemy {self.version} does not accept that, so the app will fail. "
            f"Write {self._correction(first, OLD_SCHEME)}"
        )

    def of_incomplete(self, uses: Sequence[UrlUse]) -> str:
        """Return a sentence about lines because of which a URL has PLAIN_SCHEME."""
        first = uses[0]
        is_changed = first.is_changed  # as they all are
        scheme = "" if is_changed else PLAIN_SCHEME
        if len(uses) > 1:
            start = "URLs of the app start" if is_changed else "Variables have URLs that start"
            words = self._to_write(uses, scheme)
        elif is_changed:
            start = f"{self._place(first)}, lets {first.variable} start"
            words = f"Write {self._correction(first, scheme)} there"
        else:
            start = f"{self._place(first)}, reads {first.variable}, which starts"
            words = f"Write {self._correction(first, scheme)}"
        return (
            f"{start} with {PLAIN_SCHEME}. SQLAlchemy {self.version} {self.why(first)}, so the "
            f"app will fail. {words}"
        )

    def why(self, use: UrlUse) -> str:
        """Return why SQLAlchemy fails with PLAIN_SCHEME; nothing if it does not."""
        return why_not_plain(self.packages, is_async=use.engines is Engines.ASYNC)

    def _to_write(self, uses: Sequence[UrlUse], scheme: str) -> str:
        """Return what to write for several uses, once if it is the same for all."""
        corrections = [self._correction(use, scheme) for use in uses]
        shown = [f"in {self._place(use)}" for use in uses[:_MOST_NAMED]]
        if len(set(corrections)) == 1:
            shown[0] = f"{corrections[0]} {shown[0]}"
        else:
            pairs = zip(corrections, shown, strict=False)
            shown = [f"{correction} {place}" for correction, place in pairs]
        more = len(uses) - len(shown)
        if more:
            shown.append(f"and the like in {more} more place{'' if more == 1 else 's'}")
        return f"Write {'; '.join(shown)}"

    def _correction(self, use: UrlUse, scheme: str) -> str:
        """Return what to write for a use: the scheme alone if the app has the rest already."""
        new = new_scheme(self.packages, is_async=use.engines is Engines.ASYNC)
        text = f"`{expression(use.source, scheme, new) if scheme else new}`"
        if use.engines is Engines.BOTH:
            for_async = new_scheme(self.packages, is_async=True)
            text += f" (for create_async_engine, `{for_async}`)" if for_async != new else ""
            new = for_async
        driver = missing_driver(self.packages, new)
        return f"{text} and require {driver}" if driver else text

    def _place(self, use: UrlUse) -> str:
        return line_at(posixpath.join(self.folder, f"{use.file}:{use.line}"))


def _texts(context: BuildContext) -> dict[str, str] | None:
    """Return the texts of an app's modules, by their paths.

    None if not all can be read, or if a shell script may change the URL.
    """
    texts: dict[str, str] = {}
    without = _NOT_READ.union(_NOT_OF_THE_APP, context.plan.settings.vendor)
    for path in walk(context.app, without):
        file = path.relative_to(context.app)
        is_shell = _SHELL.search(str(file)) is not None
        is_migration = _MIGRATIONS in file.parts and path.name != _ALEMBIC
        if is_migration or not (is_shell or path.suffix == ".py"):
            continue
        if len(texts) == _MOST:
            return None
        try:
            text = decoded(read_bytes(path, _MOST_BYTES))
        except OSError:
            return None
        if is_shell and "postgres" in text:
            return None
        if not is_shell:
            texts[str(file)] = text
    return texts
