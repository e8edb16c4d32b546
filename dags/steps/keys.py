"""Rows that share a key, found among many in flat memory: first by the hash of their keys, then exactly."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Contract
from blueprint.rules import KEY_CONFLICT, KEY_DUPLICATE
from blueprint.sql import ident
from dags.steps.labels import ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import duckdb
    import numpy as np
    import pyarrow as pa

_AT_ONCE = 4_000_000
"""Hashes sorted at a time, 8 bytes each."""
_PIECE = 1_000_000


class KeyHashes:
    """The hashes of the keys of many rows, in a file, in the order in which they were added."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._rows = 0

    def add(self, hashes: "pa.Array") -> None:
        with self.path.open("ab") as file:
            file.write(hashes.to_numpy(zero_copy_only=False))
        self._rows += len(hashes)

    def shared(self) -> "np.ndarray[Any, Any]":
        """The hashes that more than one row has, in ascending order."""
        import numpy as np

        spans = -(-self._rows // _AT_ONCE) or 1
        width = -(-(1 << 64) // spans)
        found = [np.empty(0, np.uint64)]
        for span in range(spans):
            low, high = np.uint64(span * width), np.uint64(min((span + 1) * width, 1 << 64) - 1)
            pieces = [piece[(piece >= low) & (piece <= high)] for piece in self._pieces()]
            ordered = np.sort(np.concatenate([*pieces, found[0][:0]]))
            found.append(np.unique(ordered[1:][ordered[1:] == ordered[:-1]]))
        return np.concatenate(found)

    def _pieces(self) -> "Iterator[np.ndarray[Any, Any]]":
        import numpy as np

        with self.path.open("rb") as file:
            while len(piece := np.fromfile(file, np.uint64, _PIECE)):
                yield piece


def refused_by_key(
    db: "duckdb.DuckDBPyConnection",
    contract: Contract,
    hashes: KeyHashes,
    rows: "Callable[[], Iterator[pa.RecordBatch]]",
) -> "dict[str, np.ndarray[Any, Any]]":
    """The ids of rows that share their key with another: rule to ids, in ascending order.

    ``rows`` gives the typed rows with ``_id`` in the order in which their hashes were added. Of rows that agree wholly
    the first is no duplicate; of rows that contradict each other all are in conflict.
    """
    import numpy as np
    import pyarrow as pa

    shared = hashes.shared()
    if not len(shared):
        return {}
    made = False
    with hashes.path.open("rb") as file:
        for batch in rows():
            came = np.fromfile(file, np.uint64, batch.num_rows)
            at = np.searchsorted(shared, came)
            same = shared[np.minimum(at, len(shared) - 1)] == came
            if not same.any():
                continue
            db.register("came", pa.table(batch.filter(pa.array(same))))
            db.execute("INSERT INTO candidates FROM came" if made else "CREATE TABLE candidates AS FROM came")
            db.unregister("came")
            made = True
    whole = ", ".join(ident(c.name) for c in contract.columns)
    key = ", ".join(map(ident, contract.key))
    same_key = " AND ".join(f"c.{ident(k)} IS NOT DISTINCT FROM k.{ident(k)}" for k in contract.key)
    answer = db.execute(
        f"SELECT c.{ID}, k._kinds > 1 AS _conflict "
        f"FROM candidates c JOIN (SELECT {key}, count(*) AS _kinds, min(_first) AS _first FROM "
        f"(SELECT {whole}, min({ID}) AS _first FROM candidates GROUP BY {whole}) GROUP BY {key}) k ON {same_key} "
        f"WHERE k._kinds > 1 OR c.{ID} <> k._first ORDER BY c.{ID}"
    ).to_arrow_table()
    db.execute("DROP TABLE candidates")
    ids, conflict = answer[ID].to_numpy(), answer["_conflict"].to_numpy()
    return {KEY_CONFLICT: ids[conflict], KEY_DUPLICATE: ids[~conflict]}
