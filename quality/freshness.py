"""How fresh a dataset is, held against what its contract promises. Freshness says nothing about validity, nor the reverse."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import islice
from typing import TYPE_CHECKING, Any, Literal

from blueprint.contract import Contract
from blueprint.days import ZONE
from blueprint.freshness import Freshness, parsed, rhythm_of
from blueprint.load import Blueprint
from blueprint.sql import ident, literal
from quality.clock import Clock

if TYPE_CHECKING:
    from dateutil.relativedelta import relativedelta

    from lake import Lake, Version

State = Literal["fresh", "due", "late", "paused", "unknown"]
Group = tuple[str | None, ...]
LISTED = 20
"""How many late groups a mark lists; it counts all of them."""
_REFERENCE = datetime(2001, 1, 1)


@dataclass(frozen=True)
class Newest:
    """The newest moment that a version has data of, in all and per group; a day counts until its end.

    ``whole_days`` says that the moments are days, written as their first moment in Asia/Ho_Chi_Minh.
    """

    at: datetime
    groups: Mapping[Group, datetime] | None = None
    whole_days: bool = False


@dataclass(frozen=True)
class LateGroup:
    """A group whose data are late; ``values`` are those of the promise's ``by`` columns."""

    values: Group
    newest: datetime
    expected_by: datetime
    late_by: timedelta

    def to_json(self) -> dict[str, Any]:
        return {
            "values": list(self.values),
            "newest": _said(self.newest),
            "expected_by": _said(self.expected_by),
            "late_by": iso_duration(self.late_by),
        }


@dataclass(frozen=True)
class FreshnessMark:
    """How fresh a dataset is at one moment. It is never part of a verdict: stale data stay as valid as they were.

    ``due`` is past the promised moment and within the grace, ``late`` is past both; ``paused`` stands for a day on which
    nothing is promised, and a dataset that was late before stays late on it; ``unknown`` where nothing is promised or no
    version is there. ``groups`` are those judged, ``groups_late`` those late, of which the first are in ``late_groups``.
    """

    state: State
    newest: datetime | None
    expected_by: datetime | None
    late_by: timedelta | None
    vi: str
    en: str
    groups: int | None = None
    groups_late: int = 0
    late_groups: tuple[LateGroup, ...] = ()

    @property
    def overdue(self) -> bool:
        """Whether the dataset or one of its groups is late."""
        return self.state == "late" or self.groups_late > 0

    def to_json(self) -> dict[str, Any]:
        """The mark as plain texts and numbers; moments as ISO 8601 in Asia/Ho_Chi_Minh."""
        return {
            "state": self.state,
            "overdue": self.overdue,
            "newest": _said(self.newest),
            "expected_by": _said(self.expected_by),
            "late_by": None if self.late_by is None else iso_duration(self.late_by),
            "groups": self.groups,
            "groups_late": self.groups_late,
            "late_groups": [g.to_json() for g in self.late_groups],
            "vi": self.vi,
            "en": self.en,
        }


class Promise:
    """When new data are due and when they are late, by a contract's freshness or by its frequency.

    A pause or a public holiday stops the clock. A weekend stops it for a rhythm shorter than a week; a longer rhythm spans
    weekends anyway, and only a moment that falls on one moves to the Monday after.
    """

    def __init__(self, freshness: Freshness, rhythm: str | None, late_after: timedelta | None) -> None:
        calendar = freshness.calendar
        self._rhythm: relativedelta | timedelta | None = parsed(rhythm) if rhythm else late_after
        if self._rhythm is not None and late_after is not None and _REFERENCE + late_after < _REFERENCE + self._rhythm:
            self._rhythm = late_after
        self._grace = parsed(freshness.grace) if freshness.grace else None
        self._late_after = late_after if self._grace is None else None
        short = self._rhythm is not None and _REFERENCE + self._rhythm < _REFERENCE + timedelta(7)
        self.clock = Clock(calendar, weekends=calendar.weekends and short)
        self._days = Clock(calendar, weekends=calendar.weekends)

    @property
    def made(self) -> bool:
        """Whether anything is promised at all."""
        return self._rhythm is not None

    def due(self, newest: datetime) -> datetime | None:
        """When data newer than ``newest`` are expected; ``None`` for never."""
        return self._after(newest, self._rhythm)

    def late(self, newest: datetime) -> datetime | None:
        """When data newer than ``newest`` are late, which is never before they are due; ``None`` for never."""
        due = self.due(newest)
        if due is None:
            return None
        if self._grace is not None:
            return self._after(due, self._grace)
        if self._late_after is None:
            return due
        late = self._after(newest, self._late_after)
        return None if late is None else max(due, late)

    def _after(self, moment: datetime, span: "relativedelta | timedelta | None") -> datetime | None:
        if span is None:
            return None
        try:
            running = (moment + span) - moment
        except (OverflowError, ValueError):
            return None
        found = self.clock.after(moment, running)
        return None if found is None else self._days.after(found, timedelta(0))


