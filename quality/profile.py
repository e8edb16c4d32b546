"""The profile of an accepted set of rows: counts and summaries that later sets are held against.

Columns of a restricted or personal concept are only counted; no value of theirs, nor a summary of values, is kept.
"""

from collections.abc import Container, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, Self

from blueprint.concept import Classification
from blueprint.contract import Column, Contract
from blueprint.freshness import Freshness
from blueprint.load import Blueprint
from blueprint.sql import ident
from blueprint.types import NUMERIC
from quality.freshness import Group, Newest, moment_of, newest_expression, newest_of
from quality.masking import masked

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

DECILES = tuple(n / 10 for n in range(1, 10))
GROUPS = 10_000
"""More groups than this are not kept."""
_MEASURES = 30
_CODES = 1_000
_SAMPLE = 250_000
"""Deciles of more rows than this come from about as many, chosen by the hash of their key."""
_MEMORY = "1GB"


@dataclass(frozen=True)
class ColumnProfile:
    """One column of a set. ``values`` counts the cells that hold a value that can be compared, ``distinct`` is approximate.

    ``deciles``, ``mean``, ``deviation`` and ``constant`` are for numbers, ``codes`` counts rows per code.
    """

    concept: str
    filled: int
    distinct: int
    values: int = 0
    deciles: tuple[float, ...] = ()
    mean: float | None = None
    deviation: float | None = None
    constant: bool = False
    codes: Mapping[str, int] = field(default_factory=lambda: dict[str, int]())


@dataclass(frozen=True)
class Measure:
    """A column of numbers within one group."""

    values: int
    mean: float | None
    constant: bool


@dataclass(frozen=True)
class GroupProfile:
    """One group of a set: its rows, its newest moment where the contract names a column for it, and its numbers."""

    rows: int
    newest: datetime | None
    measures: Mapping[str, Measure]

    def measures_json(self) -> dict[str, Any]:
        return {name: asdict(m) for name, m in self.measures.items()}

    @classmethod
    def of(cls, rows: int, newest: str | None, measures: Mapping[str, dict[str, Any]]) -> Self:
        """What ``measures_json`` gave, with the moment by ISO 8601."""
        told = {name: Measure(**m) for name, m in measures.items()}
        return cls(rows, datetime.fromisoformat(newest) if newest else None, told)


@dataclass(frozen=True)
class Profile:
    """What an accepted set looked like. Columns go by their identity, so that a renamed column keeps its history."""

    rows: int
    columns: Mapping[str, ColumnProfile]
    by: tuple[str, ...] = ()
    groups: Mapping[Group, GroupProfile] = field(default_factory=lambda: dict[Group, GroupProfile]())
    newest: Newest | None = None

    def columns_json(self) -> dict[str, Any]:
        return {name: asdict(c) for name, c in self.columns.items()}

    def to_json(self) -> dict[str, Any]:
        """The profile as a JSON value, from which ``of`` makes it again."""
        groups = [
            [values, g.rows, g.newest and g.newest.isoformat(), g.measures_json()] for values, g in self.groups.items()
        ]
        newest = self.newest and [self.newest.at.isoformat(), self.newest.whole_days]
        return {"rows": self.rows, "columns": self.columns_json(), "by": self.by, "groups": groups, "newest": newest}

    @classmethod
    def of(cls, said: Mapping[str, Any]) -> Self:
        """What ``to_json`` gave."""
        groups = {tuple(values): GroupProfile.of(*told) for values, *told in said["groups"]}
        at, whole_days = said["newest"] or (None, None)
        newest = cls.newest_from(at, groups, whole_days=bool(whole_days))
        return cls(said["rows"], cls.columns_from(said["columns"]), tuple(said["by"]), groups, newest)

    @staticmethod
    def newest_from(at: str | None, groups: "Mapping[Group, GroupProfile]", *, whole_days: bool) -> Newest | None:
        """The newest moment ``at``, by ISO 8601, and those of the ``groups``."""
        moments = {values: g.newest for values, g in groups.items() if g.newest}
        return Newest(datetime.fromisoformat(at), moments or None, whole_days) if at else None

    @staticmethod
    def columns_from(content: Mapping[str, dict[str, Any]]) -> dict[str, ColumnProfile]:
        def plain(column: dict[str, Any]) -> dict[str, Any]:
            return {**column, "deciles": tuple(column["deciles"])}

        return {name: ColumnProfile(**plain(column)) for name, column in content.items()}


@dataclass(frozen=True)
class _Shape:
    """How each column of a contract is profiled."""

    column: Column
    concept: str
    number: bool
    coded: bool

    @classmethod
    def of(cls, contract: Contract, blueprint: Blueprint, column: Column, hidden: Container[str]) -> Self:
        concept = blueprint.concept_of(column)
        kept = column.name not in hidden and column.name not in (*contract.key, contract.partition)
        coded = concept.codelist is not None or concept.type == "boolean"
        number = concept.type in NUMERIC and not coded
        return cls(column, concept.ref, kept and number, kept and coded)

    @property
    def name(self) -> str:
        return ident(self.column.name)

    @property
    def number_sql(self) -> tuple[str, str]:
        """The column as a number, and whether it is one that sums can hold: neither NaN nor near the largest double."""
        value = f"CAST({self.name} AS DOUBLE)"
        return value, f"abs({value}) < 1e150"


