"""Answers `datastore_search_sql` on published tables: one SELECT, in a DuckDB of its own that sees these files alone.

The statement is read by DuckDB's own parser. Only what is known to be harmless passes: the tables that the reader may see,
plain clauses, and the functions that CKAN's setting `ckan.datastore.sqlsearch.allowed_functions_file` lists.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk

from . import engine, sandbox, statement, tables
from .errors import refused, too_big, too_long

if TYPE_CHECKING:
    from collections.abc import Callable

_RESOURCE = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.I)
_LONGEST = 10_000


def search(check_access: Callable[[list[str]], None], sql: str, functions: set[str]) -> dict[str, Any] | None:
    """Answer a statement, or return None when it names no published table.

    :param check_access: raises NotAuthorized when the reader may not see one of the tables
    :param functions: names of functions that may be called
    :raises ValidationError: it is no single SELECT, is wrong, or asks too much
    :raises NotAuthorized: it uses what is not allowed, or other tables besides
    """
    asked = _read(sql)
    ours = {name: table for name in asked.tables if (table := tables.find(name))} if asked else {}
    if asked is None or not ours:
        return None
    check_access(sorted(ours))
    if others := ", ".join(sorted(asked.tables - ours.keys())):
        raise tk.NotAuthorized(
            f"Không thể kết hợp bảng đã công bố với bảng khác trong một câu lệnh: {others}. / "
            f"Not authorized to combine published tables with others in one statement: {others}."
        )
    if used := asked.not_allowed(functions):
        raise tk.NotAuthorized(f"Không được phép dùng / Not authorized to use: {', '.join(used)}")
    most = int(tk.config.get("ckan.datastore.search.rows_max"))
    try:
        return sandbox.run(asked.tree, ours, most, bool(tk.config.get("ckan.datastore.ms_in_timestamp")))
    except engine.TookTooLong:
        raise too_long() from None
    except sandbox.TooBig:
        raise too_big() from None
    except sandbox.Failed as error:
        raise tk.ValidationError({"query": [str(error)]}) from None


def _read(sql: str) -> statement.Statement | None:
    try:
        if len(sql) > _LONGEST:
            raise statement.NotOneSelect(f"{len(sql)} > {_LONGEST}")
        return statement.read(sql)
    except statement.NotOneSelect as error:
        # What PostgreSQL understands and DuckDB does not may still be about PostgreSQL's tables.
        if not any(tables.find(found) for found in _RESOURCE.findall(sql)[:20]):
            return None
        raise refused(
            "query",
            f"Chỉ nhận đúng một câu lệnh SELECT ({error}).",
            f"Query is not a single statement of SELECT ({error}).",
        ) from None
