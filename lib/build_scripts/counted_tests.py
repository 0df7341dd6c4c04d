"""Runs unittest or a project's manage.py, and fails if the runner has run no test.

    counted_tests.py TEXT manage.py test
    counted_tests.py TEXT -m unittest discover

Django's runner succeeds without any test, and so does unittest before Python 3.12. The status
is then 5, as of pytest and of newer versions of unittest, and TEXT is printed. A runner of the
app that is not unittest's decides itself. Runs in the app's Python.
"""

from __future__ import annotations

import os
import runpy
import sys
import unittest
from typing import Any

NO_TESTS = 5


def main(text: str, *arguments: str) -> None:
    results: list[unittest.TestResult] = []
    run = unittest.TextTestRunner.run

    def run_and_keep(runner: Any, tests: Any) -> Any:
        results.append(run(runner, tests))
        return results[-1]

    # Django's runner and that of unittest both end here, and have no option to fail.
    unittest.TextTestRunner.run = run_and_keep  # type: ignore[assignment]  # takes any test
    status: int | str = 0
    try:
        _run_like_python(*arguments)
    except SystemExit as ended:
        status = ended.code or 0
    has_tests = any(one.testsRun or one.skipped for one in results)
    if results and not has_tests and status in (0, NO_TESTS):
        print(text, file=sys.stderr)
        status = NO_TESTS
    sys.exit(status)


def _run_like_python(program: str, *arguments: str) -> None:
    own = os.path.dirname(os.path.abspath(__file__))
    folder = os.getcwd() if program == "-m" else os.path.dirname(os.path.abspath(program))
    sys.path[:] = [folder, *(path for path in sys.path if path != own)]
    if program == "-m":
        sys.argv = [*arguments]
        runpy.run_module(arguments[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv = [program, *arguments]
        runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
