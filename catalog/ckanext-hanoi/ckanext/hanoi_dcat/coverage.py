"""What time and which place the rows of a published version cover, as its Parquet file tells."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb

from ckanext.hanoi import published
from ckanext.hanoi_datastore import engine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = logging.getLogger(__name__)

_MOMENTS = {"date": "%Y-%m-%d", "timestamp": "%Y-%m-%dT%H:%M:%SZ", "timestamp_local": "%Y-%m-%dT%H:%M:%S"}
_VERSIONS_KEPT = 2000


@dataclass(frozen=True)
class Coverage:
    """The first and the last moment as ISO 8601, and the box west, south, east, north in degrees; either may lack."""

    period: tuple[str, str] | None = None
    box: tuple[float, float, float, float] | None = None


def of_version(dataset: str, version: str) -> Coverage:
    """Return what a version covers, by its own data dictionary; nothing where its files are gone."""
    dictionary = published.schema(dataset, version) or {}
    return coverage(dataset, version, dictionary.get("columns", []), dictionary.get("key", []))


def coverage(dataset: str, version: str, columns: Sequence[Mapping[str, Any]], key: Sequence[str]) -> Coverage:
    """Read what a version with these columns covers.

    The period is that of the first column of the key that holds dates or moments: a column outside the key may tell when
    somebody typed the row in. The box is that of the columns bound to the concepts `latitude` and `longitude`.
    """
    kinds = {str(column.get("name")): column for column in columns}
    moment = next(
        ((name, _MOMENTS[kinds[name]["type"]]) for name in key if kinds.get(name, {}).get("type") in _MOMENTS), None
    )
    return _read(dataset, version, moment, _bound(kinds, "latitude"), _bound(kinds, "longitude"))


def _bound(columns: Mapping[str, Mapping[str, Any]], concept: str) -> str | None:
    return next((n for n, c in columns.items() if str(c.get("concept", "")).partition("@")[0] == concept), None)


@lru_cache(maxsize=_VERSIONS_KEPT)  # A version never changes.
def _read(dataset: str, version: str, moment: tuple[str, str] | None, lat: str | None, lon: str | None) -> Coverage:
    path = published.find(dataset, version, "parquet")
    placed = bool(lat and lon)
    if path is None or not (moment or placed):
        return Coverage()
    asked = []
    if moment:
        name, form = engine.identifier(moment[0]), engine.text(moment[1])
        asked += [f"strftime(min({name}), {form})", f"strftime(max({name}), {form})"]
    if lat and lon:
        south, west = engine.identifier(lat), engine.identifier(lon)
        asked += [f"min({west})", f"min({south})", f"max({west})", f"max({south})"]
    room = engine.cursor(path.parents[1])
    try:
        with engine.deadline(room):
            rows = f"read_parquet({engine.text(str(path))})"
            found = list(engine.fetch(room, f"SELECT {', '.join(asked)} FROM {rows}")[0])
    except (duckdb.Error, engine.TookTooLong):
        log.exception("What %s covers cannot be read", path)
        return Coverage()
    period, box = (found[:2] if moment else []), (found[-4:] if placed else [])
    return Coverage(
        (period[0], period[1]) if period and None not in period else None,
        tuple(round(float(edge), 6) for edge in box) if box and None not in box else None,
    )
