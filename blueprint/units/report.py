"""What a translation did, for people and for programs."""

from dataclasses import asdict, dataclass
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any

from blueprint.units.errors import CodeProblem


@dataclass(frozen=True)
class Total:
    """The sum of one measure before and after."""

    measure: str
    before: int | Decimal | float | None
    after: int | Decimal | float | None


@dataclass(frozen=True)
class Report:
    """What a translation did.

    ``units_whole`` and ``units_split`` count the former units of the table; ``rows_estimated`` the rows that hold a part
    of a divided unit; ``rows_kept`` those whose code does not hold and that were kept as they came; ``parts_empty`` the
    parts of divided units that have a share of 0 and so no row; ``rows_padded`` the codes that got their zeros back.
    ``copied`` are numeric columns that were not shared out.
    """

    codelist: str
    crosswalks: tuple[str, ...]
    from_date: date | None
    from_column: str | None
    to_date: date
    weight: str
    rows_in: int
    rows_out: int
    units_whole: int
    units_split: int
    rows_estimated: int
    rows_kept: int
    rows_padded: int
    parts_empty: int
    totals: tuple[Total, ...]
    copied: tuple[str, ...]
    problems: tuple[CodeProblem, ...]

    def to_json(self) -> dict[str, Any]:
        found = asdict(self)
        found["from_date"] = self.from_date and self.from_date.isoformat()
        found["to_date"] = self.to_date.isoformat()
        for total in found["totals"]:
            # A decimal would lose digits as a JSON number, and JSON has no infinity.
            exact = {
                k: v for k, v in total.items() if isinstance(v, Decimal) or (isinstance(v, float) and not isfinite(v))
            }
            total |= {k: str(v) for k, v in exact.items()}
        return found

    def lines(self) -> list[tuple[str, str]]:
        """The report in Vietnamese and English, a pair a line."""
        come = self.from_date or f"[{self.from_column}]"
        by = ", ".join(self.crosswalks) or "—"
        told = [
            (
                f"{self.codelist}, {come} → {self.to_date}, theo {by}, tỷ lệ theo {self.weight}",
                f"{self.codelist}, {come} → {self.to_date}, by {by}, shares by {self.weight}",
            ),
            (
                f"{self.rows_in} dòng vào, {self.rows_out} dòng ra; {self.units_whole} đơn vị nguyên vẹn, "
                f"{self.units_split} đơn vị bị chia; {self.rows_estimated} dòng là ước tính",
                f"{self.rows_in} rows in, {self.rows_out} rows out; {self.units_whole} units whole, {self.units_split} "
                f"divided; {self.rows_estimated} rows are estimates",
            ),
        ]
        told += [
            (
                f"Tổng {t.measure}: trước {_number(t.before)}, sau {_number(t.after)}",
                f"Total of {t.measure}: before {_number(t.before)}, after {_number(t.after)}",
            )
            for t in self.totals
        ]
        if self.units_split and not self.totals:
            told.append(
                (
                    "Không có cột nào được chia, nên dòng của đơn vị bị chia xuất hiện nhiều lần; cột share có tổng bằng 1 "
                    "cho mỗi dòng cũ",
                    "No column was shared out, so rows of divided units stand several times; share sums to 1 for each "
                    "former row",
                )
            )
        if self.copied:
            names = ", ".join(self.copied)
            told.append((f"Cột số giữ nguyên, không chia: {names}", f"Numeric columns copied, not shared out: {names}"))
        if self.parts_empty:
            told.append(
                (
                    f"{self.parts_empty} phần có tỷ lệ 0 nên không có dòng",
                    f"{self.parts_empty} parts have a share of 0 and no row",
                )
            )
        if self.rows_padded:
            told.append(
                (f"{self.rows_padded} mã được thêm số 0 ở đầu", f"{self.rows_padded} codes got zeros in front again")
            )
        if self.rows_kept:
            told.append(
                (
                    f"{self.rows_kept} dòng có mã không dùng được, giữ nguyên và ghi ở cột problem",
                    f"{self.rows_kept} rows with codes that cannot be used, kept as they came and marked in problem",
                )
            )
        return told


def _number(value: Any) -> str:
    return "—" if value is None else f"{value:.10g}" if isinstance(value, float) else str(value)
