"""Prints what the credentials of bound services set while an app is built, as JSON.

    build_variables.py FOLDER    prints {"variables": {NAME: VALUE}, "warnings": [SENTENCE]}

FOLDER is for certificates, which libraries read only from files. Runs in Slipway's own Python,
with the environment of the build.
"""

from __future__ import annotations

import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

from start_variables import from_services, settable

if __name__ == "__main__":
    problems: list[str] = []
    found = settable(from_services(dict(os.environ), problems, sys.argv[1]), problems)
    print(json.dumps({"variables": found, "warnings": problems}))
