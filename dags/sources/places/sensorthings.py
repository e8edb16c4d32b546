"""OGC SensorThings 1.1 (OGC 18-088): entities in the order of their id, from one ``@iot.nextLink`` to the next (section 9.3.3.7)."""

from collections.abc import Iterator
from typing import cast

import httpx
import msgspec

from blueprint.endpoints import SensorThingsSource
from dags.sources.places.errors import broken, shown
from dags.sources.places.paging import Asking, Page, paged
from dags.sources.places.search import Found, Search


class _Entities(msgspec.Struct):
    value: list[msgspec.Raw]
    count: int | None = msgspec.field(name="@iot.count", default=None)
    next: str | None = msgspec.field(name="@iot.nextLink", default=None)


class _Entity(msgspec.Struct):
    id: int | str | None = msgspec.field(name="@iot.id", default=None)


def find(search: Search) -> Found:
    return paged(search, pages)


def pages(asking: Asking) -> Iterator[Page]:
    """The entities of a collection, every page from the origin that the contract names."""
    source = cast(SensorThingsSource, asking.source)
    asked = {**source.parameters, "$top": source.page_size, "$count": "true", "$orderby": "id asc"}
    url = str(httpx.URL(f"{source.url.rstrip('/')}/{source.entities}").copy_merge_params(asked))
    been: set[str] = set()
    while True:
        been.add(url)
        found, _ = asking.ask(url, _Entities)
        for record in found.value:
            if b'@iot.nextLink"' in bytes(record):
                raise broken(
                    shown(url),
                    "phần mở rộng ($expand) của một bản ghi còn trang sau; hãy hỏi thẳng tập ấy hoặc đặt $top trong $expand.",
                    "what $expand adds to a record goes on on a further page; ask for that collection itself, or set $top within $expand.",
                )
        known = [i for i in (msgspec.json.decode(record, type=_Entity).id for record in found.value) if i is not None]
        yield Page(found.value, known, found.count)
        if found.next is None:
            return
        url = asking.led_to(url, found.next)
        if url in been:
            raise broken(
                shown(url), "trang tiếp theo là một trang đã đọc.", "the next page is one that was read already."
            )
