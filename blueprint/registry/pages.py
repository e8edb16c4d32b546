"""The pages that people read, once in Vietnamese under ``/vi`` and once in English under ``/en``."""

import json
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from fastapi import APIRouter, FastAPI, Request, Response
from fastapi.routing import APIRoute

from blueprint import compile as compiled
from blueprint.codelist import CodeList
from blueprint.compat import Verdict
from blueprint.concept import Concept, Mode
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.days import today
from blueprint.registry import lookup, parts, search, unit_view
from blueprint.registry.comparing import VERDICTS, compared
from blueprint.registry.faults import Fault, shown
from blueprint.registry.forms import attributes
from blueprint.registry.holdings import Holdings
from blueprint.registry.indicator_pages import IndicatorPages
from blueprint.registry.language import Language
from blueprint.registry.view import View
from blueprint.rules import row_rules
from blueprint.subjects import subject_of, version_of
from blueprint.text import Bilingual, unaccented
from blueprint.types import duckdb_type

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = 100
_FOUND = 60
_KINDS = {
    "contract": Bilingual(vi="Hợp đồng dữ liệu", en="Data contracts"),
    "indicator": Bilingual(vi="Chỉ số", en="Indicators"),
    "concept": Bilingual(vi="Khái niệm", en="Concepts"),
    "codelist": Bilingual(vi="Danh mục", en="Code lists"),
    "crosswalk": Bilingual(vi="Bảng chuyển đổi", en="Crosswalks"),
    "column": Bilingual(vi="Cột", en="Columns"),
    "code": Bilingual(vi="Mã", en="Codes"),
}
_VALIDATION = {
    "shape": Bilingual(
        vi="chỉ hình dạng: đúng dạng không có nghĩa là có người hay tổ chức đó",
        en="its shape only: a well-formed value does not mean that such a person or firm exists",
    ),
    "checksum": Bilingual(vi="hình dạng và số kiểm tra", en="its shape and its check digit"),
    "register": Bilingual(vi="tra trong danh mục", en="by looking it up in a register"),
}


def pages(holdings: Holdings, language: Language, app: FastAPI, public: str | None = None) -> APIRouter:
    """Every page in one language."""
    router = APIRouter(prefix=f"/{language}", include_in_schema=False, default_response_class=Response)
    view, told = _Pages(holdings, language, app, public), IndicatorPages(holdings, language, app, public)
    routes: list[tuple[str, Callable[..., Response]]] = [
        ("/", view.home),
        ("/search", view.search),
        ("/concepts", view.concepts),
        ("/concepts/{name}", view.concept),
        ("/concepts/{name}/{version}", view.concept),
        ("/codelists", view.codelists),
        ("/codelists/{name}", view.codelist),
        ("/codelists/{name}/{version}", view.codelist),
        ("/crosswalks", view.crosswalks),
        ("/crosswalks/{name}", view.crosswalk),
        ("/crosswalks/{name}/{version}", view.crosswalk),
        ("/indicators", told.indicators),
        ("/indicators/{name}", told.indicator),
        ("/indicators/{name}/{version}", told.indicator),
        ("/contracts", view.contracts),
        ("/contracts/{name}", view.contract),
        ("/contracts/{name}/{version}", view.contract),
        ("/compare", view.compare),
        ("/changelog", view.changelog),
        ("/notices", view.notices),
        ("/units", view.units),
        ("/api", view.api),
    ]
    for path, endpoint in routes:
        router.add_api_route(path, endpoint, methods=["GET"], response_model=None)
    return router


