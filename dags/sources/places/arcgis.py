"""ArcGIS: the features of a layer as GeoJSON (ArcGIS REST API, "Query (Feature Service/Layer)")."""

from collections.abc import Iterator
from typing import Any, TypeVar, cast

import msgspec

from blueprint.endpoints import ArcgisSource
from dags.sources.places.errors import broken, denied, missing, shown
from dags.sources.places.paging import Asking, Page, paged
from dags.sources.places.search import Found, Search


class _Refused(msgspec.Struct):
    code: int = 0
    message: str = ""


class _Answer(msgspec.Struct):
    """An answer that may be a refusal, which comes with HTTP 200."""

    error: _Refused | None = None


Said = TypeVar("Said", bound=_Answer)


class _Paging(msgspec.Struct):
    possible: bool = msgspec.field(name="supportsPagination", default=False)


class _Layer(_Answer):
    oid: str | None = msgspec.field(name="objectIdField", default=None)
    most: int = msgspec.field(name="maxRecordCount", default=1000)
    can: _Paging = msgspec.field(name="advancedQueryCapabilities", default_factory=_Paging)


class _Count(_Answer):
    count: int | None = None


class _Features(_Answer):
    features: list[msgspec.Raw] | None = None


class _Feature(msgspec.Struct):
    id: int | str | None = None


def find(search: Search) -> Found:
    return paged(search, pages)


def pages(asking: Asking) -> Iterator[Page]:
    """The features in the order of their object id, counted before the first page and after the last."""
    source = cast(ArcgisSource, asking.source)
    url = source.url.rstrip("/")
    layer = _ask(asking, url, _Layer, {"f": "json"})
    if layer.oid is None or not layer.can.possible:
        raise broken(
            url,
            "lớp này không có mã đối tượng hoặc không cho đọc theo trang, nên không chắc đọc được đủ.",
            "the layer has no object id or does not let itself be paged, so that it cannot surely be read whole.",
        )
    asked: dict[str, Any] = {**source.parameters, "where": source.where}
    shape = {**asked, "outFields": ",".join(source.fields), "f": "geojson", "orderByFields": f"{layer.oid} ASC"}
    total, read = _count(asking, url, asked), 0
    while read < total:
        part = {"resultOffset": read, "resultRecordCount": min(source.page_size, layer.most)}
        found = _ask(asking, f"{url}/query", _Features, {**shape, **part})
        if found.features is None:
            raise broken(url, "câu trả lời không có 'features'.", "the answer has no 'features'.")
        known = [i for i in (msgspec.json.decode(f, type=_Feature).id for f in found.features) if i is not None]
        yield Page(found.features, known, total)
        read += len(found.features)
        # exceededTransferLimit is left out of GeoJSON by some versions; the count tells the end.
        if not found.features:
            break
    yield Page((), total=_count(asking, url, asked))


def _count(asking: Asking, url: str, asked: dict[str, Any]) -> int:
    found = _ask(asking, f"{url}/query", _Count, {**asked, "returnCountOnly": "true", "f": "json"})
    if found.count is None:
        raise broken(url, "dịch vụ không đếm được số đối tượng.", "the service does not count its features.")
    return found.count


def _ask(asking: Asking, url: str, kind: type[Said], asked: dict[str, Any]) -> Said:
    found, _ = asking.ask(url, kind, asked)
    if found.error is None:
        return found
    told = f"{found.error.code} {shown(found.error.message, 200)}"
    if found.error.code in (401, 403, 498, 499):
        raise denied(url, asking.session.caller.secret, told)
    if found.error.code == 404:
        raise missing(url, told)
    raise broken(url, f"dịch vụ báo lỗi {told}.", f"the service reports the error {told}.")
