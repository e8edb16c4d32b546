# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyarrow ships no types.
"""The verbs ``hanoi versions``, ``diff`` and ``sql``."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.table import Table

from hanoi_cloud._city import connect
from hanoi_cloud._frames import shown_rows, write_rows
from hanoi_cloud._options import JSON, URL, output, print_json
from hanoi_cloud._values import LOCAL

if TYPE_CHECKING:
    from hanoi_cloud._versions import Version

_LIMIT = click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=20,
    show_default=True,
    help="Số dòng hiện ra. / Rows that are shown.",
)


@click.command()
@click.argument("dataset")
@JSON
@URL
def versions(dataset: str, as_json: bool, url: str | None) -> None:
    """Các phiên bản đã công bố, mới nhất trước. / The published versions, newest first."""
    with connect(url) as city:
        found = city.dataset(dataset, locked=False).versions
    if as_json:
        print_json({"dataset": dataset, "versions": [_told(version) for version in found]})
        return
    table = Table(
        "phiên bản / version", "công bố / made", "dòng / rows", "hợp đồng / contract", "điểm / score", title=dataset
    )
    for version in found:
        score = "" if version.quality is None else f"{version.quality.score:g}"
        mark = " *" if version.simulated else ""
        rows = "" if version.rows is None else f"{version.rows:,}"
        table.add_row(f"{version.id}{mark}", _local(version.committed_at), rows, version.contract, score)
    if any(version.simulated for version in found):
        table.caption = "* dữ liệu mô phỏng / simulated data"
    Console().print(table)


@click.command()
@click.argument("dataset")
@click.argument("former")
@click.argument("present", required=False)
@_LIMIT
@JSON
@URL
def diff(dataset: str, former: str, present: str | None, limit: int, as_json: bool, url: str | None) -> None:
    """So sánh hai phiên bản theo khóa; PRESENT mặc định là mới nhất. / Compare two versions by key."""
    with connect(url) as city:
        found = city.dataset(dataset, locked=False).diff(former, present)
    tables = {"added": found.added, "removed": found.removed, "changed": found.changed}
    if as_json:
        print_json(
            {
                "dataset": dataset,
                "former": found.former,
                "present": found.present,
                "key": list(found.key),
                "columns_added": list(found.columns_added),
                "columns_removed": list(found.columns_removed),
                **{kind: {"rows": len(rows), "first": shown_rows(rows, limit)} for kind, rows in tables.items()},
            }
        )
        return
    console = Console()
    console.print(
        f"{dataset}: {found.former} → {found.present}: [green]+{len(found.added):,}[/green] [red]−{len(found.removed):,}[/red] "
        f"[yellow]~{len(found.changed):,}[/yellow] dòng / rows"
    )
    for name, rows in (
        ("+ thêm / added", found.added),
        ("− bỏ / removed", found.removed),
        ("~ đổi / changed", found.changed),
    ):
        if len(rows):
            console.print(_table(name, shown_rows(rows, limit)))


@click.command()
@click.argument("query")
@output("Ghi mọi dòng ra tệp .parquet hoặc .csv. / Write all rows to a .parquet or .csv file.")
@_LIMIT
@JSON
@URL
def sql(query: str, output: Path | None, limit: int, as_json: bool, url: str | None) -> None:
    """Truy vấn SQL trên các bộ dữ liệu (viết _ thay cho -). / Query datasets by SQL (with _ in place of -).

    hanoi sql "SELECT station_id, avg(pm25) FROM air_quality_hourly GROUP BY 1"
    """
    with connect(url) as city:
        rows = city.sql(query).to_arrow_table()
    if output is not None:
        write_rows(rows, output)
        click.echo(output)
    elif as_json:
        print_json({"rows": len(rows), "columns": rows.column_names, "first": shown_rows(rows, limit)})
    else:
        Console().print(_table(f"{len(rows):,} dòng / rows", shown_rows(rows, limit), rows.column_names))


def _table(title: str, rows: list[dict[str, Any]], columns: list[str] | None = None) -> Table:
    names = columns or list(rows[0])
    table = Table(*names, title=title, title_justify="left")
    for row in rows:
        table.add_row(*("—" if row[name] is None else str(row[name]) for name in names))
    return table


def _told(version: "Version") -> dict[str, Any]:
    told = asdict(version)
    return {**told, "committed_at": version.committed_at, "major": version.major}


def _local(moment: datetime | None) -> str:
    return moment.astimezone(LOCAL).strftime("%d/%m/%Y %H:%M") if moment else ""
