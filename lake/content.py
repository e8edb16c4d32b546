"""The content hash: one SHA-256 for what a table says, whatever the order of its rows and the bytes of its files.

Each row is written as its columns in order of name, each value as ``n`` for null or ``v<bytes>:<text>``, and hashed
with SHA-256. The digests are added up as four unsigned 64-bit numbers without overflow, so order does not count and
repeated rows do. The result is the SHA-256 of one JSON line of the schema, the row count and the four sums.

Texts of values: strings as they are (UTF-8), integers and decimals in base ten (decimals with six places), booleans
``true``/``false``, dates ISO 8601, timestamps microseconds since 1970-01-01T00:00Z, doubles their 64 IEEE 754 bits
(negative zero as zero, every NaN alike).
"""

import hashlib
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

from blueprint.sql import ident

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

_TEXT: Mapping[str, str] = {
    "TIMESTAMP": "CASE WHEN isinf({c}) THEN {c}::VARCHAR ELSE epoch_us({c})::VARCHAR END",
    "TIMESTAMP WITH TIME ZONE": "CASE WHEN isinf({c}) THEN {c}::VARCHAR ELSE epoch_us({c})::VARCHAR END",
    "FLOAT": "CASE WHEN isnan({c}) THEN 'nan' WHEN {c} = 0 THEN '0' ELSE CAST(CAST({c} AS BIT) AS VARCHAR) END",
    "DOUBLE": "CASE WHEN isnan({c}) THEN 'nan' WHEN {c} = 0 THEN '0' ELSE CAST(CAST({c} AS BIT) AS VARCHAR) END",
}


def _value(name: str, duckdb_type: str) -> str:
    text = _TEXT.get(duckdb_type, "CAST({c} AS VARCHAR)").format(c=ident(name))
    return f"coalesce('v' || strlen({text}) || ':' || ({text}), 'n')"


def content_hash(connection: "DuckDBPyConnection", relation: str, types: Mapping[str, str]) -> tuple[int, str]:
    """Row count and content hash (64 hexadecimal digits) of the query ``relation``, whose columns have ``types``."""
    columns = sorted(types.items())
    row = " || ".join(_value(name, kind) for name, kind in columns)
    sums = ", ".join(
        f"coalesce(sum(('0x' || substr(digest, {start}, 16))::UBIGINT), 0)::VARCHAR" for start in (1, 17, 33, 49)
    )
    found = connection.execute(
        f"SELECT count(*), {sums} FROM (SELECT sha256({row}) AS digest FROM ({relation}))"
    ).fetchone()
    rows, *parts = found or (0, "0", "0", "0", "0")
    line = json.dumps([columns, rows, parts], ensure_ascii=False, separators=(",", ":"))
    return rows, hashlib.sha256(line.encode()).hexdigest()
