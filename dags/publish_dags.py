"""The airflow DAG that publishes newest versions again, as a catalogue that was made anew needs it. Wiring only."""

from typing import Any

from airflow.sdk import DAG, Param, task
from airflow.sdk.exceptions import AirflowFailException

from dags.notices.callbacks import family_done, family_failed

with DAG(
    dag_id="platform.publish",
    schedule=None,
    doc_md="Công bố lại phiên bản mới nhất của một hay mọi bộ dữ liệu. / Publish the newest version of one or all datasets again.",
    params={
        "dataset": Param(
            None,
            type=["null", "string"],
            title="Bộ dữ liệu / Dataset",
            description="Để trống: mọi bộ dữ liệu được công bố. / Empty: every dataset that is published.",
        )
    },
    catchup=False,
    max_active_runs=1,
    is_paused_upon_creation=False,
    tags=["platform"],
    default_args={"retries": 2, "on_failure_callback": family_failed, "on_success_callback": family_done},
):

    @task
    def datasets(params: dict[str, Any]) -> list[str]:
        from blueprint import blueprint

        plan, wanted = blueprint(), params.get("dataset")
        return [plan.contract(wanted).dataset] if wanted else [n for n, c in plan.contracts.items() if c.publish]

    @task(max_active_tis_per_dagrun=1)
    def publish(dataset: str) -> dict[str, Any]:
        from blueprint.errors import HanoiError
        from dags.steps.steps import republish

        try:
            return republish(dataset)
        except HanoiError as error:
            raise AirflowFailException(str(error)) from error

    publish.expand(dataset=datasets())
