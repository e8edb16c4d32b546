"""What the verbs of ``hanoi quarantine`` show."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape

from blueprint.days import ZONE
from ops.show import count
from ops.terminal import facts, listing, terminal

if TYPE_CHECKING:
    from dags.quarantine import Reason, Replayed
    from ops.quarantined import Listed, Shown

_LONGEST = 60
"""Characters of a cell that a terminal shows."""


def _local(moment: datetime) -> str:
    return moment.astimezone(ZONE).strftime("%d/%m/%Y %H:%M")


def _counts(rules: Mapping[str, int]) -> str:
    return "\n".join(f"{escape(rule)}: {count(n)}" for rule, n in rules.items())


def show_list(found: "Sequence[Listed]") -> None:
    """The kept files, one line each."""
    console = terminal()
    if not found:
        console.print("Không có dòng nào bị cách ly. / No row is in quarantine.")
        return
    table = listing(
        "Bộ dữ liệu\nDataset",
        "Bộ gửi\nDelivery",
        "Hợp đồng\nContract",
        "Dòng\nRows",
        "Theo quy tắc\nBy rule",
        "Nhận lúc\nFetched",
        "Cách ly lúc\nQuarantined",
        "Dữ liệu mới hơn\nNewer data",
    )
    for f in found:
        delivery = f.kept.delivery[:16] + (f"\n(sửa / mends {f.base[:16]})" if f.base else "")
        fetched = _local(datetime.fromisoformat(f.fetched_at)) if f.fetched_at else "—"
        newer = f"[yellow]{f.replaced_by[:16]}[/yellow]" if f.replaced_by else "—"
        version = f.kept.contract.partition("@")[2]
        table.add_row(
            f.kept.dataset,
            delivery,
            version,
            count(f.kept.rows),
            _counts(f.kept.rules),
            fetched,
            _local(f.kept.kept_at),
            newer,
        )
    console.print(table)


def show_rows(found: "Shown") -> None:
    """The rows of one delivery: place, what came, what the rule says, what would be right."""
    console, kept = terminal(), found.kept
    what = "được nhận, có cảnh báo / accepted, with warnings" if kept.warned else "bị cách ly / in quarantine"
    console.print(f"{kept.contract}, {kept.delivery[:16]}: {count(kept.rows)} dòng / rows {what}")
    if found.file is not None:
        console.print(
            f"Đã ghi {count(found.number)} dòng vào {escape(str(found.file))}. Ô *** giữ nguyên như khi nhận. / "
            f"{count(found.number)} rows written. Cells that read *** keep what was received.",
            soft_wrap=True,
        )
        console.print(
            f"hanoi quarantine replay {kept.dataset} --file {escape(str(found.file))} --dry-run", soft_wrap=True
        )
        return
    table = listing(
        "Tệp, trang, dòng\nFile, sheet, row", "Cột\nColumn", "Đã nhận\nCame", "Cần\nWanted", "Ví dụ\nExample"
    )
    for row in found.rows:
        place = ", ".join(filter(None, (row.file, row.sheet, str(row.row))))
        for number, reason in enumerate(row.reasons):
            table.add_row(
                escape(place) if not number else "",
                escape(reason.header or reason.column or "—"),
                escape(_came(reason)),
                escape(f"[{reason.rule}] {reason.vi}\n{reason.en}"),
                escape(reason.example or "—"),
            )
    console.print(table)
    if found.number < kept.rows:
        console.print(
            f"… {count(found.number)} trên {count(kept.rows)}; xem thêm: / of {count(kept.rows)}; for more: --limit, --rule, --out"
        )


def _came(reason: "Reason") -> str:
    came = " ".join((reason.came or "").split())
    return f"{came[:_LONGEST]}…" if len(came) > _LONGEST else came or "—"


def show_replayed(found: "Replayed") -> None:
    """What a replay found, and where things stand after it."""
    console = terminal()
    mark = "[green]đạt / passed[/green]" if found.passed else "[red]không đạt / refused[/red]"
    trial = " [yellow](chỉ xem, chưa ghi / dry run, nothing written)[/yellow]" if found.dry_run else ""
    console.print(f"{found.contract}, {found.delivery[:16]}: {mark}{trial}", soft_wrap=True)
    lines = [
        ("Dòng / rows", count(found.rows_in)),
        ("Nhận / accepted", count(found.rows_accepted)),
        ("Cách ly / quarantined", count(found.rows_quarantined)),
        ("Ra khỏi cách ly / came out", count(found.came_out)),
        ("Vẫn cách ly / still in it", count(found.still_in)),
        ("Mới bị cách ly / newly in it", count(found.went_in)),
    ]
    if found.mended or found.unchanged or found.unmatched:
        lines += [
            ("Dòng sửa / mended rows", count(found.mended)),
            ("Dòng nhường chỗ / superseded", count(found.superseded)),
            ("Giữ nguyên / left unchanged", count(found.unchanged)),
            ("Không khớp / matching nothing", count(len(found.unmatched))),
        ]
    table = facts()
    for name, value in lines:
        table.add_row(name, value)
    console.print(table)
    rules = listing("Quy tắc / Rule", "Trước / Before", "Sau / After")
    for rule in dict.fromkeys([*found.former_rules, *found.rules]):
        rules.add_row(escape(rule), count(found.former_rules.get(rule, 0)), count(found.rules.get(rule, 0)))
    if rules.row_count:
        console.print(rules)
    for row in found.unmatched[:10]:
        console.print(escape(f"  dòng {row['at']}: {row['vi']} / row {row['at']}: {row['en']}"), soft_wrap=True)
    if not found.passed:
        for check in found.verdict["checks"]:
            if not check["passed"] and check["severity"] == "error":
                console.print(f"[red]✗[/red] {escape(check['vi'])} / {escape(check['en'])}", soft_wrap=True)
        console.print("Bản đang công bố không đổi. / What readers see has not changed.")
    _show_outcome(console, found)


def _show_outcome(console: Console, found: "Replayed") -> None:
    if found.version is None:
        return
    if not found.new_version:
        console.print(
            f"Không có gì mới; vẫn là phiên bản {found.version}. / Nothing new; the version is still {found.version}."
        )
        return
    console.print(f"Phiên bản mới / new version: [green]{found.version}[/green]")
    if not found.published:
        console.print(
            "Chưa công bố (cổng dữ liệu không chạy): hanoi up, rồi chạy lại lệnh này. / Not published yet (the catalogue does "
            "not run): hanoi up, then this command once more.",
            soft_wrap=True,
        )
    if found.former_version:
        console.print(
            f"Phiên bản trước vẫn đọc được / the former version stays readable: {found.former_version}", soft_wrap=True
        )
    if found.undo:
        console.print(f"Quay lại / to go back: {found.undo}", soft_wrap=True)
