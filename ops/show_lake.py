"""What the verbs of ``hanoi lake`` show."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape

from blueprint.days import ZONE
from dags.steps.upkeep import Maintenance, Published
from lake import Version
from lake.diff import VersionDiff
from lake.tidy import Maintained, Orphan
from ops.provenance import Provenance
from ops.show import count
from ops.terminal import facts, listing, terminal
from ops.verify import Verification

_REASONS = {
    "newest": "mới nhất / newest",
    "recent": "còn mới / recent",
    "published": "đã công bố / published",
    "not known": "không rõ đã công bố chưa / not known whether published",
    "named": "được một bản ghi nêu tên / named by a record",
}
_MB = 1e6
_KINDS = {"added": "[green]+[/green]", "removed": "[red]−[/red]", "changed": "[yellow]~[/yellow]"}


def show_versions(found: Sequence[Version]) -> None:
    """The versions of a dataset, newest first."""
    if not found:
        terminal().print("Chưa có phiên bản nào. / No version yet.")
        return
    table = listing(
        "Phiên bản\nVersion",
        "Ghi lúc\nCommitted",
        "Dòng\nRows",
        "Cách ly\nQuarantined",
        "Hợp đồng\nContract",
        "Tệp gốc\nDelivery",
    )
    for v in reversed(found):
        mark = " [yellow]*[/yellow]" if v.simulated else ""
        local = v.committed_at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S")
        table.add_row(f"{v.id}{mark}", local, count(v.rows), count(v.rows_quarantined), v.contract, v.delivery[:12])
    terminal().print(table)


def show_diff(found: VersionDiff, rows: Sequence[dict[str, Any]]) -> None:
    """The counts of a difference, then its first rows."""
    console = terminal()
    console.print(
        f"{found.dataset}: {found.former} → {found.present}: [green]+{count(found.added)}[/green] [red]−{count(found.removed)}[/red] "
        f"[yellow]~{count(found.changed)}[/yellow] ({count(found.rows[0])} → {count(found.rows[1])} dòng / rows)"
    )
    for sign, columns in (("+", found.columns_added), ("−", found.columns_removed)):
        if columns:
            console.print(f"{sign} cột / columns: {', '.join(columns)}")
    if changed := {c: n for c, n in found.per_column.items() if n}:
        console.print(
            "Giá trị đổi theo cột / changed values: " + ", ".join(f"{c} {count(n)}" for c, n in changed.items())
        )
    if not found.key and not found.same:
        console.print(
            "Không có khóa duy nhất ở cả hai bản: dòng sửa tính là bỏ và thêm. / No unique key in both: a changed row counts as both."
        )
    for row in rows:
        console.print(f"{_KINDS[row['change']]} {escape(_row(row))}", soft_wrap=True)


def _row(row: dict[str, Any]) -> str:
    parts = []
    for name, value in row.items():
        if name == "change" or name.endswith("__new"):
            continue
        if not name.endswith("__old"):
            parts.append(f"{name}={value}")
            continue
        plain, new = name.removesuffix("__old"), row[name.removesuffix("__old") + "__new"]
        if row["change"] == "changed" and value != new:
            parts.append(f"{plain}: {value} → {new}")
        elif row["change"] != "changed":
            parts.append(f"{plain}={new if row['change'] == 'added' else value}")
    return ", ".join(parts)


def show_verified(found: Verification) -> None:
    """What is not what it was, or that all is well."""
    console = terminal()
    for v in found.versions:
        if not v.ok:
            console.print(
                f"[red]✗[/red] {f'{v.dataset} {v.version}'.strip()}: {escape(v.problem_vi)}. / {escape(v.problem_en)}.",
                soft_wrap=True,
            )
    for f in found.damaged:
        console.print(
            f"[red]✗[/red] {f.dataset}, {escape(f.name)}: {escape(f.problem_vi)}. / {escape(f.problem_en)}.",
            soft_wrap=True,
        )
    size = sum(v.bytes for v in found.versions) / 1e6
    mark = "[green]nguyên vẹn / whole[/green]" if found.ok else "[red]có hư hỏng / damaged[/red]"
    console.print(
        f"{sum(bool(v.version) for v in found.versions)} phiên bản / versions ({size:,.1f} MB), {found.raw_files} tệp gốc / raw files: {mark}"
    )


def show_provenance(found: Provenance) -> None:
    """Where a version comes from, one line a fact."""
    console, v, delivery = terminal(), found.version, found.delivery
    table = facts()
    lines = [
        ("Phiên bản / version", f"{v.dataset}@{v.id}" + (" (dữ liệu mô phỏng / simulated)" if v.simulated else "")),
        ("Bản trước / former", found.former or "—"),
        ("Ghi lúc / committed", v.committed_at.astimezone(ZONE).strftime("%d/%m/%Y %H:%M:%S %z")),
        (
            "Dòng / rows",
            f"{count(v.rows)} (vào / in {count(v.rows_in)}, cách ly / quarantined {count(v.rows_quarantined)})",
        ),
        ("Băm nội dung / content hash", v.content_hash),
        ("Hợp đồng / contract", f"{v.contract} {found.contract_sha256[:12] if found.contract_sha256 else '—'}"),
        ("Cổng chất lượng / gate", v.gate),
        ("Lần chạy / run", f"{v.run_id}, hanoi-cloud {v.code_version}"),
        ("Nguồn / origin", delivery.origin if delivery else "—"),
        *(("Tệp gốc / raw file", f"{f.name} sha256:{f.sha256}") for f in (delivery.files if delivery else ())),
    ]
    if found.replays is not None:
        same = "giống hệt / the same content" if found.replays else f"KHÁC / DIFFERENT: {found.replayed}"
        lines.append(("Dựng lại / replay", same))
    for name, value in lines:
        table.add_row(name, escape(value))
    console.print(table)


def show_maintained(found: Maintenance) -> None:
    """What was done, or what there is to do, one paragraph a table that had anything."""
    console = terminal()
    for table in found.tables:
        _show_table(console, table, found.unknown.get(table.dataset), found.dry_run)
    for orphan in found.left:
        _show_orphan(console, orphan, found.dry_run)
    for name, error in found.failed.items():
        console.print(f"[red]✗[/red] {name}: {escape(error.vi)} / {escape(error.en)}", soft_wrap=True)
    freed = f"{found.removed / _MB:,.1f} MB"
    done = f"sẽ giải phóng / would free {freed}" if found.dry_run else f"đã giải phóng / freed {freed}"
    mark = "" if found.ok else ": [red]chưa xong / not finished[/red]"
    console.print(f"{len(found.tables)} bảng / tables, {done}{mark}")


def _show_table(console: Console, table: Maintained, unknown: Published | None, dry_run: bool) -> None:
    kept = Counter(table.kept.values())
    reasons = ", ".join(f"{count(n)} {_REASONS[reason]}" for reason, n in kept.items())
    console.print(f"[bold]{table.dataset}[/bold]" + (f": giữ / kept {reasons}" if reasons else ""))
    if unknown and "not known" in kept:
        console.print(f"  {escape(unknown.why_vi)} / {escape(unknown.why_en)}", soft_wrap=True)
    if c := table.compacted:
        after = "" if c.bytes[1] is None else f" → {c.bytes[1] / _MB:,.1f}"
        console.print(
            f"  {'sẽ gộp / would compact' if dry_run else 'gộp / compacted'} {c.version}: {count(c.files[0])} → {count(c.files[1])} tệp / files "
            f"({c.bytes[0] / _MB:,.1f}{after} MB), {count(c.manifests)} manifest"
        )
    for version in table.dropped:
        told = "sẽ bỏ / would drop" if dry_run else "bỏ / dropped"
        console.print(f"  {told} {version.id} ({version.committed_at[:10]}, {count(version.rows)} dòng / rows)")
    if resting := [o for o in table.orphans if o.resting]:
        size = sum(o.bytes for o in resting) / _MB
        console.print(f"  {count(len(resting))} tệp chờ xóa / files rest before they go ({size:,.1f} MB)")
    for orphan in table.orphans:
        _show_orphan(console, orphan, dry_run)
    if table.postponed:
        console.print("  [yellow]có phiên bản mới trong lúc gộp: để lần sau / commits kept coming in: put off[/yellow]")
    if table.damaged:
        console.print(
            f"  [red]✗[/red] {escape(table.damaged)}: đọc lại không đúng; hãy chạy / cannot be read back; run: "
            f"hanoi lake verify {table.dataset}",
            soft_wrap=True,
        )


def _show_orphan(console: Console, orphan: Orphan, dry_run: bool) -> None:
    if not orphan.resting:
        told = "sẽ xóa / would remove" if dry_run else "xóa / removed"
        console.print(f"  {told} {escape(orphan.path)} ({orphan.bytes / _MB:,.3f} MB)", soft_wrap=True)
