"""Made-up values that a column would accept, for messages; never a value from the data."""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Any

_BY_TYPE = {
    "integer": "12",
    "int32": "12",
    "decimal": "12.5",
    "double": "12.5",
    "float": "12.5",
    "boolean": "true",
    "date": "2026-01-31",
    "timestamp": "2026-01-31T08:00:00+07:00",
    "timestamp_local": "2026-01-31T08:00:00",
}


def number(minimum: float | None, maximum: float | None, *, whole: bool) -> str:
    """A number within the bounds, in the middle where both are given."""
    if minimum is not None and maximum is not None:
        value = (minimum + maximum) / 2
        if whole:
            value = float(int(value)) if minimum <= int(value) else minimum
    else:
        value = minimum if minimum is not None else maximum if maximum is not None else 12.0
    return f"{value:.10g}"


def of_type(physical: str) -> str | None:
    """An example of a physical type; ``None`` for text, which has no typical value."""
    return _BY_TYPE.get(physical)


_NAMED = {
    "month": "tháng 1 năm 2026",
    "quarter": "Quý I/2026",
    "school-year": "2025-2026",
    "excel": "46053",
    "excel-1904": "44591",
}
"""Examples of the date formats that a contract names and no pattern tells."""


def moment(pattern: str) -> str:
    """An example of a date or time, written by a ``strftime`` pattern.

    >>> moment("%d/%m/%Y")
    '31/01/2026'
    """
    return _NAMED.get(pattern) or datetime(2026, 1, 31, 8).strftime(pattern)


def matching(patterns: Sequence[str]) -> str | None:
    """The shortest simple text that every pattern matches in full, or ``None`` where none was found.

    >>> matching([r"[0-9]\\.[0-9]{6}"])
    '1.111111'
    """
    for pattern in patterns:
        text = _text(pattern)
        if text and text.isprintable() and all(re.fullmatch(p, text) for p in patterns):
            return text
    return None


def _text(pattern: str) -> str | None:
    try:
        from re import _parser  # type: ignore[attr-defined]  # the only parser of patterns that Python ships

        return "".join(map(_node, _parser.parse(pattern)))
    except (ImportError, AttributeError, KeyError, re.error):
        return None


_CATEGORIES = {"CATEGORY_DIGIT": "1", "CATEGORY_WORD": "a", "CATEGORY_SPACE": " "}


def _node(node: tuple[Any, Any]) -> str:
    kind, value = str(node[0]), node[1]
    if kind == "LITERAL":
        return chr(value)
    if kind in ("MAX_REPEAT", "MIN_REPEAT"):
        least, _, inner = value
        return "".join(map(_node, inner)) * least
    if kind == "SUBPATTERN":
        return "".join(map(_node, value[-1]))
    if kind == "BRANCH":
        return "".join(map(_node, value[1][0]))
    if kind == "IN":
        return _node(value[0])
    if kind == "RANGE":
        return "1" if value[0] <= ord("1") <= value[1] else chr(value[0])
    if kind == "CATEGORY":
        return _CATEGORIES[str(value)]
    return {"ANY": "a", "AT": ""}[kind]
