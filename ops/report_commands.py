"""``hanoi report``: what the platform found in a delivery, for the terminal, for a program, or as a page."""

import json
import sys
from pathlib import Path

import click

from ops.options import HOME, JSON, telling


def register(group: click.Group) -> None:
    """Add the verb to the one command."""
    group.add_command(report)


@click.command()
@click.argument("dataset")
@click.argument("wanted", metavar="[DELIVERY|VERSION]", required=False)
@JSON
@click.option("--dqv", "as_dqv", is_flag=True, help="In dạng DQV (JSON-LD). / Print it as DQV, in JSON-LD.")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Ghi báo cáo ra tệp .html, .json, hoặc .xlsx: bản sao tệp có đánh dấu ô sai. / Write the report: a page, JSON, or a "
    "copy of the delivered file with its wrong cells marked (.xlsx).",
)
@HOME
def report(dataset: str, wanted: str | None, as_json: bool, as_dqv: bool, out: Path | None, home: Path | None) -> None:
    """Báo cáo chất lượng của lần gửi mới nhất hoặc của một lần gửi, một phiên bản. / The quality report of a delivery.

    DELIVERY là ít nhất 6 chữ số đầu của mã băm. / DELIVERY is at least the first 6 digits of its hash.
    """
    if as_json and as_dqv:
        raise click.UsageError("Chọn --json hoặc --dqv. / Choose --json or --dqv.")
    with telling() as teller:
        from blueprint import blueprint
        from dags.marked import kept_of
        from ops.reports import write
        from ops.settings import settings_for
        from quality.report import ReportStore, dqv

        settings = settings_for(home)
        store = ReportStore(settings.home)
        plan = blueprint()
        found = store.find(plan.contract(dataset).dataset, wanted)
        if out is not None:
            link = f"{settings.catalogue_url.rstrip('/')}/dataset/{found.dataset}" if found.version else None
            history = store.results(found.dataset)
            write(out, found, lambda: kept_of(settings.home, plan, found), history=history, link=link)
            teller.say(f"Đã ghi báo cáo / report written: {out}")
        if as_json or as_dqv:
            content = dqv(found, settings.catalogue_url) if as_dqv else found.to_json()
            click.echo(json.dumps(content, ensure_ascii=False))
        elif out is None:
            from ops.show_report import show_report

            show_report(found)
    sys.stdout.flush()
