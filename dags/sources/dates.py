"""Dates as Vietnamese offices write them: months, quarters, school years, and the day numbers of spreadsheets."""

import re
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta

_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}
_YEAR = r"(?P<year>[12][0-9]{3})"
_MONTH = re.compile(rf"(?:tháng )?0?(?P<month>[1-9]|1[0-2]) ?(?:[/.-]|năm) ?{_YEAR}", re.IGNORECASE)
_QUARTER = re.compile(rf"(?:quý|q) ?(?P<quarter>iv|i{{1,3}}|0?[1-4]) ?(?:[/.-]|năm| ) ?{_YEAR}", re.IGNORECASE)
_SCHOOL_YEAR = re.compile(rf"(?:năm học )?{_YEAR} ?[-\u2013/] ?(?P<next>[12][0-9]{{3}})", re.IGNORECASE)
_NUMBER = re.compile(r"[0-9]{1,7}(\.[0-9]+)?")
_EXCEL, _EXCEL_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)
_FIRST_SURE, _LAST = 61, 2_958_465
"""1 March 1900, before which Excel counts a day that never was, and 31 December 9999."""


def _month(text: str) -> datetime | None:
    found = _MONTH.fullmatch(text)
    return datetime(int(found["year"]), int(found["month"]), 1) if found else None


def _quarter(text: str) -> datetime | None:
    if not (found := _QUARTER.fullmatch(text)):
        return None
    which = found["quarter"].casefold()
    return datetime(int(found["year"]), 3 * (_ROMAN.get(which) or int(which)) - 2, 1)


def _school_year(text: str) -> datetime | None:
    found = _SCHOOL_YEAR.fullmatch(text)
    return datetime(int(found["year"]), 9, 1) if found and int(found["next"]) == int(found["year"]) + 1 else None


def _excel(text: str, start: datetime = _EXCEL, first: int = _FIRST_SURE) -> datetime | None:
    if not _NUMBER.fullmatch(text) or not first <= (days := float(text)) <= _LAST - 1462:
        return None
    return start + timedelta(seconds=round(days * 86400))


NAMED: dict[str, Callable[[str], datetime | None]] = {
    "month": _month,
    "quarter": _quarter,
    "school-year": _school_year,
    "excel": _excel,
    "excel-1904": lambda text: _excel(text, _EXCEL_1904, 0),
}
"""Formats that no strptime pattern can tell, by the name that a contract declares."""


def patterns(formats: Iterable[str]) -> tuple[str, ...]:
    """The strptime patterns among the declared ``formats``."""
    return tuple(form for form in formats if form not in NAMED)


class DateReader:
    """Turns the named formats among ``formats`` into the form in which the column's other dates are written.

    >>> DateReader(("quarter",), time=False)("Quý IV/2024"), DateReader(("%d/%m/%Y", "month"), time=False)("tháng 3 năm 2025")
    ('2024-10-01', '01/03/2025')
    """

    def __init__(self, formats: tuple[str, ...], *, time: bool) -> None:
        self.named = [NAMED[form] for form in formats if form in NAMED]
        self.patterns = patterns(formats)
        self.time = time

    def __call__(self, text: str) -> str:
        folded = " ".join(text.split())
        for read in self.named:
            if (found := read(folded)) is not None:
                return self._written(found) or text
        return text

    def cell(self, text: str) -> str:
        """The date of a spreadsheet's own date cell, which came as ISO 8601."""
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return self(text)
        return self._written(found) or text

    def _written(self, found: datetime) -> str | None:
        """``found`` as the column's dates are written; ``None`` where that would lose its time."""
        if self.patterns:
            text = found.strftime(self.patterns[0])
            return text if datetime.strptime(text, self.patterns[0]) == found else None
        if self.time:
            return found.isoformat(" ", "seconds")
        return date.isoformat(found.date()) if found.time() == datetime.min.time() else None
