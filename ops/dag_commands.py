"""The verbs of ``hanoi dag``: each parses, makes one call, and shows what came."""

import json
import sys
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ops.options import HOME, JSON, BilingualGroup, telling

if TYPE_CHECKING:
    from ops.airflow import DagEvent
    from ops.settings import Settings

_DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(cls=BilingualGroup)
def dag() -> None:
    """Các DAG: liệt kê, chạy thử một lần, nạp bù theo ngày. / The datasets' DAGs."""


def register(group: click.Group) -> None:
    """Add the verbs to the one command."""
    group.add_command(dag)


@dag.command("list")
@JSON
@HOME
def list_(as_json: bool, home: Path | None) -> None:
    """Liệt kê DAG: lịch chạy, lần tới, lần cuối. / List the DAGs: schedule, next run, last run."""
    with telling():
        from ops.dags import states
        from ops.settings import settings_for

        found = states(settings_for(home).home)
        if as_json:
            click.echo(json.dumps([one.to_json() for one in found], ensure_ascii=False))
        else:
            from ops.show_dags import show_states

            show_states(found)


@dag.command("test")
@click.argument("dataset")
@click.option("--date", "day", type=_DAY, help="Ngày của bộ dữ liệu gửi. / Day of the delivery. [2026-01-31]")
@click.option(
    "--file",
    type=click.Path(path_type=Path),
    help="Tệp gửi tay thay cho nguồn đã khai báo. / A file instead of the source.",
)
@JSON
@HOME
def test_(dataset: str, day: datetime | None, file: Path | None, as_json: bool, home: Path | None) -> None:
    """Chạy DAG thật một lần ngay tại đây, từng bước. / Run the real DAG once, here, step by step.

    Đây là lần chạy thật: dữ liệu đạt sẽ thành phiên bản. / It is a real run: what is accepted becomes a version.
    """
    with telling() as teller:
        from ops.dags import test as run
        from ops.results import as_json as content
        from ops.show import results_table, show_failures
        from ops.show_dags import Progress, show_report_place
        from ops.terminal import terminal

        settings = _settings(home)
        with Progress(teller) as progress:
            result = run(
                settings, dataset, day=day.date() if day else None, file=file, said=teller.say, heard=progress.step
            )
        show_failures(teller, [result])
        if as_json:
            click.echo(json.dumps(content([result], settings.catalogue_url), ensure_ascii=False))
        else:
            console = terminal()
            console.print(results_table([result], console.width))
        show_report_place(teller, result)
    sys.exit(0 if result.ok else 1)


@dag.command()
@click.argument("dataset")
@click.option("--from", "first", type=_DAY, required=True, help="Ngày đầu. / First day. [2026-01-01]")
@click.option("--to", "last", type=_DAY, required=True, help="Ngày cuối, tính cả ngày này. / Last day, included.")
@click.option("--again", is_flag=True, help="Chạy lại cả ngày đã xong. / Run dates again that are done.")
@click.option("--dry-run", is_flag=True, help="Chỉ cho biết sẽ chạy ngày nào. / Only say which dates would be run.")
@JSON
@HOME
def backfill(
    dataset: str, first: datetime, last: datetime, again: bool, dry_run: bool, as_json: bool, home: Path | None
) -> None:
    """Nạp bù từng ngày, theo thứ tự; ngày đã xong được bỏ qua. / Fill in dates, one run each, in order.

    Dừng giữa chừng thì chạy lại lệnh này để đi tiếp. Thoát với mã 1 khi có ngày không thành công. / Where it was cut off,
    the same command goes on. Ends with code 1 where a date failed.
    """
    with telling() as teller:
        from blueprint import blueprint
        from ops.dags import backfill as run
        from ops.dags import planned
        from ops.show_dags import Progress, show_dates

        settings, contract = _settings(home), blueprint().contract(dataset)
        found = planned(settings.home, contract, _date(first), _date(last), again=again)
        if not dry_run:
            total, done = sum(one.state == "todo" for one in found), 0
            with Progress(teller) as progress:

                def heard(event: "DagEvent") -> None:
                    nonlocal done
                    done += event.event == "end"
                    progress.date(event, done, total)

                found = run(settings, contract, found, teller.say, heard)
        if as_json:
            range_ = {
                "dataset": contract.dataset,
                "from": str(_date(first)),
                "to": str(_date(last)),
                "dry_run": dry_run,
            }
            click.echo(json.dumps({**range_, "dates": [asdict(one) for one in found]}, ensure_ascii=False))
        else:
            show_dates(found)
    sys.exit(0 if dry_run or all(one.ok for one in found) else 1)


@dag.command()
@click.option("--agency", help="Chỉ của cơ quan này. / Of this agency alone.")
@click.option("--all", "every", is_flag=True, help="Cả thông báo đã khép lại. / Those that are closed as well.")
@JSON
@HOME
def notices(agency: str | None, every: bool, as_json: bool, home: Path | None) -> None:
    """Thông báo: lần chạy hỏng, số liệu trễ. / Notices of failed runs and late data.

    Thoát với mã 1 khi còn thông báo chưa khép. / Ends with code 1 while one is open.
    """
    with telling():
        from dags.notices import Outbox
        from ops.settings import settings_for

        found = Outbox(settings_for(home).home).notices(agency, every=every)
        if as_json:
            click.echo(json.dumps(found, ensure_ascii=False))
        else:
            from ops.show_dags import show_notices

            show_notices(found)
    sys.exit(1 if any(one["closed_at"] is None for one in found) else 0)


def _settings(home: Path | None) -> "Settings":
    from ops.catalogue import running
    from ops.settings import settings_for

    settings = settings_for(home)
    found = running(settings.home)
    return settings.model_copy(update={"catalogue_url": found["url"]}) if found else settings


def _date(moment: datetime) -> date:
    return moment.date()
