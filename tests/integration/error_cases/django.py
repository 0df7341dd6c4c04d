"""Errors of a Django project, and of a web process that does not respond."""

from __future__ import annotations

from integration.classic_platform import Result
from integration.error_cases.table import case, fixture_case
from integration.scenario import Scenario

fixture_case("django_two_projects", "Several Django projects are at the same depth.")


@case("A setting names a `manage.py` that does not exist.")
def manage_py_elsewhere(scenario: Scenario) -> Result:
    scenario.fixture("django_in_a_subfolder")
    return scenario.compile({"SLIPWAY_MANAGE_PY": "back-end/manage.py"})


@case("The settings read a variable that is not set, and `placeholders` is off.")
def django_setting_missing_variable(scenario: Scenario) -> Result:
    scenario.fixture("django_setting_missing_variable")
    return scenario.compile({"SLIPWAY_PLACEHOLDERS": "false"})


@case("The settings look up a service in `VCAP_SERVICES` that is not bound.")
def service_not_bound(scenario: Scenario) -> Result:
    settings = scenario.fixture("django_without_static_root") / "harbour" / "settings.py"
    with settings.open("a") as stream:
        stream.write("import json, os\n")
        stream.write("DB = json.loads(os.environ['VCAP_SERVICES'])['mysql-5.1'][0]\n")
    return scenario.compile({"VCAP_SERVICES": "{}"})


fixture_case("django_settings_broken", "The settings raise an exception.")
fixture_case("django_settings_syntax_error", "The settings have a syntax error.")


@case("`DJANGO_SETTINGS_MODULE` names a module that does not exist.")
def django_settings_elsewhere(scenario: Scenario) -> Result:
    scenario.fixture("django_without_static_root")
    return scenario.compile({"DJANGO_SETTINGS_MODULE": "harbour.production"})


@case("`STATIC_ROOT` is a folder outside the app.")
def static_root_outside(scenario: Scenario) -> Result:
    settings = scenario.fixture("django_without_static_root") / "harbour" / "settings.py"
    with settings.open("a") as stream:
        stream.write('STATIC_ROOT = "/srv/harbour/static"\n')
    return scenario.compile()


fixture_case("django_static_file_missing", "A stylesheet refers to a missing file.")


@case("An app of the project raises an exception while static files are built.")
def collectstatic_raises(scenario: Scenario) -> Result:
    build = scenario.fixture("django_in_a_subfolder")
    urls = build / "backend" / "harbour" / "finders.py"
    urls.write_text("raise RuntimeError('the tide is out')\n")
    settings = build / "backend" / "harbour" / "settings.py"
    with settings.open("a") as stream:
        stream.write('STATICFILES_FINDERS = ["harbour.finders.Finder"]\n')
    return scenario.compile()


@case("`bin/slipway try`: nothing in the app says what to run.")
def web_process_missing(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", "Procfile": "release: true\n"})
    return scenario.platform.run_script("slipway", "try", scenario.build, "--check")


@case("`bin/slipway try`: a worker exits right after its start.")
def process_fails(scenario: Scenario) -> Result:
    worker = "raise SystemExit('no queue')\n"
    procfile = "worker: python worker.py\n"
    scenario.app({"requirements.txt": "", "worker.py": worker, "Procfile": procfile})
    return scenario.platform.run_script("slipway", "try", scenario.build, "--check")


@case("`bin/slipway try`: the web process exits right after its start.")
def web_process_fails(scenario: Scenario) -> Result:
    scenario.app({"requirements.txt": "", "Procfile": "web: exit 3\n"})
    return scenario.platform.run_script("slipway", "try", scenario.build, "--check")
