"""The output of other commands in requirements files is recognized as a whole."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.lines import read_lines
from slipway.domain.requirements.other_formats import (
    refuse_other_formats,
    refuse_paths_elsewhere,
)
from slipway.errors.requirement_files import (
    RequirementsAtPathsElsewhere,
    RequirementsOfAnotherFormat,
)


@pytest.mark.parametrize(
    ("text", "command", "numbers"),
    [
        (
            "# platform: linux-64\nopenssl=3.0.2=h166bdaf_1\nsix=1.16.0=pypi_0\nidna=3.7\n",
            "conda list --export",
            [2, 3, 4],
        ),
        (
            "@EXPLICIT\nhttps://repo.anaconda.com/pkgs/main/linux-64/six-1.16.0-0.conda\n",
            "conda list --explicit",
            [1, 2],
        ),
        (
            "# packages in environment at /opt/conda:\n#\n# Name\nsix 1.16.0 pyhd_1 defaults\n",
            "conda list",
            [4],
        ),
        (
            "name: shop\ndependencies:\n  - python=3.12\n  - six\n",
            "conda env export",
            [1, 2, 3, 4],
        ),
        ("Package Version\n------- -------\nsix     1.16.0\n", "pip list", [1, 2, 3]),
    ],
)
def test_the_command_and_all_lines_are_named(
    text: str, command: str, numbers: list[int]
) -> None:
    with pytest.raises(RequirementsOfAnotherFormat) as caught:
        refuse_other_formats(text, "requirements.txt")
    assert caught.value.written_by == command
    assert [int(line.partition(":")[0]) for line in caught.value.lines] == numbers


@pytest.mark.parametrize(
    "text",
    [
        "six==1.16.0\n",
        "six=1.16.0\n",
        'six ; extra == "a"\n',
        "--config-settings=a=b\n",
        "six==1.0 \\\n    --hash=sha256:00\n",
        "# pip list:\nsix\n",
        "pkg @ https://files.example/a.zip?x=1=2\n",
    ],
)
def test_requirements_for_pip_are_accepted(text: str) -> None:
    refuse_other_formats(text, "requirements.txt")


def test_all_paths_of_another_machine_are_named() -> None:
    text = (
        "six @ file:///tmp/build/80754af9/six_1605205313296/work\nidna==3.7\n"
        "attrs @ file:///croot/attrs_1668696182826/work\nacme @ file:./vendor/acme\n"
    )
    with pytest.raises(RequirementsAtPathsElsewhere) as caught:
        refuse_paths_elsewhere(read_lines(text, "requirements.txt", {}))
    assert caught.value.files == ("requirements.txt",)
    assert [line.split()[0] for line in caught.value.lines] == [
        "requirements.txt:1:",
        "requirements.txt:3:",
    ]
