"""The rows of a table with their codes read: one number a row, one code, one day, and what is wrong with any of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from blueprint.load import Blueprint
from blueprint.sql import ident, literal
from blueprint.units.eras import WARDS, Eras, unit_lists
from blueprint.units.errors import CodeProblem, Kind, TableRefused
from blueprint.units.passages import By

ZONE = "Asia/Ho_Chi_Minh"
_WHOLE = frozenset(
    {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}
)


@dataclass(frozen=True)
class Task:
    """What is asked of one translation."""

    column: str
    from_date: date | None
    from_column: str | None
    to_date: date
    weight: By
    name_column: str | None
    total: bool
    keep_unknown: bool
    pad: int | None


@dataclass(frozen=True)
class Group:
    """The rows of one code in one era."""

    code: str | None
    era: int | None
    day: date | None
    count: int
    rows: tuple[int, ...]


def check(task: Task, given: Sequence[str], columns: Mapping[str, str]) -> None:
    if list(columns) != list(given):
        twice = sorted({n for n in given if sum(n.lower() == other.lower() for other in given) > 1})
        raise TableRefused(
            f"Các cột {', '.join(twice)} trùng tên (không phân biệt hoa thường); hãy đổi tên.",
            f"The columns {', '.join(twice)} have the same name but for capital letters; rename them.",
        )
    if (task.from_date is None) == (task.from_column is None):
        raise TableRefused(
            "Cần đúng một trong hai: một ngày (--from) hoặc một cột ngày (--from-column).",
            "Exactly one of these is needed: a date (--from) or a column of dates (--from-column).",
        )
    for name in (task.column, task.from_column, task.name_column):
        if name is not None and name not in columns:
            raise TableRefused(
                f"Không có cột {name!r}. Các cột: {', '.join(columns)}.",
                f"There is no column {name!r}. Columns: {', '.join(columns)}.",
            )
    added = ["estimated", *(["problem"] if task.keep_unknown else [])]
    added += [] if task.total else [f"{task.column}_former", "share"]
    taken = [n for n in columns if n.lower() in {a.lower() for a in added} or n.lower().startswith("__hanoi_")]
    if taken:
        raise TableRefused(
            f"Bảng đã có cột {', '.join(taken)}, là tên mà kết quả cần; hãy đổi tên các cột này.",
            f"The table has columns {', '.join(taken)} already, names that the result needs; rename them.",
        )


def number_rows(db: Any, task: Task, columns: Mapping[str, str]) -> None:
    code, given = _code(task, columns[task.column])
    by = task.from_column
    day = _day(ident(by), columns[by], by) if by else literal(task.from_date)
    db.execute(
        f"CREATE TEMP TABLE __hanoi_rows AS SELECT row_number() OVER () AS __hanoi_row, {given} AS __hanoi_given, "
        f"nullif({code}, '') AS __hanoi_code, {day} AS __hanoi_day, * FROM __hanoi_source"
    )


def _code(task: Task, kind: str) -> tuple[str, str]:
    column, pad = ident(task.column), task.pad
    given = f"CAST({column} AS VARCHAR)"
    if kind in _WHOLE or kind == "DOUBLE":
        if pad is None:
            raise TableRefused(
                f"Cột mã {task.column!r} là số, nên các số 0 ở đầu đã mất (00004 thành 4). Hãy để cột là văn bản, hoặc thêm "
                f"--pad 5 để lấy lại số 0.",
                f"The column of codes {task.column!r} is numeric, so leading zeros are lost (00004 became 4). Make it "
                f"text, or add --pad 5 to put the zeros back.",
            )
    elif kind != "VARCHAR" and not kind.startswith("ENUM"):
        raise TableRefused(
            f"Cột mã {task.column!r} có kiểu {kind}; cần văn bản.",
            f"The column of codes {task.column!r} is of type {kind}; text is needed.",
        )
    if pad is None:
        return given, given
    # A spreadsheet gives 4.0 for 00004 as often as 4.
    plain = f"regexp_replace({given}, '^([0-9]+)[.]0+$', '\\1')"
    short = f"regexp_full_match({plain}, '[0-9]+') AND length({plain}) < {int(pad)}"
    return f"CASE WHEN {short} THEN lpad({plain}, {int(pad)}, '0') ELSE {plain} END", given


def _day(column: str, kind: str, name: str) -> str:
    if kind == "TIMESTAMP WITH TIME ZONE":
        return f"CAST(timezone('{ZONE}', {column}) AS DATE)"
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return f"CAST({column} AS DATE)"
    if kind == "VARCHAR":
        return f"CASE WHEN regexp_full_match({column}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}') THEN TRY_CAST({column} AS DATE) END"
    raise TableRefused(
        f"Cột ngày {name!r} có kiểu {kind}; cần ngày, hoặc văn bản dạng 2025-06-30.",
        f"The column of dates {name!r} is of type {kind}; a date is needed, or text such as 2025-06-30.",
    )


def detect(db: Any, plan: Blueprint) -> str:
    """The list that most codes of the table belong to in any era; the wards where none does."""
    lists = unit_lists(plan)
    codes = {row[0] for row in db.execute("SELECT DISTINCT __hanoi_code FROM __hanoi_rows").fetchall()}
    hits = {name: len(codes & {e.code for e in plan.codelist(name).entries}) for name in lists}
    best = [name for name in lists if hits[name] and hits[name] == max(hits.values())]
    if len(best) > 1:
        raise TableRefused(
            f"Mã trong bảng thuộc nhiều danh mục: {', '.join(best)}. Hãy chọn một bằng --list.",
            f"The codes of the table belong to several lists: {', '.join(best)}. Choose one with --list.",
        )
    return best[0] if best else WARDS


def grouped(db: Any, units: Eras) -> list[Group]:
    """The distinct codes of each span of days in which nothing changes, which is what every row's fate depends on."""
    era = " + ".join(f"(__hanoi_day >= {literal(day)})::INTEGER" for day in units.days) or "0"
    db.execute("ALTER TABLE __hanoi_rows ADD COLUMN __hanoi_era INTEGER")
    db.execute(f"UPDATE __hanoi_rows SET __hanoi_era = {era}")
    found = db.execute(
        "SELECT __hanoi_code, __hanoi_era, min(__hanoi_day), count(*), min(__hanoi_row, 5) FROM __hanoi_rows "
        "GROUP BY 1, 2 ORDER BY min(__hanoi_row)"
    ).fetchall()
    return [Group(code, at, day, count, tuple(rows)) for code, at, day, count, rows in found]


def problem_of(group: Group, units: Eras, task: Task) -> CodeProblem | None:
    def told(kind: Kind, vi: str, en: str) -> CodeProblem:
        return CodeProblem(group.code, kind, group.rows, group.count, vi, en)

    if group.code is None:
        return told("empty", "mã để trống.", "the code is empty.")
    if group.day is None:
        return told(
            "no-date",
            f"không đọc được ngày ở cột {task.from_column} của mã {group.code}; cần dạng 2025-06-30.",
            f"the date in {task.from_column} of code {group.code} cannot be read; it takes the form 2025-06-30.",
        )
    if units.find(group.code, group.day):
        return None
    vi, en = units.describe(group.code, group.day)
    if units.bearers(group.code):
        return told("wrong-era", vi, en)
    width = min((len(e.code) for e in units.codelist.entries), default=0)
    padded = group.code.strip().partition(".")[0].zfill(width)
    if padded != group.code and units.find(padded, group.day):
        name = units.lookup(padded, group.day)
        vi += f" Nếu là {padded} {name.vi}: dùng --pad {width} hoặc bỏ khoảng trắng."
        en += f" If it is {padded} {name.en}: use --pad {width} or remove the blanks."
    return told("unknown", vi, en)
