"""Conform: a delivery and its contract become typed, accepted rows and quarantined rows. Rows in = accepted + quarantined."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Blueprint, Contract
from blueprint.rules import RowRule, row_rules, type_rule
from blueprint.sql import ident, literal
from dags.errors import DeliveryEmpty
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.rows import RowCount, SourceRow, rows
from dags.steps.casting import cast
from lake.folders import private_folder

if TYPE_CHECKING:
    import duckdb

_PLACE = ("_id", "_file", "_sheet", "_row", "_received", "_width_fits")
_BATCH = 50_000
ROW_WIDTH = "row-width"


@dataclass(frozen=True)
class Conformed:
    """What conforming a delivery gave: two Parquet files and the counts. ``rules`` counts quarantined rows per rule."""

    dataset: str
    contract: str
    delivery: str
    accepted: str
    quarantined: str
    rows_in: int
    rows_accepted: int
    rows_quarantined: int
    rows_out_of_scope: int
    rules: dict[str, int]
    simulated: bool


def conform(
    contract: Contract,
    blueprint: Blueprint,
    delivery: Delivery,
    store: DeliveryStore,
    out: Path,
    *,
    max_rows: int = 20_000_000,
) -> Conformed:
    """Read ``delivery`` by ``contract`` and write ``accepted.parquet`` and ``quarantined.parquet`` into ``out``.

    A row is quarantined when its width differs from the header, a cell is not of its type, a rule of severity ``error``
    refuses it, or another row bears its key: of rows that agree wholly the first is accepted, of rows that contradict
    each other none is. Each quarantined row keeps its file, sheet, row number, text as received and all its rule ids.

    Raises:
        DeliveryError: the file as a whole cannot be read; nothing is written.
    """
    import duckdb

    private_folder(out)
    count = RowCount()
    with duckdb.connect() as db:
        db.execute("SET TimeZone = 'UTC'")
        _load(db, contract, rows(contract, delivery, store, count, max_rows))
        if count.rows == 0:
            raise DeliveryEmpty(
                f"{contract.dataset}: không có dòng nào thuộc bộ dữ liệu này trong tệp gửi đến.",
                f"{contract.dataset}: no row of the delivery belongs to this dataset.",
            )
        _type(db, contract, blueprint)
        _label(db, contract, blueprint)
        accepted, quarantined = out / "accepted.parquet", out / "quarantined.parquet"
        _write(db, contract, delivery, accepted, quarantined, count.headers)
        (rows_accepted, rows_quarantined), rules = _counts(db)
    return Conformed(
        dataset=contract.dataset,
        contract=contract.ref,
        delivery=delivery.id,
        accepted=str(accepted),
        quarantined=str(quarantined),
        rows_in=count.rows,
        rows_accepted=rows_accepted,
        rows_quarantined=rows_quarantined,
        rows_out_of_scope=count.out_of_scope,
        rules=rules,
        simulated=delivery.simulated,
    )


def _load(db: "duckdb.DuckDBPyConnection", contract: Contract, source_rows: Iterator[SourceRow]) -> None:
    import pyarrow as pa

    names = [c.name for c in contract.columns]
    kinds: dict[str, Any] = {"_file": pa.string(), "_sheet": pa.string(), "_row": pa.int64(), "_received": pa.string()}
    schema = pa.schema(
        [*((n, pa.string()) for n in names), ("_id", pa.int64()), *kinds.items(), ("_width_fits", pa.bool_())]
    )
    db.register("empty", schema.empty_table())
    db.execute("CREATE TABLE source_rows AS FROM empty")
    loaded = 0
    while batch := list(itertools.islice(source_rows, _BATCH)):
        columns = [[row.cells[i] for row in batch] for i in range(len(names))]
        places = [
            list(range(loaded, loaded + len(batch))),
            *([getattr(row, n.removeprefix("_")) for row in batch] for n in _PLACE[1:]),
        ]
        loaded += len(batch)
        arrays = [pa.array(values, type=field.type) for values, field in zip([*columns, *places], schema, strict=True)]
        db.register("batch", pa.Table.from_arrays(arrays, schema=schema))
        db.execute("INSERT INTO source_rows FROM batch")
        db.unregister("batch")


def _type(db: "duckdb.DuckDBPyConnection", contract: Contract, blueprint: Blueprint) -> None:
    typed = ", ".join(f"{cast(c, blueprint.concept_of(c))} AS {ident(c.name)}" for c in contract.columns)
    failures = ", ".join(
        f"CASE WHEN s.{ident(c.name)} IS NOT NULL AND t.{ident(c.name)} IS NULL THEN {literal(type_rule(c.name))} END"
        for c in contract.columns
    )
    db.execute(f"CREATE TABLE typed AS SELECT {typed}, {', '.join(_PLACE)} FROM source_rows")
    width = f"CASE WHEN NOT t._width_fits THEN {literal(ROW_WIDTH)} END"
    db.execute(
        f"CREATE TABLE type_failures AS SELECT t._id, [{width}, {failures}] AS rules "
        "FROM typed t JOIN source_rows s USING (_id)"
    )


def _label(db: "duckdb.DuckDBPyConnection", contract: Contract, blueprint: Blueprint) -> None:
    """One label list per row: first types and rules of the row itself, then keys among the rows that are still good."""
    rules = row_rules(contract, blueprint)
    refused = [_unless(_good(r), r.id) for r in rules if r.severity == "error"] or ["NULL"]
    warned = [_unless(r.good, r.id) for r in rules if r.severity == "warning"] or ["NULL"]
    db.execute(
        f"CREATE TABLE labelled AS SELECT _id, list_filter(list_concat(rules, [{', '.join(refused)}]), lambda x: x IS NOT NULL) AS rules, "
        f"list_filter([{', '.join(warned)}], lambda x: x IS NOT NULL) AS warnings FROM typed JOIN type_failures USING (_id)"
    )
    key = ", ".join(ident(c) for c in contract.key)
    whole = ", ".join(f"{ident(c.name)}" for c in contract.columns)
    db.execute(
        f"CREATE TABLE key_failures AS SELECT _id, CASE WHEN different > 1 THEN 'key-conflict' WHEN place > 1 THEN 'key-duplicate' END AS rule FROM ("
        f"SELECT _id, row_number() OVER (PARTITION BY {key} ORDER BY _id) AS place, "
        f"count(DISTINCT row({whole})) OVER (PARTITION BY {key}) AS different "
        "FROM typed JOIN labelled USING (_id) WHERE len(rules) = 0)"
    )
    db.execute(
        "CREATE TABLE labels AS SELECT l._id, CASE WHEN k.rule IS NULL THEN l.rules ELSE list_append(l.rules, k.rule) END AS rules, l.warnings "
        "FROM labelled l LEFT JOIN key_failures k USING (_id)"
    )


def _good(rule: RowRule) -> str:
    """The rule's predicate; a cell that is of another type is there, so it is not called missing as well."""
    if rule.kind == "required" and rule.column:
        return f"({rule.good} OR list_contains(rules, {literal(type_rule(rule.column))}))"
    return rule.good


