"""The five steps as Airflow tasks, to be wired into any DAG: ``from dags.tasks import fetch, conform, gate, commit, publish``.

Each task names the asset that it makes, so that other DAGs can be scheduled on a delivery, a version or a publication.
What a function here returns is the task's output, to be given to the next one; ``options`` are those of any operator,
such as ``task_id`` where one DAG takes two datasets.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from airflow.sdk import Asset, BaseOperator
from airflow.sdk.exceptions import AirflowFailException

from blueprint.days import ZONE
from dags.notices.callbacks import failed
from dags.pools import pool_of

_KEPT = {"conform": "delivery", "gate": "conformed", "commit": "verdict", "publish": "version"}
_MADE = {"fetch": "delivery", "conform": "conformed", "gate": "verdict", "commit": "version", "publish": "publication"}
_PATIENCE: Mapping[str, Any] = {
    "retries": 3,
    "retry_delay": timedelta(minutes=1),
    "retry_exponential_backoff": 2,
    "max_retry_delay": timedelta(hours=1),
    "on_failure_callback": failed,
}
_FETCHES = 6
"""How often a delivery that is not there yet is looked for again: over two hours in all."""


@cache
def asset(stage: str, dataset: str) -> Asset:
    """The asset that ``stage`` makes of ``dataset``, such as ``hanoi://version/bus-stops``."""
    return Asset(uri=f"hanoi://{stage}/{dataset}", name=f"{stage}/{dataset}")


class Step(BaseOperator):
    """One step of one dataset's run. ``given`` holds the outputs of the tasks before it, by name.

    A refusal by the platform's own rules is final. What may pass, such as a file that is not there yet, is tried again with
    growing waits, unless somebody started the run by hand and waits for the answer.
    """

    template_fields = ("given",)
    ui_color = "#e8f3ee"

    def __init__(self, *, step: str, dataset: str, given: Mapping[str, Any] | None = None, **options: Any) -> None:
        stated = options.get("default_args") or {}
        defaults = {**_PATIENCE, **({"retries": _FETCHES} if step == "fetch" else {})}
        if step in ("commit", "publish"):
            defaults["pool"] = pool_of(dataset)
        options = {**{k: v for k, v in defaults.items() if k not in stated}, **options}
        options.setdefault("inlets", [asset(_KEPT[step], dataset)] if step in _KEPT else [])
        options.setdefault("outlets", [asset(_MADE[step], dataset)] if step in _MADE else [])
        super().__init__(**options)
        self.step, self.dataset, self.given = step, dataset, dict(given or {})

    def execute(self, context: Any) -> Any:
        from dags.steps.running import Call, may_pass, run_step

        run = context["dag_run"]
        moment = run.logical_date or run.run_after or datetime.now(ZONE)
        asked, day = dict(context["params"]), moment.astimezone(ZONE).date()
        try:
            return run_step(Call(self.step, self.dataset, run.run_id, asked, day, self.given))
        except Exception as error:
            waited_for = getattr(run.run_type, "value", run.run_type) == "manual"
            if not waited_for and may_pass(error):
                raise
            raise AirflowFailException(str(error)) from error


def slices(dataset: str, **options: Any) -> Any:
    """The deliveries that a run takes: one for each of its files, or for each day of its range."""
    return Step(step="slices", dataset=dataset, **{"task_id": "slices", **options}).output


def fetch(dataset: str, slice: Any = None, **options: Any) -> Any:  # noqa: A002 - it is one of `slices`
    """Keep the raw bytes of the delivery under their SHA-256.

    The run's parameters ``file`` and ``date`` say which, where its DAG has them; else it is the newest at the source.
    """
    given = {} if slice is None else {"slice": slice}
    return Step(step="fetch", dataset=dataset, given=given, **{"task_id": "fetch", **options}).output


def conform(dataset: str, delivery: Any, **options: Any) -> Any:
    """Turn the delivery into accepted and quarantined rows."""
    return Step(
        step="conform", dataset=dataset, given={"delivery": delivery}, **{"task_id": "conform", **options}
    ).output


def gate(dataset: str, conformed: Any, **options: Any) -> Any:
    """Judge the accepted rows by Great Expectations on DuckDB."""
    return Step(step="gate", dataset=dataset, given={"conformed": conformed}, **{"task_id": "gate", **options}).output


def commit(dataset: str, conformed: Any, verdict: Any, **options: Any) -> Any:
    """Commit the accepted rows as one version of the Iceberg table."""
    given = {"conformed": conformed, "verdict": verdict}
    return Step(step="commit", dataset=dataset, given=given, **{"task_id": "commit", **options}).output


def publish(dataset: str, committed: Any, **options: Any) -> Any:
    """Publish the version to the catalogue in one visible step."""
    return Step(
        step="publish", dataset=dataset, given={"committed": committed}, **{"task_id": "publish", **options}
    ).output
