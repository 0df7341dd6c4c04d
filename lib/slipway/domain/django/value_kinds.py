"""Concludes what the value of a variable must look like from the code that reads it."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import pairwise

from slipway.domain.django.json_shapes import json_shape, template_of
from slipway.domain.python.syntax import parse_module, statement_of
from slipway.errors.django import RequiredVariable


@dataclass(frozen=True, kw_only=True)
class ValueForm:
    """What a value looks like."""

    kind: str
    """A key of placeholders.TEMPLATES, or another word for the log."""
    template: str = ""
    """A string.Template of the value; empty for the one of the kind."""
    content: str = ""
    """A template of what the file contains, if the value is the path of a file."""
    is_base64: bool = False

    @property
    def is_text(self) -> bool:
        """Whether any text fits, so that the name of the variable decides."""
        return self.kind in ("text", "list") and not self.template and not self.is_base64


_TEXT = ValueForm(kind="text")
_READ_AS: Mapping[str, str] = {
    **dict.fromkeys(
        ("int", "float", "Decimal", "decimal", "Fraction", "complex", "IntegerValue"), "number"
    ),
    **dict.fromkeys(("PositiveIntegerValue", "FloatValue", "DecimalValue"), "number"),
    **dict.fromkeys(
        ("PositiveInt", "NonNegativeInt", "StrictInt", "ByteSize", "PositiveFloat"), "number"
    ),
    **dict.fromkeys(("NonNegativeFloat", "timedelta", "parse_duration", "float32"), "number"),
    **dict.fromkeys(("bool", "boolean", "BooleanValue", "StrictBool", "strtobool"), "boolean"),
    **dict.fromkeys(
        ("str2bool", "str_to_bool", "to_bool", "as_bool", "parse_bool", "env_bool"), "boolean"
    ),
    **dict.fromkeys(("get_bool", "getbool", "bool_env", "get_bool_env"), "boolean"),
    **dict.fromkeys(
        ("list", "tuple", "set", "Csv", "CommaSeparatedStrings", "ListValue"), "list"
    ),
    **dict.fromkeys(("TupleValue", "SetValue", "env_list", "get_list"), "list"),
    "dict": "mapping",
    **dict.fromkeys(("json", "loads", "safe_load", "Json", "get_json"), "JSON object"),
    "literal_eval": "Python literal",
    "DictValue": "Python dictionary",
    **dict.fromkeys(
        ("db", "db_url", "dburl", "dj_db_url", "DatabaseURLValue", "parse_database_url"),
        "database",
    ),
    **dict.fromkeys(("dj_database_url.parse", "dj_database_url.config"), "database"),
    **dict.fromkeys(("PostgresDsn", "CockroachDsn"), "PostgreSQL database"),
    **dict.fromkeys(("MySQLDsn", "MariaDBDsn"), "MySQL database"),
    **dict.fromkeys(("RedisDsn",), "Redis"),
    **dict.fromkeys(("AmqpDsn",), "AMQP broker"),
    **dict.fromkeys(("MongoDsn",), "MongoDB"),
    **dict.fromkeys(("cache", "cache_url"), "cache of django-environ"),
    **dict.fromkeys(
        ("dj_cache_url", "django_cache_url.parse", "django_cache_url.config"), "cache"
    ),
    "CacheURLValue": "cache",
    **dict.fromkeys(("email_url", "dj_email_url", "EmailURLValue"), "email server"),
    **dict.fromkeys(("dj_email_url.parse", "dj_email_url.config"), "email server"),
    **dict.fromkeys(("search", "search_url", "SearchURLValue"), "search engine"),
    **dict.fromkeys(("channels", "channels_url"), "channel layer"),
    **dict.fromkeys(("email", "EmailValue", "EmailStr", "NameEmail", "Email"), "email address"),
    **dict.fromkeys(
        ("url", "URL", "URLValue", "AnyUrl", "AnyHttpUrl", "HttpUrl", "WebsocketUrl"), "URL"
    ),
    **dict.fromkeys(("urlparse", "urlsplit", "parse_url", "make_url"), "URL with a port"),
    **dict.fromkeys(("from_url",), "Redis"),
    **dict.fromkeys(("uuid", "UUID", "UUID4", "UUID1"), "UUID"),
    **dict.fromkeys(("date", "datetime", "fromisoformat", "parse_date"), "date"),
    **dict.fromkeys(("parse_datetime", "AwareDatetime", "NaiveDatetime"), "date and time"),
    **dict.fromkeys(("time", "parse_time"), "time"),
    **dict.fromkeys(("log_level", "getLevelName"), "log level"),
    **dict.fromkeys(("ZoneInfo", "timezone"), "time zone"),
    **dict.fromkeys(("ip_address", "ip_network", "IPv4Address", "IPv4Network"), "IP address"),
    **dict.fromkeys(("IPvAnyAddress", "IPvAnyNetwork", "IPValue"), "IP address"),
    **dict.fromkeys(("Fernet", "MultiFernet"), "Fernet key"),
    "fromhex": "hexadecimal number",
    "unhexlify": "hexadecimal number",
    **dict.fromkeys(("open", "read_text", "read_bytes", "FilePath", "PathValue"), "file"),
    **dict.fromkeys(("from_service_account_file", "load_cert_chain"), "file"),
    **dict.fromkeys(("from_service_account_info",), "JSON object"),
    **dict.fromkeys(("DirectoryPath", "listdir", "scandir", "iterdir"), "folder"),
    **dict.fromkeys(("path", "Path", "NewPath", "PurePath"), "path"),
    **dict.fromkeys(("SecretValue", "Secret", "SecretStr", "SecretBytes"), "secret"),
    "table": "TOML table",
}
"""What reads a value, by the last part of its name, or the last two -> the kind of the value.

