"""Whether what a delivery brought still stands: replaying an old delivery must not put its rows over newer ones."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from blueprint import Blueprint, Contract
from blueprint.days import ZONE
from blueprint.sql import ident, literal, parquet
from dags.quarantine.errors import NewerData
from dags.quarantine.files import family
from dags.sources.deliveries import Delivery, DeliveryStore
from lake import Lake, Version
from lake.partitions import Partitioning
from lake.schema import duckdb_types
from lake.sql import connection


@dataclass(frozen=True)
class Standing:
    """Where a delivery stands in its dataset.

    ``baseline`` is the version that it made, or the one that was newest when it came; ``current`` the newest one now.
    ``later`` are the versions since, ``waiting`` later deliveries that made no version: refused, or of the same content.
    """

    delivery: Delivery
    baseline: Version | None
    current: Version | None
    later: tuple[Version, ...]
    waiting: tuple[Delivery, ...]

    @property
    def newest(self) -> bool:
        """Whether nothing came after the delivery."""
        return not self.later and not self.waiting

    @property
    def newer(self) -> str | None:
        """The id of the delivery that came last after this one."""
        if self.later:
            return self.later[-1].delivery
        return self.waiting[-1].id if self.waiting else None

    def require_newest(self) -> None:
        """Raise NewerData where anything came after the delivery."""
        if self.later:
            raise self.refused(f"phiên bản / version {self.later[-1].id}", self.later[-1].committed_at)
        if self.waiting:
            came = self.waiting[-1]
            raise self.refused(f"bộ dữ liệu gửi / delivery {came.id[:16]}", datetime.fromisoformat(came.fetched_at))

    def refused(self, newer: str, since: datetime) -> NewerData:
        local = since.astimezone(ZONE)
        return NewerData(
            self.delivery.dataset, self.delivery.id, newer, f"{local:%d/%m/%Y %H:%M}", f"{local:%Y-%m-%d %H:%M}"
        )


def standing(lake: Lake, store: DeliveryStore, delivery: Delivery) -> Standing:
    """Where ``delivery`` stands now. Deliveries that mend the same rows count as one."""
    related = family(store, delivery)
    every = store.deliveries(delivery.dataset)
    came = min(d.fetched_at for d in every if d.id in related)
    versions = lake.versions(delivery.dataset)
    mine = [v for v in versions if v.delivery in related]
    moment = datetime.fromisoformat(came) + timedelta(seconds=1)  # deliveries are dated to the second
    before = [v for v in versions if v.committed_at < moment]
    baseline = mine[-1] if mine else before[-1] if before else None
    later = tuple(v for v in versions if v.number > (baseline.number if baseline else 0))
    known = {v.delivery for v in versions}
    waiting = tuple(d for d in every if d.fetched_at > came and d.id not in related and d.id not in known)
    return Standing(delivery, baseline, versions[-1] if versions else None, later, waiting)


def require_untouched(lake: Lake, of: Standing, contract: Contract, plan: Blueprint, accepted: Path) -> None:
    """Raise NewerData where a later version changed a partition that the rows in ``accepted`` would replace.

    A partition is compared as the baseline holds it and as the newest version does: what is equal nobody has changed.
    """
    if of.current is None or of.baseline == of.current:
        return
    parted = Partitioning.of(contract, duckdb_types(contract, plan.concept_of))
    assert parted is not None  # noqa: S101 - asked for contracts with a partition only
    spill = lake.root / "spill" / f"{contract.dataset}--standing"
    with connection(spill) as con:
        units = [u for (u,) in con.execute(f"SELECT DISTINCT {parted.unit} FROM {parquet(accepted)}").fetchall()]
        touched = f"list_contains({literal(units)}, {parted.unit})"
        present = lake.select(of.current)
        names = [str(c[0]) for c in con.execute(f"DESCRIBE {present}").fetchall()]
        if parted.column not in names:
            of.require_newest()
        if of.baseline is None:
            changed = f"SELECT 1 FROM ({present}) WHERE {touched}"
        else:
            held = lake.select(of.baseline)
            common = {str(c[0]) for c in con.execute(f"DESCRIBE {held}").fetchall()}
            columns = ", ".join(ident(n) for n in names if n in common)
            now, then = (f"(SELECT {columns} FROM ({rows}) WHERE {touched})" for rows in (present, held))
            changed = f"({now} EXCEPT ALL {then}) UNION ALL ({then} EXCEPT ALL {now})"
        if con.execute(f"SELECT 1 FROM ({changed}) LIMIT 1").fetchone():
            of.require_newest()
