"""Gathers the facts about an exception that only the process in which it was raised knows.

lib/slipway/domain/django/failure.py concludes from them what is missing. Runs in the app's
Python, with objects of libraries of any version.
"""

import ast
import os
import platform
import re
import sys
import sysconfig
import traceback

FOLDER = os.path.dirname(os.path.realpath(__file__))
READERS = ("configurations", "decouple", "environ", "environs", "starlette")
"""Packages that read variables; local variables of their functions name the missing one."""
PIECES = re.compile(
    r"(?<=input_value=).*?(?=, input_type=[^\s,\]]*\])"
    r"|(?<=Port could not be cast to integer value as )[^\n]+",
    re.DOTALL,
)
"""Parts of values in texts of exceptions: of pydantic, which cuts long ones, and of
urllib.parse, which takes a piece of a password with a slash for the port."""
MOST_EXCEPTIONS = 20
MOST_FRAMES = 40
MOST_TEXT = 4000
MOST_STATEMENT = 8000
TREES: dict[str, ast.Module | None] = {}
"""The syntax trees of files, by their paths."""


def describe(error):
    """Return the facts about a failure: its exceptions, and the variables that are set."""
    exceptions = chain(error)
    return {
        "outcome": "failed",
        "python": platform.python_version(),
        "settings": os.environ.get("DJANGO_SETTINGS_MODULE", ""),
        "configuration": os.environ.get("DJANGO_CONFIGURATION", ""),
        "variables": {name: bool(value) for name, value in os.environ.items()},
        "exceptions": [facts(one, exceptions) for one in exceptions],
        "distributions": distributions(),
        "storage": storage_class(),
    }


def chain(error):
    """List an exception and those that led to it: causes, contexts, members of groups."""
    found = [error]
    for one in found:
        nearest = (one.__cause__, one.__context__, *getattr(one, "exceptions", ()))
        for other in nearest:
            is_new = isinstance(other, BaseException) and not any(other is it for it in found)
            if is_new and len(found) < MOST_EXCEPTIONS:
                found.append(other)
    return found


def facts(error, exceptions):
    def number(other):
        return next((n for n, one in enumerate(exceptions) if one is other), None)

    frames = [*traceback.walk_tb(error.__traceback__)]
    described = [frame_facts(frame, line) for frame, line in frames]
    files = [frame.f_code.co_filename for frame, _ in frames]
    shown = [it for it, file in zip(described, files, strict=True) if is_shown(file)]
    if isinstance(error, SyntaxError) and error.filename:
        owner, file = owner_of(error.filename)
        place = {"file": file, "line": error.lineno or 1, "owner": owner}
        shown.append({**place, "function": "<module>", "module": "", "statement": ""})
    members = getattr(error, "exceptions", None)
    return {
        "types": [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__],
        "text": text_of(error)[:MOST_TEXT],
        "cause": number(error.__cause__),
        "context": number(error.__context__),
        "is_suppressed": error.__suppress_context__,
        "members": [number(one) for one in members] if isinstance(members, tuple) else [],
        "attributes": attributes(error),
        "required": guarded(lambda: required_variables(error, frames), []),
        "frames": shown
        if len(shown) <= 2 * MOST_FRAMES
        else shown[:MOST_FRAMES] + shown[-MOST_FRAMES:],
    }


def guarded(function, otherwise):
    """Call a function that uses objects of libraries, which may be of any version."""
    try:
        return function()
    except Exception:
        return otherwise


def text_of(error):
    if isinstance(error, SyntaxError) and error.msg:
        return str(error.msg)
    text = guarded(lambda: str(error), "")
    if isinstance(error, ImportError) and error.path:
        text = text.removesuffix(f" ({error.path})")
    return PIECES.sub("****", text)


