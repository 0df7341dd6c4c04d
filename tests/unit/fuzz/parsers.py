"""Every function that reads text from outside, with the formats that it reads.

A parser may raise the project's own errors, and what its docstring names; nothing else.
"""

from __future__ import annotations

import configparser
import getopt
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import server_defaults
import start_variables
from bound_services import (
    address,
    certificates,
    cred_file,
    dotcloud,
    json_objects,
    platform_rewriting,
    vcap_services,
)
from bound_services.binding import Binding, new_binding
from bound_services.variables import has_login, service_variables
from packaging.markers import InvalidMarker
from packaging.requirements import InvalidRequirement
from packaging.specifiers import InvalidSpecifier
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename
from packaging.version import InvalidVersion
from slipway_release import log as release_log

from slipway.domain import (
    addresses,
    app_files,
    app_json,
    build_facts,
    build_record,
    checkout,
    dokku,
    hook_scripts,
    nltk_data,
    packaging_text,
    redaction,
    running_tests,
)
from slipway.domain import config_vars as variables
from slipway.domain import sbom as bill
from slipway.domain import settings as app_settings
from slipway.domain.cloud_native import build_bindings, layers
from slipway.domain.cloud_native.bash_process import start_with_bash
from slipway.domain.database_urls.reads import uses_of
from slipway.domain.django import (
    allowed_hosts,
    placeholders,
    printed_traceback,
    project,
    required_variables,
    value_origins,
)
from slipway.domain.django.exception_chain import Site
from slipway.domain.django.removed_names import removed_names
from slipway.domain.django.settings_of_tests import TestedProject
from slipway.domain.django.ways_of_reading import WaysOfReading
from slipway.domain.index_config import credentials, pip_settings, uv_settings
from slipway.domain.index_config.places import place_of_index
from slipway.domain.index_config.project_settings import (
    index_of_files,
    index_of_lock,
    index_settings,
    project_settings,
)
from slipway.domain.locks import choosing, disagreement, markers, pdm_project, written
from slipway.domain.locks.brought import BroughtLock, Choice, FromIndex, Index, Pin
from slipway.domain.locks.pdm import read_pdm_lock
from slipway.domain.locks.pipenv import read_pipfile_lock
from slipway.domain.locks.poetry import read_poetry_lock
from slipway.domain.locks.pylock import read_pylock
from slipway.domain.locks.uv import read_uv_lock
from slipway.domain.pip_calls import pip_calls
from slipway.domain.python import (
    fitting,
    kinds,
    last_build,
    requests,
    selection,
    syntax,
    version_files,
)
from slipway.domain.python.fitting import PackageFile, PinnedPackage
from slipway.domain.python.pinned import index_questions, pinned_packages
from slipway.domain.python.python_2_code import python_2_code
from slipway.domain.python.wheel_tags import Target, tags_in, wheel_fits
from slipway.domain.requirements import (
    compiled,
    consistency,
    for_tests,
    groups,
    lines,
    lock,
    mistyped,
    other_formats,
    pipfile,
    poetry_constraints,
    setup_extras,
    superseded,
)
from slipway.domain.requirements.declared_sources import project_sources, required_names
from slipway.domain.requirements.dependencies import Dependencies, from_pyproject, is_package
from slipway.domain.requirements.exact_pins import exact_pins
from slipway.domain.requirements.groups import extra_names, group_names
from slipway.domain.requirements.poetry_package import missing_module, without_package
from slipway.domain.requirements.poetry_requirements import (
    poetry_extras,
    poetry_groups,
    poetry_requirements,
)
from slipway.domain.toml_text import Document, parse_toml, render_toml
from slipway.domain.tool_output import pip_output, system_packages, uv_output
from slipway.domain.tool_output.bounded import bounded
from slipway.domain.tool_output.compiler_output import Build, cause_of_failed_build
from slipway.domain.tool_output.failed_installation import allows, specifier_of
from slipway.domain.tool_output.last_lines import last_lines
from slipway.domain.tool_output.outdated_code import outdated_code
from slipway.domain.unread_files import (
    by_likelihood,
    is_for_development,
    is_for_production,
    is_generated,
    is_of_another_tool,
    poetry_dependencies,
    requested_elsewhere,
    requirements_files,
    unread_files,
    unread_sources,
    unread_uv_keys,
)
from slipway.domain.vendoring import (
    core_metadata,
    packages,
    scm_versions,
    submodules,
    vendor_lock,
)
from slipway.domain.vendoring.selection import select_for_builds
from slipway.domain.vendoring.source_project import PROJECT_FILES, read_project
from slipway.domain.web import (
    elsewhere,
    gunicorn_commands,
    gunicorn_config,
    gunicorn_faults,
    modules,
    not_applications,
    process_types,
    procfile_lint,
    procfile_yaml,
    programs,
    script_faults,
    scripts,
    shell_commands,
    shell_scripts,
)
from slipway.domain.web.gunicorn_notices import notices_about_config
from slipway.domain.web.imports import Elsewhere, OwnModule, read_script, read_target
from slipway.domain.web.served import served
from slipway.domain.web.servers import packages_of_processes
from slipway.domain.web.start_folder import needs_shell, start_in
from slipway.domain.web.targets import targets_of
from slipway.errors.dependencies import PoetryDependencyInvalid
from slipway.errors.django import RequiredVariable
from slipway.errors.fetching import IndexVariablesUnset
from slipway.errors.locks import LockNotForThisPython, LockOutdated
from slipway.errors.web import CommandChangedByYaml, ProcfileNotYaml
from unit.brought_locks import FakeLock
from unit.fuzz import formats
from unit.fuzz.hostile_services import FilesInMemory
from unit.samples import plan_of
from uv_shapes import uv_project

_MARKERS = {
    "implementation_name": "cpython",
    "implementation_version": "3.12.1",
    "os_name": "posix",
    "platform_machine": "x86_64",
    "platform_python_implementation": "CPython",
    "platform_release": "6.1",
    "platform_system": "Linux",
    "platform_version": "1",
    "python_full_version": "3.12.1",
    "python_version": "3.12",
    "sys_platform": "linux",
}
_TARGET = Target(python="3.12.1", platforms=("manylinux_2_36_x86_64",), supported=("3.13",))
_ENVIRONMENT = {"PACKAGE": "six", "A": "1", "UV_INDEX_OWN_USERNAME": "u"}
_PROJECT = project.DjangoProject(
    manage="manage.py", settings="a.settings", settings_origin="manage.py", web=None
)


@dataclass(frozen=True, kw_only=True)
class Parser:
    run: Callable[[str], object]
    samples: Sequence[str]
    reads: tuple[str, ...]
    """The functions of lib/ that it calls, as `module.function` below slipway.domain or
    lib/runtime."""
    raises: tuple[type[Exception], ...] = ()
    """Other exceptions than BuildStopped that the docstrings name."""
    is_slow: bool = False
    """Whether it gets fewer inputs, because it takes long."""


