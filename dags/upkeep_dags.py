"""The airflow DAGs that keep the platform: the lake every night, freshness every hour. Wiring only."""

from typing import Any

from airflow.sdk import DAG, task

from dags.factory import clock
from dags.notices.callbacks import family_done, family_failed

_COMMON: dict[str, Any] = {
    "catchup": False,
    "max_active_runs": 1,
    "is_paused_upon_creation": False,
    "tags": ["platform"],
    "default_args": {"retries": 2, "on_failure_callback": family_failed, "on_success_callback": family_done},
}

with DAG(
    dag_id="platform.maintain",
    schedule=clock("0 3 * * *"),
    doc_md="Mỗi đêm: gộp tệp nhỏ, bỏ phiên bản quá cũ, xóa tệp thừa. / Every night: compact, drop old versions, remove orphans.",
    **_COMMON,
):

    @task
    def maintain() -> dict[str, Any]:
        from dags.settings import PipelineSettings
        from dags.steps.upkeep import nightly

        return nightly(PipelineSettings())

    maintain()

with DAG(
    dag_id="platform.watch",
    schedule=clock("5 * * * *"),
    doc_md="Mỗi giờ: bộ dữ liệu nào trễ hạn, và báo. / Every hour: which datasets are late, and tell.",
    **_COMMON,
):

    @task
    def watch() -> dict[str, Any]:
        from dags.settings import PipelineSettings
        from dags.steps.watch import watch as look

        return look(PipelineSettings())

    watch()
