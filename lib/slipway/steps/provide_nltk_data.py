"""Download the data that an app names for NLTK to where NLTK looks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from slipway.domain.app_files import NLTK_DATA as FILE
from slipway.domain.nltk_data import FOLDER, INDEX, in_other_form, index_in_key
from slipway.domain.redaction import without_credentials
from slipway.effects.cache.file_trees import copy_tree
from slipway.effects.cache.keys import CacheKey, digest_of
from slipway.effects.cache.kinds import NLTK_DATA
from slipway.effects.cache.store import MARK
from slipway.effects.files import move, read_if_there, remove, scratch, write
from slipway.effects.packages.virtualenvs import put_in_env, put_in_prefix
from slipway.effects.processes import Command
from slipway.errors.nltk_data import (
    NltkDataDiffers,
    NltkDataNotDownloaded,
    NltkDataUnknown,
    NltkIndexMalformed,
    NltkIndexUnreadable,
    NltkNotUsable,
)
from slipway.errors.stopped import BuildStopped, CommandFailed
from slipway.steps.context import BuildContext

_MB = 1000**2
_LAST_LINES = 15


def provide_nltk_data(context: BuildContext, digest: str, libraries: Path | None) -> str:
    """Restore or download the data next to the packages, so that no process needs a variable.

    `digest` is that of the virtual environment. Returns one of the environment with its data.

    Raises NltkDataUnknown, NltkIndexUnreadable, NltkIndexMalformed, NltkDataNotDownloaded,
    NltkDataDiffers, NltkNotUsable.
    """
    console, names = context.effects.console, context.plan.nltk_data
    place = context.virtualenv.root / FOLDER
    version = context.virtualenv.distributions().get("nltk")
    had_data = place.exists() or (context.layout.python / FOLDER).is_symlink()
    key = None
    if names and version is None:
        console.warning(f"{FILE} has no effect, because nltk is not installed")
    elif names and version is not None:
        console.header(f"Data for NLTK {version}")
        key = _restore_or_download(context, names, version, libraries)
    elif version is not None and names is not None:
        console.info(f"NLTK is installed, but {FILE} names no data for it")
    elif version is not None and not context.effects.environment.get("NLTK_DATA"):
        console.info(f"NLTK is installed without data. If the app needs any, name it in {FILE}")
    if key is None:
        remove(place)
    if key is not None or had_data:
        _connect(context)
    return digest if key is None else digest_of({"virtualenv": digest, "data": key.digest})


def _restore_or_download(
    context: BuildContext, names: Sequence[str], version: str, libraries: Path | None
) -> CacheKey | None:
    """Put the data in place; return its cache key, or None for a build that is offline."""
    effects, place = context.effects, context.virtualenv.root / FOLDER
    console, index = effects.console, effects.environment.get(INDEX, "").strip()
    key = NLTK_DATA.key({"names": sorted(names), "nltk": version, "index": index_in_key(index)})
    remove(place)
    cached = effects.cache.entry(key)
    if cached is not None:
        # Not linked: since version 3.10.3, NLTK opens no file that has a second hard link.
        copy_tree(cached, place, frozenset({MARK}))
        console.info(f"Reusing the data from an earlier build: {', '.join(names)}")
    elif context.plan.settings.offline:
        console.warning(
            "Not downloading the data, because this build is offline. Put it into a folder "
            "of the app, and name the folder in the variable NLTK_DATA"
        )
        return None
    else:
        reasons = "; ".join(effects.cache.reasons_for_miss(key))
        console.info(f"Downloading {', '.join(names)}: {reasons}")
        start = console.now()
        report = _download(context, names, version, index, libraries)
        console.info(
            f"Downloaded {report.get('packages')} of NLTK's packages in "
            f"{console.now() - start:.1f} s ({report.get('bytes', 0) / _MB:.1f} MB)"
        )
        problem = effects.cache.store(key, place)
        if problem:
            console.warning(f"The data cannot be stored in the cache: {problem}")
    for name, other in in_other_form(names, version):
        if not any((folder / other).is_dir() for folder in place.iterdir()):
            console.warning(f"NLTK {version} reads {other}, not {name}: add {other} to {FILE}")
    return key


def _download(
    context: BuildContext,
    names: Sequence[str],
    version: str,
    index: str,
    libraries: Path | None,
) -> Mapping[str, Any]:
    """Run NLTK's own downloader, put the data in place, and return the downloader's report.

    New versions of NLTK trust only a folder that no other user can write to, so it downloads
    to a temporary one.
    """
    effects = context.effects
    with scratch("nltk") as folder:
        request, report_file = folder / "request.json", folder / "report.json"
        wanted = {"names": [*names], "folder": str(folder / FOLDER), "index": index}
        write(request, json.dumps(wanted))
        command = Command(
            argv=[
                str(context.virtualenv.python),
                str(effects.build_scripts / "nltk_download.py"),
                str(request),
                str(report_file),
            ],
            cwd=folder,
            env=put_in_env(effects.environment, context.virtualenv, None, libraries),
            shown="python -m nltk.downloader",
        )
        output = ""
        try:
            output = effects.processes.run(command, doing="downloading data for NLTK")
        except CommandFailed as error:
            output = error.output
        report = _read(report_file)
        if report.get("outcome") != "done":
            raise _failure(report, version, index, output)
        move(folder / FOLDER, context.virtualenv.root / FOLDER)
    return report


def _read(file: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(read_if_there(file) or "{}")
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}


def _failure(report: Mapping[str, Any], version: str, index: str, output: str) -> BuildStopped:
    shown, reason = without_credentials(index), str(report.get("reason", ""))
    match report.get("outcome"):
        case "unknown":
            names = [str(name) for name in report.get("names", ())]
            known = [str(name) for name in report.get("known", ())]
            return NltkDataUnknown(
                names=tuple(names),
                nearest=tuple(_nearest(name, known) for name in names),
                index=shown,
            )
        case "no-index":
            return NltkIndexUnreadable(reason=reason, index=shown)
        case "not-an-index":
            return NltkIndexMalformed(reason=reason, index=shown)
        case "failed":
            package = str(report.get("package", ""))
            return NltkDataNotDownloaded(package=package, reason=reason, index=shown)
        case "differs":
            package = str(report.get("package", ""))
            return NltkDataDiffers(package=package, reason=reason, index=shown)
    lines = [line for line in output.splitlines() if line.strip()]
    return NltkNotUsable(version=version, output=tuple(lines[-_LAST_LINES:]))


def _nearest(name: str, known: Sequence[str]) -> str:
    """Return a similar name; the path of data, such as `corpora/stopwords`, ends with one."""
    from difflib import get_close_matches  # only this error needs it

    last = name.rstrip("/").rpartition("/")[2].removesuffix(".zip")
    return last if last in known else "".join(get_close_matches(last, known, n=1))


def _connect(context: BuildContext) -> None:
    """Let a bundled Python find the data, and record what is there now."""
    outputs, virtualenv = context.effects.outputs, context.virtualenv
    if context.is_python_bundled:
        put_in_prefix(virtualenv, context.layout.python, FOLDER)
        outputs.record(context.layout.python)
    outputs.record(virtualenv.root)
