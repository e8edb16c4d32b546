"""Questions that machines ask: search, the unit behind a code, the difference of two versions, the changelog."""

from datetime import date
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Path, Query, Request, Response

from blueprint.codelist import CodeList
from blueprint.registry import forms, lookup
from blueprint.registry.comparing import compared
from blueprint.registry.faults import Fault, documented, shown
from blueprint.registry.feed import MEDIA_TYPE as ATOM
from blueprint.registry.feed import atom
from blueprint.registry.forms import JSON
from blueprint.registry.holdings import Holdings
from blueprint.registry.negotiation import tagged
from blueprint.subjects import subject_of

if TYPE_CHECKING:
    from collections.abc import Callable

_REF = r"^([a-z]+:)?[a-z][a-z0-9-]*(@[0-9.]+)?$"
Question = Annotated[str, Query(max_length=100, examples=["khong khi"])]
Limit = Annotated[int, Query(ge=1, le=200)]
Code = Annotated[str, Path(pattern=r"^[0-9A-Za-z._-]+$", max_length=40, examples=["00004"])]
AsOf = Annotated[date, Query(description="A code means something only with a day.")]
ListName = Annotated[str, Query(alias="list", pattern=r"^[a-z][a-z0-9-]*$", max_length=60)]
Ref = Annotated[str, Query(pattern=_REF, max_length=120, examples=["bus-stops@1.0.0"])]
ModeName = Annotated[
    Literal["BACKWARD", "BACKWARD_TRANSITIVE", "FORWARD", "FORWARD_TRANSITIVE", "FULL", "FULL_TRANSITIVE", "NONE"]
    | None,
    Query(description="The mode; that of the newer version where absent."),
]


def enquiries(holdings: Holdings, public: str | None) -> APIRouter:
    """The routes that answer questions."""
    router = APIRouter(tags=["questions"], default_response_class=Response)
    of = _Enquiries(holdings, public)
    table: list[tuple[str, Callable[..., Response], str, tuple[int, ...], str]] = [
        ("/api/search", of.search, JSON, (422,), "Tìm, có dấu hay không dấu / Search, with or without accents"),
        (
            "/units/{code}",
            of.unit,
            JSON,
            (404, 422),
            "Đơn vị mang mã này vào một ngày / The unit that bears a code on a day",
        ),
        ("/api/compare", of.compare, JSON, (404, 422), "Hai phiên bản khác nhau thế nào / How two versions differ"),
        ("/api/changelog", of.changelog, JSON, (), "Nhật ký thay đổi / The changelog"),
        ("/changelog.atom", of.feed, ATOM, (422,), "Nhật ký thay đổi, nguồn tin Atom / The changelog as an Atom feed"),
    ]
    for path, endpoint, media, statuses, summary in table:
        responses: dict[int | str, dict[str, Any]] = {
            200: {"content": {media: {"schema": {}}}, "description": "The answer"},
            304: {"description": "Not modified since the entity tag was given"},
            **documented(*statuses),
        }
        router.add_api_route(path, endpoint, methods=["GET"], responses=responses, summary=summary, response_model=None)
    return router


class _Enquiries:
    def __init__(self, holdings: Holdings, public: str | None) -> None:
        self.of, self.plan, self.public = holdings, holdings.plan, public

    def search(self, request: Request, q: Question, limit: Limit = 50) -> Response:
        hits = self.of.index.find(q)
        listed = [
            {
                "kind": h.kind,
                "name": h.name,
                "path": h.path,
                "title": h.title.model_dump(),
                "detail": h.detail and h.detail.model_dump(),
            }
            for h in hits[:limit]
        ]
        return tagged(request, forms.dumped({"total": len(hits), "hits": listed}), JSON)

    def unit(self, request: Request, code: Code, as_of: AsOf, codelist: ListName = "ha-noi-wards") -> Response:
        listed = lookup.declared(self.of, "codelists", codelist, None, CodeList)
        entry = listed.find(code, as_of)
        if entry is None:
            spans = "; ".join(f"{e.valid_from}..{e.valid_to or ''}" for e in listed.entries if e.code == code)
            vi = f" Mã này có hiệu lực: {spans}." if spans else ""
            en = f" It holds: {spans}." if spans else ""
            raise Fault(
                404,
                f"Không có mã {shown(code)!r} có hiệu lực ngày {as_of} trong {listed.codelist}.{vi}",
                f"No code {shown(code)!r} holds on {as_of} in {listed.codelist}.{en}",
            )
        moves = [
            {
                "crosswalk": m.crosswalk.ref,
                "direction": "into" if m.onward else "from",
                "on": m.crosswalk.present.isoformat(),
                "pairs": [forms.pair(p) for p in m.pairs],
            }
            for m in lookup.moves(self.of.crosswalks, listed.codelist, entry)
        ]
        content = {"codelist": listed.ref, "as_of": as_of.isoformat(), **forms.entry(entry), "moves": moves}
        return tagged(request, forms.dumped(content), JSON)

    def compare(self, request: Request, old: Ref, new: Ref, mode: ModeName = None) -> Response:
        before, after = lookup.found(self.of, old), lookup.found(self.of, new)
        if subject_of(before) != subject_of(after):
            raise Fault(
                404,
                f"{shown(old)} và {shown(new)} không phải hai phiên bản của cùng một chủ thể.",
                f"{shown(old)} and {shown(new)} are not two versions of one subject.",
            )
        return tagged(request, forms.dumped(compared(before, after, self.plan, mode).to_json()), JSON)

    def changelog(self, request: Request) -> Response:
        return tagged(request, forms.dumped([r.model_dump(mode="json") for r in self.of.releases]), JSON)

    def feed(self, request: Request, lang: Annotated[Literal["vi", "en"], Query()] = "vi") -> Response:
        base = self.public or str(request.base_url).rstrip("/")
        return tagged(request, atom(self.of.releases, self.of.titles, lang, base), ATOM)
