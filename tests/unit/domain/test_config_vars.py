"""Environment variables reach the processes of a build, except for dangerous ones."""

from __future__ import annotations

import pytest

from slipway.domain.config_vars import (
    NEVER,
    ONLY_INHERITED,
    combine,
    combine_for_tests,
    instead_of_refused,
    is_for_the_running_app,
)


def test_config_variables_override_the_builders_variables() -> None:
    made = combine(
        {"PATH": "/usr/bin", "HOME": "/root", "PIP_INDEX_URL": "https://builder.example"},
        {"PIP_INDEX_URL": "https://app.example", "SECRET_KEY": "x"},
    )
    assert made.variables == {
        "LANG": "C.UTF-8",
        "PATH": "/usr/bin",
        "HOME": "/root",
        "PIP_INDEX_URL": "https://app.example",
        "SECRET_KEY": "x",
    }
    assert made.refused == {}


@pytest.mark.parametrize(
    ("builder", "config_vars", "expected"),
    [
        ({}, {}, "C.UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, {}, "de_DE.UTF-8"),
        ({"LANG": "de_DE.UTF-8"}, {"LANG": "fr_FR.UTF-8"}, "fr_FR.UTF-8"),
    ],
)
def test_the_default_locale_is_utf8(
    builder: dict[str, str], config_vars: dict[str, str], expected: str
) -> None:
    assert combine(builder, config_vars).variables["LANG"] == expected


@pytest.mark.parametrize("name", sorted({**NEVER, **ONLY_INHERITED}))
def test_a_dangerous_config_variable_is_refused_with_a_reason(name: str) -> None:
    made = combine({"PATH": "/usr/bin", "HOME": "/root"}, {name: "/evil"})
    assert "/evil" not in made.variables.values()
    assert made.refused[name].startswith(("it would ", "the platform "))


@pytest.mark.parametrize("name", sorted(ONLY_INHERITED))
def test_a_refused_config_variable_does_not_hide_what_the_platform_set(name: str) -> None:
    made = combine({name: "/layers/apt/lib"}, {name: "/app/lib"})
    assert made.variables[name] == "/layers/apt/lib"
    assert set(made.refused) == {name}


@pytest.mark.parametrize(
    "inherited", ["/own", "/own:/layers/apt/include"], ids=["alone", "in-front"]
)
def test_a_config_variable_that_the_platform_has_applied_is_not_refused(
    inherited: str,
) -> None:
    made = combine({"CPATH": inherited}, {"CPATH": "/own"})
    assert made.variables["CPATH"] == inherited
    assert made.refused == {}


@pytest.mark.parametrize("name", sorted(NEVER))
def test_some_variables_are_not_even_inherited(name: str) -> None:
    made = combine({name: "x"}, {})
    assert name not in made.variables
    assert made.refused == {}


def test_values_that_pip_does_not_know_any_more_are_left_out() -> None:
    old = {"PIP_USE_FEATURE": "2020-resolver fast-deps", "PIP_USE_DEPRECATED": "html5lib"}
    for made in (combine(old, {}), combine({}, old)):
        assert made.variables == {"LANG": "C.UTF-8", "PIP_USE_FEATURE": "fast-deps"}
    kept = {"PIP_USE_FEATURE": "truststore", "PIP_USE_DEPRECATED": "legacy-resolver"}
    assert combine({}, kept).variables == {"LANG": "C.UTF-8", **kept}


@pytest.mark.parametrize("name", ["A-B", "1A", "A B", "", "\u00c4"])
def test_a_name_that_is_not_valid_in_a_shell_is_refused(name: str) -> None:
    made = combine({}, {name: "x"})
    assert (set(made.variables), set(made.refused)) == ({"LANG"}, {name})


@pytest.mark.parametrize(
    "name",
    [
        *("PATH", "HOME", "LC_ALL", "https_proxy", "NO_PROXY", "SSL_CERT_FILE", "STACK"),
        *("PIP_EXTRA_INDEX_URL", "UV_INDEX_URL", "SLIPWAY_TOOLCHAIN"),
        *("CPATH", "LIBRARY_PATH", "LD_LIBRARY_PATH", "PKG_CONFIG_PATH", "CFLAGS"),
        *("NODE_ENV", "NODE_HOME", "NPM_CONFIG_PREFIX", "BUILDER_TOKEN", "DATABASE_URL"),
        *("PYTHONPATH", "PYTHONOPTIMIZE", "DJANGO_SETTINGS_MODULE", "not.a.shell-name"),
        *("GIT_CONFIG_COUNT", "GIT_SSH_COMMAND", "GIT_TERMINAL_PROMPT"),
    ],
)
def test_the_builders_variables_are_passed_on(name: str) -> None:
    assert combine({name: "x"}, {}).variables[name] == "x"


def test_functions_of_the_builders_shell_are_not_passed_on() -> None:
    made = combine({"BASH_FUNC_python%%": "() { false; }"}, {})
    assert set(made.variables) == {"LANG"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PATH", "/app/.heroku/venv/bin:/bin:/usr/local/bin:/usr/bin"),
        ("PATH", "bin:/usr/local/bin:/usr/bin:/bin"),
        ("PATH", "/bin:/usr/local/bin:/usr/bin"),
        ("PYTHONHOME", "/app/.heroku/venv/"),
        ("LD_LIBRARY_PATH", "/app/.heroku/vendor/lib"),
        ("LIBRARY_PATH", ".heroku/vendor/lib"),
        ("LIBRARY_PATH", "./vendor/lib"),
    ],
)
def test_what_an_old_buildpack_has_set_should_be_unset(name: str, value: str) -> None:
    assert not is_for_the_running_app(name, value)
    assert "heroku/python has set it" in instead_of_refused(name, value)


