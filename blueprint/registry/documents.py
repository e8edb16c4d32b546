"""What machines read: every declaration in the form it is asked for, by ``Accept``, by ``?format=`` or by its address."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response
from fastapi.responses import RedirectResponse

from blueprint import compile as compiled
from blueprint.codelist import CodeList
from blueprint.concept import Concept
from blueprint.contract import Contract
from blueprint.crosswalk import Crosswalk
from blueprint.errors import BlueprintError
from blueprint.indicator import Indicator
from blueprint.registry import forms, lookup
from blueprint.registry.faults import Fault, documented, shown
from blueprint.registry.forms import CSV, JSON, JSON_LD, YAML
from blueprint.registry.holdings import Holdings
from blueprint.registry.language import preferred
from blueprint.registry.negotiation import choose, tagged
from blueprint.subjects import Declaration, file_of, subject_of

HTML = "text/html"
Name = Annotated[str, Path(pattern=r"^[a-z][a-z0-9-]*$", max_length=60, examples=["bus-stops"])]
Whole = Annotated[str, Path(pattern=r"^[1-9][0-9]*$", max_length=6, examples=["1"])]
Semver = Annotated[str, Path(pattern=r"^[0-9]+\.[0-9]+\.[0-9]+$", max_length=20, examples=["1.0.0"])]
AsOf = Annotated[date | None, Query(description="The day, such as 2025-07-01.")]
_TABLED = {"json": JSON, "csv": CSV}
_LINKED = {**_TABLED, "jsonld": JSON_LD}
_DECLARED = {"json": JSON, "source": YAML}
_CONTRACT = {"json": JSON, "source": YAML, **{t.name: t.media_type for t in compiled.TARGETS.values()}}


def _format(choices: Mapping[str, str]) -> Any:
    text = "The form, instead of the Accept header."
    return Query(alias="format", description=text, json_schema_extra={"enum": [*choices, "html"]})


AsTable = Annotated[str | None, _format(_TABLED)]
AsLinked = Annotated[str | None, _format(_LINKED)]
AsContract = Annotated[str | None, _format(_CONTRACT)]
AsDeclared = Annotated[str | None, _format(_DECLARED)]
FormName = Annotated[str, Path(max_length=30, json_schema_extra={"enum": [*_CONTRACT]})]


@dataclass(frozen=True)
class Form:
    """One form of a declaration: its media type, the end of a file name, how it is made.

    ``pinned`` says that it never changes once the version is released; what holds codes of a list that may grow does.
    """

    media: str
    suffix: str
    make: Callable[[], bytes]
    pinned: bool = True


def answer(
    request: Request, asked: str | None, choices: Mapping[str, Form], page: str, name: str, released: bool = False
) -> Response:
    """The form that was asked for by name, else the one that ``Accept`` prefers; a browser is sent to the page.

    Raises Fault 406 where neither is on offer, and 404 where this declaration has no such form.
    """
    form = choices.get(asked or "")
    if form is None and asked is None:
        offered = {f.media: f for f in reversed(tuple(choices.values()))}
        media = choose(request.headers.get("accept"), [*dict.fromkeys(f.media for f in choices.values()), HTML])
        if media is None:
            listed = ", ".join([*offered, HTML])
            raise Fault(406, f"Chỉ có: {listed}.", f"On offer are only: {listed}.")
        form = offered.get(media)
    elif form is None and asked != "html":
        listed = ", ".join([*choices, "html"])
        vi = f"Không có định dạng {shown(asked)!r}; các định dạng: {listed}."
        raise Fault(406, vi, f"There is no format {shown(asked)!r}; the formats are {listed}.")
    if form is None:
        language = preferred(request.headers.get("accept-language"))
        return RedirectResponse(f"/{language}{page}", 303, {"Vary": "Accept, Accept-Language"})
    try:
        body = form.make()
    except BlueprintError as error:
        raise Fault(404, error.vi, error.en) from error
    return tagged(request, body, form.media, immutable=released and form.pinned, filename=f"{name}{form.suffix}")


def documents(holdings: Holdings, public: str | None) -> APIRouter:
    """The routes of the machine-readable forms."""
    router = APIRouter(tags=["declarations"], default_response_class=Response)
    of = _Documents(holdings, public)
    table: list[tuple[str, Callable[..., Response], Mapping[str, str], str]] = [
        ("/contracts", of.contracts, {"json": JSON}, "Mọi hợp đồng / All contracts"),
        ("/contracts/{dataset}", of.newest_contract, _CONTRACT, "Hợp đồng mới nhất / The newest version of a contract"),
        (
            "/contracts/{dataset}/{version}",
            of.contract,
            _CONTRACT,
            "Một phiên bản hợp đồng / One version of a contract",
        ),
        (
            "/contracts/{dataset}/{version}/{form}",
            of.contract_form,
            _CONTRACT,
            "Hợp đồng ở một dạng / A contract in one form",
        ),
        ("/concepts", of.concepts, _TABLED, "Mọi khái niệm / All concepts"),
        ("/concepts/{name}", of.newest_concept, _LINKED, "Khái niệm mới nhất / The newest version of a concept"),
        ("/concepts/{name}/{version}", of.concept, _LINKED, "Một phiên bản khái niệm / One version of a concept"),
        ("/codelists", of.codelists, {"json": JSON}, "Mọi danh mục / All code lists"),
        ("/codelists/{name}", of.newest_codelist, _LINKED, "Danh mục mới nhất / The newest version of a code list"),
        ("/codelists/{name}/{version}", of.codelist, _LINKED, "Một phiên bản danh mục / One version of a code list"),
        ("/crosswalks", of.crosswalks, {"json": JSON}, "Mọi bảng chuyển đổi / All crosswalks"),
        (
            "/crosswalks/{name}",
            of.newest_crosswalk,
            _TABLED,
            "Bảng chuyển đổi mới nhất / The newest version of a crosswalk",
        ),
        (
            "/crosswalks/{name}/{version}",
            of.crosswalk,
            _TABLED,
            "Một phiên bản bảng chuyển đổi / One version of a crosswalk",
        ),
        ("/indicators", of.indicators, {"json": JSON}, "Mọi chỉ số / All indicators"),
        ("/indicators/{name}", of.newest_indicator, _DECLARED, "Chỉ số mới nhất / The newest version of an indicator"),
        (
            "/indicators/{name}/{version}",
            of.indicator,
            _DECLARED,
            "Một phiên bản chỉ số / One version of an indicator",
        ),
    ]
    for path, endpoint, choices, summary in table:
        content: dict[str, Any] = {media: {"schema": {}} for media in dict.fromkeys(choices.values())}
        responses: dict[int | str, dict[str, Any]] = {
            200: {"content": content, "description": "The declaration"},
            303: {"description": "The page, for a browser"},
            304: {"description": "Not modified since the entity tag was given"},
            **documented(404, 406, 422),
        }
        router.add_api_route(path, endpoint, methods=["GET"], responses=responses, summary=summary, response_model=None)
    return router


class _Documents:
    def __init__(self, holdings: Holdings, public: str | None) -> None:
        self.of, self.plan, self.public = holdings, holdings.plan, public

    def base(self, request: Request) -> str:
        return self.public or str(request.base_url).rstrip("/")

    def released(self, one: Declaration, version: str | None) -> bool:
        """Whether the address names a version and that version is released, so that the answer stays the same."""
        return version is not None and self.of.released(one)

    def contracts(self, request: Request) -> Response:
        listed = [
            {"dataset": c.dataset, "version": c.version, "title": c.title.model_dump(), "agency": c.agency}
            for c in self.of.contracts.values()
        ]
        return answer(request, None, _listing(listed), "/contracts", "contracts")

    def newest_contract(self, request: Request, dataset: Name, asked: AsContract = None) -> Response:
        return self._contract(request, dataset, None, asked)

    def contract(self, request: Request, dataset: Name, version: Semver, asked: AsContract = None) -> Response:
        return self._contract(request, dataset, version, asked)

    def contract_form(self, request: Request, dataset: Name, version: Semver, form: FormName) -> Response:
        return self._contract(request, dataset, version, form)

    def _contract(self, request: Request, dataset: str, version: str | None, asked: str | None) -> Response:
        one = lookup.declared(self.of, "contracts", dataset, version, Contract)
        written = (self.plan.root / file_of(one)).read_bytes()
        fixed = not (
            any(self.plan.concept_of(c).codelist for c in one.columns)
            or b"{codelist:" in written
            or b"{crosswalk:" in written
        )
        choices = {"json": Form(JSON, ".json", lambda: forms.dumped(forms.contract(one, self.plan)), fixed)}
        for target in compiled.TARGETS.values():
            make = partial(_compiled, one, self.plan, target.name)
            choices[target.name] = Form(target.media_type, target.suffix, make, fixed)
        choices["source"] = Form(YAML, ".yaml", lambda: written)
        page = lookup.page_of(dataset, version)
        return answer(request, asked, choices, page, f"{dataset}-{one.version}", self.released(one, version))

    def concepts(self, request: Request, asked: AsTable = None) -> Response:
        listed = [c for versions in self.of.concepts.values() for c in versions]
        choices = {
            "json": Form(JSON, ".json", lambda: forms.dumped([forms.concept(c) for c in listed])),
            "csv": Form(CSV, ".csv", lambda: forms.concepts_csv(listed)),
        }
        return answer(request, asked, choices, "/concepts", "concepts")

    def newest_concept(self, request: Request, name: Name, asked: AsLinked = None) -> Response:
        return self._concept(request, name, None, asked)

    def concept(self, request: Request, name: Name, version: Whole, asked: AsLinked = None) -> Response:
        return self._concept(request, name, version, asked)

    def _concept(self, request: Request, name: str, version: str | None, asked: str | None) -> Response:
        one = lookup.declared(self.of, "concepts", name, version, Concept)
        choices = {
            "json": Form(JSON, ".json", lambda: forms.dumped(forms.concept(one))),
            "csv": Form(CSV, ".csv", lambda: forms.concepts_csv([one])),
            "jsonld": Form(JSON_LD, ".jsonld", lambda: forms.dumped(forms.concept_skos(one, self.base(request)))),
        }
        page = lookup.page_of(subject_of(one), version)
        return answer(request, asked, choices, page, f"{name}-{one.version}", self.released(one, version))

    def codelists(self, request: Request) -> Response:
        listed = [
            {
                "codelist": c.codelist,
                "version": c.version,
                "title": c.title.model_dump(),
                "dated": c.dated,
                "entries": len(c.entries),
            }
            for c in self.of.codelists.values()
        ]
        return answer(request, None, _listing(listed), "/codelists", "codelists")

    def newest_codelist(self, request: Request, name: Name, as_of: AsOf = None, asked: AsLinked = None) -> Response:
        return self._codelist(request, name, None, as_of, asked)

    def codelist(
        self, request: Request, name: Name, version: Whole, as_of: AsOf = None, asked: AsLinked = None
    ) -> Response:
        return self._codelist(request, name, version, as_of, asked)

    def _codelist(
        self, request: Request, name: str, version: str | None, as_of: date | None, asked: str | None
    ) -> Response:
        one = lookup.declared(self.of, "codelists", name, version, CodeList)
        entries = one.entries if as_of is None else tuple(e for e in one.entries if e.holds_on(as_of))
        base = self.base(request)
        choices = {
            "json": Form(JSON, ".json", lambda: forms.dumped(forms.codelist(one, entries, as_of))),
            "csv": Form(CSV, ".csv", lambda: forms.codelist_csv(entries)),
            "jsonld": Form(JSON_LD, ".jsonld", lambda: forms.dumped(forms.codelist_skos(one, entries, base))),
        }
        page = lookup.page_of(subject_of(one), version) + (f"?as_of={as_of}" if as_of else "")
        file = f"{name}-{one.version}" + (f"-{as_of}" if as_of else "")
        return answer(request, asked, choices, page, file, self.released(one, version))

    def crosswalks(self, request: Request) -> Response:
        listed = [
            {
                "crosswalk": w.crosswalk,
                "version": w.version,
                "title": w.title.model_dump(),
                "codelist": w.codelist,
                "pairs": len(w.pairs),
            }
            for w in self.of.crosswalks.values()
        ]
        return answer(request, None, _listing(listed), "/crosswalks", "crosswalks")

    def newest_crosswalk(self, request: Request, name: Name, asked: AsTable = None) -> Response:
        return self._crosswalk(request, name, None, asked)

    def crosswalk(self, request: Request, name: Name, version: Whole, asked: AsTable = None) -> Response:
        return self._crosswalk(request, name, version, asked)

    def _crosswalk(self, request: Request, name: str, version: str | None, asked: str | None) -> Response:
        one = lookup.declared(self.of, "crosswalks", name, version, Crosswalk)
        choices = {
            "json": Form(JSON, ".json", lambda: forms.dumped(forms.crosswalk(one))),
            "csv": Form(CSV, ".csv", lambda: forms.crosswalk_csv(one)),
        }
        page = lookup.page_of(subject_of(one), version)
        return answer(request, asked, choices, page, f"{name}-{one.version}", self.released(one, version))

    def indicators(self, request: Request) -> Response:
        listed = [
            {
                "indicator": i.indicator,
                "version": i.version,
                "title": i.title.model_dump(),
                "value": i.value,
                "period": i.period,
                "classification": self.plan.classification(i).value,
            }
            for i in self.of.indicators.values()
        ]
        return answer(request, None, _listing(listed), "/indicators", "indicators")

    def newest_indicator(self, request: Request, name: Name, asked: AsDeclared = None) -> Response:
        return self._indicator(request, name, None, asked)

    def indicator(self, request: Request, name: Name, version: Semver, asked: AsDeclared = None) -> Response:
        return self._indicator(request, name, version, asked)

    def _indicator(self, request: Request, name: str, version: str | None, asked: str | None) -> Response:
        one = lookup.declared(self.of, "indicators", name, version, Indicator)
        # What it rests on grows by newer versions of its contracts, which its own file does not.
        choices = {
            "json": Form(JSON, ".json", lambda: forms.dumped(forms.indicator(one, self.plan)), pinned=False),
            "source": Form(YAML, ".yaml", (self.plan.root / file_of(one)).read_bytes),
        }
        page = lookup.page_of(subject_of(one), version)
        return answer(request, asked, choices, page, f"{name}-{one.version}", self.released(one, version))


def _listing(listed: object) -> dict[str, Form]:
    return {"json": Form(JSON, ".json", lambda: forms.dumped(listed))}


def _compiled(contract: Contract, plan: Any, target: str) -> bytes:
    return compiled.export(contract, plan, target).encode()
