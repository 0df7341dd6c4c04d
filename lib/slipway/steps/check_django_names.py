"""Warn about what an app uses of an older Django: pages fail with it, but no build does."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress

from slipway.domain.django.removed_names import notice_of_removed, removed_names
from slipway.domain.python.syntax import decoded
from slipway.effects.files import OF_OTHER_BUILDPACKS, AppFolder, walk
from slipway.effects.reading import read_bytes
from slipway.steps.context import BuildContext

_NOT_READ = OF_OTHER_BUILDPACKS | {
    *(".git", ".slipway", "node_modules", "site-packages", "vendor", "static"),
}
_READ = (".py", ".html")
_MOST_BYTES = 500_000
_WRITTEN_BY_DJANGO = re.compile(r"(?:^|/)migrations/\d{4}_\w+\.py$")


def check_django_names(context: BuildContext) -> None:
    """Log one warning that names all of it."""
    packages = context.virtualenv.distributions()
    version = packages.get("django")
    if version is None or context.plan.django is None:
        return
    files = _files(AppFolder(context.app))
    found = removed_names(files, version, whitenoise=packages.get("whitenoise", ""))
    notice = notice_of_removed(found, version)
    if notice:
        context.effects.console.warning(notice)


def _files(app: AppFolder) -> Iterator[tuple[str, str]]:
    for path in walk(app.root, _NOT_READ):
        name = str(path.relative_to(app.root))
        if not name.endswith(_READ) or _WRITTEN_BY_DJANGO.search(name):
            continue
        with suppress(OSError):  # too large, or not readable
            yield name, decoded(read_bytes(path, _MOST_BYTES))
