"""Values of a condition as the type of their column has them."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal, InvalidOperation

from hanoi_cloud._exceptions import InvalidFilter
from hanoi_cloud._where import Value

# Asia/Ho_Chi_Minh has kept one offset since 1975, and computers without a table of zones know it too.
LOCAL = timezone(timedelta(hours=7), "Asia/Ho_Chi_Minh")
_WANTED = {
    "string": ("a text", "văn bản"),
    "integer": ("a whole number", "số nguyên"),
    "decimal": ("a number", "số"),
    "double": ("a number", "số"),
    "boolean": ("True or False", "True hoặc False"),
    "date": ("a date such as '2025-03-31'", "ngày như '2025-03-31'"),
    "timestamp": ("a time such as '2025-03-31T08:00'", "thời điểm như '2025-03-31T08:00'"),
}


def converted(dataset: str, column: str, types: Mapping[str, str], value: Value) -> Value:
    """``value`` as the column's type has it: texts become dates and times, whole numbers numbers.

    Raises InvalidFilter where it is of another type, so that a comparison never holds for no row by accident.
    """
    kind = types[column]
    found = _as(kind, value)
    if found is None:
        raise InvalidFilter(dataset, column, kind, value, _WANTED.get(kind, ("another value", "giá trị khác")))
    return found


def _as(kind: str, value: Value) -> Value | None:
    match kind:
        case "string":
            return value if isinstance(value, str) else None
        case "boolean":
            return value if isinstance(value, bool) else None
        case "integer":
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        case "double":
            return float(value) if isinstance(value, (int, float, Decimal)) and not isinstance(value, bool) else None
        case "decimal":
            return _decimal(value)
        case "date":
            return _date(value)
        case "timestamp":
            return instant(value)
        case _:
            return value


def day_of(value: object) -> date | None:
    """The day of a date, of a time, in Asia/Ho_Chi_Minh where it has a zone, or of such a text; None for anything else."""
    if isinstance(value, str):
        value = _date(value) or instant(value)
    if isinstance(value, datetime):
        return value.astimezone(LOCAL).date() if value.tzinfo else value.date()
    return value if isinstance(value, date) else None


def _decimal(value: Value) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, (str, int, float, Decimal)):
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _date(value: Value) -> date | None:
    if isinstance(value, datetime):
        return None
    if isinstance(value, str):
        try:
            return date.fromisoformat(value)
        except ValueError:
            return None
    return value if isinstance(value, date) else None


def instant(value: object) -> datetime | None:
    """A time with its zone: a text by ISO 8601, a day as its beginning, both in Asia/Ho_Chi_Minh where no zone is told.

    Examples:
        >>> from hanoi_cloud._values import instant
        >>> instant("2025-03-31").isoformat()
        '2025-03-31T00:00:00+07:00'
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=LOCAL)
    return datetime(value.year, value.month, value.day, tzinfo=LOCAL) if isinstance(value, date) else None
