"""Volume and drift: an accepted set held against the accepted versions before it.

Every limit adapts to how much those versions varied among themselves (median and median absolute deviation), above a
floor that the contract states, and grows with the number of things judged at once, so that a hundred stations do not
raise a hundred times as many false alarms. Whether the data are *right* is for the gate's other checks to say.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import median

from blueprint.contract import Contract
from blueprint.days import ZONE
from blueprint.freshness import Baseline, Freshness, Severity, parsed, rhythm_of
from blueprint.load import Blueprint
from quality.freshness import Group
from quality.history import Entry, History, HistoryError
from quality.profile import ColumnProfile, Measure, Profile
from quality.robust import deviations, limit_of, log_rows, stability_index, usual_of, usual_rows
from quality.verdict import Check, in_tenths

HISTORY = "history"
"""The check that says whether there was enough to judge by."""
_FEW = 20
"""Fewer values than this are no distribution."""
_NAMED = 5
_NEW_CODES = 0.1
"""Share of values that may bear codes which no version had."""
_RATIOS = 3.0
"""Positive numbers whose ninth decile is so many times the first vary by factors."""
_UNIT = 3.0
"""The factor beyond every former version that a wrong unit is suspected of."""
_NORMAL_SPREAD = 3.8
"""From the first to the ninth decile a normal distribution spans 3.8 times its median absolute deviation."""
Scale = Callable[[float], float]
_ALWAYS = 0.9
"""A group that this share of the versions had is expected."""
_REFERENCE = datetime(2001, 1, 1)


def judge_history(
    contract: Contract,
    blueprint: Blueprint,
    accepted: Path,
    history: History,
    *,
    now: datetime | None = None,
    simulated: bool | None = None,
) -> tuple[Check, ...]:
    """Hold the Parquet file ``accepted`` against the versions that were accepted before it.

    Data of a rhythm below a week are compared with versions of the same weekday, monthly and quarterly data with those of
    the same month, where there are enough of them. ``now`` stands for the day of data without dates; ``simulated`` keeps
    made-up versions apart from measured ones.

    Returns:
        The checks ``volume``, ``group-volume``, ``group-vanished`` and ``group-new``, and of each column ``-nulls``,
        ``-drift`` and ``-constant``; those of them that can be judged. The check ``history`` says how many versions stood
        behind them; a history that cannot be read fails it as a warning, for that is no fault of the data. Severities are
        those of the contract; a new group is never more than a warning.
    """
    stated = contract.freshness or Freshness()
    moment = now or datetime.now(UTC)
    try:
        recent = history.entries(contract.dataset, stated.baseline.versions, simulated=simulated)
        if len(recent) < stated.baseline.least:
            return (_enough(len(recent), stated.baseline.least),)
        found = history.profile_of(contract, blueprint, accepted, moment)
        day = (found.newest.at if found.newest else moment).astimezone(ZONE).date()
        entries = _alike(contract, stated.baseline, history, recent, day, simulated)
    except HistoryError as error:
        return (Check(HISTORY, None, "warning", False, None, error.vi, error.en),)
    enough = _enough(len(entries), stated.baseline.least)
    return (enough, *_Judge(contract, stated, found, [e.profile for e in entries]).checks())


def _alike(
    contract: Contract, baseline: Baseline, history: History, recent: list[Entry], day: date, simulated: bool | None
) -> list[Entry]:
    """The entries of the same weekday or month as ``day``, or all recent ones where too few are."""
    rhythm = rhythm_of(contract)
    days = (_REFERENCE + parsed(rhythm) - _REFERENCE).total_seconds() / 86400 if rhythm else math.inf
    last, season = baseline.versions, None
    if days < 7:
        # Each weekday comes with every seventh day: a third as many of them reach back more than twice as far.
        last, season = max(baseline.least, last // 3), date.weekday
    elif 28 <= days < 365:
        season = _month
    if season is None:
        return recent
    own = season(day)
    alike = history.entries(contract.dataset, last, alike=lambda d: season(d) == own, simulated=simulated)
    return alike if len(alike) >= baseline.least else recent


def _month(day: date) -> int:
    return day.month


def _enough(number: int, least: int) -> Check:
    if number < least:
        vi = f"Chưa so được với lịch sử: mới có {number} phiên bản, cần ít nhất {least}."
        en = f"Not compared with the history: there are {number} versions, and at least {least} are needed."
    else:
        vi, en = f"Đã so với {number} phiên bản trước.", f"Compared with {number} versions before."
    return Check(HISTORY, None, "warning", True, None, vi, en)


class _Judge:
    """The checks of one set against its entries."""

    def __init__(self, contract: Contract, stated: Freshness, found: Profile, before: Sequence[Profile]) -> None:
        self.volume, self.drift = stated.volume, stated.drift
        self.found = found
        self.before = before
        self.least = stated.baseline.least
        self.names = {c.identity: c.name for c in contract.columns}
        chosen = stated.drift.columns
        self.columns = {n: c for n, c in found.columns.items() if chosen is None or self.names[n] in chosen}
        self.grouped = [p for p in self.before if p.groups and p.by == found.by]
        if len(self.grouped) < self.least or not found.groups:
            self.grouped = []

    def checks(self) -> Iterator[Check]:
        yield self._rows()
        if self.grouped:
            yield from self._groups()
        for name, column in self.columns.items():
            before = [c for p in self.before if (c := p.columns.get(name)) and c.concept == column.concept]
            if len(before) >= self.least:
                yield from self._column(name, column, before)

    def _rows(self) -> Check:
        usual = usual_rows([p.rows for p in self.before], self.volume.tolerance, 1)
        low = math.ceil(math.exp(usual.centre - usual.limit))
        high = math.floor(math.exp(usual.centre + usual.limit))
        passed, rows = usual.allows(log_rows(self.found.rows)), self.found.rows
        middle = round(math.exp(usual.centre))
        vi = f"Số dòng thường là {middle}, từ {low} đến {high}. Lần này {rows} dòng."
        en = f"There are usually {middle} rows, {low} to {high}. This time there are {rows}."
        return Check("volume", None, self.volume.severity, passed, None, vi, en)

    def _groups(self) -> Iterator[Check]:
        known = dict.fromkeys(values for p in self.grouped for values in p.groups)
        present = {v: sum(v in p.groups for p in self.grouped) / len(self.grouped) for v in known}
        expected = [v for v, share in present.items() if share >= _ALWAYS]
        off: list[Group] = []
        for values in (v for v in expected if v in self.found.groups):
            rows = [p.groups[values].rows for p in self.grouped if values in p.groups]
            if not usual_rows(rows, self.volume.tolerance, len(expected)).allows(
                log_rows(self.found.groups[values].rows)
            ):
                off.append(values)
        gone = [v for v in expected if v not in self.found.groups]
        new = [v for v in self.found.groups if v not in known]
        severity = self.volume.severity
        yield _of_groups("group-volume", severity, off, "Số dòng khác thường", "An unusual number of rows")
        yield _of_groups("group-vanished", severity, gone, "Nhóm không còn dòng nào", "Groups without any row")
        yield _of_groups("group-new", "warning", new, "Nhóm chưa từng có", "Groups never seen before")

    def _column(self, name: str, column: ColumnProfile, before: Sequence[ColumnProfile]) -> Iterator[Check]:
        yield self._nulls(name, column, before)
        if column.codes and all(c.codes for c in before):
            yield self._codes(name, column, before)
            if column.values >= _FEW:
                one = len(column.codes) == 1 and all(len(c.codes) > 1 for c in before)
                yield self._varies(name, one, [])
        with_deciles = [c for c in before if c.deciles and c.values >= _FEW]
        if column.deciles and column.values >= _FEW and len(with_deciles) >= self.least:
            yield self._numbers(name, column, with_deciles)
            yield self._constant(name, column, with_deciles)

    def _nulls(self, name: str, column: ColumnProfile, before: Sequence[ColumnProfile]) -> Check:
        rows = [p.rows for p in self.before if (c := p.columns.get(name)) and c.concept == column.concept]
        shares = [1 - c.filled / r if r else 0.0 for c, r in zip(before, rows, strict=True)]
        share = 1 - column.filled / self.found.rows if self.found.rows else 0.0
        centre = median(shares)
        noise = math.sqrt(max(centre * (1 - centre), 1 / max(self.found.rows, 1)) / max(self.found.rows, 1))
        usual = usual_of(shares, self.drift.nulls, len(self.columns), noise)
        silent = self._silent(name)
        most = min(usual.centre + usual.limit, 1.0)
        vi = f"Thường {in_tenths(centre)} ô trống, tối đa {in_tenths(most)}. Lần này {in_tenths(share)}.{_listed(silent, ' Nhóm trống hết')}"
        en = f"Usually {centre:.1%} of the cells are empty, at most {most:.1%}. This time {share:.1%}.{_listed(silent, ' All empty', en=True)}"
        return self._check(f"{name}-nulls", name, share <= most and not silent, vi, en)

    def _silent(self, name: str) -> list[Group]:
        """The groups that lost every value of a column, and had at least half of them in every version before."""
        found: list[Group] = []
        for values, group in self.found.groups.items() if self.grouped else ():
            measure = group.measures.get(name)
            if measure is None or measure.values or group.rows < _FEW:
                continue
            had = [(m.values, rows) for rows, m in self._measures(name, values)]
            if len(had) >= self.least and all(filled >= rows / 2 for filled, rows in had):
                found.append(values)
        return found

    def _numbers(self, name: str, column: ColumnProfile, before: Sequence[ColumnProfile]) -> Check:
        """Mean distance of the deciles from their medians, as a share of the usual spread."""
        scale = _scale(before)
        usual = [[scale(d) for d in c.deciles] for c in before]
        centre = [median(at) for at in zip(*usual, strict=True)]
        middle = len(centre) // 2
        within = median(deciles[-1] - deciles[0] for deciles in usual)
        between = _NORMAL_SPREAD * median(abs(deciles[middle] - centre[middle]) for deciles in usual)
        spread = max(within, between) or abs(centre[middle]) or 1.0

        def distance(deciles: Sequence[float]) -> float:
            return sum(abs(a - b) for a, b in zip(deciles, centre, strict=True)) / len(centre) / spread

        now = distance([scale(d) for d in column.deciles])
        most = limit_of([distance(deciles) for deciles in usual], self.drift.shift, len(self.columns))
        moved = self._moved(name, scale, spread)
        far = _far(column.deciles[middle], [c.deciles[middle] for c in before])
        times = _times(column.deciles[middle], median(c.deciles[middle] for c in before)) if far else ("", "")
        vi = f"Phân bố lệch {_number(now)} lần độ rộng thường thấy, tối đa {_number(most)}.{times[0]}"
        en = f"The values are {now:.2f} of their usual spread away, at most {most:.2f}.{times[1]}"
        vi += _listed(moved, " Nhóm lệch khỏi các nhóm khác")
        en += _listed(moved, " Away from the other groups", en=True)
        return self._check(f"{name}-drift", name, now <= most and not moved and not far, vi, en)

    def _moved(self, name: str, scale: Scale, spread: float) -> list[Group]:
        """The groups whose mean, taken from the middle of the whole set, is far from where it used to be.

        What moves all groups together, such as the weather, moves none of them here.
        """
        if not self.grouped:
            return []
        now = _away(self.found, name, scale)
        before = [_away(p, name, scale) for p in self.grouped]
        found: list[Group] = []
        for values, (away, ratio) in now.items():
            usual = [p[values] for p in before if values in p]
            if len(usual) < self.least:
                continue
            allowed = usual_of([a for a, _ in usual], self.drift.shift * spread, len(now) * len(self.columns))
            if not allowed.allows(away) or _far(ratio, [r for _, r in usual]):
                found.append(values)
        return found

    def _constant(self, name: str, column: ColumnProfile, before: Sequence[ColumnProfile]) -> Check:
        whole = column.constant and not any(c.constant for c in before)
        return self._varies(name, whole, [] if whole else self._stuck(name))

    def _varies(self, name: str, whole: bool, stuck: Sequence[Group]) -> Check:
        """One value only, where it never was so: a sensor that hangs, a column filled by default."""
        vi = "Các giá trị phải khác nhau như trước nay."
        en = "The values must differ, as they always did."
        if whole:
            vi, en = f"{vi} Lần này chỉ có một giá trị.", f"{en} This time there is one value only."
        vi, en = vi + _listed(stuck, " Nhóm chỉ có một giá trị"), en + _listed(stuck, " One value only", en=True)
        return self._check(f"{name}-constant", name, not whole and not stuck, vi, en)

    def _stuck(self, name: str) -> list[Group]:
        if not self.grouped:
            return []
        every = [m for p in self.grouped for g in p.groups.values() if (m := g.measures.get(name)) and m.values >= _FEW]
        if not every or sum(m.constant for m in every) > len(every) / 100:
            return []
        found: list[Group] = []
        for values, group in self.found.groups.items():
            measure = group.measures.get(name)
            if measure and measure.constant and measure.values >= _FEW:
                had = [m for _, m in self._measures(name, values) if m.values >= _FEW]
                if len(had) >= self.least and not any(m.constant for m in had):
                    found.append(values)
        return found

    def _measures(self, name: str, values: Group) -> Iterator[tuple[int, Measure]]:
        for p in self.grouped:
            group = p.groups.get(values)
            if group is not None and name in group.measures:
                yield group.rows, group.measures[name]

    def _codes(self, name: str, column: ColumnProfile, before: Sequence[ColumnProfile]) -> Check:
        """Population stability index of the code shares: sum of (share - usual) * ln(share / usual)."""
        codes = sorted({code for c in (column, *before) for code in c.codes})
        usual = {code: sum(c.codes.get(code, 0) / max(c.values, 1) for c in before) / len(before) for code in codes}
        now = stability_index(column.codes, usual)
        freedom = max(len(codes) - 1, 1)
        values = max(column.values, 1)
        noise = (freedom + deviations(len(self.columns)) * math.sqrt(2 * freedom)) / values
        # The index grows with the square of a shift; its root is what varies evenly.
        roots = [math.sqrt(stability_index(c.codes, usual)) for c in before]
        most = limit_of(roots, math.sqrt(max(self.drift.psi, noise)), len(self.columns)) ** 2
        new = sum(rows for code, rows in column.codes.items() if not usual[code]) / values
        vi = f"Tỷ lệ các mã lệch {_number(now)} (chỉ số ổn định PSI), tối đa {_number(most)}."
        en = f"The shares of the codes are {now:.2f} away (population stability index), at most {most:.2f}."
        if new:
            vi, en = f"{vi} {in_tenths(new)} mang mã chưa từng có.", f"{en} {new:.1%} bear a code never seen before."
        return self._check(f"{name}-drift", name, now <= most and new <= _NEW_CODES, vi, en)

    def _check(self, rule: str, name: str, passed: bool, vi: str, en: str) -> Check:
        column = self.names[name]
        return Check(f"{column}{rule.removeprefix(name)}", column, self.drift.severity, passed, None, vi, en)


def _scale(before: Sequence[ColumnProfile]) -> Scale:
    """Positive numbers that span a factor of three are compared by their ratios, all others by their differences."""
    ratios = all(c.deciles[0] > 0 for c in before) and median(c.deciles[-1] / c.deciles[0] for c in before) >= _RATIOS
    return _logarithm if ratios else float


def _logarithm(number: float) -> float:
    return math.log(max(number, 1e-12))


def _away(profile: Profile, name: str, scale: Scale) -> dict[Group, tuple[float, float]]:
    """How far the mean of each group is from the middle of the whole set, and how many times as large it is."""
    column = profile.columns.get(name)
    if column is None or not column.deciles:
        return {}
    middle = column.deciles[len(column.deciles) // 2]
    measures = {values: g.measures[name] for values, g in profile.groups.items() if name in g.measures}
    means = {values: m.mean for values, m in measures.items() if m.mean is not None and m.values >= _FEW}
    return {v: (scale(mean) - scale(middle), mean / middle if middle else 0.0) for v, mean in means.items()}


def _of_groups(rule: str, severity: Severity, groups: Sequence[Group], vi: str, en: str) -> Check:
    if not groups:
        return Check(rule, None, severity, True, None, f"{vi}: không có.", f"{en}: none.")
    return Check(rule, None, severity, False, None, f"{vi}: {_named(groups)}.", f"{en}: {_named(groups, en=True)}.")


def _listed(groups: Sequence[Group], said: str, *, en: bool = False) -> str:
    return f"{said}: {_named(groups, en=en)}." if groups else ""


def _named(groups: Sequence[Group], *, en: bool = False) -> str:
    """The first groups by name and the number of the others."""
    names = sorted(" · ".join(value or "?" for value in values) for values in groups)
    more = len(names) - _NAMED
    rest = "" if more <= 0 else f" and {more} more" if en else f" và {more} nhóm khác"
    return ", ".join(names[:_NAMED]) + rest


def _number(number: float) -> str:
    return f"{number:.2f}".replace(".", ",")


def _far(now: float, before: Sequence[float]) -> bool:
    """Whether a value lies beyond all former ones by a factor that a wrong unit makes and chance does not."""
    if now == 0 or any(b == 0 or (b < 0) != (now < 0) for b in before):
        return False
    sizes = [abs(b) for b in before]
    return abs(now) >= _UNIT * max(sizes) or abs(now) <= min(sizes) / _UNIT


def _times(now: float, usual: float) -> tuple[str, str]:
    said = f"{now / usual:.3g}"
    return (
        f" Giá trị giữa gấp {said.replace('.', ',')} lần trước: hãy kiểm tra đơn vị đo.",
        f" The middle value is {said} times the former one: check the unit.",
    )
