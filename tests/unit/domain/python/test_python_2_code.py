"""Code that only Python 2 can run is recognized by its first such line."""

from __future__ import annotations

import pytest

from slipway.domain.python.python_2_code import python_2_code


@pytest.mark.parametrize(
    "line",
    [
        'print "Could not sign:", error',
        "exec code in names",
        'raise ValueError, "no name"',
        "mode = 0755",
        "if a <> b: pass",
        "text = `number`",
        "text = ur'\\d'",
        "big = 10L",
        "import urllib2",
        "from urlparse import urljoin, \\\n    urlsplit",
        "import os, cPickle",
    ],
)
def test_a_line_of_python_2_is_found(line: str) -> None:
    assert python_2_code(f"import os\n{line}\n".encode()) == (2, line.partition("\n")[0])


@pytest.mark.parametrize(
    "text",
    [
        "from __future__ import print_function\nprint('a')\n",
        "try:\n    import urllib2\nexcept ImportError:\n    from urllib import request\n",
        "if six.PY2:\n    import cPickle as pickle\n",
        "from . import urllib2\n",
        "class {{ name }}(models.Model):\n    pass\n",
        "def broken(:\n",
        "x = 1\n<<<<<<< HEAD\n",
        "",
        "\0",
    ],
    ids=lambda text: text[:12],
)
def test_other_modules_are_not_for_python_2_alone(text: str) -> None:
    assert python_2_code(text.encode()) is None


def test_a_long_line_is_cut() -> None:
    found = python_2_code(b'print "' + b"a" * 100 + b'"\n')
    assert found == (1, 'print "' + "a" * 50 + "...")
