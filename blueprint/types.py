"""The physical types of concepts and how DuckDB spells them."""

from collections.abc import Mapping

from blueprint.concept import Concept

DUCKDB_TYPES: Mapping[str, str] = {
    "string": "VARCHAR",
    "integer": "BIGINT",
    "int32": "INTEGER",
    "decimal": "DECIMAL(18,6)",
    "double": "DOUBLE",
    "float": "FLOAT",
    "boolean": "BOOLEAN",
    "date": "DATE",
    "timestamp": "TIMESTAMP WITH TIME ZONE",
    "timestamp_local": "TIMESTAMP",
}
WHOLE = frozenset({"integer", "int32"})
FRACTIONAL = frozenset({"decimal", "double", "float"})
FLOATING = frozenset({"double", "float"})
NUMERIC = WHOLE | FRACTIONAL
DATED = frozenset({"date", "timestamp", "timestamp_local"})


def duckdb_type(concept: Concept) -> str:
    """The DuckDB type of a column of ``concept``.

    >>> from blueprint import blueprint
    >>> duckdb_type(blueprint().concept("instant@1"))
    'TIMESTAMP WITH TIME ZONE'
    """
    if concept.type == "decimal" and concept.precision is not None:
        return f"DECIMAL({concept.precision},{concept.scale or 0})"
    return DUCKDB_TYPES[concept.type]
