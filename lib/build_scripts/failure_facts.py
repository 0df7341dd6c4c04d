"""Gathers the facts about an exception that only the process in which it was raised knows.

lib/slipway/domain/django/failure.py concludes from them what is missing. Runs in the app's
Python, with objects of libraries of any version.
"""

import ast
import os
import platform
import re
import shutil
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
SHELL_SYNTAX = re.compile(
    r"[;&|<>()`$\n]|\s*(?:exec|command|eval|\.)\s|\s*[^\s\"'\\~*?\[{!#=]*[\"'\\~*?\[{!#=]"
)
"""What makes a line of a shell more than one program with its arguments."""
NAME = re.compile(r"[A-Z][A-Z0-9_]{0,80}")
"""What names of variables usually look like."""
WORD = re.compile(r"(?<=['\"])\w+(?=['\"])")
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
        shown.append(
            {**place, "function": "<module>", "module": "", "statement": "", "names": {}}
        )
    members = getattr(error, "exceptions", None)
    return {
        "types": [f"{kind.__module__}.{kind.__qualname__}" for kind in type(error).__mro__],
        "text": text_of(error)[:MOST_TEXT],
        "cause": number(error.__cause__),
        "context": number(error.__context__),
        "is_suppressed": error.__suppress_context__,
        "members": [number(one) for one in members] if isinstance(members, tuple) else [],
        "attributes": attributes(error),
        "required": guarded(lambda: required_variables(error, frames), {}),
        "annotations": guarded(lambda: annotations(error, frames), {}),
        "refused": guarded(lambda: refused_variables(error, frames), []),
        "frames": shown
        if len(shown) <= 2 * MOST_FRAMES
        else shown[:MOST_FRAMES] + shown[-MOST_FRAMES:],
    }


def guarded(function, otherwise):
    """Call a function that uses objects of libraries, which may be of any version."""
    try:
        return function()
    except Exception:  # whatever the methods of such an object raise
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
    found.update(guarded(lambda: started(error), {}))
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


def started(error):
    """Return the program that a command runs, and whether it is absent if a shell runs it."""
    command = getattr(error, "cmd", None)
    if isinstance(command, (list, tuple)):
        return {"cmd": str(command[0])}
    if isinstance(command, os.PathLike):
        return {"cmd": os.fsdecode(command)}
    if not isinstance(command, str) or SHELL_SYNTAX.search(command):
        return {}
    *_, (frame, _) = traceback.walk_tb(error.__traceback__)
    options = frame.f_locals.get("kwargs") or {}  # of subprocess.run() and check_call()
    program, *_ = command.split()
    path = os.path.join(options.get("cwd") or "", program) if os.sep in program else program
    search = (options.get("env") or os.environ).get("PATH")
    return {"cmd": program, "is_absent": shutil.which(path, path=search) is None}


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
    # Never more than these: other variables may contain secrets.
    is_reader = module.split(".")[0] in READERS
    local = {name: frame.f_locals.get(name) for name in names} if is_reader else {}
    described["names"] = {k: v for k, v in local.items() if isinstance(v, str)}
    if owner == "app" and described["function"] != "<module>":
        described["names"] = names_from_callers(frame)
    return described


def names_from_callers(frame):
    """Map parameters of a function to the names of variables that its callers pass.

    The callers' statements have them as constants, so they are not secrets.
    """
    code = frame.f_code
    parameters = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
    values = {name: frame.f_locals.get(name) for name in parameters}
    # isinstance() would ask a lazy object of Django for its class, which may fail again.
    names = {k: v for k, v in values.items() if type(v) is str and NAME.fullmatch(v)}
    caller, written = frame.f_back, set()
    while names and caller is not None:
        statement = statement_at(caller.f_code.co_filename, caller.f_lineno or 0)
        written.update(WORD.findall(statement))
        caller = caller.f_back
    return {name: value for name, value in names.items() if value in written}


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
        # A bundled Python has the packages on sys.path, and no pyvenv.cfg.
        *(
            ("package", it)
            for it in sys.path
            if it.endswith(("site-packages", "dist-packages"))
        ),
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
    """Map the variables that an object of a library requires to what their values look like.

    Those that are set are left out.
    """
    module = type(error).__module__.split(".")[0]
    if module == "environs" and isinstance(getattr(error, "error_messages", None), dict):
        return dict.fromkeys(filter(is_unset, error.error_messages), "...")
    if module == "dynaconf":
        return dict.fromkeys(required_by_dynaconf(frames), "...")
    if module.startswith("pydantic"):
        return required_by_pydantic(error, frames)
    raised_in = str(frames[-1][0].f_globals.get("__name__", "")) if frames else ""
    if isinstance(error, (AttributeError, KeyError)) and raised_in.startswith("dynaconf"):
        return dict.fromkeys(required_by_dynaconf_attribute(frames), "...")
    return {}


