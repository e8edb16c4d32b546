"""The gateway as a web application: tus 1.0.0 with creation, termination, checksum and expiration; receipts and reports."""

import errno
from collections.abc import Callable
from datetime import UTC
from email.utils import format_datetime
from functools import partial

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blueprint import Blueprint
from dags.gateway.bundles import Bundle, Bundles
from dags.gateway.door import LOG, Door
from dags.gateway.errors import NoRoom, NotYours, Refused, UnknownUpload, WrongRequest, WrongType
from dags.gateway.headers import VERSION, announced, checksum, metadata, number, pieces, require_tus
from dags.gateway.reports import report_addresses, report_answer
from dags.gateway.sessions import Sessions
from dags.gateway.tokens import Token, Tokens
from dags.gateway.uploads import Checksum, Upload, Uploads

_EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
_BODY = "application/offset+octet-stream"
_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Received = Callable[[Upload | Bundle], None]
"""Called once when a delivery is whole: an upload that is one by itself, or a delivery of several that was closed."""


def application(
    plan: Blueprint, tokens: Tokens, uploads: Uploads, received: Received, bundles: Bundles | None = None
) -> Starlette:
    """The web application. Every path but the capabilities of the server takes a token; a refusal is logged without it.

    Without ``bundles`` there are no deliveries of several files.
    """
    door = Door(plan, tokens)
    sessions = Sessions(door, bundles, uploads, received) if bundles else None
    gateway = _Gateway(door, uploads, received, bundles, sessions)
    one = "/files/{upload_id}"
    routes = [
        Route("/files", gateway.capabilities, methods=["OPTIONS"]),
        Route(one, gateway.capabilities, methods=["OPTIONS"]),
        Route("/files", gateway.begin, methods=["POST"]),
        Route("/files", gateway.every, methods=["GET"]),
        Route(one, gateway.ask, methods=["HEAD"]),
        Route(one, gateway.go_on, methods=["PATCH"]),
        Route(one, gateway.cancel, methods=["DELETE"]),
        Route(one, gateway.status, methods=["GET"], name="status"),
        Route(f"{one}/report", gateway.report, methods=["GET"], name="report"),
        Route(f"{one}/report.xlsx", gateway.marked, methods=["GET"], name="marked"),
        *(sessions.routes() if sessions else []),
    ]
    return Starlette(
        routes=[_without_head(route) for route in routes],
        exception_handlers={Refused: door.refuse, HTTPException: door.refuse, Exception: door.fault},
        middleware=[Middleware(_SpeakTus)],
    )


def _without_head(route: Route) -> Route:
    """Starlette answers HEAD by every GET; here HEAD asks how far an upload is."""
    if route.methods and "GET" in route.methods:
        route.methods.discard("HEAD")
    return route


