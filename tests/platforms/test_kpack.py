"""kpack accepts each document of docs/kpack, and the documents fit together."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from conftest import ROOT
from integration.classic_platform import PATH, Result, run
from platforms.conftest import programs
from slipway.domain.toml_text import Document

DOCUMENTS = sorted((ROOT / "docs" / "kpack").glob("*.yaml"))


@pytest.fixture(scope="session")
def kpack() -> Iterator[Path]:
    """Yield a program that reads documents as kpack does: tools/kpack/main.go."""
    with programs("kpack") as folder:
        yield folder / "kpack"


@pytest.fixture(scope="session")
def objects(kpack: Path) -> dict[tuple[str, str], Document]:
    """Return all documents, by kind and name."""
    result = check(kpack, *DOCUMENTS)
    assert result.status == 0, result.all
    found = [json.loads(line) for line in result.out.splitlines()]
    return {(document["kind"], document["metadata"]["name"]): document for document in found}


def check(kpack: Path, *documents: Path) -> Result:
    return run([kpack, *documents], {"PATH": PATH})


def test_the_documents_have_all_kinds(objects: dict[tuple[str, str], Document]) -> None:
    kinds = {"ClusterBuildpack", "ClusterStack", "ClusterBuilder", "Image", "ServiceAccount"}
    assert kinds <= {kind for kind, _ in objects}


def test_every_reference_of_a_document_is_defined(
    objects: dict[tuple[str, str], Document],
) -> None:
    (image,) = (document for (kind, _), document in objects.items() if kind == "Image")
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


def test_all_documents_use_the_same_service_account(
    objects: dict[tuple[str, str], Document],
) -> None:
    (account,) = (
        document["metadata"]
        for (kind, _), document in objects.items()
        if kind == "ServiceAccount"
    )
    accounts = [
        document["spec"]["serviceAccountRef"]
        for document in objects.values()
        if "serviceAccountRef" in document.get("spec", {})
    ]
    assert len(accounts) == 2
    for document in accounts:
        assert (document["name"], document["namespace"]) == (
            account["name"],
            account["namespace"],
        )


def test_the_buildpack_is_the_image_that_the_guide_publishes(
    objects: dict[tuple[str, str], Document],
) -> None:
    image = objects["ClusterBuildpack", "slipway-python"]["spec"]["image"]
    assert f"--publish {image}" in (ROOT / "docs" / "cloud-native.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("document", "right", "wrong"),
    [
        ("stack.yaml", "buildImage:", "buildimg:"),
        ("image.yaml", "kind: ClusterBuilder", "kind: Buildr"),
        ("buildpack.yaml", "image: registry", "image: not an image"),
    ],
)
def test_a_mistake_in_a_document_is_rejected(
    kpack: Path, tmp_path: Path, document: str, right: str, wrong: str
) -> None:
    text = (ROOT / "docs" / "kpack" / document).read_text("utf-8")
    assert right in text
    (tmp_path / document).write_text(text.replace(right, wrong))
    assert check(kpack, tmp_path / document).status == 1


def reference(named: Document) -> tuple[str, str]:
    return named["kind"], named["name"]
