"""Mistyped requirements are shown with code points, and with what was probably meant."""

from __future__ import annotations

import pytest

from slipway.domain.requirements.lines import read_lines
from slipway.domain.requirements.mistyped import refuse_mistyped, unknown_options
from slipway.errors.requirement_files import RequirementsMistyped


def mistyped(text: str) -> RequirementsMistyped:
    with pytest.raises(RequirementsMistyped) as caught:
        refuse_mistyped(text, "requirements.txt")
    return caught.value


@pytest.mark.parametrize(
    ("line", "shown", "corrected"),
    [
        ("six\u00a0==\u00a01.16.0", "six<U+00A0>==<U+00A0>1.16.0", "six == 1.16.0"),
        ("si\u200bx==1.16.0", "si<U+200B>x==1.16.0", "six==1.16.0"),
        ("six\u2014hash", "six<U+2014>hash", "six-hash"),
        ("six \u2014hash=sha256:00", "six <U+2014>hash=sha256:00", "six --hash=sha256:00"),
        ("\uff53ix==1", "<U+FF53>ix==1", "six==1"),
        ("six\uff1d\uff1d1", "six<U+FF1D><U+FF1D>1", "six==1"),
        ("six\u22651.16", "six<U+2265>1.16", "six>=1.16"),
        (
            "six; python_version < \u201c3.9\u201d",
            "six; python_version < <U+201C>3.9<U+201D>",
            'six; python_version < "3.9"',
        ),
        ("dj\u0430ngo", "dj<U+0430>ngo", "django"),
        ("six\x08==1", "six<U+0008>==1", "six==1"),
        ("-r\u200b base.txt", "-r<U+200B> base.txt", "-r base.txt"),
        ("packet\u00e9==1", "packet<U+00E9>==1", ""),
        ("six=1.16.0", "six=1.16.0", "six==1.16.0"),
        ('six = 1.16 ; python_version > "3"', "six = 1.16", 'six==1.16 ; python_version > "3"'),
    ],
)
def test_a_wrong_character_is_shown_with_its_code_point(
    line: str, shown: str, corrected: str
) -> None:
    (found,) = mistyped(f"# requirements\n{line}\n").lines
    assert (found.number, found.shown, found.corrected) == (2, shown, corrected)


def test_a_second_byte_order_mark_is_found_where_two_files_were_joined() -> None:
    error = mistyped("six\n\ufeffidna\n")
    assert [line.corrected for line in error.lines] == ["idna"]
    assert error.characters == (("U+FEFF", "ZERO WIDTH NO-BREAK SPACE"),)


def test_all_lines_are_named_at_once() -> None:
    error = mistyped("six\u00a0==1\nidna\nattrs\u200b\n")
    assert [line.number for line in error.lines] == [1, 3]


@pytest.mark.parametrize(
    "text",
    [
        "six==1.16.0  # caf\u00e9 \u2014 with \u201cquotes\u201d\n",
        "# caf\u00e9\n",
        "./vendor/caf\u00e9\n",
        "-r anforderungen/gr\u00f6\u00dfe.txt\n",
        "caf\u00e9-1.0.tar.gz\n",
        "\ufeffsix\n",
        "six===1.0\n",
        "six>=1,<=2\n",
        "--index-url=https://index.example/simple\n",
        "pkg @ https://files.example/pkg.zip?version=1\n",
        "--hash=1\n",
    ],
)
def test_comments_paths_and_other_operators_are_accepted(text: str) -> None:
    refuse_mistyped(text, "requirements.txt")


def test_a_password_in_a_mistyped_line_is_not_shown() -> None:
    (line,) = mistyped("six\u200b @ https://user:secret@files.example/six.zip\n").lines
    assert "secret" not in f"{line.shown}{line.corrected}"


@pytest.mark.parametrize(
    ("line", "corrected"),
    [
        ("six\u200b @ https://user:secret@files.example/six.zip", ""),
        ("--index-url\u00a0https://ci:secret@files.example/simple", ""),
        ("--index-url\u00a0https://files.example/?token=secret", ""),
        ("six\u200b @ https://files.example/six.zip", "six @ https://files.example/six.zip"),
        (
            "six\u200b @ https://${TOKEN}@files.example/six.zip",
            "six @ https://${TOKEN}@files.example/six.zip",
        ),
    ],
)
def test_only_a_line_that_works_is_advised(line: str, corrected: str) -> None:
    (found,) = mistyped(f"{line}\n").lines
    assert found.corrected == corrected


def options(text: str) -> list[tuple[str, str]]:
    return [
        (one.option, one.nearest)
        for line in read_lines(text, "requirements.txt", {})
        for one in unknown_options(line)
    ]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("--process-dependency-links", [("--process-dependency-links", "")]),
        ("--allow-external six", [("--allow-external", "")]),
        ("--extra-index https://index.example", []),
        ("--extra-index-ulr https://x", [("--extra-index-ulr", "--extra-index-url")]),
        ("--no-indx", [("--no-indx", "--no-index")]),
        ("six --upgrade", [("--upgrade", "")]),
        ("six --hsah=sha256:00", [("--hsah", "--hash")]),
        ("-q", [("-q", "")]),
        ("six==1 --hash=sha256:00 --hash=sha256:11", []),
        ('six --config-settings="--build-option=x"', []),
        ("-i https://index.example --trusted-host index.example", []),
        ("-ihttps://index.example", []),
        ("-e ./vendor/six", []),
        ("./my -folder/x", []),
    ],
)
def test_options_that_pip_does_not_accept_are_found(
    line: str, expected: list[tuple[str, str]]
) -> None:
    assert options(line) == expected
