"""The airflow DAG of every dataset of the Blueprint. Wiring only: a dataset is added by adding its contract."""

from blueprint import blueprint
from dags.factory import dag_of

for contract in blueprint().contracts.values():
    globals()[contract.dataset.replace("-", "_")] = dag_of(contract)
