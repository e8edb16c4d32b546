"""``hanoi publish``: what readers see of each dataset, withdrawing it, and taking that back."""

import json
from pathlib import Path

import click

from ops.options import HOME, JSON, BilingualGroup, telling

_TARGET = click.argument("target", metavar="DATASET[@VERSION]")


@click.group(cls=BilingualGroup)
def publish() -> None:
    """Bản công bố: liệt kê, xem, thu hồi, khôi phục. / What is published: list, show, withdraw, restore."""


def register(group: click.Group) -> None:
    """Add the group to the one command."""
    group.add_command(publish)


@publish.command("list")
@JSON
@HOME
def list_(as_json: bool, home: Path | None) -> None:
    """Liệt kê bộ dữ liệu và phiên bản mà người đọc đang thấy. / List datasets and the version that readers see."""
    with telling():
        from blueprint import blueprint
        from ops.published import standings
        from ops.settings import settings_for

        found = list(standings(settings_for(home), blueprint()))
        if as_json:
            click.echo(json.dumps([s.to_json() for s in found], ensure_ascii=False))
        else:
            from ops.show_publish import show_standings

            show_standings(found)


@publish.command()
@click.argument("dataset")
@JSON
@HOME
def show(dataset: str, as_json: bool, home: Path | None) -> None:
    """Xem các phiên bản đã công bố và đã thu hồi của một bộ dữ liệu. / Show a dataset's published and withdrawn versions."""
    with telling():
        from blueprint import blueprint
        from ops.published import index
        from ops.settings import settings_for

        name = blueprint().contract(dataset).dataset
        found = index(settings_for(home), name)
        if as_json:
            click.echo(json.dumps({"dataset": name, **found}, ensure_ascii=False))
        else:
            from ops.show_publish import show_published

            show_published(name, found)


@publish.command()
@_TARGET
@click.option(
    "--reason-vi", required=True, help="Lý do bằng tiếng Việt, ai cũng đọc được. / Public reason in Vietnamese."
)
@click.option("--reason-en", required=True, help="Lý do bằng tiếng Anh, ai cũng đọc được. / Public reason in English.")
@click.option("--successor", metavar="DATASET[@VERSION]", help="Nên dùng gì thay thế. / What to use instead.")
@click.option("--by", help="Cơ quan quyết định; mặc định là cơ quan của bộ dữ liệu. / Deciding agency. [the dataset's]")
@JSON
@HOME
def withdraw(
    target: str,
    reason_vi: str,
    reason_en: str,
    successor: str | None,
    by: str | None,
    as_json: bool,
    home: Path | None,
) -> None:
    """Thu hồi một phiên bản, hoặc cả bộ dữ liệu. / Withdraw a version, or a whole dataset.

    Tệp thôi được phục vụ ngay, kể cả khi cổng dữ liệu không chạy; địa chỉ cũ trả lời 410 kèm lý do; kho dữ liệu vẫn giữ. Phiên
    bản mới nhất còn lại được hiện thay. / Files stop being served at once, even while the catalogue is down; their addresses
    answer 410 with the reason; the lake keeps the data. The newest version that is left is shown instead.
    """
    with telling() as teller:
        from blueprint import Bilingual, blueprint
        from catalog.publisher import Tombstone
        from ops.published import desk, reasons, require_successor
        from ops.settings import settings_for
        from ops.show_publish import say_shown

        reason_vi, reason_en = reasons(reason_vi, reason_en)
        plan, settings = blueprint(), settings_for(home)
        dataset, _, version = target.partition("@")
        at = desk(settings, plan, dataset)
        instead = require_successor(settings, plan, successor) if successor else None
        reason = Bilingual(vi=reason_vi, en=reason_en)
        found = at.withdraw(version or None, Tombstone.now(reason, by or at.contract.agency, instead))
        if as_json:
            click.echo(json.dumps({"dataset": dataset, "withdrawn": version or None, "shown": found.version}))
        else:
            say_shown(teller, f"Đã thu hồi / withdrawn: {target}", found)


@publish.command()
@_TARGET
@JSON
@HOME
def restore(target: str, as_json: bool, home: Path | None) -> None:
    """Khôi phục những gì đã thu hồi: cùng địa chỉ, cùng nội dung. / Take a withdrawal back: same addresses, same bytes."""
    with telling() as teller:
        from blueprint import blueprint
        from ops.published import desk
        from ops.settings import settings_for
        from ops.show_publish import say_shown

        dataset, _, version = target.partition("@")
        found = desk(settings_for(home), blueprint(), dataset).restore(version or None)
        if as_json:
            click.echo(json.dumps({"dataset": dataset, "restored": version or None, "shown": found.version}))
        else:
            say_shown(teller, f"Đã khôi phục / restored: {target}", found)
