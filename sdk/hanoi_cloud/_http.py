"""Requests to the catalogue: retried where that helps, answered with typed errors where it does not."""

import hashlib
import json
import time
import weakref
from collections.abc import Callable, Generator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, Any

from hanoi_cloud._exceptions import (
    AccessDenied,
    CatalogueUnavailable,
    ConfigurationError,
    HashMismatch,
    NotFound,
    PartsNotServed,
    TooManyRequests,
    TruncatedDownload,
    UnexpectedAnswer,
)
from hanoi_cloud._json import Json, mapping, text
from hanoi_cloud._version import __version__

if TYPE_CHECKING:
    import httpx

Progress = Callable[[int, int | None], None]
"""Told how many bytes have come, and how many there are."""

ATTEMPTS = 4
LONGEST_PAUSE = 30.0
_BUSY = {429, 502, 503, 504}


class Http:
    """The requests of one connection to one catalogue."""

    def __init__(self, url: str, timeout: float) -> None:
        # httpx is loaded with the first connection: with click and rich installed it costs more than this whole package.
        import platform

        import httpx

        self.url = url
        agent = f"hanoi-cloud/{__version__} python/{platform.python_version()} httpx/{httpx.__version__}"
        self._client = httpx.Client(
            timeout=httpx.Timeout(timeout, connect=min(timeout, 10)),
            headers={"User-Agent": agent},
            follow_redirects=True,
        )
        self._close = weakref.finalize(self, self._client.close)

    def close(self) -> None:
        self._close()

    def call(self, action: str, **parameters: str | int | bool) -> object:
        """The result of one action of the catalogue's API."""
        url = f"{self.url}/api/3/action/{action}"
        with self._answer(url, parameters=parameters) as response:
            body = response.read()
            url = str(response.url)
        try:
            answer = mapping(json.loads(body))
        except ValueError:
            raise UnexpectedAnswer(url, _kind(response), "JSON") from None
        if answer.get("success") is not True or "result" not in answer:
            raise UnexpectedAnswer(url, "JSON of another shape", "a result of the catalogue")
        return answer["result"]

    def document(self, path: str) -> Json:
        """The JSON object at ``path`` of the catalogue."""
        url = f"{self.url}{path}"
        with self._answer(url, parameters={}) as response:
            body = response.read()
        try:
            return mapping(json.loads(body))
        except ValueError:
            raise UnexpectedAnswer(url, _kind(response), "JSON") from None

    def download(
        self, url: str, into: IO[bytes], sha256: str, size: int | None, progress: Progress | None = None
    ) -> None:
        """Write the file at ``url`` into a file, after what an earlier call wrote; a broken connection goes on where it broke."""
        import httpx

        digest, came = _begun(into, size)
        continued = came > 0
        for attempt in range(ATTEMPTS):
            if came and came == size:
                break
            try:
                with self._answer(url, start=came) as response:
                    if came and response.status_code != 206:
                        into.seek(0)
                        into.truncate()
                        digest, came = hashlib.sha256(), 0
                    for chunk in response.iter_bytes():
                        into.write(chunk)
                        digest.update(chunk)
                        came += len(chunk)
                        if progress:
                            progress(came, size)
                        if size is not None and came > size:
                            break
            except httpx.TransportError:
                _pause(attempt)
                continue
            if size is None or came >= size:
                break
        else:
            raise TruncatedDownload(url, came, size)
        if digest.hexdigest() == sha256:
            return
        if continued:  # what was kept is of no use
            into.seek(0)
            into.truncate()
            self.download(url, into, sha256, size, progress)
        else:
            raise HashMismatch(url, digest.hexdigest(), sha256)

    def part(self, url: str, start: int, length: int, size: int) -> bytes:
        """``length`` bytes of the file at ``url`` from ``start`` on, of a file of ``size`` bytes.

        Raises PartsNotServed where the server sends whole files only, or a file of another size.
        """
        import httpx

        last = start + length - 1
        for attempt in range(ATTEMPTS):
            try:
                with self._answer(url, start=start, last=last) as response:
                    told = text(response.headers.get("Content-Range"))
                    if response.status_code != 206 or told != f"bytes {start}-{last}/{size}":
                        raise PartsNotServed(url)
                    found = response.read()
            except httpx.TransportError:
                _pause(attempt)
                continue
            if len(found) == length:
                return found
        raise TruncatedDownload(url, 0, length)

    @contextmanager
    def _answer(
        self,
        url: str,
        *,
        parameters: dict[str, str | int | bool] | None = None,
        start: int = 0,
        last: int | None = None,
    ) -> "Generator[httpx.Response]":
        """A good answer whose body is still to be read. Raises what the tree in ``_exceptions`` names."""
        request = self._client.build_request("GET", url, params=parameters)
        if parameters is None:
            # The published hash is that of the bare bytes, and only those can be continued from the middle.
            request.headers["Accept-Encoding"] = "identity"
        if start or last is not None:
            request.headers["Range"] = f"bytes={start}-{'' if last is None else last}"
        response = self._send(request)
        try:
            if response.status_code == 404:
                raise NotFound(
                    f"There is nothing at {request.url}. If it was published before, open the dataset again.",
                    f"Không có gì tại {request.url}. Nếu trước đây đã được công bố, hãy mở lại bộ dữ liệu.",
                )
            if response.status_code in {401, 403}:
                raise AccessDenied(str(request.url))
            if not response.is_success:
                raise UnexpectedAnswer(str(request.url), f"status {response.status_code}", "status 200")
            yield response
        finally:
            response.close()

    def _send(self, request: "httpx.Request") -> "httpx.Response":
        import httpx

        reason, url = "", str(request.url)
        if self._client.is_closed:
            raise ConfigurationError(
                f"The connection to {self.url} was closed. Ask within its with block, or connect again.",
                f"Kết nối tới {self.url} đã đóng. Hãy gọi bên trong khối with, hoặc kết nối lại.",
            )
        for attempt in range(ATTEMPTS):
            try:
                response = self._client.send(request, stream=True)
            except httpx.TransportError as error:
                reason = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
                pause = None
            else:
                if response.status_code not in _BUSY:
                    return response
                reason = f"status {response.status_code}"
                pause = _retry_after(response)
                response.close()
                if pause is not None and pause > LONGEST_PAUSE:
                    raise TooManyRequests(url, pause)
            if attempt < ATTEMPTS - 1:
                _pause(attempt, pause)
        raise CatalogueUnavailable(url, reason)


def _begun(file: IO[bytes], size: int | None) -> tuple[Any, int]:
    """The hash and the number of the bytes that a file holds already, of which there may be ``size``; else it is emptied."""
    digest, came = hashlib.sha256(), 0
    while chunk := file.read(1 << 20):
        digest.update(chunk)
        came += len(chunk)
    if came and (size is None or came > size):
        file.seek(0)
        file.truncate()
        return hashlib.sha256(), 0
    return digest, came


def _kind(response: "httpx.Response") -> str:
    return text(response.headers.get("Content-Type")) or "an answer without a type"


def _pause(attempt: int, asked: float | None = None) -> None:
    """Wait as long as was asked, else twice as long each time, with a spread so that clients do not come back at once."""
    import random

    time.sleep(asked if asked is not None else 0.25 * 2**attempt * random.uniform(0.8, 1.2))  # noqa: S311


def _retry_after(response: "httpx.Response") -> float | None:
    """Seconds to wait, which the header gives as a number or as a date."""
    import email.utils

    value = text(response.headers.get("Retry-After")).strip()
    if value.isdecimal():
        return float(value)
    try:
        return max(0.0, email.utils.parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, TypeError):
        return None
