"""Check that an app with SQLAlchemy can use the database URL that its platform has set."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping

from slipway.domain.app_files import FOLDERS_WITHOUT_CODE
from slipway.domain.database_urls import (
    OLD_SCHEME,
    expression,
    first_use,
    names_of_old_urls,
    rejecting_version,
)
from slipway.domain.python.syntax import decoded
from slipway.domain.web.fault_words import line_at
from slipway.effects.files import OF_OTHER_BUILDPACKS, walk
from slipway.effects.reading import read_bytes
from slipway.steps.context import BuildContext

_NOT_READ = FOLDERS_WITHOUT_CODE | OF_OTHER_BUILDPACKS | {".git", ".slipway", "__pycache__"}
_MOST = 1000
"""How many modules are read; of a larger app nothing is said."""
_MOST_BYTES = 200_000


def check_database_urls(context: BuildContext, variables: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence about a URL that SQLAlchemy will not accept, unless the app changes it.

    Only apps with SQLAlchemy, and with such a URL in a variable, are read for that.
    """
    names = names_of_old_urls(variables)
    if not names:
        return
    packages = context.virtualenv.distributions()
    version = rejecting_version(packages)
    if not version:
        return
    modules = _Modules(context)
    is_django = context.plan.django is not None
    use = first_use(modules.texts(), names, in_one_module=is_django)
    if use is None or not modules.are_complete:
        return
    place, name = use
    yield (
        f"{line_at(posixpath.join(context.layout.path_in_repository, place))}, reads {name}, "
        f"which starts with {OLD_SCHEME}. SQLAlchemy {version} does not accept that, so the "
        f"app will fail. Write `{expression(name, packages)}`"
    )


class _Modules:
    """The modules of an app, read within limits."""

    def __init__(self, context: BuildContext) -> None:
        self._root = context.app
        self._without = _NOT_READ.union(context.plan.settings.vendor)
        self.are_complete = True
        """Whether everything was read that may change a URL."""

    def texts(self) -> Iterator[tuple[str, str]]:
        """Yield the path of each module, relative to the app, and its text."""
        count = 0
        for path in walk(self._root, self._without):
            if not path.name.endswith(".py"):
                continue
            count += 1
            try:
                text = decoded(read_bytes(path, _MOST_BYTES)) if count <= _MOST else None
            except OSError:
                text = None
            if text is None:
                self.are_complete = False
                return
            yield str(path.relative_to(self._root)), text
