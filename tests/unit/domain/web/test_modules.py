"""What reading a module tells about its names."""

from __future__ import annotations

import pytest

from slipway.domain.web.modules import Modules


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("application = 1", True),
        ("app = application = make()", True),
        ("application: object = make()", True),
        ("def application(environ, start): ...", True),
        ("class application: ...", True),
        ("from harbour import application", True),
        ("from harbour import app as application", True),
        ("import application.core", True),
        ("try:\n    application = 1\nfinally:\n    pass", True),
        ('print "2"\napplication = 1', True),
        ('print "2"\n  application = 1', None),
        ("app = 1", False),
        ("a.application = 1", False),
        ("from harbour import application as app", False),
        ("def f():\n    application = 1", False),
        ('if __name__ == "__main__":\n    application = 1', False),
        ('if __name__ == "__main__":\n    pass\nelse:\n    application = 1', True),
        ("if debug:\n    application = 1", True),
        ("run()", False),
        ("from harbour import *", None),
        ("globals()['x'] = 1", None),
        ("def f():\n    global application\n    application = 1", None),
        ("sys.modules[__name__] = Lazy()", None),
        ("for application in (1, 2): ...", True),
        ("with f() as (app, application): ...", True),
        ("[app, application] = f()", True),
        ("app, *application = f()", True),
        ("def __getattr__(name): ...", None),
        ("", False),
    ],
)
def test_a_module_binds_the_names_of_its_top_level(text: str, *, expected: bool | None) -> None:
    modules = Modules(read={"wsgi.py": text}.get)
    module = modules.get("wsgi")
    assert module is not None
    assert modules.bound(module, "application") is expected
