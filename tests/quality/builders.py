"""Small contracts and tables for the tests of the quality room."""

from datetime import date
from pathlib import Path
from typing import Any

import duckdb

from blueprint import Bilingual, Blueprint, CodeEntry, CodeList, Column, Concept, Contract, Gate, Rule
from blueprint.sql import ident, literal

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)


def text(value: str) -> Bilingual:
    return Bilingual(vi=value, en=value)


def concept(name: str, kind: str, **more: Any) -> Concept:
    return Concept(
        concept=name,
        version=1,
        title=text(name),
        definition=text(name),
        type=kind,
        classification=more.pop("classification", "open"),
        source="test",
        **more,
    )


def entry(code: str, start: date = date(2000, 1, 1), end: date | None = None) -> CodeEntry:
    return CodeEntry(code=code, vi=f"tên {code}", en=f"name {code}", valid_from=start, valid_to=end)


def codelist(name: str, *entries: CodeEntry, dated: bool = False) -> CodeList:
    return CodeList(
        codelist=name, version=1, title=text(name), definition=text(name), source="test", dated=dated, entries=entries
    )


def contract(*columns: Column, key: tuple[str, ...] = (), rules: tuple[Rule, ...] = (), **gate: Any) -> Contract:
    return Contract(
        dataset="tiny",
        version="1.0.0",
        agency="test",
        title=text("tiny"),
        description=text("tiny"),
        theme="test",
        licence="test",
        source_note=text("test"),
        frequency="never",
        keywords={"vi": (), "en": ()},
        key=key,
        sources=(),
        columns=columns,
        rules=rules,
        gate=Gate(**gate),
    )


def column(name: str, of: str, **more: Any) -> Column:
    return Column(name=name, concept=f"{of}@1", title=Bilingual(vi=f"Cột {name}", en=f"Column {name}"), **more)


def blueprint(*concepts: Concept, codelists: tuple[CodeList, ...] = ()) -> Blueprint:
    return Blueprint(Path(), {c.ref: c for c in concepts}, {c.codelist: c for c in codelists}, {})


WARDS = codelist(
    "wards",
    entry("00004", end=OLD),
    entry("00008", end=OLD),
    entry("00008", start=NEW),
    entry("00070", start=NEW),
    dated=True,
)
COLOURS = codelist("colours", entry("đỏ"), entry("it's"), entry('the "blue"'))
MANY = codelist("many", *(entry(f"m'{i:03d}") for i in range(40)))
BLUEPRINT = blueprint(
    concept("ward", "string", codelist="wards"),
    concept("day", "date"),
    concept("instant", "timestamp"),
    concept("level", "double", minimum=0),
    concept("share", "decimal", minimum=0, maximum=1),
    concept("count", "integer", maximum=100),
    concept("plate", "string", pattern="[0-9]{2}[A-Z]|Đ[0-9]+"),
    concept("colour", "string", codelist="colours"),
    concept("many", "string", codelist="many"),
    concept("person", "string", classification="personal", pattern="[0-9]{12}"),
    concept("note", "string"),
    codelists=(WARDS, COLOURS, MANY),
)
"""Every kind of concept the tests bind to."""

STOCK = contract(
    column("id", "count", required=True, minimum=1),
    column("ward", "ward", as_of="day"),
    column("day", "day", required=True),
    column("level", "level"),
    column("share", "share"),
    column("plate", "plate"),
    column("colour", "colour"),
    column("code", "many"),
    column("note", "note"),
    key=("id", "day"),
    rules=(
        Rule(id="level-over-share", sql="level >= share -- why not", columns=("level", "share"), message=text("rule")),
        Rule(id="calm", sql="level < 90", columns=("level",), severity="warning", message=text("calm")),
    ),
    max_rows=50,
)
"""One rule of every kind."""

TYPES = {
    "id": "BIGINT",
    "ward": "VARCHAR",
    "day": "DATE",
    "level": "DOUBLE",
    "share": "DECIMAL(18,6)",
    "plate": "VARCHAR",
    "colour": "VARCHAR",
    "code": "VARCHAR",
    "note": "VARCHAR",
}
GOOD: dict[str, Any] = {
    "id": 1,
    "ward": "00008",
    "day": date(2026, 1, 1),
    "level": 7.5,
    "share": "0.5",
    "plate": "29A",
    "colour": "it's",
    "code": "m'007",
    "note": "ghi chú",
}


def write(path: Path, rows: list[dict[str, Any]], types: dict[str, str] = TYPES) -> Path:
    """``rows`` as a Parquet file of the typed columns ``types``."""
    with duckdb.connect() as db:
        columns = ", ".join(f"{ident(n)} {t}" for n, t in types.items())
        db.execute(f"CREATE TABLE t ({columns})")
        if rows:
            marks = ", ".join("?" * len(types))
            db.executemany(f"INSERT INTO t VALUES ({marks})", [[row[n] for n in types] for row in rows])
        db.execute(f"COPY t TO {literal(str(path))} (FORMAT parquet)")
    return path


def good_rows(number: int) -> list[dict[str, Any]]:
    return [{**GOOD, "id": i + 1} for i in range(number)]
