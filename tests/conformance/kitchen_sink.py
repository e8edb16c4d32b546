"""One contract that uses every type and every kind of constraint, so that no target can forget one."""

from datetime import date
from pathlib import Path
from typing import Any

from blueprint import Bilingual, Blueprint, CodeEntry, CodeList, Column, Concept, Contract, Gate, Rule

OLD, NEW = date(2025, 6, 30), date(2025, 7, 1)


def text(value: str) -> Bilingual:
    return Bilingual(vi=value, en=value)


def concept(name: str, kind: str, **more: Any) -> Concept:
    held = {"title": text(name), "definition": text(name), "classification": "open", "source": "test", **more}
    return Concept(concept=name, version=1, type=kind, **held)


def column(name: str, of: str, **more: Any) -> Column:
    return Column(name=name, concept=f"{of}@1", title=Bilingual(vi=f"Cột {name}", en=f"Column {name}"), **more)


def entry(code: str, start: date = date(2000, 1, 1), end: date | None = None, name: str = "tên") -> CodeEntry:
    return CodeEntry(code=code, vi=f"{name} {code}", en=f"name {code}", valid_from=start, valid_to=end)


def codelist(name: str, *entries: CodeEntry, dated: bool = False) -> CodeList:
    held = {"title": text(name), "definition": text(name), "source": "test"}
    return CodeList(codelist=name, version=1, dated=dated, entries=entries, **held)


def contract(*columns: Column, dataset: str = "kitchen-sink", **more: Any) -> Contract:
    held: dict[str, Any] = {
        "dataset": dataset,
        "version": "1.0.0",
        "agency": "test",
        "title": Bilingual(vi='Mọi "thứ" \\ trong bếp', en="Everything"),
        "description": text("tiny | table"),
        "theme": "test",
        "licence": "test",
        "source_note": text("test"),
        "frequency": "never",
        "keywords": {"vi": (), "en": ()},
        "key": (),
        "sources": (),
        **more,
    }
    return Contract(columns=columns, **held)


WARDS = codelist(
    "wards",
    entry("00004", end=OLD),
    entry("00008", end=OLD),
    entry("00008", start=NEW, name="tên mới"),
    entry("00070", start=NEW, name="tên mới"),
    dated=True,
)
COLOURS = codelist("colours", entry("đỏ"), entry("it's"), entry('the "blue"'), entry("back\\slash"))
GRADES = codelist("grades", entry("1"), entry("2"), entry("10"))

_CONCEPTS = (
    concept("whole", "integer"),
    concept("whole-bounded", "integer", minimum=-5, maximum=100),
    concept("small", "int32", minimum=0),
    concept("share", "decimal", minimum=0, maximum=1),
    concept("money", "decimal", precision=12, scale=2, currency="VND"),
    concept("measure", "double", unit="ug/m3"),
    concept("level", "double", minimum=0),
    concept("ceiling", "double", maximum=99.5),
    concept("reading", "float", minimum=-0.5, maximum=0.1),
    concept("flag", "boolean"),
    concept("day", "date"),
    concept("instant", "timestamp"),
    concept("clock", "timestamp_local"),
    concept("note", "string"),
    concept("short", "string", min_length=2, max_length=5),
    concept("plate", "string", pattern="[0-9]{2}[A-Z]|Đ[0-9]+"),
    concept("digits", "string", pattern=r"^\d{3}[\w-]*$"),
    concept("spaced", "string", pattern=r"\S+\s\S+"),
    concept("point", "string", pattern=r"[0-9]+\.[0-9]+|a\+b|c\\d"),
    concept("colour", "string", codelist="colours"),
    concept("grade", "integer", codelist="grades"),
    concept("ward", "string", codelist="wards", pattern="^[0-9]{5}$"),
    concept("person", "string", classification="personal", pattern="[0-9]{12}", examples=("001099000001",)),
    concept("tax", "string", identifier="tax-code", validation="checksum"),
    concept("secret", "string", classification="restricted"),
)
PLAN = Blueprint(
    Path(),
    {c.ref: c for c in _CONCEPTS},
    {c.codelist: c for c in (WARDS, COLOURS, GRADES)},
    {},
)
SINK = contract(
    column("id", "whole", required=True),
    column("bounded", "whole-bounded", minimum=0),
    column("int", "small"),
    column("share", "share"),
    column("money", "money"),
    column("measure", "measure", description=text('with "quotes", \\ and\nlines')),
    column("level", "level"),
    column("ceiling", "ceiling"),
    column("reading", "reading"),
    column("flag", "flag"),
    column("date", "day", required=True),
    column("dt", "instant"),
    column("clock", "clock"),
    column("note", "note"),
    column("short", "short", max_length=4),
    column("model_plate", "plate", pattern="[^A]+"),
    column("digits", "digits"),
    column("spaced", "spaced"),
    column("point", "point"),
    column("copy", "colour"),
    column("grade", "grade"),
    column("ward", "ward", as_of="date"),
    column("ward_then", "ward", as_of="dt"),
    column("ward_clock", "ward", as_of="clock"),
    column("ward_old", "ward", as_of="2025-06-30"),
    column("ward_name", "note", names="ward"),
    column("tax", "tax"),
    column("class", "person"),
    column("secret", "secret"),
    key=("id", "date"),
    unique=(("note",), ("short", "digits")),
    rules=(
        Rule(id="level-over-share", sql="level >= share -- why not", columns=("level", "share"), message=text("rule")),
        Rule(id="calm", sql="level < 90", columns=("level",), severity="warning", message=text("calm")),
    ),
    gate=Gate(max_rows=100_000),
    known_flaws=(text("none | known <b>"),),
)
GOOD: dict[str, Any] = {
    "id": 1,
    "bounded": 7,
    "int": 3,
    "share": 0.5,
    "money": 1234.25,
    "measure": -1.5,
    "level": 7.5,
    "ceiling": 99.5,
    "reading": 0.1,
    "flag": True,
    "date": "2026-01-01",
    "dt": "2026-01-01T08:00:00+07:00",
    "clock": "2026-01-01T08:00:00",
    "note": "ghi chú",
    "short": "abc",
    "model_plate": "29B",
    "digits": "123-a",
    "spaced": "a b",
    "point": "1.5",
    "copy": "it's",
    "grade": 10,
    "ward": "00008",
    "ward_then": "00070",
    "ward_clock": "00070",
    "ward_old": "00004",
    "ward_name": "tên mới 00008",
    "tax": "0100109106",
    "class": "001099000001",
    "secret": "s",
}