def attributes(error):
    """Return what an exception knows apart from its text."""
    names = ("errno", "strerror", "filename", "name", "returncode")
    known = {name: getattr(error, name, None) for name in names}
    found = {name: value for name, value in known.items() if isinstance(value, (str, int))}
    if "filename" in found:
        found["filename"] = str(found["filename"]).removeprefix(os.getcwd() + os.sep)
    if isinstance(error, KeyError) and error.args and isinstance(error.args[0], str):
        found["key"] = error.args[0]
    command = getattr(error, "cmd", None)
    if isinstance(command, str) and command.split():
        found["cmd"] = command.split()[0]
    module = None
    if isinstance(error, ImportError):
        module = sys.modules.get(error.name or "")
        parent = sys.modules.get((error.name or "").rpartition(".")[0])
        # A namespace package has no file; other distributions may add modules to it.
        if isinstance(error, ModuleNotFoundError) and parent is not None:
            file = getattr(parent, "__file__", None)
            if file or parent.__name__ in sys.stdlib_module_names:
                found["parent"] = parent.__name__
                found["parent_owner"], _ = owner_of(file or "<frozen >")
    elif isinstance(error, AttributeError):
        found["is_of_none"] = getattr(error, "obj", error) is None
        module = getattr(error, "obj", None)
    if isinstance(module, type(sys)):
        file = getattr(module, "__file__", None) or "<frozen >"
        found["module_owner"], _ = owner_of(file)
    return found


def frame_facts(frame, line):
    owner, file = owner_of(frame.f_code.co_filename)
    names = (
        *("var_name", "var", "source_key", "proxied_key", "parsed_key", "full_environ_name"),
        *("option", "key", "name"),
    )
    module = str(frame.f_globals.get("__name__", ""))
    described = {
        "file": file,
        "line": line or 0,
        "function": frame.f_code.co_name,
        "module": module,
        "owner": owner,
        "statement": statement_at(frame.f_code.co_filename, line or 0),
    }
    if module.split(".")[0] in READERS:
        # Never more than these: other variables may contain secrets.
        local = {name: frame.f_locals.get(name) for name in names}
        described["names"] = {k: v for k, v in local.items() if isinstance(v, str)}
    return described


def owner_of(filename):
    """Return whose file it is (app, package, stdlib, slipway), and its path in their folder."""
    if filename.startswith("<"):
        return ("stdlib" if filename.startswith("<frozen ") else "package"), filename
    path, app = os.path.realpath(filename), os.path.realpath(os.getcwd())
    places = sysconfig.get_paths()
    folders = (
        ("slipway", FOLDER),
        ("package", places["purelib"]),
        ("package", places["platlib"]),
        ("stdlib", places["stdlib"]),
        ("stdlib", places["platstdlib"]),
        ("package", sys.prefix),
        ("app", app),
    )
    for owner, folder in folders:
        start = os.path.realpath(folder) + os.sep
        if path.startswith(start):
            rest = path[len(start) :]
            if owner == "stdlib" and rest.startswith(("site-packages", "dist-packages")):
                return "package", rest.partition(os.sep)[2]
            # runpy runs manage.py for this script.
            return ("slipway" if (owner, rest) == ("stdlib", "runpy.py") else owner), rest
    return "package", path


def statement_at(filename, line):
    """Return the source of the statement at a line; of a block, only its first expression."""
    if filename not in TREES:
        TREES[filename] = guarded(lambda: parsed(filename), None)
    node: ast.AST | None = None
    inner: ast.AST | None = TREES[filename]
    while inner is not None:
        node = inner
        at_line = (it for it in statements_in(node) if it.lineno <= line <= it.end_lineno)
        inner = next(at_line, None)
    for name in ("test", "iter", "items", "subject"):
        if hasattr(node, name) and not isinstance(node, ast.Assert):
            first = getattr(node, name)
            node = first[0].context_expr if name == "items" else first
    if not isinstance(node, ast.stmt | ast.expr) or hasattr(node, "body"):
        return ""
    return guarded(lambda: ast.unparse(node), "")[:MOST_STATEMENT]


def parsed(filename):
    with open(filename, "rb") as stream:
        return ast.parse(stream.read())


def statements_in(node):
    for name in ("body", "orelse", "finalbody", "handlers", "cases"):
        parts = getattr(node, name, ())
        for part in parts if isinstance(parts, list) else ():
            yield from [part] if hasattr(part, "lineno") else statements_in(part)


