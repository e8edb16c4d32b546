"""What a run of datasets gave, in the form that the CLI prints and other programs read."""

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from dags.steps.records import RunRecord


@dataclass(frozen=True)
class DatasetResult:
    """One dataset's run. Counts are ``None`` for steps that were not reached; ``error`` says why."""

    id: str
    delivery: str | None
    rows_in: int | None
    rows_accepted: int | None
    rows_quarantined: int | None
    rows_out_of_scope: int | None
    gate: str | None
    version: str | None
    new_version: bool | None
    catalogue_url: str | None
    simulated: bool
    state: str
    error: dict[str, str] | None

    @property
    def ok(self) -> bool:
        return self.state == "success"

    def confirmed(self, airflow_state: str) -> "DatasetResult":
        """This result, but failed where Airflow says so and the record, perhaps an older run's, does not."""
        if not self.ok or airflow_state == "success":
            return self
        error = {
            "vi": f"Airflow báo {airflow_state or 'không kết thúc'}; xem logs/airflow-run.log trong thư mục trạng thái.",
            "en": f"Airflow says {airflow_state or 'not ended'}; see logs/airflow-run.log in the state folder.",
        }
        return replace(self, state="failed", error=error)


def result_of(home: Path, dataset: str) -> DatasetResult:
    """The result of the last run of ``dataset``, from its record."""
    record = RunRecord(home, dataset).read()
    fields = (
        "delivery",
        "rows_in",
        "rows_accepted",
        "rows_quarantined",
        "rows_out_of_scope",
        "gate",
        "version",
        "new_version",
        "catalogue_url",
    )
    return DatasetResult(
        id=dataset,
        **{name: record.get(name) for name in fields},
        simulated=bool(record.get("simulated")),
        state=record.get("state", "never run"),
        error=record.get("error") if record.get("state") == "failed" else None,
    )


def as_json(results: list[DatasetResult], catalogue_url: str) -> dict[str, Any]:
    """The one JSON object that ``demo --json`` and ``ingest --json`` print."""
    return {"datasets": [asdict(r) for r in results], "catalogue_url": catalogue_url}
