"""Where a version comes from, in one answer, and whether it can be made again from the raw bytes."""

import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from blueprint import Blueprint, Contract, blueprint
from blueprint.errors import BlueprintError
from blueprint.load import ROOT
from blueprint.released import digest
from blueprint.subjects import file_of
from dags.settings import PipelineSettings
from dags.sources.deliveries import Delivery, DeliveryStore
from dags.steps.conform import conform
from lake import UnknownVersion, Version
from ops.settings import lake_of


@dataclass(frozen=True)
class Provenance:
    """A version and what it was made of: the raw files by hash, the contract by hash, the run, the gate, the code."""

    version: Version
    delivery: Delivery | None
    contract_file: str | None
    contract_sha256: str | None
    former: str | None
    replayed: str | None = None
    """Content hash of the rows made again from the raw bytes, where that was asked for."""

    @property
    def replays(self) -> bool | None:
        """Whether the raw bytes give the same content again; ``None`` where that was not tried."""
        return None if self.replayed is None else self.replayed == self.version.content_hash

    def to_json(self) -> dict[str, Any]:
        of = self.version
        return {
            "dataset": of.dataset,
            "version": of.id,
            "former": self.former,
            "committed_at": of.committed_at.isoformat(timespec="seconds"),
            "rows": of.rows,
            "content_hash": of.content_hash,
            "simulated": of.simulated,
            "delivery": asdict(self.delivery) if self.delivery else {"id": of.delivery},
            "run_id": of.run_id,
            "rows_in": of.rows_in,
            "rows_quarantined": of.rows_quarantined,
            "gate": of.gate,
            "contract": {"version": of.contract, "file": self.contract_file, "sha256": self.contract_sha256},
            "code_version": of.code_version,
            "replays": self.replays,
        }


def provenance(home: Path, dataset: str, version: str | None, *, replay: bool = False) -> Provenance:
    """Everything that is known of where ``version`` (the newest where absent) comes from."""
    lake, plan = lake_of(home), blueprint()
    plan.contract(dataset)
    found = lake.version(dataset, version) if version else lake.current(dataset)
    if found is None:
        raise UnknownVersion(dataset, "newest", [])
    settings = PipelineSettings(home=home)
    store = settings.store
    try:
        delivery = store.load(dataset, found.delivery)
    except FileNotFoundError:
        delivery = None
    contract = next((c for c in plan.contract_versions[dataset] if c.ref == found.contract), None)
    file = file_of(contract) if contract else None
    former = next((v.id for v in lake.versions(dataset) if v.number == found.number - 1), None)
    replayed = _replay(plan, contract, found, delivery, store, settings) if replay else None
    return Provenance(found, delivery, file, digest(ROOT / file) if file else None, former, replayed)


def _replay(
    plan: Blueprint,
    contract: Contract | None,
    version: Version,
    delivery: Delivery | None,
    store: DeliveryStore,
    settings: PipelineSettings,
) -> str:
    """The content hash of what the version's raw bytes conform to under its contract, in a temporary folder."""
    from lake.accepted import Accepted
    from lake.content import content_hash
    from lake.schema import duckdb_types
    from lake.sql import connection

    if contract is None or delivery is None:
        raise BlueprintError(
            f"{version.dataset} {version.id}: không còn hợp đồng {version.contract} hoặc tệp gốc {version.delivery[:12]}, nên không dựng lại được.",
            f"{version.dataset} {version.id}: the contract {version.contract} or the raw file {version.delivery[:12]} is not there any more, "
            "so it cannot be made again.",
        )
    if contract.partition is not None:
        raise BlueprintError(
            f"{version.dataset}: phiên bản này gồm phân vùng của nhiều bộ dữ liệu gửi; chưa dựng lại được từ một bộ.",
            f"{version.dataset}: this version holds partitions of several deliveries; it cannot be made again from one.",
        )
    with tempfile.TemporaryDirectory(prefix="hanoi-replay-") as folder:
        conformed = conform(contract, plan, delivery, store, Path(folder), max_rows=settings.max_rows)
        with connection(Path(folder) / "spill") as con:
            types = duckdb_types(contract, plan.concept_of)
            rows = Accepted(contract, types, Path(conformed.accepted))
            _, found = content_hash(con, [rows.ordered()], types)
    return found
