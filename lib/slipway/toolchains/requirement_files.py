"""What an app asks for, laid out for a toolchain; the app's own folder is left as it is."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from slipway.domain.requirements.resolution_request import ResolutionRequest, options_text
from slipway.toolchains import DirectRequirement, LocalDistribution, RequirementFiles

_EDITABLE = re.compile(r"^(-e|--editable)[\s=]*")


def requirement_files(
    request: ResolutionRequest,
    app: Path,
    distributions: Sequence[LocalDistribution],
    folder: Path,
) -> RequirementFiles:
    """Lay a question out in `folder`, which is empty and this user's alone."""
    return RequirementFiles(
        folder=folder,
        app=app,
        requirements="".join(f"{text}\n" for text in request.requirements),
        constraints="".join(f"{text}\n" for text in request.constraints),
        options=options_text(request.options, app, is_offline=request.is_offline),
        distributions=distributions,
        direct=[
            DirectRequirement(
                line=_EDITABLE.sub("", line.text),
                extras=line.extras,
                source=_EDITABLE.sub("", line.redacted),
            )
            for line in request.direct
        ],
    )
