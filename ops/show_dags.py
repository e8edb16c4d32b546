"""What the verbs of ``hanoi dag`` show."""

import time
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from rich.markup import escape

from blueprint.days import ZONE
from dags.notices.sending import subject, text
from dags.steps.records import STEPS
from ops.airflow import DagEvent
from ops.dags import DagState, DateResult
from ops.results import DatasetResult
from ops.show import STATES, Teller, count
from ops.terminal import listing, terminal

_DATES = {
    **STATES,
    "skipped": "[dim]đã có / done before[/dim]",
    "todo": "[yellow]chưa chạy / to do[/yellow]",
}
_NAMES = {
    "slices": "chia lần gửi / deliveries",
    "fetch": "nhận tệp / fetch",
    "conform": "chuẩn hóa / conform",
    "gate": "cổng chất lượng / gate",
    "commit": "ghi phiên bản / commit",
    "publish": "công bố / publish",
}


def show_states(found: Sequence[DagState]) -> None:
    """A line for each dataset's DAG."""
    headings = (
        "Bộ dữ liệu\nDataset",
        "Lịch (giờ Hà Nội)\nSchedule",
        "Lần tới\nNext",
        "Lần cuối\nLast run",
        "Cơ quan\nAgency",
    )
    table = listing(*headings)
    for one in found:
        words = f"{escape(one.words['vi'])}\n[dim]{escape(one.words['en'])}[/dim]"
        coming = one.next_run.strftime("%H:%M %d/%m/%Y") if one.next_run else "—"
        ended = f" {datetime.fromisoformat(one.ended_at).astimezone(ZONE):%H:%M %d/%m/%Y}" if one.ended_at else ""
        state = "chưa chạy / never" if one.state == "never run" else STATES.get(one.state, one.state)
        mark = "" if one.publish else "\n[dim]không công bố / not published[/dim]"
        table.add_row(f"{one.dataset}{mark}", words, coming, f"{state}{ended}", one.agency)
    terminal().print(table)


class Progress:
    """Says each step of a run as it begins and ends, with its seconds."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        self._status = teller.console.status("Airflow đang khởi động… / Airflow is starting…")
        self._began: dict[str, float] = {}

    def __enter__(self) -> "Progress":
        self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._status.stop()

    def step(self, event: DagEvent) -> None:
        """One event of a run that is told step by step."""
        name = _NAMES.get(event.task, event.task)
        if event.event == "step" and event.state == "running":
            self._began[event.task] = time.monotonic()
            place = f"[{STEPS.index(event.task) + 1}/{len(STEPS)}] " if event.task in STEPS else ""
            self._status.update(escape(f"{place}{name}…"))
        elif event.event == "step":
            seconds = time.monotonic() - self._began.get(event.task, time.monotonic())
            mark = "[green]✓[/green]" if event.state == "success" else "[red]✗[/red]"
            self._teller.console.print(f"{mark} {escape(name)} [dim]{seconds:.1f} s[/dim]", soft_wrap=True)

    def date(self, event: DagEvent, number: int, total: int) -> None:
        """One event of a backfill of ``total`` dates, of which ``number`` are done."""
        if event.event == "start":
            self._status.update(f"[{number + 1}/{total}] {event.dataset} {event.date}…")
        elif event.event == "end":
            self._teller.say(f"[{number}/{total}] {event.date}: {STATES.get(event.state, event.state)}")


def show_report_place(teller: Teller, result: DatasetResult) -> None:
    """Where the quality report of a run is, if it came so far."""
    if result.delivery:
        teller.say(
            f"Báo cáo / report: [cyan]hanoi report {result.id} {result.delivery[:12]}[/cyan] (--out report.html, --out report.xlsx)"
        )


def show_notices(found: Sequence[dict[str, Any]]) -> None:
    """Each notice: what happened to which dataset, and what to do."""
    console = terminal()
    if not found:
        console.print("Không có thông báo nào. / There is no notice.")
    for one in found:
        closed = " [dim](đã khép / closed)[/dim]" if one["closed_at"] else ""
        at = datetime.fromisoformat(one["last_at"]).astimezone(ZONE)
        times = f" ×{one['times']}" if one["times"] > 1 else ""
        console.print(f"[bold]{escape(subject(one))}[/bold] {at:%H:%M %d/%m/%Y}{times}{closed}", soft_wrap=True)
        console.print(escape(text(one)), soft_wrap=True)


def show_dates(found: Sequence[DateResult]) -> None:
    """A line for each date of a backfill, and the reason of each that failed."""
    table = listing(
        "Ngày\nDate", "Trạng thái\nState", "Dòng\nIn", "Nhận\nAccepted", "Cách ly\nQuarantined", "Phiên bản\nVersion"
    )
    for one in found:
        counts = (count(one.rows_in), count(one.rows_accepted), count(one.rows_quarantined))
        table.add_row(one.date, _DATES.get(one.state, one.state), *counts, one.version or "—")
    console = terminal()
    console.print(table)
    for one in found:
        if one.error:
            console.print(f"[red]✗[/red] {one.date}: {escape(one.error['vi'])}", soft_wrap=True)
            console.print(f"  {escape(one.error['en'])}", soft_wrap=True)
