"""The picture is an SVG that browsers read, on light and on dark pages."""

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


def test_it_names_what_it_shows(drawn: ET.Element) -> None:
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"Growth", "packages", "seconds", "pip & friends", "uv"} <= set(words)
    assert drawn.findtext(f"{SVG}title") == "Growth"


def test_the_axes_go_from_nothing_to_more_than_all(drawn: ET.Element) -> None:
    words = [text.text for text in drawn.iter(f"{SVG}text")]
    assert {"0", "20", "10", "200"} <= set(words)


def test_every_point_lies_between_the_axes(drawn: ET.Element) -> None:
    points = [
        (float(point.attrib["cx"]), float(point.attrib["cy"]))
        for point in drawn.iter(f"{SVG}circle")
    ]
    assert len(points) == 4
    assert all(60 <= x <= 500 and 40 <= y <= 360 for x, y in points)
    assert points[1][1] < points[0][1], "more seconds stand higher"


def test_it_is_readable_in_the_dark() -> None:
    assert "prefers-color-scheme: dark" in picture("Growth", "x", "y", LINES)


@pytest.mark.parametrize(
    ("number", "end"), [(0.9, 1), (1, 1), (18, 20), (21, 25), (26, 50), (0, 1)]
)
def test_axes_end_at_numbers_that_people_count_by(number: float, end: float) -> None:
    assert round_up(number) == end
