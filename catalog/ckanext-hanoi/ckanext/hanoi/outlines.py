"""Areas of a published dataset with a column of GeoJSON geometries, made coarse enough for a map of the whole city."""

from __future__ import annotations

import json
import logging
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
import duckdb

from ckanext.hanoi_datastore import engine

from . import columns, localise, public_datasets, published
from .table import held

if TYPE_CHECKING:
    from .columns import Column

log = logging.getLogger(__name__)

MOST = 2000
"""Areas that one map shows."""
GRID = 0.0004
"""Degrees between the points that borders are snapped to, some 40 m. Neighbours snap alike, so that no gap opens."""

Ring = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Area:
    """One area: the code or key of its row, its name in both languages, the row's number, and its rings in steps of `GRID`."""

    code: str
    names: dict[str, str]
    row: int
    polygons: tuple[tuple[Ring, ...], ...]

    @property
    def name(self) -> str:
        """The name in the language of the page."""
        return self.names.get(localise.language()) or self.names.get("vi") or self.code

    def geometry(self) -> dict[str, Any]:
        """The area as GeoJSON."""
        rings = [
            [[[round(x * GRID, 4), round(y * GRID, 4)] for x, y in ring] for ring in polygon]
            for polygon in self.polygons
        ]
        return {"type": "MultiPolygon", "coordinates": rings}


@dataclass(frozen=True)
class Outlines:
    """The areas of a dataset, and the day on which their codes are read."""

    dataset: str
    version: str
    as_of: str
    areas: tuple[Area, ...]


def of_city() -> Outlines | None:
    """Return the areas that maps are drawn on: those of the dataset that the operator names, where it is public."""
    name = tk.config.get("hanoi.map.areas")
    found = public_datasets.every().get(name)
    return of_dataset(name, found.version) if found else None


def of_dataset(dataset: str, version: str) -> Outlines | None:
    """Return the areas in a version, or None where it has no geometries."""
    path = published.find(dataset, version, "parquet")
    table = held(dataset, version)
    if path is None or table is None:
        return None
    known = columns.of_table(table, published.schema(dataset, version))
    shape = next((c for c in known if c.drawn), None)
    if shape is None:
        return None
    code = next((c for c in known if c.key), None)
    names = {
        "vi": next((c.name for c in known if c.concept_name == "administrative-unit-name"), ""),
        "en": next((c.name for c in known if c.concept_name == "english-name"), ""),
    }
    try:
        areas = _areas(str(path), shape.name, code.name if code else "", names["vi"], names["en"])
    except (duckdb.Error, engine.TookTooLong):
        log.exception("The geometries of %s %s cannot be read", dataset, version)
        return None
    return Outlines(dataset, version, code.as_of if code else "", areas) if areas else None


def has_geometry(known: list[Column]) -> bool:
    """Say whether rows have areas of their own."""
    return any(c.drawn for c in known)


@lru_cache(maxsize=8)
def _areas(path: str, shape: str, code: str, vi: str, en: str) -> tuple[Area, ...]:
    # A published file never changes, so its path says all.
    def text(name: str) -> str:
        return f"CAST({engine.identifier(name)} AS VARCHAR)" if name else "NULL"

    room = engine.cursor(Path(path).parents[1])
    sql = (
        f"SELECT file_row_number + 1, {text(code)}, {text(vi)}, {text(en)}, {engine.identifier(shape)} "
        f"FROM read_parquet({engine.text(path)}, file_row_number = true) WHERE {engine.identifier(shape)} IS NOT NULL LIMIT {MOST}"
    )
    with closing(room), engine.deadline(room):
        rows = engine.fetch(room, sql)
    found = []
    for row, key, name_vi, name_en, geometry in rows:
        polygons = _polygons(geometry)
        if polygons:
            names = {"vi": name_vi or "", "en": name_en or name_vi or ""}
            found.append(Area(key or str(row), names, row, polygons))
    return tuple(found)


def _polygons(text: str) -> tuple[tuple[Ring, ...], ...]:
    try:
        geometry = json.loads(text)
        kind, points = geometry["type"], geometry["coordinates"]
        polygons = points if kind == "MultiPolygon" else [points] if kind == "Polygon" else []
        coarse = (tuple(ring for ring in map(_coarse, polygon) if len(ring) > 3) for polygon in polygons)
        return tuple(polygon for polygon in coarse if polygon)
    except (ValueError, KeyError, TypeError):
        return ()


def _coarse(ring: list[list[float]]) -> Ring:
    """Snap a ring to the grid and leave out points between which nothing turns."""
    kept: list[tuple[int, int]] = []
    for x, y, *_ in ring:
        point = (round(x / GRID), round(y / GRID))
        if kept and kept[-1] == point:
            continue
        while len(kept) > 1 and _straight(kept[-2], kept[-1], point):
            kept.pop()
        kept.append(point)
    return tuple(kept)


def _straight(a: tuple[int, int], b: tuple[int, int], c: tuple[int, int]) -> bool:
    return (b[0] - a[0]) * (c[1] - b[1]) == (b[1] - a[1]) * (c[0] - b[0]) and (b[0] - a[0]) * (c[0] - b[0]) >= 0 <= (
        b[1] - a[1]
    ) * (c[1] - b[1])
