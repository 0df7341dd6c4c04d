"""A plan contains what the app's files say, and fails if something is wrong with them."""

from __future__ import annotations

from pathlib import Path

import pytest

from slipway.domain.build_plan import BuildPlan
from slipway.domain.plan_text import as_text
from slipway.domain.web.launch import WebApplication, WebSearch
from slipway.effects.files import AppFolder
from slipway.errors.app import FileUnreadable, SettingUnknown, VirtualenvCheckedIn
from slipway.errors.dependencies import NoDependencyFile
from slipway.errors.nltk_data import NltkAddressUnusable
from slipway.errors.python import PythonTooOld, PythonVersionUnparsable
from slipway.steps.plan import plan, wants_debug
from unit.samples import write_files

SIX = {"requirements.txt": "six\n"}


def planned(root: Path, files: dict[str, str], **environment: str) -> BuildPlan:
    return plan(AppFolder(write_files(root, files)), environment)


@pytest.mark.parametrize(
    ("files", "requested", "origin"),
    [
        pytest.param({}, "3.10 or newer", None, id="nothing"),
        pytest.param({".python-version": "3.12"}, "3.12", ".python-version", id="version-file"),
        pytest.param({"runtime.txt": "python-3.12.4"}, "3.12.4", "runtime.txt", id="runtime"),
        pytest.param(
            {".python-version": "3.12", "runtime.txt": "python-3.12"},
            "3.12",
            ".python-version",
            id="version-file-before-runtime",
        ),
        pytest.param(
            {"pyproject.toml": "[project]\nrequires-python = '>=3.11'"},
            ">=3.11",
            "requires-python in pyproject.toml",
            id="metadata",
        ),
        pytest.param(
            {
                "runtime.txt": "python-3.12",
                "pyproject.toml": "[project]\nrequires-python = '>=3.11'",
            },
            "3.12",
            "runtime.txt",
            id="runtime-before-metadata",
        ),
        pytest.param({"pyproject.toml": "project = 1"}, "3.10 or newer", None, id="no-table"),
    ],
)
def test_the_python_version_comes_from_the_first_file_that_has_one(
    files: dict[str, str], requested: str, origin: str | None, tmp_path: Path
) -> None:
    found = planned(tmp_path, {**SIX, **files}).python
    assert (found.requested, found.origin) == (requested, origin)


@pytest.mark.parametrize(
    ("files", "notices"),
    [
        pytest.param({}, 0, id="none"),
        pytest.param({".python-version": "3.12"}, 0, id="version-file"),
        pytest.param({"runtime.txt": "3.12"}, 1, id="runtime"),
        pytest.param({"runtime.txt": "3.12", ".python-version": "3.12"}, 1, id="both"),
    ],
)
def test_a_runtime_txt_adds_a_notice(
    files: dict[str, str], notices: int, tmp_path: Path
) -> None:
    found = planned(tmp_path, {**SIX, **files}).notices
    assert len(found) == notices
    assert all("runtime.txt" in notice and ".python-version" in notice for notice in found)


