"""Finds entries of a binding whose names are misspelled, or those of other tools."""

from __future__ import annotations

from bound_services.binding import (
    ADDRESS,
    DATABASE,
    HOST,
    PASSWORD,
    PORT,
    USERNAME,
    Binding,
    plain_key,
)

_TYPE = ("type",)
_GROUPS = (ADDRESS, HOST, PORT, DATABASE, USERNAME, PASSWORD)
_OF_OTHER_TOOLS = {
    ADDRESS: ("dsn", "connectionstring", "connectionuri", "databaseurl"),
    HOST: ("server", "address", "endpoint", "servername"),
    DATABASE: ("databasename", "catalog"),
    USERNAME: ("login", "usr", "uid", "dbuser", "databaseuser"),
    PASSWORD: ("pass", "passwd", "pwd", "dbpassword", "databasepassword", "secret", "token"),
}
"""The entry that is read -> other names for it, as `plain_key` gives them."""
_OF_CLUSTERS = ("hosts", "hostnames", "mastername")
_SIMILAR = 0.75
"""From 0 to 1; `pasword` and `password` have 0.93, `hots` and `host` have 0.75."""
_TEXT_FILE = ".txt"
"""What editors add to the names of files."""
_MOST = 50
"""Keys of a binding that are compared; one key takes about a tenth of a millisecond."""


def misnamed_keys(binding: Binding, *, needs_database: bool) -> list[tuple[str, str]]:
    """Return each entry that resembles a missing one, and the name of the missing one.

    Brokers add many entries of their own, so an entry is not suspicious if the credential that
    it resembles is there, or if it is part of the address.
    """
    groups = _missing(binding, needs_database=needs_database) if binding.type else [_TYPE]
    read = {*_TYPE, *_OF_CLUSTERS, *(key for keys in _GROUPS for key in keys)}
    others = [
        key
        for key in binding.keys
        if key.endswith(_TEXT_FILE) or plain_key(key).partition(".")[0] not in read
    ][:_MOST]
    if not groups or not others:
        return []
    from difflib import get_close_matches  # most bindings lack nothing

    names = {plain_key(key): key for keys in groups for key in keys}
    meant = {other: keys[0] for keys in groups for other in _OF_OTHER_TOOLS.get(keys, ())}
    # A longer key cannot be similar enough, and would take long.
    longest = max(map(len, (*names, *meant))) * 5 // 3
    found: list[tuple[str, str]] = []
    for key in others:
        plain = plain_key(key[: -len(_TEXT_FILE)] if key.endswith(_TEXT_FILE) else key)
        if len(plain) > longest:
            continue
        similar = get_close_matches(plain, names, n=1, cutoff=_SIMILAR)
        exchanged = [name for name in names if sorted(name) == sorted(plain)]
        if exchanged or similar:
            found.append((key, names[(exchanged or similar)[0]]))
        elif plain in meant:
            found.append((key, meant[plain]))
    return found


def _missing(binding: Binding, *, needs_database: bool) -> list[tuple[str, ...]]:
    """Return the groups of keys of which the binding has none, and could need one."""
    given = {
        keys: next(
            (binding.credentials[key] for key in keys if binding.credentials.get(key)), ""
        )
        for keys in _GROUPS
    }
    address, host = given[ADDRESS], given[HOST]
    missing: list[tuple[str, ...]] = []
    for keys in _GROUPS:
        if given[keys] or any(key in binding.unreadable for key in keys):
            continue
        if keys in (USERNAME, PASSWORD):
            # Only databases need the name of a user.
            if "@" not in address and (keys == PASSWORD or needs_database):
                missing.append(keys)
        elif keys == ADDRESS:
            if not host:
                missing.append(keys)
        elif not address and (keys != DATABASE or needs_database):
            missing.append(keys)
    return missing
