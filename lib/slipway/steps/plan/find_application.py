"""Find an application that nothing serves, to say how it can be served."""

from __future__ import annotations

from slipway.domain.web.applications import FoundApplication, application_in, module_order
from slipway.effects.files import AppFolder

_MOST = 40
"""How many modules are read."""
_MOST_BYTES = 200_000


def find_application(app: AppFolder) -> FoundApplication | None:
    """Return the first application in the modules of the app's root folder and packages."""
    names = app.entries()
    packages = [name for name in names if name.endswith("/") and app.has(f"{name}__init__.py")]
    files = [
        *(name for name in names if name.endswith(".py")),
        *(
            f"{package}{name}"
            for package in packages
            for name in app.entries(package)
            if name.endswith(".py")
        ),
    ]
    for file in sorted(files, key=module_order)[:_MOST]:
        # A file that cannot be read does not matter here.
        text = app.start_of(file, _MOST_BYTES).decode("utf-8", "replace")
        found = application_in(file, text)
        if found:
            return found
    return None
