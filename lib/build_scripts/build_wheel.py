"""Builds a wheel with a source tree's own backend.

    build_wheel.py TOOLS REPORT PYTHON SOURCE INTO REQUIREMENT...

TOOLS is the folder of Slipway's tools. PYTHON has the given REQUIREMENTs installed. The result
is written to REPORT, a JSON file: a wheel in INTO, or further requirements of the backend
(https://peps.python.org/pep-0517/#get-requires-for-build-wheel), or an error. The backend runs
in its own processes, which share the output of this one.
"""

import json
import sys

sys.path.insert(0, sys.argv.pop(1))

from build import BuildBackendException, BuildException, ProjectBuilder


def main():
    report, python, source, into, *requirements = sys.argv[1:]
    try:
        result = build(ProjectBuilder(source, python), into, set(requirements))
    except BuildException as error:
        result = {"outcome": "invalid", "reason": str(error)}
    except BuildBackendException as error:
        result = {"outcome": "failed", "reason": str(error)}
    with open(report, "w", encoding="utf-8") as stream:
        json.dump(result, stream)


def build(builder, into, requirements):
    missing = builder.get_requires_for_build("wheel") - requirements
    if missing:
        return {"outcome": "needs", "requires": sorted(missing)}
    return {"outcome": "built", "wheel": builder.build("wheel", into)}


main()
