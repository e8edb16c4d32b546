"""The verbs of ``hanoi cache``: what is kept on this computer, and its removal."""

from datetime import UTC, datetime

import click
from rich.console import Console
from rich.filesize import decimal
from rich.table import Column, Table

from hanoi_cloud._cache import LIMIT, Cache, Kept, cache_folder, cache_limit
from hanoi_cloud._options import JSON, BilingualGroup, print_json
from hanoi_cloud._values import LOCAL

_DAY = 24 * 3600


@click.group(cls=BilingualGroup, invoke_without_command=True)
@JSON
@click.pass_context
def cache(ctx: click.Context, as_json: bool) -> None:
    """Tệp dữ liệu giữ trên máy này; không có lệnh con: cho biết có gì. / Files kept on this computer; alone it lists them."""
    if ctx.invoked_subcommand is not None:
        return
    here = Cache(cache_folder())
    kept, names, limit = here.kept(), here.names(), cache_limit()
    total = sum(one.size for one in kept)
    if as_json:
        files = [_told(one, names) for one in kept]
        print_json({"folder": str(here.folder), "bytes": total, "limit": limit, "files": files})
        return
    most = "không giới hạn / no limit" if limit is None else f"{decimal(limit)} ({LIMIT})"
    table = Table(
        Column("tệp / file", overflow="fold"),
        Column("cỡ / size", justify="right", no_wrap=True),
        Column("dùng lần cuối / last used", no_wrap=True),
        title=f"{here.folder}: {decimal(total)} / {most}",
        title_justify="left",
    )
    for one in kept:
        used = datetime.fromtimestamp(one.used, LOCAL).strftime("%d/%m/%Y %H:%M")
        table.add_row(_name(one, names), decimal(one.size), used)
    Console().print(table)


@cache.command()
@click.option(
    "--unused-for",
    type=click.IntRange(0, 10_000),
    default=0,
    metavar="DAYS",
    help="Chỉ tệp không dùng đã bấy nhiêu ngày. / Only files that were not used for so many days.",
)
@JSON
def clear(unused_for: int, as_json: bool) -> None:
    """Xóa tệp đã giữ; lần đọc sau sẽ tải lại. / Remove kept files; the next read fetches them again."""
    here = Cache(cache_folder())
    names = here.names()
    gone = here.clear(unused_for * _DAY)
    freed = sum(one.size for one in gone)
    if as_json:
        print_json({"folder": str(here.folder), "bytes": freed, "files": [_told(one, names) for one in gone]})
    else:
        click.echo(f"{here.folder}: đã xóa / removed {len(gone)} tệp / files, {decimal(freed)}")


def _name(one: Kept, names: dict[str, str]) -> str:
    return names.get(one.path.stem) or one.path.name


def _told(one: Kept, names: dict[str, str]) -> dict[str, object]:
    used = datetime.fromtimestamp(one.used, UTC)
    return {"file": _name(one, names), "path": str(one.path), "bytes": one.size, "used": used}
