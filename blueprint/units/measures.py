"""Which columns of a table are quantities that may be shared out, and which only look like it.

A count of people is shared out when a unit is divided; a percentage, a year or a coordinate is not. Where a numeric
column may be either, the user says so.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from blueprint.sql import ident
from blueprint.units.errors import MeasuresUnclear, TableRefused

Form = Literal["whole", "decimal", "double"]

WHOLE_TEXT = r"-?(0|[1-9][0-9]{0,17})"
DECIMAL_TEXT = r"-?(0|[1-9][0-9]{0,24})(\.[0-9]{1,12})?"
DOUBLE_TEXT = r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?"
# Whole words of a folded name (no accents, lower case); Vietnamese words stand without their tones.
_NOT_ADDITIVE = re.compile(
    r"(^| )(rate|ratio|percent|percentage|pct|share|index|idx|average|avg|mean|median|density|per|score|rank|lat|latitude|"
    r"lon|lng|long|longitude|x|y|year|month|quarter|day|date|week|hour|code|id|no|number|stt|phone|zip|postcode|temperature|"
    r"temp|humidity|aqi|min|max|price|level|grade|weight|ty le|ti le|phan tram|chi so|trung binh|binh quan|mat do|"
    r"diem|hang|thu hang|xep hang|vi do|kinh do|toa do|nam|thang|quy|ngay|tuan|gio|ma|so thu tu|dien thoai|nhiet do|"
    r"do am|don gia|gia|cap|muc|he so|nhiem ky)( |$)|%|/| per "
)
_ADDITIVE = re.compile(
    r"(^| )(population|pop|people|persons|inhabitants|households|count|total|sum|amount|area|km2|m2|ha|hectares|tonnes|"
    r"revenue|expenditure|budget|births|deaths|dan so|so dan|nguoi|so nguoi|so ho|ho|tong|tong so|so luong|dien tich|"
    r"doanh thu|kinh phi|tong chi|tong thu|so ca|so ho ngheo)( |$)"
)


@dataclass(frozen=True)
class Number:
    """A numeric column: its form, its DuckDB type (what text is read as) and whether it is text so far."""

    name: str
    form: Form
    type: str
    scale: int = 0
    text: bool = False

    @property
    def typed(self) -> str:
        """The column as a number, in SQL."""
        return f"CAST({ident(self.name)} AS {self.type})"


def numbers(db: Any, table: str, columns: Mapping[str, str], *, text: bool) -> dict[str, Number]:
    """The numeric columns among ``columns`` (name to DuckDB type) of ``table``.

    With ``text`` the cells of text columns are looked at as well: a column of plain numbers is numeric, and one with
    zeros in front, such as a code, is not.
    """
    found = {name: number for name, kind in columns.items() if (number := _typed(name, kind))}
    if text and (wanted := [name for name, kind in columns.items() if kind == "VARCHAR"]):
        found |= _in_text(db, table, wanted)
    return {name: found[name] for name in columns if name in found}


def _typed(name: str, kind: str) -> Number | None:
    if kind in {"TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT", "HUGEINT"}:
        return Number(name, "whole", kind)
    if kind.startswith("DECIMAL"):
        scale = int(kind.rstrip(")").rpartition(",")[2])
        return Number(name, "decimal", kind, scale)
    return Number(name, "double", "DOUBLE") if kind in {"FLOAT", "DOUBLE"} else None


def _in_text(db: Any, table: str, names: Sequence[str]) -> dict[str, Number]:
    asked = ", ".join(
        f"count({c}), "
        + ", ".join(
            f"coalesce(bool_and(regexp_full_match({c}, '{p}')), false)" for p in (WHOLE_TEXT, DECIMAL_TEXT, DOUBLE_TEXT)
        )
        + f", coalesce(max(length(split_part({c}, '.', 2))), 0)"
        for c in map(ident, names)
    )
    told = db.execute(f"SELECT {asked} FROM {table}").fetchone()
    found = {}
    for i, name in enumerate(names):
        filled, whole, decimal, double, scale = told[5 * i : 5 * i + 5]
        if not filled:
            continue
        if whole:
            found[name] = Number(name, "whole", "BIGINT", text=True)
        elif decimal:
            found[name] = Number(name, "decimal", f"DECIMAL(38,{scale})", scale, text=True)
        elif double and not _leading_zeros(db, table, name):
            found[name] = Number(name, "double", "DOUBLE", text=True)
    return found


def _leading_zeros(db: Any, table: str, name: str) -> bool:
    sql = f"SELECT bool_or(regexp_matches({ident(name)}, '^-?0[0-9]')) FROM {table}"
    return bool(db.execute(sql).fetchone()[0])


def choose(db: Any, table: str, known: Mapping[str, Number], wanted: Sequence[str] | None) -> tuple[Number, ...]:
    """The measures: those the user names, or every numeric column where none is in doubt.

    Raises:
        TableRefused: a named measure is not a column, or holds what is no number; the first such cell is told.
        MeasuresUnclear: no measures are named and some numeric columns may not be quantities.
    """
    if wanted is not None:
        return tuple(_named(db, table, known, name) for name in dict.fromkeys(wanted))
    doubts = {name: doubt for name, number in known.items() if (doubt := _doubt(db, table, number))}
    if doubts:
        clear = [name for name in known if name not in doubts]
        options = " ".join(f"--measure {_shell(name)}" for name in clear) or "--no-measure"
        raise MeasuresUnclear(
            {name: en for name, (_, en) in doubts.items()},
            "Không chắc các cột số này là số lượng có thể chia cho nhiều đơn vị: "
            + "; ".join(f"{name} ({vi})" for name, (vi, _) in doubts.items())
            + f". Hãy nêu tên từng cột cần chia, ví dụ {options}; cột không nêu tên được giữ nguyên.",
            "It is not certain that these numeric columns are quantities that may be shared out among units: "
            + "; ".join(f"{name} ({en})" for name, (_, en) in doubts.items())
            + f". Name each column to share out, for example {options}; columns that are not named are copied.",
        )
    return tuple(known.values())


def _named(db: Any, table: str, known: Mapping[str, Number], name: str) -> Number:
    if name in known:
        return known[name]
    columns = [row[0] for row in db.execute(f"DESCRIBE {table}").fetchall() if not row[0].startswith("__hanoi_")]
    if name not in columns:
        raise TableRefused(
            f"Không có cột {name!r} để chia. Các cột số: {', '.join(known) or 'không có'}.",
            f"There is no column {name!r} to share out. Numeric columns: {', '.join(known) or 'none'}.",
        )
    cell = db.execute(
        f"SELECT __hanoi_row, CAST({ident(name)} AS VARCHAR) FROM {table} WHERE {ident(name)} IS NOT NULL AND NOT "
        f"regexp_full_match(CAST({ident(name)} AS VARCHAR), '{DECIMAL_TEXT}') ORDER BY 1 LIMIT 1"
    ).fetchone()
    vi, en = (
        (f"dòng {cell[0]} có {cell[1]!r}", f"row {cell[0]} has {cell[1]!r}") if cell else ("cột trống", "it is empty")
    )
    raise TableRefused(
        f"Cột {name!r} không phải cột số: {vi}. Số viết như 1234 hoặc 1234.5, không có dấu phân cách hàng nghìn.",
        f"The column {name!r} is not numeric: {en}. Numbers are written 1234 or 1234.5, without separators of thousands.",
    )


def _doubt(db: Any, table: str, number: Number) -> tuple[str, str] | None:
    name = words(number.name)
    if _NOT_ADDITIVE.search(name):
        return (
            "tên cột giống tỷ lệ, mã, tọa độ hoặc thời gian",
            "its name is that of a rate, a code, a coordinate or a time",
        )
    if number.text and number.scale == 3 and _only_threes(db, table, number.name):
        return (
            "dấu chấm có thể ngăn hàng nghìn; hãy viết 21500 thay cho 21.500",
            "its dots may separate thousands; write 21500, not 21.500",
        )
    low, high, whole = db.execute(
        f"SELECT min(v)::DOUBLE, max(v)::DOUBLE, coalesce(bool_and(v = floor(v)), true) "
        f"FROM (SELECT {number.typed} AS v FROM {table})"
    ).fetchone()
    if low is None:
        return None
    if whole and low >= 1900 and high <= 2100:
        return "mọi giá trị từ 1900 đến 2100, có thể là năm", "all values are between 1900 and 2100, so may be years"
    if low >= 0 and high <= 100 and not _ADDITIVE.search(name):
        return (
            "mọi giá trị từ 0 đến 100, có thể là phần trăm",
            "all values are between 0 and 100, so may be percentages",
        )
    return None


def _only_threes(db: Any, table: str, name: str) -> bool:
    """Whether every dot of a text column stands before exactly three digits, as one between thousands does."""
    sql = f"SELECT bool_and(regexp_full_match({ident(name)}, '[^.]*([.][0-9]{{3}})?')) FROM {table}"
    return bool(db.execute(sql).fetchone()[0])


def words(name: str) -> str:
    """A column's name as plain words: no accents, lower case, one space between words.

    >>> words("Tỷ_lệ hộNghèo")
    'ty le ho ngheo'
    """
    apart = re.sub(r"(?<=[^\W\d_A-Z])(?=[A-Z])", " ", name)
    plain = unicodedata.normalize("NFD", apart.lower().replace("đ", "d"))
    kept = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"[^0-9a-z%/]+", " ", kept).strip()


def _shell(name: str) -> str:
    return name if re.fullmatch(r"[\w.-]+", name) else f'"{name}"'
