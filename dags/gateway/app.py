"""The gateway as a web application: tus 1.0.0 with creation, termination, checksum and expiration; receipts and reports."""

import asyncio
import base64
import binascii
import errno
import logging
import re
from collections.abc import AsyncIterator, Callable
from datetime import UTC
from email.utils import format_datetime

from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from blueprint import Blueprint
from dags.gateway.errors import (
    NoReport,
    NoRoom,
    NotYours,
    Refused,
    Unauthorised,
    WrongProtocol,
    WrongRequest,
    WrongType,
)
from dags.gateway.tokens import Token, Tokens
from dags.gateway.uploads import Checksum, Upload, Uploads

LOG = logging.getLogger("hanoi.gateway")
_VERSION = "1.0.0"
_EXTENSIONS = "creation,creation-with-upload,termination,checksum,expiration"
_BODY = "application/offset+octet-stream"
_SILENT = 60
"""Seconds without a byte after which a request is given up; the upload stays as far as it came."""
_METADATA_BYTES = 4096
_SHA256 = re.compile(r"[0-9a-f]{64}")
_PAGE = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
"""What a report may load: only what it holds itself."""
_SAFE = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}

Received = Callable[[Upload], None]
"""Called once when an upload is whole."""


def application(plan: Blueprint, tokens: Tokens, uploads: Uploads, received: Received) -> Starlette:
    """The web application. Every path but the capabilities of the server takes a token; a refusal is logged without it."""
    gateway = _Gateway(plan, tokens, uploads, received)
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
    ]
    return Starlette(
        routes=[_without_head(route) for route in routes],
        exception_handlers={Refused: gateway.refuse},
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
                headers.update({"Tus-Resumable": _VERSION, **_SAFE})
                headers.setdefault("Content-Security-Policy", "default-src 'none'")
            await send(message)

        await self._app(scope, receive, sent)


class _Gateway:
    """The answers of the gateway, one method a path and verb."""

    def __init__(self, plan: Blueprint, tokens: Tokens, uploads: Uploads, received: Received) -> None:
        self._plan, self._tokens, self._uploads, self._received = plan, tokens, uploads, received

    def capabilities(self, _: Request) -> Response:
        said = {
            "Tus-Version": _VERSION,
            "Tus-Extension": _EXTENSIONS,
            "Tus-Max-Size": str(self._uploads.limit),
            "Tus-Checksum-Algorithm": ",".join(Checksum.NAMES),
        }
        return Response(status_code=204, headers=said)

    async def begin(self, request: Request) -> Response:
        token = self._token(request)
        _require_tus(request)
        if "upload-defer-length" in request.headers:
            raise WrongRequest("Upload-Length", "phải biết trước độ dài", "the length must be known beforehand")
        size, said = _number(request, "upload-length"), _metadata(request)
        dataset = said.get("dataset", "")
        _allow(token, dataset, self._plan)
        upload = self._uploads.begin(token.agency, dataset, said.get("filename", ""), size, _announced(said))
        if request.headers.get("content-type") == _BODY:
            upload = await self._append(request, upload, 0)
        self._tell(upload)
        location = str(request.url_for("status", upload_id=upload.id))
        return Response(status_code=201, headers={"Location": location, **self._standing(upload)})

    def ask(self, request: Request) -> Response:
        upload = self._upload(request)
        _require_tus(request)
        return Response(headers={"Upload-Length": str(upload.bytes), **self._standing(upload)})

    async def go_on(self, request: Request) -> Response:
        upload = self._upload(request)
        _require_tus(request)
        if (kind := request.headers.get("content-type", "")) != _BODY:
            raise WrongType(kind[:100])
        upload = await self._append(request, upload, _number(request, "upload-offset"))
        self._tell(upload)
        return Response(status_code=204, headers=self._standing(upload))

    def cancel(self, request: Request) -> Response:
        upload = self._upload(request)
        _require_tus(request)
        self._uploads.cancel(upload)
        return Response(status_code=204)

    def status(self, request: Request) -> Response:
        """The receipt of an upload, and what became of it."""
        upload = self._upload(request)
        found = self._uploads.report(upload).exists()
        report = str(request.url_for("report", upload_id=upload.id)) if found else None
        return JSONResponse(upload.to_json() | {"offset": self._uploads.offset(upload), "report": report})

    def report(self, request: Request) -> Response:
        """The quality report of an upload that was judged."""
        path = self._uploads.report(self._upload(request))
        if not path.exists():
            raise NoReport
        return Response(path.read_bytes(), media_type="text/html", headers={"Content-Security-Policy": _PAGE})

    def every(self, request: Request) -> Response:
        """All uploads of the token's agency, oldest first."""
        return JSONResponse([upload.to_json() for upload in self._uploads.every(self._token(request).agency)])

    async def refuse(self, request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)  # noqa: S101 - it is registered for no other
        LOG.warning(
            "refused %s %s: %s (%s)", request.method, request.url.path, type(error).__name__, self._who(request)
        )
        headers = {"Tus-Version": _VERSION} if isinstance(error, WrongProtocol) else {}
        if isinstance(error, Unauthorised):
            headers["WWW-Authenticate"] = "Bearer"
        if request.method == "HEAD":
            return Response(status_code=error.status, headers=headers)
        return JSONResponse({"vi": error.vi, "en": error.en}, error.status, headers)

    def _token(self, request: Request) -> Token:
        scheme, _, secret = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not secret:
            raise Unauthorised
        return self._tokens.of(secret.strip())

    def _upload(self, request: Request) -> Upload:
        return self._uploads.find(request.path_params["upload_id"], self._token(request).agency)

    async def _append(self, request: Request, upload: Upload, offset: int) -> Upload:
        try:
            return await self._uploads.append(upload, offset, _pieces(request), _checksum(request))
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
            self._received(upload)

    def _standing(self, upload: Upload) -> dict[str, str]:
        expires = format_datetime(self._uploads.expires_at(upload).astimezone(UTC), usegmt=True)
        offset = {"Upload-Offset": str(self._uploads.offset(upload))}
        return offset if upload.sha256 else {**offset, "Upload-Expires": expires}

    def _who(self, request: Request) -> str:
        """The name of the token for the log; never the token."""
        try:
            return self._token(request).name
        except Refused:
            return "no valid token"


async def _pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; a sender that falls silent is given up."""
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), _SILENT)
        except StopAsyncIteration:
            return


def _require_tus(request: Request) -> None:
    if request.headers.get("tus-resumable") != _VERSION:
        raise WrongProtocol


def _allow(token: Token, dataset: str, plan: Blueprint) -> None:
    own = sorted(c.dataset for c in plan.contracts.values() if c.agency == token.agency)
    allowed = [d for d in own if not token.datasets or d in token.datasets]
    if dataset not in allowed:
        raise NotYours(dataset[:100], token.agency, allowed)


def _number(request: Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise WrongRequest(header.title(), "phải là số byte, ví dụ 1024", "must be a number of bytes such as 1024")
    return int(said)


def _metadata(request: Request) -> dict[str, str]:
    """Upload-Metadata: pairs of a name and a text in base64, between commas."""
    said = request.headers.get("upload-metadata", "")
    found = {}
    try:
        if len(said) > _METADATA_BYTES:
            raise ValueError
        for pair in filter(None, map(str.strip, said.split(","))):
            name, _, value = pair.partition(" ")
            found[name] = base64.b64decode(value, validate=True).decode()
    except (ValueError, binascii.Error):
        raise WrongRequest(
            "Upload-Metadata",
            f"phải là các cặp tên và giá trị base64, tối đa {_METADATA_BYTES} byte; cần dataset và filename",
            f"must be pairs of a name and a base64 value, at most {_METADATA_BYTES} bytes; dataset and filename are needed",
        ) from None
    return found


def _announced(said: dict[str, str]) -> str | None:
    digest = said.get("sha256")
    if digest is not None and not _SHA256.fullmatch(digest):
        raise WrongRequest(
            "Upload-Metadata", "sha256 phải là 64 chữ số hệ mười sáu", "sha256 must be 64 hexadecimal digits"
        )
    return digest


def _checksum(request: Request) -> Checksum | None:
    if (said := request.headers.get("upload-checksum")) is None:
        return None
    algorithm, _, digest = said.partition(" ")
    try:
        if algorithm in Checksum.NAMES:
            return Checksum(algorithm, base64.b64decode(digest, validate=True))
    except (ValueError, binascii.Error):
        pass
    listed = ", ".join(Checksum.NAMES)
    raise WrongRequest(
        "Upload-Checksum", f"thuật toán ({listed}) và giá trị base64", f"an algorithm ({listed}) and a base64 value"
    )
