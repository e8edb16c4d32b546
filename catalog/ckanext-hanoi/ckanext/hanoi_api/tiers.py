"""How often somebody may call: two tiers, counted in Valkey for all processes together."""

from __future__ import annotations

import hashlib
import logging
import time
from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from limits import parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import SlidingWindowCounterRateLimiter

from .problems import Problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .access import Caller

log = logging.getLogger(__name__)

TIERS = {
    "anonymous": {"calls": "300/minute", "exports": "20/minute"},
    "registered": {"calls": "3000/minute", "exports": "120/minute"},
}
"""The calls and exports of a minute: of an address without a key, and of an account with one, or this machine itself."""
_AGAIN = 30.0


class Limits:
    """Counts calls. Where the counter does not answer, each process counts for itself."""

    def __init__(self, redis_url: str, secret: str, tiers: Mapping[str, Mapping[str, str]] | None = None) -> None:
        self._secret = secret.encode()[:64]
        self._tiers = {
            tier: {kind: parse(limit) for kind, limit in kinds.items()} for tier, kinds in (tiers or TIERS).items()
        }
        self._alone = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._shared = _shared(redis_url)
        self._silent_until = 0.0

    def count(self, caller: Caller, kind: str) -> dict[str, str]:
        """Count a call and return the headers that say what is left.

        :param kind: calls or exports
        :raises Problem: the limit is reached
        """
        limit = self._tiers[caller.tier][kind]
        counted, stats = self._hit(limit, "hanoi-api", kind, self._hashed(caller))
        left, seconds = max(0, stats.remaining), max(1, int(stats.reset_time - time.time()) + 1)
        name = f"{caller.tier}-{kind}"
        headers = {
            "RateLimit-Policy": f'"{name}";q={limit.amount};w={limit.get_expiry()}',
            "RateLimit": f'"{name}";r={left};t={seconds}',
        }
        if counted:
            return headers
        key_vi = "" if caller.name else " Có khóa API thì được gọi nhiều hơn: xem /api/v1/docs."
        key_en = "" if caller.name else " With an API key there are more: see /api/v1/docs."
        raise Problem(
            "too-many-requests",
            f"Đã hết {limit.amount} lượt ({kind}) trong {limit.get_expiry()} giây. Hãy chờ {seconds} giây.{key_vi}",
            f"The {limit.amount} {kind} of {limit.get_expiry()} seconds are used up. Wait {seconds} seconds.{key_en}",
            headers={**headers, "Retry-After": str(seconds)},
            tier=caller.tier,
            limit=limit.amount,
            seconds=limit.get_expiry(),
        )

    def _hashed(self, caller: Caller) -> str:
        """Return who is counted; an address is never kept, only a hash that another day no longer leads to."""
        who = f"{caller.name}|{caller.address}|{datetime.now(timezone.utc).date()}"
        return hashlib.blake2b(who.encode(), key=self._secret, digest_size=12).hexdigest()

    def _hit(self, limit: Any, *who: str) -> tuple[bool, Any]:
        if self._shared is not None and time.monotonic() >= self._silent_until:
            try:
                return self._shared.hit(limit, *who), self._shared.get_window_stats(limit, *who)
            except Exception as error:
                self._silent_until = time.monotonic() + _AGAIN
                log.warning("The shared counter of calls does not answer (%s); this process counts alone", error)
        return self._alone.hit(limit, *who), self._alone.get_window_stats(limit, *who)


def _shared(redis_url: str) -> SlidingWindowCounterRateLimiter | None:
    if not redis_url:
        return None
    url = f"redis+{redis_url}" if redis_url.startswith("unix:") else redis_url
    return SlidingWindowCounterRateLimiter(
        storage_from_string(url, socket_timeout=1, socket_connect_timeout=1)  # type: ignore[arg-type]
    )
