"""A DAG from a contract: fetch, conform, gate, commit, publish."""

from datetime import timedelta

import pendulum
from airflow.sdk import DAG, Param

from blueprint import Contract
from dags.tasks import commit, conform, fetch, gate, publish

ZONE = pendulum.timezone("Asia/Ho_Chi_Minh")


def dag_of(contract: Contract) -> DAG:
    """The ingest DAG of one dataset; its id is the dataset's, its documentation the contract's."""
    with DAG(
        dag_id=contract.dataset,
        schedule=contract.schedule,
        start_date=pendulum.datetime(2025, 7, 1, tz=ZONE),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=[contract.agency, contract.theme.rsplit("/", 1)[-1]],
        doc_md=f"# {contract.title.vi}\n\n{contract.description.vi}\n\n*{contract.title.en}.* {contract.description.en}\n\n`{contract.ref}`",
        default_args={"retries": 2, "retry_delay": timedelta(seconds=30), "retry_exponential_backoff": True},
        params={"file": Param(None, type=["null", "string"], description="Tệp gửi tay / a file given by hand")},
    ) as dag:
        conformed = conform(contract.dataset, fetch(contract.dataset))
        publish(contract.dataset, commit(contract.dataset, conformed, gate(contract.dataset, conformed)))
    return dag
