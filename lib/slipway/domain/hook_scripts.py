"""How a hook's file is started, whatever a checkout or an editor did to it."""

from __future__ import annotations

import codecs
import os
from dataclasses import dataclass
from pathlib import PurePath

UTF16_MARKS = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)

_ELF = b"\x7fELF"
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "ksh", "zsh"})
"""Programs that take the CR of a Windows line end for a part of a command."""


@dataclass(frozen=True, kw_only=True)
class HookScript:
    interpreter: tuple[str, ...] = ()
    """The command that gets the script's path; empty if the file is a program itself."""
    first_line: str = ""
    """The `#!` line that names the interpreter; empty if there is none."""
    cleaned: bytes | None = None
    """What to run instead of the file, whose interpreter could not read it; usually None."""
    has_windows_line_ends: bool = False
    """Whether that is the reason for `cleaned`, or one of two."""
    is_empty: bool = False

    @property
    def program(self) -> str:
        """The name of the program that runs the script, without its folder."""
        for word in _words(self.interpreter):
            name = PurePath(word).name
            if name != "env" and not word.startswith("-") and "=" not in word:
                return name
        return ""


def is_program(head: bytes) -> bool:
    """Tell whether a file is a program for Linux, from its first bytes."""
    return head.startswith(_ELF)


def parse_hook(content: bytes) -> HookScript:
    """Read a script: the interpreter of its `#!` line, else bash; and what spoils it."""
    text = content.removeprefix(codecs.BOM_UTF8)
    if not text.strip():
        return HookScript(is_empty=True)
    line = text.partition(b"\n")[0].strip()
    named = os.fsdecode(line[2:].strip()) if line.startswith(b"#!") else ""
    # At most one argument: https://man7.org/linux/man-pages/man2/execve.2.html
    script = HookScript(interpreter=tuple(named.split(None, 1)) or ("bash",))
    has_windows_line_ends = script.program in _SHELLS and b"\r\n" in text
    if has_windows_line_ends:
        text = text.replace(b"\r\n", b"\n")
    return HookScript(
        interpreter=script.interpreter,
        first_line=os.fsdecode(line) if named else "",
        cleaned=text if text != content else None,
        has_windows_line_ends=has_windows_line_ends,
    )


def _words(command: tuple[str, ...]) -> list[str]:
    """Split the argument of `env -S` too."""
    return " ".join(command).split()
