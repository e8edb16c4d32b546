"""Groups and measures: `group=station,observed_at.month` and `measure=count,pm25.avg`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ckanext.hanoi_datastore import engine

from . import filters, units
from .columns import NUMBERS, TIMES, ZONE, given, refuse_other
from .problems import Problem, bad_value, unknown
from .selection import MOST_SORTED
from .statement import Statement, mark

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .columns import Column
    from .filters import Condition

BUCKETS = ("hour", "day", "week", "month", "quarter", "year")
ZONES = (ZONE, "UTC")
_FUNCTIONS = {"count": "count", "sum": "sum", "avg": "avg", "min": "min", "max": "max", "distinct": "count"}
UNIT = "unit"
_STEADY = "TIMESTAMPTZ '1975-06-13 00:00:00+07'"
MEASURES = tuple(_FUNCTIONS)
MOST = 16


@dataclass(frozen=True)
class Group:
    """What rows are put together by: a column, the time bucket of one, or the present unit of a ward's code."""

    column: Column
    bucket: str = ""

    @property
    def name(self) -> str:
        """What it is called in the answer."""
        return f"{self.column.name}_{self.bucket}" if self.bucket else self.column.name

    def key(self, zone: str) -> str:
        """Return the expression: days and longer are calendar days in `zone`, an hour is the moment when it begins."""
        column = self.column.quoted
        if not self.bucket:
            return column
        if self.bucket == UNIT:
            return units.CODE
        if self.column.family != "moment":
            cut = f"date_trunc({engine.text(self.bucket)}, {column})"
            return cut if self.bucket == "hour" else f"CAST({cut} AS DATE)"
        local = f"date_trunc({engine.text(self.bucket)}, {_local(column, zone)})"
        return f"({local} AT TIME ZONE {engine.text(zone)})" if self.bucket == "hour" else f"CAST({local} AS DATE)"

    @property
    def kind(self) -> str:
        """The type of its values in DuckDB."""
        return "DATE" if self.bucket in BUCKETS[1:] else self.column.kind


def _local(column: str, zone: str) -> str:
    """Return the expression of a moment's time in a zone.

    The zone's own reckoning is slow; since 1975 Hà Nội is seven hours ahead of UTC, without any change.
    """
    seconds = 0 if zone == "UTC" else 7 * 3600
    plain = f"make_timestamp(epoch_us({column}) + {seconds * 1_000_000})"
    if zone == "UTC":
        return plain
    return f"CASE WHEN {column} >= {_STEADY} THEN {plain} ELSE {column} AT TIME ZONE {engine.text(zone)} END"


@dataclass(frozen=True)
class Measure:
    """What is reckoned of each group: the number of rows, or a function of a column's values that are not missing."""

    function: str
    column: Column | None = None

    @property
    def name(self) -> str:
        """What it is called in the answer."""
        return f"{self.column.name}_{self.function}" if self.column else self.function

    def expression(self, shared: bool) -> str:
        """Return the expression of SQL.

        :param shared: rows of divided wards count in parts
        """
        if shared and self.function in ("count", "sum", "avg"):
            return units.weighted(self.function, self.column.quoted if self.column else None)
        if self.column is None:
            return "count(*)"
        distinct = "DISTINCT " if self.function == "distinct" else ""
        return f"{_FUNCTIONS[self.function]}({distinct}{self.column.quoted})"

    def given(self, expression: str, shared: bool) -> str:
        """Return the expression of its value for JSON."""
        if shared and self.function in ("count", "sum", "avg"):
            return given("DOUBLE", expression)
        if self.column is not None and self.function in ("min", "max"):
            return given(self.column.kind, expression)
        floats = self.column is not None and self.column.family == "float"
        if self.function == "avg" or (self.function == "sum" and floats):
            return given("DOUBLE", expression)
        return expression


def groups(text: str | None, columns: Mapping[str, Column]) -> list[Group]:
    """Read `group=a,b.month`; nothing gives one group of all rows.

    :raises Problem: a part of it is not known
    """
    found = [_group(part, columns) for part in _parts("group", text)]
    if sum(group.bucket == UNIT for group in found) > 1:
        raise bad_value("group", text or "", "Chỉ một cột .unit.", "There is one column with .unit at most.")
    if len(found) > MOST_SORTED:
        raise bad_value("group", text or "", f"Tối đa {MOST_SORTED} cột.", f"At most {MOST_SORTED} columns are taken.")
    return found


def _group(part: str, columns: Mapping[str, Column]) -> Group:
    name, dot, bucket = part.partition(".")
    if name not in columns:
        raise unknown("unknown-column", "group", name, columns)
    column = columns[name]
    refuse_other(column, "group")
    known = buckets(column)
    if dot and bucket not in known:
        listed = ", ".join(f"{name}.{each}" for each in known) or name
        raise bad_value(
            "group", part, f"Nhận: {listed}.", f"There are: {listed}.", allowed=[name, *(f"{name}.{b}" for b in known)]
        )
    return Group(column, bucket)


