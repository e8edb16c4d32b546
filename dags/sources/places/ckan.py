"""CKAN: the rows of a DataStore resource, or the file of a resource (CKAN 2.12 API guide, ``datastore_search``, ``resource_show``)."""

import datetime as dt
import json
from collections.abc import Iterator, Sequence
from typing import cast

import msgspec
from pydantic import TypeAdapter, ValidationError

from blueprint import Source
from blueprint.endpoints import CkanSource
from blueprint.places import WebAddress
from dags.sources.places.errors import broken
from dags.sources.places.http import name_in
from dags.sources.places.paging import Asking, Page, paged
from dags.sources.places.place import RemoteFile
from dags.sources.places.search import Found, Search
from dags.sources.places.web import Caller, HttpFile, Session


class _Rows(msgspec.Struct):
    records: list[msgspec.Raw]
    total: int | None = None


class _Row(msgspec.Struct):
    id: int | None = msgspec.field(name="_id", default=None)


class _Resource(msgspec.Struct):
    url: str
    url_type: str | None = None


class _RowsAnswer(msgspec.Struct):
    success: bool
    result: _Rows


class _ResourceAnswer(msgspec.Struct):
    success: bool
    result: _Resource


def find(search: Search) -> Found:
    if cast(CkanSource, search.source).take == "rows":
        return paged(search, pages)

    def look(source: Source, _: str, __: dt.date | None) -> Sequence[RemoteFile]:
        asked = cast(CkanSource, source)
        caller = Caller.of(asked, asked.url, search.access)
        url = resource_address(asked, caller)
        return [HttpFile(name_in(url), url, caller=caller)]

    looked = tuple(f"{cast(CkanSource, s).url} {cast(CkanSource, s).resource}" for s in search.at)
    return Found(search.gather(look), looked[0], looked)


def pages(asking: Asking) -> Iterator[Page]:
    """The rows in the order of ``_id``, the number that the DataStore gives each row."""
    source = cast(CkanSource, asking.source)
    filters = {"filters": json.dumps(source.filters, ensure_ascii=False)} if source.filters else {}
    read = 0
    while True:
        place = {"limit": source.page_size, "offset": read, "sort": "_id asc", "include_total": "true"}
        asked = {**source.parameters, **filters, "resource_id": source.resource, **place}
        found, _ = asking.ask(_action(source, "datastore_search"), _RowsAnswer, asked)
        rows = found.result
        known = [i for i in (msgspec.json.decode(record, type=_Row).id for record in rows.records) if i is not None]
        yield Page(rows.records, known, rows.total)
        read += len(rows.records)
        if not rows.records or (rows.total is not None and read >= rows.total):
            return


def resource_address(source: CkanSource, caller: Caller) -> str:
    """The address of a resource's file, which may lie on another host; the secret does not go there."""
    with Session(caller) as session:
        found, _ = Asking(session, source).ask(
            _action(source, "resource_show"), _ResourceAnswer, {"id": source.resource}
        )
    url = found.result.url
    try:
        return str(TypeAdapter(WebAddress).validate_python(url.replace("{", "%7B").partition("#")[0]))
    except ValidationError as error:
        raise broken(
            f"{source.url} {source.resource}",
            "tài nguyên không có địa chỉ tệp dùng được.",
            "the resource has no usable address of a file.",
        ) from error


def _action(source: CkanSource, name: str) -> str:
    return f"{source.url.rstrip('/')}/api/3/action/{name}"
