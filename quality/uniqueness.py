"""Proving that a key is unique, cheaply and exactly, within the one scan of a suite.

Three ways, the cheapest first. Rows that ascend strictly by the key, in whatever order they are read, hold no key twice:
each is compared with the row before it, and nothing is kept in memory. Else the distinct hashes of the keys are counted:
as many as there are keys, and no two are alike. Only where neither settles it are the keys themselves counted. Importing
this module imports SQLAlchemy, not Great Expectations.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from blueprint.sql import file_literal, literal

_PRIOR = "hanoi:prior:"


@dataclass(frozen=True)
class Question:
    """How many rows repeat the ``columns`` of another row; rows that ``ignored`` names, in the words of Great Expectations, do not count."""

    columns: tuple[str, ...]
    ignored: str = "any_value_is_missing"

    @property
    def _domain(self) -> dict[str, Any]:
        return {"column_list": self.columns, "ignore_row_if": self.ignored}


@dataclass(frozen=True)
class Proof:
    """Aggregates that settle a question where they come out in one way; ``priors`` are the columns to see of the row before."""

    question: Question
    columns: tuple[Any, ...]
    by_order: bool

    @property
    def priors(self) -> tuple[str, ...]:
        return self.question.columns if self.by_order else ()

    def conclude(self, values: Sequence[int]) -> int | None:
        """The rows that repeat a key, or ``None`` where the aggregates do not prove it."""
        if not self.by_order:
            keys, different = values
            return 0 if keys == different else None
        rows, above, same = values
        # The first row has none before it. A null in a key is neither above nor the same, so that it leaves a gap here.
        return same if above + same == max(rows - 1, 0) else None


def rows_that_count(domain: Mapping[str, Any]) -> Any | None:
    """The predicate for the rows that an expectation over several columns does not ignore; ``None`` where it takes all."""
    names = domain.get("column_list") or [domain[c] for c in ("column_A", "column_B") if c in domain]
    missing = [sa.column(name).is_(None) for name in names]
    match domain.get("ignore_row_if"):
        case "all_values_are_missing" | "both_values_are_missing":
            return sa.not_(sa.and_(*missing))
        case "any_value_is_missing" | "either_value_is_missing":
            return sa.not_(sa.or_(*missing))
        case _:
            return None


def count_if(predicate: Any) -> Any:
    """The aggregate that counts the rows of a predicate; nought where there is no row, where DuckDB says null."""
    return sa.func.coalesce(sa.func.count_if(predicate), 0)


def repeated(question: Question) -> Any:
    """The aggregate that counts the rows that repeat a key, by the keys themselves."""
    key = [sa.column(c) for c in question.columns]
    if len(key) == 1 and question.ignored == "any_value_is_missing":
        return sa.func.count(key[0]) - sa.func.count(sa.distinct(key[0]))
    kept = rows_that_count(question._domain)
    return _keys(kept) - _different(sa.func.row(*key), kept)


def proof(question: Question, leading: str | None) -> Proof:
    """The cheapest proof: by order where the rows ascend by the column ``leading``, by hashes otherwise."""
    if leading is not None:
        names = [leading, *(c for c in question.columns if c != leading)]
        pairs = [(sa.column(name), sa.column(_PRIOR + name)) for name in names]
        same = sa.and_(*(now == before for now, before in pairs))
        return Proof(question, (sa.func.count(), count_if(_above(pairs)), count_if(same)), True)
    kept = rows_that_count(question._domain)
    hashed = sa.func.hash(*(sa.column(c) for c in question.columns))
    return Proof(question, (_keys(kept), _different(hashed, kept)), False)


def with_priors(rows: Any, proofs: Sequence[Proof]) -> Any:
    """``rows`` with the key of the row before beside each, where a proof compares them.

    Without an order in the window DuckDB streams: it needs no memory, and any order that it chooses does.
    """
    names = dict.fromkeys(name for p in proofs for name in p.priors)
    if not names:
        return rows
    priors = (sa.func.lag(sa.column(name)).over().label(_PRIOR + name) for name in names)
    return sa.select(sa.text("*"), *priors).select_from(rows).subquery()


def leading_column(
    connection: sa.Connection, files: Sequence[Path], types: Mapping[str, str], columns: Sequence[str]
) -> str | None:
    """The first of ``columns`` whose values ascend from one row group of the Parquet ``files`` to the next.

    Only the footers of the files are read. ``None`` where no column ascends, or where the rows are so few that they are
    one row group: counting them is cheap then.
    """
    listed = ", ".join(map(file_literal, files))
    for name in columns:
        kind = types.get(name)
        if kind is None:
            continue
        low, high = (f"TRY_CAST(stats_{side}_value AS {kind})" for side in ("min", "max"))
        steps = connection.exec_driver_sql(
            f"SELECT count(*), count_if(least >= before) FROM (SELECT {low} AS least, lag({high}) OVER "
            f"(ORDER BY file_name, row_group_id) AS before FROM parquet_metadata([{listed}]) "
            f"WHERE path_in_schema = {literal(name)})"
        ).fetchone()
        if steps is not None and steps[0] > 1 and steps[1] == steps[0] - 1:
            return name
    return None


def _keys(kept: Any | None) -> Any:
    return sa.func.count() if kept is None else count_if(kept)


def _different(key: Any, kept: Any | None) -> Any:
    distinct = sa.func.count(sa.distinct(key))
    return distinct if kept is None else distinct.filter(kept)


def _above(pairs: Sequence[tuple[Any, Any]]) -> Any:
    """Whether a key sorts above the one before it, its first column first."""
    now, before = pairs[-1]
    return reduce(
        lambda rest, pair: sa.or_(pair[0] > pair[1], sa.and_(pair[0] == pair[1], rest)),
        reversed(pairs[:-1]),
        now > before,
    )