PARSERS: dict[str, Parser] = {}


def _parser(
    samples: Sequence[str], *reads: str, raises: tuple[type[Exception], ...] = ()
) -> Callable[[Callable[[str], object]], Callable[[str], object]]:
    def register(run: Callable[[str], object]) -> Callable[[str], object]:
        name = run.__name__.strip("_")
        PARSERS[name] = Parser(run=run, samples=samples, reads=reads, raises=raises)
        return run

    return register


# Requirements


@_parser(
    formats.REQUIREMENTS,
    *("requirements.lines.read_lines", "requirements.lines.marker_applies"),
    *("requirements.lines.normalized_requirement", "requirements.lines.is_direct_reference"),
    *("requirements.lines.requirement_name", "requirements.lines.split_extras"),
    *("requirements.mistyped.unknown_options", "requirements.superseded.exact_versions"),
)
def _requirements(text: str) -> None:
    [*superseded.superseded(lines.read_lines(text, "requirements.txt", _ENVIRONMENT))]
    for line in lines.read_lines(text, "requirements.txt", _ENVIRONMENT):
        superseded.exact_versions(line)
        _ = line.place, line.redacted, line.requirement, line.is_editable, line.local_path
        lines.marker_applies(line.marker, _MARKERS)
        mistyped.unknown_options(line)
        lines.split_extras(line.extras)
        lines.normalized_requirement(line.requirement)
        lines.is_direct_reference(line.requirement)
        lines.requirement_name(line.requirement)


@_parser(formats.REQUIREMENTS, "requirements.lines.expand")
def _expanded(text: str) -> object:
    return lines.expand(text, _ENVIRONMENT)


@_parser(formats.REQUIREMENTS, "requirements.for_tests.names_listed")
def _names_listed(text: str) -> object:
    return for_tests.names_listed(text, ("pytest", "six"))


@_parser(formats.REQUIREMENTS, "requirements.mistyped.refuse_mistyped")
def _mistyped(text: str) -> None:
    mistyped.refuse_mistyped(text, "requirements.txt")


@_parser(formats.REQUIREMENTS, "requirements.other_formats.refuse_other_formats")
def _other_formats(text: str) -> None:
    other_formats.refuse_other_formats(text, "requirements.txt")


@_parser((*formats.LOCK, *formats.REQUIREMENTS), "requirements.lock.parse")
def _lock(text: str) -> None:
    found = lock.parse(text, "lock.txt")
    lock.render(found)
    lock.render_for_pip(found, {})


@_parser(
    (*formats.REQUIREMENTS, *formats.INI),
    "index_config.pip_settings.from_lines",
    raises=(getopt.GetoptError, ValueError),
)
def _option_lines(text: str) -> None:
    found = [*pip_settings.from_lines(text, _ENVIRONMENT)]
    _use_index_settings(found)


@_parser(
    formats.INI,
    *("index_config.pip_settings.from_files", "index_config.uv_settings.option_lines"),
    raises=(configparser.Error,),
)
def _pip_configuration(text: str) -> None:
    _use_index_settings([*pip_settings.from_files([("pip.conf", text)])])


@_parser((*formats.ADDRESSES, *formats.NAMES), "index_config.pip_settings.from_variables")
def _pip_variables(text: str) -> None:
    names = "INDEX_URL", "EXTRA_INDEX_URL", "TRUSTED_HOST", "TIMEOUT", "RETRIES", "NO_BINARY"
    more = "CERT", "PROXY", "UPLOADED_PRIOR_TO", "ALL_RELEASES", "ONLY_BINARY", "FIND_LINKS"
    values = {f"PIP_{name}": text for name in (*names, *more)}
    _use_index_settings([*pip_settings.from_variables(values)])


def _use_index_settings(found: Sequence[pip_settings.Setting]) -> None:
    config = pip_settings.effective_config(found, ())
    uv_settings.unknown_to_uv(config)
    uv_settings.option_lines(config)
    uv_settings.release_arguments(config)
    uv_settings.uv_variables(config, {})


@_parser(
    formats.ADDRESSES,
    *(
        "index_config.credentials.with_credentials",
        "index_config.credentials.addresses_of_indexes",
        "index_config.project_settings.index_of_files",
        "index_config.project_settings.index_of_lock",
        "index_config.places.place_of_index",
    ),
    raises=(IndexVariablesUnset,),
)
def _index_addresses(text: str) -> None:
    known = [*credentials.addresses_of_indexes([text], {"UV_INDEX": f"yard={text}"})]
    variables = {"UV_INDEX_YARD_USERNAME": text, "UV_INDEX_YARD_PASSWORD": text}
    for tool in ("uv", "Poetry", "PDM", "Pipenv", "Slipway", "pip"):
        index = Index(url=text, name="yard", tool=tool)
        for environment in ({}, variables):
            with suppress(IndexVariablesUnset):
                credentials.with_credentials(index, environment, known)
        lock = FakeLock(default_index=index)
        option = lines.Line(
            file=lock.file, number=1, text="--index-url x", kind=lines.LineKind.OPTION
        )
        index_of_lock(lock, [option], text)
    table = {"tool": {"uv": {"index": [{"url": text}]}}}
    index_of_files(table, None, text)
    line = lines.Line(
        file="r.txt", number=1, text=f"--index-url {text}", kind=lines.LineKind.OPTION
    )
    settings = [*pip_settings.from_variables({"PIP_INDEX_URL": text})]
    for request in (text, "https://yard.example/simple"):
        place_of_index(request, [line], settings, {"UV_INDEX": text})


@_parser(
    (*formats.ADDRESSES, *formats.REQUIREMENTS),
    "addresses.check_addresses",
    "addresses.literal_address",
)
def _addresses(text: str) -> None:
    addresses.check_addresses(text, "requirements.txt", 1)
    addresses.check_addresses(text, "A variable", is_option=True)


@_parser((*formats.ADDRESSES, *formats.REQUIREMENTS), "addresses.is_address")
def _is_address(text: str) -> object:
    return addresses.is_address(text)


# TOML


@_parser(
    formats.PYPROJECT,
    *(
        "toml_text.parse_toml",
        "toml_text.table_in",
        "toml_text.tables_in",
        "toml_text.texts_in",
        "settings.parse",
        "settings.parse_root",
        "settings.lines_of",
    ),
    *("requirements.dependencies.from_pyproject", "requirements.dependencies.is_package"),
    *("requirements.declared_sources.project_sources", "python.requests.is_possible"),
    *("requirements.declared_sources.required_names", "toml_text.render_toml"),
    *("index_config.project_settings.project_settings", "unread_files.unread_uv_keys"),
    *("index_config.project_settings.index_settings", "requirements.groups.group_names"),
    *("requirements.groups.extra_names", "requirements.exact_pins.exact_pins"),
    *("unread_files.unread_sources", "unread_files.poetry_dependencies"),
)
def _pyproject(text: str) -> None:
    document = parse_toml(text, "pyproject.toml")
    for use in _USES_OF_PYPROJECT:
        _tolerant(use, document)
    render_toml({"a": text})


