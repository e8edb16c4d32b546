"""Answers: JSON that was written already, its ETag, how long it may be kept, and 304 where the asker has it."""

from __future__ import annotations

import asyncio
import hashlib
import json
from typing import TYPE_CHECKING, Any

from starlette.responses import Response

from . import problems

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Mapping

    from starlette.requests import Request
    from starlette.types import Receive, Scope, Send

    from .versions import Version

RELEASE = "1"
"""Part of every ETag: another number where the same question is answered in another form."""
STALLED = 60.0
"""Seconds for which a reader may take nothing."""
_PIECE = 128 * 1024
_DAY = 24 * 3600


class NotModified(Exception):
    """The asker has the answer already."""

    def __init__(self, headers: Mapping[str, str]) -> None:
        self.headers = dict(headers)


class Written(Response):
    """A body that is sent piece by piece, so that a slow reader's takes no more memory than once, and not for ever."""

    media_type = "application/json"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        body = memoryview(self.body) if scope["method"] != "HEAD" else memoryview(b"")
        for start in range(0, max(1, len(body)), _PIECE):
            await _sent(send, bytes(body[start : start + _PIECE]), more=start + _PIECE < len(body))


class Streamed(Response):
    """Pieces as they are made; an answer that cannot be ended well breaks off, so that nobody takes it for whole."""

    def __init__(self, pieces: AsyncIterator[bytes], media_type: str, headers: Mapping[str, str]) -> None:
        super().__init__(headers=dict(headers), media_type=media_type)
        del self.headers["content-length"]
        self._pieces = pieces

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            if scope["method"] != "HEAD":
                async for piece in self._pieces:
                    await _sent(send, piece, more=True)
            await _sent(send, b"", more=False)
        finally:
            await self._pieces.aclose()  # type: ignore[attr-defined]


async def _sent(send: Send, body: bytes, *, more: bool) -> None:
    await asyncio.wait_for(send({"type": "http.response.body", "body": body, "more_body": more}), STALLED)


def etag(*parts: object) -> str:
    """Return a weak ETag of what an answer is made from: it stays the same in every compression."""
    return f'W/"{hashlib.sha256(repr((RELEASE, *parts)).encode()).hexdigest()[:24]}"'


def kept(request: Request, tag: str, package: Mapping[str, Any] | None, *, pinned: bool) -> dict[str, str]:
    """Return the headers that say how long an answer may be kept and by whom.

    :param package: the dataset's entry in the catalogue, None for an answer that everybody gets
    :param pinned: the address names a version, so that the answer stays the same
    :raises NotModified: the asker has it
    """
    headers = {"ETag": tag, "Vary": "Authorization, Accept-Encoding"}
    if package is not None and package.get("private"):
        headers["Cache-Control"] = "private, no-store"
    elif pinned:
        headers["Cache-Control"] = f"public, max-age={_DAY}"
    else:
        headers["Cache-Control"] = "public, no-cache"
    wanted = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    if tag.removeprefix("W/") in wanted or "*" in wanted:
        raise NotModified(headers)
    return headers


def of_version(version: Version) -> dict[str, str]:
    """Return the headers that name the version an answer comes from."""
    return {"Hanoi-Version": version.id}


def as_json(content: Any, headers: Mapping[str, str] | None = None, status: int = 200) -> Written:
    """Return an answer of JSON."""
    return Written(json.dumps(content, ensure_ascii=False).encode(), status, dict(headers or {}))


def problem(request: Request, found: problems.Problem) -> Written:
    """Return the answer of a problem, in the reader's language first."""
    language = "en" if request.headers.get("accept-language", "").lower().startswith("en") else "vi"
    content = found.content(request.url.path, language)
    headers = {**found.headers, "Cache-Control": "no-store", "Content-Language": language}
    body = json.dumps(content, ensure_ascii=False).encode()
    return Written(body, found.status, headers, media_type=problems.PROBLEM)
