"""Words for what is too old in an app, and the steps that bring it up to date."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from shlex import quote

from slipway.errors.python import OldParts, OldRequirement
from slipway.messages.wording import WITHOUT_GIT_SCHEME, Step, listed, lock_again


def old_words(old: OldParts) -> str:
    """Say what in an app is too old for every Python that Slipway supports, as a clause."""
    parts = []
    if old.modules:
        first, count = old.modules[0], len(old.modules)
        others = f" and {count - 1} more module{'s' * (count > 2)}" if count > 1 else ""
        are = "are" if others else "is"
        parts.append(f"{first.file}{others} {are} written for Python 2")
    if old.django:
        parts.append(f"Django {old.django} is for Python {old.django_pythons}")
    never = [one.name for one in old.requirements if one.never_installs]
    if never:
        parts.append(f"only Python 2 can install {listed(never)}")
    if old.versions:
        versions = [f"{one.name}=={one.version}" for one in old.versions]
        parts.append(f"{listed(versions)} cannot be read any more")
    return ", and ".join(parts)


_LAST_WITH_2TO3 = "3.12"
ADVISED_DJANGO = "5.2"
"""A release with long-term support, which fits all Pythons that Slipway supports."""
_MADE_FROM = {
    "Pipfile.lock": "Pipfile",
    **dict.fromkeys(("poetry.lock", "pdm.lock", "uv.lock"), "pyproject.toml"),
}
_DJANGO = {
    **dict.fromkeys(("Pipfile.lock", "poetry.lock"), f'django = "~={ADVISED_DJANGO}"'),
    **dict.fromkeys(("pdm.lock", "uv.lock"), f'"django~={ADVISED_DJANGO}"'),
}
"""Lock -> how the file that it is made from requires a version of Django."""
_ANY_VERSION = dict.fromkeys(
    ("Pipfile.lock", "poetry.lock"), ", for which `*` stands for any version"
)


def modernized(old: OldParts) -> tuple[Step, ...]:
    """Give the steps that bring an app to newer packages, all of which are necessary.

    They work one after the other, in this order.
    """
    return (
        *_converted_code(old),
        *_without_superseded(old.requirements),
        *_reachable_repositories(old),
        *_newer_packages(old),
        *_code_for_newer_django(old),
        *(Step(text=one.then, exact=one.commands) for one in old.requirements if one.then),
    )


def _converted_code(old: OldParts) -> Iterator[Step]:
    """Give the step for modules of Python 2.

    https://docs.python.org/3.12/library/2to3.html
    """
    if not old.modules:
        return
    places = [f"line {one.line} of {one.file} (`{one.statement}`)" for one in old.modules]
    yield Step(
        text=f"Convert the code to Python 3: {listed(places, most=3)}. The Python "
        f"{_LAST_WITH_2TO3} of your machine has 2to3, which does most of it; newer ones do not:",
        exact=(f"python{_LAST_WITH_2TO3} -m lib2to3 -w -n .",),
    )


def _without_superseded(requirements: Sequence[OldRequirement]) -> Iterator[Step]:
    for one in requirements:
        if one.replacement:
            text = f"In {one.file}, replace {one.name} by its successor:"
            yield Step(text=text, exact=(one.replacement,))
    for file in dict.fromkeys(one.file for one in requirements):
        needless = [one for one in requirements if one.file == file and not one.replacement]
        if needless:
            reasons: dict[str, list[str]] = {}
            for one in needless:
                reasons.setdefault(one.reason, []).append(one.name)
            why = "; ".join(reason.format(listed(them)) for reason, them in reasons.items())
            pattern = "|".join(one.name for one in needless)
            yield Step(
                text=f"What {file} need not require any more: {why}. Delete it:",
                exact=(f"sed -i -E '/^({pattern})([^A-Za-z0-9._-]|$)/d' {quote(file)}",),
            )


def _reachable_repositories(old: OldParts) -> Iterator[Step]:
    if old.git_addresses_in:
        files = " ".join(map(quote, old.git_addresses_in))
        yield Step(
            text=f"{WITHOUT_GIT_SCHEME} Change the addresses:",
            exact=(f"sed -i -E 's#(git\\+)?git://#git+https://#' {files}",),
        )


def _newer_packages(old: OldParts) -> Iterator[Step]:
    if old.lock:
        yield from _newer_lock(old)
    elif old.pinned_in:
        files = " ".join(map(quote, old.pinned_in))
        django = (
            f"-e 's/^(django(\\[.*\\])?) *== *[^ ;#]+/\\1~={ADVISED_DJANGO}/I' "
            if old.django
            else ""
        )
        but = f", but for Django {ADVISED_DJANGO}," if django else ""
        yield Step(
            text=f"Require newer versions of all packages. To begin with the newest ones{but} "
            "remove the versions:",
            exact=(f"sed -i -E {django}-e 's/ *== *[^ ;#]+//' {files}",),
        )


def _newer_lock(old: OldParts) -> Iterator[Step]:
    if old.django:
        file = _MADE_FROM.get(old.lock, "the file that it was made from")
        pins = [one for one in old.exact if one.lower() != "django"]
        text = f"Allow newer packages in {file}."
        if pins:
            free = _ANY_VERSION.get(old.lock, "")
            text += f" Remove the exact versions of {listed(pins, most=8)}{free}."
        form = _DJANGO.get(old.lock, f"django~={ADVISED_DJANGO}")
        yield Step(text=f"{text} For Django, write:", exact=(form,))
    yield lock_again(old.lock, "Lock again")


def _code_for_newer_django(old: OldParts) -> Iterator[Step]:
    """Give the step for modules; deleted ones are not listed once the index knows of that."""
    if not old.django:
        return
    yield Step(
        text="Change the code for the newer Django. django-upgrade does much of it; the release "
        "notes at https://docs.djangoproject.com/en/stable/releases/ have the rest:",
        exact=(
            "pip install django-upgrade",
            "git add --update",
            f"django-upgrade --target-version {ADVISED_DJANGO} $(git ls-files '*.py')",
        ),
    )
