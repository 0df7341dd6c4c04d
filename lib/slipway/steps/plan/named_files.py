"""The requirements files that a setting names, in place of those that a plan would find."""

from __future__ import annotations

import os

from slipway.domain.settings import Settings
from slipway.effects.files import AppFolder
from slipway.errors.app import RequirementsMissing
from slipway.steps.plan.true_places import TruePlaces


def named_files(app: AppFolder, settings: Settings) -> tuple[str, ...]:
    """Give those that are named; none if no setting names any.

    Raises RequirementsMissing, OutsideTheApp.
    """
    places = TruePlaces(os.path.realpath(app.root))
    for path in settings.requirements:
        places.of(path)
        if not app.has(path):
            raise RequirementsMissing(path=path, origin=settings.requirements_origin)
    return settings.requirements