_USES_OF_PYPROJECT: tuple[Callable[[Document], object], ...] = (
    lambda document: app_settings.parse(_tables(document, "tool", "slipway"), {}),
    lambda document: app_settings.parse_root(_tables(document, "tool", "slipway"), {}),
    lambda document: app_settings.lines_of(_tables(document, "tool", "slipway")),
    lambda document: from_pyproject(document, "pyproject.toml"),
    is_package,
    lambda document: required_names(project_sources(document).requires or ()),
    lambda document: project_settings(document, None, _ENVIRONMENT, is_offline=False),
    lambda document: index_settings(document, None, _ENVIRONMENT, is_offline=False),
    lambda document: [*unread_sources(["uv.lock", "Pipfile", "environment.yml"], document)],
    lambda document: [*group_names(document), *extra_names(document)],
    exact_pins,
    unread_uv_keys,
    poetry_dependencies,
)


def _tables(document: Document, *names: str) -> Mapping[str, Any]:
    for name in names:
        inner = document.get(name)
        document = inner if isinstance(inner, dict) else {}
    return document


def _tolerant(use: Callable[[Document], object], document: Document) -> None:
    """Go on after an error of the project, so that later parts are read too."""
    from slipway.errors.stopped import BuildStopped

    with suppress(BuildStopped):
        use(document)


@_parser((*formats.UV_TOML, *formats.PYPROJECT))
def _uv_toml(text: str) -> None:
    document = parse_toml(text, "uv.toml")
    project_settings({}, document, _ENVIRONMENT, is_offline=False)


# Locks

_UV_SHAPES = (
    *("conflicting_extras", "virtual_root", "repositories", "local_index", "overrides"),
    *("environments", "forks_by_platform"),
)
_UV_PROJECTS = {name: uv_project(name) for name in _UV_SHAPES}


def _use_uv_lock(lock: str, project: str, others: Mapping[str, str]) -> None:
    files = {**others, "pyproject.toml": project}
    found = read_uv_lock(lock, "uv.lock", files.get)
    choice = Choice(groups=found.groups, extras=found.extras[:1])
    found.local_pins(choice)
    found.select(_MARKERS, choice)


@_parser(
    tuple(files["uv.lock"] for files in _UV_PROJECTS.values()),
    *("locks.uv.read_uv_lock", "locks.markers.holds", "locks.uv_workspace.normalized_address"),
    *("locks.uv_workspace.is_same_index", "packaging_text.parse_lock_marker"),
    *("locks.uv_workspace.read_workspace", "locks.uv_outdated.refuse_outdated"),
)
def _uv_lock(text: str) -> None:
    for files in _UV_PROJECTS.values():
        with suppress(LockOutdated):
            _use_uv_lock(text, files["pyproject.toml"], files)


@_parser(tuple(files["pyproject.toml"] for files in _UV_PROJECTS.values()))
def _uv_project(text: str) -> None:
    for files in _UV_PROJECTS.values():
        with suppress(LockOutdated):
            _use_uv_lock(files["uv.lock"], text, files)


@_parser(
    formats.NAMES,
    *("locks.markers.when", "locks.markers.when_python"),
    raises=(InvalidMarker, InvalidSpecifier),
)
def _conditions(text: str) -> None:
    condition = markers.when(text) & ~markers.when("extra == 'a'") | markers.when_python(text)
    markers.are_same(condition, markers.when("os_name == 'nt'"), text)
    markers.is_possible(condition, text)


def _stored(*names: str) -> dict[str, str]:
    """Return files of the stored locks, by their names."""
    folder = Path(__file__).parents[1] / "domain/locks"
    return {name.rpartition("/")[2]: (folder / name).read_text("utf-8") for name in names}


_PDM = [
    _stored(f"pdm/{case}/pyproject.toml", f"pdm/{case}/pdm.lock")
    for case in ("sources", "workspace")
]
_PIPENV = _stored("pipenv/2026/Pipfile", "pipenv/2026/Pipfile.lock")


def _use_lock(lock: BroughtLock) -> None:
    choice = Choice(groups=lock.groups, extras=lock.extras)
    lock.local_pins(choice)
    with suppress(LockNotForThisPython):
        lock.select(_MARKERS, choice)
    lock.select({**_MARKERS, "python_full_version": "3.11.1", "python_version": "3.11"}, choice)


@_parser(
    tuple(files["pdm.lock"] for files in _PDM),
    "locks.pdm.read_pdm_lock",
    *("locks.lock_file.shown", "locks.lock_file.without_files"),
)
def _pdm_lock(text: str) -> None:
    for files in _PDM:
        with suppress(LockOutdated):
            _use_lock(read_pdm_lock(text, "pdm.lock", files.get))


@_parser(
    tuple(files["pyproject.toml"] for files in _PDM),
    *("locks.pdm_project.app_pin", "locks.pdm_project.requirements_by_group"),
    *("locks.pdm_project.content_hashes", "locks.pdm_project.has_patterns"),
    *("locks.pdm_project.fits_inputs", "locks.pdm_project.declared_sources"),
    "locks.pdm_project.sources_of",
)
def _pdm_project(text: str) -> None:
    project = parse_toml(text, "pyproject.toml")
    digest = next(pdm_project.content_hashes(project, "", _PDM[0].get, ["libs/core"]))
    locked = re.sub('sha256:.*(?=")', f"sha256:{digest}", _PDM[0]["pdm.lock"], count=1)
    with suppress(LockOutdated):
        _use_lock(read_pdm_lock(locked, "pdm.lock", {"pyproject.toml": text}.get))
    pdm_project.fits_inputs(project, project)
    pdm_project.sources_of("corp-core", pdm_project.declared_sources(project))


_POETRY_TABLES = _stored(
    "poetry/tables/pyproject.toml",
    *(f"poetry/tables/{version}.lock" for version in ("1.1", "1.8", "2.5")),
)
_POETRY_PROJECT = _stored("poetry/project/pyproject.toml", "poetry/project/2.5.lock")
_POETRY = (_POETRY_TABLES, _POETRY_PROJECT)


def _without_hash(lock: str) -> str:
    """Return a poetry.lock of which only names and versions are compared."""
    return re.sub("^content-hash = .*$", f'content-hash = "{"0" * 64}"', lock, flags=re.M)


@_parser(
    tuple(files[name] for files in _POETRY for name in files if name.endswith(".lock")),
    *("locks.poetry.read_poetry_lock", "locks.poetry_graph.needed_packages"),
    "locks.poetry_content_hash.is_fresh",
)
def _poetry_lock(text: str) -> None:
    for files in _POETRY:
        with suppress(LockOutdated):
            _use_lock(read_poetry_lock(text, "poetry.lock", files.get))
    with suppress(LockOutdated):
        _use_lock(read_poetry_lock(_without_hash(text), "poetry.lock", _POETRY_TABLES.get))


