"""What requests say: their bodies piece by piece, and the headers of the tus protocol."""

import asyncio
import base64
import binascii
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from starlette.requests import Request

from dags.gateway.errors import WrongProtocol, WrongRequest
from dags.gateway.uploads import Checksum

VERSION = "1.0.0"
"""The version of tus that is spoken."""
_SILENT = 60
"""Seconds without a byte after which a request is given up; the upload stays as far as it came."""
_METADATA_BYTES = 4096
_SHA256 = re.compile(r"[0-9a-f]{64}")


async def pieces(request: Request) -> AsyncIterator[bytes]:
    """The body as it comes; a sender that falls silent is given up."""
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), _SILENT)
        except StopAsyncIteration:
            return


def require_tus(request: Request) -> None:
    if request.headers.get("tus-resumable") != VERSION:
        raise WrongProtocol


def number(request: Request, header: str) -> int:
    said = request.headers.get(header, "")
    if not (said.isascii() and said.isdigit() and len(said) < 19):
        raise WrongRequest(header.title(), "phải là số byte, ví dụ 1024", "must be a number of bytes such as 1024")
    return int(said)


def metadata(request: Request) -> dict[str, str]:
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


def announced(said: dict[str, str]) -> str | None:
    digest = said.get("sha256")
    if digest is not None and not _SHA256.fullmatch(digest):
        raise WrongRequest(
            "Upload-Metadata", "sha256 phải là 64 chữ số hệ mười sáu", "sha256 must be 64 hexadecimal digits"
        )
    return digest


def checksum(request: Request) -> Checksum | None:
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


async def said_in(request: Request, most: int) -> dict[str, Any]:
    """The JSON object of a body of at most ``most`` bytes; none where the body is empty."""
    body = b""
    async for piece in pieces(request):
        body += piece
        if len(body) > most:
            raise WrongRequest("Content-Length", f"tối đa {most} byte", f"at most {most} bytes")
    try:
        found = json.loads(body or b"{}")
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise WrongRequest("Content-Type", "nội dung phải là một đối tượng JSON", "the body must be a JSON object")
    return found


def listed_in(said: dict[str, Any]) -> dict[str, str] | None:
    """The names and SHA-256 of the files that a sender lists, where it does."""
    files = said.get("files")
    if files is None:
        return None
    good = isinstance(files, dict) and all(isinstance(d, str) and _SHA256.fullmatch(d) for d in files.values())
    if not good:
        raise WrongRequest(
            "Content-Type",
            "files phải là tên tệp và mã SHA-256 gồm 64 chữ số hệ mười sáu",
            "files must be names and their SHA-256 of 64 hexadecimal digits",
        )
    return dict(files)
