"""Running datasets through their DAGs, with the catalogue up."""

from collections.abc import Sequence
from pathlib import Path

from blueprint import blueprint
from dags.sources.places import locate
from ops import airflow
from ops.results import DatasetResult, result_of
from ops.settings import Settings
from ops.show import Teller
from ops.sources import with_sources


def ingest(
    settings: Settings, datasets: Sequence[str], teller: Teller, file: Path | None = None
) -> list[DatasetResult]:
    """Run the DAG of each dataset once and return how each ended.

    Raises:
        UnknownDataset, DeliveryMissing: before anything runs, when a name is not in the Blueprint or ``file`` is not there.
    """
    plan = blueprint()
    contracts = [plan.contract(dataset) for dataset in datasets]
    if file is not None:
        locate(contracts[0], None, file)
        states = teller.follow(airflow.run(settings, [airflow.DagRun.of(datasets[0], file)]), 1)
    else:
        with with_sources(settings, teller.say) as found:
            states = teller.follow(airflow.run(found, [airflow.DagRun.of(name) for name in datasets]), len(datasets))
    return [result_of(settings.home, dataset).confirmed(states.get(dataset, "")) for dataset in datasets]
