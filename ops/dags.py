"""The datasets' DAGs as their operator sees them: which there are, one run in the terminal, and the filling in of dates."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from blueprint import Contract, blueprint
from blueprint.days import ZONE
from blueprint.errors import HanoiError
from dags.sources.places import locate
from dags.steps.records import RunRecord
from dags.steps.slices import days, is_sliceable, require_dated
from ops import airflow
from ops.results import DatasetResult, result_of
from ops.schedules import in_words, next_run
from ops.settings import Settings
from ops.sources import with_sources

_OF_THE_PLATFORM = ("commit", "publish")
"""The steps that fail by no fault of the delivery, so that another date would fail at them as well."""


class NewerData(HanoiError):
    """Filling in a date would put older data in the place of newer ones."""


@dataclass(frozen=True)
class DagState:
    """One dataset's DAG: when it runs, and how its last run ended."""

    dataset: str
    agency: str
    schedule: str | None
    after: tuple[str, ...]
    words: dict[str, str]
    next_run: datetime | None
    publish: bool
    state: str
    ended_at: str | None

    def to_json(self) -> dict[str, Any]:
        told = self.next_run.isoformat(timespec="minutes") if self.next_run else None
        return {**asdict(self), "next_run": told}


@dataclass(frozen=True)
class DateResult:
    """One date of a backfill; ``state`` is ``todo`` before its run, then ``success`` or ``failed``, or ``skipped``."""

    date: str
    state: str
    version: str | None = None
    rows_in: int | None = None
    rows_accepted: int | None = None
    rows_quarantined: int | None = None
    error: dict[str, str] | None = None

    @property
    def ok(self) -> bool:
        return self.state in ("success", "skipped")


def states(home: Path, now: datetime | None = None) -> list[DagState]:
    """The DAG of every dataset, by name."""
    moment, found = now or datetime.now(ZONE), []
    for name, contract in sorted(blueprint().contracts.items()):
        record = RunRecord(home, name).read()
        found.append(
            DagState(
                dataset=name,
                agency=contract.agency,
                schedule=contract.schedule,
                after=contract.after,
                words=in_words(contract),
                next_run=next_run(contract, moment),
                publish=contract.publish,
                state=record.get("state", "never run"),
                ended_at=record.get("ended_at"),
            )
        )
    return found


def test(
    settings: Settings,
    dataset: str,
    *,
    day: date | None,
    file: Path | None,
    said: Callable[[str], None],
    heard: Callable[[airflow.DagEvent], None],
) -> DatasetResult:
    """Run the DAG of ``dataset`` once through Airflow, as the scheduler would, and return how it ended.

    ``said`` hears where the data come from, ``heard`` every step. It is a real run: what it accepts becomes a version.

    Raises:
        UnknownDataset, DeliveryMissing, WrongRequest: before anything runs.
    """
    contract = blueprint().contract(dataset)
    if day is not None:
        require_dated(contract)
    if file is not None:
        locate(contract, None, file)
    state = ""
    asked = airflow.DagRun.of(dataset, file, day.isoformat() if day else None)
    with _sources(settings, file, said) as found:
        for event in airflow.run(found, [asked], steps=True):
            heard(event)
            state = event.state if event.event == "end" else state
    return result_of(settings.home, dataset).confirmed(state)


@contextmanager
def _sources(settings: Settings, file: Path | None, said: Callable[[str], None]) -> Iterator[Settings]:
    if file is not None:
        yield settings
    else:
        with with_sources(settings, said) as found:
            yield found


def planned(home: Path, contract: Contract, first: date, last: date, *, again: bool) -> list[DateResult]:
    """What a backfill from ``first`` to ``last``, both included, has to do, in the order of the dates.

    A date whose run ended well is skipped, unless ``again``.

    Raises:
        WrongRequest: the dataset has no dated source, or the range is none or too long.
        NewerData: a delivery replaces the whole table, and a later date than the last to be run is already in it.
    """
    done = RunRecord(home, contract.dataset).dates()
    found = []
    for day in days(contract, first, last):
        kept = _result(day.isoformat(), done.get(day.isoformat(), {}))
        found.append(replace(kept, state="skipped") if kept.state == "success" and not again else _todo(kept))
    todo = [one.date for one in found if one.state == "todo"]
    newest = max((day for day, record in done.items() if record.get("state") == "success"), default="")
    if todo and todo[-1] < newest and not is_sliceable(contract):
        raise NewerData(
            f"{contract.dataset}: mỗi lần gửi thay toàn bộ bảng, và bảng đã có số liệu ngày {newest}. Nạp ngày {todo[-1]} sau cùng "
            f"sẽ đưa số liệu cũ lên. Hãy nạp lại đến hết ngày {newest}: --to {newest} --again.",
            f"{contract.dataset}: each delivery replaces the whole table, which already has the data of {newest}. With {todo[-1]} "
            f"run last, older data would take their place. Fill in up to {newest}: --to {newest} --again.",
        )
    return found


def backfill(
    settings: Settings,
    contract: Contract,
    plan: Sequence[DateResult],
    said: Callable[[str], None],
    heard: Callable[[airflow.DagEvent], None],
) -> list[DateResult]:
    """Run the DAG once for each date of ``plan`` that is to be done, in order; returns the plan with what became of each.

    A date that fails stops none of the others, unless it was the platform that failed; what is not done then stays so.
    """
    name = contract.dataset
    results = {one.date: one for one in plan}
    runs = [airflow.DagRun.of(name, date=one.date) for one in plan if one.state == "todo"]
    if not runs:
        return list(plan)
    with with_sources(settings, said) as found:
        events = airflow.run(found, runs)
        for event in events:
            heard(event)
            if event.event != "end" or event.date is None:
                continue
            record = RunRecord(settings.home, name, event.date).read()
            results[event.date] = _confirmed(_result(event.date, record), event.state)
            if results[event.date].state == "failed" and record.get("step") in _OF_THE_PLATFORM:
                events.close()
                break
    return list(results.values())


def _todo(kept: DateResult) -> DateResult:
    return DateResult(kept.date, "todo")


def _result(day: str, record: dict[str, Any]) -> DateResult:
    failed = record.get("state") == "failed"
    return DateResult(
        date=day,
        state=record.get("state", "todo"),
        version=record.get("version"),
        rows_in=record.get("rows_in"),
        rows_accepted=record.get("rows_accepted"),
        rows_quarantined=record.get("rows_quarantined"),
        error=record.get("error") if failed else None,
    )


def _confirmed(result: DateResult, airflow_state: str) -> DateResult:
    """The result, but failed where Airflow says so and the record does not."""
    if result.state == "failed" or (result.state == "success" and airflow_state == "success"):
        return result
    error = {
        "vi": f"Airflow báo {airflow_state}; xem logs/airflow-run.log trong thư mục trạng thái.",
        "en": f"Airflow says {airflow_state}; see logs/airflow-run.log in the state folder.",
    }
    return replace(result, state="failed", error=error)
