"""The bill of materials of a real build is one, and holds all that was installed."""

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
    components = json.loads(text)["components"]
    (record,) = phases.layers.rglob("build.json")
    built = json.loads(record.read_text("utf-8"))
    named = {(one["name"], one.get("version")) for one in components}
    assert {("python", built["python"]), *built["packages"].items()} <= named
    paths = {
        one["value"]
        for component in components
        for one in component.get("properties", ())
        if one["name"] == "slipway:path"
    }
    assert paths == {one["path"] for one in built["vendored"]}