The names are those of Python's standard library, django-environ, environs, python-decouple,
starlette, pydantic, django-configurations and usual functions of apps.
"""
_DECODERS = ("b64decode", "urlsafe_b64decode", "decodebytes", "standard_b64decode")
_JSON = '{"$text": "$text"}'
_LOADERS: Mapping[str, str] = {
    **dict.fromkeys(
        ("json.load", "json.loads", "safe_load", "yaml.load"), '{"$text": "$text"}'
    ),
    **dict.fromkeys(("tomllib.load", "tomli.load", "toml.load"), 'value = "$text"\n'),
    **dict.fromkeys(("read_file", "read_string"), "[$text]\nvalue = $text\n"),
    "from_service_account_file": _JSON,
}
"""Functions that parse a file -> what it contains."""
_BOOLEANS = frozenset("true yes on 1 t y false no off 0 f n enabled disabled".split()) | {""}
_MOST_PARTS = 10
_WITH_QUOTES = ("JSON", "TOML", "Python", "file", "folder", "path")
"""Starts of kinds of values that are no plain texts."""
_CASTS = ("cast", "subcast", "subcast_values", "type", "cast_type", "parser", "is_type_of")
_MAPPINGS = ("dict", "Mapping", "MutableMapping")
_COLLECTIONS = ("list", "tuple", "set", "frozenset", "Sequence", "Iterable", "Collection")


def fit_by_read(variable: RequiredVariable) -> ValueForm | None:
    """Return what the value must look like; None if the code does not say."""
    module = parse_module(variable.read)
    if module is None or not module.body:
        return None
    statement, *uses = module.body
    if isinstance(statement, ast.AnnAssign) and statement.value is None:
        return _of_annotation(statement.annotation)
    path, name = _path(statement, variable.name), name_assigned(statement)
    if path:
        fit = _along(path)
        if uses and (fit is None or fit.is_text):
            later = (_along(_path_of_name(it, name)) for it in uses)
            fit = next((it for it in later if it and not it.is_text), fit)
        return _with_members(fit, module.body, variable.name) if fit else None
    calls = [it for it in ast.walk(statement) if isinstance(it, ast.Call)]
    fits = {fit for it in calls if (fit := _of_function(it.func))}
    return fits.pop() if len(fits) == 1 else None


def _with_members(fit: ValueForm, statements: list[ast.stmt], variable: str) -> ValueForm:
    """Return what a value must look like in which statements look up keys, if it is JSON."""
    shape = json_shape(statements, lambda node: names_variable(node, variable))
    if not shape:
        return fit
    content = template_of(shape, lambda node: _member(node, statements))
    if fit.kind == "file" and (not fit.content or fit.content.startswith("{")):
        return replace(fit, content=content)
    return replace(fit, template=content) if fit.kind == "JSON object" else fit


def _member(lookup: ast.AST, statements: list[ast.stmt]) -> str:
    """Return a template of a text in a JSON document, from how it is looked up and used."""
    place = next(n for n, it in enumerate(statements) if lookup in ast.walk(it))
    uses = [_outwards(lookup, statements[place])]
    if getattr(statements[place], "value", None) is lookup:
        name = name_assigned(statements[place])
        uses += [_path_of_name(it, name) for it in statements[place + 1 :] if name]
    for found in map(_along, uses):
        if found and not found.is_text and not found.kind.startswith(_WITH_QUOTES):
            return found.template or f"${{{found.kind.replace(' ', '_')}}}"
    keys = [it.value for it in ast.walk(lookup) if isinstance(it, ast.Constant)]
    return "${number}" if any(str(it).lower().endswith("port") for it in keys) else "$text"


def name_assigned(statement: ast.stmt) -> str:
    """Return the name to which a statement assigns its value; empty if there is none."""
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
            return name
    return ""


def names_of(variable: RequiredVariable) -> Iterator[str]:
    """Yield the name of a variable, and of what its value is assigned to."""
    yield variable.name
    statement = statement_of(variable.read)
    path = _path(statement, variable.name) if statement else []
    for inner, outer in pairwise(path):
        match outer:
            case ast.Dict(keys=keys, values=values):
                named = (k for k, v in zip(keys, values, strict=True) if v is inner)
                yield from (str(it.value) for it in named if isinstance(it, ast.Constant))
                return
            case ast.keyword(arg=str(name)) if name not in ("default", "cast"):
                yield name
            case (
                ast.Assign(targets=[ast.Name(id=name)])
                | ast.AnnAssign(target=ast.Name(id=name))
            ):
                yield name


def names_variable(node: ast.AST, name: str) -> bool:
    """Return whether code has the name of a variable, or all of it but a prefix."""
    return bool(_path(node, name))


def _path(statement: ast.AST, name: str) -> list[ast.AST]:
    """Return the node that names a variable, and those around it, the innermost first."""
    best: tuple[int, ast.AST] | None = None
    for node in ast.walk(statement):
        match node:
            case ast.Constant(value=str(text)) | ast.Attribute(attr=text):
                is_named = text and f"_{name}".endswith(f"_{text}")
                if is_named and (best is None or len(text) > best[0]):
                    best = (len(text), node)
    return _outwards(best[1] if best else None, statement)


def _along(path: list[ast.AST]) -> ValueForm | None:
    """Return what a value must look like that goes this way, from where it is read."""
    way = _Way(path)
    for inner, node in pairwise(path):
        way.go(inner, node)
    return way.fit


class _Way:
    """Follows a value from the expression that reads it to the ones around it."""

    def __init__(self, path: list[ast.AST]) -> None:
        self.path = path
        self.read = next((it for it in path if isinstance(it, ast.Call | ast.Subscript)), None)
        self.found: ValueForm | None = None
        self.separator = ""
        """What the value is split at."""
        self.is_base64 = False

    @property
    def fit(self) -> ValueForm | None:
        if self.found is not None and self.is_base64:
            return replace(self.found, is_base64=self.found.kind != "file")
        if self.is_base64:
            return ValueForm(kind="Base64 text")
        return self.found or (_TEXT if self.separator else None)

    def go(self, inner: ast.AST, node: ast.AST) -> None:
        """Take into account the node around the one that has been reached."""
        fit: ValueForm | None = None
        match node:
            case ast.Call():
                fit = self._through_call(inner, node)
            case ast.Compare(comparators=[other]) if inner is not other:
                fit = self._compared(node)
            case ast.comprehension(iter=iterated) if inner is iterated:
                outer = self.path[self.path.index(node) + 1]
                fit = _of_each(outer, node, self.separator)
            case ast.Subscript(value=value) if inner is value:
                fit = self._part(node.slice)
            case ast.Subscript(value=ast.Dict(keys=keys)):
                fit = _choice([it.value for it in keys if isinstance(it, ast.Constant)])
            case ast.Assign(targets=[ast.Tuple(elts=parts)]) if self.separator:
                fit = _parts(self.separator, len(parts))
            case ast.With(body=body) if self.found and self.found.kind == "file":
                calls = (it for part in body for it in ast.walk(part))
                contents = (_content(it.func) for it in calls if isinstance(it, ast.Call))
                self.found = replace(self.found, content=next(filter(None, contents), ""))
        self.found = _narrowed(self.found, fit)

    def _through_call(self, inner: ast.AST, call: ast.Call) -> ValueForm | None:
        name = _name(call.func).rpartition(".")[2]
        if self.found is not None and self.found.kind == "file":
            self.found = replace(self.found, content=_content(call.func) or self.found.content)
        if call is self.read and inner is not call.func:
            return _of_cast(call) or _of_function(call.func)
        if name in ("split", "rsplit") and inner is call.func:
            self.separator = _first_text(call) or " "
            return None
        if name in _DECODERS:
            self.is_base64 = True
            return None
        if name == "map" and inner in call.args[1:]:
            return _of_function(call.args[0])
        return None if isinstance(inner, ast.keyword) else _of_function(call.func)

    def _compared(self, node: ast.Compare) -> ValueForm | None:
        words = {str(it.value).lower() for it in _constants(node) if it is not self.path[0]}
        is_boolean = self.found is None and words and words <= _BOOLEANS
        return ValueForm(kind="boolean") if is_boolean else None

    def _part(self, index: ast.expr) -> ValueForm | None:
        match index:
            case ast.Constant(value=int(number)) if self.separator and 0 < number < _MOST_PARTS:
                return _parts(self.separator, number + 1)
        return None


def _parts(separator: str, number: int) -> ValueForm:
    if (separator, number) == (":", 2):
        return ValueForm(kind="host and port")
    return ValueForm(kind="text", template=separator.join(["$text"] * number))


def _narrowed(found: ValueForm | None, fit: ValueForm | None) -> ValueForm | None:
    """Return the stricter one of what a function needs and what one around it needs."""
    if fit is None or found is None:
        return fit or found
    if found.kind == "path" and fit.kind in ("file", "folder"):
        return fit
    if found.kind == "number" and fit.kind == "boolean":
        return ValueForm(kind="switch")
    return fit if found.is_text else found


def _of_each(outer: ast.AST, loop: ast.comprehension, separator: str) -> ValueForm | None:
    """Return what the parts of a list must look like, from what is made of each."""
    if not isinstance(loop.target, ast.Name):
        pair = isinstance(loop.target, ast.Tuple) and separator
        return ValueForm(kind="text") if pair else None
    element = getattr(outer, "elt", getattr(outer, "key", None))
    for node in ast.walk(element) if isinstance(element, ast.AST) else ():
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)) if (
                name == loop.target.id and method in ("split", "rsplit", "partition")
            ):
                return ValueForm(kind="text", template=f"$text{_first_text(node) or ' '}$text")
            case ast.Call(func=function, args=[argument, *_]) if any(
                isinstance(it, ast.Name) and it.id == loop.target.id
                for it in ast.walk(argument)
            ):
                fit = _of_function(function)
                if fit is not None and not fit.is_text:
                    return fit
    return None


def _of_cast(call: ast.Call) -> ValueForm | None:
    """Return what a call that reads a variable makes of its value."""
    choices = _choices_in(call)
    if choices:
        return _choice(choices)
    outer = _of_function(call.func)
    casts = [it.value for it in call.keywords if it.arg in _CASTS]
    casts += [it for it in call.args if not isinstance(it, ast.Constant)]
    checks = (it.value for it in call.keywords if it.arg in ("validate", "validator"))
    casts += [it for check in checks for it in ast.walk(check) if isinstance(it, ast.Call)]
    fit = next(filter(None, map(_of_value, casts)), None)
    if fit is None or outer is None or outer.kind == "list":
        return fit or outer
    if outer.kind == "mapping" and fit.kind == "number":
        return ValueForm(kind="mapping", template="$text=1")
    return fit if outer.is_text else outer


def _choices_in(call: ast.Call) -> list[object]:
    """List the values that environs or python-decouple accepts."""
    for node in ast.walk(call):
        match node:
            case ast.Call(func=function) if _name(function).endswith(("OneOf", "Choices")):
                parts = [*node.args[:1], *(it.value for it in node.keywords[:1])]
            case ast.keyword(arg="choices", value=value):
                parts = [value]
            case _:
                continue
        return [it.value for part in parts for it in _constants(part)]
    return []


def _of_value(cast: ast.AST) -> ValueForm | None:
    """Return what a function, a class, or an expression for one, takes."""
    match cast:
        case ast.List(elts=[part]) | ast.Tuple(elts=[part]):
            return _of_value(part)
        case ast.Lambda(args=ast.arguments(args=[argument, *_]), body=body):
            return _along(_path_of_name(body, argument.arg))
        case ast.Call(func=function, args=args, keywords=words):
            inner = [*args, *(it.value for it in words if it.arg in _CASTS)]
            fits = (_of_value(it) for it in inner if not isinstance(it, ast.Constant))
            return next(filter(None, fits), None) or _of_function(function)
        case ast.Name() | ast.Attribute():
            return _of_function(cast)
    return None


def _path_of_name(body: ast.AST, name: str) -> list[ast.AST]:
    names = (it for it in ast.walk(body) if isinstance(it, ast.Name) and it.id == name)
    return _outwards(next(names, None), body)


def _outwards(node: ast.AST | None, body: ast.AST) -> list[ast.AST]:
    parents = {child: node for node in ast.walk(body) for child in ast.iter_child_nodes(node)}
    found = [node] if node is not None else []
    while found and found[-1] in parents:
        found.append(parents[found[-1]])
    return found


def _of_function(function: ast.AST) -> ValueForm | None:
    name = _name(function)
    short = ".".join(name.split(".")[-2:])
    if short == "os.path":
        return None
    kind = _READ_AS.get(short) or _READ_AS.get(name.rpartition(".")[2])
    if kind == "email address" and not name.islower():
        # pydantic refuses .invalid:
        # https://github.com/JoshData/python-email-validator
        return ValueForm(kind=kind, template="$text@$marker.example")
    content = _content(function) if kind == "file" else ""
    return ValueForm(kind=kind, content=content) if kind else None


def _content(function: ast.AST) -> str:
    name = _name(function)
    short = ".".join(name.split(".")[-2:])
    return _LOADERS.get(short) or _LOADERS.get(name.rpartition(".")[2], "")


def _name(function: ast.AST) -> str:
    """Return the name of a function, without what it is a method of if that is a value."""
    match function:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=ast.Name() | ast.Attribute() as owner, attr=name):
            return f"{_name(owner)}.{name}"
        case ast.Attribute(attr=name):
            return name
    return ""


def _choice(values: list[object]) -> ValueForm | None:
    """Return one of the values that the code allows, the one of production if it has one."""
    texts = [str(it) for it in values if isinstance(it, str | int | float) and str(it)]
    likely = (it for it in texts if re.match(r"(?:prod|live)", it, re.IGNORECASE))
    chosen = next(likely, texts[0] if texts else None)
    if chosen is None:
        return None
    return ValueForm(kind="choice", template=chosen.replace("$", "$$"))


def _constants(node: ast.AST) -> Iterator[ast.Constant]:
    yield from (it for it in ast.walk(node) if isinstance(it, ast.Constant))


def _first_text(call: ast.Call) -> str:
    match call.args:
        case [ast.Constant(value=str(text)), *_]:
            return text.replace("$", "$$")
    return ""


def _of_annotation(node: ast.expr) -> ValueForm:
    """Return what pydantic takes for a type; for one with parts that is JSON."""
    match node:
        case ast.Call(func=ast.Name(id="dict")) | ast.Subscript():
            template = _json_of(node)
            if isinstance(node, ast.Subscript) and _name(node.value) == "Literal":
                return _choice([it.value for it in _constants(node)]) or _TEXT
            kind = "JSON list" if template.startswith("[") else "JSON object"
            return ValueForm(kind=kind, template=template)
    name = _name(node).rpartition(".")[2]
    if name in _COLLECTIONS:
        return ValueForm(kind="JSON list")
    if name in (*_MAPPINGS, "Json"):
        return ValueForm(kind="JSON object")
    return _of_function(node) or _TEXT


def _json_of(node: ast.expr) -> str:
    """Return a template of JSON for a type."""
    match node:
        case ast.Call(func=ast.Name(id="dict"), keywords=fields):
            inner = (f"{json.dumps(it.arg)}: {_json_of(it.value)}" for it in fields)
            return f"{{{', '.join(inner)}}}"
        case ast.Subscript(value=ast.Name(id="Literal"), slice=values):
            first = next(_constants(values), None)
            return json.dumps(first.value if first else None, default=str).replace("$", "$$")
        case ast.Subscript(value=ast.Name(id=name), slice=inner):
            types = inner.elts if isinstance(inner, ast.Tuple) else [inner]
            parts = [_json_of(it) for it in types]
            is_mapping = name in _MAPPINGS
            return f'{{"$text": {parts[-1]}}}' if is_mapping else f"[{', '.join(parts)}]"
    fit = _of_annotation(node)
    value = f"${{{fit.kind.replace(' ', '_')}}}"
    is_text = fit.kind not in ("number", "boolean", "JSON list", "JSON object")
    return f'"{fit.template or value}"' if is_text else value
