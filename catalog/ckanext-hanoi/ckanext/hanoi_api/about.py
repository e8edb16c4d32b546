"""What is said of datasets: the list, one dataset, its versions, and a version's schema and quality."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from . import answers, parameters, versions
from .problems import bad_value
from .service import version_of

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from .service import Service, Visit
    from .versions import Version

LISTED, MOST_LISTED = 100, 500
_LAST = 100_000
_WORDS = 200


async def datasets(service: Service, request: Request) -> Response:
    """Answer with the datasets that the caller may see, by their names."""
    visit = await service.visit(request)
    named = parameters.read(request.url.query, ("q", "organisation", "limit", "offset"))
    words, organisation = named.get("q") or "", named.get("organisation") or ""
    if len(words) > _WORDS:
        raise bad_value("q", words, f"Tối đa {_WORDS} ký tự.", f"At most {_WORDS} characters are taken.")
    if organisation and not _is_name(organisation):
        raise bad_value(
            "organisation", organisation, "Nhận tên của một đơn vị, ví dụ so-xay-dung.",
            "The name of an agency is taken, for example so-xay-dung.",
        )  # fmt: skip
    rows = named.number("limit", LISTED, MOST_LISTED)
    start = named.number("offset", 0, _LAST) if named.get("offset") != "0" else 0
    found = await service.aside(lambda: service.catalogue.search(visit.caller.name, words, organisation, start, rows))
    listed = [_brief(package) for package in found["results"]]
    following = None
    if start + rows < found["count"]:
        kept = {name: named.get(name) for name in ("q", "organisation", "limit") if named.get(name)}
        following = f"{request.url.path}?{urlencode({**kept, 'offset': start + rows})}"
    content = {"count": found["count"], "next": following, "datasets": listed}
    headers = answers.kept(
        request, answers.etag("datasets", content), {"private": bool(visit.caller.name)}, pinned=False
    )
    return answers.as_json(content, headers)


async def dataset(service: Service, request: Request, name: str) -> Response:
    """Answer with one dataset: what it is, its newest version, and where its rows are."""
    visit = await service.visit(request, name)
    parameters.read(request.url.query, ())
    found = await service.aside(lambda: versions.all_of(name, visit.package))
    notices = versions.index(name).get("notices") or []
    base = f"/api/v1/datasets/{name}"
    ways = ("records", "aggregate", "export", "schema", "quality", "versions", "diff", "openapi.json")
    content = {
        **_brief(visit.package),
        "latest": _entry(found[0]) if found else None,
        "versions": len(found),
        "notices": notices,
        "links": {"self": base, "page": f"/dataset/{name}", **{way: f"{base}/{way}" for way in ways}},
    }
    if not found:
        content["no_rows"] = versions.no_rows(name, visit.package).content(request.url.path)
    return _told(request, visit, content, pinned=False)


async def all_versions(service: Service, request: Request, name: str) -> Response:
    """Answer with the versions of a dataset, newest first, those that were withdrawn with the reason."""
    visit = await service.visit(request, name)
    parameters.read(request.url.query, ())
    there = await service.aside(lambda: {one.id: one for one in versions.all_of(name, visit.package)})
    gone = [e for e in versions.index(name)["versions"] if isinstance(e, dict) and e.get("withdrawn")]
    entries = [_entry(one) for one in there.values()]
    entries += [
        {"id": e["id"], "number": e.get("number"), "withdrawn": e["withdrawn"]} for e in gone if e["id"] not in there
    ]
    entries.sort(key=lambda entry: int(str(entry["id"]).partition("-")[0]), reverse=True)
    return _told(request, visit, {"dataset": name, "versions": entries}, pinned=False)


async def schema(service: Service, request: Request, name: str) -> Response:
    """Answer with the columns of a version."""
    visit, version, pinned = await _version(service, request, name)
    columns = await service.aside(lambda: version.columns)
    dictionary = await service.aside(lambda: versions.dictionary(version))
    rows = await service.aside(lambda: version.rows)
    listed = [
        {"name": column.name, "type": column.family, "native_type": column.kind.lower(), "json_schema": column.schema,
         **{key: value for key, value in column.described.items() if key not in ("name", "type")}}
        for column in columns.values()
    ]  # fmt: skip
    content = {
        "dataset": name, "version": version.id, "contract": version.entry.get("contract"), "rows": rows,
        "key": dictionary.get("key") or [], "columns": listed,
    }  # fmt: skip
    return _told(request, visit, content, pinned=pinned, version=version)


async def quality(service: Service, request: Request, name: str) -> Response:
    """Answer with what the quality gate found in a version."""
    visit, version, pinned = await _version(service, request, name)
    said = version.entry
    content = {
        "dataset": name, "version": version.id, "gate": said.get("gate"), "rows": said.get("rows"),
        "rows_in": said.get("rows_in"), "rows_quarantined": said.get("rows_quarantined"), "quality": said.get("quality"),
    }  # fmt: skip
    return _told(request, visit, content, pinned=pinned, version=version)


async def _version(service: Service, request: Request, name: str) -> tuple[Visit, Version, bool]:
    visit = await service.visit(request, name)
    parameters.read(request.url.query, parameters.VERSIONS)
    asked = version_of(request, parameters.VERSIONS)
    return visit, await service.version(visit, asked), asked.get("version") is not None


def _told(
    request: Request, visit: Visit, content: dict[str, Any], *, pinned: bool, version: Version | None = None
) -> Response:
    headers = answers.kept(request, answers.etag(request.url.path, content), visit.package, pinned=pinned)
    return answers.as_json(content, {**headers, **(answers.of_version(version) if version else {})})


def _brief(package: dict[str, Any]) -> dict[str, Any]:
    said = {extra["key"]: extra["value"] for extra in package.get("extras") or []}
    organisation = package.get("organization") or {}
    return {
        "name": package["name"],
        "title": {"vi": package.get("title") or "", "en": said.get("title_en") or ""},
        "description": {"vi": package.get("notes") or "", "en": said.get("notes_en") or ""},
        "organisation": organisation.get("name"),
        "licence": package.get("license_id"),
        "keywords": sorted(tag["name"] for tag in package.get("tags") or []),
        "theme": said.get("theme"),
        "frequency": said.get("frequency"),
        "simulated": said.get("hanoi_simulated") == "true",
        "private": bool(package.get("private")),
        "version": said.get("hanoi_version"),
    }


def _entry(version: Version) -> dict[str, Any]:
    return {key: value for key, value in version.entry.items() if key not in ("quality", "changes")}


def _is_name(text: str) -> bool:
    return text.isascii() and len(text) <= 100 and all(c.isalnum() or c in "-_" for c in text)
