"""The passes of conform over a delivery: judge each row, refuse shared keys, write what is accepted and what is not."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Contract
from dags.sources.deliveries import Delivery
from dags.sources.rows import Batch, RowCount
from dags.steps.at_once import read_at_once
from dags.steps.keys import KeyHashes, refused_by_key
from dags.steps.labels import FITS, HASH, ID, RULES, STANDS, WARNINGS, Labeller
from dags.steps.refused import Place, RefusedRows
from dags.steps.warned import Warned

if TYPE_CHECKING:
    import duckdb
    import numpy as np
    import pyarrow as pa

_ROW_GROUP = 122_880
_PARTS = 4
"""Into how many pieces a batch is cut, so that DuckDB reads them side by side."""


class Judging:
    """One delivery on its way through conform, in files of ``folder``. Its methods are called once, in their order."""

    def __init__(self, db: "duckdb.DuckDBPyConnection", contract: Contract, labeller: Labeller, folder: Path) -> None:
        self.db = db
        self.contract = contract
        self.labeller = labeller
        self.rules: Counter[str] = Counter()
        self._good = folder / "good.arrow"
        self._hashes = KeyHashes(folder / "hashes")
        self.warned = Warned()
        self._quarantine = RefusedRows(folder / "quarantine.parquet")
        self._sample = RefusedRows(folder / "warned.parquet")
        self._names = [c.name for c in contract.columns]
        self._schema: pa.Schema | None = None
        self._removed: np.ndarray[Any, Any] | None = None

    def judge(self, batches: Iterator[Batch]) -> None:
        """Type and label every row; put the good ones aside and quarantine the others."""
        import pyarrow as pa
        import pyarrow.compute as pc

        with pa.OSFile(str(self._good), "wb") as file:
            writer = None
            try:
                for batch in batches:
                    labelled = self._labelled(batch)
                    good = labelled.drop_columns([HASH, RULES])
                    hashes = labelled[HASH].combine_chunks()
                    if labelled[RULES].null_count < len(labelled):
                        passed = pc.is_null(labelled[RULES]).combine_chunks()
                        self._refuse(batch, labelled.filter(pc.invert(passed)))
                        good, hashes = good.filter(passed), hashes.filter(passed)
                    if good[WARNINGS].null_count < len(good):
                        self.warned.add(good, batch)
                    if writer is None:
                        self._schema = good.schema
                        writer = pa.ipc.new_stream(file, good.schema)
                    writer.write_table(good)
                    self._hashes.add(hashes)
            finally:
                if writer is not None:
                    writer.close()

    def refuse_shared_keys(self, reread: "Callable[[], Iterator[Batch]]") -> None:
        """Quarantine the good rows that share their key; ``reread`` gives the delivery's rows once more."""
        import numpy as np
        import pyarrow as pa

        found = refused_by_key(self.db, self.contract, self._hashes, self._batches)
        removed = np.sort(np.concatenate([np.empty(0, np.int64), *found.values()]))
        if not len(removed):
            return
        self._removed = removed
        rule_of = np.empty(len(removed), object)
        for rule, ids in found.items():
            rule_of[np.searchsorted(removed, ids)] = rule
            if len(ids):
                self.rules[rule] += len(ids)
        warnings = self._warnings(removed)
        if warnings:
            self.warned.without(pa.table(self._left(batch)) for batch in self._batches())
        for batch in reread():
            self.warned.place(batch)
            start, end = np.searchsorted(removed, (batch.first, batch.first + len(batch)))
            for at in range(start, end):
                place = Place.of(batch, int(removed[at]) - batch.first)
                self._quarantine.add(place, [rule_of[at]], warnings.get(int(removed[at]), []))

    def write_accepted(self, path: Path) -> int:
        """Write the good rows that are left; returns how many there are."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        assert self._schema is not None  # noqa: S101 - a delivery without rows was refused before
        rows = 0
        schema = pa.schema([self._schema.field(name) for name in self._names])
        words = [field.name for field in schema if pa.types.is_string(field.type)]
        with pq.ParquetWriter(path, schema, compression="snappy", use_dictionary=words) as writer:
            for batch in self._batches():
                kept = self._left(batch)
                if kept.num_rows:
                    writer.write_table(pa.table([kept[n] for n in self._names], schema=schema), _ROW_GROUP)
                    rows += kept.num_rows
        path.chmod(0o600)
        return rows

    def write_quarantined(self, path: Path, delivery: Delivery, count: RowCount) -> int:
        """Write the quarantined rows, in the columns that ``dags.steps.refused`` lists; returns how many there are."""
        return self._quarantine.write(self.db, path, self.contract.ref, delivery, count)

    def write_warned(self, path: Path, delivery: Delivery, count: RowCount) -> None:
        """Write the first accepted rows of each warning, in the same columns."""
        self.warned.put(self._sample).write(self.db, path, self.contract.ref, delivery, count)

    def _labelled(self, batch: Batch) -> "pa.Table":
        """The rows of ``batch`` in their types, with ``_id``, ``_hash``, ``_rules`` and ``_warnings``."""
        import numpy as np
        import pyarrow as pa

        rows = len(batch)
        ids = pa.array(np.arange(batch.first, batch.first + rows))
        columns = ((c.name, read_at_once(c, self.labeller.concepts[c.name], batch)) for c in self.contract.columns)
        settled = {name: values for name, values in columns if values is not None}
        table = pa.table(
            {
                **batch.texts,
                **settled,
                ID: ids,
                FITS: pa.array(np.ones(rows, bool) if batch.fits is None else batch.fits),
                **({} if batch.stands is None else {STANDS: pa.array(batch.stands)}),
            }
        )
        parts = pa.Table.from_batches(table.to_batches(max_chunksize=-(-rows // _PARTS)))
        self.db.register("batch", parts)
        found = self.db.execute(self.labeller.query(batch, "batch", settled)).to_arrow_table()
        self.db.unregister("batch")
        order = found[ID].to_numpy()
        if not (order[:-1] < order[1:]).all():
            found = found.take(np.argsort(order))
        told = {name: settled[name] if name in settled else found[name] for name in self._names}
        return pa.table({**told, ID: ids, **{name: found[name] for name in (HASH, RULES, WARNINGS)}})

    def _refuse(self, batch: Batch, refused: "pa.Table") -> None:
        ids = refused[ID].to_pylist()
        for id_, rules, warnings in zip(ids, refused[RULES].to_pylist(), refused[WARNINGS].to_pylist(), strict=True):
            self.rules.update(rules)
            self._quarantine.add(Place.of(batch, id_ - batch.first), rules, warnings or [])

    def _batches(self) -> "Iterator[pa.RecordBatch]":
        """The good rows, in the order of the delivery."""
        import pyarrow as pa

        with pa.OSFile(str(self._good)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader

    def _left(self, batch: "pa.RecordBatch") -> "pa.RecordBatch":
        """The rows of a batch of good rows that share no key."""
        import pyarrow as pa

        if self._removed is None:
            return batch
        return batch.filter(pa.array(~_among(batch[ID].to_numpy(), self._removed)))

    def _warnings(self, ids: "np.ndarray[Any, Any]") -> dict[int, list[str]]:
        """The warnings of the good rows ``ids`` that have any."""
        import pyarrow as pa
        import pyarrow.compute as pc

        found: dict[int, list[str]] = {}
        if self.labeller.warnings:
            for batch in self._batches():
                warned = batch.filter(pc.is_valid(batch[WARNINGS]))
                warned = warned.filter(pa.array(_among(warned[ID].to_numpy(), ids)))
                found.update(zip(warned[ID].to_pylist(), warned[WARNINGS].to_pylist(), strict=True))
        return found


def _among(ids: "np.ndarray[Any, Any]", wanted: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Which of ``ids`` are in ``wanted``, which is in ascending order and not empty."""
    import numpy as np

    return wanted[np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)] == ids
