"""CKAN: the fields of a DataStore resource and the data dictionary of its page, of the open columns alone."""

import json
from typing import Any

from blueprint.compile.fields import Field, fields
from blueprint.concept import Classification
from blueprint.contract import Contract
from blueprint.load import Blueprint

_TYPES = {
    "string": "text",
    "integer": "int8",
    "int32": "int4",
    "decimal": "numeric",
    "double": "float8",
    "float": "float4",
    "boolean": "bool",
    "date": "date",
    "timestamp": "timestamptz",
    "timestamp_local": "timestamp",
}
LISTED = 100
"""Code lists up to this length stand in the dictionary in full."""


def datastore_fields(contract: Contract, plan: Blueprint) -> list[dict[str, Any]]:
    """The columns as ``datastore_create`` takes them; ``info`` is what CKAN's dictionary shows.

    Columns that are not bound to an open concept are left out, for they are never published.

    >>> from blueprint import blueprint
    >>> datastore_fields(blueprint().contract("bus-routes"), blueprint())[0]["type"]
    'text'
    """
    return [{"id": f.name, "type": _TYPES[f.type], "info": _info(f)} for f in _open(contract, plan)]


def dictionary(contract: Contract, plan: Blueprint) -> list[dict[str, Any]]:
    """The data dictionary: every open column with its shared definition and, where short, its codes."""
    return [_entry(f) for f in _open(contract, plan)]


def text(contract: Contract, plan: Blueprint) -> str:
    columns = {f.name for f in _open(contract, plan)}
    whole = {
        "contract": contract.ref,
        "fields": datastore_fields(contract, plan),
        "primary_key": [c for c in contract.key if columns.issuperset(contract.key)],
        "dictionary": dictionary(contract, plan),
    }
    return json.dumps(whole, ensure_ascii=False, indent=1)


def _open(contract: Contract, plan: Blueprint) -> list[Field]:
    return [f for f in fields(contract, plan) if f.classification is Classification.OPEN]


def _info(field: Field) -> dict[str, str]:
    found = {
        "label": field.column.title.vi,
        "label_en": field.column.title.en,
        "notes": field.description.vi,
        "notes_en": field.description.en,
        "concept": field.column.concept,
        "classification": field.classification.value,
        **field.meaning,
    }
    return {**found, "codelist": field.codelist.ref} if field.codelist else found


def _entry(field: Field) -> dict[str, Any]:
    found: dict[str, Any] = {
        "name": field.name,
        "title": field.column.title.model_dump(),
        "description": field.description.model_dump(),
        "concept": field.column.concept,
        "definition": field.concept.definition.model_dump(),
        "source": field.concept.source,
        "type": field.type,
        "unit": field.concept.unit,
        "required": field.required,
        "key": field.key,
        "classification": field.classification.value,
        "examples": list(field.examples),
    }
    if field.codelist is not None:
        entries = field.entries or ()
        found["codelist"] = field.codelist.ref
        found["as_of"] = field.day.isoformat() if field.day else field.dated_by
        if len(entries) <= LISTED and not field.dated_by:
            found["codes"] = [{"code": e.code, "vi": e.vi, "en": e.en} for e in entries]
    return found
