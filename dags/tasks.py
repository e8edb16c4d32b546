"""The five steps as Airflow tasks, to be wired into any DAG: ``from dags.tasks import fetch, conform, gate, commit, publish``.

Each task names the asset that it makes, so that other DAGs can be scheduled on a delivery, a version or a publication.
"""

from collections.abc import Callable
from typing import Any

from airflow.sdk import Asset, task
from airflow.sdk.exceptions import AirflowFailException

Json = dict[str, Any]


def asset(stage: str, dataset: str) -> Asset:
    """The asset that ``stage`` makes of ``dataset``, such as ``hanoi://version/bus-stops``."""
    return Asset(uri=f"hanoi://{stage}/{dataset}", name=f"{stage}/{dataset}")


def _run(step: str, dataset: str, call: Callable[[], Json]) -> Json:
    """Call one step; a refusal by the platform's own rules is final, anything else is left to Airflow's retries."""
    from blueprint.errors import HanoiError
    from dags.errors import DiskFull
    from dags.settings import PipelineSettings
    from dags.steps.records import RunRecord

    record = RunRecord(PipelineSettings().home, dataset)
    try:
        with DiskFull.told():
            return call()
    except HanoiError as error:
        record.fail(step, error)
        raise AirflowFailException(str(error)) from error
    except Exception as error:
        record.fail(step, error)
        raise


def fetch(dataset: str) -> Any:
    """Keep the raw bytes of the delivery under their SHA-256."""

    @task(task_id="fetch", outlets=[asset("delivery", dataset)])
    def run(params: Json | None = None, run_id: str | None = None) -> Json:
        from dags.steps import steps

        return _run("fetch", dataset, lambda: steps.fetch(dataset, str(run_id), (params or {}).get("file")))

    return run()


def conform(dataset: str, delivery: Any) -> Any:
    """Turn the delivery into accepted and quarantined rows."""

    @task(task_id="conform", inlets=[asset("delivery", dataset)], outlets=[asset("conformed", dataset)])
    def run(delivery: Json, run_id: str | None = None) -> Json:
        from dags.steps import steps

        return _run("conform", dataset, lambda: steps.conform(dataset, str(run_id), delivery))

    return run(delivery)


def gate(dataset: str, conformed: Any) -> Any:
    """Judge the accepted rows by Great Expectations on DuckDB."""

    @task(task_id="gate", inlets=[asset("conformed", dataset)], outlets=[asset("verdict", dataset)])
    def run(conformed: Json) -> Json:
        from dags.steps import steps

        return _run("gate", dataset, lambda: steps.gate(dataset, conformed))

    return run(conformed)


def commit(dataset: str, conformed: Any, verdict: Any) -> Any:
    """Commit the accepted rows as one version of the Iceberg table."""

    @task(task_id="commit", inlets=[asset("verdict", dataset)], outlets=[asset("version", dataset)], pool_slots=1)
    def run(conformed: Json, verdict: Json, run_id: str | None = None) -> Json:
        from dags.steps import steps

        return _run("commit", dataset, lambda: steps.commit(dataset, str(run_id), conformed, verdict))

    return run(conformed, verdict)


def publish(dataset: str, committed: Any) -> Any:
    """Publish the version to the catalogue in one visible step."""

    @task(task_id="publish", inlets=[asset("version", dataset)], outlets=[asset("publication", dataset)])
    def run(committed: Json, run_id: str | None = None) -> Json:
        from dags.steps import steps

        return _run("publish", dataset, lambda: steps.publish(dataset, str(run_id), committed))

    return run(committed)
