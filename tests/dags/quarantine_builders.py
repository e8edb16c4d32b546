"""A home in which small deliveries are ingested as a run does it, without Airflow and without a catalogue."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from blueprint import Blueprint, Contract
from dags.quarantine import Kept, Quarantine, Replayed, replay
from dags.settings import PipelineSettings
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.sources.places import locate
from dags.steps.conform import Conformed, conform
from lake import CommitRecord, Version
from tests.dags.builders import CONCEPTS, UNITS, contract

HEAD = "Mã trạm,Thời điểm,AQI\n"
LAX = {"gate": {"max_quarantined": 0.9}}


def plan_of(*versions: Contract) -> Blueprint:
    """A Blueprint of one dataset, whose last version is in force."""
    newest = versions[-1]
    return Blueprint(
        Path(), CONCEPTS, {"units": UNITS}, {newest.dataset: newest}, contract_versions={newest.dataset: versions}
    )


@dataclass
class Home:
    """A home and the contract versions that hold in it."""

    folder: Path
    versions: tuple[Contract, ...] = field(default_factory=lambda: (contract(**LAX),))
    clock: int = 0

    @property
    def settings(self) -> PipelineSettings:
        return PipelineSettings(home=self.folder / "home")

    @property
    def plan(self) -> Blueprint:
        return plan_of(*self.versions)

    @property
    def contract(self) -> Contract:
        return self.versions[-1]

    @property
    def store(self) -> DeliveryStore:
        return DeliveryStore(self.settings.home, 10_000_000)

    @property
    def quarantine(self) -> Quarantine:
        return Quarantine(self.settings.home)

    def deliver(self, content: str, name: str = "air.csv") -> Delivery:
        """Keep a delivery that came an hour after the one before."""
        file = self.folder / name
        file.write_bytes(content.encode())
        kept = self.store.keep(self.contract, locate(self.contract, None, file), "run")
        record = self.store.root / kept.dataset / f"{kept.id}.json"
        self.clock += 1
        told = record.read_text(encoding="utf-8")
        record.write_text(told.replace(kept.fetched_at, f"2026-01-01T{self.clock:02d}:00:00+00:00"), encoding="utf-8")
        return self.store.load(kept.dataset, kept.id)

    def conform(self, delivery: Delivery) -> Conformed:
        return conform(self.contract, self.plan, delivery, self.store, self.folder / "out")

    def ingest(self, content: str, name: str = "air.csv") -> Version | None:
        """Fetch, conform and commit; nothing is committed where too many rows are refused. The gate's other checks hold."""
        found = self.conform(self.deliver(content, name))
        self.quarantine.keep(found)
        if found.rows_quarantined > self.contract.gate.max_quarantined * found.rows_in:
            return None
        record = CommitRecord(
            delivery=found.delivery,
            run_id="run",
            gate="passed",
            rows_in=found.rows_in,
            rows_quarantined=found.rows_quarantined,
            simulated=False,
            code_version="0",
        )
        return self.settings.lake.commit(self.contract, self.plan.concept_of, Path(found.accepted), record)

    def replay(self, delivery: str | None = None, **how: Any) -> Replayed:
        return replay(self.settings, self.plan, self.contract.dataset, delivery, **how)

    def repaired(self, content: str, name: str = "mended.csv") -> Path:
        path = self.folder / name
        path.write_bytes(content.encode())
        return path

    def rows(self, version: Version | None = None) -> list[tuple[Any, ...]]:
        """The rows of a version, the newest where none is given, with times as text in UTC."""
        lake = self.settings.lake
        found = version or lake.current(self.contract.dataset)
        assert found is not None
        with duckdb.connect() as db:
            db.execute("SET TimeZone = 'UTC'")
            return db.execute(
                f"SELECT station_id, strftime(observed_at, '%d %H:%M'), aqi FROM ({lake.select(found)}) ORDER BY ALL"
            ).fetchall()

    def refused(self) -> dict[int, list[str]]:
        """Row -> rules, of every kept file of refused rows."""
        return dict(row for kept in self.files() for row in rules_by_row(kept.path))

    def files(self) -> Sequence[Kept]:
        return self.quarantine.files(self.contract.dataset)

    def now(self, **changes: Any) -> None:
        """A new version of the contract comes into force."""
        self.versions = (*self.versions, self.contract.model_copy(update=changes))

    def tree(self) -> dict[str, bytes]:
        """Every file of the home that is no lock, with its content."""
        home = self.settings.home
        return {
            str(p.relative_to(home)): p.read_bytes()
            for p in sorted(home.rglob("*"))
            if p.is_file() and "locks" not in p.parts
        }


def rules_by_row(path: Path) -> list[tuple[int, list[str]]]:
    with duckdb.connect() as db:
        return db.execute("SELECT row, rules FROM read_parquet(?) ORDER BY row", [str(path)]).fetchall()
