"""The five real steps on a small dataset, without Airflow and with a catalogue that only notes which version it serves.

``python -m tests.lake.pipeline`` imports everything once, and then runs the steps in forks of itself, each of which can
be told at which moment to be killed. It says its points on one line, reads one request a line and answers on one line.
"""

import json
import os
import signal
import sys
import traceback
from dataclasses import dataclass
from inspect import getattr_static
from pathlib import Path
from typing import Any

# What a run would import on its way is imported here, so that a fork finds it loaded.
import filelock  # noqa: F401
import great_expectations  # noqa: F401
import pyiceberg.catalog.sql
import pyiceberg.io.pyarrow  # noqa: F401

import quality.engine
import quality.gate  # noqa: F401
from catalog.publisher import Publication, PublishedFile, publishing
from dags.quarantine import Quarantine
from dags.sources import deliveries
from dags.sources.deliveries import DeliveryStore
from dags.steps import reports, steps
from dags.steps.judging import Judging
from dags.steps.records import RunRecord
from lake import Lake, Version
from lake.commit import Commit
from lake.folders import private_folder, replacing
from lake.swap import LakeCatalog
from tests.dags.builders import contract, plan_of

CONTRACT = contract(partition="observed_at", partition_by="day")
DATASET = CONTRACT.dataset


@dataclass(frozen=True)
class Point:
    """A moment of a run: before or after the call of ``name`` in ``place``, the ``nth`` time that it comes."""

    said: str
    place: Any
    name: str
    after: bool = True
    nth: int = 1

    def dies(self) -> None:
        """Let this process be killed at the moment."""
        original, calls = getattr(self.place, self.name), 0

        def called(*given: Any, **named: Any) -> Any:
            nonlocal calls
            calls += 1
            if calls == self.nth and not self.after:
                os.kill(os.getpid(), signal.SIGKILL)
            result = original(*given, **named)
            if calls == self.nth:
                os.kill(os.getpid(), signal.SIGKILL)
            return result

        static = isinstance(getattr_static(self.place, self.name), staticmethod)
        setattr(self.place, self.name, staticmethod(called) if static else called)


class Shelf:
    """A catalogue that serves one version of one dataset: the file ``served.json`` of the home says which."""

    def __init__(self, home: Path) -> None:
        self.file = home / "served.json"

    def require(self) -> None:
        """It always answers."""

    def publish(
        self, declared: object, version: Version, files: tuple[PublishedFile, ...], notices: object = ()
    ) -> Publication:
        with replacing(self.file) as part:
            part.write_text(json.dumps({"version": version.id, "files": [f.url for f in files]}), encoding="utf-8")
        return Publication("http://127.0.0.1/dataset", changed=True)


POINTS = (
    Point("fetch begins", DeliveryStore, "keep", after=False),
    Point("raw bytes written, not yet named", DeliveryStore, "path", after=False),
    Point("raw bytes named, no record", deliveries, "delivery_id", after=False),
    Point("delivery kept", DeliveryStore, "keep"),
    Point("fetch noted", RunRecord, "note"),
    Point("conform begins", Judging, "judge", after=False),
    Point("rows judged", Judging, "judge"),
    Point("accepted rows written", Judging, "write_accepted"),
    Point("quarantined rows written", Judging, "write_quarantined"),
    Point("conform noted", RunRecord, "note", nth=2),
    Point("quarantine about to be kept", Quarantine, "keep", after=False),
    Point("quarantine kept", Quarantine, "keep"),
    Point("verdict given", steps, "judge"),
    Point("quality report kept", reports, "keep_judged"),
    Point("verdict noted", RunRecord, "note", nth=3),
    Point("commit begins", Commit, "write", after=False),
    Point("files staged", Commit, "_staged"),
    Point("first of several files moved", Path, "rename"),
    Point("all files moved", Commit, "_placed"),
    Point("manifests written, metadata about to be", LakeCatalog, "commit_table", after=False),
    Point("metadata written", LakeCatalog, "_write_metadata"),
    Point("catalog swapped", LakeCatalog, "commit_table"),
    Point("version committed", Lake, "commit"),
    Point("quarantine settled", Quarantine, "settle"),
    Point("history written", steps, "remember"),
    Point("commit noted", RunRecord, "note", nth=4),
    Point("publish begins", Lake, "select", after=False),
    Point("published files written", publishing, "published"),
    Point("published", Shelf, "publish"),
    Point("index of versions written", publishing, "write_index"),
    Point("publish noted", RunRecord, "note", nth=5),
)
FIRST_POINTS = (
    Point("catalog drafted", LakeCatalog, "create_namespace"),
    Point("table's first metadata written", LakeCatalog, "_write_metadata"),
    Point("table made", LakeCatalog, "create_table"),
)
"""Moments that only the first commit of a home has."""


def run(home: Path, file: Path, run_id: str) -> dict[str, Any]:
    """Run the five steps on a file; returns what the commit said."""
    os.environ["HANOI_HOME"] = str(home)
    private_folder(home)
    steps.blueprint = lambda: plan_of(CONTRACT)
    steps._catalogue = lambda settings: Shelf(home)
    delivery = steps.fetch(DATASET, run_id, str(file))
    conformed = steps.conform(DATASET, run_id, delivery)
    verdict = steps.gate(DATASET, conformed)
    committed = steps.commit(DATASET, run_id, conformed, verdict)
    steps.publish(DATASET, run_id, committed)
    return committed


def serve() -> None:
    """Run each request, ``[home, file, run id, point or None]``, in a fork; answers with the signal that ended it."""
    points = (*FIRST_POINTS, *POINTS)
    print(json.dumps([[point.said for point in some] for some in (FIRST_POINTS, POINTS)]), flush=True)
    for line in sys.stdin:
        home, file, run_id, point = json.loads(line)
        child = os.fork()
        if child == 0:
            try:
                if point is not None:
                    points[point].dies()
                run(Path(home), Path(file), run_id)
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                os._exit(1)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


if __name__ == "__main__":
    serve()
