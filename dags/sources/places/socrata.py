"""Socrata: the rows of a dataset by SODA 2.1, in the order of ``:id`` (dev.socrata.com, "Paging through Data")."""

from collections.abc import Iterator
from typing import cast

import msgspec

from blueprint.endpoints import SocrataSource
from dags.sources.places.errors import broken
from dags.sources.places.paging import Asking, Page, paged
from dags.sources.places.search import Found, Search

_COUNT = "hanoi_total"


class _Row(msgspec.Struct):
    id: str | None = msgspec.field(name=":id", default=None)


def find(search: Search) -> Found:
    return paged(search, pages)


def pages(asking: Asking) -> Iterator[Page]:
    """The rows with their ``:id``, counted before the first page and after the last."""
    source = cast(SocrataSource, asking.source)
    url = f"{source.url.rstrip('/')}/resource/{source.dataset}.json"
    total = _count(asking, url)
    read = 0
    while read < total:
        asked = {
            **source.parameters,
            "$select": f":id, {source.parameters.get('$select', '*')}",
            "$order": ":id",
            "$limit": source.page_size,
            "$offset": read,
        }
        records, _ = asking.ask(url, list[msgspec.Raw], asked)
        known = [i for i in (msgspec.json.decode(record, type=_Row).id for record in records) if i is not None]
        yield Page(records, known, total)
        read += len(records)
        if not records:
            break
    yield Page((), total=_count(asking, url))


def _count(asking: Asking, url: str) -> int:
    kept = {name: value for name, value in asking.source.parameters.items() if name != "$select"}
    counted, _ = asking.ask(url, list[dict[str, str | int]], {**kept, "$select": f"count(*) as {_COUNT}"})
    try:
        return int(counted[0][_COUNT])
    except (IndexError, KeyError, ValueError) as error:
        raise broken(url, "dịch vụ không đếm được số dòng.", "the service does not count its rows.") from error
