# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false, reportUnknownArgumentType=false
# pyarrow ships no types, so strict checking ends at its door.
"""Join tokens for whole columns. Importing this module imports pyarrow and DuckDB."""

from collections.abc import Iterable, Iterator
from typing import Literal, get_args

import duckdb
import pyarrow as pa

from blueprint.errors import HanoiError
from blueprint.identifiers.joining import PERSON, JoinKey, NotJoinable
from blueprint.identifiers.sql import subject_sql

BATCH_ROWS = 100_000
_SHOWN = 5
Invalid = Literal["refuse", "null"]


class ColumnError(HanoiError):
    """A query has no such column, or has the name of the new one already."""


def join_tokens(
    values: "pa.Array | pa.ChunkedArray",
    key: JoinKey,
    kinds: str | Iterable[str] = PERSON,
    *,
    invalid: Invalid = "refuse",
) -> pa.Array:
    """The tokens of a column of text, as ``join_token`` makes them one by one; null stays null.

    The numbers are brought to their normal form by DuckDB and the tokens are made beside it, so the key is in no SQL text,
    plan or log. A value of none of the ``kinds`` raises NotJoinable, which names rows and never values, or becomes null
    where ``invalid`` is ``"null"``.

    >>> key = JoinKey(bytes(range(32)), "grant/2026-014")
    >>> tokens = join_tokens(pa.array(["001 299 000 000", None, "001299000000"]), key)
    >>> tokens[0] == tokens[2], tokens[1].as_py()
    (True, None)
    """
    with duckdb.connect() as connection:
        return _tokens(connection, values, key, _kinds(kinds), invalid, first_row=0)


def with_join_tokens(
    connection: duckdb.DuckDBPyConnection,
    query: str,
    column: str,
    key: JoinKey,
    kinds: str | Iterable[str] = PERSON,
    *,
    name: str = "join_token",
    invalid: Invalid = "refuse",
    batch_rows: int = BATCH_ROWS,
) -> pa.RecordBatchReader:
    """The rows of ``query`` with a column of tokens, called ``name``, in the place of ``column``.

    It streams: one batch of ``batch_rows`` rows is held at a time. The query runs on a cursor of ``connection``, which does
    not see temporary tables, so that ``connection`` itself can read the result. Raises ColumnError, and
    while it is read NotJoinable.

    >>> key = JoinKey(bytes(range(32)), "grant/2026-014")
    >>> with duckdb.connect() as connection:
    ...     rows = with_join_tokens(connection, "SELECT '001299000000' AS id, 3 AS visits", "id", key)
    ...     connection.sql("SELECT length(join_token), visits FROM rows").fetchall()
    [(64, 3)]
    """
    wanted = _kinds(kinds)
    # On ``connection`` itself, a query over the result would wait for this one for ever.
    cursor = connection.cursor()
    reader = cursor.sql(query).to_arrow_reader(batch_rows)
    place = reader.schema.get_field_index(column)
    others = [other for other in reader.schema.names if other != column]
    if place < 0 or name in others:
        cursor.close()
        listed = ", ".join(reader.schema.names)
        if place < 0:
            raise ColumnError(
                f"Truy vấn không có đúng một cột {column!r}; các cột: {listed}.",
                f"The query has not exactly one column {column!r}; its columns: {listed}.",
            )
        raise ColumnError(
            f"Truy vấn đã có cột {name!r}; hãy đặt tên khác bằng name=. Các cột: {listed}.",
            f"The query has a column {name!r} already; choose another with name=. Its columns: {listed}.",
        )
    schema = reader.schema.set(place, pa.field(name, pa.string()))

    def batches() -> Iterator[pa.RecordBatch]:
        row = 0
        with cursor, duckdb.connect() as own:
            for batch in reader:
                tokens = _tokens(own, batch.column(place), key, wanted, invalid, row)
                row += batch.num_rows
                yield batch.set_column(place, name, tokens)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _kinds(kinds: str | Iterable[str]) -> tuple[str, ...]:
    return (kinds,) if isinstance(kinds, str) else tuple(kinds)


def _tokens(
    connection: duckdb.DuckDBPyConnection,
    values: "pa.Array | pa.ChunkedArray",
    key: JoinKey,
    kinds: tuple[str, ...],
    invalid: Invalid,
    first_row: int,
) -> pa.Array:
    if invalid not in get_args(Invalid):
        raise ValueError(f"invalid={invalid!r} is not one of {', '.join(get_args(Invalid))}")
    connection.register("numbers", pa.table({"number": values}))
    first = ", ".join(subject_sql(kind, "number") for kind in kinds)
    found = connection.sql(
        f"SELECT coalesce({first}) AS subject, number IS NOT NULL AS given FROM numbers"
    ).to_arrow_table()
    connection.unregister("numbers")
    subjects = found["subject"].combine_chunks().dictionary_encode()
    if isinstance(subjects, pa.ChunkedArray):
        subjects = subjects.combine_chunks()
    if invalid == "refuse" and subjects.null_count > values.null_count:
        _refuse(found, kinds, first_row)
    tokens = pa.array([key.token(text) for text in subjects.dictionary.to_pylist()], pa.string())
    return tokens.take(subjects.indices)


def _refuse(found: pa.Table, kinds: tuple[str, ...], first_row: int) -> None:
    subjects, given = found["subject"].to_pylist(), found["given"].to_pylist()
    rows = [first_row + i for i, text in enumerate(subjects) if text is None and given[i]]
    shown = ", ".join(str(row + 1) for row in rows[:_SHOWN]) + (", …" if len(rows) > _SHOWN else "")
    raise NotJoinable(
        f'{len(rows)} giá trị không có dạng {", ".join(kinds)} (dòng {shown}); hãy sửa nguồn, hoặc dùng invalid="null" để để trống.',
        f"{len(rows)} value{'s have' if len(rows) > 1 else ' has'} not the form of {', '.join(kinds)} (row {shown}); "
        'correct the source, or pass invalid="null" to leave them empty.',
    )