class _Pages(View):
    def home(self, request: Request) -> Response:
        return self.show(request, "home.html", counts=self.of.counts, releases=self.of.releases[:6])

    def search(self, request: Request, q: str = "") -> Response:
        hits = self.of.index.find(q[:100])
        groups: dict[str, list[search.Hit]] = {}
        for hit in hits[:_FOUND]:
            groups.setdefault(hit.kind, []).append(hit)
        kinds = {k: self.b(v) for k, v in _KINDS.items()}
        return self.show(
            request,
            "search.html",
            question=q[:100],
            groups=list(groups.items()),
            total=len(hits),
            shown=min(len(hits), _FOUND),
            kinds=kinds,
        )

    def concepts(self, request: Request) -> Response:
        listed = sorted(self.of.current, key=lambda c: unaccented(self.b(c.title)))
        links = self.forms("/concepts", "json", "csv")
        return self.show(request, "concepts.html", concepts=listed, links=links)

    def concept(self, request: Request, name: str, version: str | None = None) -> Response:
        one = lookup.declared(self.of, "concepts", name, version, Concept)
        used = self.of.uses(one)
        return self.show(
            request,
            "concept.html",
            concept=one,
            newest=self.of.newest(subject_of(one)),
            declarations=self.of.concepts[name],
            used=used,
            datasets=len({u.contract.dataset for u in used}),
            indicators=self.of.indicators_by(one),
            snippet=parts.binding(one),
            compiled=self._property(one),
            duckdb_type=duckdb_type(one),
            codelist=self.plan.codelists.get(one.codelist or ""),
            validation=self.b(_VALIDATION[one.validation]) if one.validation else "",
            history=self.of.releases_of(subject_of(one)),
            links=self.forms(f"/concepts/{name}/{one.version}", "json", "csv", "jsonld"),
        )

    def _property(self, one: Concept) -> str:
        """The JSON Schema of the first column that is bound to the concept; empty where none is."""
        from blueprint.compile import fields, json_schema

        for use in self.of.uses(one)[:1]:
            field = next(f for f in fields.fields(use.contract, self.plan) if f.name == use.column.name)
            content = json_schema.property_schema(field)
            if len(content.get("enum", ())) > 12:
                content["enum"] = [*content["enum"][:12], "…"]
            return json.dumps({use.column.name: content}, ensure_ascii=False, indent=1)
        return ""

    def codelists(self, request: Request) -> Response:
        listed = [(c, len(lookup.entries(c, today()))) for c in self.of.codelists.values()]
        listed.sort(key=lambda pair: unaccented(self.b(pair[0].title)))
        return self.show(request, "codelists.html", codelists=listed)

    def codelist(
        self,
        request: Request,
        name: str,
        version: str | None = None,
        as_of: str = "",
        q: str = "",
        show: str = "current",
        page: str = "1",
    ) -> Response:
        one = lookup.declared(self.of, "codelists", name, version, CodeList)
        on = lookup.a_day(as_of) if as_of else today()
        seen: lookup.Show = "retired" if show == "retired" else "all" if show == "all" else "current"
        chosen = lookup.entries(one, on, q[:100], seen)
        rows, number, count = lookup.paged(chosen, parts.whole(page), ROWS)
        starts = lookup.eras(one)
        path = f"/codelists/{name}/{version}" if version else f"/codelists/{name}"
        day_query = f"?as_of={on}&format=" if as_of else "?format="
        return self.show(
            request,
            "codelist.html",
            codelist=one,
            newest=self.of.newest(subject_of(one)),
            declarations=self.of.versions(one),
            path=path,
            as_of=on,
            question=q[:100],
            show=seen,
            entries=rows,
            total=len(chosen),
            page=number,
            pages=count,
            jumps=starts if len(starts) > 1 else [],
            attributes=attributes(e for e in one.entries),
            successors=parts.successors(one, self.plan.crosswalks.values()),
            after=parts.after,
            concepts=self.of.concepts_of(name),
            walks=[w for w in self.of.crosswalks.values() if w.codelist == name],
            licence=self.label("licences", one.licence),
            history=self.of.releases_of(subject_of(one)),
            links=[
                (f"/codelists/{name}/{one.version}{day_query}{form}", label, detail)
                for form, label, detail in (("csv", "CSV", ""), ("json", "JSON", ""), ("jsonld", "JSON-LD", "SKOS"))
            ],
        )

    def crosswalks(self, request: Request) -> Response:
        listed = sorted(self.of.crosswalks.values(), key=lambda w: w.present, reverse=True)
        return self.show(request, "crosswalks.html", crosswalks=listed)

    def crosswalk(
        self, request: Request, name: str, version: str | None = None, q: str = "", page: str = "1"
    ) -> Response:
        one = lookup.declared(self.of, "crosswalks", name, version, Crosswalk)
        codelist = self.plan.codelists[one.codelist]
        names = {
            (e.code, d): self.t(e.vi, e.en)
            for d in (one.former, one.present)
            for e in codelist.entries
            if e.holds_on(d)
        }

        def name_of(code: str, on: date) -> str:
            return names.get((code, on), "")

        words = unaccented(q[:100]).split()
        chosen = [
            p
            for p in one.pairs
            if not words
            or all(
                w
                in unaccented(
                    f"{p.old_code} {p.new_code} {names.get((p.old_code, one.former), '')} {names.get((p.new_code, one.present), '')}"
                )
                for w in words
            )
        ]
        rows, number, count = lookup.paged(chosen, parts.whole(page), ROWS)
        return self.show(
            request,
            "crosswalk.html",
            walk=one,
            codelist=codelist,
            declarations=self.of.versions(one),
            path=f"/crosswalks/{name}/{version}" if version else f"/crosswalks/{name}",
            question=q[:100],
            pairs=rows,
            total=len(chosen),
            page=number,
            pages=count,
            whole=sum(p.relation == "full" for p in one.pairs),
            split=len({p.old_code for p in one.pairs if p.relation == "partial"}),
            name=name_of,
            licence=self.label("licences", one.licence),
            history=self.of.releases_of(subject_of(one)),
            links=self.forms(f"/crosswalks/{name}/{one.version}", "csv", "json"),
        )

    def contracts(self, request: Request) -> Response:
        listed = sorted(self.of.contracts.values(), key=lambda c: unaccented(self.b(c.title)))
        return self.show(request, "contracts.html", contracts=listed, narrowest=self.plan.classification)

    def contract(self, request: Request, name: str, version: str | None = None) -> Response:
        one = lookup.declared(self.of, "contracts", name, version, Contract)
        base = f"/contracts/{name}/{one.version}"
        links = [(f"{base}/{t.name}", self.b(t.title), t.suffix) for t in compiled.TARGETS.values()]
        return self.show(
            request,
            "contract.html",
            contract=one,
            newest=self.of.newest(name),
            declarations=self.of.versions(one),
            columns=[(c, self.plan.concept_of(c)) for c in one.columns],
            rules=row_rules(one, self.plan),
            narrowest=self.plan.classification(one),
            history=self.of.releases_of(name),
            day=today(),
            indicators=self.of.indicators_from(name),
            links=[
                *links,
                (f"{base}/source", self.t("Khai báo gốc", "The declaration"), ".yaml"),
                (f"{base}/json", "JSON", ".json"),
            ],
        )

    def compare(self, request: Request, old: str = "", new: str = "", mode: str = "", page: str = "1") -> Response:
        before, after = lookup.found(self.of, old[:120]), lookup.found(self.of, new[:120])
        if subject_of(before) != subject_of(after):
            raise Fault(
                422,
                f"Chỉ so sánh được hai phiên bản của cùng một chủ thể; đã nhận {shown(old)} và {shown(new)}.",
                f"Only two versions of one subject can be compared; {shown(old)} and {shown(new)} came.",
            )
        subject = subject_of(after)
        versions = [version_of(d) for d in self.of.versions(after)]
        report = compared(before, after, self.plan, mode)
        worst_first = sorted(report.findings, key=lambda f: f.verdict is Verdict.ALLOWED)
        rows, number, count = lookup.paged(worst_first, parts.whole(page), ROWS)
        return self.show(
            request,
            "compare.html",
            old=f"{subject}@{version_of(before)}",
            new=f"{subject}@{version_of(after)}",
            old_page=lookup.page_of(subject, version_of(before)),
            new_page=lookup.page_of(subject, version_of(after)),
            choices=[f"{subject}@{v}" for v in versions],
            modes=[m.value for m in Mode],
            mode=report.mode.value,
            findings=rows,
            total=len(report.findings),
            page=number,
            pages=count,
            compatible=report.compatible,
            breaking=report.breaking,
            bump=report.bump,
            verdicts={k: self.b(v) for k, v in VERDICTS.items()},
            plain=parts.plain,
        )

    def changelog(self, request: Request, page: str = "1") -> Response:
        rows, number, count = lookup.paged(self.of.releases, parts.whole(page), 50)
        title = self.t("Nhật ký thay đổi", "Changelog")
        lead = self.t(
            "Mỗi phiên bản đã phát hành, mới nhất trước, với những gì đã đổi.",
            "Every released version, newest first, with what changed.",
        )
        return self.show(
            request, "changelog.html", listed=rows, title=title, lead=lead, path="/changelog", page=number, pages=count
        )

    def notices(self, request: Request) -> Response:
        listed = [r for r in self.of.releases if r.notice]
        title = self.t("Thông báo trước", "Notices")
        lead = self.t(
            "Một thay đổi phá vỡ được báo trước: đổi gì, từ khi nào, liên quan đến ai. Phiên bản cũ còn được phục vụ đến ngày đã hẹn.",
            "A breaking change is announced: what changes, from when, whom it concerns. The former version is served until the day given.",
        )
        return self.show(
            request, "changelog.html", listed=listed, title=title, lead=lead, path="/notices", page=1, pages=1
        )

    def units(self, request: Request, code: str = "", as_of: str = "", list: str = "") -> Response:  # noqa: A002 - the name in the address
        on = lookup.a_day(as_of) if as_of else today()
        found, otherwise = unit_view.find(self.of, list, code[:100], on)
        return self.show(
            request,
            "units.html",
            lists=self.of.dated,
            chosen=list,
            code=code[:100],
            as_of=on,
            found=found,
            otherwise=otherwise,
            moves=partial(unit_view.moves, self.of, self.language),
        )

    def api(self, request: Request) -> Response:
        groups: dict[str, list[tuple[str, str, str]]] = {}
        for route in self.app.routes:
            if isinstance(route, APIRoute) and route.include_in_schema:
                tag = str(route.tags[0]) if route.tags else ""
                vi, _, en = (route.summary or "").partition(" / ")
                for method in sorted(route.methods):
                    groups.setdefault(tag, []).append((method, route.path, self.t(vi, en)))
        from blueprint.registry.app import TAGS

        newest = next(iter(self.of.contracts.values()), None)
        return self.show(
            request,
            "api.html",
            groups=list(groups.items()),
            tags={k: self.b(v) for k, v in TAGS.items()},
            base=self.public or str(request.base_url).rstrip("/"),
            example=f"{newest.dataset}/{newest.version}" if newest else "",
        )
