"""What runs, and what each dataset stands at."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint import blueprint
from ops.catalogue import running
from ops.results import DatasetResult, result_of
from ops.settings import lake_of


@dataclass(frozen=True)
class DatasetStatus:
    """One dataset: its current version in the lake and how its last run ended."""

    id: str
    version: str | None
    rows: int | None
    committed_at: str | None
    last: DatasetResult

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "version": self.version,
            "rows": self.rows,
            "committed_at": self.committed_at,
            "rows_quarantined": self.last.rows_quarantined,
            "simulated": self.last.simulated,
            "last_run": self.last.state,
            "error": self.last.error,
            "catalogue_url": self.last.catalogue_url,
        }


@dataclass(frozen=True)
class Status:
    """The platform of one home."""

    home: Path
    catalogue: str | None
    datasets: tuple[DatasetStatus, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "home": str(self.home),
            "catalogue_url": self.catalogue,
            "catalogue_running": self.catalogue is not None,
            "datasets": [d.to_json() for d in self.datasets],
        }


def status(home: Path) -> Status:
    """Read the state of ``home``; changes nothing, starts nothing."""
    found = running(home)
    lake = lake_of(home)
    datasets = []
    for name in blueprint().contracts:
        current = lake.current(name)
        datasets.append(
            DatasetStatus(
                name,
                current.id if current else None,
                current.rows if current else None,
                current.committed_at.isoformat(timespec="seconds") if current else None,
                result_of(home, name),
            )
        )
    return Status(home, str(found["url"]) if found else None, tuple(datasets))
