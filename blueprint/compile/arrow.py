# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyarrow ships no types, so strict checking ends at its door.
"""Arrow: the schema of a dataset's tables, and its JSON form as Arrow's integration tests define it.

https://arrow.apache.org/docs/format/Integration.html#json-test-data-format
"""

import json
from typing import TYPE_CHECKING, Any

from blueprint.compile.fields import Field, fields
from blueprint.contract import Contract
from blueprint.load import Blueprint

if TYPE_CHECKING:
    import pyarrow as pa

_PLAIN: dict[str, dict[str, Any]] = {
    "string": {"name": "utf8"},
    "integer": {"name": "int", "bitWidth": 64, "isSigned": True},
    "int32": {"name": "int", "bitWidth": 32, "isSigned": True},
    "double": {"name": "floatingpoint", "precision": "DOUBLE"},
    "float": {"name": "floatingpoint", "precision": "SINGLE"},
    "boolean": {"name": "bool"},
    "date": {"name": "date", "unit": "DAY"},
    "timestamp": {"name": "timestamp", "unit": "MICROSECOND", "timezone": "UTC"},
    "timestamp_local": {"name": "timestamp", "unit": "MICROSECOND"},
}


def schema(contract: Contract, plan: Blueprint) -> "pa.Schema":
    """The Arrow schema: types as DuckDB hands them over, required columns not nullable, meaning as metadata.

    >>> from blueprint import blueprint
    >>> schema(blueprint().contract("bus-routes"), blueprint()).field("route_id").nullable
    False
    """
    import pyarrow as pa

    def field(of: Field) -> "pa.Field":
        return pa.field(of.name, _type(of), nullable=not of.required, metadata=_meaning(of))

    return pa.schema([field(f) for f in fields(contract, plan)], metadata=_dataset(contract))


def text(contract: Contract, plan: Blueprint) -> str:
    """The schema as JSON, without needing pyarrow."""
    listed = [
        {
            "name": f.name,
            "nullable": not f.required,
            "type": _json_type(f),
            "children": [],
            "metadata": _pairs(_meaning(f)),
        }
        for f in fields(contract, plan)
    ]
    return json.dumps(
        {"schema": {"fields": listed, "metadata": _pairs(_dataset(contract))}}, ensure_ascii=False, indent=1
    )


def _type(field: Field) -> "pa.DataType":
    import pyarrow as pa

    if field.type == "decimal":
        return pa.decimal128(*field.digits)
    return {
        "string": pa.string(),
        "integer": pa.int64(),
        "int32": pa.int32(),
        "double": pa.float64(),
        "float": pa.float32(),
        "boolean": pa.bool_(),
        "date": pa.date32(),
        "timestamp": pa.timestamp("us", tz="UTC"),
        "timestamp_local": pa.timestamp("us"),
    }[field.type]


def _json_type(field: Field) -> dict[str, Any]:
    if field.type == "decimal":
        precision, scale = field.digits
        return {"name": "decimal", "precision": precision, "scale": scale, "bitWidth": 128}
    return _PLAIN[field.type]


def _dataset(contract: Contract) -> dict[str, str]:
    return {
        "contract": contract.ref,
        "title.vi": contract.title.vi,
        "title.en": contract.title.en,
        "key": ",".join(contract.key),
    }


def _meaning(field: Field) -> dict[str, str]:
    known = {
        "concept": field.column.concept,
        "classification": field.classification.value,
        "title.vi": field.column.title.vi,
        "title.en": field.column.title.en,
        **field.meaning,
    }
    return {**known, "codelist": field.codelist.ref} if field.codelist else known


def _pairs(metadata: dict[str, str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in metadata.items()]
