"""The requirements files that a setting names, which replace those that a plan would find."""

from __future__ import annotations

from slipway.domain.settings import Settings
from slipway.domain.unread_files import requirements_in
from slipway.effects.files import AppFolder
from slipway.errors.app import RequirementsMissing
from slipway.steps.plan.check_files import refuse_dead_links


def named_files(app: AppFolder, settings: Settings) -> tuple[str, ...]:
    """Return the requirements files that the settings name; empty if they name none.

    Raises RequirementsMissing, OutsideTheApp, LinkDead.
    """
    for path in settings.requirements:
        app.real_path(path)
        refuse_dead_links(app, path)
        if not app.has(path):
            folder = path.rstrip("/")
            raise RequirementsMissing(
                path=path,
                origin=settings.requirements_origin,
                is_folder=(app.root / path).is_dir(),
                in_folder=requirements_in(folder, app.entries(folder)),
            )
    return settings.requirements
