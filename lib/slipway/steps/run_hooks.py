"""Run the app's own scripts like classic platforms: in the app's folder, without arguments."""

from __future__ import annotations

import errno
import os
from collections.abc import Container, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from shutil import which

from slipway.domain.app_files import PRE_COMPILE
from slipway.domain.checkout import is_lfs_pointer, link_in_text
from slipway.domain.hook_scripts import UTF16_MARKS, HookScript, is_program, parse_hook
from slipway.domain.requirements.consistency import installed_metadata, problems
from slipway.effects import Effects
from slipway.effects.files import temporary_sibling, unreadable
from slipway.effects.packages.pip_in_hooks import (
    Snapshot,
    editable_sources,
    modules_of,
    pip_in,
    take_snapshot,
)
from slipway.effects.packages.virtualenvs import seal
from slipway.effects.processes import Command, describe_exit
from slipway.effects.reading import read_bytes, start_of
from slipway.errors.app import (
    FileIsLfsPointer,
    FileUndecodable,
    LinkDead,
    LinkWrittenAsText,
)
from slipway.errors.hooks import HookFailed, HookInterpreterMissing
from slipway.errors.stopped import CommandFailed
from slipway.steps.context import BuildContext
from slipway.toolchains.bytecode import compile_groups
from slipway.toolchains.tool_environment import DNS_OPTIONS

_REFUSAL = "Could not find an activated virtualenv (required)"
"""What pip prints if PIP_REQUIRE_VIRTUALENV keeps it from installing."""
_PIP_DEFAULTS: Mapping[str, str] = {
    "PIP_DISABLE_PIP_VERSION_CHECK": "1",
    "PIP_NO_INPUT": "1",
    "PIP_PROGRESS_BAR": "off",
    # Means --no-compile: https://pip.pypa.io/en/stable/topics/configuration/
    # pip's bytecode would be invalid as soon as a platform changes the dates of files.
    "PIP_NO_COMPILE": "0",
    **DNS_OPTIONS,
}
"""How pip behaves in hooks; the user's own variables override it."""


def run_hook(hook: str, app: Path, variables: Mapping[str, str], effects: Effects) -> None:
    """Run a script if the app has it, and log its output.

    pip installs only into virtual environments: in the Python of the build's image, the app
    would not have the packages.

    Raises HookFailed, HookInterpreterMissing, or an error of a file that is not a script.
    """
    path, console = app / hook, effects.console
    if not os.path.lexists(path) or path.is_dir():
        return  # the plan has a notice about a folder
    console.header(f"Running {hook}")
    with effects.report.step(path.name):
        _run_script(hook, app, variables, effects)


def _run_script(hook: str, app: Path, variables: Mapping[str, str], effects: Effects) -> None:
    path, console = app / hook, effects.console
    script = _read(hook, path)
    if script.is_empty:
        console.warning(f"{hook} is empty, so it does nothing")
        return
    with ExitStack() as stack:
        if script.cleaned is not None:
            console.warning(_what_is_cleaned(hook, script))
            path = stack.enter_context(temporary_sibling(path, script.cleaned))
        command = Command(
            argv=[*script.interpreter, str(path)],
            cwd=app,
            env={**variables, "PIP_REQUIRE_VIRTUALENV": "1"},
            shown=hook,
        )
        output = _run(hook, script, command, effects)
    if _REFUSAL in output:
        console.warning(_what_pip_refused(hook))


def _run(hook: str, script: HookScript, command: Command, effects: Effects) -> str:
    console, path = effects.console, command.env.get("PATH")
    program = script.interpreter[0] if script.interpreter else ""
    missing = HookInterpreterMissing(hook=hook, first_line=script.first_line, program=program)
    try:
        return effects.processes.run(command, on_line=console.output, doing=f"running {hook}")
    except CommandFailed as error:
        is_from_env = Path(program).name == "env" and script.program
        if is_from_env and error.status == 127 and which(script.program, path=path) is None:
            missing.program = script.program
            raise missing from error
        raise HookFailed(
            hook=hook,
            reason=describe_exit(error.status),
            is_pip_refused=_REFUSAL in error.output,
            has_app_python=hook != PRE_COMPILE,
        ) from error
    except ValueError as error:  # a null byte in its first line
        raise HookFailed(hook=hook, reason=f"could not be started: {error}") from error
    except OSError as error:
        if error.errno == errno.ENOENT and program:
            raise missing from error
        reason = f"could not be started: {command.argv[0]}: {error.strerror}"
        raise HookFailed(hook=hook, reason=reason) from error


def _read(hook: str, path: Path) -> HookScript:
    """Read how to start a script; other platforms make it executable, Slipway need not.

    bin/pre_compile runs before the plan, which refuses the same files.

    Raises LinkDead, FileUnreadable, FileIsLfsPointer, LinkWrittenAsText, FileUndecodable.
    """
    if not path.exists():
        raise LinkDead(file=hook, target=os.readlink(path))
    try:
        if is_program(start_of(path, 4)):
            return HookScript()
        content = read_bytes(path)
    except OSError as error:
        raise unreadable(error, hook) from None
    if is_lfs_pointer(content):
        raise FileIsLfsPointer(file=hook)
    target = link_in_text(content)
    if target and (path.parent / target).is_file():
        raise LinkWrittenAsText(file=hook, target=target, is_in_app=True)
    if content.startswith(UTF16_MARKS):
        raise FileUndecodable(file=hook, line=1, encoding="UTF-16")
    return parse_hook(content)


