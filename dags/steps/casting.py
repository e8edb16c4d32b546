"""Text to types, as DuckDB expressions that are null where the text is not of the type."""

from blueprint import Column
from blueprint.concept import Concept
from blueprint.sql import ident, literal
from blueprint.types import duckdb_type

_ISO_DATES = ("%Y-%m-%d",)
_ISO_TIMES = ("%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M")
_NUMBER = r"[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?"
_WHOLE = r"[+-]?[0-9]+(\.0+)?"
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
            return f"CASE WHEN regexp_full_match({text}, {literal(_NUMBER)}) THEN TRY_CAST({text} AS {kind}) END"
        case "boolean":
            lowered = f"lower({text})"
            return (
                f"CASE WHEN {lowered} IN ({_list(_TRUE)}) THEN true WHEN {lowered} IN ({_list(_FALSE)}) THEN false END"
            )
        case "date":
            return f"TRY_STRPTIME({text}, [{_list(column.date_formats or _ISO_DATES)}])::DATE"
        case "timestamp_local":
            return f"TRY_STRPTIME({text}, [{_list(column.date_formats or _ISO_TIMES)}])"
        case "timestamp":
            local = f"TRY_STRPTIME({text}, [{_list(column.date_formats or _ISO_TIMES)}])"
            zoned = f"timezone({literal(column.timezone)}, {local})"
            if column.date_formats:
                return zoned
            offset = r".*(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
            return f"CASE WHEN regexp_full_match({text}, {literal(offset)}) AND {text} LIKE '%:%' THEN TRY_CAST({text} AS TIMESTAMPTZ) ELSE {zoned} END"


def _list(values: tuple[str, ...]) -> str:
    return ", ".join(literal(v) for v in values)
