"""The dump of a published table as Parquet: the published file itself, or what a search in it finds."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ckan.plugins.toolkit as tk
from ckan.lib.navl.dictization_functions import validate
from ckanext.datastore.blueprint import dump_schema
from flask import Flask, Response, send_file

from . import engine, request, search, tables

if TYPE_CHECKING:
    from collections.abc import Callable

    from .table import Table

_MIMETYPE = "application/vnd.apache.parquet"
_NARROWING = ("filters", "q", "distinct", "fields", "limit", "offset", "sort")


def add_parquet(app: Flask) -> None:
    """Let `/datastore/dump/<id>?format=parquet` be answered, and leave every other dump as it is."""
    stock: Callable[..., Any] = app.view_functions["datastore.dump"]

    def dump(resource_id: str) -> Any:
        if tk.request.args.get("format") != "parquet":
            return stock(resource_id)
        table = tables.find(resource_id)
        return _parquet(table, resource_id) if table else tk.abort(404, tk._("DataStore resource not found"))

    app.view_functions["datastore.dump"] = dump


def _parquet(table: Table, resource_id: str) -> Response:
    try:
        tk.check_access("datastore_search", {}, {"resource_id": resource_id})
    except (tk.NotAuthorized, tk.ObjectNotFound):
        return tk.abort(404, tk._("DataStore resource not found"))
    asked = tk.request.args.to_dict()
    name = f"{resource_id}.parquet"
    if not any(asked.get(word) for word in _NARROWING):
        return send_file(table.path, mimetype=_MIMETYPE, as_attachment=True, download_name=name, conditional=True)
    data, errors = validate({key: value for key, value in asked.items() if key != "format"}, dump_schema())
    if errors:
        return tk.abort(400, "\n".join(f"{key}: {' '.join(said)}" for key, said in errors.items()))
    if "sort" not in asked:
        data.pop("sort", None)
    if data.get("limit") is None:
        data["limit"] = table.rows
    data.pop("format", None)
    data.pop("bom", None)
    try:
        return _found(request.read(table, data), name)
    except tk.ValidationError as error:
        return tk.abort(400, str(error.error_summary))


def _found(asked: request.Request, name: str) -> Response:
    # The file goes when the answer has been sent: it has no name any more then.
    with tempfile.TemporaryDirectory(prefix="hanoi-dump-") as folder:
        path = Path(folder) / "found.parquet"
        room = engine.open_closed(files=[asked.table.path, path], memory=engine.MEMORY)
        engine.lock(room)
        with room, search.said_plainly(), engine.deadline(room):
            room.execute(
                f"COPY ({search.statement(asked)}) TO {engine.text(str(path))} (FORMAT parquet, COMPRESSION zstd)",
                asked.values,
            )
        content = path.open("rb")
    return send_file(content, mimetype=_MIMETYPE, as_attachment=True, download_name=name)
