"""Versions: what a commit says about itself, kept in the properties of its Iceberg snapshot."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

_PREFIX = "hanoi."


@dataclass(frozen=True, kw_only=True)
class CommitRecord:
    """Where a version comes from.

    ``delivery`` is the SHA-256 of the delivered bytes, ``gate`` the gate's result, ``simulated`` marks data that no
    agency measured, ``code_version`` names the code that conformed it. ``rows_in`` counts the rows of the delivery.
    """

    delivery: str
    run_id: str
    gate: str
    rows_in: int
    rows_quarantined: int
    simulated: bool
    code_version: str


@dataclass(frozen=True, kw_only=True)
class Version(CommitRecord):
    """One version of a dataset: immutable, numbered from 1, readable until retention removes it, which is told.

    ``id`` joins the number and the first eight digits of ``content_hash``, so that the same inputs on a fresh home
    give the same id. ``rows`` counts the rows that readers see. ``new`` is False where a commit found nothing to add.
    """

    dataset: str
    id: str
    number: int
    snapshot_id: int
    committed_at: datetime
    rows: int
    content_hash: str
    contract: str
    new: bool = False

    def properties(self, commit: str) -> dict[str, str]:
        """The snapshot properties of this version; ``commit`` is the token in the names of its files."""
        return {
            f"{_PREFIX}version": self.id,
            f"{_PREFIX}version-number": str(self.number),
            f"{_PREFIX}contract": self.contract,
            f"{_PREFIX}content-hash": self.content_hash,
            f"{_PREFIX}rows": str(self.rows),
            f"{_PREFIX}delivery": self.delivery,
            f"{_PREFIX}run-id": self.run_id,
            f"{_PREFIX}gate": self.gate,
            f"{_PREFIX}rows-in": str(self.rows_in),
            f"{_PREFIX}rows-quarantined": str(self.rows_quarantined),
            f"{_PREFIX}simulated": str(self.simulated).lower(),
            f"{_PREFIX}code-version": self.code_version,
            f"{_PREFIX}commit": commit,
        }

    def relaid(self, commit: str) -> dict[str, str]:
        """The properties of a snapshot that lays this version's rows out in other files; the version stays what it is."""
        return {
            **self.properties(commit),
            f"{_PREFIX}committed-at": self.committed_at.isoformat(timespec="milliseconds"),
        }

    @classmethod
    def from_snapshot(
        cls, dataset: str, snapshot_id: int, timestamp_ms: int, summary: Mapping[str, str]
    ) -> Self | None:
        """The version that a snapshot holds; None for the snapshots that only prepare one."""
        said = {key.removeprefix(_PREFIX): value for key, value in summary.items() if key.startswith(_PREFIX)}
        if "version" not in said:
            return None
        committed = said.get("committed-at")
        return cls(
            dataset=dataset,
            id=said["version"],
            number=int(said["version-number"]),
            snapshot_id=snapshot_id,
            committed_at=datetime.fromisoformat(committed)
            if committed
            else datetime.fromtimestamp(timestamp_ms / 1000, UTC),
            rows=int(said["rows"]),
            content_hash=said["content-hash"],
            contract=said["contract"],
            delivery=said["delivery"],
            run_id=said["run-id"],
            gate=said["gate"],
            rows_in=int(said["rows-in"]),
            rows_quarantined=int(said["rows-quarantined"]),
            simulated=said["simulated"] == "true",
            code_version=said["code-version"],
        )


def commit_token(summary: Mapping[str, str]) -> str | None:
    """The token that a snapshot's own files bear in their names."""
    return summary.get(f"{_PREFIX}commit")