def buckets(column: Column) -> tuple[str, ...]:
    """Return the time buckets that a column can be put into, or that its codes can be read as units."""
    if units.are_codes(column):
        return (UNIT,)
    return () if column.family not in TIMES else BUCKETS[1:] if column.family == "date" else BUCKETS


def ways(column: Column) -> list[str]:
    """Return all that `group` takes of a column."""
    return [] if column.family == "other" else [column.name, *(f"{column.name}.{each}" for each in buckets(column))]


def functions(column: Column) -> list[str]:
    """Return the functions that go with a column."""
    if column.family == "other":
        return ["count"]
    return [function for function in MEASURES if function not in ("sum", "avg") or column.family in NUMBERS]


def reckonings(column: Column) -> list[str]:
    """Return all that `measure` takes of a column."""
    return [f"{column.name}.{function}" for function in functions(column)]


def measures(text: str | None, columns: Mapping[str, Column]) -> list[Measure]:
    """Read `measure=count,pm25.avg`; nothing gives the number of rows.

    :raises Problem: a part of it is not known, or a function does not go with its column
    """
    found = [_measure(part, columns) for part in _parts("measure", text)] or [Measure("count")]
    if len(found) > MOST:
        raise bad_value("measure", text or "", f"Tối đa {MOST} phép tính.", f"At most {MOST} measures are taken.")
    return found


def _measure(part: str, columns: Mapping[str, Column]) -> Measure:
    name, _, function = part.rpartition(".")
    if not name:
        if function == "count":
            return Measure("count")
        raise _no_measure(part, [])
    if name not in columns:
        raise unknown("unknown-column", "measure", name, columns)
    column = columns[name]
    if function not in functions(column):
        raise _no_measure(part, reckonings(column))
    return Measure(function, column)


def _no_measure(part: str, known: list[str]) -> Problem:
    listed = ", ".join(["count", *known])
    return bad_value(
        "measure", part, f"Nhận: {listed}, hoặc cột.phép_tính.", f"There are: {listed}, or column.function.",
        allowed=["count", *known],
    )  # fmt: skip


def _parts(parameter: str, text: str | None) -> list[str]:
    parts = text.split(",") if text else []
    for part in parts:
        if parts.count(part) > 1:
            raise bad_value(parameter, part, "Chỉ ghi một lần.", "It is named once.")
    return parts


def order(text: str | None, names: Sequence[str]) -> list[tuple[str, bool]]:
    """Read `sort=pm25_avg.desc` by the names of the answer; nothing sorts by the groups.

    :raises Problem: a name is unknown
    """
    found = []
    for part in _parts("sort", text):
        name, _, way = part.partition(".")
        if name not in names:
            raise unknown("unknown-column", "sort", name, names)
        if way not in ("", "asc", "desc"):
            raise bad_value("sort", part, "Nhận asc hoặc desc.", "asc or desc is taken.", allowed=["asc", "desc"])
        found.append((name, way == "desc"))
    return found


def refuse_clashes(names: Sequence[str]) -> None:
    """Refuse two columns of one name in the answer.

    :raises Problem: there are
    """
    for name in names:
        if names.count(name) > 1:
            raise bad_value(
                "measure", name, "Hai cột của kết quả trùng tên; hãy bỏ một.",
                "Two columns of the answer would have this name; leave one out.",
            )  # fmt: skip


def statement(
    source: str, by: Sequence[Group], reckoned: Sequence[Measure], conditions: Sequence[Condition],
    sort: Sequence[tuple[str, bool]], zone: str, limit: int, offset: int,
) -> Statement:  # fmt: skip
    """Return the groups, each as one JSON text; groups that are level in the order follow by their own values."""
    values = filters.Values()
    where = filters.where(conditions, values)
    cells = [f"{group.key(zone)} AS {mark('k', n)}" for n, group in enumerate(by)]
    shared = any(group.bucket == UNIT for group in by)
    cells += [f"{measure.expression(shared)} AS {mark('m', n)}" for n, measure in enumerate(reckoned)]
    cells += [f"{units.ESTIMATED} AS {mark('estimated')}"] if shared else []
    places = {group.name: mark("k", n) for n, group in enumerate(by)}
    keys = list(places.values())
    places |= {measure.name: mark("m", n) for n, measure in enumerate(reckoned)}
    ways = [f"{places[name]} {'DESC' if descending else 'ASC'} NULLS LAST" for name, descending in sort]
    ways += [f"{key} ASC NULLS LAST" for key in keys]
    ordered = f" ORDER BY {', '.join(ways)}" if keys else ""
    grouped = f" GROUP BY {', '.join(keys)}" if keys else ""
    inner = f"SELECT {', '.join(cells)} FROM {source} WHERE {where}{grouped}{ordered} LIMIT {limit} OFFSET {offset}"
    pairs = [f"{engine.text(group.name)}, {given(group.kind, mark('k', n))}" for n, group in enumerate(by)]
    pairs += [
        f"{engine.text(measure.name)}, {measure.given(mark('m', n), shared)}" for n, measure in enumerate(reckoned)
    ]
    pairs += ["'estimated', \"#estimated\""] if shared else []
    return Statement(f"SELECT CAST(json_object({', '.join(pairs)}) AS VARCHAR) FROM ({inner})", values.bound)
