"""The airflow DAG of every dataset of the Blueprint. Wiring only: a dataset is added by adding its contract."""

from airflow.sdk import get_parsing_context

from dags.factory import dag_of
from dags.settings import PipelineSettings
from dags.wiring import wirings

wanted = get_parsing_context().dag_id  # a worker that runs a task needs the DAG of its own dataset alone

for wiring in wirings(PipelineSettings().home):
    if wanted in (None, wiring.dataset):
        globals()[wiring.dataset.replace("-", "_")] = dag_of(wiring)
