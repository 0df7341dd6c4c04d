"""Finds the services that settings take from a platform's own variables or files, in vain."""

from __future__ import annotations

import ast

from slipway.domain.django.exception_chain import Failure
from slipway.domain.django.failed_reads import documents_without_key
from slipway.domain.django.project import parsed_module
from slipway.domain.django.statements import flat
from slipway.domain.python.syntax import statement_of
from slipway.errors.django import ServiceNotBound

_VARIABLE = "VCAP_SERVICES"
"""https://docs.cloudfoundry.org/devguide/deploy-apps/environment-variable.html#VCAP-SERVICES"""
_DOTCLOUD_FILE = "/home/dotcloud/environment.json"


def unbound_service(failure: Failure) -> ServiceNotBound | None:
    """Return the error for a service that is not bound; None if none is the cause."""
    one = failure.cause
    if one.is_a("builtins.KeyError"):
        if _VARIABLE not in [it.name for it in documents_without_key(failure)]:
            return None
        key = str(one.attributes.get("key", ""))
        guard = f'if "{key}" in json.loads(os.environ["{_VARIABLE}"]):'
        return ServiceNotBound(name=key, source=_VARIABLE, place=failure.place, guard=guard)
    if one.attributes.get("filename") == _DOTCLOUD_FILE:
        guard = f'if os.path.isfile("{_DOTCLOUD_FILE}"):'
        return ServiceNotBound(name="", source=_DOTCLOUD_FILE, place=failure.place, guard=guard)
    service = _service_of_cfenv(failure)
    if not service:
        return None
    return ServiceNotBound(
        name="",
        source=_VARIABLE,
        place=failure.place,
        guard=f"if {service}:",
        is_set=_VARIABLE in failure.variables,
    )


def _service_of_cfenv(failure: Failure) -> str:
    """Return the expression that should be a service and is None; empty if there is none.

    https://github.com/jmcarp/py-cfenv
    """
    one = failure.cause
    if one.own is None or one.own != one.last or not one.attributes.get("is_of_none"):
        return ""
    parsed = parsed_module(one.own.module, failure.site.source)
    statement = statement_of(one.own.statement)
    if parsed is None or statement is None or not _imports_cfenv(parsed[1]):
        return ""
    assigned = {
        target.id
        for node in flat(parsed[1].body)
        if isinstance(node, ast.Assign) and _is_lookup(node.value)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute) and node.attr == one.attributes.get("name"):
            owner = node.value
            if _is_lookup(owner) or (isinstance(owner, ast.Name) and owner.id in assigned):
                return ast.unparse(owner)
    return ""


def _imports_cfenv(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module="cfenv"):
                return True
            case ast.Import(names=names) if any(it.name == "cfenv" for it in names):
                return True
    return False


def _is_lookup(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and (
        isinstance(node.func, ast.Attribute) and node.func.attr == "get_service"
    )
