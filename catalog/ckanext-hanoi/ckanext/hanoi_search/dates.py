"""Dates as Solr writes them: `2026-01-31T00:00:00Z`, `NOW`, and sums such as `NOW/DAY-7DAYS`."""

from __future__ import annotations

import re
from datetime import datetime, timezone

from dateutil.parser import isoparse
from dateutil.relativedelta import relativedelta

from .query import QuerySyntaxError

_UNITS = {"YEAR": "years", "MONTH": "months", "DAY": "days", "DATE": "days", "HOUR": "hours", "MINUTE": "minutes",
          "SECOND": "seconds"}  # fmt: skip
_STEP = re.compile(r"([+-]\d{1,6}|/)(YEAR|MONTH|DAY|DATE|HOUR|MINUTE|SECOND)S?")
_DATE = re.compile(r"NOW|\d{4}(?:-\d\d(?:-\d\d(?:T\d\d(?::\d\d(?::\d\d(?:\.\d+)?)?)?Z?)?)?)?")
_FLOOR = {"month": 1, "day": 1, "hour": 0, "minute": 0, "second": 0, "microsecond": 0}
_ORDER = ["YEAR", "MONTH", "DAY", "HOUR", "MINUTE", "SECOND"]


def parse_date(text: str, now: datetime | None = None) -> datetime:
    """Return the UTC moment that `text` names.

    :param now: what NOW means; the clock by default
    :raises QuerySyntaxError: when it is no date, or lies outside the years 1 to 9999

    >>> parse_date("NOW/MONTH-1DAY", datetime(2026, 3, 15, tzinfo=timezone.utc)).isoformat()
    '2026-02-28T00:00:00+00:00'
    """
    start = _DATE.match(text)
    if start is None:
        raise QuerySyntaxError("a date looks like 2026-01-31T00:00:00Z, NOW or NOW-7DAYS")
    try:
        moment = (now or datetime.now(timezone.utc)) if start.group() == "NOW" else _read(start.group())
        at = start.end()
        while at < len(text):
            step = _STEP.match(text, at)
            if step is None:
                raise QuerySyntaxError("a date may be followed by steps such as -7DAYS, +1MONTH or /DAY")
            moment = _take(moment, step.group(1), step.group(2))
            at = step.end()
    except (ValueError, OverflowError) as problem:
        if isinstance(problem, QuerySyntaxError):
            raise
        raise QuerySyntaxError("a date is outside the calendar") from None
    return moment


def _read(text: str) -> datetime:
    return isoparse(text.rstrip("Z")).replace(tzinfo=timezone.utc)


def _take(moment: datetime, amount: str, unit: str) -> datetime:
    if amount == "/":
        kept = _ORDER.index("DAY" if unit == "DATE" else unit)
        return moment.replace(**{name: low for i, (name, low) in enumerate(_FLOOR.items()) if i >= kept})
    return moment + relativedelta(**{_UNITS[unit]: int(amount)})
