"""Writing names and values into DuckDB SQL, in one place."""

import math
from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path


def ident(name: str) -> str:
    """``name`` as a quoted identifier.

    >>> ident('tên "cột" mới')
    '"tên ""cột"" mới"'
    """
    if not name or "\0" in name:
        raise ValueError(f"{name!r} cannot be an SQL identifier: it is empty or holds a NUL character")
    return '"' + name.replace('"', '""') + '"'


def literal(value: object) -> str:
    """``value`` as an SQL literal; lists and tuples become list literals.

    >>> literal(["Cầu Giấy", "it's", 3, None])
    "['Cầu Giấy', 'it''s', 3, NULL]"
    """
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | Decimal):
        return str(value)
    if isinstance(value, float):
        return repr(value) if math.isfinite(value) else f"CAST('{value}' AS DOUBLE)"
    if isinstance(value, datetime):
        kind = "TIMESTAMP" if value.tzinfo is None else "TIMESTAMPTZ"
        return f"{kind} '{value.isoformat(sep=' ')}'"
    if isinstance(value, date):
        return f"DATE '{value.isoformat()}'"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(literal, value)) + "]"
    if isinstance(value, str):
        if "\0" in value:
            raise ValueError("an SQL string literal cannot hold a NUL character")
        return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"{type(value).__name__} has no SQL literal here; pass text, a number, a date or a list of them")


def member(expression: str, codes: Iterable[str]) -> str:
    """A predicate that is true where the text ``expression`` is one of ``codes``, and false otherwise, also for null.

    >>> print(member('"ward"', ["00004", "00008"]))
    (TRY_CAST("ward" AS ENUM('00004', '00008')) IS NOT NULL)
    """
    # IN over hundreds of constants is a linear scan per row inside an aggregate; an ENUM cast is one hash look-up.
    values = sorted(set(codes))
    return f"(TRY_CAST({expression} AS ENUM({', '.join(map(literal, values))})) IS NOT NULL)" if values else "false"


def file_literal(path: Path) -> str:
    """A file name as read_parquet takes it: ``[``, ``*`` and ``?`` are wildcards there, in names of folders as well."""
    return literal("".join(f"[{letter}]" if letter in "[*?" else letter for letter in str(path)))


def parquet(path: Path) -> str:
    """A table function over the one file ``path``, whatever characters its name holds.

    >>> parquet(Path("a[1].parquet"))
    "read_parquet('a[[]1].parquet')"
    """
    return f"read_parquet({file_literal(path)})"
