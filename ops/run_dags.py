"""Run datasets' DAGs through Airflow in this process and report on a pipe. Started by ``ops.airflow.run``."""

import argparse
import json
import os
from contextlib import nullcontext
from typing import Any, TextIO


def main() -> None:
    """Run each DAG with ``dag.test()`` from the scheduler's own DAG files; a run is JSON with its ``dataset`` and ``conf``."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--events", type=int, required=True, help="file descriptor that events are written to")
    parser.add_argument("--steps", action="store_true", help="tell of every task as well")
    parser.add_argument("runs", nargs="+", type=json.loads)
    arguments = parser.parse_args()
    from airflow.configuration import conf
    from airflow.dag_processing.dagbag import DagBag

    found: dict[str, Any] = {}
    for folder in filter(None, (conf.get("core", "dags_folder"), os.environ.get("HANOI_DAGS"))):
        bag = DagBag(folder)
        if bag.import_errors:
            raise SystemExit(f"DAG files do not load: {bag.import_errors}")
        found |= bag.dags
    with os.fdopen(arguments.events, "w", encoding="utf-8", buffering=1) as events:
        for run in arguments.runs:
            said = {"dataset": run["dataset"], "date": run["conf"].get("date")}
            _tell(events, **said, event="start")
            with _Steps(events, said) if arguments.steps else nullcontext():
                finished = found[run["dataset"]].test(run_conf=run["conf"])
            _tell(events, **said, event="end", state=str(finished.state))


class _Steps:
    """Listens to Airflow while a run lasts, and tells of each task that begins and ends."""

    def __init__(self, events: TextIO, said: dict[str, Any]) -> None:
        from airflow.listeners import hookimpl

        def tell(task: Any, state: str) -> None:
            _tell(events, **said, event="step", task=task.task_id, state=state)

        class Listener:
            @hookimpl
            def on_task_instance_running(self, task_instance: Any) -> None:
                tell(task_instance, "running")

            @hookimpl
            def on_task_instance_success(self, task_instance: Any) -> None:
                tell(task_instance, "success")

            @hookimpl
            def on_task_instance_failed(self, task_instance: Any) -> None:
                tell(task_instance, "failed")

        self._listener = Listener()

    def __enter__(self) -> None:
        from airflow.sdk.listener import get_listener_manager

        get_listener_manager().add_listener(self._listener)

    def __exit__(self, *_: object) -> None:
        from airflow.sdk.listener import get_listener_manager

        get_listener_manager().pm.unregister(self._listener)


def _tell(events: TextIO, **said: Any) -> None:
    events.write(json.dumps(said) + "\n")


if __name__ == "__main__":
    main()
