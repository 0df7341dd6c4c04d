"""What an app asks for, laid out for a toolchain; the app's own folder is left as it is."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from slipway.domain.question import Question, options_text
from slipway.effects.files import sha256_of
from slipway.effects.wheel_writer import write_metadata_wheel
from slipway.toolchains import DirectRequirement, LocalDistribution, RequirementFiles

_EDITABLE = re.compile(r"^(-e|--editable)[\s=]*")


def requirement_files(
    question: Question, app: Path, here: Sequence[LocalDistribution], folder: Path
) -> RequirementFiles:
    """Lay a question out in `folder`, which is empty and this user's alone."""
    return RequirementFiles(
        folder=folder,
        app=app,
        requirements="".join(f"{text}\n" for text in question.requirements),
        constraints="".join(f"{text}\n" for text in question.constraints),
        options=options_text(question.options, app, is_offline=question.is_offline),
        here=[*_laid_out(here, folder)],
        direct=[
            DirectRequirement(
                line=_EDITABLE.sub("", line.text),
                extras=line.extras,
                source=_EDITABLE.sub("", line.shown),
            )
            for line in question.direct
        ],
    )


def _laid_out(here: Sequence[LocalDistribution], folder: Path) -> Iterator[LocalDistribution]:
    """Let what is still to be made say already what it is going to say."""
    for distribution in here:
        if distribution.stated is None:
            yield distribution
        else:
            place = folder / "stated" / distribution.path.name
            wheel = write_metadata_wheel(place, distribution.stated.text)
            yield replace(distribution, path=wheel, sha256=sha256_of(wheel))
