"""What can go wrong when units of one era are read in another.

HanoiError
└── UnitsError
    ├── DateNeeded         a code came without the day by which to read it
    ├── DayOutside         the list says nothing about that day
    ├── NoSuchUnit         no unit bears the code on that day
    ├── NoWay              no crosswalk says where a unit went, or where it came from
    ├── SharesUnknown      nobody knows how a unit was divided
    ├── MeasuresUnclear    it is not certain which columns are quantities that may be shared out
    ├── CodesRefused       codes that do not hold on the day they are dated
    ├── TableRefused       the table cannot be translated as it is
    └── FileRefused        a file cannot be read or written
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Literal

from blueprint.errors import HanoiError

Kind = Literal["empty", "no-date", "unknown", "wrong-era"]
_LISTED = 30


@dataclass(frozen=True)
class CodeProblem:
    """A code that no unit bears on the day of its rows.

    ``kind`` is ``empty``, ``no-date`` (the row has no day that can be read), ``unknown`` (no era has the code) or
    ``wrong-era``. ``rows`` are the first of the ``count`` rows, counted from 1 at the first row below the header.
    """

    code: str | None
    kind: Kind
    rows: tuple[int, ...]
    count: int
    vi: str
    en: str

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


class UnitsError(HanoiError):
    """Units cannot be read or moved as asked."""

    def to_json(self) -> dict[str, Any]:
        return {"error": type(self).__name__, "vi": self.vi, "en": self.en}


class DateNeeded(UnitsError):
    """A code came without the day by which to read it."""


class DayOutside(UnitsError):
    """The list says nothing about that day."""


class NoSuchUnit(UnitsError):
    """No unit bears the code on that day."""


class NoWay(UnitsError):
    """No crosswalk says where a unit went, or where it came from."""


class SharesUnknown(UnitsError):
    """Nobody knows how a unit was divided; ``codes`` are the units."""

    def __init__(self, codes: Iterable[str], vi: str, en: str) -> None:
        self.codes = tuple(codes)
        super().__init__(vi, en)

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "codes": list(self.codes)}


class MeasuresUnclear(UnitsError):
    """It is not certain which columns are quantities; ``columns`` gives the doubt about each."""

    def __init__(self, columns: dict[str, str], vi: str, en: str) -> None:
        self.columns = columns
        super().__init__(vi, en)

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "columns": self.columns}


class CodesRefused(UnitsError):
    """Codes that do not hold on the day they are dated; ``problems`` has each of them."""

    def __init__(self, problems: Iterable[CodeProblem]) -> None:
        self.problems = tuple(problems)
        rows = sum(p.count for p in self.problems)
        more = len(self.problems) - _LISTED
        vi = [f"{rows} dòng có mã không dùng được, nên chưa ghi gì:"]
        en = [f"{rows} rows have codes that cannot be used, so nothing was written:"]
        for problem in self.problems[:_LISTED]:
            where = ", ".join(map(str, problem.rows)) + ("…" if problem.count > len(problem.rows) else "")
            vi.append(f"  dòng {where}: {problem.vi}")
            en.append(f"  row {where}: {problem.en}")
        if more > 0:
            vi.append(f"  và {more} mã khác (xem đủ bằng --json)")
            en.append(f"  and {more} other codes (--json has them all)")
        vi.append(
            "Dòng 1 là dòng ngay dưới tiêu đề. Hãy sửa mã hoặc ngày, hoặc dùng --keep-unknown để giữ nguyên các dòng này."
        )
        en.append(
            "Row 1 is the row below the header. Correct the code or the date, or keep these rows as they are: --keep-unknown."
        )
        super().__init__("\n".join(vi), "\n".join(en))

    def to_json(self) -> dict[str, Any]:
        return {**super().to_json(), "problems": [p.to_json() for p in self.problems]}


class TableRefused(UnitsError):
    """The table cannot be translated as it is."""


class FileRefused(UnitsError):
    """A file cannot be read or written."""
