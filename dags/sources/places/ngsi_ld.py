"""NGSI-LD (ETSI GS CIM 009): entities of one type, page by page (clauses 5.5.9 and 6.3.10) and counted (clause 6.3.13)."""

from collections.abc import Iterator
from typing import cast

import httpx
import msgspec

from blueprint.endpoints import NgsiLdSource
from dags.sources.places.errors import broken, shown
from dags.sources.places.paging import Asking, Page, paged
from dags.sources.places.search import Found, Search

_CONTEXT = "http://www.w3.org/ns/json-ld#context"


class _Entity(msgspec.Struct):
    id: str


def find(search: Search) -> Found:
    return paged(search, pages)


def pages(asking: Asking) -> Iterator[Page]:
    """The entities of a type. The broker's own link leads to the next page; where it gives none, the count tells whether there is one."""
    source = cast(NgsiLdSource, asking.source)
    headers = {"NGSILD-Tenant": source.tenant} if source.tenant else {}
    if source.context:
        headers["Link"] = f'<{source.context}>; rel="{_CONTEXT}"; type="application/ld+json"'
    form = {"options": "keyValues"} if source.form == "keyValues" else {}
    asked = {**source.parameters, **form, "type": source.type, "limit": source.page_size, "count": "true"}
    entities = httpx.URL(f"{source.url.rstrip('/')}/entities")
    url, read = str(entities.copy_merge_params({**asked, "offset": 0})), 0
    been: set[str] = set()
    while True:
        been.add(url)
        records, answer = asking.ask(url, list[msgspec.Raw], headers=headers)
        said = answer.headers.get("NGSILD-Results-Count", "")
        total = int(said) if said.isascii() and said.isdigit() else None
        yield Page(records, [msgspec.json.decode(record, type=_Entity).id for record in records], total)
        read += len(records)
        following = answer.links.get("next", {}).get("url")
        if following:
            url = asking.led_to(url, following)
        elif records and (total is None or read < total):
            url = str(entities.copy_merge_params({**asked, "offset": read}))
        else:
            return
        if url in been:
            raise broken(
                shown(url), "trang tiếp theo là một trang đã đọc.", "the next page is one that was read already."
            )