@_parser(
    tuple(files["pyproject.toml"] for files in _POETRY),
    *("requirements.poetry_project.read_poetry_project",),
    *(
        "requirements.poetry_project.dependencies_in",
        "requirements.poetry_package.missing_module",
    ),
    *("requirements.poetry_requirements.poetry_groups",),
    *("requirements.poetry_requirements.poetry_extras",),
    *("requirements.poetry_requirements.poetry_requirements",),
    "requirements.poetry_package.without_package",
)
def _poetry_project(text: str) -> None:
    document = parse_toml(text, "pyproject.toml")
    choice = Choice(groups=poetry_groups(document), extras=poetry_extras(document))
    for is_built in (False, True):
        with suppress(PoetryDependencyInvalid):
            poetry_requirements(document, "pyproject.toml", choice, is_package=is_built)
    missing_module(without_package(document), lambda _: None)
    missing_module(document, lambda _: None)
    for name in ("1.8.lock", "2.5.lock"):
        lock, files = _without_hash(_POETRY_TABLES[name]), {"pyproject.toml": text}
        _use_lock(read_poetry_lock(lock, "poetry.lock", files.get))


@_parser(
    (*formats.VERSION_FILE, "^1.2 || ~2.0, !=2.1.*", ">= 3.8 <4 | 2.7.*", "win32 || !=linux"),
    *("requirements.poetry_constraints.alternatives", "requirements.poetry_constraints.is_met"),
    "requirements.poetry_constraints.one_specifier",
    "requirements.poetry_constraints.python_marker",
    "requirements.poetry_constraints.platform_marker",
    raises=(InvalidSpecifier, InvalidMarker),
)
def _poetry_constraint(text: str) -> None:
    packaging_text.parse_marker(poetry_constraints.platform_marker(text) or "os_name == 'x'")
    poetry_constraints.is_met(poetry_constraints.alternatives(text), "1.2")
    packaging_text.parse_marker(poetry_constraints.python_marker(text) or "os_name == 'x'")
    packaging_text.parse_specifiers(poetry_constraints.one_specifier(text))


_PYLOCKS = _stored(
    *("pylock/pdm_export.toml", "pylock/pdm_project.toml", "pylock/pip_lock.toml"),
    *("pylock/uv_compile.toml", "pylock/uv_export.toml", "pylock/uv_project.toml"),
)


@_parser(
    tuple(_PYLOCKS[name] for name in ("pdm_export.toml", "pip_lock.toml", "uv_compile.toml")),
    "locks.pylock.read_pylock",
)
def _pylock(text: str) -> None:
    for name in ("pdm_project.toml", "uv_project.toml"):
        files = {"pyproject.toml": _PYLOCKS[name], "requirements.in": "six\nidna\n"}
        with suppress(LockOutdated):
            _use_lock(read_pylock(text, "pylock.toml", files.get))


@_parser(
    (*(_PYLOCKS[name] for name in ("pdm_project.toml", "uv_project.toml")), *formats.PYPROJECT),
    *("requirements.groups.lists_extras", "requirements.groups.groups_to_install"),
    *("requirements.groups.project_requirements", "requirements.groups.reached_extras"),
    *("requirements.groups.group_requirements", "requirements.groups.extra_requirements"),
    *("requirements.groups.package_requirements", "requirements.groups.requirements_of_extras"),
)
def _groups_and_extras(text: str) -> None:
    document = parse_toml(text, "pyproject.toml")
    choice = Choice(groups=groups.group_names(document), extras=groups.extra_names(document))
    for read in (
        groups.project_requirements,
        groups.package_requirements,
        groups.group_requirements,
    ):
        _tolerant(partial(read, file="pyproject.toml", choice=choice), document)
    _tolerant(partial(groups.reached_extras, choice=choice), document)
    groups.requirements_of_extras(document, choice.extras)
    read_extras = partial(
        groups.extra_requirements, file="pyproject.toml", extras=choice.extras
    )
    _tolerant(read_extras, document)
    groups.lists_extras(document)
    with suppress(LockOutdated):
        read_pylock(_PYLOCKS["uv_export.toml"], "pylock.toml", {"pyproject.toml": text}.get)


_BY_UV = "# This file was autogenerated by uv via the following command:\n#    "


@_parser(
    (
        *formats.REQUIREMENTS,
        f"{_BY_UV}uv pip compile -o requirements.txt requirements.in\nsix==1.17.0\n",
        "# This file is autogenerated by pip-compile with Python 3.12\n"
        "# by the following command:\n#\n#    pip-compile --extra=web requirements.in\n#\n",
    ),
    "requirements.compiled.origin_of",
    "requirements.lines.try_lines",
    *("requirements.locked.address_of", "requirements.locked.specifiers_of"),
    *("merge_conflicts.conflict_in", "merge_conflicts.refuse_conflict"),
)
def _compiled(text: str) -> None:
    found = [*lines.read_lines("six==1.16.0\nidna\n", "requirements.txt", {})]
    for files in (
        {"requirements.txt": text, "requirements.in": "six>=1.17\nidna"},
        {
            "requirements.txt": f"{_BY_UV}uv pip compile -c requirements.txt requirements.in",
            "requirements.in": text,
        },
    ):
        dependencies = Dependencies(
            origin="requirements.txt", files=("requirements.txt",), requirements=tuple(found)
        )
        with suppress(LockOutdated):
            compiled.refuse_outdated(dependencies, files.get)


@_parser((_PIPENV["Pipfile.lock"],), "locks.pipenv.read_pipfile_lock")
def _pipfile_lock(text: str) -> None:
    with suppress(LockOutdated):
        _use_lock(read_pipfile_lock(text, "Pipfile.lock", _PIPENV.get))


@_parser(
    (_PIPENV["Pipfile"],),
    *("requirements.pipfile.categories", "requirements.pipfile.group_names"),
    *("requirements.pipfile.from_pipfile", "requirements.pipfile.required_python"),
    "requirements.pipfile.python_version",
    *("requirements.pipfile.entry_marker", "requirements.pipfile.specifier"),
    *("requirements.pipfile.with_braces", "requirements.pipfile.repository"),
    *("requirements.pipfile.local_path", "requirements.declared_sources.repository_address"),
)
def _pipfile(text: str) -> None:
    with suppress(LockOutdated):
        read_pipfile_lock(_PIPENV["Pipfile.lock"], "Pipfile.lock", {"Pipfile": text}.get)
    document = parse_toml(text, "Pipfile")
    groups = pipfile.group_names(document)
    found = pipfile.from_pipfile(text, "Pipfile", Choice(groups=groups), _ENVIRONMENT)
    for unused in found.unused_sources:
        _ = unused.error


