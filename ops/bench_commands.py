"""``hanoi bench``: our work beside a peer's, in one run, as ratios."""

import json
import sys
import tempfile
from pathlib import Path

import click

from ops.options import JSON, telling

MODULES = {
    "api": "api",
    "blueprint": "blueprint_lint",
    "catalogue": "catalogue",
    "conform": "conform",
    "datastore": "datastore",
    "files": "agency_files",
    "gate": "gate",
    "ingest": "ingest",
    "load": "load",
    "parse": "parse_dags",
    "read": "read",
    "sdk": "sdk",
    "search": "search",
    "start": "start",
}


@click.command()
@click.argument("name", type=click.Choice(tuple(MODULES)))
@click.option(
    "--rows",
    type=click.IntRange(2),
    help="Số dòng (hay hợp đồng) thay cho mức đã định. / Rows (or contracts) instead of the set sizes.",
)
@click.option(
    "--times", type=click.IntRange(1, 99), default=3, help="Số lần chạy để lấy trung vị. / Runs per median. [3]"
)
@click.option(
    "--folder",
    type=click.Path(file_okay=False, path_type=Path),
    help="Nơi giữ dữ liệu sinh ra. / Where generated data is kept.",
)
@JSON
def bench(name: str, rows: int | None, times: int, folder: Path | None, as_json: bool) -> None:
    """Đo hiệu năng cạnh công cụ khác. / Measure our work beside a peer's.

    Mỗi bên chạy trong tiến trình riêng; con số là trung vị. Mã 1 khi có mức không đạt. / Each side runs in its own
    process; figures are medians. Ends with code 1 where a figure is not reached.
    """
    with telling() as teller, tempfile.TemporaryDirectory(prefix="hanoi-bench-") as temporary:
        import importlib

        from benchmarks.measure import report

        place = folder or Path(temporary)
        place.mkdir(parents=True, exist_ok=True)
        with teller.console.status(f"Đang đo {name}… / Measuring {name}…"):
            found = importlib.import_module(f"benchmarks.{MODULES[name]}").bench(place, rows, times)
        if as_json:
            click.echo(json.dumps(report(found), ensure_ascii=False))
        else:
            from ops.show import bench_table
            from ops.terminal import terminal

            terminal().print(bench_table(found))
    sys.exit(0 if all(r.ok for r in found) else 1)


def register(group: click.Group) -> None:
    """Add the verb to the one command."""
    group.add_command(bench)
