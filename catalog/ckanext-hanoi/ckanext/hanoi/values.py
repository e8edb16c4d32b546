"""Values as a reader of the language writes them: 1.234,5 and 31/01/2026 in Vietnamese."""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import ckan.plugins.toolkit as tk

from . import localise

HANOI = ZoneInfo("Asia/Ho_Chi_Minh")
LONGEST = 240
"""Characters of a text that a cell shows; the files hold the rest."""
_DIGITS = 6
_SWAPPED = str.maketrans(",.", ".,")


def written(value: Any, form: str, lang: str | None = None) -> str:
    """Write a value as the DataStore gives it out.

    :param form: how the column's values are written, see `columns.Column`
    :param lang: vi or en; the language of the page where absent
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return tk._("yes") if value else tk._("no")
    if isinstance(value, (int, float)):
        return decimal(value, lang or localise.language()) if form == "number" else _plain(value)
    text = value if isinstance(value, str) else str(value)
    if form in ("date", "moment", "local"):
        return moment(text, seconds=True)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"


def decimal(value: float, lang: str) -> str:
    """Write a number with the language's separators and at most six digits after the decimal sign.

    >>> decimal(1234.5, "vi"), decimal(1234.5, "en"), decimal(3, "vi")
    ('1.234,5', '1,234.5', '3')
    """
    if isinstance(value, float):
        if not math.isfinite(value):
            return ""
        text = f"{value:,.{_DIGITS}f}".rstrip("0").rstrip(".")
        text = "0" if text == "-0" else text
    else:
        text = f"{value:,}"
    return text.translate(_SWAPPED) if lang == "vi" else text


def moment(text: str, seconds: bool = False) -> str:
    """Write an ISO date or moment as dd/mm/yyyy or dd/mm/yyyy HH:MM, one with a zone in Hanoi's time; another text as it is.

    :param seconds: whether they are written too, where they are not 0

    >>> moment("2025-03-01T17:05:00+00:00"), moment("2025-03-01"), moment("soon")
    ('02/03/2025 00:05', '01/03/2025', 'soon')
    """
    try:
        if len(text) <= 10:
            return f"{date.fromisoformat(text):%d/%m/%Y}"
        value = datetime.fromisoformat(text.replace("Z", "+00:00"))
    except ValueError:
        return text
    if value.tzinfo:
        value = value.astimezone(HANOI)
    return f"{value:%d/%m/%Y %H:%M}{f':{value:%S}' if seconds and value.second else ''}"


def _plain(value: float) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
