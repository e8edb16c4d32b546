"""Ward codes read as the city's present units: a former ward's rows go where the published crosswalk says, in parts where it was divided."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckanext.hanoi_datastore import engine

from .problems import Problem, bad_value
from .statement import mark, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from .columns import Column
    from .parameters import Parameters

DATASET = "ward-crosswalk"
WEIGHTS = ("population", "area")
CODE, SHARE = mark("unit"), mark("share")
ESTIMATED = f"bool_or({SHARE} < 1)"
_CONCEPT = "administrative-unit-code"
_DAY = re.compile("[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True)
class Crosswalk:
    """The published version of the crosswalk: from `since` on its new codes hold; rows are divided by `weight`."""

    path: Path
    version: str
    since: str
    weight: str

    @property
    def told(self) -> dict[str, str]:
        """What an answer says of it."""
        return {"dataset": DATASET, "version": self.version, "as_of": self.since, "weight": self.weight}


def are_codes(column: Column) -> bool:
    """Say whether a column holds codes of the city's wards and communes, and the day that they are read on is known."""
    return str(column.described.get("concept") or "").startswith(f"{_CONCEPT}@") and bool(column.described.get("as_of"))


def crosswalk(named: Parameters) -> Crosswalk:
    """Return the newest crosswalk.

    :raises Problem: none is published
    """
    from .versions import all_of, dictionary

    weight = named.one_of("weight", WEIGHTS, WEIGHTS[0])
    for version in all_of(DATASET, {}):
        described = {column.get("name"): column for column in dictionary(version).get("columns") or []}
        since = str(described.get("new_code", {}).get("as_of") or "")
        if {"old_code", "new_code", f"{weight}_weight"} <= version.columns.keys() and _DAY.fullmatch(since):
            return Crosswalk(version.path, version.id, since, weight)
    raise Problem(
        "no-rows",
        f"Chưa gộp được theo đơn vị hành chính hiện nay vì bộ dữ liệu {DATASET} chưa được công bố ở đây.",
        f"Codes cannot be read as present units, because the dataset {DATASET} is not published here.",
        reason="no-crosswalk",
        parameter="group",
    )


def rolled_up(rows: str, codes: Column, columns: Mapping[str, Column], by: Crosswalk) -> str:
    """Return the rows with the code of their present unit and their share of it, for a FROM.

    A row of a divided ward comes once for each of the units that it went to; a code that the crosswalk does not know has none.
    """
    former = _former(codes, columns, by)
    share = engine.identifier(f"{by.weight}_weight")
    joined = f"r.{codes.quoted} = x.old_code AND {former}"
    return (
        f"(SELECT r.*, CASE WHEN {former} THEN x.new_code ELSE r.{codes.quoted} END AS {CODE}, "
        f"CASE WHEN {former} AND x.old_code IS NOT NULL THEN CAST(x.{share} AS DOUBLE) ELSE 1.0 END AS {SHARE} "
        f"FROM {rows} r LEFT JOIN (SELECT old_code, new_code, {share} FROM {rows_of(by.path)} WHERE {share} > 0) x ON {joined})"
    )


def _former(codes: Column, columns: Mapping[str, Column], by: Crosswalk) -> str:
    """Return the condition that a row's code is of before the change: by the day of all of them, or by the day in the row."""
    as_of = str(codes.described.get("as_of"))
    if _DAY.fullmatch(as_of):
        return "true" if as_of < by.since else "false"
    day = columns.get(as_of)
    if day is None or day.family not in ("date", "moment", "local"):
        raise bad_value(
            "group",
            codes.name,
            "Không biết mã được đọc theo ngày nào.",
            "It is not known on which day the codes are read.",
        )
    moment = f"r.{day.quoted}"
    local = f"{moment} AT TIME ZONE 'Asia/Ho_Chi_Minh'" if day.family == "moment" else moment
    return f"(CAST({local} AS DATE) < DATE {engine.text(by.since)})"


def weighted(function: str, column: str | None) -> str:
    """Return the expression of a measure in which each row counts with its share.

    >>> print(weighted("sum", '"people"'))
    sum(CAST("people" AS DOUBLE) * "#share")
    """
    if function == "count":
        return f"sum({SHARE})" if column is None else f"coalesce(sum({SHARE}) FILTER ({column} IS NOT NULL), 0)"
    total = f"sum(CAST({column} AS DOUBLE) * {SHARE})"
    return total if function == "sum" else f"{total} / sum({SHARE}) FILTER ({column} IS NOT NULL)"
