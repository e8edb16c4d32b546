# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false, reportUnknownParameterType=false
# pyarrow ships no types, so strict checking ends at its door.
"""Tables moved from the wards of one day to those of another, by the crosswalk that the catalogue publishes."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, localcontext
from math import isfinite, lcm
from typing import TYPE_CHECKING, Any, get_args

from hanoi_cloud._eras import Part, Units
from hanoi_cloud._exceptions import SharesUnknown, UnitsError, UnknownUnits
from hanoi_cloud._frames import as_arrow
from hanoi_cloud._translation import Translation, UnitProblem, Weight
from hanoi_cloud._values import day_of

if TYPE_CHECKING:
    import pyarrow as pa

_SHOWN = 5
"""Places that are named of the rows of one code."""


@dataclass(frozen=True)
class _Share:
    """What becomes of the rows of one code: the codes that they go to, with shares of one common denominator."""

    codes: tuple[str, ...]
    numerators: tuple[int, ...]
    denominator: int
    estimated: bool
    problem: UnitProblem | None = None


def translate(
    table: Any,
    column: str,
    measures: Sequence[str] | None,
    units: Callable[[], Units],
    *,
    on: str | date | None,
    on_column: str | None,
    to: str | date,
    weight: Weight,
    keep_unknown: bool,
) -> Translation:
    """``table`` in the units of the day ``to``; see ``City.translate_units``."""
    rows = as_arrow(table)
    _check(rows, column, on, on_column, weight, keep_unknown=keep_unknown)
    shared = _measures(rows, {column, on_column or ""}, measures)
    to_day, on_day = _day(to, "to"), None if on is None else _day(on, "on")
    found = units()
    for day in filter(None, (on_day, to_day)):
        found.covered(day)
    codes, code_at = _distinct(rows[column])
    days, day_at = ([on_day], [0] * len(rows)) if on_column is None else _days(rows[on_column])
    fates, problems = _fates(list(zip(code_at, day_at, strict=True)), codes, days, found, to_day, weight)
    if problems and not keep_unknown:
        raise UnknownUnits(problems)
    every = [fates[pair] for pair in zip(code_at, day_at, strict=True)]
    result = _written(rows, column, every, [codes[at] for at in code_at], shared, keep_unknown=keep_unknown)
    estimated = sum(len(fate.codes) for fate in every if fate.estimated)
    return Translation(result, column, to_day, weight, len(rows), estimated, tuple(problems))


def _check(
    rows: "pa.Table", column: str, on: object, on_column: str | None, weight: str, *, keep_unknown: bool
) -> None:
    import pyarrow as pa

    if weight not in get_args(Weight):
        allowed = ", ".join(get_args(Weight))
        raise UnitsError(
            f"weight={weight!r} is none. Give one of: {allowed}.",
            f"weight={weight!r} không dùng được. Hãy chọn: {allowed}.",
        )
    if (on is None) == (on_column is None):
        raise UnitsError(
            "A code means something only with a date. Give one of on='2025-06-30', the day of all codes, and "
            "on_column='...', the column with the day of each row.",
            "Mã chỉ có nghĩa khi kèm ngày. Hãy cho một trong hai: on='2025-06-30' là ngày của mọi mã, hoặc on_column='...' "
            "là cột ngày của từng dòng.",
        )
    known = ", ".join(rows.column_names)
    for name in filter(None, (column, on_column)):
        if rows.column_names.count(name) != 1:
            raise UnitsError(
                f"The table has no column {name!r}, or several. Its columns: {known}.",
                f"Bảng không có cột {name!r}, hoặc có nhiều cột trùng tên. Các cột: {known}.",
            )
    added = [f"{column}_former", "share", "estimated", *(["problem"] if keep_unknown else [])]
    if taken := [name for name in added if name in rows.column_names]:
        listed = ", ".join(taken)
        raise UnitsError(
            f"The table has columns that the result needs for itself: {listed}. Rename them.",
            f"Bảng đã có cột trùng tên với cột của kết quả: {listed}. Hãy đổi tên.",
        )
    kind = rows.schema.field(column).type
    kind = kind.value_type if pa.types.is_dictionary(kind) else kind
    if not (pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind)):
        raise UnitsError(
            f"The column of codes {column!r} is of type {kind}, and text is wanted: 00004 and 4 are not the same. Read it as "
            f"text, in pandas by read_csv(..., dtype={{{column!r}: str}}).",
            f"Cột mã {column!r} có kiểu {kind}, trong khi cần văn bản: 00004 và 4 không phải một mã. Hãy đọc cột này dạng văn "
            f"bản, trong pandas là read_csv(..., dtype={{{column!r}: str}}).",
        )


def _measures(rows: "pa.Table", fixed: set[str], measures: Sequence[str] | None) -> list[str]:
    """The columns to share out. Which numbers are amounts and which are rates only the caller knows."""
    numbers = [name for name in rows.column_names if name not in fixed and _is_number(rows.schema.field(name).type)]
    if measures is None:
        if not numbers:
            return []
        raise UnitsError(
            f"Which of the columns {', '.join(numbers)} are amounts, such as people, that are shared out where a unit was "
            f"divided? Give measures=[{numbers[0]!r}], or measures=[] where all are rates, years or codes.",
            f"Trong các cột {', '.join(numbers)}, cột nào là số lượng (như số dân) cần chia khi đơn vị bị tách? Hãy cho "
            f"measures=[{numbers[0]!r}], hoặc measures=[] nếu tất cả là tỷ lệ, năm hay mã.",
        )
    if wrong := [name for name in measures if name not in numbers]:
        listed = ", ".join(wrong)
        raise UnitsError(
            f"These measures are no columns of numbers: {listed}. Columns of numbers: {', '.join(numbers) or 'none'}.",
            f"Không phải cột số: {listed}. Các cột số: {', '.join(numbers) or 'không có'}.",
        )
    return list(dict.fromkeys(measures))


def _is_number(kind: Any) -> bool:
    import pyarrow as pa

    return pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)


def _distinct(column: Any) -> tuple[list[Any], list[int]]:
    """The distinct values of a column and, for each row, which it has; a missing one is a value like any other."""
    import pyarrow as pa

    whole = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    whole = whole if pa.types.is_dictionary(whole.type) else whole.dictionary_encode()
    values = [*whole.dictionary.to_pylist(), None]
    missing = len(values) - 1
    return values, [missing if at is None else at for at in whole.indices.to_pylist()]


def _days(column: Any) -> tuple[list[date | None], list[int]]:
    """The distinct days of a column of dates, times or ISO texts, in Hà Nội; None where there is none."""
    import pyarrow as pa

    kind = column.type
    if not (pa.types.is_temporal(kind) or pa.types.is_string(kind) or pa.types.is_large_string(kind)):
        raise UnitsError(
            f"The column of days is of type {kind}; dates, times or texts such as 2025-06-30 are wanted.",
            f"Cột ngày có kiểu {kind}; cần ngày, thời điểm hoặc văn bản dạng 2025-06-30.",
        )
    values, at = _distinct(column)
    return [day_of(value) for value in values], at


def _day(value: str | date, name: str) -> date:
    if (found := day_of(value)) is None:
        raise UnitsError(
            f"{name}={value!r} is no day. Give one such as '2025-06-30'.",
            f"{name}={value!r} không phải ngày. Hãy dùng dạng '2025-06-30'.",
        )
    return found


def _fates(
    pairs: list[tuple[int, int]],
    codes: list[Any],
    days: Sequence[date | None],
    units: Units,
    to: date,
    weight: Weight,
) -> tuple[dict[tuple[int, int], _Share], list[UnitProblem]]:
    """What becomes of each pair of a code and a day, and the codes that hold on no such day."""
    rows: dict[tuple[int, int], list[int]] = {}
    counts: dict[tuple[int, int], int] = {}
    for row, pair in enumerate(pairs):
        counts[pair] = counts.get(pair, 0) + 1
        if counts[pair] <= _SHOWN:
            rows.setdefault(pair, []).append(row)
    fates: dict[tuple[int, int], _Share] = {}
    problems: list[UnitProblem] = []
    unknown: list[str] = []
    for pair, first in rows.items():
        code, day = codes[pair[0]], days[pair[1]]
        if said := units.problem(code, day):
            kind, vi, en = said
            problem = UnitProblem(code, kind, tuple(first), counts[pair], vi, en)
            problems.append(problem)
            fates[pair] = _Share((code,), (1,), 1, False, problem)
        elif day is not None:
            parts = units.parts(code, day, to, weight)
            if parts is None:
                unknown.append(code)
            else:
                fates[pair] = _share(parts)
    if unknown:
        raise SharesUnknown(sorted(set(unknown)), weight)
    return fates, problems


def _share(parts: Sequence[Part]) -> _Share:
    filled = [part for part in parts if part.share]
    denominator = lcm(*(part.share.denominator for part in filled))
    return _Share(
        tuple(part.code for part in filled),
        tuple(int(part.share * denominator) for part in filled),
        denominator,
        len(parts) > 1,
    )


def _written(
    rows: "pa.Table",
    column: str,
    every: Sequence[_Share],
    given: Sequence[str | None],
    measures: Sequence[str],
    *,
    keep_unknown: bool,
) -> "pa.Table":
    """The rows with their new codes, one for each part, and the measures of divided units shared out."""
    import pyarrow as pa

    index = [row for row, fate in enumerate(every) for _ in fate.codes]
    divided = [(row, fate) for row, fate in enumerate(every) if len(fate.codes) > 1]
    mask = pa.array([len(every[row].codes) > 1 for row in index], pa.bool_())
    result = rows.take(pa.array(index, pa.int64()))
    for name in measures:
        result = result.set_column(
            result.column_names.index(name),
            rows.schema.field(name),
            _shared_out(rows[name], result[name], divided, mask),
        )
    place = result.column_names.index(column)
    result = result.set_column(place, column, pa.array([code for fate in every for code in fate.codes], pa.string()))
    share = [n / fate.denominator for fate in every for n in fate.numerators]
    added = {
        f"{column}_former": pa.array([given[row] for row in index], pa.string()),
        "share": pa.array(share, pa.float64()),
        "estimated": pa.array([every[row].estimated for row in index], pa.bool_()),
    }
    if keep_unknown:
        kinds = [None if (problem := every[row].problem) is None else problem.kind for row in index]
        added["problem"] = pa.array(kinds, pa.string())
    for name, values in added.items():
        result = result.append_column(name, values)
    return result.replace_schema_metadata(None)


def _shared_out(given: Any, taken: Any, divided: Sequence[tuple[int, _Share]], mask: Any) -> Any:
    """``taken`` with the amounts of divided units, which stand where ``mask`` is true, shared out among their parts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    amounts = given.take(pa.array([row for row, _ in divided], pa.int64())).to_pylist()
    with localcontext() as context:
        context.prec = 100
        parts = [part for value, (_, fate) in zip(amounts, divided, strict=True) for part in _parted(value, fate)]
    return pc.call_function("replace_with_mask", [taken.combine_chunks(), mask, pa.array(parts, given.type)])


