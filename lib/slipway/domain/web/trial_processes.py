"""What `slipway try` runs of an app without a web process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def workers(processes: Mapping[str, str]) -> Mapping[str, str]:
    """Return the process types to run, with their commands: all but `release`.

    None is returned if the name `web` is only misspelled, because the others are not what the
    user wants to try then.
    """
    if has_misspelled_web(processes):
        return {}
    return {name: command for name, command in processes.items() if name != "release"}


def has_misspelled_web(names: Iterable[str]) -> bool:
    """Tell whether a process type has the name `web` in other letters, such as `Web`."""
    return any(name != "web" and name.lower() == "web" for name in names)
