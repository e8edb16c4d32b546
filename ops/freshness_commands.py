"""The verb ``hanoi freshness``: parses, makes one call, and shows what came."""

import json
import sys
from datetime import datetime, time
from pathlib import Path

import click

from ops.options import HOME, JSON, telling


def _moment(_context: click.Context, _option: click.Parameter, text: str | None) -> datetime | None:
    from blueprint.days import ZONE

    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.BadParameter(
            f"{text!r} không phải ngày hoặc giờ theo ISO 8601, như 2026-07-15 hoặc 2026-07-15T08:00. / "
            f"{text!r} is no ISO 8601 date or time, such as 2026-07-15 or 2026-07-15T08:00."
        ) from None
    if len(text) <= len("2026-07-15"):
        moment = datetime.combine(moment.date(), time(23, 59, 59))
    return moment if moment.tzinfo else moment.replace(tzinfo=ZONE)


def register(group: click.Group) -> None:
    """Add the verb to the one command."""
    group.add_command(freshness)


@click.command()
@click.argument("dataset", required=False)
@click.option(
    "--at",
    metavar="DATE",
    callback=_moment,
    help="Ngày (tính đến hết ngày) hoặc giờ cần xem, giờ Hà Nội. / Day (at its end) or time to look at, Hà Nội time. [now]",
)
@click.option(
    "--rebuild", is_flag=True, help="Dựng lại lịch sử từ các phiên bản trước. / Make the history again first."
)
@JSON
@HOME
def freshness(dataset: str | None, at: datetime | None, rebuild: bool, as_json: bool, home: Path | None) -> None:
    """Cho biết số liệu còn mới hay đã trễ so với nhịp đã hứa. / Say which data are late against what was promised.

    Thoát với mã 1 khi có bộ dữ liệu hoặc nhóm (trạm, phường) trễ hạn. / Ends with code 1 where a dataset or a group of
    one, such as a station, is late.
    """
    with telling():
        from blueprint.days import ZONE
        from dags.steps.freshness import freshness_at
        from dags.steps.freshness import rebuild as make_again
        from ops.settings import settings_for

        place = settings_for(home).home
        read = make_again(place, dataset) if rebuild else None
        found = freshness_at(place, at or datetime.now(ZONE), dataset)
        if as_json:
            click.echo(json.dumps([f.to_json() for f in found], ensure_ascii=False))
        else:
            from ops.show_freshness import show_freshness

            show_freshness(found, read)
    sys.exit(1 if any(f.mark.overdue for f in found) else 0)
