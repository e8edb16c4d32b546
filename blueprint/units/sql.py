"""Units and crosswalks as DuckDB tables and macros, and as Parquet files for use outside Python."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

from blueprint.load import Blueprint, blueprint
from blueprint.units.eras import WARDS, Eras, eras, unit_lists
from blueprint.units.errors import FileRefused, NoWay, SharesUnknown
from blueprint.units.passages import By

if TYPE_CHECKING:
    import pyarrow as pa

TABLES = ("hanoi_units", "hanoi_crosswalk", "hanoi_unit_shares")
_WEIGHTS: tuple[By, ...] = ("population", "area")
_LAST = date.max

# Parameters of macros bear other names than columns, for a column would hide them.
MACROS = (
    f"""hanoi_unit_name(unit_code, on_day, in_list := '{WARDS}') AS (
        SELECT any_value(u.vi) FROM hanoi_units u
        WHERE u.list = in_list AND u.code = unit_code AND on_day >= u.valid_from AND on_day <= coalesce(u.valid_to, DATE '9999-12-31'))""",
    f"""hanoi_unit_holds(unit_code, on_day, in_list := '{WARDS}') AS (
        SELECT count(*) > 0 FROM hanoi_units u
        WHERE u.list = in_list AND u.code = unit_code AND on_day >= u.valid_from AND on_day <= coalesce(u.valid_to, DATE '9999-12-31'))""",
    f"""hanoi_units_on(on_day, in_list := '{WARDS}') AS TABLE
        SELECT * FROM hanoi_units u
        WHERE u.list = in_list AND on_day >= u.valid_from AND on_day <= coalesce(u.valid_to, DATE '9999-12-31')
        ORDER BY u.code""",
    f"""hanoi_translate(source_table, code_column, from_day, to_day, by_weight := 'population', in_list := '{WARDS}') AS TABLE
        SELECT t.* EXCLUDE (__hanoi_code), s.new_code AS unit_code, hanoi_unit_name(s.new_code, to_day, in_list := in_list) AS unit_name,
               s.share, coalesce(s.estimated, false) AS estimated,
               CASE WHEN t.__hanoi_code IS NULL THEN 'empty'
                    WHEN NOT hanoi_unit_holds(t.__hanoi_code, from_day, in_list := in_list) THEN 'wrong-era-or-unknown'
                    WHEN s.new_code IS NULL THEN 'no-crosswalk'
                    WHEN s.share IS NULL THEN 'share-unknown' END AS problem
        FROM (SELECT *, COLUMNS(lambda c: c = code_column) AS __hanoi_code FROM query_table(source_table)) t
        LEFT JOIN (SELECT * FROM hanoi_unit_shares WHERE list = in_list AND weight = by_weight
                   AND from_day >= from_first AND from_day <= from_last AND to_day >= to_first AND to_day <= to_last) s
        ON s.old_code = t.__hanoi_code""",
)


def register(connection: Any, plan: Blueprint | None = None) -> None:
    """Create the tables ``hanoi_units``, ``hanoi_crosswalk``, ``hanoi_unit_shares`` and the macros in a DuckDB connection.

    The macros are ``hanoi_unit_name(code, day)``, ``hanoi_unit_holds(code, day)``, ``hanoi_units_on(day)`` and
    ``hanoi_translate(table, code_column, from_day, to_day, by_weight := 'population')``, each with ``in_list``. The last
    gives each row once for each part with ``unit_code``, ``unit_name``, ``share``, ``estimated`` and ``problem``, which
    is null where all is well; rows whose code does not hold are kept. Quantities are multiplied by ``share``; exact
    whole numbers are what :func:`blueprint.units.translate` is for. What is there under these names is replaced.

    >>> import duckdb
    >>> db = duckdb.connect()
    >>> register(db)
    >>> db.sql("SELECT hanoi_unit_name('00004', DATE '2025-07-01')").fetchone()
    ('Phường Ba Đình',)
    """
    for name, table in tables(plan or blueprint()).items():
        connection.register("__hanoi_table", table)
        connection.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM __hanoi_table")
        connection.unregister("__hanoi_table")
    for macro in MACROS:
        connection.execute(f"CREATE OR REPLACE MACRO {macro}")


def export(folder: Path, plan: Blueprint | None = None) -> tuple[Path, ...]:
    """Write the tables as Parquet files into ``folder``, which is made if need be; each appears whole or not at all."""
    import pyarrow.parquet as pq

    written = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables(plan or blueprint()).items():
            path = folder / f"{name}.parquet"
            part = folder / f".{name}.{token_hex(6)}.part"
            try:
                pq.write_table(table, part)
                part.replace(path)
            finally:
                part.unlink(missing_ok=True)
            written.append(path)
    except OSError as error:
        raise FileRefused(f"Không ghi được vào {folder}: {error}.", f"Cannot write into {folder}: {error}.") from error
    return tuple(written)


def tables(plan: Blueprint) -> dict[str, "pa.Table"]:
    """The units, the crosswalks and the shares between all eras of every list of units, as Arrow tables."""
    import pyarrow as pa

    text, day, share = pa.string(), pa.date32(), pa.decimal128(20, 18)
    every = [eras(name, plan) for name in unit_lists(plan)]
    return {
        "hanoi_units": _table(
            [("list", text), ("code", text), ("vi", text), ("en", text), ("valid_from", day), ("valid_to", day),
             ("legal_basis", text), ("successor", text), ("level", text), ("area_km2", pa.float64()), ("population", pa.int64())],
            [row for units in every for row in _units(units)],
        ),
        "hanoi_crosswalk": _table(
            [("list", text), ("crosswalk", text), ("former", day), ("present", day), ("old_code", text), ("new_code", text),
             ("relation", text), ("area_weight", share), ("population_weight", share), ("weight_basis", text),
             ("legal_basis", text)],
            [
                (w.codelist, w.ref, w.former, w.present, p.old_code, p.new_code, p.relation, p.area_weight,
                 p.population_weight, p.weight_basis, p.legal_basis)
                for w in sorted(plan.crosswalks.values(), key=lambda w: (w.codelist, w.former))
                for p in w.pairs
            ],
        ),
        "hanoi_unit_shares": _table(
            [("list", text), ("weight", text), ("from_first", day), ("from_last", day), ("to_first", day), ("to_last", day),
             ("old_code", text), ("new_code", text), ("share", pa.float64()), ("estimated", pa.bool_())],
            [row for units in every for row in _shares(units)],
        ),
    }  # fmt: skip


def _table(fields: Sequence[tuple[str, Any]], rows: Sequence[tuple[Any, ...]]) -> "pa.Table":
    import pyarrow as pa

    values = list(zip(*rows, strict=True)) or [()] * len(fields)
    arrays = [pa.array(column, kind) for column, (_, kind) in zip(values, fields, strict=True)]
    return pa.table(arrays, names=[name for name, _ in fields])


def _units(units: Eras) -> Iterator[tuple[Any, ...]]:
    for e in sorted(units.codelist.entries, key=lambda e: (e.code, e.valid_from)):
        area, people = e.attributes.get("area_km2"), e.attributes.get("population")
        yield (
            units.codelist.codelist, e.code, e.vi, e.en, e.valid_from, e.valid_to, e.legal_basis, " ".join(e.successor) or None,
            e.attributes.get("level"), float(area) if area else None, int(people) if people else None,
        )  # fmt: skip


def _shares(units: Eras) -> Iterator[tuple[Any, ...]]:
    """The shares from every era to every other and to itself; the share is null where nobody knows it."""
    spans = [
        (first, (units.days[i + 1] - timedelta(days=1)) if i + 1 < len(units.days) else _LAST)
        for i, first in enumerate(units.days)
    ]
    for weight in _WEIGHTS:
        for start, end in spans:
            codes = [e.code for e in units.codelist.entries if e.holds_on(start)]
            for first, last in spans:
                for code in codes:
                    for to, share, estimated in _parts(units, code, start, first, weight):
                        yield (units.codelist.codelist, weight, start, end, first, last, code, to, share, estimated)


def _parts(units: Eras, code: str, start: date, first: date, weight: By) -> list[tuple[str, float | None, bool]]:
    try:
        return [
            (p.code, float(p.share), p.estimated) for p in units.parts([code], start, first, weight)[code] if p.share
        ]
    except SharesUnknown:
        equal = units.parts([code], start, first, "equal")[code]
        return [(p.code, None, True) for p in equal]
    except NoWay:
        return []
