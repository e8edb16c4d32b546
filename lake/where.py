"""Asking for some of a version's rows: the same condition as Iceberg reads it, to leave files out, and as DuckDB does."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Self

from blueprint.sql import ident, literal
from lake.errors import UnknownColumn, WrongCondition
from lake.schema import read_fields

if TYPE_CHECKING:
    from pyiceberg.expressions import BooleanExpression
    from pyiceberg.table import Table

    from lake.version import Version

Value = str | int | float | bool | Decimal | date | datetime
Condition = Value | tuple[Value | None, Value | None]
"""One value, or a range: from its first value on, and before its second; None leaves an end open."""

_ZONED = "TIMESTAMP WITH TIME ZONE"
_PRUNED = {"VARCHAR", "BIGINT", "INTEGER", "BOOLEAN", "DATE", "TIMESTAMP", _ZONED}
"""Types whose bounds tell for certain which files hold no such row; a NaN is in no bound."""


@dataclass(frozen=True)
class Where:
    """Conditions that must all hold: column, its DuckDB type, and the condition in values of that type."""

    conditions: tuple[tuple[str, str, Condition], ...]

    @classmethod
    def of(cls, table: "Table", version: "Version", asked: Mapping[str, Condition] | None) -> Self | None:
        """The conditions on the columns of ``version``; None where nothing is asked.

        Raises UnknownColumn or WrongCondition.
        """
        from lake.read import schema_of

        if not asked:
            return None
        kinds = dict(read_fields(schema_of(table, version)).values())
        if unknown := [name for name in asked if name not in kinds]:
            raise UnknownColumn(version.dataset, version.id, unknown, list(kinds))
        return cls(tuple((name, kinds[name], _typed(name, kinds[name], each)) for name, each in asked.items()))

    @property
    def sql(self) -> str:
        """The conditions as DuckDB reads them."""
        return " AND ".join(
            f"{ident(name)} {sign} CAST({literal(value)} AS {kind})"
            for name, kind, asked in self.conditions
            for sign, value in _signs(asked)
        )

    @property
    def expression(self) -> "BooleanExpression":
        """The conditions as far as Iceberg's bounds can tell."""
        from pyiceberg.expressions import AlwaysTrue, And, EqualTo, GreaterThanOrEqual, LessThan

        terms: dict[str, Any] = {"=": EqualTo, ">=": GreaterThanOrEqual, "<": LessThan}
        certain = (
            terms[sign](name, value)
            for name, kind, asked in self.conditions
            if kind in _PRUNED
            for sign, value in _signs(asked)
        )
        return And(AlwaysTrue(), AlwaysTrue(), *certain)


def _signs(asked: Condition) -> list[tuple[str, Value]]:
    """The comparisons that a condition is made of."""
    if not isinstance(asked, tuple):
        return [("=", asked)]
    return [(sign, end) for sign, end in zip((">=", "<"), asked, strict=True) if end is not None]


def _typed(name: str, kind: str, each: Condition) -> Condition:
    if isinstance(each, tuple):
        start, end = (None if value is None else _value(name, kind, value) for value in each)
        return start, end
    return _value(name, kind, each)


def _value(name: str, kind: str, value: Value) -> Value:
    """``value`` as one of the column's type: a day begins at midnight, in UTC where the column holds instants."""
    zoned = kind == _ZONED
    if kind in (_ZONED, "TIMESTAMP") and isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day, tzinfo=UTC if zoned else None)
    fits = {
        "VARCHAR": isinstance(value, str),
        "BOOLEAN": isinstance(value, bool),
        "DATE": isinstance(value, date) and not isinstance(value, datetime),
        "TIMESTAMP": isinstance(value, datetime) and value.tzinfo is None,
        _ZONED: isinstance(value, datetime) and value.tzinfo is not None,
        "BIGINT": isinstance(value, int) and not isinstance(value, bool),
        "INTEGER": isinstance(value, int) and not isinstance(value, bool),
    }
    if not fits.get(kind, isinstance(value, int | float | Decimal) and not isinstance(value, bool)):
        raise WrongCondition(name, kind, value)
    return value