def annotations(error, frames):
    """Map the variables that a class of settings requires to their types, as Python code."""
    module = type(error).__module__.split(".")[0]
    if module == "dynaconf":
        return annotations_of_dynaconf(frames)
    if not module.startswith("pydantic"):
        return {}
    model, problems = pydantic_errors(error, frames)
    found = {}
    for kind, loc in problems:
        if model is not None and kind in MISSING_IN_PYDANTIC:
            found.update(annotations_in_pydantic(model, loc))
    return found


def annotations_in_pydantic(model, loc):
    """Map the variables of a field to their types; see names_in_pydantic."""
    if not hasattr(model, "model_fields"):  # pydantic 1
        field = model.__fields__[loc[0]]
        return {name_in_pydantic(model, loc): annotation_text(field.outer_type_)}
    delimiter = model.model_config.get("env_nested_delimiter")
    nested, field = model, None
    for part in loc:
        field = field_in_pydantic(nested, part)
        nested = nested_model(field)
    found = {name_in_pydantic(model, loc): text_of_field(field)}
    for inner in required_fields(nested) if delimiter else ():
        found.update(annotations_in_pydantic(model, [*loc, inner]))
    return found


def annotation_text(kind):
    """Write a type: of several, the first; a model as `dict(field=type)`, without defaults."""
    import enum
    import typing

    origin, parts = typing.get_origin(kind), typing.get_args(kind)
    given = [it for it in parts if it is not type(None) and it is not ...]
    fields = fields_of_model(kind)
    text = getattr(kind, "__name__", "str")
    if origin is typing.Literal:
        text = f"Literal[{', '.join(map(repr, parts))}]"
    elif isinstance(kind, type) and issubclass(kind, enum.Enum):
        text = f"Literal[{', '.join(repr(it.value) for it in kind)}]"
    elif type(kind).__name__ == "_AnnotatedAlias":
        text = annotation_text(parts[0])
    elif origin is typing.Union or type(kind).__name__ == "UnionType":
        text = annotation_text(given[0])
    elif origin is not None:
        name = getattr(origin, "__name__", "list")
        text = f"{name}[{', '.join(map(annotation_text, given))}]"
    elif fields is not None:
        inner = (f"{name}={annotation_text(it)}" for name, it in fields.items())
        text = f"dict({', '.join(inner)})"
    return text


def text_of_field(field):
    """Write the type of a field of pydantic, whose metadata has the condition of a path."""
    kinds = {"file": "FilePath", "dir": "DirectoryPath"}
    conditions = (getattr(it, "path_type", None) for it in field.metadata)
    path = next((kinds[it] for it in conditions if it in kinds), None)
    return path or annotation_text(field.annotation)


def fields_of_model(kind):
    """Map the required fields of a model to their types; None if it is another type."""
    if hasattr(kind, "model_fields"):
        return {name: it.annotation for name, it in required_fields(kind).items()}
    if hasattr(kind, "__fields__"):
        return {name: it.outer_type_ for name, it in kind.__fields__.items() if it.required}
    return None


def annotations_of_dynaconf(frames):
    for frame, _ in reversed(frames):
        validators = frame.f_locals.get("self")
        if type(validators).__name__ == "ValidatorList":
            prefix = validators.settings.ENVVAR_PREFIX_FOR_DYNACONF
            return {
                name_in_dynaconf(prefix, name): type_in_dynaconf(validator)
                for validator in validators
                for name in validator.names
            }
    return {}


def type_in_dynaconf(validator):
    """Write the type that a validator asks for; tables are written in TOML."""
    operations = validator.operations
    if "is_in" in operations:
        return f"Literal[{', '.join(map(repr, operations['is_in']))}]"
    if "eq" in operations:
        return f"Literal[{operations['eq']!r}]"
    compared = [operations[it] for it in ("gt", "gte", "lt", "lte") if it in operations]
    kind = operations.get("is_type_of") or validator.cast
    kind = kind[0] if isinstance(kind, tuple) else kind
    if not isinstance(kind, type):
        kind = type(compared[0]) if compared else str
    return "table" if kind is dict else kind.__name__


def is_unset(name):
    return name not in os.environ


def refused_variables(error, frames):
    """Name the variables whose values an object of a library does not accept."""
    module = type(error).__module__.split(".")[0]
    if module.startswith("pydantic"):
        return refused_by_pydantic(error, frames)
    if module == "environs" and isinstance(getattr(error, "error_messages", None), dict):
        return [name for name in error.error_messages if not is_unset(name)]
    if module == "dynaconf":
        return refused_by_dynaconf(error)
    return []


def refused_by_dynaconf(error):
    """Name the variables of the settings that a validator of dynaconf does not accept."""
    found = []
    for validator, text in getattr(error, "details", ()):
        settings = getattr(validator, "settings", None)
        prefix = getattr(settings, "ENVVAR_PREFIX_FOR_DYNACONF", None)
        found += [(prefix, name) for name in validator.names if name in text]
    prefixes = [it for it in os.environ if "_" in it]
    return [
        variable
        for prefix, name in found
        for variable in prefixes
        if variable == name_in_dynaconf(prefix, name)
        or (prefix is None and variable.endswith(f"_{name.upper()}"))
    ]


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


