"""Indicators computed from the lake: their SQL over one version of each dataset, and what is checked of the figures."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from blueprint.concept import Concept
from blueprint.indicator import PERIOD, RATIO, VALUE, Indicator, Period, Reads, last_day
from blueprint.load import Blueprint
from blueprint.sql import ident, literal
from blueprint.types import duckdb_type
from lake.errors import FigureRefused, NothingToCompute

if TYPE_CHECKING:
    import pyarrow as pa
    from duckdb import DuckDBPyConnection

    from lake.store import Lake
    from lake.version import Version

_BEGINS: Mapping[Period, str] = {
    "day": "period",
    "month": "date_trunc('month', period)",
    "quarter": "date_trunc('quarter', period)",
    "half-year": "make_date(year(period), if(month(period) <= 6, 1, 7), 1)",
    "year": "date_trunc('year', period)",
}


@dataclass(frozen=True)
class Figures:
    """The figures of an indicator, and the versions of the datasets that they were computed from.

    ``table`` has a row for each period and group: ``period`` is its first day and ``until`` its last, then the groups, the
    ``numerator`` and ``denominator`` where the indicator has them, and the ``value``, which is null where the denominator is 0.
    """

    indicator: Indicator
    value: Concept
    classification: str
    versions: "tuple[Version, ...]"
    table: "pa.Table"

    def to_json(self) -> dict[str, Any]:
        return {
            "indicator": self.indicator.ref,
            "title": self.indicator.title.model_dump(),
            "value": self.value.ref,
            "unit": self.value.unit,
            "period": self.indicator.period,
            "classification": self.classification,
            "computed_from": [
                {"dataset": v.dataset, "version": v.id, "contract": v.contract, "simulated": v.simulated}
                for v in self.versions
            ],
            "figures": self.table.to_pylist(),
        }


def compute(lake: "Lake", indicator: Indicator, plan: Blueprint, versions: Mapping[str, str] | None = None) -> Figures:
    """The figures of ``indicator`` in ``lake``.

    ``versions`` names the version of a dataset to read; where it names none, the newest one under the major that the
    indicator reads. The SQL sees the columns that the indicator declares and no file beside theirs, so that the same versions
    always give the same figures.

    Raises NothingToCompute where a dataset has no version to read, UnknownVersion for one that is not there, and FigureRefused
    where a figure breaks what the indicator promises.
    """
    import duckdb

    from lake.sql import connection

    chosen = {reads.table: _version(lake, reads, versions or {}) for reads in indicator.datasets}
    selects = {reads.table: lake.select(chosen[reads.table], reads.columns) for reads in indicator.datasets}
    files = [file for version in chosen.values() for file in lake.files(version)]
    value = plan.concept(indicator.value)
    spill = lake.root / "spill" / f"{indicator.indicator}--indicator-{os.getpid()}"
    with connection(spill) as con:
        try:
            for table, rows in selects.items():
                con.execute(f"CREATE TEMP VIEW {ident(table)} AS {rows}")
            con.execute(f"SET allowed_paths = [{', '.join(literal(str(file)) for file in files)}]")
            con.execute("SET enable_external_access = false")
            con.execute("SET lock_configuration = true")
            con.execute(f"CREATE TEMP TABLE figures AS {_query(con, indicator, value)}")
            _check(con, indicator, value)
        except duckdb.Error as error:
            raise FigureRefused.by_engine(indicator.ref, str(error)) from error
        order = ", ".join([PERIOD, *(ident(g.name) for g in indicator.groups)])
        table = con.execute(f"SELECT * FROM figures ORDER BY {order}").to_arrow_table()
    return Figures(
        indicator, value, plan.classification(indicator).value, tuple(chosen.values()), _with_end(table, indicator)
    )


def _version(lake: "Lake", reads: Reads, versions: Mapping[str, str]) -> "Version":
    if reads.dataset in versions:
        return lake.version(reads.dataset, versions[reads.dataset])
    for version in reversed(lake.versions(reads.dataset)):
        if version.contract.rpartition("@")[2].startswith(f"{reads.major}."):
            return version
    raise NothingToCompute(reads.dataset, reads.major)


def _query(con: "DuckDBPyConnection", indicator: Indicator, value: Concept) -> str:
    told = f"({indicator.sql.strip().rstrip(';')}\n)"
    returned = [str(name) for name, *_ in con.execute(f"DESCRIBE {told}").fetchall()]
    kind = duckdb_type(value)
    figure = ident(VALUE)
    if {*RATIO} <= {*returned}:
        figure = f"CAST(numerator AS DOUBLE) * {indicator.per} / nullif(CAST(denominator AS DOUBLE), 0)"
    kept = ", ".join(ident(name) for name in returned if name != VALUE)
    return f"SELECT {kept}, CAST({figure} AS {kind}) AS {VALUE} FROM {told}"


def _check(con: "DuckDBPyConnection", indicator: Indicator, value: Concept) -> None:
    """Refuse figures that are told twice, of a period that does not begin when periods do, or outside of their concept."""
    groups = [ident(g.name) for g in indicator.groups]
    heads = ", ".join([PERIOD, *groups])
    outside = [f"value < {literal(value.minimum)}"] if value.minimum is not None else []
    outside += [f"value > {literal(value.maximum)}"] if value.maximum is not None else []
    cases = {
        "period": f"period IS NULL OR period <> {_BEGINS[indicator.period]}",
        "group": " OR ".join(f"{name} IS NULL" for name in groups) or "false",
        "twice": f"count(*) OVER (PARTITION BY {heads}) > 1",
        "range": " OR ".join([*outside, "isnan(CAST(value AS DOUBLE))"]),
    }
    whens = " ".join(f"WHEN {condition} THEN {literal(why)}" for why, condition in cases.items())
    shown = ", ".join(f"CAST({name} AS VARCHAR)" for name in (PERIOD, *groups, VALUE))
    found = con.execute(
        f"SELECT why, {shown} FROM (SELECT *, CASE {whens} END AS why FROM figures) WHERE why IS NOT NULL LIMIT 1"
    ).fetchone()
    if found:
        raise FigureRefused.by_rule(indicator.ref, str(found[0]), ", ".join(map(str, found[1:])))


def _with_end(table: "pa.Table", indicator: Indicator) -> "pa.Table":
    import pyarrow as pa

    days = [last_day(first, indicator.period) for first in table.column(PERIOD).to_pylist()]
    return table.add_column(1, "until", pa.array(days, pa.date32()))
