"""A map as a still picture: what stands in a page before, or without, the map that moves."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from .outlines import GRID

if TYPE_CHECKING:
    from .outlines import Area, Outlines
    from .places import Places

WIDTH, HEIGHT, EDGE = 760, 480, 14
SHADES = ("#d5e8ee", "#9ccbd8", "#5fa7bb", "#2b7f99", "#0b4f68")
"""From few to many; each next one is darker, for readers who see no colours."""
BLANK = "#ffffff"
_LAND, _BORDER, _POINT = "#f4f1ea", "#a99f8a", "#9a3412"
# Dots nearer to each other than this are one dot: nobody could tell them apart.
_DOT = 2.0
_MOST_IN = 0.8

Box = tuple[float, float, float, float]


def box(found: Places, city: Outlines | None) -> Box:
    """Return west, south, east and north of the map: the city where most places are in it, else all places."""
    points = [(p.longitude, p.latitude) for p in found.places if p.longitude is not None and p.latitude is not None]
    if not points:
        return _around([point for p in found.places if p.area for point in _corners(p.area)])
    if city:
        west, south, east, north = _around([point for area in city.areas for point in _corners(area)])
        inside = sum(west <= x <= east and south <= y <= north for x, y in points)
        if inside >= _MOST_IN * len(points) and len(points) > 1:
            return west, south, east, north
    return _around(points)


def svg(found: Places, city: Outlines | None) -> str:
    """Draw the places, on the city's areas where these are known, as an SVG document."""
    place = _Projection(box(found, city))
    background = city.areas if city and not found.areas else ()
    shapes = [f'<path d="{place.path(area)}" fill="{_LAND}"/>' for area in background]
    dots: dict[tuple[int, int], str] = {}
    for each in found.places:
        if each.area:
            fill = BLANK if each.shade is None else shade(each.shade, len(found.shades))
            shapes.append(f'<path d="{place.path(each.area)}" fill="{fill}"/>')
        elif each.longitude is not None and each.latitude is not None:
            x, y = place.at(each.longitude, each.latitude)
            if 0 <= x <= WIDTH and 0 <= y <= HEIGHT:
                dots.setdefault(
                    (round(x / _DOT), round(y / _DOT)),
                    f'<circle cx="{x:.0f}" cy="{y:.0f}" r="{3 if len(found.places) > 200 else 5}"/>',
                )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#e8eff2"/>'
        f'<g stroke="{_BORDER}" stroke-width=".8" stroke-linejoin="round" fill-rule="evenodd">{"".join(shapes)}</g>'
        f'<g fill="{_POINT}" fill-opacity=".75" stroke="#fff" stroke-width=".6">{"".join(dots.values())}</g></svg>'
    )


def step(number: int, of: int) -> int:
    """Return which of `SHADES` a shade is, so that few shades use the whole range.

    >>> step(0, 5), step(1, 2), step(0, 1)
    (0, 4, 2)
    """
    return round(number * (len(SHADES) - 1) / (of - 1)) if of > 1 else len(SHADES) // 2


def shade(number: int, of: int) -> str:
    """Return the colour of a shade.

    >>> shade(0, 5)
    '#d5e8ee'
    """
    return SHADES[step(number, of)]


def _corners(area: Area) -> list[tuple[float, float]]:
    return [(x * GRID, y * GRID) for polygon in area.polygons for x, y in polygon[0]]


def _around(points: list[tuple[float, float]]) -> Box:
    xs, ys = [x for x, _ in points], [y for _, y in points]
    wide = max(max(xs) - min(xs), max(ys) - min(ys), 0.02) * 0.03
    return min(xs) - wide, min(ys) - wide, max(xs) + wide, max(ys) + wide


class _Projection:
    """Degrees to the picture, with both ways at the same scale."""

    def __init__(self, around: Box) -> None:
        west, south, east, north = around
        self.shrink = math.cos(math.radians((south + north) / 2))
        self.scale = min((WIDTH - 2 * EDGE) / ((east - west) * self.shrink), (HEIGHT - 2 * EDGE) / (north - south))
        self.x = WIDTH / 2 - (west + east) / 2 * self.shrink * self.scale
        self.y = HEIGHT / 2 + (south + north) / 2 * self.scale

    def at(self, longitude: float, latitude: float) -> tuple[float, float]:
        return self.x + longitude * self.shrink * self.scale, self.y - latitude * self.scale

    def path(self, area: Area) -> str:
        rings = []
        for polygon in area.polygons:
            for ring in polygon:
                points = dict.fromkeys("{:.0f} {:.0f}".format(*self.at(x * GRID, y * GRID)) for x, y in ring)
                rings.append(f"M{'L'.join(points)}Z")
        return "".join(rings)
