"""What DuckDB says to the SQL of indicators over empty tables, before any data is there."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from blueprint.errors import BlueprintError
from blueprint.indicator import PERIOD, RATIO, VALUE, Indicator
from blueprint.lint_rules import At, Teller
from blueprint.load import Blueprint
from blueprint.problems import Problem
from blueprint.sql import ident
from blueprint.types import duckdb_type

if TYPE_CHECKING:
    import duckdb

_NUMBER = re.compile(r"(U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)|DOUBLE|FLOAT|DECIMAL\(\d+,\d+\))")
_CHANGING = re.compile(
    r"(?i)\b(now|today|current_date|current_time|current_timestamp|localtime|localtimestamp|random|uuid|gen_random_uuid"
    r"|nextval|setseed|tablesample|using\s+sample)\b"
)
"""What gives another answer tomorrow, though the data are the same."""
_QUOTED = re.compile(r"'(?:[^']|'')*'|--[^\n]*")


def tables(indicator: Indicator, plan: Blueprint) -> dict[str, dict[str, str]]:
    """The tables that the SQL of an indicator may read: each with its columns and their DuckDB types.

    >>> from blueprint import blueprint
    >>> tables(blueprint().indicator("ward-population-density"), blueprint())["wards"]["ward_code"]
    'VARCHAR'
    """
    found: dict[str, dict[str, str]] = {}
    for reads in indicator.datasets:
        contract = plan.read_contract(reads)
        found[reads.table] = {name: duckdb_type(plan.concept_of(contract.column(name))) for name in reads.columns}
    return found


def of_indicators(indicators: Iterable[Indicator], plan: Blueprint, at: At) -> Iterator[Problem]:
    """Findings in the SQL of ``indicators``; those that point at nothing are told elsewhere."""
    chosen = list(indicators)
    if not chosen:
        return
    import duckdb

    with duckdb.connect(config={"enable_external_access": "false", "threads": "1"}) as db:
        for indicator in chosen:
            try:
                read = tables(indicator, plan)
                groups = {g.name: duckdb_type(plan.concept(g.concept)) for g in indicator.groups}
            except (BlueprintError, KeyError):
                continue
            yield from _Prepared(indicator, read, groups, Teller(indicator, at), db).problems()


@dataclass
class _Prepared:
    """The SQL of one indicator as DuckDB sees it."""

    indicator: Indicator
    read: Mapping[str, Mapping[str, str]]
    groups: Mapping[str, str]
    tell: Teller
    db: "duckdb.DuckDBPyConnection"

    def problems(self) -> Iterator[Problem]:
        import duckdb

        self.tabulate()
        sql = self.indicator.sql
        try:
            kinds = [s.type for s in self.db.extract_statements(sql)]
            if kinds != [duckdb.StatementType.SELECT]:
                yield self.wrong("phải là đúng một câu lệnh SELECT.", "must be one SELECT statement and no other.")
                return
            described = self.db.execute(f"DESCRIBE {sql.strip().rstrip(';')}").fetchall()
        except duckdb.Error as error:
            told = str(error).partition("\n\nLINE")[0].replace("\n", " ")
            has = "; ".join(f"{table} ({', '.join(columns)})" for table, columns in self.read.items())
            yield self.wrong(
                f"DuckDB không nhận câu lệnh: {told} Các bảng: {has}.", f"DuckDB refuses it: {told} Tables: {has}."
            )
            return
        finally:
            for table in self.read:
                self.db.execute(f"DROP TABLE IF EXISTS {ident(table)}")
        yield from self.reading()
        yield from self.returning({str(name): str(kind) for name, kind, *_ in described}, len(described))

    def tabulate(self) -> None:
        for table, columns in self.read.items():
            listed = ", ".join(f"{ident(name)} {kind}" for name, kind in columns.items())
            self.db.execute(f"CREATE TEMP TABLE {ident(table)} ({listed})")

    def wrong(self, vi: str, en: str) -> Problem:
        return self.tell("sql", ["sql"], vi, en, self.indicator.sql)

    def reading(self) -> Iterator[Problem]:
        """Everything that is declared is read; the same data always give the same figures."""
        sql = _QUOTED.sub(" ", self.indicator.sql)
        for i, reads in enumerate(self.indicator.datasets):
            names = [reads.table, *reads.columns]
            if what := ", ".join(name for name in names if not re.search(rf"\b{name}\b", sql)):
                vi = f"khai báo nhưng SQL không đọc: {what}; hãy bỏ đi."
                en = f"is declared and the SQL does not read it: {what}; leave it out."
                yield self.tell("not-read", ["datasets", i, "columns"], vi, en, what)
        if found := _CHANGING.search(sql):
            vi = f"{found[0]}: cùng dữ liệu phải cho cùng số liệu; hãy lấy ngày từ dữ liệu."
            en = f"{found[0]}: the same data must give the same figures; take days from the data."
            yield self.tell("sql-changing", ["sql"], vi, en, found[0])

    def returning(self, came: Mapping[str, str], width: int) -> Iterator[Problem]:
        """The columns come by name, in order and in their types."""
        heads = [PERIOD, *self.groups]
        if width != len(came) or [*came] not in ([*heads, VALUE], [*heads, *RATIO]):
            wanted = f"{', '.join([*heads, VALUE])} / {', '.join([*heads, *RATIO])}"
            vi = f"các cột trả về phải lần lượt là {wanted}; đã nhận {', '.join(came)}."
            en = f"the columns returned must be {wanted}, in that order; they are {', '.join(came)}."
            yield self.tell("sql-columns", ["sql"], vi, en, ", ".join(came))
            return
        for name, kind in {PERIOD: "DATE", **self.groups}.items():
            if came[name] != kind:
                vi, en = (
                    f"cột {name} phải có kiểu {kind}; đã nhận {came[name]}.",
                    f"column {name} must be {kind}; it is {came[name]}.",
                )
                yield self.tell("sql-type", ["sql"], vi, en, came[name])
        for name in [*came][len(heads) :]:
            if not _NUMBER.fullmatch(came[name]):
                vi, en = (
                    f"cột {name} phải là số; đã nhận {came[name]}.",
                    f"column {name} must be a number; it is {came[name]}.",
                )
                yield self.tell("sql-type", ["sql"], vi, en, came[name])
        if self.indicator.per != 1 and VALUE in came:
            vi, en = "chỉ dùng với numerator và denominator.", "belongs to a numerator and a denominator."
            yield self.tell("per", ["per"], vi, en, self.indicator.per)
