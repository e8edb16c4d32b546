"""Text to types, as DuckDB expressions that are null where the text is not of the type."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from blueprint import Column
from blueprint.concept import Concept
from blueprint.sql import ident, literal
from blueprint.types import duckdb_type
from dags.sources.dates import patterns
from dags.sources.numbers import holds_whole
from dags.sources.shapes import UNCLEAR, Shape

_ISO_DATES = ("%Y-%m-%d",)
_ISO_TIMES = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_WHOLE = r"[+-]?[0-9]+(\.0+)?"
_WHOLE_AMOUNT = r"[+-]?[0-9]+(\.0*)?([eE][+]?[0-9]+)?"
_TRUE = ("true", "1", "có", "yes")
_FALSE = ("false", "0", "không", "no")


def cast(column: Column, concept: Concept) -> str:
    """The DuckDB expression that turns the text column ``column.name`` into the type of ``concept``.

    Numbers are plain decimal text: a group separator or a decimal comma is not guessed at. Times that state no zone are
    read in ``column.timezone`` and kept in UTC; times that state an offset keep their instant.
    """
    text, kind = ident(column.name), duckdb_type(concept)
    match concept.type:
        case "string":
            return text
        case "integer" | "int32":
            return f"CASE WHEN regexp_full_match({text}, {literal(_WHOLE)}) THEN TRY_CAST(split_part({text}, '.', 1) AS {kind}) END"
        case "double" | "float" | "decimal":
            form = _WHOLE_AMOUNT if holds_whole(concept) else _NUMBER
            return f"CASE WHEN regexp_full_match({text}, {literal(form)}) THEN TRY_CAST({text} AS {kind}) END"
        case "boolean":
            lowered = f"lower({text})"
            return (
                f"CASE WHEN {lowered} IN ({_list(_TRUE)}) THEN true WHEN {lowered} IN ({_list(_FALSE)}) THEN false END"
            )
        case "date":
            return f"TRY_STRPTIME({text}, [{_list(patterns(column.date_formats) or _ISO_DATES)}])::DATE"
        case "timestamp_local":
            return f"TRY_STRPTIME({text}, [{_list(patterns(column.date_formats) or _ISO_TIMES)}])"
        case "timestamp":
            local = f"TRY_STRPTIME({text}, [{_list(patterns(column.date_formats) or _ISO_TIMES)}])"
            zoned = f"timezone({literal(column.timezone)}, {local})"
            if patterns(column.date_formats):
                return zoned
            offset = r".*(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
            return f"CASE WHEN regexp_full_match({text}, {literal(offset)}) AND {text} LIKE '%:%' THEN TRY_CAST({text} AS TIMESTAMPTZ) ELSE {zoned} END"


def clear(column: Column) -> str:
    """The text column ``column.name``, null where it is there and nobody can say what it means."""
    text = ident(column.name)
    return f"nullif({text}, {literal(UNCLEAR)})"


def attempt(column: Column, concept: Concept) -> str | None:
    """A cheap reading of the text column, from which ``confirm`` tells most good values; ``None`` where there is none.

    The text must be without white space at its ends.
    """
    text, kind = ident(column.name), duckdb_type(concept)
    if column.values:
        return None
    match concept.type:
        case "integer" | "int32" | "double" | "float":
            return f"TRY_CAST({text} AS {kind})"
        case "date" if (patterns(column.date_formats) or _ISO_DATES)[0] == _ISO_DATES[0]:
            return f"TRY_CAST({text} AS DATE)"
        case "timestamp" | "timestamp_local" if _reads(column, _ISO_TIMES[1]):
            return f"TRY_CAST({text} AS TIMESTAMP)"
    return None


def confirm(column: Column, concept: Concept, tried: str) -> str:
    """The same value as ``cast``, where ``tried`` names what ``attempt`` gave: only doubtful texts are read with care.

    Whole numbers, dates and times are sure where writing them gives the text again; fractions where the text has none of
    the notations that DuckDB takes and ``cast`` refuses.
    """
    text = ident(column.name)
    again = f"CAST({tried} AS VARCHAR) = {text}"
    match concept.type:
        case "double" | "float":
            good, value = f"isfinite({tried}) AND NOT contains({text}, '_') AND NOT starts_with({text}, '+')", tried
        case "timestamp_local":
            good, value = f"{again} AND length({text}) = 19", tried
        case "timestamp":
            good, value = f"{again} AND length({text}) = 19", _instant(tried, column.timezone)
        case "date":
            good, value = f"{again} AND length({text}) = 10", tried
        case _:
            good, value = again, tried
    return f"CASE WHEN {good} THEN {value} ELSE {cast(column, concept)} END"


def sure(column: Column, concept: Concept, shape: Shape) -> bool:
    """Whether what ``attempt`` gives is right whatever it is, where it gives something and the texts have ``shape``."""
    match concept.type:
        case "integer" | "int32":
            return shape.letters == "whole"
        case "double" | "float":
            return shape.letters in ("whole", "fraction")
        case "timestamp" | "timestamp_local" if shape.letters == "moment":
            if shape.with_z:
                return concept.type == "timestamp" and not patterns(column.date_formats)
            return not shape.with_t or _reads(column, _ISO_TIMES[0])
    return False


def certain(column: Column, concept: Concept, tried: str, shape: Shape) -> str:
    """The same value as ``cast``, where ``sure`` holds."""
    if concept.type != "timestamp":
        return tried
    by = shift(column, shape)
    return _instant(tried, column.timezone) if by is None else _shifted(tried, by)


def shift(column: Column, shape: Shape) -> timedelta | None:
    """What to take from all moments of ``shape`` to get UTC; ``None`` where that is not the same for each of them."""
    if shape.with_z:
        return timedelta(0)
    return _steady(column.timezone) if shape.this_century else None


def _reads(column: Column, form: str) -> bool:
    """Whether a time in an ISO 8601 ``form`` is read by that form, and by no other kind before it."""
    formats = patterns(column.date_formats) or _ISO_TIMES
    return form in formats and set(formats[: formats.index(form)]) <= set(_ISO_TIMES)


def _instant(local: str, zone: str) -> str:
    careful = f"timezone({literal(zone)}, {local})"
    steady = _steady(zone)
    if steady is None:
        return careful
    start, end = literal(_STEADY_FROM), literal(_STEADY_TO)
    return f"CASE WHEN {local} BETWEEN {start} AND {end} THEN {_shifted(local, steady)} ELSE {careful} END"


def _shifted(local: str, steady: timedelta) -> str:
    return f"make_timestamptz(epoch_us({local}) - {steady // timedelta(microseconds=1)})"


_STEADY_FROM, _STEADY_TO = datetime(1990, 1, 1), datetime(2037, 1, 1)


@lru_cache
def _steady(zone: str) -> timedelta | None:
    """What to take from local time to get UTC, where that has been and will be one value from 1990 to 2036."""
    place = ZoneInfo(zone)
    days = (_STEADY_TO - _STEADY_FROM).days + 2
    begin = _STEADY_FROM.replace(tzinfo=UTC) - timedelta(days=1)
    offsets = {(begin + timedelta(days=day)).astimezone(place).utcoffset() for day in range(0, days + 1, 7)}
    return offsets.pop() if len(offsets) == 1 else None


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(literal(v) for v in values)
