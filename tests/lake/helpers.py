"""A contract with one column of each type, and Parquet files for it."""

import datetime as dt
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from blueprint import Bilingual, Column, Concept, Contract, Reading, Source
from lake import CommitRecord, Lake, Version

TYPES = {
    "name": "string",
    "count": "integer",
    "price": "decimal",
    "level": "double",
    "valid": "boolean",
    "day": "date",
    "at": "timestamp",
}
ARROW = {
    "string": pa.string(),
    "int32": pa.int32(),
    "float": pa.float32(),
    "timestamp_local": pa.timestamp("us"),
    "integer": pa.int64(),
    "decimal": pa.decimal128(18, 6),
    "decimal_9_2": pa.decimal128(9, 2),
    "decimal_12_2": pa.decimal128(12, 2),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "date": pa.date32(),
    "timestamp": pa.timestamp("us", tz="UTC"),
}
Row = tuple[Any, ...]
ROWS: list[Row] = [
    ("Hoàn Kiếm", 1, Decimal("1.500000"), 0.1, True, dt.date(2025, 3, 1), dt.datetime(2025, 3, 1, tzinfo=dt.UTC)),
    ("", None, None, float("nan"), None, None, None),
    (None, 2, Decimal("-3.000001"), -0.0, False, dt.date(1999, 1, 1), dt.datetime(2025, 3, 1, 5, 30, tzinfo=dt.UTC)),
    ("Hoàn Kiếm", 1, Decimal("1.500000"), 0.1, True, dt.date(2025, 3, 1), dt.datetime(2025, 3, 1, tzinfo=dt.UTC)),
]

_TEXT = Bilingual(vi="chữ", en="text")


def _concept_id(kind: str) -> str:
    return kind.replace("_", "-")


def make_concept(column: Column) -> Concept:
    """The concept of a test column, whose name carries its type: ``integer@1`` is an integer, ``decimal-9-2@1`` has 9 digits."""
    name = column.concept.partition("@")[0]
    kind, *digits = name.split("-") if name.startswith("decimal") else [name.replace("-", "_")]
    return Concept(
        concept=name,
        version=1,
        title=_TEXT,
        definition=_TEXT,
        type=kind,
        precision=int(digits[0]) if digits else None,
        scale=int(digits[1]) if digits else None,
        classification="open",
        source="test",
    )


def make_contract(
    types: dict[str, str] = TYPES, version: str = "1.0.0", fields: dict[str, str] | None = None, **changes: Any
) -> Contract:
    content = {
        "dataset": "test-data",
        "version": version,
        "agency": "test",
        "title": _TEXT,
        "description": _TEXT,
        "theme": "test",
        "licence": "test",
        "source_note": _TEXT,
        "frequency": "test",
        "keywords": {},
        "key": tuple(types)[:1],
        "sources": (Source(files=("x.csv",), reading=Reading(format="csv")),),
        "columns": tuple(
            Column(name=name, concept=f"{_concept_id(kind)}@1", title=_TEXT, field=(fields or {}).get(name))
            for name, kind in types.items()
        ),
    }
    return Contract(**{**content, **changes})


def make_record(**changes: Any) -> CommitRecord:
    content = {"delivery": "d" * 64, "run_id": "run", "gate": "passed", "rows_in": 9, "rows_quarantined": 1}
    return CommitRecord(**{**content, "simulated": False, "code_version": "0.1.0", **changes})


def write_parquet(path: Path, rows: Sequence[Row], types: dict[str, str] = TYPES) -> Path:
    columns = list(zip(*rows, strict=True)) or [()] * len(types)
    arrays = [pa.array(list(values), ARROW[kind]) for values, kind in zip(columns, types.values(), strict=True)]
    pq.write_table(pa.table(arrays, names=list(types)), path)
    return path


def read_rows(lake: Lake, version: Version, columns: Sequence[str] | None = None) -> list[Row]:
    import duckdb

    with duckdb.connect() as con:
        table = con.execute(lake.select(version, columns)).to_arrow_table()
    return [tuple(row.values()) for row in table.to_pylist()]


def canonical(rows: Sequence[Row]) -> list[str]:
    """Rows as a sorted list of texts: compares multisets with nulls, NaN and zones, and negative zero as zero."""

    def text(value: Any) -> str:
        if isinstance(value, dt.datetime):
            return value.astimezone(dt.UTC).isoformat()
        return repr(0.0 if value == 0.0 and isinstance(value, float) else value)

    return sorted("|".join(map(text, row)) for row in rows)
