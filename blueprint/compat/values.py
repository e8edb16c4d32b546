"""Whether a column would accept a value, told in Python: for defaults, which are judged before any data is there."""

import math
import re
from datetime import date, datetime

from blueprint.contract import Column
from blueprint.load import Blueprint
from blueprint.rules import bounds, codes, lengths, patterns
from blueprint.types import FLOATING, NUMERIC, WHOLE

_INT32 = 2**31
_INT64 = 2**63


def permitted(value: object, column: Column, plan: Blueprint) -> bool:
    """Whether ``value`` is of the type of ``column`` and within its limits, pattern and codes.

    False where that depends on the date in the row, for then no one value is right for every row.
    """
    concept = plan.concept_of(column)
    if not _of_type(value, concept.type):
        return False
    if concept.type in NUMERIC:
        assert isinstance(value, int | float)  # noqa: S101 - what _of_type just told
        low, high = bounds(column, concept)
        if (low is not None and value < low) or (high is not None and value > high):
            return False
    text = str(value)
    if concept.type == "string":
        least, most = lengths(column, concept)
        if (least is not None and len(text) < least) or (most is not None and len(text) > most):
            return False
        if not all(re.fullmatch(p, text) for p in patterns(column, concept)):
            return False
    if concept.codelist is not None:
        codelist = plan.codelists.get(concept.codelist)
        allowed = codes(column, codelist) if codelist else None
        return allowed is not None and text in allowed
    return True


def _of_type(value: object, kind: str) -> bool:
    if kind == "boolean":
        return isinstance(value, bool)
    if kind in NUMERIC:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return False
        if kind in WHOLE:
            limit = _INT32 if kind == "int32" else _INT64
            return isinstance(value, int) and -limit <= value < limit
        return kind in FLOATING or math.isfinite(value)
    if not isinstance(value, str):
        return False
    if kind == "string":
        return True
    try:
        read = date.fromisoformat(value) if kind == "date" else datetime.fromisoformat(value)
    except ValueError:
        return False
    return not (kind == "timestamp_local" and isinstance(read, datetime) and read.tzinfo is not None)