@_parser(formats.VENDOR_LOCK, "vendoring.vendor_lock.parse")
def _vendor_lock(text: str) -> object:
    return vendor_lock.parse(text)


@_parser(
    (*formats.OWN_LOCK, *formats.LOCK, *formats.ADDRESSES),
    *("locks.written.is_own", "locks.written.made_from", "locks.written.pins_in"),
    "locks.written.without_secret",
)
def _own_lock(text: str) -> None:
    written.is_own(text)
    found = written.made_from(text)
    if found is not None:
        written.differences(found, replace(found, requirements=frozenset({text})))
    written.pins_in(text)
    written.without_secret(text, text)


@_parser(formats.LAYER, "cloud_native.layers.facts_in")
def _layer(text: str) -> object:
    return layers.facts_in(text)


# Python


@_parser(
    (*formats.VERSION_FILE, *formats.OTHER_TOOLS),
    *("python.version_files.requested_in", "python.selection.parse_version"),
    *("python.kinds.refuse_kind", "python.kinds.named"),
)
def _version_file(text: str) -> None:
    from slipway.errors.stopped import BuildStopped

    for file in version_files.VERSION_FILES:
        with suppress(BuildStopped):
            version_files.requested_in(text, file)
    kinds.named(text)
    request = selection.parse_version(text, ".python-version")
    request.fits("3.12.1")
    request.may_fit(3, 12)
    requests.refuse_unusable([request])
    other = selection.parse_version(">=3.11", "pyproject.toml")
    requests.contradict(request, other)
    requests.combine((request, other))


@_parser(formats.VERSION_FILE, "python.requests.poetry_specifier")
def _poetry_specifier(text: str) -> object:
    return requests.poetry_specifier(text)


@_parser(
    (*formats.SETUP_PY, *formats.INI),
    *("python.requests.python_requires", "python.requests.names_python_requires"),
)
def _python_requires(text: str) -> None:
    requests.names_python_requires(text, "setup.py")
    requests.names_python_requires(text, "setup.cfg")
    requests.python_requires(text, "setup.py")
    requests.python_requires(text, "setup.cfg")


@_parser(
    formats.SETTINGS_PY,
    *("django.project.settings_named_in", "django.project.is_manage"),
    *("django.project.application_setting", "django.project.module_source"),
    *("django.project.parsed_module", "python.syntax.parse_module"),
    *("python.syntax.statement_of", "python.python_2_code.python_2_code"),
    "django.removed_names.removed_names",
)
def _django(text: str) -> None:
    python_2_code(text.encode("utf-8", "replace"))
    removed_names([("settings.py", text), ("base.html", text)], "6.1")
    project.is_manage(text)
    project.settings_named_in(text)
    project.application_setting("shop.settings", "WSGI_APPLICATION", lambda _: text)


@_parser(
    formats.SETTINGS_PY,
    *("django.required_variables.required_after", "django.value_origins.variables_of"),
    "django.value_origins.unset_behind",
)
def _required_variables(text: str) -> None:
    def read(file: str) -> str | None:
        return text if file.startswith("shop/") else None

    required_variables.required_after([("shop.settings", 5)], read, ())
    value_origins.variables_of("SECRET_KEY", "shop.settings", read, ())


@_parser(
    formats.SETTINGS_PY,
    *("django.value_kinds.fit_by_read", "django.value_kinds.names_variable"),
    "django.value_kinds.name_assigned",
)
def _value_kinds(text: str) -> None:
    site = Site(project=_PROJECT, read=lambda _: text, entries=lambda _: ())
    ways = WaysOfReading(site=site, places=["shop/settings.py:5"])
    whole = RequiredVariable(name="SECRET_KEY", place="shop/settings.py:2", read=text)
    for variable in (whole, ways.added_to(whole)):
        one: placeholders.Placeholder | None
        one = placeholders.first_placeholder(variable, "0f1e2d3c", ("psycopg",))
        while one is not None:
            one = placeholders.next_placeholder(one, "0f1e2d3c", ("psycopg",))


@_parser(
    (*formats.APP_PY, *formats.SETTINGS_PY),
    *("web.imports.read_target", "web.imports.read_script"),
)
def _imports(text: str) -> None:
    def find(module: str) -> OwnModule | Elsewhere:
        if module.count("."):
            return Elsewhere.MISSING
        return OwnModule(file=f"{module}.py", text=text)

    read_target("app", "app", find)
    read_script("app.py", text, find)


@_parser(formats.APP_PY, "web.modules.assigned")
def _web_modules(text: str) -> None:
    def read(file: str) -> str | None:
        importer = "from app import *\nfrom app import api, create_app\n"
        return {"app.py": text, "shop/__init__.py": importer}.get(file)

    found = modules.Modules(read=read)
    for name in ("app", "shop"):
        module = found.get(name)
        assert module
        names = [*modules.applications(found, module)]
        names += modules.imported_applications(found, module)
        for one in modules.outermost(module, names):
            modules.uses(module, one)
            scripts.launch_of(module, one)
        for one in modules.FACTORIES:
            found.factory(module, one)
            found.bound(module, one)
        found.imports_of(module)
        scripts.draws_with_streamlit(module)
        scripts.serves_in_a_thread(found, module)
        scripts.line_of_bot(found, module)
        scripts.does_something(found, module)
        scripts.makes(module, "celery.Celery")
        not_applications.other_than_application(found, module, "app")
        start = scripts.server_start(found, module)
        _ = start and (start.problem, start.is_reachable)
        script_faults.unreachable_server(found, module)
        script_faults.only_defined(found, module)
    modules.assigned(text, ("app",))
    syntax.decoded(text.encode("utf-8", "replace"))


_URLS = (
    "import sqlalchemy\nclass Site(BaseSettings):\n    DATABASE_URL: str\n"
    "create_engine(site.DATABASE_URL)\nurl = url.replace('postgres:', 'postgresql:')\n",
    'import os\nfrom sqlalchemy import create_engine\nurl: str = os.environ.get("DATABASE_URL")\n'
    "def fix(url):\n    return fix(url)\nengine = create_engine(url=url, **{'url': url})\n",
)


@_parser(
    ("from .base import *\nALLOWED_HOSTS = ['']\n", "ALLOWED_HOSTS: list = HOSTS.split(',')\n"),
    "django.allowed_hosts.empty_hosts",
)
def _allowed_hosts(text: str) -> None:
    allowed_hosts.empty_hosts("site.settings", lambda _: text)


@_parser(
    (
        'Traceback (most recent call last):\n  File "/srv/manage.py", line 2, in <module>\n'
        "    main()\n  File \"<frozen os>\", line 685, in __getitem__\nKeyError: 'URL'\n",
        "During handling of the above exception, another exception occurred:\n\n"
        "Traceback (most recent call last):\nValueError: a\n\tb\n",
    ),
    "django.printed_traceback.exceptions_at_end",
)
def _printed_traceback(text: str) -> None:
    where = printed_traceback.Surroundings(app="/srv", project="", read=lambda _: text)
    printed_traceback.exceptions_at_end(text, where)


