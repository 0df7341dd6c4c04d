"""The place of an index: a line, a variable, or a file of pip."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from slipway.domain.index_config.pip_settings import from_files, from_variables
from slipway.domain.index_config.places import IndexPlace, place_of_index
from slipway.domain.requirements.lines import LineKind, read_lines

PAGE = "https://yard.example/private/simple/six/"
URL = "https://ci:old@yard.example/private/simple/"


def place(
    page: str = PAGE,
    requirements: str = "",
    environment: Mapping[str, str] | None = None,
    configuration: str = "",
) -> IndexPlace | None:
    environment = environment or {}
    lines = [
        line
        for line in read_lines(requirements, "requirements.txt", {})
        if line.kind is LineKind.OPTION
    ]
    files = [("/etc/pip.conf", configuration)] if configuration else []
    settings = [*from_files(files), *from_variables(environment)]
    return place_of_index(page, lines, settings, environment)


@pytest.mark.parametrize(
    ("requirements", "name", "variables"),
    [
        (f"six\n--extra-index-url {URL}\n", "requirements.txt:2", ()),
        (f"-i {URL}\n", "requirements.txt:1", ()),
        (f"--index-url='{URL}'\n", "requirements.txt:1", ()),
        (
            "--index-url https://${YARD_USER}:${YARD_TOKEN}@yard.example/private/simple\n",
            "requirements.txt:1",
            ("YARD_USER", "YARD_TOKEN"),
        ),
        ("--index-url https://${UNSET}@yard.example/\n", "requirements.txt:1", ("UNSET",)),
        ("--index-url https://yard.example/${FOLDER}\n", "requirements.txt:1", ()),
        ("--extra-index-url ${YARD_URL}\n", "YARD_URL", ()),
    ],
)
def test_a_line_names_the_index(
    requirements: str, name: str, variables: tuple[str, ...]
) -> None:
    environment = {"YARD_USER": "ci", "YARD_TOKEN": "old", "YARD_URL": URL}
    found = place(requirements=requirements, environment=environment)
    assert found
    assert (found.name, found.variables) == (name, variables)


@pytest.mark.parametrize(
    ("environment", "name", "variables"),
    [
        ({"PIP_INDEX_URL": URL}, "PIP_INDEX_URL", ()),
        ({"PIP_EXTRA_INDEX_URL": URL}, "PIP_EXTRA_INDEX_URL", ()),
        ({"PIP_FIND_LINKS": URL}, "PIP_FIND_LINKS", ()),
        ({"UV_DEFAULT_INDEX": URL}, "UV_DEFAULT_INDEX", ()),
        ({"UV_INDEX": f"yard={URL}"}, "UV_INDEX", ()),
        (
            {"UV_INDEX": "yard=https://yard.example/private/simple"},
            "UV_INDEX",
            ("UV_INDEX_YARD_USERNAME", "UV_INDEX_YARD_PASSWORD"),
        ),
    ],
)
def test_a_variable_names_the_index(
    environment: Mapping[str, str], name: str, variables: tuple[str, ...]
) -> None:
    found = place(environment=environment)
    assert found
    assert (found.name, found.variables, found.has_others) == (name, variables, False)
    [(variable, value)] = environment.items()
    several = place(environment={variable: f"https://other.example {value}"})
    assert several
    assert several.has_others


def test_a_configuration_file_of_pip_names_the_index() -> None:
    found = place(configuration=f"[global]\nextra-index-url = {URL}\n")
    assert found
    assert found.name == "extra-index-url in /etc/pip.conf"


def test_the_index_whose_path_fits_best_is_meant() -> None:
    environment = {
        "PIP_INDEX_URL": "https://yard.example/public/simple",
        "PIP_EXTRA_INDEX_URL": "https://yard.example/private https://yard.example/",
        "UV_INDEX": "https://yard.example/private/simpler https://other.example/",
    }
    found = place(environment=environment)
    assert found
    assert found.name == "PIP_EXTRA_INDEX_URL"
    line = "--index-url https://yard.example/private/simple/\n"
    with_line = place(requirements=line, environment=environment)
    assert with_line
    assert with_line.name == "requirements.txt:1"


@pytest.mark.parametrize(
    ("request_", "address"),
    [
        ("yard.example", "https://yard.example/simple"),
        ("yard.example:443", "https://yard.example/simple"),
        ("https://yard.example/files/six.whl", "https://yard.example/simple"),
        ("http://127.0.0.1:8080/simple/six/", "http://127.0.0.1:8080/simple"),
    ],
)
def test_a_host_or_a_file_is_of_the_index_there(request_: str, address: str) -> None:
    assert place(request_, environment={"PIP_INDEX_URL": address})


@pytest.mark.parametrize(
    ("request_", "address"),
    [
        ("https://files.example/six.whl", "https://yard.example/simple"),
        ("http://127.0.0.1:8080/simple/six/", "http://127.0.0.1:8081/simple"),
        ("https://[yard/simple", "https://yard.example/simple"),
        ("https://yard.example/simple", "https://[yard"),
        ("https://yard.example/simple", "wheels"),
        ("", ""),
    ],
)
def test_an_index_elsewhere_is_not_meant(request_: str, address: str) -> None:
    assert place(request_, environment={"PIP_INDEX_URL": address}) is None
