"""Freshness: how often a dataset promises new data, when nothing is promised, and what counts as unusual.

Freshness stands beside validity and never takes its place: data that came late are late, and as valid as they were.
"""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, model_validator

from blueprint.text import NonEmpty

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

    from blueprint.contract import Contract

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,62}$")]
Severity = Literal["error", "warning"]
_LEAP = 2000
_OPEN_DAYS = 14
_DURATION = re.compile(
    r"P(?:(?P<weeks>\d{1,4})W|(?:(?P<years>\d{1,3})Y)?(?:(?P<months>\d{1,4})M)?(?:(?P<days>\d{1,4})D)?"
    r"(?:T(?=\d)(?:(?P<hours>\d{1,4})H)?(?:(?P<minutes>\d{1,4})M)?)?)"
)
_YEARLY = r"^--(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])$"


def _in_the_calendar(day: str) -> str:
    date.fromisoformat(f"{_LEAP}-{day[2:]}")
    return day


def _iso(duration: str) -> str:
    if duration == "P" or not _DURATION.fullmatch(duration):
        raise ValueError("a duration is written as ISO 8601 does, such as PT1H, P1D, P7D or P1M")
    return duration


Duration = Annotated[str, AfterValidator(_iso)]
"""ISO 8601: ``PT1H``, ``P1D``, ``P7D``, ``P1M``; years and months are those of the calendar."""
YearlyDay = Annotated[str, StringConstraints(pattern=_YEARLY), AfterValidator(_in_the_calendar)]
"""A month and day of every year, such as ``--06-01``."""

