"""Requirements files are parsed as pip parses them."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from conftest import ROOT
from slipway.domain.requirements.lines import (
    LineKind,
    bracketed_extras,
    expand,
    marker_applies,
    normalized_requirement,
    read_lines,
    required_freely_in,
    split_extras,
)
from slipway.errors.addresses import AddressUnusable
from slipway.errors.dependencies import RequirementInvalid
from unit.samples import PYTHON, line, lines

HASH = "sha256:" + "ab" * 32
OTHER = "sha256:" + "cd" * 32

# Argument 1 is pip's wheel, argument 2 is a folder with files for pip to parse.
PIP_READS = """
import json, logging, os, sys
sys.path.insert(0, sys.argv[1])
os.chdir(sys.argv[2])
from pip._internal.exceptions import PipError
from pip._internal.network.session import PipSession
from pip._internal.req.constructors import install_req_from_parsed_requirement
from pip._internal.req.req_file import parse_requirements

def read(file):
    for parsed in parse_requirements(file, session=PipSession()):
        found = install_req_from_parsed_requirement(parsed)
        yield {
            "name": found.name and found.name.lower().replace("_", "-").replace(".", "-"),
            "direct": found.link is not None,
            "extras": ",".join(sorted(found.extras)),
            "marker": str(found.markers or ""),
            "hashes": sorted(
                f"{kind}:{digest}"
                for kind, digests in found.hash_options.items()
                for digest in digests
            ),
        }

answers = {}
logging.disable()
for file in sorted(os.listdir(".")):
    if os.path.isfile(file) and file.isdigit():
        try:
            answers[file] = list(read(file))
        except PipError:
            answers[file] = "rejected"
print(json.dumps(answers))
"""

AS_PIP = {
    "empty": "",
    "only a comment": "# nothing\n   # at all\n",
    "comment after a requirement": "django>=5  # web\n",
    "# inside an address": "a @ https://h.example/a-1.zip#sha256=ab\n",
    "blank lines": "\n\n  \ndjango\n\n",
    "continuation": "django>=5,\\\n<6\n",
    "continuation over a comment": "django \\\n# comment\nflask\n",
    "continuation at the end of the file": "django>=5,<6 \\\n",
    "CRLF": "django>=5\r\nflask\r\n",
    "CRLF with continuation": f"six==1.17.0 \\\r\n    --hash={HASH}\r\n",
    "spaces": "  Django [argon2] >= 5 , < 6\n",
    "name with dots and capitals": "Zope.Interface==6\n",
    "arbitrary equality": "six===1.17\n",
    "parenthesised": "six (>=1.0)\n",
    "extras": "requests[socks,security]>=2\n",
    "marker": 'tomli; python_version < "3.11"\n',
    "marker with and": "tomli>=2 ; python_version < '3.11' and sys_platform == 'linux'\n",
    "hash": f"six==1.17.0 --hash={HASH}\n",
    "hash after a space": f"six==1.17.0 --hash {HASH}\n",
    "hashes on several lines": f"six==1.17.0 \\\n    --hash={HASH} \\\n    --hash={OTHER}\n",
    "hash and marker": f'six==1.17.0 ; python_version > "3" --hash={HASH}\n',
    "config settings": 'six==1.17.0 --config-settings "a=b"\n',
    "repository": "git+https://h.example/r.git\n",
    "repository with egg": "git+https://h.example/r.git@v1#egg=Some_Name\n",
    "repository with egg and folder": "git+https://h.example/r.git#subdirectory=x&egg=name\n",
    "name @ repository": "name @ git+https://h.example/r.git@v1\n",
    "name[extra] @ address": "name[one] @ https://h.example/name-1.zip\n",
    "name @ address ; marker": 'name @ https://h.example/n-1.zip ; python_version > "3"\n',
    "name @ file": "name @ file:///somewhere/name-1.zip\n",
    "address": "https://h.example/name-1.0.tar.gz\n",
    "editable repository": "-e git+ssh://git@h.example/r.git#egg=x_y\n",
    "folder": "./package\n",
    "folder without ./": "packages/one\n",
    "folder with extra": "./package[one,two]\n",
    "folder with marker": './package ; python_version > "3"\n',
    "editable folder in quotes": '-e "./package"\n',
    "editable folder": "-e ./package\n",
    "editable folder with extra": "-e ./package[one]\n",
    "--editable=": "--editable=./package\n",
    "wheel": "./name-1.0-py3-none-any.whl\n",
    "wheel without ./": "name-1.0-py3-none-any.whl\n",
    "one equals sign": "django=5\n",
    "two names": "django flask\n",
    "bad version": "django==latest!\n",
    "only punctuation": "==1.0\n",
    "bad marker": "django; python_versoin > '3'\n",
    "folder with bad marker": "./package ; python_versoin > '3'\n",
    "-e without a value": "-e\n",
    "-r without a value": "-r\n",
}


@pytest.fixture(scope="module")
def pip_results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Parse every text of AS_PIP with pip itself, in one process."""
    folder = tmp_path_factory.mktemp("requirements")
    for place in ("package", "packages/one"):
        (folder / place).mkdir(parents=True)
        (folder / place / "setup.py").touch()
    (folder / "name-1.0-py3-none-any.whl").touch()
    for number, text in enumerate(AS_PIP.values()):
        (folder / str(number)).write_bytes(text.encode())
    (wheel,) = (ROOT / "vendor").glob("pip-*.whl")
    program = [sys.executable, "-I", "-W", "ignore", "-c", PIP_READS, str(wheel), str(folder)]
    output = subprocess.run(program, capture_output=True, text=True, check=True).stdout
    answers = json.loads(output.splitlines()[-1])
    return {name: answers[str(number)] for number, name in enumerate(AS_PIP)}


