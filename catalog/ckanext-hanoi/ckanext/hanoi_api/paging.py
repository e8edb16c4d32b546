"""Answers of several pages: all pages of one question come from one version, and each is reckoned once."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlencode

from . import answers, cursor, parameters
from .cursor import Cursor
from .problems import bad_cursor
from .service import version_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import duckdb
    from starlette.requests import Request
    from starlette.responses import Response

    from .parameters import Parameters
    from .service import Service
    from .versions import Version

LARGEST = 16_000_000
"""Characters of JSON after which a page ends before its limit."""
_PIECE = 1000

Page = tuple[bytes, "str | None"]


class Asked(Protocol):
    """What a page needs to know of its question."""

    @property
    def version(self) -> Version: ...

    @property
    def question(self) -> str: ...

    @property
    def files(self) -> tuple[Path, ...]: ...


async def answer(
    service: Service, request: Request, dataset: str, name: str, allowed: Sequence[str],
    read: Callable[[Version, Parameters], Asked], page: Callable[[Any, int | None, str, duckdb.DuckDBPyConnection], Page],
) -> Response:  # fmt: skip
    """Answer with one page.

    :param name: of the question's kind
    :param allowed: the names of the parameters
    :param read: reads what is asked of a version
    :param page: reads a page after a place; it is given the page's address without cursor
    """
    visit = await service.visit(request, dataset)
    query = request.url.query
    at = _cursor(query)
    chosen = parameters.Parameters({"version": at.version}) if at else version_of(request, allowed)
    version = await service.version(visit, chosen)

    def understood() -> tuple[Asked, int | None]:
        named = parameters.read(query, allowed, version.columns)
        asked = read(version, named)
        return asked, _place(at, asked, named)

    asked, place = await service.aside(understood)
    pinned = chosen.get("version") is not None
    headers = answers.kept(
        request, answers.etag(name, dataset, version.id, query, asked.question), visit.package, pinned=pinned
    )
    key = (name, dataset, version.id, query, asked.question)
    held = service.kept.get(key)
    if held is None:
        # The cursor names the version.
        plain = address(request.url.path, query, "cursor", *parameters.VERSIONS)
        held = await service.run(visit, asked.files, partial(page, asked, place, plain))
        service.kept.put(key, *held)
    return linked(held, {**headers, **answers.of_version(version)})


def linked(held: Page, headers: Mapping[str, str]) -> Response:
    """Return the answer of a page, with the address of the next in its header."""
    body, following = held
    return answers.Written(body, 200, {**headers, **({"Link": f'<{following}>; rel="next"'} if following else {})})


def _cursor(query: str) -> Cursor | None:
    text = next((value for name, value in parameters.pairs_of(query) if name == "cursor" and value), None)
    return cursor.read(text) if text else None


def _place(at: Cursor | None, asked: Asked, named: Parameters) -> int | None:
    if at is None:
        return None
    if named.get("version") not in (None, at.version):
        raise bad_cursor(
            "Con trỏ trang thuộc về một phiên bản khác với tham số version.",
            "The cursor belongs to another version than the parameter version.",
        )
    return cursor.follow(at, asked.question)


def address(path: str, query: str, *without: str) -> str:
    """Return the address of a question without some parameters, ready for further ones."""
    others = [pair for pair in parameters.pairs_of(query) if pair[0] not in without]
    return f"{path}?{urlencode(others)}{'&' if others else ''}"


def next_page(before: str, asked: Asked, place: int) -> str:
    """Return the address of the page that follows a place."""
    return f"{before}{urlencode({'cursor': str(Cursor(asked.version.id, asked.question, place))})}"


def written(asked: Asked, name: str, rows: Sequence[str], following: str | None, **more: Any) -> bytes:
    """Return a page as JSON: what is known of it, and its rows, which are JSON already, under `name`."""
    around = {
        "dataset": asked.version.dataset, "version": asked.version.id, "count": len(rows), **more, "next": following,
    }  # fmt: skip
    before = json.dumps(around, ensure_ascii=False)[:-1]
    return f'{before}, "{name}": [{",".join(rows)}]}}'.encode()


def fitting(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return as many of the first rows as an answer may hold, at least one; the last value of each is its JSON."""
    size = 0
    for number, row in enumerate(rows):
        size += len(row[-1])
        if number and size > LARGEST:
            return rows[:number]
    return rows


def taken(connection: duckdb.DuckDBPyConnection, limit: int) -> tuple[list[tuple[Any, ...]], bool]:
    """Return the rows of a page and whether there are further ones; no more rows than an answer may hold.

    The last value of each row is its JSON.
    """
    rows: list[tuple[Any, ...]] = []
    size = 0
    while piece := connection.fetchmany(_PIECE):
        for row in piece:
            if len(rows) == limit or (rows and size + len(row[-1]) > LARGEST):
                return rows, True
            rows.append(row)
            size += len(row[-1])
    return rows, False
