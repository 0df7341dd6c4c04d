"""The grammar of the shell: which commands a line runs, where each is, and what joins them.

Lines of a Procfile are written for bash. Nothing is expanded or run. A here-document needs
several lines, which no process type has, so it is refused.

https://www.gnu.org/software/bash/manual/html_node/Basic-Shell-Features.html
https://pubs.opengroup.org/onlinepubs/9799919799/utilities/V3_chap02.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import chain
from typing import NamedTuple

_META = " \t\n;&|<>()"
"""The characters that end a word unless they are quoted."""
_ENDS_LIST = frozenset({"then", "elif", "else", "fi", "do", "done", "esac", "}"})
_BEGINS_COMPOUND = frozenset(
    {"{", "if", "while", "until", "for", "select", "case", "[[", "coproc"}
)
_REDIRECTION = re.compile(
    r"(?:\d+|\{[A-Za-z_]\w*\})?(?P<sign><<<|<<-?|<>|<&|>>|>\||>&|<(?!\()|>(?!\())|&>>?"
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*(?:\[[^\]]*\])?\+?=")
_ARRAY = re.compile(r"[A-Za-z_]\w*\+?=")
_PLAIN = re.compile(r"[^ \t\n;&|<>()\"'\\$`]+")
_PARAMETER = re.compile(r"[A-Za-z_]\w*|[0-9@*#?$!-]")
_MOST_DEEP = 40
_MOST_EXPANSIONS = 2000

BUILTINS = frozenset(
    ". : [ alias bg bind break builtin caller cd command compgen complete compopt continue "
    "declare dirs disown echo enable eval exec exit export false fc fg getopts hash help "
    "history jobs kill let local logout mapfile popd printf pushd pwd read readarray readonly "
    "return set shift shopt source suspend test times trap true type typeset ulimit umask "
    "unalias unset wait".split()
)
"""The commands that are part of bash (`compgen -b`)."""


class ShellSyntaxError(ValueError):
    """The text is not what a shell can run."""


class ShellTooComplex(ShellSyntaxError):
    """The text may be right, but this module does not read it to its end."""


# Named tuples are made several times faster than data classes, and each build needs these.


class Word(NamedTuple):
    start: int
    end: int
    value: str | None
    """What the program gets; None if that is known only when the line runs."""
    text: str
    """As it is written, with its quotes."""


class SimpleCommand(NamedTuple):
    """A program with its arguments."""

    start: int
    end: int
    assignments: tuple[Word, ...]
    words: tuple[Word, ...]
    has_redirections: bool

    @property
    def program(self) -> str | None:
        """The first word; None if there is none, or if it is known only at run time."""
        return self.words[0].value if self.words else None


class CompoundCommand(NamedTuple):
    """A command that contains others, such as a loop, or that bash evaluates itself."""

    start: int
    end: int
    keyword: str
    """`(`, `{`, `((`, `[[`, `if`, `while`, `until`, `for`, `select`, `case`, `coproc`, or
    `function` for the definition of one."""
    lists: tuple[tuple[Pipeline, ...], ...] = ()
    """Its lists of commands: of `if` and of loops, the conditions come first."""
    has_redirections: bool = False


Command = SimpleCommand | CompoundCommand


class Pipeline(NamedTuple):
    """Commands that are joined by `|`; most pipelines have one."""

    operator: str
    """What joins it to the pipeline before: `&&`, `||`, `;` or `&`; empty for the first."""
    prefix: str
    """`!` or `time`, or empty."""
    commands: tuple[Command, ...]


class ShellLine(NamedTuple):
    pipelines: tuple[Pipeline, ...]
    ends_in_background: bool
    """Whether `&` is the last operator."""
    end: int
    """The end of what counts: before a backslash at the end, which continues no line."""
    uses_arguments: bool
    """Whether it contains `$@`, `$*`, `$1` or the like."""
    functions: frozenset[str]
    """The functions that it defines."""

    def simple_commands(self) -> Iterator[SimpleCommand]:
        """Yield all simple commands, those in compound commands included."""
        yield from _simple_commands(self.pipelines)


def _simple_commands(pipelines: Iterable[Pipeline]) -> Iterator[SimpleCommand]:
    for command in chain.from_iterable(pipeline.commands for pipeline in pipelines):
        if isinstance(command, SimpleCommand):
            yield command
        else:
            yield from _simple_commands(chain.from_iterable(command.lists))


def read_shell_line(text: str) -> ShellLine:
    """Parse a command line of bash.

    Raises ShellSyntaxError.
    """
    parser = _Parser(text)
    pipelines, last_operator = parser.read_list()
    if parser.position < parser.end:
        raise ShellSyntaxError(f"`{text[parser.position]}` is not expected there")
    return ShellLine(
        pipelines=pipelines,
        ends_in_background=last_operator == "&",
        end=parser.end,
        uses_arguments=parser.uses_arguments,
        functions=frozenset(parser.functions),
    )


class _Parser:
    """Reads a text from left to right; each method starts and stops at `position`."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.end = len(text)
        self.position = 0
        self.uses_arguments = False
        self.functions: set[str] = set()
        self.depth = 0
        self.expansions = 0

    @contextmanager
    def nested(self) -> Iterator[None]:
        """Count how deep commands and expansions are in others, to stop before Python does."""
        self.depth += 1
        if self.depth > _MOST_DEEP:
            raise ShellTooComplex("its commands are nested too deeply")
        yield
        self.depth -= 1

    # Lists and pipelines

    def read_list(self) -> tuple[tuple[Pipeline, ...], str]:
        """Read pipelines up to `)`, `;;`, a word that ends a list, or the end.

        Returns them, and the operator after the last one.
        """
        pipelines: list[Pipeline] = []
        operator = ""
        while True:
            self.skip_space()
            if self.at_end_of_list():
                break
            pipelines.append(self.read_pipeline(operator))
            operator = self.read_operator()
            if not operator:
                break
        if operator in ("&&", "||"):
            raise ShellSyntaxError(f"no command follows `{operator}`")
        return tuple(pipelines), operator

    def at_end_of_list(self) -> bool:
        return (
            self.position >= self.end
            or self.text.startswith((")", ";;", ";&"), self.position)
            or self.plain_word() in _ENDS_LIST
        )

    def read_operator(self) -> str:
        """Read what joins two pipelines; a newline counts as `;`."""
        self.skip_blanks()
        self.skip_comment()
        for sign in ("&&", "||", ";", "&", "\n"):
            if sign == ";" and self.text.startswith((";;", ";&"), self.position):
                return ""
            if self.position < self.end and self.text.startswith(sign, self.position):
                self.position += len(sign)
                return ";" if sign == "\n" else sign
        return ""

    def read_pipeline(self, operator: str) -> Pipeline:
        prefix = ""
        while (word := self.plain_word()) in ("!", "time"):
            prefix = word or ""
            self.take(prefix)
            self.skip_blanks()
            if word == "time" and self.plain_word() == "-p":
                self.take("-p")
                self.skip_blanks()
        commands = [self.read_command()]
        while self.text.startswith("|", self.position) and not self.text.startswith(
            "||", self.position
        ):
            self.position += 2 if self.text.startswith("|&", self.position) else 1
            self.skip_space()
            commands.append(self.read_command())
        return Pipeline(operator=operator, prefix=prefix, commands=tuple(commands))

    # Commands

    def read_command(self) -> Command:
        with self.nested():
            return self.read_any_command()

    def read_any_command(self) -> Command:
        self.skip_blanks()
        start, word = self.position, self.plain_word()
        if self.text.startswith("(", start):
            if self.skip_arithmetic():
                return self.compound(start, "((")
            return self.compound(start, "(", self.read_between("(", ")"))
        if word in _ENDS_LIST:
            raise ShellSyntaxError(f"`{word}` is not expected there")
        if word in _BEGINS_COMPOUND:
            return self.compound(start, word, *self.read_lists(word))
        if word == "function":
            self.take(word)
            return self.read_function(start, self.required_word().text)
        return self.read_simple()

    def read_lists(self, keyword: str) -> Iterator[tuple[Pipeline, ...]]:
        """Read a compound command that begins with a reserved word; yield its lists."""
        match keyword:
            case "{":
                yield self.read_between("{", "}")
            case "if":
                yield from self.read_if()
            case "while" | "until":
                yield self.read_between(keyword, "do")
                yield self.read_until("done")
            case "for" | "select":
                yield self.read_for(keyword)
            case "case":
                yield from self.read_case()
            case "[[":
                self.skip_condition()
            case _:
                self.take(keyword)
                yield (Pipeline(operator="", prefix="", commands=(self.read_command(),)),)

    def compound(
        self, start: int, keyword: str, *lists: tuple[Pipeline, ...]
    ) -> CompoundCommand:
        """Make a compound command, and read the redirections that follow it."""
        has_redirections = False
        end = self.position
        self.skip_blanks()
        while self.read_redirection():
            has_redirections = True
            end = self.position
            self.skip_blanks()
        return CompoundCommand(
            start=start,
            end=end,
            keyword=keyword,
            lists=lists,
            has_redirections=has_redirections,
        )

    def read_between(self, first: str, last: str) -> tuple[Pipeline, ...]:
        self.take(first)
        return self.read_until(last)

    def read_until(self, last: str) -> tuple[Pipeline, ...]:
        """Read a list that is not empty, and the word or sign that must follow it."""
        pipelines, _ = self.read_list()
        if not pipelines:
            raise ShellSyntaxError(f"no command precedes `{last}`")
        self.take(last)
        return pipelines

    def read_if(self) -> Iterator[tuple[Pipeline, ...]]:
        self.take("if")
        while True:
            yield self.read_until("then")
            body, _ = self.read_list()
            if not body:
                raise ShellSyntaxError("no command follows `then`")
            yield body
            if self.plain_word() != "elif":
                break
            self.take("elif")
        if self.plain_word() == "else":
            self.take("else")
            yield self.read_until("fi")
        else:
            self.take("fi")

    def read_for(self, word: str) -> tuple[Pipeline, ...]:
        self.take(word)
        self.skip_blanks()
        if not self.skip_arithmetic():
            self.required_word()
            self.skip_space()
            if self.plain_word() == "in":
                self.take("in")
                self.skip_blanks()
                while self.read_word():
                    self.skip_blanks()
        self.skip_blanks()
        if self.text.startswith(";", self.position):
            self.position += 1
        self.skip_space()
        if self.plain_word() == "{":
            return self.read_between("{", "}")
        return self.read_between("do", "done")

    def read_case(self) -> Iterator[tuple[Pipeline, ...]]:
        self.take("case")
        self.required_word()
        self.skip_space()
        self.take("in")
        self.skip_space()
        while self.plain_word() != "esac":
            if self.text.startswith("(", self.position):
                self.position += 1
                self.skip_blanks()
            self.required_word()
            while self.text.startswith("|", self.position):
                self.position += 1
                self.skip_blanks()
                self.required_word()
            self.take(")")
            yield self.read_list()[0]
            for sign in (";;&", ";;", ";&"):
                if self.text.startswith(sign, self.position):
                    self.position += len(sign)
                    break
            self.skip_space()
        self.take("esac")

    def read_function(self, start: int, name: str) -> CompoundCommand:
        self.functions.add(name)
        self.skip_blanks()
        if self.text.startswith("(", self.position):
            self.take("(")
            self.take(")")
        self.skip_space()
        used_arguments = self.uses_arguments
        body = self.read_command()
        self.uses_arguments = used_arguments  # in the body, they are the function's
        if isinstance(body, SimpleCommand):
            raise ShellSyntaxError(f"the function {name} has no body")
        inner = Pipeline(operator="", prefix="", commands=(body,))
        return CompoundCommand(start=start, end=body.end, keyword="function", lists=((inner,),))

    def read_simple(self) -> Command:
        start = end = self.position
        assignments: list[Word] = []
        words: list[Word] = []
        has_redirections = False
        while True:
            self.skip_blanks()
            if self.text.startswith("#", self.position):
                break
            if self.read_redirection():
                has_redirections = True
                end = self.position
                continue
            word = self.read_word()
            if word is None:
                break
            if _ARRAY.fullmatch(word.text) and self.text.startswith("(", self.position):
                self.skip_array()
            if not words and _ASSIGNMENT.match(word.text):
                assignments.append(word)
            else:
                words.append(word)
            end = self.position
            if len(words) == 1 and not assignments and not has_redirections:
                self.skip_blanks()
                if self.text.startswith("(", self.position):
                    return self.read_function(start, words[0].text)
        if start == end:
            found = self.text[self.position : self.position + 1]
            raise ShellSyntaxError(
                f"`{found}` is not expected there" if found.strip() else "a command is missing"
            )
        return SimpleCommand(
            start=start,
            end=end,
            assignments=tuple(assignments),
            words=tuple(words),
            has_redirections=has_redirections,
        )

    def read_redirection(self) -> bool:
        found = _REDIRECTION.match(self.text, self.position)
        if not found:
            return False
        if found["sign"] in ("<<", "<<-"):
            raise ShellTooComplex("a here-document needs several lines")
        self.position = found.end()
        self.skip_blanks()
        if self.read_word() is None:
            raise ShellSyntaxError(f"no file follows `{found[0]}`")
        return True

    def skip_array(self) -> None:
        self.position += 1
        self.skip_space()
        while self.read_word():
            self.skip_space()
        self.take(")")

    def skip_condition(self) -> None:
        """Skip `[[ ... ]]`, in which `<`, `(` and `&&` mean something else."""
        self.take("[[")
        while self.position < self.end:
            self.skip_space()
            if self.plain_word() == "]]":
                self.take("]]")
                return
            if self.read_word() is None:
                self.position += 1
        raise ShellSyntaxError("`[[` has no `]]`")

    # Words

    def required_word(self) -> Word:
        self.skip_blanks()
        word = self.read_word()
        if word is None:
            raise ShellSyntaxError("a word is missing")
        self.skip_blanks()
        return word

    def read_word(self) -> Word | None:
        """Read a word; None if there is none at the position."""
        start = self.position
        value: list[str] = []
        is_fixed = True
        while self.position < self.end:
            letter = self.text[self.position]
            if letter in "<>" and self.text.startswith("(", self.position + 1):
                self.position += 2
                self.skip_commands()
                is_fixed = False
            elif letter in _META or self.drops_last_backslash():
                break
            elif letter == "\\":
                value.append(self.text[self.position + 1].replace("\n", ""))
                self.position += 2
            elif letter == "'":
                value.append(self.read_single_quoted())
            elif letter == '"':
                text = self.read_double_quoted()
                is_fixed = is_fixed and text is not None
                value.append(text or "")
            elif self.skip_expansion(in_double_quotes=False):
                is_fixed = False
            else:
                is_pattern = letter in "*?[{" or (letter == "~" and self.position == start)
                is_fixed = is_fixed and not is_pattern
                value.append(letter)
                self.position += 1
        if self.position == start:
            return None
        text = self.text[start : self.position]
        return Word(
            start=start,
            end=self.position,
            value="".join(value) if is_fixed or text == "[" else None,
            text=text,
        )

    def read_single_quoted(self) -> str:
        start = self.position + 1
        self.position = self.index_of("'", start) + 1
        return self.text[start : self.position - 1]

    def read_double_quoted(self) -> str | None:
        """Return what is between the quotes; None if something in it is expanded."""
        value: list[str] = []
        is_fixed = True
        opening = self.position
        self.position += 1
        while self.position < self.end:
            letter = self.text[self.position]
            if letter == '"':
                self.position += 1
                return "".join(value) if is_fixed else None
            if letter == "\\":
                following = self.text[self.position + 1 : self.position + 2]
                value.append(following if following in '$`"\\' else letter + following)
                self.position += 2
            elif self.skip_expansion(in_double_quotes=True):
                is_fixed = False
            else:
                value.append(letter)
                self.position += 1
        raise unfinished(self.text, opening)

    # Expansions

    def skip_expansion(self, *, in_double_quotes: bool) -> bool:
        """Skip what begins with `$` or a backtick; tell whether there was something."""
        start = self.position
        if self.text[start] == "`":
            self.skip_backticks()
        elif self.text[start] == "$":
            self.expansions += 1
            if self.expansions > _MOST_EXPANSIONS:
                raise ShellTooComplex("it has too many expansions")
            self.position += 1
            with self.nested():
                self.skip_after_dollar(in_double_quotes=in_double_quotes)
            if self.position == start + 1:
                self.position = start  # a `$` that nothing follows is a plain letter
        return self.position > start

    def skip_backticks(self) -> None:
        self.position = self.index_of("`", self.position + 1) + 1
        while self.text[self.position - 2] == "\\":
            self.position = self.index_of("`", self.position) + 1

    def skip_after_dollar(self, *, in_double_quotes: bool) -> None:
        following = self.text[self.position : self.position + 1]
        if following == "{":
            self.skip_parameter(in_double_quotes=in_double_quotes)
        elif following == "(":
            if not self.skip_arithmetic():
                self.position += 1
                self.skip_commands()
        elif following == "'" and not in_double_quotes:
            self.skip_ansi_quoted()
        elif following == '"' and not in_double_quotes:
            self.read_double_quoted()
        elif name := _PARAMETER.match(self.text, self.position):
            self.position = name.end()
            self.notice_parameter(name[0])

    def skip_commands(self) -> None:
        """Skip the commands of a substitution, up to its closing parenthesis."""
        self.read_list()
        self.take(")")

    def skip_parameter(self, *, in_double_quotes: bool) -> None:
        """Skip `${...}`, whose pattern or default can contain quotes and expansions."""
        opening = self.position
        self.position += 1
        name = _PARAMETER.match(self.text, self.position)
        if name and self.text[name.end() : name.end() + 1]:
            self.notice_parameter(name[0])
            self.position = name.end()
        while self.position < self.end:
            letter = self.text[self.position]
            if letter == "}":
                self.position += 1
                return
            if letter == "\\":
                self.position += 2
            elif letter == '"':
                self.read_double_quoted()
            elif letter == "'" and not in_double_quotes:
                self.read_single_quoted()
            elif not self.skip_expansion(in_double_quotes=in_double_quotes):
                self.position += 1
        raise unfinished(self.text, opening)

    def skip_ansi_quoted(self) -> None:
        opening = self.position
        self.position += 1
        while self.position < self.end:
            letter = self.text[self.position]
            self.position += 2 if letter == "\\" else 1
            if letter == "'":
                return
        raise unfinished(self.text, opening)

    def skip_arithmetic(self) -> bool:
        """Skip `((...))` if that is what is here: two subshells can begin like it."""
        start, depth = self.position, 2
        if not self.text.startswith("((", start):
            return False
        self.position += 2
        while depth > 1:
            if self.position >= self.end:
                raise unfinished(self.text, start)
            letter = self.text[self.position]
            if letter == "'":
                self.read_single_quoted()
            elif letter == '"':
                self.read_double_quoted()
            elif not self.skip_expansion(in_double_quotes=False):
                depth += {"(": 1, ")": -1}.get(letter, 0)
                self.position += 2 if letter == "\\" else 1
        if self.text.startswith(")", self.position):
            self.position += 1
            return True
        self.position = start
        return False

    def notice_parameter(self, name: str) -> None:
        if name in ("@", "*") or (name.isdigit() and name != "0"):
            self.uses_arguments = True

    # Characters

    def plain_word(self) -> str | None:
        """Return the word at the position if it has no quotes; only such words are reserved."""
        found = _PLAIN.match(self.text, self.position)
        if not found or self.text[found.end() : found.end() + 1] not in ("", *_META):
            return None
        return found[0]

    def take(self, sign: str) -> None:
        """Step over a reserved word or a sign, which must be there."""
        self.skip_space()
        is_there = self.text.startswith(sign, self.position)
        if not is_there or (sign not in _META and self.plain_word() != sign):
            raise ShellSyntaxError(f"`{sign}` is missing")
        self.position += len(sign)

    def skip_blanks(self) -> None:
        while self.position < self.end:
            if self.text[self.position] in " \t":
                self.position += 1
            elif self.text.startswith("\\\n", self.position):
                self.position += 2
            elif not self.drops_last_backslash():
                break

    def skip_space(self) -> None:
        """Skip blanks, newlines and comments."""
        while True:
            self.skip_blanks()
            self.skip_comment()
            if self.position >= self.end or self.text[self.position] != "\n":
                break
            self.position += 1

    def skip_comment(self) -> None:
        if self.position < self.end and self.text[self.position] == "#":
            newline = self.text.find("\n", self.position)
            self.position = self.end if newline < 0 else newline

    def drops_last_backslash(self) -> bool:
        """Leave out a backslash at the very end: it was meant to continue the line."""
        is_last = self.position == len(self.text) - 1 and self.text[self.position] == "\\"
        if is_last:
            self.end = self.position
        return is_last

    def index_of(self, quote: str, start: int) -> int:
        found = self.text.find(quote, start)
        if found < 0:
            raise unfinished(self.text, start - 1)
        return found


def unfinished(text: str, opening: int) -> ShellSyntaxError:
    """Make the error for a quote, parenthesis or brace that is not closed."""
    return ShellSyntaxError(f"the `{text[opening]}` in column {opening + 1} has no end")
