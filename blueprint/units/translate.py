"""Moving a table from one era of administrative units to another: totals stay, what is estimated says so, nothing is lost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import TYPE_CHECKING, Any, get_args

from blueprint.load import Blueprint, blueprint
from blueprint.sql import ident
from blueprint.units import measures as quantities
from blueprint.units import sharing
from blueprint.units.coded import ZONE, Group, Task, check, detect, grouped, number_rows, problem_of
from blueprint.units.eras import Eras, eras
from blueprint.units.errors import CodesRefused, TableRefused
from blueprint.units.measures import Number
from blueprint.units.passages import By
from blueprint.units.report import Report, Total

if TYPE_CHECKING:
    import pyarrow as pa

_TOLERANCE = 1e-9
_SAME = "n.__hanoi_code IS NOT DISTINCT FROM p.__hanoi_code AND n.__hanoi_era IS NOT DISTINCT FROM p.__hanoi_era"


@dataclass(frozen=True)
class Translation:
    """The table in the units of another day, and what was done to it."""

    table: "pa.Table"
    report: Report


def translate(
    table: Any,
    column: str,
    from_date: date | None,
    to_date: date,
    weight: By = "population",
    measures: Sequence[str] | None = None,
    *,
    from_column: str | None = None,
    name_column: str | None = None,
    total: bool = False,
    keep_unknown: bool = False,
    pad: int | None = None,
    codelist: str | None = None,
    text: bool = False,
    plan: Blueprint | None = None,
) -> Translation:
    """Move ``table`` from the units of ``from_date`` to those of ``to_date``.

    The result has the columns of the table with the new code in ``column``, then ``<column>_former``, ``share`` (of the
    former unit, 0 to 1) and ``estimated`` (true where the unit was divided). A divided unit's row becomes one row for
    each part. Measures are shared out: whole numbers stay whole, by largest remainder within the row, and decimals
    keep their scale, so that sums are the same to the last digit; for doubles they are to 1e-9 of the sum of amounts.
    All other columns are copied.

    Parameters:
        table: an Arrow table, a DuckDB relation, or anything that offers the Arrow stream interface.
        column: the column of codes, text.
        from_date: the day by which the codes are read; ``None`` with ``from_column``.
        to_date: the day whose units are wanted; it may be earlier than ``from_date``.
        weight: ``population`` or ``area``, or ``equal`` for equal parts where nobody knows better.
        measures: the columns to share out; ``None`` for all numeric columns where none is in doubt, ``()`` for none.
        from_column: a column with each row's own day (date, timestamp, or text 2025-06-30).
        name_column: a column with the units' names, which is rewritten with the new names.
        total: sum the measures over rows that agree in all other columns; the former code and the share are left out.
        keep_unknown: keep rows whose code does not hold as they are and say why in the column ``problem``.
        pad: the length of codes whose leading zeros were lost, such as 5; they are put back.
        codelist: the list of codes; the one that most codes of the table belong to where it is ``None``.
        text: read text columns of plain numbers as numbers, as a CSV file needs.
        plan: the Blueprint whose lists and crosswalks are used; that of this repository where it is ``None``.

    Raises:
        CodesRefused: codes do not hold on their day; every one is told with its rows and its era.
        MeasuresUnclear: a numeric column may be a rate, a year, a coordinate or a code.
        SharesUnknown: a unit was divided and its shares by ``weight`` are not known.
        NoWay, DayOutside: the crosswalks do not reach.
        TableRefused: a column is missing, has the wrong type, or bears a name that the result needs.
    """
    import duckdb

    if weight not in get_args(By):
        raise TableRefused(
            f"weight là {weight!r}; được phép: {', '.join(get_args(By))}.",
            f"weight is {weight!r}; allowed: {', '.join(get_args(By))}.",
        )
    plan = plan or blueprint()
    task = Task(column, from_date, from_column, to_date, weight, name_column, total, keep_unknown, pad)
    source = _arrow(table)
    with duckdb.connect() as db:
        db.execute(f"SET TimeZone = '{ZONE}'")
        db.register("__hanoi_source", source)
        columns = {row[0]: row[1] for row in db.execute("DESCRIBE __hanoi_source").fetchall()}
        check(task, source.column_names, columns)
        number_rows(db, task, columns)
        chosen = eras(codelist or detect(db, plan), plan)
        return _translated(db, task, chosen, columns, measures, text=text)


def _translated(
    db: Any, task: Task, units: Eras, columns: Mapping[str, str], wanted: Sequence[str] | None, *, text: bool
) -> Translation:
    units.covered(task.to_date)
    if task.from_date:
        units.covered(task.from_date)
    fixed = {task.column, task.from_column, task.name_column}
    numeric = quantities.numbers(db, "__hanoi_rows", {n: t for n, t in columns.items() if n not in fixed}, text=text)
    groups = grouped(db, units)
    problems = tuple(p for group in groups if (p := problem_of(group, units, task)))
    if problems and not task.keep_unknown:
        raise CodesRefused(problems)
    chosen = quantities.choose(db, "__hanoi_rows", numeric, wanted)
    counts = _share_out(db, units, groups, task)
    _write(db, task, list(columns), chosen)
    result = db.sql(
        "SELECT * EXCLUDE (__hanoi_row, __hanoi_part) FROM __hanoi_result ORDER BY __hanoi_row, __hanoi_part"
    )
    days = {g.day for g in groups if g.day}
    passed = {p.ref: None for day in sorted(days) for p in units.between(day, task.to_date)}
    rows_in, padded = db.execute(
        "SELECT count(*), count_if(__hanoi_code <> __hanoi_given) FROM __hanoi_rows"
    ).fetchone()
    rows_out, estimated = db.execute("SELECT count(*), count_if(estimated) FROM __hanoi_result").fetchone()
    report = Report(
        codelist=units.codelist.ref,
        crosswalks=tuple(passed),
        from_date=task.from_date,
        from_column=task.from_column,
        to_date=task.to_date,
        weight=task.weight,
        rows_in=rows_in,
        rows_out=rows_out,
        rows_estimated=estimated,
        rows_kept=sum(p.count for p in problems),
        rows_padded=padded,
        totals=_totals(db, chosen),
        copied=tuple(name for name in numeric if name not in {m.name for m in chosen}),
        problems=problems,
        **counts,
    )
    return Translation(result.to_arrow_table(), report)


def _arrow(table: Any) -> "pa.Table":
    import pyarrow as pa

    if isinstance(table, pa.Table):
        return table
    return table.to_arrow_table() if hasattr(table, "to_arrow_table") else pa.table(table)


def _share_out(db: Any, units: Eras, groups: Sequence[Group], task: Task) -> dict[str, int]:
    """Write the table of parts, one row for each code, era and part; returns what the report counts."""
    import pyarrow as pa

    by_era: dict[int, list[Group]] = {}
    rows: list[tuple[Any, ...]] = []
    split: set[str] = set()
    whole: set[str] = set()
    empty = 0
    for group in groups:
        if problem := problem_of(group, units, task):
            rows.append((group.code, group.era, 0, None, 1, 1, 1.0, False, None, problem.kind, 1))
        elif group.era is not None:
            by_era.setdefault(group.era, []).append(group)
    for era, members in by_era.items():
        day = members[0].day
        codes = [g.code for g in members if g.code is not None]
        if day is None:
            continue
        for code, parts in units.parts(codes, day, task.to_date, task.weight).items():
            filled = [part for part in parts if part.share]
            empty += len(parts) - len(filled)
            (split if len(parts) > 1 else whole).add(f"{era} {code}")
            nums, den = sharing.ratios([part.share for part in filled])
            for i, (part, num) in enumerate(zip(filled, nums, strict=True)):
                name = units.lookup(part.code, task.to_date).vi
                rows.append((code, era, i, part.code, num, den, num / den, part.estimated, name, None, len(filled)))
    fields = [
        ("code", pa.string()), ("era", pa.int32()), ("part", pa.int32()), ("to", pa.string()), ("num", pa.int64()),
        ("den", pa.int64()), ("share", pa.float64()), ("estimated", pa.bool_()), ("name", pa.string()),
        ("problem", pa.string()), ("parts", pa.int32()),
    ]  # fmt: skip
    values = list(zip(*rows, strict=True)) or [()] * len(fields)
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(values, fields, strict=True)]
    db.register("__hanoi_arrow", pa.table(arrays, names=[f"__hanoi_{name}" for name, _ in fields]))
    db.execute("CREATE TEMP TABLE __hanoi_parts AS SELECT * FROM __hanoi_arrow")
    return {"units_whole": len(whole), "units_split": len(split), "parts_empty": empty}


def _fits(db: Any, measures: Sequence[Number]) -> dict[str, str]:
    """The integer type that shares out each measure exactly; amounts that 128 bits cannot are refused."""
    den = db.execute("SELECT coalesce(max(__hanoi_den), 1) FROM __hanoi_parts").fetchone()[0]
    found: dict[str, str] = {}
    for number in measures:
        if number.form == "double":
            continue
        sql = f"SELECT CAST(max(abs({sharing.units_of(number)})) AS VARCHAR) FROM __hanoi_rows"
        most = int(db.execute(sql).fetchone()[0] or 0) * den
        if most >= 2**127:
            raise TableRefused(
                f"Cột {number.name!r} có số quá lớn để chia chính xác; hãy dùng đơn vị lớn hơn hoặc kiểu double.",
                f"The column {number.name!r} has numbers too large to share out exactly; use a larger unit or doubles.",
            )
        found[number.name] = "BIGINT" if most < 2**63 else "HUGEINT"
    return found


def _write(db: Any, task: Task, columns: Sequence[str], measures: Sequence[Number]) -> None:
    shared = {number.name: number for number in measures}
    parts = "p.__hanoi_part, p.__hanoi_num, p.__hanoi_den"
    several = f"SELECT n.*, {parts} FROM __hanoi_rows n JOIN __hanoi_parts p ON {_SAME} WHERE p.__hanoi_parts > 1"
    db.execute(f"CREATE TEMP TABLE __hanoi_split AS {sharing.split(f'({several})', measures, _fits(db, measures))}")
    out = []
    for name in columns:
        quoted = ident(name)
        if name == task.column:
            out.append(f"CASE WHEN p.__hanoi_problem IS NULL THEN p.__hanoi_to ELSE n.__hanoi_given END AS {quoted}")
        elif name == task.name_column:
            out.append(f"CASE WHEN p.__hanoi_problem IS NULL THEN p.__hanoi_name ELSE n.{quoted} END AS {quoted}")
        elif name in shared:
            number = shared[name]
            whole = f"CAST(n.{quoted} AS {number.type})"
            out.append(f"CASE WHEN p.__hanoi_parts > 1 THEN s.{quoted} ELSE {whole} END AS {quoted}")
        else:
            out.append(f"n.{quoted}")
    former = ident(f"{task.column}_former")
    out += [
        f"coalesce(CASE WHEN p.__hanoi_problem IS NULL THEN n.__hanoi_code END, n.__hanoi_given) AS {former}",
        "p.__hanoi_share AS share",
        "p.__hanoi_estimated AS estimated",
    ]
    out += ["p.__hanoi_problem AS problem"] if task.keep_unknown else []
    rows = (
        f"SELECT n.__hanoi_row, p.__hanoi_part, {', '.join(out)} FROM __hanoi_rows n JOIN __hanoi_parts p ON {_SAME} "
        f"LEFT JOIN __hanoi_split s ON s.__hanoi_row = n.__hanoi_row AND s.__hanoi_part = p.__hanoi_part"
    )
    if task.total:
        rows = _summed(rows, task, columns, shared)
    db.execute(f"CREATE TEMP TABLE __hanoi_result AS {rows}")


def _summed(rows: str, task: Task, columns: Sequence[str], shared: Mapping[str, Number]) -> str:
    kept = [ident(n) for n in columns if n not in shared] + (["problem"] if task.keep_unknown else [])
    out = []
    for name in columns:
        quoted = ident(name)
        number = shared.get(name)
        if number is None:
            out.append(quoted)
        elif number.form == "double":
            out.append(f"fsum({quoted} ORDER BY __hanoi_row, __hanoi_part) AS {quoted}")
        else:
            kind = "BIGINT" if number.form == "whole" else f"DECIMAL(38,{number.scale})"
            out.append(f"CAST(sum({quoted}) AS {kind}) AS {quoted}")
    out += ["bool_or(estimated) AS estimated"] + (["problem"] if task.keep_unknown else [])
    order = "min(__hanoi_row) AS __hanoi_row, arg_min(__hanoi_part, __hanoi_row) AS __hanoi_part"
    return f"SELECT {order}, {', '.join(out)} FROM ({rows}) GROUP BY {', '.join(kept)}"


def _totals(db: Any, measures: Sequence[Number]) -> tuple[Total, ...]:
    found = []
    for number in measures:
        before = _sum(db, "__hanoi_rows", number.typed, number)
        after = _sum(db, "__hanoi_result", ident(number.name), number)
        if number.form != "double":
            same = before == after
        else:
            finite = f"CASE WHEN isfinite({number.typed}) THEN abs({number.typed}) ELSE 0 END"
            amount = db.execute(f"SELECT coalesce(sum({finite}), 0) FROM __hanoi_rows").fetchone()[0]
            same = _close(before, after, _TOLERANCE * amount)
        if not same:
            raise AssertionError(f"{number.name}: {before} before and {after} after; nothing is written")
        found.append(Total(number.name, before, after))
    return tuple(found)


def _close(before: Any, after: Any, most: float) -> bool:
    """Whether two sums of doubles agree; one that is infinite or no number agrees with another such."""
    if before is None or after is None:
        return before is after
    if not isfinite(before) or not isfinite(after):
        return not (isfinite(before) or isfinite(after)) or not isfinite(most)
    return abs(before - after) <= most


def _sum(db: Any, table: str, expression: str, number: Number) -> int | Decimal | float | None:
    if number.form == "double":
        return db.execute(f"SELECT fsum({expression}) FROM {table}").fetchone()[0]
    told = db.execute(f"SELECT CAST(sum({expression}) AS VARCHAR) FROM {table}").fetchone()[0]
    if told is None:
        return None
    return int(told) if number.form == "whole" else Decimal(told)
