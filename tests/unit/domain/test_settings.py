"""The settings of an app, from the table and from variables, with their valid values."""

from __future__ import annotations

from datetime import date

import pytest

from slipway.domain.settings import (
    OTHER_VARIABLES,
    TABLE,
    Settings,
    parse,
    with_paketo_names,
)
from slipway.errors.app import SettingInvalid, SettingOutside, SettingUnknown


def test_the_defaults_apply_without_settings() -> None:
    assert parse({}, {"PATH": "/usr/bin"}) == Settings()


def test_the_table_and_the_variables_mean_the_same() -> None:
    table = parse({"bundle_python": False, "manage_py": "a/manage.py"}, {})
    environment = parse(
        {}, {"SLIPWAY_BUNDLE_PYTHON": "false", "SLIPWAY_MANAGE_PY": "a/manage.py"}
    )
    for settings in (table, environment):
        assert (settings.bundle_python, settings.manage_py) == (False, "a/manage.py")
    assert table.manage_py_origin == TABLE
    assert environment.manage_py_origin == "The variable SLIPWAY_MANAGE_PY"


def test_a_variable_overrides_the_table() -> None:
    settings = parse({"bundle_python": True}, {"SLIPWAY_BUNDLE_PYTHON": "false"})
    assert settings.bundle_python is False


@pytest.mark.parametrize(
    ("value", "expected"), [("auto", None), ("true", True), ("False", False), ("TRUE", True)]
)
def test_a_switch_is_auto_true_or_false(value: str, *, expected: bool | None) -> None:
    assert parse({"bundle_python": value}, {}).bundle_python is expected


@pytest.mark.parametrize("value", ["1", "yes", ""])
def test_another_value_of_a_switch_is_an_error(value: str) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({}, {"SLIPWAY_BUNDLE_PYTHON": value})
    error = invalid.value
    assert error.origin == "The variable SLIPWAY_BUNDLE_PYTHON"
    assert error.kind == ("text" if value else "empty")
    assert error.allowed == "auto, true or false"


def test_a_path_that_is_not_a_string_is_an_error() -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"manage_py": ["a/manage.py"]}, {})
    assert (invalid.value.name, invalid.value.origin) == ("manage_py", TABLE)


@pytest.mark.parametrize(
    ("table", "environment", "name", "nearest"),
    [
        ({"bundle_pyton": True}, {}, "bundle_pyton", "bundle_python"),
        ({}, {"SLIPWAY_MANAGEPY": "x"}, "SLIPWAY_MANAGEPY", "SLIPWAY_MANAGE_PY"),
        ({}, {"SLIPWAY_PYTHON_MIROR": "x"}, "SLIPWAY_PYTHON_MIROR", "SLIPWAY_PYTHON_MIRROR"),
        ({}, {"SLIPWAY_COLOUR": "red"}, "SLIPWAY_COLOUR", None),
        ({"colour": "red"}, {}, "colour", None),
    ],
)
def test_an_unknown_setting_is_an_error_with_the_nearest(
    table: dict[str, object], environment: dict[str, str], name: str, nearest: str | None
) -> None:
    with pytest.raises(SettingUnknown) as unknown:
        parse(table, environment)
    assert (unknown.value.name, unknown.value.nearest) == (name, nearest)
    assert unknown.value.known


@pytest.mark.parametrize(("value", "expected"), [("1", False), ("0", True), ("", True)])
def test_disable_collectstatic_is_honoured(value: str, *, expected: bool) -> None:
    assert parse({}, {"DISABLE_COLLECTSTATIC": value}).collectstatic is expected


@pytest.mark.parametrize(("value", "expected"), [("a.settings", "a.settings"), ("", None)])
def test_django_settings_module_is_honoured(value: str, expected: str | None) -> None:
    assert parse({}, {"DJANGO_SETTINGS_MODULE": value}).settings_module == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (["libs", "vendor/private"], ("libs", "vendor/private")),
        ("libs", ("libs",)),
        ("my libs", ("my libs",)),
        (["./libs/", "libs", "a/../b"], ("libs", "b")),
        ([], ()),
    ],
)
def test_vendor_is_a_folder_or_a_list_of_folders(
    value: object, expected: tuple[str, ...]
) -> None:
    settings = parse({"vendor": value}, {})
    assert (settings.vendor, settings.vendor_origin) == (expected, TABLE)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("libs", ("libs",)),
        ("libs, vendor/private", ("libs", "vendor/private")),
        ("libs vendor", ("libs", "vendor")),
        ("", ()),
    ],
)
def test_a_variable_may_name_several_folders(value: str, expected: tuple[str, ...]) -> None:
    settings = parse({"vendor": ["other"]}, {"SLIPWAY_VENDOR": value})
    assert settings.vendor == expected
    assert settings.vendor_origin == "The variable SLIPWAY_VENDOR"