@_parser(_URLS, "database_urls.reads.uses_of", "database_urls.corrections.may_have_scheme")
def _urls(text: str) -> None:
    uses_of({"app.py": text, "db.py": _URLS[1]}, ("DATABASE_URL",), ("OTHER_URL",))
    uses_of({"app.py": text, "site.py": _URLS[0]}, ("DATABASE_URL",), ("OTHER_URL",))


@_parser(
    formats.SETTINGS_PY,
    "web.gunicorn_config.settings_of_files",
    "web.gunicorn_config.config_files",
    "web.gunicorn_faults.settings_shown",
)
def _gunicorn_config(text: str) -> None:
    def read(file: str) -> str | None:
        return text if file.endswith(".py") else None

    gunicorn_config.settings_of_files([gunicorn_config.ConfigFile(path="conf.py")], read)
    [*notices_about_config("gunicorn -c conf.py a:b", read, "")]
    tree = syntax.parse_module(text)
    _ = tree and [one.is_refused for one in gunicorn_faults.settings_shown(tree)]


# Vendored packages


@_parser(
    (*formats.PYPROJECT, *formats.INI, *formats.SETUP_PY, *formats.METADATA),
    "vendoring.source_project.read_project",
)
def _source_project(text: str) -> None:
    for file in PROJECT_FILES:
        read_project({file: text}, "vendor/acme")
    read_project(dict.fromkeys(PROJECT_FILES, text), ".")


@_parser(
    formats.METADATA,
    *("vendoring.core_metadata.parse_metadata", "vendoring.core_metadata.require_by_name"),
    "vendoring.core_metadata.require_files_by_name",
)
def _metadata(text: str) -> None:
    core_metadata.require_by_name(text, ("b",))
    core_metadata.require_files_by_name(text)
    core_metadata.parse_metadata(text, "vendor/acme")


@_parser(formats.METADATA, "requirements.consistency.installed_metadata")
def _installed(text: str) -> None:
    consistency.problems(consistency.installed_metadata([text, text], _MARKERS))


@_parser((*formats.METADATA, *formats.JSON), "sbom.render")
def _bill_of_materials(text: str) -> None:
    record = build_record.BuildRecord(
        python="3.12.1",
        python_bundled=True,
        packages={"acme": text[:30]},
        added=(),
        vendored=(),
        shared_libraries=(),
        processes={},
        processes_are_default=False,
    )
    installed = bill.InstalledDistribution(metadata=text, direct_url=text, record="a")
    bill.render(record, lock.Lock(packages=()), [installed], _MARKERS, {"acme": ()})


@_parser(formats.INI, "vendoring.submodules.parse_gitmodules", "checkout.uses_lfs")
def _gitmodules(text: str) -> None:
    submodules.submodule_of(submodules.parse_gitmodules(text), "vendor/acme")
    checkout.uses_lfs(text)


@_parser(
    (*formats.INI, *formats.PYPROJECT),
    *("vendoring.scm_versions.versioneer_module", "vendoring.scm_versions.is_filled_in"),
)
def _versioneer(text: str) -> None:
    scm_versions.is_filled_in(text)
    scm_versions.versioneer_module(text, "")
    scm_versions.versioneer_module("", text)


@_parser(
    formats.NAMES,
    *("vendoring.packages.parse_wheel_path", "vendoring.packages.is_distribution_name"),
    *("vendoring.packages.is_archive_name", "vendoring.selection.select_for_builds"),
)
def _distribution_name(text: str) -> None:
    packages.is_distribution_name(text)
    wheel_fits(text, "3.12", ("linux_x86_64",))
    select_for_builds([text], ["py3-none-any"])
    packages.parse_wheel_path(text)


@_parser(formats.LAST_BUILD, "python.last_build.parse")
def _last_build(text: str) -> None:
    builds = last_build.parse(text)
    assert last_build.parse(last_build.render(builds)) == builds


@_parser(formats.NAMES, "python.wheel_tags.tags_in")
def _pinned_file(text: str) -> None:
    tags_in(text)
    for files in ([(text, "")], [("a-1-py3-none-any.whl", text)], [(f"{text}.whl", text)]):
        file = tuple(PackageFile(*one) for one in files)
        pinned = PinnedPackage(name="django", version=text, files=file, requires_python=text)
        releases = {"3.13": ("3.13.0", "3.13"), "3.12": ("3.12",)}
        installed = {"3.13.0": [pinned], "3.13": [pinned], "3.12": []}
        fitting.fit(installed.__getitem__, releases, ("any",))


@_parser((*formats.PYPROJECT, *formats.METADATA), "python.pinned.index_questions")
def _pinned(text: str) -> None:
    project = read_project({"pyproject.toml": text}, "vendor/acme")
    package = packages.VendoredPackage(
        path="vendor/acme", form=packages.Form.TREE, project=project
    )
    wheel = core_metadata.CoreMetadata(
        name="other", version="1", requires=tuple(text.splitlines()), requires_python=text
    )
    path = "vendor/other-1-py3-none-any.whl"
    plan = plan_of("", package, packages.VendoredPackage(path=path, form=packages.Form.WHEEL))
    index_questions(plan, ("3.13", "3.12"), {path: wheel})
    pinned_packages(plan, "3.13", {}, {path: wheel})


# The web process


@_parser(
    formats.PROCFILE,
    *("web.process_types.parse_procfile", "web.process_types.render_release"),
    "web.process_types.render_procfile",
)
def _procfile(text: str) -> None:
    processes = process_types.parse_procfile(text).processes
    process_types.render_procfile(processes)
    process_types.render_release(processes)


@_parser(
    formats.PROCFILE,
    *("web.procfile_yaml.read_as_yaml", "web.plain_words.needs_of_yaml"),
    *("web.process_types.meant_by", "web.procfile_lint.shown"),
    *("web.process_types.is_name", "web.procfile_entries.entries_of"),
    "web.procfile_entries.is_a_document",
    raises=(CommandChangedByYaml, ProcfileNotYaml),
)
def _procfile_as_yaml(text: str) -> None:
    procfile = procfile_yaml.read_as_yaml(text, process_types.parse_procfile(text))
    procfile_lint.lint_lines(procfile.lines, lambda: "gunicorn a:b", is_yaml=True)


