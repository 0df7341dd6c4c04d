"""The projects of a uv workspace, and what their files say of indexes."""

from __future__ import annotations

import pytest

from slipway.domain.locks.uv_workspace import Workspace, is_same_index, read_workspace
from slipway.domain.toml_text import parse_toml

_MEMBER = '[project]\nname = "{name}"\n'


def _workspace(root: str, *folders: str, **files: str) -> Workspace:
    texts = {f"{folder}/pyproject.toml": _member(folder) for folder in folders}
    texts |= {f"{name}.toml": text for name, text in files.items()}
    entries: dict[str, set[str]] = {}
    for folder in folders:
        above = "."
        for part in folder.split("/"):
            entries.setdefault(above, set()).add(f"{part}/")
            above = part if above == "." else f"{above}/{part}"
    return read_workspace(
        parse_toml(root, "pyproject.toml"),
        texts.get,
        lambda folder: sorted(entries.get(folder, ())),
    )


def _member(folder: str) -> str:
    return _MEMBER.format(name=folder.replace("/", "_"))


@pytest.mark.parametrize(
    ("settings", "members"),
    [
        ('members = ["libs/*"]', ["libs/a", "libs/b"]),
        ('members = ["libs/*", "libs/a"]', ["libs/a", "libs/b"]),
        ('members = ["./libs/a"]', ["libs/a"]),
        ('members = ["libs/*"]\nexclude = ["libs/b*"]', ["libs/a"]),
        ('members = ["**/deep"]', ["more/and/deep"]),
        ('members = ["li[a-c]s/?"]', ["libs/a", "libs/b"]),
        ("members = 3", []),
        ('members = ["nothing/*"]', []),
    ],
)
def test_members_are_found_by_patterns(settings: str, members: list[str]) -> None:
    root = f"[tool.uv.workspace]\n{settings}\n"
    found = _workspace(root, "libs/a", "libs/b", "libs/.hidden", "more/and/deep")
    assert [one.folder for one in found.members] == members
    assert not found.is_project


def test_a_root_with_a_project_is_a_member() -> None:
    root = f'{_MEMBER.format(name="App")}[tool.uv.workspace]\nmembers = ["libs/*"]\n'
    assert [one.name for one in _workspace(root, "libs/a").members] == ["app", "libs-a"]


def test_members_that_uv_does_not_manage_are_left_out() -> None:
    root = '[tool.uv.workspace]\nmembers = ["a"]\n'
    found = read_workspace(
        parse_toml(root, "pyproject.toml"),
        {"a/pyproject.toml": f"{_member('a')}[tool.uv]\nmanaged = false\n"}.get,
        lambda folder: ("a/",) if folder == "." else (),
    )
    assert found.members == ()


def test_paths_of_sources_are_read_too() -> None:
    root = (
        f"{_MEMBER.format(name='app')}[tool.uv.sources]\n"
        'libs-a = { path = "libs/a" }\nout = { path = "../out" }\nnone = { path = "none" }\n'
    )
    assert [one.folder for one in _workspace(root, "libs/a").others] == ["libs/a"]


def test_uv_toml_replaces_the_indexes_of_the_settings() -> None:
    root = '[tool.uv]\nindex-url = "https://one.invalid/simple"\n'
    assert _workspace(root).default_index is not None
    found = _workspace(root, uv='extra-index-url = ["https://two.invalid/simple"]\n')
    assert found.default_index is None
    assert found.index_at("https://two.invalid/simple") is not None


def test_an_index_is_the_same_with_credentials_but_not_with_a_slash() -> None:
    assert is_same_index("https://u:p@H.invalid:443/simple", "https://h.invalid/simple")
    assert not is_same_index("https://h.invalid/simple/", "https://h.invalid/simple")


def test_default_groups_leave_out_dev() -> None:
    root = '[tool.uv]\ndefault-groups = ["dev", "Web_One", "gone"]\n'
    assert _workspace(root).default_groups(("dev", "web-one", "jobs")) == ("web-one",)
    everything = _workspace('[tool.uv]\ndefault-groups = "all"\n')
    assert everything.default_groups(("dev", "web-one")) == ("web-one",)
