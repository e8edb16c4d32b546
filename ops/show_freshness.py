"""What the verb ``hanoi freshness`` shows."""

from collections.abc import Sequence

from rich.markup import escape

from dags.steps.freshness import DatasetFreshness
from ops.terminal import listing, terminal

_STATES = {
    "fresh": "[green]đúng hạn[/green] / fresh",
    "due": "[yellow]đến hạn[/yellow] / due",
    "late": "[red]trễ[/red] / late",
    "paused": "tạm nghỉ / paused",
    "unknown": "[dim]không rõ / unknown[/dim]",
}


def show_freshness(found: Sequence[DatasetFreshness], rebuilt: int | None = None) -> None:
    """A line per dataset, then the late groups of each."""
    console = terminal()
    if rebuilt is not None:
        console.print(
            f"Đã dựng lại lịch sử từ {rebuilt} phiên bản. / The history was made again from {rebuilt} versions."
        )
    table = listing("Bộ dữ liệu\nDataset", "Phiên bản\nVersion", "Độ mới\nFreshness", "Chi tiết\nDetails")
    for one in found:
        details = f"{escape(one.mark.vi)}\n[dim]{escape(one.mark.en)}[/dim]"
        table.add_row(one.dataset, one.version or "—", _STATES[one.mark.state], details)
    console.print(table)
    for one in found:
        for group in one.mark.late_groups:
            name = " · ".join(value or "?" for value in group.values)
            newest = f"{group.newest:%H:%M %d/%m/%Y}"
            console.print(
                f"[red]✗[/red] {one.dataset} {escape(name)}: số liệu mới nhất / newest {newest}", soft_wrap=True
            )
        if (more := one.mark.groups_late - len(one.mark.late_groups)) > 0:
            console.print(f"  {one.dataset}: và {more} nhóm khác / and {more} more groups")
