"""The submodules that .gitmodules names: https://git-scm.com/docs/gitmodules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from configparser import Error, RawConfigParser, SectionProxy
from dataclasses import dataclass, replace

from slipway.domain.ini_text import read_ini
from slipway.domain.redaction import without_credentials

FILE = ".gitmodules"


@dataclass(frozen=True, kw_only=True)
class Submodule:
    path: str
    """Relative to the app, without a slash at the end."""
    url: str
    """Without credentials; relative to that of the app's repository if it begins with a dot."""


def parse_gitmodules(text: str) -> tuple[Submodule, ...]:
    """Read .gitmodules as git does; a file that cannot be parsed has no submodules."""
    parser = RawConfigParser(
        delimiters=("=",),
        comment_prefixes=("#", ";"),
        strict=False,
        allow_no_value=True,
        empty_lines_in_values=False,
        default_section="",
    )
    # git ignores indentation; configparser would append an indented line to the one before.
    flush = "\n".join(line.strip() for line in text.removeprefix("\ufeff").split("\n"))
    try:
        read_ini(parser, flush)
    except Error:
        return ()
    return tuple(_submodules(parser[name] for name in parser.sections()))


def submodule_of(submodules: Iterable[Submodule], path: str) -> Submodule | None:
    """Return the submodule that contains a path of the app, or is at this path."""
    return next((one for one in submodules if f"{path}/".startswith(f"{one.path}/")), None)


def below(submodules: Iterable[Submodule], folder: str) -> Iterator[Submodule]:
    """Yield the submodules below a folder, with paths relative to it."""
    prefix = f"{folder}/" if folder else ""
    for submodule in submodules:
        if submodule.path.startswith(prefix):
            yield replace(submodule, path=submodule.path.removeprefix(prefix))


def _submodules(sections: Iterator[SectionProxy]) -> Iterator[Submodule]:
    for section in sections:
        path = _value(section, "path").strip("/")
        if section.name.startswith("submodule") and path:
            yield Submodule(path=path, url=without_credentials(_value(section, "url")))


def _value(section: SectionProxy, key: str) -> str:
    """Return a value without the quotes that git writes around some values."""
    value = section.get(key) or ""
    if len(value) > 1 and value.startswith('"') and value.endswith('"'):
        return value[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return value
