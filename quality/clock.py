"""A clock that stands still on the days on which nothing is promised."""

from datetime import date, datetime, time, timedelta
from functools import cache

from blueprint.days import ZONE
from blueprint.freshness import Calendar

_WEEKEND = ("Cuối tuần", "Weekend")


@cache
def public_holidays(year: int) -> dict[date, tuple[str, str]]:
    """The public holidays of Vietnam in ``year`` with their Vietnamese and English names, days in lieu included.

    Lunar New Year follows the Vietnamese calendar. Years before 1901 and after 2100 have none.

    >>> public_holidays(2026)[date(2026, 2, 17)]
    ('Tết Nguyên Đán', 'Lunar New Year')
    """
    from holidays.countries.vietnam import Vietnam

    vi, en = Vietnam(years=year, language="vi"), Vietnam(years=year, language="en_US")
    return {day: (name, en[day]) for day, name in vi.items()}


class Clock:
    """The running time of a calendar, in Asia/Ho_Chi_Minh; ``weekends`` says whether it stands still on them.

    >>> from datetime import timedelta
    >>> friday = datetime(2026, 3, 6, 12, tzinfo=ZONE)
    >>> str(Clock(Calendar(weekends=True), weekends=True).after(friday, timedelta(days=1)))
    '2026-03-09 12:00:00+07:00'
    """

    def __init__(self, calendar: Calendar, *, weekends: bool) -> None:
        self.weekends = weekends
        self._calendar = calendar
        self._runs = not (weekends or calendar.pauses or calendar.holidays)
        self._years: dict[int, dict[date, tuple[str, str]]] = {}

    def closed(self, day: date) -> tuple[str, str] | None:
        """Why nothing is promised on ``day``, in Vietnamese and English; ``None`` where the clock runs."""
        if self.weekends and day.weekday() >= 5:
            return _WEEKEND
        if self._runs:
            return None
        if day.year not in self._years:
            self._years[day.year] = self._closed_in(day.year)
        return self._years[day.year].get(day)

    def after(self, start: datetime, running: timedelta) -> datetime | None:
        """The moment at which the clock has run for ``running`` since ``start``, never on a closed day.

        ``None`` where the calendar of years ends before it comes.
        """
        moment, left = start.astimezone(ZONE), running
        try:
            if self._runs:
                return moment + left
            while True:
                midnight = datetime.combine(moment.date() + timedelta(1), time(), ZONE)
                if self.closed(moment.date()) is None:
                    if left < midnight - moment:
                        return moment + left
                    left -= midnight - moment
                moment = midnight
        except (OverflowError, ValueError):
            return None

    def _closed_in(self, year: int) -> dict[date, tuple[str, str]]:
        found = dict(public_holidays(year)) if self._calendar.holidays else {}
        for pause in self._calendar.pauses:
            for first, last in pause.within(year):
                for n in range((last - first).days + 1):
                    found[first + timedelta(n)] = (pause.vi, pause.en)
        return found
