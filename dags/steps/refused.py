"""The file of rows that stay outside, each with its reasons and its place.

Its columns, one row for each row of the delivery, in the order of the delivery:

==========  =====================  =====================================================================================
contract    VARCHAR                the contract version that judged it, such as ``bus-stops@1.0.0``
delivery    VARCHAR                the delivery's id, a SHA-256
file        VARCHAR                name of the file as the agency called it
sheet       VARCHAR                name of the sheet of a workbook; empty for CSV
row         BIGINT                 row number in the file or sheet, from 1, header rows included
rules       VARCHAR[]              ids of all rules of severity ``error`` that the row breaks
warnings    VARCHAR[]              ids of all rules of severity ``warning`` that it breaks
severities  MAP(VARCHAR, VARCHAR)  each of these ids and its severity
received    VARCHAR                the cells as they came, a JSON list of texts
headers     MAP(VARCHAR, VARCHAR)  the contract's columns and the headers that they have in the delivery
positions   MAP(VARCHAR, INTEGER)  the contract's columns and their positions in ``received``, from 1
==========  =====================  =====================================================================================

Quarantined rows have at least one id in ``rules``. The sample of accepted rows that only warn has the same columns, with
``rules`` empty. Both hold raw text, which may be personal: the files are for their owner alone.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from blueprint.sql import literal, parquet
from dags.sources.deliveries import Delivery
from dags.sources.rows import Batch, RowCount

if TYPE_CHECKING:
    import duckdb

_AT_ONCE = 20_000


class Place(NamedTuple):
    """Where a row came from, and its cells as they came, a JSON list."""

    file_number: int
    file: str
    sheet: str
    row: int
    received: str

    @classmethod
    def of(cls, batch: Batch, index: int) -> Self:
        """The place of the row at ``index`` of ``batch``."""
        return cls(batch.file_number, batch.file, batch.sheet, *batch.place(index))


class RefusedRows:
    """Rows on their way to one file; ``path`` is where they wait."""

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
                ("received", pa.string()),
                ("rules", texts),
                ("warnings", texts),
            ]
        )
        self._writer = pq.ParquetWriter(path, self.schema)
        self._held: list[tuple[Any, ...]] = []
        self._rows = 0

    def add(self, place: Place, rules: list[str], warnings: list[str]) -> None:
        """Take a row with the rules that it breaks."""
        self._held.append((*place, rules, warnings))
        self._rows += 1
        if len(self._held) == _AT_ONCE:
            self._flush()

    def write(
        self, db: "duckdb.DuckDBPyConnection", path: Path, contract: str, delivery: Delivery, count: RowCount
    ) -> int:
        """Write the file at ``path``, readable by its owner only; returns how many rows it holds."""
        self._flush()
        self._writer.close()
        headers = ", ".join(f"{literal(c)}: {literal(h)}" for c, h in sorted(count.headers.items()))
        labelled = ", ".join(
            f"list_transform({labels}, lambda id: {{'k': id, 'v': '{severity}'}})"
            for labels, severity in (("rules", "error"), ("warnings", "warning"))
        )
        db.execute(
            f"COPY (SELECT {literal(contract)} AS contract, {literal(delivery.id)} AS delivery, file, sheet, row, rules, "
            f"warnings, map_from_entries(list_concat({labelled})) AS severities, received, "
            f"MAP {{{headers}}}::MAP(VARCHAR, VARCHAR) AS headers, {_by_file(count.positions)} AS positions "
            f"FROM {parquet(self.path)} ORDER BY file_number, row) "
            f"TO {literal(str(path))} (FORMAT parquet, COMPRESSION zstd)"
        )
        path.chmod(0o600)
        return self._rows

    def _flush(self) -> None:
        import pyarrow as pa

        if self._held:
            arrays = [pa.array(c, f.type) for c, f in zip(zip(*self._held, strict=True), self.schema, strict=True)]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self.schema))
            self._held = []


def _by_file(positions: dict[str, dict[str, int]]) -> str:
    """An expression over ``file``: column -> position in that file's rows, from 1."""
    cases = []
    for file, columns in sorted(positions.items()):
        listed = ", ".join(f"{literal(c)}: {at}" for c, at in sorted(columns.items()))
        cases.append(f"WHEN {literal(file)} THEN MAP {{{listed}}}::MAP(VARCHAR, INTEGER)")
    return f"CASE file {' '.join(cases)} END" if cases else "NULL::MAP(VARCHAR, INTEGER)"