def _unless(predicate: str, rule: str) -> str:
    return f"CASE WHEN NOT {predicate} THEN {literal(rule)} END"


def _write(
    db: "duckdb.DuckDBPyConnection",
    contract: Contract,
    delivery: Delivery,
    accepted: Path,
    quarantined: Path,
    headers: dict[str, str],
) -> None:
    columns = ", ".join(ident(c.name) for c in contract.columns)
    order = ", ".join(ident(c) for c in contract.key)
    db.execute(
        f"COPY (SELECT {columns} FROM typed JOIN labels USING (_id) WHERE len(rules) = 0 ORDER BY {order}) "
        f"TO {literal(str(accepted))} (FORMAT parquet, COMPRESSION zstd)"
    )
    header_map = ", ".join(f"{literal(c)}: {literal(h)}" for c, h in sorted(headers.items()))
    db.execute(
        f"COPY (SELECT {literal(contract.ref)} AS contract, {literal(delivery.id)} AS delivery, _file AS file, _sheet AS sheet, _row AS row, "
        f"rules, warnings, _received AS received, MAP {{{header_map}}} AS headers "
        f"FROM typed JOIN labels USING (_id) WHERE len(rules) > 0 ORDER BY _id) TO {literal(str(quarantined))} (FORMAT parquet, COMPRESSION zstd)"
    )
    for path in (accepted, quarantined):
        path.chmod(0o600)


def _counts(db: "duckdb.DuckDBPyConnection") -> tuple[tuple[int, int], dict[str, int]]:
    totals = db.execute(
        "SELECT count(*) FILTER (len(rules) = 0), count(*) FILTER (len(rules) > 0) FROM labels"
    ).fetchone()
    by_rule = db.execute(
        "SELECT rule, count(*) FROM (SELECT unnest(rules) AS rule FROM labels) GROUP BY rule ORDER BY 2 DESC, 1"
    ).fetchall()
    assert totals is not None  # noqa: S101 - an aggregate always has one row
    return (int(totals[0]), int(totals[1])), {str(rule): int(n) for rule, n in by_rule}