class _SpeakTus:
    """Reads the method that a client behind a narrow proxy means, and says the protocol's version on every answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        meant = Headers(scope=scope).get("x-http-method-override")
        if meant and scope["method"] == "POST":
            scope["method"] = meant.upper()

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update({"Tus-Resumable": VERSION, **_SAFE})
                headers.setdefault("Content-Security-Policy", "default-src 'none'")
            await send(message)

        await self._app(scope, receive, sent)


class _Gateway:
    """The answers at ``/files``, one method a path and verb."""

    def __init__(
        self, door: Door, uploads: Uploads, received: Received, bundles: Bundles | None, sessions: Sessions | None
    ) -> None:
        self._door, self._uploads, self._received = door, uploads, received
        self._bundles, self._sessions = bundles, sessions

    def capabilities(self, _: Request) -> Response:
        said = {
            "Tus-Version": VERSION,
            "Tus-Extension": _EXTENSIONS,
            "Tus-Max-Size": str(self._uploads.limit),
            "Tus-Checksum-Algorithm": ",".join(Checksum.NAMES),
        }
        return Response(status_code=204, headers=said)

    async def begin(self, request: Request) -> Response:
        token = self._door.token(request)
        require_tus(request)
        if "upload-defer-length" in request.headers:
            raise WrongRequest("Upload-Length", "phải biết trước độ dài", "the length must be known beforehand")
        upload = self._begun(request, token, number(request, "upload-length"), metadata(request))
        if request.headers.get("content-type") == _BODY:
            upload = await self._append(request, upload, 0)
        self._tell(upload)
        location = str(request.url_for("status", upload_id=upload.id))
        return Response(status_code=201, headers={"Location": location, **self._standing(upload)})

    def _begun(self, request: Request, token: Token, size: int, said: dict[str, str]) -> Upload:
        """The upload that a request begins, in the open delivery that it names where it names one."""
        name, expected = said.get("filename", ""), announced(said)
        if "delivery" not in said or self._bundles is None or self._sessions is None:
            dataset = said.get("dataset", "")
            self._door.allow(token, dataset)
            return self._uploads.begin(token.agency, dataset, name, size, expected)
        bundle = self._sessions.found(request, said["delivery"])
        self._door.allow(token, bundle.dataset)
        if said.get("dataset", bundle.dataset) != bundle.dataset:
            raise NotYours(said["dataset"][:100], token.agency, [bundle.dataset])
        files = self._uploads
        return self._bundles.add(
            bundle, name, size, lambda: files.begin(token.agency, bundle.dataset, name, size, expected, bundle.id)
        )

    def ask(self, request: Request) -> Response:
        upload = self._upload(request)
        require_tus(request)
        return Response(headers={"Upload-Length": str(upload.bytes), **self._standing(upload)})

    async def go_on(self, request: Request) -> Response:
        upload = self._upload(request)
        require_tus(request)
        if (kind := request.headers.get("content-type", "")) != _BODY:
            raise WrongType(kind[:100])
        upload = await self._append(request, upload, number(request, "upload-offset"))
        self._tell(upload)
        return Response(status_code=204, headers=self._standing(upload))

    def cancel(self, request: Request) -> Response:
        """Remove an upload that is not whole; one of an open delivery also when it is."""
        upload = self._upload(request)
        require_tus(request)
        if upload.delivery and self._bundles and self._sessions:
            self._bundles.drop(self._sessions.found(request, upload.delivery), upload)
        else:
            self._uploads.cancel(upload)
        return Response(status_code=204)

    def status(self, request: Request) -> Response:
        """The receipt of an upload, and what became of it."""
        upload = self._upload(request)
        kept = partial(self._uploads.report, upload)
        reports = report_addresses(request, kept, "report", "marked", upload_id=upload.id)
        return JSONResponse(upload.to_json() | {"offset": self._uploads.offset(upload), **reports})

    def report(self, request: Request) -> Response:
        """The quality report of an upload that was judged."""
        return report_answer(self._uploads.report(self._upload(request)))

    def marked(self, request: Request) -> Response:
        """The copy of the agency's file with its wrong cells marked."""
        return report_answer(self._uploads.report(self._upload(request), "xlsx"))

    def every(self, request: Request) -> Response:
        """All uploads of the token's agency, oldest first."""
        token = self._door.token(request)
        return JSONResponse([u.to_json() for u in self._uploads.every(token.agency) if token.covers(u.dataset)])

    def _upload(self, request: Request) -> Upload:
        token = self._door.token(request)
        upload = self._uploads.find(request.path_params["upload_id"], token.agency)
        if not token.covers(upload.dataset):
            raise UnknownUpload
        return upload

    async def _append(self, request: Request, upload: Upload, offset: int) -> Upload:
        try:
            return await self._uploads.append(upload, offset, pieces(request), checksum(request))
        except (ClientDisconnect, TimeoutError):
            LOG.info("cut off: upload %s of %s at %d bytes", upload.id, upload.agency, self._uploads.offset(upload))
            return upload
        except OSError as error:
            if error.errno == errno.ENOSPC:
                raise NoRoom from error
            raise

    def _tell(self, upload: Upload) -> None:
        if upload.state == "received":
            LOG.info("received upload %s: %s, %d bytes", upload.id, upload.dataset, upload.bytes)
            if upload.delivery is None:  # one of several starts nothing before their delivery is closed
                self._received(upload)

    def _standing(self, upload: Upload) -> dict[str, str]:
        expires = format_datetime(self._uploads.expires_at(upload).astimezone(UTC), usegmt=True)
        offset = {"Upload-Offset": str(self._uploads.offset(upload))}
        return offset if upload.sha256 else {**offset, "Upload-Expires": expires}