@pytest.mark.parametrize("name", AS_PIP)
def test_a_line_is_parsed_as_pip_parses_it(name: str, pip_results: dict[str, Any]) -> None:
    try:
        ours: Any = [
            {
                "name": found.name,
                "direct": found.kind is LineKind.DIRECT,
                "extras": found.extras.strip("[]"),
                "marker": found.marker.replace("'", '"'),
                "hashes": sorted(found.hashes),
            }
            for found in lines(AS_PIP[name])
        ]
    except RequirementInvalid:
        ours = "rejected"
    theirs = pip_results[name]
    for mine, pips in zip(ours, theirs, strict=True) if theirs != "rejected" else ():
        if pips["direct"] and mine["name"] is None:
            pips["name"] = None  # pip reads it from the file name
    assert ours == theirs


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("-r base.txt", LineKind.NESTED, "base.txt"),
        ("-rbase.txt", LineKind.NESTED, "base.txt"),
        ("-r 'with space.txt'", LineKind.NESTED, "with space.txt"),
        ("--requirement base.txt", LineKind.NESTED, "base.txt"),
        ("--requirement=base.txt", LineKind.NESTED, "base.txt"),
        ("--requirement = base.txt", LineKind.NESTED, "base.txt"),
        ("-c limits.txt", LineKind.CONSTRAINTS, "limits.txt"),
        ("--constraint=limits.txt", LineKind.CONSTRAINTS, "limits.txt"),
        ("-i https://h.example/simple", LineKind.OPTION, "https://h.example/simple"),
        ("--extra-index-url=https://h.example/", LineKind.OPTION, "https://h.example/"),
        ("--pre", LineKind.OPTION, ""),
        ("--no-binary :all:", LineKind.OPTION, ":all:"),
        ("-", LineKind.OPTION, ""),
    ],
)
def test_options_and_nested_files_are_distinguished(
    text: str, kind: LineKind, value: str
) -> None:
    found = line(text)
    assert (found.kind, found.value, found.name) == (kind, value, None)


def test_lines_have_the_number_that_an_editor_shows() -> None:
    text = "# top\n\ndjango>=5,\\\n   <6\n\nflask\n"
    assert [(found.number, found.name) for found in lines(text)] == [
        (3, "django"),
        (6, "flask"),
    ]


def test_a_byte_order_mark_is_not_part_of_a_name() -> None:
    assert [found.name for found in lines("\ufeffdjango\nflask")] == ["django", "flask"]