def promise(contract: Contract, blueprint: Blueprint) -> Promise:
    """What ``contract`` promises.

    Without ``freshness`` the rhythm is the one that the contract's frequency means, and data are late after
    ``gate.max_age_days``, or after the days that the code list ``frequencies`` gives the frequency.
    """
    stated = contract.freshness
    days = contract.gate.max_age_days if stated is None else None
    if days is None and (stated is None or stated.rhythm is None) and "frequencies" in blueprint.codelists:
        entry = blueprint.codelists["frequencies"].find(contract.frequency)
        days = float(entry.attributes["days"]) if entry and entry.attributes.get("days") else None
    return Promise(stated or Freshness(), rhythm_of(contract), None if days is None else timedelta(days))


def freshness(contract: Contract, blueprint: Blueprint, newest: Newest | None, now: datetime) -> FreshnessMark:
    """How fresh the dataset of ``contract`` is at ``now``, an aware datetime; ``newest`` is ``None`` without a version.

    The mark depends on nothing else, so that the state of any past or future moment can be asked for.
    """
    made = promise(contract, blueprint)
    if newest is None:
        return _unknown(None, "Chưa có phiên bản nào.", "There is no version yet.")
    now = now.astimezone(ZONE)
    whole = newest.at.astimezone(ZONE)
    if not made.made:
        return _unknown(whole, "Hợp đồng không hứa nhịp cập nhật.", "The contract promises no rhythm.")
    ends = _ends(newest.whole_days)
    due, late = made.due(ends(whole)), made.late(ends(whole))
    state: State = "fresh" if due is None or now < due else "due" if late is None or now < late else "late"
    closed = made.clock.closed(now.date())
    if state != "late" and closed:
        state = "paused"
    late_by = now - due if state == "late" and due else None
    groups, many, listed = _groups(made, contract, newest, now)
    vi, en = _text(state, whole, due, late_by, closed, newest.whole_days)
    if many:
        vi, en = f"{vi} {many} trên {groups} nhóm trễ.", f"{en} {many} of {groups} groups are late."
    return FreshnessMark(state, whole, due, late_by, vi, en, groups, many, listed)


def _groups(
    made: Promise, contract: Contract, newest: Newest, now: datetime
) -> tuple[int | None, int, tuple[LateGroup, ...]]:
    """How many groups are expected, how many of them are late, and the latest of these."""
    if newest.groups is None:
        return None, 0, ()
    after = contract.freshness.retired_after if contract.freshness else None
    retired = parsed(after) if after else None
    ends = _ends(newest.whole_days)

    @cache
    def moments(at: datetime) -> tuple[bool, datetime | None, datetime | None]:
        end = ends(at)
        return retired is not None and end + retired <= now, made.due(end), made.late(end)

    late: list[LateGroup] = []
    expected = 0
    for values, at in newest.groups.items():
        at = at.astimezone(ZONE)
        gone, due, overdue = moments(at)
        expected += not gone
        if not gone and due and overdue and overdue <= now:
            late.append(LateGroup(values, at, due, now - due))
    late.sort(key=lambda g: (g.newest, tuple(v or "" for v in g.values)))
    return expected, len(late), tuple(islice(late, LISTED))


def _ends(whole_days: bool) -> Callable[[datetime], datetime]:
    """From when on newer data can be there: a day's data are whole when the day is over."""

    def end(at: datetime) -> datetime:
        counts_as_it_is = not whole_days or at.date() == date.max
        return at if counts_as_it_is else datetime.combine(at.date() + timedelta(1), time(), ZONE)

    return end


def _unknown(newest: datetime | None, vi: str, en: str) -> FreshnessMark:
    return FreshnessMark("unknown", newest, None, None, vi, en)


