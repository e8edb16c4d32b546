"""The data API as an application: its routes, and what stands around every answer."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response
from starlette_compress import CompressMiddleware

from . import about, aggregate, answers, described, diff, export, problems, records
from .answers import NotModified
from .problems import Problem
from .running import Client, ClientGone
from .service import Service

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = logging.getLogger(__name__)

ROOT = "/api/v1"
_READ = ["GET", "HEAD"]
_EXPOSED = ["ETag", "Link", "Retry-After", "RateLimit", "RateLimit-Policy", "Hanoi-Version", "Content-Disposition"]
_ALWAYS = {
    b"x-content-type-options": b"nosniff",
    b"content-security-policy": b"default-src 'none'; frame-ancestors 'none'; sandbox",
    b"cross-origin-resource-policy": b"cross-origin",
    b"referrer-policy": b"no-referrer",
}


def create(application: Any, settings: Mapping[str, Any]) -> FastAPI:
    """Return the data API.

    :param application: CKAN's Flask application, which is asked who may see what
    :param settings: CKAN's configuration
    """
    service = Service(application, settings)
    api = FastAPI(openapi_url=None, docs_url=None, redoc_url=None, redirect_slashes=False)
    _route(api, service)
    api.add_exception_handler(Problem, _problem)
    api.add_exception_handler(HTTPException, _http)
    api.add_exception_handler(NotModified, _not_modified)
    api.add_exception_handler(ClientGone, _gone)
    api.add_middleware(CompressMiddleware, minimum_size=1000, brotli=False)
    api.add_middleware(_Around)
    api.add_middleware(
        CORSMiddleware, allow_origins=["*"], allow_methods=_READ,
        allow_headers=["Authorization", "If-None-Match"], expose_headers=_EXPOSED, max_age=86400,
    )  # fmt: skip
    return api


def _route(api: FastAPI, service: Service) -> None:
    @api.api_route(f"{ROOT}/datasets", methods=_READ)
    async def datasets(request: Request) -> Response:
        return await about.datasets(service, request)

    @api.api_route(f"{ROOT}/datasets/{{dataset}}", methods=_READ)
    async def dataset(request: Request, dataset: str) -> Response:
        return await about.dataset(service, request, dataset)

    @api.api_route(f"{ROOT}/openapi.json", methods=_READ)
    async def whole(request: Request) -> Response:
        return await described.whole(service, request)

    @api.api_route(ROOT, methods=_READ)
    @api.api_route(f"{ROOT}/docs", methods=_READ)
    async def docs(request: Request) -> Response:
        return await described.page(service, request)

    @api.api_route(f"{ROOT}/docs.css", methods=_READ)
    async def style() -> Response:
        return described.style()

    ways = {
        "openapi.json": described.of_dataset,
        "versions": about.all_versions, "schema": about.schema, "quality": about.quality, "records": records.records,
        "aggregate": aggregate.aggregate, "export": export.export, "diff": diff.diff,
    }  # fmt: skip
    for name, answer in ways.items():

        def route(answer: Any = answer) -> Any:
            async def call(request: Request, dataset: str) -> Response:
                return await answer(service, request, dataset)

            return call

        api.add_api_route(f"{ROOT}/datasets/{{dataset}}/{name}", route(), methods=_READ, name=name)


async def _problem(request: Request, found: Exception) -> Response:
    assert isinstance(found, Problem)  # noqa: S101 - it is what the handler is registered for
    return answers.problem(request, found)


async def _http(request: Request, found: Exception) -> Response:
    assert isinstance(found, HTTPException)  # noqa: S101
    return answers.problem(request, problems.of_status(found.status_code))


async def _not_modified(_: Request, found: Exception) -> Response:
    assert isinstance(found, NotModified)  # noqa: S101
    return Response(status_code=304, headers=found.headers)


async def _gone(_: Request, __: Exception) -> Response:
    return Response(status_code=499)


class _Around:
    """Puts on every answer what is left of the caller's limit and how a browser is to take it; tells failures plainly."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False
        state: dict[str, Any] = scope.setdefault("state", {})

        async def around(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                held = {name for name, _ in message["headers"]}
                more = {**_ALWAYS, **{n.lower().encode(): v.encode() for n, v in state.get("limits", {}).items()}}
                message["headers"] = [*message["headers"], *(pair for pair in more.items() if pair[0] not in held)]
            await send(message)

        state["client"] = client = Client(receive)
        try:
            await self.app(scope, receive, around)
        except Exception:
            log.exception("The data API failed at %s", scope["path"])
            if started:
                raise
            found = Problem(
                "broken",
                "Máy chủ gặp lỗi và đã ghi lại. Hãy thử lại sau hoặc báo người quản trị.",
                "The server failed and has recorded it. Try again later or tell the operator.",
            )
            await answers.problem(Request(scope), found)(scope, receive, around)
        finally:
            client.close()
