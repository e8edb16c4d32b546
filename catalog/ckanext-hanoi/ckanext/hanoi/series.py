"""The time series of a table: chosen from its data dictionary, averaged to as many points as a chart can show."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ckanext.hanoi_datastore import backend, engine
from ckanext.hanoi_datastore import held as holding
from ckanext.hanoi_search.text import sort_key

if TYPE_CHECKING:
    from collections.abc import Mapping

    import duckdb

    from ckanext.hanoi_datastore.table import Table

    from .columns import Column

LINES = 8
"""Lines that one chart shows; more of them cannot be told apart."""
POINTS = 240
"""Points of a line; more of them are averaged."""
CHOICES = 300
"""Values of a column that a reader may choose from."""
_SECONDS = 8.0
_UNITS = ("hour", "day", "week", "month", "quarter", "year")
# Places and ranks are numbers that nobody wants averaged over time.
NO_MEASURES = frozenset({"latitude", "longitude", "year", "rank", "month-of-year", "hour-of-day", "identifier"})
_HOME = ("Hà Nội", "Thành phố Hà Nội", "Hanoi", "Hà Nội City")
_ZONE = "'Asia/Ho_Chi_Minh'"


@dataclass(frozen=True)
class Choice:
    """A column of which the chart shows one value: its name in the address, and the values to choose from."""

    column: Column
    values: list[tuple[str, str]]
    chosen: str


@dataclass(frozen=True)
class Series:
    """Lines of one measure over time.

    `lines` hold a label and a value for each of `times` (ISO texts), None where there is none; `averaged` names the span over
    which values were averaged, nothing where each is as published.
    """

    time: Column
    measure: Column
    measures: list[Column]
    choices: list[Choice]
    times: list[str] = field(default_factory=list)
    lines: list[tuple[str, list[float | None]]] = field(default_factory=list)
    averaged: str = ""


def suited(columns: list[Column]) -> tuple[Column, list[Column], list[Column]] | None:
    """Return time, measures and what tells lines apart, where the columns are a time series; None where they are not.

    The time is a column of the key, a moment or a year; the other columns of the key tell lines apart.
    """
    key = [column for column in columns if column.key]
    times = [c for c in key if c.form in ("moment", "date", "local")] or [c for c in key if c.concept_name == "year"]
    measures = [
        c for c in columns
        if not c.key and not c.codes and c.numeric and c.concept_name not in NO_MEASURES
        and (c.form == "number" or c.unit)
    ]  # fmt: skip
    if not times or not measures:
        return None
    return times[0], measures, [c for c in key if c != times[0]]


def read(table: Table, columns: list[Column], args: Mapping[str, str]) -> Series | None:
    """Return the lines that `measure` and `c_<column>` of an address ask for; None where there is nothing to draw.

    :raises duckdb.Error, engine.TookTooLong: the file cannot be read, or not in time
    """
    found = suited(columns)
    if found is None:
        return None
    time, measures, groups = found
    measure = next((m for m in measures if m.name == args.get("measure")), measures[0])
    cache = backend.cache()
    room = table.cursor(cache)
    with closing(room), engine.deadline(room, _SECONDS):
        table = holding.held(room, table, cache)
        choices, free = _choices(room, table, groups, args)
        return None if choices is None else _lines(room, table, Series(time, measure, measures, choices), free)


def _choices(
    room: duckdb.DuckDBPyConnection, table: Table, groups: list[Column], args: Mapping[str, str]
) -> tuple[list[Choice] | None, list[Column]]:
    """Return what a reader chooses one value of, and the columns whose values are all shown as lines."""
    choices, free, lines = [], [], 1
    for column in groups:
        name = engine.identifier(column.name)
        rows = engine.fetch(
            room,
            f"SELECT CAST({name} AS VARCHAR) AS value, count(*) FROM {table.relation} WHERE {name} IS NOT NULL "
            f"GROUP BY 1 ORDER BY 1 LIMIT {CHOICES + 1}",
        )
        if len(rows) > CHOICES:
            return None, []
        if lines * max(1, len(rows)) <= LINES:
            lines *= max(1, len(rows))
            free.append(column)
            continue
        values = sorted(
            ((str(row[0]), column.label(row[0]) or str(row[0])) for row in rows), key=lambda pair: sort_key(pair[1])
        )
        choices.append(Choice(column, values, _chosen(values, args.get(f"c_{column.name}", ""))))
    return choices, free


def _chosen(values: list[tuple[str, str]], asked: str) -> str:
    if any(value == asked for value, _ in values):
        return asked
    return next((value for value, label in values if label in _HOME), values[0][0])


def _lines(room: duckdb.DuckDBPyConnection, table: Table, series: Series, free: list[Column]) -> Series | None:
    values: dict[str, Any] = {f"v{n}": choice.chosen for n, choice in enumerate(series.choices)}
    where = [f"CAST({engine.identifier(c.column.name)} AS VARCHAR) = $v{n}" for n, c in enumerate(series.choices)]
    measure = engine.identifier(series.measure.name)
    where += [f"{measure} IS NOT NULL", f"{engine.identifier(series.time.name)} IS NOT NULL"]
    rows = f"FROM {table.relation} WHERE {' AND '.join(where)}"
    moment = _moment(series.time)
    span = _span(room, f"SELECT count(DISTINCT {moment}), min({moment}), max({moment}) {rows}", values, series.time)
    if span is None:
        return None
    at = f"date_trunc('{span}', {moment})" if span else moment
    group = " || ' · ' || ".join(f"CAST({engine.identifier(c.name)} AS VARCHAR)" for c in free) or "''"
    parts = ", ".join(f"any_value(CAST({engine.identifier(c.name)} AS VARCHAR))" for c in free)
    found = engine.fetch(
        room,
        f"SELECT {group} AS line, CAST({at} AS VARCHAR) AS at, CAST(avg({measure}) AS DOUBLE){', ' if parts else ''}{parts} "
        f"{rows} AND isfinite(CAST({measure} AS DOUBLE)) GROUP BY 1, 2 ORDER BY 2, 1 LIMIT {LINES * (POINTS + 10)}",
        values,
    )
    times = list(dict.fromkeys(row[1] for row in found))
    lines: dict[str, tuple[str, dict[str, float]]] = {}
    for name, when, value, *said in found:
        label = " · ".join(c.label(each) or str(each) for c, each in zip(free, said, strict=True))
        lines.setdefault(name, (label, {}))[1][when] = value
    if not lines or len(times) < 2:
        return None
    drawn = [(label, [at.get(when) for when in times]) for label, at in itertools.islice(lines.values(), LINES)]
    return Series(series.time, series.measure, series.measures, series.choices, times, drawn, span)


def _moment(time: Column) -> str:
    name = engine.identifier(time.name)
    if time.form == "moment":
        return f"({name} AT TIME ZONE {_ZONE})"
    if time.form in ("date", "local"):
        return f"CAST({name} AS TIMESTAMP)"
    return f"make_timestamp(CAST({name} AS BIGINT), 1, 1, 0, 0, 0)"


def _span(room: duckdb.DuckDBPyConnection, sql: str, values: dict[str, Any], time: Column) -> str | None:
    """Return the span to average over: nothing where there are few moments already, None where there are no rows."""
    moments, first, last = engine.fetch(room, sql, values)[0]
    if not moments:
        return None
    if moments <= POINTS or time.form == "plain":
        return ""
    hours = (last - first).total_seconds() / 3600
    lasting = {"hour": 1, "day": 24, "week": 168, "month": 730, "quarter": 2190, "year": 8760}
    return next((unit for unit in _UNITS if hours / lasting[unit] <= POINTS), "year")
