"""Choosing the form of an answer, and answers that a client may keep."""

import hashlib
from collections.abc import Sequence
from email.utils import quote

from fastapi import Request, Response

IMMUTABLE = "public, max-age=31536000, immutable"
REVALIDATE = "public, no-cache"
"""An answer may be kept, and is asked for again by its tag before it is used."""


def choose(accept: str | None, offered: Sequence[str]) -> str | None:
    """The media type of ``offered`` that ``Accept`` prefers, the first of equals; ``None`` where none will do.

    >>> choose("text/html;q=0.5, application/json", ["text/html", "application/json"])
    'application/json'
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_media_range(part) for part in accept[:2000].split(",") if part.strip()]
    best, weight = None, 0.0
    for media in offered:
        # The most specific range that names a type decides, whatever the weights of the others.
        fitting = [(r.count("*") * -1, q) for r, q in ranges if _covers(r, media)]
        quality = max(fitting)[1] if fitting else 0.0
        if quality > weight:
            best, weight = media, quality
    return best


def _media_range(part: str) -> tuple[str, float]:
    media, *parameters = (p.strip().lower() for p in part.split(";"))
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q":
            try:
                return media, float(value)
            except ValueError:
                return media, 0.0
    return media, 1.0


def _covers(media_range: str, media: str) -> bool:
    return media_range in ("*/*", media) or (
        media_range.endswith("/*") and media.startswith(media_range.removesuffix("*"))
    )


def tagged(
    request: Request, body: bytes, media_type: str, *, immutable: bool = False, filename: str | None = None
) -> Response:
    """``body`` under its strong entity tag; 304 without a body where the client holds the same bytes."""
    tag = f'"{hashlib.sha256(media_type.encode() + body).hexdigest()[:32]}"'
    headers = {
        "ETag": tag,
        "Cache-Control": IMMUTABLE if immutable else REVALIDATE,
        "Vary": "Accept, Accept-Language",
    }
    if filename:
        headers["Content-Disposition"] = f'inline; filename="{quote(filename)}"'
    held = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    if tag in held or "*" in held:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type=media_type, headers=headers)
