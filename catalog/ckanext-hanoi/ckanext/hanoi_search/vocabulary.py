"""The words of the datasets that everybody may see, counted in the transaction that changes a dataset."""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from .schema import PHRASE, TABLE, TRACE, lock
from .spelling import traces, worth
from .text import fold

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.engine import Connection

# What an anonymous reader may find: its words may be offered to anybody.
_OPEN = "capacity = 'public' AND state = 'active' AND permission_labels @> '{public}'"
_CHANGE = (
    f"INSERT INTO {PHRASE} SELECT * FROM unnest(CAST(:shown AS text[]), CAST(:folded AS text[]), CAST(:numbers AS int[])) "
    "ON CONFLICT (shown) DO UPDATE SET documents = phrase.documents + excluded.documents "
    "RETURNING folded, documents, (xmax = 0) AS fresh"
)
_TRACE = (
    f"INSERT INTO {TRACE} SELECT * FROM unnest(CAST(:traces AS text[]), CAST(:words AS text[])) ON CONFLICT DO NOTHING"
)
_FORGET = f"DELETE FROM {PHRASE} WHERE documents <= 0 AND shown = ANY(:shown)"
_FORGET_TRACES = (
    f"DELETE FROM {TRACE} WHERE trace = ANY(:traces) AND word = ANY(:words) "
    f"AND NOT EXISTS (SELECT FROM {PHRASE} WHERE folded = word)"
)


@contextmanager
def kept(connection: Connection, condition: str, parameters: dict[str, Any]) -> Iterator[None]:
    """Bring the counts in line with what a `with` block does to the documents of a condition."""
    # Two changes at once would wait for one another's words in turn.
    lock(connection)
    before = _count(connection, condition, parameters)
    yield
    changed = _count(connection, condition, parameters)
    changed.subtract(before)
    _change(connection, {shown: number for shown, number in changed.items() if number})


def _count(connection: Connection, condition: str, parameters: dict[str, Any]) -> Counter[str]:
    sql = f"SELECT unnest(phrases), count(*) FROM {TABLE} WHERE ({condition}) AND {_OPEN} GROUP BY 1"
    return Counter(dict(connection.execute(sa.text(sql), parameters).all()))


def _change(connection: Connection, numbers: dict[str, int]) -> None:
    if not numbers:
        return
    shown = sorted(numbers)
    folded = [fold(text) for text in shown]
    rows = connection.execute(
        sa.text(_CHANGE), {"shown": shown, "folded": folded, "numbers": [numbers[text] for text in shown]}
    ).all()
    _lead(connection, _TRACE, {word for word, _, fresh in rows if fresh})
    gone = {word for word, documents, _ in rows if documents <= 0}
    if gone:
        connection.execute(sa.text(_FORGET), {"shown": shown})
        _lead(connection, _FORGET_TRACES, gone)


def _lead(connection: Connection, sql: str, words: Iterable[str]) -> None:
    pairs = sorted((trace, word) for word in words if worth(word) for trace in traces(word))
    if pairs:
        connection.execute(
            sa.text(sql), {"traces": [trace for trace, _ in pairs], "words": [word for _, word in pairs]}
        )
