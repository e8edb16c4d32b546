"""A DAG from a contract: fetch, conform, gate, commit, publish."""

from datetime import timedelta
from typing import Any

import pendulum
from airflow.sdk import (
    DAG,
    Asset,
    AssetAny,
    AssetOrTimeSchedule,
    CronTriggerTimetable,
    DeadlineAlert,
    DeadlineReference,
    Param,
    SyncCallback,
    task_group,
)

from blueprint import Contract
from blueprint.freshness import parsed
from dags.tasks import asset, commit, conform, fetch, gate, publish, slices
from dags.wiring import Wiring, wiring_of

ZONE = pendulum.timezone("Asia/Ho_Chi_Minh")
_ANY_DAY = pendulum.datetime(2025, 7, 1, tz=ZONE)
_DAY = {"type": ["null", "string"], "format": "date"}
_FILE = Param(
    None,
    type=["null", "string"],
    title="Tệp / File",
    description="Tệp gửi tay thay cho nguồn đã khai báo. / A file given by hand instead of the source.",
)
_FILES = Param(
    None,
    type=["null", "string", "array"],
    title="Tệp / Files",
    description="Một hay nhiều tệp gửi tay; mỗi tệp là một bộ dữ liệu gửi riêng. / One or more files given by hand, each a "
    "delivery of its own.",
)
_DATE = Param(
    None,
    **_DAY,
    title="Ngày / Date",
    description="Ngày của bộ dữ liệu gửi, giờ Hà Nội. / Day of the delivery, Hà Nội time.",
)
_FROM = Param(
    None,
    **_DAY,
    title="Từ ngày / From",
    description="Ngày đầu khi nạp bù một khoảng ngày. / First day of a range to be filled in.",
)
_TO = Param(
    None,
    **_DAY,
    title="Đến ngày / To",
    description="Ngày cuối khi nạp bù, tính cả ngày này. / Last day of the range, included.",
)


def dag_of(contract: Contract | Wiring) -> DAG:
    """The ingest DAG of one dataset; its id is the dataset's, its documentation the contract's.

    A dataset whose deliveries bring partitions of their own takes several at once, each mapped over the five steps: files
    that are given by hand, or the days of a range.
    """
    wiring = contract if isinstance(contract, Wiring) else wiring_of(contract)
    with DAG(
        dag_id=wiring.dataset,
        schedule=_schedule(wiring),
        catchup=False,
        max_active_runs=1,
        is_paused_upon_creation=False,
        tags=[wiring.agency, wiring.theme.rsplit("/", 1)[-1]],
        doc_md=_doc(wiring),
        deadline=_deadline(wiring),
    ) as dag:
        if wiring.sliceable:
            _mapped(wiring)
        else:
            _chain(wiring)
    dag.params = _params(wiring)  # set last: Airflow would copy them into every task, though a run reads these
    return dag


def _chain(wiring: Wiring, taken: Any = None) -> None:
    name = wiring.dataset
    conformed = conform(name, fetch(name, taken))
    committed = commit(name, conformed, gate(name, conformed))
    if wiring.publish:
        publish(name, committed)


def _mapped(wiring: Wiring) -> None:
    @task_group(group_id="delivery", prefix_group_id=False)
    def delivery(taken: Any) -> None:
        _chain(wiring, taken)

    delivery.expand(taken=slices(wiring.dataset))


def _params(wiring: Wiring) -> dict[str, Param]:
    found = {"file": _FILES if wiring.sliceable else _FILE}
    if wiring.dated:
        found["date"] = _DATE
        if wiring.sliceable:
            found |= {"date_from": _FROM, "date_to": _TO}
    return found


def clock(schedule: str) -> CronTriggerTimetable:
    """A cron expression in Asia/Ho_Chi_Minh. A DAG that is new waits for its next time, and does not make up for the last."""
    return CronTriggerTimetable(schedule, timezone=ZONE)


def _schedule(wiring: Wiring) -> Any:
    """By the clock, after each version of the datasets it comes after, or by both; None for only on request."""
    after: list[Asset] = [asset("version", dataset) for dataset in wiring.after]
    if not after:
        return clock(wiring.schedule) if wiring.schedule else None
    versions = AssetAny(*after) if len(after) > 1 else after[0]
    return AssetOrTimeSchedule(timetable=clock(wiring.schedule), assets=versions) if wiring.schedule else versions


def _deadline(wiring: Wiring) -> DeadlineAlert | None:
    """Where a delivery is promised by the clock and within a grace, whoever waits for it is told when that is over."""
    if wiring.schedule is None or wiring.grace is None:
        return None
    return DeadlineAlert(
        reference=DeadlineReference.DAGRUN_LOGICAL_DATE,
        interval=timedelta(seconds=((_ANY_DAY + parsed(wiring.grace)) - _ANY_DAY).total_seconds()),
        callback=SyncCallback("dags.notices.callbacks.slow", kwargs={"dataset": wiring.dataset}),
    )


def _doc(wiring: Wiring) -> str:
    vi, en = wiring.title["vi"], wiring.title["en"]
    kept = "" if wiring.publish else "\n\n**Không công bố: chỉ ở trong kho dữ liệu.** *Kept within the lake.*"
    return (
        f"# {vi}\n\n{wiring.description['vi']}\n\n*{en}.* {wiring.description['en']}\n\n{wiring.source_note['vi']}\n"
        f"*{wiring.source_note['en']}*{kept}\n\n`{wiring.ref}`"
    )
