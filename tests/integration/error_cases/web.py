"""Errors of processes that would not work."""

from __future__ import annotations

from integration.classic_platform import Result
from integration.error_cases.table import case
from integration.scenario import Scenario

_APPLICATION = """\
def application(environ, start_response):
    start_response("200 OK", [])
    return [b"harbour"]
"""


@case("The application that Slipway would serve imports a package that is not installed.")
def imported_package_not_required(scenario: Scenario) -> Result:
    text = f"import os\n\nimport requests\n\n{_APPLICATION}"
    build = scenario.app({"requirements.txt": "six\n", "wsgi.py": text})
    (build / "Procfile").unlink()
    return scenario.compile()


@case("The application that Slipway would serve has a syntax error in one of its modules.")
def syntax_error_in_a_module(scenario: Scenario) -> Result:
    files = {"wsgi.py": f"import tides\n\n{_APPLICATION}", "tides.py": "LEVELS = [1, 2\n"}
    build = scenario.app({"requirements.txt": "six\n", **files})
    (build / "Procfile").unlink()
    return scenario.compile()


@case("Cloud Foundry would not accept the Procfile, which it reads as YAML (`bin/supply`).")
def procfile_not_yaml(scenario: Scenario) -> Result:
    procfile = 'web: gunicorn --access-logformat "host: %(h)s" wsgi\nworker:tides\n'
    return _supplied(scenario, procfile)


@case("The Procfile is YAML, but no process types with their commands (`bin/supply`).")
def procfile_with_a_collection(scenario: Scenario) -> Result:
    return _supplied(scenario, "web: {gunicorn: wsgi}\n")


@case("Bash cannot read what Cloud Foundry's YAML makes of a command (`bin/supply`).")
def command_changed_by_yaml(scenario: Scenario) -> Result:
    return _supplied(scenario, 'web: gunicorn wsgi --name "tide #1"\n')


def _supplied(scenario: Scenario, procfile: str) -> Result:
    files = {"wsgi.py": _APPLICATION, "requirements.txt": "gunicorn\n"}
    build = scenario.app({**files, "Procfile": procfile})
    deps = scenario.folder / "deps"
    (deps / "0").mkdir(parents=True)
    cache = scenario.platform.cache / "final"
    cache.mkdir(parents=True, exist_ok=True)
    return scenario.platform.run_script("supply", build, cache, deps, "0")


@case("A process of the Procfile would not work, and the setting `strict` is on.")
def wrong_process_of_a_strict_app(scenario: Scenario) -> Result:
    procfile = "web: gunicorn wsgi:app\nclock: python -m clock\n"
    files = {"wsgi.py": _APPLICATION, "Procfile": procfile, "requirements.txt": "gunicorn\n"}
    scenario.app({**files, "pyproject.toml": "[tool.slipway]\nstrict = true\n"})
    return scenario.compile()
