"""Places in paths, addresses and queries that a date fills, such as ``air/{year}/{date:%d-%m-%Y}.csv``.

``{date}`` is the day as ISO 8601 writes it, ``{next}`` the day after, ``{year}``, ``{month}`` and ``{day}`` its parts with
four, two and two digits. ``{date:…}`` and ``{next:…}`` write the day by a strftime pattern.
"""

import re
from datetime import date, timedelta
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, StringConstraints

NAMES = ("date", "next", "year", "month", "day")
_PLACE = re.compile(r"\{(\w+)(?::([^{}]*))?\}")
_PATTERNS = {"date": "%Y-%m-%d", "next": "%Y-%m-%d", "year": "%Y", "month": "%m", "day": "%d"}
_CODES = frozenset("aAbBdjmyYUVGuw%")
_DAYS = re.compile(r"(0|[1-9]\d{0,2}) days?")

T = TypeVar("T")


def is_dated(value: Any) -> bool:
    """Whether a text, or a text within a group of them, has a place for a date.

    >>> is_dated("air/{date}.csv"), is_dated({"q": ["all"]})
    (True, False)
    """
    return any(_PLACE.search(text) for text in _texts(value))


def filled(value: T, day: date) -> T:
    """``value`` with every place for a date filled, in a text or in a group of texts.

    >>> filled(["air/{year}/{date:%d-%m}.csv", "until {next}"], date(2025, 12, 31))
    ['air/2025/31-12.csv', 'until 2026-01-01']
    """
    found: Any = value
    if isinstance(value, str):
        found = _PLACE.sub(lambda place: _written(place, day), value)
    elif isinstance(value, dict):
        found = {name: filled(one, day) for name, one in value.items()}
    elif isinstance(value, list | tuple):
        found = type(value)(filled(one, day) for one in value)
    return found


def days_of(duration: str) -> int:
    """The number in ``3 days``.

    >>> days_of("1 day")
    1
    """
    return int(duration.partition(" ")[0])


def _written(place: "re.Match[str]", day: date) -> str:
    name, pattern = place[1], place[2]
    shown = day + timedelta(days=1) if name == "next" else day
    # strftime leaves out the zeros of years before 1000 on some systems, so the year is written here.
    return shown.strftime((pattern or _PATTERNS[name]).replace("%Y", f"{shown.year:04d}"))


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    group = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else ()
    return tuple(text for one in group for text in _texts(one))


def _known(text: str) -> str:
    for name, pattern in _PLACE.findall(text):
        if name not in NAMES:
            raise ValueError(f"{{{name}}} is no place for a date; there are {', '.join(f'{{{n}}}' for n in NAMES)}")
        if pattern and name not in ("date", "next"):
            raise ValueError(f"{{{name}}} takes no pattern; write {{date:{pattern}}}")
        if unknown := set(re.findall(r"%(.)", pattern)) - _CODES:
            raise ValueError(f"%{min(unknown)} is no pattern of a day; there are {', '.join(sorted(_CODES))}")
    return text


def _duration(text: str) -> str:
    if not _DAYS.fullmatch(text):
        raise ValueError("write a number of days, such as 1 day or 3 days")
    return text


Dated = Annotated[str, StringConstraints(min_length=1), AfterValidator(_known)]
"""A text that may hold places for a date."""
Days = Annotated[str, AfterValidator(_duration)]
"""A number of days, such as ``3 days``."""
