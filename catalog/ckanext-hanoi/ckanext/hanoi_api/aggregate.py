"""`/aggregate`: groups of rows and what is reckoned of each."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import cursor, filters, groups, paging, parameters, selection, units
from .statement import rows_of

if TYPE_CHECKING:
    from pathlib import Path

    import duckdb
    from starlette.requests import Request
    from starlette.responses import Response

    from .parameters import Parameters
    from .service import Service
    from .versions import Version

PARAMETERS = (*parameters.VERSIONS, "group", "measure", "sort", "zone", "weight", "limit", "cursor")
GROUPS = 1000


@dataclass(frozen=True)
class Asked:
    """Groups that are asked for, every part of it known to the version."""

    version: Version
    by: list[groups.Group]
    measures: list[groups.Measure]
    conditions: list[filters.Condition]
    sort: list[tuple[str, bool]]
    zone: str
    limit: int
    crosswalk: units.Crosswalk | None

    @property
    def question(self) -> str:
        """What stays the same from page to page."""
        parts = (self.by, self.measures, self.conditions, self.sort, self.zone, self.crosswalk)
        return cursor.question("aggregate", self.version.dataset, *parts)

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are read."""
        return (self.version.path, *([self.crosswalk.path] if self.crosswalk else []))

    @property
    def source(self) -> str:
        """The rows for a FROM, with their units where these are asked for."""
        rows = rows_of(self.version.path)
        rolled = next((group.column for group in self.by if group.bucket == groups.UNIT), None)
        return (
            units.rolled_up(rows, rolled, self.version.columns, self.crosswalk) if rolled and self.crosswalk else rows
        )


async def aggregate(service: Service, request: Request, dataset: str) -> Response:
    """Answer with the groups."""
    return await paging.answer(service, request, dataset, "aggregate", PARAMETERS, read, page)


def read(version: Version, named: Parameters) -> Asked:
    """Read what is asked of a version.

    :raises Problem: a part of it is not known
    """
    columns = version.columns
    by = groups.groups(named.get("group"), columns)
    measures = groups.measures(named.get("measure"), columns)
    names = [*(group.name for group in by), *(measure.name for measure in measures)]
    groups.refuse_clashes(names)
    return Asked(
        version,
        by,
        measures,
        filters.read(named.filters, columns),
        groups.order(named.get("sort"), names),
        named.one_of("zone", groups.ZONES, groups.ZONE),
        named.number("limit", GROUPS, selection.MOST_ROWS),
        units.crosswalk(named) if any(group.bucket == groups.UNIT for group in by) else None,
    )


def page(asked: Asked, place: int | None, address: str, connection: duckdb.DuckDBPyConnection) -> paging.Page:
    """Return the groups after so many as JSON, and the address of the next where there are more."""
    offset = place or 0
    with closing(connection):
        wanted = groups.statement(
            asked.source, asked.by, asked.measures, asked.conditions, asked.sort, asked.zone,
            asked.limit + 1, offset,
        )  # fmt: skip
        connection.execute(wanted.sql, wanted.values)
        rows, more = paging.taken(connection, asked.limit)
    following = paging.next_page(address, asked, offset + len(rows)) if more else None
    said = {"zone": asked.zone, **({"units": asked.crosswalk.told} if asked.crosswalk else {})}
    return paging.written(asked, "groups", [row[0] for row in rows], following, **said), following
