"""Charts and maps of published versions. They are kept in memory for a while: a published file never changes."""

from __future__ import annotations

import json
import logging
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb

from ckanext.hanoi_datastore import engine

from . import columns, localise, outlines, places, published, series, sketch, table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .places import Places
    from .series import Series

log = logging.getLogger(__name__)

_LONGEST = 200


def series_of(dataset: str, version: str, args: Mapping[str, str]) -> Series | None:
    """Return the time series of a version that `measure` and `c_<column>` of an address ask for; None without one."""
    asked = tuple(
        sorted((k, v) for k, v in args.items() if (k == "measure" or k.startswith("c_")) and len(v) < _LONGEST)
    )
    return _tried(_series, dataset, version, localise.language(), asked)


def places_of(dataset: str, version: str, args: Mapping[str, str]) -> Places | None:
    """Return the places of a version's rows, areas by the measure that `shade` of an address names; None where it has none."""
    return _tried(_places, dataset, version, localise.language(), _shade(dataset, version, args), _city())


def picture_of(dataset: str, version: str, args: Mapping[str, str]) -> str | None:
    """Return the map of a version as an SVG document; None where it has none."""
    return _tried(_picture, dataset, version, localise.language(), _shade(dataset, version, args), _city())


def geojson_of(dataset: str, version: str, args: Mapping[str, str]) -> str | None:
    """Return the places of a version's rows as GeoJSON; None where it has none."""
    return _tried(_geojson, dataset, version, localise.language(), _shade(dataset, version, args), _city())


def areas_of(dataset: str, version: str) -> str | None:
    """Return the areas of a version as GeoJSON; None where it has none."""
    return _tried(_areas, dataset, version, localise.language())


def _tried(find: Callable[..., Any], dataset: str, version: str, *asked: Any) -> Any:
    try:
        return find(dataset, version, *asked)
    except (duckdb.Error, engine.TookTooLong):
        log.exception("%s %s cannot be drawn", dataset, version)
        return None


def _shade(dataset: str, version: str, args: Mapping[str, str]) -> str:
    named = args.get("shade", "")
    known = (published.schema(dataset, version) or {}).get("columns", []) if named else []
    return named if any(isinstance(each, dict) and each.get("name") == named for each in known) else ""


def _city() -> str:
    """The version of the areas that maps are drawn on, which may change while a dataset's own version stays."""
    city = outlines.of_city()
    return city.version if city else ""


# The language and the city's version only tell entries apart: what they stand for is read where it is used.
@lru_cache(maxsize=64)
def _series(dataset: str, version: str, _lang: str, asked: tuple[tuple[str, str], ...]) -> Series | None:
    held = table.held(dataset, version)
    return series.read(held, columns.of_table(held, published.schema(dataset, version)), dict(asked)) if held else None


@lru_cache(maxsize=16)
def _places(dataset: str, version: str, _lang: str, shade: str, _city: str) -> Places | None:
    held = table.held(dataset, version)
    return places.read(held, columns.of_table(held, published.schema(dataset, version)), shade) if held else None


@lru_cache(maxsize=32)
def _picture(dataset: str, version: str, lang: str, shade: str, city: str) -> str | None:
    found = _places(dataset, version, lang, shade, city)
    return sketch.svg(found, None if found.areas else outlines.of_city()) if found else None


@lru_cache(maxsize=16)
def _geojson(dataset: str, version: str, lang: str, shade: str, city: str) -> str | None:
    found = _places(dataset, version, lang, shade, city)
    return _written(places.features(found, lang)) if found else None


@lru_cache(maxsize=8)
def _areas(dataset: str, version: str, _lang: str) -> str | None:
    found = outlines.of_dataset(dataset, version)
    if found is None:
        return None
    return _written(
        {"type": "Feature", "properties": {"name": area.name}, "geometry": area.geometry()} for area in found.areas
    )


def _written(features: Any) -> str:
    content = {"type": "FeatureCollection", "features": list(features)}
    return json.dumps(content, ensure_ascii=False, separators=(",", ":"))
