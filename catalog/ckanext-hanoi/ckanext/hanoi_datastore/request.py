"""A call of `datastore_search`, checked as the stock DataStore checks it, and as SQL."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import ckan.plugins as p
import ckan.plugins.toolkit as tk
from ckanext.datastore.backend import _parse_sort_clause
from ckanext.datastore.filters import FilterOp, parse_query_filters
from ckanext.datastore.helpers import get_list

from . import words
from .errors import refused
from .fulltext import Search
from .table import shown

if TYPE_CHECKING:
    from .table import Table

# What the search itself does not look at.
_NOT_CHECKED = (
    "connection_url", "resource_id", "id", "include_total", "records_format", "include_next_page", "total_estimation_threshold"
)  # fmt: skip
_SIGNS = {"eq": "=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_NULLS = {"asc": "NULLS LAST", "desc": "NULLS FIRST"}  # PostgreSQL's own


@dataclass(frozen=True)
class Request:
    """What is asked of a table."""

    table: Table
    fields: list[str]
    where: str
    values: dict[str, Any]
    sort: list[tuple[str, str]]
    searches: list[Search]
    limit: int
    offset: int
    distinct: bool
    records_format: str
    include_total: bool
    include_next_page: bool

    @property
    def ranks(self) -> list[str]:
        """The columns of how well a row fits."""
        return [search.rank for search in self.searches]

    @cached_property
    def types(self) -> dict[str, str]:
        """The types of all columns that may be asked for."""
        return {**self.table.types, **dict.fromkeys(self.ranks, "float")}

    @property
    def by_id(self) -> str | None:
        """`asc` or `desc` when the rows are wanted in their own order, else None."""
        if not self.sort:
            return None if self.searches or self.distinct else "asc"
        return self.sort[0][1].split()[0] if len(self.sort) == 1 and self.sort[0][0] == "_id" else None


def read(table: Table, data: dict[str, Any]) -> Request:
    """Check a call and return what it asks for.

    :raises ValidationError: a column that is not there, a filter or a search that cannot be read
    """
    types = table.types
    filters = parse_query_filters(data["filters"], {"fields": types}) if data.get("filters") else None
    _check(data, types, filters)
    searches = _searches(data, types)
    allowed = {**types, **dict.fromkeys([search.rank for search in searches], "float")}
    clauses = [_parse_sort_clause(clause, allowed) for clause in get_list(data.get("sort"), False) or []]
    where = _Where(table)
    return Request(
        table=table,
        fields=list(get_list(data.get("fields")) or allowed),
        where=where.condition(filters) if filters else "",
        values=where.values,
        sort=[(clause[0], clause[1]) for clause in clauses if clause],
        searches=searches,
        limit=int(data.get("limit", 100)),
        offset=int(data.get("offset", 0)),
        distinct=bool(data.get("distinct", False)),
        records_format=data.get("records_format", "objects"),
        include_total=bool(data.get("include_total", True)),
        include_next_page=bool(data.get("include_next_page", False)),
    )


def _check(data: dict[str, Any], types: dict[str, str], filters: FilterOp | None) -> None:
    """Let the stock DataStore take out all that it understands, and refuse what is left."""
    left = {name: copy.deepcopy(value) for name, value in data.items() if name not in _NOT_CHECKED}
    for name, strip in (("fields", True), ("sort", False)):
        if name in left:
            left[name] = get_list(left[name], strip)
    if filters:
        left["filters"] = dict(_named(filters))
    left = p.get_plugin("datastore").datastore_validate({}, left, types)
    for name, value in left.items():
        if value:
            said = next(iter(value)) if isinstance(value, (list, tuple, dict)) else value
            raise tk.ValidationError({name: [f'invalid value "{said}"']})


def _named(filters: FilterOp) -> list[tuple[str, Any]]:
    if filters.op in ("$and", "$or"):
        return [pair for inner in filters.value for pair in _named(inner)]
    return [(filters.field or "", filters.value)]


def _searches(data: dict[str, Any], types: dict[str, str]) -> list[Search]:
    q, full_text, plain = data.get("q"), data.get("full_text"), data.get("plain", True)
    asked: list[tuple[str, str | None]] = []
    if full_text:
        asked.append((full_text, None))
    elif q and isinstance(q, str):
        asked.append((q, None))
    if isinstance(q, dict):
        asked += [(text, column) for column, text in q.items() if column in types and text]
    try:
        return [Search(words.plain(text) if plain else words.operators(text), column) for text, column in asked]
    except words.BadQuery:
        raise refused(
            "q",
            "Không hiểu được câu tìm kiếm: kiểm tra các dấu & | ! ( ) ' hoặc dùng plain=true.",
            "The search cannot be read: look at its & | ! ( ) ' or use plain=true.",
        ) from None


@dataclass
class _Where:
    table: Table
    values: dict[str, Any] = field(default_factory=dict)

    def condition(self, given: FilterOp) -> str:
        match given:
            case FilterOp(op="$and", value=inner):
                return f"({' AND '.join(map(self.condition, inner)) or 'true'})"
            case FilterOp(op="$or", value=inner):
                return f"({' OR '.join(map(self.condition, inner)) or 'false'})"
            case FilterOp(field=str(name), op="in", value=values):
                if self.table.types[name].startswith("_") and name != "_id":
                    return f"{self.table.column(name)} = {self._value(name, values)}"
                return (
                    f"{self._column(name)} IN ({', '.join(self._value(name, v) for v in values)})"
                    if values
                    else "false"
                )
            case FilterOp(field=str(name), op=op, value=value) if op in _SIGNS:
                return f"{self._column(name)} {_SIGNS[op]} {self._value(name, value)}"
        raise tk.ValidationError({"filters": [f"Unknown filter operation: {given.op}"]})

    def _column(self, name: str) -> str:
        # DuckDB finds the place of a row at once when it stands alone.
        return "file_row_number" if name == "_id" else self.table.column(name)

    def _value(self, name: str, value: Any) -> str:
        held = f"v{len(self.values)}"
        kind = "BIGINT" if name == "_id" else self.table.kinds[name]
        if isinstance(value, (dict, list)) and not kind.endswith("[]"):
            value = str(value)
        self.values[held] = str(value) if kind == "VARCHAR" and value is not None else value
        return f"CAST(${held} AS {kind})" if name != "_id" else f"(CAST(${held} AS BIGINT) - 1)"


def order(request: Request, columns: dict[str, str]) -> str:
    """Return an ORDER BY of the rows, by the given expressions of the columns."""
    wanted = []
    for name, direction in request.sort:
        way, _, nulls = direction.partition(" nulls")
        wanted.append(f"{columns[name]} {way.upper()} {f'NULLS{nulls.upper()}' if nulls else _NULLS[way]}")
    if not request.sort:
        wanted = [f"hit{number}._times DESC" for number in range(len(request.ranks))]
    return ", ".join(wanted)


def rank(number: int) -> str:
    """Return the expression of a rank: from 0 to 1, higher where more of the columns have more of the terms."""
    return f"round(hit{number}._times / (hit{number}._times + 9.0), 4)"


def columns(request: Request) -> dict[str, str]:
    """Return the expressions of all columns, ranks included."""
    found = {name: request.table.column(name) for name in request.table.types}
    return {**found, **{name: rank(number) for number, name in enumerate(request.ranks)}}


def output(table: Table, name: str) -> str:
    """Return the expression of a column as it is given out."""
    return shown(table.types[name], table.column(name), bool(tk.config.get("ckan.datastore.ms_in_timestamp")))
