"""Imports what a process of the app starts, behind a fence, and reports what it is.

    import_target.py REQUEST

REQUEST is JSON: `folders` come first in sys.path, as the server puts them there. `find` has
names of modules to find but not to import. `compile` is a file that Python must be able to
read.
`module` is imported; then `attribute` is looked up in it, which may be a dotted name or a call
such as `create_app()`, or empty. With `celery`, Celery itself finds its application. The report
is JSON, printed as the last line: `missing`, `is_bound`, `is_callable`, `arguments`, `kind`,
`type`, or with `exceptions` what failure_facts.py describes.

Runs in the app's Python.
"""

import ast
import errno
import inspect
import json
import os
import sys
import traceback

import failure_facts
import fence


def main():
    request = json.loads(sys.argv[1])
    # Whatever the app prints goes elsewhere.
    report = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    sys.argv = [request["module"] or "python"]
    sys.path[:1] = request["folders"]
    sys.dont_write_bytecode = True
    fence.close()
    try:
        answer = answer_to(request)
    except BaseException as error:
        answer = {**failure_facts.describe(error), "refused": refused_by_fence(error)}
    json.dump(answer, report)
    report.flush()
    # Threads that the app has started must not keep the build waiting.
    os._exit(0)


def answer_to(request):
    from importlib import import_module
    from importlib.util import find_spec

    missing = [name for name in request["find"] if find_spec(name) is None]
    if request["compile"]:
        with open(request["compile"], "rb") as stream:
            compile(stream.read(), request["compile"], "exec", dont_inherit=True)
    if not request["module"]:
        return {"missing": missing}
    if request["celery"]:
        return {"missing": missing, "is_bound": has_celery(request["module"])}
    module = import_module(request["module"])
    if not request["attribute"]:
        return {"missing": missing, "is_bound": True, "kind": "", "type": "module"}
    expression = ast.parse(request["attribute"], mode="eval").body
    call = expression if isinstance(expression, ast.Call) else None
    found = module
    for name in ast.unparse(call.func if call else expression).split("."):
        if not hasattr(found, name):
            return {"missing": missing, "is_bound": False, "near": near(name, dir(found))}
        found = getattr(found, name)
    if call:
        found = called(found, call)
    return {
        "missing": missing,
        "is_bound": True,
        "is_callable": callable(found),
        "arguments": arguments_of(found),
        "kind": kind_of(found),
        "type": f"{type(found).__module__}.{type(found).__qualname__}",
    }


def has_celery(name):
    """Return whether Celery finds its application in a module, which is imported."""
    from celery.app import utils

    try:
        utils.find_app(name)
    except AttributeError as error:
        *_, (frame, _) = traceback.walk_tb(error.__traceback__)
        if frame.f_globals.get("__name__", "").partition(".")[0] not in ("celery", "kombu"):
            raise
        return False
    return True


def called(function, call):
    """Call a factory with the literals in the call of a command line."""
    values = [ast.literal_eval(one) for one in call.args]
    named = {one.arg: ast.literal_eval(one.value) for one in call.keywords if one.arg}
    return function(*values, **named)


def near(name, names):
    """Return the name that somebody may have meant; empty if there is none."""
    from difflib import get_close_matches

    usual = [one for one in ("app", "application") if one in names]
    return next(iter([*get_close_matches(name, [*names], n=1), *usual]), "")


def arguments_of(found):
    """Return how many arguments a function needs, and the most it takes without their names.

    None if that is not known.
    """
    if not inspect.isfunction(found):
        return None
    parameters = [*inspect.signature(found, follow_wrapped=False).parameters.values()]
    if any(one.kind is one.VAR_POSITIONAL for one in parameters):
        return None
    by_place = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)
    needed = [one for one in parameters if one.default is one.empty]
    needed = [one for one in needed if one.kind is not one.VAR_KEYWORD]
    return [len(needed), sum(one.kind in by_place for one in parameters)]


def kind_of(found):
    """Return `WSGI` or `ASGI`, if the parameters of an application say which it is."""
    # Its parameters are needed, which callable() does not tell.
    function = found if inspect.isroutine(found) else getattr(type(found), "__call__", None)  # noqa: B004
    if function is None:
        return ""
    try:
        parameters = [*inspect.signature(function).parameters.values()]
    except (TypeError, ValueError):  # it is not written in Python
        return ""
    needed = [
        one.name
        for one in parameters
        if one.default is one.empty
        and one.kind in (one.POSITIONAL_ONLY, one.POSITIONAL_OR_KEYWORD)
    ]
    if not inspect.isroutine(found) and needed:
        del needed[0]
    is_coroutine = inspect.iscoroutinefunction(function)
    if len(needed) == 3 and (is_coroutine or needed == ["scope", "receive", "send"]):
        return "ASGI"
    if len(needed) == 2 and not is_coroutine and "start_response" in needed[1]:
        return "WSGI"
    return ""


def refused_by_fence(error):
    """Return what the fence has refused, if that led to an exception; else nothing."""
    for one in failure_facts.chain(error):
        if isinstance(one, fence.Refused) or getattr(one, "errno", None) == errno.EROFS:
            return str(one.strerror or one)
    return ""


main()
