"""kpack's own types and validation take each document of docs/kpack, and they fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import PATH, Ended, run
from platforms.conftest import programs
from slipway.domain.toml_text import Document

DOCUMENTS = sorted((ROOT / "docs" / "kpack").glob("*.yaml"))


@pytest.fixture(scope="session")
def kpack() -> Iterator[Path]:
    """Give a program that reads documents as kpack does: tools/kpack/main.go."""
    with programs("kpack") as folder:
        yield folder / "kpack"


@pytest.fixture(scope="session")
def objects(kpack: Path) -> dict[tuple[str, str], Document]:
    """Read all documents, by kind and name."""
    ended = check(kpack, *DOCUMENTS)
    assert ended.status == 0, ended.all
    found = [json.loads(line) for line in ended.out.splitlines()]
    return {(one["kind"], one["metadata"]["name"]): one for one in found}


def check(kpack: Path, *documents: Path) -> Ended:
    return run([kpack, *documents], {"PATH": PATH})


def test_the_set_is_whole(objects: dict[tuple[str, str], Document]) -> None:
    kinds = {"ClusterBuildpack", "ClusterStack", "ClusterBuilder", "Image", "ServiceAccount"}
    assert kinds <= {kind for kind, _ in objects}


def test_what_a_document_names_is_in_another(
    objects: dict[tuple[str, str], Document],
) -> None:
    (image,) = (one for (kind, _), one in objects.items() if kind == "Image")
    builder = objects[reference(image["spec"]["builder"])]
    assert reference(builder["spec"]["stack"]) in objects
    for group in builder["spec"]["order"]:
        for buildpack in group["group"]:
            assert reference(buildpack) in objects
    for service in image["spec"]["build"]["services"]:
        secret = objects[reference(service)]
        assert secret["metadata"]["namespace"] == image["metadata"]["namespace"]
    account = objects["ServiceAccount", image["spec"]["serviceAccountName"]]
    for secret in account["secrets"]:
        assert ("Secret", secret["name"]) in objects


def test_the_account_that_pulls_and_pushes_is_the_same_everywhere(
    objects: dict[tuple[str, str], Document],
) -> None:
    (account,) = (
        one["metadata"] for (kind, _), one in objects.items() if kind == "ServiceAccount"
    )
    accounts = [
        one["spec"]["serviceAccountRef"]
        for one in objects.values()
        if "serviceAccountRef" in one.get("spec", {})
    ]
    assert len(accounts) == 2
    for one in accounts:
        assert (one["name"], one["namespace"]) == (account["name"], account["namespace"])


def test_the_buildpack_is_the_one_that_the_documents_publish(
    objects: dict[tuple[str, str], Document],
) -> None:
    image = objects["ClusterBuildpack", "slipway-python"]["spec"]["image"]
    assert f"--publish {image}" in (ROOT / "docs" / "cloud_native.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("document", "right", "wrong"),
    [
        ("stack.yaml", "buildImage:", "buildimg:"),
        ("image.yaml", "kind: ClusterBuilder", "kind: Buildr"),
        ("buildpack.yaml", "image: registry", "image: not an image"),
    ],
)
def test_a_mistake_in_a_document_would_be_seen(
    kpack: Path, tmp_path: Path, document: str, right: str, wrong: str
) -> None:
    text = (ROOT / "docs" / "kpack" / document).read_text("utf-8")
    assert right in text
    (tmp_path / document).write_text(text.replace(right, wrong))
    assert check(kpack, tmp_path / document).status == 1


def reference(named: Document) -> tuple[str, str]:
    return named["kind"], named["name"]
