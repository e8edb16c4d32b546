"""Run datasets' DAGs through Airflow in this process and report on a pipe. Started by ``ops.airflow.run``."""

import argparse
import json
import os
from typing import TextIO


def main() -> None:
    """Run each named DAG with ``dag.test()`` from the scheduler's own DAG files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, required=True, help="file descriptor that events are written to")
    parser.add_argument("--file", help="a delivery given by hand")
    parser.add_argument("datasets", nargs="+")
    arguments = parser.parse_args()
    from airflow.configuration import conf
    from airflow.dag_processing.dagbag import DagBag

    bag = DagBag(conf.get("core", "dags_folder"))
    if bag.import_errors:
        raise SystemExit(f"DAG files do not load: {bag.import_errors}")
    with os.fdopen(arguments.events, "w", encoding="utf-8", buffering=1) as events:
        for dataset in arguments.datasets:
            _tell(events, dataset, "start")
            finished = bag.dags[dataset].test(run_conf={"file": arguments.file})
            _tell(events, dataset, "end", str(finished.state))


def _tell(events: TextIO, dataset: str, event: str, state: str = "") -> None:
    events.write(json.dumps({"dataset": dataset, "event": event, "state": state}) + "\n")


if __name__ == "__main__":
    main()
