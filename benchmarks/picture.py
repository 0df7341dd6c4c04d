"""A chart of lines as SVG, for light and dark pages."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

Points = Sequence[tuple[float, float]]

_WIDTH, _HEIGHT = 800, 420
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 500, 40, 360
"""The edges of the plot; the names of the lines are to the right of it."""
_COLOURS = ("#3b7dd8", "#d9822b", "#2f9e63", "#b05cc6", "#c94a4a", "#8a8f98", "#1d9aa8")
"""Visible on white and on near black."""
_TICKS = 5

_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img">
<title>{title}</title>
<style>
text {{ font: 13px sans-serif; fill: #24292f }}
.axis {{ stroke: #57606a; fill: none }}
.grid {{ stroke: #57606a; stroke-opacity: .25 }}
.line {{ fill: none; stroke-width: 2 }}
@media (prefers-color-scheme: dark) {{
text {{ fill: #e6edf3 }}
.axis, .grid {{ stroke: #9198a1 }}
}}
</style>
"""


def picture(title: str, across: str, up: str, lines: Mapping[str, Points]) -> str:
    """Draw lines over two axes that begin at 0; `across` and `up` label them."""
    points = [point for line in lines.values() for point in line]
    far = max(x for x, _ in points)
    high = round_up(max(y for _, y in points))
    marks = sorted({x for x, _ in points})
    head = _HEAD.format(width=_WIDTH, height=_HEIGHT, title=escape(title))
    drawn = [*_axes(marks, far, high), *_labels(title, across, up)]
    for number, (name, line) in enumerate(_by_height(lines)):
        drawn += _line(number, name, [(_x(x, far), _y(y, high)) for x, y in line])
    return f"{head}{chr(10).join(drawn)}\n</svg>\n"


def round_up(number: float) -> float:
    """Return the next number that is good for the end of an axis: 1, 2, 2.5, 5, 10, 20 ..."""
    power = 10.0 ** math.floor(math.log10(number)) if number > 0 else 1.0
    return next(step * power for step in (1, 2, 2.5, 5, 10) if step * power >= number)


def _by_height(lines: Mapping[str, Points]) -> list[tuple[str, Points]]:
    """Sort the lines by their ends, because their names are listed in this order."""
    return sorted(lines.items(), key=lambda item: -item[1][-1][1])


def _axes(marks: Sequence[float], far: float, high: float) -> Iterator[str]:
    for number in range(_TICKS + 1):
        value = high * number / _TICKS
        y = _y(value, high)
        yield f'<path class="grid" d="M{_LEFT} {y:.1f}H{_RIGHT}"/>'
        yield f'<text x="{_LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{value:g}</text>'
    for mark in marks:
        x = _x(mark, far)
        yield f'<path class="axis" d="M{x:.1f} {_BOTTOM}v5"/>'
        yield f'<text x="{x:.1f}" y="{_BOTTOM + 20}" text-anchor="middle">{mark:g}</text>'
    yield f'<path class="axis" d="M{_LEFT} {_TOP}V{_BOTTOM}H{_RIGHT}"/>'


def _labels(title: str, across: str, up: str) -> Iterator[str]:
    yield f'<text x="{_LEFT}" y="18" font-weight="bold">{escape(title)}</text>'
    x, y = (_LEFT + _RIGHT) / 2, (_TOP + _BOTTOM) / 2
    yield f'<text x="{x:g}" y="{_BOTTOM + 42}" text-anchor="middle">{escape(across)}</text>'
    turned = f'transform="rotate(-90 16 {y:g})"'
    yield f'<text x="16" y="{y:g}" text-anchor="middle" {turned}>{escape(up)}</text>'


def _line(number: int, name: str, points: Points) -> Iterator[str]:
    colour = _COLOURS[number % len(_COLOURS)]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
    yield f'<path class="line" stroke="{colour}" d="M{path}"/>'
    for x, y in points:
        yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
    y = _TOP + 20 * number + 6
    yield f'<path class="line" stroke="{colour}" d="M{_RIGHT + 20} {y}h22"/>'
    yield f'<text x="{_RIGHT + 50}" y="{y + 4}">{escape(name)}</text>'


def _x(value: float, far: float) -> float:
    return _LEFT + (_RIGHT - _LEFT) * value / far


def _y(value: float, high: float) -> float:
    return _BOTTOM - (_BOTTOM - _TOP) * value / high
