"""Cases: uv is asked for, and does not do."""

from __future__ import annotations

from integration.cases import case
from integration.doors import PATH, Ended
from integration.ground import Ground
from integration.index import Index
from integration.packages import wheel

UV = {"SLIPWAY_TOOLCHAIN": "uv"}


@case("The app asks for uv, and neither the image nor the index has it.")
def uv_not_to_be_had(ground: Ground) -> Ended:
    index = Index()
    index.add(wheel(ground.folder, "anchor", "1.0"))
    ground.app({"requirements.txt": "anchor\n"})
    with ground.asking(index) as here:
        return here.without_uv.compile(UV, PATH=PATH)


@case("The app asks for uv, and nobody answers for the index that is to have it.")
def uv_out_of_reach(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "anchor\n"})
    nobody = ground.with_index("https://index.invalid/simple/")
    return nobody.without_uv.compile(UV, PATH=PATH)


@case("The app asks for uv, and is built offline.")
def uv_offline(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "./vendor/anchor-1.0-py3-none-any.whl\n"})
    (ground.build / "vendor").mkdir()
    wheel(ground.build / "vendor", "anchor", "1.0")
    return ground.without_uv.compile({**UV, "SLIPWAY_OFFLINE": "true"}, PATH=PATH)


@case("The app asks for uv, and has a setting of pip's that uv does not know.")
def uv_without_a_setting(ground: Ground) -> Ended:
    ground.app({"requirements.txt": "--prefer-binary\nanchor\n"})
    return ground.compile(UV)