def _text(
    state: State,
    newest: datetime,
    due: datetime | None,
    late_by: timedelta | None,
    closed: tuple[str, str] | None,
    whole_days: bool,
) -> tuple[str, str]:
    day = "" if whole_days else "%H:%M "
    vi = f"Số liệu mới nhất: {newest.strftime(f'{day}%d/%m/%Y')}"
    en = f"Newest data: {newest.strftime(f'%Y-%m-%d {day}').strip()}"
    if due is not None:
        vi, en = f"{vi}; hạn: {due:%H:%M %d/%m/%Y}", f"{en}; expected by {due:%Y-%m-%d %H:%M}"
    if state == "late" and late_by is not None:
        return f"{vi}; trễ {_length(late_by, 'ngày', 'giờ')}.", f"{en}; late by {_length(late_by, 'd', 'h')}."
    if state == "due":
        return f"{vi}; đã đến hạn, còn trong thời gian gia hạn.", f"{en}; now due, within the grace."
    if state == "paused" and closed:
        return f"{vi}; tạm nghỉ: {closed[0]}.", f"{en}; paused: {closed[1]}."
    return f"{vi}; đúng hạn.", f"{en}; on time."


def _length(span: timedelta, days: str, hours: str) -> str:
    whole = f"{span.days} {days}" if span.days else ""
    rest = f"{span.seconds // 3600} {hours}" if span.seconds >= 3600 or not span.days else ""
    return " ".join(filter(None, (whole, rest)))


def _said(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat(timespec="seconds")


def iso_duration(span: timedelta) -> str:
    """``span`` as an ISO 8601 duration of days, hours and minutes.

    >>> iso_duration(timedelta(days=2, hours=3, seconds=61))
    'P2DT3H1M'
    """
    minutes = span.seconds // 60
    clock = "".join(f"{n}{unit}" for n, unit in ((minutes // 60, "H"), (minutes % 60, "M")) if n)
    days = f"{span.days}D" if span.days or not clock else ""
    return f"P{days}{'T' if clock else ''}{clock}"


def newest_expression(column: str, kind: str, until: datetime) -> str:
    """DuckDB SQL for the newest moment in ``column`` that is not after ``until``, as microseconds for ``moment_of``.

    Rows dated later are left out, so that a wrong year never makes a dataset look fresh; where all rows are, ``until``
    stands for them. The session is in UTC.
    """
    # An ICU cast of the column would cost more than the rest of the query, so it is compared in its own type.
    local = until.astimezone(ZONE).replace(tzinfo=None)
    end = literal(local.date() if kind == "DATE" else local if kind == "TIMESTAMP" else until.astimezone(UTC))
    value = ident(column)
    newest = f"coalesce(max({value}) FILTER (WHERE {value} <= {end}), CASE WHEN count({value}) > 0 THEN {end} END)"
    return f"epoch_us({newest})"


def moment_of(micros: int, kind: str) -> datetime:
    """The moment that ``newest_expression`` found in a column of the DuckDB type ``kind``, in Asia/Ho_Chi_Minh."""
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return moment.replace(tzinfo=ZONE) if kind in ("DATE", "TIMESTAMP") else moment.astimezone(ZONE)


def newest_in(lake: "Lake", contract: Contract, version: "Version") -> Newest:
    """The newest moment of a version of ``contract``'s dataset, by one query that groups its rows once.

    Where the contract names no column, or the version lacks it, the moment of the commit counts.
    """
    from lake.folders import scratch
    from lake.sql import connection

    stated = contract.freshness or Freshness()
    with (
        scratch(lake.root / "spill" / f"{contract.dataset}--freshness-{os.getpid()}") as spill,
        connection(spill) as con,
    ):
        rows = lake.select(version)
        kinds = {str(name): str(kind) for name, kind, *_ in con.execute(f"DESCRIBE {rows}").fetchall()}
        if stated.column not in kinds or not set(stated.by) <= set(kinds):
            return Newest(version.committed_at)
        kind = kinds[stated.column]
        by = [f"CAST({ident(name)} AS VARCHAR)" for name in stated.by]
        newest = newest_expression(stated.column, kind, version.committed_at)
        grouped = f" GROUP BY {', '.join(by)}" if by else ""
        found = con.execute(f"SELECT {', '.join((*by, newest))} FROM ({rows}){grouped}").fetchall()
    groups = {tuple(row[:-1]): moment_of(row[-1], kind) for row in found if row[-1] is not None}
    return newest_of(groups, kind == "DATE", version.committed_at, grouped=bool(by))


def newest_of(groups: Mapping[Group, datetime], whole_days: bool, committed_at: datetime, *, grouped: bool) -> Newest:
    """The newest moment of all groups; that of the commit where no row has a date."""
    if not groups:
        return Newest(committed_at)
    return Newest(max(groups.values()), groups if grouped else None, whole_days)
