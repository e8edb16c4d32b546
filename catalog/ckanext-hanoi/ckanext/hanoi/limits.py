"""How much one reader may ask for in a minute: more than a person or a decent program ever needs.

Readers are told apart by their network address, of which only a hash with a salt is kept, in Valkey and for minutes; the salt
changes every day. A request from this machine itself is not counted, unless a proxy in front of the catalogue sends it on.
"""

from __future__ import annotations

import hashlib
import json
import logging
import math
import re
import secrets
import time
from datetime import datetime, timedelta, timezone
from ipaddress import IPv6Address, ip_address
from typing import TYPE_CHECKING, Any

from ckan.common import config
from limits import RateLimitItem, parse
from limits.storage import Storage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter
from redis.exceptions import RedisError

from . import health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

log = logging.getLogger(__name__)

_API = re.compile(r"/(?:(?:vi|en)/)?(?:api|datastore)/.*")
# Parts of a page that a browser fetches with it.
_PARTS = re.compile(
    r"/(?:webassets|base|images|vendor|fonts|uploads|favicon\.ico)(?:/.*)?|/.*\.(?:css|js|svg|png|woff2|ico)"
)
_PAGE_TEXT = """<!doctype html>
<html lang="vi"><head><meta charset="utf-8"><title>429 – Hà Nội Cloud</title></head>
<body><h1>Quá nhiều yêu cầu</h1>
<p>Từ địa chỉ mạng này có quá nhiều yêu cầu trong thời gian ngắn. Hãy thử lại sau {seconds} giây.
Cần nhiều dữ liệu, hãy tải cả tệp (CSV, Parquet) ở trang của bộ dữ liệu.</p>
<div lang="en"><h1>Too many requests</h1>
<p>Too many requests came from this network address in a short time. Please try again in {seconds} seconds.
If you need much data, download whole files (CSV, Parquet) from the page of the dataset.</p></div>
</body></html>
"""


def client(environ: dict[str, Any], hops: int) -> str | None:
    """Return the address that a request comes from, or None for this machine itself.

    With `hops` proxies in front, of which each adds to X-Forwarded-For the address that it was called from, the address that
    counts is the one that the outermost of them saw; what stands before it anybody may have written.

    >>> client({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6, 203.0.113.9"}, hops=1)
    '203.0.113.9'
    >>> client({"REMOTE_ADDR": "127.0.0.1", "HTTP_X_FORWARDED_FOR": "6.6.6.6"}, hops=0) is None
    True
    """
    found = str(environ.get("REMOTE_ADDR") or "")
    if hops:
        named = [part.strip() for part in str(environ.get("HTTP_X_FORWARDED_FOR") or "").split(",") if part.strip()]
        found = named[-min(hops, len(named))] if named else found
    try:
        address = ip_address(found)
    except ValueError:
        return found[:64] or "unknown"
    if address.is_loopback and not hops:
        return None
    if isinstance(address, IPv6Address):
        # One household or firm has a whole /64.
        return address.ipv4_mapped.compressed if address.ipv4_mapped else f"{address.exploded[:19]}::/64"
    return address.compressed


class Limits:
    """Counts the requests of each reader and refuses those that are too many."""

    def __init__(self, app: Any, storage: Storage, rates: dict[str, str], hops: int) -> None:
        self._app, self._storage, self._hops = app, storage, hops
        self._rates: dict[str, RateLimitItem] = {kind: parse(rate) for kind, rate in rates.items() if rate}
        self._strategy = SlidingWindowCounterRateLimiter(storage)
        self._salt = ("", "")
        self._silent = False

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """Hand the request on, or answer 429 and when to come again."""
        kind = kind_of(environ.get("PATH_INFO", ""))
        rate = self._rates.get(kind) if kind else None
        address = client(environ, self._hops) if rate else None
        if rate is None or address is None or (wait := self._wait(rate, kind or "", address)) is None:
            return self._app(environ, start_response)
        as_json = kind == "api"
        content = (_refused_call(wait) if as_json else _PAGE_TEXT.format(seconds=wait)).encode()
        headers = [
            ("Content-Type", "application/json" if as_json else "text/html; charset=utf-8"),
            ("Content-Length", str(len(content))),
            ("Retry-After", str(wait)),
            ("Cache-Control", "no-store"),
            ("Content-Security-Policy", "default-src 'none'"),
            ("X-Content-Type-Options", "nosniff"),
            ("Access-Control-Allow-Origin", "*"),
        ]
        start_response("429 Too Many Requests", headers)
        return [b"" if environ.get("REQUEST_METHOD") == "HEAD" else content]

    def _wait(self, rate: RateLimitItem, kind: str, address: str) -> int | None:
        """Count one request; return the seconds to wait where it is one too many. Nobody waits for a Valkey that is silent."""
        try:
            reader = hashlib.blake2b(address.encode(), key=self._salted().encode(), digest_size=12).hexdigest()
            if self._strategy.hit(rate, kind, reader):
                self._silent = False
                return None
            until = self._strategy.get_window_stats(rate, kind, reader).reset_time
            return max(1, math.ceil(until - time.time()))
        except RedisError:
            if not self._silent:
                log.warning("Requests are not counted: Valkey does not answer")
            self._silent = True
            return None

    def _salted(self) -> str:
        """The salt of today (UTC), the same in every process."""
        day = datetime.now(timezone.utc).date().isoformat()
        if self._salt[0] != day:
            self._salt = (day, _shared_salt(self._storage, day))
        return self._salt[1]


def _shared_salt(storage: Storage, day: str) -> str:
    server = getattr(storage, "storage", None)
    drawn = secrets.token_hex(16)
    if not hasattr(server, "set"):  # counted in this process alone
        return drawn
    key = f"hanoi:limits:salt:{day}"
    server.set(key, drawn, nx=True, ex=timedelta(days=2))
    kept = server.get(key)
    return kept.decode() if isinstance(kept, bytes) else str(kept)


def kind_of(path: str) -> str | None:
    """Return what kind of request a path is, as the rates name it; None for what is not counted.

    >>> kind_of("/en/api/3/action/package_search"), kind_of("/dataset"), kind_of("/webassets/a.css"), kind_of("/-/health")
    ('api', 'page', None, None)
    """
    if path in (health.LIVE, health.READY) or _PARTS.fullmatch(path):
        return None
    return "api" if _API.fullmatch(path) else "page"


def watch(app: Any) -> None:
    """Limit the requests to an application as the configuration says."""
    rates = {kind: str(config.get(f"hanoi.limit_{kind}") or "") for kind in ("page", "api")}
    if any(rates.values()):
        storage = storage_from_string(f"redis+{config['ckan.redis.url']}", key_prefix="hanoi:limits")
        app.wsgi_app = Limits(app.wsgi_app, storage, rates, int(config.get("hanoi.trusted_proxies") or 0))


def _refused_call(seconds: int) -> str:
    message = f"Quá nhiều yêu cầu; hãy thử lại sau {seconds} giây. / Too many requests; try again in {seconds} seconds."
    return json.dumps(
        {"success": False, "error": {"__type": "Too Many Requests", "message": message}}, ensure_ascii=False
    )
