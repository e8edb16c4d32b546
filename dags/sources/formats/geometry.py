"""Geometries of GeoJSON as text, their coordinates with the digits that came."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal

from dags.errors import DeliveryUnreadable
from dags.sources.formats.json_text import compact
from dags.sources.formats.records import Typed

GEOMETRY, KIND = "geometry", "geometry.type"
AXES: Mapping[str, tuple[str, str]] = {
    "EPSG:4326": ("geometry.lon", "geometry.lat"),
    "EPSG:5897": ("geometry.easting", "geometry.northing"),
}
"""Reference system -> the headers of the coordinates of points."""
HEADERS: Mapping[str, tuple[str, ...]] = {crs: (GEOMETRY, KIND, *axes) for crs, axes in AXES.items()}
_LIMITS: Mapping[str, tuple[float, float, float, float]] = {
    "EPSG:4326": (-180, 180, -90, 90),
    "EPSG:5897": (100_000, 900_000, 800_000, 2_700_000),
}
"""Reference system -> least and greatest first and second coordinate: of the Earth, and of the zone in Viet Nam."""
_DEPTHS = {"Point": 0, "MultiPoint": 1, "LineString": 1, "MultiLineString": 2, "Polygon": 2, "MultiPolygon": 3}
_COLLECTION = "GeometryCollection"
_LOST = "\ufffd"
"""Put behind a geometry of which nobody can say what it means, which makes the cell unclear."""
_SHORTEST_RING = 4


class Malformed(ValueError):
    """A geometry that breaks the rules of RFC 7946."""


def fields(geometry: Any, form: Literal["wkt", "geojson"], crs: str) -> dict[str, str]:
    """The columns of one geometry: its text, its type, and the coordinates of a point; empty where it is null.

    A geometry that breaks the rules of RFC 7946, or leaves the reference system, becomes a text that is unclear.

    >>> fields({"type": "Point", "coordinates": [Typed("105.84"), Typed("21.02")]}, "wkt", "EPSG:4326")
    {'geometry': 'POINT (105.84 21.02)', 'geometry.type': 'Point', 'geometry.lon': '105.84', 'geometry.lat': '21.02'}
    """
    found = dict.fromkeys(HEADERS[crs], "")
    if geometry is None:
        return found
    try:
        checked(geometry, crs)
    except Malformed:
        return {**found, GEOMETRY: compact(geometry) + _LOST}
    kind, coordinates = geometry["type"], geometry.get("coordinates")
    found |= {GEOMETRY: wkt(geometry) if form == "wkt" else compact(geometry), KIND: kind}
    if kind == "Point" and coordinates:
        found |= dict(zip(AXES[crs], coordinates, strict=False))
    return found


def checked(geometry: Any, crs: str) -> None:
    """Make sure that ``geometry`` is one and lies within ``crs``.

    Raises:
        Malformed: unknown type, coordinates that are no numbers or out of bounds, or a ring that does not close.
    """
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == _COLLECTION:
        inner = geometry.get("geometries")
        if not isinstance(inner, list):
            raise Malformed("geometries")
        for one in inner:
            checked(one, crs)
        return
    if kind not in _DEPTHS:
        raise Malformed("type")
    coordinates = geometry.get("coordinates")
    if coordinates == []:
        return
    for line in _lines(coordinates, _DEPTHS[kind]):
        for position in line:
            _refuse_outside(position, crs)
        if kind.endswith("Polygon") and (len(line) < _SHORTEST_RING or line[0] != line[-1]):
            raise Malformed("ring")


def _lines(coordinates: Any, depth: int) -> Iterator[Sequence[Any]]:
    """The lists of positions in nested ``coordinates``."""
    if depth == 0:
        yield [coordinates]
    elif not isinstance(coordinates, list):
        raise Malformed("coordinates")
    elif depth == 1:
        yield coordinates
    else:
        for inner in coordinates:
            yield from _lines(inner, depth - 1)


def _refuse_outside(position: Any, crs: str) -> None:
    if not isinstance(position, list) or not 2 <= len(position) <= 4:
        raise Malformed("position")
    if not all(isinstance(number, Typed) for number in position):
        raise Malformed("number")
    west, east, south, north = _LIMITS[crs]
    if not (west <= float(position[0]) <= east and south <= float(position[1]) <= north):
        raise Malformed("bounds")


def first_position(geometry: Any) -> list[Any] | None:
    """The first position of ``geometry``, however deep it is nested; ``None`` where there is none."""
    found = geometry.get("coordinates") if isinstance(geometry, dict) else None
    while isinstance(found, list) and found and isinstance(found[0], list):
        found = found[0]
    return found if isinstance(found, list) and found else None


def refuse_other_system(geometry: Any, crs: str, name: str) -> None:
    """Refuse a file whose first geometry cannot be in ``crs``.

    Raises:
        DeliveryUnreadable: metres where degrees are declared or degrees for metres, or latitude before longitude.
    """
    position = first_position(geometry)
    if position is None:
        return
    try:
        _refuse_outside(position, crs)
    except Malformed as error:
        if str(error) != "bounds":
            return  # of this one geometry, which is quarantined with its row
        came = ", ".join(position[:2])
        raise DeliveryUnreadable(
            f"{name}: tọa độ đầu tiên ({came}) không thể thuộc hệ {crs}. Tệp có thể ở hệ tọa độ khác (VN-2000) hoặc đảo kinh độ "
            "và vĩ độ. Hãy xuất lại theo đúng hệ, kinh độ trước, hoặc khai báo `crs` trong hợp đồng dữ liệu.",
            f"{name}: the first coordinates ({came}) cannot be in {crs}. The file may be in another system (VN-2000), or have "
            "latitude before longitude. Export it in the right one, longitude first, or declare `crs` in the contract.",
        ) from error


def wkt(geometry: Mapping[str, Any]) -> str:
    """A checked geometry as well-known text.

    >>> wkt({"type": "LineString", "coordinates": [["1", "2", "3"], ["4", "5", "6"]]})
    'LINESTRING Z (1 2 3, 4 5 6)'
    """
    kind = geometry["type"]
    if kind == _COLLECTION:
        inner = ", ".join(map(wkt, geometry["geometries"]))
        return f"GEOMETRYCOLLECTION ({inner})" if inner else "GEOMETRYCOLLECTION EMPTY"
    coordinates = geometry["coordinates"]
    if not coordinates:
        return f"{kind.upper()} EMPTY"
    size = len(first_position(geometry) or ())
    return f"{kind.upper()}{ {3: ' Z', 4: ' ZM'}.get(size, '') } {_nested(coordinates, _DEPTHS[kind])}"


def _nested(coordinates: Sequence[Any], depth: int) -> str:
    if depth == 0:
        return f"({' '.join(coordinates)})"
    if depth == 1:
        return f"({', '.join(map(' '.join, coordinates))})"
    return f"({', '.join(_nested(inner, depth - 1) for inner in coordinates)})"
