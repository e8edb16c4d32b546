"""A column as the API knows it: what family its type is of, which values it is compared with, and how it is given out."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime, time, timezone
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ckanext.hanoi_datastore import engine
from ckanext.hanoi_datastore.table import shown, stock_type

from .problems import Problem, bad_value

if TYPE_CHECKING:
    from collections.abc import Mapping

ZONE = "Asia/Ho_Chi_Minh"
LONGEST_TEXT = 500

_FLOAT = 3.4e38
_WHOLE = {"TINYINT": 8, "SMALLINT": 16, "INTEGER": 32, "BIGINT": 64, "HUGEINT": 128}
_FAMILIES = {
    "VARCHAR": "text", "UUID": "text", "BOOLEAN": "boolean", "FLOAT": "float", "DOUBLE": "float", "DATE": "date",
    "TIME": "time", "TIMESTAMP WITH TIME ZONE": "moment", "TIMESTAMP": "local", "TIMESTAMP_S": "local",
    "TIMESTAMP_MS": "local", "TIMESTAMP_NS": "local",
}  # fmt: skip
_EXPECTED = {
    "text": ("Nhận một đoạn văn bản, tối đa 500 ký tự.", "A text of at most 500 characters is taken."),
    "integer": ("Nhận một số nguyên, ví dụ 12.", "A whole number is taken, for example 12."),
    "decimal": ("Nhận một số thập phân, ví dụ 12.5.", "A decimal number is taken, for example 12.5."),
    "float": ("Nhận một số, ví dụ 12.5.", "A number is taken, for example 12.5."),
    "boolean": ("Nhận true hoặc false.", "true or false is taken."),
    "date": ("Nhận một ngày dạng 2025-07-01.", "A day is taken, like 2025-07-01."),
    "time": ("Nhận một giờ dạng 07:30:00.", "A time of day is taken, like 07:30:00."),
    "moment": (
        "Nhận một thời điểm dạng 2025-07-01T07:00:00+07:00; không ghi múi giờ thì là giờ Hà Nội.",
        "A moment is taken, like 2025-07-01T07:00:00+07:00; without a zone it is one of Hà Nội.",
    ),
    "local": (
        "Nhận một thời điểm không có múi giờ, dạng 2025-07-01T07:00:00.",
        "A moment without a zone is taken, like 2025-07-01T07:00:00.",
    ),
}
_SCHEMAS: dict[str, dict[str, Any]] = {
    "text": {"type": "string"},
    "integer": {"type": "integer"},
    "decimal": {"type": "number", "format": "decimal"},
    "float": {"type": "number"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date"},
    "time": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}:[0-9]{2}"},
    "moment": {"type": "string", "format": "date-time"},
    "local": {"type": "string", "pattern": "^[0-9]{4,}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}"},
    "other": {},
}
NUMBERS = frozenset(("integer", "decimal", "float"))
TIMES = frozenset(("date", "moment", "local"))


@dataclass(frozen=True)
class Column:
    """A column of a published file: its name, DuckDB's type, and what the data dictionary says of it."""

    name: str
    kind: str
    described: Mapping[str, Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def family(self) -> str:
        """What values are compared as; `other` stands for lists and structures, which are only given out.

        >>> Column("fee", "DECIMAL(18,2)").family, Column("tags", "VARCHAR[]").family
        ('decimal', 'other')
        """
        if self.kind.startswith("DECIMAL"):
            return "decimal"
        if self.kind.removeprefix("U") in _WHOLE:
            return "integer"
        return _FAMILIES.get(self.kind, "other")

    @property
    def quoted(self) -> str:
        """The name for SQL."""
        return engine.identifier(self.name)

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of its values."""
        described = dict(_SCHEMAS[self.family])
        # A number that is infinite or none at all is written as null.
        nullable = self.family == "float" or not self.described.get("required")
        if nullable and "type" in described:
            described["type"] = [described["type"], "null"]
        return described

    def value(self, text: str, parameter: str) -> str:
        """Return a value of the column as SQL's CAST reads it.

        :raises Problem: the text is no such value

        >>> Column("day", "DATE").value("2025-07-01", "day")
        '2025-07-01'
        """
        try:
            return _READ[self.family](text, self.kind)
        except (ValueError, OverflowError, ArithmeticError):
            raise bad_value(parameter, text, *_EXPECTED[self.family], type=self.family) from None

    def bound(self, value: str, place: str) -> str:
        """Return the expression of a value that `value` has read and that is bound at `place`."""
        if self.family == "decimal":
            digits = len(value.partition(".")[2])
            return f"CAST({place} AS DECIMAL(38, {digits}))"
        return f"CAST({place} AS {self.kind})"


def given(kind: str, expression: str) -> str:
    """Return the expression of a value for JSON: decimals with all their digits, moments in UTC by ISO 8601."""
    if kind == "FLOAT":  # the shortest number that is this value, not the nearest of 64 bits
        return f"CAST(CAST({shown('float4', expression)} AS VARCHAR) AS DOUBLE)"
    return shown(stock_type(kind), expression)


def refuse_other(column: Column, parameter: str) -> None:
    """Refuse a column that can only be given out.

    :raises Problem: it is one
    """
    if column.family == "other":
        raise Problem(
            "bad-value",
            f"Cột {column.name} có kiểu {column.kind}, chỉ chọn ra được, không lọc, sắp xếp hay gộp được.",
            f"The column {column.name} is of type {column.kind}: it can be selected, not filtered, sorted or grouped.",
            parameter=parameter,
            received=column.name,
        )


def _text(text: str, _: str) -> str:
    if len(text) > LONGEST_TEXT or "\x00" in text:
        raise ValueError
    return text


def _whole(text: str, kind: str) -> str:
    bits = _WHOLE[kind.removeprefix("U")]
    if not re.fullmatch("-?[0-9]{1,39}", text):
        raise ValueError
    low, high = (0, 2**bits - 1) if kind.startswith("U") else (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1)
    if not low <= int(text) <= high:
        raise ValueError
    return str(int(text))


def _decimal(text: str, _: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,18}(\.[0-9]{1,18})?", text):
        raise ValueError
    return format(Decimal(text), "f")


def _float(text: str, kind: str) -> str:
    if not re.fullmatch(r"-?[0-9]{1,40}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?", text):
        raise ValueError
    value = float(text)
    # Beyond what 32 bits hold, a number compares as infinity does.
    return repr(value) if kind != "FLOAT" or abs(value) < _FLOAT else ("-inf" if value < 0 else "inf")


def _boolean(text: str, _: str) -> str:
    if text not in ("true", "false"):
        raise ValueError
    return text


def _day(text: str, _: str) -> str:
    if not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        raise ValueError
    return date.fromisoformat(text).isoformat()


def _time(text: str, _: str) -> str:
    found = time.fromisoformat(text)
    if found.tzinfo is not None or not text.isascii():
        raise ValueError
    return found.isoformat()


def _moment(text: str, _: str) -> str:
    found = _read_moment(text)
    if found.tzinfo is None:
        return f"{found.isoformat(sep=' ')} {ZONE}"
    return found.astimezone(timezone.utc).isoformat(sep=" ")


def _local(text: str, _: str) -> str:
    found = _read_moment(text)
    if found.tzinfo is not None:
        raise ValueError
    return found.isoformat(sep=" ")


def _read_moment(text: str) -> datetime:
    # In an address a plus that was not written as %2B arrives as a blank.
    mended = re.sub(r" ([0-9]{2}:?[0-9]{2})$", r"+\1", text)
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}([T ][0-9:.]{2,15})?(Z|[+-][0-9]{2}:?[0-9]{2})?", mended):
        raise ValueError
    return datetime.fromisoformat(mended)


def _never(text: str, _: str) -> str:
    raise ValueError(text)


_READ = {
    "text": _text, "integer": _whole, "decimal": _decimal, "float": _float, "boolean": _boolean, "date": _day,
    "time": _time, "moment": _moment, "local": _local, "other": _never,
}  # fmt: skip
