"""Reading a data service to its end, page by page: each record once, as the service wrote it, or a refusal that says why not."""

import datetime as dt
import json
import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar, TypeVar, cast

import httpx
import msgspec

from blueprint import Source
from blueprint.endpoints import PagedSource
from dags.sources.places.errors import PlaceMoved, broken, refusal, shown, too_large
from dags.sources.places.patience import patiently
from dags.sources.places.place import Mark, RemoteFile, Transfer
from dags.sources.places.search import Found, Search
from dags.sources.places.web import Caller, Session, origin

_PAGE_BYTES = 256 * 1024**2
_TITLE = re.compile(rb"<title[^>]*>([^<]{1,200})", re.IGNORECASE)
T = TypeVar("T")


@dataclass(frozen=True)
class Page:
    """Records as the service wrote them, what each is known by, and how many there are in all where the page says so."""

    records: Sequence[msgspec.Raw]
    ids: Sequence[Hashable] = ()
    total: int | None = None


class Asking:
    """Questions to one service on behalf of one source."""

    def __init__(self, session: Session, source: PagedSource) -> None:
        self.session = session
        self.source = source
        self.limit = min(session.caller.access.max_bytes, _PAGE_BYTES)

    def ask(
        self,
        url: str,
        kind: type[T],
        parameters: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[T, httpx.Response]:
        """The JSON answer at ``url`` as ``kind``, and the answer's headers on a response without its body.

        Raises:
            PlaceBroken: a page of HTML, no JSON, or JSON of another shape.
            DeliveryMissing: no answer, or a refusal.
        """
        at = str(httpx.URL(url).copy_merge_params(dict(parameters or {})))
        try:
            body, said = self._read(at, headers)
        except httpx.HTTPError as error:
            raise refusal(error, shown(at), self.session.caller.secret) from error
        return decoded(body, kind, shown(at)), httpx.Response(200, headers=said, request=httpx.Request("GET", at))

    @patiently
    def _read(self, url: str, headers: Mapping[str, str] | None) -> tuple[bytes, httpx.Headers]:
        return self.session.read(url, self.limit, {"Accept": "application/json", **(headers or {})})

    def led_to(self, here: str, there: str) -> str:
        """The address of the next page, which must be of the origin that the contract names.

        Raises:
            PlaceBroken: it leads elsewhere.
        """
        try:
            found = httpx.URL(here).join(there)
        except (httpx.InvalidURL, ValueError):
            found = httpx.URL("")
        if origin(found) != origin(httpx.URL(self.source.url)):
            raise broken(
                shown(here),
                f"trang tiếp theo dẫn sang máy chủ khác ({shown(there)}), nên không đi theo.",
                f"the next page leads to another server ({shown(there)}), which is not followed.",
            )
        return str(found)


def decoded(body: bytes, kind: type[T], where: str) -> T:
    """``body`` as JSON of the shape ``kind``. Raises PlaceBroken."""
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise broken(
            where,
            f"JSON không đúng quy định của dịch vụ ({error}).",
            f"the JSON is not what the service promises ({error}).",
        ) from error
    except (msgspec.DecodeError, UnicodeError) as error:
        if body.lstrip()[:1] == b"<":
            title = _TITLE.search(body[:20_000])
            named = f" «{shown(title[1].decode(errors='replace'), 100)}»" if title else ""
            raise broken(
                where, f"nhận được một trang web{named} thay vì JSON.", f"a web page{named} came instead of JSON."
            ) from error
        raise broken(where, f"nội dung không phải JSON ({error}).", f"what came is no JSON ({error}).") from error


Reader = Callable[[Asking], Iterator[Page]]


class Tally:
    """Counts what comes, and holds it against what the service says of itself."""

    def __init__(self, source: PagedSource, where: str) -> None:
        self.source, self.where = source, where
        self.pages = self.records = 0
        self.total: int | None = None
        self.seen: set[Hashable] = set()

    def take(self, page: Page) -> None:
        """Count one page.

        Raises:
            PlaceMoved: a record came twice, or the service counts another number than before.
            PlaceTooLarge: there is more than the contract lets in.
        """
        self.pages += 1
        self.records += len(page.records)
        if self.pages > self.source.max_pages:
            raise too_large(self.where, f"{self.source.max_pages} trang", f"{self.source.max_pages} pages")
        if max(self.records, page.total or 0) > self.source.max_records:
            raise too_large(self.where, f"{self.source.max_records} bản ghi", f"{self.source.max_records} records")
        if page.total is not None and self.total not in (None, page.total):
            raise self._moved(
                f"lúc đầu đếm được {self.total} bản ghi, sau đó {page.total}",
                f"it counted {self.total} records at first and {page.total} later",
            )
        self.total = self.total if page.total is None else page.total
        for one in page.ids:
            if one in self.seen:
                named = shown(repr(one), 80)
                raise self._moved(f"bản ghi {named} đến hai lần", f"the record {named} came twice")
            self.seen.add(one)

    def end(self) -> None:
        """Raise PlaceBroken where the service gave another number of records than it says there are."""
        if self.total is not None and self.records != self.total:
            raise broken(
                self.where,
                f"dịch vụ nói có {self.total} bản ghi nhưng chỉ đưa ra {self.records}.",
                f"the service says that there are {self.total} records, and gave {self.records}.",
            )

    def _moved(self, vi: str, en: str) -> PlaceMoved:
        return PlaceMoved(
            f"{self.where}: dữ liệu thay đổi trong lúc đọc ({vi}), nên không rõ đã đủ chưa. Hãy chạy lại khi dữ liệu đứng yên.",
            f"{self.where}: the data changed while they were read ({en}), so that they may not be whole. Run again when they rest.",
        )


@dataclass(frozen=True)
class PagedFile(RemoteFile):
    """The records of a service as one file: one a line, or one GeoJSON FeatureCollection."""

    asked: ClassVar[bool] = True
    source: PagedSource = field(kw_only=True)
    caller: Caller = field(kw_only=True)
    reader: Reader = field(kw_only=True)

    @contextmanager
    def open(self, known: Mark | None = None) -> Iterator[Transfer]:  # noqa: ARG002 - no service marks its answers
        with Session(self.caller) as session:
            records = self._records(session)
            collected = self.source.reading.format == "geojson"
            yield Transfer(_collection(records) if collected else _lines(records))

    def _records(self, session: Session) -> Iterator[list[bytes]]:
        tally = Tally(self.source, shown(self.location))
        for page in self.reader(Asking(session, self.source)):
            tally.take(page)
            yield [msgspec.json.format(bytes(record), indent=-1) for record in page.records]
        tally.end()


def _lines(pages: Iterable[list[bytes]]) -> Iterator[bytes]:
    for records in pages:
        yield b"".join(record + b"\n" for record in records)


def _collection(pages: Iterable[list[bytes]]) -> Iterator[bytes]:
    before = b'{"type":"FeatureCollection","features":[\n'
    for records in pages:
        for record in records:
            yield before + record
            before = b",\n"
    yield (before if before[:1] == b"{" else b"") + b"\n]}\n"


def paged(search: Search, reader: Reader) -> Found:
    """The records of a service as a file for each day; ``reader`` knows the service's way of paging."""
    ending = search.source.reading.format

    def look(source: Source, name: str, _: dt.date | None) -> Sequence[RemoteFile]:
        asked = cast(PagedSource, source)
        caller = Caller.of(asked, asked.url, search.access)
        given = f"{name}.{ending}" if "." not in name.rsplit("/", 1)[-1] else name
        return [PagedFile(given, location(asked), source=asked, caller=caller, reader=reader)]

    looked = tuple(location(cast(PagedSource, source)) for source in search.at)
    return Found(search.gather(look), looked[0], looked)


def location(source: PagedSource) -> str:
    """What tells one question to a service from another: its address and what is asked for."""
    asked = source.model_dump(
        mode="json", exclude={"reading", "readings", "note", "files", "secret"}, exclude_defaults=True
    )
    asked.pop("kind", None)
    url = asked.pop("url")
    return f"{url} {json.dumps(asked, ensure_ascii=False, sort_keys=True)}" if asked else url
