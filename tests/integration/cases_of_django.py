"""Cases: a Django project that cannot be found or staged, and a site that does not serve."""

from __future__ import annotations

from integration.cases import case, fixture_case
from integration.doors import Ended
from integration.ground import Ground

fixture_case("django_two_projects", "Several projects lie at the same depth.")


@case("A setting names a `manage.py` that is not there.")
def manage_py_elsewhere(ground: Ground) -> Ended:
    ground.fixture("django_in_a_subfolder")
    return ground.compile({"SLIPWAY_MANAGE_PY": "back-end/manage.py"})


fixture_case("django_setting_missing_variable", "The settings read a variable that is not set.")
fixture_case("django_settings_broken", "The settings refuse to be loaded.")
fixture_case("django_settings_syntax_error", "The settings are not Python.")


@case("`DJANGO_SETTINGS_MODULE` names a module that is not there.")
def django_settings_elsewhere(ground: Ground) -> Ended:
    ground.fixture("django_without_static_root")
    return ground.compile({"DJANGO_SETTINGS_MODULE": "harbour.production"})


fixture_case("django_static_file_missing", "A stylesheet refers to a file that is not there.")


@case("An app of the project raises while static files are built.")
def collectstatic_raises(ground: Ground) -> Ended:
    build = ground.fixture("django_in_a_subfolder")
    urls = build / "backend" / "harbour" / "finders.py"
    urls.write_text("raise RuntimeError('the tide is out')\n")
    settings = build / "backend" / "harbour" / "settings.py"
    with settings.open("a") as stream:
        stream.write('STATICFILES_FINDERS = ["harbour.finders.Finder"]\n')
    return ground.compile()


@case("`bin/slipway try`: the Procfile has no web process.")
def web_process_missing(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", "Procfile": "worker: sleep 60\n"})
    return ground.platform.door("slipway", "try", ground.build, "--check")


@case("`bin/slipway try`: the web process ends as soon as it is started.")
def web_process_fails(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "", "Procfile": "web: exit 3\n"})
    return ground.platform.door("slipway", "try", ground.build, "--check")