RHYTHMS: dict[str, str] = {
    "HOURLY": "PT1H",
    "DAILY": "P1D",
    "WEEKLY": "P7D",
    "MONTHLY": "P1M",
    "QUARTERLY": "P3M",
    "ANNUAL_2": "P6M",
    "ANNUAL": "P1Y",
}
"""What the codes of the code list ``frequencies`` mean as durations; the others mean none."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Pause(_Part):
    """Days, both ends included, on which no new data are promised: of every year, or of the one that is written.

    A yearly pause whose ``last`` comes before its ``first`` runs over New Year.

    >>> list(Pause(first="--12-25", last="--01-05", vi="Nghỉ đông", en="Winter break").within(2026))
    [(datetime.date(2026, 1, 1), datetime.date(2026, 1, 5)), (datetime.date(2026, 12, 25), datetime.date(2026, 12, 31))]
    """

    first: YearlyDay | date
    last: YearlyDay | date
    vi: NonEmpty
    en: NonEmpty

    @model_validator(mode="after")
    def _is_one_stretch(self) -> Self:
        if isinstance(self.first, str) != isinstance(self.last, str):
            raise ValueError("first and last are both yearly, such as --06-01, or both dates, such as 2026-06-01")
        if isinstance(self.first, date) and isinstance(self.last, date) and self.last < self.first:
            raise ValueError("last is before first")
        return self

    def within(self, year: int) -> Iterator[tuple[date, date]]:
        """The first and the last day of each stretch of the pause that lies in ``year``."""
        start, end = date(year, 1, 1), date(year, 12, 31)
        for first, last in self._stretches(year):
            if max(first, start) <= min(last, end):
                yield max(first, start), min(last, end)

    def _stretches(self, year: int) -> Iterator[tuple[date, date]]:
        if isinstance(self.first, date) and isinstance(self.last, date):
            yield self.first, self.last
            return
        first, last = str(self.first), str(self.last)
        if first > last:
            yield date.min, _day(last, year, opening=False)
        yield _day(first, year, opening=True), date.max if first > last else _day(last, year, opening=False)


def _day(yearly: str, year: int, *, opening: bool) -> date:
    month, day = int(yearly[2:4]), int(yearly[5:])
    try:
        return date(year, month, day)
    except ValueError:  # 29 February of a common year: a pause opens on the day after and ends on the day before
        return date(year, 3, 1) if opening else date(year, 2, 28)


class Calendar(_Part):
    """When nothing is promised: on pauses, on public holidays of Vietnam (lunar ones included), on weekends."""

    pauses: tuple[Pause, ...] = ()
    holidays: bool = False
    weekends: bool = False

    @model_validator(mode="after")
    def _leaves_days(self) -> Self:
        closed = {
            first + timedelta(n)
            for pause in self.pauses
            if isinstance(pause.first, str)
            for first, last in pause.within(_LEAP)
            for n in range((last - first).days + 1)
        }
        if len(closed) > 366 - _OPEN_DAYS:
            raise ValueError(f"the pauses leave fewer than {_OPEN_DAYS} days a year on which data are promised")
        return self


class Baseline(_Part):
    """Which accepted versions a delivery is held against: up to ``versions`` of the last ones, none below ``least``."""

    versions: Annotated[int, Field(ge=3, le=366)] = 30
    least: Annotated[int, Field(ge=3)] = 5

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.least > self.versions:
            raise ValueError("least is above versions, so that no delivery would ever be judged")
        return self


class Volume(_Part):
    """How far the number of rows may be from the usual one.

    ``tolerance`` 0.5 lets it be 1.5 times as many or as few, and more where the versions before varied more.
    """

    tolerance: Annotated[float, Field(gt=0)] = 0.5
    severity: Severity = "warning"


class Drift(_Part):
    """How far the values of ``columns`` may be from the usual ones; of all that can be compared where it is absent.

    ``shift`` is the mean distance between the deciles, in units of the usual spread from the first to the ninth decile.
    ``psi`` is the population stability index of code shares. ``nulls`` is by how much the share of empty cells may grow.
    Each is a floor: versions that varied more among themselves allow more.
    """

    columns: tuple[Name, ...] | None = None
    shift: Annotated[float, Field(gt=0)] = 0.5
    psi: Annotated[float, Field(gt=0)] = 0.25
    nulls: Annotated[float, Field(gt=0, le=1)] = 0.1
    severity: Severity = "warning"


class Freshness(_Part):
    """What a contract promises about new data. Every fact stands in one place.

    ``rhythm`` is left out where the contract's ``frequency`` already says it, and ``gate.max_age_days`` is left out where
    this is written. Without ``grace`` data are late at the moment they were promised for, or, where the rhythm comes from
    the frequency, after the days that the code list ``frequencies`` gives it.

    >>> Freshness(rhythm="P1D", grace="PT6H", column="observed_at", by=("station_id",)).rhythm
    'P1D'
    """

    column: Name | None = None
    """The date or timestamp of the rows; the day the version was accepted where absent."""
    rhythm: Duration | None = None
    grace: Duration | None = None
    by: tuple[Name, ...] = ()
    """The columns that tell groups apart, such as stations or wards; the promise is made for each group."""
    retired_after: Duration | None = None
    """A group without new data for this long is no longer expected."""
    calendar: Calendar = Calendar()
    baseline: Baseline = Baseline()
    volume: Volume = Volume()
    drift: Drift = Drift()

    @property
    def columns(self) -> tuple[str, ...]:
        """Every column that is named here."""
        return (*filter(None, (self.column,)), *self.by, *(self.drift.columns or ()))

    @model_validator(mode="after")
    def _can_be_judged(self) -> Self:
        for name in ("rhythm", "retired_after"):
            written = getattr(self, name)
            if written is not None and not re.search("[1-9]", written):
                raise ValueError(f"{name} is {written}; it must be longer than nothing")
        if len(set(self.by)) != len(self.by):
            raise ValueError(f"by names a column twice: {', '.join(self.by)}")
        return self


def parsed(duration: str) -> "relativedelta":
    """The duration as something that adds to a datetime; a month after 31 January is the last day of February.

    >>> from datetime import datetime
    >>> datetime(2026, 1, 31) + parsed("P1M")
    datetime.datetime(2026, 2, 28, 0, 0)
    """
    from dateutil.relativedelta import relativedelta

    found = _DURATION.fullmatch(_iso(duration))
    n = {unit: int(count) for unit, count in found.groupdict(default="0").items()} if found else {}
    return relativedelta(
        years=n["years"], months=n["months"], weeks=n["weeks"], days=n["days"], hours=n["hours"], minutes=n["minutes"]
    )


def rhythm_of(contract: "Contract") -> str | None:
    """How often new data are promised: as the contract's freshness says, else as its frequency means; ``None`` for neither."""
    stated = contract.freshness.rhythm if contract.freshness else None
    return stated or RHYTHMS.get(contract.frequency)
