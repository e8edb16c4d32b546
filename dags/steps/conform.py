"""Conform: a delivery and its contract become typed, accepted rows and quarantined rows. Rows in = accepted + quarantined."""

import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import version as installed_version
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Contract
from blueprint.sql import literal
from dags.errors import DeliveryEmpty
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.mends import Mends
from dags.sources.rows import Batch, RowCount, batches
from dags.steps.judging import Judging
from dags.steps.labels import ROW_WIDTH, Labeller
from lake import CommitRecord
from lake.folders import private_folder

_MEMORY = "300MB"
"""What DuckDB may hold; it writes to the folder of the step what goes beyond."""

__all__ = ["ROW_WIDTH", "Conformed", "conform"]


@dataclass(frozen=True)
class Conformed:
    """What conforming a delivery gave: Parquet files and the counts.

    ``rules`` counts quarantined rows per rule, ``warnings`` accepted rows per rule of severity ``warning``; ``warned`` is the
    file of the first of these. ``dags.steps.refused`` lists the columns of that file and of ``quarantined``.
    """

    dataset: str
    contract: str
    delivery: str
    accepted: str
    quarantined: str
    rows_in: int
    rows_accepted: int
    rows_quarantined: int
    rows_out_of_scope: int
    rules: dict[str, int]
    simulated: bool
    warned: str = ""
    warnings: dict[str, int] = field(default_factory=dict[str, int])
    encodings: dict[str, str] = field(default_factory=dict[str, str])
    """The encoding of each file that is no UTF-8 workbook, and what it was told by."""

    @property
    def counts(self) -> dict[str, Any]:
        """What a run's record says of this step."""
        counted = ("rules", "warnings", "encodings")
        return {name: value for name, value in vars(self).items() if name.startswith("rows_") or name in counted}

    def record(self, run_id: str, *, passed: bool = True) -> CommitRecord:
        """What a version of the accepted rows says of where it comes from; ``passed`` is what the gate said."""
        return CommitRecord(
            delivery=self.delivery,
            run_id=run_id,
            gate="passed" if passed else "failed",
            rows_in=self.rows_in,
            rows_quarantined=self.rows_quarantined,
            simulated=self.simulated,
            code_version=installed_version("hanoi-cloud"),
        )


def conform(
    contract: Contract,
    blueprint: Blueprint,
    delivery: Delivery,
    store: DeliveryStore,
    out: Path,
    *,
    max_rows: int = 20_000_000,
    mends: Mends | None = None,
) -> Conformed:
    """Read ``delivery`` by ``contract``; write ``accepted``, ``quarantined`` and ``warned`` Parquet files into ``out``.

    A row is quarantined when its width differs from the header, a cell is not of its type, a rule of severity ``error``
    refuses it, or another row bears its key: of rows that agree wholly the first is accepted, of rows that contradict
    each other none is. Each quarantined row keeps its file, sheet, row number, text as received and all its rule ids.
    Rows that break nothing but rules of severity ``warning`` are accepted; the first of each rule are kept with their
    place as well. Every predicate is evaluated once: files and counts come from the same labels.

    The files hold their rows in the order of the delivery, so that memory stays flat whatever its size; the lake puts
    the rows that it commits in the order of their key.

    ``mends`` are rows that the agency mended, those that are kept with the delivery where absent. They are judged as if the
    delivery had brought them, so that rows in = accepted + quarantined holds for the same number of rows as before.

    Raises:
        DeliveryError: the file as a whole cannot be read; nothing is written.
    """
    import duckdb

    private_folder(out)
    count = RowCount()
    mended = store.mends(delivery) if mends is None else mends
    concepts = {column.name: blueprint.concept_of(column) for column in contract.columns}

    def rows(count: RowCount) -> Iterator[Batch]:
        return batches(contract, delivery, store, count, max_rows, mended, concepts)

    with duckdb.connect() as db, tempfile.TemporaryDirectory(dir=out, prefix=".conform-") as folder:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"SET memory_limit = '{_MEMORY}'")
        db.execute(f"SET temp_directory = {literal(folder)}")
        work = Judging(db, contract, Labeller(contract, blueprint), Path(folder))
        work.judge(rows(count))
        if count.rows == 0:
            raise DeliveryEmpty(
                f"{contract.dataset}: không có dòng nào thuộc bộ dữ liệu này trong tệp gửi đến.",
                f"{contract.dataset}: no row of the delivery belongs to this dataset.",
            )
        accepted, quarantined, warned = (out / f"{name}.parquet" for name in ("accepted", "quarantined", "warned"))
        work.refuse_shared_keys(lambda: rows(RowCount()))
        rows_accepted = work.write_accepted(accepted)
        rows_quarantined = work.write_quarantined(quarantined, delivery, count)
        work.write_warned(warned, delivery, count)
    return Conformed(
        dataset=contract.dataset,
        contract=contract.ref,
        delivery=delivery.id,
        accepted=str(accepted),
        quarantined=str(quarantined),
        rows_in=count.rows,
        rows_accepted=rows_accepted,
        rows_quarantined=rows_quarantined,
        rows_out_of_scope=count.out_of_scope,
        rules=_most_first(work.rules),
        simulated=delivery.simulated,
        warned=str(warned),
        warnings=_most_first(work.warned.counts),
        encodings={name: f"{e.encoding} ({e.by}; {e})" for name, e in count.encodings.items()},
    )


def _most_first(counts: Mapping[str, int]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda found: (-found[1], found[0])))
