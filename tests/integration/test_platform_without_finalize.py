"""A platform that calls `bin/compile` with two arguments, and no `bin/finalize`."""

from __future__ import annotations

from pathlib import Path

from conftest import FIXTURES
from integration.classic_platform import copy_slipway
from integration.cloud_foundry import Builder, launched, start_command


def test_an_app_is_built_in_place_with_the_variables_of_the_builder(tmp_path: Path) -> None:
    slipway = copy_slipway(tmp_path / "slipway")
    for name in ("supply", "finalize"):
        (slipway / "bin" / name).unlink()
    builder = Builder(folder=tmp_path, packs_cache=False)
    variables = {"GREETING": "Ahoy, \u2693", "SLIPWAY_BUNDLE_PYTHON": "false"}
    staged = builder.build(FIXTURES / "hooks_run", slipway, env=variables)
    assert staged.processes == {"web": "gunicorn wsgi:application"}
    assert "export" not in staged.out
    assert not (slipway / "export").exists()

    vcap = staged.unpack(tmp_path / "elsewhere" / "vcap")
    assert (vcap / "app" / "hook-pre.txt").read_text("utf-8") == "Ahoy, \u2693\n"
    assert [*(vcap / "deps").iterdir()] == []
    with launched(vcap).serve(start_command(vcap)) as site:
        assert site.get("/").text.startswith("hooks_run")