@pytest.mark.parametrize("value", [1, True, {"a": "b"}, [1], [""], "", ".", ["vendor/.."]])
def test_a_value_that_does_not_name_a_folder_is_an_error(value: object) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"vendor": value}, {})
    error = invalid.value
    assert (error.name, error.origin) == ("vendor", TABLE)
    assert error.example == 'vendor = ["vendor", "libs"]'


@pytest.mark.parametrize("folder", ["..", "../libs", "libs/../../x", "/libs"])
def test_a_folder_outside_the_app_is_an_error(folder: str) -> None:
    with pytest.raises(SettingOutside) as outside:
        parse({}, {"SLIPWAY_VENDOR": f"vendor,{folder}"})
    assert (outside.value.origin, outside.value.path) == ("The variable SLIPWAY_VENDOR", folder)


@pytest.mark.parametrize(
    ("value", "size"),
    [("500 MB", 500_000_000), ("2GB", 2_000_000_000), ("1.5 GB", 1_500_000_000)],
)
def test_the_cache_limit_is_a_size(value: str, size: int) -> None:
    assert parse({"cache_limit": value}, {}).cache_limit == size
    assert parse({}, {"SLIPWAY_CACHE_LIMIT": value}).cache_limit == size


@pytest.mark.parametrize("value", ["2", "GB", "-1 GB", "2 TB", 2000, ["2 GB"]])
def test_a_limit_that_is_not_a_size_is_an_error(value: object) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"cache_limit": value}, {})
    assert invalid.value.example == 'cache_limit = "500 MB"'


def test_the_release_step_has_settings() -> None:
    default = parse({}, {})
    assert (default.migrate, default.database_wait, default.release_hook) == (None, 60, False)
    table = {
        "migrate": "start",
        "database_wait": 120,
        "initial_fixtures": ["berths", "ports/world"],
        "release_hook": True,
    }
    settings = parse(table, {})
    assert (settings.migrate, settings.database_wait) == ("start", 120)
    assert (settings.initial_fixtures, settings.release_hook) == (
        ("berths", "ports/world"),
        True,
    )
    variables = {"SLIPWAY_MIGRATE": "off", "SLIPWAY_INITIAL_FIXTURES": "a, b"}
    settings = parse(table, variables)
    assert (settings.migrate, settings.initial_fixtures) == ("off", ("a", "b"))


@pytest.mark.parametrize("value", [-1, 1.5, True, "soon", 86401])
def test_the_wait_for_databases_is_a_number_of_seconds(value: object) -> None:
    with pytest.raises(SettingInvalid):
        parse({"database_wait": value}, {})


def test_build_commands_keep_their_blanks() -> None:
    assert parse({}, {}).build_commands == ()
    table = {"build_commands": ["compilemessages", "compress  --force"]}
    expected = ("compilemessages", "compress --force")
    assert parse(table, {}).build_commands == expected
    text = "compilemessages, compress --force"
    assert parse({}, {"SLIPWAY_BUILD_COMMANDS": text}).build_commands == expected
    with pytest.raises(SettingInvalid):
        parse({"build_commands": [""]}, {})


def test_placeholders_are_true_or_false() -> None:
    assert parse({}, {}).placeholders is True
    assert parse({"placeholders": False}, {}).placeholders is False


def test_strict_is_true_or_false() -> None:
    assert parse({}, {}).strict is False
    assert parse({"strict": True}, {}).strict is True
    assert parse({"strict": True}, {"SLIPWAY_STRICT": "false"}).strict is False
    with pytest.raises(SettingInvalid):
        parse({"strict": 1}, {})


def test_offline_is_true_or_false() -> None:
    assert parse({"offline": True}, {}).offline is True
    assert parse({"offline": True}, {"SLIPWAY_OFFLINE": "false"}).offline is False
    with pytest.raises(SettingInvalid) as invalid:
        parse({"offline": "auto"}, {})
    assert invalid.value.allowed == "true or false"


def test_a_version_has_the_name_of_the_setting_as_origin() -> None:
    table = parse({"python_version": " 3.12 "}, {})
    assert table.python_version == "3.12"
    assert table.python_version_origin == "python_version in pyproject.toml"
    variable = parse({"python_version": "3.12"}, {"SLIPWAY_PYTHON_VERSION": "3.13"})
    assert variable.python_version == "3.13"
    assert variable.python_version_origin == "SLIPWAY_PYTHON_VERSION"