@pytest.mark.parametrize(
    ("files", "source"),
    [
        (["requirements.txt", "requirements.in", "pyproject.toml"], "requirements.txt"),
        (["requirements.in", "pyproject.toml"], "requirements.in"),
        (["pyproject.toml", "setup.py"], "pyproject.toml"),
        (["setup.py", "setup.cfg"], "setup.py"),
        (["setup.cfg"], "setup.cfg"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_dependencies_come_from_one_file(files: list[str], source: str, tmp_path: Path) -> None:
    contents = {"pyproject.toml": "[project]\n", "setup.cfg": "[options]\n"}
    texts = {name: contents.get(name, "") for name in files}
    assert planned(tmp_path, texts).dependencies.origin == source


def test_without_a_dependency_file_the_error_lists_the_apps_files(tmp_path: Path) -> None:
    with pytest.raises(NoDependencyFile) as missing:
        planned(tmp_path, {"requirments.txt": "", "web/a.py": ""})
    assert missing.value.found == ("requirments.txt", "web/")
    assert missing.value.misspelled == (("requirments.txt", "requirements.txt"),)


def test_a_requirements_txt_that_is_a_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable) as unreadable:
        planned(tmp_path, {"requirements.txt/base.txt": "six"})
    assert (unreadable.value.file, unreadable.value.reason) == (
        "requirements.txt",
        "it is a folder, not a regular file",
    )


@pytest.mark.parametrize("folder", ["venv", ".venv", "backend/env"])
def test_a_virtual_environment_in_the_app_is_an_error(folder: str, tmp_path: Path) -> None:
    with pytest.raises(VirtualenvCheckedIn) as refused:
        planned(tmp_path, {**SIX, f"{folder}/pyvenv.cfg": ""})
    assert refused.value.folders == (folder,)


def test_files_of_an_earlier_build_are_ignored(tmp_path: Path) -> None:
    built = {
        ".slipway/venv/pyvenv.cfg": "",
        ".slipway/venv/manage.py": "DJANGO_SETTINGS_MODULE",
    }
    assert planned(tmp_path, {**SIX, **built}).django is None


FLASK = "from flask import Flask\napp = Flask(__name__)\n"
DJANGO = {
    "requirements.txt": "django\n",
    "manage.py": 'import os\nos.environ["DJANGO_SETTINGS_MODULE"] = "site.settings"\n',
    "site/settings.py": "",
    "site/wsgi.py": "application = 1\n",
}


def test_the_application_of_an_app_is_found(tmp_path: Path) -> None:
    found = planned(tmp_path, {**SIX, "app.py": FLASK})
    assert isinstance(found.search.found, WebApplication)
    assert found.search.found.target == "app:app"
    assert found.web({}) == found.search.found


def test_no_application_is_looked_for_if_the_procfile_has_a_web_process(tmp_path: Path) -> None:
    found = planned(tmp_path, {**SIX, "app.py": FLASK, "Procfile": "web: python app.py\n"})
    assert found.search == WebSearch()
    assert not any("serving" in notice for notice in found.notices)
    named = planned(
        tmp_path, {"Procfile": "web: python manage.py runserver\n"}, APP_MODULE="app:missing"
    )
    assert (
        "Not serving app:missing, which APP_MODULE names, because the Procfile has a process "
        "`web`" in named.notices
    )
    (tmp_path / "Procfile").unlink()
    worker = planned(tmp_path, {**SIX, "app.py": FLASK, "Procfile": "worker: python w.py\n"})
    assert worker.search.found is not None


def test_django_serves_its_project_unless_a_setting_names_something_else(
    tmp_path: Path,
) -> None:
    found = planned(tmp_path, {**DJANGO, "app.py": FLASK})
    assert found.search.found is None
    web = found.web({"django": "5.2"})
    assert isinstance(web, WebApplication)
    assert web.target == "site.wsgi:application"
    named = planned(tmp_path, {"pyproject.toml": '[tool.slipway]\napp = "app:app"\n'})
    assert named.web({"django": "5.2"}) == named.search.found is not None


def test_without_django_the_files_of_a_project_are_no_reason_to_serve_it(
    tmp_path: Path,
) -> None:
    found = planned(tmp_path, {**DJANGO, **SIX, "app.py": FLASK})
    assert found.web({}) == found.search.found


def test_a_script_of_an_app_that_is_no_package_is_mentioned(tmp_path: Path) -> None:
    project = '[project]\nname = "shop"\nversion = "1"\nscripts = { start = "shop:main" }\n'
    found = planned(tmp_path, {"pyproject.toml": project})
    assert found.search.found is None
    assert any("not installed as a package" in notice for notice in found.notices)


def test_the_users_procfile_is_read(tmp_path: Path) -> None:
    found = planned(tmp_path, {**SIX, "Procfile": "web: a\n"})
    assert found.procfile == {"web": "a"}
    assert planned(tmp_path / "none", SIX).procfile is None


def test_lines_of_a_procfile_that_count_for_nothing_are_notices(tmp_path: Path) -> None:
    found = planned(tmp_path, {**SIX, "Procfile": "web: a\nwörker: b\n"})
    assert found.procfile == {"web": "a"}
    assert [notice for notice in found.notices if "line 2: ignoring `wörker`" in notice]


def test_hooks_are_run_in_the_order_of_a_build(tmp_path: Path) -> None:
    names = ("bin/post_compile", "postinstall", "bin/pre_compile", "bin/other")
    found = planned(tmp_path, {**SIX, **dict.fromkeys(names, "")})
    assert found.hooks == ("bin/pre_compile", "postinstall", "bin/post_compile")


def test_settings_come_from_pyproject_toml_and_the_environment(tmp_path: Path) -> None:
    files = {**SIX, "pyproject.toml": "[tool.slipway]\nbundle_python = true\n"}
    assert planned(tmp_path, files).settings.bundle_python is True
    assert (
        planned(tmp_path, files, SLIPWAY_BUNDLE_PYTHON="false").settings.bundle_python is False
    )


@pytest.mark.parametrize("file", ["pyproject.toml", "the variable"])
def test_the_passwords_in_build_commands_are_struck(file: str, tmp_path: Path) -> None:
    commands = ["compilemessages", "nosuch --password s3cr3tok --user crew"]
    table = f"[tool.slipway]\nbuild_commands = {commands!r}\n"
    is_file = file == "pyproject.toml"
    app = AppFolder(write_files(tmp_path, {**SIX, **({file: table} if is_file else {})}))
    plan(app, {} if is_file else {"SLIPWAY_BUILD_COMMANDS": ",".join(commands)})
    assert app.secrets.strike(commands[1]) == "nosuch --password **** --user crew"


def test_an_address_that_nltk_cannot_open_stops_a_build_that_would_use_it(
    tmp_path: Path,
) -> None:
    files, named = {**SIX, "nltk.txt": "stopwords\n"}, {"NLTK_DOWNLOAD_URL": "h.example/i.xml"}
    with pytest.raises(NltkAddressUnusable):
        planned(tmp_path / "used", files, **named)
    planned(tmp_path / "offline", files, **named, SLIPWAY_OFFLINE="true")
    planned(tmp_path / "none", {**files, "nltk.txt": "#\n"}, **named)
    planned(tmp_path / "no-file", SIX, **named)


def test_vendored_packages_are_part_of_the_plan(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "-r base.txt\n",
        "base.txt": "-e ./vendor/acme\n",
        "vendor/acme/setup.py": "setup()",
        "libs/bell.py": "",
    }
    (acme,) = planned(tmp_path, files).vendoring.packages
    assert (acme.path, acme.requested_by[0].file) == ("vendor/acme", "base.txt")
    (bell,) = planned(tmp_path, {**files, **SIX}, SLIPWAY_VENDOR="libs").vendoring.packages
    assert bell.path == "libs/bell.py"


def test_an_app_that_is_a_package_is_built_from_its_own_folder(tmp_path: Path) -> None:
    text = "[build-system]\nrequires = ['hatchling']\n[project]\nname = 'berthing'\n"
    (own,) = planned(tmp_path, {"pyproject.toml": text}).vendoring.packages
    assert own.path == "."
    assert own.project is not None
    assert own.project.name == "berthing"


def test_environment_variables_in_requirements_are_expanded(tmp_path: Path) -> None:
    found = planned(tmp_path, {"requirements.txt": "${NAME}==1\n"}, NAME="six")
    assert found.dependencies.names == {"six"}


@pytest.mark.parametrize(
    ("files", "error"),
    [
        ({"pyproject.toml": "[tool.slipway]\ncolour = 1"}, SettingUnknown),
        ({"runtime.txt": "python-3.9"}, PythonTooOld),
        ({"pyproject.toml": "[project]\nrequires-python = 3"}, PythonVersionUnparsable),
    ],
)
def test_an_error_in_a_file_stops_the_plan(
    files: dict[str, str], error: type[Exception], tmp_path: Path
) -> None:
    with pytest.raises(error):
        planned(tmp_path, {**SIX, **files})


def test_the_python_version_setting_wins_over_every_file(tmp_path: Path) -> None:
    table = "[tool.slipway]\npython_version = '3.12'\n[project]\nrequires-python = '>=3.13'\n"
    files = {**SIX, ".python-version": "2.7", "pyproject.toml": table}
    found = planned(tmp_path, files).python
    assert (found.specifier, found.origin) == ("==3.12.*", "python_version in pyproject.toml")
    found = planned(tmp_path, files, SLIPWAY_PYTHON_VERSION="~=3.11").python
    assert (found.specifier, found.origin) == ("~=3.11", "SLIPWAY_PYTHON_VERSION")


@pytest.mark.parametrize(("value", "found"), [("", ""), ("latest", ""), ("3.12x", "3.12x")])
def test_an_invalid_python_version_setting_is_named(
    tmp_path: Path, value: str, found: str
) -> None:
    with pytest.raises(PythonVersionUnparsable) as unparsable:
        planned(tmp_path, SIX, SLIPWAY_PYTHON_VERSION=value)
    assert (unparsable.value.origin, unparsable.value.found) == (
        "SLIPWAY_PYTHON_VERSION",
        found,
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("[tool.slipway]\nlog_level = 'debug'\n", True),
        ("[tool.slipway]\nlog_level = 'info'\n", False),
        ("[tool.slipway]\nlog_level = 'loud'\n", False),
        ("[tool.slipway\n", False),
        ("", False),
    ],
)
def test_the_log_level_is_read_without_raising_errors(
    tmp_path: Path, text: str, *, expected: bool
) -> None:
    app = AppFolder(write_files(tmp_path, {"pyproject.toml": text}))
    assert wants_debug(app, {}) is expected


def test_the_categories_of_a_pipfile_are_no_groups_of_pyproject(tmp_path: Path) -> None:
    files = {"Pipfile": "[packages]\nsix = '*'\n[prod]\nrich = '*'\n", "pyproject.toml": ""}
    app = AppFolder(write_files(tmp_path, files))
    found = plan(app, {"SLIPWAY_GROUPS": "prod"}).dependencies
    assert (found.origin, found.choice.groups) == ("Pipfile", ("prod",))
    assert sorted(found.names) == ["rich", "six"]


OLD_SITE = {
    "requirements.txt": "django\ngunicorn\n",
    "manage.py": "os.environ.setdefault('DJANGO_SETTINGS_MODULE', 'site1.settings')\n",
    "site1/__init__.py": "",
    "site1/settings.py": "WSGI_APPLICATION = 'site1.wsgi.application'\n",
    "site1/wsgi.py": "application = None\n",
    "Procfile": "web: python manage.py run_gunicorn 8000\nrelease: slipway-release\n",
}


def test_todays_line_is_shown_for_an_old_command(tmp_path: Path) -> None:
    [notice] = planned(tmp_path, OLD_SITE).notices
    assert "`run_gunicorn` is a command of old versions of Gunicorn" in notice
    assert "port 8000 is fixed" in notice
    assert notice.endswith(". Write `web: gunicorn site1.wsgi:application`")


def test_a_command_of_the_apps_own_is_not_an_old_one(tmp_path: Path) -> None:
    own = {"site1/management/commands/run_gunicorn.py": ""}
    assert planned(tmp_path, {**OLD_SITE, **own}).notices == ()


@pytest.mark.parametrize(
    ("files", "is_said"),
    [
        ({"Procfile": "web: gunicorn site1.wsgi\n"}, True),
        ({"Procfile": "web: gunicorn site1.wsgi\nrelease: make release\n"}, False),
        ({"Procfile": "web: bash web.sh\n", "web.sh": "exec gunicorn site1.wsgi\n"}, True),
        ({"Procfile": "web: bash web.sh\n", "web.sh": "python manage.py migrate\n"}, False),
        ({"Procfile": "web: python manage.py migrate && gunicorn site1.wsgi\n"}, False),
        ({"Procfile": "web: gunicorn a:b\n", "requirements.txt": "gunicorn\n"}, False),
        (
            {
                "Procfile": "web: gunicorn site1.wsgi\n",
                "pyproject.toml": "[tool.slipway]\nmigrate = 'start'\n",
            },
            False,
        ),
    ],
)
def test_a_procfile_that_migrates_nothing_is_named(
    files: dict[str, str], tmp_path: Path, *, is_said: bool
) -> None:
    notices = planned(tmp_path, {**OLD_SITE, **files}).notices
    found = [one for one in notices if one.startswith("Nothing migrates the database")]
    assert len(found) == is_said
    assert all("Add `release: slipway-release`" in one for one in found)


@pytest.mark.parametrize("procfile", [{}, {"Procfile": "web: gunicorn app:app\n"}])
def test_a_fixed_address_in_the_configuration_is_named(
    procfile: dict[str, str], tmp_path: Path
) -> None:
    files = {
        "requirements.txt": "flask\n",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
        "gunicorn.conf.py": "bind = '0.0.0.0:8000'\n",
    }
    [notice] = planned(tmp_path, {**files, **procfile}).notices
    assert notice.startswith("gunicorn.conf.py, line 1, `bind = '0.0.0.0:8000'`: port 8000")


def test_a_procfile_in_a_folder_is_named_with_it(tmp_path: Path) -> None:
    files = {"requirements.txt": "six\n", "Procfile": "web: gunicorn a:b -D\nworker\n"}
    backend = write_files(tmp_path / "backend", files)
    found = plan(AppFolder(backend, repository=tmp_path), {}).notices
    assert [notice.partition(", ")[0] for notice in found] == ["backend/Procfile"] * 2


def test_a_corrected_web_line_is_the_only_one_that_is_advised(tmp_path: Path) -> None:
    files = {
        "requirements.txt": "flask\n",
        "app.py": "from flask import Flask\napp = Flask(__name__)\n",
        "Procfile": "web gunicorn -w 2 app:app\n",
    }
    text = "\n".join(as_text(planned(tmp_path, files)))
    assert "Write `web: gunicorn -w 2 app:app`" in text
    assert text.count("`web: ") == 1
