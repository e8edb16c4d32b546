"""Pairs of contract versions, one change each, on which our verdicts and those of datacontract-cli are compared."""

from pathlib import Path
from typing import Any

from blueprint import Blueprint, Column, Contract, Gate, Rule
from blueprint.contract import Reference
from tests.conformance.kitchen_sink import codelist, column, concept, contract, entry, text

_KINDS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "integer-to-string": ({"type": "integer"}, {"type": "string"}),
    "string-to-integer": ({"type": "string"}, {"type": "integer"}),
    "int32-to-int64": ({"type": "int32"}, {"type": "integer"}),
    "int64-to-int32": ({"type": "integer"}, {"type": "int32"}),
    "float-to-double": ({"type": "float"}, {"type": "double"}),
    "double-to-float": ({"type": "double"}, {"type": "float"}),
    "date-to-timestamp": ({"type": "date"}, {"type": "timestamp_local"}),
    "naive-to-zoned": ({"type": "timestamp_local"}, {"type": "timestamp"}),
    "more-digits": ({"type": "decimal", "precision": 9, "scale": 2}, {"type": "decimal", "precision": 12, "scale": 2}),
    "fewer-digits": ({"type": "decimal", "precision": 12, "scale": 2}, {"type": "decimal", "precision": 9, "scale": 2}),
    "raise-minimum": ({"type": "double", "minimum": 0}, {"type": "double", "minimum": 1}),
    "lower-minimum": ({"type": "double", "minimum": 1}, {"type": "double", "minimum": 0}),
    "raise-maximum": ({"type": "integer", "maximum": 5}, {"type": "integer", "maximum": 9}),
    "lower-maximum": ({"type": "integer", "maximum": 9}, {"type": "integer", "maximum": 5}),
    "add-minimum": ({"type": "integer"}, {"type": "integer", "minimum": 0}),
    "drop-maximum": ({"type": "integer", "maximum": 5}, {"type": "integer"}),
    "add-pattern": ({"type": "string"}, {"type": "string", "pattern": "[a-z]+"}),
    "drop-pattern": ({"type": "string", "pattern": "[a-z]+"}, {"type": "string"}),
    "edit-pattern": ({"type": "string", "pattern": "[a-z]+"}, {"type": "string", "pattern": "[a-z0-9]+"}),
    "longer": ({"type": "string", "max_length": 5}, {"type": "string", "max_length": 9}),
    "shorter": ({"type": "string", "max_length": 9}, {"type": "string", "max_length": 5}),
    "add-code": ({"type": "string", "codelist": "few"}, {"type": "string", "codelist": "more"}),
    "remove-code": ({"type": "string", "codelist": "more"}, {"type": "string", "codelist": "few"}),
    "close-to-codes": ({"type": "string"}, {"type": "string", "codelist": "few"}),
    "free-of-codes": ({"type": "string", "codelist": "few"}, {"type": "string"}),
    "raise-classification": ({"type": "string"}, {"type": "string", "classification": "restricted"}),
}


def _concepts() -> dict[str, Any]:
    found = [concept("id", "integer"), concept("note", "string"), concept("other", "string")]
    for name, versions in _KINDS.items():
        for number, more in enumerate(versions, start=1):
            held = dict(more)
            made = concept(f"of-{name}", held.pop("type"), **held)
            found.append(made.model_copy(update={"version": number}))
    return {c.ref: c for c in found}


def _versions(
    old: tuple[Column, ...], new: tuple[Column, ...], was: Any = None, now: Any = None
) -> tuple[Contract, Contract]:
    common = {"dataset": "pair", "key": ("id",), "gate": Gate(min_rows=1)}
    return (
        contract(*old, **{**common, **(was or {})}),
        contract(*new, **{**common, "version": "1.1.0", **(now or {})}),
    )


ID = column("id", "id", required=True)
VALUE = column("value", "note")
SURE = column("value", "note", required=True)
OTHER = column("other", "other", required=True)


def _rule(sql: str) -> Rule:
    return Rule(id="rule", sql=sql, columns=("value",), message=text("rule"))


def _of_kind(name: str) -> tuple[Contract, Contract]:
    was, now = (column("value", f"of-{name}").model_copy(update={"concept": f"of-{name}@{n}"}) for n in (1, 2))
    return _versions((ID, was), (ID, now))


PAIRS: dict[str, tuple[Contract, Contract]] = {
    **{name: _of_kind(name) for name in _KINDS},
    "same": _versions((ID, VALUE), (ID, VALUE)),
    "other-title": _versions((ID, VALUE), (ID, VALUE.model_copy(update={"title": text("new")}))),
    "add-optional": _versions((ID,), (ID, VALUE)),
    "add-required": _versions((ID,), (ID, SURE)),
    "remove-optional": _versions((ID, VALUE), (ID,)),
    "remove-required": _versions((ID, SURE), (ID,)),
    "to-required": _versions((ID, VALUE), (ID, SURE)),
    "to-optional": _versions((ID, SURE), (ID, VALUE)),
    "rename": _versions((ID, VALUE), (ID, column("renamed", "note", field="value"))),
    "reorder": _versions((ID, VALUE, OTHER), (ID, OTHER, VALUE)),
    "longer-key": _versions((ID, SURE), (ID, SURE), None, {"key": ("id", "value")}),
    "other-key": _versions((ID, SURE), (ID, SURE), None, {"key": ("value",)}),
    "add-unique": _versions((ID, SURE), (ID, SURE), None, {"unique": (("value",),)}),
    "drop-unique": _versions((ID, SURE), (ID, SURE), {"unique": (("value",),)}, None),
    "more-rows": _versions((ID, VALUE), (ID, VALUE), None, {"gate": Gate(min_rows=10)}),
    "fewer-rows": _versions((ID, VALUE), (ID, VALUE), {"gate": Gate(min_rows=10)}, None),
    "add-rule": _versions((ID, VALUE), (ID, VALUE), None, {"rules": (_rule("value <> ''"),)}),
    "drop-rule": _versions((ID, VALUE), (ID, VALUE), {"rules": (_rule("value <> ''"),)}, None),
    "edit-rule": _versions(
        (ID, VALUE), (ID, VALUE), {"rules": (_rule("value <> ''"),)}, {"rules": (_rule("value <> 'x'"),)}
    ),
    "add-reference": _versions(
        (ID, VALUE), (ID, VALUE), None, {"references": (Reference(columns=("value",), dataset="far", to=("id",)),)}
    ),
    "fresher": _versions((ID, VALUE), (ID, VALUE), {"gate": Gate(max_age_days=30)}, {"gate": Gate(max_age_days=7)}),
    "staler": _versions((ID, VALUE), (ID, VALUE), {"gate": Gate(max_age_days=7)}, {"gate": Gate(max_age_days=30)}),
}
FEW = codelist("few", entry("a"), entry("b"))
MORE = codelist("more", entry("a"), entry("b"), entry("c"))
PLAN = Blueprint(Path(), _concepts(), {"few": FEW, "more": MORE}, {})