def profile(
    con: "DuckDBPyConnection", contract: Contract, blueprint: Blueprint, relation: str, until: datetime
) -> Profile:
    """The profile of the rows of ``relation``, a DuckDB table expression with columns of ``contract``.

    One query reads the columns and one the groups, within 1 GB. ``until`` is the moment after which no row can be dated.
    The same rows give the same profile in whatever order they come, up to the last digits of means.
    """
    con.execute(f"SET memory_limit = '{_MEMORY}'")
    there = {str(name): str(kind) for name, kind, *_ in con.execute(f"DESCRIBE SELECT * FROM {relation}").fetchall()}
    hidden = masked(contract, blueprint)
    shapes = [_Shape.of(contract, blueprint, c, hidden) for c in contract.columns if c.name in there]
    (rows,) = con.execute(f"SELECT count(*) FROM {relation}").fetchone() or (0,)
    columns = _columns(con, shapes, relation, rows, [k for k in contract.key if k in there])
    stated = contract.freshness or Freshness()
    named = {s.column.name for s in shapes if blueprint.concept_of(s.column).classification is Classification.OPEN}
    by = stated.by if set(stated.by) <= named else ()
    dated = stated.column if stated.column in there else None
    groups = _groups(con, shapes, relation, by, (dated, there[dated]) if dated else None, until)
    newest = None
    if dated:
        moments = {values: g.newest for values, g in groups.items() if g.newest is not None}
        newest = newest_of(moments, there[dated] == "DATE", until, grouped=bool(by))
    if len(groups) > GROUPS or not by:
        by, groups = (), {}
        newest = Newest(newest.at, None, newest.whole_days) if newest else None
    return Profile(rows, columns, by, groups, newest)


def _columns(
    con: "DuckDBPyConnection", shapes: Iterable[_Shape], relation: str, rows: int, key: list[str]
) -> dict[str, ColumnProfile]:
    sampled = f"hash({', '.join(map(ident, key))}) % {-(-rows // _SAMPLE)} = 0" if key and rows > _SAMPLE else "true"
    asked: list[str] = []
    shapes = list(shapes)
    for shape in shapes:
        asked += [f"count({shape.name})", f"approx_count_distinct({shape.name})"]
        if shape.number:
            value, fits = shape.number_sql
            asked += [
                f"count(*) FILTER (WHERE {fits})",
                f"quantile_cont({value}, {list(DECILES)}) FILTER (WHERE {fits} AND {sampled})",
                f"avg({value}) FILTER (WHERE {fits})",
                f"stddev_pop({value}) FILTER (WHERE {fits})",
                f"min({value}) = max({value})",
            ]
        elif shape.coded:
            asked.append(f"histogram(CAST({shape.name} AS VARCHAR))")
    found = iter(con.execute(f"SELECT {', '.join(asked)} FROM {relation}").fetchone() or ()) if asked else iter(())
    profiles: dict[str, ColumnProfile] = {}
    for shape in shapes:
        filled, distinct = next(found), next(found)
        numbers: dict[str, Any] = {}
        if shape.number:
            values, deciles, mean, deviation, constant = (next(found) for _ in range(5))
            numbers = {
                "values": values,
                "deciles": tuple(map(_short, deciles or ())),
                "mean": _short(mean),
                "deviation": _short(deviation),
                "constant": bool(constant),
            }
        elif shape.coded:
            numbers = {"values": filled, "codes": _most(next(found) or {})}
        profiles[shape.column.identity] = ColumnProfile(shape.concept, filled, distinct, **numbers)
    return profiles


def _groups(
    con: "DuckDBPyConnection",
    shapes: Iterable[_Shape],
    relation: str,
    by: tuple[str, ...],
    dated: tuple[str, str] | None,
    until: datetime,
) -> dict[Group, GroupProfile]:
    measured = [s for s in shapes if s.number and s.column.name not in by][:_MEASURES] if by else []
    names = [f"CAST({ident(name)} AS VARCHAR)" for name in by]
    asked = [*names, "count(*)", newest_expression(*dated, until) if dated else "NULL"]
    for shape in measured:
        value, fits = shape.number_sql
        asked += [
            f"count(*) FILTER (WHERE {fits})",
            f"avg({value}) FILTER (WHERE {fits})",
            f"min({value}) = max({value})",
        ]
    grouped = f" GROUP BY {', '.join(names)} LIMIT {GROUPS + 1}" if by else ""
    groups: dict[Group, GroupProfile] = {}
    for row in con.execute(f"SELECT {', '.join(asked)} FROM {relation}{grouped}").fetchall():
        values, (rows, micros), rest = row[: len(by)], row[len(by) : len(by) + 2], row[len(by) + 2 :]
        measures = {
            s.column.identity: Measure(rest[3 * i], _short(rest[3 * i + 1]), bool(rest[3 * i + 2]))
            for i, s in enumerate(measured)
        }
        newest = moment_of(micros, dated[1]) if dated and micros is not None else None
        groups[tuple(values)] = GroupProfile(rows, newest, measures)
    return groups


def _most(codes: Mapping[str, int]) -> dict[str, int]:
    """The most frequent codes, in the order of their names."""
    kept = sorted(codes, key=lambda code: (-codes[code], code))[:_CODES]
    return {code: codes[code] for code in sorted(kept)}


def _short(number: float | None) -> Any:
    """Nine digits: sums of floating-point numbers differ in the last ones when threads meet in another order."""
    return None if number is None else float(f"{number:.9g}")
