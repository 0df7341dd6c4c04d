"""Make text from outside fit for a log: without credentials, control characters, endless lines.

The console does this with everything that it prints. Other code needs it only for text that is
stored, or quoted within a sentence.
"""

from __future__ import annotations

import html
import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from hashlib import sha256
from urllib.parse import quote, unquote

LONGEST = 4_000
"""The most characters of a line that are shown."""
_CUT = " [the rest of this line is left out]"
STRUCK = "****"

# Addresses. Each pattern takes linear time: where it fails, it has read nothing that a second
# attempt could read again.

_USER_INFO = re.compile(r"(?<=[A-Za-z0-9+.-])://[^\s/?#]*@")
"""RFC 3986, 3.2: it ends before the path, so that a path such as /@scope stays as it is."""
# posixpath.normpath makes `:/` of `://`.
_SLASHES = re.compile(
    r"(?<=[A-Za-z0-9+.-])://|(?<=https:)/(?!/)|(?<=http:)/(?!/)", re.IGNORECASE
)
_AUTHORITY = re.compile(r"[^\s/?#\\]*")
_HOST = re.compile(r"(?:\w[\w-]*(?:\.[\w-]+)+|localhost|\[[0-9A-Fa-f:.]+\])\.?(?::\d*)?")
AT_HOST = re.compile(
    r"@(?:(?:[A-Za-z0-9_-]{1,63}\.){1,8}(?!(?:gz|json|tgz|whl|zip)\b)[A-Za-z]{2,63}|localhost"
    r"|\d{1,3}(?:\.\d{1,3}){3}|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?(?P<end>[/?#\s]|$)"
)
"""An @ and what is certainly a host: a path may have an @ too."""
_AT_FULL_HOST = re.compile(r"@[\w-]+(?:\.[\w-]+)+(?::\d+)?/")
_PLACEHOLDER = re.compile(
    r"user:(?:token|password)@[\w-]+\.example(?![\w.-])|(?:\$\{[A-Z0-9_]+\}:?){1,2}@"
)
"""What advice shows, on hosts that cannot exist (RFC 2606, 2), and pip's variables."""
_END = re.compile(r"[\s\"'<>`]")
_IS_STRUCK = re.compile(r"\*{4}[.,;:)]*")
# HTML and XML write `&` as `&amp;`.
_PARAMETER = re.compile(r"(?:(?<=[?&])|(?<=&amp;))(?P<name>[\w-]*)=(?P<value>[^\s&#\"'<>]+)")


def redact(text: str) -> str:
    """Replace the part before the @ of each address with ****, and secrets in its query.

    In an address such as `https://user:a/b@host`, which no program reads as it was meant, that
    part ends at the last @.
    """
    if ":/" not in text or not ("@" in text or "=" in text):
        return text
    parts, done = [], 0
    for start, rest, is_repository in _addresses(text):
        if _PLACEHOLDER.match(rest):
            continue
        end = _end_of_user_info(rest, is_repository=is_repository)
        shown = f"{STRUCK}{rest[end - 1 :]}" if end else rest
        parts += [text[done:start], _PARAMETER.sub(_redact_parameter, shown)]
        done = start + len(rest)
    return "".join([*parts, text[done:]])


def _redact_parameter(found: re.Match[str]) -> str:
    if _IS_STRUCK.fullmatch(found["value"]):
        return found[0]  # keeps the punctuation of the sentence around it
    return f"{found['name']}={STRUCK}" if _is_secret_parameter(found["name"]) else found[0]


def _is_secret_parameter(name: str) -> bool:
    """Tell whether a parameter has a secret; a signature gives access as a password does."""
    return _is_signature(name) or is_secret_name(name)


def _is_signature(name: str) -> bool:
    return _upper(name).rpartition("_")[2] in _SIGNATURES