def test_a_version_without_quotes_is_an_error() -> None:
    # 3.10 would be 3.1.
    with pytest.raises(SettingInvalid) as invalid:
        parse({"python_version": 3.10}, {})
    assert (invalid.value.kind, invalid.value.origin) == ("a number", TABLE)
    assert "in quotes" in invalid.value.allowed


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("a.txt", ("a.txt",)),
        ("a.txt b/c.txt", ("a.txt", "b/c.txt")),
        ("a.txt,./b/c.txt, a.txt", ("a.txt", "b/c.txt")),
        ("", ()),
    ],
)
def test_requirements_are_one_file_or_several(value: str, expected: tuple[str, ...]) -> None:
    settings = parse({"requirements": "other.txt"}, {"SLIPWAY_REQUIREMENTS": value})
    assert settings.requirements == expected
    assert settings.requirements_origin == "The variable SLIPWAY_REQUIREMENTS"


def test_requirements_in_the_table_may_have_spaces() -> None:
    assert parse({"requirements": ["my files/a.txt"]}, {}).requirements == ("my files/a.txt",)


@pytest.mark.parametrize("value", ["../a.txt", "/etc/passwd", "x/../../a.txt"])
def test_requirements_outside_the_app_are_an_error(value: str) -> None:
    with pytest.raises(SettingOutside) as outside:
        parse({"requirements": [value]}, {})
    assert (outside.value.origin, outside.value.path) == (TABLE, value)


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("SLIPWAY_ROOT", " backend ", "backend"),
        ("SLIPWAY_LOCK", "uv.lock ", "uv.lock"),
        ("SLIPWAY_MANAGE_PY", " site/manage.py", "site/manage.py"),
        ("SLIPWAY_OFFLINE", "true ", True),
        ("SLIPWAY_TOOLCHAIN", " uv", "uv"),
    ],
)
def test_blanks_around_a_value_do_not_count(
    variable: str, value: str, expected: object
) -> None:
    settings = parse({}, {variable: value})
    assert getattr(settings, variable.removeprefix("SLIPWAY_").lower()) == expected


@pytest.mark.parametrize(
    ("variable", "allowed"),
    [
        ("SLIPWAY_ROOT", "a folder in the repository"),
        ("SLIPWAY_LOCK", "a file in the app"),
        ("SLIPWAY_VENDOR", "folders in the app, separated by commas"),
    ],
)
def test_an_error_says_how_many_paths_a_setting_has(variable: str, allowed: str) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({}, {variable: "https://h.example/x"})
    assert invalid.value.allowed == allowed


@pytest.mark.parametrize("value", [1, [1], ".", [""]])
def test_requirements_that_name_no_file_are_an_error(value: object) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"requirements": value}, {})
    assert invalid.value.example == 'requirements = "requirements/production.txt"'


def test_the_toolchain_is_auto_or_the_one_named() -> None:
    assert parse({}, {}).toolchain == "auto"
    assert parse({"toolchain": "pip-tools"}, {}).toolchain == "pip-tools"
    variable = parse({"toolchain": "pip-tools"}, {"SLIPWAY_TOOLCHAIN": "UV"})
    assert (variable.toolchain, variable.toolchain_origin) == (
        "uv",
        "The variable SLIPWAY_TOOLCHAIN",
    )
    with pytest.raises(SettingInvalid) as error:
        parse({"toolchain": "poetry"}, {})
    assert error.value.allowed == '"auto", "uv" or "pip-tools"'


def test_the_log_level_is_info_or_debug() -> None:
    assert parse({}, {}).log_level == "info"
    assert parse({"log_level": "debug"}, {}).log_level == "debug"
    assert parse({"log_level": "debug"}, {"SLIPWAY_LOG_LEVEL": "INFO"}).log_level == "info"
    with pytest.raises(SettingInvalid) as invalid:
        parse({}, {"SLIPWAY_LOG_LEVEL": "loud"})
    assert invalid.value.allowed == "info or debug"


PAKETO = {
    "BP_CPYTHON_VERSION": "3.12.*",
    "BP_PIP_REQUIREMENT": "requirements.txt requirements/web.txt",
    "BP_LOG_LEVEL": "DEBUG",
}


def test_names_of_paketo_are_read_if_a_door_supports_them() -> None:
    settings = parse({"log_level": "info"}, with_paketo_names(PAKETO))
    assert settings.python_version == "3.12.*"
    assert settings.requirements == ("requirements.txt", "requirements/web.txt")
    assert settings.log_level == "debug"
    assert parse({}, PAKETO) == Settings()


def test_an_error_names_the_variable_that_the_user_set() -> None:
    settings = parse({}, with_paketo_names(PAKETO))
    assert settings.python_version_origin == "BP_CPYTHON_VERSION"
    assert settings.requirements_origin == "The variable BP_PIP_REQUIREMENT"
    with pytest.raises(SettingOutside) as outside:
        parse({}, with_paketo_names({"BP_PIP_REQUIREMENT": "/r.txt"}))
    assert outside.value.origin == "The variable BP_PIP_REQUIREMENT"


