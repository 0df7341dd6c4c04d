"""The choice of a Python if the app leaves it open, and the reason for it in words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from slipway.domain.python.last_build import LastBuild
from slipway.domain.python.selection import PythonRequest
from slipway.domain.python.series import minor_of
from slipway.domain.python.support import request_line

if TYPE_CHECKING:
    from slipway.domain.python.fitting import Fit
    from slipway.errors.python import PythonNotFound

NOTHING = "no file requests a version"


@dataclass(frozen=True, kw_only=True)
class PythonChoice:
    """What a build selects, which may be less than what the app requests."""

    request: PythonRequest
    """Fits only what has been chosen."""
    requested: PythonRequest
    """What the app itself requests."""
    reasons: Mapping[str, str] = field(default_factory=dict)
    """Minor version -> why it is not used though the app allows it, as a clause."""
    is_kept: bool = False
    """Whether it is the Python of the last build."""
    last: LastBuild | None = None
    """The last build of the app, if that is known."""
    left: str = ""
    """Why the Python of the last build is not used, as a clause; empty if that is not known."""
    notices: tuple[str, ...] = ()
    """Warnings for the log."""
    missing: PythonNotFound | None = None
    """Why neither the app's own Python nor one that fits what is pinned is used, if only an
    image or a download is missing; else None."""
    excluded: tuple[str, ...] = ()
    """Releases that do not fit, of minor versions that the request allows."""

    @property
    def is_narrowed(self) -> bool:
        """Whether the app itself would also fit another Python."""
        return self.request.specifier != self.requested.specifier

    def why(self, minor: str) -> str:
        """Say in a sentence why a Python was chosen; empty if it is the newest."""
        if self.is_kept:
            origin, requested = self.requested.origin, self.requested.requested
            allowed = f"{origin} allows it ({requested})" if origin else NOTHING
            if self.last and self.last.used != minor:
                return f"Python {minor}, which the last build could not download; {allowed}"
            return f"Python {minor} as in the last build; {allowed}"
        if self.missing is not None:
            wanted = self.missing.requested
            if wanted == minor:
                return f"Python {minor}, because no release of it that fits is available"
            return f"Python {minor}, because Python {wanted} is not available"
        reason = self.reason_for(minor)
        return f"Python {minor}: {reason}" if reason else ""

    @property
    def reason(self) -> str:
        """Why the app does not get the newest Python that it allows, as a clause; or empty."""
        return self.reason_for(self.request.requested) if self.is_narrowed else ""

    def reason_for(self, minor: str) -> str:
        """Return why the next newer Python is not used, or if there is none, an older one."""
        if not self.is_narrowed or self.is_kept:
            return ""
        newer = [one for one in self.reasons if _number(one) > _number(minor)]
        older = [one for one in self.reasons if _number(one) < _number(minor)]
        if newer:
            return self.reasons[min(newer, key=_number)]
        return self.reasons[max(older, key=_number)] if older else ""

    def since_last_build(self, minor: str) -> str:
        """Say in a sentence what is not as in the last build; empty if nothing is."""
        last = self.last
        if last is None:
            return ""
        requested = f"which {last.requested} requested" if last.requested else ""
        if last.used == minor:
            is_removed = requested and self.is_kept and not self.requested.origin
            return f"The last build used Python {minor}, {requested}" if is_removed else ""
        if last.stand_in:
            return f"The last build used Python {last.stand_in}"
        parts = [f"The last build used Python {last.minor}", requested, self.left]
        return ", ".join(filter(None, parts))


def keep(choice: PythonChoice, last: LastBuild) -> PythonChoice:
    """Choose the Python of the last build."""
    request = _only(choice.requested, last.minor, last.excluded)
    return replace(choice, request=request, is_kept=True, last=last, excluded=last.excluded)


def choose_by(choice: PythonChoice, fitted: Fit, on_image: Sequence[str]) -> PythonChoice:
    """Choose the Pythons that fit what the app pins.

    `on_image` has the releases that the image has, the newest first. The newest of them that
    fits is selected, so if that is the newest of all, nothing is excluded.
    """
    requested = choice.requested
    if fitted.unfit:
        notice = (
            f"{fitted.unfit}. Of the Pythons that fit everything else, Slipway uses the one "
            "that is the nearest to its files"
        )
        nearest = _only(requested, fitted.minors[0], fitted.excluded)
        reasons = {**fitted.reasons, **dict.fromkeys(fitted.minors[1:], fitted.unfit)}
        choice = replace(choice, excluded=fitted.excluded)
        return replace(choice, request=nearest, reasons=reasons, notices=(notice,))
    if fitted.conflict:
        notice = f"No Python fits everything that the app pins: {fitted.conflict}"
        choice = replace(choice, notices=(*choice.notices, notice))
    newest = on_image[0] if on_image else ""
    does_newest_fit = minor_of(newest) in fitted.minors and newest not in fitted.excluded
    if not fitted.reasons or does_newest_fit:
        return replace(choice, request=requested)
    return replace(
        choice,
        request=_without(requested, fitted),
        reasons=fitted.reasons,
        excluded=fitted.excluded,
    )


def widened(choice: PythonChoice, minor: str, missing: PythonNotFound) -> PythonChoice:
    """Choose any Python that the app allows, because none that fits is available."""
    reason = choice.reasons.get(minor) or next(iter(choice.reasons.values()), "")
    notice = (
        f"For the pinned packages, Slipway would use Python {missing.requested}, but "
        f"{_why_missing(missing)}. It uses {minor}, though {reason}"
    )
    if missing.may_pass:
        notice += f". {_next_builds(choice, missing)}"
    notices = (*choice.notices, notice)
    return replace(
        choice, request=choice.requested, reasons={}, notices=notices, missing=missing
    )


def standing_in(choice: PythonChoice, used: str, missing: PythonNotFound) -> PythonChoice:
    """Warn that another Python is used in this build, because the app's own is `missing`."""
    notice = (
        f"Slipway would use Python {missing.requested} as before, but {_why_missing(missing)}. "
        f"This build uses Python {used} instead. {_next_builds(choice, missing)}"
    )
    return replace(choice, notices=(notice, *choice.notices), missing=missing)


def _why_missing(missing: PythonNotFound) -> str:
    return f"{missing.why}: {missing.cause}" if missing.cause else missing.why


def _next_builds(choice: PythonChoice, missing: PythonNotFound) -> str:
    """Say what the next builds do about a download that failed, and how to stop them."""
    minor, origin = missing.requested, choice.requested.origin or ""
    is_setting = origin.isupper() or origin.startswith("python_version in ")
    line = request_line(origin if is_setting else ".python-version", minor, "")
    return f"The next build tries to get {minor} again. To make it stop if it cannot, {line}"


def _only(requested: PythonRequest, minor: str, excluded: Iterable[str]) -> PythonRequest:
    releases = [f"!={one}" for one in excluded if minor_of(one) == minor]
    parts = [requested.specifier, f"=={minor}.*", *releases]
    return replace(requested, specifier=",".join(filter(None, parts)), requested=minor)


def _without(requested: PythonRequest, fitted: Fit) -> PythonRequest:
    others = [minor for minor in fitted.reasons if minor not in fitted.minors]
    releases = [f"!={one}" for one in fitted.excluded]
    parts = [requested.specifier, *(f"!={minor}.*" for minor in others), *releases]
    specifier = ",".join(filter(None, parts))
    return replace(requested, specifier=specifier, requested=fitted.minors[0])


def _number(minor: str) -> tuple[int, ...]:
    return tuple(map(int, minor.split(".")))
