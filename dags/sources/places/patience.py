"""Trying again: which failures pass by themselves, and how long to wait before the next try."""

import time
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from tenacity import RetryCallState, retry, retry_if_exception, stop_after_attempt, wait_exponential

from dags.sources.places.errors import PlaceMoved

if TYPE_CHECKING:
    import httpx

LONGEST_PAUSE = 120.0
"""Seconds that a server may ask for; one that asks for more is left alone until another run."""
TRIES = 4
_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504})
_backoff = wait_exponential(multiplier=0.3, max=5)


def asked_pause(response: "httpx.Response") -> float | None:
    """The seconds that ``Retry-After`` asks for, written as seconds or as a date (RFC 9110 section 10.2.3)."""
    said = response.headers.get("Retry-After", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        moment = parsedate_to_datetime(said)
    except (TypeError, ValueError):
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - datetime.now(UTC)).total_seconds())


def _passing(error: BaseException) -> bool:
    import httpx

    if isinstance(error, httpx.HTTPStatusError):
        pause = asked_pause(error.response)
        return error.response.status_code in _PASSING and (pause is None or pause <= LONGEST_PAUSE)
    if isinstance(error, httpx.UnsupportedProtocol | httpx.LocalProtocolError):
        return False
    return isinstance(error, httpx.TransportError | PlaceMoved | ConnectionError)


def _pause(state: RetryCallState) -> float:
    import httpx

    error = state.outcome.exception() if state.outcome else None
    asked = asked_pause(error.response) if isinstance(error, httpx.HTTPStatusError) else None
    return _backoff(state) if asked is None else asked


def sleep(seconds: float) -> None:
    time.sleep(seconds)


patiently = retry(
    retry=retry_if_exception(_passing),
    stop=stop_after_attempt(TRIES),
    wait=_pause,
    sleep=lambda seconds: sleep(seconds),
    reraise=True,
)
"""Calls a function again while its failure may pass: after a growing pause, or the one that the server asks for."""