@_parser(
    formats.PROCFILE,
    *("web.procfile_lint.lint_lines", "web.procfile_lint.secrets_in"),
    *("web.gunicorn_commands.old_commands", "web.gunicorn_commands.modern_line"),
    "web.plain_words.correct_for_yaml",
)
def _procfile_faults(text: str) -> None:
    lines = process_types.parse_procfile(text).lines
    procfile_lint.lint_lines(lines, lambda: "gunicorn a:b")
    for line in lines:
        [*procfile_lint.secrets_in(line.command)]
        gunicorn_commands.old_commands(line.command)
        gunicorn_commands.modern_line(line.command, _PROJECT)


@_parser(
    formats.PROCFILE,
    *("web.shell_commands.read_shell_line", "web.programs.started_programs"),
    "pip_calls.pip_calls",
    *("cloud_native.bash_process.start_with_bash", "web.start_folder.start_in"),
    *("web.start_folder.needs_shell", "web.served.served"),
    *("web.servers.packages_of_processes", "web.targets.targets_of"),
    *("web.elsewhere.with_known_home", "web.elsewhere.with_program_here"),
    "web.elsewhere.shebang_elsewhere",
    raises=(shell_commands.ShellSyntaxError,),
)
def _shell_line(text: str) -> None:
    line = text.partition(": ")[2] or text
    pip_calls(line)
    start_with_bash("web", line)
    start_in("backend", {"web": line})
    needs_shell(line)
    packages_of_processes({"web": line}, {})
    elsewhere.shebang_elsewhere(line)
    for one in programs.started_programs(elsewhere.with_known_home(line)):
        elsewhere.with_program_here(one)
        served(one)
        [*targets_of(one)]
    shell_commands.read_shell_line(line)


@_parser(
    formats.PROCFILE,
    *("web.shell_scripts.started_through_scripts", "web.shell_scripts.scripts_of"),
    raises=(shell_commands.ShellSyntaxError,),
)
def _shell_script(text: str) -> None:
    read = {"start.sh": text}.get
    for line in ("sh start.sh", text):
        [*shell_scripts.started_through_scripts(line, read)]
        [*shell_scripts.scripts_of(line, read)]


# Other files


@_parser(
    (*formats.SETUP_PY, "setup(extras_require={'a': []})", "[options.extras_require]\na = b\n"),
    "requirements.setup_extras.extras_in_setup",
)
def _extras_of_setuptools(text: str) -> None:
    setup_extras.extras_in_setup(text, text)


@_parser(
    (*formats.JSON, '{"scripts": {"dokku": {"predeploy": "slipway-release"}}}'),
    "dokku.tasks_in",
)
def _app_json_of_dokku(text: str) -> None:
    dokku.tasks_in(text)


@_parser(
    (
        *formats.JSON,
        '{"scripts": {"test": "pytest", "test-setup": "make"}}',
        '{"environments": {"test": {"env": {"A": {"generator": "secret"}, "B": "c"}}}}',
    ),
    *("app_json.parse", "django.settings_of_tests.TestedProject.missing_variables"),
)
def _app_json(text: str) -> None:
    [*app_json.notices_about_variables(app_json.parse(text), ())]
    project = TestedProject(read=lambda _: text, manage="manage.py", has_pytest=True)
    project.missing_variables(())


@_parser(
    (*formats.INI, *formats.PYPROJECT, "[pytest]\naddopts = --ds=a.b\n"),
    "running_tests.pytest_configuration",
)
def _configuration_of_pytest(text: str) -> None:
    for name in ("pytest.ini", "pytest.toml", "pyproject.toml", "tox.ini", "setup.cfg"):
        running_tests.pytest_configuration({name: text}.get)


@_parser(
    (*formats.NAMES, *formats.ADDRESSES),
    *("nltk_data.parse", "nltk_data.in_other_form", "nltk_data.notice_about_owners"),
    *("nltk_data.check_index", "nltk_data.index_in_key"),
)
def _nltk_data(text: str) -> None:
    nltk_data.notice_about_owners(text)
    nltk_data.index_in_key(text)
    names = nltk_data.parse(text)
    [*nltk_data.in_other_form((*names, "punkt"), text)]
    nltk_data.check_index(text)


@_parser(
    formats.HOOKS,
    *("hook_scripts.parse_hook", "hook_scripts.is_program", "checkout.is_lfs_pointer"),
    *("checkout.link_in_text", "app_files.path_instead_of_content"),
)
def _hook(text: str) -> None:
    content = text.encode("utf-8", "replace")
    hook_scripts.is_program(content)
    _ = hook_scripts.parse_hook(content).program
    checkout.is_lfs_pointer(content)
    checkout.link_in_text(content)
    app_files.path_instead_of_content("bin/post_compile", text, lambda _: True)


@_parser(
    formats.JSON,
    *("build_record.default_processes_in", "build_record.packages_in"),
    "build_record.has_own_processes",
)
def _record(text: str) -> None:
    build_record.default_processes_in(text)
    build_record.has_own_processes(text)
    build_record.packages_in(text)


@_parser(formats.JSON, "build_facts.is_report")
def _build_report(text: str) -> None:
    build_facts.is_report(text)


@_parser(
    (*formats.VERSION_FILE, *formats.REQUIREMENTS, *formats.NAMES),
    *("packaging_text.parse_requirement", "packaging_text.parse_marker"),
    *("packaging_text.parse_specifiers", "packaging_text.parse_version"),
    *("packaging_text.parse_fields", "tool_output.failed_installation.specifier_of"),
    raises=(
        *(InvalidRequirement, InvalidMarker, InvalidSpecifier, InvalidVersion),
        *(InvalidWheelFilename, InvalidSdistFilename),
    ),
)
def _packaging(text: str) -> None:
    packaging_text.parse_fields(text)
    allows(specifier_of(text), text)
    for parse in (
        packaging_text.parse_requirement,
        packaging_text.parse_marker,
        packaging_text.parse_specifiers,
        packaging_text.parse_version,
        packaging_text.parse_wheel_name,
        packaging_text.parse_sdist_name,
    ):
        with suppress(*PARSERS["packaging"].raises):
            parse(text)


@_parser(
    (*formats.OTHER_TOOLS, *formats.JSON),
    *("unread_files.requested_elsewhere", "unread_files.is_generated"),
    "unread_files.unread_files",
)
def _other_tools(text: str) -> None:
    names = ("Dockerfile", "Pipfile", "Pipfile.lock", "poetry.lock", "environment.yml")
    [*requested_elsewhere(names, lambda _: text, ("requirements.txt",))]
    is_generated(text)
    [*unread_files(names, text)]


@_parser(
    formats.NAMES,
    *("unread_files.is_for_production", "unread_files.is_of_another_tool"),
    *("unread_files.is_for_development", "unread_files.by_likelihood"),
    *("unread_files.requirements_files", "app_files.misspelled"),
    *("app_files.differ_in_one_letter", "checkout.same_but_for_case"),
)
def _file_names(text: str) -> None:
    is_for_production(text)
    is_for_development(text)
    by_likelihood([text])
    app_files.is_named_lock(text)
    choosing.counting_lock([text, "pylock.a.toml"])
    is_of_another_tool(text)
    requirements_files([text], [text])
    app_files.misspelled([text, "Procfil"], app_files.FILES_READ)
    app_files.differ_in_one_letter(text, "Procfile")
    checkout.same_but_for_case([text, text.upper()])