def _addresses(text: str) -> Iterator[tuple[int, str, bool]]:
    """Yield each address: where its slashes end, what follows, whether it may have a revision.

    It ends where the next address begins or with the line, so it may have blanks.
    """
    starts = [*_SLASHES.finditer(text)]
    ends = [*(one.start() for one in starts[1:]), len(text)]
    for found, end in zip(starts, ends, strict=False):
        before = text[max(0, found.start() - 16) : found.start()]
        rest = text[found.end() : end].partition("\n")[0]
        scheme = "".join(before.lower().split()[-1:])
        yield found.end(), rest, "+" in scheme or scheme.rstrip(":").endswith("ssh")


def _end_of_user_info(rest: str, *, is_repository: bool, is_whole: bool = False) -> int:
    """Return where the user info of an address ends, after its @; 0 if it has none.

    `rest` follows the slashes, and may go on after the address, unless it `is_whole`.
    """
    found = _AUTHORITY.match(rest)
    authority = found[0] if found else ""
    end = authority.rfind("@") + 1
    host = authority[end:]
    if not authority or _HOST.fullmatch(host):
        return end
    if not is_whole:
        after = _END.search(rest, len(authority))
        rest = rest[: after.start()] if after else rest
        _, colon, port = host.partition(":")
        if colon and (not port or port.isdigit()):
            # In `https://ci:12/3@index.example/simple`, `ci` would be the host.
            later = [*AT_HOST.finditer(rest, len(authority))]
            is_revision = is_repository and later and later[-1]["end"] != "/"
            return later[-1].start() + 1 if later and not is_revision else end
    if is_repository:
        return max([end, *(at.start() + 1 for at in _AT_FULL_HOST.finditer(rest))])
    return max(end, rest.rfind("@") + 1)


def without_credentials(text: str) -> str:
    """Remove the part before the @ of each address, so that all users get the same address."""
    return _USER_INFO.sub("://", text) if "@" in text else text


def without_secrets(text: str) -> str:
    """Remove credentials and the secrets in queries, for the key of what an address has.

    A new token for the same address then makes no new key.
    """
    if "://" not in text:
        return text
    kept = _PARAMETER.sub(_unreadable_parameter, text) if "=" in text else text
    return without_credentials(kept)