def required_by_dynaconf_attribute(frames):
    """Name the variable of the setting that `settings.NAME` or `settings["NAME"]` lacks."""
    for frame, _ in frames:
        local = frame.f_locals
        name = local.get("name", local.get("key"))
        is_reader = str(frame.f_globals.get("__name__", "")).startswith("dynaconf")
        if is_reader and isinstance(name, str):
            prefix = local["self"].ENVVAR_PREFIX_FOR_DYNACONF
            return [] if name.startswith("_") else [name_in_dynaconf(prefix, name)]
    return []


def pydantic_errors(error, frames):
    """Return the class of settings that pydantic could not fill, and what it lacks or refuses.

    Each of these has the type of the problem, and the path to the field.
    """
    if type(error).__name__ == "SettingsError":
        for frame, _ in reversed(frames):
            local = frame.f_locals
            if isinstance(local.get("field_name"), str) and hasattr(
                local.get("self"), "settings_cls"
            ):
                return local["self"].settings_cls, [("value", [local["field_name"]])]
        return None, []
    problems = [(one["type"], [str(part) for part in one["loc"]]) for one in error.errors()]
    model = getattr(error, "model", None)  # pydantic 1
    for frame, _ in reversed(frames) if model is None else ():
        kind = type(frame.f_locals.get("__pydantic_self__", frame.f_locals.get("self")))
        if any(it.__module__.startswith("pydantic_settings") for it in kind.__mro__):
            model = kind
            break
    return model, [it for it in problems if it[1]]


MISSING_IN_PYDANTIC = ("missing", "value_error.missing")


def required_by_pydantic(error, frames):
    """Map the variables that are missing to what their values look like.

    https://docs.pydantic.dev/latest/concepts/pydantic_settings/#environment-variable-names
    """
    model, problems = pydantic_errors(error, frames)
    found = {}
    for kind, loc in problems:
        if model is not None and kind in MISSING_IN_PYDANTIC:
            found.update(names_in_pydantic(model, loc))
    return {name: form for name, form in found.items() if is_unset(name)}


def refused_by_pydantic(error, frames):
    """Name the variables whose values pydantic does not accept."""
    model, problems = pydantic_errors(error, frames)
    if model is None:
        return []
    set_ones = {name.upper(): name for name in os.environ}
    names = [
        name
        for _, loc in problems
        for length in range(len(loc), 0, -1)
        for name in [name_in_pydantic(model, loc[:length])]
        if name.upper() in set_ones
    ]
    return [set_ones[name.upper()] for name in names]


def names_in_pydantic(model, loc):
    """Map the variables of a field to their forms; a nested model has several, or JSON."""
    name = name_in_pydantic(model, loc)
    config = getattr(model, "model_config", {})
    nested, is_known = model, hasattr(model, "model_fields")
    for part in loc if is_known else ():
        nested = nested_model(field_in_pydantic(nested, part)) if nested else None
    fields = required_fields(nested) if is_known and nested is not model else {}
    delimiter = config.get("env_nested_delimiter")
    if is_known and not delimiter and len(loc) > 1:
        return {}  # It is missing in JSON that one variable has.
    if not fields:
        return {name: "..."}
    if not delimiter:
        inner = ", ".join(f'"{field}": ...' for field in fields)
        return {name: f"{{{inner}}}"}
    found = {}
    for field in fields:
        found.update(names_in_pydantic(model, [*loc, field]))
    return found


def required_fields(model):
    fields = model.model_fields if model is not None else {}
    return {name: field for name, field in fields.items() if field.is_required()}


def field_in_pydantic(model, name):
    fields = model.model_fields
    aliases = (it for it in fields.values() if name in (it.validation_alias, it.alias))
    return fields.get(name) or next(aliases, None)


def nested_model(field):
    """Return the model that is the type of a field, alone or in a union."""
    annotation = getattr(field, "annotation", None)
    kinds = (annotation, *getattr(annotation, "__args__", ()))
    is_model = (it for it in kinds if isinstance(it, type) and hasattr(it, "model_fields"))
    return next(is_model, None)


def name_in_pydantic(model, loc):
    if not hasattr(model, "model_fields"):  # pydantic 1
        return min(model.__fields__[loc[0]].field_info.extra["env_names"]).upper()
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
        top = top or guarded(lambda one=one: modules_in(one.files or ()), [])
        if name:
            found[name.lower()] = {"version": one.version, "pythons": minors, "modules": top}
    return found


def modules_in(files):
    """Name the modules at the top of a distribution that does not name them itself."""
    tops = {one.parts[0] for one in files if one.suffix == ".py" and ".." not in one.parts}
    return sorted(one.removesuffix(".py") for one in tops)


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
