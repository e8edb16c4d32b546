"""Where the rows of a table are: points by coordinates, or areas by the code of a ward; each place with its rows."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ckanext.hanoi_datastore import backend, engine
from ckanext.hanoi_datastore import held as holding

from . import outlines, series, sketch
from .values import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    import duckdb

    from ckanext.hanoi_datastore.table import Table

    from .columns import Column
    from .outlines import Area, Outlines

MOST = 20_000
"""Places that one map shows; the table and the files have all rows."""
SHADES = 5
_SECONDS = 8.0
_CODE = "administrative-unit-code"


@dataclass(frozen=True)
class Place:
    """One place: its name, how many rows are there, the number of the row to show (the newest), a value and its shade from 0."""

    name: str
    rows: int
    row: int
    longitude: float | None = None
    latitude: float | None = None
    area: Area | None = None
    value: float | None = None
    shade: int | None = None


@dataclass(frozen=True)
class Places:
    """The places of a table: points, or areas shaded by a measure; `shades` are the least and greatest value of each shade."""

    places: list[Place]
    measure: Column | None = None
    measures: list[Column] = field(default_factory=list)
    shades: list[tuple[float, float]] = field(default_factory=list)

    @property
    def areas(self) -> bool:
        return any(place.area is not None for place in self.places)


def suited(known: list[Column]) -> bool:
    """Say whether rows have coordinates, shapes or codes of wards, so that a map may be worth reading them."""
    return _coordinates(known) is not None or outlines.has_geometry(known) or _coded(known) is not None


def read(table: Table, known: list[Column], shade: str = "") -> Places | None:
    """Return the places of a table's rows; None where they have none.

    :param shade: the column that areas are shaded by; the first measure where it is none
    :raises duckdb.Error, engine.TookTooLong: the file cannot be read, or not in time
    """
    room = table.cursor(backend.cache())
    with closing(room), engine.deadline(room, _SECONDS):
        source = holding.held(room, table, backend.cache())
        if at := _coordinates(known):
            return _points(room, source, known, *at)
        if shapes := _shapes(table, known):
            return _shaded(room, source, known, *shapes, shade)
    return None


def _coordinates(known: list[Column]) -> tuple[str, str] | None:
    named = {c.concept_name: c.name for c in known if c.concept_name in ("longitude", "latitude") and c.numeric}
    return (named["longitude"], named["latitude"]) if len(named) == 2 else None


def _coded(known: list[Column]) -> Column | None:
    return next((c for c in known if c.concept_name == _CODE and c.as_of), None)


def _shapes(table: Table, known: list[Column]) -> tuple[Outlines, Column] | None:
    """Return areas and the column that names one; codes of another era than the areas' name other units and are left out."""
    if outlines.has_geometry(known):
        own = outlines.of_dataset(table.dataset, table.version)
        key = next((c for c in known if c.key), None)
        return (own, key) if own and key else None
    coded, city = _coded(known), outlines.of_city() if _coded(known) else None
    return (
        (city, coded)
        if coded and city and city.as_of and coded.as_of[:1].isdigit() and coded.as_of >= city.as_of
        else None
    )


def _points(
    room: duckdb.DuckDBPyConnection, table: Table, known: list[Column], longitude: str, latitude: str
) -> Places | None:
    lon, lat = engine.identifier(longitude), engine.identifier(latitude)
    name = _name(known)
    shown = f"any_value(CAST({engine.identifier(name.name)} AS VARCHAR))" if name else "NULL"
    found = engine.fetch(
        room,
        f"SELECT {lon}, {lat}, count(*), {_newest(known)}, {shown} FROM {table.relation} "
        f"WHERE {lon} BETWEEN -180 AND 180 AND {lat} BETWEEN -90 AND 90 GROUP BY 1, 2 ORDER BY 4 LIMIT {MOST}",
    )
    places = [
        Place(
            (name.label(said) if name else "") or said or f"{at_lat:.4f}, {at_lon:.4f}",
            rows,
            row,
            float(at_lon),
            float(at_lat),
        )
        for at_lon, at_lat, rows, row, said in found
    ]
    return Places(places) if places else None


def _shaded(
    room: duckdb.DuckDBPyConnection,
    table: Table,
    known: list[Column],
    shapes: Outlines,
    code: Column,
    shade: str,
) -> Places | None:
    measures = [c for c in known if not c.codes and c.numeric and not c.key and (c.form == "number" or c.unit)]
    measures = [c for c in measures if c.concept_name not in series.NO_MEASURES]
    measure = next((m for m in measures if m.name == shade), measures[0] if measures else None)
    value = f"CAST(avg({engine.identifier(measure.name)}) AS DOUBLE)" if measure else "CAST(count(*) AS DOUBLE)"
    key = engine.identifier(code.name)
    found = engine.fetch(
        room,
        f"SELECT CAST({key} AS VARCHAR), count(*), {_newest(known)}, {value} FROM {table.relation} WHERE {key} IS NOT NULL GROUP BY 1",
    )
    by_code = {row[0]: row[1:] for row in found}
    edges = _edges(sorted(row[3] for row in found if row[3] is not None and row[0] in {a.code for a in shapes.areas}))
    places = []
    for area in shapes.areas:
        if area.code in by_code:
            rows, row, at = by_code[area.code]
            places.append(Place(area.name, rows, row, area=area, value=at, shade=_shade(at, edges)))
    return Places(places, measure, measures, edges) if places else None


def _newest(known: list[Column]) -> str:
    time = next((c for c in known if c.key and c.form in ("moment", "date", "local")), None)
    time = time or next((c for c in known if c.key and c.concept_name == "year"), None)
    return f"1 + arg_max(file_row_number, {engine.identifier(time.name)})" if time else "1 + min(file_row_number)"


def _name(known: list[Column]) -> Column | None:
    texts = [c for c in known if c.form == "text" and not c.drawn]
    named = [c for c in texts if c.concept_name == "name" or c.concept_name.endswith("-name")]
    coded = [c for c in texts if c.codes and c.key]
    return next(iter([*named, *coded, *texts]), None)


def _edges(values: list[float]) -> list[tuple[float, float]]:
    """Return the least and greatest of each shade, with as many values in one as in another."""
    if not values:
        return []
    count = min(SHADES, len(set(values)))
    parts = [values[len(values) * n // count : len(values) * (n + 1) // count] for n in range(count)]
    return [(part[0], part[-1]) for part in parts if part]


def _shade(value: float | None, edges: list[tuple[float, float]]) -> int | None:
    if value is None or not edges:
        return None
    return next((n for n, (_, greatest) in enumerate(edges) if value <= greatest), len(edges) - 1)


def features(found: Places, lang: str) -> Iterator[dict[str, Any]]:
    """Give the places as features of GeoJSON: what stands in a place's label, and which row of the table is its."""
    for place in found.places:
        said: dict[str, Any] = {"name": place.name, "rows": place.rows, "row": place.row}
        if place.area is not None:
            said["colour"] = sketch.BLANK if place.shade is None else sketch.shade(place.shade, len(found.shades))
            if place.value is not None and found.measure:
                said["value"] = written(place.value, "number", lang)
            geometry = place.area.geometry()
        else:
            geometry = {"type": "Point", "coordinates": [place.longitude, place.latitude]}
        yield {"type": "Feature", "id": place.row, "properties": said, "geometry": geometry}
