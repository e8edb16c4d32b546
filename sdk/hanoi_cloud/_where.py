"""Conditions on rows: ``hc.col("pm25") > 50``, joined with ``&`` and ``|``, turned round with ``~``."""

import operator
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, NoReturn

Value = str | int | float | bool | Decimal | date | datetime
Operator = Literal["==", "!=", "<", "<=", ">", ">="]
_OPERATORS: dict[Operator, Callable[[Any, Any], Any]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Dialect:
    """How one library writes a column, a value, and that a value is missing; Python's operators do the rest in all of them."""

    column: Callable[[str], Any]
    constant: Callable[[Value], Any]
    null: Callable[[Any], Any]


class Where(ABC):
    """A condition on rows. A row for which it is unknown, because a value is missing, does not meet it."""

    def __and__(self, other: object) -> "Where":
        return _Joined(self, other, every=True) if isinstance(other, Where) else _refuse(other)

    def __or__(self, other: object) -> "Where":
        return _Joined(self, other, every=False) if isinstance(other, Where) else _refuse(other)

    def __invert__(self) -> "Where":
        return _Inverted(self)

    def __bool__(self) -> bool:
        raise TypeError("a condition has no truth value: join conditions with & and |, each in parentheses")

    @property
    @abstractmethod
    def columns(self) -> tuple[str, ...]:
        """The columns that it rests on, each once."""

    @abstractmethod
    def typed(self, convert: Callable[[str, Value], Value]) -> "Where":
        """The same condition with each value as ``convert(column, value)`` gives it."""

    @abstractmethod
    def written(self, dialect: Dialect) -> Any:
        """The condition as an expression of a library."""


class Col:
    """A column to be compared: ``col("pm25") > 50``, ``col("site").is_in(["A", "B"])``, ``col("aqi").is_null()``.

    Times and days may be ISO 8601 texts; a time without a zone is one of Asia/Ho_Chi_Minh.

    Examples:
        >>> import hanoi_cloud as hc
        >>> (hc.col("observed_at") >= "2025-01-01") & (hc.col("pm25") > 50)
        (observed_at >= '2025-01-01') & (pm25 > 50)
    """

    __hash__ = object.__hash__

    def __init__(self, name: str) -> None:
        self.name = name

    def __eq__(self, value: object) -> Where:  # type: ignore[override]
        return self._compare("==", value)

    def __ne__(self, value: object) -> Where:  # type: ignore[override]
        return self._compare("!=", value)

    def __lt__(self, value: Value) -> Where:
        return self._compare("<", value)

    def __le__(self, value: Value) -> Where:
        return self._compare("<=", value)

    def __gt__(self, value: Value) -> Where:
        return self._compare(">", value)

    def __ge__(self, value: Value) -> Where:
        return self._compare(">=", value)

    def between(self, low: Value, high: Value) -> Where:
        """From ``low`` to ``high``, both included."""
        return (self >= low) & (self <= high)

    def is_in(self, values: Iterable[Value]) -> Where:
        """One of ``values``; for no row where there are none."""
        return _In(self.name, tuple(_value(self.name, value) for value in values))

    def is_null(self) -> Where:
        """The value is missing."""
        return _Null(self.name)

    def __repr__(self) -> str:
        return f"col({self.name!r})"

    def _compare(self, operator: Operator, value: object) -> Where:
        return _Comparison(self.name, operator, _value(self.name, value))


def col(name: str) -> Col:
    """The column ``name``, to be compared in a condition on rows.

    Examples:
        >>> import hanoi_cloud as hc
        >>> ~hc.col("site").is_in(["Ba Đình", "Hoàn Kiếm"])
        ~(site in ('Ba Đình', 'Hoàn Kiếm'))
    """
    return Col(name)


@dataclass(frozen=True, repr=False)
class _Comparison(Where):
    name: str
    operator: Operator
    value: Value

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    def typed(self, convert: Callable[[str, Value], Value]) -> Where:
        return _Comparison(self.name, self.operator, convert(self.name, self.value))

    def written(self, dialect: Dialect) -> Any:
        return _OPERATORS[self.operator](dialect.column(self.name), dialect.constant(self.value))

    def __repr__(self) -> str:
        return f"{self.name} {self.operator} {_shown(self.value)}"


@dataclass(frozen=True, repr=False)
class _In(Where):
    name: str
    values: tuple[Value, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    def typed(self, convert: Callable[[str, Value], Value]) -> Where:
        return _In(self.name, tuple(convert(self.name, value) for value in self.values))

    def written(self, dialect: Dialect) -> Any:
        """The comparisons joined two by two: libraries differ in what a missing value is ``in``, and in how deep they go."""
        found = [_Comparison(self.name, "==", value).written(dialect) for value in self.values]
        while len(found) > 1:
            rest = found[len(found) // 2 * 2 :]
            found = [one | other for one, other in zip(found[::2], found[1::2], strict=False)] + rest
        null = dialect.null(dialect.column(self.name))
        return found[0] if found else null & ~null

    def __repr__(self) -> str:
        return f"{self.name} in ({', '.join(map(_shown, self.values))})"


@dataclass(frozen=True, repr=False)
class _Null(Where):
    name: str

    @property
    def columns(self) -> tuple[str, ...]:
        return (self.name,)

    def typed(self, convert: Callable[[str, Value], Value]) -> Where:  # noqa: ARG002 - it holds no value
        return self

    def written(self, dialect: Dialect) -> Any:
        return dialect.null(dialect.column(self.name))

    def __repr__(self) -> str:
        return f"{self.name} is null"


@dataclass(frozen=True, repr=False)
class _Joined(Where):
    left: Where
    right: Where
    every: bool

    @property
    def columns(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys((*self.left.columns, *self.right.columns)))

    def typed(self, convert: Callable[[str, Value], Value]) -> Where:
        return _Joined(self.left.typed(convert), self.right.typed(convert), self.every)

    def written(self, dialect: Dialect) -> Any:
        left, right = self.left.written(dialect), self.right.written(dialect)
        return left & right if self.every else left | right

    def __repr__(self) -> str:
        return f"({self.left!r}) {'&' if self.every else '|'} ({self.right!r})"


@dataclass(frozen=True, repr=False)
class _Inverted(Where):
    condition: Where

    @property
    def columns(self) -> tuple[str, ...]:
        return self.condition.columns

    def typed(self, convert: Callable[[str, Value], Value]) -> Where:
        return _Inverted(self.condition.typed(convert))

    def written(self, dialect: Dialect) -> Any:
        return ~self.condition.written(dialect)

    def __repr__(self) -> str:
        return f"~({self.condition!r})"


def _value(column: str, value: Any) -> Value:
    if value is None:
        raise TypeError(f"None is no value to compare {column!r} with: write col({column!r}).is_null()")
    if isinstance(value, (str, int, float, bool, Decimal, date)):
        return value
    raise TypeError(f"{column!r} cannot be compared with {type(value).__name__}: give a text, number, date or time")


def _refuse(other: object) -> NoReturn:
    raise TypeError(
        f"a condition cannot be joined with {type(other).__name__}: put each comparison in parentheses, "
        'as in (col("a") > 1) & (col("b") < 2)'
    )


def _shown(value: Value) -> str:
    return value.isoformat() if isinstance(value, date) else repr(value)
