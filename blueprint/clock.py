"""When a dataset is run by the clock: cron expressions of five fields."""

import re
from typing import Annotated

from pydantic import AfterValidator

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_WEEK = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: tuple[tuple[str, int, int, tuple[str, ...]], ...] = (
    ("minute", 0, 59, ()),
    ("hour", 0, 23, ()),
    ("day", 1, 31, ()),
    ("month", 1, 12, _MONTHS),
    ("weekday", 0, 7, _WEEK),
)
_ITEM = re.compile(r"(?:\*|(?P<first>\w+)(?:-(?P<last>\w+))?)(?:/(?P<step>\d{1,2}))?")


def _cron(expression: str) -> str:
    fields = expression.split()
    if len(fields) != len(_FIELDS):
        raise ValueError(
            "a schedule has five fields: minute, hour, day of month, month, day of week, such as 30 6 * * *"
        )
    for text, (name, least, most, names) in zip(fields, _FIELDS, strict=True):
        for item in text.split(","):
            found = _ITEM.fullmatch(item)
            if not found or found["step"] == "0":
                raise ValueError(f"the {name} of a schedule cannot be {item!r}")
            ends = [_number(end, least, names) for end in (found["first"], found["last"]) if end is not None]
            if ends != sorted(ends) or any(end is None or not least <= end <= most for end in ends):
                raise ValueError(f"the {name} of a schedule is {least} to {most}, not {item!r}")
    return expression


def _number(text: str, least: int, names: tuple[str, ...]) -> int:
    if text.lower() in names:
        return names.index(text.lower()) + least
    return int(text) if text.isdecimal() else -1


Cron = Annotated[str, AfterValidator(_cron)]
"""Minute, hour, day of month, month and day of week, such as ``30 6 * * *`` for half past six every day."""
