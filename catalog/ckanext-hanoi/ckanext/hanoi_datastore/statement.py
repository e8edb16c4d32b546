"""A statement of SQL as DuckDB's own parser reads it: what it names, and what of it is not allowed."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import duckdb

from . import engine

if TYPE_CHECKING:
    from collections.abc import Iterator

# All else is refused: recursion, functions in place of tables, DESCRIBE, PIVOT, lambdas, parameters, and what a later DuckDB adds.
_NODES = frozenset(("SELECT_NODE", "SET_OPERATION_NODE", "CTE_NODE"))
_SOURCES = frozenset(("BASE_TABLE", "SUBQUERY", "JOIN", "EMPTY", "EXPRESSION_LIST"))
_EXPRESSIONS = frozenset(
    "COLUMN_REF CONSTANT FUNCTION CAST COMPARISON CONJUNCTION OPERATOR CASE STAR SUBQUERY WINDOW BETWEEN COLLATE "
    "POSITIONAL_REFERENCE".split()
)
# What DuckDB's parser calls things that SQL writes without a name, and functions of DuckDB that PostgreSQL lacks.
_OF_DUCKDB = frozenset(
    "count_star row list_value struct_pack list_extract array_extract struct_extract first last median mode "
    "quantile_cont quantile_disc arg_max arg_min strftime strip_accents year month day hour minute contains starts_with "
    "ends_with date_diff any_value count_if".split()
)
# PostgreSQL's list has them, but they can make of a few letters a text that fills the memory.
_HUNGRY = frozenset(("repeat", "lpad", "rpad", "generate_series", "array_fill", "format"))


class NotOneSelect(ValueError):
    """A text that is no single SELECT; the message is the parser's."""


@dataclass
class Statement:
    """What a statement names: tables (none that it makes itself by WITH), functions, and what is not allowed at all."""

    tree: dict[str, Any]
    tables: set[str] = field(default_factory=set)
    functions: set[str] = field(default_factory=set)
    forbidden: set[str] = field(default_factory=set)

    def not_allowed(self, functions: set[str]) -> list[str]:
        """Return all that it may not use when these functions are allowed."""
        known = (functions | _OF_DUCKDB) - _HUNGRY
        return sorted(self.forbidden | {name for name in self.functions if name not in known})


def read(sql: str) -> Statement:
    """Read a statement.

    :raises NotOneSelect: it is none, or more than one, or none that reads

    >>> found = read('WITH few AS (SELECT * FROM "a-table") SELECT lower(x) FROM few')
    >>> found.tables, found.functions
    ({'a-table'}, {'lower'})
    """
    with duckdb.connect(":memory:", config={"threads": 1, "temp_directory": ""}) as connection:
        tree = json.loads(engine.fetch(connection, "SELECT json_serialize_sql($sql)", {"sql": sql})[0][0])
    if tree["error"]:
        raise NotOneSelect(tree.get("error_message") or "")
    if len(tree["statements"]) != 1:
        raise NotOneSelect("one statement only")
    found, named = Statement(tree), set()
    for node in _objects(tree):
        _look(node, found)
        if "cte_map" in node:
            named |= {entry["key"].lower() for entry in node["cte_map"]["map"]}
    found.tables = {name for name in found.tables if name.lower() not in named}
    return found


def _look(node: dict[str, Any], found: Statement) -> None:
    kind, expression = str(node.get("type", "")), node.get("class")
    if expression is not None:
        if expression not in _EXPRESSIONS:
            found.forbidden.add(str(expression).lower())
        if expression in ("FUNCTION", "WINDOW") and not node.get("is_operator") and node.get("function_name"):
            found.functions.add(node["function_name"].lower())
        if node.get("schema") not in (None, "", "main") or node.get("catalog"):
            found.forbidden.add(f"{node['schema']}.{node.get('function_name')}")
    elif kind.endswith("_NODE") or "cte_map" in node:
        if kind not in _NODES:
            found.forbidden.add(kind.lower())
    elif "alias" in node and "sample" in node:
        if kind not in _SOURCES:
            found.forbidden.add(kind.lower())
        if kind == "BASE_TABLE":
            found.tables.add(node["table_name"])
            if node.get("schema_name") not in ("", "public") or node.get("catalog_name") or node.get("at_clause"):
                found.forbidden.add(f"{node.get('schema_name')}.{node['table_name']}")


def _objects(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    if isinstance(value, list):
        for inner in value:
            yield from _objects(inner)