def _parted(value: Any, fate: _Share) -> Sequence[Any]:
    """One amount in the parts of a unit, which sum to it: whole numbers stay whole, decimals keep their scale."""
    if value is None:
        return [None] * len(fate.numerators)
    if isinstance(value, float):
        return _parted_float(value, fate)
    if isinstance(value, Decimal):
        scale = int(value.as_tuple().exponent)
        return [Decimal(part).scaleb(scale) for part in _parted(int(value.scaleb(-scale)), fate)]
    sign = -1 if value < 0 else 1
    return [sign * part for part in largest_remainder(abs(value), fate.numerators, fate.denominator)]


def largest_remainder(amount: int, numerators: Sequence[int], denominator: int) -> list[int]:
    """``amount`` in whole parts; what rounding down leaves goes to the largest remainders, the first of equals.

    Examples:
        >>> largest_remainder(10, [1, 1, 1], 3)
        [4, 3, 3]
    """
    found = [divmod(amount * numerator, denominator) for numerator in numerators]
    left = amount - sum(whole for whole, _ in found)
    order = sorted(range(len(found)), key=lambda at: (-found[at][1], at))
    more = set(order[:left])
    return [whole + (at in more) for at, (whole, _) in enumerate(found)]


def _parted_float(value: float, fate: _Share) -> list[float]:
    """What rounding of the products leaves goes to the largest part; infinities and NaN are no amounts and stay."""
    if not isfinite(value):
        return [value] * len(fate.numerators)
    parts = [value * (numerator / fate.denominator) for numerator in fate.numerators]
    largest = max(range(len(parts)), key=lambda at: (fate.numerators[at], -at))
    parts[largest] = value - sum(part for at, part in enumerate(parts) if at != largest)
    return parts
