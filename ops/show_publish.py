"""What the verbs of ``hanoi publish`` show."""

from datetime import datetime
from typing import TYPE_CHECKING, Any

from rich.markup import escape

from blueprint.days import ZONE
from ops.show import Teller, count
from ops.terminal import listing, terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from catalog.publisher import Shown
    from ops.published import Standing

_STATES = {
    "published": "[green]đang công bố / published[/green]",
    "behind": "[yellow]kho có bản mới hơn / the lake is ahead[/yellow]",
    "withdrawn": "[red]đã thu hồi / withdrawn[/red]",
    "lake-only": "[dim]chỉ trong kho / in the lake only[/dim]",
    "none": "[dim]chưa công bố / not published[/dim]",
}


def say_shown(teller: Teller, done: str, found: "Shown") -> None:
    """What was done, and what readers see now."""
    now = f"phiên bản / version {found.version}: {found.url}" if found.version else "không còn gì / nothing any more"
    teller.say(f"{done}. Người đọc thấy / readers see: {now}")


def show_standings(found: "Sequence[Standing]") -> None:
    """Every dataset, its state, the version that readers see and the newest of the lake."""
    table = listing(
        "Bộ dữ liệu\nDataset", "Trạng thái\nState", "Đang hiện\nShown", "Mới nhất trong kho\nNewest in the lake"
    )
    for heading in ("Phiên bản\nVersions", "Đã thu hồi\nWithdrawn"):
        table.add_column(heading, justify="right", no_wrap=True)
    for s in found:
        counts = [count(s.versions), count(s.withdrawn) if s.withdrawn else ""]
        table.add_row(s.dataset, _STATES[s.state], s.shown or "—", s.newest or "—", *counts)
    terminal().print(table)


def show_published(dataset: str, index: dict[str, Any]) -> None:
    """The published versions of a dataset, newest first, and why some of them were withdrawn."""
    console = terminal()
    if gone := index.get("withdrawn"):
        console.print(f"[red]Đã thu hồi / withdrawn[/red]: {_told(gone)}")
    if not index["versions"]:
        console.print(f"{dataset}: chưa công bố phiên bản nào. / No version is published yet.")
        return
    table = listing("Phiên bản\nVersion", "Ghi lúc\nCommitted", "Hợp đồng\nContract")
    for heading in ("Dòng\nRows", "Byte"):
        table.add_column(heading, justify="right", no_wrap=True)
    table.add_column("Ghi chú\nRemark", overflow="fold")
    for v in index["versions"]:
        size = sum(int(f["bytes"]) for f in v["files"])
        remark = f"[red]đã thu hồi / withdrawn[/red]: {_told(v['withdrawn'])}" if v.get("withdrawn") else ""
        table.add_row(v["id"], _moment(v["committed_at"]), v["contract"], count(v["rows"]), count(size), remark)
    console.print(table)


def _told(tombstone: dict[str, Any]) -> str:
    reason = f"{tombstone['reason']['vi']} / {tombstone['reason']['en']}"
    instead = f" → {tombstone['successor']}" if tombstone.get("successor") else ""
    return escape(f"{_moment(tombstone['at'])}, {tombstone['by']}: {reason}{instead}")


def _moment(text: str) -> str:
    return datetime.fromisoformat(text).astimezone(ZONE).strftime("%d/%m/%Y %H:%M")
