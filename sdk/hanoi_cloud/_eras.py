# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyarrow ships no types, so strict checking ends at its door.
"""The units of the city before and since a day, and which of them went into which, as the catalogue publishes them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal

from hanoi_cloud._exceptions import UnexpectedAnswer, UnitsError
from hanoi_cloud._translation import Kind

if TYPE_CHECKING:
    from hanoi_cloud._dataset import Dataset

FORMER, PRESENT, CROSSWALK = "wards-before-2025", "wards", "ward-crosswalk"


@dataclass(frozen=True)
class Part:
    """A share of a unit, 0 to 1, that goes to ``code``."""

    code: str
    share: Fraction


@dataclass(frozen=True)
class Era:
    """The units of one span of days, by code; ``last`` is None while they hold."""

    first: date
    last: date | None
    names: Mapping[str, str]

    def holds(self, day: date) -> bool:
        return self.first <= day and (self.last is None or day <= self.last)

    @property
    def span(self) -> tuple[str, str]:
        if self.last is None:
            return f"từ {self.first}", f"since {self.first}"
        return f"từ {self.first} đến {self.last}", f"from {self.first} to {self.last}"


@dataclass(frozen=True)
class Pair:
    """One former unit going into one present unit, whole or in part, with the shares of its land and people."""

    old: str
    new: str
    whole: bool
    area: Fraction | None
    population: Fraction | None


@dataclass(frozen=True)
class Units:
    """Two eras and the pairs between them."""

    former: Era
    present: Era
    forward: Mapping[str, tuple[Pair, ...]]
    backward: Mapping[str, tuple[Pair, ...]]

    def era(self, day: date) -> Era | None:
        return next((era for era in (self.former, self.present) if era.holds(day)), None)

    def covered(self, day: date) -> None:
        """Raise UnitsError for a day of which nothing is published."""
        if self.era(day) is None:
            raise UnitsError(
                f"The published lists of units say nothing about {day}; their first day is {self.former.first}.",
                f"Danh mục đơn vị đã công bố không nói gì về ngày {day}; ngày sớm nhất là {self.former.first}.",
            )

    def problem(self, code: str | None, day: date | None) -> tuple[Kind, str, str] | None:
        """Why a code cannot be read on a day, in Vietnamese and English; None where a unit bears it then."""
        if not code:
            return "empty", "mã để trống.", "the code is empty."
        if day is None:
            return "no-date", f"dòng có mã {code} không có ngày.", f"the row of code {code} has no day."
        era = self.era(day)
        if era is not None and code in era.names:
            return None
        bearers = [(known.names[code], *known.span) for known in (self.former, self.present) if code in known.names]
        if not bearers:
            return (
                "unknown",
                f"{code!r} không phải mã của thời kỳ nào.",
                f"{code!r} is a code of no era.",
            )
        vi = "; ".join(f"{name} {span}" for name, span, _ in bearers)
        en = "; ".join(f"{name} {span}" for name, _, span in bearers)
        return (
            "wrong-era",
            f"{code} không có hiệu lực ngày {day}; mã này là {vi}.",
            f"{code} does not hold on {day}; it is {en}.",
        )

    def parts(self, code: str, day: date, to: date, by: str) -> tuple[Part, ...] | None:
        """Where the unit of ``day`` is on ``to``, by code, with shares that sum to 1; None where nobody published them."""
        if self.era(day) is self.era(to):
            return (Part(code, Fraction(1)),)
        back = to < day
        pairs = (self.backward if back else self.forward).get(code, ())
        ends = [pair.old if back else pair.new for pair in pairs]
        if len(pairs) == 1:
            return (Part(ends[0], Fraction(1)),)
        if by == "equal":
            shares: list[Fraction | None] = [Fraction(1, len(pairs))] * len(pairs)
        elif back:
            # Parting a merged unit takes the sizes of its former units, which are not published.
            return None
        else:
            shares = [pair.area if by == "area" else pair.population for pair in pairs]
        known = [Part(end, share) for end, share in zip(ends, shares, strict=True) if share is not None]
        return tuple(sorted(known, key=lambda part: part.code)) if known and len(known) == len(pairs) else None


def read_units(dataset: Callable[[str], "Dataset"]) -> Units:
    """The units that the catalogue publishes; each of its datasets is fetched once and then kept."""
    walk = dataset(CROSSWALK)
    wanted = ["old_code", "new_code", "relation", "area_weight", "population_weight"]
    pairs = [
        Pair(row["old_code"], row["new_code"], row["relation"] == "full", _fraction(row["area_weight"]),
             _fraction(row["population_weight"]))
        for row in walk.to_arrow(wanted).to_pylist()
    ]  # fmt: skip
    found = Units(_era(dataset(FORMER)), _era(dataset(PRESENT)), _by(pairs, "old"), _by(pairs, "new"))
    _proved(found, walk.url)
    return found


def _era(dataset: "Dataset") -> Era:
    first, last = dataset.period
    if first is None:
        raise UnexpectedAnswer(dataset.url, "units without their first day", "the days on which they hold")
    return Era(
        first, last, {row["ward_code"]: row["name"] for row in dataset.to_arrow(["ward_code", "name"]).to_pylist()}
    )


def _by(pairs: list[Pair], side: Literal["old", "new"]) -> dict[str, tuple[Pair, ...]]:
    found: dict[str, list[Pair]] = {}
    for pair in pairs:
        found.setdefault(getattr(pair, side), []).append(pair)
    return {code: tuple(of) for code, of in found.items()}


def _proved(units: Units, page: str) -> None:
    """Refuse a crosswalk that leaves out a unit, or whose shares would lose or add people."""
    for code, pairs in units.forward.items():
        for name in ("area", "population"):
            shares = [share for pair in pairs if (share := getattr(pair, name)) is not None]
            if len(pairs) > 1 and len(shares) == len(pairs) and sum(shares) != 1:
                raise UnexpectedAnswer(
                    page, f"shares of {code} by {name} that sum to {float(sum(shares))}", "a sum of 1"
                )
    left = (set(units.former.names) - set(units.forward)) | (set(units.present.names) - set(units.backward))
    if left:
        raise UnexpectedAnswer(page, f"a crosswalk without {', '.join(sorted(left)[:5])}", "every unit")


def _fraction(value: Any) -> Fraction | None:
    return None if value is None else Fraction(value)
