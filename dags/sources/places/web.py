"""Requests to hosts that a contract names: to allowed addresses alone, with few redirects, and secrets for one origin only."""

import json
import ssl
from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import httpx

from blueprint.places import WebSource
from dags.errors import DeliveryMissing
from dags.sources.places.access import Access
from dags.sources.places.errors import PlaceForbidden, refusal, shown, too_large
from dags.sources.places.patience import patiently
from dags.sources.places.place import Mark, RemoteFile, Transfer

REDIRECTS = 5
_RESUMES = 8
_TIMEOUT = httpx.Timeout(30, connect=10)


@cache
def _trusted() -> ssl.SSLContext:
    return httpx.create_ssl_context()


class _Guarded(httpx.BaseTransport):
    """Looks a host up once, and connects to an allowed address of it; certificates are held against the host's name."""

    def __init__(self, access: Access) -> None:
        self.access = access
        self.hosts: dict[str, httpx.HTTPTransport] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        host = request.url.host
        try:
            addresses = self.access.addresses(host)
        except OSError as error:
            raise httpx.ConnectError(f"{host}: {error.strerror or error}") from error
        # One pool per host: two names at one address must not share a connection that was opened for one of them.
        door = self.hosts.setdefault(host, httpx.HTTPTransport(verify=_trusted()))
        for number, address in enumerate(addresses, 1):
            pinned = httpx.Request(
                request.method,
                request.url.copy_with(host=address),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": host},
            )
            try:
                return door.handle_request(pinned)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                if number == len(addresses):
                    raise
        raise httpx.ConnectError(f"{host} has no address")

    def close(self) -> None:
        for door in self.hosts.values():
            door.close()


@dataclass(frozen=True)
class Caller:
    """On whose behalf requests are made: what may be reached, and the header that carries the secret to ``origin``."""

    access: Access
    origin: str = ""
    secret: str | None = None
    """The name of the secret, for messages."""
    header: str = ""
    value: str = field(default="", repr=False)
    hidden: tuple[str, ...] = field(default=(), repr=False)
    """What must not be shown should the server repeat it."""

    @classmethod
    def of(cls, source: WebSource, url: str, access: Access) -> Self:
        """The caller for a source of a contract, whose secret goes to the origin of ``url``.

        Raises:
            SecretMissing: the contract names a secret that is not there.
        """
        if source.secret is None:
            return cls(access)
        value = access.secret(source.secret)
        hidden = (value, *filter(None, [value.partition(":")[2]]))
        if source.sent_as == "bearer":
            value = f"Bearer {value}"
        elif source.sent_as == "basic":
            value = f"Basic {b64encode(value.encode()).decode()}"
        return cls(access, origin(httpx.URL(url)), source.secret, source.header, value, hidden)


def origin(url: httpx.URL) -> str:
    """Scheme, host and port: ``https://example.org:443``."""
    return f"{url.scheme}://{url.host}:{url.port or {'http': 80, 'https': 443}.get(url.scheme)}"


class Session:
    """Requests of one caller over kept connections; to be used as a context."""

    def __init__(self, caller: Caller) -> None:
        self.caller = caller
        self.client = httpx.Client(
            transport=_Guarded(caller.access), timeout=_TIMEOUT, headers={"User-Agent": "hanoi-cloud"}
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.client.close()

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str] | None = None, method: str = "GET") -> Iterator[httpx.Response]:
        """The answer at ``url``, its body still to be read; also ``304 Not Modified`` where ``headers`` ask for it.

        Raises:
            httpx.HTTPError: no answer, or one that is no success.
            PlaceForbidden: the address, or one that it leads to, may not be reached.
        """
        at = httpx.URL(url)
        for _ in range(REDIRECTS + 1):
            request = self.client.build_request(method, at, headers={**(headers or {}), **self._secret(at)})
            with ExitStack() as stack:
                response = self.client.send(request, stream=True)
                stack.callback(response.close)
                if not response.has_redirect_location:
                    if not response.is_success and response.status_code != 304:
                        response.extensions["said"] = self._said(response)
                        # httpx's own message quotes the address, which may carry a signature.
                        raise httpx.HTTPStatusError(f"HTTP {response.status_code}", request=request, response=response)
                    yield response
                    return
                at = self._led_to(at, response)
        raise httpx.TooManyRedirects(f"more than {REDIRECTS} redirects", request=request)

    def read(self, url: str, limit: int, headers: Mapping[str, str] | None = None) -> tuple[bytes, httpx.Headers]:
        """The whole body at ``url`` and the headers it came with. Raises PlaceTooLarge where it is over ``limit`` bytes."""
        with self.get(url, headers) as response:
            body = bytearray()
            for piece in response.iter_bytes():
                body += piece
                if len(body) > limit:
                    raise too_large(shown(url), f"{limit} byte", f"{limit} bytes")
            return bytes(body), response.headers

    def json(self, url: str, limit: int) -> Any:
        """The JSON at ``url``. Raises ValueError where it is none."""
        return json.loads(self.read(url, limit)[0])

    def _said(self, response: httpx.Response) -> str:
        """The beginning of what the server says of a failure, where that is text and no web page."""
        kind = response.headers.get("Content-Type", "")
        if "json" not in kind and "text/plain" not in kind:
            return ""
        try:
            start = next(response.iter_bytes(2000), b"").decode("utf-8", "replace")
        except httpx.HTTPError:
            return ""
        for secret in self.caller.hidden:
            start = start.replace(secret, "…")
        return shown(start, 200)

    def _secret(self, at: httpx.URL) -> dict[str, str]:
        if not self.caller.value or origin(at) != self.caller.origin:
            return {}
        if at.scheme == "http" and not self.caller.access.is_private(at.host):
            raise PlaceForbidden(
                f"Bí mật {self.caller.secret!r} không được gửi qua http không mã hóa tới {at.host}. Hãy dùng https.",
                f"The secret {self.caller.secret!r} is not sent to {at.host} over plain http. Use https.",
            )
        return {self.caller.header: self.caller.value}

    def _led_to(self, at: httpx.URL, response: httpx.Response) -> httpx.URL:
        try:
            target = at.join(response.headers["Location"])
        except (httpx.InvalidURL, ValueError) as error:
            raise httpx.RemoteProtocolError(f"a redirect to no address: {error}") from error
        if target.scheme not in ("http", "https") or not target.host or (at.scheme, target.scheme) == ("https", "http"):
            raise PlaceForbidden(
                f"{at.host} chuyển hướng tới một địa chỉ {target.scheme!r}, nơi không được phép đi. Hãy báo cơ quan.",
                f"{at.host} redirects to an address of {target.scheme!r}, which may not be followed. Tell the agency.",
            )
        return target.copy_with(userinfo=b"")