def _what_is_cleaned(hook: str, script: HookScript) -> str:
    if script.has_windows_line_ends:
        return (
            f"{hook} has Windows line ends (CRLF), which {script.program} cannot read, so a "
            f"copy without them runs. To correct the file, add the line `{hook} text eol=lf` "
            f"to .gitattributes, and run `git add --renormalize {hook}`"
        )
    return (
        f"{hook} begins with a byte order mark (BOM), which its interpreter may not know, so a "
        "copy without it runs. To correct the file, save it as UTF-8 without BOM"
    )


def _what_pip_refused(hook: str) -> str:
    if hook == PRE_COMPILE:
        return (
            f"pip installed nothing in {hook}, because the app's Python is selected later. "
            "Call pip in postinstall or bin/post_compile, or add the packages to the "
            "requirements"
        )
    return (
        f"In {hook}, the pip of another Python than the app's was called, which installs "
        "nothing during a build. Call `pip` or `python -m pip`, without a path"
    )


def run_hook_with_pip(
    hook: str, context: BuildContext, variables: Mapping[str, str], locked: Container[str]
) -> bool:
    """Run a script whose pip installs into the app's virtual environment, if the app has it.

    Returns whether it changed the installed packages; `locked` has the names in the lock.

    Raises HookFailed, HookInterpreterMissing, or an error of a file that is not a script.
    """
    if not os.path.lexists(context.app / hook):
        return False
    virtualenv, pip = context.virtualenv, context.tools.pip()
    python, before = Path(context.interpreter.path), take_snapshot(virtualenv)
    with pip_in(virtualenv, python, pip.bundled_tools.pip_alone) as folder:
        for_pip = {
            **_PIP_DEFAULTS,
            "PIP_CACHE_DIR": str(pip.cache / "pip"),
            **variables,
            "VIRTUAL_ENV": str(virtualenv.root),
            "PATH": f"{virtualenv.bin}:{folder}:{variables['PATH']}",
        }
        try:
            run_hook(hook, context.app, for_pip, context.effects)
        except HookFailed as failed:
            from slipway.steps.explain_hook import explain_hook  # only failures need it

            explain_hook(failed, context, for_pip)
            raise
        if take_snapshot(virtualenv) == before:
            return False
        _install_editables_as_wheels(hook, context)
        if "pip" not in locked:
            _remove_pip(hook, context)
        seal(virtualenv)
    _report(hook, context, before)
    return True


def _install_editables_as_wheels(hook: str, context: BuildContext) -> None:
    """Install copies of the packages that would be imported from the folder of the build."""
    console, pip = context.effects.console, context.tools.pip()
    for name, source in editable_sources(context.virtualenv).items():
        console.info(
            f"Installing {name}, which {hook} installed as editable, as a wheel, because the "
            "app may be moved after its build"
        )
        options = ("--no-deps", "--no-compile", "--force-reinstall")
        arguments = ["install", "--quiet", *options, str(source)]
        try:
            doing = f"installing {name}"
            pip.run(str(context.virtualenv.python), arguments, context.app, doing)
        except CommandFailed:
            console.warning(f"{name} cannot be installed as a wheel, so it stays editable")


def _remove_pip(hook: str, context: BuildContext) -> None:
    """Remove the pip that a hook installed: a newer one to run, not one for the app."""
    virtualenv, pip = context.virtualenv, context.tools.pip()
    version = virtualenv.distributions().get("pip")
    if version is None:
        return
    arguments = ["uninstall", "--quiet", "--yes", "pip"]
    try:
        pip.run(str(virtualenv.python), arguments, context.app, "removing pip")
    except CommandFailed:
        return  # its records are damaged, for example by another installer
    context.effects.console.info(
        f"Removed pip {version}, which {hook} installed: an app contains pip only if its "
        "requirements do"
    )


def _report(hook: str, context: BuildContext, before: Snapshot) -> None:
    """Log what a hook changed, and compile what it added."""
    virtualenv, console = context.virtualenv, context.effects.console
    after = take_snapshot(virtualenv)
    changed = after.changed_since(before)
    changes = [*_changes(before, after, changed)]
    if changes:
        console.info(f"{hook} {', '.join(changes)}. The lock stays as it was")
    modules = modules_of(virtualenv, changed)
    if modules:
        compile_groups(virtualenv.root, modules, context.interpreter.path, context.effects)
    if changes:
        found = problems(installed_metadata(virtualenv.metadata(), context.interpreter.markers))
        for problem in found[:1]:
            console.warning(f"The packages do not fit together after {hook}: {problem}")


def _changes(before: Snapshot, after: Snapshot, changed: Container[str]) -> Iterator[str]:
    old, new = before.distributions, after.distributions
    added = [f"{name} {new[name]}" for name in new if name not in old]
    replaced = [
        f"{name} {old[name]} by {new[name]}"
        for name in new
        if name in old and old[name] != new[name]
    ]
    again = [f"{name} {new[name]}" for name in new if old.get(name) == new[name]]
    again = [text for text in again if text.partition(" ")[0] in changed]
    removed = [f"{name} {old[name]}" for name in old if name not in new]
    for verb, texts in (
        ("added", added),
        ("replaced", replaced),
        ("reinstalled", again),
        ("removed", removed),
    ):
        if texts:
            yield f"{verb} {', '.join(texts)}"