def _unreadable_parameter(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    if not _is_secret_parameter(name):
        return found[0]
    if _is_signature(name) or any(word in _upper(name) for word in _SECRET_WORDS):
        return f"{name}="
    # `key=` may as well name a file, so that another value may be another file.
    return f"{name}={sha256(value.encode('utf-8', 'replace')).hexdigest()[:16]}"


# Characters


def printable(text: str, kept: str = "") -> str:
    """Escape control characters and other characters that are not visible."""
    if text.isprintable():
        return text
    return "".join(one if one.isprintable() or one in kept else _escaped(one) for one in text)


_COLOUR = re.compile(r"(\x1b\[[0-9;:]*m)")
_HARMFUL = ("Cc", "Cf", "Cs", "Zl", "Zp")
"""Categories of characters that move a cursor, reverse text, end a line or are not text:
https://www.unicode.org/reports/tr44/#General_Category_Values"""
_HARMLESS = "\t\N{ZERO WIDTH JOINER}\N{ZERO WIDTH NON-JOINER}"
"""Exceptions: scripts and emoji need the joiners."""


def visible(text: str) -> str:
    """Escape the characters that would change how a terminal shows a line."""
    if text.isprintable():
        return text
    return "".join(
        _escaped(one)
        if not one.isprintable()
        and one not in _HARMLESS
        and unicodedata.category(one) in _HARMFUL
        else one
        for one in text
    )


def _escaped(letter: str) -> str:
    return letter.encode("unicode_escape").decode()


def without_colours(text: str) -> str:
    """Remove the codes with which programs colour their output."""
    return _COLOUR.sub("", text) if "\x1b" in text else text


def _coloured(text: str) -> str:
    """Escape everything except colours, which end with the line."""
    pieces = _COLOUR.split(text)
    if len(pieces) == 1:
        return visible(text)
    shown = "".join(
        piece if number % 2 else visible(piece) for number, piece in enumerate(pieces)
    )
    return shown if pieces[-2] in ("\x1b[m", "\x1b[0m") else f"{shown}\x1b[0m"


# Secrets

_SECRET_WORDS = (
    *("SECRET", "TOKEN", "PASSWORD", "PASSWD", "PASSPHRASE", "CREDENTIAL", "PRIVATE"),
    *("SIGNATURE", "API_KEY", "APIKEY", "ACCESS_KEY", "ACCESSKEY", "ACCOUNTKEY"),
)
_LAST_SECRET_WORDS = ("AUTH", "KEY", "KEYS", "PASS", "PAT", "PW", "SALT")
_SIGNATURES = ("SIG", "HMAC", "JWT")
"""The last words of parameters that sign an address, if they do not say so: `sig` is Azure's,
https://learn.microsoft.com/en-us/rest/api/storageservices/create-service-sas."""
_FILE_WORDS = ("_FILE", "_PATH", "_DIR", "_FOLDER", "_SOCK", "_SOCKET")
_FILE = re.compile(r"[~.]{0,2}/[\w./-]+\.\w{1,5}")
_MEMBER = re.compile(r'"(?P<key>[^"\\]{1,100})"\s*:\s*"(?P<text>(?:[^"\\]|\\.)*)')
"""In JSON, whose end may be missing."""
_PUBLIC_KEYS = frozenset(
    "host hosts hostname hostnames port ports name dbname database databasename db user "
    "username login type provider region bucket bucketname scheme protocol plan vhost ssl tls "
    "sslmode instancename bindingname".split()
)
"""Keys of a service's credentials, in lower-case letters, whose values are no secret."""
_PUBLIC_ENDS = (
    *("URL", "URLS", "URI", "URIS", "ENDPOINT", "HOST", "IP", "PORT", "ADDRESS", "DOMAIN"),
    *("FILE", "PATH", "TYPE", "NAME", "VERSION"),
)
_SECRET_ENDS = ("AUTH", "KEY", "KEYS", "PASS", "PIN", "PW", "PWD", "SALT")
"""How the names of credentials end in capital letters, without punctuation."""
_SECRET_GROUPS = ("KEY", "PASSWORD", "SECRET", "TOKEN")
_RANDOM = re.compile(
    r"(?=.*\d)(?!.*[<>!~]=)(?:[0-9A-Za-z]{20,}|[0-9A-Fa-f-]{32,}"
    r"|(?!/)(?=.*[a-z])(?=.*[A-Z])[^\s.:\\]{12,}"
    r"|(?=.*[A-Za-z])(?=.*[!#$%^&])[^\s:/\\]{8,}"
    r"|eyJ[\w.-]{20,})"
)
"""Letters and digits in a mixture that no word, host, version or path has; the last one is a
JSON Web Token."""
_LOGIN = re.compile(r"[^\s:@/]+:\S+@")
"""Of an address that has no scheme."""
_ASSIGNMENT = re.compile(
    r"(?<![\w-])(?P<name>[\w-]{1,60})\s{0,4}=\s{0,4}"
    r"(?P<value>'[^']+'|\"[^\"]+\"|(?:(?![;,&](?:\s|$|[\w -]{1,60}=))\S)+)"
)
"""In a connection string such as `host=db.example password=PASSWORD`, whatever is between its
settings."""
_VARIABLE = re.compile(r"(?:\$\{?\w+\}?:?)+")
_NETRC_PASSWORD = re.compile(r"(?<!\S)password\s+(\S+)")
_SHORTEST = 4
_SHORTEST_PART = 6
_UNMISTAKABLE = 8
"""Characters of a secret that is struck within words too."""
_LONGEST_NUMBER = 5
"""Digits of a number that may as well be a port or a time limit."""
_TOKEN = 16
"""Characters of a user name with digits that may as well be a token."""
_SEPARATOR = re.compile(r"[\s#/?\\;\[\]@:&]+")
_COMMON = frozenset(
    "true false none null undefined auto default enabled disabled required optional "
    "test tests testing dev development prod production staging local localhost "
    "admin root user username password passwd secret token private public guest "
    "example dummy changeme change-me insecure unused basic "
    "app application build builder web worker server django flask python "
    "postgres postgresql mysql mariadb redis rabbitmq "
    "git oauth2 x-oauth-basic x-access-token x-token-auth __token__ gitlab-ci-token".split()
)
"""Values that say nothing, and that many lines of a log contain."""
_RESERVED = "!#$%&'()*+,/:;=?@[]~"
"""Characters that some programs leave as they are when they encode an address again."""


def is_secret_name(name: str) -> bool:
    """Tell whether a variable of this name usually has a secret."""
    upper = _upper(name)
    if any(word in upper for word in _SECRET_WORDS):
        return "TOKENIZ" not in upper
    return upper.rpartition("_")[2] in _LAST_SECRET_WORDS or upper.endswith("_PWD")


def _upper(name: str) -> str:
    return name.upper().replace("-", "_")


class Secrets:
    """The secrets that a build has met so far, to be struck out of everything that it prints.

    One value for the whole build: each door begins with its environment variables, and what a
    build reads later is added.
    """

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._texts: dict[str, None] = {}
        self._by_start: dict[str, list[str]] = {}
        """The same, by their first letters: most lines have none of these."""
        self.learn_variables(variables or {})

    def learn_variables(self, variables: Mapping[str, str]) -> None:
        """Learn the values of variables with secret names, and all credentials in addresses."""
        for name, value in variables.items():
            self.learn(f"http://{value}" if _is_bare_proxy(name, value) else value)
            members = [*_members(value)] if value.startswith(("{", "[")) else []
            for key, member in members:
                self.learn_variables({key: member})
            if not members and is_secret_name(name) and not _names_a_place(name, value):
                self.learn_value(value)

    def learn_credentials(self, credentials: Iterable[tuple[str, str]]) -> None:
        """Learn pairs of key and value that a service has passed, whatever the service is.

        The keys have dots between levels, such as `protocols.amqp.uri`. A value is a secret if
        its key says so, such as `password`. Of a key that says nothing, it is one if it looks
        random: users also keep plain settings in services.
        """
        for key, value in credentials:
            self.learn(value)
            if "://" not in value and _LOGIN.match(value):
                self.learn(f"http://{value}")
            members = [*_members(value)] if value.startswith(("{", "[")) else []
            self.learn_credentials((name or key, member) for name, member in members)
            for secret in () if members else _secrets_in(key, value):
                self.learn_value(secret)

    def learn(self, text: str) -> None:
        """Learn the credentials in the addresses of a text, such as a line of requirements."""
        if ":/" not in text:
            return
        is_whole = text.count("://") == 1 and _is_address(text)
        for _, rest, is_repository in _addresses(text):
            for whole in {False, is_whole}:
                end = _end_of_user_info(rest, is_repository=is_repository, is_whole=whole)
                if end:
                    self._learn_user_info(rest[: end - 1])
            for parameter in _PARAMETER.finditer(rest):
                if _is_secret_parameter(parameter["name"]):
                    self.learn_value(parameter["value"])

    def learn_file(self, text: str) -> None:
        """Learn the credentials in the addresses of a file, line by line."""
        if "@" in text and ":/" in text:
            for line in text.splitlines():
                if "@" in line:
                    self.learn(line)

    def learn_netrc(self, text: str) -> None:
        """Learn the passwords in a netrc file."""
        for password in _NETRC_PASSWORD.findall(text):
            self.learn_value(password)

    def learn_value(self, secret: str) -> None:
        """Learn a password, a token or a key; one of several lines is learned line by line."""
        if "\n" not in secret or "-----" not in secret:
            self._add(secret.strip())
        lines = secret.replace("\\n", "\n").splitlines()
        for line in lines if len(lines) > 1 else ():
            if not line.startswith("-----"):  # the marks around a key
                self._add(line.strip())

    def _learn_user_info(self, user_info: str) -> None:
        if user_info in self._texts:
            return
        user, _, password = user_info.partition(":")
        if password and not _VARIABLE.fullmatch(user_info):
            self._add(user_info)
            self._add(_base64(unquote(user_info)))
        self._add(password)
        parts = _SEPARATOR.split(unquote(password))
        for part in parts if len(parts) > 1 else ():  # what a program shows of it as a host
            if len(part) >= _SHORTEST_PART:
                self._add(part)
        is_token = len(user) >= _TOKEN and any(map(str.isdigit, user))
        if is_token or password.lower() in _COMMON or not password:
            self._add(user)

    def _add(self, secret: str) -> None:
        is_number = secret.isdigit() and len(secret) <= _LONGEST_NUMBER
        is_usual = is_number or secret.lower() in _COMMON or _VARIABLE.fullmatch(secret)
        if len(secret) >= _SHORTEST and secret not in self._texts and not is_usual:
            for text in _notations(secret):
                if len(text) >= _SHORTEST and text not in self._texts:
                    self._texts[text] = None
                    self._by_start.setdefault(text[:_SHORTEST], []).append(text)

    def strike(self, text: str) -> str:
        """Replace each secret in a text with ****; it may have several lines."""
        spans = [
            span
            for start in self._starts_in(text)
            for secret in self._by_start[start]
            for span in _find(secret, text)
        ]
        if spans:
            text = _without(sorted(spans), text)
        return redact(text)

    def _starts_in(self, text: str) -> Iterable[str]:
        """Return the first letters of secrets that a text contains."""
        if len(self._by_start) < len(text):
            return [start for start in self._by_start if start in text]
        pieces = (text[at : at + _SHORTEST] for at in range(len(text) - _SHORTEST + 1))
        return self._by_start.keys() & pieces

    def clean(self, line: str) -> str:
        """Make one line fit for a log."""
        return _visible_start(self.strike(line))

    def clean_sentence(self, text: str) -> str:
        """Make a text fit for a log before it is wrapped, as a secret may have blanks."""
        return printable(self.strike(text), kept="\n\t")

    def clean_output(self, line: str) -> str:
        """Make a line of another program fit for a log; its colours stay."""
        plain = without_colours(line)
        struck = self.strike(plain)
        if struck == plain and len(line) <= LONGEST:
            shown = _coloured(line)
            if len(shown) <= LONGEST:
                return shown
        return _visible_start(struck)


def _names_a_place(name: str, value: str) -> bool:
    """Tell whether a value is an address or a file rather than a secret."""
    is_file = name.upper().endswith(_FILE_WORDS) or _FILE.fullmatch(value)
    return bool(is_file or _is_address(value))


def _is_address(text: str) -> bool:
    scheme, slashes, _ = text.partition("://")
    return bool(slashes) and re.fullmatch(r"\s*[A-Za-z][A-Za-z0-9+.-]*", scheme) is not None


def _is_bare_proxy(name: str, value: str) -> bool:
    """Tell whether a value is `user:password@host:port`, which curl and pip accept."""
    return "@" in value and "://" not in value and name.upper().endswith("_PROXY")


def _members(text: str) -> Iterator[tuple[str, str]]:
    """Yield the texts in a JSON document, each with the key that it is under.

    Of a damaged one, these are the texts that follow a key.
    """
    try:
        pending = [("", json.loads(text))]
    except (ValueError, RecursionError):
        yield from ((found["key"], found["text"]) for found in _MEMBER.finditer(text))
        return
    while pending:
        key, value = pending.pop()
        if isinstance(value, dict):
            pending.extend(value.items())
        elif isinstance(value, list):
            pending.extend((key, one) for one in value)
        elif isinstance(value, str | int) and not isinstance(value, bool):
            yield key, str(value)


def _plain(key: str) -> str:
    return re.sub(r"[\W_]", "", key).upper()


def _is_secret_key(key: str) -> bool:
    """Tell whether a credential of this name is a secret, unlike `TOKEN_URL`, for example."""
    plain = _plain(key)
    is_secret = is_secret_name(key) or plain.endswith(_SECRET_ENDS)
    return is_secret and not plain.endswith(_PUBLIC_ENDS)


def _secrets_in(key: str, value: str) -> list[str]:
    """Return what is secret in a credential of a service: all of it, some words, or nothing.

    Brokers write `apiKey`, `api_key` and `apikey`; several may be `keys.primary` and so on.
    """
    *groups, last = [part for part in key.split(".") if not part.isdigit()] or [""]
    plain = _plain(last)
    if "-----BEGIN " in value and "PRIVATE KEY" in value:
        return [value]
    if plain.lower() in _PUBLIC_KEYS or "-----BEGIN " in value:
        return []
    stored_by_git = plain == "CREDENTIALS" and "\n" in value
    if _is_secret_key(last) and not stored_by_git:
        return [value]
    is_place = _is_address(value) or plain.endswith(_PUBLIC_ENDS)
    of_secrets = (_plain(one).removesuffix("S").endswith(_SECRET_GROUPS) for one in groups)
    if not is_place and any(of_secrets):
        return [value]
    words = value.split()
    if _is_address(value):
        # The path of a web page may be all that protects it; others have names of databases.
        words = re.split(r"[/?#&=]", value) if value.lower().startswith("http") else []
    assigned = [
        found["value"].strip("'\"")
        for found in _ASSIGNMENT.finditer(value)
        if _is_secret_key(found["name"])
    ]
    return [*assigned, *(word for word in words if _RANDOM.fullmatch(word))]


def _notations(secret: str) -> Iterator[str]:
    """Yield a secret in each notation in which programs print it."""
    for text in {secret, unquote(secret)}:
        yield text
        if text.isascii() and text.isalnum():
            continue
        readable = text.encode("utf-8", "replace").decode()
        for safe in ("", "/", _RESERVED):
            encoded = quote(readable, safe=safe)
            yield encoded
            yield re.sub("%..", lambda code: code[0].lower(), encoded)
        for escaped in {*_escaped_notations(text)}:
            yield escaped
            if escaped != text:  # the repr of an error whose message has a repr, for example
                yield from _escaped_notations(escaped)
        yield printable(text)
        yield visible(text)
        yield html.escape(readable)
        yield readable.replace("'", "'\"'\"'")  # shlex.quote


def _escaped_notations(text: str) -> Iterator[str]:
    """Yield a text as Python and JSON write it between quotes."""
    # Which quotes Python escapes depends on those in the whole text.
    quoted = f'"{text}'
    as_bytes = repr(quoted.encode("utf-8", "replace"))[1:]
    for written in (repr(quoted), ascii(quoted), as_bytes):
        yield written[2:-1]
        yield written[2:-1].replace("\\'", "'")
    yield json.dumps(text)[1:-1]
    yield json.dumps(text, ensure_ascii=False)[1:-1]


def _base64(text: str) -> str:
    """Encode a user name and password as HTTP does, without what depends on their length."""
    from binascii import b2a_base64  # few builds have a password in an address

    return b2a_base64(text.encode("utf-8", "replace"), newline=False).decode().rstrip("=")


def _find(secret: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a secret is in a text; a short one only where it is not part of a word."""
    start = text.find(secret)
    while start >= 0:
        end = start + len(secret)
        around = text[max(0, start - 1) : start], text[end : end + 1]
        if text[max(0, start - 2) : start] in ("\\n", "\\r", "\\t"):
            around = "", around[1]
        if len(secret) >= _UNMISTAKABLE or not any(map(str.isalnum, around)):
            yield start, end
        start = text.find(secret, end)


def _without(spans: list[tuple[int, int]], text: str) -> str:
    """Replace parts of a text, which may overlap."""
    parts, done = [], 0
    for start, end in spans:
        if start >= done:
            parts += [text[done:start], STRUCK]
        done = max(done, end)
    return "".join([*parts, text[done:]])


def _visible_start(line: str) -> str:
    if len(line) <= LONGEST and len(shown := visible(line)) <= LONGEST:
        return shown
    return f"{visible(line[:LONGEST])[: LONGEST - len(_CUT)]}{_CUT}"
