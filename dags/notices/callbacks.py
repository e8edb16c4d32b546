"""What Airflow calls when a task has failed for good, or a run is not done in time. Imports are late: DAG files read this."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blueprint import Contract
    from dags.notices.outbox import Notice
    from dags.settings import PipelineSettings

PLATFORM = "platform"
"""Stands for the agency where a notice is about the platform as a whole."""
_JUDGING = ("fetch", "slices", "conform", "gate")
"""The steps at which an agency can mend what went wrong; what fails after them is the platform's own."""


def failed(context: Mapping[str, Any]) -> None:
    """Tell of a step that failed: a notice in the outbox, which is sent where the settings say how."""
    from dags.settings import PipelineSettings
    from dags.steps.running import part_of

    task, error = context["task"], context.get("exception")
    cause = getattr(error, "__cause__", None) or error
    part = part_of(getattr(task, "given", {}) or {})
    tell_failed(PipelineSettings(), task.dataset, task.step, str(context.get("run_id")), part, cause)


def family_failed(context: Mapping[str, Any]) -> None:
    """Tell the operator of a DAG that works on the platform as a whole."""
    from dags.errors import StepFailed, as_told
    from dags.notices.outbox import Notice
    from dags.settings import PipelineSettings

    task, error = context["task"], context.get("exception")
    cause = getattr(error, "__cause__", None) or error
    told = as_told(cause, task.task_id) if isinstance(cause, BaseException) else StepFailed(task.task_id, "stopped")
    notice = Notice(
        kind="failed",
        agency=PLATFORM,
        dataset=str(context["dag"].dag_id),
        title={"vi": "Nền tảng", "en": "The platform"},
        step=task.task_id,
        said={"vi": told.vi, "en": told.en},
        next={
            "vi": "Đơn vị vận hành mở nhật ký của bước này trong Airflow.",
            "en": "The operator opens the log of this step in Airflow.",
        },
        for_agency=False,
        fault=told.en,
        run_id=str(context.get("run_id")),
    )
    _out(PipelineSettings(), notice)


def family_done(context: Mapping[str, Any]) -> None:
    """What was told of such a DAG is over."""
    from dags.notices.outbox import Outbox
    from dags.settings import PipelineSettings

    Outbox(PipelineSettings().home).settle(str(context["dag"].dag_id), ("failed",))


def slow(context: Mapping[str, Any] | None = None, *, dataset: str, **_: Any) -> None:
    """Tell of a scheduled run that has not ended within the grace of its contract."""
    from blueprint import blueprint
    from dags.notices.outbox import Notice
    from dags.settings import PipelineSettings

    contract = blueprint().contract(dataset)
    run_id = str(((context or {}).get("dag_run") or {}).get("dag_run_id"))
    notice = Notice(
        kind="slow",
        agency=contract.agency,
        dataset=dataset,
        title={"vi": contract.title.vi, "en": contract.title.en},
        step=None,
        said={
            "vi": "Lần chạy theo lịch chưa xong trong thời gian gia hạn. Bản đang công bố không đổi.",
            "en": "The scheduled run has not ended within its grace. What is published is unchanged.",
        },
        next={
            "vi": "Xem lần chạy này trong Airflow: tệp chưa đến, hay một bước đang chờ.",
            "en": "Look at this run in Airflow: the file has not come, or a step is waiting.",
        },
        for_agency=False,
        fault=run_id,
        run_id=run_id,
    )
    _out(PipelineSettings(), notice)


def tell_failed(
    settings: "PipelineSettings", dataset: str, step: str, run_id: str, part: str | None, error: Any
) -> None:
    """Put the notice of a failed step into the outbox and send it.

    What is said is what the run's record says; nothing of an error that the platform did not raise itself is told but its
    kind. The same fault of the same delivery is told once.
    """
    from blueprint import blueprint
    from dags.errors import StepFailed, as_told
    from dags.notices.outbox import Notice
    from dags.steps.records import RunRecord

    contract = blueprint().contract(dataset)
    record = RunRecord(settings.home, dataset, part).read()
    own = record if record.get("run_id") == run_id and record.get("state") == "failed" else {}
    told = as_told(error, step) if isinstance(error, BaseException) else StepFailed(step, "stopped")
    said = own.get("error") or {"vi": told.vi, "en": told.en}
    notice = Notice(
        kind="failed",
        agency=contract.agency,
        dataset=dataset,
        title={"vi": contract.title.vi, "en": contract.title.en},
        step="fetch" if step == "slices" else step,
        said=said,
        next=_next(dataset, step, unforeseen=isinstance(told, StepFailed)),
        for_agency=step in _JUDGING,
        fault=str(own.get("delivery") or said["en"]),
        part=part,
        run_id=run_id,
    )
    _out(settings, notice, contract, own.get("delivery"))


def _out(
    settings: "PipelineSettings", notice: "Notice", contract: "Contract | None" = None, delivery: str | None = None
) -> None:
    from dags.notices.outbox import Outbox
    from dags.notices.sending import send

    def page() -> str | None:
        if contract is None or delivery is None or notice.step not in ("conform", "gate"):
            return None
        from quality.report import ReportStore, html

        results = ReportStore(settings.home).results(contract.dataset)
        found = next((r for r in results if r.delivery.id == delivery), None)
        return html(found, history=results) if found else None

    if Outbox(settings.home).tell(notice, page):
        send(settings)


def _next(dataset: str, step: str, *, unforeseen: bool) -> dict[str, str]:
    if unforeseen or step not in _JUDGING:
        return {
            "vi": f"Đơn vị vận hành xem `hanoi status`, mở nhật ký của bước này, rồi chạy lại: hanoi ingest {dataset}",
            "en": f"The operator looks at `hanoi status` and the log of this step, then runs it again: hanoi ingest {dataset}",
        }
    if step in ("fetch", "slices"):
        return {
            "vi": "Kiểm tra tệp đã nằm đúng chỗ và đúng tên chưa; nếu chưa, hãy gửi lại. Lần chạy sau sẽ lấy tệp.",
            "en": "See whether the file is in its place under its name; if not, send it again. The next run takes it.",
        }
    return {
        "vi": f"Mở báo cáo để biết ô nào cần sửa, sửa tệp, kiểm tra bằng `hanoi check TỆP --dataset {dataset}`, rồi gửi lại.",
        "en": f"Open the report to see which cells to mend, mend the file, check it with `hanoi check FILE --dataset {dataset}`, "
        "and send it again.",
    }
