"""A Procfile is read as YAML, as libyaml reads it; what others read differently is named."""

from __future__ import annotations

import random
from collections.abc import Mapping

import pytest
import yaml

from integration.cloud_foundry import go_yaml
from slipway.domain.web.process_types import Procfile, parse_procfile
from slipway.domain.web.procfile_lint import lint_lines
from slipway.domain.web.procfile_yaml import read_as_yaml
from slipway.errors.web import CommandChangedByYaml, ProcfileNotYaml

LINES = (
    "web: gunicorn shop.wsgi --log-file -",
    "worker: celery -A shop worker -l info # later",
    "release: python manage.py migrate",
    "web: bash -c 'a && b'",
    'web: gunicorn --env "A: b" x',
    "web: [ -f x ] && y || z",
    "  clock: x",
    'web: "a b" # x',
    "web: 'a b'",
    "web: daphne a.asgi:application -p ${PORT:-8000}",
    "- web: a",
    "web:",
    "web: >",
    "  a b",
    "# comment",
    "",
)
PIECES = (*" \n:#'\"[]{},*!|>@`-?\\=~ab1._$();/", ": ", " #", "\n  ", "- ", "\r\n", "''")
CHANGES = 300


def read(text: str) -> Procfile:
    return read_as_yaml(text, parse_procfile(text))


def refused(text: str) -> ProcfileNotYaml:
    with pytest.raises(ProcfileNotYaml) as caught:
        read(text)
    return caught.value


def by_libyaml(text: str) -> Mapping[str, str] | None:
    """Return the processes that the platform would find; None if it would refuse the file."""
    try:
        found = go_yaml.texts(go_yaml.first_document(text.encode()))
    except (yaml.YAMLError, go_yaml.Mistyped):
        return None
    return {name: command.strip() for name, command in found.items()}


def changed(chance: random.Random) -> str:
    text = "\n".join(chance.sample(LINES, chance.randint(1, 4)))
    for _ in range(chance.randint(0, 3)):
        place = chance.randint(0, len(text))
        text = text[:place] + chance.choice(PIECES) + text[place + chance.randint(0, 2) :]
    return text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("web: gunicorn a:b\n", {"web": "gunicorn a:b"}),
        ("\ufeffweb: a\r\nworker: b\r\n", {"web": "a", "worker": "b"}),
        ("web:\ta \tb\t\nworker: c\td", {"web": "a \tb", "worker": "c\td"}),
        ("web: a # b", {"web": "a"}),
        ("web: a#b it's --x 100 %", {"web": "a#b it's --x 100 %"}),
        ('web: "gunicorn a:b"', {"web": "gunicorn a:b"}),
        ("web: 'echo ''a: b'''", {"web": "echo 'a: b'"}),
        ("web: a\nworker: c\nweb: b", {"web": "b", "worker": "c"}),
        ("web: a\nweb:", {}),
        ("web: a\n  b\nworker: c", {"web": "a b", "worker": "c"}),
        ("web: >\n  a\n  b\n", {"web": "a b"}),
        ("web: |\n  a\n  b\n", {"web": "a\nb"}),
        ("web: !x y", {"web": "y"}),
        ("web: &x y z\nworker: *x", {"web": "y z", "worker": "y z"}),
        ("web: 3\nworker: yes", {"web": "3", "worker": "yes"}),
        ("web: ~\nworker: ''\nclock: null\na: 'null'", {"a": "null"}),
        ("---\nweb: a\n---\nworker: [", {"web": "a"}),
        ("Web: a\nmy web: b", {"Web": "a"}),
        ("", {}),
        ("# web: a\n", {}),
        ("~", {}),
    ],
)
def test_processes_are_those_of_yaml(text: str, expected: Mapping[str, str]) -> None:
    assert read(text).processes == expected