@_parser(
    (*formats.JSON, *formats.OTHER_TOOLS, *formats.REQUIREMENTS),
    "locks.disagreement.pinned_versions",
)
def _pins_of_another_lock(text: str) -> None:
    pin = Pin(name="six", version="1.17.0", source=FromIndex())
    for file in ("Pipfile.lock", "uv.lock", "requirements.txt"):
        [*disagreement.differences([pin], disagreement.pinned_versions(text, file))]


@_parser(formats.PEM, "cloud_native.build_bindings.certificates_in")
def _certificates(text: str) -> object:
    return build_bindings.certificates_in(text)


@_parser(
    (*formats.ADDRESSES, *formats.PEM, *formats.INI),
    *("cloud_native.build_bindings.variables_of_index", "config_vars.combine"),
    *("cloud_native.build_bindings.binding_of_index", "settings.with_paketo_names"),
    *("cloud_native.build_bindings.type_for_builds", "redaction.is_secret_name"),
    *("cloud_native.build_bindings.similar_type", "cloud_native.build_bindings.git_variables"),
)
def _bindings(text: str) -> None:
    from slipway.errors.stopped import BuildStopped

    build_bindings.type_for_builds(text)
    build_bindings.similar_type(text[:200])
    redaction.is_secret_name(text)
    variables.combine({text: text}, {text: text})
    for key in ("url", "extra-url", "username", "password", "pip.conf", "netrc"):
        binding = build_bindings.ServiceBinding(
            name="own", type=build_bindings.INDEX, entries={key: Path(key)}
        )
        texts = {"username": "u", "url": "https://h/", key: text}
        with suppress(BuildStopped):
            build_bindings.variables_of_index(binding, texts, {})
        build_bindings.binding_of_index(text, [(binding, texts)], {"PIP_INDEX_URL": text})
    for key in ("credentials", "context"):
        binding = build_bindings.ServiceBinding(
            name="own", type=build_bindings.GIT, entries={"credentials": Path(key)}
        )
        texts = {"credentials": "https://u:p@h", key: text}
        with suppress(BuildStopped):
            build_bindings.git_variables(binding, texts, {"GIT_CONFIG_COUNT": text[:20]})


@_parser((*formats.NAMES, *formats.VERSION_FILE), "settings.parse", "settings.is_log_level")
def _variables(text: str) -> None:
    from slipway.errors.stopped import BuildStopped

    for key in app_settings.KEYS:
        with suppress(BuildStopped):
            app_settings.parse({}, {app_settings.variable_of(key): text})
    app_settings.is_log_level(text)
    app_settings.parse({text: text}, {f"SLIPWAY_{text}": text})


# What tools print


@_parser(
    formats.PIP_OUTPUT,
    *("tool_output.pip_output.diagnose", "tool_output.last_lines.last_lines"),
    *("tool_output.compiler_output.cause_of_failed_build", "tool_output.bounded.bounded"),
    *("tool_output.outdated_code.outdated_code", "python.wheel_tags.wheel_fits"),
)
def _pip_output(text: str) -> None:
    pip_output.diagnose(text, _TARGET)
    bounded(text)
    last_lines(text)
    cause_of_failed_build(text, Build(package="acme", python="3.12.1"))
    outdated_code(text, "3.12.1", len(text))


@_parser(formats.UV_OUTPUT, "tool_output.uv_output.diagnose_uv")
def _uv_output(text: str) -> None:
    uv_output.diagnose_uv(text, _TARGET)


@_parser(
    formats.NAMES,
    *("tool_output.system_packages.packages_of_header",),
    *("tool_output.system_packages.packages_of_library",),
    *("tool_output.system_packages.packages_of_program",),
)
def _system_packages(text: str) -> None:
    system_packages.packages_of_header(text)
    system_packages.packages_of_library(text)
    system_packages.packages_of_program(text)


@_parser(
    formats.ALL,
    *("redaction.redact", "redaction.without_credentials", "redaction.without_secrets"),
    "redaction.printable",
)
def _redaction(text: str) -> None:
    redaction.redact(text)
    redaction.without_credentials(text)
    redaction.without_secrets(text)
    redaction.printable(text)


# Where the app runs


def _use_bindings(bindings: list[Binding]) -> None:
    problems: list[str] = []
    addresses = [binding.credentials.get("uri", "") for binding in bindings]
    environment = {"DATABASE_URL": addresses[0]} if addresses else {}
    found = service_variables(bindings, environment, FilesInMemory(), problems)
    found = start_variables.settable(found, problems)
    start_variables.shell_commands(found, problems)
    start_variables.toml_lines(found)


@_parser(
    (*formats.BOUND_SERVICES, *formats.JSON),
    *("bound_services.vcap_services.read", "bound_services.cred_file.read"),
    "bound_services.json_objects.parse",
    *("bound_services.dotcloud.read", "bound_services.json_objects.object_in"),
)
def _bound_services(text: str) -> None:
    _use_bindings(vcap_services.read(text, []))
    _use_bindings(cred_file.read(text, []))
    _use_bindings(dotcloud.read(text, "environment.json", []))
    json_objects.object_in(text, "x", [])


@_parser(
    ("4", "-1", "2.5", "1_000", "9" * 5000, *formats.NAMES), "server_defaults.workers_of_user"
)
def _workers(text: str) -> None:
    server_defaults.workers_of_user(text)


@_parser(
    (*formats.ADDRESSES, "Port could not be cast to integer value as 'a'", "://a:b@"),
    "slipway_release.log.without_credentials",
)
def _credentials_in_a_log(text: str) -> None:
    release_log.without_credentials(text)


@_parser(
    formats.ADDRESSES,
    *("bound_services.address.scheme_of", "bound_services.address.split_address"),
    *("bound_services.address.split_host", "bound_services.address.split_address_or_host"),
    *("bound_services.address.is_on", "bound_services.platform_rewriting.written"),
    *("bound_services.address.is_ambiguous", "bound_services.variables.has_login"),
)
def _service_addresses(text: str) -> None:
    for read in (address.scheme_of, address.split_address, address.split_host, address.is_on):
        read(text)
    address.split_address_or_host(text)
    address.is_ambiguous(text)
    has_login(text)
    platform_rewriting.written(text, [])
    for type_ in ("postgresql", "redis", "memcached", "amqp", "smtp", "s3", "elasticsearch"):
        for key in ("uri", "host", "port", "password"):
            _use_bindings([new_binding("x", text, type_, {"host": "h", key: text})])


@_parser(formats.PEM, "bound_services.certificates.pem")
def _certificates_of_services(text: str) -> None:
    certificates.pem(text)