def required_variables(error, frames):
    """Name the variables that an object of a library requires and that are missing."""
    module = type(error).__module__.split(".")[0]
    if module == "environs" and isinstance(getattr(error, "error_messages", None), dict):
        return [name for name in error.error_messages if name not in os.environ]
    if module == "dynaconf":
        return required_by_dynaconf(frames)
    if module.startswith("pydantic"):
        return required_by_pydantic(error, frames)
    return []


def required_by_dynaconf(frames):
    # https://www.dynaconf.com/validation/
    for frame, _ in reversed(frames):
        validators = frame.f_locals.get("self")
        if type(validators).__name__ == "ValidatorList":
            settings = validators.settings
            prefix = settings.ENVVAR_PREFIX_FOR_DYNACONF
            names = [
                name
                for validator in validators
                if validator.must_exist and validator.when is None
                for name in validator.names
                if not settings.exists(name)
            ]
            return [name_in_dynaconf(prefix, name) for name in names]
    return []


def name_in_dynaconf(prefix, name):
    # https://www.dynaconf.com/envvars/#nested-keys-in-dictionaries-via-environment-variables
    first, *nested = name.split(".")
    whole = "__".join([f"{prefix}_{first}" if prefix else first, *nested])
    return whole.upper()


def required_by_pydantic(error, frames):
    # https://docs.pydantic.dev/latest/concepts/pydantic_settings/#environment-variable-names
    missing = [
        [str(part) for part in one["loc"]]
        for one in error.errors()
        if one["type"] in ("missing", "value_error.missing")
    ]
    model = getattr(error, "model", None)
    if model is not None:  # pydantic 1
        fields = model.__fields__
        names = [min(fields[loc[0]].field_info.extra["env_names"]) for loc in missing]
        return [name.upper() for name in names]
    for frame, _ in reversed(frames):
        model = type(frame.f_locals.get("__pydantic_self__", frame.f_locals.get("self")))
        if any(kind.__module__.startswith("pydantic_settings") for kind in model.__mro__):
            return [name_in_pydantic(model, loc) for loc in missing]
    return []


def name_in_pydantic(model, loc):
    config, fields = model.model_config, model.model_fields
    delimiter = config.get("env_nested_delimiter") or "__"
    name = delimiter.join(loc)
    if loc[0] in fields and fields[loc[0]].validation_alias is None:
        name = (config.get("env_prefix") or "") + name
    return name if config.get("case_sensitive") else name.upper()


def distributions():
    """Map each installed distribution to its version and the Pythons that it names."""
    from importlib import metadata

    found = {}
    for one in guarded(lambda: [*metadata.distributions()], []):
        start = "Programming Language :: Python :: 3."
        pythons = guarded(lambda one=one: one.metadata.get_all("Classifier") or [], [])
        minors = [text[len(start) - 2 :] for text in pythons if text.startswith(start)]
        name = guarded(lambda one=one: one.metadata["Name"], "")
        top = guarded(lambda one=one: one.read_text("top_level.txt") or "", "").split()
        if name:
            found[name.lower()] = {"version": one.version, "pythons": minors, "modules": top}
    return found


def storage_class():
    """Name the class that stores the static files; empty if Django is not set up."""
    module = sys.modules.get("django.contrib.staticfiles.storage")
    if module is None:
        return ""
    kind = guarded(lambda: type(module.staticfiles_storage._wrapped), object)
    return "" if kind is object else f"{kind.__module__}.{kind.__qualname__}"


def print_traceback(error):
    """Print a traceback without frames of this file, of runpy and of the import system."""
    shown = traceback.TracebackException.from_exception(error)
    pending = [shown]
    for one in pending:
        one.stack = traceback.StackSummary.from_list(
            [frame for frame in one.stack if is_shown(frame.filename)]
        )
        nearest = (one.__cause__, one.__context__, *(getattr(one, "exceptions", None) or ()))
        pending += [other for other in nearest if other is not None]
    print(PIECES.sub("****", "".join(shown.format())), file=sys.stderr, end="")


def is_shown(filename):
    owner, file = owner_of(filename)
    is_import = file.startswith("<frozen importlib") or file == "importlib/__init__.py"
    is_runpy = file.startswith("<frozen runpy")
    return not (owner == "slipway" or (owner == "stdlib" and (is_import or is_runpy)))