@pytest.mark.parametrize("seed", range(2))
def test_libyaml_reads_the_same(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  # the same texts in each run
    differences = []
    for text in (changed(chance) for _ in range(CHANGES)):
        try:
            found: Mapping[str, str] | None = read(text).processes
        except CommandChangedByYaml:
            assert by_libyaml(text)
            continue
        except ProcfileNotYaml:
            found = None
        expected = by_libyaml(text)
        if expected is not None:
            names = parse_procfile("".join(f"{name}: x\n" for name in expected)).processes
            expected = {name: one for name, one in expected.items() if one and name in names}
        if found != expected:
            differences.append((text, found, expected))
    assert not differences


@pytest.mark.parametrize("seed", range(2))
def test_what_is_advised_is_read_alike_by_all(seed: int) -> None:
    chance = random.Random(seed + 100)  # noqa: S311  # the same texts in each run
    advised = 0
    for text in (changed(chance) for _ in range(CHANGES)):
        try:
            read(text)
        except (ProcfileNotYaml, CommandChangedByYaml) as error:
            whole = error.whole if isinstance(error, ProcfileNotYaml) else ()
            lines = ["\n".join(whole), *(line.line for line in error.lines)]
            for line in filter(None, lines):
                advised += 1
                assert (
                    by_libyaml(line) == read(line).processes == parse_procfile(line).processes
                )
    assert advised > CHANGES / 10


@pytest.mark.parametrize(
    ("line", "reason", "advised", "content"),
    [
        ("web:gunicorn a:b", "YAML needs a blank after the colon", "web: gunicorn a:b", ""),
        ("web gunicorn a:b", "is `NAME: COMMAND`", "web: gunicorn a:b", ""),
        ("web gunicorn", "is `NAME: COMMAND`", "web: gunicorn", ""),
        ('"web":gunicorn', "YAML needs a blank after the colon", "web: gunicorn", ""),
        ("\tweb: gunicorn a:b", "beginning of the line", "web: gunicorn a:b", ""),
        ("- web: gunicorn a:b", "is `NAME: COMMAND`", "web: gunicorn a:b", ""),
        ("web: gunicorn\x07 a:b", "a character that YAML", "web: gunicorn a:b", ""),
        (
            'web: gunicorn --access-logformat "a: b" c:d',
            "YAML does not accept a colon before a blank",
            "web: bash bin/web.sh",
            'exec gunicorn --access-logformat "a: b" c:d',
        ),
        ("web: 'a' b", "YAML does not accept `'`", "web: bash bin/web.sh", "exec 'a' b"),
        (
            "web: [ -f x ] && gunicorn a:b",
            "YAML does not accept `[`",
            "web: bash bin/web.sh",
            "[ -f x ] && exec gunicorn a:b",
        ),
        ("web: A_SECRET=s3cr3tsea b: c", "a colon before", "web: bash bin/web.sh", ""),
        ("web: 'a", "YAML does not accept `'`", "", ""),
        ("serve everything", "is `NAME: COMMAND`", "", ""),
        ("[web]", "is `NAME: COMMAND`", "", ""),
    ],
)
def test_a_refused_line_is_named_with_what_to_write(
    line: str, reason: str, advised: str, content: str
) -> None:
    [found] = refused(f"# A comment\n\n{line}\nworker: tides\n").lines
    assert found.number == 3
    assert reason in found.reason
    assert (found.line, found.content) == (advised, content)
    assert "s3cr3t" not in found.text


@pytest.mark.parametrize(
    ("text", "reason", "name"),
    [
        ("- web: x", "YAML makes a list of it, and a process type is `NAME: COMMAND`", ""),
        ("web: {a: b}", "YAML makes a mapping of it, and a command is a text", "web"),
        ("web: [a, b]", "YAML makes a list of it, and a command is a text", "web"),
        ("web: [a,\n  b]", "YAML makes a list of it, and a command is a text", ""),
        ("web: { gunicorn a:b; }", "YAML makes a mapping of it", ""),
        ("web:\n  - a", "YAML makes a list of it", ""),
        ("web gunicorn", "a process type is `NAME: COMMAND`", ""),
    ],
)
def test_yaml_that_is_no_mapping_of_texts_is_not_said_to_be_no_yaml(
    text: str, reason: str, name: str
) -> None:
    error = refused(text)
    assert error.is_yaml
    assert error.lines[0].reason.startswith(reason)
    assert error.lines[0].name == name
    assert not error.lines[0].content.startswith("exec {")


@pytest.mark.parametrize("text", ["web: *x", "web: a: b", "web: {a: b}\nworker:c", "web: [a"])
def test_what_is_no_yaml_is_said_to_be_none(text: str) -> None:
    assert not refused(text).is_yaml


def test_the_words_for_a_collection_are_true_next_to_a_line_that_is_no_yaml() -> None:
    first, second = refused("web: {a: b}\nclock:d").lines
    assert first.reason == "YAML makes a mapping of it, and a command is a text"
    assert second.line == "clock: d"


@pytest.mark.parametrize(
    ("text", "reason", "content"),
    [
        (
            'web: gunicorn app:app --name "a #b"',
            (
                "YAML takes `#` after a blank for a comment, and makes `gunicorn app:app "
                '--name "a` of the command, which bash cannot read'
            ),
            'exec gunicorn app:app --name "a #b"',
        ),
        (
            "web: 'a ''b'",
            "YAML makes `a 'b` of the command, which bash cannot read",
            "exec 'a ''b'",
        ),
    ],
)
def test_a_command_that_bash_can_no_longer_read_stops_the_build(
    text: str, reason: str, content: str
) -> None:
    with pytest.raises(CommandChangedByYaml) as caught:
        read(f"worker: x\n{text}\n")
    [line] = caught.value.lines
    assert (line.number, line.content) == (2, content)
    assert line.reason.startswith(reason)


def test_a_command_that_bash_can_read_in_no_form_is_left_to_the_other_checks() -> None:
    assert read("web: gunicorn 'a").processes == {"web": "gunicorn 'a"}


def test_all_refused_lines_are_named() -> None:
    found = refused("web: a: b\nworker: c\nclock:d\n").lines
    assert [line.number for line in found] == [1, 3]


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("web:\n  run: a", 2),
        ("web:\n  - a", 2),
        ("web: a\n  --env B: c", 2),
        ("web: a\n  worker: b", 2),
        ("web: *x", 1),
    ],
)
def test_lines_that_do_not_fit_together_are_refused(text: str, number: int) -> None:
    assert refused(text).lines[0].number == number


