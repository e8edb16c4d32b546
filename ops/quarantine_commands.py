"""The verbs of ``hanoi quarantine``: each parses, makes one call, and shows what came."""

import json
import sys
from pathlib import Path

import click

from ops.options import HOME, JSON, BilingualGroup, telling

_SHOWN = 20


@click.group(cls=BilingualGroup)
def quarantine() -> None:
    """Các dòng bị cách ly: liệt kê, xem, chạy lại. / Rows in quarantine: list, show, replay."""


def register(group: click.Group) -> None:
    """Add the quarantine's verbs to the one command."""
    group.add_command(quarantine)


@quarantine.command("list")
@click.argument("dataset", required=False)
@JSON
@HOME
def list_(dataset: str | None, as_json: bool, home: Path | None) -> None:
    """Liệt kê các bộ dữ liệu gửi có dòng bị cách ly. / List the deliveries that have rows in quarantine."""
    with telling():
        from ops.quarantined import listed
        from ops.settings import settings_for

        found = listed(settings_for(home), dataset)
        if as_json:
            click.echo(json.dumps([f.to_json() for f in found], ensure_ascii=False))
        else:
            from ops.show_quarantine import show_list

            show_list(found)


@quarantine.command()
@click.argument("dataset")
@click.argument("delivery", required=False)
@click.option("--rule", metavar="ID", help="Chỉ các dòng vi phạm quy tắc này. / Rows that break this rule only.")
@click.option(
    "--limit", type=click.IntRange(1), help="Số dòng nhiều nhất. / Most rows. [20; tất cả với / all with --out]"
)
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE.csv|.xlsx",
    help="Ghi ra tệp để cơ quan sửa rồi gửi lại. / Write a file that the agency can mend and send back.",
)
@click.option(
    "--warnings",
    is_flag=True,
    help="Các dòng được nhận nhưng có cảnh báo. / Accepted rows that a rule warns of, the first of each rule.",
)
@JSON
@HOME
def show(
    dataset: str,
    delivery: str | None,
    rule: str | None,
    limit: int | None,
    out: Path | None,
    warnings: bool,
    as_json: bool,
    home: Path | None,
) -> None:
    """Cho biết từng dòng bị cách ly ở đâu, sai gì, đúng thì thế nào. / Say where each row is, what is wrong, what is right.

    Giá trị cá nhân luôn được che (***). / Personal values are always masked (***).
    """
    with telling():
        from ops.quarantined import shown, written
        from ops.settings import settings_for

        settings = settings_for(home)
        if out is not None:
            found = written(settings, dataset, delivery, out, rule=rule, limit=limit, warnings=warnings)
        else:
            found = shown(settings, dataset, delivery, rule=rule, limit=limit or _SHOWN, warnings=warnings)
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            from ops.show_quarantine import show_rows

            show_rows(found)


@quarantine.command()
@click.argument("dataset")
@click.argument("delivery", required=False)
@click.option(
    "--file",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="REPAIRED",
    help="Tệp các dòng mà cơ quan đã sửa. / File of the rows that the agency mended.",
)
@click.option(
    "--contract",
    metavar="VERSION",
    help="Phiên bản hợp đồng. / Version of the contract. [bản đang hiệu lực / the one in force]",
)
@click.option("--dry-run", is_flag=True, help="Chỉ xem kết quả, không thay đổi gì. / Find out only; change nothing.")
@click.option(
    "--force",
    is_flag=True,
    help="Vẫn chạy dù đã có dữ liệu mới hơn. / Replay even over newer data; the newer version stays readable.",
)
@JSON
@HOME
def replay(
    dataset: str,
    delivery: str | None,
    file: Path | None,
    contract: str | None,
    dry_run: bool,
    force: bool,
    as_json: bool,
    home: Path | None,
) -> None:
    """Xét lại một bộ dữ liệu gửi: theo hợp đồng hiện hành, hoặc với các dòng đã sửa. / Judge a delivery anew.

    Tệp gốc được đọc lại, các dòng sửa thay đúng các dòng bị cách ly, rồi qua cổng chất lượng và ghi thành phiên bản mới. Phiên
    bản cũ vẫn đọc được. Mã thoát 1 khi cổng chất lượng từ chối. / The raw bytes are read again, mended rows take the place of
    quarantined ones, and the result passes the gate and becomes a version. The former version stays readable. Ends with
    code 1 where the gate refuses it.
    """
    with telling() as teller:
        from ops.quarantined import replayed
        from ops.settings import settings_for

        with teller.console.status("Đang xét lại… / Judging anew…"):
            found = replayed(
                settings_for(home),
                dataset,
                delivery,
                repaired=file,
                version=contract,
                dry_run=dry_run,
                force=force,
            )
        if as_json:
            click.echo(json.dumps(found.to_json(), ensure_ascii=False))
        else:
            from ops.show_quarantine import show_replayed

            show_replayed(found)
    sys.exit(0 if found.passed else 1)
