"""Which settings the tests of a Django project use, and which variables these need."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass

from slipway.domain.django.project import ReadText, settings_named_in
from slipway.domain.django.required_variables import required_after
from slipway.domain.django.variable_reads import LOADS_A_FILE

_IN_COMMAND = re.compile(r"(?:--settings[= ]|--ds[= ]|\bDJANGO_SETTINGS_MODULE=)([\w.]+)")
_IN_CONFIGURATION = re.compile(
    r"""(?:^[ \t]*DJANGO_SETTINGS_MODULE\s*=\s*["']?|--ds[= ])([\w.]+)""", re.MULTILINE
)
_OF_PYTEST = (
    *("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml"),
    *("pyproject.toml", "tox.ini", "setup.cfg"),
)
_CONFTESTS = ("conftest.py", "tests/conftest.py", "test/conftest.py")


@dataclass(frozen=True, kw_only=True)
class TestedProject:
    """What decides which settings the tests of a Django project use."""

    __test__ = False  # for pytest, which takes it for a class with tests

    read: ReadText
    """Returns the text of a file, by its path in the folder of manage.py."""
    manage: str
    """The name of manage.py in that folder."""
    scripts: str = ""
    """The commands of app.json."""
    has_pytest: bool = False
    """Whether pytest-django is installed."""
    module: str = ""
    """DJANGO_SETTINGS_MODULE, if it is set."""

    @property
    def settings(self) -> str:
        """The settings module; empty if it is not known."""
        named = _IN_COMMAND.search(self.scripts)
        if named or self.module:
            return named[1] if named else self.module
        if self.has_pytest and "manage.py" not in self.scripts:
            texts = (self.read(file) or "" for file in _OF_PYTEST)
            named = next(filter(None, map(_IN_CONFIGURATION.search, texts)), None)
            if named:
                return named[1]
        text = self.read(self.manage) or ""
        # It may choose others if the command is `test`.
        return (settings_named_in(text) or "") if text.count("sys.argv") < 2 else ""

    def missing_variables(self, known: Collection[str]) -> tuple[str, ...]:
        """Return the variables that the settings are certain to need, and that nothing sets.

        What the scripts, manage.py or the configuration of pytest mention, they may set.
        """
        module = self.settings
        files = (self.manage, *_OF_PYTEST, *_CONFTESTS)
        mentioned = "\n".join((self.scripts, *(self.read(file) or "" for file in files)))
        if not module or any(name in mentioned for name in LOADS_A_FILE):
            return ()
        found = required_after([(module, 0)], self.read, known)
        return tuple(one.name for one in found if one.name not in mentioned)
