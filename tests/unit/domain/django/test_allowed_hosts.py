"""It is certain that ALLOWED_HOSTS is empty only if no variable and no other code fills it."""

from __future__ import annotations

import pytest

from slipway.domain.django.allowed_hosts import EmptyHosts, empty_hosts

READ = "import os\nHOSTS = os.environ.get('HOSTS', '')\nALLOWED_HOSTS = HOSTS.split(',')\n"


def found(**files: str) -> EmptyHosts:
    texts = {f"{name.replace('__', '/')}.py": text for name, text in files.items()}
    empty = empty_hosts("site.settings", texts.get)
    assert empty is not None
    return empty


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("ALLOWED_HOSTS = []\n", 1),
        ("DEBUG = False\nALLOWED_HOSTS = ('',)\n", 2),
        ("DEBUG = False\nALLOWED_HOSTS: list[str] = []\n", 2),
        ("DEBUG = 1\nif DEBUG:\n    ALLOWED_HOSTS = []\nelse:\n    ALLOWED_HOSTS = ['']\n", 5),
        ('"""Sets ALLOWED_HOSTS\nand others."""\nDEBUG = False\n', 0),
        ("TEMPLATE_DEBUG = DEBUG = False\n", 0),
    ],
)
def test_settings_that_name_no_host_never_have_one(text: str, line: int) -> None:
    expected = EmptyHosts(is_certain=True, file="site/settings.py", line=line)
    assert found(site__settings=text) == expected


@pytest.mark.parametrize(
    "text",
    [
        "DEBUG = 1\nif not DEBUG:\n    ALLOWED_HOSTS = ['www.example.com']\n",
        "ALLOWED_HOSTS = []\nALLOWED_HOSTS += hosts()\n",
        "ALLOWED_HOSTS = []\nALLOWED_HOSTS.append(HOST)\n",
        "from site.hosts import ALLOWED_HOSTS\n",
        "from site.hosts import NAMES as ALLOWED_HOSTS\n",
        "from site.local_settings import *\n",
        "import django_heroku\ndjango_heroku.settings(locals())\n",
        "import dynaconf\nsettings = dynaconf.DjangoDynaconf(__name__)\n",
        "globals()['ALLOWED' + '_HOSTS'] = hosts()\n",
        "class Production(Configuration):\n    pass\n",
        "import sys\nsetattr(sys.modules[__name__], name, value)\n",
    ],
)
def test_settings_that_may_get_hosts_are_not_certain(text: str) -> None:
    assert not found(site__settings=text).is_certain


def test_the_settings_of_other_modules_count() -> None:
    base = found(site__settings="from .base import *\n", site__base=READ)
    assert base == EmptyHosts(is_certain=False, file="site/base.py", line=3)
    fixed = found(site__settings="from .base import *\n", site__base="ALLOWED_HOSTS = []\n")
    assert fixed == EmptyHosts(is_certain=True, file="site/base.py", line=1)


def test_settings_that_cannot_be_read_say_nothing() -> None:
    assert empty_hosts("site.settings", {"site/settings.py": "x ="}.get) is None
    assert empty_hosts("site.settings", lambda _: None) is None
