"""The bill of materials of a real build is valid and complete."""

from __future__ import annotations

import json

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

from conftest import FIXTURES
from platforms.phases import Phases


def test_the_bill_of_materials_names_every_package_and_its_source(phases: Phases) -> None:
    assert phases.detect(FIXTURES / "vendored_packages").status == 0
    built = phases.build()
    assert built.status == 0, built.all
    (bill,) = phases.layers.rglob("*.sbom.cdx.json")
    text = bill.read_text("utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_5).validate_str(text) is None
    document = json.loads(text)
    components = document["components"]
    (record,) = phases.layers.rglob("build.json")
    built = json.loads(record.read_text("utf-8"))
    named = {(component["name"], component.get("version")) for component in components}
    assert {("python", built["python"]), *built["packages"].items()} <= named
    paths = {
        entry["value"]
        for component in components
        for entry in component.get("properties", ())
        if entry["name"] == "slipway:path"
    }
    assert paths == {package["path"] for package in built["vendored"]}
    assert all(one["hashes"] for one in components if one["type"] == "library")
    graph = {one["ref"]: one["dependsOn"] for one in document["dependencies"]}
    assert graph.keys() == {"app", *(one["bom-ref"] for one in components)}
    purls = {one["name"]: one["purl"] for one in components if "purl" in one}
    wheels = {one["wheel"].partition("==")[0] for one in built["vendored"] if one["wheel"]}
    assert wheels
    assert all(purls[name].startswith("pkg:generic/vendored/") for name in wheels)