def test_variables_in_the_text_are_not_filled_in() -> None:
    found = line("-e git+https://${USER}@h.example/r.git#egg=x  # private", USER="s3cret")
    assert found.text == "-e git+https://${USER}@h.example/r.git#egg=x"
    assert found.value == "git+https://s3cret@h.example/r.git#egg=x"
    assert "s3cret" not in found.redacted


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("${A}", "one"),
        ("${A}${A}", "oneone"),
        ("${EMPTY}", "${EMPTY}"),
        ("${UNSET}", "${UNSET}"),
        ("${a}", "${a}"),
        ("$A", "$A"),
    ],
)
def test_only_set_variables_in_braces_are_filled_in(text: str, expected: str) -> None:
    assert expand(text, {"A": "one", "a": "two", "EMPTY": ""}) == expected


def test_a_variable_may_contain_the_whole_requirement() -> None:
    assert line("${REQUIREMENT}", REQUIREMENT="django>=5").name == "django"


def test_a_line_with_an_unset_variable_is_an_error() -> None:
    with pytest.raises(RequirementInvalid) as refused:
        list(read_lines("six\n\n${REQUIREMENT}==1\n", "requirements/base.txt", {}))
    error = refused.value
    assert (error.file, error.line) == ("requirements/base.txt", 3)
    assert error.text == "${REQUIREMENT}==1"


@pytest.mark.parametrize(
    "text",
    [
        "django ; https://user:s3cret@h.example",
        "-e  ; https://s3cret@h.example",
    ],
)
def test_no_credential_is_in_an_error(text: str) -> None:
    with pytest.raises(RequirementInvalid) as refused:
        line(text)
    assert "s3cret" not in f"{refused.value.text} {refused.value.reason}"


def test_the_reason_in_an_error_is_one_line() -> None:
    with pytest.raises(RequirementInvalid) as refused:
        line("django=5")
    assert refused.value.reason == (
        "Expected semicolon (after name with no version specifier) or end"
    )


@pytest.mark.parametrize(
    ("text", "folder"),
    [
        (".", "."),
        ("./package[one]", "./package"),
        ("-e vendor/package", "vendor/package"),
        ("./package#egg=name", "./package"),
        ("name @ file:///srv/a%20b", "/srv/a b"),
        ("file:vendor/package", "vendor/package"),
        ("file://localhost/srv/package", "/srv/package"),
        ("name-1.0.tar.gz", "name-1.0.tar.gz"),
        ("name-1.0-py3-none-any.whl ; python_version > '3'", "name-1.0-py3-none-any.whl"),
        ("https://h.example/name-1.0.tar.gz", None),
        ("git+file:///srv/repository", None),
        ("-e git+ssh://git@h.example/r.git#egg=x", None),
        ("django", None),
    ],
)
def test_local_paths_and_addresses_are_distinguished(text: str, folder: str | None) -> None:
    assert line(text).local_path == folder


@pytest.mark.parametrize(
    ("text", "is_editable"),
    [
        ("-e vendor/x", True),
        ("-evendor/x", True),
        ("--editable=./vendor/x[web]", True),
        ("-e git+https://h.example/r.git#egg=x", True),
        ("./vendor/x", False),
        ("x-e", False),
    ],
)
def test_editable_lines_are_recognized(text: str, *, is_editable: bool) -> None:
    assert line(text).is_editable is is_editable


@pytest.mark.parametrize(
    ("text", "requirement"),
    [
        ("git+https://h.example/r.git@v1#egg=x", "git+https://h.example/r.git@v1#egg=x"),
        ("-e git+https://h.example/r.git#egg=x", "git+https://h.example/r.git#egg=x"),
        ("--editable=git+https://h.example/r.git#egg=x", "git+https://h.example/r.git#egg=x"),
        (f"https://h.example/n.zip --hash={HASH}",) * 2,
        ("n @ https://h.example/n.zip ; python_version > '3'",) * 2,
    ],
)
def test_a_requirement_is_the_line_without_editable(text: str, requirement: str) -> None:
    assert line(text).requirement == requirement


