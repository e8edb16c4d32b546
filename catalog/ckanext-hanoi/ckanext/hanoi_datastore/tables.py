"""Finds the table of a resource: the published Parquet file of its dataset's version."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

import ckan.model as model
import duckdb

from ckanext.hanoi import published

from .table import Table, shape

if TYPE_CHECKING:
    from pathlib import Path

# Of a dataset's files these two hold its rows.
_WITH_ROWS = ("csv", "parquet")


def find(resource_id: str) -> Table | None:
    """Return the table of a resource, or None for a resource that is not one of ours."""
    place = locate(model.Resource.get(resource_id)) if resource_id else None
    return place and read(place[0], place[1], place[2])


def locate(resource: Any) -> tuple[Path, str, str] | None:
    """Return the file, dataset and version of a resource of ours whose file is there."""
    named = of_platform(resource)
    path = named and published.find(*named, "parquet")
    return (path, *named) if named and path else None


def of_platform(resource: Any) -> tuple[str, str] | None:
    """Return dataset and version of a resource whose rows the platform publishes, whether or not its file is there."""
    named = published.named(resource.url) if resource is not None else None
    if named is None or named[2] not in _WITH_ROWS:
        return None
    package = model.Package.get(resource.package_id)
    # The file of another dataset is none of this resource's, whatever its address says.
    return named[:2] if package is not None and package.name == named[0] else None


def all_ids() -> list[str]:
    """Return the ids of all resources of ours."""
    found = model.Session.query(model.Resource).filter(
        model.Resource.state == model.State.ACTIVE, model.Resource.url.contains("/data/")
    )
    return [resource.id for resource in found if locate(resource)]


def read(path: Path, dataset: str = "", version: str = "") -> Table | None:
    """Return the table in a file, or None where the file cannot be read."""
    try:
        kinds, rows = shape(str(path), path.stat().st_mtime_ns)
    except (OSError, duckdb.Error):
        return None
    return Table(path, kinds, rows, dataset, version, _dictionary(dataset, version))


@lru_cache(maxsize=512)
def _dictionary(dataset: str, version: str) -> dict[str, Any]:
    columns = (published.schema(dataset, version) or {}).get("columns", []) if dataset else []
    return {column["name"]: column for column in columns if isinstance(column, dict) and column.get("name")}


def required(table: Table) -> set[str]:
    """Return the columns that are always filled."""
    return {name for name, column in table.described.items() if column.get("required")}


def key(table: Table) -> list[str]:
    """Return the columns whose values together tell the rows apart."""
    return list((published.schema(table.dataset, table.version) or {}).get("key", [])) if table.dataset else []
