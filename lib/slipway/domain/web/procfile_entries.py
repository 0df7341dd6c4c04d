"""The entries of a Procfile that is YAML, with the faults that keep it from being a mapping."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

ONE_LINE = "a process type is `NAME: COMMAND` in a single line"
_MOST_DEEP = 20
_NULLS = ("", "~", "null", "Null", "NULL")
"""https://yaml.org/type/null.html"""
_ANCHOR = re.compile(r"[A-Za-z0-9_-]+")
"""The names that the YAML of the platform takes: https://github.com/go-yaml/yaml/tree/v2."""


class YamlEntry(NamedTuple):
    number: int
    """The line of its name."""
    name: str
    command: str


@dataclass
class NotYaml(Exception):
    """A text is not a mapping of text to text."""

    number: int
    reason: str
    is_valid: bool = False
    """Whether it may be YAML all the same, but not such a mapping."""


def entries_of(text: str) -> Iterator[YamlEntry]:
    """Yield the process types of a Procfile in their order, with duplicates.

    Reads events, of which only texts and aliases of texts count. So neither nested collections
    nor aliases of aliases take memory. Raises NotYaml.
    """
    anchors: dict[str, str] = {}
    name: YamlEntry | None = None
    for event in _events(text):
        number = event.start_mark.line + 1
        if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
            reason = f"YAML {_made_of(event)}, and a command is a text"
            raise NotYaml(number, reason, is_valid=True)
        if isinstance(event, AliasEvent):
            if event.anchor not in anchors:
                raise NotYaml(number, f"`*{event.anchor}` refers to nothing")
            value = anchors[event.anchor]
        elif isinstance(event, ScalarEvent):
            value = _value_of(event, text)
            if event.anchor:
                anchors[event.anchor] = value
        else:
            continue
        if name is None:
            name = YamlEntry(number, value, "")
        else:
            yield name._replace(command=value.strip())
            name = None


def _events(text: str) -> Iterator[Event]:
    """Yield the events within the mapping that the first document is.

    Raises NotYaml.
    """
    try:
        parsed = _parsed(text)
    except NotYaml:
        # The YAML of the platform accepts a tab after a colon or in a command, this one does
        # not; neither does so where a line begins.
        if "\t" not in text:
            raise
        parsed = _parsed(re.sub(r"(?<=[^\r\n])\t", " ", text))
    for event in parsed:
        anchor = getattr(event, "anchor", None)
        if anchor and not _ANCHOR.fullmatch(anchor):
            raise NotYaml(event.start_mark.line + 1, f"`{anchor}` is not the name of an anchor")
    if not parsed or (isinstance(parsed[0], ScalarEvent) and _is_null(parsed[0])):
        return
    if not isinstance(parsed[0], MappingStartEvent):
        number = parsed[0].start_mark.line + 1
        is_list = isinstance(parsed[0], SequenceStartEvent)
        reason = f"YAML {_made_of(parsed[0])}, and {ONE_LINE}" if is_list else ONE_LINE
        raise NotYaml(number, reason, is_valid=True)
    yield from parsed[1:]


def _parsed(text: str) -> list[Event]:
    """Return the events of the first document; of what is nested too deeply, only the start.

    Raises NotYaml.
    """
    reader = YAML(typ="base", pure=True)
    reader.version = (1, 1)
    found = list[Event]()
    depth = 0
    try:
        for event in reader.parse(text):
            if isinstance(event, DocumentEndEvent):
                break
            if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                depth += 1
            elif isinstance(event, MappingEndEvent):
                depth -= 1
            if found or isinstance(event, (AliasEvent, ScalarEvent)) or depth:
                found.append(event)
            if depth > 1:
                break
    except MarkedYAMLError as error:
        mark = error.context_mark or error.problem_mark
        raise NotYaml(mark.line + 1 if mark else 1, error.problem or "") from None
    except (YAMLError, ValueError, OverflowError) as error:
        position = getattr(error, "position", None)
        number = text.count("\n", 0, position) + 1 if isinstance(position, int) else 1
        raise NotYaml(number, "it has a character that YAML does not allow") from None
    return found


def _made_of(event: Event) -> str:
    return f"makes a {'list' if isinstance(event, SequenceStartEvent) else 'mapping'} of it"


def is_a_document(text: str) -> bool:
    """Return whether a text begins with a document, with collections of the usual depth."""
    depth = 0
    try:
        for event in YAML(typ="base", pure=True).parse(re.sub(r"(?<=[^\r\n])\t", " ", text)):
            if isinstance(event, (MappingStartEvent, SequenceStartEvent)):
                depth += 1
            elif isinstance(event, (MappingEndEvent, SequenceEndEvent)):
                depth -= 1
            if depth > _MOST_DEEP:
                return False
            if isinstance(event, DocumentEndEvent):
                break
    except (YAMLError, ValueError, OverflowError):
        return False
    return True


def _is_null(event: ScalarEvent) -> bool:
    return event.style is None and event.tag is None and event.value in _NULLS


def _value_of(event: ScalarEvent, text: str) -> str:
    """Return the text of a scalar, with the tabs that were replaced to parse it."""
    if _is_null(event):
        return ""
    value = str(event.value)
    original = text[event.start_mark.index : event.end_mark.index]
    return original if original.replace("\t", " ") == value else value
