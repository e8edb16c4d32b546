"""Codes read as of a day: what a code names, what became of a unit, and how it is shared out into another era.

>>> from datetime import date
>>> from blueprint.units import eras
>>> wards = eras("ha-noi-wards")
>>> wards.lookup("00004", date(2025, 6, 30)).vi
'Phường Trúc Bạch'
>>> wards.lookup("00004", date(2025, 7, 1)).vi
'Phường Ba Đình'
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from functools import cached_property

from blueprint.codelist import CodeEntry, CodeList
from blueprint.load import Blueprint, blueprint
from blueprint.problems import near
from blueprint.units.errors import DateNeeded, DayOutside, NoSuchUnit, NoWay, SharesUnknown
from blueprint.units.passages import By, Link, Passage, passages

WARDS = "ha-noi-wards"
_NAMED = 12


@dataclass(frozen=True)
class Part:
    """A share of a unit, between 0 and 1, that goes to ``code``; ``estimated`` where the unit goes to several."""

    code: str
    share: Fraction
    estimated: bool


@dataclass(frozen=True)
class History:
    """A unit, every unit that ever bore its code, what it was made from and what it became."""

    unit: CodeEntry
    bearers: tuple[CodeEntry, ...]
    made_from: tuple[Link, ...]
    became: tuple[Link, ...]


@dataclass(frozen=True, eq=False)
class Eras:
    """One code list with its changes of eras, oldest first."""

    codelist: CodeList
    passages: tuple[Passage, ...]

    @cached_property
    def _entries(self) -> Mapping[str, tuple[CodeEntry, ...]]:
        found: dict[str, list[CodeEntry]] = {}
        for entry in sorted(self.codelist.entries, key=lambda e: (e.code, e.valid_from)):
            found.setdefault(entry.code, []).append(entry)
        return {code: tuple(entries) for code, entries in found.items()}

    @cached_property
    def days(self) -> tuple[date, ...]:
        """The days on which anything begins to hold or has just ended to, oldest first."""
        starts = {e.valid_from for e in self.codelist.entries} | {p.present for p in self.passages}
        ends = {
            date.fromordinal(e.valid_to.toordinal() + 1)
            for e in self.codelist.entries
            if e.valid_to and e.valid_to < date.max
        }
        return tuple(sorted(starts | ends))

    def bearers(self, code: str) -> tuple[CodeEntry, ...]:
        """Every unit that ever bore ``code``, oldest first."""
        return self._entries.get(code, ())

    def find(self, code: str, day: date) -> CodeEntry | None:
        """The unit that bears ``code`` on ``day``."""
        return next((e for e in self.bearers(code) if e.holds_on(day)), None)

    def lookup(self, code: str, day: date | None) -> CodeEntry:
        """The unit that bears ``code`` on ``day``.

        Raises:
            DateNeeded: ``day`` is ``None`` though the same code names different units in different eras.
            NoSuchUnit: no unit bears the code on that day; the message says in which era one does.
        """
        if day is None:
            raise DateNeeded(*self._undated(code))
        entry = self.find(code, day)
        if entry is None:
            raise NoSuchUnit(*self.describe(code, day))
        return entry

    def units(self, day: date) -> tuple[CodeEntry, ...]:
        """The units of ``day``, by code. Raises DayOutside where the list says nothing about it."""
        self.covered(day)
        return tuple(e for entries in self._entries.values() for e in entries if e.holds_on(day))

    def covered(self, day: date) -> None:
        """Raise DayOutside unless some unit holds on ``day``."""
        if not any(e.holds_on(day) for e in self.codelist.entries):
            first = min((e.valid_from for e in self.codelist.entries), default=None)
            raise DayOutside(
                f"Danh mục {self.codelist.ref} không nói gì về ngày {day}; ngày sớm nhất là {first}.",
                f"The code list {self.codelist.ref} says nothing about {day}; its first day is {first}.",
            )

    def history(self, code: str, day: date) -> History:
        """What the unit that bears ``code`` on ``day`` was made from and what it became, one change each way.

        A change that left the unit as it was is passed over.
        """
        unit = self.lookup(code, day)
        made: tuple[Link, ...] = ()
        became: tuple[Link, ...] = ()
        for passage in self.passages:
            links = passage.backward.get(code, ())
            if passage.present <= day and any(link.new is unit for link in links) and _changes(links):
                made = links
            links = passage.forward.get(code, ())
            if not became and passage.present > day and any(link.old is unit for link in links) and _changes(links):
                became = links
        return History(unit, self.bearers(code), made, became)

    def describe(self, code: str, day: date) -> tuple[str, str]:
        """What ``code`` is on ``day`` or, where no unit bears it then, in other eras: in Vietnamese and English."""
        if here := self.find(code, day):
            return f"{code} ngày {day} là {here.vi}.", f"{code} on {day} is {here.en}."
        others = self.bearers(code)
        if not others:
            vi_near, en_near = near(code, self._entries)
            return (
                f"{code!r} không phải mã của danh mục {self.codelist.codelist} ở bất kỳ thời kỳ nào.{vi_near}",
                f"{code!r} is a code of the list {self.codelist.codelist} in no era.{en_near}",
            )
        vi = "; ".join(f"{e.vi} {_span(e)[0]}" for e in others)
        en = "; ".join(f"{e.en} {_span(e)[1]}" for e in others)
        return (
            f"{code} không có hiệu lực ngày {day}; mã này là {vi}.",
            f"{code} does not hold on {day}; it is {en}.",
        )

    def _undated(self, code: str) -> tuple[str, str]:
        others = self.bearers(code)
        vi = "; ".join(f"{e.vi} {_span(e)[0]}" for e in others) or "không có ở thời kỳ nào"
        en = "; ".join(f"{e.en} {_span(e)[1]}" for e in others) or "known in no era"
        return (
            f"Mã {code} chỉ có nghĩa khi kèm ngày, vì mã cũ được dùng lại cho đơn vị khác: {vi}. Hãy thêm --on NGÀY, "
            f"ví dụ --on 2025-07-01.",
            f"The code {code} means something only with a date, for codes are used again for other units: {en}. Add "
            f"--on DATE, such as --on 2025-07-01.",
        )

    def between(self, from_day: date, to_day: date) -> tuple[Passage, ...]:
        """The changes that lie between the two days, in the order in which they are passed."""
        low, high = min(from_day, to_day), max(from_day, to_day)
        passed = tuple(p for p in self.passages if low < p.present <= high)
        return passed if from_day <= to_day else passed[::-1]

    def parts(self, codes: Iterable[str], from_day: date, to_day: date, by: By) -> dict[str, tuple[Part, ...]]:
        """Where the units of ``from_day`` are on ``to_day`` and what share of each; the shares of a unit sum to 1.

        A unit that was divided is estimated even where the weight gives all of it to one part. Parts whose share is 0
        are there too.

        Raises:
            DayOutside: the list says nothing about one of the days.
            NoSuchUnit, NoWay: a code does not hold on ``from_day``, or no crosswalk leads it to ``to_day``.
            SharesUnknown: a unit was divided and nobody knows its shares by ``by``; all such units are named.
        """
        for day in (from_day, to_day):
            self.covered(day)
        way = _Way(self, from_day, to_day, by)
        found: dict[str, tuple[Part, ...]] = {}
        unknown: list[str] = []
        for code in codes:
            self.lookup(code, from_day)
            shares = way.shares(code, 0)
            if shares is None:
                unknown.append(code)
                continue
            several = len(shares) > 1
            found[code] = tuple(Part(to, share, several) for to, share in sorted(shares.items()))
        if unknown:
            raise SharesUnknown(unknown, *self._unknown(unknown, from_day, to_day, by))
        return found

    def _unknown(self, codes: list[str], from_day: date, to_day: date, by: By) -> tuple[str, str]:
        units = [self.lookup(code, from_day) for code in codes]
        more = f" (+{len(units) - _NAMED})" if len(units) > _NAMED else ""
        vi = ", ".join(f"{e.code} {e.vi}" for e in units[:_NAMED]) + more
        en = ", ".join(f"{e.code} {e.en}" for e in units[:_NAMED]) + more
        other: By = "area" if by == "population" else "population"
        way = _Way(self, from_day, to_day, other)
        usable = all(way.shares(code, 0) is not None for code in codes)
        vi_next = (
            f"Hãy dùng --weight {other}, có đủ cho các đơn vị này,"
            if usable
            else f"--weight {other} cũng không đủ; dùng"
        )
        en_next = (
            f"Use --weight {other}, known for all of them," if usable else f"--weight {other} is not known either; use"
        )
        vi_why, en_why = ("", "")
        if from_day > to_day:
            vi_why = (
                " Đi ngược, một đơn vị đã sáp nhập chỉ tách lại được khi biết diện tích hoặc dân số của từng đơn vị cũ."
            )
            en_why = " Going back, a merged unit is parted again only where the size of each former unit is known."
        return (
            f"Không biết tỷ lệ theo {by} của {len(units)} đơn vị bị chia từ {from_day} sang {to_day}: {vi}.{vi_why} "
            f"{vi_next} {'hoặc ' if usable else ''}--weight equal để chia đều.",
            f"The shares by {by} of {len(units)} divided units from {from_day} to {to_day} are not known: {en}.{en_why} "
            f"{en_next} {'or ' if usable else ''}--weight equal, which gives every part as much.",
        )


class _Way:
    """The way between two days; what was found for a unit is kept."""

    def __init__(self, eras: Eras, from_day: date, to_day: date, by: By) -> None:
        self._eras = eras
        self._by: By = by
        self._back = from_day > to_day
        self._from, self._to = from_day, to_day
        self._steps = eras.between(from_day, to_day)
        self._shares: dict[tuple[str, int], Mapping[str, Fraction] | None] = {}
        self._ends: dict[tuple[str, int], frozenset[str]] = {}

    def shares(self, code: str, step: int) -> Mapping[str, Fraction] | None:
        """The share of ``code`` that each unit of the last day has; ``None`` where nobody knows."""
        key = code, step
        if key not in self._shares:
            self._shares[key] = self._reckon(code, step)
        return self._shares[key]

    def _reckon(self, code: str, step: int) -> Mapping[str, Fraction] | None:
        ends = self._reached(code, step)
        if len(ends) == 1:  # divided or not, it is all in one unit again
            return {next(iter(ends)): Fraction(1)}
        found = dict.fromkeys(sorted(ends), Fraction(0))
        for to, share in self._ways(code, step):
            if share == 0:
                continue
            onward = self.shares(to, step + 1)
            if share is None or onward is None:
                return None
            for end, part in onward.items():
                found[end] += share * part
        return found

    def _reached(self, code: str, step: int) -> frozenset[str]:
        key = code, step
        if key not in self._ends:
            if step == len(self._steps):
                self._holds(code, self._day(step), self._to)
                self._ends[key] = frozenset({code})
            else:
                ways = self._ways(code, step)
                self._ends[key] = frozenset().union(*(self._reached(to, step + 1) for to, _ in ways))
        return self._ends[key]

    def _day(self, step: int) -> date:
        """The day on which a unit stands before ``step``."""
        if step == 0:
            return self._from
        last = self._steps[step - 1]
        return last.former if self._back else last.present

    def _ways(self, code: str, step: int) -> tuple[tuple[str, Fraction | None], ...]:
        passage = self._steps[step]
        edge = passage.present if self._back else passage.former
        self._holds(code, self._day(step), edge)
        ways = passage.ways(code, self._by, back=self._back)
        if not ways:
            raise self._no_way(code, edge)
        return ways

    def _holds(self, code: str, day: date, until: date) -> None:
        """Refuse a unit that ends, or another that takes its code, before ``until`` without a crosswalk that says so."""
        entry = self._eras.find(code, day)
        if entry is None or not entry.holds_on(until):
            raise self._no_way(code, day)

    def _no_way(self, code: str, day: date) -> NoWay:
        entry = self._eras.find(code, day)
        vi, en = (entry.vi, entry.en) if entry else (code, code)
        listed = ", ".join(p.ref for p in self._steps) or "—"
        return NoWay(
            f"Không bảng chuyển đổi nào nói {code} {vi} ({day}) là gì vào ngày {self._to}; các bảng đã xét: {listed}. "
            f"Hãy bổ sung bảng chuyển đổi trong blueprint/crosswalks.",
            f"No crosswalk says what {code} {en} ({day}) is on {self._to}; crosswalks on the way: {listed}. Add the "
            f"missing crosswalk under blueprint/crosswalks.",
        )


def _changes(links: Sequence[Link]) -> bool:
    return len(links) > 1 or links[0].old != links[0].new or links[0].relation == "partial"


def _span(entry: CodeEntry) -> tuple[str, str]:
    if entry.valid_to is None:
        return f"từ {entry.valid_from}", f"since {entry.valid_from}"
    return f"từ {entry.valid_from} đến {entry.valid_to}", f"from {entry.valid_from} to {entry.valid_to}"


def eras(codelist: str = WARDS, plan: Blueprint | None = None) -> Eras:
    """The eras of the code list ``codelist`` of ``plan``, or of this repository's Blueprint.

    Raises BlueprintError where there is no such list.
    """
    plan = plan or blueprint()
    found = plan.codelist(codelist)
    return Eras(found, passages(found, plan.crosswalks.values()))


def unit_lists(plan: Blueprint) -> tuple[str, ...]:
    """The names of the code lists that crosswalks are about."""
    return tuple(sorted({walk.codelist for walk in plan.crosswalks.values()} & set(plan.codelists)))
