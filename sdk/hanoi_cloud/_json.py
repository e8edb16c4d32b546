"""Reading answers whose shape nobody guarantees: what is absent or of another type is empty, never an accident."""

from datetime import UTC, date, datetime
from typing import TypeAlias, cast

Json: TypeAlias = dict[str, object]


def mapping(value: object) -> Json:
    """``value`` if it is an object, else an empty one."""
    return cast(Json, value) if isinstance(value, dict) else {}


def items(value: object) -> list[object]:
    """``value`` if it is an array, else an empty one."""
    return cast(list[object], value) if isinstance(value, list) else []


def text(value: object) -> str:
    """``value`` if it is a string, else an empty one."""
    return value if isinstance(value, str) else ""


def integer(value: object) -> int | None:
    """A whole number, also where it is written as a string."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    return int(value) if isinstance(value, str) and value.isdecimal() else None


def number(value: object) -> float:
    """A number; 0 where there is none."""
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0.0


def day(value: object) -> date | None:
    """An ISO 8601 day."""
    try:
        return date.fromisoformat(text(value))
    except ValueError:
        return None


def instant(value: object) -> datetime | None:
    """An ISO 8601 time with its zone; one without is in UTC."""
    try:
        found = datetime.fromisoformat(text(value))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
