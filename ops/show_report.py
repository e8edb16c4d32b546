"""What ``hanoi report`` shows in a terminal."""

from rich.console import Console
from rich.markup import escape

from ops.show import count
from ops.terminal import listing, terminal
from quality.report import QualityResult
from quality.report.model import Cause, Fault
from quality.report.next_steps import next_steps
from quality.report.page import percent, seen, when
from quality.report.words import DIMENSION, FRESHNESS, OUTCOME, VALIDITY

_COLOURS = {"passed": "green", "passed-with-warnings": "yellow", "refused": "red", "unreadable": "red"}
_FAULTS = 10
_CAUSES = 5


def show_report(result: QualityResult) -> None:
    """The marks, the score, the first faults with their places, and what to do next."""
    console = terminal()
    validity = result.marks.validity
    console.print(f"[bold]{escape(result.title.vi)}[/bold] ({result.contract})")
    version = f" · phiên bản / version {result.version}" if result.version else ""
    console.print(f"[dim]{when(result.judged_at, 'vi')} · {result.delivery.id[:16]}{version}[/dim]")
    for said in OUTCOME[validity]:
        console.print(f"[{_COLOURS[validity]}]{said}[/{_COLOURS[validity]}]")
    if result.refusal:
        console.print(escape(seen(result.refusal.vi)))
        console.print(escape(seen(result.refusal.en)))
    rows, fresh = result.rows, result.marks.freshness
    console.print(
        f"Dòng / rows: {count(rows.received)} · nhận / accepted: {count(rows.accepted)} · "
        f"cách ly / quarantined: {count(rows.quarantined)}"
    )
    console.print(f"Hợp lệ / validity: {' / '.join(VALIDITY[validity])}")
    console.print(f"Kịp thời / freshness: {' / '.join(FRESHNESS[fresh.state if fresh else 'unknown'])}")
    console.print(f"Điểm / score: [bold]{result.score.shown}[/bold] / 100")
    _show_measures(console, result)
    _show_faults(console, result)
    for check in result.set_faults:
        console.print(f"• {escape(check.vi)}\n  {escape(check.en)}")
    console.print("\n[bold]Việc cần làm / What to do next[/bold]")
    for number, step in enumerate(next_steps(result), start=1):
        console.print(f"{number}. {escape(step.vi)}\n   {escape(step.en)}")
        if step.command:
            console.print(f"   [cyan]{escape(step.command)}[/cyan]")


def _show_measures(console: Console, result: QualityResult) -> None:
    if not result.score.measures:
        return
    table = listing()
    for heading in ("Mặt\nDimension", "Tỷ lệ tốt\nGood", "Dòng lỗi\nFaulty", "Đáng ngờ\nDoubtful"):
        table.add_column(heading, justify="left" if heading.startswith("Mặt") else "right")
    for m in result.score.measures:
        (vi, _), (en, _) = DIMENSION[m.dimension]
        table.add_row(f"{vi} / {en}", percent(m.share, "vi"), count(m.faulty), count(m.doubtful))
    console.print(table)


def _show_faults(console: Console, result: QualityResult) -> None:
    if not result.faults:
        return
    table = listing(title="Lỗi cần sửa / Errors to correct")
    table.add_column("Dòng\nRows", justify="right", no_wrap=True)
    for heading in ("Ở đâu, nhận được\nWhere, what came", "Cần\nWanted"):
        table.add_column(heading, overflow="fold", ratio=1)
    for fault in result.faults[:_FAULTS]:
        example = f"\nví dụ / for example: {fault.example}" if fault.example else ""
        places = "\n".join(_place(fault, cause) for cause in fault.causes[:_CAUSES])
        left = fault.rows - sum(cause.rows for cause in fault.causes[:_CAUSES])
        places += f"\n… {count(left)} dòng nữa / more rows" if left else ""
        table.add_row(count(fault.rows), escape(places), escape(f"{fault.vi}\n{fault.en}{example}"))
    console.print(table)
    if len(result.faults) > _FAULTS:
        rest = len(result.faults) - _FAULTS
        console.print(f"… {rest} quy tắc nữa trong báo cáo / {rest} more rules in the report (--out report.html)")


def _place(fault: Fault, cause: Cause) -> str:
    where = seen(cause.file) + (f" [{seen(cause.sheet)}]" if cause.sheet is not None else "")
    row = "" if cause.letter else "dòng / row "
    more = f" (+{count(cause.more)})" if cause.more else ""
    came = (
        ""
        if cause.came is None
        else f": {seen(cause.came)!r}"
        if fault.rule != "row-width"
        else f": {cause.came} ô / cells"
    )
    return f"{where} {row}{cause.places()}{more}{came}"
