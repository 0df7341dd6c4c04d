"""What `slipway try` runs of an app without a web process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def workers(processes: Mapping[str, str]) -> Mapping[str, str]:
    """Return the process types to run, with their commands: all but `release`.

    Returns none of them if the name `web` is misspelled: the user wants to try that one.
    """
    if has_misspelled_web(processes):
        return {}
    return {name: command for name, command in processes.items() if name != "release"}


def has_misspelled_web(names: Iterable[str]) -> bool:
    """Tell whether a process type has the name `web` in other letters, such as `Web`."""
    return any(name != "web" and name.lower() == "web" for name in names)