def test_extras_are_split_and_joined() -> None:
    assert split_extras("[web, cli]") == ["web", "cli"]
    assert split_extras("") == split_extras("[]") == []
    assert bracketed_extras(["web", "cli", "web"]) == "[cli,web]"
    assert bracketed_extras([]) == ""


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("six (>=1.9,<2)", "six<2,>=1.9"),
        ("six;extra=='x'", 'six; extra == "x"'),
        ("a[y,x]", "a[x, y]"),
    ],
)
def test_equal_requirements_have_the_same_normalized_text(one: str, other: str) -> None:
    assert normalized_requirement(one) == normalized_requirement(other)


def test_an_invalid_requirement_is_unchanged() -> None:
    assert normalized_requirement("six >>> 1") == "six >>> 1"


@pytest.mark.parametrize(
    ("marker", "expected"),
    [
        ("", True),
        ("python_version >= '3.13'", True),
        ("python_version < '3.13'", False),
        ("implementation_name == 'cpython' and python_full_version == '3.13.1'", True),
        ("sys_platform == 'linux'", True),
        ("extra == 'web'", False),
    ],
)
def test_a_marker_is_evaluated_for_the_apps_python(marker: str, *, expected: bool) -> None:
    assert marker_applies(marker, PYTHON.markers) is expected


@pytest.mark.parametrize(
    "text",
    [
        "anchor @ https://ci:{}@index.example/anchor.zip",
        "anchor[web] @ https://ci:{}@index.example/anchor.zip ; python_version > '3'",
        "https://ci:{}@index.example/anchor.zip",
        "-e git+https://ci:{}@git.example/anchor.git@v1#egg=anchor",
        "-e anchor @ git+https://ci:{}@git.example/anchor.git",
        "anchor = https://ci:{}@index.example/anchor.zip",
        "--index-url https://ci:{}@index.example/simple",
        "--extra-index-url=https://ci:{}@index.example/simple",
        "-ihttps://ci:{}@index.example/simple",
        "-f https://ci:{}@index.example/links.html",
        "-r https://ci:{}@index.example/more.txt",
        "-c https://ci:{}@index.example/constraints.txt",
    ],
)
@pytest.mark.parametrize("character", [*"#/?\\[] "])
def test_a_password_that_must_be_encoded_is_refused(text: str, character: str) -> None:
    with pytest.raises(AddressUnusable) as unusable:
        line(text.format(f"s3cr{character}et"))
    error = unusable.value
    assert (error.line, [one for one, _ in error.encoded]) == (1, [character])


def test_a_password_in_a_variable_is_checked_as_well() -> None:
    with pytest.raises(AddressUnusable):
        line("anchor @ https://ci:${TOKEN}@index.example/a.zip", TOKEN="a#b")  # noqa: S106


def test_a_semicolon_in_an_address_is_not_a_marker() -> None:
    found = line("https://ci:a;b@index.example/anchor.zip ; python_version > '3'")
    assert found.value == "https://ci:a;b@index.example/anchor.zip"
    assert found.marker == "python_version > '3'"


def test_an_editable_requirement_may_have_a_name() -> None:
    found = line("-e anchor[web] @ git+https://git.example/anchor.git")
    assert (found.name, found.value) == ("anchor", "git+https://git.example/anchor.git")
    assert (found.kind, found.local_path) == (LineKind.DIRECT, None)


@pytest.mark.parametrize(
    "text",
    [
        "anchor = https://ci:s3cret@index.example/anchor.zip",
        "anchor = http:/ci:s3cret@index.example/anchor.zip",
        "anchor: https://ci:s3cret@index.example/anchor",
    ],
)
def test_an_address_without_an_at_is_not_a_path(text: str) -> None:
    with pytest.raises(RequirementInvalid) as invalid:
        line(text)
    assert "` @ `" in invalid.value.reason
    assert "s3cret" not in invalid.value.text


@pytest.mark.parametrize(
    ("text", "file"),
    [
        ("anyjson\n", "requirements.txt"),
        ("AnyJSON[x]; python_version > '3'\n", "requirements.txt"),
        ("anyjson==0.3\n", ""),
        ("anyjson<1\n", ""),
        ("anyjson\nanyjson>0\n", ""),
        ("anyjson @ https://host.example/a.zip\n", ""),
        ("other\n", ""),
    ],
)
def test_a_package_in_any_version(text: str, file: str) -> None:
    found = [*read_lines(text, "requirements.txt", {})]
    assert required_freely_in("anyjson", found) == file