@pytest.mark.parametrize(
    ("name", "value", "old"),
    [
        (
            "LD_LIBRARY_PATH",
            "/app/.heroku/vendor/lib:/app/.apt/lib",
            "/app/.heroku/vendor/lib",
        ),
        (
            "PATH",
            "/app/.heroku/venv/bin:/app/.heroku/python/bin:/app/tools:/usr/bin",
            "/app/.heroku/venv/bin and /app/.heroku/python/bin",
        ),
    ],
)
def test_what_a_user_has_added_may_stay(name: str, value: str, old: str) -> None:
    advice = instead_of_refused(name, value)
    assert advice == (
        f"An old heroku/python has set {old} in it, and no app needs that any more: remove it "
        "from the value"
    )
    rest = ":".join(one for one in value.split(":") if ".heroku" not in one)
    assert is_for_the_running_app(name, rest)


@pytest.mark.parametrize(
    ("name", "value", "advice"),
    [
        ("LD_PRELOAD", "/app/vendor/jemalloc/lib/libjemalloc.so", ""),
        ("LD_LIBRARY_PATH", "/app/vendor/lib", ""),
        ("PATH", "/app/tools:/usr/bin", ""),
        ("not-a-name", "x", ""),
        ("CPATH", "/app/include", "A buildpack that runs before Slipway can set it"),
        ("PYTHONHOME", "/app/", "Unset it"),
        ("HOME", "/root", "Unset it"),
        ("PIP_TARGET", "/x", "Unset it"),
    ],
)
def test_a_refused_variable_may_stay_if_the_running_app_has_a_use_for_it(
    name: str, value: str, advice: str
) -> None:
    assert instead_of_refused(name, value) == advice
    if name.startswith(("LD_", "PATH")):
        assert is_for_the_running_app(name, value)


def test_tests_get_what_the_running_app_gets() -> None:
    inherited = {"PATH": "/usr/bin", "LD_LIBRARY_PATH": "/apt/lib"}
    config_vars = {
        "PATH": "/app/tools",
        "LD_LIBRARY_PATH": "/app/lib",
        "LD_PRELOAD": "libjemalloc.so",
        "PIP_TARGET": "/app/packages",
        "MODE": "quick",
    }
    made = combine_for_tests(inherited, config_vars)
    assert made.variables == {
        "LANG": "C.UTF-8",
        "PATH": "/app/tools:/usr/bin",
        "LD_LIBRARY_PATH": "/app/lib",
        "LD_PRELOAD": "libjemalloc.so",
        "MODE": "quick",
    }
    assert [*made.refused] == ["PIP_TARGET"]


def test_tests_get_no_path_of_an_old_heroku_python() -> None:
    made = combine_for_tests({"PATH": "/usr/bin"}, {"PATH": "/app/.heroku/venv/bin"})
    assert made.variables["PATH"] == "/usr/bin"
    assert [*made.refused] == ["PATH"]
