"""Filters: `column=operator.value`, for example `pm25=gte.35`, `station=in.(Kim Liên,Mỹ Đình)` or `note=is.null`."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from .columns import refuse_other
from .problems import bad_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .columns import Column

SIGNS = {"eq": "=", "neq": "<>", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
STATES = {"null": "IS NULL", "not_null": "IS NOT NULL"}
MOST_VALUES = 500
_WORDS = frozenset(("contains", "starts"))
OPERATORS = (*SIGNS, "in", "contains", "starts", "is")
_USE_VI = "Cách viết: toán tử, dấu chấm, giá trị, ví dụ eq.Kim Liên hoặc gte.35. Toán tử: "
_USE_EN = "Write an operator, a dot and a value, for example eq.Kim Liên or gte.35. Operators: "


@dataclass(frozen=True)
class Condition:
    """One filter that was read: a column, an operator, and the values that SQL's CAST reads."""

    column: Column
    operator: str
    values: tuple[str, ...]


@dataclass
class Values:
    """What is bound to a statement, each value by a name that the statement has in its place."""

    bound: dict[str, str] = field(default_factory=dict)

    def place(self, value: str) -> str:
        """Bind a value and return what stands for it."""
        name = f"v{len(self.bound)}"
        self.bound[name] = value
        return f"${name}"


def read(filters: Iterable[tuple[str, str]], columns: Mapping[str, Column]) -> list[Condition]:
    """Read filters, each a column's name and `operator.value`.

    :raises Problem: one of them cannot be read
    """
    return [_condition(columns[name], text) for name, text in filters]


def _condition(column: Column, text: str) -> Condition:
    operator, dot, value = text.partition(".")
    if not dot or operator not in OPERATORS:
        listed = ", ".join(OPERATORS)
        raise bad_value(
            column.name, text, f"{_USE_VI}{listed}.", f"{_USE_EN}{listed}.", code="bad-filter", allowed=list(OPERATORS)
        )
    if operator == "is":
        if value not in STATES:
            raise bad_value(
                column.name, text, "Nhận is.null hoặc is.not_null.", "is.null or is.not_null is taken.",
                code="bad-filter", allowed=["is.null", "is.not_null"],
            )  # fmt: skip
        return Condition(column, operator, (value,))
    refuse_other(column, column.name)
    if operator in _WORDS:
        if column.family != "text":
            raise bad_value(
                column.name, text, f"{operator} chỉ dùng với cột văn bản.", f"{operator} goes with columns of texts only.",
                code="bad-filter",
            )  # fmt: skip
        return Condition(column, operator, (fold(column.value(value, column.name)),))
    listed_values = _list(column, text, value) if operator == "in" else [value]
    return Condition(column, operator, tuple(column.value(each, column.name) for each in listed_values))


def _list(column: Column, text: str, value: str) -> list[str]:
    """Read `(a,b,"c, d")`: between quotes a comma is a comma, and a backslash takes the next character as it is."""
    inner = value[1:-1]
    if not (value.startswith("(") and value.endswith(")") and len(value) > 2):
        raise bad_value(
            column.name, text, "Cách viết danh sách: in.(a,b,c).", "Write a list as in.(a,b,c).", code="bad-filter"
        )
    found, current, quoted, taken = [], "", False, False
    for character in inner:
        if taken:
            current, taken = current + character, False
        elif quoted and character == "\\":
            taken = True
        elif character == '"':
            quoted = not quoted
        elif character == "," and not quoted:
            found.append(current)
            current = ""
        else:
            current += character
    if quoted or taken:
        raise bad_value(
            column.name, text, "Dấu ngoặc kép trong danh sách chưa đóng.", "A quote within the list is not closed.",
            code="bad-filter",
        )  # fmt: skip
    found.append(current)
    if len(found) > MOST_VALUES:
        raise bad_value(
            column.name, text, f"Danh sách có tối đa {MOST_VALUES} giá trị.",
            f"A list has at most {MOST_VALUES} values.", code="too-many-conditions",
        )  # fmt: skip
    return found


def where(conditions: Iterable[Condition], values: Values) -> str:
    """Return the filters as one condition of SQL, `true` where there are none; a missing value passes only `is.null`."""
    return " AND ".join(_sql(each, values) for each in conditions) or "true"


def _sql(condition: Condition, values: Values) -> str:
    column, operator = condition.column, condition.operator
    if operator == "is":
        return f"{column.quoted} {STATES[condition.values[0]]}"
    if operator in _WORDS:
        function = {"contains": "contains", "starts": "starts_with"}[operator]
        return f"{function}({folded(column.quoted)}, {values.place(condition.values[0])})"
    bound = [column.bound(value, values.place(value)) for value in condition.values]
    if operator == "in":
        return f"{column.quoted} IN ({', '.join(bound)})"
    return f"{column.quoted} {SIGNS[operator]} {bound[0]}"


def fold(text: str) -> str:
    """Return a text without marks and capitals, as it is searched.

    >>> fold("Đống Đa")
    'dong da'
    """
    parts = unicodedata.normalize("NFD", text.lower())
    bare = "".join(c for c in parts if not unicodedata.combining(c)).replace("đ", "d")
    return unicodedata.normalize("NFC", bare)


def folded(expression: str) -> str:
    """Return the expression of the same in SQL."""
    return f"translate(strip_accents(lower(nfc_normalize({expression}))), 'đ', 'd')"