@dataclass(frozen=True)
class HttpFile(RemoteFile):
    """One file at an address. A transfer that breaks goes on where it broke, as long as the file is still the same."""

    caller: Caller = field(default_factory=lambda: Caller(Access(Path())))

    def open(self, known: Mark | None = None) -> AbstractContextManager[Transfer]:
        return self._opened(known)

    def url(self, method: str = "GET") -> str:  # noqa: ARG002 - only signed addresses differ
        """The address to ask with ``method``."""
        return self.location

    def refusal(self, error: httpx.HTTPError) -> DeliveryMissing:
        return refusal(error, self.location, self.caller.secret)

    @contextmanager
    def _opened(self, known: Mark | None) -> Iterator[Transfer]:
        asked = {"Accept-Encoding": "identity"}
        if (
            known and known.etag
        ):  # alone, for some servers go by the date, which knows whole seconds only, where both are sent
            asked["If-None-Match"] = known.etag
        elif known and known.modified:
            asked["If-Modified-Since"] = known.modified
        with Session(self.caller) as session, session.get(self.url(), asked) as response:
            if response.status_code == 304:
                yield Transfer(None, known)
                return
            said = response.headers
            length = said.get("Content-Length", "")
            yield Transfer(
                self._pieces(session, response),
                Mark(said.get("ETag"), said.get("Last-Modified")),
                int(length) if length.isascii() and length.isdigit() and "Content-Encoding" not in said else None,
            )

    def _pieces(self, session: Session, response: httpx.Response) -> Iterator[bytes]:
        same, received = _validator(response), 0
        with ExitStack() as stack:
            for resumes in range(_RESUMES + 1):
                try:
                    for piece in response.iter_bytes():
                        received += len(piece)
                        yield piece
                    return
                except httpx.TransportError:
                    if same is None or resumes == _RESUMES:
                        raise
                    response = self._rest(session, stack, same, received)

    @patiently
    def _rest(self, session: Session, stack: ExitStack, same: str, received: int) -> httpx.Response:
        """The rest of the file from byte ``received`` on, where it is still the ``same`` (RFC 9110 section 14.2)."""
        asked = {"Accept-Encoding": "identity", "Range": f"bytes={received}-", "If-Range": same}
        response = stack.enter_context(session.get(self.url(), asked))
        begins = response.headers.get("Content-Range", "").removeprefix("bytes ").partition("-")[0]
        if response.status_code != 206 or begins != str(received):
            raise httpx.ReadError(
                "the transfer broke, and the server does not go on where it did", request=response.request
            )
        return response


def _validator(response: httpx.Response) -> str | None:
    """What proves that a later answer is of the same file: a strong ETag, else the date of its last change."""
    said = response.headers
    if "Content-Encoding" in said or said.get("Accept-Ranges", "bytes").lower() == "none":
        return None
    etag = said.get("ETag", "")
    return etag if etag.startswith('"') else said.get("Last-Modified")


def stated(file: RemoteFile) -> HttpFile:
    """The file at an address that the operator gave, whose host may be wherever it is."""
    access = Access(Path(), hosts=frozenset({httpx.URL(file.location).host}))
    return HttpFile(file.name, file.location, file.optional, Caller(access))


def is_there(file: HttpFile) -> bool:
    """Whether the server knows the file; also true where it does not say, for the transfer then tells."""
    try:
        with Session(file.caller) as session, session.get(file.url("HEAD"), method="HEAD"):
            return True
    except httpx.HTTPStatusError as error:
        return error.response.status_code not in (404, 410)
    except httpx.HTTPError:
        return True
