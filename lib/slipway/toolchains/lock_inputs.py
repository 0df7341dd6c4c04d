"""Everything that decides a lock: while none of it changes, neither does the lock."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from slipway.domain.fingerprint import Facts
from slipway.domain.python_version import Interpreter
from slipway.domain.question import Question, index_settings, local_links
from slipway.domain.requirements import expand
from slipway.domain.secrets import without_credentials
from slipway.effects.files import read_if_there, tree_digest
from slipway.toolchains import LocalDistribution

_FORMAT = "2"


def lock_inputs(
    question: Question,
    interpreter: Interpreter,
    here: Iterable[LocalDistribution],
    app: Path,
    environment: Mapping[str, str],
) -> Facts:
    """Collect the facts; credentials decide nothing, and are left out.

    The order of requirements decides nothing either; that of options does.
    """

    def shown(text: str) -> str:
        return without_credentials(expand(text, environment))

    return {
        "format": _FORMAT,
        "python": f"{interpreter.version} {interpreter.platform}",
        "requirements": sorted(map(shown, question.requirements)),
        "hashes": sorted(" ".join([name, *given]) for name, given in question.hashes.items()),
        "constraints": sorted(map(shown, question.constraints)),
        "options": [shown(line.text) for line in question.options],
        "direct": [shown(line.text) for line in question.direct],
        "here": [f"{wheel.locked.requirement} {wheel.sha256}" for wheel in here],
        "sources": [wheel.source for wheel in here],
        "offline": str(question.is_offline),
        "folders": [*_folders(question, app)],
        "settings": [*map(without_credentials, index_settings(environment))],
        "configuration": [*_configuration(app, environment)],
    }


def _folders(question: Question, app: Path) -> Iterator[str]:
    """Digest the local folders that hold packages for pip to choose from."""
    for folder in local_links(question.options):
        place = app / folder
        yield f"{folder} {tree_digest(place, frozenset()) if place.is_dir() else 'missing'}"


def _configuration(app: Path, environment: Mapping[str, str]) -> Iterator[str]:
    """Read pip's own files: https://pip.pypa.io/en/stable/topics/configuration/."""
    home = environment.get("HOME", "/")
    config = environment.get("XDG_CONFIG_HOME") or f"{home}/.config"
    usual = ["/etc/pip.conf", "/etc/xdg/pip/pip.conf", f"{home}/.pip/pip.conf"]
    named = [environment.get("PIP_CONFIG_FILE", "")]
    named += environment.get("PIP_CONSTRAINT", "").split()
    for path in filter(None, [*usual, f"{config}/pip/pip.conf", *named]):
        text = read_if_there(app / path)
        if text is not None:
            yield without_credentials(text)
