"""`/openapi.json`, of the whole and of one dataset, and the page of the API."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from starlette.responses import Response

from . import answers, docs, openapi, parameters, versions
from .service import version_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from .service import Service

_EXAMPLES = 50


async def whole(service: Service, request: Request) -> Response:
    """Answer with the document of the whole API."""
    await service.visit(request)
    parameters.read(request.url.query, ())
    document = openapi.whole(await _names(service))
    return answers.as_json(document, answers.kept(request, answers.etag(document), None, pinned=False))


async def of_dataset(service: Service, request: Request, dataset: str) -> Response:
    """Answer with the document of one dataset, with the columns of a version."""
    visit = await service.visit(request, dataset)
    parameters.read(request.url.query, parameters.VERSIONS)
    asked = version_of(request, parameters.VERSIONS)
    version = await service.version(visit, asked)
    columns = await service.aside(lambda: version.columns)
    ids = [one.id for one in await service.aside(partial(versions.all_of, dataset, visit.package))]
    extras = {extra["key"]: extra["value"] for extra in visit.package.get("extras") or []}
    title = {"vi": visit.package.get("title") or "", "en": extras.get("title_en") or ""}
    document = openapi.of_dataset(version, title, columns, ids)
    headers = answers.kept(request, answers.etag(document), visit.package, pinned=False)
    return answers.as_json(document, {**headers, **answers.of_version(version)})


async def page(service: Service, request: Request) -> Response:
    """Answer with the page of the API."""
    await service.visit(request)
    names = await _names(service)
    body = docs.page(service.site, openapi.whole(names)["paths"], names)
    headers = {**answers.kept(request, answers.etag(body), None, pinned=False), "Content-Security-Policy": docs.POLICY}
    return Response(body, headers=headers, media_type="text/html")


def style() -> Response:
    """Answer with the style of that page."""
    return Response(docs.STYLE, media_type="text/css", headers={"Cache-Control": "public, max-age=3600"})


async def _names(service: Service) -> list[str]:
    return await service.aside(lambda: service.catalogue.names(_EXAMPLES))