@pytest.mark.parametrize(("level", "meant"), [("DEBUG", "debug"), ("TRACE", "info")])
def test_only_debug_has_an_effect_on_the_log_of_paketo(level: str, meant: str) -> None:
    settings = parse({"log_level": "info"}, with_paketo_names({"BP_LOG_LEVEL": level}))
    assert settings.log_level == meant


def test_slipways_own_variable_overrides_paketos() -> None:
    settings = parse({}, with_paketo_names({**PAKETO, "SLIPWAY_PYTHON_VERSION": "3.13"}))
    assert settings.python_version == "3.13"
    assert settings.python_version_origin == "SLIPWAY_PYTHON_VERSION"


def test_an_empty_variable_of_paketo_is_ignored() -> None:
    assert parse({}, with_paketo_names(dict.fromkeys(PAKETO, ""))) == Settings()


@pytest.mark.parametrize("name", OTHER_VARIABLES)
def test_a_variable_that_is_not_a_build_setting_is_ignored(name: str) -> None:
    assert parse({}, {name: "x"}) == Settings()


@pytest.mark.parametrize("value", ["auto", "image", "managed"])
def test_the_source_of_the_python_is_a_setting(value: str) -> None:
    assert parse({"python_source": value}, {}).python_source == value
    variable = parse({}, {"SLIPWAY_PYTHON_SOURCE": value.upper()})
    assert variable.python_source == value
    assert variable.python_source_origin == "The variable SLIPWAY_PYTHON_SOURCE"


def test_another_source_of_python_is_an_error() -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"python_source": "conda"}, {})
    assert invalid.value.allowed == '"auto", "image" or "managed"'


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("yes", "text"),
        (3, "a number"),
        (3.13, "a number"),
        (True, "a boolean"),
        (["a", "b"], "a list"),
        (["a", "http://h"], "a list with an address"),
        ({"a": "b"}, "a table"),
        (date(2026, 1, 1), "a date or time"),
    ],
)
def test_an_invalid_value_is_described_and_never_shown(value: object, kind: str) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"toolchain": value}, {})
    assert invalid.value.kind == kind


@pytest.mark.parametrize(
    "value", ["app:app", "harbour.web:application", " harbour:create_app() "]
)
def test_the_application_is_a_module_and_a_name(value: str) -> None:
    for settings in (parse({"app": value}, {}), parse({}, {"APP_MODULE": value})):
        assert settings.app == value.strip()


@pytest.mark.parametrize(
    "value",
    ["app", "app/x:app", "app:", ":app", "a b:app", "app:app()()", 1, ""],
)
def test_another_text_is_no_application(value: object) -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({"app": value}, {})
    assert invalid.value.example == 'app = "package.module:app"'


def test_a_function_of_the_application_gets_no_arguments() -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({}, {"APP_MODULE": 'web:create_app("production")'})
    assert "a function cannot get arguments here" in invalid.value.allowed
    assert invalid.value.example == "APP_MODULE=wsgi:app"


def test_slipways_own_variable_for_the_application_wins() -> None:
    both = {"APP_MODULE": "a:app", "SLIPWAY_APP": "b:app"}
    settings = parse({"app": "c:app"}, both)
    assert (settings.app, settings.app_origin) == ("b:app", "The variable SLIPWAY_APP")
    settings = parse({"app": "c:app"}, {"APP_MODULE": "a:app"})
    assert (settings.app, settings.app_origin) == ("a:app", "The variable APP_MODULE")


@pytest.mark.parametrize("key", ["requirements", "vendor", "manage_py", "python_version"])
@pytest.mark.parametrize(
    "address",
    ["http://ci:s3cret@h/x", "http:/ci:s3cret@h/x", "six @ git+https://ci:s3cret@h/x"],
)
def test_an_address_is_not_a_path(key: str, address: str) -> None:
    for table, environment in (
        ({key: address}, {}),
        ({}, {f"SLIPWAY_{key.upper()}": address}),
    ):
        with pytest.raises(SettingInvalid) as invalid:
            parse(table, environment)
        assert invalid.value.kind == "an address"
        assert "s3cret" not in repr(invalid.value)


def test_an_invalid_variable_is_reported_and_corrected_as_a_variable() -> None:
    with pytest.raises(SettingInvalid) as invalid:
        parse({}, {"SLIPWAY_VENDOR": "./, libs"})
    error = invalid.value
    assert (error.kind, error.example) == ("text", "SLIPWAY_VENDOR=vendor,libs")
    assert error.allowed == "folders in the app, separated by commas"
