"""What the operator's commands show: progress, tables and errors, in Vietnamese and English."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from blueprint.errors import HanoiError
from ops.airflow import DagEvent
from ops.results import DatasetResult
from ops.terminal import listing, terminal

if TYPE_CHECKING:
    from benchmarks.measure import Result
    from ops.check import CheckResult
    from ops.status import Status

_WIDE = 130
STATES = {"success": "[green]xong / done[/green]", "failed": "[red]lỗi / failed[/red]"}


class Teller:
    """Says things on standard error, so that standard output holds results alone."""

    def __init__(self) -> None:
        self.console = Console(stderr=True, highlight=False)

    def say(self, text: str) -> None:
        self.console.print(f"[dim]·[/dim] {text}", soft_wrap=True)

    def error(self, error: HanoiError) -> None:
        self.console.print(f"[red]Lỗi:[/red] {escape(error.vi)}", soft_wrap=True)
        self.console.print(f"[red]Error:[/red] {escape(error.en)}", soft_wrap=True)

    def follow(self, events: Iterable[DagEvent], total: int) -> dict[str, str]:
        """Show DAG runs as they happen, one line a dataset; returns the state that Airflow gives each at its end."""
        done, states = 0, {}
        with self.console.status("Airflow đang khởi động… / Airflow is starting…") as status:
            for event in events:
                if event.event == "start":
                    status.update(
                        f"[{done + 1}/{total}] {event.dataset}: nạp, chuẩn hóa, kiểm tra, ghi, công bố… / ingesting…"
                    )
                else:
                    done += 1
                    states[event.dataset] = event.state
                    self.say(f"[{done}/{total}] {event.dataset}: {STATES.get(event.state, event.state)}")
        return states


def results_table(results: list[DatasetResult], width: int) -> Table:
    """The table that ``demo`` and ``ingest`` end with; a narrow terminal shows pages without the address of the catalogue."""
    wide = width >= _WIDE
    base = next((r.catalogue_url.partition("/dataset/")[0] for r in results if r.catalogue_url), "")
    table = Table(
        title="Kết quả / Result", title_justify="left", box=SIMPLE_HEAD, caption_justify="left", padding=(0, 1, 0, 0)
    )
    table.add_column("Bộ dữ liệu\nDataset", no_wrap=True)
    for heading in ("Dòng\nIn", "Nhận\nAccepted", "Cách ly\nQuarantined"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Phiên bản\nVersion", no_wrap=True)
    if wide:
        table.add_column("Trang\nPage", no_wrap=True)
    for r in results:
        mark = " [yellow]*[/yellow]" if r.simulated else ""
        version = f"{r.version}{' [green]+[/green]' if r.new_version else ''}" if r.version else "[red]—[/red]"
        cells = [f"{r.id}{mark}", count(r.rows_in), count(r.rows_accepted), count(r.rows_quarantined), version]
        table.add_row(*cells, *([r.catalogue_url or "—"] if wide else []))
    notes = {
        "[green]+[/green] phiên bản mới / new version": any(r.new_version for r in results),
        "[yellow]*[/yellow] dữ liệu mô phỏng / simulated data": any(r.simulated for r in results),
        f"trang / pages: {base}/dataset/…": bool(base) and not wide,
    }
    table.caption = "\n".join(note for note, wanted in notes.items() if wanted) or None
    return table


def count(number: int | None) -> str:
    """A number with points between thousands, as Vietnamese writes it."""
    return "—" if number is None else f"{number:,}".replace(",", ".")


def bench_table(results: "Iterable[Result]") -> Table:
    """A benchmark's results, one line a comparison."""
    table = listing("Việc / Work", "So với / Against")
    for heading in ("Ta / Ours", "Họ / Theirs", "Tỷ lệ / Ratio", "Mức / Reach", ""):
        table.add_column(heading, justify="right", no_wrap=True)
    for r in results:
        mark = "[green]✓[/green]" if r.ok else "[red]✗[/red]"
        unit = f" {r.unit}"
        table.add_row(
            r.work, r.against, f"{r.ours:g}{unit}", f"{r.theirs:g}{unit}", f"{r.ratio:.3f}", f"≤ {r.reach:g}", mark
        )
    return table


def show_failures(teller: Teller, results: list[DatasetResult]) -> None:
    """The reason of every run that did not end well."""
    for result in results:
        if not result.ok and result.error:
            teller.error(HanoiError(result.error["vi"], result.error["en"]))


def next_steps(teller: Teller, url: str, *, serving: bool) -> None:
    """How to go on from the demonstration."""
    if serving:
        teller.console.print(
            f"[bold]Cổng dữ liệu đang mở / The catalogue is open:[/bold] {url} · {url}/en", soft_wrap=True
        )
    else:
        teller.console.print("[bold]Mở cổng dữ liệu / Open the catalogue:[/bold] make demo", soft_wrap=True)
    teller.console.print(
        f"""  Python: [cyan]import hanoi_cloud as hc; hc.connect("{url}").dataset("air-quality-hourly").to_pandas()[/cyan]
  [cyan].venv/bin/hanoi status[/cyan] · [cyan].venv/bin/hanoi search "khong khi" --url {url}[/cyan] · [cyan].venv/bin/hanoi ingest bus-stops[/cyan]""",
        soft_wrap=True,
    )
    if serving:
        teller.console.print("Ctrl-C để dừng / to stop.")


def show_check(result: "CheckResult") -> None:
    """The agency's report: the verdict, the counts, and the first faults with their place."""
    console = terminal()
    mark = "[green]ĐẠT / PASSED[/green]" if result.passed else "[red]KHÔNG ĐẠT / FAILED[/red]"
    c = result.conformed
    console.print(f"{result.contract}: {mark}")
    console.print(
        f"Dòng / rows: {count(c.rows_in)} · nhận / accepted: {count(c.rows_accepted)} · cách ly / quarantined: {count(c.rows_quarantined)}"
    )
    for lang in ("vi", "en"):
        console.print(escape(result.verdict.summary(lang)))
    if result.faults:
        table = listing(
            "Tệp, trang, dòng / File, sheet, row",
            "Cột / Column",
            "Cần / Wanted",
            title="Lỗi đầu tiên / First faults",
        )
        for f in result.faults:
            place = f"{f.file}{', ' + f.sheet if f.sheet else ''}, {f.row}"
            table.add_row(escape(place), escape(f.header or f.column or "—"), escape(f"{f.vi}\n{f.en}"))
        console.print(table)


def show_status(found: "Status") -> None:
    """The platform at a glance."""
    console = terminal()
    console.print(f"Thư mục / home: {found.home}")
    console.print(
        f"Cổng dữ liệu / catalogue: {found.catalogue or '[yellow]không chạy / not running[/yellow] (hanoi up --without-airflow)'}"
    )
    table = listing(
        "Bộ dữ liệu\nDataset",
        "Phiên bản\nVersion",
        "Dòng\nRows",
        "Cách ly\nQuarantined",
        "Lần chạy cuối\nLast run",
    )
    for d in found.datasets:
        table.add_row(
            d.id,
            d.version or "—",
            count(d.rows),
            count(d.last.rows_quarantined),
            STATES.get(d.last.state, d.last.state),
        )
    console.print(table)
