"""The city's wards and communes, from its own published datasets; a code is always read as of a day.

All codes of July 2025 had belonged to other units before, so that a code alone names nothing.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import duckdb

from ckanext.hanoi_datastore import engine
from ckanext.hanoi_search.text import fold, sort_key

from . import public_datasets, published

if TYPE_CHECKING:
    from pathlib import Path

    from .public_datasets import PublicDataset

log = logging.getLogger(__name__)

WARDS, FORMER, CROSSWALK = "wards", "wards-before-2025", "ward-crosswalk"
CODE = re.compile(r"[0-9]{5}")
# The concepts whose values are codes of wards, whatever their version.
_CONCEPTS = frozenset({"administrative-unit-code", "commune-code"})


@dataclass(frozen=True)
class Unit:
    """A ward, commune or township while it is one; `since` and `until` are the first and the last day of its code."""

    code: str
    name: str
    level: str
    since: date | None = None
    until: date | None = None
    district: str = ""
    facts: dict[str, Any] = field(default_factory=dict, compare=False)


@dataclass(frozen=True)
class Change:
    """A former unit that goes into a present one: whole (`full`) or in part, with which share of its people by law."""

    former: Unit
    present: Unit
    relation: str
    people: str
    clause: str


@dataclass(frozen=True)
class Units:
    """All present and former units and what became of them."""

    present: dict[str, Unit]
    former: dict[str, Unit]
    changes: tuple[Change, ...]
    since: date | None
    simulated: bool

    def at(self, code: str, day: date) -> Unit | None:
        """Return the unit that the code names on a day."""
        era = self.present if self.since is None or day >= self.since else self.former
        return era.get(code)

    def sources_of(self, unit: Unit) -> list[Change]:
        """Return the former units that a present one is made of."""
        return [change for change in self.changes if change.present == unit]

    def successors_of(self, unit: Unit) -> list[Change]:
        """Return the present units that a former one went into."""
        return [change for change in self.changes if change.former == unit]

    def found(self, query: str) -> list[Unit]:
        """Return the present units that a query names, by code or name, or that took in a former unit of that name.

        Accents and case do not matter, and an empty query finds all.
        """
        wanted = fold(query).split()

        def names(unit: Unit) -> bool:
            said = fold(f"{unit.level} {unit.name} {unit.code}")
            return all(word in said for word in wanted)

        kept = {unit.code for unit in self.present.values() if names(unit)}
        if wanted:
            kept |= {change.present.code for change in self.changes if names(change.former)}
        return sorted((self.present[code] for code in kept), key=lambda unit: sort_key(unit.name))


def units() -> Units | None:
    """Return all units as the datasets that are published now tell them, or None where the wards are not published."""
    datasets = public_datasets.every()
    if WARDS not in datasets:
        return None
    try:
        return _units(*(_source(datasets.get(name)) for name in (WARDS, FORMER, CROSSWALK)))
    except (duckdb.Error, engine.TookTooLong):
        log.exception("The published wards cannot be read")
        return None


@dataclass(frozen=True)
class Holding:
    """A dataset with rows for a unit: which column has its code, as of which day the code is read, and how many rows."""

    dataset: PublicDataset
    column: str
    title: dict[str, str]
    as_of: str
    rows: int


def holdings(unit: Unit) -> list[Holding]:
    """Return the public datasets with rows for a unit; a column that does not say of which day its codes are is left out."""
    found = []
    for dataset in public_datasets.every().values():
        for column in dataset.columns():
            if str(column.get("concept", "")).split("@")[0] not in _CONCEPTS or not column.get("as_of"):
                continue
            rows = _rows(dataset, column["name"], column["as_of"], unit)
            if rows:
                found.append(Holding(dataset, column["name"], column.get("title") or {}, column["as_of"], rows))
    return sorted(found, key=lambda holding: (-holding.rows, holding.dataset.name))


def _rows(dataset: PublicDataset, column: str, as_of: str, unit: Unit) -> int:
    path = published.find(dataset.name, dataset.version, "parquet")
    day = _day(as_of)
    if path is None or (day and unit.since and day < unit.since) or (day and unit.until and day > unit.until):
        return 0
    limits = () if day else (as_of, *(str(each) if each else "" for each in (unit.since, unit.until)))
    try:
        return _counts(path, column, *limits).get(unit.code, 0)
    except (duckdb.Error, engine.TookTooLong):
        log.exception("The published file %s cannot be read", path)
        return 0


@lru_cache(maxsize=512)
def _counts(path: Path, column: str, dated_by: str = "", since: str = "", until: str = "") -> dict[str, int]:
    """Return the rows of each code; where another column dates the codes, those between two days."""
    rows = f"read_parquet({engine.text(str(path))})"
    code = engine.identifier(column)
    limits = [(">=", since), ("<=", until)]
    day = f"CAST({engine.identifier(dated_by)} AS DATE)" if dated_by else ""
    dated = [f"{day} {sign} DATE {engine.text(limit)}" for sign, limit in limits if dated_by and limit]
    only = " AND ".join([f"{code} IS NOT NULL", *dated])
    return {str(row[0]): row[1] for row in _read(path, f"SELECT {code}, count(*) FROM {rows} WHERE {only} GROUP BY 1")}


def _source(dataset: PublicDataset | None) -> tuple[Path | None, str, str, bool]:
    if dataset is None:
        return None, "", "", False
    path = published.find(dataset.name, dataset.version, "parquet")
    return path, dataset.extras.get("temporal_from", ""), dataset.extras.get("temporal_to", ""), dataset.simulated


@lru_cache(maxsize=8)
def _units(now: tuple[Any, ...], before: tuple[Any, ...], crosswalk: tuple[Any, ...]) -> Units | None:
    if now[0] is None:
        return None
    since = _day(now[1])
    until = _day(before[2]) or (since - timedelta(days=1) if since else None)
    present = {
        row["ward_code"]: Unit(row["ward_code"], row["name"], row["level"], since, _day(now[2]), facts=row)
        for row in _records(now[0])
    }
    former = {
        row["ward_code"]: Unit(
            row["ward_code"], _short(row["name"], row["level"]), row["level"], _day(before[1]), until, row["district"]
        )
        for row in _records(before[0])
    }
    changes = []
    for row in _records(crosswalk[0]):
        # Where the former units are not published, their codes still say which they were.
        old = former.get(row["old_code"]) or Unit(row["old_code"], "", "", None, until)
        if row["new_code"] in present:
            changes.append(
                Change(old, present[row["new_code"]], row["relation"], row["population"], row.get("clause") or "")
            )
    changes.sort(key=lambda change: (change.relation != "full", sort_key(change.former.name)))
    return Units(present, former, tuple(changes), since, now[3] or before[3] or crosswalk[3])


def _short(name: str, level: str) -> str:
    """Return the proper name where the list writes the level before it."""
    return name[len(level) :].strip() if name.lower().startswith(f"{level.lower()} ") else name


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return None


def _records(path: Path | None) -> list[dict[str, Any]]:
    if path is None:
        return []
    rows = f"read_parquet({engine.text(str(path))})"
    names = [row[0] for row in _read(path, f"DESCRIBE SELECT * FROM {rows}")]
    return [dict(zip(names, row, strict=True)) for row in _read(path, f"SELECT * FROM {rows}")]


def _read(path: Path, sql: str) -> list[Any]:
    room = engine.cursor(path.parents[1])
    with engine.deadline(room):
        return engine.fetch(room, sql)
