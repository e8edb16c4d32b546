"""Frictionless Table Schema: the columns of a CSV file of the dataset.

https://specs.frictionlessdata.io/table-schema/
"""

import json
from typing import Any

from blueprint.compile.fields import Field, fields
from blueprint.compile.regex import bare
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.types import FLOATING, NUMERIC

_TYPES = {
    "string": "string",
    "integer": "integer",
    "int32": "integer",
    "decimal": "number",
    "double": "number",
    "float": "number",
    "boolean": "boolean",
    "date": "date",
    "timestamp": "datetime",
    "timestamp_local": "datetime",
}


def schema(contract: Contract, plan: Blueprint) -> dict[str, Any]:
    """The Table Schema of ``contract``; empty cells are missing values.

    >>> from blueprint import blueprint
    >>> schema(blueprint().contract("bus-routes"), blueprint())["primaryKey"]
    ['route_id']
    """
    found: dict[str, Any] = {
        "name": contract.dataset,
        "title": contract.title.vi,
        "hanoi:contract": contract.ref,
        "fields": [_field(f) for f in fields(contract, plan)],
        "missingValues": [""],
    }
    if contract.key and all(contract.column(c).required for c in contract.key):
        found["primaryKey"] = list(contract.key)
    if contract.references:
        found["foreignKeys"] = [
            {"fields": list(r.columns), "reference": {"resource": r.dataset, "fields": list(r.to)}}
            for r in contract.references
        ]
    return found


def text(contract: Contract, plan: Blueprint) -> str:
    return json.dumps(schema(contract, plan), ensure_ascii=False, indent=1)


def _field(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": field.name,
        "type": _TYPES[field.type],
        "title": field.column.title.vi,
        "description": field.description.vi,
    }
    if field.type in FLOATING:
        found["floatNumber"] = True
    if field.type == "boolean":
        found.update(trueValues=["true"], falseValues=["false"])  # as the published CSV writes them
    if constraints := _constraints(field):
        found["constraints"] = constraints
    if field.examples:
        found["example"] = _cell(field.examples[0])
    found["hanoi:title"] = field.column.title.model_dump()
    found["hanoi:concept"] = field.column.concept
    found["hanoi:classification"] = field.classification.value
    if field.codelist:
        found["hanoi:codelist"] = field.codelist.ref
    return {**found, **{f"hanoi:{name}": value for name, value in field.meaning.items()}}


def _cell(value: Any) -> str:
    """``value`` as a CSV file holds it."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _constraints(field: Field) -> dict[str, Any]:
    low, high = (field.type_bounds or (None, None)) if field.type in NUMERIC else (None, None)
    found: dict[str, Any] = {
        "required": field.required or None,
        "minLength": field.min_length or None,
        "maxLength": field.max_length,
        "minimum": field.low if field.low is not None else low,
        "maximum": field.high if field.high is not None else high,
        "pattern": _pattern(field),
        "enum": None if field.entries is None else [field.json(e.code) for e in field.entries],
    }
    return {name: value for name, value in found.items() if value is not None}


def _pattern(field: Field) -> str | None:
    """One pattern that says what all of them say; Table Schema has room for one."""
    if not field.patterns:
        return None
    *first, last = map(bare, field.patterns)
    return "".join(f"(?={p}$)" for p in first) + last