def test_all_lines_are_advised_if_only_their_order_is_wrong() -> None:
    assert refused("web: a\n  worker: b\n").whole == ("web: a", "worker: b")


@pytest.mark.parametrize(
    ("text", "notices"),
    [
        ("web: a\nworker: b # c\n", []),
        (
            'web: "gunicorn a:b"',
            ['and other platforms start `"gunicorn a:b"`. Write `web: gunicorn a:b`'],
        ),
        (
            'web: "run a: b"',
            ["Write `exec run a: b` to a file bin/web.sh, and `web: bash bin/web.sh` to"],
        ),
        ("web: !x y", ["starts `y` as `web`, and other platforms start `!x y`"]),
        ("web: a\n  b", ["which reads the Procfile as YAML, starts `a b` as `web`"]),
        (
            "web: >\n  a\n",
            ["starts `a` as `web`, and other platforms start nothing. Write `web: a`"],
        ),
        (
            "web: |\n  a\n  b\n",
            ["start nothing. To start the same everywhere, move the command to a script"],
        ),
        ("web: a\nweb: b", ["line 2: Cloud Foundry starts the last `web`, this one"]),
        ("web: a\nweb: a", []),
        (
            "web: a\nweb:",
            [
                "line 2: Cloud Foundry gets the process type `web` without",
            ],
        ),
        (
            "web:",
            [
                (
                    "line 1: Cloud Foundry gets the process type `web` without a command. "
                    "Complete line 1, or delete it"
                ),
            ],
        ),
        ("web: a\nb: null", ["line 2: Cloud Foundry gets the process type `b` without"]),
        (
            "web: a\n---\nb: c\nd: e",
            [
                (
                    "line 2: Cloud Foundry, which reads the Procfile as YAML, reads nothing "
                    "after `---`, so it finds no `b`, `d`. Delete line 2"
                )
            ],
        ),
        ("---\nweb: a\n...\nb: c", ["line 3: Cloud Foundry, which reads the Procfile"]),
        ("web: a\n---\nweb: b", []),
        (
            "web: a\nb c: d",
            ["line 2: Cloud Foundry gets a process type `b c`, and other platforms ignore it"],
        ),
        ('web: a\nb: "\\0"', ["line 2: Cloud Foundry gets a command with a null byte for `b`"]),
        (
            "web: gunicorn a:b \\\n  --threads 2",
            [
                (
                    "line 1: a command is a single line, and the `\\` at the end of it does "
                    "not continue it: Cloud Foundry, which reads the Procfile as YAML, starts "
                    "`gunicorn a:b \\ --threads 2` as `web`. Write `web: gunicorn a:b "
                    "--threads 2`"
                )
            ],
        ),
        ("web: a\\", ["line 1: a command is a single line, and the `\\`"]),
        ("", ["Procfile has no process type"]),
    ],
)
def test_what_others_read_differently_is_named(text: str, notices: list[str]) -> None:
    found = read(text).notices
    assert len(found) == len(notices), found
    assert all(part in one for part, one in zip(notices, found, strict=True)), found


def test_a_line_that_is_continued_gets_no_second_advice() -> None:
    procfile = read("worker: gunicorn a:b \\\n  --threads 2\n")
    assert lint_lines(procfile.lines, lambda: None, is_yaml=True) == ()


@pytest.mark.parametrize(("text", "line"), [("a: b\nweb:", 2), ("web: a", 0), ("a: b", 0)])
def test_a_web_process_without_a_command_is_known(text: str, line: int) -> None:
    assert read(text).web_line == parse_procfile(text).web_line == line


def test_no_secret_is_in_a_notice() -> None:
    [notice] = read('web: "A_SECRET=s3cr3tsea gunicorn a:b"').notices
    assert "s3cr3t" not in notice


def test_a_very_long_procfile_is_read_line_by_line() -> None:
    procfile = read(f"web: 'a' b\n{'# ' * 50_000}")
    assert procfile.processes == {"web": "'a' b"}
    assert "so it is not checked as YAML" in procfile.notices[-1]
