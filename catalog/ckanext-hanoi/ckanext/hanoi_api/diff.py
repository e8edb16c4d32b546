"""`/diff`: how one version differs from another, row by row of the key."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ckanext.hanoi_datastore import engine

from . import answers, cursor, paging, parameters, selection, versions
from .columns import given
from .parameters import Parameters
from .problems import Problem
from .statement import mark, rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    import duckdb
    from starlette.requests import Request
    from starlette.responses import Response

    from .columns import Column
    from .service import Service
    from .versions import Version

PARAMETERS = ("from", "to", "limit", "cursor")
ROWS = 10_000
CHANGES = ("added", "removed", "changed")


@dataclass(frozen=True)
class Asked:
    """Two versions, and the columns that both have."""

    former: Version
    version: Version
    before: Mapping[str, Column]
    after: Mapping[str, Column]
    key: tuple[str, ...]
    limit: int

    @property
    def shared(self) -> list[str]:
        """The columns of both."""
        return [name for name in self.after if name in self.before]

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
        return (self.former.path, self.version.path)

    @property
    def question(self) -> str:
        """What stays the same from page to page."""
        return cursor.question("diff", self.version.dataset, self.former.id, self.version.id)


async def diff(service: Service, request: Request, dataset: str) -> Response:
    """Answer with a page of the rows that differ."""
    visit = await service.visit(request, dataset)
    query = request.url.query
    named = parameters.read(query, PARAMETERS)
    asked, place = await service.aside(partial(_read, dataset, visit.package, named))
    pinned = named.get("from") is not None and named.get("to") is not None
    tag = answers.etag("diff", dataset, asked.former.id, asked.version.id, query)
    headers = answers.kept(request, tag, visit.package, pinned=pinned)
    held = service.kept.get(tag)
    if held is None:
        address = paging.address(request.url.path, query, "cursor", "from", "to")
        address += f"from={asked.former.id}&to={asked.version.id}&"
        held = await service.run(visit, asked.files, partial(page, asked, place, address))
        service.kept.put(tag, *held)
    return paging.linked(held, {**headers, **answers.of_version(asked.version)})


def _read(dataset: str, package: Mapping[str, object], named: Parameters) -> tuple[Asked, int]:
    present = versions.choose(dataset, dict(package), Parameters({"version": named.get("to") or ""}))
    if named.get("from"):
        former = versions.choose(dataset, dict(package), Parameters({"version": named.get("from") or ""}))
    else:
        older = [one for one in versions.all_of(dataset, dict(package)) if one.number < present.number]
        if not older:
            raise Problem(
                "unknown-version",
                f"Phiên bản {present.id} của {dataset} là phiên bản đầu tiên, không có gì để so sánh. Hãy ghi from=… và to=….",
                f"Version {present.id} of {dataset} is the first: there is none before it to compare with. Give from=… and to=….",
                parameter="from",
            )
        former = older[0]
    before, after = former.columns, present.columns
    said = versions.dictionary(present).get("key") or []
    key = tuple(name for name in said if name in before and name in after)
    whole = key if len(key) == len(said) else ()
    asked = Asked(former, present, before, after, whole, named.number("limit", selection.ROWS, ROWS))
    at = named.get("cursor")
    return asked, cursor.follow(cursor.read(at), asked.question) if at else 0


def page(asked: Asked, place: int, address: str, connection: duckdb.DuckDBPyConnection) -> paging.Page:
    """Return the rows that differ after so many as JSON, and the address of the next page where there is one."""
    with closing(connection):
        key = asked.key
        if any(_repeats(connection, rows_of(one.path), key) for one in (asked.former, asked.version)):
            key = ()
        differing = _by_key(asked, key) if key else _whole_rows(asked)
        counted = connection.execute(f"SELECT change, count(*) FROM ({differing}) GROUP BY change").fetchall()
        connection.execute(
            f"SELECT line FROM ({differing}) ORDER BY place, line LIMIT {asked.limit + 1} OFFSET {place}"
        )
        rows, more = paging.taken(connection, asked.limit)
    following = paging.next_page(address, asked, place + len(rows)) if more else None
    counts = dict.fromkeys(CHANGES, 0) | dict(counted)
    said = {
        "from": asked.former.id, "to": asked.version.id, "key": list(key), "counts": counts,
        "columns_added": [name for name in asked.after if name not in asked.before],
        "columns_removed": [name for name in asked.before if name not in asked.after],
    }  # fmt: skip
    return paging.written(asked, "changes", [row[0] for row in rows], following, **said), following


def _repeats(connection: duckdb.DuckDBPyConnection, source: str, key: Sequence[str]) -> bool:
    listed = ", ".join(map(engine.identifier, key))
    found = f"SELECT 1 FROM {source} GROUP BY {listed} HAVING count(*) > 1 LIMIT 1"
    return not key or connection.execute(found).fetchone() is not None


def _by_key(asked: Asked, key: Sequence[str]) -> str:
    """Return the rows of one key that differ: `place` in the present version, or behind it, `change`, and the `line` of JSON."""
    others = [name for name in asked.shared if name not in key]
    agree = " AND ".join(
        f"f.{engine.identifier(name)} IS NOT DISTINCT FROM p.{engine.identifier(name)}" for name in key
    )
    differs = {name: _differs(asked, name) for name in others}
    touched = f"[{', '.join(f'CASE WHEN {sql} THEN {engine.text(name)} END' for name, sql in differs.items())}]"
    former, present = f"f.{mark('there')}", f"p.{mark('there')}"
    change = f"CASE WHEN {former} IS NULL THEN 'added' WHEN {present} IS NULL THEN 'removed' ELSE 'changed' END"
    keys = ", ".join(
        f"{engine.text(name)}, CASE WHEN {present} THEN {_given(asked.after, 'p', name)} ELSE {_given(asked.before, 'f', name)} END"
        for name in key
    )
    before = _object(asked.before, "f", others)
    after = _object(asked.after, "p", others)
    line = (
        f"json_object('change', {change}, 'key', json_object({keys}), "
        f"'columns', CASE WHEN {former} AND {present} THEN list_filter({touched}, lambda x: x IS NOT NULL) END, "
        f"'before', CASE WHEN {former} THEN {before} END, 'after', CASE WHEN {present} THEN {after} END)"
    )
    different = " OR ".join([f"{former} IS NULL", f"{present} IS NULL", *differs.values()])
    return (
        f"SELECT coalesce(p.file_row_number, 9000000000000 + f.file_row_number) AS place, {change} AS change, "
        f"CAST({line} AS VARCHAR) AS line FROM (SELECT *, true AS {mark('there')} FROM {rows_of(asked.former.path)}) f "
        f"FULL JOIN (SELECT *, true AS {mark('there')} FROM {rows_of(asked.version.path)}) p ON {agree} WHERE {different}"
    )


def _whole_rows(asked: Asked) -> str:
    """Return the rows that only one version has, where no key tells rows apart."""
    lines = {
        name: f"SELECT CAST({_object(columns, '', asked.shared)} AS VARCHAR) AS row FROM {rows_of(path)}"
        for name, columns, path in (
            ("former", asked.before, asked.former.path),
            ("present", asked.after, asked.version.path),
        )
    }
    return " UNION ALL ".join(
        f"SELECT {place} AS place, '{change}' AS change, CAST(json_object('change', '{change}', '{side}', CAST(row AS JSON)) AS "
        f"VARCHAR) AS line FROM ({lines[one]} EXCEPT ALL {lines[other]})"
        for place, change, side, one, other in (
            (0, "added", "after", "present", "former"),
            (1, "removed", "before", "former", "present"),
        )
    )


def _differs(asked: Asked, name: str) -> str:
    column = engine.identifier(name)
    if asked.before[name].kind == asked.after[name].kind:
        return f"f.{column} IS DISTINCT FROM p.{column}"
    return f"CAST(f.{column} AS VARCHAR) IS DISTINCT FROM CAST(p.{column} AS VARCHAR)"


def _given(columns: Mapping[str, Column], side: str, name: str) -> str:
    prefix = f"{side}." if side else ""
    return f"to_json({given(columns[name].kind, prefix + engine.identifier(name))})"


def _object(columns: Mapping[str, Column], side: str, names: Sequence[str]) -> str:
    return f"json_object({', '.join(f'{engine.text(name)}, {_given(columns, side, name)}' for name in names)})"
