"""The platform's verbs of ``hanoi``: each parses, makes one call, and shows what came."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from ops.options import HOME, JSON, telling

_PORT = click.option(
    "--port", type=click.IntRange(1, 65535), help="Cổng của cổng dữ liệu. / Port of the catalogue. [HANOI_PORT, 5000]"
)


def register(group: click.Group) -> None:
    """Add the platform's verbs to the one command."""
    for command in (demo, up, ingest, check, status):
        group.add_command(command)
    from ops import (
        bench_commands,
        blueprint_commands,
        catalog_commands,
        dag_commands,
        freshness_commands,
        gateway_commands,
        indicator_commands,
        lake_commands,
        new_commands,
        publish_commands,
        quarantine_commands,
        report_commands,
        units_commands,
    )

    for room in (
        new_commands,
        gateway_commands,
        dag_commands,
        blueprint_commands,
        units_commands,
        lake_commands,
        indicator_commands,
        publish_commands,
        catalog_commands,
        freshness_commands,
        quarantine_commands,
        report_commands,
        bench_commands,
    ):
        room.register(group)


@click.command()
@click.option("--once", is_flag=True, help="Kết thúc khi xong. / End when done instead of serving.")
@JSON
@HOME
@_PORT
def demo(once: bool, as_json: bool, home: Path | None, port: int | None) -> None:
    """Chạy toàn bộ quy trình với dữ liệu thật hoặc mô phỏng. / Run the whole way of the data."""
    with telling() as teller:
        from ops.demo import demo as run
        from ops.demo import free_port
        from ops.settings import settings_for

        settings = free_port(settings_for(home, port), chosen=port is not None)
        results = run(
            settings, teller, lambda found, url: _show(teller, found, url, as_json=as_json, serving=not once), once=once
        )
    sys.exit(0 if all(r.ok for r in results) else 1)


@click.command()
@HOME
@_PORT
@click.option("--without-airflow", is_flag=True, help="Không chạy Airflow. / Leave the scheduler out.")
def up(home: Path | None, port: int | None, without_airflow: bool) -> None:
    """Khởi động và giữ nền tảng chạy. / Start the platform and keep it up."""
    with telling() as teller:
        from ops.settings import settings_for
        from ops.up import up as run

        run(settings_for(home, port), teller, with_airflow=not without_airflow)


@click.command()
@click.argument("dataset")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="Tệp gửi tay thay cho nguồn đã khai báo. / A file instead of the source.",
)
@JSON
@HOME
def ingest(dataset: str, file: Path | None, as_json: bool, home: Path | None) -> None:
    """Nạp một bộ dữ liệu qua DAG của nó. / Ingest one dataset through its DAG."""
    with telling() as teller:
        from ops.catalogue import running
        from ops.ingest import ingest as run
        from ops.settings import settings_for

        settings = settings_for(home)
        if found := running(settings.home):
            settings = settings.model_copy(update={"catalogue_url": found["url"]})
        results = run(settings, [dataset], teller, file)
        _show(teller, results, settings.catalogue_url, as_json=as_json, serving=None)
    sys.exit(0 if all(r.ok for r in results) else 1)


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path))
@click.option("--dataset", required=True, help="Bộ dữ liệu mà tệp thuộc về. / Dataset that the file is for.")
@click.option(
    "--report",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ghi báo cáo ra tệp .html, .json, hoặc .xlsx: bản sao tệp có đánh dấu ô sai. / Write the report: a page, JSON, or a "
    "copy of the file with its wrong cells marked (.xlsx).",
)
@JSON
@HOME
def check(files: tuple[Path, ...], dataset: str, report: Path | None, as_json: bool, home: Path | None) -> None:
    """Kiểm tra tệp trước khi gửi; không thay đổi gì. / Check files before sending; changes nothing.

    Nhiều tệp, hoặc một thư mục, được xét như một lần gửi. / Several files, or a folder, are judged as one delivery.
    """
    with telling() as teller:
        from ops.check import check as run

        with teller.console.status("Đang kiểm tra… / Checking…"):
            result = run(files, dataset, report, home)
        if report is not None:
            teller.say(f"Đã ghi báo cáo / report written: {report}")
        if as_json:
            click.echo(json.dumps(result.to_json(), ensure_ascii=False))
        else:
            from ops.show import show_check

            show_check(result)
    sys.exit(0 if result.passed else 1)


@click.command()
@JSON
@HOME
def status(as_json: bool, home: Path | None) -> None:
    """Cho biết gì đang chạy và từng bộ dữ liệu đang ở đâu. / Say what runs and where each dataset stands."""
    with telling():
        from ops.settings import settings_for
        from ops.status import status as read

        found = read(settings_for(home).home)
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            from ops.show import show_status

            show_status(found)


def _show(teller: Any, results: Any, url: str, *, as_json: bool, serving: bool | None) -> None:
    from ops.results import as_json as content
    from ops.show import next_steps, results_table, show_failures

    show_failures(teller, results)
    if as_json:
        click.echo(json.dumps(content(results, url), ensure_ascii=False))
        sys.stdout.flush()
    else:
        from ops.terminal import terminal

        console = terminal()
        console.print(results_table(results, console.width))
    if serving is not None:
        next_steps(teller, url, serving=serving)
