"""`/export`: all rows that pass the filters as one file, sent while it is made."""

from __future__ import annotations

import time
from contextlib import closing, suppress
from functools import partial
from typing import TYPE_CHECKING

from . import answers, filters, parameters, problems, selection, statement
from .formats import FORMATS, Format
from .running import ClientGone
from .service import version_of

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

    import duckdb
    from starlette.requests import Request
    from starlette.responses import Response

    from .service import Service, Visit
    from .statement import Statement
    from .versions import Version

PARAMETERS = (*parameters.VERSIONS, "select", "sort", "format")
SECONDS = 900.0
"""How long one export may take in all."""


async def export(service: Service, request: Request, dataset: str) -> Response:
    """Answer with a file."""
    visit = await service.visit(request, dataset, "exports")
    chosen = version_of(request, PARAMETERS)
    version = await service.version(visit, chosen)
    form, wanted = await service.aside(partial(read, version, request.url.query))
    tag = answers.etag("export", dataset, version.id, request.url.query)
    headers = {
        **answers.kept(request, tag, visit.package, pinned=chosen.get("version") is not None),
        **answers.of_version(version),
        "Content-Disposition": f'attachment; filename="{dataset}-{version.id}.{form.ending}"',
    }
    if request.method == "HEAD":
        return answers.Streamed(_nothing(), form.media_type, headers)
    if service.exporting.locked():
        raise problems.busy()
    await service.exporting.acquire()
    try:
        made = _Making(service, visit, await service.aside(partial(service.rooms.cursor, version.path)))
        first = await made.begin(form, wanted)
    except BaseException:
        service.exporting.release()
        raise
    return answers.Streamed(_pieces(service, made, first), form.media_type, headers)


def read(version: Version, query: str) -> tuple[Format, Statement]:
    """Read what is asked of a version.

    :raises Problem: a part of it is not known
    """
    columns = version.columns
    named = parameters.read(query, PARAMETERS, columns)
    form = FORMATS[named.one_of("format", FORMATS, "csv")]
    cells = form.cells(selection.select(named.get("select"), columns), columns)
    conditions, sort = filters.read(named.filters, columns), selection.sort(named.get("sort"), columns)
    return form, statement.table(statement.rows_of(version.path), cells, conditions, sort)


class _Making:
    """A file in the making: each piece is a turn among all queries, so that no export keeps others waiting."""

    def __init__(self, service: Service, visit: Visit, connection: duckdb.DuckDBPyConnection) -> None:
        self._service, self._visit, self._connection = service, visit, connection
        self._written: Iterator[bytes] = iter(())

    async def begin(self, form: Format, wanted: Statement) -> bytes | None:
        """Return the first piece; whatever is wrong with the query is known by then."""

        def first(connection: duckdb.DuckDBPyConnection) -> bytes | None:
            batches = connection.execute(wanted.sql, wanted.values).to_arrow_reader(form.rows)
            self._written = form.write(batches)
            return next(self._written, None)

        try:
            return await self._service.runner.run(self._visit.request.state.client, self._connection, first)
        except BaseException:
            self.end()
            raise

    async def piece(self) -> bytes | None:
        """Return the next piece, None after the last."""
        return await self._service.runner.run(
            self._visit.request.state.client, self._connection, lambda _: next(self._written, None)
        )

    def end(self) -> None:
        """Let go of the rows."""
        with suppress(Exception), closing(self._connection):
            self._written = iter(())


async def _pieces(service: Service, made: _Making, first: bytes | None) -> AsyncIterator[bytes]:
    until = time.monotonic() + SECONDS
    piece = first
    try:
        while piece is not None:
            if piece:
                yield piece
            if time.monotonic() > until:
                raise problems.too_long(SECONDS)
            piece = await made.piece()
    except ClientGone:
        return
    finally:
        made.end()
        service.exporting.release()


async def _nothing() -> AsyncIterator[bytes]:
    for piece in ():
        yield piece
