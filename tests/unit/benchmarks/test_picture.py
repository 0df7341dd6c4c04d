"""The picture is a valid SVG, for light and dark pages."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from picture import picture, round_up

SVG = "{http://www.w3.org/2000/svg}"
LINES = {
    "pip & friends": [(10.0, 2.0), (200.0, 18.0)],
    "uv": [(10.0, 0.5), (200.0, 3.0)],
}


@pytest.fixture
def drawn() -> ET.Element:
    written = picture("Growth", "packages", "seconds", LINES)
    return ET.fromstring(written)  # noqa: S314 - it was written just now


def test_title_axes_and_lines_are_labelled(drawn: ET.Element) -> None:
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"Growth", "packages", "seconds", "pip & friends", "uv"} <= set(words)
    assert drawn.findtext(f"{SVG}title") == "Growth"


def test_the_axes_begin_at_0_and_include_every_point(drawn: ET.Element) -> None:
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"0", "20", "10", "200"} <= set(words)


def test_every_point_is_inside_the_plot(drawn: ET.Element) -> None:
    points = [
        (float(point.attrib["cx"]), float(point.attrib["cy"]))
        for point in drawn.iter(f"{SVG}circle")
    ]
    assert len(points) == 4
    assert all(60 <= x <= 500 and 40 <= y <= 360 for x, y in points)
    assert points[1][1] < points[0][1], "more seconds are drawn higher"


def test_dark_pages_have_their_own_colours() -> None:
    assert "prefers-color-scheme: dark" in picture("Growth", "x", "y", LINES)


@pytest.mark.parametrize(
    ("number", "end"), [(0.9, 1), (1, 1), (18, 20), (21, 25), (26, 50), (0, 1)]
)
def test_axes_end_at_round_numbers(number: float, end: float) -> None:
    assert round_up(number) == end
