"""YAML as Cloud Foundry's programs read it, with Go's `yaml.v2`.

That is libyaml, translated to Go: https://github.com/go-yaml/yaml/blob/v2/README.md. So libyaml
finds the same faults; only the types of Go's fields are told apart here.
"""

from __future__ import annotations

from collections.abc import Sequence

import yaml

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_STRING, _NULL_TAG = "tag:yaml.org,2002:str", "tag:yaml.org,2002:null"


class Mistyped(ValueError):
    """A value is of another type than the field."""


def first_document(data: bytes) -> yaml.Node | None:
    """Parse the first document of a file. Raises yaml.YAMLError."""
    loader = yaml.CBaseLoader(data)
    try:
        return loader.get_node() if loader.check_node() else None
    finally:
        loader.dispose()


def text(node: yaml.Node | None) -> str:
    """Read a field of the type `string`: the text of any scalar. Raises Mistyped."""
    if _is_null(node):
        return ""
    if not isinstance(node, yaml.ScalarNode):
        raise Mistyped
    value: str = node.value
    return value


def texts(node: yaml.Node | None) -> dict[str, str]:
    """Read a field of the type `map[string]string`. Raises Mistyped."""
    return {name: text(value) for name, value in _pairs(node)}


def items(node: yaml.Node | None) -> Sequence[yaml.Node]:
    """Read a field that is a list. Raises Mistyped."""
    if _is_null(node):
        return ()
    if not isinstance(node, yaml.SequenceNode):
        raise Mistyped
    found: Sequence[yaml.Node] = node.value
    return found


def fields(node: yaml.Node | None) -> dict[str, yaml.Node]:
    """Read a mapping; if a name is repeated, the last one counts. Raises Mistyped."""
    return dict(_pairs(node))


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if _is_null(node):
        return []
    if not isinstance(node, yaml.MappingNode):
        raise Mistyped
    return [(text(name), value) for name, value in node.value]


def _is_null(node: yaml.Node | None) -> bool:
    if node is None or node.tag == _NULL_TAG:
        return True
    is_plain = isinstance(node, yaml.ScalarNode) and not node.style
    return is_plain and node.tag == _STRING and node.value in _NULL
