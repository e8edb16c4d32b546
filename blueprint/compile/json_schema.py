"""JSON Schema 2020-12: one row as one object.

An instant is RFC 3339 text, a decimal is a number. Patterns are searched for in JSON Schema, so they are anchored here.
"""

import json
from typing import Any

from blueprint.compile.fields import Field, fields
from blueprint.compile.regex import anchored
from blueprint.contract import Contract
from blueprint.load import Blueprint
from blueprint.types import NUMERIC

_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_LOCAL = "^[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,6})?$"
_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "integer": {"type": "integer", "format": "int64"},
    "int32": {"type": "integer", "format": "int32"},
    "decimal": {"type": "number", "format": "decimal"},
    "double": {"type": "number", "format": "double"},
    "float": {"type": "number", "format": "float"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "timestamp": {"type": "string", "format": "date-time"},
    "timestamp_local": {"type": "string", "pattern": _LOCAL},
}


def schema(contract: Contract, plan: Blueprint) -> dict[str, Any]:
    """The schema of one row of ``contract``; ``x-hanoi`` holds what the dataset and its columns mean.

    >>> from blueprint import blueprint
    >>> schema(blueprint().contract("bus-routes"), blueprint())["properties"]["route_id"]["type"]
    'string'
    """
    columns = fields(contract, plan)
    return {
        "$schema": _DIALECT,
        "$id": f"urn:hanoi:{contract.dataset}:{contract.version}",
        "title": contract.title.vi,
        "description": contract.description.vi,
        "type": "object",
        "properties": {f.name: property_schema(f) for f in columns},
        "required": [f.name for f in columns if f.required],
        "additionalProperties": False,
        "x-hanoi": {
            "contract": contract.ref,
            "title": contract.title.model_dump(),
            "description": contract.description.model_dump(),
            "key": list(contract.key),
            "classification": plan.classification(contract).value,
        },
    }


def text(contract: Contract, plan: Blueprint) -> str:
    return json.dumps(schema(contract, plan), ensure_ascii=False, indent=1)


def property_schema(field: Field) -> dict[str, Any]:
    """The schema of one value of ``field``; null is allowed where the column is not required."""
    found: dict[str, Any] = {"title": field.column.title.vi, "description": field.description.vi, **_TYPES[field.type]}
    if not field.required:
        found["type"] = [found["type"], "null"]
    found.update(_range(field))
    if field.min_length:
        found["minLength"] = field.min_length
    if field.max_length is not None:
        found["maxLength"] = field.max_length
    if len(field.patterns) == 1:
        found["pattern"] = anchored(field.patterns[0])
    elif field.patterns:
        found["allOf"] = [{"pattern": anchored(p)} for p in field.patterns]
    if field.entries is not None:
        found["enum"] = [field.json(e.code) for e in field.entries] + ([] if field.required else [None])
    if field.column.default is not None:
        found["default"] = field.column.default
    if field.column.deprecated:
        found["deprecated"] = True
    if field.examples:
        found["examples"] = list(field.examples)
    return {**found, "x-hanoi": _meaning(field)}


def _range(field: Field) -> dict[str, Any]:
    if field.type not in NUMERIC:
        return {}
    low, high = field.type_bounds or (None, None)
    found: dict[str, Any] = {
        "minimum": field.low if field.low is not None else low,
        "maximum": field.high if field.high is not None else high,
    }
    if field.type == "decimal":
        digits = 10 ** (field.digits[0] - field.digits[1])
        found["exclusiveMinimum"] = -digits if field.low is None else None
        found["exclusiveMaximum"] = digits if field.high is None else None
    return {name: bound for name, bound in found.items() if bound is not None}


def _meaning(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "concept": field.column.concept,
        "classification": field.classification.value,
        "title": field.column.title.model_dump(),
        "description": field.description.model_dump(),
        **field.meaning,
    }
    if field.codelist:
        found["codelist"] = field.codelist.ref
        found["as_of"] = field.day.isoformat() if field.day else field.dated_by
    return {name: value for name, value in found.items() if value is not None}
