"""Runs of the five steps against the simulated city, with a catalogue that only remembers what it serves."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from blueprint.errors import HanoiError
from dags.settings import PipelineSettings
from dags.sources.deliveries import DeliveryStore
from dags.steps import steps
from dags.steps.records import RunRecord
from lake import Version
from ops.results import DatasetResult, result_of


class Shelf:
    """A catalogue that serves the version that was last put on it."""

    def __init__(self) -> None:
        self.served: dict[str, str] = {}

    def require(self) -> None:
        """It always answers."""

    def publish(self, declared: Any, version: Version, files: object, notices: object = ()) -> Any:
        changed = self.served.get(declared.dataset) != version.id
        self.served[declared.dataset] = version.id
        return type("Publication", (), {"url": "http://127.0.0.1/dataset", "changed": changed})()


@dataclass(frozen=True)
class City:
    """The platform's home, the catalogue, and the address of the agencies."""

    home: Path
    shelf: Shelf
    url: str
    point: Callable[[str], None]

    def run(self, dataset: str, fault: str | None = None) -> tuple[DatasetResult, str | None]:
        """One run; returns its record as the operator reads it, and the step that ended it where it failed."""
        self.point(f"{self.url}/faults/{fault}" if fault else self.url)
        run_id, record = f"{dataset}-{fault}", RunRecord(PipelineSettings().home, dataset)
        step = "fetch"
        try:
            delivery = steps.fetch(dataset, run_id)
            step = "conform"
            conformed = steps.conform(dataset, run_id, delivery)
            step = "gate"
            verdict = steps.gate(dataset, conformed)
            step = "commit"
            committed = steps.commit(dataset, run_id, conformed, verdict)
            step = "publish"
            steps.publish(dataset, run_id, committed)
        except HanoiError as error:
            record.fail(step, error)
            return result_of(self.home, dataset), step
        return result_of(self.home, dataset), None

    def deliveries(self, dataset: str) -> int:
        """How many deliveries of the dataset are kept."""
        return len(DeliveryStore(self.home, 1).deliveries(dataset))
