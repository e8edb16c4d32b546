"""The passes of conform over a delivery: judge each row, refuse shared keys, write what is accepted and what is not."""

from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from blueprint import Contract
from blueprint.sql import literal, parquet
from dags.sources.deliveries import Delivery
from dags.sources.rows import Batch
from dags.steps.keys import KeyHashes, refused_by_key
from dags.steps.labels import FITS, HASH, ID, RULES, WARNINGS, Labeller

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
        self._quarantine = _Quarantine(folder / "quarantine.parquet")
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
        for batch in reread():
            start, end = np.searchsorted(removed, (batch.first, batch.first + len(batch)))
            for at in range(start, end):
                self._quarantine.add(
                    batch, int(removed[at]) - batch.first, [rule_of[at]], warnings.get(int(removed[at]), [])
                )

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
                kept = (
                    batch
                    if self._removed is None
                    else batch.filter(pa.array(~_among(batch[ID].to_numpy(), self._removed)))
                )
                if kept.num_rows:
                    writer.write_table(pa.table([kept[n] for n in self._names], schema=schema), _ROW_GROUP)
                    rows += kept.num_rows
        path.chmod(0o600)
        return rows

    def write_quarantined(self, path: Path, delivery: Delivery, headers: dict[str, str]) -> int:
        """Write the quarantined rows in the order of the delivery; returns how many there are."""
        rows = self._quarantine.close()
        header_map = ", ".join(f"{literal(c)}: {literal(h)}" for c, h in sorted(headers.items()))
        self.db.execute(
            f"COPY (SELECT {literal(self.contract.ref)} AS contract, {literal(delivery.id)} AS delivery, file, sheet, row, "
            f"rules, warnings, received, MAP {{{header_map}}} AS headers FROM {parquet(self._quarantine.path)} "
            f"ORDER BY file_number, row) TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        path.chmod(0o600)
        return rows

    def _labelled(self, batch: Batch) -> "pa.Table":
        import numpy as np
        import pyarrow as pa

        rows = len(batch)
        table = pa.table(
            {
                **batch.texts,
                ID: pa.array(np.arange(batch.first, batch.first + rows)),
                FITS: pa.array(np.ones(rows, bool) if batch.fits is None else batch.fits),
            }
        )
        parts = pa.Table.from_batches(table.to_batches(max_chunksize=-(-rows // _PARTS)))
        self.db.register("batch", parts)
        labelled = self.db.execute(self.labeller.query(batch, "batch")).to_arrow_table()
        self.db.unregister("batch")
        return labelled

    def _refuse(self, batch: Batch, refused: "pa.Table") -> None:
        ids = refused[ID].to_pylist()
        for id_, rules, warnings in zip(ids, refused[RULES].to_pylist(), refused[WARNINGS].to_pylist(), strict=True):
            self.rules.update(rules)
            self._quarantine.add(batch, id_ - batch.first, rules, warnings or [])

    def _batches(self) -> "Iterator[pa.RecordBatch]":
        """The good rows, in the order of the delivery."""
        import pyarrow as pa

        with pa.OSFile(str(self._good)) as file, pa.ipc.open_stream(file) as reader:
            yield from reader

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


class _Quarantine:
    """Refused rows on their way to one file."""

    def __init__(self, path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        texts = pa.list_(pa.string())
        self.path = path
        self.schema = pa.schema(
            [
                ("file_number", pa.int32()),
                ("file", pa.string()),
                ("sheet", pa.string()),
                ("row", pa.int64()),
                ("rules", texts),
                ("warnings", texts),
                ("received", pa.string()),
            ]
        )
        self._writer = pq.ParquetWriter(path, self.schema)
        self._held: list[tuple[Any, ...]] = []
        self._rows = 0

    def add(self, batch: Batch, index: int, rules: list[str], warnings: list[str]) -> None:
        row, received = batch.place(index)
        self._held.append((batch.file_number, batch.file, batch.sheet, row, rules, warnings, received))
        self._rows += 1
        if len(self._held) == 20_000:
            self._flush()

    def close(self) -> int:
        """Finish the file; returns how many rows it holds."""
        self._flush()
        self._writer.close()
        return self._rows

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            arrays = [pa.array(c, f.type) for c, f in zip(zip(*self._held, strict=True), self.schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self._held = []


def _among(ids: "np.ndarray[Any, Any]", wanted: "np.ndarray[Any, Any]") -> "np.ndarray[Any, Any]":
    """Which of ``ids`` are in ``wanted``, which is in ascending order and not empty."""
    import numpy as np

    return wanted[np.minimum(np.searchsorted(wanted, ids), len(wanted) - 1)] == ids
