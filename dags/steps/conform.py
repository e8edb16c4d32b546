"""Conform: a delivery and its contract become typed, accepted rows and quarantined rows. Rows in = accepted + quarantined."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.sql import literal
from dags.errors import DeliveryEmpty
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.rows import RowCount, batches
from dags.steps.judging import Judging
from dags.steps.labels import ROW_WIDTH, Labeller
from lake.folders import private_folder

_MEMORY = "300MB"
"""What DuckDB may hold; it writes to the folder of the step what goes beyond."""

__all__ = ["ROW_WIDTH", "Conformed", "conform"]


@dataclass(frozen=True)
class Conformed:
    """What conforming a delivery gave: two Parquet files and the counts. ``rules`` counts quarantined rows per rule."""

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


def conform(
    contract: Contract,
    blueprint: Blueprint,
    delivery: Delivery,
    store: DeliveryStore,
    out: Path,
    *,
    max_rows: int = 20_000_000,
) -> Conformed:
    """Read ``delivery`` by ``contract`` and write ``accepted.parquet`` and ``quarantined.parquet`` into ``out``.

    A row is quarantined when its width differs from the header, a cell is not of its type, a rule of severity ``error``
    refuses it, or another row bears its key: of rows that agree wholly the first is accepted, of rows that contradict
    each other none is. Each quarantined row keeps its file, sheet, row number, text as received and all its rule ids.

    Both files hold their rows in the order of the delivery, so that memory stays flat whatever its size; the lake puts
    the rows that it commits in the order of their key.

    Raises:
        DeliveryError: the file as a whole cannot be read; nothing is written.
    """
    import duckdb

    private_folder(out)
    count = RowCount()
    with duckdb.connect() as db, tempfile.TemporaryDirectory(dir=out, prefix=".conform-") as folder:
        db.execute("SET TimeZone = 'UTC'")
        db.execute(f"SET memory_limit = '{_MEMORY}'")
        db.execute(f"SET temp_directory = {literal(folder)}")
        work = Judging(db, contract, Labeller(contract, blueprint), Path(folder))
        work.judge(batches(contract, delivery, store, count, max_rows))
        if count.rows == 0:
            raise DeliveryEmpty(
                f"{contract.dataset}: không có dòng nào thuộc bộ dữ liệu này trong tệp gửi đến.",
                f"{contract.dataset}: no row of the delivery belongs to this dataset.",
            )
        accepted, quarantined = out / "accepted.parquet", out / "quarantined.parquet"
        work.refuse_shared_keys(lambda: batches(contract, delivery, store, RowCount(), max_rows))
        rows_accepted = work.write_accepted(accepted)
        rows_quarantined = work.write_quarantined(quarantined, delivery, count.headers)
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
        rules=dict(sorted(work.rules.items(), key=lambda found: (-found[1], found[0]))),
        simulated=delivery.simulated,
    )
